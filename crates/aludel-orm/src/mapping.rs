//! What the derive says of a mapped struct, and what the registry makes of it.
//!
//! [`EntityMeta`] is the static description that `#[derive(Mapped)]` emits: data and `fn` pointers,
//! so that entities may refer to each other in any direction. A [`Mapper`] is that description with
//! every reference resolved.

mod base;
mod builder;
mod check;
mod composite;
pub(crate) mod condition;
mod declare;
pub(crate) mod defaults;
mod deferral;
mod field;
mod linked;
mod mapped;
mod mapper;
mod meta;
mod metadata;
mod mixin;
mod on_update;
mod order;
mod overlaps;
mod proxy;
mod rare;
mod registry;
pub(crate) mod relation;
mod relationship;
mod resolve;
pub(crate) mod statements;
mod version;

pub use base::{Base, DeclarativeBase, MetaDataOf};
pub use builder::{
    Access, EntityOf, Given, Initial, Leads, Members, No, Target, Yes, given, with_members,
};
pub use check::{KeyType, back, entity, key, null, references, references_as};
pub use composite::{
    Always, Composite, CompositeField, In, composite_among, composite_equals, composite_set,
};
pub use condition::{foreign, remote};
pub use declare::{base_meta, sort_keys};
pub use defaults::{NewRow, RowCells, row_default};
pub(crate) use deferral::{ColumnWish, Deferrals, split_deferred};
pub use deferral::{Deferral, DeferredColumns};
pub use field::{Field, FieldKind};
pub use linked::{Linked, Registered};
pub use mapped::{Built, EntityConst, Handle, IntoNew, Link, Mapped, NewObject};
pub use mapper::{ForeignKey, Mapper, MapperSlot};
pub use meta::{
    Back, Cascade, ColumnMeta, Computed, Default as ColumnDefault, EntityMeta, ForeignKeyMeta,
    Names, OnUpdate, PassiveDeletes, Property, Referred, RelationshipMeta, Strategy, TableArg,
    Typed,
};
pub use mixin::{Has, Mixin, MixinColumn, MixinPart, MixinRelationship};
pub use proxy::Proxy;
pub use rare::{Rare, condition};
pub use registry::{BaseMeta, Registry};
pub use relation::{BackSide, Direction, Pairs, Relation, Secondary};
pub use relationship::Relationship;
pub(crate) use statements::Statements;
pub use version::{
    Version, first_version, first_version_by, next_version_by, versioned, versioned_by,
    versioned_by_hand, versioned_by_server,
};

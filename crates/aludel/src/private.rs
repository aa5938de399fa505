//! What derived code names: `use ::aludel::__private as __aq`. Not for users; it may change with
//! every release.

pub use std::{
    any::{Any, TypeId},
    clone::Clone,
    convert::{AsMut, AsRef, Into},
    default::Default,
    fmt::{Debug, Formatter, Result as FmtResult},
    iter::{FromIterator, IntoIterator},
    marker::{Copy, PhantomData},
    ops::FnMut,
    option::Option::{self, None, Some},
    result::Result::{self, Ok},
    string::String,
    vec::Vec,
};

pub use aludel_core::{
    DecodeError,
    dialect::DialectName,
    expr::{
        Assignment, Column, ColumnRef, Expr, Expression, FromItem, FromTarget, Node, Query,
        Selectable, SetValue, SettleError, Source, TableName, case, func, hybrid,
    },
    schema::{
        Action, Check, Deferrable, Exclusion, Identity, Index, IndexMethod, IndexPart, Sequence,
        ServerDefault, Storage, TableOptions, Unique,
    },
    value::{
        Absent, Assign, ColumnType, Columns, Cursor, Element, EnumType, FromRow, Nullable,
        Nullness, Scalar, SqlEnum, SqlType, TypeVariants, Value, ValueRef, read,
    },
};
pub use aludel_orm::{
    inventory,
    loading::{
        DeferredField, entity_add, entity_decode, entity_finish, entity_parts, entity_settle,
    },
    mapping::{
        Access, Always, Cascade, ColumnMeta, Composite, CompositeField, DeclarativeBase, Deferral,
        EntityConst, EntityMeta, Field, Given, Handle, Has, In, Initial, IntoNew, Mapped,
        MapperSlot, Members, Mixin, MixinColumn, MixinPart, MixinRelationship, NewObject, No,
        PassiveDeletes, Property, Registered, Relationship, RelationshipMeta, Strategy, TableArg,
        Target, Yes, back, base_meta, composite_among, composite_equals, composite_set, condition,
        entity, first_version, first_version_by, given, key, next_version_by, null, references,
        references_as, row_default, sort_keys, versioned, versioned_by, versioned_by_hand,
        versioned_by_server, with_members,
    },
    object::{EntitySlot, EntityState, LeftOut, Obj, Ops, Raw, RelField},
    session::{AnyAttribute, Attributes},
};

pub use crate::__ops as ops;
pub use aludel_derive::{mapped_with, mixin_with};
pub use aludel_orm::session::{Attempts, NestedBlock};

#[cfg(feature = "serde")]
pub use aludel_orm::serial::{NoSerde, Serde, Serial};

/// What is done with an entity's values.
#[cfg(not(feature = "serde"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __ops {
    ($entity:ty) => {
        $crate::__private::Ops::of::<$entity>()
    };
}

/// What is done with an entity's values. Which traits of serde's it has is found out here, where its type
/// is known: of two constants of one name the compiler takes the type's own before the trait's.
#[cfg(feature = "serde")]
#[doc(hidden)]
#[macro_export]
macro_rules! __ops {
    ($entity:ty) => {{
        use $crate::__private::{NoSerde as _, Ops, Serde, Serial};
        Ops::of::<$entity>().serial(Serial::new(Serde::<$entity>::WRITE, Serde::<$entity>::READ))
    }};
}

/// What is said of an entity constant.
pub fn apply<E, R>(entity: E, say: impl FnOnce(E) -> R) -> R {
    say(entity)
}

use aludel_core::schema::{CompareOptions, MetaData};
use aludel_engine::{EngineFace, compare};

/// What `assert_schema!` does.
///
/// # Panics
/// The database differs, or can't be asked.
pub fn assert_schema<E: AnEngine>(
    metadata: &MetaData,
    engine: &E,
    place: &'static str,
) -> <E::Face as EngineFace>::Out<impl Future<Output = ()> + Send + 'static> {
    let differences =
        compare(metadata.clone(), engine.face().core().clone(), CompareOptions::new());
    E::Face::run(async move {
        match differences.await {
            Ok(it) if it.is_empty() => {}
            Ok(it) => panic!("{place}: the database isn't what is declared:\n{it}"),
            Err(error) => panic!("{place}: the database can't be compared: {error}"),
        }
    })
}

/// An engine, or a reference to one.
pub trait AnEngine {
    type Face: EngineFace;

    fn face(&self) -> &Self::Face;
}

impl AnEngine for aludel_engine::Engine {
    type Face = Self;

    fn face(&self) -> &Self {
        self
    }
}

impl AnEngine for aludel_engine::blocking::Engine {
    type Face = Self;

    fn face(&self) -> &Self {
        self
    }
}

impl<T: AnEngine> AnEngine for &T {
    type Face = T::Face;

    fn face(&self) -> &T::Face {
        (**self).face()
    }
}

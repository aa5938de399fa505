//! [`EntityMeta`]: the static description of a mapped struct.

use std::any::TypeId;

use aludel_core::{
    dialect::DialectName,
    expr::{ColumnRef, Node, OrderBy, TableName},
    schema::{
        Action, Check, Deferrable, Exclusion, Identity, Index, IndexPart, Name, Sequence,
        ServerDefault, Storage, TableOptions, Unique,
    },
    value::{SqlType, TypeVariants, Value},
};

use super::{BaseMeta, Deferral, MapperSlot, Rare, RowCells, Version};
use crate::object::Ops;

/// The static description of a mapped struct, as the derive emits it.
#[derive(Debug)]
pub struct EntityMeta {
    /// The struct's name.
    pub name: &'static str,
    /// The struct's type.
    pub type_id: fn() -> TypeId,
    /// The declarative base that it belongs to.
    pub base: fn() -> BaseMeta,
    /// Its table.
    pub table: TableName,
    /// Its columns, in field order.
    pub columns: &'static [ColumnMeta],
    /// The positions of the primary key's columns.
    pub primary_key: &'static [u16],
    /// Table arguments: indexes, constraints, composite foreign keys.
    pub args: &'static [TableArg],
    /// Its relationships, in field order.
    pub relationships: &'static [RelationshipMeta],
    /// Whether a DELETE that matches no row is told of: a warning (UOW-19).
    pub confirm_deleted_rows: bool,
    /// Whether what the database makes of a row comes back at once; as the database can where nothing
    /// is said.
    pub eager_defaults: Option<bool>,
    /// What the object layer does with values of this type, without naming it.
    pub ops: Ops,
    /// The place of the mapper that is made of this description.
    pub mapper: MapperSlot,
}

/// A column, as the derive emits it.
#[derive(Clone, Copy, Debug)]
pub struct ColumnMeta {
    /// The column's SQL name.
    pub name: &'static str,
    /// The field's name.
    pub field: &'static str,
    /// The SQL type of the field's Rust type, or what the column says itself.
    pub ty: SqlType,
    /// The scalar inside the field's type.
    pub scalar: fn() -> TypeId,
    /// Who says which type the database has.
    pub typed: Typed,
    /// Whether it accepts NULL.
    pub nullable: bool,
    /// Whether the field is an [`Auto`](aludel_core::value::Auto).
    pub auto: bool,
    /// The column it refers to.
    pub foreign_key: Option<ForeignKeyMeta>,
    /// Whether it is unique by itself.
    pub unique: bool,
    /// Whether it has an index by itself.
    pub index: bool,
    /// What fills it where an object has no value.
    pub default: Default,
    /// What an UPDATE does to it that doesn't set it.
    pub on_update: Option<OnUpdate>,
    /// Whether it is the row's version, and who makes the next.
    pub version: Option<Version>,
    /// How the database numbers it, where it does by a sequence of the column's own.
    pub identity: Option<Identity>,
    /// The sequence that fills it in.
    pub sequence: Option<fn() -> Sequence>,
    /// How its texts are compared.
    pub collations: &'static [(Option<DialectName>, &'static str)],
    /// What it is, in words for people.
    pub comment: Option<&'static str>,
    /// When it is loaded, of a [`Deferred`](aludel_core::value::Deferred).
    pub deferral: Option<&'static Deferral>,
    /// Other names of its field on the entity constant.
    pub synonyms: &'static [&'static str],
    /// What it is in statements, where no column of the table holds it.
    pub property: Option<Property>,
}

/// What an attribute is that no column of the table holds.
#[derive(Clone, Copy, Debug)]
pub enum Property {
    /// An expression of the row's columns, under the table's own name.
    Expression(fn() -> Node),
    /// What a query says.
    ByQuery,
}

/// Who says which type a column has in the database.
#[derive(Clone, Copy, Debug)]
pub enum Typed {
    /// The base's type map, by the Rust type; else that type itself.
    ByMap,
    /// The base's type map, by a name.
    Annotated(&'static str),
    /// The column.
    Here,
    /// The column, with variants.
    Variants(fn() -> TypeVariants),
}

/// What fills a column where an object has no value.
#[derive(Clone, Copy, Debug)]
pub enum Default {
    /// Nothing.
    None,
    /// The database, by a default of the column.
    Server(fn() -> ServerDefault),
    /// The database, always, by an expression of the row's other columns.
    Computed(Computed),
    /// The program, at flush.
    Client(fn() -> Value),
    /// The same, by the other values of the row.
    Row(fn(&RowCells<'_>) -> Value),
    /// An expression in the INSERT.
    Expression(fn() -> Node),
}

/// What the database computes a column by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Computed {
    /// The expression, as SQL.
    pub sql: &'static str,
    /// When it is computed.
    pub storage: Storage,
}

/// What an UPDATE does to a column that it doesn't set by itself.
#[derive(Clone, Copy, Debug)]
pub enum OnUpdate {
    /// Sets it to a value or an expression.
    Client(fn() -> Node),
    /// The database changes it, by a trigger or by itself.
    Server,
}

/// A foreign key of one column.
#[derive(Clone, Copy, Debug)]
pub struct ForeignKeyMeta {
    /// The column referred to.
    pub target: Referred,
    /// `ON DELETE`
    pub on_delete: Action,
    /// `ON UPDATE`
    pub on_update: Action,
    /// Whether it is added when all tables are there.
    pub use_alter: bool,
    /// When it is checked.
    pub deferrable: Deferrable,
}

/// A column that is referred to.
#[derive(Clone, Copy, Debug)]
pub enum Referred {
    /// By the entity constant's field: checked at compile time.
    Column(fn() -> ColumnRef),
    /// As `"table.column"`: checked when the registry is configured.
    Named(&'static str),
}

/// A table argument: `#[table("site", index(country, code), unique(name))]`.
#[derive(Debug)]
pub enum TableArg {
    /// `index(country, code.desc(), name = "ix", unique)`
    Index(fn(&Names) -> Index),
    /// `unique(a, b)`
    Unique(fn(&Names) -> Unique),
    /// `check("a > 0")`
    Check(fn() -> Check),
    /// `exclude((room, "="), (during, "&&"))`
    Exclude(fn(&Names) -> Exclusion),
    /// `foreign_key((a, b) -> Region(x, y))`
    ForeignKey {
        /// Its own name.
        name: Option<&'static str>,
        /// Positions of the referring columns.
        columns: &'static [u16],
        /// The columns referred to, of one table.
        references: fn() -> Vec<ColumnRef>,
        /// When the row referred to is deleted.
        on_delete: Action,
        /// When its key changes.
        on_update: Action,
        /// Whether it is added when all tables are there.
        use_alter: bool,
        /// When it is checked.
        deferrable: Deferrable,
    },
    /// `comment = "…"`
    Comment(&'static str),
    /// `temporary`
    Temporary,
    /// `sqlite(strict)`, `postgres(unlogged)`, `mysql(engine = "Aria")`
    Options(fn() -> TableOptions),
}

/// The names of an entity's columns in the database.
#[derive(Clone, Copy, Debug)]
pub struct Names(pub(super) &'static [ColumnMeta]);

impl Names {
    /// The column at this position, as a part of an index.
    pub fn part(&self, position: u16) -> IndexPart {
        IndexPart::from(self.name(position))
    }

    /// The name of the column at this position.
    pub fn name(&self, position: u16) -> Name {
        Name::of(self.0[usize::from(position)].name)
    }
}

/// A relationship, as the derive emits it.
#[derive(Clone, Copy, Debug)]
pub struct RelationshipMeta {
    /// The field's name.
    pub name: &'static str,
    /// Whether the field is a `Many`.
    pub many: bool,
    /// The entity at the other end.
    pub target: fn() -> &'static EntityMeta,
    /// The relationship at the other end that mirrors this one.
    pub back: Option<Back>,
    /// Which operations follow it.
    pub cascade: Cascade,
    /// How a collection is sorted when it is loaded.
    pub order_by: Option<fn() -> Vec<OrderBy>>,
    /// Which columns link the two, where there are several ways.
    pub foreign_keys: Option<fn() -> Vec<ColumnRef>>,
    /// The foreign key's columns where they stand in the other row, of two of one table.
    pub remote_side: Option<fn() -> Vec<ColumnRef>>,
    /// The association's entity, of a many-to-many.
    pub secondary: Option<fn() -> &'static EntityMeta>,
    /// How it is loaded where a query says nothing.
    pub strategy: Strategy,
    /// Which members are left to the database when the owner is deleted.
    pub passive_deletes: PassiveDeletes,
    /// Whether foreign keys that follow a changed key are left to the database's
    /// `ON UPDATE CASCADE`.
    pub passive_updates: bool,
    /// Whether the foreign key is written by an UPDATE of its own where the row that it refers to is
    /// as new as its own: two rows may then refer to each other.
    pub post_update: bool,
    /// Whether a member has at most one owner.
    pub single_parent: bool,
    /// Whether it is only read: no flush and no cascade that writes looks at it.
    pub viewonly: bool,
    /// Names of relationships that write the same columns, on purpose.
    pub overlaps: &'static [&'static str],
    /// Its name where objects are written, as JSON for example.
    pub key: &'static str,
    /// What few relationships say.
    pub rare: &'static Rare,
}

/// Which members are left to the database when their owner is deleted.
#[derive(Clone, Copy, Debug, std::default::Default, PartialEq, Eq)]
pub enum PassiveDeletes {
    /// None: those that aren't loaded are loaded.
    #[default]
    No,
    /// Those that aren't loaded.
    Unloaded,
    /// All of them.
    All,
}

/// The mirroring relationship.
#[derive(Clone, Copy, Debug)]
pub enum Back {
    /// By the entity constant's field: checked at compile time. The position in its entity.
    Relationship(fn() -> u16),
    /// By name: checked when the registry is configured.
    Named(&'static str),
}

/// How a relationship is loaded where a query says nothing.
#[derive(Clone, Copy, Debug, std::default::Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Strategy {
    /// When `.load()` is called, for all siblings in one query.
    #[default]
    Lazy,
    /// With the query, by a second statement.
    Selectin,
    /// With the query, by an outer join.
    Joined,
    /// With the query, by a second statement in which the query stands as a subquery.
    Subquery,
    /// Never: `.load()` is an error.
    Raise,
    /// Never by a statement: `.load()` is an error where it would send one.
    RaiseOnSql,
    /// Never: it is taken for empty.
    NoLoad,
}

/// Which operations follow a relationship. The default is `save_update, merge`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cascade(u8);

impl Cascade {
    /// None of them.
    pub const NONE: Self = Self(0);
    /// Adding the owner adds the members.
    pub const SAVE_UPDATE: Self = Self(1);
    /// Merging the owner merges the members.
    pub const MERGE: Self = Self(2);
    /// Deleting the owner deletes the members.
    pub const DELETE: Self = Self(4);
    /// A member without an owner is deleted.
    pub const DELETE_ORPHAN: Self = Self(8);
    /// Expunging the owner expunges the members.
    pub const EXPUNGE: Self = Self(16);
    /// Refreshing or expiring the owner does the same to the members.
    pub const REFRESH_EXPIRE: Self = Self(32);
    /// All but `delete_orphan`.
    pub const ALL: Self = Self(1 | 2 | 4 | 16 | 32);
    /// What lets go of members with their owner.
    pub(super) const LEAVE: Self = Self(4 | 8 | 16);
    /// `save_update, merge`.
    pub const DEFAULT: Self = Self(1 | 2);

    /// Both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Those that are in both.
    #[must_use]
    pub const fn only(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether all of `other` are among these.
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

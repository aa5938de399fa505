//! [`Mapped`] and its companions: what the derive implements for a struct.

use aludel_core::{
    DecodeError,
    expr::Source,
    value::{Absent, Cursor, ValueRef},
};

use super::EntityMeta;
use crate::object::{LeftOut, Obj, Raw};

/// A struct that is mapped to a table. `#[derive(Mapped)]` implements it; nothing else should.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a mapped struct",
    label = "this type has no table",
    note = "add `#[derive(Mapped)]` and `#[table(\"…\")]` to its definition"
)]
pub trait Mapped: Sized + Send + Sync + 'static {
    /// The type of the entity constant.
    type Entity: EntityConst<Mapped = Self>;
    /// What an [`Obj`] dereferences to: one accessor for each relationship.
    type Handle: Handle<Mapped = Self>;
    /// The primary key: one column's type, or a tuple of them.
    type Key: Send + 'static;

    /// The positions of the primary key's columns, known to the compiler.
    #[doc(hidden)]
    const PRIMARY_KEY: &'static [u16];

    /// How many columns there are, known to the compiler.
    #[doc(hidden)]
    const COLUMN_COUNT: u16;

    /// The static description.
    #[doc(hidden)]
    fn meta() -> &'static EntityMeta;

    /// Reads all columns, in order.
    #[doc(hidden)]
    fn decode(row: &mut Cursor<'_>) -> Result<Self, DecodeError>;

    /// A column's value.
    #[doc(hidden)]
    fn get(&self, column: u16) -> ValueRef<'_>;

    /// Whether a column is an `Auto` that nobody has set.
    #[doc(hidden)]
    fn is_unset(&self, column: u16) -> bool;

    /// What is known of a column that the row was read without.
    #[doc(hidden)]
    fn left_out(&self, column: u16) -> Option<&'static Absent> {
        let _ = column;
        None
    }

    /// Sets a column; `false` where the value is of another kind. `None` takes an `Auto`'s value
    /// back, and is NULL for an `Option`.
    #[doc(hidden)]
    fn put(&mut self, column: u16, value: Option<ValueRef<'_>>) -> bool;

    /// A copy of the columns; relationships live elsewhere.
    #[doc(hidden)]
    fn snapshot(&self) -> Self;
}

/// The type of an entity constant.
pub trait EntityConst: Copy + Send + Sync + 'static {
    /// The mapped struct.
    type Mapped: Mapped<Entity = Self>;
    /// The constant for the table under its own name.
    const TABLE: Self;

    /// The same columns and relationships of another appearance of the table.
    #[doc(hidden)]
    fn with_source(self, source: Source) -> Self;

    /// Which appearance of the table this is.
    #[doc(hidden)]
    fn source(self) -> Source;

    /// The table under an alias of your choice, for a statement in which it stands twice.
    #[must_use]
    fn aliased(self, name: &'static str) -> Self {
        self.with_source(Source::Named(name))
    }
}

/// What an [`Obj`] dereferences to.
#[doc(hidden)]
pub trait Handle: Clone + Send + Sync + 'static {
    /// The mapped struct.
    type Mapped: Mapped<Handle = Self>;

    /// Wraps a raw handle.
    fn wrap(raw: Raw<Self::Mapped>) -> Self;

    /// The raw handle inside.
    fn raw(&self) -> &Raw<Self::Mapped>;
}

/// What `session.add` and relationship setters take: a value, a finished builder, or an object.
///
/// The derive implements it for the struct and its builder, type by type, so that a missing column
/// of a builder is named in the compiler's message.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't become an object",
    label = "neither a mapped struct, nor its builder, nor an `Obj`"
)]
pub trait IntoNew {
    /// The mapped struct.
    type Entity: Mapped;

    /// The value with its relationships' first members, or the existing object.
    #[doc(hidden)]
    fn into_new(self) -> NewObject<Self::Entity>;
}

/// Sets the first members of a new object's relationship.
#[doc(hidden)]
pub type Link<T> = Box<dyn FnOnce(&Obj<T>) + Send>;

/// What [`IntoNew`] makes.
#[doc(hidden)]
pub enum NewObject<T: Mapped> {
    /// A plain value.
    Value(T),
    /// What a builder made.
    Built(Built<T>),
    /// An object that exists already.
    Object(Obj<T>),
}

/// What a builder made: a value, and what else there is to say of it.
#[doc(hidden)]
pub struct Built<T: Mapped> {
    /// The value.
    pub value: T,
    /// The columns that nobody gave, though their fields hold something: NULL, or a default.
    pub left_out: LeftOut,
    /// The links to make once it is an object: where that stands is for its taker to say.
    pub links: Vec<Link<T>>,
}

impl<T: Mapped> IntoNew for Obj<T> {
    type Entity = T;

    fn into_new(self) -> NewObject<T> {
        NewObject::Object(self)
    }
}

impl<T: Mapped> IntoNew for &Obj<T> {
    type Entity = T;

    fn into_new(self) -> NewObject<T> {
        NewObject::Object(self.clone())
    }
}

//! [`Mixin`]: columns and relationships that several mapped structs have.

use aludel_core::{
    DecodeError,
    expr::Selectable,
    value::{Absent, Cursor, ValueRef},
};

use super::{ColumnMeta, EntityConst, RelationshipMeta};
use crate::object::{LeftOut, Obj};

/// Columns and relationships that several mapped structs have. `#[derive(Mixin)]` implements it; nothing
/// else should.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a mixin",
    label = "this type has no columns to bring",
    note = "add `#[derive(Mixin)]` to its definition"
)]
pub trait Mixin: Sized + Send + Sync + 'static {
    /// Its columns and relationships in statements, as those of the mapped struct `E`.
    type Columns<E>: Copy;

    /// What a builder has been given of it.
    #[doc(hidden)]
    type Draft;

    /// Its columns, in field order.
    #[doc(hidden)]
    const COLUMNS: &'static [ColumnMeta];

    /// Its relationships, in field order.
    #[doc(hidden)]
    const RELATIONSHIPS: &'static [RelationshipMeta];

    /// Reads its columns, in order.
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

    /// Sets a column, as [`Mapped::put`](super::Mapped::put).
    #[doc(hidden)]
    fn put(&mut self, column: u16, value: Option<ValueRef<'_>>) -> bool;

    /// A copy of the columns.
    #[doc(hidden)]
    fn snapshot(&self) -> Self;

    /// Nothing given yet.
    #[doc(hidden)]
    fn draft() -> Self::Draft;

    /// Of what a builder was given; its columns begin at `first`.
    #[doc(hidden)]
    fn make(draft: Self::Draft, left: &mut LeftOut, first: u16) -> Self;
}

/// The type of a mixin's column, by position: generated code names types where their own names may not be
/// in scope.
#[doc(hidden)]
pub trait MixinColumn<const N: u16> {
    /// The field's type.
    type Type;
}

/// The type of a mixin's relationship, by position.
#[doc(hidden)]
pub trait MixinRelationship<const N: u16> {
    /// The field's type.
    type Type;
}

/// The type of a mixin's own mixin, by position.
#[doc(hidden)]
pub trait MixinPart<const N: u16> {
    /// The field's type.
    type Type;
}

/// An entity that has a mixin: what code for all such entities asks for.
///
/// ```
/// # use aludel_orm as aludel;
/// use aludel::mapping::{EntityConst, Has, Mixin};
///
/// /// How many columns a mixin brings to an entity.
/// fn columns<M: Mixin, E: Has<M>>(_entity: E) -> usize {
///     M::COLUMNS.len()
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no mixin `{M}`",
    label = "this entity lacks the mixin",
    note = "give its struct a field `#[mixin] …: {M}`"
)]
pub trait Has<M: Mixin>:
    EntityConst + Selectable<Row = Obj<<Self as EntityConst>::Mapped>>
{
    /// The mixin's columns and relationships, of this entity.
    fn mixin(self) -> M::Columns<<Self as EntityConst>::Mapped>;
}

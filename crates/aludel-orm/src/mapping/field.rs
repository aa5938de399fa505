//! [`Field`]: what generated code does with one column of a struct.
//!
//! Generated code calls these by the field's type, so that a type which no column can hold gives
//! the same message in each place, and the compiler prints it once.

use std::any::TypeId;

use aludel_core::{
    DecodeError,
    value::{ColumnType, Cursor, SqlType, ValueRef},
};

#[cfg(test)]
mod tests;

/// A column's field. Every [`ColumnType`] is one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a type that a column can hold",
    label = "neither a scalar, nor an `Option`, `Auto` or `Deferred` of one",
    note = "implement `aludel::Scalar` for it, or make it `#[derive(SqlNewtype)]`"
)]
pub trait Field: Sized {
    /// What the static description says of it.
    const KIND: FieldKind;

    /// Reads it from the next column of a row.
    ///
    /// # Errors
    /// As [`Cursor::take`].
    fn take(row: &mut Cursor<'_>) -> Result<Self, DecodeError>;

    /// Its value.
    fn get(&self) -> ValueRef<'_>;

    /// Whether it is an `Auto` that nobody has set, or a `Deferred` that isn't loaded.
    fn is_unset(&self) -> bool;

    /// Sets it; `false` where the value is of another kind. `None` takes the value of an `Auto`
    /// or a `Deferred` back, and is NULL for an `Option`.
    fn put(&mut self, to: Option<ValueRef<'_>>) -> bool;

    /// A copy.
    fn copy(&self) -> Self;
}

/// What the static description says of a column's type.
#[derive(Clone, Copy, Debug)]
pub struct FieldKind {
    /// The SQL type.
    pub ty: SqlType,
    /// The scalar inside, by which the type map knows it.
    pub scalar: fn() -> TypeId,
    /// Whether it accepts NULL.
    pub nullable: bool,
    /// Whether it is an `Auto`.
    pub auto: bool,
    /// Whether it is a `Deferred`.
    pub deferred: bool,
}

impl<T: ColumnType> Field for T {
    const KIND: FieldKind = FieldKind {
        ty: T::TYPE,
        scalar: TypeId::of::<T::Base>,
        nullable: T::NULLABLE,
        auto: T::AUTO,
        deferred: T::DEFERRED,
    };

    #[inline]
    fn take(row: &mut Cursor<'_>) -> Result<Self, DecodeError> {
        T::take(row)
    }

    #[inline]
    fn get(&self) -> ValueRef<'_> {
        self.to_ref()
    }

    #[inline]
    fn is_unset(&self) -> bool {
        ColumnType::is_unset(self)
    }

    #[inline]
    fn put(&mut self, to: Option<ValueRef<'_>>) -> bool {
        if (T::AUTO || T::DEFERRED) && to.is_none() {
            self.unset();
            return true;
        }
        match T::from_ref(to.unwrap_or(ValueRef::Null)) {
            Some(value) => {
                *self = value;
                true
            }
            None => false,
        }
    }

    #[inline]
    fn copy(&self) -> Self {
        self.clone()
    }
}

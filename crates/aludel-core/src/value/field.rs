//! [`ColumnType`]: what a column's field may be: a [`Scalar`], an `Option` of one, an [`Auto`] or a [`Deferred`].

use super::{Auto, Cursor, Deferred, Scalar, SqlType, ValueRef};
use crate::DecodeError;

/// The type of a mapped struct's column field, and of every typed expression.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a type that a column can hold",
    label = "neither a scalar, nor an `Option`, `Auto` or `Deferred` of one",
    note = "implement `aludel::Scalar` for it, or make it `#[derive(SqlNewtype)]`"
)]
pub trait ColumnType: Clone + Send + Sync + Sized + 'static {
    /// The scalar inside.
    type Base: Scalar;
    /// Whether it may be NULL.
    type Null: Nullness;
    /// What a row of a query holds: `Auto<T>` reads as `T`.
    type Out: ColumnType<Base = Self::Base, Null = Self::Null>;

    /// The SQL type.
    const TYPE: SqlType = <Self::Base as Scalar>::TYPE;
    /// Whether the column accepts NULL.
    const NULLABLE: bool = <Self::Null as Nullness>::NULLABLE;
    /// Whether the database or the unit of work may fill the value in.
    const AUTO: bool = false;
    /// Whether it is loaded on demand.
    const DEFERRED: bool = false;

    /// The value in the form that drivers exchange; an unset `Auto` is NULL.
    fn to_ref(&self) -> ValueRef<'_>;

    /// The value back from that form; `None` where it is of another kind, or NULL and must not be.
    fn from_ref(value: ValueRef<'_>) -> Option<Self>;

    /// Reads it from the next column of a row, where it may be left out.
    ///
    /// # Errors
    /// As [`Cursor::take`].
    #[inline]
    fn take(row: &mut Cursor<'_>) -> Result<Self, DecodeError> {
        row.take()
    }

    /// Whether this is an `Auto` that nobody has set, or a `Deferred` that isn't loaded.
    #[inline]
    fn is_unset(&self) -> bool {
        false
    }

    /// Takes the value of an `Auto` or a `Deferred` back; other values stay.
    #[inline]
    fn unset(&mut self) {}
}

/// Whether an expression may be NULL, as a type: [`NotNull`] or [`Nullable`].
pub trait Nullness: Copy + Send + Sync + 'static {
    /// `T` or `Option<T>`.
    type Wrap<T: Scalar>: ColumnType<Base = T, Null = Self>;
    /// Nullable if either is.
    type Or<O: Nullness>: Nullness;
    /// The same as a value.
    const NULLABLE: bool;
}

/// Never NULL.
#[derive(Clone, Copy, Debug)]
pub enum NotNull {}

/// May be NULL.
#[derive(Clone, Copy, Debug)]
pub enum Nullable {}

impl Nullness for NotNull {
    type Wrap<T: Scalar> = T;
    type Or<O: Nullness> = O;
    const NULLABLE: bool = false;
}

impl Nullness for Nullable {
    type Wrap<T: Scalar> = Option<T>;
    type Or<O: Nullness> = Nullable;
    const NULLABLE: bool = true;
}

#[diagnostic::do_not_recommend]
impl<T: Scalar> ColumnType for T {
    type Base = T;
    type Null = NotNull;
    type Out = T;

    #[inline]
    fn to_ref(&self) -> ValueRef<'_> {
        Scalar::to_ref(self)
    }

    #[inline]
    fn from_ref(value: ValueRef<'_>) -> Option<Self> {
        Scalar::from_ref(value)
    }
}

#[diagnostic::do_not_recommend]
impl<T: Scalar> ColumnType for Option<T> {
    type Base = T;
    type Null = Nullable;
    type Out = Option<T>;

    #[inline]
    fn to_ref(&self) -> ValueRef<'_> {
        self.as_ref().map_or(ValueRef::Null, Scalar::to_ref)
    }

    #[inline]
    fn from_ref(value: ValueRef<'_>) -> Option<Self> {
        match value {
            ValueRef::Null => Some(None),
            value => Scalar::from_ref(value).map(Some),
        }
    }
}

#[diagnostic::do_not_recommend]
impl<T: ColumnType> ColumnType for Auto<T> {
    type Base = T::Base;
    type Null = T::Null;
    type Out = T::Out;

    const AUTO: bool = true;

    #[inline]
    fn to_ref(&self) -> ValueRef<'_> {
        self.get().map_or(ValueRef::Null, ColumnType::to_ref)
    }

    #[inline]
    fn from_ref(value: ValueRef<'_>) -> Option<Self> {
        T::from_ref(value).map(Self::new)
    }

    #[inline]
    fn take(row: &mut Cursor<'_>) -> Result<Self, DecodeError> {
        match row.misses() {
            None => row.take(),
            Some(_) => Ok(Self::UNSET),
        }
    }

    #[inline]
    fn is_unset(&self) -> bool {
        Auto::is_unset(self)
    }

    #[inline]
    fn unset(&mut self) {
        Auto::unset(self);
    }
}

#[diagnostic::do_not_recommend]
impl<T: ColumnType> ColumnType for Deferred<T> {
    type Base = T::Base;
    type Null = T::Null;
    type Out = T::Out;

    const AUTO: bool = T::AUTO;
    const DEFERRED: bool = true;

    fn to_ref(&self) -> ValueRef<'_> {
        self.get().map_or(ValueRef::Null, ColumnType::to_ref)
    }

    fn from_ref(value: ValueRef<'_>) -> Option<Self> {
        T::from_ref(value).map(Self::new)
    }

    fn take(row: &mut Cursor<'_>) -> Result<Self, DecodeError> {
        match row.misses() {
            None => row.take(),
            Some(column) => Ok(Self::absent(column)),
        }
    }

    fn is_unset(&self) -> bool {
        Deferred::is_unset(self)
    }

    fn unset(&mut self) {
        Deferred::unset(self);
    }
}

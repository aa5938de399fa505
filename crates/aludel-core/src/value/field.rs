//! [`ColumnType`]: what a column's field may be: a [`Scalar`], an `Option` of one, or an [`Auto`].

use super::{Auto, Scalar, SqlType, ValueRef};

/// The type of a mapped struct's column field, and of every typed expression.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a type that a column can hold",
    label = "neither a scalar, nor an `Option` or `Auto` of one",
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

    /// The value in the form that drivers exchange; an unset `Auto` is NULL.
    fn to_ref(&self) -> ValueRef<'_>;

    /// The value back from that form; `None` where it is of another kind, or NULL and must not be.
    fn from_ref(value: ValueRef<'_>) -> Option<Self>;

    /// Whether this is an `Auto` that nobody has set.
    #[inline]
    fn is_unset(&self) -> bool {
        false
    }

    /// Takes an `Auto`'s value back; other values stay.
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
    fn is_unset(&self) -> bool {
        Auto::is_unset(self)
    }

    #[inline]
    fn unset(&mut self) {
        Auto::unset(self);
    }
}

//! What a column is set to, in INSERT and UPDATE.

use super::{
    Column, Expr, Expression, Labeled, Meets,
    func::{Moment, Now},
};
use crate::{
    expr::{ColumnRef, Node},
    value::{Auto, ColumnType, Deferred, NotNull, Nullable, Nullness, Scalar, Value},
};

/// What a column of type `T` can be set to: a value, `None` for a nullable column, a column or an
/// expression.
#[diagnostic::on_unimplemented(
    message = "a column of type `{T}` can't be set to `{Self}`",
    label = "expected a value or an expression for `{T}`"
)]
pub trait SetValue<T> {
    /// The untyped expression.
    fn into_value(self) -> Node;
}

/// Whether what may be NULL goes where NULL may stand.
#[diagnostic::on_unimplemented(
    message = "the expression may be NULL, but the column must not be",
    label = "may be NULL",
    note = "`func::coalesce(expression, value)` gives a value in place of NULL"
)]
pub trait Fits<N> {}

impl<N: Nullness> Fits<N> for NotNull {}
impl Fits<Nullable> for Nullable {}

#[diagnostic::do_not_recommend]
impl<B: Scalar, T: ColumnType<Base = B>> SetValue<T> for B {
    fn into_value(self) -> Node {
        Node::Bind(Value::from(self))
    }
}

#[diagnostic::do_not_recommend]
impl<B: Scalar, T: ColumnType<Base = B, Null = Nullable>> SetValue<T> for Option<B> {
    fn into_value(self) -> Node {
        Node::Bind(Value::from(self))
    }
}

/// An unset one is NULL.
#[diagnostic::do_not_recommend]
impl<U: ColumnType, T: ColumnType<Base = U::Base>> SetValue<T> for Auto<U> {
    fn into_value(self) -> Node {
        Node::Bind(Value::from(self))
    }
}

/// One that isn't loaded is NULL.
#[diagnostic::do_not_recommend]
impl<U: ColumnType, T: ColumnType<Base = U::Base>> SetValue<T> for Deferred<U> {
    fn into_value(self) -> Node {
        Node::Bind(Value::from(self))
    }
}

macro_rules! borrowed {
    ($($given:ty => $base:ty),*) => {$(
        #[diagnostic::do_not_recommend]
        impl<T: ColumnType<Base = $base>> SetValue<T> for $given {
            fn into_value(self) -> Node {
                Node::Bind(Value::from(self.to_owned()))
            }
        }
    )*};
}

borrowed!(&str => String, &String => String, &[u8] => Vec<u8>);

macro_rules! expressions {
    ($([$($generics:tt)*] $expression:ty;)*) => {$(
        #[diagnostic::do_not_recommend]
        impl<T: ColumnType, U: ColumnType<Base: Meets<T::Base>, Null: Fits<T::Null>>, $($generics)*> SetValue<T>
            for $expression
        {
            fn into_value(self) -> Node {
                self.into_node()
            }
        }
    )*};
}

expressions! {
    [E] Column<E, U>;
    [] Expr<U>;
    [] Labeled<U>;
}

#[diagnostic::do_not_recommend]
impl<T: ColumnType<Base: Moment>> SetValue<T> for Now {
    fn into_value(self) -> Node {
        self.into_node()
    }
}

/// A column and what it is set to.
#[derive(Clone, Debug, PartialEq)]
pub struct Assignment {
    /// The column.
    pub column: ColumnRef,
    /// The value.
    pub value: Node,
}

impl<E, T: ColumnType> Column<E, T> {
    /// Sets the column, in an INSERT or UPDATE.
    pub fn set<V: SetValue<T>>(self, value: V) -> Assignment {
        Assignment { column: self.column_ref(), value: value.into_value() }
    }
}

/// One or more assignments: one, or a tuple, an array or a `Vec` of them.
#[diagnostic::on_unimplemented(
    message = "`{Self}` doesn't set a column",
    label = "expected `Entity.column.set(value)`, or several of them"
)]
pub trait Assignments {
    /// Appends the assignments.
    fn push_to(self, out: &mut Vec<Assignment>);
}

impl Assignments for Assignment {
    fn push_to(self, out: &mut Vec<Assignment>) {
        out.push(self);
    }
}

/// None: the row is made of defaults.
impl Assignments for () {
    fn push_to(self, _: &mut Vec<Assignment>) {}
}

impl<A: Assignments> Assignments for Vec<A> {
    fn push_to(self, out: &mut Vec<Assignment>) {
        self.into_iter().for_each(|it| it.push_to(out));
    }
}

impl<A: Assignments, const N: usize> Assignments for [A; N] {
    fn push_to(self, out: &mut Vec<Assignment>) {
        self.into_iter().for_each(|it| it.push_to(out));
    }
}

macro_rules! tuples {
    ($first:ident $($name:ident)*) => {
        impl<$first: Assignments, $($name: Assignments),*> Assignments for ($first, $($name,)*) {
            fn push_to(self, out: &mut Vec<Assignment>) {
                #[allow(non_snake_case, reason = "the type's name serves for the value")]
                let ($first, $($name,)*) = self;
                $first.push_to(out);
                $($name.push_to(out);)*
            }
        }

        tuples!($($name)*);
    };
    () => {};
}

tuples!(A B C D F G H I J K L M N O P Q);

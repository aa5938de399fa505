//! [`Operand`]: what may stand on the right-hand side of an operator.

use super::{Column, Expr, Expression, Labeled};
use crate::{
    expr::Node,
    value::{ColumnType, NotNull, Nullable, Nullness, Scalar, Value},
};

/// What may stand beside an expression whose scalar type is `B`: a value of exactly that type (a
/// literal takes it), borrowed text for text, an `Option` of either, or a column or expression that
/// [`Meets`] it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be compared or combined with a SQL value of type `{B}`",
    label = "expected a value, a column or an expression of type `{B}`"
)]
pub trait Operand<B> {
    /// Whether it may be NULL.
    type Null: Nullness;

    /// The untyped expression.
    fn into_operand(self) -> Node;
}

/// Whether expressions of two scalar types may be compared and combined: the same type, or numbers
/// of different widths.
#[diagnostic::on_unimplemented(
    message = "an expression of type `{Self}` can't be compared or combined with one of type `{B}`",
    label = "expected an expression of type `{B}`",
    note = "`.cast::<{B}>()` converts it in the database"
)]
pub trait Meets<B> {}

#[diagnostic::do_not_recommend]
impl<B: Scalar> Meets<B> for B {}

macro_rules! widths {
    ($($left:ident: $($right:ident)*;)*) => {$($(
        #[diagnostic::do_not_recommend]
        impl Meets<$right> for $left {}
    )*)*};
}

widths! {
    i8: i16 i32 i64 u8 u16 u32 u64;
    i16: i8 i32 i64 u8 u16 u32 u64;
    i32: i8 i16 i64 u8 u16 u32 u64;
    i64: i8 i16 i32 u8 u16 u32 u64;
    u8: i8 i16 i32 i64 u16 u32 u64;
    u16: i8 i16 i32 i64 u8 u32 u64;
    u32: i8 i16 i32 i64 u8 u16 u64;
    u64: i8 i16 i32 i64 u8 u16 u32;
    f32: f64;
    f64: f32;
}

/// Whole numbers beside exact ones: `price * quantity`.
#[cfg(feature = "rust_decimal")]
mod exact {
    use rust_decimal::Decimal;

    use super::Meets;

    widths! {
        i8: Decimal;
        i16: Decimal;
        i32: Decimal;
        i64: Decimal;
        u8: Decimal;
        u16: Decimal;
        u32: Decimal;
        u64: Decimal;
    }
}

#[diagnostic::do_not_recommend]
impl<B: Scalar> Operand<B> for B {
    type Null = NotNull;

    fn into_operand(self) -> Node {
        Node::Bind(Value::from(self))
    }
}

#[diagnostic::do_not_recommend]
impl<B: Scalar> Operand<B> for &B {
    type Null = NotNull;

    fn into_operand(self) -> Node {
        Node::Bind(Scalar::to_ref(self).to_value())
    }
}

#[diagnostic::do_not_recommend]
impl Operand<String> for &str {
    type Null = NotNull;

    fn into_operand(self) -> Node {
        Node::Bind(Value::from(self))
    }
}

#[diagnostic::do_not_recommend]
impl Operand<Vec<u8>> for &[u8] {
    type Null = NotNull;

    fn into_operand(self) -> Node {
        Node::Bind(Value::Bytes(self.to_vec()))
    }
}

#[diagnostic::do_not_recommend]
impl<B, V: Operand<B>> Operand<B> for Option<V> {
    type Null = Nullable;

    fn into_operand(self) -> Node {
        self.map_or(Node::Bind(Value::Null), V::into_operand)
    }
}

#[diagnostic::do_not_recommend]
impl<B, E, T: ColumnType<Base: Meets<B>>> Operand<B> for Column<E, T> {
    type Null = T::Null;

    fn into_operand(self) -> Node {
        self.into_node()
    }
}

#[diagnostic::do_not_recommend]
impl<B, T: ColumnType<Base: Meets<B>>> Operand<B> for Expr<T> {
    type Null = T::Null;

    fn into_operand(self) -> Node {
        self.into_node()
    }
}

#[diagnostic::do_not_recommend]
impl<B, T: ColumnType<Base: Meets<B>>> Operand<B> for Labeled<T> {
    type Null = T::Null;

    fn into_operand(self) -> Node {
        self.into_node()
    }
}

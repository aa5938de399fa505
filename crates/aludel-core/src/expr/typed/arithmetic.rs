//! `+ - * / %` on columns and expressions, on either side of a number.

use std::ops::{Add, Div, Mul, Neg, Rem, Sub};

use super::{Column, Expr, Expression, Operand};
use crate::{
    expr::{BinaryOp, Node, UnaryOp},
    value::{ColumnType, Nullness, Scalar},
};

/// A scalar that can be computed with. `/` divides whole numbers as Rust does, without a rest.
#[diagnostic::on_unimplemented(message = "`{Self}` is not a number", label = "expected a number")]
pub trait Number: Scalar {
    /// What `sum` of it is.
    type Sum: Scalar;
}

/// A scalar with `+`: addition of numbers, concatenation of texts.
#[diagnostic::on_unimplemented(
    message = "`+` is not defined for SQL values of type `{Self}`",
    label = "expected numbers or texts"
)]
pub trait Plus: Scalar {
    /// The operator.
    const PLUS: BinaryOp;
}

impl Plus for String {
    const PLUS: BinaryOp = BinaryOp::Concat;
}

/// A result as nullable as both sides.
type Both<T, N> =
    <<<T as ColumnType>::Null as Nullness>::Or<N> as Nullness>::Wrap<<T as ColumnType>::Base>;

macro_rules! operators {
    ($($operator:ident $method:ident $bound:ident $op:expr;)*) => {$(
        impl<E, T: ColumnType<Base: $bound>, R: Operand<T::Base>> $operator<R> for Column<E, T> {
            type Output = Expr<Both<T, R::Null>>;

            fn $method(self, rhs: R) -> Self::Output {
                Expr::new(Node::binary($op, self.into_node(), rhs.into_operand()))
            }
        }

        impl<T: ColumnType<Base: $bound>, R: Operand<T::Base>> $operator<R> for Expr<T> {
            type Output = Expr<Both<T, R::Null>>;

            fn $method(self, rhs: R) -> Self::Output {
                Expr::new(Node::binary($op, self.into_node(), rhs.into_operand()))
            }
        }
    )*};
}

operators! {
    Add add Plus <T::Base as Plus>::PLUS;
    Sub sub Number BinaryOp::Sub;
    Mul mul Number BinaryOp::Mul;
    Div div Number BinaryOp::Div;
    Rem rem Number BinaryOp::Rem;
}

impl<E, T: ColumnType<Base: Number>> Neg for Column<E, T> {
    type Output = Expr<T::Out>;

    fn neg(self) -> Self::Output {
        Expr::new(Node::unary(UnaryOp::Neg, self.into_node()))
    }
}

impl<T: ColumnType<Base: Number>> Neg for Expr<T> {
    type Output = Self;

    fn neg(self) -> Self {
        Self::new(Node::unary(UnaryOp::Neg, self.into_node()))
    }
}

/// A number on the left-hand side. The column's type is named exactly, so that a literal takes it.
macro_rules! number_first {
    ($number:ty: $($operator:ident $method:ident)*) => {$(
        impl<E, T: ColumnType<Base = $number>> $operator<Column<E, T>> for $number {
            type Output = Expr<T::Out>;

            fn $method(self, rhs: Column<E, T>) -> Self::Output {
                Expr::new(Node::binary(BinaryOp::$operator, self.into_operand(), rhs.into_node()))
            }
        }

        impl<T: ColumnType<Base = $number>> $operator<Expr<T>> for $number {
            type Output = Expr<T>;

            fn $method(self, rhs: Expr<T>) -> Self::Output {
                Expr::new(Node::binary(BinaryOp::$operator, self.into_operand(), rhs.into_node()))
            }
        }
    )*};
}

macro_rules! numbers {
    ($($number:ty => $sum:ty),* $(,)?) => {$(
        impl Number for $number {
            type Sum = $sum;
        }

        impl Plus for $number {
            const PLUS: BinaryOp = BinaryOp::Add;
        }

        number_first!($number: Add add Sub sub Mul mul Div div Rem rem);
    )*};
}

numbers! {
    i8 => i64, i16 => i64, i32 => i64, i64 => i64,
    u8 => i64, u16 => i64, u32 => i64,
    f32 => f64, f64 => f64,
}

#[cfg(feature = "rust_decimal")]
numbers!(rust_decimal::Decimal => rust_decimal::Decimal);

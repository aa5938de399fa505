//! [`lit`] and [`sql_expr`]: values and SQL text as expressions.

use super::{Column, Expr, Expression, Labeled};
use crate::{
    expr::Node,
    value::{ColumnType, Scalar, Value},
};

/// What becomes an expression by itself, without a column beside it that gives it a type: a value,
/// a text, a column, an expression.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is neither a SQL value nor an expression",
    label = "expected a scalar, an `Option` of one, a column or an expression"
)]
pub trait Literal {
    /// Its type.
    type Type: ColumnType;

    /// The expression.
    fn into_expr(self) -> Expr<Self::Type>;
}

#[diagnostic::do_not_recommend]
impl<B: Scalar> Literal for B {
    type Type = B;

    fn into_expr(self) -> Expr<B> {
        Expr::new(Node::Bind(Value::from(self)))
    }
}

#[diagnostic::do_not_recommend]
impl<B: Scalar> Literal for Option<B> {
    type Type = Self;

    fn into_expr(self) -> Expr<Self> {
        Expr::new(Node::Bind(Value::from(self)))
    }
}

impl Literal for &str {
    type Type = String;

    fn into_expr(self) -> Expr<String> {
        Expr::new(Node::Bind(Value::from(self)))
    }
}

macro_rules! expressions {
    ($([$($generics:tt)*] $expression:ty;)*) => {$(
        #[diagnostic::do_not_recommend]
        impl<$($generics)*> Literal for $expression {
            type Type = <Self as Expression>::Type;

            fn into_expr(self) -> Expr<Self::Type> {
                Expr::new(self.into_node())
            }
        }
    )*};
}

expressions! {
    [E, T: ColumnType] Column<E, T>;
    [T: ColumnType] Expr<T>;
    [T: ColumnType] Labeled<T>;
}

/// A value as an expression, where no column gives a literal its type.
pub fn lit<V: Literal>(value: V) -> Expr<V::Type> {
    value.into_expr()
}

/// SQL text as an expression of type `T`, as it stands: for what the expression language can't say.
/// Never build it from input; it takes constants only.
pub fn sql_expr<T: ColumnType>(sql: &'static str) -> Expr<T> {
    Expr::new(Node::Text(sql))
}

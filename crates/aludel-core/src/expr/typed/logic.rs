//! Conditions: `&`, `|`, `!`, lists of conditions, EXISTS.

use std::ops::{BitAnd, BitOr, Not};

use super::{Column, Expr, Expression, Labeled, Select};
use crate::{
    expr::{BinaryOp, Node, UnaryOp},
    value::{ColumnType, Scalar, Value},
};

/// A condition: an expression or a column of type `bool` or `Option<bool>`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a condition",
    label = "expected an expression of type `bool`",
    note = "compare it with something: `.eq(…)`, `.gt(…)`, `.is_not_null()`"
)]
pub trait Predicate {
    /// The untyped condition.
    fn into_predicate(self) -> Node;
}

#[diagnostic::do_not_recommend]
impl<E, T: ColumnType<Base: Truth>> Predicate for Column<E, T> {
    fn into_predicate(self) -> Node {
        self.into_node()
    }
}

#[diagnostic::do_not_recommend]
impl<T: ColumnType<Base: Truth>> Predicate for Expr<T> {
    fn into_predicate(self) -> Node {
        self.into_node()
    }
}

#[diagnostic::do_not_recommend]
impl<T: ColumnType<Base: Truth>> Predicate for Labeled<T> {
    fn into_predicate(self) -> Node {
        self.into_node()
    }
}

/// A truth value. A trait rather than the type itself, so that the compiler speaks of [`Predicate`].
pub trait Truth: Scalar {}

impl Truth for bool {}

macro_rules! connectives {
    ($($operator:ident $method:ident $op:ident;)*) => {$(
        impl<E, T: ColumnType<Base = bool>, R: Predicate> $operator<R> for Column<E, T> {
            type Output = Expr<bool>;

            fn $method(self, rhs: R) -> Expr<bool> {
                Expr::new(Node::binary(BinaryOp::$op, self.into_node(), rhs.into_predicate()))
            }
        }

        impl<T: ColumnType<Base = bool>, R: Predicate> $operator<R> for Expr<T> {
            type Output = Expr<bool>;

            fn $method(self, rhs: R) -> Expr<bool> {
                Expr::new(Node::binary(BinaryOp::$op, self.into_node(), rhs.into_predicate()))
            }
        }
    )*};
}

connectives! {
    BitAnd bitand And;
    BitOr bitor Or;
}

impl<E, T: ColumnType<Base = bool>> Not for Column<E, T> {
    type Output = Expr<bool>;

    fn not(self) -> Expr<bool> {
        Expr::new(Node::unary(UnaryOp::Not, self.into_node()))
    }
}

impl<T: ColumnType<Base = bool>> Not for Expr<T> {
    type Output = Expr<bool>;

    fn not(self) -> Expr<bool> {
        Expr::new(Node::unary(UnaryOp::Not, self.into_node()))
    }
}

/// All of these conditions, joined by AND; true if there are none.
pub fn all_of<P: Predicate>(conditions: impl IntoIterator<Item = P>) -> Expr<bool> {
    connect(BinaryOp::And, true, conditions.into_iter().map(P::into_predicate).collect())
}

/// At least one of these conditions, joined by OR; false if there are none.
pub fn any_of<P: Predicate>(conditions: impl IntoIterator<Item = P>) -> Expr<bool> {
    connect(BinaryOp::Or, false, conditions.into_iter().map(P::into_predicate).collect())
}

fn connect(op: BinaryOp, none: bool, nodes: Vec<Node>) -> Expr<bool> {
    Expr::new(balanced(op, nodes).unwrap_or(Node::Bind(Value::Bool(none))))
}

/// A tree as shallow as can be: a list may be long, and trees are walked recursively.
fn balanced(op: BinaryOp, mut nodes: Vec<Node>) -> Option<Node> {
    if nodes.len() <= 1 {
        return nodes.pop();
    }
    let right = nodes.split_off(nodes.len() / 2);
    Some(Node::binary(op, balanced(op, nodes)?, balanced(op, right)?))
}

/// `EXISTS (SELECT 1 …)`
pub fn exists<R>(select: &Select<R>) -> Expr<bool> {
    existence(select, false)
}

/// `NOT EXISTS (SELECT 1 …)`
pub fn not_exists<R>(select: &Select<R>) -> Expr<bool> {
    existence(select, true)
}

fn existence<R>(select: &Select<R>, negated: bool) -> Expr<bool> {
    let query = Box::new(select.query().clone().into_existence());
    Expr::new(Node::Exists { query, negated })
}

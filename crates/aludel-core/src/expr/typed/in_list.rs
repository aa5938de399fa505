//! [`InList`]: what a value is looked up in.

use super::{Meets, Operand, Select};
use crate::{
    expr::{Node, Query},
    value::ColumnType,
};

/// What a value is looked up in: an array, a `Vec` or a slice of values or expressions, or a
/// subquery of one column.
#[diagnostic::on_unimplemented(
    message = "a SQL value of type `{B}` can't be looked up in `{Self}`",
    label = "expected an array, a `Vec` or a slice of `{B}`, or a `Select` of one such column"
)]
pub trait InList<B> {
    /// `subject IN …`
    fn into_in(self, subject: Node, negated: bool) -> Node;
}

fn list<B, V: Operand<B>>(
    values: impl IntoIterator<Item = V>,
    subject: Node,
    negated: bool,
) -> Node {
    let list = values.into_iter().map(V::into_operand).collect();
    Node::In { subject: Box::new(subject), list, negated }
}

impl<B, V: Operand<B>, const N: usize> InList<B> for [V; N] {
    fn into_in(self, subject: Node, negated: bool) -> Node {
        list(self, subject, negated)
    }
}

impl<B, V: Operand<B>> InList<B> for Vec<V> {
    fn into_in(self, subject: Node, negated: bool) -> Node {
        list(self, subject, negated)
    }
}

impl<B, V: Operand<B> + Clone> InList<B> for &[V] {
    fn into_in(self, subject: Node, negated: bool) -> Node {
        list(self.iter().cloned(), subject, negated)
    }
}

impl<B, V: Operand<B> + Clone, const N: usize> InList<B> for &[V; N] {
    fn into_in(self, subject: Node, negated: bool) -> Node {
        list(self.iter().cloned(), subject, negated)
    }
}

impl<B, V: Operand<B> + Clone> InList<B> for &Vec<V> {
    fn into_in(self, subject: Node, negated: bool) -> Node {
        list(self.iter().cloned(), subject, negated)
    }
}

fn subquery(query: Query, subject: Node, negated: bool) -> Node {
    Node::InQuery { subject: Box::new(subject), query: Box::new(query), negated }
}

impl<B, T: ColumnType<Base: Meets<B>>> InList<B> for Select<T> {
    fn into_in(self, subject: Node, negated: bool) -> Node {
        subquery(self.into_query(), subject, negated)
    }
}

impl<B, T: ColumnType<Base: Meets<B>>> InList<B> for &Select<T> {
    fn into_in(self, subject: Node, negated: bool) -> Node {
        subquery(self.query().clone(), subject, negated)
    }
}

//! [`Expr`] and [`Labeled`]: typed expressions other than columns.

use std::marker::PhantomData;

use super::{Expression, Fits, Meets};
use crate::{
    expr::{Node, SelectItem},
    value::ColumnType,
};

/// An expression of type `T`. Operators are methods of [`Expression`].
pub struct Expr<T> {
    node: Node,
    /// Its name in a result, where nobody gives it another.
    name: Option<&'static str>,
    ty: PhantomData<fn() -> T>,
}

impl<T> Expr<T> {
    /// Says that an untyped expression has type `T`. Rows are decoded by it; nothing checks it.
    pub fn new(node: Node) -> Self {
        Self { node, name: None, ty: PhantomData }
    }

    pub(super) fn into_item(self) -> SelectItem
    where
        T: ColumnType,
    {
        SelectItem { node: self.node, label: self.name, optional: T::NULLABLE }
    }

    /// The untyped expression.
    pub fn node(&self) -> &Node {
        &self.node
    }
}

impl<T> Clone for Expr<T> {
    fn clone(&self) -> Self {
        Self { node: self.node.clone(), name: self.name, ty: PhantomData }
    }
}

impl<T> std::fmt::Debug for Expr<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Expr").field(&self.node).finish()
    }
}

impl<T: ColumnType> Expression for Expr<T> {
    type Type = T;

    fn into_node(self) -> Node {
        self.node
    }
}

/// A hybrid attribute, by its name and what it is in SQL: in a result it bears that name.
#[doc(hidden)]
pub fn hybrid<T, X>(name: &'static str, expression: X) -> Expr<T>
where
    T: ColumnType,
    X: Expression<Type: ColumnType<Base: Meets<T::Base>, Null: Fits<T::Null>>>,
{
    Expr { node: expression.into_node(), name: Some(name), ty: PhantomData }
}

/// An expression with a name in the result.
pub struct Labeled<T> {
    inner: Expr<T>,
    label: &'static str,
}

impl<T: ColumnType> Labeled<T> {
    pub(super) fn new(node: Node, label: &'static str) -> Self {
        Self { inner: Expr::new(node), label }
    }

    /// The name.
    pub fn name(&self) -> &'static str {
        self.label
    }

    pub(super) fn into_item(self) -> SelectItem {
        SelectItem { node: self.inner.node, label: Some(self.label), optional: T::NULLABLE }
    }
}

impl<T> Clone for Labeled<T> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), label: self.label }
    }
}

impl<T> std::fmt::Debug for Labeled<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Labeled").field(&self.label).field(&self.inner.node).finish()
    }
}

/// Elsewhere than in a result, the expression itself; ORDER BY uses the name.
impl<T: ColumnType> Expression for Labeled<T> {
    type Type = T;

    fn into_node(self) -> Node {
        self.inner.node
    }
}

//! [`Column`]: a mapped struct's column, as a constant.

use std::marker::PhantomData;

use super::Expression;
use crate::{
    expr::{ColumnRef, FromItem, Node, Source, TableName},
    value::ColumnType,
};

/// The column of type `T` of the entity `E`, in one appearance of its table.
pub struct Column<E, T> {
    from: FromItem,
    name: &'static str,
    /// What stands for it in statements, of an attribute that no column of the table holds.
    expression: Option<fn() -> Node>,
    types: PhantomData<fn() -> (E, T)>,
}

impl<E, T> Clone for Column<E, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E, T> Copy for Column<E, T> {}

impl<E, T> Column<E, T> {
    /// For the derive.
    #[doc(hidden)]
    pub const fn new(source: Source, table: TableName, name: &'static str) -> Self {
        Self { from: FromItem { table, source }, name, expression: None, types: PhantomData }
    }

    /// The same, of an attribute that an expression of the table's other columns stands for.
    #[doc(hidden)]
    #[must_use]
    pub const fn by(self, expression: fn() -> Node) -> Self {
        Self { expression: Some(expression), ..self }
    }

    pub(super) const fn in_source(self, source: Source) -> Self {
        Self { from: FromItem { table: self.from.table, source }, ..self }
    }

    /// The column's SQL name.
    pub const fn name(self) -> &'static str {
        self.name
    }
}

impl<E, T: ColumnType> Column<E, T> {
    /// The column, untyped.
    pub fn column_ref(self) -> ColumnRef {
        ColumnRef { from: self.from, name: self.name, ty: T::TYPE, nullable: T::NULLABLE }
    }
}

impl<E, T> std::fmt::Debug for Column<E, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Column({}.{})", self.from.table, self.name)
    }
}

impl<E, T: ColumnType> Expression for Column<E, T> {
    type Type = T::Out;

    fn into_node(self) -> Node {
        let Some(expression) = self.expression else { return Node::Column(self.column_ref()) };
        let mut node = expression();
        node.retarget(FromItem { table: self.from.table, source: Source::Table }, self.from);
        node
    }
}

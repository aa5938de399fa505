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
        Self { from: FromItem { table, source }, name, types: PhantomData }
    }

    pub(super) const fn in_source(self, source: Source) -> Self {
        Self::new(source, self.from.table, self.name)
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
        Node::Column(self.column_ref())
    }
}

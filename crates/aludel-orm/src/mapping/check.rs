//! References between entities, checked where they are written: generated code calls these.

use std::marker::PhantomData;

use aludel_core::{
    expr::{Column, ColumnRef, Node},
    value::{ColumnType, Value},
};

use super::{EntityConst, EntityOf, Relationship};
use crate::object::RelField;

/// A column by the type of the key that it holds. The name stands in the compiler's message where
/// a foreign key is of another type than what it refers to: "expected `KeyType<i64>`, found
/// `KeyType<String>`".
#[derive(Debug)]
pub struct KeyType<T> {
    column: ColumnRef,
    base: PhantomData<fn() -> T>,
}

/// One side of a foreign key; `Option` and `Auto` make no difference.
pub fn key<E, T: ColumnType>(column: Column<E, T>) -> KeyType<T::Base> {
    KeyType { column: column.column_ref(), base: PhantomData }
}

/// The column referred to, which must hold the same type as the referring one.
pub fn references<T>(_own: KeyType<T>, other: KeyType<T>) -> ColumnRef {
    other.column
}

/// The same, where the referring column is known by its type only.
pub fn references_as<T: ColumnType>(other: KeyType<T::Base>) -> ColumnRef {
    other.column
}

/// What stands for an attribute in statements that don't say what it is.
pub fn null() -> Node {
    Node::Bind(Value::Null)
}

/// The entity constant at the other end of a relationship field.
pub fn entity<F: RelField>() -> EntityOf<F> {
    EntityOf::<F>::TABLE
}

/// The position of the relationship that mirrors one from `E` to `R`: it must lead back.
pub fn back<E, R>(other: Relationship<R, E>) -> u16 {
    other.index()
}

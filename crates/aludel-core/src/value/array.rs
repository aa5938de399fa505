//! Arrays: [`ArrayRef`], borrowed, [`ArrayValue`], owned, and vectors as columns.

use std::{
    fmt,
    hash::{Hash, Hasher},
};

use super::{SqlType, Value, ValueRef};

mod element;

pub use element::{ArrayItem, Element};

/// An array, as a driver reads it: a sequence of values of one type, any of which may be NULL.
pub trait ArrayRef: Send + Sync {
    /// The type of the elements.
    fn element(&self) -> SqlType;

    /// How many there are.
    fn len(&self) -> usize;

    /// An element, from 0; NULL where there is none.
    fn get(&self, index: usize) -> ValueRef<'_>;

    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// An array that a driver decoded, or a copy.
///
/// ```
/// use aludel_core::value::{ArrayRef, ArrayValue, SqlType, Value, ValueRef};
///
/// let array = ArrayValue { element: SqlType::Int, items: vec![Value::Int(7), Value::Null] };
/// assert_eq!(array.get(0), ValueRef::Int(7));
/// assert_eq!(ValueRef::Array(&array).to_string(), "[7, NULL]");
/// ```
#[derive(Clone, Debug)]
pub struct ArrayValue {
    /// The type of the elements.
    pub element: SqlType,
    /// The elements.
    pub items: Vec<Value>,
}

impl ArrayValue {
    pub(super) fn of(array: &dyn ArrayRef) -> Self {
        Self { element: array.element(), items: items(array).map(ValueRef::to_value).collect() }
    }
}

impl ArrayRef for ArrayValue {
    fn element(&self) -> SqlType {
        self.element
    }

    fn len(&self) -> usize {
        self.items.len()
    }

    fn get(&self, index: usize) -> ValueRef<'_> {
        self.items.get(index).map_or(ValueRef::Null, Value::as_ref)
    }
}

impl fmt::Debug for dyn ArrayRef + '_ {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(items(self)).finish()
    }
}

fn items(array: &dyn ArrayRef) -> impl Iterator<Item = ValueRef<'_>> {
    (0..array.len()).map(|index| array.get(index))
}

pub(super) fn same(a: &dyn ArrayRef, b: &dyn ArrayRef) -> bool {
    a.len() == b.len() && items(a).eq(items(b))
}

pub(super) fn hash<H: Hasher>(array: &dyn ArrayRef, state: &mut H) {
    array.len().hash(state);
    items(array).for_each(|it| it.hash(state));
}

pub(super) fn write(array: &dyn ArrayRef, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str("[")?;
    for (index, item) in items(array).enumerate() {
        let comma = if index == 0 { "" } else { ", " };
        write!(f, "{comma}{item}")?;
    }
    f.write_str("]")
}

//! Ranges: [`RangeRef`], borrowed, [`RangeValue`], owned, and [`Range`] as a column.

use std::{
    fmt,
    hash::{Hash, Hasher},
    ops::Bound,
};

use super::{SqlType, Value, ValueRef};

mod bound;
mod column;

pub use bound::RangeBound;
pub use column::Range;

/// A range, as a driver reads it: the values between two bounds, or none.
pub trait RangeRef: Send + Sync {
    /// The type of the values.
    fn element(&self) -> SqlType;

    /// Whether no value is in it; its bounds mean nothing then.
    fn is_empty(&self) -> bool;

    /// Where it starts.
    fn lower(&self) -> Bound<ValueRef<'_>>;

    /// Where it ends.
    fn upper(&self) -> Bound<ValueRef<'_>>;
}

/// A range that a driver decoded, or a copy.
///
/// ```
/// use std::ops::Bound;
/// use aludel_core::value::{RangeValue, SqlType, Value, ValueRef};
///
/// let bounds = Some((Bound::Included(Value::Int(1)), Bound::Unbounded));
/// let range = RangeValue { element: SqlType::Int, bounds };
/// assert_eq!(ValueRef::Range(&range).to_string(), "[1,)");
/// ```
#[derive(Clone, Debug)]
pub struct RangeValue {
    /// The type of the values.
    pub element: SqlType,
    /// Where it starts and ends; `None` where it is empty.
    pub bounds: Option<(Bound<Value>, Bound<Value>)>,
}

impl RangeValue {
    pub(super) fn of(range: &dyn RangeRef) -> Self {
        let bounds =
            || (range.lower().map(ValueRef::to_value), range.upper().map(ValueRef::to_value));
        Self { element: range.element(), bounds: (!range.is_empty()).then(bounds) }
    }
}

impl RangeRef for RangeValue {
    fn element(&self) -> SqlType {
        self.element
    }

    fn is_empty(&self) -> bool {
        self.bounds.is_none()
    }

    fn lower(&self) -> Bound<ValueRef<'_>> {
        self.bounds.as_ref().map_or(Bound::Unbounded, |(it, _)| it.as_ref().map(Value::as_ref))
    }

    fn upper(&self) -> Bound<ValueRef<'_>> {
        self.bounds.as_ref().map_or(Bound::Unbounded, |(_, it)| it.as_ref().map(Value::as_ref))
    }
}

impl fmt::Debug for dyn RangeRef + '_ {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write(self, f)
    }
}

/// What makes two ranges the same one.
fn key(range: &dyn RangeRef) -> Option<(Bound<ValueRef<'_>>, Bound<ValueRef<'_>>)> {
    (!range.is_empty()).then(|| (range.lower(), range.upper()))
}

pub(super) fn same(a: &dyn RangeRef, b: &dyn RangeRef) -> bool {
    key(a) == key(b)
}

pub(super) fn hash<H: Hasher>(range: &dyn RangeRef, state: &mut H) {
    key(range).hash(state);
}

/// `[1,5)`, `(,)`, `empty`.
pub(super) fn write(range: &dyn RangeRef, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let Some((lower, upper)) = key(range) else { return f.write_str("empty") };
    match lower {
        Bound::Included(it) => write!(f, "[{it},")?,
        Bound::Excluded(it) => write!(f, "({it},")?,
        Bound::Unbounded => f.write_str("(,")?,
    }
    match upper {
        Bound::Included(it) => write!(f, "{it}]"),
        Bound::Excluded(it) => write!(f, "{it})"),
        Bound::Unbounded => f.write_str(")"),
    }
}

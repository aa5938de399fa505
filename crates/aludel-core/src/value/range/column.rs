//! [`Range`]: a range as a column's value.

use std::{
    fmt,
    ops::{Bound, RangeBounds},
};

use super::{RangeBound, RangeRef, write};
use crate::value::{Assign, Scalar, SqlType, ValueRef};

/// The values between two bounds, each of which may be included, excluded or missing; or none.
///
/// Ranges of the same values are equal. So those of whole numbers and days are kept as databases
/// do: with the lower bound and without the upper one.
///
/// ```
/// use std::ops::Bound;
/// use aludel_core::value::Range;
///
/// let week = Range::from(1..=7);
/// assert_eq!((week.lower(), week.upper()), (Bound::Included(&1), Bound::Excluded(&8)));
/// assert!(week.contains(&7) && week == Range::from(1..8));
/// assert!(Range::from(5..5).is_empty());
/// assert_eq!(Range::<i32>::from(..).to_string(), "(,)");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Range<T>(Option<(Bound<T>, Bound<T>)>);

impl<T: RangeBound> Range<T> {
    /// The range that holds nothing.
    pub const EMPTY: Self = Self(None);

    /// From one bound to the other; empty where nothing is between them.
    pub fn new(lower: Bound<T>, upper: Bound<T>) -> Self {
        let (lower, upper) = match T::DISCRETE {
            false => (lower, upper),
            true => {
                let lower = match lower {
                    Bound::Excluded(it) => match it.next() {
                        Some(next) => Bound::Included(next),
                        None => return Self::EMPTY,
                    },
                    lower => lower,
                };
                let upper = match upper {
                    // The last value of all has no next one.
                    Bound::Included(it) => it.next().map_or(Bound::Included(it), Bound::Excluded),
                    upper => upper,
                };
                (lower, upper)
            }
        };
        let holds_something = match (&lower, &upper) {
            (Bound::Unbounded, _) | (_, Bound::Unbounded) => true,
            (Bound::Included(a), Bound::Included(b)) => a <= b,
            (Bound::Included(a) | Bound::Excluded(a), Bound::Included(b) | Bound::Excluded(b)) => {
                a < b
            }
        };
        Self(holds_something.then_some((lower, upper)))
    }

    /// Whether it holds nothing.
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Where it starts; an empty range has no bounds.
    pub fn lower(&self) -> Bound<&T> {
        self.0.as_ref().map_or(Bound::Unbounded, |(it, _)| it.as_ref())
    }

    /// Where it ends; an empty range has no bounds.
    pub fn upper(&self) -> Bound<&T> {
        self.0.as_ref().map_or(Bound::Unbounded, |(_, it)| it.as_ref())
    }

    /// Whether it holds a value.
    pub fn contains(&self, value: &T) -> bool {
        let after = match self.lower() {
            Bound::Included(it) => it <= value,
            Bound::Excluded(it) => it < value,
            Bound::Unbounded => true,
        };
        let before = match self.upper() {
            Bound::Included(it) => value <= it,
            Bound::Excluded(it) => value < it,
            Bound::Unbounded => true,
        };
        !self.is_empty() && after && before
    }
}

macro_rules! from_ranges {
    ($($range:ty: $it:ident => $lower:expr, $upper:expr;)*) => {$(
        impl<T: RangeBound> From<$range> for Range<T> {
            fn from($it: $range) -> Self {
                Self::new($lower, $upper)
            }
        }

        impl<T: RangeBound> Assign<Range<T>> for $range {
            fn assign(self) -> Range<T> {
                self.into()
            }
        }

        impl<T: RangeBound> Assign<Option<Range<T>>> for $range {
            fn assign(self) -> Option<Range<T>> {
                Some(self.into())
            }
        }
    )*};
}

from_ranges! {
    std::ops::Range<T>: it => Bound::Included(it.start), Bound::Excluded(it.end);
    std::ops::RangeInclusive<T>: it => it.start_bound().cloned(), it.end_bound().cloned();
    std::ops::RangeFrom<T>: it => Bound::Included(it.start), Bound::Unbounded;
    std::ops::RangeTo<T>: it => Bound::Unbounded, Bound::Excluded(it.end);
    std::ops::RangeToInclusive<T>: it => Bound::Unbounded, Bound::Included(it.end);
    std::ops::RangeFull: _it => Bound::Unbounded, Bound::Unbounded;
}

impl<T: RangeBound> RangeRef for Range<T> {
    fn element(&self) -> SqlType {
        T::TYPE
    }

    fn is_empty(&self) -> bool {
        self.is_empty()
    }

    fn lower(&self) -> Bound<ValueRef<'_>> {
        self.lower().map(Scalar::to_ref)
    }

    fn upper(&self) -> Bound<ValueRef<'_>> {
        self.upper().map(Scalar::to_ref)
    }
}

/// On databases that have such columns.
impl<T: RangeBound> Scalar for Range<T> {
    const TYPE: SqlType = SqlType::Range(&T::TYPE);

    fn to_ref(&self) -> ValueRef<'_> {
        ValueRef::Range(self)
    }

    fn from_ref(value: ValueRef<'_>) -> Option<Self> {
        let ValueRef::Range(range) = value else { return None };
        if range.is_empty() {
            return Some(Self::EMPTY);
        }
        let bound = |it| {
            Some(match it {
                Bound::Included(it) => Bound::Included(T::from_ref(it)?),
                Bound::Excluded(it) => Bound::Excluded(T::from_ref(it)?),
                Bound::Unbounded => Bound::Unbounded,
            })
        };
        Some(Self::new(bound(range.lower())?, bound(range.upper())?))
    }
}

/// As databases write it: `[1,5)`, `(,)`, `empty`.
impl<T: RangeBound> fmt::Display for Range<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write(self, f)
    }
}

impl<T: RangeBound> fmt::Debug for Range<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write(self, f)
    }
}

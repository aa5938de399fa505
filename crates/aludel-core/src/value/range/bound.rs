//! [`RangeBound`]: what a range may be of.

use crate::value::{Date, DateTime, Decimal, Scalar};

/// A scalar of which a column may hold a [`Range`](super::Range): whole numbers, exact ones, days
/// and moments.
#[diagnostic::on_unimplemented(
    message = "a column can't hold a range of `{Self}`",
    note = "there are ranges of whole and exact numbers, of days, and of moments"
)]
pub trait RangeBound: Scalar + PartialOrd {
    /// Whether each value has a next one, with nothing in between: whole numbers and days.
    const DISCRETE: bool;

    /// The next value; `None` for the last one, and where [`RangeBound::DISCRETE`] says no.
    fn next(&self) -> Option<Self> {
        None
    }
}

macro_rules! integers {
    ($($rust:ty),*) => {$(
        impl RangeBound for $rust {
            const DISCRETE: bool = true;

            fn next(&self) -> Option<Self> {
                self.checked_add(1)
            }
        }
    )*};
}

integers!(i32, i64);

impl RangeBound for Date {
    const DISCRETE: bool = true;

    fn next(&self) -> Option<Self> {
        Self::next(*self)
    }
}

impl RangeBound for DateTime {
    const DISCRETE: bool = false;
}

impl RangeBound for Decimal {
    const DISCRETE: bool = false;
}

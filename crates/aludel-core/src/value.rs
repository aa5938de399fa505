//! Rust values, the values that databases exchange, and the bridge between them.
//!
//! [`ValueRef`] is what crosses the driver boundary, borrowed; [`Value`] is its owned form.
//! [`Scalar`] maps one Rust type to one [`SqlType`]; [`ColumnType`] adds `Option` and [`Auto`].

mod array;
mod assign;
mod auto;
mod civil;
mod decimal;
mod dynamic;
mod field;
#[cfg(any(feature = "chrono", feature = "rust_decimal"))]
mod foreign;
mod inet;
mod json;
mod key;
mod kind;
mod range;
mod row;
mod scalar;
mod uuid;

pub use array::{ArrayRef, ArrayValue};
pub use assign::Assign;
pub use auto::Auto;
pub use civil::{Date, DateTime, Time};
pub use decimal::Decimal;
pub use dynamic::{Value, ValueRef};
pub use field::{ColumnType, NotNull, Nullable, Nullness};
pub use inet::Inet;
pub use json::Json;
pub use key::KeyValues;
pub use kind::{EnumType, SqlType};
pub use range::{RangeRef, RangeValue};
pub use row::{Columns, Cursor, FromRow, read};
pub use scalar::Scalar;

//! Rust values, the values that databases exchange, and the bridge between them.
//!
//! [`ValueRef`] is what crosses the driver boundary, borrowed; [`Value`] is its owned form.
//! [`Scalar`] maps one Rust type to one [`SqlType`]; [`ColumnType`] adds `Option`,
//! [`Auto`] and [`Deferred`].

mod array;
mod assign;
mod auto;
mod civil;
mod decimal;
pub(crate) mod deferred;
mod dynamic;
mod field;
mod foreign;
mod inet;
mod intern;
mod json;
mod key;
mod kind;
mod label_set;
mod layout;
mod range;
mod row;
mod scalar;
#[cfg(feature = "serde")]
mod serde;
mod ts_vector;
mod type_map;
mod uuid;
pub(crate) mod variants;

pub use array::{ArrayItem, ArrayRef, ArrayValue, Element};
pub use assign::Assign;
pub use auto::Auto;
pub use civil::{Date, DateTime, Time};
pub use decimal::Decimal;
pub use deferred::{Absent, Deferred};
pub use dynamic::{Value, ValueRef};
pub use field::{ColumnType, NotNull, Nullable, Nullness};
#[cfg(feature = "serde_json")]
pub use foreign::JsonOf;
pub use inet::Inet;
pub use json::Json;
pub use key::KeyValues;
pub use kind::{EnumType, SqlType};
pub use label_set::{SqlEnum, SqlSet};
pub use layout::Layout;
pub use range::{Range, RangeBound, RangeRef, RangeValue};
pub use row::{Columns, Cursor, FromRow, read};
pub use scalar::Scalar;
pub use ts_vector::{Lexeme, Position, TsVector};
pub use type_map::{TypeMap, short_name};
pub use variants::TypeVariants;

/// SQL types by their names: `sql::VarChar(255)`.
pub mod sql {
    pub use super::SqlType::*;
}

//! Aludel's Core: values, schema, SQL expressions and dialects, all without I/O.
//!
//! Reading order: [`value`] (what a column holds), [`schema`] (what a database contains),
//! [`expr`] (what a statement says), [`dialect`] (how databases differ), [`compile`] (a statement
//! becomes text and parameters).
//!
//! Invariant: nothing here opens a socket or a file, waits, or knows a driver or a runtime.

pub mod value;

pub mod schema;

pub mod expr;

pub mod dialect;

pub mod compile;

mod error;

pub use error::{DecodeError, Error, Result};

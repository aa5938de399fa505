//! Statements that change many rows, and how the objects that the session holds follow.
//!
//! Reading order: `change` (the statement and its script), `synchronize` (which objects are
//! meant), `apply` (what becomes of them), `fill` (what statements bring along), `rows` and `by_key` (rows without objects: INSERT, and
//! UPDATE by primary key).

mod apply;
mod by_key;
mod change;
mod fill;
mod rows;
mod synchronize;

pub use rows::{BulkInsert, BulkReturning, InsertObjects};

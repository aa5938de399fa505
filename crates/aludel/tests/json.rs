//! Objects as JSON: what is loaded is written, what is not is not, and what leads back ends.
#![cfg(feature = "serde")]
#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
#![allow(missing_docs, reason = "the models speak for themselves")]

#[path = "json/models.rs"]
mod models;
#[path = "json/reading.rs"]
mod reading;
#[path = "json/values.rs"]
mod values;
#[path = "json/writing.rs"]
mod writing;

//! What the ORM does, rule by rule, on SQLite: each test names the rules that it pins, and asserts
//! the statements that were sent.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(missing_docs, unreachable_pub, reason = "a test's models speak for themselves")]

mod autoflush;
mod bad_input;
mod cascades;
mod exact;
mod flush;
mod identity;
mod loading;
mod models;
mod plan;
mod queries;
mod random;
mod relationships;
mod rollback;
mod states;
mod store;

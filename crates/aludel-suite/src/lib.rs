//! Aludel's suite: cases that every database must pass.
//!
//! A case is written once, as a function that takes an empty [`Place`] and panics where something
//! doesn't hold; it asserts the statements that were sent, in one spelling for all databases
//! ([`neutral()`]). It runs on each [`Database`], through the connections of blocking programs and
//! through those of async ones. What a database can't take by its dialect's capability is skipped,
//! and the report at the end says so: how many cases ran on which database, and what was skipped why.
//!
//! # Which databases
//!
//! `cargo test -p aludel-suite` runs on SQLite (files and in memory) and on each server whose driver is
//! built in. A server that can't be reached fails the run.
//!
//! | variable | what it says | without it |
//! | --- | --- | --- |
//! | `ALUDEL_DATABASES` | which to test: `sqlite,postgres,mariadb,mysql` | all that are built in; `mysql` where its URL is given |
//! | `ALUDEL_SQLITE_URL` | options for files: `sqlite:?busy_timeout=100` | none |
//! | `ALUDEL_POSTGRES_URL` | where PostgreSQL is | `postgres://postgres@127.0.0.1:5432/postgres` |
//! | `ALUDEL_POSTGRES_POOLED` | if it is there: what `ALUDEL_POSTGRES_URL` names is a pooler in transaction mode | a server |
//! | `ALUDEL_MARIADB_URL` | where MariaDB is | `mariadb://root@127.0.0.1:3306/mysql` |
//! | `ALUDEL_MYSQL_URL` | where MySQL is | `mysql://root@127.0.0.1:3306/mysql` |
//!
//! The users of these URLs make databases of their own, which are removed at the end, and may do
//! whatever that needs.
//!
//! # A dialect of your own
//!
//! Say how an empty database is made ([`Spaces`]), and run the suite in a test without a harness:
//!
//! ```no_run
//! # use aludel_suite::{Database, Spaces};
//! # struct Mine;
//! # impl Spaces for Mine {
//! #     fn url(&self) -> &str { "sqlite::memory:" }
//! #     fn make(&self, _: usize) -> aludel::Result<String> { Ok(self.url().into()) }
//! # }
//! fn main() -> std::process::ExitCode {
//!     aludel_suite::run([Database::new("mine", Mine).expect("a URL that makes sense")])
//! }
//! ```
//!
//! # Reading order
//!
//! `case.rs` (what a case is, what it may need), `cases` (the cases), `store.rs` (what most of them work
//! on), `neutral.rs`; then `place.rs`, `database.rs` and `spaces` (where they run), `runner.rs`.

mod case;
mod cases;
mod choice;
mod database;
mod models;
mod neutral;
mod place;
mod runner;
mod runtime;
mod spaces;
mod store;

pub(crate) use case::cases;
pub use case::{Case, Faces, Need};
pub use cases::cases;
pub use database::Database;
/// For the test that takes a mixin of another crate.
#[doc(hidden)]
pub use models::mixins;
pub use neutral::neutral;
pub use place::Place;
pub use runner::{main, run};
pub use spaces::{Files, Memory, Server, Spaces};

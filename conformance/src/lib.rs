//! The same scenarios here and on SQLAlchemy, compared line by line.
//!
//! A scenario is a list of session operations over a fixed schema ([`models`]), a JSON object a line. The
//! [`run::Runner`] answers each with what the operation gave, the objects' states, the statements that were
//! sent and the tables; [`compare`] holds that against what the original answered.

pub mod compare;
pub mod differences;
mod entities;
pub mod errors;
pub mod filter;
pub mod keys;
pub mod known;
pub mod labels;
mod links;
pub mod model;
pub mod models;
pub mod object;
pub mod record;
pub mod run;
pub mod scenario;
pub mod sent;
pub mod tables;
pub mod value;

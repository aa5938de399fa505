//! The Chinook store of the example: its models, its data, and how they become one graph.
#![allow(unreachable_pub, dead_code, reason = "the modules are written for the example")]

#[path = "../../examples/chinook/csv_file.rs"]
pub(crate) mod csv_file;
#[path = "../../examples/chinook/data.rs"]
pub(crate) mod data;
#[path = "../../examples/chinook/models.rs"]
pub(crate) mod models;

pub(crate) use crate::harness::{Error, Result};

//! SQLite for real: values, errors, cancellation, writers and streams.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod cancel;
mod errors;
#[cfg(feature = "rust_decimal")]
mod functions;
mod scripts;
mod stream;
mod writers;

use std::{any::Any, sync::Arc};

use aludel_core::value::{Columns, Value};

use crate::{
    Engine, EngineOptions, Result, blocking,
    driver::{Control, Flow, Step, Want, Work, scripts::*},
};

fn memory() -> blocking::Engine {
    blocking::Engine::new("sqlite::memory:").unwrap()
}

/// A directory, and the URL of a database in it that is not there yet.
fn file() -> (tempfile::TempDir, String) {
    let directory = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", directory.path().join("test.db").display());
    (directory, url)
}

fn async_engine(url: &str) -> Engine {
    Engine::with_options(url, EngineOptions::new()).unwrap()
}

//! Sakila on SQLite: types by affinity, constraints with names, triggers that write behind each statement. There are
//! no data for it.

mod business;
mod models;
mod writing;

use aludel::{blocking::Engine, prelude::*, schema::CompareOptions};

use crate::load;
use models::Sakila;

/// There is no difference. Not compared are triggers.
#[test]
fn the_schema_is_what_is_declared() {
    let own = load::sqlite();
    let engine = Engine::new(&own.url).unwrap();
    Sakila::configure().unwrap();
    let strict = CompareOptions::new().extra_tables(true);
    let found = Sakila::metadata().differences_with(&engine, strict).unwrap();
    assert!(found.is_empty(), "{found}");
}

/// What is read of the database makes the same tables in another one.
#[test]
fn the_schema_is_copied() {
    let read = MetaData::reflect(&Engine::new(&load::sqlite().url).unwrap()).unwrap();
    assert_eq!(read.tables().len(), 16);
    let engine = Engine::new("sqlite::memory:").unwrap();
    read.create_all(&engine).unwrap();
    let differences = read.differences(&engine).unwrap();
    assert!(differences.is_empty(), "{differences}");
    let found = Sakila::metadata().differences(&engine).unwrap();
    assert!(found.is_empty(), "{found}");
}

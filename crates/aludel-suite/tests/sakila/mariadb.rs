//! Sakila on MariaDB: `ENUM`, `SET`, `YEAR`, unsigned integers, moments that keep themselves, places.

mod business;
mod models;
mod reading;
mod writing;

use aludel::{assert_schema, blocking::Engine, prelude::*, schema::CompareOptions};

use crate::load;
use models::Sakila;

/// There is no difference. What isn't compared: that `TIMESTAMP`s keep themselves on UPDATE, and triggers.
#[test]
fn the_schema_is_what_is_declared() {
    let own = load::mariadb("sakila_schema");
    let engine = Engine::new(own.url()).unwrap();
    Sakila::configure().unwrap();
    assert_schema!(Sakila, engine);
    let strict = CompareOptions::new().extra_tables(true);
    let found = Sakila::metadata().differences_with(&engine, strict).unwrap();
    assert!(found.is_empty(), "{found}");
}

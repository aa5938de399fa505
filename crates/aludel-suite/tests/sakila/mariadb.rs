//! Sakila on MariaDB: `ENUM`, `SET`, `YEAR`, unsigned integers, moments that keep themselves, places.

mod business;
mod models;
mod reading;
mod writing;

use aludel::{assert_schema, blocking::Engine, prelude::*, schema::CompareOptions};

use crate::{
    load,
    own::{MARIADB, Own},
};
use models::Sakila;

/// There is no difference. Triggers aren't compared.
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

/// What is read of the database makes the same tables in another one.
#[test]
fn the_schema_is_copied() {
    let (own, copy) = (load::mariadb("sakila_read"), Own::new(&MARIADB, "sakila_copy"));
    let read = MetaData::reflect(&Engine::new(own.url()).unwrap()).unwrap();
    assert_eq!(read.tables().len(), 16);
    let engine = Engine::new(copy.url()).unwrap();
    read.create_all(&engine).unwrap();
    assert_schema!(Sakila, engine);
    let differences = read.differences(&engine).unwrap();
    assert!(differences.is_empty(), "{differences}");
}

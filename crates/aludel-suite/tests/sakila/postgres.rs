//! Sakila on PostgreSQL: a native enum, a domain, arrays, a `tsvector`, tables that inherit.

mod business;
mod models;
mod payments;
mod reading;
mod writing;

use aludel::{blocking::Engine, prelude::*, schema::CompareOptions};

use crate::{
    load,
    own::{Own, POSTGRES, execute},
};
use models::Sakila;

/// What the database has in another way than it can be declared, and why. Not compared are
/// triggers, rules, and which table inherits from which.
const DIFFERENCES: &[(&str, &str)] = &[
    (
        "payment_p2007_01: declared with the primary key (payment_id), but the database has ()",
        NO_KEY,
    ),
    (
        "payment_p2007_02: declared with the primary key (payment_id), but the database has ()",
        NO_KEY,
    ),
    (
        "payment_p2007_03: declared with the primary key (payment_id), but the database has ()",
        NO_KEY,
    ),
    (
        "payment_p2007_04: declared with the primary key (payment_id), but the database has ()",
        NO_KEY,
    ),
    (
        "payment_p2007_05: declared with the primary key (payment_id), but the database has ()",
        NO_KEY,
    ),
    (
        "payment_p2007_06: declared with the primary key (payment_id), but the database has ()",
        NO_KEY,
    ),
];

const NO_KEY: &str = "a table doesn't inherit the primary key, and an object needs one";
#[test]
fn the_schema_is_what_is_declared() {
    let own = load::postgres("sakila_schema");
    let engine = Engine::new(own.url()).unwrap();
    Sakila::configure().unwrap();
    let strict = CompareOptions::new().extra_tables(true);
    let found = Sakila::metadata().differences_with(&engine, strict).unwrap();
    let found: Vec<String> = found.iter().map(ToString::to_string).collect();
    let expected: Vec<&str> = DIFFERENCES.iter().map(|it| it.0).collect();
    assert_eq!(found, expected, "{}", found.join("\n"));
}

/// What is read of the database makes the same tables in another one, if the domain is there.
#[test]
fn the_schema_is_copied() {
    let (own, copy) = (load::postgres("sakila_read"), Own::new(&POSTGRES, "sakila_copy"));
    let read = MetaData::reflect(&Engine::new(own.url()).unwrap()).unwrap();
    assert_eq!(read.tables().len(), 21);
    let engine = Engine::new(copy.url()).unwrap();
    execute(&engine, "CREATE DOMAIN year AS integer CHECK (VALUE BETWEEN 1901 AND 2155)");
    read.create_all(&engine).unwrap();
    let differences = read.differences(&engine).unwrap();
    assert!(differences.is_empty(), "{differences}");
    let found = Sakila::metadata().differences(&engine).unwrap();
    assert_eq!(found.len(), DIFFERENCES.len(), "{found}");
}

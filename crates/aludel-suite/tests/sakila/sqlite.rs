//! Sakila on SQLite: types by affinity, constraints with names, triggers that write behind each statement. There are
//! no data for it.

mod business;
mod models;
mod writing;

use aludel::{blocking::Engine, prelude::*, schema::CompareOptions};

use crate::load;
use models::Sakila;

/// What the database has in another way than it can be declared, and why. Not compared are triggers.
const DIFFERENCES: &[(&str, &str)] = &[
    (
        "rental: declared with the unique constraint (rental_date, inventory_id, customer_id), but the database has none such",
        AN_INDEX,
    ),
    (
        "rental: the database has the index idx_rental_uq unique (rental_date, inventory_id, customer_id), but it is not declared",
        AN_INDEX,
    ),
];

const AN_INDEX: &str =
    "a unique index is no constraint there, and a mapped struct can only declare that";

#[test]
fn the_schema_is_what_is_declared() {
    let own = load::sqlite();
    let engine = Engine::new(&own.url).unwrap();
    Sakila::configure().unwrap();
    let strict = CompareOptions::new().extra_tables(true);
    let found = Sakila::metadata().differences_with(&engine, strict).unwrap();
    let found: Vec<String> = found.iter().map(ToString::to_string).collect();
    let expected: Vec<&str> = DIFFERENCES.iter().map(|it| it.0).collect();
    assert_eq!(found, expected, "{}", found.join("\n"));
}

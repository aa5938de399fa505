//! `create_all` and `drop_all` on both engines.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use aludel_core::{
    schema::{Column, MetaData, Table},
    value::SqlType,
};

use super::*;
use crate::{Engine, blocking, blocking::block_on};

fn metadata() -> MetaData {
    let mut metadata = MetaData::new();
    let table = |name: &str| {
        Table::new(name).column(Column::new("id", SqlType::BigInt)).primary_key(["id"])
    };
    metadata.add(table("a")).unwrap();
    metadata.add(table("b")).unwrap();
    metadata
}

#[test]
fn in_one_transaction_on_both_faces() {
    let engine = blocking::Engine::new("sqlite::memory:").unwrap();
    engine.log().start();
    metadata().create_all(&engine).unwrap();
    metadata().create_all(&engine).unwrap();
    let log = engine.log().take();
    assert_eq!(log.len(), 8);
    assert_eq!((log[0].as_str(), log[3].as_str()), ("BEGIN IMMEDIATE", "COMMIT"));
    assert!(log[1].starts_with("CREATE TABLE IF NOT EXISTS a ("), "{}", log[1]);
    engine.connect().unwrap().query("SELECT id FROM b").unwrap();
    metadata().drop_all(&engine).unwrap();
    metadata().drop_all(&engine).unwrap();
    engine.connect().unwrap().query("SELECT id FROM b").unwrap_err();

    let engine = Engine::new("sqlite::memory:").unwrap();
    let metadata = metadata();
    let created = metadata.create_all(&engine);
    assert_eq!(engine.status().size, 0, "nothing happens before it is awaited");
    block_on(created).unwrap();
    block_on(metadata.drop_all(&engine)).unwrap();
}

#[test]
fn no_tables_is_a_mistake() {
    let engine = blocking::Engine::new("sqlite::memory:").unwrap();
    let error = MetaData::new().create_all(&engine).unwrap_err().to_string();
    assert!(error.contains("no tables"), "{error}");
    assert_eq!(engine.status().size, 0);
}

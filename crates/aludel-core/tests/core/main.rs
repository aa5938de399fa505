//! Core's rules, each pinned by the SQL that it leads to, on SQLite and on two dialects that differ
//! from it in every respect that the renderer knows.
#![allow(clippy::unwrap_used, reason = "a test may panic")]
#![allow(
    clippy::needless_borrows_for_generic_args,
    clippy::type_complexity,
    reason = "that borrowed values and whole row types can be written is what is tested"
)]

mod ddl;
#[cfg(feature = "rust_decimal")]
mod decimals;
mod dialects;
mod dml;
mod entities;
mod functions;
mod laws;
mod operators;
mod refusals;
mod rows;
mod select;
mod strings;
mod types;

use aludel_core::{
    compile::{Param, compile},
    dialect::{Dialect, Sqlite},
    expr::Statement,
};
use dialects::{Dollar, Tick};
use expect_test::Expect;

/// Compares what all dialects make of a statement, the parameters once.
#[track_caller]
fn check(statement: impl Into<Statement>, expected: Expect) {
    let statement = statement.into();
    let dialects: [&dyn Dialect; 3] = [&Sqlite, &Dollar, &Tick];
    let mut text = String::new();
    for dialect in dialects {
        let sql = match compile(&statement, dialect) {
            Ok(compiled) => compiled.sql.to_string(),
            Err(error) => format!("error: {error}"),
        };
        text.push_str(&format!("{:<7} {sql}\n", dialect.name()));
    }
    expected.assert_eq(&text);
}

/// The SQL for SQLite alone.
#[track_caller]
fn sqlite(statement: impl Into<Statement>) -> String {
    compile(&statement.into(), &Sqlite).unwrap().sql.to_string()
}

/// The parameters, as a person writes them.
#[track_caller]
fn params(statement: impl Into<Statement>) -> Vec<String> {
    let compiled = compile(&statement.into(), &Sqlite).unwrap();
    compiled
        .params
        .iter()
        .map(|it| match it {
            Param::Value(value) => value.to_string(),
            Param::Hole => "hole".into(),
        })
        .collect()
}

/// Why SQLite's dialect refuses a statement.
#[track_caller]
fn refusal(statement: impl Into<Statement>) -> String {
    compile(&statement.into(), &Sqlite).unwrap_err().to_string()
}

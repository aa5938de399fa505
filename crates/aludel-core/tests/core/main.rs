//! Core's rules, each pinned by the SQL that it leads to on each database.
#![allow(clippy::unwrap_used, reason = "a test may panic")]
#![allow(
    clippy::needless_borrows_for_generic_args,
    clippy::type_complexity,
    reason = "that borrowed values and whole row types can be written is what is tested"
)]

mod columns;
mod ddl;
#[cfg(feature = "rust_decimal")]
mod decimals;
mod derived;
mod dml;
mod entities;
mod features;
mod functions;
mod laws;
mod locks;
mod mermaid;
mod naming;
mod operators;
mod refusals;
mod rows;
mod script;
mod select;
mod strings;
mod svg;
mod types;
mod upserts;
mod values;

use aludel_core::{
    compile::{Param, compile},
    dialect::{Dialect, MariaDb, MySql, Postgres, Sqlite},
    expr::Statement,
};
use expect_test::Expect;

/// What each dialect says; MariaDB only where it differs from MySQL.
fn by_dialect(say: impl Fn(&dyn Dialect) -> String) -> Vec<(&'static str, String)> {
    let dialects: [&dyn Dialect; 4] = [&Sqlite, &Postgres, &MySql, &MariaDb];
    let mut said: Vec<_> = dialects.into_iter().map(|it| (it.name(), say(it))).collect();
    if said[3].1.replace("mariadb", "mysql") == said[2].1 {
        said.pop();
    }
    said
}

/// Compares what all dialects make of a statement.
#[track_caller]
fn check(statement: impl Into<Statement>, expected: Expect) {
    let statement = statement.into();
    let said = by_dialect(|dialect| match compile(&statement, dialect) {
        Ok(compiled) => compiled.sql.to_string(),
        Err(error) => format!("error: {error}"),
    });
    let lines = said.into_iter().map(|(name, sql)| format!("{name:<8} {sql}\n"));
    expected.assert_eq(&lines.collect::<String>());
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

//! [`Keys`]: what generated keys go on with after a failure.
//!
//! A failed flush uses up keys on servers, which take none back: as many as rows were tried before the failure.
//! Tables without a bearing on each other are flushed in any order, so that is nobody's promise; but all later
//! keys depend on it. So the keys of the tables that either of the two tried to insert into go on here with what
//! they go on with there.

use std::collections::BTreeMap;

use aludel::{Kind, blocking::Engine, text};
use serde_json::Value as Json;

/// The tables whose keys are generated.
const TABLES: [&str; 9] = [
    "users",
    "addresses",
    "profiles",
    "orders",
    "items",
    "keywords",
    "nodes",
    "documents",
    "sites",
];

/// What generated keys must go on with, by table.
#[derive(Debug, Default)]
pub struct Keys(BTreeMap<&'static str, i64>);

impl Keys {
    /// Notes what the original's answer to a line says, if that failed.
    pub fn note(&mut self, original: &Json, ours: &Json) {
        let Some(next) = original["next"].as_object() else { return };
        for table in TABLES {
            let key = format!("INSERT {table}");
            let tried = |it: &Json| it["stmts"].get(&key).is_some();
            if tried(original) || tried(ours) {
                self.0.insert(table, next.get(table).and_then(Json::as_i64).unwrap_or(1));
            }
        }
    }

    /// Lets the database go on so, as soon as it can: a table of MariaDB that a transaction uses must wait.
    ///
    /// # Errors
    /// The database refuses.
    pub fn settle(&mut self, engine: &Engine) -> aludel::Result<()> {
        if self.0.is_empty() {
            return Ok(());
        }
        let is_postgres = engine.dialect().name() == "postgres";
        let mut connection = engine.connect()?;
        let present = connection.fetch(text(self.present(is_postgres)).rows::<(String, i64)>())?;
        self.0.retain(|table, next| !present.iter().any(|it| it.0 == *table && it.1 == *next));
        for (table, next) in std::mem::take(&mut self.0) {
            let told = match is_postgres {
                true => {
                    let sql = format!("SELECT setval('{table}_id_seq', {next}, false)");
                    connection.query(sql).map(drop)
                }
                false => {
                    let sql = format!("ALTER TABLE {table} NOWAIT AUTO_INCREMENT = {next}");
                    connection.execute(sql).map(drop)
                }
            };
            match told {
                Err(error) if error.kind() == Some(Kind::LockTimeout) => {
                    self.0.insert(table, next);
                    connection.rollback()?;
                }
                told => told?,
            }
        }
        Ok(connection.commit()?)
    }

    /// A query for what keys go on with right now.
    fn present(&self, is_postgres: bool) -> String {
        let of = |table: &&str| {
            format!("SELECT '{table}', last_value + CAST(is_called AS INTEGER) FROM {table}_id_seq")
        };
        match is_postgres {
            true => self.0.keys().map(of).collect::<Vec<_>>().join(" UNION ALL "),
            false => "SELECT table_name, CAST(auto_increment AS SIGNED) \
                      FROM information_schema.tables \
                      WHERE table_schema = DATABASE() AND auto_increment IS NOT NULL"
                .to_owned(),
        }
    }
}

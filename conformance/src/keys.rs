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

/// The table of a class whose keys are generated.
fn table(class: &str) -> Option<&'static str> {
    let plural = match class {
        "Address" => "addresses".to_owned(),
        class => format!("{}s", class.to_lowercase()),
    };
    TABLES.into_iter().find(|it| *it == plural)
}

/// Objects of flushes that failed there behind their INSERT: they go on with the key that they got.
#[derive(Debug, Default)]
pub struct Used {
    /// The classes of labels.
    classes: BTreeMap<String, String>,
    /// What keys went on with behind the failure, by label.
    next: BTreeMap<String, i64>,
}

impl Used {
    /// Notes what a line binds, and what the original's answer says if it failed.
    pub fn note(&mut self, op: &Json, original: &Json) {
        let class = op["obj"].as_str().and_then(|it| self.classes.get(it).map(String::as_str));
        if let (Some(label), Some(class)) = (op["as"].as_str(), op["cls"].as_str().or(class)) {
            self.classes.insert(label.to_owned(), class.to_owned());
        }
        let Some(next) = original["next"].as_object() else { return };
        for (label, class) in &self.classes {
            let next = table(class).and_then(|it| Some((it, next.get(it)?.as_i64()?)));
            let Some((table, next)) = next else { continue };
            if original["stmts"].get(format!("INSERT {table}")).is_some() {
                self.next.insert(label.clone(), next);
            }
        }
    }

    /// Whether the states differ by nothing but keys, and by such a one for a start: from before the failure
    /// there, from behind it here.
    pub fn is_met(&self, original: &Json, ours: &Json) -> bool {
        let states = original["states"].as_object().into_iter().flatten();
        let mut differ = states
            .map(|(label, state)| (label, state, &ours["states"][label]))
            .filter(|it| it.1 != it.2);
        let only_keys = differ.clone().all(|(_, theirs, own)| {
            [theirs, own].iter().all(|it| it[0] == "persistent" && it[1][0].is_i64())
        });
        let is_used = |(label, theirs, own): (&String, &Json, &Json)| {
            let next = self.next.get(label).copied().unwrap_or_default();
            theirs[1][0].as_i64().is_some_and(|it| it < next)
                && own[1][0].as_i64().is_some_and(|it| it >= next)
        };
        only_keys && original["rows"] == ours["rows"] && differ.any(is_used)
    }
}

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

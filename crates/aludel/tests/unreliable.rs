//! A database that doesn't say how many rows a statement met.
#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

#[path = "support/warned.rs"]
mod warned;

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use aludel::{
    EngineOptions,
    blocking::{Engine, Session},
    dialect::{Capability, Dialect, Dml, RowCounts, Sqlite},
    driver::{ConnectOptions, Connecting, Driver, Url, sqlite::SqliteDriver},
    prelude::*,
    value::SqlType,
};
use warned::Warnings;

/// SQLite, as one that can't count.
#[derive(Debug)]
struct Uncounted;

impl Dialect for Uncounted {
    fn name(&self) -> &'static str {
        "uncounted"
    }

    fn capability(&self) -> &'static Capability {
        static CAPABILITY: std::sync::OnceLock<Capability> = std::sync::OnceLock::new();
        CAPABILITY.get_or_init(|| {
            let sqlite = *Sqlite.capability();
            let dml = Dml { row_counts: RowCounts::Unreliable, ..sqlite.dml };
            Capability { dml, ..sqlite }
        })
    }

    fn type_name(&self, sql: &mut String, ty: SqlType) {
        Sqlite.type_name(sql, ty);
    }
}

#[derive(Debug)]
struct UncountedDriver;

impl Driver for UncountedDriver {
    fn dialect(&self) -> &'static dyn Dialect {
        &Uncounted
    }

    fn connect(&self, url: &Url, options: &ConnectOptions) -> Connecting {
        SqliteDriver.connect(url, options)
    }

    fn max_connections(&self, url: &Url) -> Option<usize> {
        SqliteDriver.max_connections(url)
    }
}

#[derive(Mapped)]
#[table("letter")]
struct Letter {
    #[column(primary_key)]
    id: Auto<i64>,
    text: String,
    #[column(version)]
    version: i64,
}

#[derive(Mapped)]
#[table("plain_letter")]
struct PlainLetter {
    #[column(primary_key)]
    id: Auto<i64>,
    text: String,
}

// VER-11
#[test]
fn versions_are_counted_and_not_checked() {
    let warnings = Arc::new(AtomicUsize::new(0));
    let _told = tracing::subscriber::set_default(Warnings(Arc::clone(&warnings)));
    let options = EngineOptions::default();
    let driver = Arc::new(UncountedDriver);
    let engine = Engine::with_driver("sqlite::memory:", driver, options).unwrap();
    MetaData::of((Letter, PlainLetter)).create_all(&engine).unwrap();
    let mut session = Session::new(&engine);
    let letter = session.add(Letter::builder().text("a"));
    let plain = session.add(PlainLetter::builder().text("a"));
    session.commit().unwrap();
    // What has no version is nobody's concern.
    plain.borrow_mut().text.push('!');
    session.commit().unwrap();
    assert_eq!(warnings.load(Ordering::Relaxed), 0);
    session.execute(text("UPDATE letter SET version = 9")).unwrap();
    letter.borrow_mut().text.push('!');
    session.commit().unwrap();
    assert_eq!(warnings.load(Ordering::Relaxed), 1);
    assert_eq!(letter.borrow().version, 2);
    // Once is enough.
    session.delete(&letter).unwrap();
    session.commit().unwrap();
    assert_eq!(warnings.load(Ordering::Relaxed), 1);
}

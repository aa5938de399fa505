//! Artists with their albums, tracks, genres and playlists by every mixture of strategies: the same each time, and
//! never by more statements than SQLAlchemy's.
#![allow(clippy::unwrap_used, missing_docs, unreachable_pub, reason = "a test fails by panicking")]

#[path = "../chinook/csv_file.rs"]
mod csv_file;
#[path = "../chinook/data.rs"]
#[allow(dead_code, reason = "other programs use the rest")]
mod data;
#[path = "support/databases.rs"]
mod databases;
#[path = "../chinook/loading.rs"]
mod loading;
#[path = "../chinook/models.rs"]
#[allow(dead_code, reason = "other programs use the rest")]
mod models;

use std::fmt::Write;

use aludel::{
    blocking::{Engine, Session},
    prelude::*,
};
use expect_test::expect_file;

use data::DataSet;
use databases::databases;
use loading::{Mixture, SHOWN, Strategy, load};

pub type Error = Box<dyn std::error::Error>;
pub type Result<T> = std::result::Result<T, Error>;

fn store(url: &str) -> Engine {
    let engine = Engine::new(url).unwrap();
    Base::metadata().create_all(&engine).unwrap();
    let mut session = Session::new(&engine);
    DataSet::read().unwrap().add_to(&mut session, &mut || ()).unwrap();
    session.commit().unwrap();
    engine
}

/// Every mixture: 256.
fn mixtures() -> impl Iterator<Item = Mixture> {
    let all = [Strategy::Lazy, Strategy::Selectin, Strategy::Joined, Strategy::Subquery];
    (0..256).map(move |it| [all[it / 64], all[it / 16 % 4], all[it / 4 % 4], all[it % 4]])
}

fn name(mixture: Mixture) -> String {
    mixture.map(|it| it.to_string()).join(" ")
}

/// How many SELECTs SQLAlchemy sends: `python conformance/loading.py 40`.
const SQLALCHEMY: &str = include_str!("loading.sqlalchemy.txt");

// The artists up to 40: 58 albums with 616 tracks, so that lists of keys are cut.
#[test]
fn every_mixture_gives_the_same() {
    for database in databases("loading") {
        let engine = store(&database.url);
        let mut first = None;
        let mut counts = String::new();
        for (mixture, theirs) in mixtures().zip(SQLALCHEMY.lines()) {
            let loaded = load(&engine, 40, mixture).unwrap();
            let name = name(mixture);
            let graph = first.get_or_insert_with(|| loaded.graph.clone());
            assert!(*graph == loaded.graph, "{}: {name}: another graph", database.name);
            writeln!(counts, "{name} {}", loaded.statements).unwrap();
            let theirs: usize = theirs.strip_prefix(&name).unwrap().trim().parse().unwrap();
            assert!(loaded.statements <= theirs, "{name}: {} > {theirs}", loaded.statements);
        }
        expect_file!["loading.txt"].assert_eq(&counts);
    }
}

// The table in the book is what the program prints of the whole store.
#[test]
fn the_book_tells_the_truth() {
    let engine = store("sqlite::memory:");
    let mut table = String::new();
    for mixture in SHOWN {
        let loaded = load(&engine, i64::MAX, mixture).unwrap();
        let names = mixture.map(|it| it.to_string()).join(" | ");
        writeln!(table, "| {names} | {} | {} |", loaded.statements, loaded.rows).unwrap();
    }
    let book = include_str!("../../book/src/loading.md");
    for line in table.lines() {
        assert!(book.contains(line.trim_end_matches(" |")), "the book lacks a line of\n{table}");
    }
}

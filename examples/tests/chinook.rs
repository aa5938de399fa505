//! The example's store, held to what the example only prints: every row arrives, in an order that
//! the database accepts, with few statements.
#![allow(clippy::unwrap_used, missing_docs, unreachable_pub, reason = "a test fails by panicking")]

#[path = "../chinook/csv_file.rs"]
mod csv_file;
#[path = "../chinook/data.rs"]
mod data;
#[path = "support/databases.rs"]
mod databases;
#[path = "../chinook/models.rs"]
mod models;

use std::{
    collections::BTreeSet,
    env::{consts::EXE_SUFFIX, current_exe},
    process::Command,
};

use aludel::{
    blocking::{Engine, Session},
    prelude::*,
};

use data::DataSet;
use databases::databases;
use models::{Album, Artist, Customer, Employee, Invoice, InvoiceLine};

pub type Error = Box<dyn std::error::Error>;
pub type Result<T> = std::result::Result<T, Error>;

/// An engine with the whole store, and what was sent to save it.
fn store() -> (Engine, Vec<String>) {
    let engine = Engine::new("sqlite::memory:").unwrap();
    Base::metadata().create_all(&engine).unwrap();
    assert_schema!(Base, engine);
    let mut session = Session::new(&engine);
    DataSet::read().unwrap().add_to(&mut session, &mut || ()).unwrap();
    engine.log().start();
    session.commit().unwrap();
    let sent = engine.log().take();
    engine.log().stop();
    (engine, sent)
}

fn rows(session: &mut Session, sql: &'static str) -> i64 {
    let (rows,): (i64,) = session.execute(text(sql).rows()).one().unwrap();
    rows
}

#[test]
fn the_data_set_is_whole() {
    let mut seen = 0;
    let data = DataSet::read().unwrap();
    let engine = Engine::new("sqlite::memory:").unwrap();
    data.add_to(&mut Session::new(&engine), &mut || seen += 1).unwrap();
    assert_eq!(data.len(), 15_607);
    assert_eq!(seen, 15_607);
}

#[test]
fn one_commit_writes_every_row_with_few_statements() {
    let (engine, sent) = store();
    // Rows behind ` -- ` are how often the statement ran.
    let distinct: BTreeSet<&str> = sent.iter().map(|it| it.split(" -- ").next().unwrap()).collect();
    assert!(distinct.len() <= 15, "{distinct:#?}");

    let mut session = Session::new(&engine);
    for (table, count) in [
        ("SELECT count(*) FROM artist", 275),
        ("SELECT count(*) FROM album", 347),
        ("SELECT count(*) FROM genre", 25),
        ("SELECT count(*) FROM media_type", 5),
        ("SELECT count(*) FROM track", 3_503),
        ("SELECT count(*) FROM playlist", 18),
        ("SELECT count(*) FROM playlist_track", 8_715),
        ("SELECT count(*) FROM employee", 8),
        ("SELECT count(*) FROM customer", 59),
        ("SELECT count(*) FROM invoice", 412),
        ("SELECT count(*) FROM invoice_line", 2_240),
    ] {
        assert_eq!(rows(&mut session, table), count, "{table}");
    }
    assert_eq!(rows(&mut session, "SELECT count(*) FROM pragma_foreign_key_check"), 0);
}

#[test]
fn employees_are_written_after_whom_they_report_to() {
    let (engine, _) = store();
    let mut session = Session::new(&engine);
    let employees: Vec<Obj<Employee>> = session.scalars(select(Employee)).all().unwrap();
    assert_eq!(employees.iter().filter(|it| it.borrow().reports_to_id.is_none()).count(), 1);
    for employee in &employees {
        let it = employee.borrow();
        assert!(it.reports_to_id.is_none_or(|boss| it.id.get().is_some_and(|id| boss < *id)));
    }
}

#[test]
fn relationships_survive_the_round_trip() {
    let (engine, _) = store();
    let mut session = Session::new(&engine);
    let idle = select(Artist).filter(!Artist.albums.any(Album.id.is_not_null()));
    assert_eq!(session.scalars(idle).all().unwrap().len(), 71);

    let customer = session.get_one(Customer, 2).unwrap();
    let invoices = customer.invoices().load(&mut session).unwrap();
    assert_eq!(invoices.len(), 7);
    let lines: usize = invoices.iter().map(|it| it.lines().load(&mut session).unwrap().len()).sum();
    let by_hand = "SELECT count(*) FROM invoice_line JOIN invoice ON invoice.id = invoice_id WHERE customer_id = 2";
    assert_eq!(lines as i64, rows(&mut session, by_hand));
}

#[test]
fn a_deleted_customer_takes_invoices_and_lines_along() {
    let (engine, _) = store();
    let mut session = Session::new(&engine);
    let customer = session.get_one(Customer, 59).unwrap();
    session.delete(&customer).unwrap();
    session.commit().unwrap();
    for left in [
        "SELECT count(*) FROM customer WHERE id = 59",
        "SELECT count(*) FROM invoice WHERE customer_id = 59",
        "SELECT count(*) FROM invoice_line WHERE invoice_id NOT IN (SELECT id FROM invoice)",
    ] {
        assert_eq!(rows(&mut session, left), 0, "{left}");
    }
    let invoices: i64 = session.scalars(select(func::count(Invoice.id))).one().unwrap();
    let lines: i64 = session.scalars(select(func::count(InvoiceLine.id))).one().unwrap();
    assert_eq!((invoices, lines), (406, 2_204));
}

/// What the example prints on a database, without what may differ: URLs, times, parameters.
fn printed(url: &str) -> String {
    // Cargo builds the examples before it runs the tests, next to the folder of this one.
    let folder = current_exe().unwrap().parent().unwrap().with_file_name("examples");
    let program = folder.join(format!("chinook{EXE_SUFFIX}"));
    let output = Command::new(&program).args(["--url", url]).output();
    let output = output.unwrap_or_else(|it| {
        panic!("{}: {it}; `cargo build --example chinook` makes it", program.display())
    });
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{url}: {errors}");
    let text = String::from_utf8(output.stdout).unwrap().replace(url, "URL");
    text.lines().map(|it| format!("{}\n", without_parameters(&without_time(it)))).collect()
}

fn without_time(line: &str) -> String {
    match line.rsplit_once(", ") {
        Some((rest, time)) if time.ends_with(" ms") => format!("{rest}, TIME"),
        _ => line.to_owned(),
    }
}

/// `$1` as `?`.
fn without_parameters(line: &str) -> String {
    let mut parts = line.split('$');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, it| text + "?" + it.trim_start_matches(|it: char| it.is_ascii_digit()))
}

#[test]
fn it_prints_the_same_on_every_database() {
    let mut databases = databases("chinook").into_iter();
    let first = databases.next().unwrap();
    let expected = printed(&first.url);
    for part in ["11 tables in URL", "one commit, TIME", "SET name = ? WHERE id = ?", "to the cent"]
    {
        assert!(expected.contains(part), "{part}: {expected}");
    }
    for database in databases {
        let text = printed(&database.url);
        for (number, (here, there)) in text.lines().zip(expected.lines()).enumerate() {
            let line = number + 1;
            assert_eq!(here, there, "line {line} on {} and on {}", database.name, first.name);
        }
        assert_eq!(text.lines().count(), expected.lines().count(), "on {}", database.name);
    }
}

/// The picture in the README is that of the models.
#[test]
fn the_picture_is_up_to_date() {
    let readme = include_str!("../../README.md");
    let picture = Base::metadata().to_mermaid();
    assert!(readme.contains(&picture), "the README's picture should be:\n{picture}");
}

/// So is the one beside the book: `UPDATE_EXPECT=1` draws it anew.
#[test]
fn the_drawing_is_up_to_date() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../book/src/chinook.svg");
    let drawing = Base::metadata().to_svg();
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(file, &drawing).unwrap();
    }
    let kept = std::fs::read_to_string(file).unwrap();
    assert!(
        kept == drawing,
        "{file} is another drawing; `UPDATE_EXPECT=1 cargo test the_drawing` makes it anew"
    );
}

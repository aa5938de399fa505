//! The example's whole store, 15,607 rows of eleven tables in one flush, against a program that
//! inserts the same rows by hand and reads their keys back. In a file, as the example has it.

mod raw;

use aludel::blocking::Session;
use rusqlite::Connection;

use super::Row;
use crate::{
    fixture,
    harness::{Options, Result, duel, time},
    report::Verdict,
    store::data::DataSet,
};

pub(super) const ROW: Row = Row {
    name: "chinook",
    about: "flush the Chinook store, 15,607 rows in dependency order",
    run,
    probe: None,
};

const LAST_LINE: i64 = 2_240;

fn run(options: Options) -> Result<Vec<Verdict>> {
    let data = DataSet::read()?;
    let rows = data.len();
    let flush = duel(
        options,
        || {
            let folder = tempfile::tempdir()?;
            let (_, raw) = fixture::files(folder.path())?;
            let mut store = raw::Store::read(&data)?;
            let (time, ()) = time(|| store.insert(&raw))?;
            check(&raw, &store)?;
            Ok(time)
        },
        || {
            let folder = tempfile::tempdir()?;
            let (engine, _) = fixture::files(folder.path())?;
            let mut session = Session::new(&engine);
            data.add_to(&mut session, &mut || ())?;
            let (time, ()) = time(|| Ok(session.commit()?))?;
            Ok(time)
        },
    )?;
    let whole = duel(
        options,
        || {
            let folder = tempfile::tempdir()?;
            let (_, raw) = fixture::files(folder.path())?;
            let (time, store) = time(|| {
                let mut store = raw::Store::read(&data)?;
                store.insert(&raw)?;
                Ok(store)
            })?;
            check(&raw, &store)?;
            Ok(time)
        },
        || {
            let folder = tempfile::tempdir()?;
            let (engine, _) = fixture::files(folder.path())?;
            let (time, session) = time(|| {
                let mut session = Session::new(&engine);
                data.add_to(&mut session, &mut || ())?;
                session.commit()?;
                Ok(session)
            })?;
            drop(session);
            Ok(time)
        },
    )?;
    Ok(vec![
        flush.verdict("flush the Chinook store", rows, 1.5),
        whole.beside("the same with making the objects", rows),
    ])
}

/// Whether the raw side did the whole work.
fn check(raw: &Connection, store: &raw::Store) -> Result<()> {
    let lines: i64 = raw.query_row("SELECT count(*) FROM invoice_line", [], |row| row.get(0))?;
    match lines == LAST_LINE && store.last_key() == LAST_LINE {
        true => Ok(()),
        false => Err("the raw side left something out".into()),
    }
}

//! Loading 100,000 rows and dropping them: what an object costs beside a plain struct.

use aludel::{blocking::Session, prelude::*};
use rusqlite::Connection;

use super::Row;
use crate::{
    fixture::{self, ITEMS, PlainItem},
    harness::{Options, Result, duel, time},
    models::Item,
    report::Verdict,
};

pub(super) const ROW: Row = Row {
    name: "load100k",
    about: "load 100,000 rows as objects, and drop them",
    run,
    probe: None,
};

fn run(options: Options) -> Result<Vec<Verdict>> {
    let (engine, raw) = fixture::items()?;
    let duel = duel(
        options,
        || {
            let (time, ()) = time(|| {
                drop(plain(&raw)?);
                Ok(())
            })?;
            Ok(time)
        },
        || {
            let (time, ()) = time(|| {
                let mut session = Session::new(&engine);
                let items: Vec<Obj<Item>> = session.scalars(select(Item)).all()?;
                checked(items.len())
            })?;
            Ok(time)
        },
    )?;
    Ok(vec![duel.verdict("load 100,000 rows and drop them", ITEMS as usize, 1.2)])
}

fn plain(raw: &Connection) -> Result<Vec<PlainItem>> {
    let transaction = raw.unchecked_transaction()?;
    let items = {
        let mut statement = raw.prepare_cached("SELECT id, name, note FROM item")?;
        let rows = statement.query_map([], |row| {
            Ok(PlainItem { id: row.get(0)?, name: row.get(1)?, note: row.get(2)? })
        })?;
        rows.collect::<rusqlite::Result<Vec<_>>>()?
    };
    transaction.commit()?;
    checked(items.len())?;
    Ok(items)
}

fn checked(rows: usize) -> Result<()> {
    match rows == ITEMS as usize {
        true => Ok(()),
        false => Err(format!("loaded {rows} rows").into()),
    }
}

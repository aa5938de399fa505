//! Writing 100,000 new objects whose keys the database assigns.

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
    name: "insert100k",
    about: "flush 100,000 new objects, keys assigned by the database",
    run,
    probe: None,
};

fn run(options: Options) -> Result<Vec<Verdict>> {
    let (engine, raw) = fixture::databases()?;
    let flush = duel(
        options,
        || {
            raw.execute_batch("DELETE FROM item")?;
            let mut items: Vec<PlainItem> = (0..ITEMS).map(plain).collect();
            let (time, ()) = time(|| insert(&raw, &mut items))?;
            Ok(time)
        },
        || {
            fixture::execute(&engine, "DELETE FROM item")?;
            let mut session = Session::new(&engine);
            let items: Vec<Obj<Item>> =
                (0..ITEMS).map(|number| session.add(object(number))).collect();
            let (time, ()) = time(|| Ok(session.commit()?))?;
            assigned(&items)?;
            Ok(time)
        },
    )?;
    let whole = duel(
        options,
        || {
            raw.execute_batch("DELETE FROM item")?;
            let (time, ()) = time(|| {
                let mut items: Vec<PlainItem> = (0..ITEMS).map(plain).collect();
                insert(&raw, &mut items)
            })?;
            Ok(time)
        },
        || {
            fixture::execute(&engine, "DELETE FROM item")?;
            let (time, ()) = time(|| {
                let mut session = Session::new(&engine);
                let items: Vec<Obj<Item>> =
                    (0..ITEMS).map(|number| session.add(object(number))).collect();
                session.commit()?;
                assigned(&items)
            })?;
            Ok(time)
        },
    )?;
    Ok(vec![
        flush.verdict("flush 100,000 new objects", ITEMS as usize, 1.25),
        whole.beside("the same with making and dropping them", ITEMS as usize),
    ])
}

fn plain(number: i64) -> PlainItem {
    PlainItem { id: 0, name: format!("name of item {number}"), note: note(number) }
}

fn object(number: i64) -> Item {
    Item { id: Auto::default(), name: format!("name of item {number}"), note: note(number) }
}

fn note(number: i64) -> Option<String> {
    (number % 3 != 0).then(|| format!("note on item {number}"))
}

fn insert(raw: &Connection, items: &mut [PlainItem]) -> Result<()> {
    let transaction = raw.unchecked_transaction()?;
    {
        let mut statement = raw.prepare_cached("INSERT INTO item (name, note) VALUES (?1, ?2)")?;
        for item in items {
            statement.execute((&item.name, &item.note))?;
            item.id = raw.last_insert_rowid();
        }
    }
    Ok(transaction.commit()?)
}

fn assigned(items: &[Obj<Item>]) -> Result<()> {
    let last = items.last().ok_or("no items")?;
    match last.borrow().id.get() {
        Some(_) => Ok(()),
        None => Err("the last object has no key".into()),
    }
}

//! Writing 10,000 objects of which one column has changed.

use std::cell::Cell;

use aludel::{blocking::Session, prelude::*};
use rusqlite::Connection;

use super::Row;
use crate::{
    fixture,
    harness::{Options, Result, duel, time},
    models::Item,
    report::Verdict,
};

pub(super) const ROW: Row = Row {
    name: "update10k",
    about: "flush 10,000 objects with one changed column",
    run,
    probe: None,
};

const CHANGED: i64 = 10_000;

fn run(options: Options) -> Result<Vec<Verdict>> {
    let (engine, raw) = fixture::items()?;
    let round = Cell::new(0);
    let name = |id: i64| {
        round.set(round.get() + 1);
        format!("name {} of item {id}", round.get())
    };
    let mut session = Session::new(&engine);
    let items: Vec<Obj<Item>> = session.scalars(select(Item).filter(Item.id.le(CHANGED))).all()?;

    let flush = duel(
        options,
        || {
            let names: Vec<(i64, String)> = (1..=CHANGED).map(|id| (id, name(id))).collect();
            let (time, ()) = time(|| update(&raw, &names))?;
            Ok(time)
        },
        || {
            for item in &items {
                item.borrow_mut().name = name(0);
            }
            let (time, ()) = time(|| Ok(session.commit()?))?;
            Ok(time)
        },
    )?;
    let whole = duel(
        options,
        || {
            let (time, ()) = time(|| {
                let names: Vec<(i64, String)> = (1..=CHANGED).map(|id| (id, name(id))).collect();
                update(&raw, &names)
            })?;
            Ok(time)
        },
        || {
            let (time, ()) = time(|| {
                for item in &items {
                    item.borrow_mut().name = name(0);
                }
                Ok(session.commit()?)
            })?;
            Ok(time)
        },
    )?;
    Ok(vec![
        flush.verdict("flush 10,000 with one changed column", CHANGED as usize, 1.25),
        whole.beside("the same with changing them", CHANGED as usize),
    ])
}

fn update(raw: &Connection, names: &[(i64, String)]) -> Result<()> {
    let transaction = raw.unchecked_transaction()?;
    {
        let mut statement = raw.prepare_cached("UPDATE item SET name = ?1 WHERE id = ?2")?;
        for (id, name) in names {
            if statement.execute((name, id))? != 1 {
                return Err("no such row".into());
            }
        }
    }
    Ok(transaction.commit()?)
}

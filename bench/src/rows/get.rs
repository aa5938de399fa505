//! Finding one object by its primary key: in the database, and in the identity map.

use std::hint::black_box;

use aludel::{blocking::Session, prelude::*};

use super::Row;
use crate::{
    fixture::{self, ITEMS, PlainItem},
    harness::{Options, Result, alone, duel, shuffled, time},
    models::Item,
    report::Verdict,
};

pub(super) const ROW: Row = Row {
    name: "get",
    about: "get by primary key, cold and in the identity map",
    run,
    probe: None,
};

/// Objects that a round asks for.
const GETS: usize = 10_000;

fn run(options: Options) -> Result<Vec<Verdict>> {
    let (engine, raw) = fixture::items()?;
    let keys: Vec<i64> = shuffled(ITEMS).into_iter().take(GETS).collect();

    let cold = duel(
        options,
        || {
            let (time, ()) = time(|| {
                let transaction = raw.unchecked_transaction()?;
                for key in &keys {
                    let mut statement =
                        raw.prepare_cached("SELECT id, name, note FROM item WHERE id = ?1")?;
                    let item = statement.query_row([key], |row| {
                        Ok(PlainItem { id: row.get(0)?, name: row.get(1)?, note: row.get(2)? })
                    })?;
                    if black_box(&item).id != *key {
                        return Err("another row".into());
                    }
                }
                Ok(transaction.commit()?)
            })?;
            Ok(time)
        },
        || {
            let (time, ()) = time(|| {
                let mut session = Session::new(&engine);
                for &key in &keys {
                    let item = session.get(Item, key)?.ok_or("no such row")?;
                    black_box(&item);
                }
                Ok(session.commit()?)
            })?;
            Ok(time)
        },
    )?;

    let mut session = Session::new(&engine);
    let held: Vec<Obj<Item>> = session.scalars(select(Item)).all()?;
    let anywhere = alone(options, GETS, || {
        let (time, ()) = time(|| {
            for &key in &keys {
                black_box(session.get(Item, key)?.ok_or("not in the map")?);
            }
            Ok(())
        })?;
        Ok(time)
    })?;
    let same = alone(options, GETS, || {
        let (time, ()) = time(|| {
            for _ in 0..GETS {
                black_box(session.get(Item, keys[0])?.ok_or("not in the map")?);
            }
            Ok(())
        })?;
        Ok(time)
    })?;
    let detail = format!("always the same key: {same:.1} ns");
    drop(held);
    Ok(vec![
        cold.verdict("get by primary key, cold", GETS, 1.25),
        Verdict::nanoseconds("get in the identity map, any of 100,000", anywhere, 50.0, detail),
    ])
}

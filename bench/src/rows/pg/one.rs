//! One row by its key.

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use aludel::prelude::*;
use futures_util::future::try_join;

use super::{checked, numbers, plain, sides, told};
use crate::{
    harness::{Options, Result, duel, shuffled},
    models::Item,
    report::Verdict,
    rows::Row,
    server::Place,
};

pub(in crate::rows) const ROW: Row = Row {
    name: "pg-one",
    about: "PostgreSQL: one row by its key, through Core and through sessions",
    run,
    probe: Some(measure),
};

const ITEMS: usize = 100_000;
/// Queries in a round.
const QUERIES: usize = 1_000;

const BY_KEY: &str = "SELECT id, name, note FROM item WHERE id = $1";

fn run(options: Options) -> Result<Vec<Verdict>> {
    let [sql, core, get, fresh, bare] = sides(ROW.name, options, QUERIES)?;
    Ok(vec![
        sql.verdict("one-row query through Core, of SQL, in a transaction", 1.05),
        core.verdict("the same of a statement that is made each time", f64::INFINITY),
        get.verdict("get of a session, in its transaction", 1.05),
        fresh.verdict("get of a fresh session; raw: BEGIN along, ROLLBACK", f64::INFINITY),
        bare.verdict("the same; raw: without a transaction", f64::INFINITY),
    ])
}

fn measure(arguments: &[String]) -> Result<Vec<f64>> {
    let (options, queries) = told(arguments)?;
    let place = Place::new()?;
    place.fill(ITEMS)?;
    place.pin()?;
    let keys: Vec<i64> = shuffled(ITEMS as i64).into_iter().take(queries).collect();
    let sql = duel(options, || raw(&place, &keys), || sql(&place, &keys))?;
    let core = duel(options, || raw(&place, &keys), || core(&place, &keys))?;
    let get = duel(options, || raw(&place, &keys), || get(&place, &keys))?;
    let apart = duel(options, || raw_apart(&place, &keys), || fresh(&place, &keys))?;
    let bare = duel(options, || raw_bare(&place, &keys), || fresh(&place, &keys))?;
    Ok([sql, core, get, apart, bare].iter().flat_map(|it| numbers(it, queries)).collect())
}

/// All in one transaction.
fn raw(place: &Place, keys: &[i64]) -> Result<Duration> {
    place.runtime.block_on(async {
        let statement = place.raw.prepare(BY_KEY).await?;
        place.raw.batch_execute("BEGIN").await?;
        let start = Instant::now();
        for key in keys {
            let item = plain(&place.raw.query_one(&statement, &[key]).await?)?;
            checked(black_box(&item).id as usize, *key as usize)?;
        }
        let time = start.elapsed();
        place.raw.batch_execute("COMMIT").await?;
        Ok(time)
    })
}

/// Each in a transaction of its own, which BEGIN opens along with the query, and nobody waits for the end of.
fn raw_apart(place: &Place, keys: &[i64]) -> Result<Duration> {
    place.runtime.block_on(async {
        let statement = place.raw.prepare(BY_KEY).await?;
        let start = Instant::now();
        for key in keys {
            let query = async { place.raw.query_one(&statement, &[key]).await };
            let ((), row) = try_join(place.raw.batch_execute("BEGIN"), query).await?;
            let mut end = Box::pin(place.raw.batch_execute("ROLLBACK"));
            // The first poll sends it.
            drop(futures_util::poll!(&mut end));
            let item = plain(&row)?;
            checked(black_box(&item).id as usize, *key as usize)?;
        }
        Ok(start.elapsed())
    })
}

fn raw_bare(place: &Place, keys: &[i64]) -> Result<Duration> {
    place.runtime.block_on(async {
        let statement = place.raw.prepare(BY_KEY).await?;
        let start = Instant::now();
        for key in keys {
            let item = plain(&place.raw.query_one(&statement, &[key]).await?)?;
            checked(black_box(&item).id as usize, *key as usize)?;
        }
        Ok(start.elapsed())
    })
}

fn sql(place: &Place, keys: &[i64]) -> Result<Duration> {
    const BY_KEY: &str = "SELECT id, name, note FROM item WHERE id = :id";
    place.runtime.block_on(async {
        let mut connection = place.engine.connect().await?;
        connection.execute("SELECT 1").await?;
        let start = Instant::now();
        for key in keys {
            let query = text(BY_KEY).bind("id", *key).rows::<(i64, String, Option<String>)>();
            let rows = connection.fetch(query).await?;
            let (id, ..) = black_box(rows.first().ok_or("no such row")?);
            checked(*id as usize, *key as usize)?;
        }
        let time = start.elapsed();
        connection.rollback().await?;
        Ok(time)
    })
}

fn core(place: &Place, keys: &[i64]) -> Result<Duration> {
    place.runtime.block_on(async {
        let mut connection = place.engine.connect().await?;
        connection.execute("SELECT 1").await?;
        let start = Instant::now();
        for key in keys {
            let query = select((Item.id, Item.name, Item.note)).filter(Item.id.eq(*key));
            let rows = connection.fetch(query).await?;
            let (id, ..) = black_box(rows.first().ok_or("no such row")?);
            checked(*id as usize, *key as usize)?;
        }
        let time = start.elapsed();
        connection.rollback().await?;
        Ok(time)
    })
}

fn get(place: &Place, keys: &[i64]) -> Result<Duration> {
    place.runtime.block_on(async {
        let mut session = Session::new(&place.engine);
        session.get(Item, ITEMS as i64 + 1).await?;
        let start = Instant::now();
        for &key in keys {
            black_box(session.get(Item, key).await?.ok_or("no such row")?);
        }
        let time = start.elapsed();
        session.rollback().await?;
        Ok(time)
    })
}

fn fresh(place: &Place, keys: &[i64]) -> Result<Duration> {
    place.runtime.block_on(async {
        let start = Instant::now();
        for &key in keys {
            let mut session = Session::new(&place.engine);
            black_box(session.get(Item, key).await?.ok_or("no such row")?);
        }
        Ok(start.elapsed())
    })
}

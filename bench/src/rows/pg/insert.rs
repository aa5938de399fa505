//! New objects whose keys the database assigns.

use std::time::Duration;

use aludel::prelude::*;
use futures_util::future::{join_all, try_join3};

use super::{checked, numbers, sides, told};
use crate::{
    fixture::PlainItem,
    harness::{Options, Result, duel, time},
    models::Item,
    report::Verdict,
    rows::Row,
    server::Place,
};

pub(in crate::rows) const ROW: Row = Row {
    name: "pg-insert",
    about: "PostgreSQL: flush 10,000 new objects with generated keys (with --long 100,000)",
    run,
    probe: Some(measure),
};

/// Rows of one statement by hand.
const CHUNK: usize = 5_000;

const INSERT: &str = "INSERT INTO item (name, note) \
    SELECT u.name, u.note FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS u(name, note, o) \
    ORDER BY u.o RETURNING id";

fn run(options: Options) -> Result<Vec<Verdict>> {
    let rows = if options.long { 100_000 } else { 10_000 };
    let [flush, whole] = sides(ROW.name, options, rows)?;
    let microseconds =
        Verdict::microseconds("flush new objects, each", flush.ours, 2.0, flush.describe());
    Ok(vec![
        microseconds,
        flush.verdict("the same, to raw", f64::INFINITY),
        whole.verdict("the same with making and dropping them", f64::INFINITY),
    ])
}

fn measure(arguments: &[String]) -> Result<Vec<f64>> {
    let (options, rows) = told(arguments)?;
    let place = Place::new()?;
    place.pin()?;
    let flush = duel(
        options,
        || {
            let items = fresh(&place, rows, plain)?;
            time(|| raw(&place, items)).map(|it| it.0)
        },
        || ours(&place, rows).map(|it| it.0),
    )?;
    let whole = duel(
        options,
        || {
            empty(&place)?;
            time(|| raw(&place, (0..rows).map(plain).collect())).map(|it| it.0)
        },
        || {
            let (flush, making) = ours(&place, rows)?;
            Ok(flush + making)
        },
    )?;
    Ok([flush, whole].iter().flat_map(|it| numbers(it, rows)).collect())
}

fn empty(place: &Place) -> Result<()> {
    place.execute("TRUNCATE item RESTART IDENTITY")
}

fn fresh<T>(place: &Place, rows: usize, make: fn(usize) -> T) -> Result<Vec<T>> {
    empty(place)?;
    Ok((0..rows).map(make).collect())
}

fn plain(number: usize) -> PlainItem {
    PlainItem { id: 0, name: format!("name of item {number}"), note: note(number) }
}

fn note(number: usize) -> Option<String> {
    (!number.is_multiple_of(3)).then(|| format!("note on item {number}"))
}

/// The fastest form: arrays, their rows in order, all statements on their way at once.
fn raw(place: &Place, mut items: Vec<PlainItem>) -> Result<()> {
    place.runtime.block_on(async {
        let client = &place.raw;
        let statement = client.prepare(INSERT).await?;
        let statement = &statement;
        let inserts = join_all(items.chunks(CHUNK).map(|items| {
            let names: Vec<&str> = items.iter().map(|it| it.name.as_str()).collect();
            let notes: Vec<Option<&str>> = items.iter().map(|it| it.note.as_deref()).collect();
            async move { client.query(statement, &[&names, &notes]).await }
        }));
        let inserts = async { Ok(inserts.await) };
        let (begin, commit) = (client.batch_execute("BEGIN"), client.batch_execute("COMMIT"));
        let ((), answers, ()) = try_join3(begin, inserts, commit).await?;
        let mut keys = Vec::with_capacity(items.len());
        for rows in answers {
            for row in rows? {
                keys.push(row.try_get::<_, i64>(0)?);
            }
        }
        keys.sort_unstable();
        checked(keys.len(), items.len())?;
        items.iter_mut().zip(keys).for_each(|(item, key)| item.id = key);
        Ok(())
    })
}

/// How long the flush takes, and how long making and dropping the objects.
fn ours(place: &Place, rows: usize) -> Result<(Duration, Duration)> {
    empty(place)?;
    place.runtime.block_on(async {
        let start = std::time::Instant::now();
        let mut session = Session::new(&place.engine);
        let items: Vec<Obj<Item>> = (0..rows)
            .map(|number| {
                let name = format!("name of item {number}");
                session.add(Item { id: Auto::default(), name, note: note(number) })
            })
            .collect();
        let made = start.elapsed();
        session.commit().await?;
        let flushed = start.elapsed();
        let last = items.last().and_then(|it| it.borrow().id.get().copied());
        checked(last.unwrap_or_default() as usize, rows)?;
        drop((items, session));
        Ok((flushed - made, start.elapsed() - (flushed - made)))
    })
}

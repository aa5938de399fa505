//! Many rows as objects.

use aludel::prelude::*;

use super::{checked, numbers, plain, sides, told};
use crate::{
    fixture::PlainItem,
    harness::{Options, Result, duel, time},
    models::Item,
    report::Verdict,
    rows::Row,
    server::Place,
};

pub(in crate::rows) const ROW: Row = Row {
    name: "pg-load",
    about: "PostgreSQL: load 10,000 rows as objects, and drop them",
    run,
    probe: Some(measure),
};

fn run(options: Options) -> Result<Vec<Verdict>> {
    let [load] = sides(ROW.name, options, 10_000)?;
    Ok(vec![load.verdict("load 10,000 rows and drop them", 1.15)])
}

fn measure(arguments: &[String]) -> Result<Vec<f64>> {
    let (options, rows) = told(arguments)?;
    let place = Place::new()?;
    place.fill(rows)?;
    place.pin()?;
    let query = "SELECT id, name, note FROM item";
    let statement = place.runtime.block_on(place.raw.prepare(query))?;
    let load = duel(
        options,
        || {
            let (time, ()) = time(|| {
                place.runtime.block_on(async {
                    let rows = place.raw.query(&statement, &[]).await?;
                    let items: Vec<PlainItem> = rows.iter().map(plain).collect::<Result<_>>()?;
                    checked(items.len(), told(arguments)?.1)
                })
            })?;
            Ok(time)
        },
        || {
            let (time, ()) = time(|| {
                place.runtime.block_on(async {
                    let mut session = Session::new(&place.engine);
                    let items: Vec<Obj<Item>> = session.scalars(select(Item)).all().await?;
                    checked(items.len(), rows)
                })
            })?;
            Ok(time)
        },
    )?;
    Ok(numbers(&load, rows).to_vec())
}

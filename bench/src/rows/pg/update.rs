//! Objects of which one column has changed.

use std::cell::Cell;

use aludel::prelude::*;
use futures_util::future::{join_all, try_join};

use super::{checked, numbers, sides, told};
use crate::{
    harness::{Options, Result, duel, time},
    models::Item,
    report::Verdict,
    rows::Row,
    server::Place,
};

pub(in crate::rows) const ROW: Row = Row {
    name: "pg-update",
    about: "PostgreSQL: flush 10,000 objects with one changed column",
    run,
    probe: Some(measure),
};

/// Statements that are on their way at once, by hand: a thousand is as fast as any number.
const TOGETHER: usize = 1_000;

fn run(options: Options) -> Result<Vec<Verdict>> {
    let [flush] = sides(ROW.name, options, 10_000)?;
    Ok(vec![flush.verdict("flush 10,000 with one changed column", f64::INFINITY)])
}

fn measure(arguments: &[String]) -> Result<Vec<f64>> {
    let (options, rows) = told(arguments)?;
    let place = Place::new()?;
    place.fill(rows)?;
    place.pin()?;
    let round = Cell::new(0);
    let name = |id: usize| {
        round.set(round.get() + 1);
        format!("name {} of item {id}", round.get())
    };
    let mut session = Session::new(&place.engine);
    let items: Vec<Obj<Item>> = place.runtime.block_on(async {
        let items = session.scalars(select(Item).order_by(Item.id)).all().await?;
        session.commit().await?;
        Result::Ok(items)
    })?;
    let flush = duel(
        options,
        || {
            place.execute("VACUUM item")?;
            let names: Vec<(i64, String)> = (1..=rows).map(|id| (id as i64, name(id))).collect();
            time(|| raw(&place, &names)).map(|it| it.0)
        },
        || {
            place.execute("VACUUM item")?;
            items.iter().for_each(|item| item.borrow_mut().name = name(0));
            time(|| Ok(place.runtime.block_on(session.commit())?)).map(|it| it.0)
        },
    )?;
    drop(session);
    Ok(numbers(&flush, rows).to_vec())
}

fn raw(place: &Place, names: &[(i64, String)]) -> Result<()> {
    place.runtime.block_on(async {
        let client = &place.raw;
        let statement = client.prepare("UPDATE item SET name = $1 WHERE id = $2").await?;
        let statement = &statement;
        let updates = async {
            let mut matched = 0;
            for together in names.chunks(TOGETHER) {
                let answers =
                    join_all(together.iter().map(|(id, name)| async move {
                        client.execute(statement, &[name, id]).await
                    }));
                for answer in answers.await {
                    matched += answer?;
                }
            }
            Ok::<u64, tokio_postgres::Error>(matched)
        };
        let ((), matched) = try_join(client.batch_execute("BEGIN"), updates).await?;
        client.batch_execute("COMMIT").await?;
        checked(matched as usize, names.len())
    })
}

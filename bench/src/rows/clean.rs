//! A flush with nothing to write: it must not look at the objects at all.

use aludel::{blocking::Session, prelude::*};

use super::Row;
use crate::{
    fixture,
    harness::{Options, Result, alone, time},
    models::Item,
    report::Verdict,
};

pub(super) const ROW: Row = Row {
    name: "clean",
    about: "a clean flush of a session that holds 100,000 objects",
    run,
    probe: None,
};

const FLUSHES: usize = 100_000;

fn run(options: Options) -> Result<Vec<Verdict>> {
    let (engine, _) = fixture::items()?;
    let flush = |most: i64| -> Result<f64> {
        let mut session = Session::new(&engine);
        let held: Vec<Obj<Item>> = session.scalars(select(Item).filter(Item.id.le(most))).all()?;
        let nanoseconds = alone(options, FLUSHES, || {
            let (time, ()) = time(|| {
                for _ in 0..FLUSHES {
                    session.flush()?;
                }
                Ok(())
            })?;
            Ok(time)
        })?;
        drop(held);
        Ok(nanoseconds)
    };
    let (large, small) = (flush(fixture::ITEMS)?, flush(100)?);
    let detail = format!("with 100 objects: {small:.1} ns");
    Ok(vec![Verdict::nanoseconds("clean flush, 100,000 objects held", large, 100.0, detail)])
}

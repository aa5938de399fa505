//! Streaming more rows than anybody would hold: memory must stay flat.

use aludel::{
    blocking::{Engine, Session},
    prelude::*,
};

use super::Row;
use crate::{
    child::{Placement, probe, resident},
    fixture,
    harness::{Options, Result},
    models::Item,
    report::Verdict,
};

pub(super) const ROW: Row = Row {
    name: "stream",
    about: "memory while streaming rows that nobody holds (1,000,000; with --long 10,000,000)",
    run,
    probe: Some(measure),
};

/// Rows before memory is taken as the level to keep.
const WARM: usize = 100_000;

/// Growth that is a leak: a byte a row would be 1 MB already.
const MOST_MEGABYTES: f64 = 1.0;

fn run(options: Options) -> Result<Vec<Verdict>> {
    let rows = if options.long { "10000000" } else { "1000000" };
    let numbers = probe(ROW.name, &[rows], Placement::Free)?.unwrap_or_default();
    let [growth, nanoseconds] = numbers[..] else {
        return Err("the probe answered something else".into());
    };
    let detail = format!("{rows} rows, {nanoseconds:.0} ns each");
    Ok(vec![Verdict::megabytes("growth while streaming", growth / 1e6, MOST_MEGABYTES, detail)])
}

fn measure(arguments: &[String]) -> Result<Vec<f64>> {
    let rows: usize = arguments.first().ok_or("how many rows?")?.parse()?;
    let engine = Engine::new("sqlite::memory:")?;
    let view = format!(
        "CREATE VIEW item AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows})
         SELECT i AS id, 'name of item ' || i AS name, NULL AS note FROM n"
    );
    fixture::execute(&engine, &view)?;
    let mut session = Session::new(&engine);
    let start = std::time::Instant::now();
    let (mut seen, mut level) = (0, 0.0);
    for item in session.stream_scalars(&select(Item))? {
        seen += usize::from(!item?.borrow().name.is_empty());
        if seen == WARM {
            level = resident()?.1;
        }
    }
    let elapsed = start.elapsed();
    match seen == rows {
        true => Ok(vec![resident()?.1 - level, elapsed.as_secs_f64() * 1e9 / rows as f64]),
        false => Err(format!("{seen} rows").into()),
    }
}

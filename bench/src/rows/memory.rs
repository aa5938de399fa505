//! Memory that an object takes beside the plain struct that it holds.

use aludel::{
    Select,
    blocking::{Engine, Session},
    prelude::*,
};

use super::Row;
use crate::{
    child::{Placement, probe, resident},
    fixture,
    harness::{Options, Result},
    models::{Item, LinkedItem},
    report::Verdict,
};

pub(super) const ROW: Row = Row {
    name: "memory",
    about: "memory over the plain struct, an object",
    run,
    probe: Some(measure),
};

/// Objects of a probe: enough to drown what the process takes anyhow.
const OBJECTS: usize = 1_000_000;

/// Bytes of the handle that the caller keeps, which isn't counted.
const HANDLE: f64 = size_of::<Obj<Item>>() as f64;

/// The rows are made by a view, so that no page of a file is in the way.
const VIEWS: [&str; 2] = [
    "CREATE VIEW item AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000)
     SELECT i AS id, 'name of item ' || i AS name, NULL AS note FROM n",
    "CREATE VIEW linked_item AS SELECT * FROM item",
];

fn run(_: Options) -> Result<Vec<Verdict>> {
    let each = |what: &str| -> Result<f64> {
        let numbers = probe(ROW.name, &[what], Placement::Free)?.unwrap_or_default();
        numbers.first().copied().ok_or_else(|| "the probe answered nothing".into())
    };
    let (plain, object, linked) = (each("plain")?, each("object")?, each("linked")?);
    let detail = format!("plain {plain:.1} B, object {object:.1} B with a handle of {HANDLE} B");
    let linked_detail = format!("object with three relationships {linked:.1} B");
    Ok(vec![
        Verdict::bytes("an object over the plain struct", object - plain - HANDLE, 12.0, detail),
        // Noise of the allocator, not a byte an object: 0 is by construction.
        Verdict::bytes("three unloaded relationships", linked - object, 0.5, linked_detail),
    ])
}

fn measure(arguments: &[String]) -> Result<Vec<f64>> {
    let engine = Engine::new("sqlite::memory:")?;
    for view in VIEWS {
        fixture::execute(&engine, view)?;
    }
    let mut session = Session::new(&engine);
    let each = match arguments.first().map(String::as_str) {
        Some("plain") => plain()?,
        Some("object") => objects(&mut session, select(Item))?,
        Some("linked") => objects(&mut session, select(LinkedItem))?,
        _ => return Err("plain, object or linked".into()),
    };
    Ok(vec![each])
}

fn plain() -> Result<f64> {
    let raw = rusqlite::Connection::open_in_memory()?;
    for view in VIEWS {
        raw.execute_batch(view)?;
    }
    let mut statement = raw.prepare("SELECT id, name, note FROM item")?;
    let mut items = Vec::with_capacity(OBJECTS);
    let (before, _) = resident()?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        items.push(Item {
            id: Auto::from(row.get::<_, i64>(0)?),
            name: row.get(1)?,
            note: row.get(2)?,
        });
    }
    let (after, _) = resident()?;
    each(before, after, items.len())
}

fn objects<T: Mapped>(session: &mut Session, statement: Select<Obj<T>>) -> Result<f64> {
    let (before, _) = resident()?;
    let objects = session.scalars(statement).all()?;
    let (after, _) = resident()?;
    each(before, after, objects.len())
}

fn each(before: f64, after: f64, objects: usize) -> Result<f64> {
    match objects == OBJECTS {
        true => Ok((after - before) / OBJECTS as f64),
        false => Err(format!("{objects} objects").into()),
    }
}

//! The two databases of a measurement: the same schema, the same rows, the same settings.

use std::path::Path;

use aludel::{blocking::Engine, prelude::*};
use rusqlite::Connection;

use crate::harness::Result;

/// Rows of the table `item` in most measurements.
pub(crate) const ITEMS: i64 = 100_000;

/// What a row of `item` is to somebody who writes the driver's calls by hand.
#[derive(Debug)]
pub(crate) struct PlainItem {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) note: Option<String>,
}

/// An engine on a database in memory with every table, and a raw connection to another of the same.
pub(crate) fn databases() -> Result<(Engine, Connection)> {
    let engine = Engine::new("sqlite::memory:")?;
    Base::metadata().create_all(&engine)?;
    let raw = Connection::open_in_memory()?;
    settle(&raw)?;
    raw.execute_batch(&ddl(&engine)?)?;
    Ok((engine, raw))
}

/// The same in two files of a folder, as a program keeps them: with a write-ahead log, synchronous
/// NORMAL.
pub(crate) fn files(folder: &Path) -> Result<(Engine, Connection)> {
    let engine = Engine::new(&format!("sqlite:{}", folder.join("aludel.db").display()))?;
    Base::metadata().create_all(&engine)?;
    let raw = Connection::open(folder.join("raw.db"))?;
    raw.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL")?;
    settle(&raw)?;
    raw.execute_batch(&ddl(&engine)?)?;
    Ok((engine, raw))
}

/// The statements that made an engine's tables, for a raw connection to repeat.
pub(crate) fn ddl(engine: &Engine) -> Result<String> {
    let made = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'";
    let rows: Vec<(String,)> = engine.connect()?.fetch(text(made).rows())?;
    Ok(rows.into_iter().map(|(sql,)| sql + ";\n").collect())
}

/// Gives a raw connection what an engine gives its own.
pub(crate) fn settle(raw: &Connection) -> Result<()> {
    raw.execute_batch("PRAGMA foreign_keys = ON")?;
    raw.set_prepared_statement_cache_capacity(128);
    Ok(())
}

/// Sends the same statement to both sides.
pub(crate) fn both(engine: &Engine, raw: &Connection, sql: &str) -> Result<()> {
    raw.execute_batch(sql)?;
    execute(engine, sql)
}

/// Sends a statement to our side.
pub(crate) fn execute(engine: &Engine, sql: &str) -> Result<()> {
    let mut connection = engine.connect()?;
    connection.execute(sql)?;
    Ok(connection.commit()?)
}

/// Fills `item` on both sides.
pub(crate) fn items() -> Result<(Engine, Connection)> {
    let (engine, raw) = databases()?;
    // Every third note is missing; lengths are those of ordinary names and remarks.
    both(
        &engine,
        &raw,
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
         INSERT INTO item (id, name, note)
         SELECT i, 'name of item ' || i, CASE WHEN i % 3 THEN 'note on item ' || i END FROM n",
    )?;
    Ok((engine, raw))
}

//! What a program does with its mapped structs when it starts, once, and what the database does with the
//! script that comes of it.

use std::time::{Duration, Instant};

use aludel::{dialect::Sqlite, prelude::*, schema::create_statements};
use rusqlite::Connection;

/// Anything that goes wrong ends the program.
pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Prints nanoseconds: for the check of all mapped structs, for the script, and for running it.
///
/// # Errors
/// A mapped struct makes no sense, or SQLite takes a statement for wrong.
pub fn measure() -> Result<()> {
    let (configured, ()) = time(Base::configure)?;
    let (written, script) = time(|| create_statements(&Base::metadata(), &Sqlite))?;
    let database = Connection::open_in_memory()?;
    let (run, ()) = time(|| {
        database.execute_batch("BEGIN")?;
        script.iter().try_for_each(|statement| database.execute_batch(statement))?;
        database.execute_batch("COMMIT")
    })?;
    println!("{} {} {}", configured.as_nanos(), written.as_nanos(), run.as_nanos());
    Ok(())
}

fn time<T, E>(
    work: impl FnOnce() -> std::result::Result<T, E>,
) -> std::result::Result<(Duration, T), E> {
    let start = Instant::now();
    let made = work()?;
    Ok((start.elapsed(), made))
}

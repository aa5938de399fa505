//! The rows of the budget table, a module each.

mod asynchronous;
mod chinook;
mod clean;
mod get;
mod insert;
mod load;
mod maria;
mod memory;
mod peers;
mod pg;
mod selectin;
mod startup;
mod stream;
mod tree;
mod update;

use crate::{
    harness::{Options, Result},
    report::Verdict,
};

/// What a child process does with its arguments: the numbers that it prints.
pub(crate) type Probe = fn(&[String]) -> Result<Vec<f64>>;

/// A row of the budget table.
pub(crate) struct Row {
    /// What `--only` calls it.
    pub(crate) name: &'static str,
    /// What it measures.
    pub(crate) about: &'static str,
    /// Measures it.
    pub(crate) run: fn(Options) -> Result<Vec<Verdict>>,
    /// What its child processes do; they print their answer on one line, as numbers.
    pub(crate) probe: Option<Probe>,
}

/// The rows that need nothing but this program, in the table's order.
pub(crate) const ROWS: [Row; 12] = [
    load::ROW,
    selectin::ROW,
    get::ROW,
    insert::ROW,
    update::ROW,
    clean::ROW,
    memory::ROW,
    asynchronous::ROW,
    chinook::ROW,
    stream::ROW,
    tree::ROW,
    startup::ROW,
];

/// Those that need a PostgreSQL server.
pub(crate) const SERVER_ROWS: [Row; 5] =
    [pg::one::ROW, pg::load::ROW, pg::insert::ROW, pg::update::ROW, pg::trips::ROW];

/// Those that build other mappers first; measured where they are asked for.
pub(crate) const PEER_ROWS: [Row; 1] = [peers::ROW];

/// Those that need a MariaDB server; measured where they are asked for.
pub(crate) const MARIA_ROWS: [Row; 2] = [maria::LOAD, maria::INSERT];

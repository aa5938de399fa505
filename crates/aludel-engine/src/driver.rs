//! The boundary between Aludel and a database.
//!
//! A unit of work is a script: a small state machine ([`Work`]) that hands out waves of independent
//! [`Step`]s and takes rows, keys and counts back. The driver asks for the next wave itself, where
//! its connection lives: inline on the caller's thread, on a worker thread, or in an async task.
//! So a whole flush is one hop, and the same script runs on every database and both faces.
//!
//! [`run`] is how a script is run, [`ChunkStream`] how rows are read as they are taken.

mod find;
#[cfg(feature = "mysql")]
pub mod mysql;
#[cfg(any(feature = "postgres", feature = "mysql"))]
mod network;
#[cfg(feature = "postgres")]
pub mod postgres;
mod run;
mod script;
#[cfg(test)]
pub(crate) mod scripts;
#[cfg(feature = "sqlite")]
pub mod sqlite;
mod stream;
#[cfg(any(feature = "sqlite", feature = "mysql"))]
mod written;

pub(crate) use find::driver_for;
pub(crate) use run::start_once;
pub use run::{once, run, run_any, run_boxed, run_returning, settle};
pub use script::{
    Begin, Binder, Control, Flow, Isolation, Params, Room, Run, Source, Statement, Step, Want, Work,
};
pub use stream::{ChunkStream, Chunks, Reading};

use std::{
    any::Any,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use aludel_core::{dialect::Dialect, value::Columns};

/// What drivers name besides.
pub use crate::{Error, Result, Url};

use crate::log::StatementLog;

/// What a finished unit of work hands back: the outcome, and the script itself.
pub type Done = (Result<()>, Box<dyn Work>);

/// A connection on its way.
pub type Connecting = Pin<Box<dyn Future<Output = Result<Box<dyn Connection>>> + Send>>;

/// Opens connections of one kind of database.
pub trait Driver: Send + Sync + std::fmt::Debug + 'static {
    /// How the database speaks SQL.
    fn dialect(&self) -> &'static dyn Dialect;

    /// Checks a URL before anything connects: that its options are known and make sense.
    ///
    /// # Errors
    /// What is wrong with it ([`Url::error`]).
    fn check(&self, url: &Url) -> Result<()> {
        let _ = url;
        Ok(())
    }

    /// Opens a connection. For [`Face::Blocking`] the future may block instead of waiting.
    ///
    /// # Errors
    /// The future's: the database can't be reached or refuses.
    fn connect(&self, url: &Url, options: &ConnectOptions) -> Connecting;

    /// Whether a transaction that began to read has to begin anew to write: SQLite's snapshots can't
    /// be upgraded once another has written.
    fn restarts_to_write(&self) -> bool {
        false
    }

    /// How many connections a pool may hold at the most; `None` leaves it to the engine's options.
    fn max_connections(&self, url: &Url) -> Option<usize> {
        let _ = url;
        None
    }
}

/// How a connection is to be opened.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ConnectOptions {
    /// From which kind of program it is used.
    pub face: Face,
    /// How long SQLite waits for a lock that somebody else holds.
    pub busy_timeout: Duration,
    /// How long a server lets statements wait for a lock; the server's own setting if nothing is
    /// said. Set it when connecting.
    pub lock_timeout: Option<Duration>,
    /// How long a server lets statements run; the server's own setting if nothing is said. Set it
    /// when connecting.
    pub statement_timeout: Option<Duration>,
    /// How long connecting may take ([`Duration::MAX`] is no limit). The pool drops the future
    /// then; a driver that blocks keeps to it by itself.
    pub connect_timeout: Duration,
    /// How much transactions that don't say so may notice of others; the server's own setting if nothing
    /// is said. Set it when connecting.
    pub isolation: Option<Isolation>,
    /// How many statements to keep prepared.
    pub statement_cache: usize,
    /// Whether statements may be prepared under a name; if not, nothing may be left behind on the
    /// server between two units.
    pub prepared_statements: bool,
    /// Where to report each step before it is done.
    pub log: StatementLog,
}

/// From which kind of program a connection is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Face {
    /// A program without a runtime: a call may block the thread.
    Blocking,
    /// An async program: a call must not block the thread.
    Async,
}

/// An open connection.
pub trait Connection: Send + 'static {
    /// Runs a unit of work here and now, if this connection can; `None` if it can't, and nothing
    /// happened.
    fn run_inline(&mut self, work: &mut dyn Work) -> Option<Result<()>> {
        let _ = work;
        None
    }

    /// Runs one execution of a statement here and now, as [`Connection::run_inline`] does, but with no
    /// script around it: `row` takes each row, and says whether it wants more. `None` if this connection
    /// can't, and nothing happened.
    fn query_inline(
        &mut self,
        statement: &Statement,
        params: &Params,
        row: &mut dyn FnMut(&dyn Columns) -> Result<Flow>,
    ) -> Option<Result<()>> {
        let _ = (statement, params, row);
        None
    }

    /// Hands a unit of work over. At most one is under way.
    fn start(&mut self, work: Box<dyn Work>);

    /// The outcome of what was started, once it has one; pending for ever where nothing was.
    fn poll_done(&mut self, cx: &mut Context<'_>) -> Poll<Done>;

    /// Asks the unit under way to stop; called when its future is dropped. Must not block.
    ///
    /// A unit that had come to its end is answered with its outcome: if it got through its COMMIT,
    /// with `Ok`. Any other is answered with [`Error::Cancelled`], and the transaction that it ran in is
    /// rolled back before [`Connection::poll_done`] reports.
    fn cancel(&mut self);

    /// Nobody waits for the unit under way any more: from now on it must get on by itself. Must not
    /// block. Drivers whose units always do need nothing.
    fn detach(&mut self) {}

    /// Whether a unit was started whose outcome [`Connection::poll_done`] has not reported yet.
    fn is_under_way(&self) -> bool;

    /// Whether a transaction is open that the next unit would run in.
    fn in_transaction(&self) -> bool;

    /// Whether the open transaction can only be rolled back, since a statement of it failed.
    fn is_failed(&self) -> bool {
        false
    }

    /// Whether another unit may run on it: `false` once the connection is gone, or not to be
    /// trusted any more.
    fn is_usable(&self) -> bool {
        true
    }

    /// For drivers to recognise their own connections.
    fn as_any(&mut self) -> &mut dyn Any;
}

//! Opening a database: what the URL means, and what every connection is set to.

use std::{
    path::PathBuf,
    sync::{Mutex, PoisonError},
    thread::sleep,
    time::{Duration, Instant},
};

use rusqlite::{Connection, OpenFlags};

use super::{classify::classify, execute::Executor, gate};
use crate::{
    Result,
    driver::ConnectOptions,
    url::{Unit, Url, UrlOptions},
};

/// What a URL means.
#[derive(Clone, Debug)]
pub(super) struct Target {
    place: Place,
    write: bool,
    create: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Mode {
    Ro,
    Rw,
    Rwc,
    Memory,
}

#[derive(Clone, Debug)]
enum Place {
    Memory,
    File(PathBuf),
}

impl Target {
    pub(super) fn of(url: &Url) -> Result<Self> {
        let mut options = UrlOptions::new(url);
        let modes =
            [("ro", Mode::Ro), ("rw", Mode::Rw), ("rwc", Mode::Rwc), ("memory", Mode::Memory)];
        let mode = options.choice("mode", &modes)?.unwrap_or(Mode::Rwc);
        // The engine reads its value.
        options.duration("busy_timeout", Unit::Milliseconds)?;
        options.finish("SQLite")?;
        let database = url.database().unwrap_or("");
        let memory = database == ":memory:" || mode == Mode::Memory;
        if memory && mode == Mode::Ro {
            return Err(url.error("a database in memory that can't be written is always empty"));
        }
        let place = if memory { Place::Memory } else { Place::File(PathBuf::from(database)) };
        let (write, create) = (mode != Mode::Ro, matches!(mode, Mode::Rwc | Mode::Memory));
        Ok(Self { place, write, create })
    }

    pub(super) fn is_memory(&self) -> bool {
        matches!(self.place, Place::Memory)
    }

    pub(super) fn open(&self, options: &ConnectOptions) -> Result<Executor> {
        // No SQLITE_OPEN_URI: the path is a path, whatever it looks like. No mutex: a connection is
        // used by one thread at a time, which the compiler checks.
        let mut flags = OpenFlags::SQLITE_OPEN_NO_MUTEX;
        flags |= if self.write {
            OpenFlags::SQLITE_OPEN_READ_WRITE
        } else {
            OpenFlags::SQLITE_OPEN_READ_ONLY
        };
        flags.set(OpenFlags::SQLITE_OPEN_CREATE, self.create);
        let opened = match &self.place {
            Place::Memory => Connection::open_in_memory_with_flags(flags),
            Place::File(path) => Connection::open_with_flags(path, flags),
        };
        let connection = opened.map_err(|error| self.refused(error))?;
        self.configure(&connection, options).map_err(|error| self.refused(error))?;
        let gate = match &self.place {
            Place::File(path) if self.write => Some(gate::of_file(path)),
            _ => None,
        };
        Ok(Executor::new(connection, gate, options))
    }

    fn configure(&self, connection: &Connection, options: &ConnectOptions) -> rusqlite::Result<()> {
        // SQLite counts milliseconds in 31 bits.
        let limit = Duration::from_millis(i32::MAX as u64);
        connection.busy_timeout(options.busy_timeout.min(limit))?;
        connection.set_prepared_statement_cache_capacity(options.statement_cache);
        connection.execute_batch("PRAGMA foreign_keys = ON")?;
        if !self.is_memory() {
            if self.write {
                write_ahead(connection, options.busy_timeout)?;
            } else {
                // Otherwise a file that is no database would show itself only at the first query.
                connection.query_row("PRAGMA schema_version", [], |_| Ok(()))?;
            }
            connection.execute_batch("PRAGMA synchronous = NORMAL")?;
        }
        super::collation::register(connection)?;
        #[cfg(feature = "rust_decimal")]
        super::functions::register(connection)?;
        Ok(())
    }

    fn refused(&self, error: rusqlite::Error) -> crate::Error {
        let mut error = classify(error, None, None);
        if let (crate::Error::Database(error), Place::File(path)) = (&mut error, &self.place) {
            error.message = format!("`{}`: {}", path.display(), error.message);
        }
        error
    }
}

/// Switches to write-ahead logging. SQLite doesn't wait for others that do the same, so connections
/// of this process take turns, and another process is waited for here.
fn write_ahead(connection: &Connection, limit: Duration) -> rusqlite::Result<()> {
    static TURN: Mutex<()> = Mutex::new(());
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let started = Instant::now();
    loop {
        match connection.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(())) {
            Err(error)
                if error.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseBusy)
                    && started.elapsed() < limit =>
            {
                sleep(Duration::from_millis(2));
            }
            other => return other,
        }
    }
}

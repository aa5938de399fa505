//! What was sent: a statement log for tests, and events for [`tracing`].
//!
//! Each step is an event of the target `aludel::sql` at level debug, with its SQL, the number of
//! runs and rows, and the time it took. Parameters are not part of it: they may be secrets.

use std::{
    fmt::Write,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU8, Ordering},
    },
    time::Instant,
};

use aludel_core::value::ValueRef;

use crate::{
    Result,
    driver::{Binder, Params},
};

const OFF: u8 = 0;
const STATEMENTS: u8 = 1;
const PARAMETERS: u8 = 2;

/// Every step that an engine's connections do, in order, as text; off until it is started.
///
/// # Example
/// ```
/// # #[cfg(feature = "sqlite")] {
/// use aludel_engine::blocking::Engine;
///
/// let engine = Engine::new("sqlite::memory:")?;
/// let mut connection = engine.connect()?;
/// engine.log().start();
/// connection.execute("CREATE TABLE t (a)")?;
/// assert_eq!(engine.log().take(), ["BEGIN IMMEDIATE", "CREATE TABLE t (a)"]);
/// # }
/// # Ok::<(), aludel_engine::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct StatementLog(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    mode: AtomicU8,
    lines: Mutex<Vec<String>>,
}

impl StatementLog {
    /// Starts it, empty. A statement that is executed several times at once is one line that ends
    /// with ` -- 3 rows`.
    pub fn start(&self) {
        self.take();
        self.0.mode.store(STATEMENTS, Ordering::Relaxed);
    }

    /// Starts it, empty, with the parameters behind each statement: ` -- (1, "x"), (2, NULL)`.
    pub fn start_with_parameters(&self) {
        self.take();
        self.0.mode.store(PARAMETERS, Ordering::Relaxed);
    }

    /// Stops it; what it holds stays.
    pub fn stop(&self) {
        self.0.mode.store(OFF, Ordering::Relaxed);
    }

    /// Whether it was started.
    #[inline]
    pub fn is_on(&self) -> bool {
        self.0.mode.load(Ordering::Relaxed) != OFF
    }

    /// Empties it.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lines.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// For drivers: a step is about to be done.
    #[inline]
    pub fn step(&self, sql: &str, params: Option<&Params>) -> Watch {
        if self.is_on() {
            self.record(sql, params);
        }
        let watched = tracing::enabled!(target: "aludel::sql", tracing::Level::DEBUG);
        Watch(watched.then(Instant::now))
    }

    #[cold]
    fn record(&self, sql: &str, params: Option<&Params>) {
        let mut line = sql.to_owned();
        let runs = params.map_or(1, Params::runs);
        match params {
            Some(params) if self.0.mode.load(Ordering::Relaxed) == PARAMETERS => {
                let mut rows = Text { line: &mut line, count: 0 };
                for run in 0..runs {
                    rows.line.push_str(if run == 0 { " -- (" } else { ", (" });
                    rows.count = 0;
                    if let Err(error) = params.bind(run, &mut rows) {
                        _ = write!(rows.line, "… {error}");
                    }
                    rows.line.push(')');
                }
            }
            _ if runs != 1 => _ = write!(line, " -- {runs} rows"),
            _ => {}
        }
        self.0.lines.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    }
}

/// Writes parameters as a person does.
struct Text<'a> {
    line: &'a mut String,
    count: usize,
}

impl Binder for Text<'_> {
    fn bind(&mut self, value: ValueRef<'_>) -> Result<()> {
        let separator = if self.count == 0 { "" } else { ", " };
        self.count += 1;
        _ = write!(self.line, "{separator}{value}");
        Ok(())
    }
}

/// A step that is being done, for [`tracing`].
#[derive(Debug)]
pub struct Watch(Option<Instant>);

impl Watch {
    /// For drivers: the step is done; `rows` were matched or came back.
    #[inline]
    pub fn done(self, sql: &str, runs: usize, rows: u64) {
        if let Some(started) = self.0 {
            let elapsed = started.elapsed();
            tracing::debug!(target: "aludel::sql", sql, runs, rows, ?elapsed);
        }
    }
}

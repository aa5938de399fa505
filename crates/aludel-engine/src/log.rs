//! What was sent: a statement log for tests, and events for [`tracing`].
//!
//! Each step is an event of the target `aludel::sql` at level debug, with its SQL, the number of
//! runs and rows, and the time it took. Parameters are not part of it: they may be secrets.

use std::{
    fmt::Write,
    panic::Location,
    sync::{
        Arc, Mutex, PoisonError, Weak,
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
/// Beside one of these: somebody counts.
const COUNTED: u8 = 4;

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
    budgets: Mutex<Vec<Weak<Spent>>>,
}

impl StatementLog {
    /// Starts it, empty. A statement that is executed several times at once is one line that ends
    /// with ` -- 3 rows`.
    pub fn start(&self) {
        self.take();
        self.set(STATEMENTS);
    }

    /// Starts it, empty, with the parameters behind each statement: ` -- (1, "x"), (2, NULL)`.
    pub fn start_with_parameters(&self) {
        self.take();
        self.set(PARAMETERS);
    }

    /// Stops it; what it holds stays.
    pub fn stop(&self) {
        self.set(OFF);
    }

    fn set(&self, mode: u8) {
        let change = |old| Some(old & COUNTED | mode);
        let _ = self.0.mode.fetch_update(Ordering::Relaxed, Ordering::Relaxed, change);
    }

    /// Whether it was started.
    #[inline]
    pub fn is_on(&self) -> bool {
        self.0.mode.load(Ordering::Relaxed) & !COUNTED != OFF
    }

    /// Promises that no more than so many statements are sent through the engine while the guard lives:
    /// for tests. A statement that is executed for many rows at once is one; BEGIN, COMMIT and the
    /// like are none. When the guard is dropped and more were sent, it panics, with the place of this
    /// call and the statements.
    ///
    /// # Example
    /// ```
    /// # #[cfg(feature = "sqlite")] {
    /// let engine = aludel_engine::blocking::Engine::new("sqlite::memory:")?;
    /// let budget = engine.log().budget(1);
    /// engine.connect()?.query("SELECT 1")?;
    /// assert_eq!(budget.used(), 1);
    /// # }
    /// # Ok::<(), aludel_engine::Error>(())
    /// ```
    #[track_caller]
    pub fn budget(&self, statements: usize) -> StatementBudget {
        let spent = Arc::new(Spent::default());
        self.0.mode.fetch_or(COUNTED, Ordering::Relaxed);
        let mut budgets = self.0.budgets.lock().unwrap_or_else(PoisonError::into_inner);
        budgets.push(Arc::downgrade(&spent));
        StatementBudget { limit: statements, spent, promised_at: Location::caller() }
    }

    #[cold]
    fn spend(&self, sql: &str) {
        let mut budgets = self.0.budgets.lock().unwrap_or_else(PoisonError::into_inner);
        budgets.retain(|it| it.upgrade().inspect(|it| it.add(sql)).is_some());
        if budgets.is_empty() {
            self.0.mode.fetch_and(!COUNTED, Ordering::Relaxed);
        }
    }

    /// Empties it.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lines.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// For drivers: a step is about to be done.
    #[inline]
    pub fn step(&self, sql: &str, params: Option<&Params>) -> Watch {
        let mode = self.0.mode.load(Ordering::Relaxed);
        if mode != OFF {
            if mode & COUNTED != 0 && params.is_some() {
                self.spend(sql);
            }
            if mode & !COUNTED != OFF {
                self.record(sql, params);
            }
        }
        let watched = tracing::enabled!(target: "aludel::sql", tracing::Level::DEBUG);
        Watch(watched.then(Instant::now))
    }

    #[cold]
    fn record(&self, sql: &str, params: Option<&Params>) {
        let mut line = sql.to_owned();
        let runs = params.map_or(1, Params::runs);
        match params {
            Some(params) if self.0.mode.load(Ordering::Relaxed) & !COUNTED == PARAMETERS => {
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

/// What was sent under a budget.
#[derive(Debug, Default)]
struct Spent(Mutex<Vec<String>>);

impl Spent {
    fn add(&self, sql: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(sql.to_owned());
    }
}

/// A promise of how many statements are sent, from [`StatementLog::budget`]. Dropping it panics if it was
/// broken.
#[derive(Debug)]
#[must_use = "the promise ends when this is dropped"]
pub struct StatementBudget {
    limit: usize,
    spent: Arc<Spent>,
    promised_at: &'static Location<'static>,
}

impl StatementBudget {
    /// How many statements were sent since the promise.
    pub fn used(&self) -> usize {
        self.spent.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

impl Drop for StatementBudget {
    fn drop(&mut self) {
        let sent =
            std::mem::take(&mut *self.spent.0.lock().unwrap_or_else(PoisonError::into_inner));
        if sent.len() > self.limit && !std::thread::panicking() {
            let (limit, at, n) = (self.limit, self.promised_at, sent.len());
            let sent = sent.join("\n    ");
            panic!(
                "at most {limit} statement(s) were promised at {at}, but {n} were sent:\n    {sent}"
            );
        }
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

//! The vocabulary of a unit of work: [`Work`], [`Step`], [`Source`].

use std::{
    any::Any,
    sync::Arc,
    task::{Context, Poll},
};

use aludel_core::{
    compile::Bulk,
    value::{Columns, Value, ValueRef},
};
use smallvec::SmallVec;

use crate::Result;

/// A statement's text, shared by all that execute it.
///
/// Drivers keep prepared statements by text, so equal texts are prepared once a connection.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Statement {
    /// The SQL.
    pub sql: Arc<str>,
    /// Whether it is worth keeping prepared: not for statements that run once.
    pub cache: bool,
    /// Its pieces, if it is an INSERT of one row that a driver may write for many rows at once.
    pub bulk: Option<Arc<Bulk>>,
}

impl Statement {
    /// A statement that will run again.
    pub fn new(sql: impl Into<Arc<str>>) -> Self {
        Self { sql: sql.into(), cache: true, bulk: None }
    }

    /// A statement that runs once: DDL.
    pub fn once(sql: impl Into<Arc<str>>) -> Self {
        Self { sql: sql.into(), cache: false, bulk: None }
    }

    /// The same, with the pieces that serve for many rows at once.
    #[must_use]
    pub fn with_bulk(mut self, bulk: Option<Arc<Bulk>>) -> Self {
        self.bulk = bulk;
        self
    }
}

/// Takes the parameters of one execution, in order.
pub trait Binder {
    /// Binds the next parameter.
    ///
    /// # Errors
    /// The driver can't take the value.
    fn bind(&mut self, value: ValueRef<'_>) -> Result<()>;

    /// Binds a text: what most values are travels in registers.
    ///
    /// # Errors
    /// As [`bind`](Self::bind).
    fn bind_text(&mut self, text: &str) -> Result<()> {
        self.bind(ValueRef::Text(text))
    }

    /// Binds an integer.
    ///
    /// # Errors
    /// As [`bind`](Self::bind).
    fn bind_int(&mut self, value: i64) -> Result<()> {
        self.bind(ValueRef::Int(value))
    }
}

/// Parameters of several executions of one statement, read where they live and never copied first.
pub trait Source: Send + Sync {
    /// How many executions there are.
    fn runs(&self) -> usize;

    /// Binds the parameters of one of them.
    ///
    /// # Errors
    /// The driver can't take a value, or an object is borrowed elsewhere.
    fn bind(&self, run: usize, out: &mut dyn Binder) -> Result<()>;
}

/// A statement's parameters.
#[derive(Clone)]
#[non_exhaustive]
pub enum Params {
    /// One execution with these values.
    Values(SmallVec<[Value; 2]>),
    /// As many executions as the source says.
    Source(Arc<dyn Source>),
}

impl Params {
    /// One execution without parameters.
    pub fn none() -> Self {
        Self::Values(SmallVec::new())
    }

    /// How many executions there are.
    pub fn runs(&self) -> usize {
        match self {
            Self::Values(_) => 1,
            Self::Source(source) => source.runs(),
        }
    }

    /// Binds the parameters of one of them.
    ///
    /// # Errors
    /// As [`Source::bind`].
    #[inline]
    pub fn bind(&self, run: usize, out: &mut dyn Binder) -> Result<()> {
        match self {
            Self::Values(values) => values.iter().try_for_each(|it| out.bind(it.as_ref())),
            Self::Source(source) => source.bind(run, out),
        }
    }
}

/// What a step's answer is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Want {
    /// Nothing but success.
    Nothing,
    /// How many rows each execution matched: [`Work::count`].
    Count,
    /// The integer key that the database generated for each execution's one row: [`Work::key`].
    Keys,
    /// The rows: [`Work::row`].
    Rows,
    /// The rows, as fast as somebody takes them: the driver asks [`Work::poll_room`] before each.
    Stream,
}

/// What is next where a step wants [`Want::Stream`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    /// Another row.
    Row,
    /// Waves of statements, up to [`Flow::Done`], while the result stays open: the driver asks
    /// [`Work::wave`], does and answers the steps as ever, and then asks for room again. One that can do
    /// nothing else while a result is open reads the rest of it into memory first.
    Wave,
    /// Nothing: no more rows are wanted.
    Nothing,
}

/// How a transaction starts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Begin {
    /// Whether it takes its place among the writers at once (SQLite's `IMMEDIATE`, behind the
    /// process's queue of writers) instead of when it must; nothing on databases without a writer's
    /// lock.
    pub immediate: bool,
    /// How much it may notice of others; the database's own way where nothing is said.
    pub isolation: Option<Isolation>,
    /// Whether the database is to refuse changes.
    pub read_only: bool,
    /// Whether it may wait at its start so that it never fails for others' sake: PostgreSQL's
    /// `DEFERRABLE`, for transactions that are serializable and read only.
    pub deferrable: bool,
}

impl Begin {
    /// A transaction that will write.
    ///
    /// ```
    /// use aludel_engine::driver::{Begin, Isolation};
    ///
    /// let report = Begin::new().isolation(Isolation::Serializable).read_only().deferrable();
    /// assert!(!report.immediate);
    /// ```
    pub const fn new() -> Self {
        Self::IMMEDIATE
    }

    /// How much it may notice of others.
    #[must_use]
    pub const fn isolation(mut self, isolation: Isolation) -> Self {
        self.isolation = Some(isolation);
        self
    }

    /// It will only read: the database refuses changes, where it can, and no writer waits for it.
    #[must_use]
    pub const fn read_only(mut self) -> Self {
        self.immediate = false;
        self.read_only = true;
        self
    }

    /// It waits at its start until nobody's changes can make it fail: for long reports on
    /// PostgreSQL; nothing elsewhere, and without `Serializable` and `read_only`.
    #[must_use]
    pub const fn deferrable(mut self) -> Self {
        self.deferrable = true;
        self
    }

    /// Takes no lock before it must.
    pub const DEFERRED: Self =
        Self { immediate: false, isolation: None, read_only: false, deferrable: false };
    /// Takes its place among the writers at once.
    pub const IMMEDIATE: Self = Self { immediate: true, ..Self::DEFERRED };

    /// Whether it says nothing that the server has to be told before anything else.
    pub fn is_plain(self) -> bool {
        self.isolation.is_none() && !self.read_only && !self.deferrable
    }
}

/// How much a transaction may notice of others, as the SQL standard has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Isolation {
    /// What others have not committed yet may be seen.
    ReadUncommitted,
    /// Each statement sees what was committed before it.
    ReadCommitted,
    /// All statements see what was committed before the first.
    RepeatableRead,
    /// As if transactions ran one after the other; a meeting that can't be ordered so is a
    /// [`Kind::Serialization`](crate::Kind::Serialization) error, which `transaction!` runs again.
    Serializable,
}

impl std::fmt::Display for Isolation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::ReadUncommitted => "READ UNCOMMITTED",
            Self::ReadCommitted => "READ COMMITTED",
            Self::RepeatableRead => "REPEATABLE READ",
            Self::Serializable => "SERIALIZABLE",
        })
    }
}

/// Transaction control, spelled by the driver.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Control {
    /// Starts a transaction.
    Begin(Begin),
    /// Ends it, keeping what was done.
    Commit,
    /// Ends it, undoing what was done.
    Rollback,
    /// Starts a savepoint of this number (`aludel_N`).
    Savepoint(u32),
    /// Ends a savepoint, keeping what was done.
    Release(u32),
    /// Undoes what was done since a savepoint, and ends it.
    RollbackTo(u32),
    /// Starts a transaction that can be prepared under this name.
    BeginTwoPhase(Arc<str>),
    /// Ends a transaction's first phase: from now on nothing but the network can fail its commit.
    Prepare(Arc<str>),
    /// Commits what was prepared under this name, by whatever connection.
    CommitPrepared(Arc<str>),
    /// Undoes what was prepared under this name, by whatever connection.
    RollbackPrepared(Arc<str>),
}

/// The execution of a statement, once or many times.
#[derive(Clone)]
pub struct Run {
    /// The statement.
    pub statement: Statement,
    /// Its parameters.
    pub params: Params,
    /// What the answer is used for.
    pub want: Want,
}

/// One thing to do.
#[derive(Clone)]
#[non_exhaustive]
pub enum Step {
    /// Transaction control.
    Control(Control),
    /// A statement.
    Run(Run),
}

/// What a wave is to its script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// Do these steps, answer them all, and ask again.
    More,
    /// There is nothing left to do once these steps, if there are any, are done and answered.
    Done,
}

/// A unit of work: a script that a driver advances.
///
/// The driver calls [`Work::wave`]; while it says [`Flow::More`], the driver does the steps in
/// order, reports each answer, and asks again. The first error ends the unit: the driver undoes
/// nothing by itself (the session then rolls back), unless the unit was cancelled.
/// `step` in the reports is the step's position in its wave.
pub trait Work: Send + 'static {
    /// Puts the next wave's steps into `out` (which is empty). Steps of one wave don't depend on
    /// each other's answers, and are done in order.
    ///
    /// # Errors
    /// The script can't go on.
    fn wave(&mut self, out: &mut Vec<Step>) -> Result<Flow>;

    /// A row of a step that wants [`Want::Rows`].
    ///
    /// # Errors
    /// The row isn't what was expected.
    fn row(&mut self, step: usize, row: &dyn Columns) -> Result<()> {
        let _ = (step, row);
        Ok(())
    }

    /// The key that a step's execution `run` generated.
    ///
    /// # Errors
    /// The key isn't what was expected.
    fn key(&mut self, step: usize, run: usize, key: i64) -> Result<()> {
        let _ = (step, run, key);
        Ok(())
    }

    /// The keys that executions of a step generated which follow each other, `first` and those behind it.
    ///
    /// # Errors
    /// As [`key`](Self::key).
    fn keys(&mut self, step: usize, first: usize, keys: &[i64]) -> Result<()> {
        (first..).zip(keys).try_for_each(|(run, key)| self.key(step, run, *key))
    }

    /// How many rows a step's execution `run` matched.
    ///
    /// # Errors
    /// The number isn't what was expected.
    fn count(&mut self, step: usize, run: usize, rows: u64) -> Result<()> {
        let _ = (step, run, rows);
        Ok(())
    }

    /// Whether there is room for another row of a step that wants [`Want::Stream`]. A driver on a thread
    /// of its own blocks while this is pending.
    fn poll_room(&mut self, cx: &mut Context<'_>) -> Poll<Room> {
        let _ = cx;
        Poll::Ready(Room::Row)
    }

    /// How many rows of a step that wants [`Want::Stream`] are to be in memory at once before they are
    /// shown, at the most; a driver that reads rows one by one, or fewer, needn't ask.
    fn at_once(&self) -> usize {
        usize::MAX
    }

    /// The script itself, to take its results out.
    fn into_any(self: Box<Self>) -> Box<dyn Any + Send>;
}

//! Advancing a script on a connection: the hot loop.
//!
//! A statement is looked up once a step, parameters are bound and rows shown without an allocation.

mod control;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use aludel_core::value::Columns;
use rusqlite::{Connection, Statement};

use super::{
    classify::classify,
    gate::{Gate, Pass},
    row::{SqliteRow, StatementBinder},
};
use crate::{
    DatabaseError, Error, Kind, Result,
    blocking::thread_waker,
    driver::{self, ConnectOptions, Flow, Params, Room, Run, Step, Want, Work},
    log::StatementLog,
};

/// A connection, and what running scripts on it needs.
pub(super) struct Executor {
    connection: Connection,
    gate: Option<Arc<Gate>>,
    /// The place at the head of the queue of writers, while a transaction holds it.
    pass: Option<Pass>,
    busy_timeout: Duration,
    log: StatementLog,
    /// Set by another thread to end the unit under way; tested at each row, run and step.
    cancelled: Arc<AtomicBool>,
    /// Reused.
    steps: Vec<Step>,
    /// Reused.
    scratch: String,
}

impl Executor {
    pub(super) fn new(
        connection: Connection,
        gate: Option<Arc<Gate>>,
        options: &ConnectOptions,
    ) -> Self {
        Self {
            connection,
            gate,
            pass: None,
            busy_timeout: options.busy_timeout,
            log: options.log.clone(),
            cancelled: Arc::default(),
            steps: Vec::new(),
            scratch: String::new(),
        }
    }

    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    pub(super) fn gate(&self) -> Option<&Arc<Gate>> {
        self.gate.as_ref()
    }

    pub(super) fn cancelled(&self) -> &Arc<AtomicBool> {
        &self.cancelled
    }

    pub(super) fn in_transaction(&self) -> bool {
        !self.connection.is_autocommit()
    }

    /// Runs a script to its end, or to its first error.
    pub(super) fn advance(&mut self, work: &mut dyn Work) -> Result<()> {
        let mut steps = std::mem::take(&mut self.steps);
        let result = self.waves(work, &mut steps);
        steps.clear();
        self.steps = steps;
        self.ended(result)
    }

    /// Executes a statement once, and shows its rows to somebody for as long as they are wanted.
    pub(super) fn query(
        &mut self,
        statement: &driver::Statement,
        params: &Params,
        row: &mut dyn FnMut(&dyn Columns) -> Result<Flow>,
    ) -> Result<()> {
        let rows = |it: &Self, statement: &mut Statement<'_>, scratch: &mut String| {
            it.check_cancelled()?;
            bind(params, 0, statement, statement.parameter_count(), scratch)?;
            let mut rows = statement.raw_query();
            let mut total = 0;
            while let Some(found) = rows.next().map_err(|error| classify(error, None, None))? {
                it.check_cancelled()?;
                total += 1;
                if row(&SqliteRow(found))? == Flow::Done {
                    break;
                }
            }
            Ok(total)
        };
        let mut scratch = std::mem::take(&mut self.scratch);
        let result = self.execute(statement, params, &mut scratch, rows);
        self.scratch = scratch;
        self.ended(result)
    }

    #[inline]
    fn ended(&mut self, result: Result<()>) -> Result<()> {
        self.release_if_idle();
        match result {
            Err(error) if self.is_cancelled() && error.kind() == Some(Kind::Interrupted) => {
                Err(Error::Cancelled)
            }
            result => result,
        }
    }

    #[inline]
    fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }

    #[inline]
    fn check_cancelled(&self) -> Result<()> {
        if self.is_cancelled() { Err(Error::Cancelled) } else { Ok(()) }
    }

    fn waves(&mut self, work: &mut dyn Work, steps: &mut Vec<Step>) -> Result<()> {
        let mut scratch = std::mem::take(&mut self.scratch);
        let result = self.waves_with(work, steps, &mut scratch);
        self.scratch = scratch;
        result
    }

    fn waves_with(
        &mut self,
        work: &mut dyn Work,
        steps: &mut Vec<Step>,
        scratch: &mut String,
    ) -> Result<()> {
        loop {
            steps.clear();
            let flow = work.wave(steps)?;
            if flow == Flow::Done && steps.is_empty() {
                return Ok(());
            }
            for (number, step) in steps.iter().enumerate() {
                self.check_cancelled()?;
                match step {
                    Step::Control(control) => self.control(control)?,
                    Step::Run(run) => self.run(number, run, scratch, work)?,
                }
            }
            if flow == Flow::Done {
                return Ok(());
            }
        }
    }

    /// Does what a script wants done while one of its statements stands still.
    fn waves_beside(&self, work: &mut dyn Work, scratch: &mut String) -> Result<()> {
        let mut steps = Vec::new();
        loop {
            let flow = work.wave(&mut steps)?;
            for (number, step) in steps.drain(..).enumerate() {
                self.check_cancelled()?;
                match step {
                    Step::Run(run) => self.run(number, &run, scratch, work)?,
                    Step::Control(_) => return Err(control_beside()),
                }
            }
            if flow == Flow::Done {
                return Ok(());
            }
        }
    }

    fn run(
        &self,
        number: usize,
        run: &Run,
        scratch: &mut String,
        work: &mut dyn Work,
    ) -> Result<()> {
        self.execute(&run.statement, &run.params, scratch, |it, statement, scratch| {
            it.runs(number, run, statement, scratch, work)
        })
    }

    /// Prepares a statement, and hands it to `body`, which says how many rows there were.
    #[inline]
    fn execute(
        &self,
        statement: &driver::Statement,
        params: &Params,
        scratch: &mut String,
        body: impl FnOnce(&Self, &mut Statement<'_>, &mut String) -> Result<u64>,
    ) -> Result<()> {
        let sql = &statement.sql;
        let watch = self.log.step(sql, Some(params));
        let rows = if statement.cache {
            match self.connection.prepare_cached(sql) {
                Ok(mut statement) => body(self, &mut statement, scratch),
                Err(error) => Err(classify(error, None, None)),
            }
        } else {
            match self.connection.prepare(sql) {
                Ok(mut statement) => body(self, &mut statement, scratch),
                Err(error) => Err(classify(error, None, None)),
            }
        };
        match rows {
            Ok(rows) => {
                watch.done(sql, params.runs(), rows);
                Ok(())
            }
            Err(error) => Err(self.explain(error, sql)),
        }
    }

    fn runs(
        &self,
        number: usize,
        run: &Run,
        statement: &mut Statement<'_>,
        scratch: &mut String,
        work: &mut dyn Work,
    ) -> Result<u64> {
        if run.want == Want::Keys {
            return self.keys(number, run, statement, scratch, work);
        }
        let expected = statement.parameter_count();
        let silent = statement.column_count() == 0;
        let mut total = 0;
        let mut counts = false;
        for i in 0..run.params.runs() {
            self.check_cancelled()?;
            bind(&run.params, i, statement, expected, scratch)?;
            match run.want {
                Want::Rows => total += self.rows(number, statement, work)?,
                Want::Stream => total += self.stream(number, statement, scratch, work)?,
                Want::Count => {
                    let rows = self.changed_by(statement, silent, &mut counts)?;
                    work.count(number, i, rows)?;
                    total += rows;
                }
                Want::Nothing | Want::Keys => exhaust(statement, silent)?,
            }
        }
        Ok(total)
    }

    /// Inserts rows, and hands over the keys that they got: some at once.
    fn keys(
        &self,
        number: usize,
        run: &Run,
        statement: &mut Statement<'_>,
        scratch: &mut String,
        work: &mut dyn Work,
    ) -> Result<u64> {
        let expected = statement.parameter_count();
        let silent = statement.column_count() == 0;
        let (runs, mut keys) = (run.params.runs(), [0; 32]);
        for first in (0..runs).step_by(keys.len()) {
            let mut made = 0;
            let outcome: Result<()> = keys.iter_mut().zip(first..runs).try_for_each(|(key, i)| {
                self.check_cancelled()?;
                bind(&run.params, i, statement, expected, scratch)?;
                exhaust(statement, silent)?;
                *key = self.connection.last_insert_rowid();
                made += 1;
                Ok(())
            });
            // Those before a refused row, too.
            work.keys(number, first, &keys[..made])?;
            outcome?;
        }
        Ok(runs as u64)
    }

    #[inline]
    fn rows(
        &self,
        number: usize,
        statement: &mut Statement<'_>,
        work: &mut dyn Work,
    ) -> Result<u64> {
        let mut rows = statement.raw_query();
        let mut total = 0;
        while let Some(row) = rows.next().map_err(|error| classify(error, None, None))? {
            self.check_cancelled()?;
            work.row(number, &SqliteRow(row))?;
            total += 1;
        }
        Ok(total)
    }

    /// As [`Self::rows`], but waits between rows while nobody takes them.
    fn stream(
        &self,
        number: usize,
        statement: &mut Statement<'_>,
        scratch: &mut String,
        work: &mut dyn Work,
    ) -> Result<u64> {
        let waker = thread_waker();
        let mut cx = Context::from_waker(&waker);
        let mut rows = statement.raw_query();
        let mut total = 0;
        loop {
            self.check_cancelled()?;
            match work.poll_room(&mut cx) {
                Poll::Ready(Room::Row) => {}
                Poll::Ready(Room::Nothing) => return Ok(total),
                Poll::Ready(Room::Wave) => {
                    self.waves_beside(work, scratch)?;
                    continue;
                }
                Poll::Pending => {
                    std::thread::park();
                    continue;
                }
            }
            match rows.next().map_err(|error| classify(error, None, None))? {
                Some(row) => work.row(number, &SqliteRow(row))?,
                None => return Ok(total),
            }
            total += 1;
        }
    }

    /// Executes, and counts what it changed: SQLite's own count still speaks of the statement
    /// before, if this one changes nothing by its nature. `counts` remembers that it isn't so.
    #[inline]
    fn changed_by(
        &self,
        statement: &mut Statement<'_>,
        silent: bool,
        counts: &mut bool,
    ) -> Result<u64> {
        if silent && *counts {
            let changed = statement.raw_execute();
            return changed.map(|it| it as u64).map_err(|error| classify(error, None, None));
        }
        let before = self.connection.total_changes();
        exhaust(statement, silent)?;
        let changed = self.connection.total_changes() != before;
        *counts |= changed;
        Ok(if changed { self.connection.changes() } else { 0 })
    }

    /// Adds what the database's message leaves out: the statement, its table, and for a foreign key
    /// the columns that may be meant.
    #[cold]
    fn explain(&self, mut error: Error, sql: &Arc<str>) -> Error {
        if let Error::Database(error) = &mut error {
            error.sql.get_or_insert_with(|| Arc::clone(sql));
            super::classify::locate(error, sql, &self.connection);
        }
        error
    }
}

#[inline]
fn bind(
    params: &Params,
    run: usize,
    statement: &mut Statement<'_>,
    expected: usize,
    scratch: &mut String,
) -> Result<()> {
    let mut binder = StatementBinder { statement, bound: 0, expected, scratch };
    params.bind(run, &mut binder)?;
    binder.finish()
}

#[cold]
fn control_beside() -> Error {
    Error::Script("a transaction can't begin or end while one of its results is read".into())
}

/// Executes to the end; rows that nobody wants are passed over, if it isn't `silent` anyway.
#[inline]
fn exhaust(statement: &mut Statement<'_>, silent: bool) -> Result<()> {
    let refused = |error| classify(error, None, None);
    if silent {
        return statement.raw_execute().map(drop).map_err(refused);
    }
    let mut rows = statement.raw_query();
    while rows.next().map_err(refused)?.is_some() {}
    Ok(())
}

impl Drop for Executor {
    fn drop(&mut self) {
        self.roll_back();
    }
}

/// What a panic said.
pub(super) fn panicked(panic: &(dyn std::any::Any + Send)) -> Error {
    let text = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message");
    Error::Script(format!("a unit of work panicked: {text}").into())
}

/// An error for a connection whose thread is gone.
pub(super) fn lost(what: impl std::fmt::Display) -> Error {
    DatabaseError::new(Kind::ConnectionLost, format!("the connection is gone: {what}")).into()
}

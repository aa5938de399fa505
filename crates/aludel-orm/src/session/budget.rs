//! [`Budget`]: a promise of how many statements a session sends, and what keeps it.

use std::{
    any::Any,
    panic::Location,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
};

use aludel_core::value::Columns as Row;
use aludel_engine::{
    EngineFace, Result as EngineResult,
    driver::{Flow, Room, Step, Work},
};

use super::{Session, core::Core};
use crate::{Error, Result, error::BudgetExceeded};

/// A promise of how many statements a session sends, from [`Session::budget`]; it ends when this is
/// dropped.
#[derive(Debug)]
#[must_use = "the promise ends when this is dropped"]
pub struct Budget(Arc<Meter>);

impl Budget {
    /// How many statements were sent since.
    pub fn used(&self) -> usize {
        self.0.used.load(Ordering::Relaxed)
    }

    /// How many are left.
    pub fn left(&self) -> usize {
        self.0.limit - self.used()
    }
}

/// What counts the statements of a session.
#[derive(Debug)]
pub(crate) struct Meter {
    limit: usize,
    used: AtomicUsize,
    promised_at: &'static Location<'static>,
}

impl Meter {
    /// Counts statements that are about to be sent, or refuses them.
    fn charge(&self, steps: &[Step], called_at: &'static Location<'static>) -> Result<()> {
        let mut runs = steps.iter().filter_map(|it| match it {
            Step::Run(run) => Some(run),
            _ => None,
        });
        let left = self.limit - self.used.load(Ordering::Relaxed);
        if let Some(first) = runs.clone().nth(left) {
            let sql = first.statement.sql.clone();
            let (limit, promised_at) = (self.limit, self.promised_at);
            let error = BudgetExceeded { limit, sql, promised_at, called_at };
            return Err(Error::Budget(Box::new(error)));
        }
        self.used.fetch_add(runs.by_ref().count(), Ordering::Relaxed);
        Ok(())
    }
}

/// A script whose statements are counted.
struct Metered {
    work: Box<dyn Work>,
    meter: Arc<Meter>,
    called_at: &'static Location<'static>,
    /// Whether its first wave was counted before.
    is_charged: bool,
}

impl Work for Metered {
    fn wave(&mut self, out: &mut Vec<Step>) -> EngineResult<Flow> {
        let flow = self.work.wave(out)?;
        if !std::mem::take(&mut self.is_charged) {
            self.meter.charge(out, self.called_at)?;
        }
        Ok(flow)
    }

    fn row(&mut self, step: usize, row: &dyn Row) -> EngineResult<()> {
        self.work.row(step, row)
    }

    fn key(&mut self, step: usize, run: usize, key: i64) -> EngineResult<()> {
        self.work.key(step, run, key)
    }

    fn keys(&mut self, step: usize, first: usize, keys: &[i64]) -> EngineResult<()> {
        self.work.keys(step, first, keys)
    }

    fn count(&mut self, step: usize, run: usize, rows: u64) -> EngineResult<()> {
        self.work.count(step, run, rows)
    }

    fn poll_room(&mut self, cx: &mut Context<'_>) -> Poll<Room> {
        self.work.poll_room(cx)
    }

    fn at_once(&self) -> usize {
        self.work.at_once()
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any + Send> {
        self.work.into_any()
    }
}

impl<F: EngineFace> Session<F> {
    /// Promises that the session sends no more than so many statements while the guard lives: the call
    /// that would send another fails with [`Error::Budget`], which names the place of that call and of
    /// this one. A statement that is executed for many rows at once is one; BEGIN, COMMIT and the like
    /// are none. A new promise takes the place of the one before.
    ///
    /// A read that is refused changes nothing; a flush that is, fails.
    ///
    /// ```
    /// # use aludel_orm::{Error, session::Session};
    /// # fn example<F: aludel_engine::EngineFace>(session: &mut Session<F>) {
    /// let budget = session.budget(2);
    /// // … two queries, and not one more …
    /// println!("{} left", budget.left());
    /// # }
    /// ```
    #[track_caller]
    pub fn budget(&mut self, statements: usize) -> Budget {
        let promised_at = Location::caller();
        let meter = Meter { limit: statements, used: AtomicUsize::new(0), promised_at };
        let meter = Arc::new(meter);
        self.core().meter = Arc::downgrade(&meter);
        Budget(meter)
    }
}

impl Core {
    /// Remembers where the program called.
    #[track_caller]
    #[inline]
    pub(crate) fn called(&mut self) {
        self.called_at = Location::caller();
    }

    /// Whether statements are counted.
    #[inline]
    pub(crate) fn is_metered(&self) -> bool {
        self.meter.strong_count() != 0
    }

    /// Puts a script under the budget, if there is one.
    pub(crate) fn metered(&self, work: Box<dyn Work>) -> Box<dyn Work> {
        self.metered_from(work, false)
    }

    /// The same, where the first wave was counted before, by [`Self::charge`].
    pub(crate) fn metered_behind(&self, work: Box<dyn Work>) -> Box<dyn Work> {
        self.metered_from(work, true)
    }

    fn metered_from(&self, work: Box<dyn Work>, is_charged: bool) -> Box<dyn Work> {
        let called_at = self.called_at;
        match self.meter.upgrade() {
            Some(meter) => Box::new(Metered { work, meter, called_at, is_charged }),
            None => work,
        }
    }

    /// Counts one statement that runs by itself.
    pub(crate) fn charge(&self, run: &aludel_engine::driver::Run) -> Result<()> {
        match self.meter.upgrade() {
            Some(meter) => meter.charge(&[Step::Run(run.clone())], self.called_at),
            None => Ok(()),
        }
    }
}

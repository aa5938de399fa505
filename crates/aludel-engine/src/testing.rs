//! A driver that waits and fails on request, to test what is built on the engine.
//!
//! [`PendingDriver`] is SQLite behind the manners of a database over the network: each wave is sent
//! as a whole and pends, all of its answers arrive together, and pend again. Whatever works on it
//! doesn't rely on a driver that answers at once, nor on one that answers step by step.

#[cfg(test)]
mod tests;
mod wave;

use std::{
    any::Any,
    collections::VecDeque,
    pin::pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll, Waker},
};

use aludel_core::dialect::Dialect;

use crate::{
    DatabaseError, Error, Kind, Result, Url,
    driver::{
        ConnectOptions, Connecting, Connection, Control, Done, Driver, Face, Flow, Step, Work,
        once, sqlite::SqliteDriver,
    },
};
use wave::{Answer, wave};

/// SQLite that answers wave by wave, pends at every chance and fails on request.
#[derive(Clone, Debug, Default)]
pub struct PendingDriver(Arc<Faults>);

#[derive(Debug, Default)]
struct Faults {
    polls: AtomicU64,
    waves: AtomicU64,
    steps: AtomicU64,
    fail: Mutex<Option<(u64, Kind)>>,
}

impl PendingDriver {
    /// A driver without faults.
    pub fn new() -> Self {
        Self::default()
    }

    /// How often its connections were polled.
    pub fn polls(&self) -> u64 {
        self.0.polls.load(Ordering::Relaxed)
    }

    /// How many waves were sent: round trips of a database over the network.
    pub fn waves(&self) -> u64 {
        self.0.waves.load(Ordering::Relaxed)
    }

    /// How many steps were done, or failed on request.
    pub fn steps(&self) -> u64 {
        self.0.steps.load(Ordering::Relaxed)
    }

    /// Lets the `nth` step from now (0 is the next) fail with an error of this kind.
    pub fn fail_at(&self, nth: u64, kind: Kind) {
        *self.fault() = Some((self.steps() + nth, kind));
    }

    /// Forgets a fault that didn't happen yet.
    pub fn heal(&self) {
        *self.fault() = None;
    }

    fn fault(&self) -> std::sync::MutexGuard<'_, Option<(u64, Kind)>> {
        self.0.fail.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a step; fails where it was asked to.
    fn count(&self) -> Result<()> {
        let number = self.0.steps.fetch_add(1, Ordering::Relaxed);
        let mut fault = self.fault();
        match *fault {
            Some((at, kind)) if at == number => {
                *fault = None;
                Err(DatabaseError::new(kind, format!("injected at step {number}")).into())
            }
            _ => Ok(()),
        }
    }
}

impl Driver for PendingDriver {
    fn dialect(&self) -> &'static dyn Dialect {
        SqliteDriver.dialect()
    }

    fn check(&self, url: &Url) -> Result<()> {
        SqliteDriver.check(url)
    }

    fn connect(&self, url: &Url, options: &ConnectOptions) -> Connecting {
        let options = ConnectOptions { face: Face::Blocking, ..options.clone() };
        let opening = SqliteDriver.connect(url, &options);
        let driver = self.clone();
        Box::pin(async move {
            let sqlite = opening.await?;
            Ok(Box::new(PendingConnection { driver, sqlite, unit: None, pend: true }) as Box<_>)
        })
    }

    fn max_connections(&self, url: &Url) -> Option<usize> {
        SqliteDriver.max_connections(url)
    }
}

struct PendingConnection {
    driver: PendingDriver,
    sqlite: Box<dyn Connection>,
    unit: Option<Unit>,
    /// Whether the next poll pends, whatever there is to do.
    pend: bool,
}

struct Unit {
    work: Box<dyn Work>,
    /// The wave whose answers are still to be reported.
    answers: VecDeque<Answer>,
    /// How the wave ended.
    outcome: Result<()>,
    last: bool,
    /// A COMMIT went through: whatever happens now, that is the truth.
    committed: bool,
    ended: Option<Result<()>>,
}

impl PendingConnection {
    /// Does the next thing; `true` while there is more to do.
    fn advance(&mut self, cx: &mut Context<'_>) -> Poll<bool> {
        let Some(unit) = &mut self.unit else { return Poll::Pending };
        if unit.ended.is_some() {
            return Poll::Ready(false);
        }
        while let Some(answer) = unit.answers.front() {
            if let Answer::Row { step, stream: true, .. } = answer {
                let step = *step;
                match unit.work.poll_room(cx) {
                    Poll::Pending => return Poll::Pending,
                    Poll::Ready(true) => {}
                    Poll::Ready(false) => {
                        unit.answers.retain(
                            |it| !matches!(it, Answer::Row { step: of, .. } if *of == step),
                        );
                        continue;
                    }
                }
            }
            let reported = match unit.answers.pop_front() {
                Some(Answer::Row { step, row, .. }) => unit.work.row(step, &row),
                Some(Answer::Key { step, run, key }) => unit.work.key(step, run, key),
                Some(Answer::Count { step, run, rows }) => unit.work.count(step, run, rows),
                None => Ok(()),
            };
            if let Err(error) = reported {
                unit.ended = Some(Err(error));
                return Poll::Ready(false);
            }
        }
        if unit.last || unit.outcome.is_err() {
            unit.ended = Some(std::mem::replace(&mut unit.outcome, Ok(())));
            return Poll::Ready(false);
        }
        let mut steps = Vec::new();
        match unit.work.wave(&mut steps) {
            Err(error) => unit.outcome = Err(error),
            Ok(flow) => {
                unit.last = flow == Flow::Done;
                if !steps.is_empty() {
                    self.driver.0.waves.fetch_add(1, Ordering::Relaxed);
                    let commits =
                        steps.iter().any(|it| matches!(it, Step::Control(Control::Commit)));
                    (unit.answers, unit.outcome) = wave(&self.driver, &mut *self.sqlite, steps);
                    unit.committed |= commits && unit.outcome.is_ok();
                }
            }
        }
        Poll::Ready(true)
    }
}

impl Connection for PendingConnection {
    fn start(&mut self, work: Box<dyn Work>) {
        let answers = VecDeque::new();
        let (last, committed) = (false, false);
        self.unit = Some(Unit { work, answers, outcome: Ok(()), last, committed, ended: None });
        self.pend = true;
    }

    fn poll_done(&mut self, cx: &mut Context<'_>) -> Poll<Done> {
        self.driver.0.polls.fetch_add(1, Ordering::Relaxed);
        if std::mem::replace(&mut self.pend, false) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        match self.advance(cx) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(true) => {
                self.pend = true;
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            Poll::Ready(false) => match self.unit.take() {
                Some(Unit { work, ended: Some(result), .. }) => Poll::Ready((result, work)),
                unit => {
                    self.unit = unit;
                    Poll::Pending
                }
            },
        }
    }

    /// As what cleans up behind a database over the network: at once.
    fn cancel(&mut self) {
        let mut cx = Context::from_waker(Waker::noop());
        while self.unit.as_ref().is_some_and(|it| it.committed)
            && self.advance(&mut cx) == Poll::Ready(true)
        {}
        let Some(unit) = &mut self.unit else { return };
        if unit.ended.is_some() {
            return;
        }
        unit.answers.clear();
        unit.ended = Some(Err(Error::Cancelled));
        if self.sqlite.in_transaction() {
            let rollback = pin!(once(&mut *self.sqlite, [Step::Control(Control::Rollback)]));
            _ = rollback.poll(&mut cx);
        }
    }

    fn is_under_way(&self) -> bool {
        self.unit.is_some()
    }

    fn in_transaction(&self) -> bool {
        self.sqlite.in_transaction()
    }

    fn is_usable(&self) -> bool {
        self.sqlite.is_usable()
    }

    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}

/// Polls a future so many times and drops it then; its output, if it got that far.
///
/// With `n` from 0 upwards until it answers, a future is dropped at each of its await points.
pub fn poll_then_drop<F: Future>(future: F, n: usize) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut cx = Context::from_waker(Waker::noop());
    for _ in 0..n {
        if let Poll::Ready(it) = future.as_mut().poll(&mut cx) {
            return Some(it);
        }
    }
    None
}

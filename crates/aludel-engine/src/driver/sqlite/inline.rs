//! The blocking face's connection: scripts run on the caller's thread.
//!
//! Only a stream needs another thread, since it must stand still between two chunks: the connection
//! moves to a short-lived one, and comes home when the stream ends.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Waker},
    thread::Thread,
};

use aludel_core::value::Columns;
use rusqlite::InterruptHandle;

use super::{
    execute::{Executor, lost, panicked},
    gate::Gate,
    open::Target,
};
use crate::{
    Error, Result,
    driver::{ConnectOptions, Connection, Done, Flow, Params, Statement, Work},
};

/// A connection whose scripts run here and now.
pub(super) struct InlineConnection {
    /// `None` while a stream has it.
    home: Option<Executor>,
    away: Option<Arc<Away>>,
    cancelled: Arc<AtomicBool>,
    interrupt: InterruptHandle,
    gate: Option<Arc<Gate>>,
}

/// What the short-lived thread and the connection share.
#[derive(Default)]
struct Away(Mutex<Trip>);

#[derive(Default)]
struct Trip {
    executor: Option<Executor>,
    work: Option<Box<dyn Work>>,
    done: Option<Done>,
    waker: Option<Waker>,
    thread: Option<Thread>,
}

impl Away {
    fn lock(&self) -> MutexGuard<'_, Trip> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The short-lived thread.
    fn travel(&self) {
        let mut trip = self.lock();
        let (Some(mut executor), Some(mut work)) = (trip.executor.take(), trip.work.take()) else {
            return;
        };
        drop(trip);
        let ran = catch_unwind(AssertUnwindSafe(|| executor.advance(&mut *work)));
        let mut result = ran.unwrap_or_else(|panic| Err(panicked(&*panic)));
        let mut trip = loop {
            let trip = self.lock();
            // Under the lock, so that a cancel either is seen here or finds the unit done.
            if !(executor.cancelled().load(Ordering::Relaxed) && executor.in_transaction()) {
                break trip;
            }
            drop(trip);
            result = Err(Error::Cancelled);
            if !executor.roll_back() {
                break self.lock();
            }
        };
        trip.executor = Some(executor);
        trip.done = Some((result, work));
        let waker = trip.waker.take();
        drop(trip);
        waker.into_iter().for_each(Waker::wake);
    }
}

impl InlineConnection {
    pub(super) fn open(target: &Target, options: &ConnectOptions) -> Result<Self> {
        let executor = target.open(options)?;
        Ok(Self {
            away: None,
            cancelled: Arc::clone(executor.cancelled()),
            interrupt: executor.connection().get_interrupt_handle(),
            gate: executor.gate().cloned(),
            home: Some(executor),
        })
    }
}

impl Connection for InlineConnection {
    fn run_inline(&mut self, work: &mut dyn Work) -> Option<Result<()>> {
        self.home.as_mut().map(|it| it.advance(work))
    }

    fn query_inline(
        &mut self,
        statement: &Statement,
        params: &Params,
        row: &mut dyn FnMut(&dyn Columns) -> Result<Flow>,
    ) -> Option<Result<()>> {
        self.home.as_mut().map(|it| it.query(statement, params, row))
    }

    fn start(&mut self, work: Box<dyn Work>) {
        self.cancelled.store(false, Ordering::Relaxed);
        let away = Arc::new(Away::default());
        {
            let mut trip = away.lock();
            trip.executor = self.home.take();
            trip.work = Some(work);
        }
        let traveller = Arc::clone(&away);
        let spawned = std::thread::Builder::new()
            .name("aludel-sqlite-stream".into())
            .spawn(move || traveller.travel());
        let mut trip = away.lock();
        match spawned {
            Ok(handle) => trip.thread = Some(handle.thread().clone()),
            Err(error) => {
                // Nobody took it along, so it is still there.
                let work = trip.work.take();
                trip.done = work.map(|work| (Err(lost(error)), work));
            }
        }
        drop(trip);
        self.away = Some(away);
    }

    fn poll_done(&mut self, cx: &mut Context<'_>) -> Poll<Done> {
        let Some(away) = &self.away else { return Poll::Pending };
        let mut trip = away.lock();
        let Some(done) = trip.done.take() else {
            trip.waker = Some(cx.waker().clone());
            return Poll::Pending;
        };
        self.home = trip.executor.take();
        drop(trip);
        self.away = None;
        self.cancelled.store(false, Ordering::Relaxed);
        Poll::Ready(done)
    }

    fn cancel(&mut self) {
        let Some(away) = &self.away else { return };
        let trip = away.lock();
        self.cancelled.store(true, Ordering::Relaxed);
        if trip.done.is_none() {
            self.interrupt.interrupt();
            trip.thread.iter().for_each(Thread::unpark);
        }
        drop(trip);
        self.gate.iter().for_each(|it| it.nudge());
    }

    fn is_under_way(&self) -> bool {
        self.away.is_some()
    }

    fn in_transaction(&self) -> bool {
        match (&self.home, &self.away) {
            (Some(executor), _) => executor.in_transaction(),
            (None, Some(away)) => {
                away.lock().executor.as_ref().is_some_and(Executor::in_transaction)
            }
            (None, None) => false,
        }
    }

    fn is_usable(&self) -> bool {
        self.home.is_some() || self.away.is_some()
    }

    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}

impl Drop for InlineConnection {
    fn drop(&mut self) {
        self.cancel();
    }
}

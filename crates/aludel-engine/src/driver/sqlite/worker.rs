//! The async face's connection: a thread of its own, and one hop a unit of work.
//!
//! The hop is a slot under a mutex, an unpark there and a waker back: the connection is borrowed
//! mutably while a unit is under way, so there is never a queue, and no channel is faster.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    task::{Context, Poll, Waker},
    thread::Thread,
};

use rusqlite::InterruptHandle;

use super::{
    execute::{Executor, lost, panicked},
    gate::Gate,
    open::Target,
};
use crate::{
    Error, Result,
    driver::{ConnectOptions, Connection, Done, Work},
};

/// A connection whose scripts run on a thread of its own, which ends with it.
pub(super) struct WorkerConnection {
    slot: Arc<Slot>,
    thread: Thread,
    under_way: bool,
}

#[derive(Default)]
struct Slot {
    inner: Mutex<Inner>,
    in_transaction: AtomicBool,
}

#[derive(Default)]
struct Inner {
    job: Option<Box<dyn Work>>,
    done: Option<Done>,
    waker: Option<Waker>,
    /// The connection was dropped: the thread is to end.
    closing: bool,
    /// The thread has ended, or can't be trusted any more.
    broken: bool,
    opened: Option<Result<()>>,
    control: Option<Control>,
}

/// How to reach what runs on the thread.
struct Control {
    cancelled: Arc<AtomicBool>,
    interrupt: InterruptHandle,
    gate: Option<Arc<Gate>>,
}

impl Slot {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The thread, from its first to its last breath.
    fn work(&self, target: &Target, options: &ConnectOptions) {
        let opened = catch_unwind(AssertUnwindSafe(|| target.open(options)));
        let opened = opened.unwrap_or_else(|panic| Err(panicked(&*panic)));
        let mut inner = self.lock();
        let waker = inner.waker.take();
        let executor = match opened {
            Ok(executor) => {
                inner.control = Some(Control {
                    cancelled: Arc::clone(executor.cancelled()),
                    interrupt: executor.connection().get_interrupt_handle(),
                    gate: executor.gate().cloned(),
                });
                inner.opened = Some(Ok(()));
                Some(executor)
            }
            Err(error) => {
                inner.opened = Some(Err(error));
                inner.broken = true;
                None
            }
        };
        drop(inner);
        waker.into_iter().for_each(Waker::wake);
        if let Some(mut executor) = executor {
            while let Some(work) = self.next_job() {
                if !self.serve(&mut executor, work) {
                    break;
                }
            }
        }
    }

    fn next_job(&self) -> Option<Box<dyn Work>> {
        loop {
            let mut inner = self.lock();
            if inner.closing {
                return None;
            }
            if let Some(work) = inner.job.take() {
                return Some(work);
            }
            drop(inner);
            std::thread::park();
        }
    }

    /// Runs one unit and reports it home; whether there may be another.
    fn serve(&self, executor: &mut Executor, mut work: Box<dyn Work>) -> bool {
        let ran = catch_unwind(AssertUnwindSafe(|| executor.advance(&mut *work)));
        let mut result = ran.unwrap_or_else(|panic| Err(panicked(&*panic)));
        let mut broken = false;
        let mut inner = loop {
            let inner = self.lock();
            // Under the lock, so that a cancel either is seen here or finds the unit done.
            let cancelled = executor.cancelled().load(Ordering::Relaxed);
            if broken || !cancelled || !executor.in_transaction() {
                break inner;
            }
            drop(inner);
            result = Err(Error::Cancelled);
            broken = !executor.roll_back();
        };
        self.in_transaction.store(executor.in_transaction(), Ordering::Relaxed);
        inner.broken = broken;
        inner.done = Some((result, work));
        let waker = inner.waker.take();
        drop(inner);
        waker.into_iter().for_each(Waker::wake);
        !broken
    }
}

impl WorkerConnection {
    /// Starts the thread, which opens the database; [`Self::poll_opened`] tells how that went.
    pub(super) fn open(target: Target, options: ConnectOptions) -> Result<Self> {
        static NUMBER: AtomicU64 = AtomicU64::new(1);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let slot = Arc::new(Slot::default());
        let shared = Arc::clone(&slot);
        let handle = std::thread::Builder::new()
            .name(format!("aludel-sqlite-{number}"))
            .spawn(move || shared.work(&target, &options))
            .map_err(lost)?;
        Ok(Self { slot, thread: handle.thread().clone(), under_way: false })
    }

    pub(super) fn poll_opened(&mut self, cx: &mut Context<'_>) -> Poll<Result<()>> {
        let mut inner = self.slot.lock();
        match inner.opened.take() {
            Some(result) => Poll::Ready(result),
            None => {
                inner.waker = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }

    fn stop(&self, inner: MutexGuard<'_, Inner>) {
        if let Some(control) = &inner.control {
            control.cancelled.store(true, Ordering::Relaxed);
            if inner.done.is_none() {
                control.interrupt.interrupt();
            }
            let gate = control.gate.clone();
            drop(inner);
            gate.iter().for_each(|it| it.nudge());
        }
        self.thread.unpark();
    }
}

impl Connection for WorkerConnection {
    fn start(&mut self, work: Box<dyn Work>) {
        self.under_way = true;
        let mut inner = self.slot.lock();
        if inner.broken {
            inner.done = Some((Err(lost("an earlier rollback failed")), work));
            return;
        }
        if let Some(control) = &inner.control {
            control.cancelled.store(false, Ordering::Relaxed);
        }
        inner.job = Some(work);
        drop(inner);
        self.thread.unpark();
    }

    fn poll_done(&mut self, cx: &mut Context<'_>) -> Poll<Done> {
        let mut inner = self.slot.lock();
        match inner.done.take() {
            Some(done) => {
                self.under_way = false;
                Poll::Ready(done)
            }
            None => {
                if !inner.waker.as_ref().is_some_and(|it| it.will_wake(cx.waker())) {
                    inner.waker = Some(cx.waker().clone());
                }
                Poll::Pending
            }
        }
    }

    fn cancel(&mut self) {
        if self.under_way {
            self.stop(self.slot.lock());
        }
    }

    fn is_under_way(&self) -> bool {
        self.under_way
    }

    fn in_transaction(&self) -> bool {
        self.slot.in_transaction.load(Ordering::Relaxed)
    }

    fn is_usable(&self) -> bool {
        !self.slot.lock().broken
    }

    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}

impl Drop for WorkerConnection {
    fn drop(&mut self) {
        let mut inner = self.slot.lock();
        inner.closing = true;
        self.stop(inner);
    }
}

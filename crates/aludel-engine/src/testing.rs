//! A driver that waits and fails on request, to test what is built on the engine.
//!
//! [`PendingDriver`] is any driver behind the manners of a slow network: each wave is sent as a whole
//! and pends, all of its answers arrive together, and pend again; a stream's rows arrive in portions, as
//! they are taken. Whatever works on it doesn't rely on a driver that answers at once, nor on one that
//! answers step by step.

mod answers;
mod connection;
#[cfg(test)]
mod tests;
mod wave;

use std::{
    pin::pin,
    sync::{
        Arc, Condvar, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

use aludel_core::dialect::Dialect;

use crate::{
    DatabaseError, Error, Kind, Result, Url,
    driver::{ConnectOptions, Connecting, Driver, Face},
};
use connection::PendingConnection;

/// Any driver, but it answers wave by wave, pends at every chance and fails on request.
#[derive(Clone, Debug)]
pub struct PendingDriver {
    inner: Arc<dyn Driver>,
    face: Option<Face>,
    single: bool,
    faults: Arc<Faults>,
}

#[derive(Debug, Default)]
struct Faults {
    polls: AtomicU64,
    waves: AtomicU64,
    steps: AtomicU64,
    kills: AtomicU64,
    fail: Mutex<Option<(u64, Kind)>>,
}

impl Default for PendingDriver {
    fn default() -> Self {
        Self::new()
    }
}

impl PendingDriver {
    /// SQLite, inline, without faults.
    pub fn new() -> Self {
        Self::around(Arc::new(crate::driver::sqlite::SqliteDriver)).face(Face::Blocking)
    }

    /// Another driver, without faults.
    pub fn around(inner: Arc<dyn Driver>) -> Self {
        Self { inner, face: None, single: false, faults: Arc::default() }
    }

    /// Opens all connections as for this face, whichever engine asks: blocking programs run through
    /// what async ones use by that, or the other way round.
    #[must_use]
    pub fn face(mut self, face: Face) -> Self {
        self.face = Some(face);
        self
    }

    /// Sends the steps of a wave one by one, so that it pends between any two of them.
    #[must_use]
    pub fn step_by_step(mut self) -> Self {
        self.single = true;
        self
    }

    /// How often its connections were polled.
    pub fn polls(&self) -> u64 {
        self.faults.polls.load(Ordering::Relaxed)
    }

    /// How many waves were sent: round trips of a database over the network.
    pub fn waves(&self) -> u64 {
        self.faults.waves.load(Ordering::Relaxed)
    }

    /// How many steps were sent, or failed on request.
    pub fn steps(&self) -> u64 {
        self.faults.steps.load(Ordering::Relaxed)
    }

    /// Lets the `nth` step from now (0 is the next) fail with an error of this kind. The database
    /// doesn't see that step.
    pub fn fail_at(&self, nth: u64, kind: Kind) {
        *self.fault() = Some((self.steps() + nth, kind));
    }

    /// Forgets a fault that didn't happen yet.
    pub fn heal(&self) {
        *self.fault() = None;
    }

    /// Ends all connections that are open now, as a server does that is stopped. Each finds out at
    /// its next step: [`Kind::ConnectionLost`].
    pub fn kill(&self) {
        self.faults.kills.fetch_add(1, Ordering::Relaxed);
    }

    fn fault(&self) -> std::sync::MutexGuard<'_, Option<(u64, Kind)>> {
        self.faults.fail.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts steps; how many of them go before the one that was asked to fail, and its error.
    fn count(&self, steps: usize) -> (usize, Option<Error>) {
        let before = self.faults.steps.load(Ordering::Relaxed);
        let mut fault = self.fault();
        let (good, error) = match *fault {
            Some((at, kind)) if (before..before + steps as u64).contains(&at) => {
                *fault = None;
                let error = DatabaseError::new(kind, format!("injected at step {at}"));
                ((at - before) as usize, Some(error.into()))
            }
            _ => (steps, None),
        };
        let counted = good as u64 + u64::from(error.is_some());
        self.faults.steps.fetch_add(counted, Ordering::Relaxed);
        (good, error)
    }
}

impl Driver for PendingDriver {
    fn dialect(&self) -> &'static dyn Dialect {
        self.inner.dialect()
    }

    fn check(&self, url: &Url) -> Result<()> {
        self.inner.check(url)
    }

    fn connect(&self, url: &Url, options: &ConnectOptions) -> Connecting {
        let face = self.face.unwrap_or(options.face);
        let opening = self.inner.connect(url, &ConnectOptions { face, ..options.clone() });
        let driver = self.clone();
        Box::pin(
            async move { Ok(Box::new(PendingConnection::new(driver, opening.await?)) as Box<_>) },
        )
    }

    fn restarts_to_write(&self) -> bool {
        self.inner.restarts_to_write()
    }

    fn max_connections(&self, url: &Url) -> Option<usize> {
        self.inner.max_connections(url)
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

/// The same for a driver whose answers take their time: between two polls it waits until the future
/// asks for the next.
pub fn wait_then_drop<F: Future>(future: F, n: usize) -> Option<F::Output> {
    #[derive(Default)]
    struct Bell(Mutex<bool>, Condvar);

    impl Wake for Bell {
        fn wake(self: Arc<Self>) {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
            self.1.notify_one();
        }
    }

    let mut future = pin!(future);
    let bell = Arc::new(Bell::default());
    let waker = Waker::from(Arc::clone(&bell));
    let mut cx = Context::from_waker(&waker);
    for n in (0..n).rev() {
        if let Poll::Ready(it) = future.as_mut().poll(&mut cx) {
            return Some(it);
        }
        let mut rung = bell.0.lock().unwrap_or_else(PoisonError::into_inner);
        while n > 0 && !*rung {
            rung = bell.1.wait(rung).unwrap_or_else(PoisonError::into_inner);
        }
        *rung = false;
    }
    None
}

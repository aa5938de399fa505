//! The pool: a bounded number of connections, handed out one at a time.
//!
//! A connection that comes back in the middle of a unit or of a transaction is told at once to roll
//! back ([`abandon`]), so that it holds no lock; it is handed out again only once it is home. That
//! waiting is done here and not in the pool's own recycling, which throws a connection away when
//! the waiting is given up: `:memory:` would lose its database.

mod ledger;
#[cfg(all(test, feature = "sqlite"))]
mod tests;

use std::{
    future::poll_fn,
    ops::{Deref, DerefMut},
    pin::pin,
    sync::Arc,
    task::Poll,
    time::Duration,
};

use deadpool::managed::{self, Metrics, Object, PoolError, RecycleResult};
use futures_timer::Delay;

use crate::{
    Error, Result,
    driver::{ConnectOptions, Connection, Control, Driver, Step, abandon, once, settle},
    url::Url,
};
use ledger::{Ledger, Ticket};

/// Opens the connections.
#[derive(Debug)]
struct Manager {
    driver: Arc<dyn Driver>,
    url: Url,
    options: ConnectOptions,
}

impl managed::Manager for Manager {
    type Type = Box<dyn Connection>;
    type Error = Error;

    async fn create(&self) -> Result<Box<dyn Connection>> {
        self.driver.connect(&self.url, &self.options).await
    }

    async fn recycle(&self, _: &mut Box<dyn Connection>, _: &Metrics) -> RecycleResult<Error> {
        Ok(())
    }
}

/// How many connections an engine has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PoolStatus {
    /// How many there may be.
    pub max_size: usize,
    /// How many are open.
    pub size: usize,
    /// How many of them wait to be taken out.
    pub available: usize,
    /// How many tasks or threads wait for one.
    pub waiting: usize,
}

pub(crate) struct Pool {
    inner: managed::Pool<Manager>,
    timeout: Duration,
    ledger: Arc<Ledger>,
}

impl Pool {
    pub(crate) fn new(
        driver: Arc<dyn Driver>,
        url: Url,
        options: ConnectOptions,
        size: usize,
        timeout: Duration,
    ) -> Self {
        let inner = managed::Pool::builder(Manager { driver, url, options })
            .max_size(size)
            .build()
            .expect("only a pool with timeouts of its own needs a runtime");
        Self { inner, timeout, ledger: Arc::default() }
    }

    pub(crate) fn status(&self) -> PoolStatus {
        let managed::Status { max_size, size, available, waiting, .. } = self.inner.status();
        PoolStatus { max_size, size, available, waiting }
    }

    pub(crate) fn dispose(&self) {
        self.inner.retain(|_, _| false);
    }

    pub(crate) async fn checkout(&self) -> Result<Pooled> {
        match within(self.timeout, self.take()).await {
            Some(result) => result,
            None => Err(self.timed_out()),
        }
    }

    async fn take(&self) -> Result<Pooled> {
        loop {
            let object = self.inner.get().await.map_err(|error| match error {
                PoolError::Backend(error) => error,
                other => Error::PoolTimeout(other.to_string().into()),
            })?;
            let mut pooled =
                Pooled { object: Some(object), _ticket: Ledger::check_out(&self.ledger) };
            settle(&mut *pooled).await;
            if pooled.is_usable() && pooled.in_transaction() {
                let rollback = once(&mut *pooled, [Step::Control(Control::Rollback)]).await;
                if rollback.is_err() {
                    pooled.discard();
                    continue;
                }
            }
            if pooled.is_usable() {
                return Ok(pooled);
            }
        }
    }

    #[cold]
    fn timed_out(&self) -> Error {
        let PoolStatus { max_size, .. } = self.status();
        let (out, longest) = self.ledger.outstanding();
        let manager = self.inner.manager();
        let (timeout, url) = (self.timeout, &manager.url);
        let reason = if manager.driver.max_connections(url) == Some(1) {
            format!(
                "`{url}` is a database within one connection, which has been out for {longest:.1?}; \
                 waited {timeout:?}. Drop the session or connection that holds it, or use a \
                 temporary file, whose pool can hold several"
            )
        } else {
            format!(
                "{out} of {max_size} connections to `{url}` are out, the longest for \
                 {longest:.1?}; waited {timeout:?}. Drop sessions that are done with, or set a \
                 larger `pool_size`"
            )
        };
        Error::PoolTimeout(reason.into())
    }
}

/// A connection taken out of an engine's pool. It goes back when it is dropped; a unit under way is
/// cancelled, and an open transaction rolled back.
pub struct Pooled {
    object: Option<Object<Manager>>,
    _ticket: Ticket,
}

impl Pooled {
    /// Closes the connection instead of giving it back.
    pub fn discard(mut self) {
        if let Some(object) = self.object.take() {
            drop(Object::take(object));
        }
    }
}

impl Deref for Pooled {
    type Target = dyn Connection;

    fn deref(&self) -> &Self::Target {
        &***self.object.as_ref().expect("the connection is there until the drop")
    }
}

impl DerefMut for Pooled {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut ***self.object.as_mut().expect("the connection is there until the drop")
    }
}

impl std::fmt::Debug for Pooled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let under_way = self.object.as_ref().is_some_and(|it| it.is_under_way());
        f.debug_struct("Pooled").field("under_way", &under_way).finish_non_exhaustive()
    }
}

impl Drop for Pooled {
    fn drop(&mut self) {
        let Some(mut object) = self.object.take() else { return };
        abandon(&mut **object);
        if !object.is_usable() {
            drop(Object::take(object));
        }
    }
}

/// A year: clocks overflow somewhere beyond.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 3600);

/// Waits for a future, but not longer than this. The timer starts only if there is need to wait.
async fn within<F: Future>(limit: Duration, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut timer = None;
    poll_fn(|cx| {
        if let Poll::Ready(it) = future.as_mut().poll(cx) {
            return Poll::Ready(Some(it));
        }
        let timer = timer.get_or_insert_with(|| Delay::new(limit.min(LONGEST)));
        std::pin::Pin::new(timer).poll(cx).map(|()| None)
    })
    .await
}

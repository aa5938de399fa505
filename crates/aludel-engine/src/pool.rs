//! The pool: a bounded number of connections, handed out one at a time.
//!
//! The `deadpool` underneath hands out *places*. Who is in a place is this module's business: an
//! empty one gets a connection, one that is too old or dead is replaced, and whoever is beyond
//! `pool_size` is closed when it comes back. So only the wait for a place counts as waiting.
//!
//! A connection that comes back in the middle of a unit or of a transaction is told at once to roll
//! back, so that it holds no lock; it is handed out again only once it is home.

mod events;
mod ledger;
mod member;
mod options;
mod pooled;
#[cfg(all(test, feature = "sqlite"))]
mod tests;

pub(crate) use events::Events;
pub use events::{ConnectionInfo, NewConnection};
pub(crate) use options::PoolOptions;
pub use pooled::Pooled;

use std::{future::poll_fn, pin::pin, sync::Arc, task::Poll, time::Duration};

use deadpool::managed::{self, Metrics, PoolError, QueueMode, RecycleResult};
use futures_timer::Delay;

use crate::{
    DatabaseError, Error, Kind, ResetOnReturn, Result,
    driver::{ConnectOptions, Driver},
    url::Url,
};
use ledger::Ledger;
use member::{Family, Member};

/// Makes places.
struct Manager {
    shared: Shared,
}

struct Shared {
    options: PoolOptions,
    ledger: Arc<Ledger>,
    family: Arc<Family>,
}

impl managed::Manager for Manager {
    type Type = Option<Member>;
    type Error = Error;

    async fn create(&self) -> Result<Option<Member>> {
        Ok(None)
    }

    async fn recycle(&self, _: &mut Option<Member>, _: &Metrics) -> RecycleResult<Error> {
        Ok(())
    }
}

/// How many connections an engine has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PoolStatus {
    /// How many there may be: `pool_size` and `max_overflow` together.
    pub max_size: usize,
    /// How many are open, or being opened.
    pub size: usize,
    /// How many of them are beyond `pool_size`.
    pub overflow: usize,
    /// How many are out, or on their way.
    pub out: usize,
    /// How many wait to be taken out.
    pub available: usize,
    /// How many tasks or threads wait for one.
    pub waiting: usize,
}

pub(crate) struct Pool {
    inner: managed::Pool<Manager>,
    driver: Arc<dyn Driver>,
    url: Url,
    connect: ConnectOptions,
}

impl Pool {
    pub(crate) fn new(
        driver: Arc<dyn Driver>,
        url: Url,
        connect: ConnectOptions,
        options: PoolOptions,
    ) -> Self {
        let places = options.size + options.overflow;
        let order = if options.lifo { QueueMode::Lifo } else { QueueMode::Fifo };
        let shared = Shared { options, ledger: Arc::default(), family: Arc::default() };
        let inner = managed::Pool::builder(Manager { shared })
            .max_size(places)
            .queue_mode(order)
            .build()
            .expect("only a pool with timeouts of its own needs a runtime");
        Self { inner, driver, url, connect }
    }

    /// A pool for another driver, as this one is but for what the driver says.
    pub(crate) fn around(&self, driver: Arc<dyn Driver>) -> Self {
        let limited = self.shared().options.limited(driver.max_connections(&self.url));
        let options = PoolOptions { reset: ResetOnReturn::Rollback, ..limited };
        Self::new(driver, self.url.clone(), self.connect.clone(), options)
    }

    fn shared(&self) -> &Shared {
        &self.inner.manager().shared
    }

    pub(crate) fn events(&self) -> &Events {
        &self.shared().family.events
    }

    pub(crate) fn status(&self) -> PoolStatus {
        let Shared { options, ledger, .. } = self.shared();
        let managed::Status { max_size, size, waiting, .. } = self.inner.status();
        let out = ledger.out();
        let overflow = size.saturating_sub(options.size);
        PoolStatus { max_size, size, overflow, out, available: size.saturating_sub(out), waiting }
    }

    pub(crate) fn dispose(&self) {
        let Shared { ledger, family, .. } = self.shared();
        family.invalidate(family.generation());
        ledger.closed(self.inner.retain(|_, _| false).removed.len());
    }

    pub(crate) async fn checkout(&self) -> Result<Pooled> {
        let Shared { options, ledger, .. } = self.shared();
        let place = match within(options.checkout_timeout, self.inner.get()).await {
            Some(Ok(place)) => place,
            Some(Err(PoolError::Backend(error))) => return Err(error),
            Some(Err(other)) => return Err(Error::PoolTimeout(other.to_string().into())),
            None => return Err(self.timed_out()),
        };
        let ticket = Ledger::check_out(ledger, place.is_some());
        let mut pooled = Pooled::new(place, ticket);
        if !self.wakes_up(&mut pooled).await? {
            pooled.put(None);
            pooled.put(Some(self.open().await?));
        }
        pooled.hand_out();
        Ok(pooled)
    }

    /// Puts a new connection in the place of one that is of no use any more.
    pub(crate) async fn renew(&self, pooled: &mut Pooled) -> Result<()> {
        pooled.put(Some(self.open().await?));
        Ok(())
    }

    /// Whether there is a connection in this place, at home and good for another turn.
    async fn wakes_up(&self, pooled: &mut Pooled) -> Result<bool> {
        let options = &self.shared().options;
        let Some(member) = pooled.member().filter(|it| it.is_fit(options)) else {
            return Ok(false);
        };
        match within(options.checkout_timeout, member.come_home(options)).await {
            Some(Ok(())) => {}
            Some(Err(_)) => return Ok(false),
            None if options.one => return Err(self.not_home()),
            None => return Ok(false),
        }
        if options.pre_ping {
            let answer = within(self.connect.connect_timeout, member.ping()).await;
            return Ok(matches!(answer, Some(Ok(()))));
        }
        Ok(member.is_fit(options))
    }

    async fn open(&self) -> Result<Member> {
        let family = &self.shared().family;
        // What is found dead while this one is being opened may be older, or may not.
        let generation = family.generation();
        let limit = self.connect.connect_timeout;
        let opened = within(limit, async {
            let connection = self.driver.connect(&self.url, &self.connect).await?;
            let mut member = Member::new(connection, family, generation);
            member.prepare().await?;
            Ok(member)
        });
        opened.await.unwrap_or_else(|| {
            let text = format!(
                "`{}` did not answer within {limit:?}: look at the host, the port and the firewall, \
                 or set a longer `connect_timeout`",
                self.url
            );
            Err(DatabaseError::new(Kind::ConnectionRefused, text).into())
        })
    }

    #[cold]
    fn timed_out(&self) -> Error {
        let Shared { options, ledger, .. } = self.shared();
        let (out, longest) = ledger.outstanding();
        let (timeout, url) = (options.checkout_timeout, &self.url);
        let reason = if options.one {
            format!(
                "`{url}` is a database within one connection, which has been out for {longest:.1?}; \
                 waited {timeout:?}. Drop the session or connection that holds it, or use a \
                 temporary file, whose pool can hold several"
            )
        } else {
            let (all, overflow) = (options.size + options.overflow, options.overflow);
            format!(
                "{out} of {all} connections to `{url}` are out ({overflow} of the {all} are \
                 overflow), the longest for {longest:.1?}; waited {timeout:?}. Drop sessions that \
                 are done with, end transactions before waiting for something else, or set a \
                 larger `pool_size` or `max_overflow`"
            )
        };
        Error::PoolTimeout(reason.into())
    }

    #[cold]
    fn not_home(&self) -> Error {
        let (timeout, url) = (self.shared().options.checkout_timeout, &self.url);
        let reason = format!(
            "the one connection to `{url}` is still busy with a unit of work that was cancelled; \
             waited {timeout:?}"
        );
        Error::PoolTimeout(reason.into())
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

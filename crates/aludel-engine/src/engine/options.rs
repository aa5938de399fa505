//! [`EngineOptions`].

use std::time::Duration;

use crate::{
    Result,
    driver::{ConnectOptions, Driver, Face},
    log::StatementLog,
    pool::PoolOptions,
    url::{Unit, Url, UrlOptions},
};

/// How an engine pools and opens its connections.
///
/// # Example
/// ```
/// use std::time::Duration;
/// use aludel_engine::EngineOptions;
///
/// let options = EngineOptions::new()
///     .pool_size(20)
///     .max_overflow(0)
///     .checkout_timeout(Duration::from_secs(5))
///     .recycle(Duration::from_secs(3600))
///     .pre_ping(true);
/// ```
#[derive(Clone, Debug)]
pub struct EngineOptions {
    pub(super) pool: PoolOptions,
    connect_timeout: Option<Duration>,
    busy_timeout: Option<Duration>,
    lock_timeout: Option<Duration>,
    statement_timeout: Option<Duration>,
    statement_cache: usize,
    prepared_statements: bool,
}

impl Default for EngineOptions {
    fn default() -> Self {
        Self {
            pool: PoolOptions::default(),
            connect_timeout: None,
            busy_timeout: None,
            lock_timeout: None,
            statement_timeout: None,
            statement_cache: 128,
            prepared_statements: true,
        }
    }
}

/// What happens to a connection when it comes back to the pool.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ResetOnReturn {
    /// An open transaction is rolled back, so that it holds no lock. Where none is open, nothing
    /// is sent.
    #[default]
    Rollback,
    /// Nothing, for poolers and proxies that do it. A transaction that is still open then is rolled
    /// back when the connection is taken out the next time.
    Nothing,
    /// The same as `Rollback`, and then these statements, for settings that must not outlive their
    /// user: `DISCARD ALL`, `RESET ALL`. A connection on which one fails is replaced.
    Sql(Vec<String>),
}

impl EngineOptions {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many connections the pool keeps open: 5; from 1 to 10,000. SQLite's `:memory:` has one
    /// always.
    #[must_use]
    pub fn pool_size(mut self, connections: usize) -> Self {
        self.pool.size = connections.clamp(1, 10_000);
        self
    }

    /// How many more there may be while they are needed: 10. They are closed when they come back and
    /// `pool_size` wait already.
    #[must_use]
    pub fn max_overflow(mut self, connections: usize) -> Self {
        self.pool.overflow = connections.min(10_000);
        self
    }

    /// How long to wait for a connection when all are out: 30 seconds.
    #[must_use]
    pub fn checkout_timeout(mut self, timeout: Duration) -> Self {
        self.pool.checkout_timeout = timeout;
        self
    }

    /// How long the opening of a connection may take, and a ping: 10 seconds, or what the URL says
    /// (`connect_timeout`, in seconds).
    #[must_use]
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = Some(timeout);
        self
    }

    /// Replaces connections that are older than this when they are taken out; by default they may
    /// grow as old as they like. For servers and firewalls that close old connections.
    #[must_use]
    pub fn recycle(mut self, age: Duration) -> Self {
        self.pool.recycle = Some(age);
        self
    }

    /// Closes connections that nobody has used for so long; by default they are kept. The pool looks
    /// when connections come and go.
    #[must_use]
    pub fn idle_timeout(mut self, timeout: Duration) -> Self {
        self.pool.idle_timeout = Some(timeout);
        self
    }

    /// Asks a connection whether it is alive (`SELECT 1`) each time it is taken out, and replaces it
    /// if it isn't. Off by default, as it costs a round trip.
    #[must_use]
    pub fn pre_ping(mut self, on: bool) -> Self {
        self.pool.pre_ping = on;
        self
    }

    /// What happens to connections that come back.
    #[must_use]
    pub fn reset_on_return(mut self, reset: ResetOnReturn) -> Self {
        self.pool.reset = reset;
        self
    }

    /// Takes out the connection that came back last, so that the others stay unused and reach their
    /// `idle_timeout`. By default they are used in turn.
    #[must_use]
    pub fn lifo(mut self, on: bool) -> Self {
        self.pool.lifo = on;
        self
    }

    /// How long SQLite waits for a lock that somebody else holds: 5 seconds, or what the URL says.
    #[must_use]
    pub fn busy_timeout(mut self, timeout: Duration) -> Self {
        self.busy_timeout = Some(timeout);
        self
    }

    /// How long a statement waits for a lock that somebody else holds; by default what the server
    /// says. For SQLite it is the `busy_timeout`.
    #[must_use]
    pub fn lock_timeout(mut self, timeout: Duration) -> Self {
        self.lock_timeout = Some(timeout);
        self
    }

    /// How long a statement may run; by default what the server says. SQLite has no such limit, and
    /// refuses to connect with one.
    #[must_use]
    pub fn statement_timeout(mut self, timeout: Duration) -> Self {
        self.statement_timeout = Some(timeout);
        self
    }

    /// How many statements each connection keeps prepared: 128.
    #[must_use]
    pub fn statement_cache(mut self, statements: usize) -> Self {
        self.statement_cache = statements;
        self
    }

    /// Whether statements are prepared on the server under a name: they are, if nothing is said.
    /// Switch it off behind a pooler that gives each transaction another connection, such as
    /// PgBouncer in transaction mode.
    #[must_use]
    pub fn prepared_statements(mut self, on: bool) -> Self {
        self.prepared_statements = on;
        self
    }

    /// What the driver gets to know; the engine's options count for more than the URL's.
    pub(super) fn to_connect(
        &self,
        url: &Url,
        face: Face,
        log: StatementLog,
    ) -> Result<ConnectOptions> {
        let mut of_url = UrlOptions::new(url);
        let busy = of_url.duration("busy_timeout", Unit::Milliseconds)?;
        let connect = of_url.duration("connect_timeout", Unit::Seconds)?;
        // To libpq, which named it, zero is no limit.
        let connect = connect.map(|it| if it.is_zero() { Duration::MAX } else { it });
        let default = Duration::from_secs(5);
        Ok(ConnectOptions {
            face,
            busy_timeout: self.busy_timeout.or(self.lock_timeout).or(busy).unwrap_or(default),
            lock_timeout: self.lock_timeout,
            statement_timeout: self.statement_timeout,
            connect_timeout: self.connect_timeout.or(connect).unwrap_or(Duration::from_secs(10)),
            statement_cache: self.statement_cache,
            prepared_statements: self.prepared_statements,
            log,
        })
    }

    /// What the pool gets to know: a database within one connection has one that is never replaced.
    pub(super) fn to_pool(&self, driver: &dyn Driver, url: &Url) -> PoolOptions {
        self.pool.limited(driver.max_connections(url))
    }
}

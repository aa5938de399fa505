//! [`EngineOptions`].

use std::time::Duration;

use crate::{
    Result,
    driver::{ConnectOptions, Driver, Face, Isolation},
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
    isolation: Option<Isolation>,
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
            isolation: None,
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

    /// How much transactions that don't say so may notice of others: the server's own setting, if
    /// nothing is said. SQLite's are serializable always, and it refuses anything else.
    #[must_use]
    pub fn isolation(mut self, isolation: Isolation) -> Self {
        self.isolation = Some(isolation);
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
            isolation: self.isolation,
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

#[cfg(all(test, feature = "sqlite"))]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::{blocking, driver::sqlite::SqliteDriver};

    fn connect(url: &str, options: EngineOptions) -> ConnectOptions {
        let url = Url::parse(url).unwrap();
        options.to_connect(&url, Face::Async, StatementLog::default()).unwrap()
    }

    #[test]
    fn the_engine_s_options_count_for_more_than_the_url_s() {
        let seconds = Duration::from_secs;
        let set = EngineOptions::new().connect_timeout(seconds(1)).busy_timeout(seconds(2));
        for (url, options, timeout, busy) in [
            ("sqlite:x", EngineOptions::new(), seconds(10), seconds(5)),
            ("mysql://h?connect_timeout=3", EngineOptions::new(), seconds(3), seconds(5)),
            ("mysql://h?connect_timeout=0", EngineOptions::new(), Duration::MAX, seconds(5)),
            ("sqlite:x?busy_timeout=7000", EngineOptions::new(), seconds(10), seconds(7)),
            ("mysql://h?connect_timeout=3&busy_timeout=7s", set, seconds(1), seconds(2)),
            ("sqlite:x", EngineOptions::new().lock_timeout(seconds(9)), seconds(10), seconds(9)),
        ] {
            let options = connect(url, options);
            assert_eq!((options.connect_timeout, options.busy_timeout), (timeout, busy), "{url}");
        }
        let url = Url::parse("mysql://h?connect_timeout=soon").unwrap();
        let log = StatementLog::default();
        let error = EngineOptions::new().to_connect(&url, Face::Async, log).unwrap_err();
        assert!(error.to_string().contains("`connect_timeout` should be a number of seconds"));
    }

    #[test]
    fn what_is_for_the_server_is_handed_on() {
        let second = Duration::from_secs(1);
        let options = EngineOptions::new()
            .lock_timeout(second)
            .statement_timeout(second * 2)
            .prepared_statements(false)
            .statement_cache(7);
        let options = connect("mysql://h", options);
        assert_eq!(options.lock_timeout, Some(second));
        assert_eq!(options.statement_timeout, Some(second * 2));
        assert_eq!((options.prepared_statements, options.statement_cache), (false, 7));
        let defaults = connect("mysql://h", EngineOptions::new());
        assert_eq!((defaults.lock_timeout, defaults.statement_timeout), (None, None));
        assert!(defaults.prepared_statements);
    }

    #[test]
    fn sqlite_refuses_what_it_can_not_keep() {
        let options = EngineOptions::new().statement_timeout(Duration::from_secs(1));
        let engine = blocking::Engine::with_options("sqlite::memory:", options).unwrap();
        let error = engine.connect().unwrap_err().to_string();
        assert!(error.contains("SQLite has no time-out for statements"), "{error}");
    }

    #[test]
    fn sizes_stay_within_what_a_driver_allows() {
        let pool = |url: &str, size, overflow| {
            let options = EngineOptions::new().pool_size(size).max_overflow(overflow);
            let pool = options.to_pool(&SqliteDriver, &Url::parse(url).unwrap());
            (pool.size, pool.overflow, pool.one)
        };
        assert_eq!(pool("sqlite:x", 0, 0), (1, 0, false));
        assert_eq!(pool("sqlite:x", 3, usize::MAX), (3, 10_000, false));
        assert_eq!(pool("sqlite::memory:", 3, 4), (1, 0, true));
    }
}

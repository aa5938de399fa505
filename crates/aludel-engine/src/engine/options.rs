//! [`EngineOptions`].

use std::time::Duration;

/// How an engine pools and opens its connections.
///
/// # Example
/// ```
/// use std::time::Duration;
/// use aludel_engine::EngineOptions;
///
/// let options = EngineOptions::new().pool_size(20).checkout_timeout(Duration::from_secs(5));
/// ```
#[derive(Clone, Debug)]
pub struct EngineOptions {
    pub(super) pool_size: usize,
    pub(super) checkout_timeout: Duration,
    pub(super) busy_timeout: Option<Duration>,
    pub(super) statement_cache: usize,
}

impl Default for EngineOptions {
    fn default() -> Self {
        Self {
            pool_size: 10,
            checkout_timeout: Duration::from_secs(30),
            busy_timeout: None,
            statement_cache: 128,
        }
    }
}

impl EngineOptions {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many connections the pool may hold: 10; from 1 to 10,000. SQLite's `:memory:` has one
    /// always.
    #[must_use]
    pub fn pool_size(mut self, connections: usize) -> Self {
        self.pool_size = connections.clamp(1, 10_000);
        self
    }

    /// How long to wait for a connection: 30 seconds.
    #[must_use]
    pub fn checkout_timeout(mut self, timeout: Duration) -> Self {
        self.checkout_timeout = timeout;
        self
    }

    /// How long to wait for a lock that somebody else holds: 5 seconds, or what the URL says.
    #[must_use]
    pub fn busy_timeout(mut self, timeout: Duration) -> Self {
        self.busy_timeout = Some(timeout);
        self
    }

    /// How many statements each connection keeps prepared: 128.
    #[must_use]
    pub fn statement_cache(mut self, statements: usize) -> Self {
        self.statement_cache = statements;
        self
    }
}

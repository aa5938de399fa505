//! [`PoolOptions`]: what of an engine's options is the pool's.

use std::time::Duration;

use crate::ResetOnReturn;

#[derive(Clone, Debug)]
pub(crate) struct PoolOptions {
    /// How many may wait in the pool.
    pub(crate) size: usize,
    /// How many more there may be.
    pub(crate) overflow: usize,
    pub(crate) checkout_timeout: Duration,
    pub(crate) recycle: Option<Duration>,
    pub(crate) idle_timeout: Option<Duration>,
    pub(crate) pre_ping: bool,
    pub(crate) reset: ResetOnReturn,
    pub(crate) lifo: bool,
    /// The database lives within one connection, which is kept by all means.
    pub(crate) one: bool,
}

impl Default for PoolOptions {
    fn default() -> Self {
        Self {
            size: 5,
            overflow: 10,
            checkout_timeout: Duration::from_secs(30),
            recycle: None,
            idle_timeout: None,
            pre_ping: false,
            reset: ResetOnReturn::default(),
            lifo: false,
            one: false,
        }
    }
}

impl PoolOptions {
    /// The same within what a driver allows.
    pub(crate) fn limited(&self, max: Option<usize>) -> Self {
        let max = max.unwrap_or(usize::MAX);
        let size = self.size.min(max);
        let overflow = self.overflow.min(max - size);
        let pre_ping = self.pre_ping && max != 1;
        Self { size, overflow, pre_ping, one: max == 1, ..self.clone() }
    }
}

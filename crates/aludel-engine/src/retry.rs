//! [`Retry`]: how often, and after which pause, a transaction is run again that met another one.

use std::{
    hash::{BuildHasher, RandomState},
    time::Duration,
};

use crate::Error;

/// Counts the attempts at a transaction and says how long to wait before the next.
///
/// The pauses double from one millisecond to a quarter of a second at most, each drawn at random
/// from the upper half, so that two transactions that met don't meet again.
///
/// # Example
/// ```
/// use aludel_engine::{DatabaseError, Error, Kind, retry::Retry};
///
/// let mut retry = Retry::new(1);
/// let deadlock = Error::from(DatabaseError::new(Kind::Deadlock, "deadlock found"));
/// assert!(retry.pause_after(&deadlock).is_some());
/// assert!(retry.pause_after(&deadlock).is_none(), "one retry was allowed");
/// ```
#[derive(Clone, Debug)]
pub struct Retry {
    left: u32,
    pause: Duration,
    random: RandomState,
}

impl Retry {
    /// Allows so many attempts after the first.
    pub fn new(retries: u32) -> Self {
        Self { left: retries, pause: Duration::from_millis(1), random: RandomState::new() }
    }

    /// How long to wait before the next attempt; `None` if the error isn't one that another attempt
    /// cures ([`Error::is_retryable`]), or no attempt is left.
    pub fn pause_after(&mut self, error: &Error) -> Option<Duration> {
        if error.is_retryable() { self.pause() } else { None }
    }

    /// How long to wait before the next attempt; `None` if none is left.
    pub fn pause(&mut self) -> Option<Duration> {
        self.left = self.left.checked_sub(1)?;
        let whole = self.pause;
        self.pause = (whole * 2).min(Duration::from_millis(250));
        let random = f64::from(self.random.hash_one(self.left) as u32) / f64::from(u32::MAX);
        Some(whole.mul_f64(0.5 + random / 2.0))
    }
}

/// Waits, on any executor and on the blocking face.
pub async fn sleep(pause: Duration) {
    futures_timer::Delay::new(pause).await;
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::{DatabaseError, Integrity, Kind};

    #[test]
    fn pauses_grow_to_a_limit_and_end() {
        let mut retry = Retry::new(20);
        let pauses: Vec<_> = std::iter::from_fn(|| retry.pause()).collect();
        assert_eq!(pauses.len(), 20);
        let mut whole = Duration::from_millis(1);
        for pause in pauses {
            assert!(pause >= whole / 2 && pause <= whole, "{pause:?} of {whole:?}");
            whole = (whole * 2).min(Duration::from_millis(250));
        }
    }

    #[test]
    fn only_meetings_are_retried() {
        let error = |kind| Error::from(DatabaseError::new(kind, ""));
        for kind in [Kind::Serialization, Kind::Deadlock, Kind::Busy] {
            assert!(Retry::new(1).pause_after(&error(kind)).is_some());
        }
        for kind in [
            Kind::Integrity(Integrity::Unique),
            Kind::Syntax,
            Kind::Interrupted,
            Kind::ConnectionLost,
            Kind::LockTimeout,
            Kind::StatementTimeout,
        ] {
            assert!(Retry::new(1).pause_after(&error(kind)).is_none());
        }
        assert!(Retry::new(1).pause_after(&Error::Cancelled).is_none());
    }
}

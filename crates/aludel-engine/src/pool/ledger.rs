//! [`Ledger`]: which connections are out, and since when, for the message of a time-out.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

#[derive(Default)]
pub(super) struct Ledger(Mutex<Out>);

#[derive(Default)]
struct Out {
    next: u64,
    since: Vec<(u64, Instant)>,
}

/// A connection that is out, for as long as this lives.
pub(super) struct Ticket {
    ledger: Arc<Ledger>,
    number: u64,
}

impl Ledger {
    pub(super) fn check_out(ledger: &Arc<Self>) -> Ticket {
        let now = Instant::now();
        let mut out = ledger.0.lock().unwrap_or_else(PoisonError::into_inner);
        out.next += 1;
        let number = out.next;
        out.since.push((number, now));
        Ticket { ledger: Arc::clone(ledger), number }
    }

    /// How many are out, and for how long the one is that has been out longest.
    pub(super) fn outstanding(&self) -> (usize, Duration) {
        let out = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let longest = out.since.iter().map(|(_, since)| since.elapsed()).max();
        (out.since.len(), longest.unwrap_or_default())
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let mut out = self.ledger.0.lock().unwrap_or_else(PoisonError::into_inner);
        out.since.retain(|(number, _)| *number != self.number);
    }
}

//! [`Ledger`]: which connections are out, since when, and how many wait in the pool.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

#[derive(Default)]
pub(super) struct Ledger(Mutex<Entries>);

#[derive(Default)]
struct Entries {
    next: u64,
    out: Vec<(u64, Instant)>,
    /// How many wait to be taken out.
    idle: usize,
}

/// A place that is taken, for as long as this lives.
pub(super) struct Ticket {
    ledger: Arc<Ledger>,
    number: u64,
}

impl Ledger {
    /// Notes a place as taken; `idle` says whether a connection waited in it.
    pub(super) fn check_out(ledger: &Arc<Self>, idle: bool) -> Ticket {
        let now = Instant::now();
        let mut entries = ledger.lock();
        entries.next += 1;
        let number = entries.next;
        entries.out.push((number, now));
        entries.idle -= usize::from(idle);
        Ticket { ledger: Arc::clone(ledger), number }
    }

    /// How many are out, and for how long the one is that has been out longest.
    pub(super) fn outstanding(&self) -> (usize, Duration) {
        let entries = self.lock();
        let longest = entries.out.iter().map(|(_, since)| since.elapsed()).max();
        (entries.out.len(), longest.unwrap_or_default())
    }

    pub(super) fn out(&self) -> usize {
        self.lock().out.len()
    }

    /// Notes that so many who waited are gone.
    pub(super) fn closed(&self, idle: usize) {
        self.lock().idle -= idle;
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ticket {
    /// Notes that the connection comes back to wait, unless so many wait already: then `false`.
    pub(super) fn may_wait(&self, at_most: usize) -> bool {
        let mut entries = self.ledger.lock();
        let room = entries.idle < at_most;
        entries.idle += usize::from(room);
        room
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let mut entries = self.ledger.lock();
        if let Some(at) = entries.out.iter().position(|(number, _)| *number == self.number) {
            entries.out.swap_remove(at);
        }
    }
}

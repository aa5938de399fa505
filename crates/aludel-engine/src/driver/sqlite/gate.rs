//! The queue of writers: one for each database file in this process.
//!
//! SQLite has one writer at a time, and lets the others poll for the lock. Waiting here instead, on
//! the thread where the unit runs, wakes the next one at once. Whoever releases may enter again
//! before those who wait (barging): a fair hand-over costs a thread switch for each transaction.
//! The busy time-out stays for other processes.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use crate::{Error, Result};

/// One file's queue.
#[derive(Default)]
pub(super) struct Gate {
    holder: Mutex<Option<Holder>>,
    released: Condvar,
}

struct Holder {
    since: Instant,
    thread: String,
}

/// The right to write; given back when it is dropped.
pub(super) struct Pass(Arc<Gate>);

/// Which file it is: however the path was written, and through links.
#[derive(PartialEq, Eq, Hash)]
enum Key {
    #[cfg(unix)]
    Inode(u64, u64),
    Path(PathBuf),
}

static GATES: Mutex<Option<HashMap<Key, Weak<Gate>>>> = Mutex::new(None);

/// The queue of a file that is there.
pub(super) fn of_file(path: &Path) -> Arc<Gate> {
    let key = key(path);
    let mut gates = GATES.lock().unwrap_or_else(PoisonError::into_inner);
    let gates = gates.get_or_insert_default();
    if let Some(gate) = gates.get(&key).and_then(Weak::upgrade) {
        return gate;
    }
    gates.retain(|_, gate| gate.strong_count() > 0);
    let gate = Arc::new(Gate::default());
    gates.insert(key, Arc::downgrade(&gate));
    gate
}

fn key(path: &Path) -> Key {
    #[cfg(unix)]
    if let Ok(found) = path.metadata() {
        use std::os::unix::fs::MetadataExt;
        return Key::Inode(found.dev(), found.ino());
    }
    Key::Path(
        path.canonicalize().or_else(|_| std::path::absolute(path)).unwrap_or_else(|_| path.into()),
    )
}

impl Gate {
    /// Waits for the right to write, until the deadline or until `cancelled` is set
    /// ([`Gate::nudge`] makes the waiting look).
    pub(super) fn enter(self: &Arc<Self>, limit: Duration, cancelled: &AtomicBool) -> Result<Pass> {
        let mut holder = self.lock();
        let mut deadline = None;
        while let Some(other) = &*holder {
            if cancelled.load(Ordering::Relaxed) {
                return Err(Error::Cancelled);
            }
            let now = Instant::now();
            let left = match *deadline.get_or_insert_with(|| now.checked_add(limit)) {
                // A limit beyond what a clock can say is none.
                None => Duration::from_secs(3600),
                Some(deadline) => deadline.saturating_duration_since(now),
            };
            if left.is_zero() {
                return Err(other.in_the_way(limit));
            }
            holder =
                self.released.wait_timeout(holder, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        let thread = std::thread::current();
        let thread = thread.name().map_or_else(|| format!("{:?}", thread.id()), str::to_owned);
        *holder = Some(Holder { since: Instant::now(), thread });
        Ok(Pass(Arc::clone(self)))
    }

    /// Makes those who wait look at their `cancelled`.
    pub(super) fn nudge(&self) {
        drop(self.lock());
        self.released.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Option<Holder>> {
        self.holder.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Holder {
    #[cold]
    fn in_the_way(&self, limit: Duration) -> Error {
        let held = self.since.elapsed();
        Error::Busy(
            format!(
                "another transaction of this process has been writing for {held:.1?} (on thread \
                 `{}`); waited {limit:?}. Commit it, or begin this one read-only; two sessions of \
                 one task that both write wait for each other for ever",
                self.thread
            )
            .into(),
        )
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        *self.0.lock() = None;
        self.0.released.notify_one();
    }
}

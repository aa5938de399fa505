//! [`Stop`]: what a unit of work is told from outside, and what it tells about itself.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    task::Poll,
};

use crate::{
    Error, Result,
    driver::{Room, Work},
};

/// What a unit of work is told from outside, and what it tells about itself.
#[derive(Debug, Default)]
pub(crate) struct Stop {
    cancelled: AtomicBool,
    stalled: AtomicBool,
    killed: AtomicBool,
}

impl Stop {
    /// Whether nobody waits for the unit any more.
    pub(crate) fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }

    /// Between steps and rows: ends a unit that nobody waits for.
    ///
    /// # Errors
    /// [`Error::Cancelled`]
    #[inline]
    pub(crate) fn check(&self) -> Result<()> {
        if self.is_cancelled() { Err(Error::Cancelled) } else { Ok(()) }
    }

    /// Waits until somebody takes rows; nobody does once the unit is cancelled.
    pub(crate) async fn room(&self, work: &mut dyn Work) -> Room {
        std::future::poll_fn(|cx| {
            let polled = match self.is_cancelled() {
                true => Poll::Ready(Room::Nothing),
                false => work.poll_room(cx),
            };
            self.stalled.store(polled.is_pending(), Ordering::Relaxed);
            polled
        })
        .await
    }

    /// Whether the unit waits for somebody to take rows.
    pub(super) fn is_stalled(&self) -> bool {
        self.stalled.load(Ordering::Relaxed)
    }

    pub(super) fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    /// Ends the unit wherever it is, when it is polled next; its client is of no use afterwards.
    pub(super) fn kill(&self) {
        self.killed.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_killed(&self) -> bool {
        self.killed.load(Ordering::Relaxed)
    }
}

/// Polls a future once, to get it on its way; `None` while it isn't done.
#[cfg(feature = "postgres")]
pub(crate) async fn poll_once<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
    std::future::poll_fn(|cx: &mut std::task::Context<'_>| {
        Poll::Ready(match std::pin::Pin::new(&mut *future).poll(cx) {
            Poll::Ready(it) => Some(it),
            Poll::Pending => None,
        })
    })
    .await
}

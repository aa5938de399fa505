//! [`Home`]: where a connection lives: the program's runtime, or a small one of its own.

use std::{
    pin::pin,
    task::{Context, Poll, Waker},
};

use tokio::runtime::{Builder, Handle, Runtime};

use super::Boxed;
use crate::{Error, Result, driver::Face};

/// Where a connection lives.
#[derive(Debug)]
pub(crate) enum Home {
    /// In the program's own runtime, for async programs.
    Program(Handle),
    /// In a runtime of its own, driven by whichever thread calls. It is there until the drop.
    Own(Option<Runtime>),
}

impl Home {
    /// Where a new connection is to live.
    ///
    /// # Errors
    /// The async face outside of tokio's runtime, or the blocking one inside.
    pub(super) fn of(face: Face) -> Result<Self> {
        match face {
            Face::Async => Handle::try_current().map(Self::Program).map_err(|_| {
                Error::InvalidRequest(
                    "a network database's async engine has to be used within tokio's runtime; \
                     without one, use the `blocking` engine and session"
                        .into(),
                )
            }),
            Face::Blocking => {
                refuse_within_runtime()?;
                let runtime = Builder::new_current_thread().enable_all().build();
                runtime.map(|it| Self::Own(Some(it))).map_err(|error| {
                    Error::Script(format!("no runtime for the connection: {error}").into())
                })
            }
        }
    }

    /// Runs the opening of a connection.
    pub(super) async fn enter<T>(&self, open: impl Future<Output = Result<T>>) -> Result<T> {
        match self {
            Self::Program(_) => open.await,
            Self::Own(_) => self.block_on(open)?,
        }
    }

    /// Drives a future on this thread.
    ///
    /// # Errors
    /// The thread drives another runtime already: blocking it could wait for ever.
    pub(super) fn block_on<F: Future>(&self, future: F) -> Result<F::Output> {
        refuse_within_runtime()?;
        match self {
            Self::Own(Some(runtime)) => Ok(runtime.block_on(future)),
            Self::Own(None) | Self::Program(_) => Err(super::lost("its runtime has ended")),
        }
    }

    /// Lets a future go on by itself; with a runtime of its own, it is driven to its end here.
    pub(super) fn spawn(&self, future: Boxed<()>) {
        match self {
            Self::Program(handle) => drop(handle.spawn(future)),
            Self::Own(_) => drop(self.block_on(future)),
        }
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        // A plain drop would panic where blocking is not allowed.
        if let Self::Own(runtime) = self
            && let Some(runtime) = runtime.take()
        {
            runtime.shutdown_background();
        }
    }
}

/// Refuses to block a thread that drives a runtime.
///
/// Threads for blocking work (`spawn_blocking`) know a runtime, too, but drive none: tokio gives
/// tasks, and only them, a budget of polls, which is how the two are told apart.
fn refuse_within_runtime() -> Result<()> {
    if Handle::try_current().is_err() || !has_budget() {
        return Ok(());
    }
    Err(Error::InvalidRequest(
        "the blocking engine can't be used within an async runtime, whose thread it would block: \
         use `aludel::Engine` and `aludel::Session` there, or move the work to \
         `tokio::task::spawn_blocking`"
            .into(),
    ))
}

/// Whether this thread's polls are counted: more in a row than tokio allows a task.
fn has_budget() -> bool {
    let mut cx = Context::from_waker(Waker::noop());
    (0..1_000).any(|_| {
        let spent = pin!(tokio::task::consume_budget()).poll(&mut cx);
        matches!(spent, Poll::Pending)
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn tasks_are_told_from_threads() {
        assert!(refuse_within_runtime().is_ok());
        let runtime = Builder::new_multi_thread().worker_threads(1).build().unwrap();
        runtime.block_on(async {
            assert!(refuse_within_runtime().is_err(), "the root of a runtime");
            let task = tokio::spawn(async { refuse_within_runtime().is_err() });
            assert!(task.await.unwrap(), "a task");
            let blocking = tokio::task::spawn_blocking(|| refuse_within_runtime().is_ok());
            assert!(blocking.await.unwrap(), "a thread for blocking work");
        });
        let runtime = Builder::new_current_thread().build().unwrap();
        runtime.block_on(async { assert!(refuse_within_runtime().is_err()) });
        let _guard = runtime.enter();
        assert!(refuse_within_runtime().is_ok(), "a runtime that is known, but not driven");
    }
}

//! Running a script on a connection: the only generic code between the ORM and a driver.

use std::{
    any::Any,
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll},
};

use super::{Connection, Done, Flow, Step, Work};
use crate::Result;

/// Runs a unit of work and hands it back with what it took in.
///
/// Dropping the future cancels the unit ([`Connection::cancel`]); the connection then settles at
/// the next call. Inline there is neither an allocation nor anything to drop in the middle.
///
/// # Errors
/// The first error of a step, or of the script itself; the script is gone
/// ([`run_returning`] keeps it).
pub async fn run<W: Work>(connection: &mut dyn Connection, work: W) -> Result<W> {
    let (result, work) = run_returning(connection, work).await;
    result.map(|()| work)
}

/// Runs a unit of work and hands it back, whether it succeeded or not.
///
/// A unit of an earlier, dropped future that is still under way is waited for, and its outcome
/// dropped: whoever needs to know it calls [`settle`] first.
pub async fn run_returning<W: Work>(
    connection: &mut dyn Connection,
    mut work: W,
) -> (Result<()>, W) {
    if connection.is_under_way() {
        settle(connection).await;
    }
    if let Some(result) = connection.run_inline(&mut work) {
        return (result, work);
    }
    let (result, work) = run_boxed(connection, Box::new(work)).await;
    (result, *work)
}

/// As [`run_returning`] for a connection that has nothing under way and doesn't run this inline.
pub async fn run_boxed<W: Work>(
    connection: &mut dyn Connection,
    work: Box<W>,
) -> (Result<()>, Box<W>) {
    connection.start(work);
    let (result, work) = Pending { connection, done: false }.await;
    let work =
        work.into_any().downcast().expect("a driver hands back the script that it was given");
    (result, work)
}

/// As [`run_returning`], for a script of whatever type.
pub async fn run_any(connection: &mut dyn Connection, mut work: Box<dyn Work>) -> Done {
    if connection.is_under_way() {
        settle(connection).await;
    }
    if let Some(result) = connection.run_inline(&mut *work) {
        return (result, work);
    }
    connection.start(work);
    Pending { connection, done: false }.await
}

/// Waits for a unit whose future was dropped, and tells how it ended; `None` if there is none.
///
/// Dropping this future changes nothing: the unit was cancelled already, if at all.
pub async fn settle(connection: &mut dyn Connection) -> Option<Done> {
    if !connection.is_under_way() {
        return None;
    }
    Some(poll_fn(|cx| connection.poll_done(cx)).await)
}

/// Does a few steps whose answers don't matter.
///
/// # Errors
/// The first error of a step.
pub async fn once(
    connection: &mut dyn Connection,
    steps: impl IntoIterator<Item = Step>,
) -> Result<()> {
    run(connection, Once(steps.into_iter().collect())).await.map(drop)
}

/// Does a few steps without waiting for them: `None` if they are under way then.
pub(crate) fn start_once(connection: &mut dyn Connection, steps: Vec<Step>) -> Option<Result<()>> {
    let mut once = Once(steps);
    let done = connection.run_inline(&mut once);
    if done.is_none() {
        connection.start(Box::new(once));
        connection.detach();
    }
    done
}

struct Once(Vec<Step>);

impl Work for Once {
    fn wave(&mut self, out: &mut Vec<Step>) -> Result<Flow> {
        out.append(&mut self.0);
        Ok(if out.is_empty() { Flow::Done } else { Flow::More })
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any + Send> {
        self
    }
}

/// Waits for what was started; cancels it when dropped before.
struct Pending<'c> {
    connection: &'c mut dyn Connection,
    done: bool,
}

impl Future for Pending<'_> {
    type Output = Done;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Done> {
        let polled = self.connection.poll_done(cx);
        self.done = polled.is_ready();
        polled
    }
}

impl Drop for Pending<'_> {
    fn drop(&mut self) {
        if !self.done {
            self.connection.cancel();
        }
    }
}

//! SQLite, bundled: inline on the blocking face, on a thread of its own on the async face.
//!
//! `execute` is the hot loop and the same for both; `inline` and `worker` are where it runs; `gate`
//! is the queue of writers.

mod classify;
mod collation;
mod execute;
#[cfg(feature = "rust_decimal")]
mod functions;
mod gate;
mod inline;
mod open;
mod row;
#[cfg(test)]
mod tests;
mod worker;

use std::{
    future::poll_fn,
    task::{Context, Poll},
};

use aludel_core::dialect::{Dialect, Sqlite};

use super::{ConnectOptions, Connecting, Connection, Driver, Face};
use crate::{Error, Result, url::Url};
use inline::InlineConnection;
use worker::WorkerConnection;

/// Connects to SQLite.
///
/// Options in the URL: `mode` (`ro`, `rw`, `rwc`, which is the default, or `memory`) and
/// `busy_timeout` (milliseconds, or with a unit: `2s`).
///
/// Foreign keys are enforced; files use write-ahead logging with `synchronous = NORMAL`. Transactions
/// that begin [`Immediate`](super::Begin::IMMEDIATE) queue for their turn to write, file by file and
/// throughout the process; a deferred one that writes after all waits as for another process: up to
/// the busy time-out, which a cancel can't cut short.
#[derive(Clone, Copy, Debug, Default)]
pub struct SqliteDriver;

impl Driver for SqliteDriver {
    fn dialect(&self) -> &'static dyn Dialect {
        &Sqlite
    }

    fn check(&self, url: &Url) -> Result<()> {
        open::Target::of(url).map(drop)
    }

    fn connect(&self, url: &Url, options: &ConnectOptions) -> Connecting {
        let target = open::Target::of(url);
        let options = options.clone();
        Box::pin(async move {
            let target = target?;
            if options.statement_timeout.is_some() {
                return Err(Error::InvalidRequest(
                    "SQLite has no time-out for statements: leave out `statement_timeout` for it, \
                     and drop the future of a statement that takes too long"
                        .into(),
                ));
            }
            match options.face {
                Face::Blocking => {
                    Ok(Box::new(InlineConnection::open(&target, &options)?) as Box<dyn Connection>)
                }
                Face::Async => {
                    let mut opening = Some(WorkerConnection::open(target, options)?);
                    poll_fn(|cx| poll_open(&mut opening, cx)).await
                }
            }
        })
    }

    fn restarts_to_write(&self) -> bool {
        true
    }

    fn max_connections(&self, url: &Url) -> Option<usize> {
        open::Target::of(url).is_ok_and(|it| it.is_memory()).then_some(1)
    }
}

fn poll_open(
    opening: &mut Option<WorkerConnection>,
    cx: &mut Context<'_>,
) -> Poll<Result<Box<dyn Connection>>> {
    let polled = opening.as_mut().map_or(Poll::Ready(Ok(())), |it| it.poll_opened(cx));
    match (polled, opening.take()) {
        (Poll::Ready(Ok(())), Some(connection)) => Poll::Ready(Ok(Box::new(connection))),
        (Poll::Ready(Err(error)), _) => Poll::Ready(Err(error)),
        (_, connection) => {
            *opening = connection;
            Poll::Pending
        }
    }
}

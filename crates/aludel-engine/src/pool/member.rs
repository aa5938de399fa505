//! [`Member`]: a connection, and what its pool knows of it.

use std::{
    any::Any,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
    time::Instant,
};

use aludel_core::value::Columns;

use super::{
    ConnectionInfo,
    events::{Events, NewConnection},
    options::PoolOptions,
};
use crate::{
    Error, Kind, ResetOnReturn, Result,
    driver::{
        Connection, Control, Done, Flow, Params, Run, Statement, Step, Want, Work, once, settle,
        start_once,
    },
};

/// What all members share with their pool.
#[derive(Default)]
pub(super) struct Family {
    pub(super) events: Events,
    /// Who is of an earlier generation is replaced before it is used again.
    generation: AtomicU64,
    opened: AtomicU64,
}

impl Family {
    pub(super) fn generation(&self) -> u64 {
        self.generation.load(Ordering::Relaxed)
    }

    /// All connections of this generation are to be replaced. That several of them are found dead
    /// is one event: those that were opened since then are left alone.
    pub(super) fn invalidate(&self, generation: u64) {
        let ordering = Ordering::Relaxed;
        _ = self.generation.compare_exchange(generation, generation + 1, ordering, ordering);
    }
}

pub(super) struct Member {
    connection: Box<dyn Connection>,
    info: ConnectionInfo,
    family: Arc<Family>,
    generation: u64,
    returned: Option<Instant>,
    reset: Reset,
}

/// How far the reset is that follows a return.
#[derive(Clone, Copy, PartialEq)]
enum Reset {
    Done,
    /// Its steps were sent.
    Sent,
    /// A cancelled unit must come to its end first.
    Due,
    Failed,
}

impl Member {
    #[cfg(all(test, feature = "sqlite"))]
    pub(super) fn info(&self) -> &ConnectionInfo {
        &self.info
    }

    /// Takes a connection in; the listeners' statements are to be executed by [`Self::prepare`].
    pub(super) fn new(
        connection: Box<dyn Connection>,
        family: &Arc<Family>,
        generation: u64,
    ) -> Self {
        let id = family.opened.fetch_add(1, Ordering::Relaxed) + 1;
        let (info, family) = (ConnectionInfo::new(id), Arc::clone(family));
        Self { connection, info, family, generation, returned: None, reset: Reset::Done }
    }

    /// Tells the listeners, and does what they want of a new connection.
    pub(super) async fn prepare(&mut self) -> Result<()> {
        let mut new = NewConnection::new(&self.info);
        self.family.events.connect.call(|listener| listener(&mut new));
        let statements = new.into_statements();
        if statements.is_empty() { Ok(()) } else { once(self, steps(&statements)).await }
    }

    /// Tells the listeners that it is handed out.
    pub(super) fn taken_out(&mut self) {
        self.info.taken_out();
        self.family.events.checkout.call(|listener| listener(&self.info));
    }

    /// Tells the listeners that it is back.
    pub(super) fn given_back(&self) {
        self.family.events.checkin.call(|listener| listener(&self.info));
    }

    /// Whether it may be used again, as far as can be told without asking it.
    pub(super) fn is_fit(&self, options: &PoolOptions) -> bool {
        let young = options.recycle.is_none_or(|limit| self.info.age() < limit);
        let wanted = match (options.idle_timeout, self.returned) {
            (Some(limit), Some(returned)) => returned.elapsed() < limit,
            _ => true,
        };
        let current = self.generation == self.family.generation();
        self.reset != Reset::Failed
            && self.connection.is_usable()
            && (options.one || (young && wanted && current))
    }

    /// Sees to it that nothing stays open behind somebody who is done with it, without waiting: what
    /// can't be done at once goes on where the connection lives.
    pub(super) fn come_back(&mut self, options: &PoolOptions) {
        if options.idle_timeout.is_some() {
            self.returned = Some(Instant::now());
        }
        if self.is_under_way() {
            self.cancel();
            let mut cx = Context::from_waker(std::task::Waker::noop());
            if self.poll_done(&mut cx).is_pending() {
                self.reset = Reset::Due;
                return;
            }
        }
        let steps = self.reset_steps(&options.reset);
        if !steps.is_empty() && self.is_usable() {
            self.reset = match start_once(self, steps) {
                None => Reset::Sent,
                Some(Ok(())) => Reset::Done,
                Some(Err(_)) => Reset::Failed,
            };
        }
    }

    /// Waits until whatever was under way at its return is over; it is outside any transaction then.
    ///
    /// # Errors
    /// What was under way failed, and the connection is not to be used any more.
    pub(super) async fn come_home(&mut self, options: &PoolOptions) -> Result<()> {
        let done = settle(self).await;
        let reset = std::mem::replace(&mut self.reset, Reset::Done);
        if let (Reset::Sent, Some((Err(error), _))) = (reset, done) {
            return Err(error);
        }
        let steps = match reset {
            Reset::Due => self.reset_steps(&options.reset),
            _ => Vec::new(),
        };
        if !steps.is_empty() {
            once(self, steps).await?;
        }
        if self.in_transaction() {
            once(self, [Step::Control(Control::Rollback)]).await?;
        }
        Ok(())
    }

    /// Asks it whether it is alive. If it isn't, the others of its generation aren't trusted either.
    pub(super) async fn ping(&mut self) -> Result<()> {
        let result = once(self, steps(&["SELECT 1"])).await;
        if result.is_err() {
            self.family.invalidate(self.generation);
        }
        result
    }

    fn reset_steps(&self, reset: &ResetOnReturn) -> Vec<Step> {
        let rollback = self.in_transaction().then_some(Step::Control(Control::Rollback));
        match reset {
            ResetOnReturn::Nothing => Vec::new(),
            ResetOnReturn::Rollback => rollback.into_iter().collect(),
            ResetOnReturn::Sql(statements) => {
                rollback.into_iter().chain(steps(statements)).collect()
            }
        }
    }

    fn notice(&self, result: &Result<()>) {
        if let Err(error) = result {
            self.notice_error(error);
        }
    }

    #[cold]
    fn notice_error(&self, error: &Error) {
        if error.kind() == Some(Kind::ConnectionLost) {
            self.family.invalidate(self.generation);
        }
    }
}

pub(super) fn steps(statements: &[impl AsRef<str>]) -> Vec<Step> {
    let step = |sql: &str| {
        let (statement, params) = (Statement::once(sql), Params::none());
        Step::Run(Run { statement, params, want: Want::Nothing })
    };
    statements.iter().map(|it| step(it.as_ref())).collect()
}

/// The connection itself, whose errors are looked at as they pass.
impl Connection for Member {
    fn run_inline(&mut self, work: &mut dyn Work) -> Option<Result<()>> {
        let result = self.connection.run_inline(work)?;
        self.notice(&result);
        Some(result)
    }

    fn query_inline(
        &mut self,
        statement: &Statement,
        params: &Params,
        row: &mut dyn FnMut(&dyn Columns) -> Result<Flow>,
    ) -> Option<Result<()>> {
        let result = self.connection.query_inline(statement, params, row)?;
        self.notice(&result);
        Some(result)
    }

    fn start(&mut self, work: Box<dyn Work>) {
        self.connection.start(work);
    }

    fn poll_done(&mut self, cx: &mut Context<'_>) -> Poll<Done> {
        let polled = self.connection.poll_done(cx);
        if let Poll::Ready((result, _)) = &polled {
            self.notice(result);
        }
        polled
    }

    fn cancel(&mut self) {
        self.connection.cancel();
    }

    fn detach(&mut self) {
        self.connection.detach();
    }

    fn is_under_way(&self) -> bool {
        self.connection.is_under_way()
    }

    fn in_transaction(&self) -> bool {
        self.connection.in_transaction()
    }

    fn is_failed(&self) -> bool {
        self.connection.is_failed()
    }

    fn is_usable(&self) -> bool {
        self.connection.is_usable()
    }

    fn as_any(&mut self) -> &mut dyn Any {
        self.connection.as_any()
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        self.family.events.close.call(|listener| listener(&self.info));
    }
}

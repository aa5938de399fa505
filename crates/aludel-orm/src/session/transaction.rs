//! The session's transaction: when it begins, what ends it, and how objects are taken back.

use std::{any::Any, sync::Arc};

use aludel_engine::{
    Pooled, Result as EngineResult,
    driver::{self, Begin, Control, Flow, Step, Work},
    retry::{Retry, sleep},
};

use super::{
    core::{Core, InFlight},
    nested::{self, Level},
};
use crate::{
    Error, Result,
    events::SessionEvent,
    object::{log::Event, reference::Ref, state::State},
};

/// Where a session's transaction stands.
#[derive(Debug, Default)]
pub(crate) struct Transaction {
    /// What was begun on the database; nothing before the first statement.
    pub(crate) begun: Option<Begin>,
    /// What `begin()` asked for; the session began by itself where it is nothing.
    pub(crate) asked: Option<Begin>,
    /// Whether something was written.
    pub(crate) wrote: bool,
    /// The name of a transaction that is committed in two phases.
    pub(crate) xid: Option<Arc<str>>,
    /// Whether the end of its first phase was asked for.
    preparing: bool,
    /// Whether its first phase is over.
    pub(crate) prepared: bool,
    /// Whether the program has done something in it, though nothing of that may be left.
    pub(crate) entered: bool,
    /// The savepoints that are open, the innermost last.
    pub(crate) levels: Vec<Level>,
}

impl Transaction {
    /// What undoes it.
    fn undoing(&self) -> Control {
        match &self.xid {
            Some(xid) if self.prepared => Control::RollbackPrepared(Arc::clone(xid)),
            _ => Control::Rollback,
        }
    }

    /// The name under which the database may keep it, though nobody knows of it any more.
    fn in_doubt(&self) -> Option<Arc<str>> {
        self.xid.clone().filter(|_| self.preparing || self.prepared)
    }
}

/// Why a session waits for `rollback()` whose future was dropped within a savepoint.
const DROPPED: &str =
    "a future was dropped within a savepoint, and the whole transaction rolled back";

/// The script of steps whose answers don't matter.
pub(crate) struct Steps(pub(crate) Vec<Step>);

impl Work for Steps {
    fn wave(&mut self, out: &mut Vec<Step>) -> EngineResult<Flow> {
        out.append(&mut self.0);
        Ok(Flow::Done)
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any + Send> {
        self
    }
}

impl Core {
    /// Starts a transaction explicitly; its first statement begins it on the database.
    pub(crate) fn begin(&mut self, mode: Begin) -> Result<()> {
        self.check_usable()?;
        if self.has_begun() {
            let text = "a transaction is already under way: commit or roll it back first";
            return Err(Error::InvalidRequest(text.into()));
        }
        if self.options.twophase && !mode.is_plain() {
            let text = "a transaction in two phases is begun plainly; set the engine's `isolation`";
            return Err(Error::InvalidRequest(text.into()));
        }
        self.transaction.asked = Some(mode);
        Ok(())
    }

    /// Whether a transaction was begun: by the program, or by the first statement.
    pub(crate) fn has_begun(&self) -> bool {
        let Transaction { begun, asked, levels, .. } = &self.transaction;
        begun.is_some() || asked.is_some() || !levels.is_empty()
    }

    /// Takes a connection, and the steps that must go before a statement, which the caller sends.
    pub(crate) async fn open(&mut self, writes: bool) -> Result<Vec<Step>> {
        self.connect().await?;
        Ok(self.opening(writes))
    }

    /// The steps that must go before a statement: BEGIN, if there is none yet, and savepoints. The
    /// caller sends them.
    pub(crate) fn opening(&mut self, writes: bool) -> Vec<Step> {
        // A savepoint doesn't outlive a transaction that begins anew to write.
        let nested = self.opens_level();
        let mut steps = self.opening_transaction(writes || nested);
        if nested {
            self.opening_levels(&mut steps);
        }
        steps
    }

    fn opening_transaction(&mut self, writes: bool) -> Vec<Step> {
        if self.transaction.begun.is_none() {
            self.announce(SessionEvent::AfterBegin);
        }
        let own = if writes { Begin::IMMEDIATE } else { Begin::DEFERRED };
        let restarts = self.engine.restarts_to_write();
        let Transaction { begun, asked, wrote, xid, .. } = &mut self.transaction;
        match (*begun, *asked) {
            (None, asked) if self.options.twophase => {
                *begun = Some(asked.unwrap_or(Begin::IMMEDIATE));
                let name = xid.insert(new_xid());
                vec![Step::Control(Control::BeginTwoPhase(Arc::clone(name)))]
            }
            (None, asked) => {
                let mode = *begun.insert(asked.unwrap_or(own));
                vec![Step::Control(Control::Begin(mode))]
            }
            // Where a read snapshot can't be upgraded once another has written, what was begun for
            // reading ends, and a transaction for writing begins.
            (Some(Begin::DEFERRED), None) if restarts && writes && !*wrote => {
                *begun = Some(own);
                vec![Step::Control(Control::Rollback), Step::Control(Control::Begin(own))]
            }
            _ => Vec::new(),
        }
    }

    /// Remembers that something was written.
    pub(crate) fn wrote(&mut self) {
        self.transaction.wrote = true;
        let mark = self.note_write().then_some(Event::Wrote);
        self.ledger(|it| {
            it.wrote = true;
            it.log.extend(mark);
        });
    }

    /// Takes a connection out of the pool, if the session has none. Nothing is begun by that, so a
    /// future that is dropped here, or one that waits in vain, changes nothing.
    pub(crate) async fn connect(&mut self) -> Result<()> {
        if self.connection.is_none() {
            self.connection = Some(self.engine.checkout().await?);
        }
        Ok(())
    }

    /// Runs a unit of work on the transaction's connection.
    ///
    /// If the future is dropped, the next call settles the unit; `apply` is what it does with one
    /// that went through. An error that leaves the database's transaction open is the caller's.
    ///
    /// Where the connection runs it here and now, nothing is awaited; the rest is in boxes, so that
    /// the futures of short calls are small: moving a large one costs more than a `get`.
    pub(crate) async fn run<W: Work>(&mut self, mut work: W, apply: InFlight) -> Result<W> {
        let work: Box<dyn Work> = if self.is_metered() {
            self.metered(Box::new(work))
        } else {
            if let Some(connection) = self.connection.as_mut()
                && !connection.is_under_way()
                && let Some(result) = connection.run_inline(&mut work)
            {
                return match result {
                    Ok(()) => Ok(work),
                    Err(error) => Err(Box::pin(self.run_failed(error)).await),
                };
            }
            Box::new(work)
        };
        let work = Box::pin(self.run_elsewhere(work, apply)).await?;
        let work =
            work.into_any().downcast().expect("a driver hands back the script that it was given");
        Ok(*work)
    }

    async fn run_elsewhere(
        &mut self,
        work: Box<dyn Work>,
        apply: InFlight,
    ) -> Result<Box<dyn Work>> {
        self.in_flight = Some(apply);
        let connected = self.connect().await;
        let Some(connection) = self.connection.as_mut() else {
            self.in_flight = None;
            self.forget_begun();
            return Err(connected.err().unwrap_or_else(no_connection));
        };
        let (result, work) = driver::run_any(&mut **connection, work).await;
        self.in_flight = None;
        match result {
            Ok(()) => Ok(work),
            Err(error) => Err(self.run_failed(error).await),
        }
    }

    /// An error of a unit of work: the transaction may be over by it.
    pub(crate) async fn run_failed(&mut self, error: aludel_engine::Error) -> Error {
        let (error, is_lost) = self.note(error);
        if is_lost {
            self.fail_all(&error).await;
        }
        error
    }

    /// The same of a stream, which can't wait.
    pub(crate) fn stream_failed(&mut self, error: aludel_engine::Error) -> Error {
        let (error, is_lost) = self.note(error);
        if is_lost {
            drop(self.fail_in_memory(&error));
        }
        error
    }

    /// Draws the conclusions from an error of a unit of work; whether what was written is lost by it.
    fn note(&mut self, error: aludel_engine::Error) -> (Error, bool) {
        let error = Error::from(error);
        self.retryable |= error.is_retryable();
        if self.transaction.prepared {
            // It is kept on the database: the second phase can be asked for again.
            self.connection = None;
            return (error, false);
        }
        // A savepoint can be gone back to, and what came before it may be locks.
        let wrote = self.transaction.wrote || self.is_begun(0);
        // A transaction that can only be rolled back, and has nothing to lose, is: the next statement
        // begins another. With something to lose, that is for the program to say (TX-14).
        let open =
            |it: &Pooled| it.is_usable() && it.in_transaction() && (wrote || !it.is_failed());
        // No BEGIN went through, or the database ended the transaction by itself.
        let is_over = !self.connection.as_ref().is_some_and(open);
        if is_over {
            self.connection = None;
            self.forget_begun();
        }
        (error, is_over && self.transaction.wrote)
    }

    /// Settles a unit whose future was dropped: what went through is applied, and otherwise the
    /// session is as after `rollback()`, or still prepared. A stream that was dropped is waited for.
    pub(crate) async fn settle(&mut self) {
        self.settle_unit().await;
        if self.owed.is_some() {
            Box::pin(self.pay()).await;
        }
    }

    async fn settle_unit(&mut self) {
        let outcome = match self.connection.as_mut() {
            Some(connection) => driver::settle(&mut **connection).await,
            None => None,
        };
        let Some(apply) = self.in_flight.take() else { return };
        match outcome {
            Some((Ok(()), work)) => apply(self, work),
            // Others may have been told that it will be committed: that is for the program to say.
            _ if self.transaction.prepared => self.connection = None,
            // It failed, or was stopped, or waited for a connection and never started.
            Some((Err(_), _)) | None => {
                let nested = !self.transaction.levels.is_empty();
                drop(self.abort());
                // The program may have given up no more than a savepoint, and all of it is gone.
                self.failed = nested.then(|| DROPPED.into());
            }
        }
    }

    /// Takes back everything in memory. The connection, if its transaction is still to be rolled
    /// back: where nobody does, the pool does.
    fn abort(&mut self) -> Option<(Pooled, Control)> {
        self.announce_states();
        let any = self.ledger(|it| !it.log.is_empty() || !it.is_clean());
        self.to_delete.clear();
        if self.options.sqlalchemy {
            self.take_back_levels();
        }
        self.take_back(None);
        let transaction = std::mem::take(&mut self.transaction);
        if any || transaction.begun.is_some() || transaction.asked.is_some() {
            self.announce(SessionEvent::AfterRollback);
            self.announce_states();
            self.announce(SessionEvent::AfterSoftRollback);
        }
        self.owed = transaction.in_doubt();
        let open = |it: &Pooled| transaction.begun.is_some() || it.in_transaction();
        Some((self.connection.take().filter(open)?, transaction.undoing()))
    }

    /// Undoes what `abort` left on the database.
    async fn undo_database(&mut self, left: Option<(Pooled, Control)>) -> Result<()> {
        let Some((mut connection, undoing)) = left else {
            self.pay().await;
            return Ok(());
        };
        let by_name = matches!(undoing, Control::RollbackPrepared(_));
        let undone = driver::once(&mut *connection, [Step::Control(undoing)]).await;
        drop(connection);
        if by_name && undone.is_ok() {
            self.owed = None;
        }
        self.pay().await;
        undone.map_err(Error::from)
    }

    /// Undoes what may be prepared on the database, through whatever connection: the one that
    /// prepared it is gone, and MariaDB lets others at it only once it has noticed that. If the future
    /// is dropped, the next call does it.
    async fn pay(&mut self) {
        let mut retry = Retry::new(6);
        while let Some(xid) = self.owed.clone() {
            let Ok(mut connection) = self.engine.checkout().await else { break };
            let undoing = [Step::Control(Control::RollbackPrepared(xid))];
            let undone = driver::once(&mut *connection, undoing).await;
            drop(connection);
            match retry.pause().filter(|_| undone.is_err()) {
                Some(pause) => sleep(pause).await,
                // Or there is nothing of that name.
                None => break,
            }
        }
        self.owed = None;
    }

    /// Fails the innermost savepoint, or the transaction: the database's is rolled back at once,
    /// objects are as before it, and the session waits to be told so (TX-12, TX-13).
    pub(crate) async fn fail(&mut self, error: &Error) {
        let innermost = self.transaction.levels.len().checked_sub(1);
        if self.failed.is_some() {
            return;
        }
        if let Some(level) = innermost
            && (!self.is_begun(level) || nested::can_go_on(self.connection.as_ref()))
        {
            self.failed = Some(Arc::from(error.to_string()));
            if self.fail_level(level).await.is_ok() {
                return;
            }
        }
        self.fail_all(error).await;
    }

    /// Fails the whole transaction.
    pub(crate) async fn fail_all(&mut self, error: &Error) {
        // Objects first: dropped in the middle, the connection goes back to the pool, which rolls back.
        let left = self.fail_in_memory(error);
        let _ = self.undo_database(left).await;
    }

    /// The same but for what is left on the database.
    fn fail_in_memory(&mut self, error: &Error) -> Option<(Pooled, Control)> {
        self.failed = Some(Arc::from(error.to_string()));
        self.abort()
    }

    /// Ends the first phase of a transaction in two.
    pub(crate) async fn prepare(&mut self) -> Result<()> {
        if !self.options.twophase {
            let text =
                "the session commits in one phase: `SessionOptions::twophase` says otherwise";
            return Err(Error::InvalidRequest(text.into()));
        }
        self.settle().await;
        if self.transaction.prepared {
            return Ok(());
        }
        self.flush().await?;
        let Some(xid) = self.transaction.xid.clone() else { return Ok(()) };
        self.transaction.preparing = true;
        let work = Steps(vec![Step::Control(Control::Prepare(xid))]);
        let prepared = self.run(work, |core, _| core.transaction.prepared = true).await;
        if let Err(error) = prepared {
            self.fail(&error).await;
            return Err(error);
        }
        self.transaction.prepared = true;
        Ok(())
    }

    /// Ends the database's transaction by a COMMIT, if one is open. If the future is dropped, the
    /// next call learns how that ended.
    pub(crate) async fn commit_database(&mut self) -> Result<()> {
        if self.transaction.begun.is_none() {
            return Ok(());
        }
        let commit = match &self.transaction.xid {
            Some(xid) => Control::CommitPrepared(Arc::clone(xid)),
            None => Control::Commit,
        };
        let work = Steps(vec![Step::Control(commit)]);
        let committed = self.run(work, |core, _| {
            core.connection = None;
            core.committed();
        });
        committed.await.map(drop)
    }

    /// Ends all there is: objects leave, and the database's transaction is rolled back, if one is open.
    pub(crate) async fn close(&mut self, for_good: bool) -> Result<()> {
        self.settle().await;
        // Objects first: if the future is dropped, the pool rolls back.
        self.failed = None;
        self.closed |= for_good;
        let transaction = std::mem::take(&mut self.transaction);
        self.ledger(|it| it.wrote = false);
        self.expunge_all();
        self.owed = transaction.in_doubt();
        let open = |it: &Pooled| transaction.begun.is_some() || it.in_transaction();
        // The transaction around goes on, whatever was done in it.
        let undoing = if self.steps_aside { Control::Commit } else { transaction.undoing() };
        let left = self.connection.take().filter(open).map(|it| (it, undoing));
        self.undo_database(left).await
    }

    /// Ends the transaction and takes back all that was changed in it, without SQL but the ROLLBACK.
    pub(crate) async fn rollback(&mut self) -> Result<()> {
        self.settle().await;
        self.check_restore(None)?;
        self.failed = None;
        let left = self.abort();
        // A connection that can't roll back is closed, and the database rolls back by that.
        let _ = self.undo_database(left).await;
        Ok(())
    }

    /// Marks every persistent object as expired.
    pub(crate) fn expire_all(&mut self) {
        let ousted = self.tables(|it| it.flags_of_ousted());
        for chunk in self.stores.iter().flat_map(|it| it.chunks()) {
            let head = chunk.head();
            for slot in 0..head.used() {
                head.expire(slot);
            }
        }
        for (at, flags) in ousted {
            if let Some(chunk) = self.chunk(at) {
                chunk.head().set_flags(at.slot(), flags);
            }
        }
        self.tables(|it| {
            it.forget_all_expired(self.id);
            it.forget_all_parents(self.id);
        });
    }

    /// The transaction was committed: its log is forgotten, and deleted objects are detached.
    pub(crate) fn committed(&mut self) {
        // What happened since the last flush gathered, in another thread, is the next transaction's.
        let expires = self.options.expire_on_commit;
        let log = self.ledger(|it| {
            let since = it.log.split_off(it.flushed.min(it.log.len()));
            it.flushed = 0;
            it.wrote = false;
            if expires {
                it.unsaid.clear();
            }
            std::mem::replace(&mut it.log, since)
        });
        let mut journals = Vec::new();
        self.tables(|tables| {
            let mut last = 0;
            for event in &log {
                match event {
                    Event::Value { chunk, .. } if *chunk != last => {
                        last = *chunk;
                        journals.extend(tables.chunk(Ref::new(*chunk, 0)).cloned());
                    }
                    // Only what had a row can have lost it.
                    Event::Flags { object, old } if old.state() == State::Persistent => {
                        let Some(chunk) = tables.chunk(*object) else { continue };
                        if chunk.head().bury(object.slot())
                            && let Some(ledger) = tables.ledger(self.id)
                        {
                            ledger.moved(*object, State::Deleted, State::Detached);
                        }
                    }
                    _ => {}
                }
            }
            tables.settle_owners(self.id);
        });
        // Values are dropped outside of the lock.
        journals.iter().for_each(|it| it.forget());
        self.transaction = Transaction::default();
        if self.options.expire_on_commit {
            self.expire_all();
            let id = self.id;
            self.tables(|it| it.forget_relationships(id));
        }
        self.announce(SessionEvent::AfterCommit);
        self.announce_states();
    }
}

/// A name for a transaction in two phases that no other has.
fn new_xid() -> Arc<str> {
    use std::hash::{BuildHasher as _, RandomState};
    let [high, low] = [RandomState::new().hash_one(0), RandomState::new().hash_one(1)];
    format!("aludel_{high:016x}{low:016x}").into()
}

#[cold]
pub(crate) fn no_connection() -> Error {
    Error::InvalidRequest("the session has no connection".into())
}

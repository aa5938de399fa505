//! Savepoints: a level of the transaction that is kept or taken back by itself, objects included.
//!
//! The log of the transaction has a mark where each level begins, and a rollback walks back to it. On
//! the database a level begins with the first statement in it.

use std::{
    any::Any,
    sync::atomic::{AtomicU64, Ordering},
};

use aludel_engine::{
    Pooled, Result as EngineResult,
    driver::{self, Control, Flow, Step, Work},
};

use super::core::Core;
use crate::{
    Error, Result,
    events::SessionEvent,
    flush::End,
    object::{chunk::next_id, log::Event, reference::Ref},
};

/// A savepoint of a session's transaction, from [`Session::begin_nested`]: what
/// [`Session::commit_nested`] keeps, or [`Session::rollback_nested`] takes back.
///
/// [`Session::begin_nested`]: super::Session::begin_nested
/// [`Session::commit_nested`]: super::Session::commit_nested
/// [`Session::rollback_nested`]: super::Session::rollback_nested
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[must_use = "the savepoint is kept or taken back by this"]
pub struct Savepoint(u64);

/// A savepoint that is open.
#[derive(Debug)]
pub(crate) struct Level {
    /// Its number, process-wide and never used again; also its mark's in the log.
    number: u64,
    /// Whether the database knows of it.
    begun: bool,
    /// Whether a flush failed in it: the database's part is undone.
    failed: bool,
    /// Chunks from this number on were loaded after something was written in it.
    wrote: Option<u64>,
    /// Whether the transaction had written before it.
    wrote_before: bool,
}

/// A transaction or savepoint that a block of the program's began, and ends.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Block {
    Transaction,
    Nested(Savepoint),
}

/// The script of a RELEASE.
struct Release {
    level: usize,
    step: Option<Step>,
}

impl Work for Release {
    fn wave(&mut self, out: &mut Vec<Step>) -> EngineResult<Flow> {
        out.extend(self.step.take());
        Ok(Flow::Done)
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any + Send> {
        self
    }
}

/// The database's number of a level.
pub(crate) fn depth(level: usize) -> u32 {
    level as u32 + 1
}

impl Core {
    /// Begins a level: what changed so far is written first, and belongs to the level around (AF-5).
    pub(crate) async fn begin_nested(&mut self) -> Result<Savepoint> {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        self.check()?;
        self.flush().await?;
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        self.ledger(|it| it.mark(number));
        let wrote_before = self.transaction.wrote;
        let level = Level { number, begun: false, failed: false, wrote: None, wrote_before };
        self.transaction.levels.push(level);
        self.transaction.entered = true;
        Ok(Savepoint(number))
    }

    /// The marks of the open levels.
    pub(super) fn marks(&self) -> Vec<Event> {
        self.transaction.levels.iter().map(|it| Event::Savepoint(it.number)).collect()
    }

    /// Where a level is among the open ones.
    pub(super) fn level(&self, savepoint: Savepoint) -> Result<usize> {
        let at = self.transaction.levels.iter().position(|it| it.number == savepoint.0);
        at.ok_or_else(|| match &self.failed {
            Some(cause) => Error::PendingRollback(cause.clone()),
            None => {
                Error::ResourceClosed("the savepoint has ended already, or its transaction has")
            }
        })
    }

    /// Ends a level, and those within it: what was done belongs to the level around.
    pub(crate) async fn commit_nested(&mut self, savepoint: Savepoint) -> Result<()> {
        self.settle().await;
        let level = self.level(savepoint)?;
        self.check()?;
        if self.ledger(|it| !it.is_clean()) {
            self.connect().await?;
            self.write(Some(End::Release(level))).await?;
        } else if self.transaction.levels[level].begun {
            let step = Some(Step::Control(Control::Release(depth(level))));
            let released = self.run(Release { level, step }, |core, work| {
                if let Ok(work) = work.into_any().downcast::<Release>() {
                    core.released(work.level);
                }
            });
            if let Err(error) = released.await {
                self.fail_all(&error).await;
                return Err(error);
            }
        }
        self.released(level);
        Ok(())
    }

    /// A level was kept: what it did is taken back with the one around (TX-8).
    pub(crate) fn released(&mut self, level: usize) {
        let levels = &mut self.transaction.levels;
        let wrote = levels.drain(level..).fold(None, |wrote, it| wrote.or(it.wrote));
        if let Some(around) = levels.last_mut() {
            around.wrote = around.wrote.or(wrote);
        }
    }

    /// Takes back a level, and those within it, in memory and on the database.
    pub(crate) async fn rollback_nested(&mut self, savepoint: Savepoint) -> Result<()> {
        self.settle().await;
        let at = self.level(savepoint)?;
        self.check_prepared()?;
        self.check_restore(Some(savepoint.0))?;
        let Level { begun, failed, .. } = self.transaction.levels[at];
        self.take_back_level(at);
        self.transaction.levels.truncate(at);
        self.failed = None;
        self.announce_states();
        // Of one that a flush failed in, they were told then.
        if !failed {
            self.announce_of(SessionEvent::AfterSoftRollback, Some(savepoint));
        }
        if begun
            && !failed
            && let Err(error) = self.roll_back_to(at).await
        {
            self.fail_all(&error).await;
            return Err(error);
        }
        Ok(())
    }

    /// A flush failed in the innermost level: it is taken back at once, and waits for the program to
    /// say so (TX-12).
    pub(super) async fn fail_level(&mut self, at: usize) -> Result<()> {
        self.take_back_level(at);
        let level = &mut self.transaction.levels[at];
        level.failed = true;
        let (number, begun) = (level.number, level.begun);
        // It is still open: what is added from now on is taken back with it.
        self.ledger(|it| it.mark(number));
        self.announce_states();
        self.announce_of(SessionEvent::AfterSoftRollback, Some(Savepoint(number)));
        if !begun {
            return Ok(());
        }
        self.roll_back_to(at).await
    }

    fn take_back_level(&mut self, at: usize) {
        self.announce_states();
        let level = &self.transaction.levels[at];
        let (number, wrote_before) = (level.number, level.wrote_before);
        let wrote = self.transaction.levels[at..].iter().find_map(|it| it.wrote);
        self.take_back(Some((number, wrote)));
        self.transaction.wrote = wrote_before;
        self.ledger(|it| it.wrote = wrote_before);
    }

    /// There, each level is taken back by itself: what was changed in it is expired before what the levels around
    /// added leaves.
    #[cold]
    pub(super) fn take_back_levels(&mut self) {
        while let Some(at) = self.transaction.levels.len().checked_sub(1) {
            self.take_back_level(at);
            self.transaction.levels.truncate(at);
        }
    }

    /// Undoes a level on the database. If the future is dropped, so is the transaction.
    async fn roll_back_to(&mut self, level: usize) -> Result<()> {
        let Some(connection) = self.connection.as_mut() else { return Ok(()) };
        self.in_flight = Some(|_, _| ());
        let undo = Step::Control(Control::RollbackTo(depth(level)));
        let undone = driver::once(&mut **connection, [undo]).await;
        self.in_flight = None;
        undone.map_err(Error::from)
    }

    /// The steps that begin the levels that the database doesn't know of yet.
    pub(super) fn opening_levels(&mut self, steps: &mut Vec<Step>) {
        for (at, level) in self.transaction.levels.iter_mut().enumerate() {
            if !std::mem::replace(&mut level.begun, true) {
                steps.push(Step::Control(Control::Savepoint(depth(at))));
            }
        }
    }

    /// Whether the database has to be told of a level before the next statement.
    pub(crate) fn opens_level(&self) -> bool {
        self.transaction.levels.last().is_some_and(|it| !it.begun)
    }

    /// The database's transaction is gone, with nothing that was written: its levels begin anew.
    pub(super) fn forget_begun(&mut self) {
        self.transaction.begun = None;
        self.transaction.levels.iter_mut().for_each(|it| it.begun = false);
    }

    /// Whether the database knows of a level.
    pub(crate) fn is_begun(&self, level: usize) -> bool {
        self.transaction.levels.get(level).is_some_and(|it| it.begun)
    }

    /// Whether what is read now may be taken back by the rollback of a level.
    pub(crate) fn level_wrote(&self) -> bool {
        self.transaction.levels.iter().any(|it| it.wrote.is_some())
    }

    /// Remembers that the innermost level has written; whether that is new.
    pub(super) fn note_write(&mut self) -> bool {
        let Some(level) = self.transaction.levels.last_mut() else { return false };
        let is_new = level.wrote.is_none();
        level.wrote.get_or_insert_with(next_id);
        is_new
    }

    /// Objects that were changed in a level that is taken back are expired, and so is what was read
    /// after something was written in it; others keep what is known of them (TX-7).
    pub(super) fn expire_changed(&self, changed: &[Ref], wrote: Option<u64>) {
        let chunks = self.stores.iter().flat_map(|it| it.chunks());
        let read: Vec<_> = chunks.filter(|it| wrote.is_some_and(|at| it.head().id >= at)).collect();
        self.tables(|tables| {
            let read = read.iter().map(|it| it.head());
            let read = read.flat_map(|it| (0..it.used()).map(|slot| it.reference(slot)));
            for object in changed.iter().copied().chain(read) {
                tables.forget_expired(object);
                tables.forget_parents(object);
                if let Some(chunk) = tables.chunk(object) {
                    chunk.head().expire(object.slot());
                }
            }
        });
    }

    /// Whether a transaction is under way, as far as the program can tell: it was begun, something
    /// was sent, or something is to be written or taken back.
    pub(crate) fn in_transaction(&self) -> bool {
        self.in_transaction_but_for_changes() || self.ledger(|it| !it.is_clean())
    }

    /// The same, whatever was changed.
    pub(crate) fn in_transaction_but_for_changes(&self) -> bool {
        let transaction = &self.transaction;
        transaction.begun.is_some()
            || transaction.asked.is_some()
            || transaction.entered
            || self.failed.is_some()
            || self.ledger(|it| !it.log.is_empty())
    }

    /// Whether the block around still has what it began (TX-11).
    pub(crate) fn check_block(&self) -> Result<()> {
        let is_open = match self.blocks.last() {
            None => true,
            Some(Block::Transaction) => self.transaction.asked.is_some(),
            Some(Block::Nested(savepoint)) => self.level(*savepoint).is_ok(),
        };
        if is_open {
            return Ok(());
        }
        let text = "the transaction or savepoint of the block around was ended inside of it (by hand, \
                    or since a future was dropped): leave the block before the session is used on";
        Err(Error::InvalidRequest(text.into()))
    }
}

/// The objects whose relationships changed in a level, or that were read again, if that counts.
pub(super) fn seen(log: &[Event], reads: bool) -> impl Iterator<Item = Ref> {
    log.iter().filter_map(move |it| match it {
        Event::Renewed { object } => Some(*object).filter(|_| reads),
        other => other.owner(),
    })
}

/// Whether a transaction is open that can go on from a savepoint.
pub(super) fn can_go_on(connection: Option<&Pooled>) -> bool {
    connection.is_some_and(|it| it.is_usable() && it.in_transaction())
}

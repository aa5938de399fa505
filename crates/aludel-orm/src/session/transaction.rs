//! The session's transaction: when it begins, what ends it, and how objects are taken back.

use std::sync::Arc;

use aludel_engine::driver::{self, Begin, Control, Step, Work};

use super::{
    core::{Core, InFlight},
    identity::key_of,
};
use crate::{
    Error, Result,
    mapping::Mapper,
    object::{
        log::Event,
        reference::Ref,
        state::{Flags, State},
    },
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
    /// Savepoints, outermost first: where in the log each begins.
    pub(crate) savepoints: Vec<usize>,
}

impl Core {
    /// Starts a transaction explicitly; its first statement begins it on the database.
    pub(crate) fn begin(&mut self, mode: Begin) -> Result<()> {
        self.check()?;
        if self.transaction.begun.is_some() || self.transaction.asked.is_some() {
            let text = "a transaction is already under way: commit or roll it back first";
            return Err(Error::InvalidRequest(text.into()));
        }
        self.transaction.asked = Some(mode);
        Ok(())
    }

    /// The steps that must go before a statement: BEGIN, if there is none yet.
    pub(crate) fn opening(&self, writes: bool) -> Vec<Step> {
        let Transaction { begun, asked, wrote, savepoints } = &self.transaction;
        match (begun, asked) {
            (None, Some(mode)) => vec![Step::Control(Control::Begin(*mode))],
            (None, None) => vec![Step::Control(Control::Begin(self.begin_mode(writes)))],
            // A read snapshot can't be upgraded once another has written: what was begun for
            // reading ends, and a transaction for writing begins.
            (Some(Begin::Deferred), None) if writes && !wrote && savepoints.is_empty() => {
                let begin = Step::Control(Control::Begin(Begin::Immediate));
                vec![Step::Control(Control::Rollback), begin]
            }
            _ => Vec::new(),
        }
    }

    /// Remembers what [`Core::opening`]'s steps did.
    pub(crate) fn opened(&mut self, steps: &[Step]) {
        for step in steps {
            if let Step::Control(Control::Begin(mode)) = step {
                self.transaction.begun = Some(*mode);
            }
        }
    }

    /// Runs a unit of work on the transaction's connection.
    ///
    /// If the future is dropped, the next call settles the unit; `apply` is what it does with one
    /// that went through. An error that leaves the database's transaction open is the caller's.
    pub(crate) async fn run<W: Work>(&mut self, work: W, apply: InFlight) -> Result<W> {
        if self.connection.is_none() {
            self.connection = Some(self.engine.checkout().await?);
        }
        let Some(connection) = self.connection.as_mut() else { return Err(no_connection()) };
        self.in_flight = Some(apply);
        let (result, work) = driver::run_returning(&mut **connection, work).await;
        self.in_flight = None;
        match result {
            Ok(()) => Ok(work),
            Err(error) => {
                let error = Error::from(error);
                self.retryable |= error.is_retryable();
                Err(error)
            }
        }
    }

    /// Settles a unit whose future was dropped: what went through is applied, and otherwise the
    /// session is as after `rollback()`.
    pub(crate) async fn settle(&mut self) {
        let Some(apply) = self.in_flight else { return };
        let Some(connection) = self.connection.as_mut() else {
            self.in_flight = None;
            return;
        };
        let outcome = driver::settle(&mut **connection).await;
        self.in_flight = None;
        match outcome {
            Some((Ok(()), work)) => apply(self, work),
            Some((Err(_), _)) => {
                self.connection = None;
                self.take_back(0);
                self.transaction = Transaction::default();
                self.failed = None;
            }
            None => {}
        }
    }

    /// Fails the transaction: the database's is rolled back at once, objects are as before it, and
    /// the session waits for `rollback()` (TX-12, TX-13).
    pub(crate) async fn fail(&mut self, error: &Error) {
        self.failed = Some(Arc::from(error.to_string()));
        let _ = self.end(Control::Rollback).await;
        self.take_back(0);
        self.transaction = Transaction::default();
    }

    /// Ends the database's transaction, if one is open, and gives the connection back.
    pub(crate) async fn end(&mut self, control: Control) -> Result<()> {
        let begun = self.transaction.begun.take().is_some();
        let Some(mut connection) = self.connection.take() else { return Ok(()) };
        if !begun && !connection.in_transaction() {
            return Ok(());
        }
        // Dropped in the middle, the connection goes back to the pool, which rolls back.
        driver::once(&mut *connection, [Step::Control(control)]).await.map_err(Error::from)
    }

    /// Ends the transaction and takes back all that was changed in it, without SQL but the ROLLBACK.
    pub(crate) async fn rollback(&mut self) -> Result<()> {
        self.settle().await;
        let result = self.end(Control::Rollback).await;
        self.take_back(0);
        self.transaction = Transaction::default();
        self.failed = None;
        // A connection that can't roll back is closed, and the database rolls back by that.
        if result.is_err() {
            self.connection = None;
        }
        Ok(())
    }

    /// Restores values, states, keys and relationships to what they were when the log had `mark`
    /// entries.
    pub(crate) fn take_back(&mut self, mark: usize) {
        let id = self.id;
        let (dirty, mut log) = self.ledger(|it| {
            it.problem = None;
            let log = it.log.split_off(mark.min(it.log.len()));
            it.flushed = it.flushed.min(it.log.len());
            it.links = 0;
            (std::mem::take(&mut it.dirty), log)
        });
        for chunk in dirty {
            if let Some(chunk) = self.chunk(Ref::new(chunk, 0)) {
                chunk.restore_touched();
            }
        }
        let wrote = log.iter().any(|it| matches!(it, Event::Value { .. } | Event::Inserted { .. }));
        while let Some(event) = log.pop() {
            self.undo(event);
        }
        self.tables(|tables| {
            let mut pending =
                tables.ledger(id).map(|it| std::mem::take(&mut it.pending)).unwrap_or_default();
            let mut marked =
                tables.ledger(id).map(|it| std::mem::take(&mut it.marked)).unwrap_or_default();
            pending.retain(|it| tables.flags(*it).state() == State::Pending);
            marked.retain(|it| tables.flags(*it).has(Flags::MARKED));
            if let Some(ledger) = tables.ledger(id) {
                ledger.pending = pending;
                ledger.marked = marked;
            }
        });
        if wrote || self.transaction.begun.is_some() {
            self.expire_all();
        }
    }

    fn undo(&mut self, event: Event) {
        match event {
            Event::One { .. } | Event::Added { .. } | Event::Removed { .. } => {
                self.tables(|it| it.undo_cell(&event));
            }
            Event::Flags { object, old } => {
                if let Some(chunk) = self.chunk(object) {
                    let head = chunk.head();
                    // Whether a snapshot is held isn't the log's to say.
                    let held = head.flags(object.slot()).0 & Flags::TOUCHED;
                    head.set_flags(object.slot(), old.without(Flags::TOUCHED).with(held));
                }
            }
            Event::Enlisted { chunk, from, count } => {
                let Some(chunk) = self.chunk(Ref::new(chunk, 0)) else { return };
                for slot in from..from + count {
                    chunk.head().set_flags(slot, Flags::of(State::Transient));
                }
            }
            Event::Value { chunk } => {
                if let Some(chunk) = self.chunk(Ref::new(chunk, 0)) {
                    chunk.undo();
                }
            }
            Event::Mapped { mapper, fingerprint, object } => {
                if let Some(store) = self.stores.get(mapper) {
                    store.remove(fingerprint, object);
                }
            }
            Event::Unmapped { mapper, fingerprint, object } => {
                if let Some(store) = self.stores.get(mapper) {
                    store.insert(fingerprint, object);
                }
            }
            Event::Inserted { chunk, slots, columns } => self.undo_insert(chunk, &slots, &columns),
        }
    }

    /// Objects whose INSERT is taken back are pending again (and transient, as their `add` is taken
    /// back next); what the flush filled in is unset.
    fn undo_insert(&mut self, chunk: u64, slots: &[u32], columns: &[u16]) {
        let Some(chunk) = self.chunk(Ref::new(chunk, 0)) else { return };
        let mapper = Mapper::of(chunk.meta());
        for &slot in slots {
            let head = chunk.head();
            if let Some(fp) = key_of(mapper.meta, &*chunk, slot)
                && let Some(store) = self.existing_store(mapper)
            {
                store.remove(fp, head.reference(slot));
            }
            head.set_flags(slot, head.flags(slot).in_state(State::Pending).without(Flags::TRACKED));
            let _ = chunk.write(slot, &mut |fields| {
                for column in columns {
                    fields.put(*column, None);
                }
            });
        }
    }

    /// Marks every persistent object as expired.
    pub(crate) fn expire_all(&mut self) {
        for chunk in self.stores.iter().flat_map(|it| it.chunks()) {
            let head = chunk.head();
            for slot in 0..head.used() {
                let flags = head.flags(slot);
                if flags.state() == State::Persistent {
                    head.set_flags(slot, flags.with(Flags::EXPIRED));
                }
            }
        }
    }

    /// The transaction was committed: its log is forgotten, and deleted objects are detached.
    pub(crate) fn committed(&mut self) {
        let log = self.ledger(|it| {
            it.flushed = 0;
            std::mem::take(&mut it.log)
        });
        let mut last = 0;
        for event in &log {
            match event {
                Event::Value { chunk } if *chunk != last => {
                    last = *chunk;
                    if let Some(chunk) = self.chunk(Ref::new(*chunk, 0)) {
                        chunk.forget();
                    }
                }
                Event::Flags { object, .. } => {
                    let Some(chunk) = self.chunk(*object) else { continue };
                    let head = chunk.head();
                    let flags = head.flags(object.slot());
                    if flags.state() == State::Deleted {
                        let flags = flags.in_state(State::Detached).with(Flags::GONE);
                        head.set_flags(
                            object.slot(),
                            flags.without(Flags::TRACKED | Flags::MARKED),
                        );
                    }
                }
                _ => {}
            }
        }
        self.transaction = Transaction::default();
        if self.options.expire_on_commit {
            self.expire_all();
        }
    }
}

#[cold]
fn no_connection() -> Error {
    Error::InvalidRequest("the session has no connection".into())
}

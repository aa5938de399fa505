//! Takes back in memory what a transaction, or a savepoint, did.

use std::collections::HashSet;

use super::{core::Core, identity::key_of, nested};
use crate::{
    Result,
    mapping::Mapper,
    object::{
        chunk::{AnyChunk, Columns},
        log::Event,
        reference::Ref,
        state::{Cause, Flags, State},
    },
};

impl Core {
    /// Refuses a rollback while an object that it restores is borrowed.
    pub(super) fn check_restore(&self, savepoint: Option<u64>) -> Result<()> {
        let mut chunks = self.ledger(|it| {
            let logged = it.log[it.place(savepoint)..].iter().filter_map(|it| match it {
                Event::Value { chunk, .. } | Event::Inserted { chunk, .. } => Some(*chunk),
                _ => None,
            });
            it.dirty.iter().copied().chain(logged).collect::<Vec<u64>>()
        });
        chunks.sort_unstable();
        chunks.dedup();
        let mut chunks = chunks.into_iter().filter_map(|it| self.chunk(Ref::new(it, 0)));
        chunks.try_for_each(|it| it.check_restore())
    }

    /// Restores values, states, keys and relationships to what they were when the transaction began, or
    /// the savepoint of this number; chunks from the second number on were loaded after it wrote.
    pub(super) fn take_back(&mut self, savepoint: Option<(u64, Option<u64>)>) {
        let id = self.id;
        let keeps = self.options.sqlalchemy;
        let was_open = keeps && self.in_transaction();
        let mut kept = HashSet::new();
        let told = self.ledger(|it| it.moves.len());
        // Relationships all at once: between two of these, another thread would link what is half
        // taken back.
        let (dirty, mut log) = self.tables(|tables| {
            tables.forget_replaced(id);
            tables.forget_disordered(id);
            let Some(it) = tables.ledger(id) else { return Default::default() };
            let unseen = it.taking.take().unwrap_or(it.flushed);
            let seen = unseen.saturating_sub(it.place(savepoint.map(|it| it.0)));
            let mut log = it.take_back(savepoint.map(|it| it.0));
            let dirty = std::mem::take(&mut it.dirty);
            if keeps {
                kept.extend(log.iter().flat_map(Event::came));
                tables.keep_written(&kept, &log, seen);
                leave_joined(&mut log);
            }
            // The original takes nothing back of what a savepoint loaded.
            let loads = |it: &Event| matches!(it, Event::Filled { .. } | Event::Forgotten { .. });
            let undone = log.iter().rev().filter(|it| !(keeps && savepoint.is_some() && loads(it)));
            undone.for_each(|it| tables.undo_cell(it, &|it| kept.contains(&it)));
            (dirty, log)
        });
        let mut unknown = Vec::new();
        for at in &kept {
            if let Some(chunk) = self.chunk(*at) {
                chunk.accept(at.slot());
                unknown.push((*at, self.expired_columns_of(*at, &*chunk)));
            }
        }
        // What was expunged is nobody's to take back; there, nor is what was deleted.
        let stays =
            |it: Flags| it.state() == State::Detached || keeps && it.state() == State::Deleted;
        // What somebody holds borrowed stays as it is, and stays listed.
        let mut borrowed: Vec<u64> = Vec::new();
        let mut restored: Vec<Ref> = Vec::new();
        for id in dirty {
            if let Some(chunk) = self.chunk(Ref::new(id, 0)) {
                chunk.head().recall();
                if chunk.restore_touched(&stays, &mut restored).is_err() {
                    borrowed.push(id);
                }
            }
        }
        let wrote = log.iter().any(|it| matches!(it, Event::Value { .. } | Event::Inserted { .. }));
        if savepoint.is_some() {
            restored.extend(nested::seen(&log, !keeps));
        }
        while let Some(event) = log.pop() {
            self.undo(event, &kept, &mut borrowed, &mut restored);
        }
        // Only now: the identity map knew them by what they hold.
        unknown.into_iter().for_each(|(at, columns)| self.unset(at, &columns));
        self.tables(|tables| {
            if let Some(ledger) = tables.ledger(id) {
                ledger.sum_up_moves(told);
                ledger.dirty.append(&mut borrowed);
            }
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
        let all = wrote || was_open || self.transaction.begun.is_some();
        if let Some((_, wrote)) = savepoint {
            self.expire_changed(&restored, wrote.filter(|_| !keeps));
        } else if all {
            self.expire_all();
        }
        if keeps {
            // Links of new objects with others are theirs, should they come again.
            self.tables(|tables| {
                match savepoint {
                    None if all => tables.forget_relationships(id),
                    None => {}
                    Some(_) => restored.iter().for_each(|it| tables.forget_links(*it)),
                }
                if let Some(ledger) = tables.ledger(id) {
                    ledger.left_out |= !kept.is_empty();
                }
            });
        }
    }

    /// The columns of an object that are expired.
    fn expired_columns_of(&self, at: Ref, chunk: &dyn AnyChunk) -> Columns {
        if !chunk.head().flags(at.slot()).has(Flags::EXPIRED) {
            return Columns::new();
        }
        let some = self.tables(|it| it.expired_columns(at).map(Columns::from_slice));
        some.unwrap_or_else(|| (0..chunk.meta().columns.len() as u16).collect())
    }

    /// What was expired of an object can't be read again once it has no row.
    fn unset(&self, at: Ref, columns: &[u16]) {
        let Some(chunk) = self.chunk(at).filter(|_| !columns.is_empty()) else { return };
        let _ = chunk.write(at.slot(), &mut |fields| {
            columns.iter().for_each(|it| _ = fields.put(*it, None));
        });
        self.tables(|it| it.forget_expired(at));
    }

    /// Takes back one change of an object, but for what those hold that keep it.
    fn undo(
        &mut self,
        event: Event,
        kept: &HashSet<Ref>,
        borrowed: &mut Vec<u64>,
        restored: &mut Vec<Ref>,
    ) {
        match event {
            // Taken back already, or a mark.
            Event::Savepoint(_)
            | Event::Wrote
            | Event::Renewed { .. }
            | Event::Flagged { .. }
            | Event::One { .. }
            | Event::Added { .. }
            | Event::Removed { .. }
            | Event::Filled { .. }
            | Event::Forgotten { .. } => {}
            Event::Flags { object, old } => {
                let Some(chunk) = self.chunk(object) else { return };
                let (head, slot) = (chunk.head(), object.slot());
                // What was expunged since stays outside.
                if head.flags(slot).state() == State::Detached {
                    return;
                }
                let now = head.flags(slot);
                // The original takes nothing back of what was read since.
                let is_read = self.options.sqlalchemy && !now.has(Flags::EXPIRED);
                head.set_flags(slot, if is_read { old.without(Flags::EXPIRED) } else { old });
                self.note_move(object, now.state(), old.state());
                // A change that no flush took, since the object was deleted.
                if old.state() == State::Persistent && head.flags(slot).has(Flags::TOUCHED) {
                    chunk.restore_one(slot);
                    if head.flags(slot).has(Flags::TOUCHED) {
                        borrowed.push(object.chunk());
                    }
                }
            }
            Event::Enlisted { chunk, from, count } => {
                let Some(chunk) = self.chunk(Ref::new(chunk, 0)) else { return };
                let head = chunk.head();
                for slot in from..from + count {
                    let now = head.flags(slot).state();
                    head.set_flags(slot, Flags::of(State::Pending).by(Cause::UndoAdd));
                    let object = head.reference(slot);
                    self.note_move(object, now, State::Transient);
                }
            }
            Event::Value { chunk, count } => {
                let Some(chunk) = self.chunk(Ref::new(chunk, 0)) else { return };
                let head = chunk.head();
                let is_outside = |it: Ref| head.flags(it.slot()).state() == State::Detached;
                for _ in 0..count {
                    if chunk.undo(&|it| kept.contains(&it) || is_outside(it), restored).is_err() {
                        borrowed.push(chunk.head().id);
                    }
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
            Event::Inserted { chunk, slots, columns } => {
                self.undo_insert(chunk, &slots, &columns, kept);
            }
        }
    }

    /// Objects whose INSERT is taken back are pending again (and transient, as their `add` is taken
    /// back next); what the flush filled in is unset.
    fn undo_insert(&mut self, chunk: u64, slots: &[u32], columns: &[u16], kept: &HashSet<Ref>) {
        let Some(chunk) = self.chunk(Ref::new(chunk, 0)) else { return };
        let mapper = Mapper::of(chunk.meta());
        for &slot in slots {
            let head = chunk.head();
            if let Some(fp) = key_of(mapper.meta, &*chunk, slot)
                && let Some(store) = self.existing_store(mapper)
            {
                store.remove(fp, head.reference(slot));
            }
            let now = head.flags(slot);
            let undone = now.by(Cause::UndoInsert);
            let object = head.reference(slot);
            self.note_move(object, now.state(), undone.state());
            head.set_flags(slot, undone.without(Flags::TRACKED | Flags::EXPIRED));
            self.tables(|it| it.forget_expired(object));
            if kept.contains(&head.reference(slot)) {
                continue;
            }
            let _ = chunk.write(slot, &mut |fields| {
                for column in columns {
                    fields.put(*column, None);
                }
            });
        }
    }
}

/// Forgets that objects with rows came into the session: they stay.
fn leave_joined(log: &mut Vec<Event>) {
    let mut joined = HashSet::new();
    log.retain(|event| match event {
        Event::Flags { object, old } if old.state() == State::Detached => {
            joined.insert(*object);
            false
        }
        // The first time that it entered the identity map.
        Event::Mapped { object, .. } => !joined.remove(object),
        _ => true,
    });
}

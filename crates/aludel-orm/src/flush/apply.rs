//! What came back enters the objects: after success only, in one step that can't fail half-way.

use std::sync::{PoisonError, atomic::Ordering};

use aludel_core::value::{Value, ValueRef};
use aludel_engine::driver::Work;

use super::{
    computed::WITHIN,
    emit::FlushWork,
    follow::Follower,
    plan::{CellRows, Fill, FlushAction, ObjectRows, Rows, Shared},
    run::End,
    switches::Switch,
};
use crate::{
    events::state_hooks_anywhere,
    mapping::{Direction, Mapper, split_deferred},
    object::{
        chunk::{AnyChunk, Columns, Fields},
        log::Event,
        reference::Ref,
        state::{Cause, Flags, State},
    },
    session::{
        Key,
        core::Core,
        identity::{fingerprint, key_of},
        key::key_values,
    },
};

impl Core {
    /// The plan took what changed: the log says so, for a rollback.
    pub(super) fn taken(&mut self, work: &FlushWork) {
        let values = work.journaled.iter().map(|it| Event::Value { chunk: it.0, count: it.1 });
        self.ledger(|it| it.record(values));
    }

    /// A flush whose future was dropped went through after all.
    pub(super) fn apply_settled(&mut self, work: Box<dyn Work>) {
        if let Ok(work) = work.into_any().downcast::<FlushWork>() {
            let end = work.end;
            self.finish_flush(*work);
            match end {
                Some(End::Commit) => {
                    self.connection = None;
                    self.committed();
                }
                Some(End::Release(level)) => self.released(level),
                None => {}
            }
        }
    }

    /// Applies a flush that went through.
    pub(super) fn finish_flush(&mut self, work: FlushWork) {
        let mut events = Vec::new();
        if self.options.sqlalchemy {
            self.note_unwritten(&work);
        }
        for follower in &work.followers {
            self.apply_follower(&work, follower, &mut events);
        }
        for step in &work.plan.steps {
            match (&step.rows, step.action) {
                (Rows::Objects(rows), FlushAction::Insert) => {
                    self.apply_inserts(&work, step.mapper, rows, &mut events)
                }
                (Rows::Cells(rows), FlushAction::Update) => {
                    self.apply_updates(step.mapper, rows, &mut events);
                }
                (Rows::Cells(rows), FlushAction::Delete) => {
                    self.apply_deletes(step.mapper, rows, &mut events);
                }
                // Values and key are the object's own already.
                (Rows::Objects(_) | Rows::Edits(_) | Rows::Cells(_), _) => {}
            }
        }
        for switch in &work.switches {
            self.apply_switch(&work, switch, &mut events);
        }
        self.ledger(|it| {
            it.taking = None;
            it.record(events);
        });
        self.tables(|it| it.settle_queues(self.id, work.seen));
    }

    /// Objects that are deleted with changes stay changed there.
    fn note_unwritten(&mut self, work: &FlushWork) {
        let mut deleted: Vec<Ref> = work.switches.iter().map(|it| it.old).collect();
        for step in work.plan.steps.iter().filter(|it| it.action == FlushAction::Delete) {
            if let Rows::Cells(rows) = &step.rows {
                deleted.extend(&rows.objects);
            }
        }
        let (from, to) = work.seen;
        self.tables(|tables| {
            let is_deleted =
                |it: &Ref| deleted.contains(it) || tables.flags(*it).state() == State::Deleted;
            let Some(ledger) = tables.ledgers.iter().find(|it| it.session == self.id) else {
                return;
            };
            let owners = ledger.log.get(from..to).unwrap_or_default().iter();
            let owners = owners.filter_map(|event| match event {
                Event::One { old, new, .. } if old == new => None,
                Event::Flagged { .. } => None,
                event => event.owner(),
            });
            let unwritten: Vec<Ref> = owners.filter(is_deleted).collect();
            if let Some(ledger) = tables.ledger(self.id) {
                ledger.unwritten.extend(unwritten);
            }
        });
    }

    /// A row has followed a changed key by itself: its object shows it, and is known by it.
    fn apply_follower(&mut self, work: &FlushWork, follower: &Follower, events: &mut Vec<Event>) {
        let at = follower.at;
        let Some(chunk) = self.chunk(at) else { return };
        let mapper = Mapper::of(chunk.meta());
        let rekeyed = follower.values.iter().any(|it| mapper.meta.primary_key.contains(&it.0));
        let mut old = Vec::new();
        let _ = chunk.with(at.slot(), &mut |it| {
            let columns = mapper.meta.primary_key.iter();
            old = columns.map(|column| Fill::Value(it.get(*column).to_value())).collect();
        });
        if chunk.keep(at.slot()).is_err() {
            let head = chunk.head();
            return head.set_flags(at.slot(), head.flags(at.slot()).with(Flags::EXPIRED));
        }
        events.push(Event::Value { chunk: at.chunk(), count: 1 });
        let others = work.shared.keys.others.lock().unwrap_or_else(PoisonError::into_inner);
        let values = follower.values.iter();
        let values = values.filter_map(|it| Some((it.0, work.shared.value(&it.1, &others)?)));
        let values: Vec<(u16, Value)> = values.collect();
        let written = chunk.write(at.slot(), &mut |fields| {
            values.iter().for_each(|it| _ = fields.put(it.0, Some(it.1.as_ref())));
        });
        if written.is_ok() && rekeyed {
            self.rekey(mapper, &*chunk, at.slot(), &old, events);
        }
    }

    /// A row has another object now; what that one doesn't say stays as it is.
    fn apply_switch(&mut self, work: &FlushWork, switch: &Switch, events: &mut Vec<Event>) {
        let mapper = work.new[switch.new as usize].mapper;
        self.apply_delete(mapper, switch.old, events);
        let (place, slot) = work.shared.objects[switch.new as usize];
        let chunk = &work.shared.chunks[place as usize];
        let at = chunk.head().reference(slot);
        let updated = work.shared.keys.updated.lock().unwrap_or_else(PoisonError::into_inner);
        // There, it learns nothing of what the row keeps.
        let late = self.options.sqlalchemy;
        let is_told = |it: &u16| !late || mapper.meta.primary_key.contains(it);
        let written = chunk.write(slot, &mut |fields| {
            // What the database has made of the row is there already.
            for (column, value) in
                switch.kept.iter().filter(|it| is_told(&it.0) && !updated.contains_key(&(at, it.0)))
            {
                fields.put(*column, Some(value.as_ref()));
            }
        });
        if late {
            let unsaid = switch.kept.iter().map(|it| it.0).filter(|it| !is_told(it));
            let unsaid: Columns = unsaid.collect();
            self.ledger(|it| it.unsaid.extend((!unsaid.is_empty()).then_some((at, unsaid))));
        }
        let id = chunk.head().id;
        if chunk.settle_new(slot, written.is_err() || switch.stale && !late) {
            self.ledger(|it| it.dirty.push(id));
        }
        if !self.store(mapper).keeps(id) {
            self.adopt(mapper, id);
        }
        self.store(mapper).defer(id, slot);
        // What the row refers to, and nobody spoke of, is known when it is loaded.
        let keeps = |column: &u16| switch.kept.iter().any(|it| it.0 == *column);
        let referring = mapper.relationships.iter().filter(|it| {
            it.direction == Direction::ManyToOne && it.pairs.iter().all(|pair| keeps(&pair.0))
        });
        let referring: Vec<u16> = referring.map(|it| it.index).collect();
        if !referring.is_empty() && !late {
            self.tables(|it| it.forget_cells(self.id, at, &referring));
        }
        let columns =
            switch.kept.iter().map(|it| it.0).chain(switch.made.iter().copied()).collect();
        self.note_move(Ref::new(id, slot), State::Pending, State::Persistent);
        chunk.head().forget_left_out();
        events.push(Event::Inserted { chunk: id, slots: vec![slot], columns });
    }

    fn apply_inserts(
        &mut self,
        work: &FlushWork,
        mapper: &'static Mapper,
        rows: &ObjectRows,
        events: &mut Vec<Event>,
    ) {
        let shared = &rows.shared;
        let filled: Vec<(usize, u16)> = (0..rows.columns.len())
            .filter(|it| rows.fills[*it].is_some() && rows.columns[*it] != WITHIN)
            .map(|it| (it, rows.columns[it]))
            .collect();
        let first = rows.ordinals.first().map(|it| &work.new[*it as usize]);
        let generates = first.is_some_and(|it| work.shapes[it.shape as usize].generates);
        let key = mapper.meta.primary_key.first().copied().filter(|_| generates);
        let mut columns: Columns = filled.iter().map(|it| it.1).chain(key).collect();
        columns.extend(rows.returning.iter().copied().filter(|it| Some(*it) != key));
        let others = shared.keys.others.lock().unwrap_or_else(PoisonError::into_inner);
        let mut rest = rows.ordinals.as_slice();
        let mut run = 0;
        while let Some(first) = rest.first() {
            let place = shared.objects[*first as usize].0;
            let same = |it: &&u32| shared.objects[**it as usize].0 == place;
            let (group, more) = rest.split_at(rest.iter().take_while(same).count());
            rest = more;
            let chunk = &shared.chunks[place as usize];
            let head = chunk.head();
            let slots: Vec<u32> = group.iter().map(|it| shared.objects[*it as usize].1).collect();
            let key_of = |ordinal: u32| {
                let keys = &shared.keys.integers;
                key.map(|column| (column, keys[ordinal as usize].load(Ordering::Acquire)))
            };
            let mut touched = false;
            if let (Some(column), true) = (key, filled.is_empty() && rows.returning.is_empty()) {
                let keys: Vec<(u32, i64)> = slots
                    .iter()
                    .zip(group)
                    .filter_map(|(slot, ordinal)| Some((*slot, key_of(*ordinal)?.1)))
                    .collect();
                touched = chunk.set_keys(column, &keys);
                run += group.len();
            } else {
                for (slot, ordinal) in slots.iter().zip(group) {
                    let key = key_of(*ordinal);
                    let change = &mut |fields: &mut dyn Fields| {
                        if let Some((column, key)) = key {
                            fields.put(column, Some(ValueRef::Int(key)));
                        }
                        for (place, column) in &filled {
                            let fill = rows.fills[*place].as_ref().map(|it| &it[run]);
                            if let Some(value) = fill.and_then(|it| shared.value(it, &others)) {
                                fields.put(*column, Some(value.as_ref()));
                            }
                        }
                        let key = key.map(|it| it.0);
                        for column in rows.returning.iter().filter(|it| Some(**it) != key) {
                            if let Some(value) = others.get(&(*ordinal, *column)) {
                                fields.put(*column, Some(value.as_ref()));
                            }
                        }
                    };
                    let written = columns.is_empty() || chunk.write(*slot, change).is_ok();
                    touched |= chunk.settle_new(*slot, !written);
                    run += 1;
                }
            }
            if touched {
                self.ledger(|it| it.dirty.push(head.id));
            }
            if !rows.expires.is_empty() {
                for slot in &slots {
                    self.expire_unread(&**chunk, *slot, &rows.expires);
                }
            }
            if !self.store(mapper).keeps(head.id) {
                self.adopt(mapper, head.id);
            }
            if self.options.sqlalchemy {
                self.oust(mapper, &**chunk, &slots);
                self.note_unsaid(&**chunk, &slots);
            }
            let store = self.store(mapper);
            slots.iter().for_each(|it| store.defer(head.id, *it));
            if state_hooks_anywhere() {
                let inserted = slots.iter().map(|it| head.reference(*it));
                self.ledger(|it| {
                    inserted.for_each(|at| it.moved(at, State::Pending, State::Persistent));
                });
            }
            head.forget_left_out();
            events.push(Event::Inserted { chunk: head.id, slots, columns: columns.clone() });
        }
    }

    fn apply_updates(&mut self, mapper: &'static Mapper, rows: &CellRows, events: &mut Vec<Event>) {
        let shared = &rows.shared;
        let rekeyed = rows.columns.iter().any(|it| mapper.meta.primary_key.contains(it));
        let others = shared.keys.others.lock().unwrap_or_else(PoisonError::into_inner);
        let updated = shared.keys.updated.lock().unwrap_or_else(PoisonError::into_inner);
        for (run, at) in rows.objects.iter().enumerate() {
            let Some(chunk) = self.chunk(*at) else { continue };
            let cells = &rows.cells[run * rows.width..(run + 1) * rows.width];
            // Columns that the user set hold the value already; foreign keys follow now.
            let mut news: Vec<(u16, Value)> = rows
                .columns
                .iter()
                .zip(cells)
                .filter(|it| !matches!(it.1, Fill::Own) && *it.0 != WITHIN)
                .filter_map(|(column, fill)| Some((*column, shared.value(fill, &others)?)))
                .collect();
            let read = rows.returning.iter();
            news.extend(read.filter_map(|it| Some((*it, updated.get(&(*at, *it))?.clone()))));
            let mut stale: Vec<&(u16, Value)> = Vec::new();
            let mut compare = |fields: &dyn Fields| {
                stale = news.iter().filter(|it| fields.get(it.0) != it.1.as_ref()).collect();
            };
            // What another thread changed since is the next flush's business.
            let touched = chunk.head().flags(at.slot()).has(Flags::TOUCHED);
            if !(touched && chunk.base(at.slot(), &mut compare)) {
                let _ = chunk.with(at.slot(), &mut compare);
            }
            if !stale.is_empty() && chunk.keep(at.slot()).is_ok() {
                events.push(Event::Value { chunk: at.chunk(), count: 1 });
                let written = chunk.write(at.slot(), &mut |fields| {
                    for (column, value) in &stale {
                        // A column that can't hold NULL is unset.
                        if !fields.put(*column, Some(value.as_ref())) {
                            fields.put(*column, None);
                        }
                    }
                });
                if written.is_err() {
                    // Borrowed: the row is right, and is read again.
                    let head = chunk.head();
                    head.set_flags(at.slot(), head.flags(at.slot()).with(Flags::EXPIRED));
                }
            }
            if self.options.sqlalchemy {
                self.say(*at, &rows.columns);
            }
            // What was set while it was expired is known by that.
            if chunk.head().flags(at.slot()).has(Flags::EXPIRED) {
                if self.options.sqlalchemy {
                    self.tables(|it| it.name_expired(*at));
                }
                self.tables(|it| it.know_columns(*at, &rows.columns));
            }
            if !rows.expires.is_empty() {
                self.expire_unread(&*chunk, at.slot(), &rows.expires);
            }
            if !rows.returning.is_empty() {
                self.tables(|it| it.know_columns(*at, &rows.returning));
            }
            if rekeyed {
                let key = rows.columns.len()..rows.columns.len() + mapper.meta.primary_key.len();
                self.rekey(mapper, &*chunk, at.slot(), &cells[key], events);
            }
        }
    }

    /// Objects whose rows are gone give their keys to new ones.
    fn oust(&mut self, mapper: &'static Mapper, chunk: &dyn AnyChunk, slots: &[u32]) {
        for slot in slots {
            let mut key = Key::new();
            let read = chunk.loaded(*slot, &mut |it| key = key_values(mapper.meta, it));
            let fingerprint = fingerprint(key.iter().map(Value::as_ref));
            if let (Ok(()), Some(held)) = (read, self.find_held(mapper, &key)) {
                self.store(mapper).remove(fingerprint, held);
                self.tables(|it| it.ousted.insert(held));
            }
        }
    }

    /// Nobody has read what the database has made of these columns.
    fn expire_unread(&mut self, chunk: &dyn AnyChunk, slot: u32, columns: &[u16]) {
        let (deferred, columns) = split_deferred(chunk.meta(), columns);
        if !deferred.is_empty() {
            let unload = &mut |it: &mut dyn Fields| {
                deferred.iter().for_each(|at| _ = it.put(*at, None));
            };
            // Of one that is borrowed, what was loaded stays until it is read again.
            let _ = chunk.write(slot, unload);
        }
        if columns.is_empty() {
            return;
        }
        let (head, columns) = (chunk.head(), &columns[..]);
        let (at, old) = (head.reference(slot), head.flags(slot));
        self.tables(|it| {
            // What is expired of it as a whole stays so.
            if !old.has(Flags::EXPIRED) || it.expired_columns(at).is_some() {
                it.expire_columns(at, columns);
            }
        });
        head.set_flags(slot, old.with(Flags::EXPIRED));
    }

    /// The identity map knows an object by its new key only (FK-4).
    fn rekey(
        &mut self,
        mapper: &'static Mapper,
        chunk: &dyn AnyChunk,
        slot: u32,
        old: &[Fill],
        events: &mut Vec<Event>,
    ) {
        let values = old.iter().filter_map(|it| match it {
            Fill::Value(value) => Some(value.as_ref()),
            _ => None,
        });
        let old = fingerprint(values);
        self.rekey_from(mapper, chunk, slot, old, events);
    }

    /// The same, of an object with this key before.
    pub(crate) fn rekey_from(
        &mut self,
        mapper: &'static Mapper,
        chunk: &dyn AnyChunk,
        slot: u32,
        old: u64,
        events: &mut Vec<Event>,
    ) {
        let (object, number) = (chunk.head().reference(slot), mapper.number);
        let (store, new) = (self.store(mapper), key_of(mapper.meta, chunk, slot));
        // One that had been left out of the map so far enters it now, by the key that it has now.
        if store.remove(old, object) | new.is_some_and(|it| store.remove(it, object)) {
            events.push(Event::Unmapped { mapper: number, fingerprint: old, object });
        }
        if let Some(new) = new {
            store.insert(new, object);
            events.push(Event::Mapped { mapper: number, fingerprint: new, object });
        }
    }

    fn apply_deletes(&mut self, mapper: &'static Mapper, rows: &CellRows, events: &mut Vec<Event>) {
        for at in &rows.objects {
            self.apply_delete(mapper, *at, events);
        }
    }

    /// An object's row was deleted.
    pub(crate) fn apply_delete(
        &mut self,
        mapper: &'static Mapper,
        at: Ref,
        events: &mut Vec<Event>,
    ) {
        let Some(chunk) = self.chunk(at) else { return };
        let head = chunk.head();
        let old = head.flags(at.slot());
        if let Some(fp) = key_of(mapper.meta, &*chunk, at.slot())
            && self.store(mapper).remove(fp, at)
        {
            events.push(Event::Unmapped { mapper: mapper.number, fingerprint: fp, object: at });
        }
        events.push(Event::Flags { object: at, old });
        let new = old.by(Cause::Delete).without(Flags::MARKED);
        head.set_flags(at.slot(), new);
        self.note_move(at, old.state(), new.state());
        // Who referred to it does so no more: its key is NULL by now.
        // There, members show who they referred to until they are expired.
        if !self.options.sqlalchemy {
            self.tables(|it| it.forget_deleted(mapper, at, events));
        }
    }
}

impl Shared {
    /// The value of a fill, now that all answers are there.
    pub(super) fn value(
        &self,
        fill: &Fill,
        others: &std::collections::HashMap<(u32, u16), Value>,
    ) -> Option<Value> {
        match fill {
            Fill::Own => None,
            Fill::Value(value) => Some(value.clone()),
            Fill::Key(ordinal) => {
                Some(Value::Int(self.keys.integers.get(*ordinal as usize)?.load(Ordering::Acquire)))
            }
            Fill::Returned(ordinal, column) => others.get(&(*ordinal, *column)).cloned(),
            Fill::Field { chunk, slot, column } => {
                let mut value = None;
                let chunk = self.chunks.get(*chunk as usize)?;
                chunk.with(*slot, &mut |it| value = Some(it.get(*column).to_value())).ok()?;
                value
            }
        }
    }
}

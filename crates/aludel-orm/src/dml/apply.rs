//! What becomes of the objects that a statement meant: after success, in one step, and so that a
//! rollback takes it back.

use aludel_core::value::Value;
use smallvec::SmallVec;

use super::{
    change::ChangeWork,
    synchronize::{Expired, Held, Part},
};
use crate::{
    Result,
    loading::{Buffer, cohorts},
    mapping::{Direction, Mapper},
    object::{
        chunk::{AnyChunk, Columns},
        cohort::AnyCohort,
        log::Event,
        reference::Ref,
        state::{Flags, State},
    },
    session::{
        Key,
        core::Core,
        identity::{fingerprint, key_of, same_value},
        key::key_values,
    },
};

impl Core {
    /// A change went through: the objects that it meant follow.
    pub(super) fn apply_change(&mut self, work: ChangeWork) {
        self.wrote();
        let Some(mut sync) = work.sync else { return };
        let mut events = Vec::new();
        for part in &mut sync.parts {
            part.matched.extend(work.keys.iter().filter_map(|it| self.find_told(part.mapper, it)));
            let part = &*part;
            for at in &part.matched {
                match sync.deletes {
                    true => self.apply_delete(part.mapper, *at, &mut events),
                    false => self.apply_set(part, *at, &mut events),
                }
            }
            let columns: Columns = part.set.iter().map(|it| it.0).collect();
            for at in &part.doubtful {
                match sync.deletes {
                    true if self.options.sqlalchemy => _ = self.expire_one(*at),
                    true => self.expire_row(*at),
                    false => self.expire_columns(*at, &columns),
                }
            }
        }
        self.ledger(|it| it.record(events));
        self.announce_states();
    }

    /// The object of a key that the database told, if the session holds it.
    fn find_told(&mut self, mapper: &'static Mapper, key: &Key) -> Option<Ref> {
        let fp = fingerprint(key.iter().map(Value::as_ref));
        let hit = self.existing_store(mapper)?.find(fp, |fields| {
            let mut pairs = mapper.meta.primary_key.iter().zip(key);
            // A driver may show a type in its stored form.
            pairs.all(|(at, key)| same_value(fields.get(*at), key.as_ref()))
        })?;
        Some(hit.anchor.chunk().head().reference(hit.slot))
    }

    /// The objects that the session holds of a result that has not landed yet.
    pub(crate) fn find_stale(&mut self, cohort: &dyn AnyCohort, out: &mut Vec<Ref>) {
        let mapper = Mapper::of(cohort.meta());
        for position in 0..cohort.len() {
            let mut key = Key::new();
            cohort.with(position, &mut |it| key = key_values(mapper.meta, it));
            out.extend(self.find_held(mapper, &key));
        }
    }

    /// Lets the rows that are about to land be what these objects hold; changes that no flush has
    /// written stay.
    pub(crate) fn renew(&mut self, stale: &[Ref]) -> Result<()> {
        let mut events = Vec::new();
        for at in stale {
            let Some(chunk) = self.chunk(*at) else { continue };
            // There, what was read stays, whatever is taken back.
            if !self.options.sqlalchemy {
                chunk.keep(at.slot())?;
                events.push(Event::Value { chunk: at.chunk(), count: 1 });
            }
            self.expire_row(*at);
        }
        self.ledger(|it| it.record(events));
        Ok(())
    }

    /// The same, where changes that no flush has written are given up, and relationships are forgotten
    /// (IDM-6).
    pub(crate) fn overwrite(&mut self, stale: Vec<Ref>) -> Result<()> {
        stale.iter().try_for_each(|it| self.expire_one(*it))?;
        self.renew(&stale)
    }

    /// The objects of a DELETE's rows: each row was one's, and is gone.
    pub(super) fn apply_returned_deletes(&mut self, buffer: &mut dyn Buffer) {
        let mut gone = Vec::new();
        cohorts(buffer, &mut |it| {
            let mapper = Mapper::of(it.meta());
            gone.extend((0..it.len()).filter_map(|at| Some((mapper, it.reference(at)?))));
        });
        let mut events = Vec::new();
        for (mapper, at) in gone {
            if self.tables(|it| it.flags(at).state()) == State::Persistent {
                self.apply_delete(mapper, at, &mut events);
            }
        }
        self.ledger(|it| it.record(events));
    }

    /// What is known of an object from now on are its last values, and its changes.
    fn expire_row(&self, at: Ref) {
        let Some(chunk) = self.chunk(at) else { return };
        let head = chunk.head();
        head.set_flags(at.slot(), head.flags(at.slot()).with(Flags::EXPIRED));
        self.tables(|it| it.forget_expired(at));
    }

    /// The same of some columns.
    pub(super) fn expire_columns(&mut self, at: Ref, columns: &[u16]) {
        // One that is borrowed is read again as a whole.
        if self.expire_some(at, columns, &[]).is_err() {
            self.expire_row(at);
        }
    }

    /// Sets an object's columns to what the statement set them to, as if they had been loaded so. What
    /// only the database knows expires the object.
    fn apply_set(&mut self, part: &Part, at: Ref, events: &mut Vec<Event>) {
        let Some(chunk) = self.chunk(at) else { return };
        let (meta, slot, flags) = (part.mapper.meta, at.slot(), chunk.head().flags(at.slot()));
        if flags.state() != State::Persistent {
            return;
        }
        let mut unknown = Columns::new();
        let expired = self.expired(at, flags);
        let mut news: SmallVec<[(u16, Value); 4]> = SmallVec::new();
        // There, what was changed in memory is expired.
        let changed = if self.options.sqlalchemy { chunk.changed(slot) } else { Columns::new() };
        let read = chunk.loaded(slot, &mut |fields| {
            let row = Held { fields, meta, expired: &expired };
            for (column, value) in &part.set {
                match value.as_ref().and_then(|it| it.value(&row)) {
                    _ if changed.contains(column) => unknown.push(*column),
                    None => unknown.push(*column),
                    // Of one that was changed in memory the statement wins.
                    Some(value)
                        if !flags.has(Flags::TOUCHED)
                            && !fields.is_unset(*column)
                            && fields.get(*column) == value.as_ref() => {}
                    Some(value) => news.push((*column, value)),
                }
            }
        });
        if read.is_err() {
            return self.expire_row(at);
        }
        // There, its attributes are expired from now on, and it isn't.
        if self.options.sqlalchemy && matches!(expired, Expired::All) {
            self.tables(|it| it.name_expired(at));
            unknown.retain(|it| changed.contains(it));
            news.clear();
        }
        if !news.is_empty() && !self.set_clean(part.mapper, &*chunk, slot, &news, events) {
            unknown.extend(news.iter().map(|it| it.0));
        }
        if !unknown.is_empty() {
            self.expire_columns(at, &unknown);
        }
    }

    /// Sets an object's columns to values that its row has now.
    pub(super) fn apply_values(
        &mut self,
        mapper: &'static Mapper,
        at: Ref,
        news: &[(u16, Value)],
        events: &mut Vec<Event>,
    ) {
        let Some(chunk) = self.chunk(at) else { return };
        if !self.set_clean(mapper, &*chunk, at.slot(), news, events) {
            self.expire_row(at);
        }
    }

    /// Sets columns of an object, and their old values too, so that a flush finds nothing changed;
    /// whether that could be done.
    fn set_clean(
        &mut self,
        mapper: &'static Mapper,
        chunk: &dyn AnyChunk,
        slot: u32,
        news: &[(u16, Value)],
        events: &mut Vec<Event>,
    ) -> bool {
        let at = chunk.head().reference(slot);
        let sets = |column: &u16| news.iter().any(|it| it.0 == *column);
        let rekeyed = mapper.meta.primary_key.iter().any(sets);
        let old_key = if rekeyed { key_of(mapper.meta, chunk, slot) } else { None };
        if chunk.keep(slot).is_err() {
            return false;
        }
        events.push(Event::Value { chunk: at.chunk(), count: 1 });
        let mut fits = true;
        let written = chunk.write(slot, &mut |fields| {
            for (column, value) in news {
                // Of what is loaded on demand, NULL isn't the same as nothing.
                let is_deferred = mapper.meta.columns[usize::from(*column)].deferral.is_some();
                let value = (is_deferred || !value.is_null()).then(|| value.as_ref());
                fits &= fields.put(*column, value);
            }
        });
        if let Some(old) = old_key.filter(|_| written.is_ok()) {
            self.rekey_from(mapper, chunk, slot, old, events);
        }
        let ones = mapper.relationships.iter().filter(|it| {
            it.direction == Direction::ManyToOne && it.pairs.iter().any(|pair| sets(&pair.0))
        });
        let ones: SmallVec<[u16; 8]> = ones.map(|it| it.index).collect();
        if !ones.is_empty() {
            self.tables(|it| it.forget_cells(self.id, at, &ones));
        }
        written.is_ok() && fits
    }
}

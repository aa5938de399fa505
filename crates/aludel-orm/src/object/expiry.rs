//! What is expired of an object where not all of it is, and how its relationships are forgotten.

use std::sync::atomic::Ordering;

use super::{
    graph::Tables,
    log::Event,
    reference::{NULL, Ref, UNLOADED},
    state::{Flags, State},
};
use crate::mapping::{Direction, Mapper};

impl Tables {
    /// The columns that are expired, where not all of them are.
    pub(crate) fn expired_columns(&self, object: Ref) -> Option<&[u16]> {
        self.expired.get(&object).map(|it| &**it)
    }

    /// Whether an object is expired as a whole.
    pub(crate) fn is_expired(&self, object: Ref) -> bool {
        self.flags(object).has(Flags::EXPIRED) && self.expired_columns(object).is_none()
    }

    /// Whether an object is expired with its key: all of it, or a column of the key among others.
    pub(crate) fn is_key_expired(&self, object: Ref) -> bool {
        let key = self.meta(object).map(|it| it.primary_key).unwrap_or_default();
        self.flags(object).has(Flags::EXPIRED)
            && self.expired_columns(object).is_none_or(|it| it.iter().any(|it| key.contains(it)))
    }

    /// More columns of an object are expired.
    pub(crate) fn expire_columns(&mut self, object: Ref, columns: &[u16]) {
        let expired = self.expired.entry(object).or_default();
        for column in columns {
            if let Err(at) = expired.binary_search(column) {
                expired.insert(at, *column);
            }
        }
    }

    /// Spells out what is expired of an object, where all of it is. What was said of it is forgotten with it
    /// (LOAD-20).
    pub(crate) fn name_expired(&mut self, object: Ref) {
        if self.expired_columns(object).is_none() {
            self.permit(object);
            let columns = self.meta(object).map_or(0, |it| it.columns.len() as u16);
            self.expire_columns(object, &(0..columns).collect::<Vec<_>>());
        }
    }

    /// These columns of an object are known again, if not all of it is expired.
    pub(crate) fn know_columns(&mut self, object: Ref, columns: &[u16]) {
        let Some(expired) = self.expired.get_mut(&object) else { return };
        expired.retain(|it| !columns.contains(it));
        if expired.is_empty() {
            self.expired.remove(&object);
            if let Some(chunk) = self.chunk(object) {
                let head = chunk.head();
                let flags = head.flags(object.slot());
                head.set_flags(object.slot(), flags.without(Flags::EXPIRED));
            }
        }
    }

    /// No rollback changes an object's state from now on.
    pub(crate) fn disown(&mut self, object: Ref) {
        self.expired.remove(&object);
        self.ledgers.iter_mut().for_each(|it| it.disown(object));
    }

    /// What is expired of an object is all of it, or nothing.
    pub(crate) fn forget_expired(&mut self, object: Ref) {
        self.expired.remove(&object);
    }

    /// The same for all objects of a session.
    pub(crate) fn forget_all_expired(&mut self, session: u64) {
        let chunks = &self.chunks;
        self.expired.retain(|it, _| {
            let head = chunks.get(&it.chunk()).map(|it| it.chunk.head());
            head.is_some_and(|head| {
                let lives = head.flags(it.slot()).state() == State::Persistent;
                head.owner.load(Ordering::Acquire) != session || !lives
            })
        });
    }

    /// Puts a to-one cell back that was forgotten for a moment.
    pub(crate) fn refill_one(&mut self, object: Ref, relation: u16, cell: u64) {
        if let Some(cells) =
            self.relation_mut(object.chunk(), relation).filter(|_| cell != UNLOADED)
        {
            cells.set_one(object.slot(), cell);
        }
    }

    /// Forgets all relationships of a session's persistent objects, but for those that somebody changed
    /// since the last flush.
    pub(crate) fn forget_relationships(&mut self, session: u64) {
        let mut changed: Vec<Ref> = Vec::new();
        if let Some(ledger) = self.ledger(session).filter(|it| it.links != 0) {
            let events = ledger.log.get(ledger.flushed..).unwrap_or_default();
            changed.extend(events.iter().filter_map(Event::owner));
        }
        for entry in self.chunks.values_mut() {
            let head = entry.chunk.head();
            if head.owner.load(Ordering::Acquire) != session {
                continue;
            }
            for slot in 0..head.used() {
                let at = head.reference(slot);
                let is_changed = changed.contains(&at) || self.ousted.contains(&at);
                if head.flags(slot).state() == State::Persistent && !is_changed {
                    entry.relations.iter_mut().for_each(|it| it.unload(slot));
                }
            }
        }
    }

    /// Forgets that to-one relationships of an object hold nothing: one of them, or all.
    pub(crate) fn forget_none(&mut self, object: Ref, relation: Option<u16>) {
        let Some(entry) = self.chunks.get_mut(&object.chunk()) else { return };
        for (at, cells) in entry.relations.iter_mut().enumerate() {
            let asked = relation.is_none_or(|it| usize::from(it) == at);
            if asked && cells.one(object.slot()) == NULL {
                cells.unload(object.slot());
            }
        }
    }

    /// The same of a relationship, where the object's own row would say so.
    pub(super) fn forget_no_key(&mut self, object: Ref, relation: u16) {
        let meta = self.meta(object);
        let relation = meta.and_then(|it| Mapper::of(it).relationships.get(usize::from(relation)));
        if let Some(relation) = relation.filter(|it| it.direction == Direction::ManyToOne) {
            self.forget_none(object, Some(relation.index));
        }
    }

    /// Forgets what all relationships of a persistent object hold.
    pub(crate) fn forget_links(&mut self, object: Ref) {
        let Some(entry) = self.chunks.get_mut(&object.chunk()) else { return };
        if entry.chunk.head().flags(object.slot()).state() == State::Persistent {
            entry.relations.iter_mut().for_each(|it| it.unload(object.slot()));
        }
    }

    /// Members of a deleted object forget it, who refer to it by a key that is NULL by now.
    pub(crate) fn forget_deleted(
        &mut self,
        mapper: &'static Mapper,
        object: Ref,
        events: &mut Vec<Event>,
    ) {
        for relation in &mapper.relationships {
            let back = relation.back.filter(|it| !it.many);
            let (Direction::OneToMany, Some(back)) = (relation.direction, back) else { continue };
            let mut members = Vec::new();
            self.related(relation, &[object], &mut members);
            members.retain(|it| {
                self.flags(*it).state() == State::Persistent
                    && self.one(*it, back.index) == object.cell()
            });
            for member in members {
                let Some(cells) = self.relation_mut(member.chunk(), back.index) else { continue };
                cells.unload(member.slot());
                let (relation, old) = (back.index, object.cell());
                events.push(Event::Forgotten { owner: member, relation, old });
            }
        }
    }

    /// Forgets these relationships of an object, with the changes that no flush has seen: the log no
    /// longer tells of them. What they led to stays as it is (EXP-7).
    pub(crate) fn expire_cells(&mut self, session: u64, object: Ref, relations: &[u16]) {
        let all = self.meta(object).map(|it| Mapper::of(it).relationships.len());
        let is_own = |it: &Event| {
            it.owner() == Some(object)
                && match it.relation() {
                    Some(it) => relations.contains(&it),
                    None => all == Some(relations.len()),
                }
        };
        let mut before: Vec<(u16, u64)> = Vec::new();
        if let Some(ledger) = self.ledger(session).filter(|it| it.links != 0) {
            let from = ledger.flushed.min(ledger.log.len());
            let unseen = ledger.log.split_off(from);
            for event in unseen {
                if !is_own(&event) {
                    ledger.log.push(event);
                    continue;
                }
                ledger.links = ledger.links.saturating_sub(1);
                if let Event::One { relation, old, .. } = event
                    && !before.iter().any(|it| it.0 == relation)
                {
                    before.push((relation, old));
                }
            }
        }
        let Some(entry) = self.chunks.get_mut(&object.chunk()) else { return };
        let mut ledger = self.ledgers.iter_mut().find(|it| it.session == session && it.wrote);
        for (relation, cells) in entry.relations.iter_mut().enumerate() {
            let relation = relation as u16;
            if !relations.contains(&relation) {
                continue;
            }
            let known = before.iter().find(|it| it.0 == relation).map(|it| it.1);
            let old = known.unwrap_or_else(|| cells.one(object.slot()));
            if let Some(ledger) = ledger.as_mut().filter(|_| old != UNLOADED) {
                ledger.log.push(Event::Forgotten { owner: object, relation, old });
            }
            cells.unload(object.slot());
        }
    }
}

//! Linking and unlinking objects: one untyped body that keeps both sides in step, whatever the
//! entities, and needs no borrow of either object.

use std::sync::atomic::Ordering;

use super::{
    graph::Tables,
    log::Event,
    reference::{NULL, Ref, UNLOADED},
    state::{Flags, State},
};
use crate::{
    Error,
    mapping::{Cascade, Mapper, Relation},
};

impl Tables {
    /// `owner.relation` (to-many) gains a member.
    pub(crate) fn attach(&mut self, owner: Ref, relation: &'static Relation, member: Ref) {
        if !self.meet(owner, relation, member) {
            return;
        }
        match relation.back {
            Some(back) if back.many => {
                if self.linked(owner, relation.index, member, back.index) {
                    return;
                }
                self.insert_member(member, back.index, owner);
            }
            Some(back) => {
                let old = self.one(member, back.index);
                if old == owner.cell() {
                    return;
                }
                if let Some(old) = Ref::from_cell(old) {
                    self.remove_member(old, relation.index, member);
                }
                self.put_one(member, back.index, owner.cell());
            }
            None if self.has_member(owner, relation.index, member) => return,
            None => {}
        }
        self.insert_member(owner, relation.index, member);
    }

    fn has_member(&self, owner: Ref, relation: u16, member: Ref) -> bool {
        self.member_slice(owner, relation).is_some_and(|it| it.contains(&member.cell()))
    }

    /// Whether two sides of a many-to-many know each other, by the shorter list of the two.
    fn linked(&self, left: Ref, relation: u16, right: Ref, back: u16) -> bool {
        match (self.member_slice(left, relation), self.member_slice(right, back)) {
            (Some(rights), Some(lefts)) if lefts.len() < rights.len() => {
                lefts.contains(&left.cell())
            }
            (Some(rights), _) => rights.contains(&right.cell()),
            (None, Some(lefts)) => lefts.contains(&left.cell()),
            (None, None) => false,
        }
    }

    /// `owner.relation` (to-many) loses a member; whether it had it.
    pub(crate) fn detach(&mut self, owner: Ref, relation: &'static Relation, member: Ref) -> bool {
        if !self.remove_member(owner, relation.index, member) {
            return false;
        }
        if let Some(back) = relation.back {
            if back.many {
                self.remove_member(member, back.index, owner);
            } else if self.one(member, back.index) == owner.cell() {
                self.put_one(member, back.index, NULL);
            }
        }
        self.drop_pending_orphan(relation, member);
        true
    }

    /// `owner.relation` (to-one) becomes another object, or none.
    pub(crate) fn assign(&mut self, owner: Ref, relation: &'static Relation, new: Option<Ref>) {
        if new.is_some_and(|new| !self.meet(owner, relation, new)) {
            return;
        }
        let cell = new.map_or(NULL, Ref::cell);
        let old = self.one(owner, relation.index);
        if old == cell {
            return;
        }
        let old = Ref::from_cell(old);
        if let Some(back) = relation.back {
            if let Some(old) = old {
                if back.many {
                    self.remove_member(old, back.index, owner);
                } else {
                    self.put_one(old, back.index, NULL);
                }
            }
            if let Some(new) = new {
                if back.many {
                    self.insert_member(new, back.index, owner);
                } else {
                    if let Some(former) = Ref::from_cell(self.one(new, back.index)) {
                        self.put_one(former, relation.index, NULL);
                    }
                    self.put_one(new, back.index, owner.cell());
                }
            }
        }
        self.put_one(owner, relation.index, cell);
        if let Some(old) = old {
            self.drop_pending_orphan(relation, old);
        }
    }

    /// `owner.relation` (to-many) holds exactly these members, in this order.
    pub(crate) fn assign_all(&mut self, owner: Ref, relation: &'static Relation, members: &[Ref]) {
        let keep: std::collections::HashSet<u64> = members.iter().map(|it| it.cell()).collect();
        let old: Vec<u64> = self.members(owner, relation.index).unwrap_or_default();
        // From the back, so that each removal is found at once.
        for cell in old.iter().rev().filter(|it| !keep.contains(it)) {
            if let Some(member) = Ref::from_cell(*cell) {
                self.detach(owner, relation, member);
            }
        }
        members.iter().for_each(|it| self.attach(owner, relation, *it));
    }

    /// The cell of a to-one relationship; what nobody set on an object without a row is none.
    pub(crate) fn one(&self, owner: Ref, relation: u16) -> u64 {
        let cell =
            self.relation(owner.chunk(), relation).map_or(UNLOADED, |it| it.one(owner.slot()));
        if cell == UNLOADED && self.is_new(owner) { NULL } else { cell }
    }

    /// The members of a to-many relationship; `None` where it isn't loaded. What nobody set on an
    /// object without a row is empty.
    pub(crate) fn members(&self, owner: Ref, relation: u16) -> Option<Vec<u64>> {
        self.member_slice(owner, relation).map(<[u64]>::to_vec)
    }

    /// As [`Tables::members`], without a copy.
    pub(crate) fn member_slice(&self, owner: Ref, relation: u16) -> Option<&[u64]> {
        let loaded = self.relation(owner.chunk(), relation).and_then(|it| it.many(owner.slot()));
        loaded.or_else(|| self.is_new(owner).then_some(&[]))
    }

    /// The objects at the other end of a relationship, as far as they are known.
    pub(crate) fn related(&self, relation: &Relation, owners: &[Ref], out: &mut Vec<Ref>) {
        for owner in owners {
            if relation.many {
                let members = self.member_slice(*owner, relation.index).unwrap_or_default();
                out.extend(members.iter().filter_map(|it| Ref::from_cell(*it)));
            } else {
                out.extend(Ref::from_cell(self.one(*owner, relation.index)));
            }
        }
    }

    /// Whether a relationship of an object is known.
    pub(crate) fn is_loaded(&self, owner: Ref, relation: &Relation) -> bool {
        if relation.many {
            self.member_slice(owner, relation.index).is_some()
        } else {
            self.one(owner, relation.index) != UNLOADED
        }
    }

    /// Whether an object has no row yet: what is not set on it is not there, rather than unknown.
    fn is_new(&self, object: Ref) -> bool {
        matches!(self.flags(object).state(), State::Transient | State::Pending)
    }

    /// Brings an object, and all that its save-update cascades reach, into a session.
    pub(crate) fn enlist(&mut self, session: u64, start: Ref) {
        let mut stack = vec![start];
        while let Some(object) = stack.pop() {
            if !self.enlist_one(session, object) {
                continue;
            }
            let Some(meta) = self.meta(object) else { continue };
            let from = stack.len();
            for relation in &Mapper::of(meta).relationships {
                if !relation.cascade.has(Cascade::SAVE_UPDATE) {
                    continue;
                }
                let Some(cells) = self.relation(object.chunk(), relation.index) else { continue };
                if relation.many {
                    let members = cells.many(object.slot()).unwrap_or_default();
                    stack.extend(members.iter().filter_map(|it| Ref::from_cell(*it)));
                } else {
                    stack.extend(Ref::from_cell(cells.one(object.slot())));
                }
            }
            // The first member is next.
            stack[from..].reverse();
        }
    }

    /// Brings one object into a session; whether it was outside.
    fn enlist_one(&mut self, session: u64, object: Ref) -> bool {
        let old = self.flags(object);
        let state = self.state(object);
        match state {
            State::Pending | State::Persistent => {
                if self.session_of(object) != Some(session) {
                    self.report(session, Error::other_session(self.meta(object)));
                }
                return false;
            }
            State::Deleted => {
                self.report(session, Error::deleted(self.meta(object)));
                return false;
            }
            State::Detached if old.has(Flags::GONE) => {
                self.report(session, Error::deleted(self.meta(object)));
                return false;
            }
            State::Transient | State::Detached => {}
        }
        if !self.claim(session, object) {
            self.report(session, Error::other_session(self.meta(object)));
            return false;
        }
        let Some(chunk) = self.chunk(object) else { return false };
        if state == State::Transient {
            chunk.head().set_flags(object.slot(), Flags::of(State::Pending));
        } else {
            let changed = old.0 & (Flags::TOUCHED | Flags::EXPIRED);
            chunk.head().set_flags(object.slot(), Flags(Flags::PERSISTENT.0 | changed));
        }
        let id = object.chunk();
        if let Some(ledger) = self.ledger(session) {
            ledger.log.push(Event::Flags { object, old });
            if state == State::Transient {
                ledger.pending.push(object);
            } else {
                ledger.joined.push(object);
                if old.has(Flags::TOUCHED) {
                    ledger.dirty.push(id);
                }
            }
        }
        true
    }

    /// Makes a session the owner of an object's chunk. Its other objects stay outside: their state
    /// is spelled out, now that their old session no longer says it.
    fn claim(&mut self, session: u64, object: Ref) -> bool {
        let live: Vec<u64> = self.ledgers.iter().map(|it| it.session).collect();
        let Some(chunk) = self.chunk(object) else { return false };
        let head = chunk.head();
        let owner = head.owner.load(Ordering::Acquire);
        if owner == session {
            return true;
        }
        if live.contains(&owner) {
            return false;
        }
        for slot in 0..head.used() {
            let flags = head.flags(slot);
            let outside = match flags.state() {
                State::Pending => State::Transient,
                State::Persistent | State::Deleted => State::Detached,
                other => other,
            };
            head.set_flags(slot, flags.in_state(outside).without(Flags::TRACKED));
        }
        head.owner.store(session, Ordering::Release);
        true
    }

    /// Remembers what went wrong where nothing could be returned.
    pub(crate) fn report(&mut self, session: u64, problem: Error) {
        if let Some(ledger) = self.ledger(session) {
            ledger.problem.get_or_insert(problem);
        }
    }

    /// Whether two objects may be linked; brings the member into the owner's session.
    fn meet(&mut self, owner: Ref, relation: &'static Relation, member: Ref) -> bool {
        let (mine, theirs) = (self.session_of(owner), self.session_of(member));
        if let (Some(mine), Some(theirs)) = (mine, theirs)
            && mine != theirs
        {
            self.report(mine, Error::other_session(self.meta(member)));
            self.report(theirs, Error::other_session(self.meta(owner)));
            return false;
        }
        if let (Some(session), None) = (mine, theirs)
            && relation.cascade.has(Cascade::SAVE_UPDATE)
        {
            self.enlist(session, member);
        }
        true
    }

    /// A pending member that its owner lets go of leaves the session at once (CAS-10).
    fn drop_pending_orphan(&mut self, relation: &'static Relation, member: Ref) {
        let flags = self.flags(member);
        if !relation.cascade.has(Cascade::DELETE_ORPHAN) || flags.state() != State::Pending {
            return;
        }
        let Some(session) = self.session_of(member) else { return };
        if let Some(chunk) = self.chunk(member) {
            chunk.head().set_flags(member.slot(), flags.in_state(State::Transient));
        }
        if let Some(ledger) = self.ledger(session) {
            ledger.log.push(Event::Flags { object: member, old: flags });
        }
    }

    /// Writes an event to the ledger of the session that tracks its owner.
    fn note(&mut self, owner: Ref, event: Event) {
        let Some(session) = self.session_of(owner) else { return };
        if let Some(ledger) = self.ledger(session) {
            ledger.log.push(event);
            ledger.links += 1;
        }
    }

    fn put_one(&mut self, owner: Ref, relation: u16, new: u64) {
        let Some(cells) = self.relation_mut(owner.chunk(), relation) else { return };
        let old = cells.set_one(owner.slot(), new);
        self.note(owner, Event::One { owner, relation, old, new });
    }

    /// Adds a member that isn't there yet: both sides are in step, so the caller knows.
    fn insert_member(&mut self, owner: Ref, relation: u16, member: Ref) {
        let new = self.is_new(owner);
        let Some(cells) = self.relation_mut(owner.chunk(), relation) else { return };
        if new && cells.many(owner.slot()).is_none() {
            cells.make_empty(owner.slot());
        }
        match cells.own(owner.slot()) {
            Some(list) => list.push(member.cell()),
            None => {
                let queue = cells.queue(owner.slot());
                queue.removed.retain(|it| *it != member.cell());
                if queue.added.contains(&member.cell()) {
                    return;
                }
                queue.added.push(member.cell());
            }
        }
        self.note(owner, Event::Added { owner, relation, member });
    }

    fn remove_member(&mut self, owner: Ref, relation: u16, member: Ref) -> bool {
        let new = self.is_new(owner);
        let Some(cells) = self.relation_mut(owner.chunk(), relation) else { return false };
        let at = match cells.own(owner.slot()) {
            Some(list) => {
                let Some(at) = list.iter().rposition(|it| *it == member.cell()) else {
                    return false;
                };
                list.remove(at);
                at as u32
            }
            None if new => return false,
            None => {
                let queue = cells.queue(owner.slot());
                queue.added.retain(|it| *it != member.cell());
                if queue.removed.contains(&member.cell()) {
                    return false;
                }
                queue.removed.push(member.cell());
                u32::MAX
            }
        };
        self.note(owner, Event::Removed { owner, relation, member, at });
        true
    }

    /// Takes back one change of a cell.
    pub(crate) fn undo_cell(&mut self, event: &Event) {
        match *event {
            Event::One { owner, relation, old, .. } => {
                if let Some(cells) = self.relation_mut(owner.chunk(), relation) {
                    cells.set_one(owner.slot(), old);
                }
            }
            Event::Added { owner, relation, member, .. } => {
                let Some(cells) = self.relation_mut(owner.chunk(), relation) else { return };
                match cells.own(owner.slot()) {
                    Some(list) => {
                        if let Some(at) = list.iter().rposition(|it| *it == member.cell()) {
                            list.remove(at);
                        }
                    }
                    None => cells.queue(owner.slot()).added.retain(|it| *it != member.cell()),
                }
            }
            Event::Removed { owner, relation, member, at } => {
                let Some(cells) = self.relation_mut(owner.chunk(), relation) else { return };
                match cells.own(owner.slot()) {
                    Some(list) if list.contains(&member.cell()) => {}
                    Some(list) => list.insert((at as usize).min(list.len()), member.cell()),
                    None => cells.queue(owner.slot()).removed.retain(|it| *it != member.cell()),
                }
            }
            _ => {}
        }
    }
}

//! Which session an object belongs to, as links decide it: cascades bring objects in, and what its
//! owner lets go of leaves.

use std::sync::atomic::Ordering;

use super::{
    graph::Tables,
    log::Event,
    reference::Ref,
    state::{Cause, Flags, State},
};
use crate::{
    Error,
    mapping::{Cascade, Direction, Mapper, Relation},
};

impl Tables {
    /// Brings an object, and all that its save-update cascades reach, into a session.
    pub(crate) fn enlist(&mut self, session: u64, start: Ref) {
        let mut stack = vec![start];
        let mut first = true;
        while let Some(object) = stack.pop() {
            let former = self.former_members(object);
            let late = self.late_members(object);
            let came = self.enlist_one(session, object, object == start);
            // What is added by name brings along what it leads to, even if it is there already.
            let named = std::mem::take(&mut first)
                && self.session_of(start) == Some(session)
                && self.state(start) != State::Deleted;
            if !came && !named {
                continue;
            }
            stack.extend(former);
            self.cascade(object, Cascade::SAVE_UPDATE, &mut stack);
            stack.extend(late);
            if !self.once.is_empty() && self.once.remove(&object) {
                self.loose.retain(|it| it.owner() != Some(object));
            }
        }
    }

    /// Brings in one object that was reached: one whose row is gone stays outside.
    pub(crate) fn enlist_member(&mut self, session: u64, object: Ref) -> bool {
        self.enlist_one(session, object, false)
    }

    /// Brings in one object by name, and nothing that it leads to.
    pub(crate) fn enlist_alone(&mut self, session: u64, object: Ref) {
        self.enlist_one(session, object, true);
    }

    /// What left the relationships of a detached object, which no flush has written: it comes in with the
    /// object (CAS-2).
    fn former_members(&self, object: Ref) -> Vec<Ref> {
        if self.is_as_original() {
            return self.former_as_original(object);
        }
        let Some(meta) = self.meta(object).filter(|_| !self.loose.is_empty()) else {
            return Vec::new();
        };
        let relations = &Mapper::of(meta).relationships;
        let cascades = |at: u16| relations[usize::from(at)].cascade.has(Cascade::SAVE_UPDATE);
        let former = self.loose.iter().filter_map(|it| match it {
            Event::Removed { owner, relation, member, .. } if *owner == object => {
                cascades(*relation).then_some(*member)
            }
            Event::One { owner, relation, old, .. } if *owner == object => {
                Ref::from_cell(*old).filter(|_| cascades(*relation))
            }
            _ => None,
        });
        former.collect()
    }

    /// Adds what an object's cascades of this kind lead to, so that the first is popped next.
    fn cascade(&self, object: Ref, cascade: Cascade, stack: &mut Vec<Ref>) {
        let Some(meta) = self.meta(object) else { return };
        let from = stack.len();
        for relation in &Mapper::of(meta).relationships {
            if !relation.cascade.has(cascade) {
                continue;
            }
            let Some(cells) = self.relation(object.chunk(), relation.index) else { continue };
            if relation.many && self.is_as_original() {
                // What waits for a load is not followed there.
                let members = cells.many(object.slot()).unwrap_or_default();
                stack.extend(members.iter().filter_map(|it| Ref::from_cell(*it)));
            } else if relation.many {
                stack.extend(cells.known_members(object.slot()));
            } else {
                stack.extend(Ref::from_cell(cells.one(object.slot())));
            }
        }
        stack[from..].reverse();
    }

    /// Those of marked objects whose mark nobody has cancelled.
    pub(crate) fn still_marked(&self, mut marked: Vec<Ref>) -> Vec<Ref> {
        marked.retain(|it| self.flags(*it).has(Flags::MARKED));
        marked
    }

    /// Cancels the mark for deletion of an object, and of all that its cascades of this kind reach.
    pub(crate) fn unmark(&mut self, session: u64, start: Ref, cascade: Cascade) {
        let mut stack = vec![start];
        while let Some(object) = stack.pop() {
            if self.unmark_one(session, object) {
                self.cascade(object, cascade, &mut stack);
            }
        }
    }

    /// Cancels the mark for deletion of one object; whether it had one.
    pub(crate) fn unmark_one(&mut self, session: u64, object: Ref) -> bool {
        let old = self.flags(object);
        if !old.has(Flags::MARKED) || self.session_of(object) != Some(session) {
            return false;
        }
        if let Some(chunk) = self.chunk(object) {
            chunk.head().set_flags(object.slot(), old.without(Flags::MARKED));
        }
        if let Some(ledger) = self.ledger(session) {
            ledger.log.push(Event::Flags { object, old });
        }
        true
    }

    /// A child that is marked for deletion and gets another owner is wanted after all (CAS-14).
    pub(super) fn take_up(&mut self, owner: Ref, relation: &'static Relation, other: Ref) {
        let (parent, child) = match relation.direction {
            Direction::OneToMany => (owner, other),
            Direction::ManyToOne if relation.back.is_some() => (other, owner),
            _ => return,
        };
        if self.flags(child).has(Flags::MARKED)
            && !self.flags(parent).has(Flags::MARKED)
            && let Some(session) = self.session_of(child)
            // Who is listed already comes to nobody new.
            && !(relation.many && self.has_member(owner, relation.index, other))
            && (self.session_of(parent) == Some(session) || !self.is_as_original())
        {
            self.unmark(session, child, Cascade::DELETE);
        }
    }

    /// Brings one object into a session; whether it was outside. One that was deleted may still stand
    /// in collections: only who adds it by name is told.
    fn enlist_one(&mut self, session: u64, object: Ref, named: bool) -> bool {
        let old = self.flags(object);
        let state = self.state(object);
        match state {
            State::Pending | State::Persistent => {
                if self.session_of(object) != Some(session) {
                    self.report(session, Error::other_session(self.meta(object)), object);
                }
                return false;
            }
            _ if state == State::Deleted || old.has(Flags::GONE) => {
                if named {
                    self.report(session, Error::deleted(self.meta(object)), object);
                }
                return false;
            }
            State::Transient | State::Detached | State::Deleted => {}
        }
        if !self.claim(session, object) {
            self.report(session, Error::other_session(self.meta(object)), object);
            return false;
        }
        self.outside.remove(&object);
        // What a rollback goes back to is what it is now, spelled out.
        let old = self.flags(object);
        let Some(chunk) = self.chunk(object) else { return false };
        if state == State::Transient {
            chunk.head().set_flags(object.slot(), Flags::of(state).by(Cause::Add));
        } else {
            chunk.head().set_flags(object.slot(), old.made_persistent());
        }
        let id = object.chunk();
        let now = chunk.head().flags(object.slot()).state();
        if let Some(ledger) = self.ledger(session) {
            ledger.log.push(Event::Flags { object, old });
            ledger.moved(object, state, now);
            if state == State::Transient {
                ledger.pending.push(object);
            } else {
                ledger.joined.push(object);
                if old.has(Flags::TOUCHED) {
                    ledger.dirty.push(id);
                }
            }
        }
        if !self.problems.is_empty() {
            let own = self.problems.extract_if(.., |it| it.0 == object).next();
            own.into_iter().for_each(|it| self.report(session, it.1, object));
        }
        if state == State::Detached && !self.loose.is_empty() {
            self.bring_links(session, object);
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
            let outside = flags.by(Cause::Leave);
            head.set_flags(slot, outside.without(Flags::TRACKED));
        }
        head.owner.store(session, Ordering::Release);
        true
    }

    /// Remembers what went wrong where nothing could be returned.
    pub(crate) fn report(&mut self, session: u64, problem: Error, about: Ref) {
        if let Some(ledger) = self.ledger(session)
            && ledger.problem.is_none()
        {
            (ledger.problem, ledger.about) = (Some(problem), Some(about));
        }
    }

    /// A pending member that its owner lets go of leaves the session at once (CAS-10).
    pub(crate) fn drop_pending_orphan(&mut self, relation: &'static Relation, member: Ref) {
        let flags = self.flags(member);
        if !relation.cascade.has(Cascade::DELETE_ORPHAN) || flags.state() != State::Pending {
            return;
        }
        let Some(session) = self.session_of(member) else { return };
        if let Some(chunk) = self.chunk(member) {
            chunk.head().set_flags(member.slot(), flags.by(Cause::Leave));
        }
        if let Some(ledger) = self.ledger(session) {
            ledger.log.push(Event::Flags { object: member, old: flags });
            ledger.moved(member, State::Pending, State::Transient);
            ledger.left = true;
        }
    }

    /// Whether links behave as in SQLAlchemy: a session of this graph says so.
    pub(crate) fn is_as_original(&self) -> bool {
        self.ledgers.iter().any(|it| it.sqlalchemy)
    }

    /// A pending member that goes to another owner goes with it; where the session was told to, it leaves,
    /// as in the original.
    pub(super) fn drop_moved(&mut self, old: Ref, relation: &'static Relation, member: Ref) {
        if self.is_as_original() {
            self.lose_parent(old, relation, member);
        }
    }

    /// An object left its session with a row: its links are its own from now on. Those that no flush has written
    /// come in again with it (STATE-11).
    pub(crate) fn take_links(&mut self, session: u64, object: Ref) {
        let stays = self.flags(object).state() == State::Detached;
        let Some(ledger) = self.ledger(session).filter(|it| it.links != 0) else { return };
        let unseen = ledger.log.split_off(ledger.flushed.min(ledger.log.len()));
        let mut own = Vec::new();
        for event in unseen {
            match event.owner() == Some(object) {
                true => own.push(event),
                false => ledger.log.push(event),
            }
        }
        ledger.links = ledger.links.saturating_sub(own.len());
        if stays {
            self.loose.append(&mut own);
        }
    }

    /// The same of all objects, when the session ends.
    pub(crate) fn take_all_links(&mut self, session: u64) {
        let Some(ledger) = self.ledger(session).filter(|it| it.links != 0) else { return };
        let mut unseen = ledger.log.split_off(ledger.flushed.min(ledger.log.len()));
        let stays = |it: Ref| self.flags(it).state().outside() == State::Detached;
        unseen.retain(|it| it.owner().is_some_and(stays));
        self.loose.append(&mut unseen);
    }

    /// What was linked while an object was detached is a change of the session that it comes into.
    fn bring_links(&mut self, session: u64, object: Ref) {
        let of_object = |it: &mut Event| it.owner() == Some(object);
        let links: Vec<Event> = self.loose.extract_if(.., of_object).collect();
        if let Some(ledger) = self.ledger(session) {
            ledger.links += links.len();
            ledger.log.extend(links);
        }
    }
}

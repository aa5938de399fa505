//! What a session does with objects: `add`, `delete`, `expunge`, `refresh`.

use std::{
    collections::HashSet,
    sync::{Arc, atomic::Ordering},
};

use aludel_core::value::Value;

use super::{
    core::Core,
    identity::{fingerprint, key_of},
    key::{key_text, key_values},
};
use crate::{
    Error, Result,
    events::state_hooks_anywhere,
    loading::FillBy,
    mapping::{
        Built, Cascade, Direction, IntoNew, Link, Mapped, Mapper, NewObject, PassiveDeletes,
        Relation,
    },
    object::{
        Obj, Raw,
        anchor::Anchor,
        chunk::{AnyChunk, Chunk, Fields},
        graph::Graph,
        log::{Event, Ledger, Move},
        reference::Ref,
        state::{Cause, Flags, State},
    },
};

/// The sizes of the chunks that new objects are appended to.
const SIZES: [usize; 4] = [1, 8, 64, 512];

impl Core {
    /// Adds a value, a finished builder, or an existing object.
    pub(crate) fn add<N: IntoNew<Entity = T>, T: Mapped>(&mut self, new: N) -> Obj<T> {
        let refused = self.check_begun();
        let object = self.add_new(new);
        if let Err(error) = refused {
            let (id, at) = (self.id, object.raw().reference());
            self.tables(|it| it.report(id, error, at));
        }
        object
    }

    fn add_new<N: IntoNew<Entity = T>, T: Mapped>(&mut self, new: N) -> Obj<T> {
        match new.into_new() {
            NewObject::Value(value) => self.add_value(value),
            NewObject::Built(Built { value, left_out, links }) => {
                let object = match links.is_empty() {
                    true => self.add_value(value),
                    false => self.add_linked(value, links),
                };
                object.raw().chunk().head().leave_out(object.raw().slot(), left_out);
                object
            }
            NewObject::Object(object) => {
                self.add_object(&object);
                object
            }
        }
    }

    /// Whether an object is pending or persistent in this session.
    pub(crate) fn contains<T: Mapped>(&self, object: &Obj<T>) -> bool {
        self.own(object).is_ok_and(|at| !self.tables(|it| it.is_ousted(at)))
            && object.raw().flags().state() != State::Deleted
    }

    /// Adds a value: it is pending, in a chunk of the session's own.
    pub(crate) fn add_value<T: Mapped>(&mut self, value: T) -> Obj<T> {
        let raw = self.place(value, State::Pending);
        self.ledger(|it| it.enlist(raw.reference()));
        Obj::from_raw(raw)
    }

    /// Adds a value with its links. These are made first, as a part of the object: a rollback takes
    /// back that it was added, and leaves it whole.
    pub(crate) fn add_linked<T: Mapped>(&mut self, value: T, links: Vec<Link<T>>) -> Obj<T> {
        let object = Obj::from_raw(self.place(value, State::Transient));
        links.into_iter().for_each(|it| it(&object));
        self.add_object(&object);
        object
    }

    /// Puts a value in a chunk of the session's own.
    fn place<T: Mapped>(&mut self, value: T, state: State) -> Raw<T> {
        let mapper = Mapper::of(T::meta());
        let (id, graph) = (self.id, self.graph.clone());
        let store = self.store(mapper);
        let open = store.open.and_then(|it| store.anchor(it.0).cloned());
        let mut value = value;
        if let Some(raw) = open.and_then(|it| Raw::<T>::from_any(it, 0)) {
            match raw.chunk().append(value, Flags::of(state)) {
                Ok(slot) => return Raw::new(raw.anchor().clone(), slot),
                Err(back) => value = back,
            }
        }
        let size = match store.open {
            Some((_, size)) => SIZES.iter().copied().find(|it| *it > size).unwrap_or(SIZES[3]),
            None => SIZES[0],
        };
        let chunk = Arc::new(Chunk::open(size, id));
        let number = chunk.head().id;
        let anchor = Arc::new(Anchor::with_graph(chunk.clone(), Graph::root(&graph).clone()));
        // A fresh chunk has room.
        let slot = chunk.append(value, Flags::of(state)).unwrap_or(0);
        Graph::with(&graph, |tables, _| {
            tables.insert(chunk.clone(), Arc::downgrade(&anchor) as _);
            tables.hold(number);
        });
        let store = self.store(mapper);
        store.adopt(number, anchor.clone());
        store.open = Some((number, size));
        Raw::new(anchor, slot)
    }

    /// Adds an object, with all that its save-update cascades reach. What may be wrong is reported
    /// by the next flush.
    pub(crate) fn add_object<T: Mapped>(&mut self, object: &Obj<T>) {
        self.enlist(object, false);
    }

    fn enlist<T: Mapped>(&mut self, object: &Obj<T>, alone: bool) {
        self.know(object);
        let (id, at) = (self.id, object.raw().reference());
        let as_original = self.options.sqlalchemy;
        let came = self.tables(|tables| {
            match alone {
                true => tables.enlist_alone(id, at),
                false => tables.enlist(id, at),
            }
            // Adding what is only marked for deletion cancels the mark (STATE-8), and there its own alone.
            match as_original {
                true => _ = tables.unmark_one(id, at),
                false => tables.unmark(id, at, Cascade::SAVE_UPDATE),
            }
            tables.session_of(at) == Some(id)
        });
        self.transaction.entered |= came && self.options.sqlalchemy;
    }

    /// Takes an object into the graph of the session's own.
    pub(crate) fn know<T: Mapped>(&mut self, object: &Obj<T>) {
        let raw = object.raw();
        match raw.graph() {
            Some(graph) => Graph::merge(&self.graph, graph),
            None => self.graph.enter(raw),
        }
        self.graph = Graph::root(&self.graph).clone();
    }

    /// Adds an object; what is wrong is reported at once, and nothing is done.
    pub(crate) fn try_add<T: Mapped>(&mut self, object: &Obj<T>) -> Result<()> {
        self.try_enter(object, false)
    }

    fn try_enter<T: Mapped>(&mut self, object: &Obj<T>, alone: bool) -> Result<()> {
        self.check_begun()?;
        // Refused before anything comes along.
        let is_gone = object.raw().flags().has(Flags::GONE);
        if crate::object::state_of(object.raw()) == State::Detached && !is_gone {
            let (chunk, at) = (object.raw().chunk(), object.raw().reference());
            let mut key = super::Key::new();
            AnyChunk::loaded(&**chunk, at.slot(), &mut |it| key = key_values(T::meta(), it))?;
            let held = self.find_held(Mapper::checked(T::meta())?, &key);
            if held.is_some_and(|it| it != at) {
                return Err(Error::IdentityConflict(self.subject_of(object)));
            }
        }
        let (problem, about) = self.ledger(|it| (it.problem.take(), it.about.take()));
        self.enlist(object, alone);
        let found = self.ledger(|it| {
            it.about = about;
            std::mem::replace(&mut it.problem, problem)
        });
        match found {
            None => self.enter_joined(),
            Some(Error::OtherSession(_)) => {
                Err(Error::OtherSession(self.subject(object.raw().reference())))
            }
            Some(Error::Deleted(_)) => Err(Error::Deleted(self.subject(object.raw().reference()))),
            Some(other) => Err(other),
        }
    }

    /// Marks objects for deletion, with all that their delete cascades reach; loads what they need
    /// (CAS-6), and what the flush needs to let go of them, unless that is the flush's own business: a query
    /// for each relationship and depth.
    pub(crate) async fn delete(&mut self, objects: Vec<Ref>) -> Result<()> {
        let (id, late) = (self.id, self.options.sqlalchemy);
        // Marked at the end, so that a load that fails leaves nothing half-marked.
        let mut doomed = Vec::new();
        // After a failure only `rollback` can follow, which takes the mark back: nobody flushes it.
        let is_failed = self.failed.is_some();
        let mut seen = HashSet::new();
        let mut level = objects;
        // Members that were expunged: the original loads nothing of them.
        let mut passed = HashSet::new();
        while !level.is_empty() {
            level.retain(|it| seen.insert(*it));
            let mut found = Vec::new();
            for (mapper, owners) in self.to_delete(&level)? {
                for relation in &mapper.relationships {
                    let follows = relation.cascade.has(Cascade::DELETE);
                    let is_left = relation.direction == Direction::ManyToOne && !follows;
                    if is_left || relation.meta.viewonly || (is_failed && !follows) {
                        continue;
                    }
                    // What isn't loaded is the database's, if the mapping says so (UOW-31).
                    let loads = relation.meta.passive_deletes == PassiveDeletes::No;
                    if loads && relation.meta.rare.write_only {
                        self.check_write_only(relation, &owners)?;
                        continue;
                    }
                    let asked: Vec<Ref> =
                        owners.iter().copied().filter(|it| !passed.contains(it)).collect();
                    if loads && (follows || !late) && self.is_unloaded(relation, &asked) {
                        self.check()?;
                        self.load_committed(relation, &asked).await?;
                    }
                    if follows {
                        self.tables(|it| it.related(relation, &owners, &mut found));
                    }
                }
                doomed.extend(owners);
            }
            // A member that was expunged goes, too: its row refers to one that does.
            self.tables(|tables| {
                let left = |it: &Ref| tables.state(*it) == State::Detached;
                let left: Vec<Ref> = found.iter().copied().filter(left).collect();
                for it in left {
                    tables.enlist_member(id, it);
                    passed.extend(late.then_some(it));
                }
            });
            self.enter_joined()?;
            level = found;
        }
        doomed.into_iter().for_each(|it| self.mark(it));
        Ok(())
    }

    /// Refuses to delete owners of what is never loaded: nobody knows which members to let go of.
    fn check_write_only(&self, relation: &Relation, owners: &[Ref]) -> Result<()> {
        let has_row = |it: &&Ref| self.tables(|t| t.flags(**it).state() == State::Persistent);
        if !owners.iter().any(|it| has_row(&it)) {
            return Ok(());
        }
        let text = format!(
            "`{}` is never loaded, so that its members can't be let go of with their owner: leave them to the \
             database with `passive_deletes` and `on_delete` of their foreign key, or delete them first by its \
             `delete()`",
            relation.place()
        );
        Err(Error::InvalidRequest(text.into()))
    }

    /// Loads what a flush must let go of with the objects that it deletes.
    pub(crate) async fn load_marked(&mut self) -> Result<()> {
        if !self.options.sqlalchemy {
            return Ok(());
        }
        let marked = self.ledger(|it| it.marked.clone());
        let groups = self.by_entity(&marked, |it| it.has(Flags::MARKED))?;
        for (mapper, owners) in groups {
            let loads = |it: &&Relation| {
                it.direction != Direction::ManyToOne
                    && !it.meta.viewonly
                    && it.meta.passive_deletes == PassiveDeletes::No
                    && !it.meta.rare.write_only
            };
            for relation in mapper.relationships.iter().filter(loads) {
                self.load_committed(relation, &owners).await?;
            }
            self.refuse_forbidden(mapper, &owners)?;
            // It looks for what these refer to, up to the first that does; in a tree, of all.
            let refers = |it: &&Relation| it.direction == Direction::ManyToOne;
            for relation in mapper.relationships.iter().filter(refers) {
                for at in &owners {
                    if !self.tables(|it| it.is_loaded(*at, relation)) {
                        self.fill_by_key(relation, *at, FillBy::KeyOfExpired)?;
                        if self.is_unsaid(relation, *at) {
                            self.tables(|it| it.forget_none(*at, Some(relation.index)));
                        }
                    }
                    let is_tree = relation.owner.is(relation.target);
                    let found = Ref::from_cell(self.tables(|it| it.one(*at, relation.index)));
                    if found.is_some() && !is_tree {
                        break;
                    }
                }
            }
        }
        Ok(())
    }

    fn mark(&mut self, at: Ref) {
        let Some(chunk) = self.chunk(at) else { return };
        let old = chunk.head().flags(at.slot());
        let is_new = old.state() == State::Pending;
        if is_new && self.options.sqlalchemy {
            return;
        }
        // A new member of a deleted owner is never inserted.
        let new = if is_new { old.by(Cause::Leave) } else { old.with(Flags::MARKED) };
        chunk.head().set_flags(at.slot(), new);
        self.ledger(|it| {
            it.log.push(Event::Flags { object: at, old });
            it.moved(at, old.state(), new.state());
            match is_new {
                true => it.left = true,
                false => it.marked.push(at),
            }
        });
    }

    /// Flushes, if the delete cascades of an object are yet to be loaded: as any load that a program asks
    /// for (AF-1).
    pub(crate) async fn flush_for_cascades(&mut self, object: Ref) -> Result<()> {
        let stale = self.options.sqlalchemy;
        let clean = !self.options.autoflush || self.ledger(|it| it.is_clean());
        if clean && !stale {
            return Ok(());
        }
        // One that is marked already is not looked at again.
        if self.tables(|it| it.flags(object)).has(Flags::MARKED) {
            return Ok(());
        }
        let mut expired = Vec::new();
        let mut flushes = false;
        let mut seen = HashSet::new();
        let mut stack = vec![object];
        while let Some(at) = stack.pop() {
            if !seen.insert(at) {
                continue;
            }
            let Some(meta) = self.tables(|it| it.meta(at)) else { continue };
            let relations = Mapper::of(meta).relationships.iter();
            // Nothing is loaded there of members that were expunged.
            let left = stale && self.tables(|it| it.state(at)) == State::Detached;
            for relation in relations.filter(|it| it.cascade.has(Cascade::DELETE)) {
                let loads = relation.meta.passive_deletes == PassiveDeletes::No && !left;
                if loads && self.is_unloaded(relation, &[at]) {
                    flushes = true;
                    if stale && self.tables(|it| it.is_key_expired(at)) {
                        expired.push(at);
                    }
                }
                self.tables(|it| it.related(relation, &[at], &mut stack));
            }
        }
        if flushes && !clean {
            self.flush().await?;
        }
        // The original needs the key for a load, and reads what is expired.
        expired.dedup();
        for at in expired {
            if self.tables(|it| it.flags(at)).has(Flags::EXPIRED) {
                self.check()?;
                self.freshen(at).await?;
            }
        }
        Ok(())
    }

    /// Which of these are to be deleted, by entity.
    fn to_delete(&self, objects: &[Ref]) -> Result<Vec<(&'static Mapper, Vec<Ref>)>> {
        let exists = |it: Flags| matches!(it.state(), State::Pending | State::Persistent);
        self.by_entity(objects, |it| exists(it) && !it.has(Flags::MARKED))
    }

    /// Objects by entity: those whose flags fit.
    pub(crate) fn by_entity(
        &self,
        objects: &[Ref],
        fits: impl Fn(Flags) -> bool,
    ) -> Result<Vec<(&'static Mapper, Vec<Ref>)>> {
        let mut groups: Vec<(&'static Mapper, Vec<Ref>)> = Vec::new();
        for &at in objects {
            let Some(chunk) = self.chunk(at) else { continue };
            let mapper = Mapper::checked(chunk.meta())?;
            if !fits(chunk.head().flags(at.slot())) {
                continue;
            }
            match groups.iter_mut().find(|it| std::ptr::eq(it.0, mapper)) {
                Some((_, list)) => list.push(at),
                None => groups.push((mapper, vec![at])),
            }
        }
        Ok(groups)
    }

    /// Checks that an object can be deleted, and brings a detached one in.
    pub(crate) fn before_delete<T: Mapped>(&mut self, object: &Obj<T>) -> Result<Ref> {
        if self.failed.is_none() {
            self.check()?;
        }
        let at = object.raw().reference();
        match crate::object::state_of(object.raw()) {
            State::Transient | State::Pending => Err(Error::NotPersistent(self.subject_of(object))),
            // Alone: what it is linked with stays outside.
            State::Detached => self.try_enter(object, true).map(|()| at),
            State::Persistent | State::Deleted => {
                if self.failed.is_none() {
                    self.check_ousted(object, true)?;
                }
                self.own(object)
            }
        }
    }

    /// There, an object whose row is gone, and whose key another one took, is not the session's any more; it is again
    /// where that one is gone and it is to be deleted.
    pub(crate) fn check_ousted<T: Mapped>(&mut self, object: &Obj<T>, deletes: bool) -> Result<()> {
        let (raw, mut key) = (object.raw(), super::Key::new());
        if !self.options.sqlalchemy || raw.flags().state() != State::Persistent {
            return Ok(());
        }
        AnyChunk::loaded(&**raw.chunk(), raw.slot(), &mut |it| key = key_values(T::meta(), it))?;
        self.enter_joined()?;
        let mapper = Mapper::checked(T::meta())?;
        match self.find_held(mapper, &key) {
            Some(held) if held != raw.reference() => {
                return Err(Error::IdentityConflict(self.subject_of(object)));
            }
            None if deletes => {
                let fingerprint = fingerprint(key.iter().map(Value::as_ref));
                self.store(mapper).insert(fingerprint, raw.reference());
                self.tables(|it| it.ousted.remove(&raw.reference()));
            }
            None if self.tables(|it| it.is_ousted(raw.reference())) => {
                return Err(Error::NotPersistent(self.subject_of(object)));
            }
            _ => {}
        }
        Ok(())
    }

    /// Whether a deleted object has changes that nobody wrote: there, it counts as changed.
    pub(crate) fn is_unwritten<T: Mapped>(&self, object: &Obj<T>) -> bool {
        let (at, state) = (object.raw().reference(), crate::object::state_of(object.raw()));
        self.options.sqlalchemy
            && matches!(state, State::Deleted | State::Detached)
            && self.ledger(|it| it.unwritten.contains(&at))
    }

    /// The address of an object of this session.
    pub(crate) fn own<T: Mapped>(&self, object: &Obj<T>) -> Result<Ref> {
        let at = object.raw().reference();
        let session =
            object.raw().graph().and_then(|it| Graph::with(it, |tables, _| tables.session_of(at)));
        match session {
            Some(id) if id == self.id => Ok(at),
            Some(_) => Err(Error::OtherSession(self.subject_of(object))),
            None => Err(Error::Detached(self.subject_of(object))),
        }
    }

    /// An object, named for a person, whatever its session.
    pub(crate) fn subject_of<T: Mapped>(&self, object: &Obj<T>) -> Box<crate::Subject> {
        let raw = object.raw();
        let mut subject = Error::subject(Some(T::meta()));
        if let Some(value) = raw.chunk().try_read(raw.slot()) {
            subject.key = key_text(T::meta(), &*value);
        }
        subject
    }

    /// Takes an object out of the session, with all that its expunge cascades reach (STATE-11).
    pub(crate) fn expunge<T: Mapped>(&mut self, object: &Obj<T>) -> Result<()> {
        let mut stack = vec![self.own(object)?];
        // There, what was changed has begun a transaction.
        if self.options.sqlalchemy {
            self.note_entered();
        }
        while let Some(at) = stack.pop() {
            let Some(mapper) = self.expunge_one(at) else { continue };
            let members = self.tables(|tables| {
                let mut members = Vec::new();
                for relation in &mapper.relationships {
                    if !relation.cascade.has(Cascade::EXPUNGE) {
                        continue;
                    }
                    if relation.many {
                        members.extend(tables.members(at, relation.index).unwrap_or_default());
                    } else {
                        members.push(tables.one(at, relation.index));
                    }
                }
                members
            });
            stack.extend(members.iter().filter_map(|it| Ref::from_cell(*it)));
        }
        Ok(())
    }

    /// Takes one object out of the session; its mapper, if it was there.
    pub(crate) fn expunge_one(&mut self, at: Ref) -> Option<&'static Mapper> {
        let chunk = self.chunk(at)?;
        let head = chunk.head();
        let flags = head.flags(at.slot());
        if !flags.state().is_attached() {
            return None;
        }
        let outside = flags.by(Cause::Leave);
        let mapper = Mapper::of(chunk.meta());
        if outside.state() == State::Detached
            && let Some(fp) = key_of(mapper.meta, &*chunk, at.slot())
        {
            self.store(mapper).remove(fp, at);
        }
        head.set_flags(at.slot(), outside.without(Flags::MARKED));
        self.ledger(|it| {
            it.left = true;
            it.moved(at, flags.state(), outside.state());
            it.forget_assigned(at, None);
        });
        self.tables(|it| it.take_links(self.id, at));
        Some(mapper)
    }

    /// Takes every object out of the session.
    pub(crate) fn expunge_all(&mut self) {
        self.forget_journals();
        let stores = std::mem::take(&mut self.stores);
        let (id, marks) = (self.id, self.marks());
        let (listens, as_original) = (state_hooks_anywhere(), self.options.sqlalchemy);
        self.tables(|tables| {
            let mut moves = tables.ledger(id).map(|it| std::mem::take(&mut it.moves));
            for entry in tables.chunks.values() {
                let head = entry.chunk.head();
                if head.owner.load(Ordering::Acquire) != id {
                    continue;
                }
                for slot in 0..head.used() {
                    let flags = head.flags(slot);
                    let mut outside = flags.by(Cause::Leave);
                    // There, it can't come in again, though its row may be back.
                    if as_original && flags.state() == State::Deleted {
                        outside = outside.with(Flags::GONE);
                    }
                    head.set_flags(slot, outside.without(Flags::MARKED));
                    if let (true, Some(moves)) = (listens, moves.as_mut()) {
                        let (object, from) = (head.reference(slot), flags.state());
                        moves.push(Move { object, from, to: outside.state() });
                    }
                }
                head.owner.store(0, Ordering::Release);
                head.recall();
            }
            tables.take_all_links(id);
            for chunk in stores.iter().flat_map(|it| it.chunks()) {
                tables.release(chunk.head().id);
            }
            if let Some(ledger) = tables.ledger(id) {
                let (wrote, sqlalchemy) = (ledger.wrote, ledger.sqlalchemy);
                *ledger = Ledger::new(id);
                (ledger.wrote, ledger.sqlalchemy) = (wrote, sqlalchemy);
                ledger.flushed = marks.len();
                ledger.log = marks;
                ledger.moves = moves.take().unwrap_or_default();
            }
        });
        self.announce_states();
        drop(stores);
        self.sweep(true);
    }

    /// The address of the object of a key, if the session holds it.
    pub(crate) fn find_held(&mut self, mapper: &'static Mapper, key: &[Value]) -> Option<Ref> {
        let fp = fingerprint(key.iter().map(Value::as_ref));
        let same = |fields: &dyn Fields| {
            let mut columns = mapper.meta.primary_key.iter().zip(key);
            columns.all(|(at, key)| fields.get(*at) == key.as_ref())
        };
        let hit = self.existing_store(mapper)?.find(fp, same)?;
        Some(hit.anchor.chunk().head().reference(hit.slot))
    }

    /// The object of a key, if the session holds it: no SQL.
    pub(crate) fn held<T: Mapped>(&mut self, key: &[Value]) -> Option<Obj<T>> {
        let mapper = Mapper::of(T::meta());
        let fp = fingerprint(key.iter().map(Value::as_ref));
        let same = |fields: &dyn Fields| {
            T::PRIMARY_KEY.iter().zip(key).all(|(at, key)| fields.get(*at) == key.as_ref())
        };
        let hit = self.existing_store(mapper)?.find(fp, same)?;
        Raw::from_any(hit.anchor, hit.slot).map(Obj::from_raw)
    }
}

//! Who was last said to be the owner of a member, as SQLAlchemy remembers it: there, orphans are told by that.

use std::collections::HashSet;

use super::{
    graph::Tables,
    log::Event,
    reference::Ref,
    state::{Flags, State},
};
use crate::mapping::{Cascade, Direction, Mapper, Relation};

/// A member, and the relationship by which others own it: the owner's mapper, and its position.
pub(super) type Owned = (Ref, u32, u16);

impl Tables {
    /// An owner gained a member, or lost it; whoever came behind one that loses it is the owner still.
    pub(super) fn note_parent(&mut self, owner: Ref, relation: u16, member: Ref, came: bool) {
        let Some(mapper) = self.meta(owner).map(Mapper::of) else { return };
        if mapper.relationships[usize::from(relation)].direction != Direction::OneToMany {
            return;
        }
        let key = (member, mapper.number, relation);
        if came {
            self.parents.insert(key, Some(owner));
            return;
        }
        // Objects without a row are all alike.
        let is_new = |it: Ref| matches!(self.state(it), State::Transient | State::Pending);
        let last = self.parents.get(&key).copied().flatten();
        if last.is_none_or(|last| last == owner || is_new(last) && is_new(owner)) {
            self.parents.insert(key, None);
        }
    }

    /// Whether a member has an owner: one that has a row does, unless it was said that it has none.
    pub(crate) fn has_parent(&self, relation: &Relation, member: Ref) -> bool {
        let key = (member, Mapper::of(relation.owner).number, relation.index);
        let known = self.parents.get(&key).map(Option::is_some);
        known.unwrap_or(!matches!(self.state(member), State::Transient | State::Pending))
    }

    /// An owner let go of a member, which has no other one: if it is new, it leaves the session at once, or,
    /// if its owner is in none, with the next flush.
    pub(super) fn lose_parent(&mut self, owner: Ref, relation: &'static Relation, member: Ref) {
        if !self.has_parent(relation, member) {
            self.put_out(owner, relation, member);
        }
    }

    /// The same, where it has none.
    pub(super) fn put_out(&mut self, owner: Ref, relation: &'static Relation, member: Ref) {
        if !relation.cascade.has(Cascade::DELETE_ORPHAN) {
            return;
        }
        if self.session_of(owner).is_some() {
            self.drop_pending_orphan(relation, member);
        } else if relation.many {
            self.outside.insert(member);
        }
    }

    /// New objects that lost an owner in no session leave theirs, unless they have found another.
    pub(crate) fn drop_outside(&mut self, session: u64) {
        for member in std::mem::take(&mut self.outside) {
            if self.session_of(member) != Some(session) {
                self.outside.insert(member);
                continue;
            }
            let owned = |it: &&(Owned, Option<Ref>)| it.0.0 == member && it.1.is_none();
            let parents: Vec<_> = self.parents.iter().map(|it| (*it.0, *it.1)).collect();
            let lost = parents.iter().find(owned).map(|it| it.0);
            if let Some(relation) = lost.and_then(|it| self.relation_of(it)) {
                self.drop_pending_orphan(relation, member);
            }
        }
    }

    /// An expired member is nobody's, and nobody has let go of it.
    pub(crate) fn forget_parents(&mut self, member: Ref) {
        if !self.parents.is_empty() {
            self.parents.retain(|it, _| it.0 != member);
        }
    }

    /// The same for all members of a session.
    pub(crate) fn forget_all_parents(&mut self, session: u64) {
        if !self.parents.is_empty() {
            let mut parents = std::mem::take(&mut self.parents);
            let stays = |it: Ref| {
                self.state(it) != State::Persistent || self.session_of(it) != Some(session)
            };
            parents.retain(|it, _| stays(it.0));
            self.parents = parents;
        }
    }

    /// Members of which it was said that they have no owner, where these delete orphans.
    pub(crate) fn without_parent(&self) -> Vec<Ref> {
        let lost = self.parents.iter().filter(|it| it.1.is_none()).map(|it| *it.0);
        let deletes = |it: &Owned| {
            self.relation_of(*it).is_some_and(|it| it.cascade.has(Cascade::DELETE_ORPHAN))
        };
        lost.filter(deletes).map(|it| it.0).collect()
    }

    /// Whether nobody was said to own a member.
    pub(crate) fn is_parentless(&self, relation: &Relation, member: Ref) -> bool {
        let key = (member, Mapper::of(relation.owner).number, relation.index);
        self.parents.get(&key).copied().flatten().is_none()
    }

    fn relation_of(&self, (member, mapper, index): Owned) -> Option<&'static Relation> {
        let relations = &Mapper::of(self.meta(member)?).relationships;
        let mut owners = relations.iter().map(|it| Mapper::of(it.target));
        let owner = owners.find(|it| it.number == mapper)?;
        owner.relationships.get(usize::from(index))
    }

    /// What left the relationships of an object since it was written last, as far as these are loaded.
    #[cold]
    pub(super) fn former_as_original(&self, object: Ref) -> Vec<Ref> {
        let mut former = Vec::new();
        let Some(meta) = self.meta(object) else { return former };
        if self.is_new(object) && !self.once.contains(&object) {
            return former;
        }
        for relation in &Mapper::of(meta).relationships {
            if !relation.cascade.has(Cascade::SAVE_UPDATE) || !self.is_loaded(object, relation) {
                continue;
            }
            let net = self.net(object, relation.index);
            former.extend(net.before.and_then(Ref::from_cell));
            former.extend(net.removed.iter().filter_map(|it| Ref::from_cell(*it)));
        }
        former
    }

    /// Members that came to an object since it was written, if its INSERT was taken back: these come in before
    /// the others. The first of them last, as a stack has it.
    pub(super) fn late_members(&self, object: Ref) -> Vec<Ref> {
        let meta = self.meta(object).filter(|_| self.once.contains(&object));
        let relations = meta.into_iter().flat_map(|it| &Mapper::of(it).relationships);
        let relations = relations.filter(|it| it.many && it.cascade.has(Cascade::SAVE_UPDATE));
        let added = relations.flat_map(|it| self.net(object, it.index).added);
        let mut late: Vec<Ref> = added.filter_map(Ref::from_cell).collect();
        late.reverse();
        late
    }

    /// There, an object whose INSERT is taken back goes on with what was written of it, and with what changed
    /// since.
    #[cold]
    pub(crate) fn keep_written(&mut self, kept: &HashSet<Ref>, undone: &[Event], seen: usize) {
        for event in undone {
            if let Event::Inserted { chunk, slots, .. } = event {
                let inserted = slots.iter().map(|it| Ref::new(*chunk, *it));
                self.once.extend(inserted.filter(|it| kept.contains(it)));
            }
        }
        let since = undone.get(seen..).unwrap_or_default().iter();
        let is_kept = |it: &&Event| it.owner().is_some_and(|it| self.once.contains(&it));
        let since: Vec<Event> = since.filter(is_kept).cloned().collect();
        self.loose.extend(since);
    }

    /// Whether an object gave its key to a new one, as in SQLAlchemy.
    pub(crate) fn is_ousted(&self, object: Ref) -> bool {
        !self.ousted.is_empty() && self.ousted.contains(&object)
    }

    /// What these are, which no expiry changes.
    pub(crate) fn flags_of_ousted(&self) -> Vec<(Ref, Flags)> {
        self.ousted.iter().map(|it| (*it, self.flags(*it))).collect()
    }

    /// Whether something of an object was touched since the last flush.
    pub(crate) fn is_touched(&self, object: Ref) -> bool {
        self.flags(object).has(Flags::TOUCHED)
    }
}

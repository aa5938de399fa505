//! Linking and unlinking objects: one untyped body that keeps both sides in step, whatever the
//! entities, and needs no borrow of either object.

use super::{
    graph::Tables,
    log::Event,
    reference::{NULL, Ref, UNLOADED},
    state::State,
};
use crate::{
    Error,
    mapping::{Cascade, Direction, Relation},
};

impl Tables {
    /// `owner.relation` (to-many) gains a member.
    pub(crate) fn attach(&mut self, owner: Ref, relation: &'static Relation, member: Ref) {
        if relation.meta.viewonly {
            return self.unwritten(owner, |it| it.gain(owner, relation, member));
        }
        self.gain(owner, relation, member);
    }

    fn gain(&mut self, owner: Ref, relation: &'static Relation, member: Ref) {
        if !self.meet(owner, relation, member) {
            return;
        }
        self.disorder(owner, relation, true);
        self.take_up(owner, relation, member);
        match relation.back {
            Some(back) if back.many => {
                if self.linked(owner, relation.index, member, back.index) {
                    return self.repeat(owner, relation, member);
                }
                self.insert_member(member, back.index, owner);
            }
            Some(back) => {
                let old = self.one(member, back.index);
                if old == owner.cell() {
                    // Left out of what was loaded, as it was in no session; or the owner lost its row since, and
                    // what it held.
                    let is_new = self.is_new(owner);
                    let cells = self.relation_mut(owner.chunk(), relation.index);
                    let list = cells.and_then(|it| it.own(owner.slot()));
                    if list.map_or(is_new, |it| !it.holds(member.cell())) {
                        return self.insert_member(owner, relation.index, member);
                    }
                    return self.repeat(owner, relation, member);
                }
                // The member was read again, and what it refers to wasn't: it is here all the same.
                if old == UNLOADED && self.has_member(owner, relation.index, member) {
                    if self.is_as_original() {
                        self.list_again(owner, relation.index, member, false);
                        return self.put_one(member, back.index, owner.cell());
                    }
                    if let Some(mut cells) = self.cells_of(member.chunk(), back.index) {
                        cells.fill_ones(std::iter::once(member.slot()), owner.cell());
                    }
                    return;
                }
                if let Some(old) = Ref::from_cell(old) {
                    self.remove_member(old, relation.index, member);
                    self.disorder(old, relation, false);
                    self.drop_moved(old, relation, member);
                }
                self.put_one(member, back.index, owner.cell());
                if old == UNLOADED && back.delete_orphan {
                    self.replaces(member, relation.back_relation());
                }
            }
            None => {
                let cells = self.relation_mut(owner.chunk(), relation.index);
                let list = cells.and_then(|it| it.own(owner.slot()));
                if list.is_some_and(|it| it.holds(member.cell())) {
                    return self.repeat(owner, relation, member);
                }
            }
        }
        self.insert_member(owner, relation.index, member);
    }

    /// Whether `owner.relation` holds a member, as far as it is known.
    pub(crate) fn holds(&self, owner: Ref, relation: &Relation, member: Ref) -> bool {
        if relation.many {
            let cells = self.relation(owner.chunk(), relation.index);
            return cells.is_some_and(|it| it.known_members(owner.slot()).any(|it| it == member));
        }
        self.one(owner, relation.index) == member.cell()
    }

    pub(super) fn has_member(&self, owner: Ref, relation: u16, member: Ref) -> bool {
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
        if relation.meta.viewonly {
            return self.unwritten(owner, |it| it.lose(owner, relation, member));
        }
        self.lose(owner, relation, member)
    }

    fn lose(&mut self, owner: Ref, relation: &'static Relation, member: Ref) -> bool {
        if !self.remove_member(owner, relation.index, member) {
            if self.is_as_original() {
                self.lose_absent(owner, relation, member);
            }
            return false;
        }
        self.disorder(owner, relation, false);
        if let Some(back) = relation.back {
            let is_left = self.has_member(owner, relation.index, member);
            if back.many {
                self.remove_member(member, back.index, owner);
            } else if is_left
                && (!relation.cascade.has(Cascade::DELETE_ORPHAN) || !self.is_new(member))
            {
                // It was listed more than once.
                return true;
            } else if [owner.cell(), UNLOADED].contains(&self.one(member, back.index)) {
                // Where it isn't known what the member refers to, the caller says that it is this.
                let orphans = relation.cascade.has(Cascade::DELETE_ORPHAN);
                if self.one(member, back.index) == UNLOADED && orphans {
                    self.put_one(member, back.index, owner.cell());
                }
                self.put_one(member, back.index, NULL);
            }
        }
        match self.is_as_original() {
            true => self.lose_parent(owner, relation, member),
            false => self.let_go(relation, member),
        }
        true
    }

    /// `owner.relation` (to-one) becomes another object, or none.
    pub(crate) fn assign(&mut self, owner: Ref, relation: &'static Relation, new: Option<Ref>) {
        if relation.meta.viewonly {
            return self.unwritten(owner, |it| it.become_one(owner, relation, new));
        }
        self.become_one(owner, relation, new);
    }

    /// A change of what is only read: a rollback takes it back, and no flush looks at it (REL-15).
    fn unwritten<R>(&mut self, owner: Ref, change: impl FnOnce(&mut Self) -> R) -> R {
        let session = self.session_of(owner).unwrap_or_default();
        let links = self.ledger(session).map(|it| it.links);
        let result = change(self);
        if let (Some(links), Some(ledger)) = (links, self.ledger(session)) {
            ledger.links = links;
        }
        result
    }

    fn become_one(&mut self, owner: Ref, relation: &'static Relation, new: Option<Ref>) {
        let cell = new.map_or(NULL, Ref::cell);
        let old = self.one(owner, relation.index);
        // Nothing happens to what stays as it is: no cascade follows it, either.
        if old == NULL && new.is_none() {
            if self.is_as_original() {
                self.note(owner, Event::Flagged { owner });
            }
            return self.know_none(owner, relation.index);
        }
        if old == cell && self.is_as_original() {
            // It counts as changed there.
            self.note(owner, Event::One { owner, relation: relation.index, old, new: old });
        }
        if old == cell || new.is_some_and(|new| !self.meet(owner, relation, new)) {
            return;
        }
        if let Some(new) = new {
            self.take_up(owner, relation, new);
        }
        let (mut was_shown, mut is_lost, mut moved) = (true, false, None);
        if let Some(back) = relation.back {
            if let Some(old) = Ref::from_cell(old) {
                if back.many {
                    was_shown = self.remove_member(old, back.index, owner);
                    self.disorder_back(relation, old, false);
                } else if [owner.cell(), UNLOADED].contains(&self.one(old, back.index)) {
                    let unknown = self.one(old, back.index) == UNLOADED;
                    self.put_one(old, back.index, NULL);
                    // There, nobody says who stood there.
                    if unknown && self.is_as_original() {
                        self.replaces(old, relation.back_relation());
                    }
                } else {
                    was_shown = false;
                }
                // Right now, before it comes to another.
                is_lost = self.is_as_original()
                    && relation.back_relation().is_some_and(|it| !self.has_parent(it, owner));
            }
            if let Some(new) = new {
                if back.many {
                    self.insert_member(new, back.index, owner);
                    self.disorder_back(relation, new, true);
                } else {
                    let from_key = relation.direction == Direction::ManyToOne;
                    let as_original = self.is_as_original();
                    if let Some(former) = Ref::from_cell(self.one(new, back.index)) {
                        if !as_original {
                            self.put_one(former, relation.index, NULL);
                        }
                        // It lost its place with the owner that the other goes to.
                        match relation.back_relation().filter(|_| from_key) {
                            Some(back) if as_original => moved = Some((new, back, former)),
                            Some(back) => self.let_go(back, former),
                            None => {}
                        }
                    }
                    // Of two that are one to one, who has no key may have had another.
                    let unknown = self.one(new, back.index) == UNLOADED;
                    let matters = back.delete_orphan || from_key;
                    self.put_one(new, back.index, owner.cell());
                    if let Some((owner, relation, member)) = moved {
                        self.drop_moved(owner, relation, member);
                    }
                    if unknown && matters {
                        self.replaces(new, relation.back_relation());
                    }
                }
            }
        }
        self.put_one(owner, relation.index, cell);
        if old == UNLOADED
            && (relation.direction == Direction::OneToMany
                || relation.cascade.has(Cascade::DELETE_ORPHAN))
        {
            self.replaces(owner, Some(relation));
        }
        if let Some(old) = Ref::from_cell(old) {
            match self.is_as_original() {
                true => self.lose_parent(owner, relation, old),
                false => self.let_go(relation, old),
            }
            match (new, relation.back_relation()) {
                // There, an owner that shows another one by now has nothing to let go of.
                (None, Some(_)) if !was_shown && self.is_as_original() => {}
                (_, Some(back)) if is_lost => self.put_out(old, back, owner),
                (None, Some(back)) if !self.is_as_original() => self.let_go(back, owner),
                _ => {}
            }
        }
    }

    /// `owner.relation` (to-many) holds exactly these members, in this order.
    pub(crate) fn assign_all(&mut self, owner: Ref, relation: &'static Relation, members: &[Ref]) {
        let keep: std::collections::HashSet<u64> = members.iter().map(|it| it.cell()).collect();
        let Some(old) = self.members(owner, relation.index) else {
            // Who has to leave isn't known, and nothing is loaded in secret.
            if let Some(session) = self.session_of(owner) {
                self.report(session, Error::not_loaded(relation), owner);
            }
            return;
        };
        let doubles = self.is_as_original();
        if doubles {
            self.note(owner, Event::Flagged { owner });
        }
        let mut gone: Vec<u64> =
            old.iter().rev().copied().filter(|it| !keep.contains(it)).collect();
        if doubles {
            // Once for each: the other side keeps what it lists more often, unless it knows one owner.
            let mut seen = std::collections::HashSet::new();
            gone.retain(|it| seen.insert(*it));
            if relation.direction == Direction::OneToMany {
                self.list_once(owner, relation.index, &gone);
            }
        }
        // From the back, so that each removal is found at once.
        for cell in gone {
            if let Some(member) = Ref::from_cell(cell) {
                self.detach(owner, relation, member);
            }
        }
        let (known, new): (Vec<Ref>, Vec<Ref>) =
            members.iter().partition(|it| doubles && old.contains(&it.cell()));
        for member in new {
            self.attach(owner, relation, member);
        }
        // Behind those that come.
        for member in known {
            if let Some(session) = self.session_of(owner)
                && relation.cascade.has(Cascade::SAVE_UPDATE)
                && self.session_of(member).is_none()
            {
                self.enlist(session, member);
            }
        }
        if members.is_empty() {
            self.know_empty(owner, relation.index);
        }
        self.disorder(owner, relation, false);
        if let Some(list) =
            self.relation_mut(owner.chunk(), relation.index).and_then(|it| it.own(owner.slot()))
        {
            list.arrange(members.iter().map(|it| it.cell()), doubles);
        }
    }

    /// Somebody said that `owner.relation` (to-many) of an object without a row has no members: that is
    /// known once there is a row, too.
    pub(crate) fn know_empty(&mut self, owner: Ref, relation: u16) {
        if self.is_new(owner)
            && let Some(cells) = self.relation_mut(owner.chunk(), relation)
            && cells.many(owner.slot()).is_none()
        {
            cells.make_empty(owner.slot());
        }
    }

    /// The same of `owner.relation` (to-one): none.
    fn know_none(&mut self, owner: Ref, relation: u16) {
        if self.is_new(owner)
            && let Some(cells) = self.relation_mut(owner.chunk(), relation)
            && cells.one(owner.slot()) == UNLOADED
        {
            cells.set_one(owner.slot(), NULL);
        }
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

    /// What a relationship was set to, or loaded as; `None` where nothing was said of it.
    pub(crate) fn set_cells(&self, owner: Ref, relation: &Relation) -> Option<Vec<u64>> {
        // Of what is never loaded nobody knows all.
        if relation.meta.rare.write_only {
            return None;
        }
        let cells = self.relation(owner.chunk(), relation.index)?;
        match relation.many {
            true => cells.many(owner.slot()).map(<[u64]>::to_vec),
            false => match cells.one(owner.slot()) {
                UNLOADED => None,
                cell => Some(vec![cell]),
            },
        }
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

    /// The same of one object, queued members included.
    pub(crate) fn known(&self, relation: &Relation, owner: Ref) -> Vec<Ref> {
        match self.relation(owner.chunk(), relation.index) {
            Some(cells) if relation.many => cells.known_members(owner.slot()).collect(),
            Some(cells) => Ref::from_cell(cells.one(owner.slot())).into_iter().collect(),
            None => Vec::new(),
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
    pub(super) fn is_new(&self, object: Ref) -> bool {
        matches!(self.flags(object).state(), State::Transient | State::Pending)
    }

    /// Whether two objects may be linked; brings the member into the owner's session.
    fn meet(&mut self, owner: Ref, relation: &'static Relation, member: Ref) -> bool {
        let (mine, theirs) = (self.session_of(owner), self.session_of(member));
        if let (Some(mine), Some(theirs)) = (mine, theirs)
            && mine != theirs
        {
            self.report(mine, Error::other_session(self.meta(member)), member);
            self.report(theirs, Error::other_session(self.meta(owner)), owner);
            return false;
        }
        if relation.meta.single_parent && self.has_other_owner(owner, relation, member) {
            let error = Error::single_parent(relation);
            match mine.or(theirs) {
                Some(session) => self.report(session, error, owner),
                None => self.problems.push((owner, error)),
            }
            return false;
        }
        self.own(owner, relation, member);
        if let (Some(session), None) = (mine, theirs)
            && relation.cascade.has(Cascade::SAVE_UPDATE)
        {
            self.enlist(session, member);
        }
        true
    }

    /// Writes a change of a cell to the ledger of the session that tracks its owner.
    pub(super) fn note(&mut self, owner: Ref, event: Event) {
        let Some(session) = self.session_of(owner) else {
            if self.state(owner) == State::Detached || self.once.contains(&owner) {
                self.loose.push(event);
            }
            return;
        };
        if let Some(ledger) = self.ledger(session) {
            ledger.log.push(event);
            ledger.links += 1;
        }
    }

    /// Who stood in a to-one relationship isn't known, and a flush has to do something about it.
    fn replaces(&mut self, owner: Ref, relation: Option<&'static Relation>) {
        self.replaced.extend(relation.map(|it| (owner, it)));
    }

    pub(crate) fn put_one(&mut self, owner: Ref, relation: u16, new: u64) {
        let Some(cells) = self.relation_mut(owner.chunk(), relation) else { return };
        let old = cells.set_one(owner.slot(), new);
        self.note(owner, Event::One { owner, relation, old, new });
        if self.is_as_original() {
            for (member, came) in [(old, false), (new, true)] {
                if let Some(member) = Ref::from_cell(member).filter(|_| came || old != new) {
                    self.note_parent(owner, relation, member, came);
                }
            }
        }
    }

    /// Adds a member, once.
    pub(super) fn insert_member(&mut self, owner: Ref, relation: u16, member: Ref) {
        let (new, doubles) = (self.is_new(owner), self.is_as_original());
        let mut queued = false;
        let Some(cells) = self.relation_mut(owner.chunk(), relation) else { return };
        if new && cells.many(owner.slot()).is_none() {
            cells.make_empty(owner.slot());
        }
        match cells.own(owner.slot()) {
            Some(list) => {
                // One read before the member's row changed may hold it all the while.
                if !new && !doubles && list.holds(member.cell()) {
                    return;
                }
                list.push(member.cell());
            }
            None => {
                queued = true;
                let queue = cells.queue(owner.slot());
                let comes_back = queue.removed.remove(member.cell()).is_some();
                if queue.added.holds(member.cell()) {
                    return;
                }
                // There, who comes back is left to what is loaded.
                if !(doubles && comes_back) {
                    queue.added.push(member.cell());
                }
            }
        }
        self.queued |= queued;
        self.note(owner, Event::Added { owner, relation, member });
        if doubles {
            self.note_parent(owner, relation, member, true);
        }
    }

    pub(crate) fn remove_member(&mut self, owner: Ref, relation: u16, member: Ref) -> bool {
        let (new, doubles) = (self.is_new(owner), self.is_as_original());
        let (mut queued, mut is_left) = (false, false);
        let Some(cells) = self.relation_mut(owner.chunk(), relation) else { return false };
        let at = match cells.own(owner.slot()) {
            Some(list) => {
                let member = member.cell();
                let at = if doubles { list.remove_first(member) } else { list.remove(member) };
                let Some(at) = at else {
                    if doubles {
                        self.note_parent(
                            owner,
                            relation,
                            Ref::from_cell(member).unwrap_or(owner),
                            false,
                        );
                    }
                    return false;
                };
                is_left = doubles && list.holds(member);
                at as u32
            }
            None if new => return false,
            None => {
                queued = true;
                let queue = cells.queue(owner.slot());
                let just_came = queue.added.remove(member.cell()).is_some();
                if queue.removed.holds(member.cell()) {
                    return false;
                }
                if !(doubles && just_came) {
                    queue.removed.push(member.cell());
                }
                u32::MAX
            }
        };
        self.queued |= queued;
        // Who was there and is listed still has not gone.
        let stays = is_left && !new && !self.net(owner, relation).added.contains(&member.cell());
        self.note(owner, Event::Removed { owner, relation, member, at });
        if stays {
            self.note(owner, Event::Added { owner, relation, member });
        }
        if doubles {
            self.note_parent(owner, relation, member, false);
        }
        true
    }

    /// Takes back one change of a cell, unless its owner keeps what it holds.
    pub(crate) fn undo_cell(&mut self, event: &Event, keeps: &dyn Fn(Ref) -> bool) {
        match *event {
            Event::One { owner, .. }
            | Event::Added { owner, .. }
            | Event::Removed { owner, .. }
            | Event::Forgotten { owner, .. }
                // What was expunged is nobody's to take back.
                if keeps(owner) || self.flags(owner).state() == State::Detached => {}
            Event::One { owner, relation, old, .. } | Event::Forgotten { owner, relation, old } => {
                if let Some(cells) = self.relation_mut(owner.chunk(), relation) {
                    cells.set_one(owner.slot(), old);
                }
            }
            Event::Added { owner, relation, member, .. } => {
                let Some(cells) = self.relation_mut(owner.chunk(), relation) else { return };
                match cells.own(owner.slot()) {
                    Some(list) => _ = list.remove(member.cell()),
                    None => _ = cells.queue(owner.slot()).added.remove(member.cell()),
                }
            }
            Event::Removed { owner, relation, member, at } => {
                let Some(cells) = self.relation_mut(owner.chunk(), relation) else { return };
                match cells.own(owner.slot()) {
                    Some(list) => {
                        if !list.holds(member.cell()) {
                            list.insert(at as usize, member.cell());
                        }
                    }
                    None => _ = cells.queue(owner.slot()).removed.remove(member.cell()),
                }
            }
            Event::Filled { chunk, relation, ref slots } => {
                for at in slots.iter().map(|it| Ref::new(chunk, *it)) {
                    if self.flags(at).state() == State::Detached {
                        continue;
                    }
                    match self.relation_mut(chunk, relation) {
                        // What was set stays, and what was loaded as nothing wasn't set.
                        _ if keeps(at) => self.forget_no_key(at, relation),
                        Some(cells) => cells.unload(at.slot()),
                        None => {}
                    }
                }
            }
            _ => {}
        }
    }
}

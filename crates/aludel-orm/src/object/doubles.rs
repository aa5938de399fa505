//! Members that are added again: they are listed once, and in a session that does as SQLAlchemy as often.

use super::{
    graph::Tables,
    log::Event,
    reference::{NULL, Ref, UNLOADED},
    state::Flags,
};
use crate::mapping::Relation;

impl Tables {
    /// A member is added again: it is listed once, and in SQLAlchemy as often as it was added.
    pub(super) fn repeat(&mut self, owner: Ref, relation: &'static Relation, member: Ref) {
        if !self.is_as_original() {
            return;
        }
        let Some(back) = relation.back.filter(|it| it.many) else {
            if let Some(back) = relation.back {
                // It counts as changed there.
                let (relation, cell) = (back.index, owner.cell());
                self.note(member, Event::One { owner: member, relation, old: cell, new: cell });
            }
            return self.list_again(owner, relation.index, member, false);
        };
        let unknown = self.member_slice(member, back.index).is_none();
        self.list_again(owner, relation.index, member, unknown);
        self.list_again(member, back.index, owner, false);
        // The side that isn't loaded doesn't know of the row that is there.
        if unknown {
            self.insert_member(member, back.index, owner);
        }
    }

    /// `anew`: the pair gets another row, even if it has one.
    pub(super) fn list_again(&mut self, owner: Ref, relation: u16, member: Ref, anew: bool) {
        if !self.has_member(owner, relation, member) {
            return;
        }
        let has_row =
            !self.is_new(owner) && !self.net(owner, relation).added.contains(&member.cell());
        let cells = self.relation_mut(owner.chunk(), relation);
        if let Some(list) = cells.and_then(|it| it.own(owner.slot())) {
            list.push(member.cell());
        }
        // A pair that has its row gets no other one.
        if has_row && !anew {
            self.note(owner, Event::Removed { owner, relation, member, at: 0 });
        }
        self.note(owner, Event::Added { owner, relation, member });
        self.note_parent(owner, relation, member, true);
    }

    /// There, who isn't listed is let go of all the same, and learns of it before the list says no.
    pub(super) fn lose_absent(&mut self, owner: Ref, relation: &'static Relation, member: Ref) {
        self.note_parent(owner, relation.index, member, false);
        self.note(owner, Event::Flagged { owner });
        if let Some(back) = relation.back {
            let was = self.one(member, back.index);
            let unknown = was == UNLOADED && self.flags(member).has(Flags::EXPIRED);
            if back.many {
                self.know_empty(member, back.index);
                let was_there = self.remove_member(member, back.index, owner);
                if !was_there {
                    self.note(member, Event::Flagged { owner: member });
                }
            } else if unknown || was == owner.cell() {
                self.put_one(member, back.index, NULL);
            }
        }
        self.lose_parent(owner, relation, member);
    }

    /// Members that leave go at once, however often they are listed, but for one place.
    pub(super) fn list_once(&mut self, owner: Ref, relation: u16, members: &[u64]) {
        let cells = self.relation_mut(owner.chunk(), relation);
        let Some(list) = cells.and_then(|it| it.own(owner.slot())) else { return };
        let mut seen = std::collections::HashSet::new();
        list.retain(|it| !members.contains(&it) || seen.insert(it));
    }
}

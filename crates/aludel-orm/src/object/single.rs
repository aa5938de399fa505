//! Members that may have but one owner (CAS-13): who that is, as far as it was said in memory.

use super::{graph::Tables, reference::Ref};
use crate::mapping::{Cascade, Mapper, Relation};

impl Tables {
    /// Whether a member was given to another owner that still has it. What was committed or loaded
    /// isn't remembered.
    pub(super) fn has_other_owner(
        &self,
        owner: Ref,
        relation: &'static Relation,
        member: Ref,
    ) -> bool {
        let other = self.owners.get(&key(relation, member)).copied();
        other.is_some_and(|it| it != owner && self.holds(it, relation, member))
    }

    /// Remembers whose a member is, seen from either side.
    pub(super) fn own(&mut self, owner: Ref, relation: &'static Relation, member: Ref) {
        if relation.meta.single_parent {
            self.owners.insert(key(relation, member), owner);
        }
        if relation.back.is_some_and(|it| it.single_parent)
            && let Some(back) = relation.back_relation()
        {
            self.owners.insert(key(back, owner), member);
        }
    }

    /// What a session has committed is no longer said in memory alone.
    pub(crate) fn settle_owners(&mut self, session: u64) {
        let mut owners = std::mem::take(&mut self.owners);
        owners.retain(|it, _| self.session_of(it.0) != Some(session));
        self.owners = owners;
    }

    /// An owner let go of a member: a new one leaves the session, unless another owner has it.
    pub(super) fn let_go(&mut self, relation: &'static Relation, member: Ref) {
        if relation.cascade.has(Cascade::DELETE_ORPHAN) && !self.is_still_owned(relation, member) {
            self.drop_pending_orphan(relation, member);
        }
    }

    /// Whether somebody has a member that another owner let go of, as the member itself knows.
    fn is_still_owned(&self, relation: &Relation, member: Ref) -> bool {
        match relation.back {
            Some(back) if back.many => {
                let cells = self.relation(member.chunk(), back.index);
                cells.is_some_and(|it| it.known_members(member.slot()).next().is_some())
            }
            Some(back) => Ref::from_cell(self.one(member, back.index)).is_some(),
            None => false,
        }
    }
}

fn key(relation: &'static Relation, member: Ref) -> (Ref, u32, u16) {
    (member, Mapper::of(relation.owner).number, relation.index)
}

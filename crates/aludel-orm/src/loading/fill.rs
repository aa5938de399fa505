//! Fills relationships with what was loaded.

use crate::{
    mapping::Relation,
    object::{
        graph::{Cells, Tables},
        reference::{NULL, Ref},
    },
};

impl Tables {
    /// Fills a relationship of an object with what was loaded.
    pub(crate) fn fill(&mut self, relation: &'static Relation, owner: Ref, members: &[u64]) {
        self.fill_all(relation, std::iter::once((owner, members)));
    }

    /// Fills a relationship of objects with what was loaded, and the mirroring to-one of their
    /// members. What is loaded already, or changed, stays. A chunk is looked up once for all its
    /// objects that stand together.
    pub(super) fn fill_all<'m>(
        &mut self,
        relation: &'static Relation,
        owners: impl Iterator<Item = (Ref, &'m [u64])>,
    ) {
        let mut backs: Vec<(Ref, u64)> = Vec::new();
        // There, one side doesn't know what was loaded of the other.
        let back = relation.back.filter(|it| !it.many && !self.is_as_original());
        let mut open: Option<(u64, Cells<'_>)> = None;
        for (owner, members) in owners {
            if open.as_ref().is_none_or(|it| it.0 != owner.chunk()) {
                open = self.cells_of(owner.chunk(), relation.index).map(|it| (owner.chunk(), it));
            }
            let Some((_, cells)) = open.as_mut() else { continue };
            let filled = match relation.many {
                true => cells.fill_many(owner.slot(), members),
                false => {
                    warn_of_several(relation, members);
                    cells.fill_one(owner.slot(), members.first().copied().unwrap_or(NULL))
                }
            };
            if filled && back.is_some() {
                let refs = members.iter().filter_map(|it| Ref::from_cell(*it));
                backs.extend(refs.map(|it| (it, owner.cell())));
            }
        }
        let Some(back) = back else { return };
        let mut open: Option<(u64, Cells<'_>)> = None;
        for (member, owner) in backs {
            if open.as_ref().is_none_or(|it| it.0 != member.chunk()) {
                open = self.cells_of(member.chunk(), back.index).map(|it| (member.chunk(), it));
            }
            if let Some((_, cells)) = open.as_mut() {
                cells.fill_one(member.slot(), owner);
            }
        }
    }
}

/// One to one, and several rows refer to the owner: the first counts (REL-7).
pub(super) fn warn_of_several(relation: &Relation, members: &[u64]) {
    if members.len() > 1 {
        tracing::warn!(
            target: "aludel::loading",
            relationship = format_args!("{}.{}", relation.owner.name, relation.name),
            rows = members.len(),
            "several rows refer to one owner where one is expected: the first is taken; a unique \
             constraint on the foreign key keeps the others out"
        );
    }
}

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
        owners: impl Iterator<Item = (Ref, &'m [u64])> + Clone,
    ) {
        // There, one side doesn't know what was loaded of the other.
        let back = relation.back.filter(|it| !it.many && !self.is_as_original());
        // Of each owner, whether its members learn of it.
        let mut filled = Vec::new();
        let mut open: Option<(u64, Cells<'_>)> = None;
        for (owner, members) in owners.clone() {
            if open.as_ref().is_none_or(|it| it.0 != owner.chunk()) {
                open = self.cells_of(owner.chunk(), relation.index).map(|it| (owner.chunk(), it));
            }
            let is_filled = open.as_mut().is_some_and(|(_, cells)| match relation.many {
                true => cells.fill_many(owner.slot(), members),
                false => {
                    warn_of_several(relation, members);
                    let member = members.first().copied().unwrap_or(NULL);
                    cells.fill_ones(std::iter::once(owner.slot()), member)
                }
            });
            if back.is_some() {
                filled.push(is_filled);
            }
        }
        let Some(back) = back else { return };
        let mut open: Option<(u64, Cells<'_>)> = None;
        for ((owner, members), _) in owners.zip(filled).filter(|it| it.1) {
            let chunk = |it: &u64| Ref::from_cell(*it).map(Ref::chunk);
            for members in members.chunk_by(|one, next| chunk(one) == chunk(next)) {
                let Some(chunk) = members.first().and_then(chunk) else { continue };
                if open.as_ref().is_none_or(|it| it.0 != chunk) {
                    open = self.cells_of(chunk, back.index).map(|it| (chunk, it));
                }
                let slots = members.iter().filter_map(|it| Ref::from_cell(*it)).map(Ref::slot);
                if let Some((_, cells)) = open.as_mut() {
                    cells.fill_ones(slots, owner.cell());
                }
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

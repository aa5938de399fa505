//! To-one relationships that were changed before they were loaded: a flush reads who stood there, and
//! unlinks or deletes it (REL-6, CAS-13).

use foldhash::fast::RandomState;
use hashbrown::{HashMap, HashSet};

use super::{FlushAction, FlushStep};
use crate::{
    Result,
    mapping::{Mapper, Relation},
    object::{
        graph::Tables,
        log::Event,
        reference::{NULL, Ref, UNLOADED},
        state::State,
    },
    session::core::Core,
};

impl Core {
    /// Reads who stood in relationships that were changed before they were loaded, a query for each
    /// relationship and 500 owners; it is as if they had been loaded first.
    pub(super) async fn load_replaced(&mut self) -> Result<()> {
        let id = self.id;
        let unknown = self.tables(|tables| tables.take_replaced(id));
        self.load_formers(unknown).await
    }

    /// The same for one object.
    pub(crate) async fn load_replaced_of(&mut self, owner: Ref) -> Result<()> {
        let id = self.id;
        let unknown = self.tables(|tables| {
            let (own, others) = tables.replaced.drain(..).partition(|it| it.0 == owner);
            tables.replaced = own;
            let unknown = tables.take_replaced(id);
            tables.replaced.extend::<Vec<_>>(others);
            unknown
        });
        self.load_formers(unknown).await
    }

    async fn load_formers(&mut self, unknown: Vec<(&'static Relation, Vec<Ref>)>) -> Result<()> {
        let id = self.id;
        for (relation, owners) in unknown {
            let formers = self.read_formers(relation, &owners).await?;
            self.tables(|tables| tables.replace(id, relation, &owners, &formers));
        }
        Ok(())
    }

    /// What a flush loads first, as steps of a plan: who stood in such relationships, and what follows keys
    /// that changed.
    pub(super) fn planned_loads(&self) -> Result<Vec<FlushStep>> {
        let id = self.id;
        let unknown = self.tables(|tables| {
            let kept = tables.replaced.clone();
            let unknown = tables.take_replaced(id);
            tables.replaced = kept;
            unknown
        });
        let followers = self.unloaded_followers()?;
        let lists = self.tables(|it| it.disordered_of(id)).into_iter();
        let followers = followers.into_iter().chain(lists);
        let followers = followers.map(|(relation, owner)| (relation, vec![owner]));
        let mut steps = Vec::new();
        for (relation, owners) in unknown.into_iter().chain(followers) {
            let target = Mapper::checked(relation.target)?;
            let sql = self.statement_of_formers(relation, &owners)?;
            steps.extend(sql.map(|sql| FlushStep {
                action: FlushAction::Load,
                entity: target.entity(),
                table: target.table(),
                rows: owners.len(),
                sql,
                wave: 1,
                after: Vec::new(),
            }));
        }
        Ok(steps)
    }
}

impl Tables {
    /// A rollback takes back what was changed before it was loaded: nobody asks who stood there.
    pub(crate) fn forget_replaced(&mut self, session: u64) {
        if !self.replaced.is_empty() {
            let replaced = std::mem::take(&mut self.replaced);
            let others = replaced.into_iter().filter(|it| self.session_of(it.0) != Some(session));
            self.replaced = others.collect();
        }
    }

    /// Persistent objects of a session whose to-one relationship was changed before it was loaded, by
    /// relationship.
    fn take_replaced(&mut self, session: u64) -> Vec<(&'static Relation, Vec<Ref>)> {
        let mut found: Vec<(&'static Relation, Vec<Ref>)> = Vec::new();
        if self.replaced.is_empty() {
            return found;
        }
        let all = std::mem::take(&mut self.replaced);
        for (owner, relation) in all {
            // Those of other sessions, and of none yet, wait for theirs.
            if self.session_of(owner) != Some(session) {
                self.replaced.push((owner, relation));
                continue;
            }
            // A rollback may have taken the change back.
            let now = self.one(owner, relation.index);
            if self.flags(owner).state() != State::Persistent || now == UNLOADED {
                continue;
            }
            match found.iter_mut().find(|it| std::ptr::eq(it.0, relation)) {
                Some((_, owners)) if owners.last() == Some(&owner) => {}
                Some((_, owners)) => owners.push(owner),
                None => found.push((relation, vec![owner])),
            }
        }
        found
    }

    /// What stood in a relationship is known now: the change becomes one from that.
    fn replace(
        &mut self,
        session: u64,
        relation: &'static Relation,
        owners: &[Ref],
        formers: &[(Ref, Ref)],
    ) {
        let mut by_owner: HashMap<Ref, Ref, RandomState> = formers.iter().copied().collect();
        for (owner, former) in formers {
            let stays = self.one(*owner, relation.index) == former.cell();
            let Some(back) = relation.back.filter(|_| !stays) else { continue };
            // There, who has the key still shows its owner, and is deleted as an orphan, or stays.
            if self.is_as_original() && !back.many {
                continue;
            }
            if back.many {
                self.remove_member(*former, back.index, *owner);
            } else if [owner.cell(), UNLOADED].contains(&self.one(*former, back.index)) {
                self.put_one(*former, back.index, NULL);
            } else {
                // It has another owner by now.
                by_owner.remove(owner);
            }
        }
        // Where nobody stood.
        let mut empty: HashSet<Ref, RandomState> = owners.iter().copied().collect();
        formers.iter().for_each(|it| _ = empty.remove(&it.0));
        let Some(ledger) = self.ledger(session) else { return };
        for event in ledger.log.iter_mut().skip(ledger.flushed) {
            if let Event::One { owner, relation: index, old, .. } = event
                && *old == UNLOADED
                && *index == relation.index
            {
                if let Some(former) = by_owner.remove(owner) {
                    *old = former.cell();
                } else if empty.remove(owner) {
                    *old = NULL;
                }
            }
        }
    }
}

//! How what a query loaded beside its rows enters the session and is linked.

use super::{Eager, EagerNode, Owner, Parts};
use crate::{
    Result,
    mapping::Strategy,
    object::{
        cohort::{Met, Part},
        later::Later,
        reference::Ref,
    },
    session::core::Core,
};

impl Eager {
    /// Brings everything into the session and links it.
    pub(in crate::loading) fn finish(
        &mut self,
        core: &mut Core,
        buffer: &mut dyn Parts,
    ) -> Result<()> {
        if self.nodes.is_empty() {
            return Ok(());
        }
        let mut references: Vec<Vec<Option<Ref>>> = Vec::new();
        let mut met = Met::default();
        let says_later = self.says_later();
        buffer.parts(&mut |part| {
            if let Some(part) = part.downcast_mut::<Part>() {
                references.push((0..part.0.len()).map(|it| part.0.reference(it)).collect());
                if says_later {
                    part.0.add_met(&mut met);
                }
            }
        });
        self.finish_met(core, &references, met)
    }

    /// What to-one relationships hold that the query forbids to load, of objects that it reads anew: the
    /// original leaves that as it is.
    #[cold]
    pub(in crate::loading) fn held_as_original(
        &self,
        core: &Core,
        objects: &[Ref],
    ) -> Vec<(Ref, u16, u64)> {
        let forbids = |it: &&EagerNode| {
            matches!(it.strategy, Strategy::Raise | Strategy::RaiseOnSql) && !it.relation.many
        };
        let mut held = Vec::new();
        core.tables(|tables| {
            for relation in self.nodes.iter().filter(forbids).map(|it| it.relation) {
                for at in objects {
                    if tables.meta(*at).is_some_and(|it| it.is(relation.owner)) {
                        held.push((*at, relation.index, tables.one(*at, relation.index)));
                    }
                }
            }
        });
        held
    }

    /// Whether the query has options.
    pub(in crate::loading) fn has_options(&self) -> bool {
        !self.nodes.is_empty()
    }

    /// Whether one of the options says something of loading later.
    fn says_later(&self) -> bool {
        self.nodes.iter().any(|it| it.later().is_some())
    }

    /// The same, where the owners are known: those of each part, by position.
    pub(in crate::loading) fn finish_for(
        &mut self,
        core: &mut Core,
        references: &[Vec<Option<Ref>>],
    ) -> Result<()> {
        self.finish_met(core, references, Met::default())
    }

    fn finish_met(
        &mut self,
        core: &mut Core,
        references: &[Vec<Option<Ref>>],
        mut met: Met,
    ) -> Result<()> {
        let says_later = self.says_later();
        for index in 0..self.nodes.len() {
            let below = self.nodes[index].below();
            core.land(&mut *self.nodes[index].fetch.cohort, false)?;
            if says_later {
                self.nodes[index].fetch.cohort.add_met(&mut met);
            }
            if self.nodes[index].strategy != Strategy::NoLoad {
                self.link(index, core, references, &below, &met);
            }
        }
        // An object may be reached on two paths: it is taken for empty if neither loads it (LOAD-26).
        for index in 0..self.nodes.len() {
            if self.nodes[index].strategy == Strategy::NoLoad {
                self.link(index, core, references, &[], &met);
            }
        }
        Ok(())
    }

    fn link(
        &mut self,
        index: usize,
        core: &mut Core,
        references: &[Vec<Option<Ref>>],
        below: &[(u32, Option<u32>)],
        met: &Met,
    ) {
        let (before, rest) = self.nodes.split_at_mut(index);
        let Some(node) = rest.first_mut() else { return };
        let landed: Vec<Option<Ref>>;
        let owners = match node.owner {
            Owner::Part(place) => references.get(place).map_or(&[][..], Vec::as_slice),
            Owner::Node(owner) => {
                let cohort = &before[owner].fetch.cohort;
                landed = (0..cohort.len()).map(|it| cohort.reference(it)).collect();
                &landed
            }
        };
        node.link(core, owners, below, met);
    }
}

impl EagerNode {
    /// The places of the keys by which members are owners themselves; before they have landed.
    fn below(&mut self) -> Vec<(u32, Option<u32>)> {
        if !self.hop.recursive || self.strategy != Strategy::Selectin {
            return Vec::new();
        }
        let keys = self.fetch.keys(&*self.fetch.cohort);
        let place = |(at, key): (u32, Option<_>)| (at, key.and_then(|it| self.fetch.place(&it)));
        keys.into_iter().map(place).collect()
    }

    fn link(
        &mut self,
        core: &mut Core,
        owners: &[Option<Ref>],
        below: &[(u32, Option<u32>)],
        met: &Met,
    ) {
        let owner = |position: u32| owners.get(position as usize).copied().flatten();
        let relation = self.relation;
        match self.strategy {
            Strategy::Selectin | Strategy::Subquery => {
                let pairs = self.owners.iter();
                let mut linked: Vec<_> =
                    pairs.filter_map(|it| Some((owner(it.0)?, it.1))).collect();
                let cohort = &self.fetch.cohort;
                let members = below.iter().filter_map(|it| Some((cohort.reference(it.0)?, it.1)));
                linked.extend(members);
                core.tables(|tables| self.fetch.link(tables, &linked));
            }
            Strategy::Joined => {
                let placed = (0..).zip(owners);
                let linked: Vec<_> =
                    placed.filter_map(|(place, it)| Some(((*it)?, Some(place)))).collect();
                core.tables(|tables| self.fetch.link(tables, &linked));
            }
            Strategy::NoLoad => core.tables(|tables| {
                tables.fill_all(relation, owners.iter().flatten().map(|it| (*it, &[][..])));
            }),
            Strategy::Raise | Strategy::RaiseOnSql | Strategy::Lazy => {
                let Some(later) = self.later() else { return };
                core.tables(|tables| {
                    for owner in owners.iter().flatten() {
                        match met.get(owner) {
                            None => tables.say_later(owner.chunk(), relation.index, later),
                            // It was here before, with what is loaded of it (LOAD-21).
                            Some(false) if tables.is_loaded(*owner, relation) => {}
                            Some(_) => tables.say_later_of(*owner, relation.index, later),
                        }
                    }
                });
            }
        }
    }

    /// What it says of loading later.
    fn later(&self) -> Option<Later> {
        match self.strategy {
            Strategy::Raise => Some(Later::Forbidden),
            Strategy::RaiseOnSql => Some(Later::WithoutSql),
            Strategy::Lazy => Some(Later::Allowed),
            _ => None,
        }
    }
}

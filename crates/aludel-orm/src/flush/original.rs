//! Where a session that does as SQLAlchemy plans otherwise: nothing but what a comparison can see.

use smallvec::SmallVec;

use super::{
    gather::{Gathered, Map, Pair, PairKey},
    run::Planner,
};
use crate::{
    mapping::{Direction, Mapper, Relation},
    object::{graph::Tables, reference::Ref, state::State},
    session::core::Core,
};

impl Gathered {
    /// The original deletes the row of a pair as often as it is listed, but for those that came.
    #[cold]
    pub(super) fn unpair_as_original(
        &mut self,
        places: &mut Map<PairKey, usize>,
        pair: Pair,
        often: i32,
    ) {
        let next = self.pairs.len();
        let place = *places.entry(pair.key()).or_insert(next);
        if place == next {
            self.pairs.push((pair, -often));
        } else if (0..often).contains(&self.pairs[place].1) {
            self.pairs[place].1 = -often;
        }
    }
}

impl Planner {
    /// The original inserts what is linked with other objects of its kind in steps of its own.
    #[cold]
    pub(super) fn level_as_original(&self, parents: &[SmallVec<[u32; 1]>], levels: &mut [u32]) {
        let mut order: Vec<usize> = (0..levels.len()).collect();
        order.sort_by_key(|it| levels[*it]);
        let mut steps = vec![0; levels.len()];
        for (object, step) in &self.gathered.steps {
            if let Some(at) = self.ordinal(*object) {
                steps[at as usize] = *step;
            }
        }
        for at in order {
            let above = parents[at].iter().map(|it| steps[*it as usize] + 1).max();
            steps[at] = steps[at].max(above.unwrap_or(0));
        }
        levels.copy_from_slice(&steps);
    }
}

impl Core {
    /// Who counts as changed in a savepoint, and is expired with it: there, whoever was touched, whether that is
    /// written or not.
    pub(super) fn altered(&self) -> Vec<Ref> {
        match self.options.sqlalchemy && !self.transaction.levels.is_empty() {
            true => self.dirty(),
            false => Vec::new(),
        }
    }

    /// Of new objects that may refer to others of their kind, the step in which the original inserts them: it
    /// reckons with changed objects, too, a step for each row and one for each link, and one for what was only
    /// said to refer to nothing.
    #[cold]
    pub(super) fn steps_as_original(&self) -> Map<Ref, u32> {
        let mut saved = self.pending();
        let is_cyclic =
            |tables: &Tables, it: Ref| tables.meta(it).is_some_and(|meta| Mapper::of(meta).cyclic);
        self.tables(|tables| saved.retain(|it| is_cyclic(tables, *it)));
        if saved.is_empty() {
            return Map::default();
        }
        saved.append(&mut self.dirty());
        let deleted = self.deleted();
        self.tables(|tables| {
            saved.retain(|it| is_cyclic(tables, *it));
            let mut steps: Map<Ref, u32> = saved.iter().map(|it| (*it, 0)).collect();
            let mut above: Map<Ref, u32> = Map::default();
            let mut below: Map<Ref, Vec<Ref>> = Map::default();
            for object in saved.iter().chain(&deleted).copied() {
                let is_saved = steps.contains_key(&object);
                for (relation, others) in links_of_kind(tables, object) {
                    let refers = relation.direction == Direction::ManyToOne;
                    if refers && is_saved {
                        steps.insert(object, 1);
                    }
                    for other in
                        others.into_iter().filter(|it| steps.contains_key(it)).collect::<Vec<_>>()
                    {
                        match (refers, is_saved) {
                            (true, false) => {}
                            (true, true) => {
                                below.entry(other).or_default().push(object);
                                *above.entry(object).or_default() += 1;
                            }
                            (false, true) => {
                                below.entry(object).or_default().push(other);
                                *above.entry(other).or_default() += 1;
                            }
                            // What a deleted owner lets go of.
                            (false, false) => _ = steps.insert(other, 1),
                        }
                    }
                }
            }
            let mut ready: Vec<Ref> =
                saved.iter().copied().filter(|it| !above.contains_key(it)).collect();
            while let Some(object) = ready.pop() {
                let step = steps[&object] + 2;
                for other in below.remove(&object).unwrap_or_default() {
                    steps.entry(other).and_modify(|it| *it = step.max(*it));
                    if let Some(open) = above.get_mut(&other) {
                        *open -= 1;
                        if *open == 0 {
                            ready.push(other);
                        }
                    }
                }
            }
            steps
        })
    }
}

/// What an object is linked with among objects of its kind, or was, as far as that is loaded.
fn links_of_kind(tables: &Tables, object: Ref) -> Vec<(&'static Relation, Vec<Ref>)> {
    let mut links = Vec::new();
    let Some(mapper) = tables.meta(object).map(Mapper::of) else { return links };
    for relation in &mapper.relationships {
        let is_of_kind = Mapper::of(relation.target).group == mapper.group;
        if !is_of_kind || relation.meta.viewonly || relation.post_update {
            continue;
        }
        let Some(mut cells) = tables.set_cells(object, relation) else { continue };
        // What left a new object was never there.
        if tables.flags(object).state() == State::Persistent {
            let net = tables.net(object, relation.index);
            cells.extend(net.before);
            cells.extend(net.removed);
        }
        let others = cells.into_iter().filter_map(Ref::from_cell).collect();
        if relation.direction != Direction::ManyToMany {
            links.push((relation, others));
        }
    }
    links
}

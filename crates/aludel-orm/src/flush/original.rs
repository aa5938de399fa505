//! Where a session that does as SQLAlchemy plans otherwise: nothing but what a comparison can see.

use smallvec::SmallVec;

use super::{
    gather::{Gathered, Map, Pair, PairKey},
    run::Planner,
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
    /// The original inserts what refers to something, or was said to refer to nothing, a step later, and what
    /// refers to an object of the same flush two steps behind that.
    #[cold]
    pub(super) fn level_as_original(&self, parents: &[SmallVec<[u32; 1]>], levels: &mut [u32]) {
        let mut order: Vec<usize> = (0..levels.len()).collect();
        order.sort_by_key(|it| levels[*it]);
        let mut steps = vec![0; levels.len()];
        for reference in &self.gathered.references {
            let child = self.ordinal(reference.child);
            let parent = reference.parent.is_some_and(|it| self.ordinal(it).is_none());
            if let (Some(child), true) = (child, parent) {
                steps[child as usize] = 2;
            }
        }
        for object in &self.gathered.linked {
            if let Some(at) = self.ordinal(*object) {
                steps[at as usize] = steps[at as usize].max(1);
            }
        }
        for at in order {
            let above = parents[at].iter().map(|it| steps[*it as usize] + 2).max();
            steps[at] = steps[at].max(above.unwrap_or(0));
        }
        levels.copy_from_slice(&steps);
    }
}

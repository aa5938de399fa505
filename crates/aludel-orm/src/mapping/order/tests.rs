//! Places, against their definition.

use std::collections::BTreeSet;

use proptest::prelude::*;

use smallvec::smallvec;

use super::{Parents, Standing, standings};

fn all(parents: &[Vec<usize>]) -> Vec<Parents> {
    parents.iter().map(|it| it.iter().copied().collect()).collect()
}

/// All that one refers to, directly or through others.
fn reach(from: usize, parents: &[Vec<usize>]) -> BTreeSet<usize> {
    let (mut seen, mut stack) = (BTreeSet::new(), parents[from].clone());
    while let Some(at) = stack.pop() {
        if seen.insert(at) {
            stack.extend(&parents[at]);
        }
    }
    seen
}

proptest! {
    #[test]
    fn places_are_behind_what_is_referred_to(
        parents in (1_usize..9).prop_flat_map(|n| {
            prop::collection::vec(prop::collection::vec(0..n, 0..4), n)
        })
    ) {
        let above: Vec<_> = (0..parents.len()).map(|it| reach(it, &parents)).collect();
        let found = standings(&all(&parents));
        for (at, standing) in found.iter().enumerate() {
            prop_assert_eq!(standing.cyclic, above[at].contains(&at));
            let same = |it: &usize| *it == at || above[at].contains(it) && above[*it].contains(&at);
            let group = (0..parents.len()).find(same).unwrap_or(at);
            prop_assert_eq!(standing.group as usize, group);
            // One behind the deepest that is outside of the circle.
            let members = (0..parents.len()).filter(same);
            let outside = members.flat_map(|it| &parents[it]).filter(|it| !same(it));
            let deepest = outside.map(|it| found[*it].depth + 1).max().unwrap_or(0);
            prop_assert_eq!(standing.depth, deepest);
        }
    }
}

#[test]
fn a_long_chain() {
    let chain: Vec<Parents> =
        (0..50_000_usize).map(|it| it.checked_sub(1).into_iter().collect()).collect();
    let last = Standing { depth: 49_999, group: 49_999, cyclic: false };
    assert_eq!(standings(&chain).last(), Some(&last));
    let ring: Vec<Parents> = (0..50_000_usize).map(|it| smallvec![(it + 1) % 50_000]).collect();
    let all = Standing { depth: 0, group: 0, cyclic: true };
    assert!(standings(&ring).iter().all(|it| *it == all));
}

//! Where each entity stands in a flush: behind all that it refers to.

use aludel_core::expr::TableName;
use smallvec::SmallVec;

use super::{
    Direction, EntityMeta,
    mapper::{Target, foreign_keys},
    resolve::alone,
};

/// Which entities one refers to, by their places in a list.
type Parents = SmallVec<[usize; 4]>;

/// An entity's place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Standing {
    /// How many stand above it, one referring to the next.
    pub(super) depth: u32,
    /// Entities that refer to each other in a circle share a group, which the first of them names; the
    /// flush sorts their objects one by one.
    pub(super) group: u32,
    /// Whether it refers to itself, directly or through others.
    pub(super) cyclic: bool,
}

/// The places of entities that are sorted by table. In time that grows with their number and that of their foreign
/// keys.
pub(super) fn order(entities: &[&'static EntityMeta]) -> Vec<Standing> {
    let of_table = |it: &Target| {
        let table = TableName { schema: it.schema, name: it.table };
        let first = entities.partition_point(|it| it.table < table);
        (first..).zip(&entities[first..]).take_while(move |it| it.1.table == table).map(|it| it.0)
    };
    let parents = entities.iter().map(|meta| {
        let columns = foreign_keys(meta).iter().flat_map(|it| &it.references);
        columns.flat_map(of_table).collect()
    });
    let mut parents = parents.collect::<Vec<Parents>>();
    add_conditions(entities, &mut parents);
    standings(&parents)
}

/// Adds what relationships refer to by conditions of their own, which no foreign key may say.
fn add_conditions(entities: &[&'static EntityMeta], parents: &mut [Parents]) {
    for (at, meta) in entities.iter().enumerate() {
        for (index, it) in (0..).zip(meta.relationships) {
            if !it.rare.joins() || it.viewonly || it.secondary.is_some() {
                continue;
            }
            let relation = alone(meta, index, &mut Vec::new());
            let target = entities.iter().position(|it| it.is(relation.target));
            let Some(target) = target else { continue };
            let (child, parent) = match relation.direction {
                Direction::ManyToOne => (at, target),
                _ => (target, at),
            };
            if !parents[child].contains(&parent) {
                parents[child].push(parent);
            }
        }
    }
}

/// Tarjan's strongly connected components: each is complete when all that it refers to are.
fn standings(parents: &[Parents]) -> Vec<Standing> {
    const NEW: usize = usize::MAX;
    let mut standings = vec![Standing::default(); parents.len()];
    // When an entity was met, and the earliest that is reached from it and has no place yet.
    let (mut met, mut earliest) = (vec![NEW; parents.len()], vec![NEW; parents.len()]);
    let mut placed = vec![false; parents.len()];
    let (mut count, mut open) = (0, Vec::with_capacity(parents.len()));
    let mut way = Vec::with_capacity(parents.len());
    for start in 0..parents.len() {
        if met[start] != NEW {
            continue;
        }
        // Entities on the way, and how many of their parents were looked at.
        way.push((start, 0));
        while let Some((at, seen)) = way.last_mut() {
            let at = *at;
            if *seen == 0 {
                (met[at], earliest[at]) = (count, count);
                count += 1;
                open.push(at);
            }
            if let Some(&parent) = parents[at].get(*seen) {
                *seen += 1;
                if met[parent] == NEW {
                    way.push((parent, 0));
                } else if !placed[parent] {
                    earliest[at] = earliest[at].min(met[parent]);
                }
                continue;
            }
            way.pop();
            if let Some((below, _)) = way.last() {
                earliest[*below] = earliest[*below].min(earliest[at]);
            }
            if earliest[at] == met[at] {
                let first = open.iter().rposition(|it| *it == at).unwrap_or_default();
                place(&open[first..], parents, &placed, &mut standings);
                open.drain(first..).for_each(|it| placed[it] = true);
            }
        }
    }
    standings
}

/// Gives the entities of a circle, or one that is in none, their places.
fn place(circle: &[usize], parents: &[Parents], placed: &[bool], standings: &mut [Standing]) {
    let above = circle.iter().flat_map(|it| &parents[*it]);
    let outside = above.filter(|it| placed[**it]).map(|it| standings[*it].depth + 1);
    let depth = outside.max().unwrap_or(0);
    let group = circle.iter().min().map_or(0, |it| *it as u32);
    for it in circle {
        let cyclic = circle.len() > 1 || parents[*it].contains(it);
        standings[*it] = Standing { depth, group, cyclic };
    }
}

#[cfg(test)]
mod tests;

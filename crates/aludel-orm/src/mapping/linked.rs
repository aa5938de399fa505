//! [`Linked`]: all mapped structs of the program, of whatever base, and the order of their tables.

use std::{
    any::TypeId,
    collections::{BTreeMap, HashMap, HashSet},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
};

use super::{EntityMeta, mapper::foreign_keys};

/// A mapped struct that registered itself at link time.
#[derive(Debug)]
pub struct Registered(pub fn() -> &'static EntityMeta);

inventory::collect!(Registered);

/// All mapped structs of the program, and whatever they relate to.
#[derive(Debug)]
pub struct Linked {
    /// By table, so that nothing depends on the order of linking.
    entities: Vec<&'static EntityMeta>,
    places: HashMap<TypeId, Place>,
    stragglers: AtomicU32,
}

/// An entity's place in the order of tables.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) number: u32,
    pub(super) depth: u32,
    pub(super) group: u32,
    pub(super) cyclic: bool,
}

impl Linked {
    /// Those of the program, found at first use.
    pub fn global() -> &'static Self {
        static LINKED: OnceLock<Linked> = OnceLock::new();
        LINKED
            .get_or_init(|| Self::new(inventory::iter::<Registered>.into_iter().map(|it| (it.0)())))
    }

    /// The entities, sorted by table.
    pub fn entities(&self) -> &[&'static EntityMeta] {
        &self.entities
    }

    /// These entities and whatever they relate to.
    pub(super) fn new(start: impl Iterator<Item = &'static EntityMeta>) -> Self {
        let entities = closure(start);
        let mut places = HashMap::new();
        let order = order(&entities);
        for (number, meta) in entities.iter().enumerate() {
            let (depth, group, cyclic) = order[number];
            places.insert((meta.type_id)(), Place { number: number as u32, depth, group, cyclic });
        }
        Self { stragglers: AtomicU32::new(entities.len() as u32), entities, places }
    }

    /// The place of an entity. One that neither registered itself nor is related to one that did
    /// (where link-time collection doesn't work) gets a place behind all others.
    pub(super) fn place(&self, meta: &'static EntityMeta) -> Place {
        if let Some(place) = self.places.get(&(meta.type_id)()) {
            return *place;
        }
        let number = self.stragglers.fetch_add(1, Ordering::Relaxed);
        Place { number, depth: number, group: number, cyclic: false }
    }
}

/// The entities and whatever they relate to, once each, sorted by table and name.
pub(super) fn closure(
    start: impl Iterator<Item = &'static EntityMeta>,
) -> Vec<&'static EntityMeta> {
    let mut seen = HashSet::new();
    let mut stack: Vec<_> = start.collect();
    let mut found = Vec::new();
    while let Some(meta) = stack.pop() {
        if !seen.insert((meta.type_id)()) {
            continue;
        }
        found.push(meta);
        for relationship in meta.relationships {
            stack.push((relationship.target)());
            stack.extend(relationship.secondary.map(|it| it()));
        }
    }
    found.sort_by_key(|it| (it.table, it.name));
    found
}

/// Where each entity stands: behind all that it refers to. Entities that refer to each other in a
/// circle share a group; the flush sorts their objects one by one.
fn order(entities: &[&'static EntityMeta]) -> Vec<(u32, u32, bool)> {
    let mut by_table: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for (index, meta) in entities.iter().enumerate() {
        let key = (meta.table.schema.map(str::to_owned), meta.table.name.to_owned());
        by_table.entry(key).or_default().push(index);
    }
    let parents: Vec<Vec<usize>> = entities
        .iter()
        .map(|meta| {
            let tables = foreign_keys(meta).into_iter().flat_map(|it| it.references);
            let tables = tables.map(|it| (it.schema, it.table));
            tables.filter_map(|it| by_table.get(&it)).flatten().copied().collect()
        })
        .collect();
    let above: Vec<HashSet<usize>> = (0..entities.len()).map(|it| reach(it, &parents)).collect();
    // Two entities are of one group if each is above the other; the first by table names it.
    let group: Vec<usize> = (0..entities.len())
        .map(|it| {
            (0..it).find(|&to| above[it].contains(&to) && above[to].contains(&it)).unwrap_or(it)
        })
        .collect();
    let mut depth: HashMap<usize, u32> = HashMap::new();
    fn settle(
        at: usize,
        group: &[usize],
        parents: &[Vec<usize>],
        depth: &mut HashMap<usize, u32>,
    ) -> u32 {
        if let Some(depth) = depth.get(&at) {
            return *depth;
        }
        let members = (0..group.len()).filter(|it| group[*it] == at);
        let outside: Vec<usize> = members
            .flat_map(|it| &parents[it])
            .map(|it| group[*it])
            .filter(|it| *it != at)
            .collect();
        let deepest = outside.into_iter().map(|it| settle(it, group, parents, depth) + 1).max();
        depth.insert(at, deepest.unwrap_or(0));
        deepest.unwrap_or(0)
    }
    (0..entities.len())
        .map(|it| {
            let depth = settle(group[it], &group, &parents, &mut depth);
            (depth, group[it] as u32, above[it].contains(&it))
        })
        .collect()
}

/// All that an entity refers to, directly or through others.
fn reach(from: usize, parents: &[Vec<usize>]) -> HashSet<usize> {
    let mut seen = HashSet::new();
    let mut stack = parents[from].clone();
    while let Some(at) = stack.pop() {
        if seen.insert(at) {
            stack.extend(&parents[at]);
        }
    }
    seen
}

//! [`Linked`]: all mapped structs of the program, of whatever base, and the order of their tables.

use std::{
    any::TypeId,
    collections::{HashMap, HashSet},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
};

use super::{
    EntityMeta,
    order::{Standing, order},
    overlaps::Writers,
};

static LINKED: OnceLock<Linked> = OnceLock::new();

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
    writers: OnceLock<Writers>,
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
        LINKED
            .get_or_init(|| Self::new(inventory::iter::<Registered>.into_iter().map(|it| (it.0)())))
    }

    /// Makes these the program's, and whatever they relate to. `false` if others are in use already.
    pub(super) fn install(entities: &[&'static EntityMeta]) -> bool {
        let linked = LINKED.get_or_init(|| Self::new(entities.iter().copied()));
        entities.iter().all(|it| linked.places.contains_key(&(it.type_id)()))
    }

    /// The entities, sorted by table.
    pub fn entities(&self) -> &[&'static EntityMeta] {
        &self.entities
    }

    /// Which relationships may write which tables.
    pub(super) fn writers(&self) -> &Writers {
        self.writers.get_or_init(|| Writers::of(&self.entities))
    }

    /// These entities and whatever they relate to.
    pub(super) fn new(start: impl Iterator<Item = &'static EntityMeta>) -> Self {
        let entities = closure(start);
        let mut places = HashMap::new();
        let order = order(&entities);
        for (number, meta) in entities.iter().enumerate() {
            let Standing { depth, group, cyclic } = order[number];
            places.insert((meta.type_id)(), Place { number: number as u32, depth, group, cyclic });
        }
        let stragglers = AtomicU32::new(entities.len() as u32);
        Self { entities, places, stragglers, writers: OnceLock::new() }
    }

    /// The place of an entity. One that neither registered itself nor is related to one that did
    /// (where link-time collection doesn't work) gets a place behind all others.
    pub(super) fn place(&self, meta: &'static EntityMeta) -> Place {
        if let Some(place) = self.places.get(&(meta.type_id)()) {
            return *place;
        }
        tracing::warn!(
            target: "aludel::mapping",
            entity = meta.name,
            "a mapped struct is used that the program's list lacks: nobody knows which rows go before its own; \
             add it to `Registry::install`"
        );
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

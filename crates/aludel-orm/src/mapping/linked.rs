//! [`Linked`]: all mapped structs of the program, of whatever base, and the order of their tables.

use std::{
    any::TypeId,
    collections::HashSet,
    ptr,
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
};

use foldhash::fast::RandomState;

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
    stragglers: AtomicU32,
    writers: OnceLock<Writers>,
}

/// An entity's place in the order of tables.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(super) number: u32,
    pub(super) depth: u32,
    pub(super) group: u32,
    pub(super) cyclic: bool,
    /// Of the entities of its table, the first one's number; of those that aren't known, none.
    table: u32,
}

impl Linked {
    /// Those of the program, found at first use.
    pub fn global() -> &'static Self {
        let registered = || inventory::iter::<Registered>.into_iter().map(|it| (it.0)()).collect();
        LINKED.get_or_init(|| Self::new(registered()))
    }

    /// Makes these the program's, and whatever they relate to. `false` if others are in use already.
    pub(super) fn install(entities: &[&'static EntityMeta]) -> bool {
        let linked = LINKED.get_or_init(|| Self::new(entities.to_vec()));
        entities.iter().all(|it| linked.table_number(it) != u32::MAX)
    }

    /// The entities, sorted by table.
    pub fn entities(&self) -> &[&'static EntityMeta] {
        &self.entities
    }

    /// Those of a base.
    pub(super) fn of_base(&self, base: TypeId) -> Vec<&'static EntityMeta> {
        self.entities.iter().copied().filter(|it| (it.base)().id == base).collect()
    }

    /// Which relationships may write which tables.
    pub(super) fn writers(&self) -> &Writers {
        self.writers.get_or_init(|| Writers::of(self))
    }

    /// These entities and whatever they relate to.
    fn new(start: Vec<&'static EntityMeta>) -> Self {
        let entities = closure(start);
        let order = order(&entities);
        let mut table = 0;
        for (number, meta) in entities.iter().enumerate() {
            if entities[table].table != meta.table {
                table = number;
            }
            let Standing { depth, group, cyclic } = order[number];
            let (number, table) = (number as u32, table as u32);
            let place = Place { number, depth, group, cyclic, table };
            meta.mapper.place().get_or_init(|| place);
        }
        let stragglers = AtomicU32::new(entities.len() as u32);
        Self { entities, stragglers, writers: OnceLock::new() }
    }

    /// The number of an entity's table; entities that aren't known share one.
    pub(super) fn table_number(&self, meta: &EntityMeta) -> u32 {
        meta.mapper.place().get().map_or(u32::MAX, |it| it.table)
    }

    /// The place of an entity. One that neither registered itself nor is related to one that did
    /// (where link-time collection doesn't work) gets a place behind all others.
    pub(super) fn place(&self, meta: &'static EntityMeta) -> Place {
        *meta.mapper.place().get_or_init(|| {
            tracing::warn!(
                target: "aludel::mapping",
                entity = meta.name,
                "a mapped struct is used that the program's list lacks: nobody knows which rows go before its \
                 own; add it to `Registry::install`"
            );
            let number = self.stragglers.fetch_add(1, Ordering::Relaxed);
            Place { number, depth: number, group: number, cyclic: false, table: u32::MAX }
        })
    }
}

/// The entities and whatever they relate to, once each, sorted by table and name.
pub(super) fn closure(mut stack: Vec<&'static EntityMeta>) -> Vec<&'static EntityMeta> {
    let mut seen = HashSet::with_capacity_and_hasher(stack.len(), RandomState::default());
    let mut found = Vec::new();
    while let Some(meta) = stack.pop() {
        if !seen.insert(ptr::from_ref(meta).addr()) {
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

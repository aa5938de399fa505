//! [`Linked`]: all mapped structs of the program, of whatever base, and the order of their tables.

use std::{
    any::TypeId,
    borrow::Cow,
    ptr,
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
};

use aludel_core::value::TypeMap;

use super::{
    BaseMeta, EntityMeta, RelationshipMeta,
    order::{Standing, order},
    overlaps::Writers,
};

static LINKED: OnceLock<Linked> = OnceLock::new();

/// A mapped struct that registered itself at link time.
#[derive(Debug)]
pub struct Registered(pub &'static EntityMeta);

inventory::collect!(Registered);

/// All mapped structs of the program, and whatever they relate to.
#[derive(Debug)]
pub struct Linked {
    /// By table, so that nothing depends on the order of linking.
    entities: Vec<&'static EntityMeta>,
    stragglers: AtomicU32,
    writers: OnceLock<Writers>,
    types: OnceLock<Vec<(TypeId, TypeMap)>>,
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
        let registered = || inventory::iter::<Registered>.into_iter().map(|it| it.0).collect();
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

    /// What a base says of types: it is asked once, if it has mapped structs.
    pub(super) fn types(&self, base: &BaseMeta) -> Cow<'_, TypeMap> {
        let all = self.types.get_or_init(|| {
            let mut all: Vec<(TypeId, TypeMap)> = Vec::with_capacity(1);
            for base in self.entities.iter().map(|it| (it.base)()) {
                if all.iter().all(|it| it.0 != base.id) {
                    all.push((base.id, (base.type_map)()));
                }
            }
            all
        });
        match all.iter().find(|it| it.0 == base.id) {
            Some((_, types)) => Cow::Borrowed(types),
            None => Cow::Owned((base.type_map)()),
        }
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
        Self { entities, stragglers, writers: OnceLock::new(), types: OnceLock::new() }
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
pub(super) fn closure(start: Vec<&'static EntityMeta>) -> Vec<&'static EntityMeta> {
    // As good as always `start` is all of them: a sorted list is less work than a table of hashes.
    let mut found = once(start);
    let mut unread = found.clone();
    while !unread.is_empty() {
        let mut known: Vec<usize> = found.iter().map(address).collect();
        known.sort_unstable();
        let related =
            unread.iter().flat_map(|it| it.relationships).flat_map(RelationshipMeta::ends);
        unread = once(related.filter(|it| known.binary_search(&address(it)).is_err()).collect());
        if !unread.is_empty() {
            found = once([found, unread.clone()].concat());
        }
    }
    found
}

/// Sorted, and each once.
fn once(mut entities: Vec<&'static EntityMeta>) -> Vec<&'static EntityMeta> {
    // Several modules may have a struct of one name for one table.
    entities
        .sort_unstable_by(|a, b| (a.table, a.name, address(a)).cmp(&(b.table, b.name, address(b))));
    entities.dedup_by_key(|it| address(it));
    entities
}

fn address(entity: &&'static EntityMeta) -> usize {
    ptr::from_ref(*entity).addr()
}

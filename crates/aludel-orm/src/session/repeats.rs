//! Objects that are read one by one: debug builds notice, and say once where and how to do better.

use std::{
    collections::{HashMap, HashSet},
    panic::Location,
    sync::{LazyLock, Mutex, PoisonError},
};

use crate::mapping::{Mapper, Relation};

/// So many times in one session, from one line of the program.
const MANY: u32 = 10;

type Place = &'static Location<'static>;

/// What was read one by one.
#[derive(Default)]
pub(crate) struct Repeats {
    gets: HashMap<(Place, u32), u32>,
    loads: HashMap<(Place, u32, u16, u64), u32>,
}

/// Where a warning was given already, in the whole program.
static WARNED: LazyLock<Mutex<HashSet<Place>>> = LazyLock::new(Mutex::default);

fn is_first(place: Place) -> bool {
    WARNED.lock().unwrap_or_else(PoisonError::into_inner).insert(place)
}

impl Repeats {
    /// An object is read by its key.
    pub(crate) fn get(&mut self, place: Place, mapper: &Mapper) {
        let count = self.gets.entry((place, mapper.number)).or_default();
        *count += 1;
        if *count == MANY && is_first(place) {
            tracing::warn!(
                target: "aludel::n_plus_one",
                place = %place,
                entity = mapper.entity(),
                "objects are read one by one, a statement each: read them with one query \
                 (`select(…).filter(key.in_(…))`), or load the relationship that leads to them"
            );
        }
    }

    /// A relationship is loaded for one object of a result alone.
    pub(crate) fn load_one(&mut self, place: Place, relation: &Relation, batch: u64) {
        let number = Mapper::of(relation.owner).number;
        let count = self.loads.entry((place, number, relation.index, batch)).or_default();
        *count += 1;
        if *count == MANY && is_first(place) {
            tracing::warn!(
                target: "aludel::n_plus_one",
                place = %place,
                entity = relation.owner.name,
                relationship = relation.name,
                "`.load_one()` loads a relationship for the objects of one result one by one, a \
                 statement each: `.load()` loads it for all of them at once, `selectinload` or \
                 `joinedload` with their query"
            );
        }
    }
}

//! [`Store`]: one entity's part of a session's identity map.
//!
//! The map is (fingerprint, address); no key is cloned. An integer key is its own fingerprint, so
//! equality is exact and the object is never looked at; others are verified against the object.

use std::{
    hash::{BuildHasher, Hash, Hasher},
    sync::{Arc, LazyLock},
};

use aludel_core::value::ValueRef;
use foldhash::fast::RandomState;
use hashbrown::{HashMap, HashTable};

use super::lone::{Loner, Loners};
use crate::{
    events::Landed,
    mapping::{EntityMeta, Mapper},
    object::{
        anchor::AnyAnchor,
        chunk::{AnyChunk, Fields},
        reference::Ref,
        state::State,
    },
};

/// A session's identity map, by entity.
#[derive(Default)]
pub(crate) struct Stores {
    by_number: Vec<Option<Box<Store>>>,
    /// How many chunks the last sweep left.
    left: usize,
}

impl Stores {
    /// How many chunks are kept.
    pub(crate) fn chunks(&self) -> usize {
        self.iter().map(|it| it.anchors.len() + it.lone.len()).sum()
    }

    /// Whether there are twice as many chunks as the last sweep left.
    pub(crate) fn have_doubled(&self) -> bool {
        let chunks = self.chunks();
        chunks > FEW && chunks > self.left * 2
    }

    /// A sweep left what there is.
    pub(crate) fn swept(&mut self) {
        self.left = self.chunks();
    }

    /// An entity's part, made if need be.
    pub(crate) fn of(&mut self, mapper: &'static Mapper) -> &mut Store {
        let number = mapper.number as usize;
        if self.by_number.len() <= number {
            self.by_number.resize_with(number + 1, || None);
        }
        self.by_number[number].get_or_insert_with(|| Box::new(Store::new(mapper)))
    }

    /// An entity's part, if there is one.
    pub(crate) fn get(&mut self, number: u32) -> Option<&mut Store> {
        self.by_number.get_mut(number as usize)?.as_deref_mut()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Store> {
        self.by_number.iter().flatten().map(|it| &**it)
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Store> {
        self.by_number.iter_mut().flatten().map(|it| &mut **it)
    }
}

/// One entity's part of a session's identity map.
pub(crate) struct Store {
    meta: &'static EntityMeta,
    integer: bool,
    /// The chunks that the session keeps, until a sweep finds that nobody else does.
    anchors: HashMap<u64, Arc<dyn AnyAnchor>, RandomState>,
    map: HashTable<(u64, Ref)>,
    /// Objects that are not in the map yet, as nobody has asked for one of this entity since: a chunk,
    /// its first slot of them, and how many there are.
    deferred: Vec<(u64, u32, u32)>,
    /// The chunk that new objects are appended to, and its size.
    pub(crate) open: Option<(u64, usize)>,
    /// What was read since the hooks of loads were called last, where there are any.
    pub(crate) landed: Vec<Landed>,
    /// The last objects that were read alone.
    lone: Loners,
}

/// So many chunks are kept before anybody asks who holds them.
const FEW: usize = 16;

/// An object found by its key.
pub(crate) struct Hit {
    pub(crate) anchor: Arc<dyn AnyAnchor>,
    pub(crate) slot: u32,
}

/// Makes the bits of a fingerprint equally likely.
#[inline]
pub(crate) const fn spread(fp: u64) -> u64 {
    let mixed = fp.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    mixed ^ mixed >> 32
}

/// The fingerprint of a key: an integer is its own, so that it needs no verification.
#[inline]
pub(crate) fn fingerprint<'a>(mut key: impl Iterator<Item = ValueRef<'a>>) -> u64 {
    let Some(first) = key.next() else { return 0 };
    let second = key.next();
    match (first, second) {
        (ValueRef::Int(it), None) => return it.cast_unsigned(),
        (ValueRef::Bool(it), None) => return u64::from(it),
        _ => {}
    }
    // Keyed, so that no stranger's keys can be made to collide.
    static SEED: LazyLock<RandomState> = LazyLock::new(RandomState::default);
    let mut hasher = SEED.build_hasher();
    // By text: a driver may show a type in its stored form before it is decoded.
    for it in [first].into_iter().chain(second).chain(key) {
        match it {
            ValueRef::Text(text) => text.hash(&mut hasher),
            ValueRef::Int(number) => number.hash(&mut hasher),
            ValueRef::Bool(truth) => i64::from(truth).hash(&mut hasher),
            ValueRef::Bytes(bytes) => bytes.hash(&mut hasher),
            other => other.to_string().hash(&mut hasher),
        }
    }
    hasher.finish()
}

/// Whether two values of a key are the same; one may be a driver's stored form of the other.
#[inline]
pub(crate) fn same_value(a: ValueRef<'_>, b: ValueRef<'_>) -> bool {
    a == b || same_stored(a, b)
}

#[cold]
fn same_stored(a: ValueRef<'_>, b: ValueRef<'_>) -> bool {
    match (a, b) {
        (ValueRef::Bool(truth), ValueRef::Int(number))
        | (ValueRef::Int(number), ValueRef::Bool(truth)) => i64::from(truth) == number,
        (ValueRef::Text(text), other) | (other, ValueRef::Text(text)) => {
            !matches!(other, ValueRef::Text(_)) && other.to_string() == text
        }
        _ => false,
    }
}

impl Store {
    pub(crate) fn new(mapper: &Mapper) -> Self {
        Self {
            meta: mapper.meta,
            integer: mapper.integer_key,
            anchors: HashMap::default(),
            map: HashTable::new(),
            deferred: Vec::new(),
            open: None,
            landed: Vec::new(),
            lone: Loners::default(),
        }
    }

    /// The entity.
    pub(crate) fn meta(&self) -> &'static EntityMeta {
        self.meta
    }

    /// Whether nothing is held.
    pub(crate) fn is_empty(&self) -> bool {
        self.map.is_empty() && self.deferred.is_empty() && self.lone.len() == 0
    }

    /// Keeps the chunk of this number.
    pub(crate) fn adopt(&mut self, chunk: u64, anchor: Arc<dyn AnyAnchor>) {
        self.anchors.insert(chunk, anchor);
    }

    /// Whether a chunk is kept.
    pub(crate) fn keeps(&self, chunk: u64) -> bool {
        self.anchor(chunk).is_some()
    }

    /// A kept chunk's anchor.
    pub(crate) fn anchor(&self, chunk: u64) -> Option<&Arc<dyn AnyAnchor>> {
        let lone = || self.lone.iter().find(|it| it.object.chunk() == chunk);
        self.anchors.get(&chunk).or_else(|| lone().map(|it| &it.anchor))
    }

    /// Lets these chunks go, where they are this entity's.
    pub(crate) fn let_go(&mut self, chunks: &[u64], out: &mut Vec<Arc<dyn AnyAnchor>>) {
        self.settle_all();
        out.extend(chunks.iter().filter_map(|it| self.anchors.remove(it)));
        let anchors = &self.anchors;
        self.deferred.retain(|it| anchors.contains_key(&it.0));
        self.open = self.open.filter(|it| anchors.contains_key(&it.0));
    }

    /// All kept chunks.
    pub(crate) fn chunks(&self) -> impl Iterator<Item = Arc<dyn AnyChunk>> {
        let lone = self.lone.iter().map(|it| &it.anchor);
        self.anchors.values().chain(lone).map(|it| it.chunk())
    }

    /// Leaves an object out of the map until somebody asks.
    pub(crate) fn defer(&mut self, chunk: u64, slot: u32) {
        match self.deferred.last_mut() {
            Some((last, from, count)) if *last == chunk && *from + *count == slot => *count += 1,
            _ => self.deferred.push((chunk, slot, 1)),
        }
    }

    /// Leaves a chunk's objects out of the map until somebody asks.
    pub(crate) fn defer_all(&mut self, chunk: u64, count: u32) {
        self.deferred.push((chunk, 0, count));
    }

    /// Makes room for so many more.
    pub(crate) fn reserve(&mut self, n: usize) {
        if self.map.capacity() - self.map.len() < n {
            // Stale addresses go now, before the table grows for their sake.
            let anchors = &self.anchors;
            self.map.retain(|it| anchors.contains_key(&it.1.chunk()));
            self.map.reserve(n.max(self.map.len()), |it| spread(it.0));
        }
    }

    /// Takes out the one of the objects that were read alone which gives way to the next.
    pub(crate) fn take_oldest(&mut self) -> Option<Loner> {
        self.lone.take_oldest()
    }

    /// Keeps an object that was read alone.
    pub(crate) fn push_lone(&mut self, loner: Loner) {
        self.lone.push(loner);
    }

    /// An object that was read alone stands among the others from now on.
    pub(crate) fn settle(&mut self, Loner { fp, object, anchor, .. }: Loner) {
        self.reserve(1);
        self.anchors.insert(object.chunk(), anchor);
        self.map.insert_unique(spread(fp), (fp, object), |it| spread(it.0));
    }

    /// The same of all of them.
    fn settle_all(&mut self) {
        if self.lone.len() != 0 {
            self.lone.take().into_iter().for_each(|it| self.settle(it));
        }
    }

    /// Finds the object of a key that is one integer, where keys are.
    #[inline]
    pub(crate) fn find_integer(&mut self, key: i64) -> Option<Hit> {
        if !self.integer {
            return None;
        }
        self.find(key.cast_unsigned(), |_| false)
    }

    /// Enters an object, in place of what stood under the same key.
    pub(crate) fn insert(&mut self, fp: u64, object: Ref) {
        self.settle_all();
        self.map.insert_unique(spread(fp), (fp, object), |it| spread(it.0));
    }

    /// Takes an object out.
    pub(crate) fn remove(&mut self, fp: u64, object: Ref) -> bool {
        self.settle_all();
        if !self.deferred.is_empty() {
            self.index();
        }
        let found = self.map.find_entry(spread(fp), |it| *it == (fp, object));
        found.map(|it| it.remove()).is_ok()
    }

    /// Finds the object of a key.
    pub(crate) fn find(&mut self, fp: u64, same: impl Fn(&dyn Fields) -> bool) -> Option<Hit> {
        if !self.deferred.is_empty() {
            self.index();
        }
        let (anchors, integer) = (&self.anchors, self.integer);
        let is_it = |anchor: &Arc<dyn AnyAnchor>, slot: u32| {
            integer || Self::verify(&*anchor.chunk(), slot, &same)
        };
        if let Some(it) = self.lone.find(fp, |it| is_it(&it.anchor, it.object.slot())) {
            return Some(Hit { anchor: it.anchor.clone(), slot: it.object.slot() });
        }
        let mut hit = None;
        self.map.find(spread(fp), |it| {
            if it.0 != fp {
                return false;
            }
            // An address whose chunk is gone is stale.
            let Some(anchor) = anchors.get(&it.1.chunk()) else { return false };
            if !is_it(anchor, it.1.slot()) {
                return false;
            }
            hit = Some(Hit { anchor: anchor.clone(), slot: it.1.slot() });
            true
        });
        hit
    }

    /// Whether an object has the key that is asked for: the key it was loaded with, if that has
    /// changed since.
    fn verify(chunk: &dyn AnyChunk, slot: u32, same: &impl Fn(&dyn Fields) -> bool) -> bool {
        let mut found = false;
        chunk.loaded(slot, &mut |it| found = same(it)).is_ok() && found
    }

    /// Enters the objects that were left out.
    #[cold]
    fn index(&mut self) {
        for (id, from, count) in std::mem::take(&mut self.deferred) {
            let Some(chunk) = self.anchors.get(&id).map(|it| it.chunk()) else { continue };
            let head = chunk.head();
            self.reserve(count as usize);
            for slot in from..from + count {
                if head.flags(slot).state() != State::Persistent {
                    continue;
                }
                if let Some(fp) = key_of(self.meta, &*chunk, slot) {
                    self.insert(fp, head.reference(slot));
                }
            }
        }
    }
}

/// The fingerprint of an object's key, the one it was loaded with.
pub(crate) fn key_of(meta: &EntityMeta, chunk: &dyn AnyChunk, slot: u32) -> Option<u64> {
    let mut fp = None;
    let mut see =
        |it: &dyn Fields| fp = Some(fingerprint(meta.primary_key.iter().map(|at| it.get(*at))));
    // An object that is borrowed mutably is waited for.
    chunk.loaded(slot, &mut see).ok()?;
    fp
}

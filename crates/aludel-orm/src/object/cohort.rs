//! [`Cohort`]: the objects of one result while it is read, on the connection's side and without a
//! session; and how they enter the session's graph and identity map afterwards.

use std::{any::Any, sync::Arc};

use aludel_core::{
    DecodeError,
    value::{Cursor, Layout, ValueRef},
};
use foldhash::fast::RandomState;
use hashbrown::{HashMap, HashTable};
use smallvec::SmallVec;

use super::{
    Obj, Raw,
    anchor::{Anchor, AnyAnchor},
    chunk::{Chunk, Fields, MAX_SLOTS, Slot},
    graph::Graph,
    meet::meet,
    reference::Ref,
    state::Flags,
};
use crate::{
    Result,
    events::{Landed, load_hooks_anywhere},
    mapping::{EntityMeta, Mapped, Mapper},
    session::identity::{Store, fingerprint, same_value, spread},
};

/// The position of an object in its cohort; `EntitySlot::NONE` where a row has none.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EntitySlot(pub(crate) u32);

impl EntitySlot {
    /// The row has no such object: the nullable side of an outer join.
    pub(crate) const NONE: Self = Self(u32::MAX);
}

/// Chunks grow within a result, so that one row costs little and many cost little each.
const GROWTH: [usize; 3] = [1, 16, 128];

/// The chunk and the slot of a position.
fn locate(position: u32) -> (usize, u32) {
    let mut position = position as usize;
    for (index, size) in GROWTH.iter().enumerate() {
        if position < *size {
            return (index, position as u32);
        }
        position -= size;
    }
    (GROWTH.len() + position / MAX_SLOTS, (position % MAX_SLOTS) as u32)
}

/// The objects of one result.
pub(crate) struct Cohort<T: Mapped> {
    chunks: Vec<SmallVec<[Slot<T>; 1]>>,
    /// How many more the last one takes.
    room: usize,
    len: u32,
    /// The position of the last row's object.
    last: u32,
    /// The fingerprint of its key, where rows may repeat it.
    last_fp: u64,
    /// Whether rows may repeat an object; then positions are also found by key.
    repeats: bool,
    seen: HashTable<(u64, u32)>,
    anchors: Vec<Option<Arc<Anchor<T>>>>,
    /// Objects that the session held already, by position.
    held: HashMap<u32, Raw<T>, RandomState>,
    /// Those of them that were read again, in order.
    renewed: Vec<u32>,
    /// Which columns rows have; none where they have all.
    layout: Option<Arc<Layout>>,
}

impl<T: Mapped> Default for Cohort<T> {
    /// Of rows that have the columns that they have where a query says nothing.
    fn default() -> Self {
        Self {
            chunks: Vec::new(),
            room: 0,
            len: 0,
            last: 0,
            last_fp: 0,
            repeats: true,
            seen: HashTable::new(),
            anchors: Vec::new(),
            held: HashMap::default(),
            renewed: Vec::new(),
            layout: Mapper::of(T::meta()).layout().cloned(),
        }
    }
}

impl<T: Mapped> Cohort<T> {
    /// Has an entity's columns read by the layout of its rows.
    #[inline]
    fn laid_out<V>(
        &mut self,
        row: &mut Cursor<'_>,
        read: impl FnOnce(&mut Self, &mut Cursor<'_>) -> V,
    ) -> V {
        let Some(layout) = self.layout.take() else { return read(self, row) };
        let result = read(self, &mut row.laid_out(&layout));
        row.skip(layout.width());
        self.layout = Some(layout);
        result
    }
}

/// Where a cohort enters a session.
pub(crate) struct Landing<'a> {
    pub(crate) session: u64,
    pub(crate) batch: u64,
    pub(crate) graph: &'a Arc<Graph>,
    pub(crate) store: &'a mut Store,
    /// Whether rows overwrite objects that the session holds.
    pub(crate) overwrite: bool,
    /// Whether the rollback of a savepoint may take back what rows say.
    pub(crate) nested: bool,
}

/// Objects that a session held before a result, and whether that read them again.
pub(crate) type Met = HashMap<Ref, bool, RandomState>;

/// A cohort without its type.
pub(crate) trait AnyCohort: Send + Any {
    fn meta(&self) -> &'static EntityMeta;
    /// Says whether rows may repeat an object.
    fn set_repeats(&mut self, repeats: bool);
    /// Says which columns rows have.
    fn set_layout(&mut self, layout: Option<Arc<Layout>>);
    /// Reads one row; its object's position.
    fn push(&mut self, row: &mut Cursor<'_>) -> Result<u32, DecodeError>;
    /// Reads one row; its object's position, and what an integer column of it holds. Where rows don't
    /// repeat an object.
    fn push_with(
        &mut self,
        row: &mut Cursor<'_>,
        column: u16,
    ) -> Result<(u32, Option<i64>), DecodeError>;
    /// Reads one row that may have no such object: all its key columns are NULL then.
    fn push_optional(&mut self, row: &mut Cursor<'_>) -> Result<Option<u32>, DecodeError>;
    fn len(&self) -> u32;
    /// The position of the last row's object.
    fn last(&self) -> u32;
    /// Shows the columns of an object, before it has landed.
    fn with(&self, position: u32, see: &mut dyn FnMut(&dyn Fields));
    /// Enters the session's graph and identity map.
    fn land(&mut self, landing: Landing<'_>) -> Result<()>;
    /// The address of an object that has landed.
    fn reference(&self, position: u32) -> Option<Ref>;
    /// Adds the objects that the session held already, and whether they were read again.
    fn add_met(&self, met: &mut Met);
    /// The addresses of objects that have landed, as cells hold them.
    fn cells(&self, positions: &[u32], out: &mut Vec<u64>);
    fn into_any(self: Box<Self>) -> Box<dyn Any + Send>;
}

impl<T: Mapped> Cohort<T> {
    fn value(&self, position: u32) -> Option<&Slot<T>> {
        let (chunk, slot) = locate(position);
        self.chunks.get(chunk)?.get(slot as usize)
    }

    #[inline]
    fn append(&mut self, value: T) -> u32 {
        if self.room == 0 {
            self.room = GROWTH.get(self.chunks.len()).copied().unwrap_or(MAX_SLOTS);
            self.chunks.push(SmallVec::with_capacity(self.room));
        }
        self.room -= 1;
        if let Some(chunk) = self.chunks.last_mut() {
            chunk.push(Slot::new(Some(value)));
        }
        self.len += 1;
        self.len - 1
    }

    /// The position of an object with the key of the next row, if there is one.
    fn find(&self, fp: u64, row: &Cursor<'_>) -> Option<u32> {
        let same = |position: u32| {
            if is_integer::<T>() {
                return true;
            }
            let Some(value) = self.value(position).and_then(|it| it.try_borrow().ok()) else {
                return false;
            };
            let Some(value) = value.as_ref() else { return false };
            let mut columns = T::PRIMARY_KEY.iter();
            columns.all(|it| same_value(value.get(*it), row.peek_at(usize::from(*it))))
        };
        // Rows of one object mostly come together.
        if fp == self.last_fp && self.len != 0 && same(self.last) {
            return Some(self.last);
        }
        self.seen.find(spread(fp), |it| it.0 == fp && same(it.1)).map(|it| it.1)
    }
}

/// Whether the key is one integer, which is its own fingerprint.
#[inline]
fn is_integer<T: Mapped>() -> bool {
    match T::PRIMARY_KEY {
        [key] => T::meta().columns[usize::from(*key)].ty.is_integer(),
        _ => false,
    }
}

impl<T: Mapped> Cohort<T> {
    #[inline]
    fn read(&mut self, row: &mut Cursor<'_>) -> Result<u32, DecodeError> {
        if !self.repeats {
            let value = decode(row)?;
            self.last = self.append(value);
            return Ok(self.last);
        }
        read_key_ahead::<T>(row);
        let fp = fingerprint(T::PRIMARY_KEY.iter().map(|it| row.peek_at(usize::from(*it))));
        let found = self.find(fp, row);
        self.last_fp = fp;
        if let Some(position) = found {
            row.skip(T::meta().columns.len());
            self.last = position;
            return Ok(position);
        }
        let value = decode(row)?;
        let position = self.append(value);
        self.last = position;
        self.seen.insert_unique(spread(fp), (fp, position), |it| spread(it.0));
        Ok(position)
    }

    #[inline]
    fn read_optional(&mut self, row: &mut Cursor<'_>) -> Result<Option<u32>, DecodeError> {
        read_key_ahead::<T>(row);
        if T::PRIMARY_KEY.iter().all(|it| row.peek_at(usize::from(*it)).is_null()) {
            row.skip(T::meta().columns.len());
            return Ok(None);
        }
        self.read(row).map(Some)
    }
}

/// Has the key, which is looked at before it is decoded, read once; as most keys have one column.
#[inline]
fn read_key_ahead<T: Mapped>(row: &mut Cursor<'_>) {
    if let [key] = T::PRIMARY_KEY {
        row.read_ahead(usize::from(*key));
    }
}

#[inline]
fn decode<T: Mapped>(row: &mut Cursor<'_>) -> Result<T, DecodeError> {
    T::decode(row).map_err(|it| it.of_entity(T::meta().name))
}

impl<T: Mapped> AnyCohort for Cohort<T> {
    fn meta(&self) -> &'static EntityMeta {
        T::meta()
    }

    fn set_repeats(&mut self, repeats: bool) {
        self.repeats = repeats;
    }

    fn set_layout(&mut self, layout: Option<Arc<Layout>>) {
        self.layout = layout;
    }

    #[inline]
    fn push(&mut self, row: &mut Cursor<'_>) -> Result<u32, DecodeError> {
        self.laid_out(row, Self::read)
    }

    fn push_with(
        &mut self,
        row: &mut Cursor<'_>,
        column: u16,
    ) -> Result<(u32, Option<i64>), DecodeError> {
        self.laid_out(row, |cohort, row| {
            let value: T = decode(row)?;
            let seen = match value.get(column) {
                ValueRef::Int(it) => Some(it),
                _ => None,
            };
            cohort.last = cohort.append(value);
            Ok((cohort.last, seen))
        })
    }

    fn push_optional(&mut self, row: &mut Cursor<'_>) -> Result<Option<u32>, DecodeError> {
        self.laid_out(row, Self::read_optional)
    }

    fn len(&self) -> u32 {
        self.len
    }

    fn last(&self) -> u32 {
        self.last
    }

    fn with(&self, position: u32, see: &mut dyn FnMut(&dyn Fields)) {
        if let Some(value) = self.value(position).and_then(|it| it.try_borrow().ok())
            && let Some(value) = value.as_ref()
        {
            see(value);
        }
    }

    fn land(&mut self, landing: Landing<'_>) -> Result<()> {
        let Landing { session, batch, graph, store, overwrite, nested } = landing;
        // A result that can't repeat a key, into an empty store: indexed when somebody asks.
        let deferred = !self.repeats && store.is_empty();
        let mapper = Mapper::of(T::meta());
        let mut position = 0;
        for mut slots in std::mem::take(&mut self.chunks) {
            let start = position;
            position += slots.len() as u32;
            let mut hits = 0;
            let mut keys: Vec<u64> = Vec::new();
            if !deferred {
                keys.reserve(slots.len());
                for (offset, slot) in slots.iter_mut().enumerate() {
                    let Some(value) = slot.get_mut() else { continue };
                    let fp = key_of(mapper, value);
                    keys.push(fp);
                    match store.find(fp, |it| {
                        T::PRIMARY_KEY.iter().all(|at| it.get(*at) == value.get(*at))
                    }) {
                        None => {}
                        Some(hit) => {
                            hits += 1;
                            if let Some((raw, again)) = meet(hit, slot, session, overwrite, nested)?
                            {
                                if again && load_hooks_anywhere() {
                                    store.landed.push(Landed { object: raw.reference(), again });
                                }
                                let position = start + offset as u32;
                                if again {
                                    self.renewed.push(position);
                                }
                                self.held.insert(position, raw);
                            }
                        }
                    }
                }
            }
            if hits == slots.len() {
                self.anchors.push(None);
                continue;
            }
            slots.shrink_to_fit();
            let chunk = Arc::new(Chunk::new(slots, batch, session, Flags::PERSISTENT));
            if hits != 0 {
                // What met an object already held left its slot empty: no object is there.
                for slot in 0..chunk.head().used() {
                    if self.held.contains_key(&(start + slot)) {
                        chunk.head().set_flags(slot, Flags::default());
                    }
                }
            }
            if load_hooks_anywhere() {
                let new = (0..chunk.head().used())
                    .filter(|it| hits == 0 || !self.held.contains_key(&(start + it)))
                    .map(|it| Landed { object: chunk.head().reference(it), again: false });
                store.landed.extend(new);
            }
            let anchor = Arc::new(Anchor::with_graph(chunk.clone(), graph.clone()));
            store.adopt(chunk.head().id, anchor.clone());
            let weak: std::sync::Weak<dyn AnyAnchor> = Arc::downgrade(&anchor) as _;
            Graph::with(graph, |tables, _| tables.insert_held(chunk.clone(), weak));
            if deferred {
                store.defer_all(chunk.head().id, chunk.head().used());
            } else {
                store.reserve(keys.len());
                for (slot, fp) in keys.iter().enumerate() {
                    if hits == 0 || !self.held.contains_key(&(start + slot as u32)) {
                        store.insert(*fp, chunk.head().reference(slot as u32));
                    }
                }
            }
            self.anchors.push(Some(anchor));
        }
        Ok(())
    }

    fn reference(&self, position: u32) -> Option<Ref> {
        if let Some(raw) = self.held.get(&position) {
            return Some(raw.reference());
        }
        let (chunk, slot) = locate(position);
        let anchor = self.anchors.get(chunk)?.as_ref()?;
        Some(anchor.chunk().head().reference(slot))
    }

    fn add_met(&self, met: &mut Met) {
        let is_renewed = |it: &u32| self.renewed.binary_search(it).is_ok();
        met.extend(self.held.iter().map(|(at, raw)| (raw.reference(), is_renewed(at))));
    }

    fn cells(&self, positions: &[u32], out: &mut Vec<u64>) {
        // Neighbours mostly stand in one chunk: positions from here on, so many, and the first one's cell.
        let (mut start, mut count, mut first) = (0, 0, 0);
        out.extend(positions.iter().map(|position| {
            if position.wrapping_sub(start) < count {
                return first + u64::from(position - start);
            }
            // A position without an address is of an object that is gone: a cell of none.
            let Some(object) = self.reference(*position) else { return super::reference::NULL };
            if self.held.is_empty() {
                let (chunk, slot) = locate(*position);
                let used = self.anchors[chunk].as_ref().map_or(0, |it| it.chunk().head().used());
                (start, count, first) = (*position, used - slot, object.cell());
            }
            object.cell()
        }));
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any + Send> {
        self
    }
}

/// The fingerprint of an object's key.
#[inline]
pub(crate) fn key_of<T: Mapped>(mapper: &Mapper, value: &T) -> u64 {
    if mapper.integer_key
        && let ValueRef::Int(key) = value.get(T::PRIMARY_KEY[0])
    {
        return key.cast_unsigned();
    }
    fingerprint(T::PRIMARY_KEY.iter().map(|it| value.get(*it)))
}

/// What an entity constant's decoder keeps for one result.
#[doc(hidden)]
pub struct EntityState<T: Mapped> {
    /// Nothing while it is lent to a loader.
    cohort: Option<Box<Cohort<T>>>,
}

impl<T: Mapped> Default for EntityState<T> {
    fn default() -> Self {
        Self { cohort: Some(Box::default()) }
    }
}

/// A cohort, as the loaders see it through `Selectable::parts`.
pub(crate) struct Part(pub(crate) Box<dyn AnyCohort>);

impl<T: Mapped> EntityState<T> {
    #[inline]
    pub(crate) fn decode(&mut self, row: &mut Cursor<'_>) -> Result<EntitySlot, DecodeError> {
        self.cohort.get_or_insert_default().push(row).map(EntitySlot)
    }

    /// As `decode`, where the row may have no such object: all its key columns are NULL.
    pub(crate) fn decode_optional(
        &mut self,
        row: &mut Cursor<'_>,
    ) -> Result<EntitySlot, DecodeError> {
        let position = self.cohort.get_or_insert_default().push_optional(row)?;
        Ok(position.map_or(EntitySlot::NONE, EntitySlot))
    }

    pub(crate) fn land(&mut self, landing: Landing<'_>) -> Result<()> {
        self.cohort.get_or_insert_default().land(landing)
    }

    /// Lends the cohort to a loader.
    pub(crate) fn part(&mut self, visit: &mut dyn FnMut(&mut dyn Any)) {
        if let Some(cohort) = self.cohort.take() {
            let mut part = Part(cohort);
            visit(&mut part);
            self.cohort = part.0.into_any().downcast().ok();
        }
    }

    /// The object at a position.
    #[inline]
    pub(crate) fn object(&self, slot: EntitySlot) -> Option<Obj<T>> {
        if slot == EntitySlot::NONE {
            return None;
        }
        let cohort = self.cohort.as_ref()?;
        if !cohort.held.is_empty()
            && let Some(raw) = cohort.held.get(&slot.0)
        {
            return Some(Obj::from_raw(raw.clone()));
        }
        let (chunk, at) = locate(slot.0);
        let anchor = cohort.anchors.get(chunk)?.as_ref()?;
        Some(Obj::from_raw(Raw::new(anchor.clone(), at)))
    }
}

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
    log::Event,
    reference::Ref,
    state::Flags,
};
use crate::{
    Result,
    events::{Landed, load_hooks_anywhere},
    mapping::{Direction, EntityMeta, Mapped, Mapper, Relation},
    session::identity::{Hit, Store, fingerprint, same_value, spread},
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
    /// Reads one row, and shows the columns of its object; where rows don't repeat an object.
    fn push_and_see(
        &mut self,
        row: &mut Cursor<'_>,
        see: &mut dyn FnMut(&dyn Fields),
    ) -> Result<u32, DecodeError>;
    /// Whether a row has no such object: all its key columns are NULL.
    fn misses(&self, row: &Cursor<'_>) -> bool;
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
        let position = self.len;
        match self.chunks.last_mut() {
            Some(chunk) if chunk.len() < chunk.capacity().min(MAX_SLOTS) => {
                chunk.push(Slot::new(Some(value)))
            }
            _ => {
                let size = GROWTH.get(self.chunks.len()).copied().unwrap_or(MAX_SLOTS);
                let mut chunk = SmallVec::with_capacity(size);
                chunk.push(Slot::new(Some(value)));
                self.chunks.push(chunk);
            }
        }
        self.len += 1;
        position
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

    fn push_and_see(
        &mut self,
        row: &mut Cursor<'_>,
        see: &mut dyn FnMut(&dyn Fields),
    ) -> Result<u32, DecodeError> {
        self.laid_out(row, |cohort, row| {
            let value: T = decode(row)?;
            see(&value);
            cohort.last = cohort.append(value);
            Ok(cohort.last)
        })
    }

    fn misses(&self, row: &Cursor<'_>) -> bool {
        let is_null = |row: &Cursor<'_>| {
            T::PRIMARY_KEY.iter().all(|it| row.peek_at(usize::from(*it)).is_null())
        };
        match &self.layout {
            None => is_null(row),
            Some(layout) => is_null(&row.laid_out(layout)),
        }
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
        // A position without an address is of an object that is gone: a cell of none.
        let cell = |it: &u32| self.reference(*it).map_or(super::reference::NULL, Ref::cell);
        out.extend(positions.iter().map(cell));
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any + Send> {
        self
    }
}

/// A row met an object that the session holds: the object stays as it is (IDM-5), unless it is
/// expired or rows overwrite; whether so.
fn meet<T: Mapped>(
    hit: Hit,
    slot: &mut Slot<T>,
    session: u64,
    overwrite: bool,
    nested: bool,
) -> Result<Option<(Raw<T>, bool)>> {
    let Some(raw) = Raw::<T>::from_any(hit.anchor, hit.slot) else { return Ok(None) };
    let fresh = slot.get_mut().take();
    let again = overwrite || raw.flags().has(Flags::EXPIRED);
    if again && let Some(fresh) = fresh {
        if overwrite {
            raw.chunk().drop_snapshot(raw.slot());
        }
        raw.renew(session, fresh, nested)?;
    } else if let Some(fresh) = fresh {
        raw.complete(&fresh)?;
    }
    Ok(Some((raw, again)))
}

impl<T: Mapped> Raw<T> {
    /// Takes columns that are loaded on demand from a row that has them, where they aren't loaded.
    fn complete(&self, fresh: &T) -> Result<()> {
        let Some(deferrals) = Mapper::of(T::meta()).deferrals.as_deref() else { return Ok(()) };
        let mut news: SmallVec<[u16; 8]> = deferrals.all().collect();
        news.retain(|it| !fresh.is_unset(*it));
        if !news.is_empty() {
            let held = self.chunk().read(self.slot())?;
            news.retain(|it| held.is_unset(*it));
        }
        match news.is_empty() {
            true => Ok(()),
            false => self.chunk().renew_columns(self.slot(), fresh, &news),
        }
    }

    /// Takes what was read again, and forgets a many-to-one that says otherwise; changes that no flush
    /// has seen stay. Where only some columns are expired, only they are taken.
    pub(crate) fn renew(&self, session: u64, fresh: T, nested: bool) -> Result<()> {
        let at = self.reference();
        let some = self.graph().and_then(|it| {
            Graph::with(it, |it, _| {
                let some = it.expired.remove(&at);
                if some.is_none() {
                    it.permit(at);
                }
                some
            })
        });
        let is_read = |it: &&Relation| match &some {
            Some(columns) => it.pairs.iter().any(|it| columns.contains(&it.0)),
            None => true,
        };
        let relations = Mapper::of(T::meta()).relationships.iter();
        let ones = relations.filter(|it| it.direction == Direction::ManyToOne).filter(is_read);
        let stale: SmallVec<[u16; 8]> =
            ones.filter(|it| !self.still_refers(it, &fresh)).map(|it| it.index).collect();
        let assigned = self
            .graph()
            .map(|it| Graph::with(it, |it, _| it.ledger(session).map(|it| it.assigned_values(at))));
        let mut assigned = assigned.flatten().unwrap_or_default();
        if !assigned.is_empty() {
            // Another value may have been set since.
            let now = self.chunk().read(self.slot())?;
            assigned.retain(|it| now.get(it.0) == it.1.as_ref());
        }
        match &some {
            Some(columns) => self.chunk().renew_columns(self.slot(), &fresh, columns)?,
            None => self.chunk().renew(self.slot(), fresh)?,
        }
        for (column, value) in assigned {
            let value = (!value.is_null()).then(|| value.as_ref());
            self.chunk().edit(self.slot())?.put(column, value);
        }
        self.chunk().head().set_flags(self.slot(), self.flags().without(Flags::EXPIRED));
        if let Some(graph) = self.graph().filter(|_| nested) {
            let renewed = Event::Renewed { object: at };
            Graph::with(graph, |it, _| it.ledger(session).map(|it| it.log.push(renewed)));
        }
        if let Some(graph) = self.graph().filter(|_| !stale.is_empty()) {
            Graph::with(graph, |tables, _| tables.forget_cells(session, at, &stale));
        }
        Ok(())
    }

    /// Whether a many-to-one is what the row's foreign key says.
    fn still_refers(&self, relation: &Relation, fresh: &T) -> bool {
        // What its condition says of other columns may have changed, too.
        if relation.condition.is_some() {
            return false;
        }
        let Some(graph) = self.graph() else { return true };
        let parent = Graph::with(graph, |tables, _| {
            let parent = Ref::from_cell(tables.one(self.reference(), relation.index))?;
            Some((tables.chunk(parent)?.clone(), parent.slot()))
        });
        let Some((chunk, slot)) = parent else {
            return relation.pairs.iter().any(|it| fresh.get(it.0).is_null());
        };
        let mut same = false;
        let _ = chunk.with(slot, &mut |parent| {
            same = relation.pairs.iter().all(|(own, other)| fresh.get(*own) == parent.get(*other));
        });
        same
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
        let cohort = self.cohort.get_or_insert_default();
        if cohort.misses(row) {
            let layout = cohort.layout.as_deref();
            row.skip(layout.map_or(T::meta().columns.len(), Layout::width));
            return Ok(EntitySlot::NONE);
        }
        self.decode(row)
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

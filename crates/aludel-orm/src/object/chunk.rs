//! [`Chunk`]: up to 512 objects of one entity in one allocation, columns only.

use std::{
    any::Any,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU8, AtomicU32, AtomicU64, Ordering},
    },
};

use aludel_core::value::ValueRef;
use atomic_refcell::{AtomicRef, AtomicRefCell, AtomicRefMut};
use smallvec::SmallVec;

use super::{
    anchor::{Anchor, AnyAnchor},
    graph::Graph,
    guard::{conflict, wait},
    reference::Ref,
    state::Flags,
};
use crate::{
    Result,
    mapping::{EntityMeta, Mapped},
};

/// One object's columns; empty while a chunk still grows, or where a row met an object already held.
pub(crate) type Slot<T> = AtomicRefCell<Option<T>>;

/// Positions of columns.
pub(crate) type Columns = SmallVec<[u16; 8]>;

/// At most this many objects in a chunk: what one kept handle keeps alive with it.
pub(crate) const MAX_SLOTS: usize = 512;

/// The parts of a chunk that don't depend on the entity.
pub(crate) struct Head {
    /// The chunk's number, process-wide and never used again.
    pub(crate) id: u64,
    /// The load it came with: chunks of one result share it, and their objects are siblings.
    pub(crate) batch: u64,
    /// The session that tracks these objects; 0 for none.
    pub(crate) owner: AtomicU64,
    used: AtomicU32,
    flags: SmallVec<[AtomicU8; 8]>,
}

/// The columns of one object, without its type.
pub(crate) trait Fields {
    fn get(&self, column: u16) -> ValueRef<'_>;
    fn is_unset(&self, column: u16) -> bool;
    fn put(&mut self, column: u16, value: Option<ValueRef<'_>>) -> bool;
}

impl<T: Mapped> Fields for T {
    fn get(&self, column: u16) -> ValueRef<'_> {
        Mapped::get(self, column)
    }

    fn is_unset(&self, column: u16) -> bool {
        Mapped::is_unset(self, column)
    }

    fn put(&mut self, column: u16, value: Option<ValueRef<'_>>) -> bool {
        Mapped::put(self, column, value)
    }
}

/// Sees a changed object: its slot, the columns it had, those it has, and which differ.
pub(crate) type Visit<'a> = dyn FnMut(u32, &dyn Fields, &dyn Fields, Columns) + 'a;

/// A chunk without its type.
pub(crate) trait AnyChunk: Send + Sync + Any {
    fn head(&self) -> &Head;
    fn meta(&self) -> &'static EntityMeta;
    /// Shows an object's columns.
    fn with(&self, slot: u32, see: &mut dyn FnMut(&dyn Fields)) -> Result<()>;
    /// Writes an object's columns, and those of its snapshot, without marking it as changed.
    fn write(&self, slot: u32, change: &mut dyn FnMut(&mut dyn Fields)) -> Result<()>;
    /// Shows each object touched since the last flush that differs from its snapshot: slot, old and
    /// new columns, and which of them differ. `keep(slot)` says whether a slot takes part. If they
    /// are taken, the snapshots move to the journal, and the objects are no longer touched.
    fn harvest(&self, take: bool, keep: &dyn Fn(u32) -> bool, visit: &mut Visit<'_>) -> Result<()>;
    /// Whether every touched object can be read now.
    fn check(&self) -> Result<()>;
    /// Keeps an object's columns in the journal: something but the user is about to change them.
    fn keep(&self, slot: u32) -> Result<()>;
    /// Which columns differ from the last flush, for one object.
    fn changed(&self, slot: u32) -> Columns;
    /// Shows the snapshot of an object touched since the last flush.
    fn base(&self, slot: u32, see: &mut dyn FnMut(&dyn Fields)) -> bool;
    /// Restores the objects touched since the last flush.
    fn restore_touched(&self);
    /// Forgets one object's unflushed change.
    fn restore_one(&self, slot: u32);
    /// Restores the newest entry of the journal.
    fn undo(&self);
    /// Forgets the journal.
    fn forget(&self);
    /// A new anchor for this chunk.
    fn anchor(self: Arc<Self>, graph: Arc<Graph>) -> Arc<dyn AnyAnchor>;
}

/// Up to [`MAX_SLOTS`] objects of one entity.
pub(crate) struct Chunk<T: Mapped> {
    head: Head,
    slots: SmallVec<[Slot<T>; 1]>,
    touched: Mutex<Vec<(u32, T)>>,
    journal: Mutex<Vec<(u32, T)>>,
}

static NEXT: AtomicU64 = AtomicU64::new(1);

/// A number for a load, or for a chunk: 48 bits last for thousands of years.
pub(crate) fn next_id() -> u64 {
    NEXT.fetch_add(1, Ordering::Relaxed)
}

fn lock<V>(mutex: &Mutex<V>) -> MutexGuard<'_, V> {
    // A panic in user code (`Clone` of a column) leaves a list that is still whole.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Head {
    /// How many slots are in use.
    pub(crate) fn used(&self) -> u32 {
        self.used.load(Ordering::Acquire)
    }

    /// A slot's flags.
    #[inline]
    pub(crate) fn flags(&self, slot: u32) -> Flags {
        Flags(self.flags[slot as usize].load(Ordering::Acquire))
    }

    /// Sets a slot's flags. Flag `TOUCHED` changes only under a borrow of the slot.
    #[inline]
    pub(crate) fn set_flags(&self, slot: u32, flags: Flags) {
        self.flags[slot as usize].store(flags.0, Ordering::Release);
    }

    /// The address of a slot.
    #[inline]
    pub(crate) fn reference(&self, slot: u32) -> Ref {
        Ref::new(self.id, slot)
    }
}

/// No handle leads to an empty slot; if one did, its object was given up.
#[cold]
fn gone<T: Mapped>() -> crate::Error {
    crate::Error::ObjectDeleted(crate::Error::subject(Some(T::meta())))
}

impl<T: Mapped> Chunk<T> {
    /// A chunk of loaded values, or of one transient value.
    pub(crate) fn new(slots: SmallVec<[Slot<T>; 1]>, batch: u64, owner: u64, flags: Flags) -> Self {
        let used = slots.len() as u32;
        Self {
            head: Head {
                id: next_id(),
                batch,
                owner: AtomicU64::new(owner),
                used: AtomicU32::new(used),
                flags: slots.iter().map(|_| AtomicU8::new(flags.0)).collect(),
            },
            slots,
            touched: Mutex::default(),
            journal: Mutex::default(),
        }
    }

    /// An empty chunk that values are appended to.
    pub(crate) fn open(capacity: usize, owner: u64) -> Self {
        let slots = (0..capacity).map(|_| Slot::new(None)).collect();
        let chunk = Self::new(slots, next_id(), owner, Flags::default());
        chunk.head.used.store(0, Ordering::Release);
        chunk
    }

    /// Appends a value; gives it back if the chunk is full.
    pub(crate) fn append(&self, value: T, flags: Flags) -> std::result::Result<u32, T> {
        let slot = self.head.used();
        let Some(cell) = self.slots.get(slot as usize) else { return Err(value) };
        // Nobody knows this slot yet, so nobody can be in the way.
        let Ok(mut place) = cell.try_borrow_mut() else { return Err(value) };
        *place = Some(value);
        self.head.set_flags(slot, flags);
        self.head.used.store(slot + 1, Ordering::Release);
        Ok(slot)
    }

    /// The chunk's untyped part.
    #[inline]
    pub(crate) fn head(&self) -> &Head {
        &self.head
    }

    /// Shared access to a slot, waiting for other threads.
    pub(crate) fn read(&self, slot: u32) -> Result<AtomicRef<'_, T>> {
        let cell = &self.slots[slot as usize];
        let guard = match cell.try_borrow() {
            Ok(guard) => guard,
            Err(_) => wait(|| cell.try_borrow().ok()).ok_or_else(|| conflict(cell))?,
        };
        AtomicRef::filter_map(guard, Option::as_ref).ok_or_else(gone::<T>)
    }

    /// Shared access to a slot, if it can be had at once.
    pub(crate) fn try_read(&self, slot: u32) -> Option<AtomicRef<'_, T>> {
        let guard = self.slots[slot as usize].try_borrow().ok()?;
        AtomicRef::filter_map(guard, Option::as_ref)
    }

    /// Exclusive access to a slot, waiting for other threads, without a snapshot.
    pub(crate) fn edit(&self, slot: u32) -> Result<AtomicRefMut<'_, T>> {
        let cell = &self.slots[slot as usize];
        let guard = match cell.try_borrow_mut() {
            Ok(guard) => guard,
            Err(_) => wait(|| cell.try_borrow_mut().ok()).ok_or_else(|| conflict(cell))?,
        };
        AtomicRefMut::filter_map(guard, Option::as_mut).ok_or_else(gone::<T>)
    }

    /// Takes a snapshot of a slot that is about to change for the first time since the last flush;
    /// whether it is the chunk's first.
    pub(crate) fn touch(&self, slot: u32, value: &T) -> bool {
        let flags = self.head.flags(slot);
        self.head.set_flags(slot, flags.with(Flags::TOUCHED));
        let mut touched = lock(&self.touched);
        touched.push((slot, value.snapshot()));
        touched.len() == 1
    }

    /// Forgets a snapshot: the value is about to be replaced by the database's.
    pub(crate) fn drop_snapshot(&self, slot: u32) {
        let lost = {
            let mut touched = lock(&self.touched);
            let at = touched.iter().position(|it| it.0 == slot);
            at.map(|it| touched.swap_remove(it))
        };
        if lost.is_some() {
            self.clear_touched(slot);
        }
    }

    /// Replaces a slot's value as a whole, without marking it as changed: a refresh.
    pub(crate) fn replace(&self, slot: u32, value: T) -> Result<()> {
        let old = {
            let mut place = self.edit(slot)?;
            std::mem::replace(&mut *place, value)
        };
        drop(old);
        Ok(())
    }

    fn differing(old: &T, new: &T) -> Columns {
        let columns = T::meta().columns.len() as u16;
        (0..columns)
            .filter(|it| old.get(*it) != new.get(*it) || old.is_unset(*it) != new.is_unset(*it))
            .collect()
    }

    fn clear_touched(&self, slot: u32) {
        self.head.set_flags(slot, self.head.flags(slot).without(Flags::TOUCHED));
    }

    fn restore(&self, slot: u32, base: T) {
        // A guard held elsewhere keeps its owner's view for a moment; the restore waits for it.
        if let Ok(mut place) = self.edit(slot) {
            self.clear_touched(slot);
            let newer = std::mem::replace(&mut *place, base);
            drop(place);
            drop(newer);
        }
    }
}

impl<T: Mapped> AnyChunk for Chunk<T> {
    fn head(&self) -> &Head {
        &self.head
    }

    fn meta(&self) -> &'static EntityMeta {
        T::meta()
    }

    fn with(&self, slot: u32, see: &mut dyn FnMut(&dyn Fields)) -> Result<()> {
        see(&*self.read(slot)?);
        Ok(())
    }

    fn write(&self, slot: u32, change: &mut dyn FnMut(&mut dyn Fields)) -> Result<()> {
        let mut value = self.edit(slot)?;
        change(&mut *value);
        if self.head.flags(slot).has(Flags::TOUCHED) {
            let mut touched = lock(&self.touched);
            if let Some((_, base)) = touched.iter_mut().find(|it| it.0 == slot) {
                change(base);
            }
        }
        Ok(())
    }

    fn harvest(&self, take: bool, keep: &dyn Fn(u32) -> bool, visit: &mut Visit<'_>) -> Result<()> {
        let mut list = std::mem::take(&mut *lock(&self.touched));
        let mut rest = Vec::new();
        let mut outcome = Ok(());
        for (slot, base) in list.drain(..) {
            if outcome.is_err() || !keep(slot) {
                rest.push((slot, base));
                continue;
            }
            // Value and flag are looked at, and the flag cleared, under one borrow.
            let value = match self.read(slot) {
                Ok(value) => value,
                Err(error) => {
                    outcome = Err(error);
                    rest.push((slot, base));
                    continue;
                }
            };
            let columns = Self::differing(&base, &value);
            let differs = !columns.is_empty();
            if differs {
                visit(slot, &base, &*value, columns);
            }
            if !take {
                drop(value);
                rest.push((slot, base));
                continue;
            }
            self.clear_touched(slot);
            drop(value);
            if differs {
                lock(&self.journal).push((slot, base));
            }
        }
        lock(&self.touched).append(&mut rest);
        outcome
    }

    fn check(&self) -> Result<()> {
        let slots: Vec<u32> = lock(&self.touched).iter().map(|it| it.0).collect();
        slots.into_iter().try_for_each(|it| self.read(it).map(drop))
    }

    fn keep(&self, slot: u32) -> Result<()> {
        let copy = self.read(slot)?.snapshot();
        lock(&self.journal).push((slot, copy));
        Ok(())
    }

    fn changed(&self, slot: u32) -> Columns {
        let Ok(value) = self.read(slot) else { return Columns::new() };
        let touched = lock(&self.touched);
        let base = touched.iter().find(|it| it.0 == slot);
        base.map(|it| Self::differing(&it.1, &value)).unwrap_or_default()
    }

    fn base(&self, slot: u32, see: &mut dyn FnMut(&dyn Fields)) -> bool {
        let touched = lock(&self.touched);
        let base = touched.iter().find(|it| it.0 == slot);
        base.map(|it| see(&it.1)).is_some()
    }

    fn restore_touched(&self) {
        let list = std::mem::take(&mut *lock(&self.touched));
        list.into_iter().rev().for_each(|(slot, base)| self.restore(slot, base));
    }

    fn restore_one(&self, slot: u32) {
        let base = {
            let mut touched = lock(&self.touched);
            let at = touched.iter().position(|it| it.0 == slot);
            at.map(|it| touched.swap_remove(it).1)
        };
        if let Some(base) = base {
            self.restore(slot, base);
        }
    }

    fn undo(&self) {
        let entry = lock(&self.journal).pop();
        if let Some((slot, base)) = entry {
            self.restore(slot, base);
        }
    }

    fn forget(&self) {
        let old = std::mem::take(&mut *lock(&self.journal));
        drop(old);
    }

    fn anchor(self: Arc<Self>, graph: Arc<Graph>) -> Arc<dyn AnyAnchor> {
        Arc::new(Anchor::with_graph(self, graph))
    }
}

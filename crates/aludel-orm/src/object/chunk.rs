//! [`Chunk`]: up to 512 objects of one entity in one allocation, columns only.

use std::{
    any::Any,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU8, AtomicU32, AtomicU64, Ordering},
    },
};

use aludel_core::value::ValueRef;
use aludel_engine::{Result as EngineResult, driver::Binder};
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
    /// The session whose ledger lists the chunk as changed; 0 for none.
    announced: AtomicU64,
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
pub(crate) type Visit<'a> = dyn FnMut(u32, &dyn Fields, &dyn Fields, &[u16]) + 'a;

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
    /// Shows which of these columns have no value yet, one bit each, for objects that a flush is about
    /// to insert. If they are taken, a change from now on is one of the next flush.
    fn survey(
        &self,
        slots: &mut dyn Iterator<Item = u32>,
        columns: &[u16],
        take: bool,
        see: &mut dyn FnMut(u32, u128),
    ) -> Result<()>;
    /// Binds columns of an object, in this order.
    fn bind(&self, slot: u32, columns: &[u16], out: &mut dyn Binder) -> EngineResult<()>;
    /// Sets the integer key that the database generated for an object, in its snapshot too.
    fn set_key(&self, slot: u32, column: u16, key: i64) -> Result<()>;
    /// Whether every touched object can be read now.
    fn check(&self) -> Result<()>;
    /// Whether every object that a rollback restores can be written now.
    fn check_restore(&self) -> Result<()>;
    /// Keeps an object's columns in the journal: something but the user is about to change them.
    fn keep(&self, slot: u32) -> Result<()>;
    /// Which columns differ from the last flush, for one object.
    fn changed(&self, slot: u32) -> Columns;
    /// Shows the snapshot of an object touched since the last flush.
    fn base(&self, slot: u32, see: &mut dyn FnMut(&dyn Fields)) -> bool;
    /// Restores the objects touched since the last flush; one that is borrowed stays touched.
    fn restore_touched(&self) -> Result<()>;
    /// Forgets one object's unflushed change.
    fn restore_one(&self, slot: u32);
    /// Restores the newest entry of the journal; an object that is borrowed is touched then.
    fn undo(&self) -> Result<()>;
    /// Forgets the journal.
    fn forget(&self);
    /// A new anchor for this chunk, which the sweep of this number kept without one.
    fn anchor(self: Arc<Self>, graph: Arc<Graph>, epoch: u32) -> Arc<dyn AnyAnchor>;
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

    /// Sets a slot's flags, all but `TOUCHED`: that one changes under a borrow of the slot, maybe on
    /// another thread at this moment.
    #[inline]
    pub(crate) fn set_flags(&self, slot: u32, flags: Flags) {
        let flags = flags.without(Flags::TOUCHED).0;
        let change = |old| Some(flags | old & Flags::TOUCHED);
        let _ = self.flags[slot as usize].fetch_update(Ordering::AcqRel, Ordering::Acquire, change);
    }

    fn set_touched(&self, slot: u32) {
        self.flags[slot as usize].fetch_or(Flags::TOUCHED, Ordering::AcqRel);
    }

    fn clear_touched(&self, slot: u32) {
        self.flags[slot as usize].fetch_and(!Flags::TOUCHED, Ordering::AcqRel);
    }

    /// Whether the owner's ledger must be told that the chunk has changes: not twice in a row.
    /// Called after the change is in the chunk's list.
    pub(crate) fn announce(&self) -> bool {
        let owner = self.owner.load(Ordering::Acquire);
        self.announced.swap(owner, Ordering::AcqRel) != owner
    }

    /// The ledger no longer lists the chunk. Called before the chunk's list is taken.
    pub(crate) fn recall(&self) {
        self.announced.store(0, Ordering::Release);
    }

    /// The address of a slot.
    #[inline]
    pub(crate) fn reference(&self, slot: u32) -> Ref {
        Ref::new(self.id, slot)
    }
}

/// Access to read a slot for a moment.
enum Glance<'a, T> {
    Alone(AtomicRefMut<'a, Option<T>>),
    Shared(AtomicRef<'a, T>),
}

impl<T: Mapped> Glance<'_, T> {
    #[inline]
    fn value(&self) -> Result<&T> {
        match self {
            Self::Alone(guard) => guard.as_ref().ok_or_else(gone::<T>),
            Self::Shared(guard) => Ok(guard),
        }
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
                announced: AtomicU64::new(0),
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
            Err(_) => wait(cell, || cell.try_borrow().ok()).ok_or_else(|| conflict(cell))?,
        };
        AtomicRef::filter_map(guard, Option::as_ref).ok_or_else(gone::<T>)
    }

    /// A slot itself.
    pub(crate) fn cell(&self, slot: u32) -> &Slot<T> {
        &self.slots[slot as usize]
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
            Err(_) => wait(cell, || cell.try_borrow_mut().ok()).ok_or_else(|| conflict(cell))?,
        };
        AtomicRefMut::filter_map(guard, Option::as_mut).ok_or_else(gone::<T>)
    }

    /// Access to read a slot for a moment. Exclusive access is one atomic operation where shared access
    /// is two, so that is tried first.
    #[inline]
    fn glance(&self, slot: u32) -> Result<Glance<'_, T>> {
        match self.slots[slot as usize].try_borrow_mut() {
            Ok(guard) => Ok(Glance::Alone(guard)),
            Err(_) => self.read(slot).map(Glance::Shared),
        }
    }

    /// Takes a snapshot of a slot that is about to change for the first time since the last flush.
    pub(crate) fn touch(&self, slot: u32, value: &T) {
        // The user's `Clone` runs under no lock but the slot's.
        let base = value.snapshot();
        self.head.set_touched(slot);
        lock(&self.touched).push((slot, base));
    }

    /// Forgets a snapshot: the value is about to be replaced by the database's.
    pub(crate) fn drop_snapshot(&self, slot: u32) {
        let lost = {
            let mut touched = lock(&self.touched);
            let at = touched.iter().position(|it| it.0 == slot);
            at.map(|it| touched.swap_remove(it))
        };
        if lost.is_some() {
            self.head.clear_touched(slot);
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

    /// Puts a value back. A guard held elsewhere keeps its owner's view for a moment; the restore
    /// waits for it. If it waits in vain, the object stays as it is, as one changed since then.
    fn restore(&self, slot: u32, base: T) -> Result<()> {
        match self.edit(slot) {
            Ok(mut place) => {
                self.head.clear_touched(slot);
                let newer = std::mem::replace(&mut *place, base);
                drop(place);
                drop(newer);
                Ok(())
            }
            Err(error) => {
                self.head.set_touched(slot);
                let mut touched = lock(&self.touched);
                let newer = match touched.iter_mut().find(|it| it.0 == slot) {
                    Some(entry) => Some(std::mem::replace(&mut entry.1, base)),
                    None => {
                        touched.push((slot, base));
                        None
                    }
                };
                drop(touched);
                drop(newer);
                Err(error)
            }
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

    fn survey(
        &self,
        slots: &mut dyn Iterator<Item = u32>,
        columns: &[u16],
        take: bool,
        see: &mut dyn FnMut(u32, u128),
    ) -> Result<()> {
        for slot in slots {
            let guard = self.glance(slot)?;
            let value = guard.value()?;
            let mut absent = 0;
            for (bit, column) in columns.iter().enumerate() {
                let unset = value.is_unset(*column) || value.get(*column).is_null();
                absent |= u128::from(unset) << bit;
            }
            if take {
                self.head.set_flags(slot, self.head.flags(slot).with(Flags::TRACKED));
            }
            drop(guard);
            see(slot, absent);
        }
        Ok(())
    }

    fn bind(&self, slot: u32, columns: &[u16], out: &mut dyn Binder) -> EngineResult<()> {
        let guard = self.glance(slot)?;
        let value = guard.value()?;
        columns.iter().try_for_each(|it| out.bind(value.get(*it)))
    }

    fn set_key(&self, slot: u32, column: u16, key: i64) -> Result<()> {
        let mut value = self.edit(slot)?;
        value.put(column, Some(ValueRef::Int(key)));
        if self.head.flags(slot).has(Flags::TOUCHED) {
            let mut touched = lock(&self.touched);
            if let Some((_, base)) = touched.iter_mut().find(|it| it.0 == slot) {
                base.put(column, Some(ValueRef::Int(key)));
            }
        }
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
        let (mut rest, mut kept) = (Vec::new(), Vec::new());
        let mut outcome = Ok(());
        for (slot, base) in list.drain(..) {
            if outcome.is_err() || !keep(slot) {
                rest.push((slot, base));
                continue;
            }
            // Value and flag are looked at, and the flag cleared, under one borrow.
            let guard = self.glance(slot);
            let columns =
                match guard.as_ref().map_err(|_| ()).and_then(|it| it.value().map_err(|_| ())) {
                    Ok(value) => {
                        let columns = Self::differing(&base, value);
                        if take {
                            self.head.clear_touched(slot);
                        }
                        if !columns.is_empty() {
                            visit(slot, &base, value, &columns);
                        }
                        columns
                    }
                    Err(()) => {
                        outcome = guard.map(drop);
                        rest.push((slot, base));
                        continue;
                    }
                };
            drop(guard);
            match (take, columns.is_empty()) {
                (false, _) => rest.push((slot, base)),
                (true, false) => kept.push((slot, base)),
                (true, true) => {}
            }
        }
        lock(&self.journal).append(&mut kept);
        lock(&self.touched).append(&mut rest);
        outcome
    }

    fn check(&self) -> Result<()> {
        let slots: Vec<u32> = lock(&self.touched).iter().map(|it| it.0).collect();
        slots.into_iter().try_for_each(|it| self.read(it).map(drop))
    }

    fn keep(&self, slot: u32) -> Result<()> {
        let value = self.read(slot)?;
        // What was changed since the last flush is no part of what the journal goes back to.
        let base = {
            let touched = lock(&self.touched);
            touched.iter().find(|it| it.0 == slot).map(|it| it.1.snapshot())
        };
        let copy = base.unwrap_or_else(|| value.snapshot());
        lock(&self.journal).push((slot, copy));
        Ok(())
    }

    fn check_restore(&self) -> Result<()> {
        let mut slots: Vec<u32> = lock(&self.touched).iter().map(|it| it.0).collect();
        slots.extend(lock(&self.journal).iter().map(|it| it.0));
        slots.into_iter().try_for_each(|it| self.edit(it).map(drop))
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

    fn restore_touched(&self) -> Result<()> {
        let list = std::mem::take(&mut *lock(&self.touched));
        let restored = list.into_iter().rev().map(|(slot, base)| self.restore(slot, base));
        restored.fold(Ok(()), Result::and)
    }

    fn restore_one(&self, slot: u32) {
        let base = {
            let mut touched = lock(&self.touched);
            let at = touched.iter().position(|it| it.0 == slot);
            at.map(|it| touched.swap_remove(it).1)
        };
        if let Some(base) = base {
            // In vain: it is listed as changed again.
            let _ = self.restore(slot, base);
        }
    }

    fn undo(&self) -> Result<()> {
        let entry = lock(&self.journal).pop();
        entry.map_or(Ok(()), |(slot, base)| self.restore(slot, base))
    }

    fn forget(&self) {
        let old = std::mem::take(&mut *lock(&self.journal));
        drop(old);
    }

    fn anchor(self: Arc<Self>, graph: Arc<Graph>, epoch: u32) -> Arc<dyn AnyAnchor> {
        Arc::new(Anchor::minted(self, graph, epoch))
    }
}

//! [`Chunk`]: up to 512 objects of one entity in one allocation, columns only.

mod erased;
mod head;

use std::sync::{Mutex, MutexGuard, PoisonError};

use atomic_refcell::{AtomicRef, AtomicRefCell, AtomicRefMut};
use smallvec::{SmallVec, smallvec};

pub(crate) use erased::{AnyChunk, Fields};
pub(crate) use head::{Head, next_id};

use super::{graph::order, guard::wait, state::Flags};
use crate::{Error, Result, error::Subject, mapping::Mapped, session::key::key_text};

/// One object's columns; empty while a chunk still grows, or where a row met an object already held.
pub(crate) type Slot<T> = AtomicRefCell<Option<T>>;

/// Positions of columns.
pub(crate) type Columns = SmallVec<[u16; 8]>;

/// At most this many objects in a chunk: what one kept handle keeps alive with it.
pub(crate) const MAX_SLOTS: usize = 512;

/// Up to [`MAX_SLOTS`] objects of one entity.
pub(crate) struct Chunk<T: Mapped> {
    head: Head,
    slots: SmallVec<[Slot<T>; 1]>,
    touched: Mutex<Vec<(u32, T)>>,
    journal: Mutex<Vec<(u32, T)>>,
    /// Snapshots that nobody needs any more: each is dropped when the next is taken, which finds its room.
    spare: Mutex<Vec<(u32, T)>>,
}

fn lock<V>(mutex: &Mutex<V>) -> MutexGuard<'_, V> {
    // A panic in user code (`Clone` of a column) leaves a list that is still whole.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
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
fn gone<T: Mapped>() -> Error {
    Error::ObjectDeleted(Error::subject(Some(T::meta())))
}

impl<T: Mapped> Chunk<T> {
    /// A chunk of loaded values, or of one transient value.
    pub(crate) fn new(slots: SmallVec<[Slot<T>; 1]>, batch: u64, owner: u64, flags: Flags) -> Self {
        Self {
            head: Head::new(batch, owner, slots.len(), flags),
            slots,
            touched: Mutex::default(),
            journal: Mutex::default(),
            spare: Mutex::default(),
        }
    }

    /// A chunk of one loaded value, which has no siblings.
    pub(crate) fn one(value: Option<T>, owner: u64) -> Self {
        Self {
            head: Head::one(owner),
            slots: smallvec![Slot::new(value)],
            touched: Mutex::default(),
            journal: Mutex::default(),
            spare: Mutex::default(),
        }
    }

    /// Makes a chunk of one another, of one loaded value, for which it gives the one that it had. `false` if it is a
    /// chunk of more.
    pub(super) fn replace(&mut self, value: &mut Option<T>, owner: u64) -> bool {
        let [slot] = &mut *self.slots else { return false };
        std::mem::swap(slot.get_mut(), value);
        self.head = Head::one(owner);
        self.touched = Mutex::default();
        self.journal = Mutex::default();
        self.spare = Mutex::default();
        true
    }

    /// An empty chunk that values are appended to.
    pub(crate) fn open(capacity: usize, owner: u64) -> Self {
        let slots = (0..capacity).map(|_| Slot::new(None)).collect();
        let chunk = Self::new(slots, next_id(), owner, Flags::default());
        chunk.head.set_used(0);
        chunk
    }

    /// Appends a value; gives it back if the chunk is full.
    pub(crate) fn append(&self, value: T, flags: Flags) -> std::result::Result<u32, T> {
        let slot = self.head.used();
        let Some(cell) = self.slots.get(slot as usize) else { return Err(value) };
        // Nobody knows this slot yet, so nobody can be in the way.
        let Ok(mut place) = cell.try_borrow_mut() else { return Err(value) };
        *place = Some(value);
        self.head.store_flags(slot, flags);
        self.head.set_used(slot + 1);
        Ok(slot)
    }

    /// The chunk's untyped part.
    #[inline]
    pub(crate) fn head(&self) -> &Head {
        &self.head
    }

    /// Shared access to a slot, waiting for other threads.
    pub(crate) fn read(&self, slot: u32) -> Result<AtomicRef<'_, T>> {
        order::check("an object is borrowed");
        let cell = &self.slots[slot as usize];
        let guard = match cell.try_borrow() {
            Ok(guard) => guard,
            Err(_) => wait(cell, || cell.try_borrow().ok()).ok_or_else(|| self.conflict(slot))?,
        };
        AtomicRef::filter_map(guard, Option::as_ref).ok_or_else(gone::<T>)
    }

    /// What is wrong when a guard can't be had. The key of what is borrowed mutably is that of the last
    /// flush.
    #[cold]
    fn conflict(&self, slot: u32) -> Error {
        let (meta, mut key) = (T::meta(), String::new());
        let mut see = |fields: &dyn Fields| key = key_text(meta, fields);
        match self.try_read(slot) {
            Some(value) => see(&*value),
            None => _ = self.base(slot, &mut see),
        }
        Error::Borrowed(Box::new(Subject { entity: meta.name, key }))
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
        order::check("an object is borrowed");
        let cell = &self.slots[slot as usize];
        let guard = match cell.try_borrow_mut() {
            Ok(guard) => guard,
            Err(_) => {
                wait(cell, || cell.try_borrow_mut().ok()).ok_or_else(|| self.conflict(slot))?
            }
        };
        AtomicRefMut::filter_map(guard, Option::as_mut).ok_or_else(gone::<T>)
    }

    /// Access to read a slot for a moment. Exclusive access is one atomic operation where shared access
    /// is two, so that is tried first.
    #[inline]
    fn glance(&self, slot: u32) -> Result<Glance<'_, T>> {
        order::check("an object is borrowed");
        match self.slots[slot as usize].try_borrow_mut() {
            Ok(guard) => Ok(Glance::Alone(guard)),
            Err(_) => self.read(slot).map(Glance::Shared),
        }
    }

    /// Takes a snapshot of a slot that is about to change for the first time since the last flush.
    pub(crate) fn touch(&self, slot: u32, value: &T) {
        let spare = lock(&self.spare).pop();
        // The user's `Drop` and `Clone` run under no lock but the slot's. The room that the one leaves is the other's.
        drop(spare);
        let base = value.snapshot();
        self.head.set_touched(slot);
        lock(&self.touched).push((slot, base));
    }

    /// Forgets a snapshot: the value is about to be replaced by the database's.
    pub(crate) fn drop_snapshot(&self, slot: u32) {
        if self.take_snapshot(slot).is_some() {
            self.head.clear_touched(slot);
        }
    }

    /// Takes a snapshot out of the list.
    fn take_snapshot(&self, slot: u32) -> Option<T> {
        let mut touched = lock(&self.touched);
        let at = touched.iter().position(|it| it.0 == slot)?;
        Some(touched.swap_remove(at).1)
    }

    /// Changes a snapshot, if there is one.
    fn with_snapshot(&self, slot: u32, change: impl FnOnce(&mut T)) {
        let mut touched = lock(&self.touched);
        if let Some((_, base)) = touched.iter_mut().find(|it| it.0 == slot) {
            change(base);
        }
    }

    /// Replaces a slot's value by what was read again. Columns that were changed since the last flush
    /// keep their change (IDM-5).
    pub(crate) fn renew(&self, slot: u32, fresh: T) -> Result<()> {
        let mut value = self.edit(slot)?;
        let mut touched = lock(&self.touched);
        let Some((_, base)) = touched.iter_mut().find(|it| it.0 == slot) else {
            drop(touched);
            let old = std::mem::replace(&mut *value, fresh);
            drop(value);
            drop(old);
            return Ok(());
        };
        let mut merged = fresh.snapshot();
        for column in Self::differing(base, &value) {
            let kept = (!value.is_unset(column)).then(|| value.get(column));
            merged.put(column, kept);
        }
        let old = (std::mem::replace(base, fresh), std::mem::replace(&mut *value, merged));
        drop(touched);
        drop(value);
        drop(old);
        Ok(())
    }

    /// Takes these columns of what was read again, and nothing else.
    pub(crate) fn renew_columns(&self, slot: u32, fresh: &T, columns: &[u16]) -> Result<()> {
        let mut value = self.edit(slot)?;
        let mut kept = Columns::from_slice(columns);
        self.with_snapshot(slot, |base| {
            // What was changed since it was expired stays a change.
            let changed = Self::differing(base, &value);
            kept.retain(|it| !changed.contains(it));
            columns.iter().for_each(|it| erased::copy(fresh, base, *it));
        });
        kept.iter().for_each(|it| erased::copy(fresh, &mut *value, *it));
        Ok(())
    }

    /// Gives a column the value that it had at the last flush.
    pub(crate) fn reset(&self, slot: u32, column: u16) -> Result<()> {
        let mut value = self.edit(slot)?;
        self.with_snapshot(slot, |base| erased::copy(base, &mut *value, column));
        Ok(())
    }

    fn differing(old: &T, new: &T) -> Columns {
        let mut columns = Columns::new();
        // A number that the compiler knows: it writes the columns of a small entity out.
        for column in 0..T::COLUMN_COUNT {
            let (before, now) = (old.get(column), new.get(column));
            // What is unset is shown as NULL.
            let unset = |it: &T| it.is_unset(column);
            let differs = !now.same(before) || now.is_null() && unset(old) != unset(new);
            // What isn't loaded, or not any more, is no other value; nor is what no column holds.
            let is_nothing = || {
                let meta = &T::meta().columns[usize::from(column)];
                unset(new) && meta.deferral.is_some() || meta.property.is_some()
            };
            if differs && !is_nothing() {
                columns.push(column);
            }
        }
        columns
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

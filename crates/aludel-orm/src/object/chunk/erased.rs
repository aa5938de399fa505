//! [`AnyChunk`]: a chunk without its type, as the flush and the graph see it.

use std::{
    any::Any,
    cell::Cell,
    sync::{Arc, Mutex},
};

use aludel_core::value::ValueRef;
use aludel_engine::{Result as EngineResult, driver::Binder};

use super::{Chunk, Columns, Head, lock};
use crate::{
    Result,
    mapping::{EntityMeta, Mapped},
    object::{
        anchor::{Anchor, AnyAnchor},
        graph::Graph,
        reference::Ref,
        state::Flags,
    },
};

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

/// Copies one column.
pub(super) fn copy(from: &dyn Fields, to: &mut dyn Fields, column: u16) {
    to.put(column, (!from.is_unset(column)).then(|| from.get(column)));
}

/// Appends a list to another, which is mostly empty.
fn append<V>(to: &Mutex<Vec<V>>, mut list: Vec<V>) {
    let mut to = lock(to);
    match to.is_empty() {
        true => *to = list,
        false => to.append(&mut list),
    }
}

/// Sees a changed object: its slot, the columns it had, those it has, and which differ.
pub(crate) type Visit<'a> = dyn FnMut(u32, &dyn Fields, &dyn Fields, &[u16]) + 'a;

/// A chunk without its type.
pub(crate) trait AnyChunk: Send + Sync + Any {
    fn head(&self) -> &Head;
    fn meta(&self) -> &'static EntityMeta;
    /// Entity, key and state of an object; never waits and never panics.
    fn describe(&self, slot: u32, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result;
    /// Shows an object's columns.
    fn with(&self, slot: u32, see: &mut dyn FnMut(&dyn Fields)) -> Result<()>;
    /// Writes an object's columns, and those of its snapshot, without marking it as changed.
    fn write(&self, slot: u32, change: &mut dyn FnMut(&mut dyn Fields)) -> Result<()>;
    /// Changes an object's columns as a program does: what they were is kept, and a flush writes what
    /// differs.
    fn change(&self, slot: u32, change: &mut dyn FnMut(&mut dyn Fields)) -> Result<()>;
    /// Shows each object touched since the last flush that differs from its snapshot: slot, old and
    /// new columns, and which of them differ. `keep(slot)` says whether a slot takes part. If they
    /// are taken, the snapshots move to the journal, and the objects are no longer touched.
    fn harvest(&self, take: bool, keep: &dyn Fn(u32) -> bool, visit: &mut Visit<'_>) -> Result<()>;
    /// Finds which of these columns have no value yet, one bit each, for objects that a flush is about
    /// to insert. If they are taken, a change from now on is one of the next flush.
    fn survey(
        &self,
        objects: &[Ref],
        columns: &[u16],
        take: bool,
        absent: &mut Vec<u128>,
    ) -> Result<()>;
    /// Binds columns of an object, in this order.
    fn bind(&self, slot: u32, columns: &[u16], out: &mut dyn Binder) -> EngineResult<()>;
    /// Sets the integer keys that the database generated for new objects, in their snapshots too, and
    /// makes them persistent. Whether any was changed while the flush was under way.
    fn set_keys(&self, column: u16, keys: &[(u32, i64)]) -> bool;
    /// Makes a new object persistent; whether it was changed while the flush was under way.
    fn settle_new(&self, slot: u32, expired: bool) -> bool;
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
    /// Shows an object's columns as its row has them, whatever was changed since the last flush.
    fn loaded(&self, slot: u32, see: &mut dyn FnMut(&dyn Fields)) -> Result<()> {
        let touched = self.head().flags(slot).has(Flags::TOUCHED);
        if touched && self.base(slot, see) { Ok(()) } else { self.with(slot, see) }
    }
    /// Restores the objects touched since the last flush, and lists them; one that is borrowed stays
    /// touched.
    /// But for those that keep what they hold.
    fn restore_touched(&self, keeps: &dyn Fn(Flags) -> bool, restored: &mut Vec<Ref>)
    -> Result<()>;
    /// Forgets one object's unflushed change.
    fn restore_one(&self, slot: u32);
    /// Forgets unflushed changes of these columns of one object; whether others are left.
    fn restore_columns(&self, slot: u32, columns: &[u16]) -> Result<bool>;
    /// Takes an object's values as they are, changed or not.
    fn accept(&self, slot: u32);
    /// Restores the newest entry of the journal, and lists it, unless that object keeps what it holds; one
    /// that is borrowed is touched then.
    fn undo(&self, keeps: &dyn Fn(Ref) -> bool, restored: &mut Vec<Ref>) -> Result<()>;
    /// Forgets the journal.
    fn forget(&self);
    /// A new anchor for this chunk, which the sweep of this number kept without one.
    fn anchor(self: Arc<Self>, graph: Arc<Graph>, epoch: u32) -> Arc<dyn AnyAnchor>;
}

impl<T: Mapped> AnyChunk for Chunk<T> {
    fn head(&self) -> &Head {
        &self.head
    }

    fn meta(&self) -> &'static EntityMeta {
        T::meta()
    }

    fn describe(&self, slot: u32, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}(", T::meta().name)?;
        match self.try_read(slot) {
            Some(value) => {
                for (position, column) in T::PRIMARY_KEY.iter().enumerate() {
                    let comma = if position == 0 { "" } else { ", " };
                    match value.is_unset(*column) {
                        true => write!(f, "{comma}unset")?,
                        false => write!(f, "{comma}{}", value.get(*column))?,
                    }
                }
            }
            None => f.write_str("borrowed")?,
        }
        write!(f, ", {})", self.head.flags(slot).state())
    }

    fn with(&self, slot: u32, see: &mut dyn FnMut(&dyn Fields)) -> Result<()> {
        see(&*self.read(slot)?);
        Ok(())
    }

    fn survey(
        &self,
        objects: &[Ref],
        columns: &[u16],
        take: bool,
        absent: &mut Vec<u128>,
    ) -> Result<()> {
        absent.clear();
        absent.reserve(objects.len());
        for object in objects {
            let slot = object.slot();
            let guard = self.glance(slot)?;
            let value = guard.value()?;
            let mut bits = 0;
            for (bit, column) in columns.iter().enumerate() {
                let unset = value.is_unset(*column) || value.get(*column).is_null();
                bits |= u128::from(unset) << bit;
            }
            if take {
                self.head.store_flags(slot, self.head.flags(slot).with(Flags::TRACKED));
            }
            absent.push(bits);
        }
        Ok(())
    }

    fn bind(&self, slot: u32, columns: &[u16], out: &mut dyn Binder) -> EngineResult<()> {
        let guard = self.glance(slot)?;
        let value = guard.value()?;
        columns.iter().try_for_each(|it| match value.get(*it) {
            ValueRef::Text(text) => out.bind_text(text),
            ValueRef::Int(value) => out.bind_int(value),
            other => out.bind(other),
        })
    }

    fn set_keys(&self, column: u16, keys: &[(u32, i64)]) -> bool {
        let mut touched = false;
        for (slot, key) in keys {
            let key = Some(ValueRef::Int(*key));
            let Ok(mut value) = self.edit(*slot) else {
                // Borrowed for ten seconds: the row is there, the values are read again.
                touched |= self.settle_new(*slot, true);
                continue;
            };
            value.put(column, key);
            let flags = self.head.flags(*slot);
            if flags.has(Flags::TOUCHED) {
                touched = true;
                self.with_snapshot(*slot, |base| _ = base.put(column, key));
            }
            self.head.store_flags(*slot, flags.made_persistent());
        }
        touched
    }

    fn write(&self, slot: u32, change: &mut dyn FnMut(&mut dyn Fields)) -> Result<()> {
        let mut value = self.edit(slot)?;
        change(&mut *value);
        if self.head.flags(slot).has(Flags::TOUCHED) {
            self.with_snapshot(slot, |base| change(base));
        }
        Ok(())
    }

    fn change(&self, slot: u32, change: &mut dyn FnMut(&mut dyn Fields)) -> Result<()> {
        let mut value = self.edit(slot)?;
        let flags = self.head.flags(slot);
        if flags.has(Flags::TRACKED) && !flags.has(Flags::TOUCHED) {
            self.touch(slot, &value);
        }
        change(&mut *value);
        Ok(())
    }

    fn settle_new(&self, slot: u32, expired: bool) -> bool {
        let flags = self.head.flags(slot);
        let expired = if expired { Flags::EXPIRED } else { 0 };
        self.head.set_flags(slot, flags.made_persistent().with(expired));
        flags.has(Flags::TOUCHED)
    }

    fn harvest(&self, take: bool, keep: &dyn Fn(u32) -> bool, visit: &mut Visit<'_>) -> Result<()> {
        let mut list = std::mem::take(&mut *lock(&self.touched));
        let mut outcome = Ok(());
        // Of a snapshot that leaves the list: whether its object stays touched.
        let stays = Cell::new(false);
        let leaves = |(slot, base): &mut (u32, T)| {
            stays.set(true);
            if outcome.is_err() || !keep(*slot) {
                return true;
            }
            // Value and flag are looked at, and the flag cleared, under one borrow.
            let guard = match self.glance(*slot) {
                Ok(guard) => guard,
                Err(error) => {
                    outcome = Err(error);
                    return true;
                }
            };
            let Ok(value) = guard.value() else { return true };
            let columns = Self::differing(base, value);
            if take {
                let flags = self.head.flags(*slot);
                self.head.store_flags(*slot, flags.without(Flags::TOUCHED));
            }
            if !columns.is_empty() {
                visit(*slot, base, value, &columns);
            }
            stays.set(!take);
            !take || columns.is_empty()
        };
        let leaving = list.extract_if(.., leaves);
        let rest = leaving.filter_map(|it| stays.get().then_some(it)).collect();
        // What is left of the list is the journal's.
        append(&self.journal, list);
        append(&self.touched, rest);
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

    fn restore_touched(
        &self,
        keeps: &dyn Fn(Flags) -> bool,
        restored: &mut Vec<Ref>,
    ) -> Result<()> {
        let touched = std::mem::take(&mut *lock(&self.touched));
        let (kept, list): (Vec<_>, Vec<_>) =
            touched.into_iter().partition(|it| keeps(self.head.flags(it.0)));
        *lock(&self.touched) = kept;
        restored.extend(list.iter().map(|it| self.head.reference(it.0)));
        let outcomes = list.into_iter().rev().map(|(slot, base)| self.restore(slot, base));
        outcomes.fold(Ok(()), Result::and)
    }

    fn restore_one(&self, slot: u32) {
        if let Some(base) = self.take_snapshot(slot) {
            // In vain: it is listed as changed again.
            let _ = self.restore(slot, base);
        }
    }

    fn restore_columns(&self, slot: u32, columns: &[u16]) -> Result<bool> {
        let mut value = self.edit(slot)?;
        let mut differ = false;
        self.with_snapshot(slot, |base| {
            columns.iter().for_each(|it| copy(base, &mut *value, *it));
            differ = !Self::differing(base, &value).is_empty();
        });
        if !differ {
            self.drop_snapshot(slot);
        }
        Ok(differ)
    }

    fn accept(&self, slot: u32) {
        self.drop_snapshot(slot);
    }

    fn undo(&self, keeps: &dyn Fn(Ref) -> bool, restored: &mut Vec<Ref>) -> Result<()> {
        let Some((slot, base)) = lock(&self.journal).pop() else { return Ok(()) };
        if keeps(self.head.reference(slot)) {
            return Ok(());
        }
        restored.push(self.head.reference(slot));
        self.restore(slot, base)
    }

    fn forget(&self) {
        let old = std::mem::take(&mut *lock(&self.journal));
        append(&self.spare, old);
        // One for each object.
        let mut spare = lock(&self.spare);
        let most = self.slots.len().min(spare.len());
        let rest = spare.split_off(most);
        drop(spare);
        drop(rest);
    }

    fn anchor(self: Arc<Self>, graph: Arc<Graph>, epoch: u32) -> Arc<dyn AnyAnchor> {
        Arc::new(Anchor::minted(self, graph, epoch))
    }
}

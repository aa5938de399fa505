//! [`Obj`]: a handle on an object.

use std::{
    fmt,
    hash::{Hash, Hasher},
    ops::Deref,
    sync::{Arc, atomic::Ordering},
};

use atomic_refcell::AtomicRefMut;
use smallvec::smallvec;

use super::{
    ObjMut, ObjRef, Raw,
    anchor::Anchor,
    chunk::{Chunk, Slot, next_id},
    graph::Graph,
    state::{Flags, State},
};
use crate::{
    Result,
    mapping::{Handle, IntoNew, Mapped},
};

/// A handle on an object: cheap to clone, `Send + Sync`, equal by identity, and usable after its
/// session is gone.
///
/// Its own methods are only [`borrow`](Self::borrow), [`borrow_mut`](Self::borrow_mut) and
/// [`is`](Self::is); it dereferences to one accessor for each relationship, and everything else
/// about an object is asked of [`inspect`](crate::session::inspect()).
pub struct Obj<T: Mapped> {
    handle: T::Handle,
}

impl<T: Mapped> Obj<T> {
    /// A transient object of a value or a finished builder: it can be linked with others before any
    /// session knows it.
    pub fn new(new: impl IntoNew<Entity = T>) -> Self {
        super::to_obj(new)
    }

    pub(crate) fn of_value(value: T) -> Self {
        let chunk = Chunk::new(smallvec![Slot::new(Some(value))], next_id(), 0, Flags::default());
        Self::from_raw(Raw::new(Arc::new(Anchor::alone(Arc::new(chunk))), 0))
    }

    pub(crate) fn from_raw(raw: Raw<T>) -> Self {
        Self { handle: T::Handle::wrap(raw) }
    }

    #[inline]
    pub(crate) fn raw(&self) -> &Raw<T> {
        self.handle.raw()
    }

    /// Shared access to the columns.
    ///
    /// A conflict with another thread waits.
    ///
    /// # Panics
    /// If this thread holds a [`borrow_mut`](Self::borrow_mut) of the same object, as `RefCell`
    /// does; the message names the entity and its key.
    #[track_caller]
    pub fn borrow(&self) -> ObjRef<'_, T> {
        match self.raw().chunk().read(self.raw().slot()) {
            Ok(value) => ObjRef::new(self.raw().chunk().cell(self.raw().slot()), value),
            Err(error) => panic!("{error}"),
        }
    }

    /// Exclusive access to the columns. What is changed is written at the next flush.
    ///
    /// A conflict with another thread waits.
    ///
    /// # Panics
    /// If this thread holds another guard of the same object, as `RefCell` does; the message names
    /// the entity and its key.
    #[track_caller]
    pub fn borrow_mut(&self) -> ObjMut<'_, T> {
        match self.try_edit() {
            Ok(value) => {
                let raw = self.raw();
                let tracked = raw.flags().has(Flags::TRACKED);
                let watch = if tracked { crate::events::watch(raw, &value) } else { None };
                ObjMut::new(raw.chunk().cell(raw.slot()), value, watch)
            }
            Err(error) => panic!("{error}"),
        }
    }

    /// The same without a guard of the thread's, and without a panic.
    pub(crate) fn try_edit(&self) -> Result<AtomicRefMut<'_, T>> {
        let raw = self.raw();
        let value = raw.chunk().edit(raw.slot())?;
        let flags = raw.flags();
        if !flags.has(Flags::TRACKED) {
            raw.chunk().head().edit_left_out(raw.slot(), &*value);
        } else if !flags.has(Flags::TOUCHED) {
            self.touch(&value);
        }
        Ok(value)
    }

    /// The first change since the last flush: the session learns of it, and the old values are kept.
    #[cold]
    fn touch(&self, value: &T) {
        let raw = self.raw();
        let chunk = raw.chunk();
        chunk.touch(raw.slot(), value);
        let head = chunk.head();
        let Some(graph) = raw.graph().filter(|_| head.announce()) else { return };
        Graph::with(graph, |tables, _| {
            if let Some(ledger) = tables.ledger(head.owner.load(Ordering::Acquire)) {
                ledger.dirty.push(head.id);
            }
        });
    }

    /// Whether both are handles on the same object.
    pub fn is(&self, other: &Self) -> bool {
        self == other
    }
}

/// The state of an object, as the user sees it.
pub(crate) fn state_of<T: Mapped>(raw: &Raw<T>) -> State {
    match raw.graph() {
        Some(graph) => Graph::with(graph, |tables, _| tables.state(raw.reference())),
        None => raw.flags().state(),
    }
}

impl<T: Mapped> Clone for Obj<T> {
    #[inline]
    fn clone(&self) -> Self {
        Self { handle: self.handle.clone() }
    }
}

impl<T: Mapped> Deref for Obj<T> {
    type Target = T::Handle;

    fn deref(&self) -> &T::Handle {
        &self.handle
    }
}

impl<T: Mapped> PartialEq for Obj<T> {
    fn eq(&self, other: &Self) -> bool {
        self.raw().reference() == other.raw().reference()
    }
}

impl<T: Mapped> Eq for Obj<T> {}

impl<T: Mapped> Hash for Obj<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.raw().reference().hash(state);
    }
}

/// Entity, key and state; never waits and never panics.
impl<T: Mapped> fmt::Debug for Obj<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        super::chunk::AnyChunk::describe(&**self.raw().chunk(), self.raw().slot(), f)
    }
}

//! [`ObjRef`] and [`ObjMut`]: guards on an object's columns, like those of `RefCell`.
//!
//! A conflict on one thread is a mistake and panics at once, with the entity's name. A conflict
//! with another thread waits: guards count themselves in a thread-local (they are `!Send`, so the
//! count is right), and a thread that holds no guard cannot be in its own way.

use std::{
    cell::Cell,
    fmt,
    marker::PhantomData,
    ops::{Deref, DerefMut},
    time::{Duration, Instant},
};

use atomic_refcell::{AtomicRef, AtomicRefMut};

use super::chunk::Slot;
use crate::{Error, error::Subject, mapping::Mapped};

thread_local! {
    /// How many guards this thread holds.
    static HELD: Cell<u32> = const { Cell::new(0) };
}

/// How long a thread without a guard waits for another thread's: longer than any sane hold.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long a thread that holds a guard waits: only as long as another thread may need to move on.
const SUSPICION: Duration = Duration::from_millis(2);

/// Tries until it works or patience ends.
pub(super) fn wait<G>(mut attempt: impl FnMut() -> Option<G>) -> Option<G> {
    if let Some(guard) = attempt() {
        return Some(guard);
    }
    wait_longer(&mut attempt)
}

#[cold]
fn wait_longer<G>(attempt: &mut dyn FnMut() -> Option<G>) -> Option<G> {
    let limit = if HELD.get() == 0 { PATIENCE } else { SUSPICION };
    let start = Instant::now();
    let mut spins = 0_u32;
    loop {
        if let Some(guard) = attempt() {
            return Some(guard);
        }
        if start.elapsed() > limit {
            return None;
        }
        spins += 1;
        if spins < 64 {
            std::thread::yield_now()
        } else {
            std::thread::sleep(Duration::from_micros(50))
        }
    }
}

/// What is wrong when a guard can't be had.
#[cold]
pub(super) fn conflict<T: Mapped>(slot: &Slot<T>) -> Error {
    let meta = T::meta();
    // The key is readable unless the object is borrowed mutably.
    let key = slot.try_borrow().ok().and_then(|it| {
        let value = it.as_ref()?;
        let parts: Vec<_> = T::PRIMARY_KEY.iter().map(|it| value.get(*it).to_string()).collect();
        Some(parts.join(", "))
    });
    Error::Borrowed(Box::new(Subject { entity: meta.name, key: key.unwrap_or_default() }))
}

/// Holds one in the thread's count of guards; not `Send`, so that it is given back where it was
/// taken.
struct Held(PhantomData<*const ()>);

impl Held {
    fn new() -> Self {
        HELD.set(HELD.get() + 1);
        Self(PhantomData)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        HELD.set(HELD.get().saturating_sub(1));
    }
}

/// Shared access to an object's columns, from [`Obj::borrow`](super::Obj::borrow).
pub struct ObjRef<'a, T> {
    value: AtomicRef<'a, T>,
    _held: Held,
}

/// Exclusive access to an object's columns, from [`Obj::borrow_mut`](super::Obj::borrow_mut).
/// What is changed through it is written at the next flush.
pub struct ObjMut<'a, T> {
    value: AtomicRefMut<'a, T>,
    _held: Held,
}

impl<'a, T> ObjRef<'a, T> {
    pub(super) fn new(value: AtomicRef<'a, T>) -> Self {
        Self { value, _held: Held::new() }
    }
}

impl<'a, T> ObjMut<'a, T> {
    pub(super) fn new(value: AtomicRefMut<'a, T>) -> Self {
        Self { value, _held: Held::new() }
    }
}

impl<T> Deref for ObjRef<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> Deref for ObjMut<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> DerefMut for ObjMut<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
}

impl<T: fmt::Debug> fmt::Debug for ObjRef<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: fmt::Debug> fmt::Debug for ObjMut<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

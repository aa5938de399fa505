//! [`ObjRef`] and [`ObjMut`]: guards on an object's columns, like those of `RefCell`.
//!
//! A conflict on one thread is a mistake and panics at once, with the entity's name. A conflict
//! with another thread waits: guards enter their slot in a list of the thread's (they are `!Send`, so
//! the list is right), and a thread that holds no guard of a slot cannot be in its own way there.

use std::{
    cell::Cell,
    fmt,
    marker::PhantomData,
    ops::{Deref, DerefMut},
    time::{Duration, Instant},
};

use atomic_refcell::{AtomicRef, AtomicRefMut};

use super::chunk::Slot;
use crate::events::Watch;

/// How many guards a thread lists; of more it only knows the number.
const LISTED: usize = 8;

/// The guards that a thread holds.
struct Guards {
    /// How many there are.
    count: Cell<usize>,
    /// The slots of those listed, by address; 0 where a place is free.
    slots: [Cell<usize>; LISTED],
}

thread_local! {
    // Without a destructor, so that it costs no more than a field.
    static HELD: Guards =
        const { Guards { count: Cell::new(0), slots: [const { Cell::new(0) }; LISTED] } };
}

/// How long a thread waits for another thread's guard: longer than any sane hold.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long a thread waits that may be in its own way, as it holds more guards than it lists.
const SUSPICION: Duration = Duration::from_millis(2);

/// Whether this thread holds a guard of any object.
pub(crate) fn is_guarding() -> bool {
    HELD.with(|held| held.count.get() != 0)
}

/// How long this thread may wait for a slot; not at all where it is in its own way.
fn patience(slot: usize) -> Duration {
    HELD.with(|held| {
        if held.slots.iter().any(|it| it.get() == slot) {
            Duration::ZERO
        } else if held.count.get() > LISTED {
            SUSPICION
        } else {
            PATIENCE
        }
    })
}

/// Tries until it works or patience ends.
#[cold]
pub(super) fn wait<T, G>(slot: &Slot<T>, mut attempt: impl FnMut() -> Option<G>) -> Option<G> {
    wait_longer(patience(address(slot)), &mut attempt)
}

fn address<T>(slot: &Slot<T>) -> usize {
    std::ptr::from_ref(slot).addr()
}

fn wait_longer<G>(limit: Duration, attempt: &mut dyn FnMut() -> Option<G>) -> Option<G> {
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

/// A place in the thread's list of guards; not `Send`, so that it is given back where it was taken.
struct Held {
    place: usize,
    thread: PhantomData<*const ()>,
}

impl Held {
    #[inline]
    fn new(slot: usize) -> Self {
        let place = HELD.with(|held| {
            let count = held.count.get();
            held.count.set(count + 1);
            // Guards mostly end in the order in which they came, so this place is mostly free.
            let first = count.min(LISTED - 1);
            let place = match held.slots[first].get() {
                0 => first,
                _ => held.slots.iter().position(|it| it.get() == 0).unwrap_or(LISTED),
            };
            held.slots.get(place).into_iter().for_each(|it| it.set(slot));
            place
        });
        Self { place, thread: PhantomData }
    }
}

impl Drop for Held {
    #[inline]
    fn drop(&mut self) {
        HELD.with(|held| {
            held.count.set(held.count.get().saturating_sub(1));
            held.slots.get(self.place).into_iter().for_each(|it| it.set(0));
        });
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
    /// What hooks of columns see of the change.
    watch: Watch<'a, T>,
    _held: Held,
}

impl<'a, T> ObjRef<'a, T> {
    pub(super) fn new(slot: &Slot<T>, value: AtomicRef<'a, T>) -> Self {
        Self { value, _held: Held::new(address(slot)) }
    }
}

impl<'a, T> ObjMut<'a, T> {
    pub(super) fn new(slot: &Slot<T>, value: AtomicRefMut<'a, T>, watch: Watch<'a, T>) -> Self {
        Self { value, watch, _held: Held::new(address(slot)) }
    }
}

impl<T> Drop for ObjMut<'_, T> {
    #[inline]
    fn drop(&mut self) {
        if let Some(watch) = self.watch.take()
            && !std::thread::panicking()
        {
            watch(&mut self.value);
        }
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

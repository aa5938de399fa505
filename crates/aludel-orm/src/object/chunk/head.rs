//! [`Head`]: the parts of a chunk that don't depend on the entity: numbers and flags.

use std::sync::{
    Mutex, OnceLock, PoisonError,
    atomic::{AtomicU8, AtomicU32, AtomicU64, Ordering},
};

use smallvec::{SmallVec, smallvec};

use crate::object::{
    left_out::Slots,
    reference::Ref,
    state::{Cause, Flags, State},
};

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
    /// What builders were not given of objects that have no row yet.
    left_out: OnceLock<Box<Mutex<Slots>>>,
    flags: SmallVec<[AtomicU8; 8]>,
}

static NEXT: AtomicU64 = AtomicU64::new(1);

/// A number for a load, or for a chunk: 48 bits last for thousands of years.
pub(crate) fn next_id() -> u64 {
    NEXT.fetch_add(1, Ordering::Relaxed)
}

impl Head {
    /// The head of a chunk of so many slots, all in use.
    pub(super) fn new(batch: u64, owner: u64, slots: usize, flags: Flags) -> Self {
        Self {
            id: next_id(),
            batch,
            owner: AtomicU64::new(owner),
            announced: AtomicU64::new(0),
            used: AtomicU32::new(slots as u32),
            left_out: OnceLock::new(),
            flags: (0..slots).map(|_| AtomicU8::new(flags.0)).collect(),
        }
    }

    /// The head of a chunk of one loaded object, which came alone.
    pub(super) fn one(owner: u64) -> Self {
        let id = next_id();
        Self {
            id,
            // Both are numbers of one sequence.
            batch: id,
            owner: AtomicU64::new(owner),
            announced: AtomicU64::new(0),
            used: AtomicU32::new(1),
            left_out: OnceLock::new(),
            flags: smallvec![AtomicU8::new(Flags::PERSISTENT.0)],
        }
    }

    /// Runs on what was left out of objects, if there is anything, or is to be.
    pub(crate) fn with_left_out<R>(
        &self,
        create: bool,
        body: impl FnOnce(&mut Slots) -> R,
    ) -> Option<R> {
        let slots = match create {
            true => self.left_out.get_or_init(Box::default),
            false => self.left_out.get()?,
        };
        Some(body(&mut slots.lock().unwrap_or_else(PoisonError::into_inner)))
    }

    /// How many slots are in use, from now on.
    pub(super) fn set_used(&self, slots: u32) {
        self.used.store(slots, Ordering::Release);
    }

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

    /// The same for a caller who holds a borrow of the slot, so that nobody else writes its flags.
    #[inline]
    pub(super) fn store_flags(&self, slot: u32, flags: Flags) {
        self.flags[slot as usize].store(flags.0, Ordering::Release);
    }

    pub(super) fn set_touched(&self, slot: u32) {
        self.flags[slot as usize].fetch_or(Flags::TOUCHED, Ordering::AcqRel);
    }

    pub(super) fn clear_touched(&self, slot: u32) {
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

    /// The DELETE of an object was committed: it is detached, and can't be added again. Whether it was
    /// deleted.
    pub(crate) fn bury(&self, slot: u32) -> bool {
        let flags = self.flags(slot);
        if flags.state() == State::Deleted {
            let flags = flags.by(Cause::Commit).with(Flags::GONE);
            self.set_flags(slot, flags.without(Flags::MARKED));
            return true;
        }
        false
    }

    /// The next read through the session reads a persistent object again.
    pub(crate) fn expire(&self, slot: u32) {
        let flags = self.flags(slot);
        if flags.state() == State::Persistent {
            self.set_flags(slot, flags.with(Flags::EXPIRED));
        }
    }

    /// The address of a slot.
    #[inline]
    pub(crate) fn reference(&self, slot: u32) -> Ref {
        Ref::new(self.id, slot)
    }
}

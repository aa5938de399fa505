//! Hooks of objects' states: told of each transition, once.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use super::{HookSet, Hooks, listen::hooks_of};
use crate::{
    object::{AnyObj, State, any_objects, graph::Graph, log::Move, reference::Ref},
    session::core::Core,
};

pub(crate) type StateHook = Arc<dyn Fn(&AnyObj) + Send + Sync>;

/// A transition that hooks are told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Lifecycle {
    Attach,
    TransientToPending,
    PendingToTransient,
    PendingToPersistent,
    LoadedAsPersistent,
    DetachedToPersistent,
    PersistentToTransient,
    PersistentToDeleted,
    PersistentToDetached,
    DeletedToPersistent,
    DeletedToDetached,
}

impl Lifecycle {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Attach => "after_attach",
            Self::TransientToPending => "transient_to_pending",
            Self::PendingToTransient => "pending_to_transient",
            Self::PendingToPersistent => "pending_to_persistent",
            Self::LoadedAsPersistent => "loaded_as_persistent",
            Self::DetachedToPersistent => "detached_to_persistent",
            Self::PersistentToTransient => "persistent_to_transient",
            Self::PersistentToDeleted => "persistent_to_deleted",
            Self::PersistentToDetached => "persistent_to_detached",
            Self::DeletedToPersistent => "deleted_to_persistent",
            Self::DeletedToDetached => "deleted_to_detached",
        }
    }

    /// What hooks are told of a transition, in order.
    fn of(from: State, to: State) -> &'static [Self] {
        use State::{Deleted, Detached, Pending, Persistent, Transient};
        match (from, to) {
            (Transient, Pending) => &[Self::Attach, Self::TransientToPending],
            (Detached, Persistent) => &[Self::Attach, Self::DetachedToPersistent],
            (Pending, Transient) => &[Self::PendingToTransient],
            (Pending, Persistent) => &[Self::PendingToPersistent],
            // A rollback takes back its INSERT, whatever became of it since.
            (Persistent | Deleted, Transient) => &[Self::PersistentToTransient],
            (Persistent, Deleted) => &[Self::PersistentToDeleted],
            (Persistent, Detached) => &[Self::PersistentToDetached],
            (Deleted, Persistent) => &[Self::DeletedToPersistent],
            (Deleted, Detached) => &[Self::DeletedToDetached],
            _ => &[],
        }
    }
}

/// Whether a hook of states was ever registered: transitions are noted only then.
static STATES: AtomicBool = AtomicBool::new(false);

pub(super) fn note_states(hooks: &HookSet) {
    if hooks.concerns_states() {
        STATES.store(true, Ordering::Relaxed);
    }
}

/// Whether a hook of states was ever registered.
#[inline]
pub(crate) fn state_hooks_anywhere() -> bool {
    STATES.load(Ordering::Relaxed)
}

macro_rules! state_hooks {
    ($($(#[$doc:meta])* $name:ident: $event:ident;)*) => {$(
        $(#[$doc])*
        #[must_use]
        pub fn $name(mut self, hook: impl Fn(&AnyObj) + Send + Sync + 'static) -> Self {
            self.0.states.entry(Lifecycle::$event).or_default().push(Arc::new(hook));
            self
        }
    )*};
}

/// Hooks of states are told of each transition once, in the order in which they happened, when the
/// object is in its new state: at the end of the session's method that brought it about. What links
/// bring into a session or out of it is told by the session's next method that adds, deletes, flushes or
/// ends a transaction. They are hooks of sessions: of any entity's objects.
///
/// ```
/// use aludel_orm::events::Hooks;
///
/// let hooks = Hooks::new()
///     .pending_to_persistent(|object| println!("{object:?} has a row"))
///     .deleted_to_detached(|object| println!("{object:?} is gone for good"));
/// ```
impl Hooks {
    state_hooks! {
        /// When an object has come into a session by the program: just before
        /// [`transient_to_pending`](Self::transient_to_pending) or
        /// [`detached_to_persistent`](Self::detached_to_persistent).
        after_attach: Attach;
        /// When an object was added, by itself or by a cascade.
        transient_to_pending: TransientToPending;
        /// When an object left the session before a flush inserted it: by `expunge`, an owner that let
        /// go of it, or a rollback.
        pending_to_transient: PendingToTransient;
        /// When a flush has inserted an object.
        pending_to_persistent: PendingToPersistent;
        /// When an object has come into the session from its row; behind
        /// [`on_load`](Self::on_load).
        loaded_as_persistent: LoadedAsPersistent;
        /// When a detached object was added.
        detached_to_persistent: DetachedToPersistent;
        /// When a rollback has taken back an object's INSERT.
        persistent_to_transient: PersistentToTransient;
        /// When a flush, or a `delete` statement, has deleted an object's row.
        persistent_to_deleted: PersistentToDeleted;
        /// When an object left the session that has a row: by `expunge`, or the session's `close`.
        persistent_to_detached: PersistentToDetached;
        /// When a rollback has taken back an object's DELETE.
        deleted_to_persistent: DeletedToPersistent;
        /// When a DELETE was committed; behind [`after_commit`](Self::after_commit).
        deleted_to_detached: DeletedToDetached;
    }
}

impl Core {
    /// Notes an object's new state for hooks.
    #[inline]
    pub(crate) fn note_move(&self, object: Ref, from: State, to: State) {
        if state_hooks_anywhere() {
            self.ledger(|it| it.moved(object, from, to));
        }
    }

    /// Tells hooks what became of objects since they were last told.
    #[inline]
    pub(crate) fn announce_states(&mut self) {
        if state_hooks_anywhere() {
            self.tell_states();
        }
    }

    #[cold]
    fn tell_states(&mut self) {
        let all = hooks_of(self);
        loop {
            // A hook may link objects, and so bring about more.
            let moves = self.ledger(|it| std::mem::take(&mut it.moves));
            if moves.is_empty() {
                return;
            }
            for Move { object, from, to } in moves {
                let of = |event: &Lifecycle| all.iter().any(|it| !it.of_states(*event).is_empty());
                let events = Lifecycle::of(from, to);
                if !events.iter().any(of) {
                    continue;
                }
                for object in any_objects(Graph::root(&self.graph), &[object]) {
                    let hooks = events.iter().flat_map(|event| all.iter().map(|it| (it, *event)));
                    hooks.flat_map(|(it, event)| it.of_states(event)).for_each(|it| it(&object));
                }
            }
        }
    }
}

//! [`Hooks`]: what to call when, as a value.

use std::{collections::HashMap, sync::Arc};

use super::{
    HookContext, HookResult,
    execute::ExecuteHook,
    states::{Lifecycle, StateHook},
};
use crate::{
    mapping::{EntityConst, Mapped, Mapper},
    object::{AnyObj, Obj},
};

/// An event of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum SessionEvent {
    BeforeFlush,
    AfterFlush,
    AfterFlushPostexec,
    BeforeCommit,
    AfterCommit,
    AfterRollback,
    AfterSoftRollback,
    AfterBegin,
}

/// An event of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum RowEvent {
    BeforeInsert,
    AfterInsert,
    BeforeUpdate,
    AfterUpdate,
    BeforeDelete,
    AfterDelete,
}

/// An event of an object that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum LoadEvent {
    Load,
    Refresh,
}

impl SessionEvent {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::BeforeFlush => "before_flush",
            Self::AfterFlush => "after_flush",
            Self::AfterFlushPostexec => "after_flush_postexec",
            Self::BeforeCommit => "before_commit",
            Self::AfterCommit => "after_commit",
            Self::AfterRollback => "after_rollback",
            Self::AfterSoftRollback => "after_soft_rollback",
            Self::AfterBegin => "after_begin",
        }
    }
}

impl RowEvent {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::BeforeInsert => "before_insert",
            Self::AfterInsert => "after_insert",
            Self::BeforeUpdate => "before_update",
            Self::AfterUpdate => "after_update",
            Self::BeforeDelete => "before_delete",
            Self::AfterDelete => "after_delete",
        }
    }

    /// Whether it is called once statements were sent.
    const fn is_after(self) -> bool {
        matches!(self, Self::AfterInsert | Self::AfterUpdate | Self::AfterDelete)
    }
}

pub(crate) type SessionHook = Arc<dyn Fn(&mut HookContext<'_>) -> HookResult + Send + Sync>;
pub(crate) type RowHook = Arc<dyn Fn(&AnyObj, &mut HookContext<'_>) -> HookResult + Send + Sync>;

pub(crate) type LoadHook = Arc<dyn Fn(&AnyObj) + Send + Sync>;

/// Hooks by event.
#[derive(Clone, Default)]
pub(crate) struct HookSet {
    session: HashMap<SessionEvent, Vec<SessionHook>>,
    rows: HashMap<(RowEvent, u32), Vec<RowHook>>,
    loads: HashMap<(LoadEvent, u32), Vec<LoadHook>>,
    pub(super) states: HashMap<Lifecycle, Vec<StateHook>>,
    pub(super) executes: Vec<ExecuteHook>,
}

impl HookSet {
    pub(crate) fn of_session(&self, event: SessionEvent) -> &[SessionHook] {
        self.session.get(&event).map(Vec::as_slice).unwrap_or_default()
    }

    pub(crate) fn of_rows(&self, event: RowEvent, mapper: u32) -> &[RowHook] {
        self.rows.get(&(event, mapper)).map(Vec::as_slice).unwrap_or_default()
    }

    pub(crate) fn of_loads(&self, event: LoadEvent, mapper: u32) -> &[LoadHook] {
        self.loads.get(&(event, mapper)).map(Vec::as_slice).unwrap_or_default()
    }

    pub(crate) fn of_states(&self, event: Lifecycle) -> &[StateHook] {
        self.states.get(&event).map(Vec::as_slice).unwrap_or_default()
    }

    /// Whether a flush calls any of them.
    pub(crate) fn concerns_flush(&self) -> bool {
        use SessionEvent::{AfterFlush, AfterFlushPostexec, BeforeFlush};
        let session = [BeforeFlush, AfterFlush, AfterFlushPostexec];
        session.iter().any(|it| self.session.contains_key(it)) || !self.rows.is_empty()
    }

    /// Whether a flush calls any of them once its statements were sent.
    pub(crate) fn follows_flush(&self) -> bool {
        self.session.contains_key(&SessionEvent::AfterFlush)
            || self.session.contains_key(&SessionEvent::AfterFlushPostexec)
            || self.rows.keys().any(|it| it.0.is_after())
    }

    /// Whether a load calls any of them.
    pub(crate) fn concerns_loads(&self) -> bool {
        !self.loads.is_empty() || self.states.contains_key(&Lifecycle::LoadedAsPersistent)
    }

    /// Whether a transition from one state to another calls any of them.
    pub(crate) fn concerns_states(&self) -> bool {
        !self.states.is_empty()
    }

    /// Those of one mapper's objects.
    pub(crate) fn of_mapper(mut self, mapper: u32) -> Self {
        self.session.clear();
        self.states.clear();
        self.executes.clear();
        self.rows.retain(|it, _| it.1 == mapper);
        self.loads.retain(|it, _| it.1 == mapper);
        self
    }

    /// Adds others behind these.
    pub(crate) fn add(&mut self, other: Self) {
        for (event, hooks) in other.session {
            self.session.entry(event).or_default().extend(hooks);
        }
        for (event, hooks) in other.rows {
            self.rows.entry(event).or_default().extend(hooks);
        }
        for (event, hooks) in other.loads {
            self.loads.entry(event).or_default().extend(hooks);
        }
        self.executes.extend(other.executes);
        for (event, hooks) in other.states {
            self.states.entry(event).or_default().extend(hooks);
        }
    }
}

/// What to call when: made once, and registered for a session ([`Session::listen`]), for all sessions of
/// an engine (`engine.listen`), or for an entity wherever it is used (`inspect(User).listen`).
///
/// [`Session::listen`]: crate::session::Session::listen
///
/// ```
/// use aludel_orm::events::Hooks;
///
/// let hooks = Hooks::new()
///     .before_flush(|session| {
///         for object in session.dirty() {
///             println!("about to write {object:?}");
///         }
///         Ok(())
///     })
///     .after_commit(|_| println!("done"));
/// ```
#[derive(Clone, Default)]
pub struct Hooks(pub(super) HookSet);

impl std::fmt::Debug for Hooks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let session: Vec<_> = self.0.session.keys().map(|it| it.name()).collect();
        let rows: Vec<_> = self.0.rows.keys().map(|it| it.0.name()).collect();
        let states: Vec<_> = self.0.states.keys().map(|it| it.name()).collect();
        f.debug_struct("Hooks")
            .field("session", &session)
            .field("objects", &rows)
            .field("states", &states)
            .finish()
    }
}

macro_rules! session_hooks {
    ($($(#[$doc:meta])* $name:ident: $event:ident $(-> $result:ty)?;)*) => {$(
        $(#[$doc])*
        #[must_use]
        pub fn $name(
            mut self,
            hook: impl Fn(&mut HookContext<'_>) $(-> $result)? + Send + Sync + 'static,
        ) -> Self {
            let hook: SessionHook = Arc::new(move |it| Outcome::outcome(hook(it)));
            self.0.session.entry(SessionEvent::$event).or_default().push(hook);
            self
        }
    )*};
}

macro_rules! row_hooks {
    ($($(#[$doc:meta])* $name:ident: $event:ident;)*) => {$(
        $(#[$doc])*
        #[must_use]
        pub fn $name<C: EntityConst>(
            self,
            entity: C,
            hook: impl Fn(&Obj<C::Mapped>, &mut HookContext<'_>) -> HookResult + Send + Sync + 'static,
        ) -> Self {
            self.row(RowEvent::$event, entity, hook)
        }
    )*};
}

/// What a hook gives: nothing, or that it refuses.
trait Outcome {
    fn outcome(self) -> HookResult;
}

impl Outcome for () {
    fn outcome(self) -> HookResult {
        Ok(())
    }
}

impl Outcome for HookResult {
    fn outcome(self) -> HookResult {
        self
    }
}

impl Hooks {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    session_hooks! {
        /// Before a flush that has something to do: it may change objects, add and delete some. If it
        /// refuses, nothing is sent and nothing is rolled back.
        before_flush: BeforeFlush -> HookResult;
        /// When a flush's statements went through: the context still lists what was pending, dirty and
        /// deleted. If it refuses, the transaction is rolled back.
        after_flush: AfterFlush -> HookResult;
        /// At the very end of a flush: the session's lists are those of the next one. What it adds,
        /// `commit` flushes again, at most a hundred times. If it refuses, the transaction is rolled
        /// back.
        after_flush_postexec: AfterFlushPostexec -> HookResult;
        /// Before a commit, and its flush. If it refuses, nothing is done.
        before_commit: BeforeCommit -> HookResult;
        /// When a transaction was committed.
        after_commit: AfterCommit;
        /// When a transaction was rolled back, also by a flush that failed: objects are as before it.
        after_rollback: AfterRollback;
        /// When a transaction or a savepoint was rolled back, also by a flush that failed:
        /// [`HookContext::savepoint`] says which. It comes last, when hooks of states have been told.
        after_soft_rollback: AfterSoftRollback;
        /// When a transaction begins on the database: with the session's first statement.
        after_begin: AfterBegin;
    }

    row_hooks! {
        /// For each object that a flush is about to insert. Its columns may be changed.
        before_insert: BeforeInsert;
        /// For each object that a flush inserted; its key is there.
        after_insert: AfterInsert;
        /// For each dirty object that a flush looks at, whether an UPDATE results or not. Its columns may
        /// be changed.
        before_update: BeforeUpdate;
        /// For each dirty object that a flush looked at.
        after_update: AfterUpdate;
        /// For each object that a flush is about to delete.
        before_delete: BeforeDelete;
        /// For each object that a flush deleted.
        after_delete: AfterDelete;
    }

    /// When an object comes into a session from its row: once for each object. It is not called for
    /// objects that the program makes.
    #[must_use]
    pub fn on_load<C: EntityConst>(
        self,
        entity: C,
        hook: impl Fn(&Obj<C::Mapped>) + Send + Sync + 'static,
    ) -> Self {
        self.load(LoadEvent::Load, entity, hook)
    }

    /// When an object's row is read again into the object.
    #[must_use]
    pub fn on_refresh<C: EntityConst>(
        self,
        entity: C,
        hook: impl Fn(&Obj<C::Mapped>) + Send + Sync + 'static,
    ) -> Self {
        self.load(LoadEvent::Refresh, entity, hook)
    }

    fn load<C: EntityConst>(
        mut self,
        event: LoadEvent,
        entity: C,
        hook: impl Fn(&Obj<C::Mapped>) + Send + Sync + 'static,
    ) -> Self {
        let mapper = Mapper::of(C::Mapped::meta()).number;
        let hook: LoadHook = Arc::new(move |it| it.downcast(entity).iter().for_each(&hook));
        self.0.loads.entry((event, mapper)).or_default().push(hook);
        self
    }

    fn row<C: EntityConst>(
        mut self,
        event: RowEvent,
        entity: C,
        hook: impl Fn(&Obj<C::Mapped>, &mut HookContext<'_>) -> HookResult + Send + Sync + 'static,
    ) -> Self {
        let mapper = Mapper::of(C::Mapped::meta()).number;
        let hook: RowHook = Arc::new(move |object, context| match object.downcast(entity) {
            Some(object) => hook(&object, context),
            None => Ok(()),
        });
        self.0.rows.entry((event, mapper)).or_default().push(hook);
        self
    }
}

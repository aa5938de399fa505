//! Calls hooks: around a flush, at the ends of a transaction, and for what was loaded.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use super::{
    HookContext, HookResult, HookSet,
    attributes::{self, validate_new},
    context::Flushed,
    hooks::{LoadEvent, RowEvent, SessionEvent},
    listen::hooks_of,
    states::Lifecycle,
};
use crate::{
    Error, Result,
    error::{HookFailed, Subject},
    mapping::Mapper,
    object::{AnyObj, any_objects, graph::Graph, reference::Ref},
    session::{Savepoint, core::Core, identity::Stores},
};

/// So many flushes in one commit, and so many rounds of hooks in one flush, that do nothing but make
/// work for another.
const LIMIT: usize = 100;

/// Whether a hook of loads was ever registered: what lands is noted only then.
static LOADS: AtomicBool = AtomicBool::new(false);

pub(super) fn note_loads(hooks: &HookSet) {
    if hooks.concerns_loads() {
        LOADS.store(true, Ordering::Relaxed);
    }
}

/// Whether a hook of loads was ever registered.
#[inline]
pub(crate) fn load_hooks_anywhere() -> bool {
    LOADS.load(Ordering::Relaxed)
}

/// An object that was read, for the first time or again.
#[derive(Clone, Copy)]
pub(crate) struct Landed {
    pub(crate) object: Ref,
    pub(crate) again: bool,
}

/// The hooks of a session, and what a flush calls them for.
pub(crate) struct FlushHooks {
    all: Vec<Arc<HookSet>>,
    flushed: Flushed,
    /// By mapper, in the order of the flush.
    inserted: Vec<(&'static Mapper, AnyObj)>,
    updated: Vec<(&'static Mapper, AnyObj)>,
    deleted: Vec<(&'static Mapper, AnyObj)>,
}

fn refused(hook: &'static str, object: Option<&AnyObj>, source: super::HookError) -> Error {
    let subject = object.map(|it| {
        let key = it.identity().unwrap_or_default();
        let key = key.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        Subject { entity: it.entity(), key }
    });
    Error::Hook(Box::new(HookFailed { hook, subject, source }))
}

impl Core {
    /// The hooks that apply to this session; nothing costs where there are none.
    fn hooks(&self) -> Vec<Arc<HookSet>> {
        hooks_of(self)
    }

    fn fire(
        &mut self,
        all: &[Arc<HookSet>],
        event: SessionEvent,
        flushed: Option<&Flushed>,
        savepoint: Option<Savepoint>,
    ) -> Result<()> {
        for hook in all.iter().flat_map(|it| it.of_session(event)) {
            let result: HookResult = hook(&mut HookContext { core: self, flushed, savepoint });
            result.map_err(|it| refused(event.name(), None, it))?;
        }
        Ok(())
    }

    /// Calls hooks that can't refuse.
    pub(crate) fn announce(&mut self, event: SessionEvent) {
        self.announce_of(event, None);
    }

    /// The same, of a savepoint.
    pub(crate) fn announce_of(&mut self, event: SessionEvent, savepoint: Option<Savepoint>) {
        let all = self.hooks();
        if !all.is_empty() {
            let _ = self.fire(&all, event, None, savepoint);
        }
    }

    fn fire_rows(
        &mut self,
        all: &[Arc<HookSet>],
        event: RowEvent,
        objects: &[(&'static Mapper, AnyObj)],
    ) -> Result<()> {
        for (mapper, object) in objects {
            for hook in all.iter().flat_map(|it| it.of_rows(event, mapper.number)) {
                let result =
                    hook(object, &mut HookContext { core: self, flushed: None, savepoint: None });
                result.map_err(|it| refused(event.name(), Some(object), it))?;
            }
        }
        Ok(())
    }

    /// Calls what comes before a flush; what is to be called behind it. A hook that refuses leaves all
    /// as it is.
    pub(crate) async fn before_flush(&mut self) -> Result<Option<FlushHooks>> {
        self.announce_states();
        let all = self.hooks();
        let hooked = all.iter().any(|it| it.concerns_flush());
        if !hooked {
            if self.to_delete.is_empty() {
                validate_new(self, &mut Default::default())?;
                return Ok(None);
            }
            let queued = std::mem::take(&mut self.to_delete);
            self.delete(queued).await?;
            validate_new(self, &mut Default::default())?;
            return Ok(None);
        }
        let mut validated = std::collections::HashSet::new();
        validate_new(self, &mut validated)?;
        self.fire(&all, SessionEvent::BeforeFlush, None, None)?;
        let mut hooks = FlushHooks {
            all,
            flushed: Flushed::default(),
            inserted: Vec::new(),
            updated: Vec::new(),
            deleted: Vec::new(),
        };
        let mut seen = Seen::default();
        // What hooks add is part of this flush, too, and gets its own hooks called.
        for _ in 0..LIMIT {
            let queued = std::mem::take(&mut self.to_delete);
            self.delete(queued).await?;
            self.mark_orphans().await?;
            validate_new(self, &mut validated)?;
            let inserted = self.in_order(seen.fresh(RowEvent::BeforeInsert, self.pending()));
            let updated = self.in_order(seen.fresh(RowEvent::BeforeUpdate, self.dirty()));
            let mut deleted = self.in_order(seen.fresh(RowEvent::BeforeDelete, self.deleted()));
            deleted.reverse();
            if inserted.is_empty() && updated.is_empty() && deleted.is_empty() {
                hooks.flushed = Flushed {
                    pending: self.pending(),
                    dirty: self.dirty(),
                    deleted: self.deleted(),
                };
                return Ok(Some(hooks));
            }
            self.fire_rows(&hooks.all, RowEvent::BeforeInsert, &inserted)?;
            self.fire_rows(&hooks.all, RowEvent::BeforeUpdate, &updated)?;
            self.fire_rows(&hooks.all, RowEvent::BeforeDelete, &deleted)?;
            hooks.inserted.extend(inserted);
            hooks.updated.extend(updated);
            hooks.deleted.extend(deleted);
        }
        Err(Error::Flush("hooks of a flush add or change objects again and again".into()))
    }

    /// Calls what comes behind a flush that went through.
    pub(crate) fn after_flush(&mut self, hooks: FlushHooks) -> Result<()> {
        let FlushHooks { all, flushed, inserted, updated, deleted } = hooks;
        self.fire_rows(&all, RowEvent::AfterInsert, &inserted)?;
        self.fire_rows(&all, RowEvent::AfterUpdate, &updated)?;
        self.fire_rows(&all, RowEvent::AfterDelete, &deleted)?;
        self.fire(&all, SessionEvent::AfterFlush, Some(&flushed), None)?;
        self.announce_states();
        self.fire(&all, SessionEvent::AfterFlushPostexec, None, None)
    }

    /// Calls what comes before a commit, and flushes as long as hooks make more of it (EVT-6).
    pub(crate) async fn before_commit(&mut self) -> Result<()> {
        let all = self.hooks();
        if all.is_empty() {
            return Ok(());
        }
        self.fire(&all, SessionEvent::BeforeCommit, None, None)?;
        if !all.iter().any(|it| it.follows_flush()) {
            return Ok(());
        }
        for _ in 0..LIMIT {
            if self.is_clean() {
                return Ok(());
            }
            Box::pin(self.flush()).await?;
        }
        if self.is_clean() {
            return Ok(());
        }
        let text = "a commit flushed a hundred times, and its hooks still add or change objects";
        let error = Error::Flush(text.into());
        self.fail(&error).await;
        Err(error)
    }

    /// Whether a flush would find nothing to do.
    pub(crate) fn is_clean(&self) -> bool {
        self.to_delete.is_empty()
            && (!Graph::root(&self.graph).has_changes() || !self.ledger(|it| !it.is_clean()))
    }

    /// Whether a flush or a commit has anything to call or to delete first.
    pub(crate) fn is_hooked(&self) -> bool {
        !self.to_delete.is_empty() || attributes::any() || !self.hooks().is_empty()
    }

    /// An object was read.
    pub(crate) fn note_landed(&mut self, mapper: &'static Mapper, object: Ref, again: bool) {
        if load_hooks_anywhere() {
            self.store(mapper).landed.push(Landed { object, again });
            self.landed();
        }
    }

    /// Objects with their mappers, in the order in which a flush inserts: by table, and within one in
    /// the order given.
    fn in_order(&self, objects: Vec<Ref>) -> Vec<(&'static Mapper, AnyObj)> {
        let found = any_objects(Graph::root(&self.graph), &objects);
        let mut found: Vec<_> = found.into_iter().map(|it| (it.mapper(), it)).collect();
        found.sort_by_key(|(it, _)| (it.depth, it.group, it.meta.table));
        found
    }

    /// Calls the hooks of what was read.
    pub(crate) fn landed(&mut self) {
        if !load_hooks_anywhere() {
            return;
        }
        let all = self.hooks();
        landed(&all, &self.graph, &mut self.stores);
    }
}

/// Calls the hooks of what was read into a session's stores.
fn landed(all: &[Arc<HookSet>], graph: &Arc<Graph>, stores: &mut Stores) {
    let mut landed: Vec<Landed> =
        stores.iter_mut().flat_map(|it| std::mem::take(&mut it.landed)).collect();
    // In the order in which they came, whatever their entity.
    landed.sort_by_key(|it| it.object);
    for event in [LoadEvent::Load, LoadEvent::Refresh] {
        let which = landed.iter().filter(|it| it.again == (event == LoadEvent::Refresh));
        let mut objects: Vec<Ref> = which.map(|it| it.object).collect();
        let of_states = all.iter().flat_map(|it| it.of_states(Lifecycle::LoadedAsPersistent));
        let states: Vec<_> = of_states.filter(|_| event == LoadEvent::Load).collect();
        Graph::with(graph, |tables, _| {
            objects.retain(|it| {
                tables.meta(*it).is_some_and(|meta| {
                    let number = Mapper::of(meta).number;
                    !states.is_empty()
                        || all.iter().any(|it| !it.of_loads(event, number).is_empty())
                })
            });
        });
        for object in any_objects(Graph::root(graph), &objects) {
            let number = object.mapper().number;
            all.iter().flat_map(|it| it.of_loads(event, number)).for_each(|hook| hook(&object));
            states.iter().for_each(|hook| hook(&object));
        }
    }
}

/// For which objects hooks were called already.
#[derive(Default)]
struct Seen(std::collections::HashSet<(RowEvent, Ref)>);

impl Seen {
    fn fresh(&mut self, event: RowEvent, mut objects: Vec<Ref>) -> Vec<Ref> {
        objects.retain(|it| self.0.insert((event, *it)));
        objects
    }
}

//! Runs a flush: plan, script, and what came back.

use std::sync::Arc;

use aludel_core::{dialect::Dialect, value::Value};
use aludel_engine::{Integrity, driver::Want};
use smallvec::SmallVec;

use super::{
    FlushPlan,
    changes::Changes,
    emit::FlushWork,
    follow::{Follower, Following, Relink, Switcher},
    gather::{Gathered, Map},
    inserts::{NewObject, Ordinals, Overrides, Shape},
    plan::{FlushAction, Plan, Shared, Step},
    stale::Stale,
    switches::Switch,
};
use crate::{
    Error, Result,
    mapping::Mapper,
    object::{chunk::AnyChunk, log::Event, reference::Ref},
    session::core::Core,
};

/// What ends with a flush, if it goes through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Commit,
    /// The savepoint of this level.
    Release(usize),
}

/// Makes a plan of what was gathered.
pub(super) struct Planner {
    pub(super) gathered: Gathered,
    pub(super) dialect: &'static dyn Dialect,
    /// Whether changes are taken, rather than only looked at.
    pub(super) consume: bool,
    pub(super) plan: Plan,
    pub(super) shared: Shared,
    /// Stands for `shared` in the rows until the plan is complete.
    pub(super) placeholder: Arc<Shared>,
    pub(super) new: Vec<NewObject>,
    pub(super) shapes: Vec<Shape>,
    /// New objects by place and slot; kept only where links will ask.
    pub(super) ordinals: Ordinals,
    pub(super) overridden: Vec<Overrides>,
    /// New objects with defaults that depend on their rows, by ordinal.
    pub(super) row_defaults: Vec<u32>,
    /// New objects that take over a deleted one's row, by ordinal.
    pub(super) switches: Vec<Switch>,
    /// Objects whose columns changed that others refer to, and what these held.
    pub(super) switchers: Vec<Switcher>,
    pub(super) former: Map<Ref, SmallVec<[(u16, Value); 1]>>,
    /// By place and slot, what follows a changed key.
    pub(super) following: Map<(u32, u32), Following>,
    /// Objects whose rows follow by themselves.
    pub(super) followers: Vec<Follower>,
    /// Association rows that follow by an UPDATE.
    pub(super) relinks: Vec<Relink>,
    /// Chunks whose journal got entries, and how many.
    pub(super) journaled: Vec<(u64, u32)>,
    /// How many levels of new objects there are in the deepest group.
    pub(super) levels: u32,
    /// Objects that were read again for this flush.
    pub(super) stale: Stale,
    /// Whether the session does as SQLAlchemy.
    pub(super) as_original: bool,
}

impl Planner {
    /// Plans a flush.
    pub(super) fn plan(core: &Core, consume: bool, doomed: Vec<Ref>, stale: Stale) -> Result<Self> {
        let mut planner = Self {
            gathered: core.gather(consume, doomed),
            dialect: core.engine.dialect(),
            consume,
            plan: Plan::default(),
            shared: Shared::default(),
            placeholder: Arc::default(),
            new: Vec::new(),
            shapes: Vec::new(),
            ordinals: Ordinals::default(),
            overridden: Vec::new(),
            row_defaults: Vec::new(),
            switches: Vec::new(),
            switchers: Vec::new(),
            former: Map::default(),
            following: Map::default(),
            followers: Vec::new(),
            relinks: Vec::new(),
            journaled: Vec::new(),
            levels: 1,
            stale,
            as_original: core.options.sqlalchemy,
        };
        let dirty = if consume { planner.gathered.dirty.clone() } else { Vec::new() };
        let Err(error) = planner.fill(core) else { return Ok(planner) };
        // What was taken goes back, so that the rollback finds it.
        let journaled = planner.journaled.into_iter();
        let journaled = journaled.map(|(chunk, count)| Event::Value { chunk, count });
        core.ledger(|it| {
            it.dirty.extend(dirty);
            it.record(journaled);
        });
        Err(error)
    }

    /// Makes the steps.
    fn fill(&mut self, core: &Core) -> Result<()> {
        let planner = self;
        planner.shared.chunks = std::mem::take(&mut planner.gathered.chunks);
        planner.shape_new_objects()?;
        planner.level_new_objects()?;
        let by_object =
            !planner.gathered.references.is_empty() || !planner.gathered.assigned.is_empty();
        let mut changes = Changes::new(by_object);
        planner.place_changes(&mut changes)?;
        planner.place_assigned(&mut changes)?;
        planner.follow(core, &mut changes)?;
        let later = planner.place_references(&mut changes)?;
        planner.follow(core, &mut changes)?;
        planner.switch_rows(&mut changes)?;
        planner.place_post_updates(&mut changes, later);
        planner.set_on_update(&mut changes);
        planner.insert_steps()?;
        planner.update_steps(changes)?;
        planner.association_steps()?;
        planner.delete_steps()?;
        planner.plan.steps.sort_by_key(|it| it.wave);
        planner.number_waves();
        if planner.count() == Want::Nothing {
            planner.warn_of_versions();
        }
        Ok(())
    }

    /// Rows are to be written in the version that was read, and nobody can tell whether they are (VER-11).
    #[cold]
    fn warn_of_versions(&self) {
        let written = |it: &&Step| matches!(it.action, FlushAction::Update | FlushAction::Delete);
        for step in self.plan.steps.iter().filter(written) {
            if step.mapper.version.is_some() {
                step.mapper.unchecked.call_once(|| {
                    let (entity, database) = (step.mapper.entity(), self.dialect.name());
                    tracing::warn!(
                        target: "aludel::flush", entity, database,
                        "versions are not checked: the database doesn't say how many rows were met"
                    );
                });
            }
        }
    }

    /// The place of a chunk in `shared.chunks`.
    pub(super) fn place(&self, id: u64) -> Option<u32> {
        self.gathered.places.get(&id).copied()
    }

    /// Takes a chunk into the plan.
    pub(super) fn include(&mut self, chunk: &Arc<dyn AnyChunk>) {
        let next = self.shared.chunks.len() as u32;
        if *self.gathered.places.entry(chunk.head().id).or_insert(next) == next {
            self.shared.chunks.push(chunk.clone());
        }
    }

    /// A chunk of the plan.
    pub(super) fn chunk(&self, id: u64) -> Option<Arc<dyn AnyChunk>> {
        Some(self.shared.chunks[self.place(id)? as usize].clone())
    }

    /// The wave of a mapper's rows at a level: UPDATEs (part 0), INSERTs (1), what the database filled in (2),
    /// then UPDATEs that wait for them (4).
    pub(super) fn wave(&self, mapper: &Mapper, level: u32, part: u32) -> u32 {
        // Waves are numbered anew at the end; here they only have to be in order. A group's levels
        // lie between its depth and the next.
        (mapper.depth * (self.levels + 1) + level) * 6 + part
    }

    /// The wave behind all so far.
    pub(super) fn next_wave(&self) -> u32 {
        (self.plan.steps.iter().map(|it| it.wave).max().unwrap_or(0) / 6 + 1) * 6
    }

    /// Numbers the waves from 1. UPDATEs go with the INSERTs behind them, in this order (UOW-10).
    fn number_waves(&mut self) {
        let mut number = 0;
        let mut last = None;
        for step in &mut self.plan.steps {
            let wave = step.wave / 2;
            if last != Some(wave) {
                last = Some(wave);
                number += 1;
            }
            step.wave = number;
        }
    }
}

impl Core {
    /// What a flush would do now.
    pub(crate) fn flush_plan(&self) -> Result<FlushPlan> {
        self.check()?;
        if let Some(problem) = self.ledger(|it| it.problem.as_ref().map(Error::foretold)) {
            let about = self.ledger(|it| it.about);
            return Err(match about {
                Some(about) => problem.with_subject(self.subject(about)),
                None => problem,
            });
        }
        self.check_joined()?;
        let mut plan =
            FlushPlan::new(&Planner::plan(self, false, self.doomed(), Stale::default())?.plan);
        let loads = self.planned_loads()?;
        if !loads.is_empty() {
            plan.steps.iter_mut().for_each(|it| it.wave += 1);
            plan.steps.splice(0..0, loads);
        }
        Ok(plan)
    }

    /// Writes what changed.
    pub(crate) async fn flush(&mut self) -> Result<()> {
        self.settle().await;
        if self.options.sqlalchemy && self.failed.is_some() && self.has_nothing_to_write() {
            return Ok(());
        }
        self.check()?;
        if !self.is_clean() {
            if self.options.sqlalchemy && self.forget_strangers() {
                return Ok(());
            }
            self.transaction.entered = true;
            self.connect().await?;
            self.write(None).await?;
        }
        Ok(())
    }

    /// There, who changes detached objects alone begins nothing.
    #[cold]
    fn forget_strangers(&mut self) -> bool {
        let is_idle = !self.in_transaction_but_for_changes() && self.has_nothing_to_write();
        is_idle
            && self.ledger(|it| {
                let alone = it.links == 0 && it.joined.is_empty() && it.assigned.is_empty();
                if alone {
                    it.dirty.clear();
                }
                alone
            })
    }

    /// Whether no object is to be written any more, whatever changed and was taken back.
    pub(crate) fn has_nothing_to_write(&self) -> bool {
        let lists = [Self::pending, Self::dirty, Self::deleted];
        let taken_back = || lists.iter().all(|list| list(self).is_empty());
        let is_told = self.to_delete.is_empty() && self.ledger(|it| it.problem.is_none());
        self.is_clean() || is_told && taken_back()
    }

    /// Writes what changed and ends the transaction, in one unit of work.
    pub(crate) async fn commit(&mut self) -> Result<()> {
        if self.is_hooked() && !self.transaction.prepared {
            self.settle().await;
            self.check()?;
            Box::pin(self.before_commit()).await?;
        }
        if self.options.twophase {
            self.prepare().await?;
        }
        self.settle().await;
        if !self.transaction.prepared {
            self.check()?;
        }
        if !self.transaction.levels.is_empty() && !self.transaction.prepared {
            // What fails here is the innermost savepoint's; what fails below is the transaction's.
            self.flush().await?;
        }
        // In one step: what another thread links from now on is the next transaction's.
        let is_clean = self.ledger(|it| {
            let is_clean = it.is_clean();
            it.flushed = if is_clean { it.log.len() } else { it.flushed };
            is_clean
        });
        if !is_clean {
            self.connect().await?;
            self.write(Some(End::Commit)).await?;
        } else if let Err(error) = self.commit_database().await {
            if !self.transaction.prepared {
                self.fail_all(&error).await;
            }
            return Err(error);
        }
        self.connection = None;
        self.committed();
        Ok(())
    }

    pub(crate) async fn write(&mut self, end: Option<End>) -> Result<()> {
        // An object that is borrowed mutably is refused before anything is taken.
        self.check_borrows()?;
        let mut hooks = None;
        if self.is_hooked() {
            match Box::pin(self.before_flush()).await {
                Ok(found) => hooks = found,
                // A hook that refuses leaves all as it is.
                Err(error @ (Error::Hook(_) | Error::Flush(_))) => return Err(error),
                Err(error) => {
                    self.fail(&error).await;
                    return Err(error);
                }
            }
        }
        let mut result = self.try_write(end).await;
        if let (Some(hooks), Ok(())) = (hooks, &result) {
            result = self.after_flush(hooks);
        }
        self.announce_states();
        if let Err(error) = &result {
            self.fail(error).await;
        }
        result
    }

    fn check_borrows(&self) -> Result<()> {
        // A guard of another thread is waited for; only one of this thread would be for ever.
        if !crate::object::is_guarding() {
            return Ok(());
        }
        let (dirty, pending) = self.ledger(|it| (it.dirty.clone(), it.pending.clone()));
        for id in dirty {
            if let Some(chunk) = self.chunk(Ref::new(id, 0)) {
                chunk.check()?;
            }
        }
        let mut last: Option<Arc<dyn AnyChunk>> = None;
        for at in pending {
            if last.as_ref().is_none_or(|it| it.head().id != at.chunk()) {
                last = self.chunk(at);
            }
            // Its key will be written.
            if let Some(chunk) = &last {
                chunk.write(at.slot(), &mut |_| ())?;
            }
        }
        Ok(())
    }

    /// Marks orphans for deletion, with all that their delete cascades reach.
    pub(crate) async fn mark_orphans(&mut self) -> Result<()> {
        if self.options.sqlalchemy {
            let id = self.id;
            self.tables(|it| it.drop_outside(id));
        }
        loop {
            let orphans = self.orphans();
            if orphans.is_empty() {
                return Ok(());
            }
            self.delete(orphans).await?;
        }
    }

    async fn try_write(&mut self, end: Option<End>) -> Result<()> {
        // What the last unit left behind, and nobody holds by now.
        self.sweep(false);
        self.enter_joined()?;
        if let Some(problem) = self.ledger(|it| it.problem.take()) {
            let about = self.ledger(|it| it.about.take());
            return Err(match about {
                Some(about) => problem.with_subject(self.subject(about)),
                None => problem,
            });
        }
        self.load_replaced().await?;
        self.number_lists().await?;
        self.mark_orphans().await?;
        self.load_marked().await?;
        self.load_followers().await?;
        let stale = self.load_stale().await?;
        self.recall_marked(&stale)?;
        self.drop_gone().await?;
        let altered = self.altered();
        let planner = Planner::plan(self, true, Vec::new(), stale)?;
        let opening = if planner.plan.steps.is_empty() { Vec::new() } else { self.opening(true) };
        let ends = end == Some(End::Commit);
        // A savepoint that the database doesn't know of needs no end.
        let end = end.filter(|it| match it {
            End::Commit => self.transaction.begun.is_some(),
            End::Release(level) => self.is_begun(*level),
        });
        let work = FlushWork::new(planner, opening, end);
        self.taken(&work);
        if !altered.is_empty() {
            let altered = altered.into_iter().map(|owner| Event::Flagged { owner });
            self.ledger(|it| it.record(altered));
        }
        if work.is_empty() {
            if self.transaction.begun.is_none() {
                self.connection = None;
            }
            self.finish_flush(work);
            return Ok(());
        }
        if !work.plan.steps.is_empty() {
            self.wrote();
        }
        let work = self.run(work, |core, work| core.apply_settled(work)).await;
        let work = work.map_err(|error| {
            let error = self.name_entity(error);
            if error.integrity() == Some(Integrity::Unique) {
                self.warn_of_twins();
            }
            error
        })?;
        self.finish_flush(work);
        if ends {
            self.transaction.begun = None;
        }
        Ok(())
    }

    /// A constraint's error learns which entity the table is.
    fn name_entity(&self, error: Error) -> Error {
        match error {
            Error::Integrity(mut error) => {
                let registry = crate::mapping::Linked::global();
                let table = error.table.as_deref();
                let found = registry.entities().iter().find(|it| Some(it.table.name) == table);
                error.entity = found.map(|it| it.name);
                Error::Integrity(error)
            }
            other => other,
        }
    }
}

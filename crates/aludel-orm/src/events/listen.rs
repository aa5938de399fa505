//! Where hooks are registered: a session, an engine, a mapper.

use std::sync::{
    Arc, OnceLock, PoisonError, RwLock,
    atomic::{AtomicBool, Ordering},
};

use aludel_engine::{EngineCore, EngineFace};

use super::{HookSet, Hooks, execute::note_executes, fire::note_loads, states::note_states};
use crate::{
    mapping::Mapper,
    session::{Session, core::Core},
};

/// A place for hooks: replaced as a whole, so that none is held while they run.
#[derive(Default)]
pub(super) struct Shelf(RwLock<Arc<HookSet>>);

impl Shelf {
    fn add(&self, hooks: HookSet) {
        let mut place = self.0.write().unwrap_or_else(PoisonError::into_inner);
        Arc::make_mut(&mut place).add(hooks);
    }

    pub(super) fn get(&self) -> Arc<HookSet> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Hooks of mappers: of all sessions.
static MAPPERS: OnceLock<Shelf> = OnceLock::new();
static ANY_MAPPER: AtomicBool = AtomicBool::new(false);

/// The hooks that apply to a session, in the order in which they are called; nothing where there are
/// none.
pub(crate) fn hooks_of(core: &Core) -> Vec<Arc<HookSet>> {
    let mut all = Vec::new();
    if ANY_MAPPER.load(Ordering::Relaxed) {
        all.extend(MAPPERS.get().map(Shelf::get));
    }
    all.extend(of_engine(&core.engine).map(Shelf::get));
    all.extend(core.hooks.clone());
    all
}

fn of_engine(engine: &EngineCore) -> Option<&Shelf> {
    engine.extension().get()?.downcast_ref::<Shelf>()
}

/// What is noted for hooks alone is noted from now on.
fn note(hooks: &HookSet) {
    note_loads(hooks);
    note_states(hooks);
    note_executes(hooks);
}

/// Hooks for all sessions of an engine.
pub trait ListenEngine {
    /// Registers hooks for all sessions of the engine, those that are there already included.
    fn listen(&self, hooks: Hooks);
}

impl<F: EngineFace> ListenEngine for F {
    fn listen(&self, hooks: Hooks) {
        let engine = self.core();
        note(&hooks.0);
        engine.extension().get_or_init(|| Box::new(Shelf::default()));
        if let Some(shelf) = of_engine(engine) {
            shelf.add(hooks.0);
        }
    }
}

/// Hooks for an entity in all sessions of the program.
pub trait ListenMapper {
    /// Registers hooks of this entity's objects for the program's whole life, and all its sessions.
    /// Hooks of sessions and of other entities are none of a mapper's, and are left out.
    fn listen(&self, hooks: Hooks);
}

impl ListenMapper for Mapper {
    fn listen(&self, hooks: Hooks) {
        note(&hooks.0);
        let of_this = hooks.0.of_mapper(self.number);
        MAPPERS.get_or_init(Shelf::default).add(of_this);
        ANY_MAPPER.store(true, Ordering::Relaxed);
    }
}

impl<F: EngineFace> Session<F> {
    /// Registers hooks for this session.
    ///
    /// ```
    /// # use aludel_orm::{events::Hooks, session::Session};
    /// # fn example<F: aludel_engine::EngineFace>(session: &mut Session<F>) {
    /// session.listen(Hooks::new().after_commit(|_| println!("done")));
    /// # }
    /// ```
    pub fn listen(&mut self, hooks: Hooks) {
        note(&hooks.0);
        let own = self.core().hooks.get_or_insert_default();
        Arc::make_mut(own).add(hooks.0);
    }
}

//! `.load()` and `.load_one()` on an object's relationship.

use aludel_engine::EngineFace;

use crate::{
    Error, Result,
    mapping::{Mapped, Relation, Strategy},
    object::{
        ManyAccess, Obj, OneAccess, Raw, SetAccess,
        access::{attribute, handles, relation},
        graph::{Graph, Tables},
        later::Later,
        reference::Ref,
        state::State,
    },
    session::{Session, core::Core},
};

/// Loads a relationship of an object where it isn't loaded, and gives its cells.
async fn load<E: Mapped>(
    core: &mut Core,
    owner: Raw<E>,
    index: u16,
    siblings: bool,
) -> Result<Vec<u64>> {
    let relation = relation::<E>(index);
    let object = Obj::from_raw(owner);
    if !is_known(&object, relation) {
        let at = match core.own(&object) {
            // There, what the query said that loaded it comes first.
            Err(Error::Detached(_))
                if core.options.sqlalchemy && is_forbidden(&object, relation) =>
            {
                return Err(Error::RaiseLoad(attribute::<E>(index)));
            }
            at => at?,
        };
        // What is expired as a whole forgot what the query said that loaded it (LOAD-20).
        let expired = core.tables(|it| it.is_expired(at));
        let said = || core.tables(|tables| tables.later(at, relation.index));
        let later = (!expired).then(said).flatten().or(match relation.strategy {
            Strategy::Raise => Some(Later::Forbidden),
            Strategy::RaiseOnSql => Some(Later::WithoutSql),
            _ => None,
        });
        let refused = || Err(Error::RaiseLoad(attribute::<E>(index)));
        if later == Some(Later::Forbidden) {
            return refused();
        }
        if core.fill_held(relation, at)? {
            return Ok(cells(&object, relation));
        }
        if later == Some(Later::WithoutSql) {
            return refused();
        }
        core.before_query(None).await?;
        // Its row is gone by the flush: the original asks all the same, and finds none.
        let is_deleted = |it: &Tables| it.flags(at).state() == State::Deleted;
        if core.options.sqlalchemy && relation.many && core.tables(|it| is_deleted(it)) {
            core.tables(|it| {
                it.forget_cells(core.id, at, &[index]);
                it.fill(relation, at, &[]);
            });
        }
        // Nor did the flush say there what it refers to, whose members it read to let go of them.
        if core.options.sqlalchemy && !relation.many {
            core.tables(|it| {
                let found = Ref::from_cell(it.one(at, index));
                if found.is_some_and(|found| it.flags(found).state() == State::Deleted) {
                    it.forget_cells(core.id, at, &[index]);
                }
            });
        }
        // What it refers to, and whether it is there at all, its row says.
        if (expired || core.is_key_unknown(relation, at)) && !core.is_assigned(relation, at) {
            core.freshen(at).await?;
        }
        #[cfg(debug_assertions)]
        if let (false, Some(chunk)) = (siblings, core.chunk(at)) {
            core.repeats.load_one(core.called_at, relation, chunk.head().batch);
        }
        core.load_members(relation, &[at], siblings).await?;
        core.sweep(false);
    }
    Ok(cells(&object, relation))
}

/// What an object's own graph knows, whether or not it is this session's.
fn is_known<E: Mapped>(object: &Obj<E>, relation: &Relation) -> bool {
    let raw = object.raw();
    match raw.graph() {
        None => raw.flags().state() == State::Transient,
        Some(graph) => Graph::with(graph, |it, _| it.is_loaded(raw.reference(), relation)),
    }
}

/// Whether the query that loaded an object forbids to load a relationship later.
fn is_forbidden<E: Mapped>(object: &Obj<E>, relation: &Relation) -> bool {
    let raw = object.raw();
    let later = |graph| Graph::with(graph, |it, _| it.later(raw.reference(), relation.index));
    raw.graph().is_some_and(|it| later(it) == Some(Later::Forbidden))
}

fn cells<E: Mapped>(object: &Obj<E>, relation: &Relation) -> Vec<u64> {
    let raw = object.raw();
    let Some(graph) = raw.graph() else { return Vec::new() };
    Graph::with(graph, |tables, _| {
        if relation.many {
            tables.members(raw.reference(), relation.index).unwrap_or_default()
        } else {
            vec![tables.one(raw.reference(), relation.index)]
        }
    })
}

pub(super) async fn load_many<E: Mapped, R: Mapped>(
    core: &mut Core,
    owner: Raw<E>,
    index: u16,
    siblings: bool,
) -> Result<Vec<Obj<R>>> {
    let cells = load(core, owner.clone(), index, siblings).await?;
    Ok(owner.graph().map(|it| handles(it, &cells)).unwrap_or_default())
}

impl<'a, E: Mapped, R: Mapped> ManyAccess<'a, E, R> {
    /// The members, loaded if need be: for this object and all that came with it from the same
    /// result, in one query for each 500 of them. What is loaded already needs no query.
    ///
    /// # Errors
    /// The object is in no session or in another ([`Error::Detached`], [`Error::OtherSession`]), a
    /// `raiseload` forbids it, or the database refuses.
    #[track_caller]
    pub fn load<'s, F: EngineFace>(
        self,
        session: &'s mut Session<F>,
    ) -> F::Out<impl Future<Output = Result<Vec<Obj<R>>>> + Send + use<'s, E, R, F>> {
        session.core().called();
        F::run(load_many(session.core(), self.owner.clone(), self.index, true))
    }

    /// As [`ManyAccess::load`], for this object alone.
    ///
    /// # Errors
    /// As [`ManyAccess::load`].
    #[track_caller]
    pub fn load_one<'s, F: EngineFace>(
        self,
        session: &'s mut Session<F>,
    ) -> F::Out<impl Future<Output = Result<Vec<Obj<R>>>> + Send + use<'s, E, R, F>> {
        session.core().called();
        F::run(load_many(session.core(), self.owner.clone(), self.index, false))
    }
}

impl<'a, E: Mapped, R: Mapped> SetAccess<'a, E, R> {
    /// As [`ManyAccess::load`].
    ///
    /// # Errors
    /// As [`ManyAccess::load`].
    #[track_caller]
    pub fn load<'s, F: EngineFace>(
        self,
        session: &'s mut Session<F>,
    ) -> F::Out<impl Future<Output = Result<Vec<Obj<R>>>> + Send + use<'s, E, R, F>> {
        self.members.load(session)
    }

    /// As [`SetAccess::load`], for this object alone.
    ///
    /// # Errors
    /// As [`ManyAccess::load`].
    #[track_caller]
    pub fn load_one<'s, F: EngineFace>(
        self,
        session: &'s mut Session<F>,
    ) -> F::Out<impl Future<Output = Result<Vec<Obj<R>>>> + Send + use<'s, E, R, F>> {
        self.members.load_one(session)
    }
}

impl<'a, E: Mapped, R: Mapped> OneAccess<'a, E, R> {
    /// The object at the other end, loaded if need be: for this object and all that came with it
    /// from the same result. One that the session holds needs no query.
    ///
    /// # Errors
    /// As [`ManyAccess::load`].
    #[track_caller]
    pub fn load<'s, F: EngineFace>(
        self,
        session: &'s mut Session<F>,
    ) -> F::Out<impl Future<Output = Result<Option<Obj<R>>>> + Send + use<'s, E, R, F>> {
        let owner = self.owner.clone();
        let index = self.index;
        session.core().called();
        F::run(async move { Ok(load_many(session.core(), owner, index, true).await?.pop()) })
    }

    /// As [`OneAccess::load`], for this object alone.
    ///
    /// # Errors
    /// As [`ManyAccess::load`].
    #[track_caller]
    pub fn load_one<'s, F: EngineFace>(
        self,
        session: &'s mut Session<F>,
    ) -> F::Out<impl Future<Output = Result<Option<Obj<R>>>> + Send + use<'s, E, R, F>> {
        let owner = self.owner.clone();
        let index = self.index;
        session.core().called();
        F::run(async move { Ok(load_many(session.core(), owner, index, false).await?.pop()) })
    }
}

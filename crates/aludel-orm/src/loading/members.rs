//! Loads a relationship for many owners in one unit of work, and links them in the task.

use std::{any::Any, sync::Arc};

use aludel_core::value::Columns as Row;
use aludel_engine::{
    Result as EngineResult,
    driver::{Flow, Step, Work},
};

use super::{
    eager::{Eager, Parts},
    fetch::{Fetch, Key, range},
    fill::warn_of_several,
    wishes::Wish,
};
use crate::{
    Result,
    events::Executes,
    mapping::{Direction, Mapped, Mapper, Relation},
    object::{
        Obj,
        chunk::{Fields, next_id},
        cohort::{AnyCohort, Landing},
        graph::Tables,
        later::Later,
        reference::Ref,
        state::{Flags, State},
    },
    session::core::Core,
};

/// Owners, each with the place of its key.
type Places = Vec<(Ref, Option<u32>)>;

/// The script of a relationship's load.
struct LoadWork {
    opening: Vec<Step>,
    steps: Vec<Step>,
    fetch: Fetch,
}

impl Work for LoadWork {
    fn wave(&mut self, out: &mut Vec<Step>) -> EngineResult<Flow> {
        out.append(&mut self.opening);
        out.append(&mut self.steps);
        Ok(if out.is_empty() { Flow::Done } else { Flow::More })
    }

    fn row(&mut self, _: usize, row: &dyn Row) -> EngineResult<()> {
        self.fetch.row(row).map(drop)
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any + Send> {
        self
    }
}

/// The script of a relationship's load, where more is loaded with its members.
struct MembersWork {
    opening: Vec<Step>,
    before: usize,
    begun: bool,
    eager: Eager,
}

impl Work for MembersWork {
    fn wave(&mut self, out: &mut Vec<Step>) -> EngineResult<Flow> {
        out.append(&mut self.opening);
        self.before = out.len();
        if std::mem::replace(&mut self.begun, true) {
            self.eager.next(&mut NoParts, out).map_err(aludel_engine::Error::from)?;
        } else {
            self.eager.first(out).map_err(aludel_engine::Error::from)?;
        }
        Ok(if out.is_empty() { Flow::Done } else { Flow::More })
    }

    fn row(&mut self, step: usize, row: &dyn Row) -> EngineResult<()> {
        self.eager.row(step - self.before, row)
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any + Send> {
        self
    }
}

/// No result of a query: the owners are in the session already.
struct NoParts;

impl Parts for NoParts {
    fn parts(&mut self, _: &mut dyn FnMut(&mut dyn Any)) {}
}

/// By which key a many-to-one is filled, and with which target.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum FillBy {
    /// The key that is set, and a target that isn't expired.
    Key,
    /// The key that is set, and any target.
    KeyOfExpired,
    /// The key that the row has, whatever it is set to, and a target that isn't expired.
    RowsKey,
}

impl Core {
    /// Loads a relationship for these owners, where it isn't loaded; for their siblings, too, if
    /// asked to.
    pub(crate) async fn load_members(
        &mut self,
        relation: &'static Relation,
        owners: &[Ref],
        siblings: bool,
    ) -> Result<()> {
        self.load_members_of(relation, owners, siblings, false, None).await
    }

    /// Loads a relationship for these owners, with all that was wished for with it.
    pub(super) async fn load_wish(&mut self, wish: Wish, owners: &[Ref]) -> Result<()> {
        self.load_members_of(wish.relation, owners, false, false, Some(wish)).await
    }

    /// Loads a relationship by what the owners' rows hold, whatever was changed since (UOW-40).
    pub(crate) async fn load_committed(
        &mut self,
        relation: &'static Relation,
        owners: &[Ref],
    ) -> Result<()> {
        self.load_members_of(relation, owners, false, true, None).await
    }

    async fn load_members_of(
        &mut self,
        relation: &'static Relation,
        owners: &[Ref],
        siblings: bool,
        committed: bool,
        wish: Option<Wish>,
    ) -> Result<()> {
        let owners = self.unloaded(relation, owners, siblings);
        if owners.is_empty() {
            return Ok(());
        }
        Mapper::checked(relation.owner)?;
        Mapper::checked(relation.target)?;
        let mut fetch = Fetch::new(relation);
        let mut keyed = Vec::with_capacity(owners.len());
        for at in owners {
            let Some(chunk) = self.chunk(at) else { continue };
            let mut key = None;
            let see = &mut |fields: &dyn Fields| key = fetch.key(fields);
            if committed {
                chunk.loaded(at.slot(), see)?
            } else {
                chunk.with(at.slot(), see)?
            }
            keyed.push((at, key));
        }
        let (held, wanted) = self.sort_out(&mut fetch, keyed);
        let dialect = self.engine.dialect();
        let planned = match wish {
            _ if committed || fetch.is_empty() => None,
            Some(wish) => Some(Eager::with_wish(wish, dialect)?),
            None => Eager::with_members(relation, dialect)?,
        };
        match planned {
            None => {
                self.read_fetch(&mut fetch).await?;
                self.tables(|it| fetch.link(it, &wanted));
            }
            Some(eager) => {
                let mut eager = eager.seen_by(self.executes());
                eager.begin_with(fetch, wanted.iter().map(|it| it.1));
                let opening = self.open(false).await?;
                let work = MembersWork { opening, before: 0, begun: false, eager };
                let mut eager = self.run(work, |_, _| ()).await?.eager;
                let owners = wanted.iter().map(|it| Some(it.0)).collect();
                eager.finish_for(self, &[owners])?;
            }
        }
        self.tables(|it| {
            held.iter().for_each(|(at, member)| it.fill(relation, *at, &[member.cell()]));
        });
        self.landed();
        Ok(())
    }

    /// Who stands in a to-one relationship of these owners, as their rows have it: whatever was changed
    /// since, and without a change of anything.
    pub(crate) async fn read_formers(
        &mut self,
        relation: &'static Relation,
        owners: &[Ref],
    ) -> Result<Vec<(Ref, Ref)>> {
        Mapper::checked(relation.owner)?;
        Mapper::checked(relation.target)?;
        let mut fetch = Fetch::new(relation);
        let mut keyed = Vec::with_capacity(owners.len());
        for &at in owners {
            let Some(chunk) = self.chunk(at) else { continue };
            let mut key = None;
            chunk.loaded(at.slot(), &mut |fields| key = fetch.key(fields))?;
            keyed.push((at, key));
        }
        let (mut formers, wanted) = self.sort_out(&mut fetch, keyed);
        self.read_fetch(&mut fetch).await?;
        self.landed();
        let (members, starts) = fetch.members();
        for (at, place) in wanted {
            let members = place.map_or(&[][..], |it| &members[range(&starts, it)]);
            warn_of_several(relation, members);
            formers.extend(members.first().and_then(|it| Some((at, Ref::from_cell(*it)?))));
        }
        Ok(formers)
    }

    /// The statement by which [`Core::read_formers`] asks; none where nobody has to be asked for.
    pub(crate) fn statement_of_formers(
        &self,
        relation: &'static Relation,
        owners: &[Ref],
    ) -> Result<Option<Arc<str>>> {
        let mut fetch = Fetch::new(relation);
        for &at in owners {
            let Some(chunk) = self.chunk(at) else { continue };
            let mut key = None;
            chunk.loaded(at.slot(), &mut |fields| key = fetch.key(fields))?;
            key.map(|it| fetch.want(it));
        }
        let mut steps = Vec::new();
        if !fetch.is_empty() {
            fetch.steps(self.engine.dialect(), &Executes::default(), &mut steps)?;
        }
        Ok(steps.into_iter().find_map(|it| match it {
            Step::Run(run) => Some(run.statement.sql),
            _ => None,
        }))
    }

    /// Of the owners with these keys: members that the session holds, and the places of the keys that are
    /// to be read.
    fn sort_out(
        &mut self,
        fetch: &mut Fetch,
        keyed: Vec<(Ref, Option<Key>)>,
    ) -> (Vec<(Ref, Ref)>, Places) {
        let relation = fetch.relation;
        let mut held = Vec::new();
        let by_key = self.is_by_primary_key(relation);
        let mut wanted = Vec::with_capacity(keyed.len());
        for (at, key) in keyed {
            // A many-to-one whose target is held needs no SQL (LOAD-2).
            if by_key
                && let Some(key) = &key
                && let Some(target) = self.find_held(Mapper::of(relation.target), key)
                && self.is_current(target)
            {
                held.push((at, target));
                continue;
            }
            wanted.push((at, key.map(|it| fetch.want(it))));
        }
        (held, wanted)
    }

    /// Reads the members of the keys that are asked for.
    async fn read_fetch(&mut self, fetch: &mut Fetch) -> Result<()> {
        if fetch.is_empty() {
            return Ok(());
        }
        let mut steps = Vec::new();
        fetch.steps(self.engine.dialect(), &self.executes(), &mut steps)?;
        let opening = self.open(false).await?;
        let empty = Fetch::new(fetch.relation);
        let work = LoadWork { opening, steps, fetch: std::mem::replace(fetch, empty) };
        *fetch = self.run(work, |_, _| ()).await?.fetch;
        match self.is_by_primary_key(fetch.relation) {
            true => self.land_by_key(&mut *fetch.cohort).await,
            false => self.land(&mut *fetch.cohort, false),
        }
    }

    /// Brings a cohort into the session.
    pub(crate) fn land(&mut self, cohort: &mut dyn AnyCohort, overwrite: bool) -> Result<()> {
        let mapper = Mapper::of(cohort.meta());
        let (session, graph) = (self.id, self.graph.clone());
        let graph: Arc<_> = crate::object::graph::Graph::root(&graph).clone();
        let (batch, nested) = (next_id(), self.level_wrote());
        let offered = if self.options.sqlalchemy { self.offer_unsaid() } else { Vec::new() };
        let store = self.store(mapper);
        let landed =
            cohort.land(Landing { session, batch, graph: &graph, store, overwrite, nested });
        self.settle_unsaid(offered);
        landed
    }

    /// The same of rows that were read by their keys: there, what was said of objects that were expired as a whole
    /// when they were loaded is said again, and what was loaded with them is loaded.
    pub(crate) async fn land_by_key(&mut self, cohort: &mut dyn AnyCohort) -> Result<()> {
        let mut expired = Vec::new();
        if self.options.sqlalchemy {
            self.find_stale(cohort, &mut expired);
            self.tables(|it| expired.retain(|at| it.is_expired(*at)));
        }
        self.land(cohort, false)?;
        if expired.is_empty() {
            return Ok(());
        }
        self.tables(|it| expired.iter().for_each(|at| it.say_again(*at)));
        self.load_again(&expired).await
    }

    /// Whether a relationship of one of these is yet to be loaded.
    pub(crate) fn is_unloaded(&self, relation: &'static Relation, owners: &[Ref]) -> bool {
        !self.unloaded(relation, owners, false).is_empty()
    }

    /// Owners whose relationship isn't loaded: these, and the live objects of their load.
    fn unloaded(&self, relation: &'static Relation, owners: &[Ref], siblings: bool) -> Vec<Ref> {
        self.tables(|tables| {
            // There, what one refers to is looked for though its row is gone by the flush.
            let refers = tables.is_as_original() && relation.direction == Direction::ManyToOne;
            let unloaded = |tables: &Tables, at: Ref| {
                let state = tables.flags(at).state();
                let is_tracked = state == State::Persistent || refers && state == State::Deleted;
                is_tracked && !tables.is_loaded(at, relation)
            };
            let mut found: Vec<Ref> =
                owners.iter().copied().filter(|it| unloaded(tables, *it)).collect();
            if !siblings || found.is_empty() {
                return found;
            }
            let batches: Vec<u64> =
                found.iter().filter_map(|it| tables.chunk(*it)).map(|it| it.head().batch).collect();
            let mut chunks: Vec<u64> = tables
                .chunks
                .values()
                .filter(|it| batches.contains(&it.chunk.head().batch))
                .map(|it| it.chunk.head().id)
                .collect();
            chunks.sort_unstable();
            let named = found.clone();
            for id in chunks {
                let Some(chunk) = tables.chunk(Ref::new(id, 0)) else { continue };
                for slot in 0..chunk.head().used() {
                    let at = Ref::new(id, slot);
                    let is_left_out = tables.flags(at).has(Flags::MARKED)
                        || matches!(
                            tables.later(at, relation.index),
                            Some(Later::Forbidden | Later::WithoutSql)
                        );
                    if !named.contains(&at) && !is_left_out && unloaded(tables, at) {
                        found.push(at);
                    }
                }
            }
            found
        })
    }

    /// Fills a many-to-one whose target is held, or that refers to nothing: no SQL, and so no flush (AF-2,
    /// LOAD-2). Whether it is filled.
    pub(crate) fn fill_held(&mut self, relation: &'static Relation, at: Ref) -> Result<bool> {
        self.fill_by_key(relation, at, FillBy::Key)
    }

    /// The same, where more than that counts.
    pub(crate) fn fill_by_key(
        &mut self,
        relation: &'static Relation,
        at: Ref,
        by: FillBy,
    ) -> Result<bool> {
        if self.in_flight.is_some() || !self.is_by_primary_key(relation) {
            return Ok(false);
        }
        let Some(chunk) = self.chunk(at) else { return Ok(false) };
        let expired = self.is_key_unknown(relation, at) && !self.is_assigned(relation, at);
        if chunk.head().flags(at.slot()).state() != State::Persistent || expired {
            return Ok(false);
        }
        let mut fetch = Fetch::new(relation);
        let mut key = None;
        let mut read = |fields: &dyn Fields| key = fetch.key(fields);
        match by {
            // Of what was expired as it was set, nobody knows.
            FillBy::RowsKey if self.is_assigned(relation, at) => {}
            FillBy::RowsKey => chunk.loaded(at.slot(), &mut read)?,
            FillBy::Key | FillBy::KeyOfExpired => chunk.with(at.slot(), &mut read)?,
        }
        let Some(key) = key else {
            self.tables(|it| fetch.link(it, &[(at, None)]));
            return Ok(true);
        };
        let Some(target) = self.find_held(Mapper::of(relation.target), &key) else {
            return Ok(false);
        };
        let is_current = by == FillBy::KeyOfExpired || self.is_current(target);
        if is_current {
            self.tables(|it| it.fill(relation, at, &[target.cell()]));
        }
        Ok(is_current)
    }

    /// Whether nothing of an object is expired; there, whether it isn't expired as a whole.
    fn is_current(&self, object: Ref) -> bool {
        self.tables(|it| match self.options.sqlalchemy {
            true => !it.is_expired(object),
            false => !it.flags(object).has(Flags::EXPIRED),
        })
    }

    /// Whether what an object refers to by a many-to-one is expired.
    pub(super) fn is_key_unknown(&self, relation: &Relation, at: Ref) -> bool {
        relation.direction == Direction::ManyToOne
            && self.tables(|it| {
                let is_expired =
                    |some: &[u16]| relation.pairs.iter().any(|it| some.contains(&it.0));
                it.flags(at).has(Flags::EXPIRED) && it.expired_columns(at).is_none_or(is_expired)
            })
    }

    /// Fills a many-to-one of an object by name, if that needs no query.
    pub(crate) fn recall<T: Mapped>(&mut self, object: &Obj<T>, name: &str) -> Result<()> {
        let Ok(at) = self.own(object) else { return Ok(()) };
        let relations = &Mapper::of(T::meta()).relationships;
        if let Some(relation) = relations.iter().find(|it| it.name == name)
            && !self.tables(|it| it.is_loaded(at, relation))
            && self.fill_by_key(relation, at, FillBy::RowsKey)?
            && self.is_unsaid(relation, at)
            && !self.is_key_changed(relation, at)
        {
            // What a row was inserted with isn't known there, where nobody said it.
            self.tables(|it| it.forget_none(at, Some(relation.index)));
        }
        Ok(())
    }

    /// Whether the key that a many-to-one goes by was changed since it was read or written.
    fn is_key_changed(&self, relation: &Relation, at: Ref) -> bool {
        let changed = self.chunk(at).map(|it| it.changed(at.slot())).unwrap_or_default();
        relation.pairs.iter().any(|it| changed.contains(&it.0))
    }

    /// Whether the program has set what an object refers to, whatever is expired of it.
    pub(super) fn is_assigned(&self, relation: &Relation, at: Ref) -> bool {
        let values = self.ledger(|it| it.assigned_values(at));
        let is_set = |pair: &(u16, u16)| values.iter().any(|it| it.0 == pair.0);
        relation.direction == Direction::ManyToOne && relation.pairs.iter().all(is_set)
    }

    fn is_by_primary_key(&self, relation: &Relation) -> bool {
        relation.direction == Direction::ManyToOne
            && relation.condition.is_none()
            && relation.pairs.len() == relation.target.primary_key.len()
            && relation
                .pairs
                .iter()
                .zip(relation.target.primary_key)
                .all(|(pair, key)| pair.1 == *key)
    }
}

//! Loads a relationship for many owners in one unit of work: key lists of 500, grouped on the
//! connection's side, linked in the task.

use std::{any::Any, ops::Range, sync::Arc};

use aludel_core::{
    dialect::Dialect,
    value::{Columns as Row, Cursor, Value, ValueRef},
};
use aludel_engine::{
    Result as EngineResult,
    driver::{Flow, Step, Work},
};
use foldhash::fast::RandomState;
use hashbrown::HashMap;
use smallvec::SmallVec;

use crate::{
    Result,
    events::Executes,
    mapping::{Direction, EntityMeta, Mapped, Mapper, Relation, statements::Purpose},
    object::{
        Obj,
        chunk::{Columns, Fields, next_id},
        cohort::{AnyCohort, Landing},
        graph::{Cells, Tables},
        reference::{NULL, Ref},
        state::{Flags, State},
    },
    session::{
        core::Core,
        identity::{fingerprint, same_value},
    },
};

/// How many keys go in one statement (LOAD-8).
pub(super) const KEYS: usize = 500;

/// The values by which owners find their members. Mostly one; there are many of these at a time.
pub(super) type Key = SmallVec<[Value; 1]>;

/// What one relationship's load reads: for each key, which members, in order.
pub(super) struct Fetch {
    pub(super) relation: &'static Relation,
    pub(super) cohort: Box<dyn AnyCohort>,
    /// The owner's columns by which it finds its members.
    owner_columns: Columns,
    /// Where a row holds them.
    key_at: KeyAt,
    wanted: Wanted,
    /// Each row's key's place and its object's position.
    rows: Vec<(u32, u32)>,
}

/// Where a row holds the key of who it belongs to.
enum KeyAt {
    /// In the target's own columns.
    Own(Columns),
    /// In the association's, which stand behind them.
    Behind(Range<usize>),
}

/// The keys that members are read for.
#[derive(Default)]
struct Wanted {
    keys: Vec<Key>,
    /// Places in `keys` by fingerprint.
    index: HashMap<u64, SmallVec<[u32; 1]>, RandomState>,
    /// Whether each is one integer, which is its own fingerprint.
    integers: bool,
    /// The last row's key, by fingerprint, and its place: rows of one owner mostly come together.
    last: Option<(u64, u32)>,
}

impl Wanted {
    /// The place of a key, in a row.
    #[inline]
    fn place<'v>(&mut self, key: impl Iterator<Item = ValueRef<'v>> + Clone) -> Option<u32> {
        let fp = fingerprint(key.clone());
        let is_it = |place: u32| {
            let own = || self.keys[place as usize].iter();
            self.integers || own().zip(key.clone()).all(|(a, b)| same_value(a.as_ref(), b))
        };
        if let Some((last, place)) = self.last
            && last == fp
            && is_it(place)
        {
            return Some(place);
        }
        let place = self.index.get(&fp)?.iter().copied().find(|it| is_it(*it))?;
        self.last = Some((fp, place));
        Some(place)
    }

    fn want(&mut self, key: Key) -> u32 {
        if let Some(place) = self.place(key.iter().map(Value::as_ref)) {
            return place;
        }
        let place = self.keys.len() as u32;
        self.index.entry(fingerprint(key.iter().map(Value::as_ref))).or_default().push(place);
        self.keys.push(key);
        place
    }
}

impl Fetch {
    pub(super) fn new(relation: &'static Relation) -> Self {
        let mut cohort = (relation.target.ops.cohort)();
        // A target row comes once unless the association repeats it.
        cohort.set_repeats(relation.direction == Direction::ManyToMany);
        let width = relation.target.columns.len();
        let (owner_columns, key_at) = match &relation.secondary {
            None => {
                let (own, other) = relation.pairs.iter().copied().unzip();
                (own, KeyAt::Own(other))
            }
            Some(it) => {
                let own: Columns = it.owner.iter().map(|it| it.0).collect();
                let behind = width..width + own.len();
                (own, KeyAt::Behind(behind))
            }
        };
        let integers = match (&owner_columns[..], &key_at) {
            ([own], KeyAt::Own(other)) => {
                let is_integer =
                    |it: &EntityMeta, column: u16| it.columns[usize::from(column)].ty.is_integer();
                is_integer(relation.owner, *own) && is_integer(relation.target, other[0])
            }
            _ => false,
        };
        Self {
            relation,
            cohort,
            owner_columns,
            key_at,
            wanted: Wanted { integers, ..Wanted::default() },
            rows: Vec::new(),
        }
    }

    /// An owner's key; `None` where a part is NULL, and so nothing can match.
    pub(super) fn key(&self, fields: &dyn Fields) -> Option<Key> {
        let values = self.owner_columns.iter().map(|it| fields.get(*it));
        values.map(|it| (!it.is_null()).then(|| it.to_value())).collect()
    }

    /// Asks for a key, once; its place.
    pub(super) fn want(&mut self, key: Key) -> u32 {
        self.wanted.want(key)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.wanted.keys.is_empty()
    }

    /// The statements, one for each 500 keys.
    pub(super) fn steps(
        &self,
        dialect: &'static dyn Dialect,
        hooks: &Executes,
        out: &mut Vec<Step>,
    ) -> Result<()> {
        for keys in self.wanted.keys.chunks(KEYS) {
            // Few sizes, so that few statements are prepared: the last key fills up the list.
            let n = keys.len().next_power_of_two().min(KEYS);
            let (mapper, purpose) = match self.relation.direction {
                Direction::ManyToOne => {
                    let columns = self.relation.pairs.iter().map(|it| it.1).collect();
                    (Mapper::checked(self.relation.target)?, Purpose::Keys(columns, n))
                }
                _ => {
                    let purpose = Purpose::Members(self.relation.index, n);
                    (Mapper::checked(self.relation.owner)?, purpose)
                }
            };
            let padding = std::iter::repeat_n(keys.last(), n - keys.len()).flatten();
            let values = keys.iter().chain(padding).flatten().cloned().collect();
            let run = hooks.run(mapper, purpose, Some(self.relation), values, dialect)?;
            out.push(Step::Run(run));
        }
        Ok(())
    }

    /// Takes a row.
    pub(super) fn row(&mut self, row: &dyn Row) -> EngineResult<()> {
        let mut cursor = Cursor::new(row);
        let Self { cohort, wanted, key_at, .. } = self;
        let mut place = None;
        let pushed = match key_at {
            // The driver is asked for no column twice.
            KeyAt::Own(columns) => cohort.push_and_see(&mut cursor, &mut |it| {
                place = wanted.place(columns.iter().map(|column| it.get(*column)));
            }),
            KeyAt::Behind(columns) => {
                let position = cohort.push(&mut cursor);
                place = wanted.place(columns.clone().map(|it| row.get(it)));
                position
            }
        };
        let position = pushed.map_err(aludel_core::Error::from)?;
        self.rows.extend(place.map(|it| (it, position)));
        Ok(())
    }

    /// Fills the relationship of owners, each with the place of its key, and the mirroring one of
    /// their members; after the cohort has landed.
    pub(super) fn link(&mut self, tables: &mut Tables, owners: &[(Ref, Option<u32>)]) {
        let (members, starts) = self.members();
        let of = |place: Option<u32>| match place {
            Some(place) => &members[range(&starts, place)],
            None => &[],
        };
        tables.fill_all(self.relation, owners.iter().map(|it| (it.0, of(it.1))));
    }

    /// The members of each key, behind each other, and where each key's begin.
    fn members(&mut self) -> (Vec<u64>, Vec<u32>) {
        if !self.rows.is_sorted_by_key(|it| it.0) {
            self.rows.sort_by_key(|it| it.0);
        }
        let positions: Vec<u32> = self.rows.iter().map(|it| it.1).collect();
        let mut members = Vec::with_capacity(positions.len());
        self.cohort.cells(&positions, &mut members);
        // Where each key's members begin.
        let mut starts = vec![0_u32; self.wanted.keys.len() + 1];
        self.rows.iter().for_each(|it| starts[it.0 as usize + 1] += 1);
        for place in 1..starts.len() {
            starts[place] += starts[place - 1];
        }
        (members, starts)
    }
}

/// Where a key's members stand.
fn range(starts: &[u32], place: u32) -> Range<usize> {
    starts[place as usize] as usize..starts[place as usize + 1] as usize
}

impl Tables {
    /// Fills a relationship of an object with what was loaded.
    pub(crate) fn fill(&mut self, relation: &'static Relation, owner: Ref, members: &[u64]) {
        self.fill_all(relation, std::iter::once((owner, members)));
    }

    /// Fills a relationship of objects with what was loaded, and the mirroring to-one of their
    /// members. What is loaded already, or changed, stays. A chunk is looked up once for all its
    /// objects that stand together.
    pub(super) fn fill_all<'m>(
        &mut self,
        relation: &'static Relation,
        owners: impl Iterator<Item = (Ref, &'m [u64])>,
    ) {
        let mut backs: Vec<(Ref, u64)> = Vec::new();
        // There, one side doesn't know what was loaded of the other.
        let back = relation.back.filter(|it| !it.many && !self.is_as_original());
        let mut open: Option<(u64, Cells<'_>)> = None;
        for (owner, members) in owners {
            if open.as_ref().is_none_or(|it| it.0 != owner.chunk()) {
                open = self.cells_of(owner.chunk(), relation.index).map(|it| (owner.chunk(), it));
            }
            let Some((_, cells)) = open.as_mut() else { continue };
            let filled = match relation.many {
                true => cells.fill_many(owner.slot(), members),
                false => {
                    warn_of_several(relation, members);
                    cells.fill_one(owner.slot(), members.first().copied().unwrap_or(NULL))
                }
            };
            if filled && back.is_some() {
                let refs = members.iter().filter_map(|it| Ref::from_cell(*it));
                backs.extend(refs.map(|it| (it, owner.cell())));
            }
        }
        let Some(back) = back else { return };
        let mut open: Option<(u64, Cells<'_>)> = None;
        for (member, owner) in backs {
            if open.as_ref().is_none_or(|it| it.0 != member.chunk()) {
                open = self.cells_of(member.chunk(), back.index).map(|it| (member.chunk(), it));
            }
            if let Some((_, cells)) = open.as_mut() {
                cells.fill_one(member.slot(), owner);
            }
        }
    }
}

/// One to one, and several rows refer to the owner: the first counts (REL-7).
fn warn_of_several(relation: &Relation, members: &[u64]) {
    if members.len() > 1 {
        tracing::warn!(
            target: "aludel::loading",
            relationship = format_args!("{}.{}", relation.owner.name, relation.name),
            rows = members.len(),
            "several rows refer to one owner where one is expected: the first is taken; a unique \
             constraint on the foreign key keeps the others out"
        );
    }
}

/// The script of a relationship's load.
struct LoadWork {
    opening: Vec<Step>,
    steps: Vec<Step>,
    before: usize,
    fetch: Fetch,
}

impl Work for LoadWork {
    fn wave(&mut self, out: &mut Vec<Step>) -> EngineResult<Flow> {
        out.append(&mut self.opening);
        self.before = out.len();
        out.append(&mut self.steps);
        Ok(if out.is_empty() { Flow::Done } else { Flow::More })
    }

    fn row(&mut self, _: usize, row: &dyn Row) -> EngineResult<()> {
        self.fetch.row(row)
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any + Send> {
        self
    }
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
        self.load_members_of(relation, owners, siblings, false).await
    }

    /// Loads a relationship by what the owners' rows hold, whatever was changed since (UOW-40).
    pub(crate) async fn load_committed(
        &mut self,
        relation: &'static Relation,
        owners: &[Ref],
    ) -> Result<()> {
        self.load_members_of(relation, owners, false, true).await
    }

    async fn load_members_of(
        &mut self,
        relation: &'static Relation,
        owners: &[Ref],
        siblings: bool,
        committed: bool,
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
        let (held, wanted) = self.read_members(&mut fetch, keyed).await?;
        self.tables(|it| {
            held.iter().for_each(|(at, member)| it.fill(relation, *at, &[member.cell()]));
            fetch.link(it, &wanted);
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
        let (mut formers, wanted) = self.read_members(&mut fetch, keyed).await?;
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

    /// Reads the members of keys: those that the session holds, and the places of the others.
    async fn read_members(
        &mut self,
        fetch: &mut Fetch,
        keyed: Vec<(Ref, Option<Key>)>,
    ) -> Result<(Vec<(Ref, Ref)>, Vec<(Ref, Option<u32>)>)> {
        let relation = fetch.relation;
        let mut held = Vec::new();
        let by_key = self.is_by_primary_key(relation);
        let mut wanted = Vec::with_capacity(keyed.len());
        for (at, key) in keyed {
            // A many-to-one whose target is held needs no SQL (LOAD-2).
            if by_key
                && let Some(key) = &key
                && let Some(target) = self.find_held(Mapper::of(relation.target), key)
                && !self.tables(|it| it.flags(target).has(Flags::EXPIRED))
            {
                held.push((at, target));
                continue;
            }
            wanted.push((at, key.map(|it| fetch.want(it))));
        }
        if !fetch.is_empty() {
            let mut steps = Vec::new();
            fetch.steps(self.engine.dialect(), &self.executes(), &mut steps)?;
            let opening = self.open(false).await?;
            let empty = Fetch::new(relation);
            let work =
                LoadWork { opening, steps, before: 0, fetch: std::mem::replace(fetch, empty) };
            *fetch = self.run(work, |_, _| ()).await?.fetch;
            self.land(&mut *fetch.cohort, false)?;
        }
        Ok((held, wanted))
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

    /// Whether a relationship of one of these is yet to be loaded.
    pub(crate) fn is_unloaded(&self, relation: &'static Relation, owners: &[Ref]) -> bool {
        !self.unloaded(relation, owners, false).is_empty()
    }

    /// Owners whose relationship isn't loaded: these, and the live objects of their load.
    fn unloaded(&self, relation: &'static Relation, owners: &[Ref], siblings: bool) -> Vec<Ref> {
        self.tables(|tables| {
            let unloaded = |tables: &Tables, at: Ref| {
                let is_tracked = tables.flags(at).state() == State::Persistent;
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
                        || tables.is_forbidden(at, relation.index);
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
        self.fill_by_key(relation, at, false)
    }

    /// The same, by an expired target, too.
    pub(crate) fn fill_by_key(
        &mut self,
        relation: &'static Relation,
        at: Ref,
        with_expired: bool,
    ) -> Result<bool> {
        if self.in_flight.is_some() || !self.is_by_primary_key(relation) {
            return Ok(false);
        }
        let Some(chunk) = self.chunk(at) else { return Ok(false) };
        let flags = chunk.head().flags(at.slot());
        let expired = flags.has(Flags::EXPIRED)
            && self.tables(|it| {
                let is_expired =
                    |some: &[u16]| relation.pairs.iter().any(|it| some.contains(&it.0));
                it.expired_columns(at).is_none_or(is_expired)
            })
            && !self.is_assigned(relation, at);
        if flags.state() != State::Persistent || expired {
            return Ok(false);
        }
        let mut fetch = Fetch::new(relation);
        let mut key = None;
        chunk.with(at.slot(), &mut |fields| key = fetch.key(fields))?;
        let Some(key) = key else {
            self.tables(|it| fetch.link(it, &[(at, None)]));
            return Ok(true);
        };
        let Some(target) = self.find_held(Mapper::of(relation.target), &key) else {
            return Ok(false);
        };
        let is_current = with_expired || self.tables(|it| !it.flags(target).has(Flags::EXPIRED));
        if is_current {
            self.tables(|it| it.fill(relation, at, &[target.cell()]));
        }
        Ok(is_current)
    }

    /// Fills a many-to-one of an object by name, if that needs no query.
    pub(crate) fn recall<T: Mapped>(&mut self, object: &Obj<T>, name: &str) -> Result<()> {
        let Ok(at) = self.own(object) else { return Ok(()) };
        let relations = &Mapper::of(T::meta()).relationships;
        if let Some(relation) = relations.iter().find(|it| it.name == name)
            && !self.tables(|it| it.is_loaded(at, relation))
            && self.fill_held(relation, at)?
        {
            // What a row was inserted with isn't known there, where nobody said it.
            self.tables(|it| it.forget_none(at, Some(relation.index)));
        }
        Ok(())
    }

    /// Whether the program has set what an object refers to, whatever is expired of it.
    pub(super) fn is_assigned(&self, relation: &Relation, at: Ref) -> bool {
        let values = self.ledger(|it| it.assigned_values(at));
        let is_set = |pair: &(u16, u16)| values.iter().any(|it| it.0 == pair.0);
        relation.direction == Direction::ManyToOne && relation.pairs.iter().all(is_set)
    }

    fn is_by_primary_key(&self, relation: &Relation) -> bool {
        relation.direction == Direction::ManyToOne
            && relation.pairs.len() == relation.target.primary_key.len()
            && relation
                .pairs
                .iter()
                .zip(relation.target.primary_key)
                .all(|(pair, key)| pair.1 == *key)
    }
}

//! Loads a relationship for many owners in one unit of work: key lists of 500, grouped on the
//! connection's side, linked in the task.

use std::{any::Any, collections::HashMap, sync::Arc};

use aludel_core::{
    dialect::Dialect,
    value::{Columns as Row, Cursor, Value},
};
use aludel_engine::{
    Result as EngineResult,
    driver::{Flow, Params, Run, Step, Want, Work},
};
use smallvec::SmallVec;

use crate::{
    Result,
    mapping::{Direction, Mapper, Relation, statements::Purpose},
    object::{
        chunk::{Columns, Fields, next_id},
        cohort::{AnyCohort, Landing},
        graph::Tables,
        reference::{NULL, Ref, UNLOADED},
        state::{Flags, State},
    },
    session::{core::Core, identity::fingerprint},
};

/// How many keys go in one statement (LOAD-8).
const KEYS: usize = 500;

/// The values by which owners find their members.
pub(super) type Key = SmallVec<[Value; 1]>;

/// What one relationship's load reads: for each key, which members, in order.
pub(super) struct Fetch {
    pub(super) relation: &'static Relation,
    pub(super) cohort: Box<dyn AnyCohort>,
    keys: Vec<Key>,
    /// By fingerprint: places in `keys` and `found`.
    index: HashMap<u64, SmallVec<[u32; 1]>>,
    found: Vec<Vec<u32>>,
    /// How many columns the target has; the owner's key stands behind them.
    width: usize,
    /// The place of the last row's key: rows of one owner mostly come together.
    last: Option<u32>,
}

impl Fetch {
    pub(super) fn new(relation: &'static Relation) -> Self {
        let mut cohort = (relation.target.ops.cohort)();
        // A target row comes once unless the association repeats it.
        cohort.set_repeats(relation.direction == Direction::ManyToMany);
        Self {
            relation,
            cohort,
            keys: Vec::new(),
            index: HashMap::new(),
            found: Vec::new(),
            width: relation.target.columns.len(),
            last: None,
        }
    }

    /// The columns of an owner by which it finds its members.
    pub(super) fn owner_columns(relation: &Relation) -> Columns {
        match &relation.secondary {
            Some(secondary) => secondary.owner.iter().map(|it| it.0).collect(),
            None => relation.pairs.iter().map(|it| it.0).collect(),
        }
    }

    /// An owner's key; `None` where a part is NULL, and so nothing can match.
    pub(super) fn key(relation: &Relation, fields: &dyn Fields) -> Option<Key> {
        let columns = Self::owner_columns(relation);
        let values = columns.iter().map(|it| fields.get(*it));
        values.map(|it| (!it.is_null()).then(|| it.to_value())).collect()
    }

    fn place(&self, key: &[Value]) -> Option<u32> {
        let fp = fingerprint(key.iter().map(Value::as_ref));
        let same = |it: &&u32| self.keys[**it as usize].as_slice() == key;
        self.index.get(&fp)?.iter().find(same).copied()
    }

    /// Asks for a key, once.
    pub(super) fn want(&mut self, key: Key) {
        if self.place(&key).is_none() {
            let fp = fingerprint(key.iter().map(Value::as_ref));
            self.index.entry(fp).or_default().push(self.keys.len() as u32);
            self.keys.push(key);
            self.found.push(Vec::new());
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The statements, one for each 500 keys.
    pub(super) fn steps(&self, dialect: &'static dyn Dialect, out: &mut Vec<Step>) -> Result<()> {
        for keys in self.keys.chunks(KEYS) {
            // Few sizes, so that few statements are prepared: the last key fills up the list.
            let n = keys.len().next_power_of_two().min(KEYS);
            let statement = match self.relation.direction {
                Direction::ManyToOne => {
                    let columns = self.relation.pairs.iter().map(|it| it.1).collect();
                    Mapper::checked(self.relation.target)?
                        .statement(Purpose::Keys(columns, n), dialect)?
                }
                _ => Mapper::checked(self.relation.owner)?
                    .statement(Purpose::Members(self.relation.index, n), dialect)?,
            };
            let padding = std::iter::repeat_n(keys.last(), n - keys.len()).flatten();
            let values = keys.iter().chain(padding).flatten().cloned().collect();
            out.push(Step::Run(Run {
                statement,
                params: Params::Values(values),
                want: Want::Rows,
            }));
        }
        Ok(())
    }

    /// Takes a row.
    pub(super) fn row(&mut self, row: &dyn Row) -> EngineResult<()> {
        let mut cursor = Cursor::new(row);
        let position = self.cohort.push(&mut cursor).map_err(aludel_core::Error::from)?;
        let place = if self.relation.direction == Direction::ManyToOne {
            let mut key = Key::new();
            self.cohort.with(position, &mut |fields| {
                key = self.relation.pairs.iter().map(|it| fields.get(it.1).to_value()).collect();
            });
            self.place(&key)
        } else {
            let columns = self.width..row.len();
            let same = |place: &u32| {
                let key = &self.keys[*place as usize];
                columns.clone().zip(key).all(|(at, key)| row.get(at) == key.as_ref())
            };
            match self.last.filter(same) {
                Some(place) => Some(place),
                None => {
                    let key: Key = columns.map(|it| row.get(it).to_value()).collect();
                    self.place(&key)
                }
            }
        };
        self.last = place;
        if let Some(place) = place {
            self.found[place as usize].push(position);
        }
        Ok(())
    }

    /// The members of a key, once the cohort has landed.
    fn members(&self, key: Option<&Key>) -> impl Iterator<Item = u64> {
        let place = key.and_then(|it| self.place(it));
        let positions = place.map(|it| self.found[it as usize].as_slice()).unwrap_or_default();
        positions.iter().filter_map(|it| self.cohort.reference(*it)).map(Ref::cell)
    }

    /// Fills the relationship of owners, and the mirroring one of their members.
    pub(super) fn link(&self, tables: &mut Tables, owners: &[(Ref, Option<Key>)]) {
        let mut members = Vec::new();
        for (owner, key) in owners {
            members.clear();
            members.extend(self.members(key.as_ref()));
            tables.fill(self.relation, *owner, &members);
        }
    }
}

impl Tables {
    /// Fills a relationship of an object with what was loaded, and the mirroring to-one of its
    /// members. What is loaded already, or changed, stays.
    pub(crate) fn fill(&mut self, relation: &'static Relation, owner: Ref, members: &[u64]) {
        if relation.many {
            if self.member_slice(owner, relation.index).is_some() {
                return;
            }
            self.fill_many(owner, relation.index, members);
            let Some(back) = relation.back.filter(|it| !it.many) else { return };
            for member in members.iter().filter_map(|it| Ref::from_cell(*it)) {
                if self.one(member, back.index) == UNLOADED {
                    self.fill_one(member, back.index, owner.cell());
                }
            }
            return;
        }
        if self.one(owner, relation.index) != UNLOADED {
            return;
        }
        let member = members.first().copied().unwrap_or(NULL);
        self.fill_one(owner, relation.index, member);
        if let (Some(back), Some(member)) = (relation.back, Ref::from_cell(member))
            && !back.many
            && self.one(member, back.index) == UNLOADED
        {
            self.fill_one(member, back.index, owner.cell());
        }
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
        let owners = self.unloaded(relation, owners, siblings);
        if owners.is_empty() {
            return Ok(());
        }
        Mapper::checked(relation.owner)?;
        Mapper::checked(relation.target)?;
        let mut keyed = Vec::with_capacity(owners.len());
        for at in owners {
            let Some(chunk) = self.chunk(at) else { continue };
            let mut key = None;
            chunk.with(at.slot(), &mut |fields| key = Fetch::key(relation, fields))?;
            keyed.push((at, key));
        }
        let mut fetch = Fetch::new(relation);
        let by_key = self.is_by_primary_key(relation);
        let mut wanted = Vec::with_capacity(keyed.len());
        for (at, key) in keyed {
            // A many-to-one whose target is held needs no SQL (LOAD-2).
            if by_key
                && let Some(key) = &key
                && let Some(target) = self.find_held(relation.target, key)
            {
                self.tables(|it| it.fill(relation, at, &[target.cell()]));
                continue;
            }
            if let Some(key) = &key {
                fetch.want(key.clone());
            }
            wanted.push((at, key));
        }
        if !fetch.is_empty() {
            let opening = self.opening(false);
            self.opened(&opening);
            let mut steps = Vec::new();
            fetch.steps(self.engine.dialect(), &mut steps)?;
            let work = LoadWork { opening, steps, before: 0, fetch };
            fetch = self.run(work, |_, _| ()).await?.fetch;
            self.land(&mut *fetch.cohort, false)?;
        }
        self.tables(|it| fetch.link(it, &wanted));
        Ok(())
    }

    /// Brings a cohort into the session.
    pub(crate) fn land(&mut self, cohort: &mut dyn AnyCohort, overwrite: bool) -> Result<()> {
        let mapper = Mapper::of(cohort.meta());
        let (session, graph) = (self.id, self.graph.clone());
        let graph: Arc<_> = crate::object::graph::Graph::root(&graph).clone();
        let store = self.store(mapper);
        cohort.land(Landing { session, batch: next_id(), graph: &graph, store, overwrite })
    }

    /// Owners whose relationship isn't loaded: these, and the live objects of their load.
    fn unloaded(&self, relation: &'static Relation, owners: &[Ref], siblings: bool) -> Vec<Ref> {
        self.tables(|tables| {
            let unloaded = |tables: &Tables, at: Ref| {
                let flags = tables.flags(at);
                let tracked = flags.state() == State::Persistent && !flags.has(Flags::MARKED);
                tracked && !tables.is_loaded(at, relation)
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
                    if !named.contains(&at) && unloaded(tables, at) {
                        found.push(at);
                    }
                }
            }
            found
        })
    }

    /// Whether a many-to-one refers to its target's primary key.
    fn is_by_primary_key(&self, relation: &Relation) -> bool {
        relation.direction == Direction::ManyToOne
            && relation.pairs.len() == relation.target.primary_key.len()
            && relation
                .pairs
                .iter()
                .zip(relation.target.primary_key)
                .all(|(pair, key)| pair.1 == *key)
    }

    /// The address of an object that the session holds.
    fn find_held(
        &mut self,
        meta: &'static crate::mapping::EntityMeta,
        key: &[Value],
    ) -> Option<Ref> {
        let fp = fingerprint(key.iter().map(Value::as_ref));
        let same = |fields: &dyn Fields| {
            meta.primary_key.iter().zip(key).all(|(at, key)| fields.get(*at) == key.as_ref())
        };
        let hit = self.existing_store(Mapper::of(meta))?.find(fp, same)?;
        Some(hit.anchor.chunk().head().reference(hit.slot))
    }
}

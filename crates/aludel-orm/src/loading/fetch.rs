//! [`Fetch`]: what one relationship's load reads: key lists of 500, grouped on the connection's side.

use std::ops::Range;

use aludel_core::{
    dialect::Dialect,
    value::{Columns as Row, Cursor, Value, ValueRef},
};
use aludel_engine::{Result as EngineResult, driver::Step};
use foldhash::fast::RandomState;
use hashbrown::{HashMap, HashSet};
use smallvec::SmallVec;

use super::shown::Shown;
use crate::{
    Result,
    events::Executes,
    mapping::{Direction, EntityMeta, Mapper, Relation, relation::Finds, statements::Purpose},
    object::{
        chunk::{Columns, Fields},
        cohort::AnyCohort,
        graph::Tables,
        reference::Ref,
    },
    session::identity::{fingerprint, same_value},
};

/// How many keys go in one statement (LOAD-8).
pub(super) const KEYS: usize = 500;

/// The values by which owners find their members. Mostly one; there are many of these at a time.
pub(super) type Key = SmallVec<[Value; 1]>;

/// What one relationship's load reads: for each key, which members, in order.
pub(super) struct Fetch {
    pub(super) relation: &'static Relation,
    pub(super) cohort: Box<dyn AnyCohort>,
    /// Which columns a row has.
    shown: Shown,
    /// The owner's columns by which it finds its members.
    owner_columns: Columns,
    /// Where a row holds them.
    key_at: KeyAt,
    wanted: Wanted,
    /// Each row's place (its key's, or of a join its owner's), and its object's position.
    rows: Vec<(u32, u32)>,
    /// Whether members have owners that nobody asked for: those that were read before them.
    pub(super) grows: bool,
    /// Whether a row may come several times for one owner.
    repeats: bool,
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
        let (fp, integers) = (fingerprint(key.clone()), self.integers);
        self.find(fp, |own| {
            integers || own.iter().zip(key.clone()).all(|(a, b)| same_value(a.as_ref(), b))
        })
    }

    /// The place of a key by its fingerprint.
    #[inline]
    fn find(&mut self, fp: u64, is_it: impl Fn(&Key) -> bool) -> Option<u32> {
        let is_it = |place: u32| is_it(&self.keys[place as usize]);
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

    /// The place of a key, which is asked for now if need be.
    fn place_or<'v>(
        &mut self,
        key: impl Iterator<Item = ValueRef<'v>> + Clone,
        grows: bool,
    ) -> Option<u32> {
        let place = self.place(key.clone());
        place.or_else(|| grows.then(|| self.want(key.map(|it| it.to_value()).collect())))
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
        Self::of(relation, Shown::by_default(relation.target))
    }

    /// Of rows with these columns.
    pub(super) fn of(relation: &'static Relation, shown: Shown) -> Self {
        let mut cohort = (relation.target.ops.cohort)();
        cohort.set_layout(shown.layout.clone());
        let width = shown.width();
        let owner_columns = relation.owner_columns();
        let key_at = match (relation.finds(), &relation.secondary) {
            (Finds::By(pairs), None) => KeyAt::Own(pairs.iter().map(|it| it.1).collect()),
            _ => KeyAt::Behind(width..width + owner_columns.len()),
        };
        let integers = match (&owner_columns[..], &key_at) {
            ([own], KeyAt::Own(other)) => {
                let is_integer =
                    |it: &EntityMeta, column: u16| it.columns[usize::from(column)].ty.is_integer();
                is_integer(relation.owner, *own) && is_integer(relation.target, other[0])
            }
            _ => false,
        };
        let mut fetch = Self {
            relation,
            cohort,
            shown,
            owner_columns,
            key_at,
            wanted: Wanted { integers, ..Wanted::default() },
            rows: Vec::new(),
            grows: false,
            repeats: false,
        };
        // A target row comes once unless the association or its owners repeat it.
        fetch.set_repeats(false);
        fetch
    }

    /// The same, before anything was asked for.
    pub(super) fn fresh(&self) -> Self {
        let mut fresh = Self::of(self.relation, self.shown.clone());
        fresh.set_repeats(self.repeats);
        fresh.grows = self.grows;
        fresh
    }

    /// Says whether the statement may give a row several times.
    pub(super) fn set_repeats(&mut self, repeats: bool) {
        let may_repeat = self.relation.direction == Direction::ManyToMany
            || matches!(self.relation.finds(), Finds::Joined(_));
        self.cohort.set_repeats(repeats || may_repeat);
        self.repeats = repeats;
    }

    /// An owner's key; `None` where a part is NULL, and so nothing can match.
    pub(super) fn key(&self, fields: &dyn Fields) -> Option<Key> {
        let values = self.owner_columns.iter().map(|it| fields.get(*it));
        values.map(|it| (!it.is_null()).then(|| it.to_value())).collect()
    }

    /// The keys of owners that have yet to land, by position.
    pub(super) fn keys(&self, owners: &dyn AnyCohort) -> Vec<(u32, Option<Key>)> {
        let key_of = |position: u32| {
            let mut key = None;
            owners.with(position, &mut |fields| key = self.key(fields));
            (position, key)
        };
        (0..owners.len()).map(key_of).collect()
    }

    /// Asks for a key, once; its place.
    pub(super) fn want(&mut self, key: Key) -> u32 {
        self.wanted.want(key)
    }

    /// Asks for what another one asks for.
    pub(super) fn take_keys(&mut self, other: Self) {
        self.wanted = other.wanted;
    }

    pub(super) fn is_empty(&self) -> bool {
        self.wanted.keys.is_empty()
    }

    /// The place of an owner's key among those that were asked for.
    pub(super) fn place(&mut self, key: &Key) -> Option<u32> {
        self.wanted.place(key.iter().map(Value::as_ref))
    }

    /// The statements, one for each 500 keys.
    pub(super) fn steps(
        &self,
        dialect: &'static dyn Dialect,
        hooks: &Executes,
        out: &mut Vec<Step>,
    ) -> Result<()> {
        self.lists(|n, values| {
            let (mapper, purpose) = match self.relation.direction {
                Direction::ManyToOne if self.relation.condition.is_none() => {
                    let columns = self.relation.pairs.iter().map(|it| it.1).collect();
                    (Mapper::checked(self.relation.target)?, Purpose::Keys(columns, n))
                }
                _ => {
                    let purpose = Purpose::Members(self.relation.index, n);
                    (Mapper::checked(self.relation.owner)?, purpose)
                }
            };
            let run = hooks.run(mapper, purpose, Some(self.relation), values, dialect)?;
            out.push(Step::Run(run));
            Ok(())
        })
    }

    /// Other statements than the mapper's, one for each 500 keys: `tree` makes one for so many.
    pub(super) fn steps_of(
        &self,
        tree: &dyn Fn(usize) -> aludel_core::expr::Statement,
        dialect: &'static dyn Dialect,
        hooks: &Executes,
        out: &mut Vec<Step>,
    ) -> Result<()> {
        let mapper = Mapper::checked(self.relation.target)?;
        self.lists(|n, values| {
            let run = hooks.run_tree(mapper, tree(n), Some(self.relation), values, dialect)?;
            out.push(Step::Run(run));
            Ok(())
        })
    }

    /// Lists of at most 500 keys: how many each has room for, and their values.
    fn lists(&self, mut each: impl FnMut(usize, crate::session::Key) -> Result<()>) -> Result<()> {
        for keys in self.wanted.keys.chunks(KEYS) {
            // Few sizes, so that few statements are prepared: the last key fills up the list.
            let n = keys.len().next_power_of_two().min(KEYS);
            let padding = std::iter::repeat_n(keys.last(), n - keys.len()).flatten();
            each(n, keys.iter().chain(padding).flatten().cloned().collect())?;
        }
        Ok(())
    }

    /// Takes a row; its object's position.
    pub(super) fn row(&mut self, row: &dyn Row) -> EngineResult<u32> {
        let mut cursor = Cursor::new(row);
        let Self { cohort, shown, wanted, key_at, grows, .. } = self;
        let mut place = None;
        let pushed = match key_at {
            KeyAt::Own(columns) if self.repeats => {
                place = wanted.place_or(columns.iter().map(|it| row.get(shown.place(*it))), *grows);
                cohort.push(&mut cursor)
            }
            // The driver is asked for no column twice.
            KeyAt::Own(columns) if wanted.integers => {
                cohort.push_with(&mut cursor, columns[0]).map(|(position, key)| {
                    place = key.and_then(|it| wanted.find(it.cast_unsigned(), |_| true));
                    position
                })
            }
            KeyAt::Own(columns) => cohort.push(&mut cursor).inspect(|position| {
                cohort.with(*position, &mut |it| {
                    place = wanted.place(columns.iter().map(|column| it.get(*column)));
                });
            }),
            KeyAt::Behind(columns) => {
                place = wanted.place_or(columns.clone().map(|it| row.get(it)), *grows);
                cohort.push(&mut cursor)
            }
        };
        let position = pushed.map_err(aludel_core::Error::from)?;
        if let Some(place) = place {
            self.rows.push((place, position));
        }
        Ok(position)
    }

    /// Takes what a join brings in for the owner at a place, if it does; its object's position.
    pub(super) fn joined_row(
        &mut self,
        owner: u32,
        row: &mut Cursor<'_>,
    ) -> EngineResult<Option<u32>> {
        let position = self.cohort.push_optional(row).map_err(aludel_core::Error::from)?;
        self.rows.extend(position.map(|it| (owner, it)));
        Ok(position)
    }

    /// Fills the relationship of owners, each with its place or that of its key, and the mirroring
    /// one of their members; after the cohort has landed.
    pub(super) fn link(&mut self, tables: &mut Tables, owners: &[(Ref, Option<u32>)]) {
        let (members, starts) = self.members();
        let of = |place: Option<u32>| match place {
            Some(place) => &members[range(&starts, place)],
            None => &[],
        };
        tables.fill_all(self.relation, owners.iter().map(|it| (it.0, of(it.1))));
    }

    /// The members of each place, behind each other, and where each one's begin.
    pub(super) fn members(&mut self) -> (Vec<u64>, Vec<u32>) {
        if !self.rows.is_sorted_by_key(|it| it.0) {
            self.rows.sort_by_key(|it| it.0);
        }
        if self.repeats {
            let mut seen: HashSet<_, RandomState> = HashSet::default();
            self.rows.retain(|it| seen.insert(*it));
        }
        let positions: Vec<u32> = self.rows.iter().map(|it| it.1).collect();
        let mut members = Vec::with_capacity(positions.len());
        self.cohort.cells(&positions, &mut members);
        let places = self.rows.last().map_or(0, |it| it.0 as usize + 1);
        let mut starts = vec![0_u32; places + 1];
        self.rows.iter().for_each(|it| starts[it.0 as usize + 1] += 1);
        for place in 1..starts.len() {
            starts[place] += starts[place - 1];
        }
        (members, starts)
    }
}

/// Where the members of a place stand; those behind the last row's have none.
pub(super) fn range(starts: &[u32], place: u32) -> Range<usize> {
    let start = |place: usize| starts.get(place).or(starts.last()).map_or(0, |it| *it as usize);
    start(place as usize)..start(place as usize + 1)
}

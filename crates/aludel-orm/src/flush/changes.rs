//! [`Changes`]: the rows that a flush updates, grouped by what they have in common.

use aludel_core::{
    dialect::{Dml, Returning, Triggers},
    value::{Value, ValueRef},
};
use smallvec::SmallVec;

use super::{computed::Expressions, gather::Map, plan::Fill};
use crate::{
    mapping::{ColumnDefault, Mapper, Version},
    object::chunk::{Columns, Fields},
    session::Key,
};

/// One row to update.
#[derive(Clone, Copy)]
pub(super) struct Row {
    /// What rows of one mapper are sorted by: an integer key is its own, others come by rank.
    pub(super) order: i64,
    pub(super) chunk: u32,
    pub(super) slot: u32,
    /// Its mapper and the columns it sets: a place in `Changes::kinds`.
    pub(super) kind: u32,
    /// What doesn't come from the object itself: a place in `Changes::extras`.
    pub(super) extra: Option<u32>,
}

/// What rows have in common.
#[derive(Clone)]
pub(super) struct Kind {
    pub(super) mapper: &'static Mapper,
    pub(super) columns: Columns,
    /// Columns that the database computes.
    pub(super) expressions: Expressions,
    /// Columns that the database changes by itself.
    pub(super) expires: Columns,
    /// How many levels of new objects of its own group the row waits for.
    pub(super) late: u32,
}

impl Kind {
    pub(super) fn new(mapper: &'static Mapper, columns: Columns) -> Self {
        let (expressions, expires) = (Expressions::new(), Columns::new());
        Self { mapper, columns, expressions, expires, late: 0 }
    }

    /// The columns that the database makes something of: those that are read at once, and those that
    /// expire.
    pub(super) fn unknown(&self) -> (Columns, Columns) {
        let computed = self.expressions.iter().map(|it| it.0);
        let unknown = computed.chain(self.expires.iter().copied());
        let (mut read, expired): (Columns, Columns) =
            unknown.partition(|it| self.mapper.reads_back(*it));
        read.sort_unstable();
        (read, expired)
    }

    /// Whether an UPDATE can return such columns. One that gives the row another key is told by that
    /// key no more; what triggers change may not be in it.
    pub(super) fn can_return(&self, read: &[u16], dml: &Dml) -> bool {
        let is_key = |it: &u16| self.mapper.meta.primary_key.contains(it);
        let by_trigger = |it: &u16| {
            let default = &self.mapper.meta.columns[usize::from(*it)].default;
            self.expires.contains(it) && !matches!(default, ColumnDefault::Computed(_))
        };
        dml.returning == Returning::All
            && !self.columns.iter().any(is_key)
            && (dml.triggers == Triggers::Before || !read.iter().any(by_trigger))
    }
}

/// What doesn't come from an object itself.
#[derive(Default)]
pub(super) struct Extra {
    pub(super) fills: Vec<(u16, Fill)>,
    /// The key that the row has in the database, where the object has another by now.
    pub(super) key: Option<KeyFills>,
    /// The columns that were changed by hand, where a relationship sets columns, too.
    pub(super) own: Option<Columns>,
    /// The version that the row must have in the database.
    pub(super) version: Option<Value>,
}

/// A row's key.
pub(super) type KeyFills = SmallVec<[Fill; 2]>;

pub(super) fn known_key(key: Key) -> KeyFills {
    key.into_iter().map(Fill::Value).collect()
}

impl Extra {
    /// The row is written only in the version that was read, and gets the next unless the program has
    /// set one.
    pub(super) fn check_version(&mut self, mapper: &Mapper, base: &dyn Fields, set: &mut Columns) {
        let Some((column, version)) = mapper.version else { return };
        let old = base.get(column);
        self.version = Some(old.to_value());
        if let (Version::Generated(next), Err(place)) = (version, set.binary_search(&column)) {
            set.insert(place, column);
            self.fills.push((column, Fill::Value(next(old))));
        }
    }
}

/// Rows to update, each object once.
#[derive(Default)]
pub(super) struct Changes {
    pub(super) rows: Vec<Row>,
    pub(super) kinds: Vec<Kind>,
    pub(super) extras: Vec<Extra>,
    /// Keys that aren't one integer, by row, for sorting.
    pub(super) keys: Vec<Key>,
    /// Where each object's row is; kept only where relationships will ask.
    pub(super) places: Option<Map<(u32, u32), usize>>,
    /// Whether a reference would have made a part of a key NULL.
    pub(super) blanks: bool,
}

impl Changes {
    pub(super) fn new(by_object: bool) -> Self {
        Self { places: by_object.then(Map::default), ..Self::default() }
    }

    pub(super) fn kind(&mut self, kind: Kind) -> u32 {
        let same = |it: &Kind| {
            std::ptr::eq(it.mapper, kind.mapper)
                && it.late == kind.late
                && it.columns == kind.columns
                && it.expressions == kind.expressions
                && it.expires == kind.expires
        };
        let known = self.kinds.iter().rposition(same);
        known.unwrap_or_else(|| {
            self.kinds.push(kind);
            self.kinds.len() - 1
        }) as u32
    }

    /// A new object becomes the row of this key.
    pub(super) fn take_over(
        &mut self,
        (chunk, slot): (u32, u32),
        kind: Kind,
        fills: Vec<(u16, Fill)>,
        (key, version): (Key, Option<Value>),
    ) {
        let order = self.order(kind.mapper, &mut key.iter().map(Value::as_ref));
        let kind = self.kind(kind);
        self.extras.push(Extra { fills, key: Some(known_key(key)), version, own: None });
        let extra = Some(self.extras.len() as u32 - 1);
        self.push(Row { order, chunk, slot, kind, extra });
    }

    /// A new row gets columns that its INSERT left out. These rows come last, in the order of the
    /// INSERTs, as their keys aren't known.
    #[expect(clippy::too_many_arguments, reason = "the parts of a row, used once")]
    pub(super) fn post(
        &mut self,
        mapper: &'static Mapper,
        (chunk, slot): (u32, u32),
        columns: Columns,
        late: u32,
        fills: Vec<(u16, Fill)>,
        (key, version): (KeyFills, Option<Value>),
        ordinal: u32,
    ) {
        let order = match mapper.integer_key {
            true => i64::MAX - i64::from(u32::MAX - ordinal),
            false => {
                self.keys.push(mapper.meta.primary_key.iter().map(|_| Value::Null).collect());
                self.keys.len() as i64 - 1
            }
        };
        let kind = self.kind(Kind { late, ..Kind::new(mapper, columns) });
        self.extras.push(Extra { fills, key: Some(key), version, own: None });
        let extra = Some(self.extras.len() as u32 - 1);
        self.push(Row { order, chunk, slot, kind, extra });
    }

    /// The row of an object.
    pub(super) fn find(&mut self, at: (u32, u32)) -> Option<usize> {
        let rows = || self.rows.iter().enumerate().map(|(at, it)| ((it.chunk, it.slot), at));
        self.places.get_or_insert_with(|| rows().collect()).get(&at).copied()
    }

    /// An object's row has other columns of its key when its statement gets there.
    pub(super) fn rekey(&mut self, at: (u32, u32), mapper: &Mapper, fills: &[(u16, Fill)]) {
        let primary_key = mapper.meta.primary_key;
        if !fills.iter().any(|it| primary_key.contains(&it.0)) {
            return;
        }
        let Some(row) = self.find(at) else { return };
        let own = |column: &u16| Fill::Field { chunk: at.0, slot: at.1, column: *column };
        let key = self.extra(row).key.get_or_insert_with(|| primary_key.iter().map(own).collect());
        for (place, column) in primary_key.iter().enumerate() {
            if let Some((_, fill)) = fills.iter().find(|it| it.0 == *column) {
                key[place] = fill.clone();
            }
        }
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// What a row has in common with others.
    pub(super) fn kind_of(&self, at: usize) -> &Kind {
        &self.kinds[self.rows[at].kind as usize]
    }

    /// A row is of this kind now.
    pub(super) fn set_kind(&mut self, at: usize, kind: Kind) {
        if !kind.expressions.is_empty() || !kind.expires.is_empty() {
            self.extra(at);
        }
        self.rows[at].kind = self.kind(kind);
    }

    /// A row's column gets a value that isn't the object's own.
    pub(super) fn fill(&mut self, at: usize, kind: &mut Kind, column: u16, fill: Fill) {
        if let Err(place) = kind.columns.binary_search(&column) {
            kind.columns.insert(place, column);
        }
        kind.expressions.retain(|it| it.0 != column);
        let fills = &mut self.extra(at).fills;
        fills.retain(|it| it.0 != column);
        fills.push((column, fill));
    }

    /// What of a row doesn't come from the object itself.
    pub(super) fn extra(&mut self, at: usize) -> &mut Extra {
        let place = *self.rows[at].extra.get_or_insert_with(|| {
            self.extras.push(Extra::default());
            self.extras.len() as u32 - 1
        });
        &mut self.extras[place as usize]
    }

    pub(super) fn push(&mut self, row: Row) {
        if let Some(places) = &mut self.places {
            places.insert((row.chunk, row.slot), self.rows.len());
        }
        self.rows.push(row);
    }

    /// What sorts the row of an object with these columns.
    pub(super) fn order_of(&mut self, mapper: &Mapper, fields: &dyn Fields) -> i64 {
        let columns = mapper.meta.primary_key;
        match (mapper.integer_key, columns.first()) {
            (true, Some(column)) if let ValueRef::Int(key) = fields.get(*column) => key,
            _ => self.order(mapper, &mut columns.iter().map(|it| fields.get(*it))),
        }
    }

    /// What sorts a row: its integer key, or a number under which its key is found.
    pub(super) fn order(
        &mut self,
        mapper: &Mapper,
        key: &mut dyn Iterator<Item = ValueRef<'_>>,
    ) -> i64 {
        let first = key.next();
        if let (true, Some(ValueRef::Int(key))) = (mapper.integer_key, first) {
            return key;
        }
        self.keys.push(first.into_iter().chain(key).map(ValueRef::to_value).collect());
        self.keys.len() as i64 - 1
    }
}

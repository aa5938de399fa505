//! Row switches: a row that one object leaves and another takes over in the same flush is updated,
//! not deleted and inserted (UOW-29).

use aludel_core::value::Value;

use super::{
    changes::{Changes, Kind},
    computed::Expressions,
    gather::Map,
    inserts::{Override, Overrides},
    plan::Fill,
    run::Planner,
};
use crate::{
    Result,
    mapping::{ColumnDefault, Mapper, Version},
    object::{
        chunk::{Columns, Fields},
        reference::Ref,
        state::Flags,
    },
    session::{
        Key,
        identity::{fingerprint, key_of, same_value},
        key::key_values,
    },
};

/// A new object that takes over the row of a deleted one.
pub(super) struct Switch {
    /// The ordinal of the new object.
    pub(super) new: u32,
    /// The object whose row it was.
    pub(super) old: Ref,
    /// What the new object learns: what the row keeps, as nobody says otherwise, and what
    /// relationships filled of the key.
    pub(super) kept: Vec<(u16, Value)>,
    /// What the UPDATE brings along.
    pub(super) made: Columns,
    /// Whether some of what it learns is only what was last known.
    pub(super) stale: bool,
}

impl Planner {
    /// Finds new objects with the key of a deleted one, and makes changes of them.
    pub(super) fn switch_rows(&mut self, changes: &mut Changes) -> Result<()> {
        if self.gathered.marked.is_empty() || self.new.is_empty() {
            return Ok(());
        }
        let mut left: Map<(u32, u64), Ref> = Map::default();
        let rescued = self.rescued();
        for at in self.gathered.marked.iter().filter(|it| !rescued.contains(*it)) {
            let Some(chunk) = self.chunk(at.chunk()) else { continue };
            let mapper = Mapper::of(chunk.meta());
            if let Some(fp) = key_of(mapper.meta, &*chunk, at.slot()) {
                left.insert((mapper.number, fp), *at);
            }
        }
        for ordinal in 0..self.new.len() as u32 {
            let new = self.new[ordinal as usize];
            if self.shapes[new.shape as usize].generates {
                continue;
            }
            let Some(key) = self.known_key(ordinal) else { continue };
            let place = (new.mapper.number, fingerprint(key.iter().map(Value::as_ref)));
            let Some(old) = left.get(&place).copied() else { continue };
            if let Some(key) = self.key_of_row(new.mapper, old, &key)? {
                left.remove(&place);
                self.switch(changes, ordinal, old, key)?;
            }
        }
        Ok(())
    }

    /// Objects that are to be deleted and came to an owner that stays: the original lets them live, so that
    /// nobody takes over their rows.
    fn rescued(&self) -> Vec<Ref> {
        let stays = |it: Ref| self.gathered.marked.binary_search(&it).is_err();
        let references = self.gathered.references.iter().filter(|_| self.as_original);
        let came = references.filter(|it| it.parent.is_some_and(stays));
        came.map(|it| it.child).filter(|it| !stays(*it)).collect()
    }

    /// The key of a new object, as far as it doesn't depend on the database's answers.
    fn known_key(&self, ordinal: u32) -> Option<Key> {
        let (place, slot) = self.shared.objects[ordinal as usize];
        let object = self.shared.chunks[place as usize].head().reference(slot);
        let columns = self.new[ordinal as usize].mapper.meta.primary_key.iter();
        let values = columns.map(|it| self.known(&self.value_of(object, *it)));
        values.map(|it| it.filter(|it| !it.is_null())).collect()
    }

    /// The key of a deleted object's row, if it is this one.
    fn key_of_row(&self, mapper: &Mapper, old: Ref, key: &[Value]) -> Result<Option<Key>> {
        let mut found = None;
        if let Some(chunk) = self.chunk(old.chunk()) {
            chunk.loaded(old.slot(), &mut |it| found = Some(key_values(mapper.meta, it)))?;
        }
        let same = |own: &Key| own.iter().zip(key).all(|(a, b)| same_value(a.as_ref(), b.as_ref()));
        Ok(found.filter(same))
    }

    fn switch(&mut self, changes: &mut Changes, ordinal: u32, old: Ref, key: Key) -> Result<()> {
        let mapper = self.new[ordinal as usize].mapper;
        let overrides = self.overridden.get(ordinal as usize).cloned().unwrap_or_default();
        let (place, slot) = self.shared.objects[ordinal as usize];
        // An expression that the program has set; one that is a default is there for INSERTs.
        let shape = &self.shapes[self.new[ordinal as usize].shape as usize];
        let is_default = |column: u16| {
            let default = &mapper.meta.columns[usize::from(column)].default;
            matches!(default, ColumnDefault::Expression(_))
        };
        let set = shape.expressions.iter().filter(|it| !is_default(it.0));
        let expressions: Expressions = set.cloned().collect();
        let left = self.shared.chunks[place as usize].head().left_out(slot);
        let (mut columns, mut left_out) = (Columns::new(), Columns::new());
        let mut fills = Vec::new();
        self.shared.chunks[place as usize].with(slot, &mut |fields| {
            for column in 0..mapper.meta.columns.len() as u16 {
                let is_set = expressions.iter().any(|it| it.0 == column);
                let is_property = mapper.properties.contains(&column);
                if is_set || is_property || mapper.meta.primary_key.contains(&column) {
                    continue;
                }
                let fill = reference(&overrides, column);
                let is_left_out = left.has(column, fields);
                if fill.is_none() && (is_left_out || is_absent(mapper, column, fields)) {
                    left_out.push(column);
                    continue;
                }
                columns.push(column);
                fills.extend(fill.map(|it| (column, it)));
            }
        })?;
        let (mut kept, mut stale) = (Vec::new(), false);
        if let (Some(chunk), false) = (self.chunk(old.chunk()), left_out.is_empty()) {
            stale = chunk.head().flags(old.slot()).has(Flags::EXPIRED);
            chunk.loaded(old.slot(), &mut |it| {
                kept = left_out.iter().map(|at| (*at, it.get(*at).to_value())).collect();
            })?;
        }
        // The part of the key that relationships filled.
        let filled = mapper.meta.primary_key.iter().zip(&key);
        let filled = filled.filter(|it| overrides.iter().any(|fill| fill.column == *it.0));
        kept.extend(filled.map(|(column, value)| (*column, value.clone())));
        let mut made = Columns::new();
        if !columns.is_empty() || !expressions.is_empty() {
            // What the UPDATE brings along is no longer what the row had.
            let brings = |it: u16| mapper.on_update.iter().any(|own| own.0 == it);
            made.extend(kept.iter().map(|it| it.0).filter(|it| brings(*it)));
            kept.retain(|it| !made.contains(&it.0));
        }
        let version = self.next_version(mapper, ordinal, old, &mut columns, &mut fills)?;
        if !columns.is_empty() || !expressions.is_empty() {
            let late = self.late(mapper, &fills);
            let kind = Kind { expressions, late, ..Kind::new(mapper, columns) };
            changes.take_over((place, slot), kind, fills, (key, version));
        }
        self.switches.push(Switch { new: ordinal, old, kept, made, stale });
        Ok(())
    }

    /// The version that the old object's row has, where it has one; the new object's follows it.
    fn next_version(
        &mut self,
        mapper: &Mapper,
        ordinal: u32,
        old: Ref,
        columns: &mut Columns,
        fills: &mut Vec<(u16, Fill)>,
    ) -> Result<Option<Value>> {
        let (Some((column, version)), Some(chunk)) = (mapper.version, self.chunk(old.chunk()))
        else {
            return Ok(None);
        };
        let mut last = Value::Null;
        chunk.loaded(old.slot(), &mut |it| last = it.get(column).to_value())?;
        if let Version::Generated(next) = version {
            let next = Fill::Value(next(last.as_ref()));
            if let Err(place) = columns.binary_search(&column) {
                columns.insert(place, column);
            }
            fills.retain(|it| it.0 != column);
            fills.push((column, next.clone()));
            self.overrides(ordinal).push(Override::new(column, next));
        }
        Ok(Some(last))
    }

    /// Whether a new object takes over a row that is there.
    pub(super) fn is_switched(&self, ordinal: u32) -> bool {
        self.switches.binary_search_by_key(&ordinal, |it| it.new).is_ok()
    }
}

/// Whether an object says nothing of a column. An `Auto` can tell that from NULL; elsewhere NULL says
/// nothing where it would stand for a default.
fn is_absent(mapper: &Mapper, column: u16, fields: &dyn Fields) -> bool {
    let meta = &mapper.meta.columns[usize::from(column)];
    let defaults = !meta.auto && !matches!(meta.default, ColumnDefault::None);
    fields.is_unset(column) || defaults && fields.get(column).is_null()
}

/// What a relationship says of a column; the program's defaults, which are there for INSERTs, are not
/// asked.
fn reference(overrides: &Overrides, column: u16) -> Option<Fill> {
    let mut said = overrides.iter().filter(|it| it.column == column && !it.is_default);
    said.next_back().map(|it| it.fill.clone())
}

//! The program's defaults of new objects. Those that depend on the row are made behind the keys that
//! relationships fill: when the plan is made, or, where the database makes such a key first, when the row's turn
//! comes.

use std::{cell::Cell, sync::PoisonError};

use aludel_core::value::{Value, ValueRef};
use aludel_engine::Result as EngineResult;

use super::{
    inserts::Override,
    plan::{Fill, ObjectRows},
    run::Planner,
};
use crate::{
    mapping::{ColumnDefault, Mapper, defaults::Said},
    object::chunk::Fields,
};

/// A new row: what is said of it besides its object, which has the last word.
struct NewRow<'a> {
    fields: &'a dyn Fields,
    said: &'a [(u16, Option<Value>)],
    /// Whether somebody has asked for what isn't known yet.
    waits: Cell<bool>,
}

impl Said for NewRow<'_> {
    fn value(&self, column: u16) -> Option<ValueRef<'_>> {
        let Some((_, value)) = self.said.iter().rev().find(|it| it.0 == column) else {
            return self.fields.value(column);
        };
        self.waits.set(self.waits.get() || value.is_none());
        value.as_ref().map(Value::as_ref)
    }
}

impl Planner {
    /// Makes the defaults that depend on nothing, of new objects of one mapper that have no value, and notes
    /// whose others are to be made.
    pub(super) fn make_defaults(&mut self, mapper: &Mapper, start: usize) {
        let columns = mapper.meta.columns;
        if !columns.iter().any(|it| it.default.is_made()) {
            return;
        }
        for ordinal in start..self.new.len() {
            let (place, slot) = self.shared.objects[ordinal];
            let (mut made, mut waits) = (Vec::new(), false);
            let _ = self.shared.chunks[place as usize].with(slot, &mut |fields| {
                for (column, meta) in columns.iter().enumerate() {
                    let column = column as u16;
                    match &meta.default {
                        ColumnDefault::Client(default) if fields.value(column).is_none() => {
                            made.push(Override::default(column, Fill::Value(default())));
                        }
                        ColumnDefault::Row(_) => waits |= fields.value(column).is_none(),
                        _ => {}
                    }
                }
            });
            if !made.is_empty() {
                self.overrides(ordinal as u32).extend(made);
            }
            if waits {
                self.row_defaults.push(ordinal as u32);
            }
        }
    }

    /// Makes the defaults of a new object that depend on its row. Who asks for a key that the database has yet
    /// to make waits for it.
    pub(super) fn make_row_defaults(&mut self, ordinal: u32) {
        let new = self.new[ordinal as usize];
        let columns = new.mapper.meta.columns;
        let (place, slot) = self.shared.objects[ordinal as usize];
        let overrides = self.overridden.get(ordinal as usize).cloned().unwrap_or_default();
        let known = |it: &Override| (it.column, self.known(&it.fill));
        let is_said = |column: u16| overrides.iter().any(|it| it.column == column);
        let (defaults, said): (Vec<_>, Vec<_>) = overrides.iter().partition(|it| it.is_default);
        let mut said: Vec<_> = said.into_iter().map(known).collect();
        let mut made = Vec::new();
        let _ = self.shared.chunks[place as usize].with(slot, &mut |fields| {
            for (column, meta) in columns.iter().enumerate() {
                let column = column as u16;
                // Only the defaults in front are there.
                said.extend(defaults.iter().filter(|it| it.column == column).map(|it| known(it)));
                let is_row = matches!(meta.default, ColumnDefault::Row(_));
                if !is_row || is_said(column) || fields.value(column).is_some() {
                    continue;
                }
                let row = NewRow { fields, said: &said, waits: Cell::new(false) };
                let value = meta.default.make(&row, &[]);
                let value = value.filter(|_| !row.waits.get());
                made.push((column, value.clone()));
                said.push((column, value));
            }
        });
        let made = made.into_iter().map(|(column, value)| {
            Override::default(column, value.map_or(Fill::Returned(ordinal, column), Fill::Value))
        });
        self.overrides(ordinal).extend(made);
    }

    /// The defaults of a step's rows that wait for keys: the row's place, and the column.
    pub(super) fn late_defaults(&self, group: &[u32], columns: &[u16]) -> Vec<(usize, u16)> {
        if self.row_defaults.is_empty() {
            return Vec::new();
        }
        let waits = |ordinal: &u32, it: &Override| {
            let of_its_own = matches!(it.fill, Fill::Returned(of, _) if of == *ordinal);
            it.is_default && of_its_own && columns.contains(&it.column)
        };
        let rows = group.iter().enumerate().flat_map(|(run, ordinal)| {
            let overrides = self.overridden.get(*ordinal as usize).into_iter().flatten();
            overrides.filter(|it| waits(ordinal, it)).map(move |it| (run, it.column))
        });
        rows.collect()
    }
}

impl ObjectRows {
    /// Makes the defaults that have waited for keys, which are there now.
    pub(super) fn make_late_defaults(&self, mapper: &Mapper) -> EngineResult<()> {
        for (run, column) in &self.late {
            let ordinal = self.ordinals[*run];
            let (place, slot) = self.shared.objects[ordinal as usize];
            let others = || self.shared.keys.others.lock().unwrap_or_else(PoisonError::into_inner);
            let fills = self.columns.iter().zip(&self.fills);
            let said: Vec<(u16, Option<Value>)> = {
                let others = others();
                let fills = fills.filter_map(|(column, fills)| Some((*column, fills.as_ref()?)));
                let said = fills.filter_map(|(column, fills)| {
                    Some((column, Some(self.shared.value(&fills[*run], &others)?)))
                });
                said.collect()
            };
            let mut value = None;
            self.shared.chunks[place as usize].with(slot, &mut |fields| {
                let row = NewRow { fields, said: &said, waits: Cell::new(false) };
                value = mapper.meta.columns[usize::from(*column)].default.make(&row, &[]);
            })?;
            others().extend(value.map(|it| ((ordinal, *column), it)));
        }
        Ok(())
    }
}

//! Deleted objects: DELETE by primary key (and version), what refers before what is referred to.

use std::collections::HashMap;

use aludel_core::value::Value;
use aludel_engine::driver::Want;

use super::{
    plan::{CellRows, Fill, FlushAction, Rows, Step},
    run::Planner,
    updates::compare_keys,
};
use crate::{
    Result,
    mapping::{Mapper, statements::Purpose},
    object::{chunk::Columns, reference::Ref},
    session::{
        Key,
        identity::{fingerprint, key_of},
        key::key_values,
    },
};

/// A row to delete.
struct Row {
    at: Ref,
    mapper: &'static Mapper,
    key: Key,
    /// The version that the row must have.
    version: Option<Value>,
    /// How many deleted rows of its group refer to it, one by the other.
    level: u32,
}

impl Planner {
    /// Makes the DELETE steps.
    pub(super) fn delete_steps(&mut self) -> Result<()> {
        let mut rows = Vec::new();
        for at in std::mem::take(&mut self.gathered.marked) {
            let Some(chunk) = self.chunk(at.chunk()) else { continue };
            let mapper = Mapper::checked(chunk.meta())?;
            let (mut key, mut version) = (Key::new(), None);
            chunk.loaded(at.slot(), &mut |it| {
                key = key_values(mapper.meta, it);
                version = mapper.version.map(|(column, _)| it.get(column).to_value());
            })?;
            rows.push(Row { at, mapper, key, version, level: 0 });
        }
        self.level_deleted(&mut rows)?;
        rows.sort_by(|a, b| {
            let order = |it: &Row| {
                let behind = std::cmp::Reverse((it.mapper.depth, it.mapper.group));
                (behind, it.level, it.mapper.meta.table)
            };
            order(a).cmp(&order(b)).then_with(|| compare_keys(&a.key, &b.key))
        });
        let mut wave = self.next_wave();
        let mut rest = rows.as_slice();
        let mut before: Option<(u32, u32)> = None;
        while let Some(first) = rest.first() {
            let same = |it: &&Row| std::ptr::eq(it.mapper, first.mapper) && it.level == first.level;
            let (group, more) = rest.split_at(rest.iter().take_while(same).count());
            rest = more;
            let place = (first.mapper.depth, first.level);
            if before.is_some_and(|it| it != place) {
                wave += 4;
            }
            before = Some(place);
            let rows = CellRows {
                width: first.key.len() + usize::from(first.version.is_some()),
                cells: group
                    .iter()
                    .flat_map(|it| it.key.iter().chain(&it.version).cloned().map(Fill::Value))
                    .collect(),
                objects: group.iter().map(|it| it.at).collect(),
                columns: Columns::new(),
                shared: self.placeholder.clone(),
            };
            self.plan.steps.push(Step {
                mapper: first.mapper,
                action: FlushAction::Delete,
                wave,
                statement: first.mapper.statement(Purpose::Delete, self.dialect)?,
                want: Want::Count,
                rows: Rows::Cells(rows.into()),
            });
        }
        Ok(())
    }

    /// Rows of one group are sorted by who refers to whom: leaves first. A circle is broken
    /// anywhere; the database says whether it minds.
    fn level_deleted(&self, rows: &mut [Row]) -> Result<()> {
        if !rows.iter().any(|it| it.mapper.cyclic) {
            return Ok(());
        }
        let mut by_key: HashMap<(&str, u64), usize> = HashMap::new();
        for (place, row) in rows.iter().enumerate() {
            if let Some(chunk) = self.chunk(row.at.chunk())
                && let Some(fp) = key_of(row.mapper.meta, &*chunk, row.at.slot())
            {
                by_key.insert((row.mapper.table(), fp), place);
            }
        }
        let mut parents: Vec<Vec<usize>> = vec![Vec::new(); rows.len()];
        for (place, row) in rows.iter().enumerate() {
            let Some(chunk) = self.chunk(row.at.chunk()) else { continue };
            for key in &row.mapper.foreign_keys {
                let Some(table) = key.references.first().map(|it| it.table.as_str()) else {
                    continue;
                };
                let mut values: Vec<Value> = Vec::new();
                chunk.with(row.at.slot(), &mut |fields| {
                    values = key.columns.iter().map(|it| fields.get(*it).to_value()).collect();
                })?;
                let fp = fingerprint(values.iter().map(Value::as_ref));
                let parent = by_key.get(&(table, fp)).copied();
                parents[place].extend(parent.filter(|it| *it != place));
            }
        }
        // A parent comes after all that refer to it; as many rounds as the tree is deep.
        for _ in 0..rows.len() {
            let mut moved = false;
            for (place, above) in parents.iter().enumerate() {
                let level = rows[place].level + 1;
                for &parent in above {
                    if rows[parent].level < level && (level as usize) < rows.len() {
                        rows[parent].level = level;
                        moved = true;
                    }
                }
            }
            if !moved {
                break;
            }
        }
        Ok(())
    }
}

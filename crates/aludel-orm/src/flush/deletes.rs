//! Deleted objects: DELETE by primary key (and version), what refers before what is referred to.

use std::collections::HashSet;

use aludel_core::value::Value;

use super::{
    plan::{CellRows, Fill, FlushAction, Rows, Step},
    run::Planner,
    updates::compare_keys,
};
use crate::{
    Result,
    mapping::{Mapper, statements::Purpose},
    object::{chunk::Columns, reference::Ref},
    session::{Key, key::key_values},
};

/// A row to delete.
pub(super) struct Row {
    pub(super) at: Ref,
    pub(super) mapper: &'static Mapper,
    pub(super) key: Key,
    /// The version that the row must have.
    pub(super) version: Option<Value>,
    /// How many deleted rows of its group refer to it, one by the other.
    pub(super) level: u32,
}

impl Planner {
    /// Makes the DELETE steps.
    pub(super) fn delete_steps(&mut self) -> Result<()> {
        let mut rows = Vec::new();
        let switched: HashSet<Ref> = self.switches.iter().map(|it| it.old).collect();
        for at in std::mem::take(&mut self.gathered.marked) {
            if switched.contains(&at) {
                continue;
            }
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
                cells: group.iter().flat_map(|it| self.key_of_deleted(it)).collect(),
                objects: group.iter().map(|it| it.at).collect(),
                columns: Columns::new(),
                expires: Columns::new(),
                returning: Columns::new(),
                shared: self.placeholder.clone(),
            };
            self.plan.steps.push(Step {
                mapper: first.mapper,
                action: FlushAction::Delete,
                wave,
                statement: first.mapper.statement(Purpose::Delete, self.dialect)?,
                want: self.count(),
                rows: Rows::Cells(rows.into()),
            });
        }
        Ok(())
    }

    /// The key that a row has when its DELETE gets there (it may have followed another by then), and its
    /// version.
    fn key_of_deleted(&self, row: &Row) -> Vec<Fill> {
        let follows = self.place(row.at.chunk()).map(|it| (it, row.at.slot()));
        let follows = follows.and_then(|it| self.following.get(&it));
        let columns = row.mapper.meta.primary_key.iter().zip(&row.key);
        let fill = |(column, value): (&u16, &Value)| {
            let followed = follows.iter().copied().flatten().find(|it| it.0 == *column);
            followed.map_or_else(|| Fill::Value(value.clone()), |it| it.1.clone())
        };
        columns.map(fill).chain(row.version.clone().map(Fill::Value)).collect()
    }
}

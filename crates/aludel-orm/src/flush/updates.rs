//! Changed objects: UPDATE of the columns that differ, and of foreign keys that follow a
//! relationship.

use std::collections::HashMap;

use aludel_core::value::Value;
use aludel_engine::driver::Want;
use smallvec::SmallVec;

use super::{
    gather::Reference,
    plan::{CellRows, Fill, FlushAction, Rows, Step},
    run::Planner,
};
use crate::{
    Result,
    mapping::{Mapper, statements::Purpose},
    object::{
        chunk::Columns,
        reference::Ref,
        state::{Flags, State},
    },
};

/// The values of a primary key.
pub(super) type Key = SmallVec<[Value; 1]>;

/// One row to update.
pub(super) struct Row {
    at: Ref,
    mapper: &'static Mapper,
    columns: Columns,
    values: SmallVec<[Fill; 1]>,
    /// The key that the row has in the database.
    key: Key,
    /// How many levels of new objects of its own group the row waits for.
    late: u32,
    /// Whether the user changed a column, so that the values do differ.
    edited: bool,
}

impl Planner {
    /// References become values of new objects' columns, and changes of existing ones'.
    pub(super) fn place_references(&mut self, rows: &mut Changes) -> Result<()> {
        let references = std::mem::take(&mut self.gathered.references);
        // Parents first: a key may itself come from a parent's key.
        let mut order: Vec<&Reference> = references.iter().collect();
        order.sort_by_key(|it| {
            self.chunk(it.child.chunk()).map_or(0, |it| Mapper::of(it.1.meta()).depth)
        });
        for reference in order {
            let child = reference.child;
            let Some((_, chunk)) = self.chunk(child.chunk()) else { continue };
            if let Some(parent) = reference.parent {
                let state = self.state(parent);
                if matches!(state, State::Transient | State::Detached) {
                    tracing::warn!(
                        target: "aludel::flush",
                        child = chunk.meta().name,
                        "an object refers to one that is in no session; the reference is not written"
                    );
                    continue;
                }
            }
            let fills: Vec<(u16, Fill)> = reference
                .columns
                .iter()
                .map(|(own, other)| {
                    let fill = match reference.parent {
                        Some(parent) => self.value_of(parent, *other),
                        None => Fill::Value(Value::Null),
                    };
                    (*own, fill)
                })
                .collect();
            match self.ordinal(child) {
                Some(ordinal) => {
                    for (column, fill) in fills {
                        let shape = self.new[ordinal as usize].shape as usize;
                        if !self.shapes[shape].columns.contains(&column) {
                            self.widen(ordinal, column);
                        }
                        self.overrides(ordinal).push((column, fill));
                    }
                }
                None => self.refer_existing(rows, child, fills)?,
            }
        }
        self.gathered.references = references;
        Ok(())
    }

    /// A column that an INSERT would have left out gets a value after all.
    fn widen(&mut self, ordinal: u32, column: u16) {
        let mut shape = self.shapes[self.new[ordinal as usize].shape as usize].clone();
        shape.returning.retain(|it| *it != column);
        if self.new[ordinal as usize].mapper.meta.primary_key.contains(&column) {
            shape.generates = false;
        }
        let place = shape.columns.partition_point(|it| *it < column);
        shape.columns.insert(place, column);
        let known = self.shapes.iter().position(|it| *it == shape);
        let number = known.unwrap_or_else(|| {
            self.shapes.push(shape);
            self.shapes.len() - 1
        });
        self.new[ordinal as usize].shape = number as u32;
    }

    /// Changed columns become rows to update.
    pub(super) fn place_changes(&mut self, rows: &mut Changes) -> Result<()> {
        for id in std::mem::take(&mut self.gathered.dirty) {
            let Some((_, chunk)) = self.chunk(id) else { continue };
            let mapper = Mapper::checked(chunk.meta())?;
            let head = chunk.head();
            let takes_part = |slot: u32| {
                let flags = head.flags(slot);
                flags.state() == State::Persistent && !flags.has(Flags::MARKED)
            };
            let mut changed = 0;
            chunk.harvest(self.consume, &takes_part, &mut |slot, base, value, columns| {
                changed += 1;
                let values = columns.iter().map(|it| Fill::Value(value.get(*it).to_value()));
                let key = mapper.meta.primary_key.iter().map(|it| base.get(*it).to_value());
                let (at, key, values) = (head.reference(slot), key.collect(), values.collect());
                rows.push(Row { at, mapper, columns, values, key, late: 0, edited: true });
            })?;
            if self.consume {
                self.journaled.extend(std::iter::repeat_n(id, changed));
            }
        }
        Ok(())
    }

    fn refer_existing(
        &mut self,
        rows: &mut Changes,
        child: Ref,
        fills: Vec<(u16, Fill)>,
    ) -> Result<()> {
        let Some((_, chunk)) = self.chunk(child.chunk()) else { return Ok(()) };
        let flags = chunk.head().flags(child.slot());
        if flags.state() != State::Persistent || flags.has(Flags::MARKED) {
            return Ok(());
        }
        let mapper = Mapper::checked(chunk.meta())?;
        let place = match rows.place(child) {
            Some(place) => place,
            None => {
                let mut key = Key::new();
                chunk.with(child.slot(), &mut |fields| {
                    key = mapper
                        .meta
                        .primary_key
                        .iter()
                        .map(|it| fields.get(*it).to_value())
                        .collect();
                })?;
                let (columns, values) = (Columns::new(), SmallVec::new());
                rows.push(Row { at: child, mapper, columns, values, key, late: 0, edited: false });
                rows.list.len() - 1
            }
        };
        for (column, fill) in fills {
            let waits = match &fill {
                Fill::Key(ordinal) | Fill::Returned(ordinal, _) => {
                    let parent = &self.new[*ordinal as usize];
                    if parent.mapper.group == mapper.group { parent.level + 1 } else { 0 }
                }
                _ => 0,
            };
            let row = &mut rows.list[place];
            row.late = row.late.max(waits);
            match row.columns.iter().position(|it| *it == column) {
                Some(at) => row.values[at] = fill,
                None => {
                    let at = row.columns.partition_point(|it| *it < column);
                    row.columns.insert(at, column);
                    row.values.insert(at, fill);
                }
            }
        }
        Ok(())
    }

    /// Makes the UPDATE steps: by primary key, and consecutive rows that set the same columns share
    /// one (UOW-11, UOW-17).
    pub(super) fn update_steps(&mut self, mut rows: Changes) -> Result<()> {
        rows.list.retain(|row| !self.is_settled(row));
        rows.list.sort_by(|a, b| {
            let order =
                |it: &Row| (it.mapper.depth, it.mapper.group, it.late, it.mapper.meta.table);
            order(a).cmp(&order(b)).then_with(|| compare_keys(&a.key, &b.key))
        });
        let mut rest = rows.list.as_slice();
        while let Some(first) = rest.first() {
            let same = |it: &&Row| {
                std::ptr::eq(it.mapper, first.mapper)
                    && it.columns == first.columns
                    && it.late == first.late
            };
            let (group, more) = rest.split_at(rest.iter().take_while(same).count());
            rest = more;
            let mut cells =
                Vec::with_capacity(group.len() * (first.columns.len() + first.key.len()));
            for row in group {
                cells.extend(row.values.iter().cloned());
                cells.extend(row.key.iter().cloned().map(Fill::Value));
            }
            let rows = CellRows {
                width: first.columns.len() + first.key.len(),
                cells,
                objects: group.iter().map(|it| it.at).collect(),
                columns: first.columns.clone(),
                shared: self.placeholder.clone(),
            };
            let after = if first.late == 0 { 0 } else { 2 };
            self.plan.steps.push(Step {
                mapper: first.mapper,
                action: FlushAction::Update,
                wave: self.wave(first.mapper, first.late.saturating_sub(1), after),
                statement: first
                    .mapper
                    .statement(Purpose::Update(first.columns.clone()), self.dialect)?,
                want: Want::Count,
                rows: Rows::Cells(rows.into()),
            });
        }
        Ok(())
    }

    /// Whether a row has all the values already: a reference that was set to what it was.
    fn is_settled(&self, row: &Row) -> bool {
        if row.edited {
            return false;
        }
        let Some((_, chunk)) = self.chunk(row.at.chunk()) else { return true };
        let fields_equal = |fields: &dyn crate::object::chunk::Fields| {
            row.columns.iter().zip(&row.values).all(|(column, fill)| match fill {
                Fill::Value(value) => fields.get(*column) == value.as_ref(),
                Fill::Field { chunk, slot, column: other } => {
                    let mut same = false;
                    let parent = &self.shared.chunks[*chunk as usize];
                    let _ =
                        parent.with(*slot, &mut |it| same = it.get(*other) == fields.get(*column));
                    same
                }
                _ => false,
            })
        };
        let mut same = false;
        let _ = chunk.with(row.at.slot(), &mut |fields| same = fields_equal(fields));
        same
    }
}

/// Rows to update, each object once.
pub(super) struct Changes {
    list: Vec<Row>,
    /// Where each object's row is; kept only where relationships will ask.
    places: Option<HashMap<Ref, usize>>,
}

impl Changes {
    pub(super) fn new(by_object: bool) -> Self {
        Self { list: Vec::new(), places: by_object.then(HashMap::new) }
    }

    fn push(&mut self, row: Row) {
        if let Some(places) = &mut self.places {
            places.insert(row.at, self.list.len());
        }
        self.list.push(row);
    }

    fn place(&self, at: Ref) -> Option<usize> {
        self.places.as_ref()?.get(&at).copied()
    }
}

/// Ascending; keys of kinds that can't be compared by text.
pub(super) fn compare_keys(a: &[Value], b: &[Value]) -> std::cmp::Ordering {
    a.iter()
        .zip(b)
        .map(|it| match it {
            (Value::Int(a), Value::Int(b)) => a.cmp(b),
            (Value::Text(a), Value::Text(b)) => a.cmp(b),
            (Value::Bytes(a), Value::Bytes(b)) => a.cmp(b),
            (a, b) => a.to_string().cmp(&b.to_string()),
        })
        .find(|it| it.is_ne())
        .unwrap_or(std::cmp::Ordering::Equal)
}

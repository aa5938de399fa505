//! New objects: which columns each INSERT has, where the values come from, and in which order.

use std::collections::HashMap;

use aludel_engine::driver::Want;
use smallvec::SmallVec;

use super::{
    plan::{Fill, FlushAction, ObjectRows, Rows, Step},
    run::Planner,
};
use crate::{
    Error, Result,
    mapping::{ColumnDefault, Mapper, statements::Purpose},
    object::{
        chunk::{Columns, Fields},
        reference::Ref,
        state::Flags,
    },
};

/// A new object.
pub(super) struct NewObject {
    pub(super) mapper: &'static Mapper,
    pub(super) shape: u32,
    /// How many new objects of its group stand above it.
    pub(super) level: u32,
}

/// The columns of an INSERT, and those that come back.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Shape {
    pub(super) columns: Columns,
    pub(super) returning: Columns,
    /// Whether the database generates the integer key.
    pub(super) generates: bool,
}

/// Values that don't come from the object itself, by column.
pub(super) type Overrides = SmallVec<[(u16, Fill); 1]>;

impl Planner {
    /// Finds each new object's columns, and gives it its ordinal.
    pub(super) fn shape_new_objects(&mut self) -> Result<()> {
        let mut shapes: HashMap<(u32, Shape), u32> = HashMap::new();
        // The last shape, since the next object mostly has the same.
        let mut last: Option<(u32, Shape, u32)> = None;
        for at in std::mem::take(&mut self.gathered.pending) {
            let Some((index, chunk)) = self.chunk(at.chunk()) else { continue };
            let mapper = Mapper::checked(chunk.meta())?;
            let mut shape = None;
            let mut defaults: Overrides = SmallVec::new();
            let (head, consume) = (chunk.head(), self.consume);
            chunk.with(at.slot(), &mut |fields| {
                shape = Some(shape_of(mapper, fields, &mut defaults));
                if consume {
                    // A change from now on is one of the next flush: it takes a snapshot.
                    head.set_flags(at.slot(), head.flags(at.slot()).with(Flags::TRACKED));
                }
            })?;
            let Some(shape) = shape else { continue };
            let number = match &last {
                Some((of, same, number)) if *of == mapper.number && *same == shape => *number,
                _ => {
                    let next = self.shapes.len() as u32;
                    let number = *shapes.entry((mapper.number, shape.clone())).or_insert(next);
                    if number == next {
                        self.shapes.push(shape.clone());
                    }
                    last = Some((mapper.number, shape, number));
                    number
                }
            };
            let ordinal = self.new.len() as u32;
            self.ordinals.entry(at.chunk()).or_default().push((at.slot(), ordinal));
            self.new.push(NewObject { mapper, shape: number, level: 0 });
            self.shared.objects.push((index, at.slot()));
            if !defaults.is_empty() {
                self.overrides(ordinal).extend(defaults);
            }
        }
        for slots in self.ordinals.values_mut() {
            slots.sort_unstable();
        }
        Ok(())
    }

    /// The ordinal of a new object.
    pub(super) fn ordinal(&self, at: Ref) -> Option<u32> {
        let slots = self.ordinals.get(&at.chunk())?;
        let place = slots.binary_search_by_key(&at.slot(), |it| it.0).ok()?;
        Some(slots[place].1)
    }

    pub(super) fn overrides(&mut self, ordinal: u32) -> &mut Overrides {
        if self.overridden.len() <= ordinal as usize {
            self.overridden.resize_with(self.new.len(), SmallVec::new);
        }
        &mut self.overridden[ordinal as usize]
    }

    /// Where a column's value of an object comes from.
    pub(super) fn value_of(&mut self, object: Ref, column: u16) -> Fill {
        let Some((chunk, _)) = self.chunk(object.chunk()) else {
            return Fill::Value(aludel_core::value::Value::Null);
        };
        let own = Fill::Field { chunk, slot: object.slot(), column };
        let Some(ordinal) = self.ordinal(object) else { return own };
        if let Some(overrides) = self.overridden.get(ordinal as usize)
            && let Some((_, fill)) = overrides.iter().rev().find(|it| it.0 == column)
        {
            return fill.clone();
        }
        let new = &self.new[ordinal as usize];
        let shape = &self.shapes[new.shape as usize];
        if shape.columns.contains(&column) {
            own
        } else if shape.generates && new.mapper.meta.primary_key.contains(&column) {
            Fill::Key(ordinal)
        } else {
            Fill::Returned(ordinal, column)
        }
    }

    /// Sorts new objects that depend on each other by level.
    ///
    /// # Errors
    /// They depend on each other in a circle.
    pub(super) fn level_new_objects(&mut self) -> Result<()> {
        if !self.new.iter().any(|it| it.mapper.cyclic) {
            return Ok(());
        }
        let mut parents: Vec<SmallVec<[u32; 1]>> = vec![SmallVec::new(); self.new.len()];
        for reference in &self.gathered.references {
            let Some(child) = self.ordinal(reference.child) else { continue };
            let Some(parent) = reference.parent.and_then(|it| self.ordinal(it)) else { continue };
            let same =
                self.new[child as usize].mapper.group == self.new[parent as usize].mapper.group;
            if same && self.new[child as usize].mapper.cyclic {
                parents[child as usize].push(parent);
            }
        }
        const UNKNOWN: u32 = u32::MAX;
        const OPEN: u32 = u32::MAX - 1;
        let mut levels = vec![UNKNOWN; self.new.len()];
        let mut stack = Vec::new();
        for start in 0..self.new.len() as u32 {
            stack.push(start);
            while let Some(&at) = stack.last() {
                let known = levels[at as usize];
                if known < OPEN {
                    stack.pop();
                    continue;
                }
                let open = parents[at as usize].iter().find(|it| levels[**it as usize] >= OPEN);
                match open {
                    Some(parent) if levels[*parent as usize] == OPEN => {
                        return Err(self.circle(&stack, *parent));
                    }
                    Some(parent) => {
                        levels[at as usize] = OPEN;
                        stack.push(*parent);
                    }
                    None => {
                        let deepest =
                            parents[at as usize].iter().map(|it| levels[*it as usize] + 1).max();
                        levels[at as usize] = deepest.unwrap_or(0);
                        stack.pop();
                    }
                }
            }
        }
        self.new.iter_mut().zip(levels).for_each(|(new, level)| new.level = level);
        Ok(())
    }

    #[cold]
    fn circle(&self, stack: &[u32], from: u32) -> Error {
        let start = stack.iter().position(|it| *it == from).unwrap_or(0);
        let names: Vec<_> = stack[start..]
            .iter()
            .chain([&from])
            .map(|it| self.new[*it as usize].mapper.entity())
            .collect();
        Error::CircularDependency(names.join(" → ").into())
    }

    /// Makes the INSERT steps: consecutive objects with the same columns share one (UOW-15).
    pub(super) fn insert_steps(&mut self) -> Result<()> {
        let mut order: Vec<u32> = (0..self.new.len() as u32).collect();
        order.sort_by_key(|it| {
            let new = &self.new[*it as usize];
            (new.mapper.depth, new.mapper.group, new.level, new.mapper.meta.table)
        });
        let same = |a: &NewObject, b: &NewObject| {
            a.shape == b.shape && a.level == b.level && std::ptr::eq(a.mapper, b.mapper)
        };
        let mut rest = order.as_slice();
        while let Some(first) = rest.first() {
            let first = &self.new[*first as usize];
            let n = rest.iter().take_while(|it| same(first, &self.new[**it as usize])).count();
            let (group, more) = rest.split_at(n);
            rest = more;
            let shape = &self.shapes[first.shape as usize];
            let purpose = Purpose::Insert(shape.columns.clone(), shape.returning.clone());
            let want = match (shape.generates, shape.returning.is_empty()) {
                (_, false) => Want::Rows,
                (true, true) => Want::Keys,
                (false, true) => Want::Nothing,
            };
            let fills =
                (0..shape.columns.len()).map(|it| self.column_fills(group, shape.columns[it]));
            let rows = ObjectRows {
                fills: fills.collect(),
                columns: shape.columns.clone(),
                returning: shape.returning.clone(),
                ordinals: group.to_vec(),
                shared: self.placeholder.clone(),
            };
            self.plan.steps.push(Step {
                mapper: first.mapper,
                action: FlushAction::Insert,
                wave: self.wave(first.mapper, first.level, 1),
                statement: first.mapper.statement(purpose, self.dialect)?,
                want,
                rows: Rows::Objects(rows.into()),
            });
        }
        Ok(())
    }

    /// The values of a column that don't come from the objects; `None` where all do.
    fn column_fills(&self, group: &[u32], column: u16) -> Option<Vec<Fill>> {
        let fill = |ordinal: &u32| {
            let overrides = self.overridden.get(*ordinal as usize)?;
            Some(overrides.iter().rev().find(|it| it.0 == column)?.1.clone())
        };
        if self.overridden.is_empty() || !group.iter().any(|it| fill(it).is_some()) {
            return None;
        }
        Some(group.iter().map(|it| fill(it).unwrap_or(Fill::Own)).collect())
    }
}

/// The columns of an object's INSERT: those with a value, explicit NULLs for those without one and
/// without a default (UOW-13), and not those that the database fills in.
fn shape_of(mapper: &Mapper, fields: &dyn Fields, defaults: &mut Overrides) -> Shape {
    let mut shape = Shape { columns: Columns::new(), returning: Columns::new(), generates: false };
    let key = mapper.generates_key().then(|| mapper.meta.primary_key[0]);
    for (index, column) in mapper.meta.columns.iter().enumerate() {
        let index = index as u16;
        let absent = if column.auto { fields.is_unset(index) } else { fields.get(index).is_null() };
        match &column.default {
            _ if !absent => shape.columns.push(index),
            _ if key == Some(index) => shape.generates = true,
            ColumnDefault::Client(value) => {
                shape.columns.push(index);
                defaults.push((index, Fill::Value(value())));
            }
            ColumnDefault::Server(_) => shape.returning.push(index),
            // Nobody will set it but a relationship, or the database by itself.
            ColumnDefault::None if column.auto && !mapper.is_foreign(index) => {
                shape.returning.push(index)
            }
            ColumnDefault::None => shape.columns.push(index),
        }
    }
    // What comes back with the row brings the key along.
    if !shape.returning.is_empty()
        && let Some(key) = key.filter(|_| shape.generates)
    {
        shape.returning.insert(0, key);
    }
    shape
}

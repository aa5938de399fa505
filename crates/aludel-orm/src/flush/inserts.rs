//! New objects: which columns each INSERT has, where the values come from, and in which order.

use aludel_core::{dialect::Returning, expr::Node, value::ValueRef};
use aludel_engine::driver::Want;
use smallvec::SmallVec;

use super::{
    computed::{Expressions, Inline},
    gather::Map,
    plan::{Fill, FlushAction, ObjectRows, Rows, Step},
    run::Planner,
};
use crate::{
    Error, Result,
    mapping::{
        ColumnDefault, Mapper, Version,
        statements::{Inserted, Purpose},
    },
    object::{assigned::To, chunk::Columns, reference::Ref},
};

/// A new object.
#[derive(Clone, Copy)]
pub(super) struct NewObject {
    pub(super) mapper: &'static Mapper,
    pub(super) shape: u32,
    /// How many new objects of its group stand above it.
    pub(super) level: u32,
}

/// The columns of an INSERT, and those that come back.
#[derive(Clone, PartialEq)]
pub(crate) struct Shape {
    pub(crate) columns: Columns,
    /// Columns that the database computes; they are among those that come back.
    pub(crate) expressions: Expressions,
    pub(super) returning: Columns,
    /// Whether the database generates the integer key.
    pub(super) generates: bool,
}

impl Shape {
    /// The database computes a column, whatever the object's value is.
    fn compute(&mut self, mapper: &Mapper, column: u16, node: Node) {
        self.columns.retain(|it| *it != column);
        self.returning.retain(|it| *it != column);
        self.expressions.retain(|it| it.0 != column);
        self.expressions.push((column, node));
        self.returning.push(column);
        if mapper.meta.primary_key == [column] {
            self.generates = false;
        } else if self.generates && self.returning[0] != mapper.meta.primary_key[0] {
            self.returning.insert(0, mapper.meta.primary_key[0]);
        }
    }
}

/// Values that don't come from the object itself; of a column's the last counts.
pub(super) type Overrides = SmallVec<[Override; 1]>;

/// What a column holds, whatever its object says.
#[derive(Clone)]
pub(super) struct Override {
    pub(super) column: u16,
    pub(super) fill: Fill,
    /// Whether it is a default, which is there for an INSERT.
    pub(super) is_default: bool,
}

impl Override {
    pub(super) fn new(column: u16, fill: Fill) -> Self {
        Self { column, fill, is_default: false }
    }

    pub(super) fn default(column: u16, fill: Fill) -> Self {
        Self { column, fill, is_default: true }
    }
}

/// The shapes of one mapper's objects: by which of its conditional columns are absent.
struct Shapes {
    mapper: &'static Mapper,
    conditional: Columns,
    known: Vec<(u128, u32)>,
}

/// Which new object has which ordinal: by the place of its chunk, then by its slot.
#[derive(Default)]
pub(super) struct Ordinals(Vec<Vec<u32>>);

impl Ordinals {
    /// Of no object.
    const NONE: u32 = u32::MAX;

    fn of(objects: &[(u32, u32)]) -> Self {
        let mut by_place: Vec<Vec<u32>> = Vec::new();
        for (ordinal, (place, slot)) in (0..).zip(objects) {
            let (place, slot) = (*place as usize, *slot as usize);
            if by_place.len() <= place {
                by_place.resize_with(place + 1, Vec::new);
            }
            let slots = &mut by_place[place];
            if slots.len() <= slot {
                slots.resize(slot + 1, Self::NONE);
            }
            slots[slot] = ordinal;
        }
        Self(by_place)
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn get(&self, place: u32, slot: u32) -> Option<u32> {
        let ordinal = self.0.get(place as usize)?.get(slot as usize);
        ordinal.copied().filter(|it| *it != Self::NONE)
    }
}

impl Planner {
    /// Finds each new object's columns, and gives it its ordinal.
    pub(super) fn shape_new_objects(&mut self) -> Result<()> {
        let pending = std::mem::take(&mut self.gathered.pending);
        self.new.reserve(pending.len());
        self.shared.objects.reserve(pending.len());
        let mut by_mapper: Map<u32, Shapes> = Map::default();
        let mut absent = Vec::new();
        for group in pending.chunk_by(|a, b| a.chunk() == b.chunk()) {
            let Some(place) = group.first().and_then(|it| self.place(it.chunk())) else { continue };
            let chunk = self.shared.chunks[place as usize].clone();
            let mapper = Mapper::checked(chunk.meta())?;
            let shapes = by_mapper.entry(mapper.number).or_insert_with(|| Shapes {
                mapper,
                conditional: conditional(mapper),
                known: Vec::new(),
            });
            chunk.survey(group, &shapes.conditional, self.consume, &mut absent)?;
            let start = self.new.len();
            for same in absent.chunk_by(|a, b| a == b) {
                let shape = self.shape(shapes, same[0]);
                let new = NewObject { mapper, shape, level: 0 };
                self.new.extend(std::iter::repeat_n(new, same.len()));
            }
            self.shared.objects.extend(group.iter().map(|it| (place, it.slot())));
            self.first_versions(mapper, start);
            self.make_defaults(mapper, start);
        }
        // Only links ask which object has which ordinal.
        let links = !self.gathered.references.is_empty() || !self.gathered.pairs.is_empty();
        if links || !self.gathered.steps.is_empty() || !self.gathered.assigned.is_empty() {
            self.ordinals = Ordinals::of(&self.shared.objects);
        }
        self.compute_new();
        Ok(())
    }

    /// Columns of new objects that `session.set` set to expressions (UOW-20).
    fn compute_new(&mut self) {
        for assigned in std::mem::take(&mut self.gathered.assigned) {
            let Some(ordinal) = self.ordinal(assigned.object) else {
                self.gathered.assigned.push(assigned);
                continue;
            };
            let To::Expression(node) = assigned.to else { continue };
            let new = self.new[ordinal as usize];
            let mut shape = self.shapes[new.shape as usize].clone();
            shape.compute(new.mapper, assigned.column, node);
            let known = self.shapes.iter().position(|it| *it == shape);
            let number = known.unwrap_or_else(|| {
                self.shapes.push(shape);
                self.shapes.len() - 1
            });
            self.new[ordinal as usize].shape = number as u32;
        }
    }

    fn shape(&mut self, shapes: &mut Shapes, absent: u128) -> u32 {
        if let Some((_, shape)) = shapes.known.iter().find(|it| it.0 == absent) {
            return *shape;
        }
        let is_absent = |column: u16| {
            let bit = shapes.conditional.iter().position(|it| *it == column);
            bit.is_some_and(|bit| absent >> bit & 1 == 1)
        };
        let shape = shape_of(shapes.mapper, &is_absent);
        // What is absent and what is NULL are written alike: such rows go together.
        let same = shapes.known.iter().map(|it| it.1).find(|it| self.shapes[*it as usize] == shape);
        let number = same.unwrap_or_else(|| {
            self.shapes.push(shape);
            self.shapes.len() as u32 - 1
        });
        shapes.known.push((absent, number));
        number
    }

    /// New rows begin with a version.
    fn first_versions(&mut self, mapper: &Mapper, start: usize) {
        if let Some((column, Version::Generated(next))) = mapper.version {
            for ordinal in start..self.new.len() {
                let first = Fill::Value(next(ValueRef::Null));
                self.overrides(ordinal as u32).push(Override::new(column, first));
            }
        }
    }

    /// The ordinal of a new object.
    pub(super) fn ordinal(&self, at: Ref) -> Option<u32> {
        if self.ordinals.is_empty() {
            return None;
        }
        self.ordinals.get(self.place(at.chunk())?, at.slot())
    }

    pub(super) fn overrides(&mut self, ordinal: u32) -> &mut Overrides {
        if self.overridden.len() <= ordinal as usize {
            self.overridden.resize_with(self.new.len(), SmallVec::new);
        }
        &mut self.overridden[ordinal as usize]
    }

    /// Where a column's value of an object comes from.
    pub(super) fn value_of(&self, object: Ref, column: u16) -> Fill {
        let Some(chunk) = self.place(object.chunk()) else {
            return Fill::Value(aludel_core::value::Value::Null);
        };
        let own = Fill::Field { chunk, slot: object.slot(), column };
        if !self.following.is_empty()
            && let Some(follows) = self.following.get(&(chunk, object.slot()))
            && let Some((_, fill)) = follows.iter().find(|it| it.0 == column)
        {
            return fill.clone();
        }
        let Some(ordinal) = self.ordinals.get(chunk, object.slot()) else { return own };
        if let Some(overrides) = self.overridden.get(ordinal as usize)
            && let Some(it) = overrides.iter().rev().find(|it| it.column == column)
        {
            return it.fill.clone();
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
        for reference in self.gathered.references.iter().filter(|it| !it.post) {
            let Some(child) = self.ordinal(reference.child) else { continue };
            if !self.new[child as usize].mapper.cyclic {
                continue;
            }
            let Some(parent) = reference.parent.and_then(|it| self.ordinal(it)) else { continue };
            if self.new[child as usize].mapper.group == self.new[parent as usize].mapper.group {
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
                    Some(parent) if levels[*parent as usize] == OPEN || *parent == at => {
                        return Err(self.circle(&stack, *parent));
                    }
                    Some(parent) => {
                        levels[at as usize] = OPEN;
                        stack.push(*parent);
                    }
                    None => {
                        let above = parents[at as usize].iter().map(|it| levels[*it as usize] + 1);
                        levels[at as usize] = above.max().unwrap_or(0);
                        stack.pop();
                    }
                }
            }
        }
        if !self.gathered.steps.is_empty() {
            self.level_as_original(&parents, &mut levels);
        }
        self.levels = levels.iter().max().map_or(1, |it| it + 1);
        self.new.iter_mut().zip(levels).for_each(|(new, level)| new.level = level);
        Ok(())
    }

    #[cold]
    fn circle(&self, stack: &[u32], from: u32) -> Error {
        let start = stack.iter().position(|it| *it == from).unwrap_or(0);
        let path = [&stack[start..], &[from]].concat();
        Error::circular(path.iter().map(|it| self.new[*it as usize].mapper.entity()))
    }

    /// Makes the INSERT steps: consecutive objects with the same columns share one (UOW-15).
    pub(super) fn insert_steps(&mut self) -> Result<()> {
        let mut order: Vec<u32> = (0..self.new.len() as u32).collect();
        if !self.switches.is_empty() {
            order.retain(|it| !self.is_switched(*it));
        }
        let place = |it: &u32| {
            let new = &self.new[*it as usize];
            (new.mapper.depth, new.mapper.group, new.level, new.mapper.meta.table)
        };
        let one = self.new.first().is_none_or(|first| {
            self.new
                .iter()
                .all(|it| std::ptr::eq(it.mapper, first.mapper) && it.level == first.level)
        });
        if !one {
            order.sort_by_key(place);
        }
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
            let (mut expires, mut read) = (Columns::new(), shape.returning.clone());
            if first.mapper.meta.eager_defaults == Some(false) {
                let unread = |it: &u16| first.mapper.leaves_unread(*it);
                expires = read.iter().copied().filter(unread).collect();
                read.retain(|it| !expires.contains(it));
                // The key that the database generates comes by itself.
                if shape.generates && read.len() == 1 {
                    read.clear();
                }
            }
            expires.extend_from_slice(&first.mapper.properties);
            let fetched = self.fetched(first.mapper, shape.generates, &read);
            let returning = if fetched.is_empty() { read.clone() } else { Columns::new() };
            let inserted = Inserted {
                columns: shape.columns.clone(),
                returning: returning.clone(),
                generates: shape.generates,
            };
            let mut fills = self.fills(group, &shape.columns);
            let (statement, columns) = match shape.expressions.is_empty() {
                true => {
                    let purpose = Purpose::Insert(inserted);
                    (first.mapper.statement(purpose, self.dialect)?, shape.columns.clone())
                }
                false => {
                    let (mapper, expressions) = (first.mapper, &shape.expressions);
                    let inline = Inline::insert(mapper, &inserted, expressions, self.dialect)?;
                    for (place, value) in &inline.within {
                        let fixed = vec![Fill::Value(value.clone()); group.len()];
                        fills.insert(*place, Some(fixed));
                    }
                    (inline.statement, inline.columns)
                }
            };
            let want = match (shape.generates, returning.is_empty()) {
                (_, false) => Want::Rows,
                (true, true) => Want::Keys,
                (false, true) => Want::Nothing,
            };
            let rows = ObjectRows {
                plain: fills.iter().all(Option::is_none),
                late: self.late_defaults(group, &columns),
                fills,
                columns,
                returning: read,
                ordinals: group.to_vec(),
                expires,
                shared: self.placeholder.clone(),
            };
            self.plan.steps.push(Step {
                mapper: first.mapper,
                action: FlushAction::Insert,
                wave: self.wave(first.mapper, first.level, 1),
                statement,
                want,
                rows: Rows::Objects(rows.into()),
            });
            if !fetched.is_empty() {
                let step = self.fetch_step(first, group, fetched)?;
                self.plan.steps.push(step);
            }
        }
        Ok(())
    }

    /// What is to be read behind an INSERT, as it can't return it. Where that is a key, there is nothing to
    /// read it by: the statement is refused.
    fn fetched(&self, mapper: &Mapper, generates: bool, returning: &[u16]) -> Columns {
        let keys = mapper.meta.primary_key;
        let is_read = |it: &u16| !(generates && keys.contains(it));
        let columns: Columns = returning.iter().copied().filter(is_read).collect();
        let can_return = self.dialect.capability().dml.returning != Returning::None;
        if can_return || columns.iter().any(|it| keys.contains(it)) {
            return Columns::new();
        }
        columns
    }

    /// Reads columns of new rows by their keys, behind the INSERT.
    fn fetch_step(&self, first: &NewObject, group: &[u32], returning: Columns) -> Result<Step> {
        let mapper = first.mapper;
        let mut columns = Columns::from_slice(mapper.meta.primary_key);
        columns.sort_unstable();
        let mut fills = self.fills(group, &columns);
        if self.shapes[first.shape as usize].generates {
            fills = vec![Some(group.iter().map(|it| Fill::Key(*it)).collect())];
        }
        let purpose = Purpose::Fetch(columns.clone(), returning.clone());
        let rows = ObjectRows {
            plain: fills.iter().all(Option::is_none),
            late: Vec::new(),
            fills,
            columns,
            returning,
            ordinals: group.to_vec(),
            expires: Columns::new(),
            shared: self.placeholder.clone(),
        };
        Ok(Step {
            mapper,
            action: FlushAction::Fetch,
            wave: self.wave(mapper, first.level, 2),
            statement: mapper.statement(purpose, self.dialect)?,
            want: Want::Rows,
            rows: Rows::Objects(rows.into()),
        })
    }

    /// By column's place, the values that don't come from the objects; `None` where all do.
    fn fills(&self, group: &[u32], columns: &[u16]) -> Vec<Option<Vec<Fill>>> {
        let mut fills = vec![None; columns.len()];
        if self.overridden.is_empty() {
            return fills;
        }
        for (run, ordinal) in group.iter().enumerate() {
            // The last word counts.
            for it in self.overridden.get(*ordinal as usize).into_iter().flatten() {
                if let Ok(place) = columns.binary_search(&it.column) {
                    let list = fills[place].get_or_insert_with(|| vec![Fill::Own; group.len()]);
                    list[run] = it.fill.clone();
                }
            }
        }
        fills
    }
}

/// The columns that an INSERT may leave out, where an object has no value for them.
fn conditional(mapper: &Mapper) -> Columns {
    let columns = mapper.meta.columns.iter().enumerate();
    let may_be =
        columns.filter(|(_, column)| column.auto || !matches!(column.default, ColumnDefault::None));
    // More than these are not told apart: they are written as they are.
    may_be.map(|it| it.0 as u16).take(128).collect()
}

/// The columns of an object's INSERT: those with a value, explicit NULLs for those without one and
/// without a default (UOW-13), and not those that the database fills in.
pub(crate) fn shape_of(mapper: &Mapper, is_absent: &dyn Fn(u16) -> bool) -> Shape {
    let mut shape = Shape {
        columns: Columns::new(),
        expressions: Vec::new(),
        returning: Columns::new(),
        generates: false,
    };
    let key = mapper.generates_key().then(|| mapper.meta.primary_key[0]);
    for (index, column) in mapper.meta.columns.iter().enumerate() {
        let index = index as u16;
        let is_counted = matches!(column.version, Some(Version::Generated(_)));
        match &column.default {
            _ if column.property.is_some() => {}
            _ if is_counted || !is_absent(index) => shape.columns.push(index),
            _ if key == Some(index) => shape.generates = true,
            ColumnDefault::Client(_) | ColumnDefault::Row(_) => shape.columns.push(index),
            ColumnDefault::Server(_) | ColumnDefault::Computed(_) => shape.returning.push(index),
            ColumnDefault::Expression(default) => {
                shape.expressions.push((index, default()));
                shape.returning.push(index);
            }
            // Nobody will set it but a relationship, or the database by itself.
            ColumnDefault::None if column.auto && !mapper.is_foreign(index) && !column.nullable => {
                shape.returning.push(index);
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

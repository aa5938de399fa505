//! Changed objects: UPDATE of the columns that differ, and of foreign keys that follow a
//! relationship.

use aludel_core::{dialect::RowCounts, value::Value};
use aludel_engine::driver::Want;
use smallvec::SmallVec;

use super::{
    changes::{Changes, Extra, Kind, Row, known_key},
    computed::Inline,
    gather::Reference,
    inserts::Override,
    plan::{CellRows, EditRows, Fill, FlushAction, Rows, Step},
    post::PostUpdates,
    run::Planner,
};
use crate::{
    Error, Result,
    error::{BlankedKey, Subject},
    mapping::{Mapper, statements::Purpose},
    object::{
        chunk::{Columns, Fields},
        reference::Ref,
        state::{Flags, State},
    },
    session::key::{key_text, key_values},
};

impl Planner {
    /// Changed columns become rows to update.
    pub(super) fn place_changes(&mut self, changes: &mut Changes) -> Result<()> {
        for id in std::mem::take(&mut self.gathered.dirty) {
            let Some(place) = self.place(id) else { continue };
            let chunk = self.shared.chunks[place as usize].clone();
            let mapper = Mapper::checked(chunk.meta())?;
            let head = chunk.head();
            let takes_part = |slot: u32| {
                let flags = head.flags(slot);
                flags.state() == State::Persistent
                    && !flags.has(Flags::MARKED)
                    && !self.is_doomed(head.reference(slot))
            };
            let before = changes.rows.len();
            let primary_key = mapper.meta.primary_key;
            // The columns and the kind of the last row that needs nothing but its own values.
            let mut plain: Option<(Columns, u32)> = None;
            let mut last: Option<(Columns, u32)> = None;
            let (mut switches, mut switchers) = (false, Vec::new());
            chunk.harvest(self.consume, &takes_part, &mut |slot, base, _, columns| {
                if let Some((same, kind)) = &plain
                    && same.iter().eq(columns)
                {
                    let (order, kind) = (changes.order_of(mapper, base), *kind);
                    return changes.push(Row { order, chunk: place, slot, kind, extra: None });
                }
                let rekeyed = columns.iter().any(|it| primary_key.contains(it));
                let mut set = Columns::from_slice(columns);
                let extra = (rekeyed || mapper.version.is_some()).then(|| {
                    let key = rekeyed.then(|| known_key(key_values(mapper.meta, base)));
                    let mut extra = Extra { key, ..Extra::default() };
                    extra.check_version(mapper, base, &mut set);
                    changes.extras.push(extra);
                    changes.extras.len() as u32 - 1
                });
                let kind = match &last {
                    Some((same, kind)) if *same == set => *kind,
                    _ => {
                        let kind = changes.kind(Kind::new(mapper, set.clone()));
                        switches = columns.iter().any(|it| mapper.referred().contains(it));
                        last = Some((set, kind));
                        kind
                    }
                };
                if switches {
                    let old = columns.iter().map(|it| (*it, base.get(*it).to_value()));
                    switchers.push((head.reference(slot), old.collect()));
                }
                plain =
                    (extra.is_none() && !switches).then(|| (Columns::from_slice(columns), kind));
                let order = changes.order_of(mapper, base);
                changes.push(Row { order, chunk: place, slot, kind, extra });
            })?;
            self.switchers.append(&mut switchers);
            if self.consume {
                self.journaled.push((id, (changes.rows.len() - before) as u32));
            }
        }
        Ok(())
    }

    /// References become values of new objects' columns, and changes of existing ones'.
    pub(super) fn place_references(&mut self, changes: &mut Changes) -> Result<PostUpdates> {
        let mut references = std::mem::take(&mut self.gathered.references);
        // Parents first: a key may itself come from a parent's key.
        references.sort_by_cached_key(|it| self.depth_of(it.child));
        let mut waiting = std::mem::take(&mut self.row_defaults);
        if !waiting.is_empty() {
            // Or from a default that is made of a key.
            references.sort_by_key(|it| self.turn_of(it.child));
            waiting.sort_by_key(|it| self.turn(*it));
        }
        let mut made = 0;
        let mut later = PostUpdates::default();
        for Reference { child, columns, parent, post } in &references {
            let ordinal = self.ordinal(*child);
            while let Some(first) = waiting.get(made)
                && self.turn(*first) < self.turn_of(*child)
            {
                self.make_row_defaults(*first);
                made += 1;
            }
            let mut fills: SmallVec<[(u16, Fill); 2]> = SmallVec::new();
            for (own, other) in *columns {
                let fill = match parent {
                    Some(parent) => self.value_of(*parent, *other),
                    None => Fill::Value(Value::Null),
                };
                fills.push((*own, fill));
            }
            let Some(ordinal) = ordinal else {
                self.switch_by_reference(*child, &fills);
                self.refer_existing(changes, *child, fills, false)?;
                continue;
            };
            later.forget(ordinal, &fills);
            if *post && parent.is_some_and(|it| self.ordinal(it).is_some()) {
                later.put_off(ordinal, &mut fills);
            }
            for (column, fill) in fills {
                let shape = self.new[ordinal as usize].shape as usize;
                if !self.shapes[shape].columns.contains(&column) {
                    self.widen(ordinal, column);
                }
                self.overrides(ordinal).push(Override::new(column, fill));
            }
        }
        waiting[made..].iter().for_each(|it| self.make_row_defaults(*it));
        self.row_defaults = waiting;
        self.gathered.references = references;
        if changes.blanks {
            self.check_keys(changes)?;
        }
        Ok(later)
    }

    /// A part of a row's key can't become NULL (UOW-30); a later reference may have set it again.
    #[cold]
    fn check_keys(&self, changes: &Changes) -> Result<()> {
        for row in &changes.rows {
            let mapper = changes.kinds[row.kind as usize].mapper;
            let extra = row.extra.and_then(|it| changes.extras.get(it as usize));
            let Some(column) = extra.and_then(|it| blanked(mapper, &it.fills)) else { continue };
            let mut key = String::new();
            let chunk = &self.shared.chunks[row.chunk as usize];
            chunk.loaded(row.slot, &mut |it| key = key_text(mapper.meta, it))?;
            let subject = Subject { entity: mapper.entity(), key };
            let column = mapper.meta.columns[usize::from(column)].field;
            return Err(Error::BlankedKey(Box::new(BlankedKey { subject, column })));
        }
        Ok(())
    }

    /// Whether a flush would mark an object first. One that is under way has done so.
    pub(super) fn is_doomed(&self, object: Ref) -> bool {
        !self.consume && self.gathered.marked.binary_search(&object).is_ok()
    }

    fn depth_of(&self, object: Ref) -> u32 {
        let place = self.place(object.chunk());
        place.map_or(0, |it| Mapper::of(self.shared.chunks[it as usize].meta()).depth)
    }

    /// When a new object's row is written, among those of its group.
    fn turn(&self, ordinal: u32) -> (u32, u32) {
        let new = &self.new[ordinal as usize];
        (new.mapper.depth, new.level)
    }

    /// The same of any object; those that are there come behind.
    fn turn_of(&self, object: Ref) -> (u32, u32) {
        let new = self.ordinal(object);
        new.map_or_else(|| (self.depth_of(object), u32::MAX), |it| self.turn(it))
    }

    /// A column that an INSERT would have left out gets a value after all.
    fn widen(&mut self, ordinal: u32, column: u16) {
        let mut shape = self.shapes[self.new[ordinal as usize].shape as usize].clone();
        shape.returning.retain(|it| *it != column);
        shape.expressions.retain(|it| it.0 != column);
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

    /// A key that changes by a relationship is followed, too.
    fn switch_by_reference(&mut self, child: Ref, fills: &[(u16, Fill)]) {
        let Some(place) = self.place(child.chunk()) else { return };
        let chunk = self.shared.chunks[place as usize].clone();
        let referred = Mapper::of(chunk.meta()).referred();
        if !fills.iter().any(|it| referred.contains(&it.0))
            || chunk.head().flags(child.slot()).state() != State::Persistent
            || self.is_settled(place, child.slot(), fills)
        {
            return;
        }
        let mut old = SmallVec::new();
        let _ = chunk.with(child.slot(), &mut |it| {
            old = fills.iter().map(|fill| (fill.0, it.get(fill.0).to_value())).collect();
        });
        self.following.insert((place, child.slot()), fills.iter().cloned().collect());
        self.switchers.push((child, old));
    }

    /// The row of an object to update.
    pub(super) fn row(
        &mut self,
        changes: &mut Changes,
        place: u32,
        object: Ref,
        mapper: &'static Mapper,
    ) -> Result<(usize, Kind)> {
        let chunk = self.shared.chunks[place as usize].clone();
        let slot = object.slot();
        let known = changes.find((place, slot));
        let at = match known {
            Some(at) => at,
            None => {
                let mut order = 0;
                chunk.with(slot, &mut |fields| order = changes.order_of(mapper, fields))?;
                let kind = changes.kind(Kind::new(mapper, Columns::new()));
                changes.push(Row { order, chunk: place, slot, kind, extra: None });
                changes.rows.len() - 1
            }
        };
        changes.extra(at);
        Ok((at, changes.kind_of(at).clone()))
    }

    /// A row is written in the version that was read.
    fn check_row(&self, extra: &mut Extra, kind: &mut Kind, place: u32, slot: u32) -> Result<()> {
        let (mapper, set) = (kind.mapper, &mut kind.columns);
        if mapper.version.is_none() || extra.version.is_some() {
            return Ok(());
        }
        let chunk = &self.shared.chunks[place as usize];
        chunk.with(slot, &mut |it| extra.check_version(mapper, it, set))
    }

    /// The same for a row that is written whatever its object's own values are.
    pub(super) fn check_assigned(
        &self,
        changes: &mut Changes,
        at: usize,
        kind: &mut Kind,
    ) -> Result<()> {
        let Row { chunk, slot, .. } = changes.rows[at];
        self.check_row(changes.extra(at), kind, chunk, slot)
    }

    /// `behind` puts the row behind changes of others of its group.
    pub(super) fn refer_existing(
        &mut self,
        changes: &mut Changes,
        child: Ref,
        mut fills: SmallVec<[(u16, Fill); 2]>,
        behind: bool,
    ) -> Result<()> {
        let Some((place, mapper)) = self.to_update(child)? else { return Ok(()) };
        changes.blanks |= blanked(mapper, &fills).is_some();
        let known = changes.find((place, child.slot()));
        // A reference that was set to what it was changes nothing.
        // Of an expired object it isn't known what it was (UOW-9).
        let flags = self.shared.chunks[place as usize].head().flags(child.slot());
        let is_expired = |some: &SmallVec<[u16; 8]>| fills.iter().any(|it| some.contains(&it.0));
        let expired = flags.has(Flags::EXPIRED)
            && self.gathered.partly_expired.get(&child).is_none_or(is_expired)
            || self.stale.contains(&child);
        if known.is_none() && !expired && self.is_settled(place, child.slot(), &fills) {
            return Ok(());
        }
        let (at, mut kind) = self.row(changes, place, child, mapper)?;
        let own = changes.extra(at).own.get_or_insert_with(|| kind.columns.clone()).clone();
        // One column of a row that wasn't known was compared above.
        let may_hold = (known.is_some() || fills.len() > 1) && !expired;
        // Of several columns those that hold their value already are left alone (UOW-8).
        fills.retain(|fill| {
            let same = may_hold && self.is_settled(place, child.slot(), std::slice::from_ref(fill));
            if same {
                changes.extra(at).fills.retain(|it| it.0 != fill.0);
                if !own.contains(&fill.0) {
                    kind.columns.retain(|it| *it != fill.0);
                }
            }
            !same
        });
        let rekeyed = fills.iter().any(|it| mapper.meta.primary_key.contains(&it.0));
        let extra = changes.extra(at);
        if rekeyed && extra.key.is_none() {
            let see =
                &mut |it: &dyn Fields| extra.key = Some(known_key(key_values(mapper.meta, it)));
            self.shared.chunks[place as usize].with(child.slot(), see)?;
        }
        let is_version = |it: &u16| mapper.version.is_some_and(|version| version.0 == *it);
        let is_nothing = fills.is_empty() && own.is_empty() && kind.expressions.is_empty();
        if is_nothing && kind.columns.iter().all(is_version) {
            // Nothing is left to write, nor a version.
            *extra = Extra { own: Some(own), ..Extra::default() };
            kind.columns.clear();
        } else {
            self.check_row(extra, &mut kind, place, child.slot())?;
        }
        kind.late = kind.late.max(self.late(mapper, &fills)).max(u32::from(behind));
        for (column, fill) in fills {
            changes.fill(at, &mut kind, column, fill);
        }
        changes.set_kind(at, kind);
        Ok(())
    }

    /// How many levels of new objects of its own group a row with these values waits for.
    pub(super) fn late(&self, mapper: &Mapper, fills: &[(u16, Fill)]) -> u32 {
        let parents = fills.iter().filter_map(|it| match &it.1 {
            Fill::Key(ordinal) | Fill::Returned(ordinal, _) => Some(&self.new[*ordinal as usize]),
            // Its key is known, and its row isn't there.
            Fill::Field { chunk, slot, .. } => {
                self.ordinals.get(*chunk, *slot).map(|it| &self.new[it as usize])
            }
            _ => None,
        });
        let waits = parents.filter(|it| it.mapper.group == mapper.group).map(|it| it.level + 1);
        waits.max().unwrap_or(0)
    }

    /// The value of a fill, where it doesn't depend on the database's answers.
    pub(super) fn known(&self, fill: &Fill) -> Option<Value> {
        match fill {
            Fill::Value(value) => Some(value.clone()),
            Fill::Field { chunk, slot, column } => {
                let mut value = None;
                let chunk = &self.shared.chunks[*chunk as usize];
                let _ = chunk.with(*slot, &mut |it| value = Some(it.get(*column).to_value()));
                value
            }
            Fill::Own | Fill::Key(_) | Fill::Returned(..) => None,
        }
    }

    /// Whether an object's foreign key holds these values already.
    fn is_settled(&self, place: u32, slot: u32, fills: &[(u16, Fill)]) -> bool {
        let mut same = true;
        for (column, fill) in fills {
            let value = self.known(fill);
            let own = &self.shared.chunks[place as usize];
            let read = own.with(slot, &mut |it| {
                let equal = value.as_ref().is_some_and(|value| it.get(*column) == value.as_ref());
                // What was never set isn't known, either.
                same &= equal && !it.is_unset(*column);
            });
            same &= read.is_ok();
        }
        same
    }

    /// Makes the UPDATE steps: by primary key, and consecutive rows that set the same columns share
    /// one (UOW-11, UOW-17).
    pub(super) fn update_steps(&mut self, mut changes: Changes) -> Result<()> {
        if changes.rows.is_empty() {
            return Ok(());
        }
        let Changes { rows, kinds, extras, keys, .. } = &mut changes;
        // A reference that was taken away and set again leaves nothing to do.
        rows.retain(|it| {
            let kind = &kinds[it.kind as usize];
            !kind.columns.is_empty() || !kind.expressions.is_empty()
        });
        let rank = |it: &Row| {
            let Kind { mapper, late, .. } = &kinds[it.kind as usize];
            (mapper.depth, mapper.group, *late, mapper.meta.table)
        };
        let by_key = |a: &Row, b: &Row| {
            let integer = kinds[a.kind as usize].mapper.integer_key;
            match integer {
                true => a.order.cmp(&b.order),
                false => compare_keys(&keys[a.order as usize], &keys[b.order as usize]),
            }
        };
        if kinds
            .iter()
            .all(|it| std::ptr::eq(it.mapper, kinds[0].mapper) && it.late == kinds[0].late)
        {
            rows.sort_by(by_key);
        } else {
            rows.sort_by(|a, b| rank(a).cmp(&rank(b)).then_with(|| by_key(a, b)));
        }
        let mut rest = rows.as_slice();
        while let Some(first) = rest.first() {
            let same = |it: &&Row| it.kind == first.kind;
            let (group, more) = rest.split_at(rest.iter().take_while(same).count());
            rest = more;
            let is_own = group.iter().all(|it| it.extra.is_none());
            let kind = &kinds[first.kind as usize];
            let Kind { mapper, columns, expressions, late, .. } = kind.clone();
            let (read, expires) = kind.unknown();
            let returns =
                !read.is_empty() && kind.can_return(&read, &self.dialect.capability().dml);
            let returning = if returns { read.clone() } else { Columns::new() };
            let inline = match expressions.is_empty() {
                true => None,
                false => Some(self.inline_update(mapper, &columns, &expressions, &returning)?),
            };
            let rows = match is_own {
                true => self.edits(mapper, &columns, group),
                false => {
                    let rows = self.cells(kind, inline.as_ref(), group, extras);
                    Rows::Cells(CellRows { expires, returning: read.clone(), ..rows }.into())
                }
            };
            let statement = match inline {
                Some(inline) => inline.statement,
                None => mapper.statement(Purpose::Update(columns, returning), self.dialect)?,
            };
            let part = if late == 0 { 0 } else { 4 };
            let wave = self.wave(mapper, late.saturating_sub(1), part);
            let want = if returns { Want::Rows } else { self.count() };
            let action = FlushAction::Update;
            self.plan.steps.push(Step { mapper, action, wave, statement, want, rows });
            if !read.is_empty() && !returns {
                let step = self.fetch_updated(mapper, read, group, extras, wave + 2)?;
                self.plan.steps.push(step);
            }
        }
        Ok(())
    }

    /// Rows whose values are the objects' own, key included.
    fn edits(&self, mapper: &Mapper, columns: &[u16], group: &[Row]) -> Rows {
        let columns = columns.iter().chain(mapper.meta.primary_key).copied().collect();
        let objects = group.iter().map(|it| (it.chunk, it.slot)).collect();
        Rows::Edits(EditRows { columns, objects, shared: self.placeholder.clone() }.into())
    }

    /// Rows with values from elsewhere.
    fn cells(
        &self,
        kind: &Kind,
        inline: Option<&Inline>,
        group: &[Row],
        extras: &[Extra],
    ) -> CellRows {
        let mapper = kind.mapper;
        let columns = inline.map_or(&kind.columns, |it| &it.columns);
        let fixed = |place: usize| inline.and_then(|it| it.fixed(place)).cloned().map(Fill::Value);
        let width =
            columns.len() + mapper.meta.primary_key.len() + usize::from(mapper.version.is_some());
        let mut cells = Vec::with_capacity(group.len() * width);
        let plain = Extra::default();
        for row in group {
            let extra = row.extra.and_then(|it| extras.get(it as usize)).unwrap_or(&plain);
            let own = |column: u16| Fill::Field { chunk: row.chunk, slot: row.slot, column };
            for (place, column) in columns.iter().enumerate() {
                let fill = extra.fills.iter().find(|it| it.0 == *column);
                let fill = fill.map(|it| it.1.clone()).or_else(|| fixed(place));
                cells.push(fill.unwrap_or_else(|| own(*column)));
            }
            match &extra.key {
                Some(key) => cells.extend(key.iter().cloned()),
                None => cells.extend(mapper.meta.primary_key.iter().map(|it| own(*it))),
            }
            cells.extend(extra.version.clone().map(Fill::Value));
        }
        let at = |it: &Row| self.shared.chunks[it.chunk as usize].head().reference(it.slot);
        let objects = group.iter().map(at).collect();
        let columns = columns.clone();
        let (expires, returning) = (Columns::new(), Columns::new());
        let shared = self.placeholder.clone();
        CellRows { width, cells, objects, columns, expires, returning, shared }
    }

    /// Reads what the database made of updated rows, by the keys that they have by then.
    fn fetch_updated(
        &self,
        mapper: &'static Mapper,
        returning: Columns,
        group: &[Row],
        extras: &[Extra],
        wave: u32,
    ) -> Result<Step> {
        let mut key = Columns::from_slice(mapper.meta.primary_key);
        key.sort_unstable();
        let mut cells = Vec::with_capacity(group.len() * key.len());
        for row in group {
            let extra = row.extra.and_then(|it| extras.get(it as usize));
            for column in &key {
                let fill = extra.and_then(|it| it.fills.iter().find(|it| it.0 == *column));
                let own = || Fill::Field { chunk: row.chunk, slot: row.slot, column: *column };
                // A new object's key may be the database's.
                let place = mapper.meta.primary_key.iter().position(|it| it == column);
                let known = extra.and_then(|it| it.key.as_ref()?.get(place?));
                let known = known.filter(|it| matches!(it, Fill::Key(_) | Fill::Returned(..)));
                cells.push(fill.map(|it| &it.1).or(known).cloned().unwrap_or_else(own));
            }
        }
        let at = |it: &Row| self.shared.chunks[it.chunk as usize].head().reference(it.slot);
        let rows = CellRows {
            width: key.len(),
            cells,
            objects: group.iter().map(at).collect(),
            columns: Columns::new(),
            expires: Columns::new(),
            returning: returning.clone(),
            shared: self.placeholder.clone(),
        };
        Ok(Step {
            mapper,
            action: FlushAction::Fetch,
            wave,
            statement: mapper.statement(Purpose::Fetch(key, returning), self.dialect)?,
            want: Want::Rows,
            rows: Rows::Cells(rows.into()),
        })
    }

    /// Asks how many rows a statement met, where the database says so.
    pub(super) fn count(&self) -> Want {
        match self.dialect.capability().dml.row_counts {
            RowCounts::Matched => Want::Count,
            RowCounts::Unreliable => Want::Nothing,
        }
    }
}

/// The column of a row's key that would become NULL.
fn blanked(mapper: &Mapper, fills: &[(u16, Fill)]) -> Option<u16> {
    let is_null = |it: &Fill| matches!(it, Fill::Value(Value::Null));
    let blanks = |it: &&(u16, Fill)| is_null(&it.1) && mapper.meta.primary_key.contains(&it.0);
    fills.iter().find(blanks).map(|it| it.0)
}

/// Ascending; keys of kinds that can't be compared by text.
pub(super) fn compare_keys(a: &[Value], b: &[Value]) -> std::cmp::Ordering {
    let pairs = a.iter().zip(b).map(|it| match it {
        (Value::Int(a), Value::Int(b)) => a.cmp(b),
        (Value::Text(a), Value::Text(b)) => a.cmp(b),
        (Value::Bytes(a), Value::Bytes(b)) => a.cmp(b),
        (Value::Real(a), Value::Real(b)) => a.total_cmp(b),
        (a, b) => a.to_string().cmp(&b.to_string()),
    });
    pairs.into_iter().find(|it| it.is_ne()).unwrap_or(std::cmp::Ordering::Equal)
}

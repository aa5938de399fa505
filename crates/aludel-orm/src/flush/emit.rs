//! [`FlushWork`]: the script of a flush, and the sources that its parameters are read from.

use std::{
    any::Any,
    collections::HashMap,
    sync::{PoisonError, atomic::Ordering},
};

use aludel_core::value::{Columns as Row, Value, ValueRef};
use aludel_engine::{
    Error as EngineError, Result as EngineResult,
    driver::{Binder, Control, Flow, Params, Run, Source, Step as Action, Want, Work},
};

use super::{
    follow::Follower,
    plan::{CellRows, EditRows, Fill, FlushAction, Keys, ObjectRows, Plan, Rows, Shared, Step},
    run::{End, Planner},
    switches::Switch,
};
use crate::{
    Error,
    error::StaleData,
    object::chunk::{AnyChunk, Fields},
    session::{identity::same_value, nested::depth},
};

/// The script of a flush.
pub(crate) struct FlushWork {
    pub(super) plan: Plan,
    pub(super) shared: std::sync::Arc<Shared>,
    pub(super) new: Vec<super::inserts::NewObject>,
    pub(super) shapes: Vec<super::inserts::Shape>,
    pub(super) switches: Vec<Switch>,
    pub(super) followers: Vec<Follower>,
    pub(super) journaled: Vec<(u64, u32)>,
    /// The part of the log that it has seen.
    pub(super) seen: (usize, usize),
    opening: Vec<Action>,
    pub(super) end: Option<End>,
    /// The first step of the wave under way, how many steps of ours stand before it in the wave,
    /// and the next wave's first step.
    first: usize,
    before: usize,
    next: usize,
    ended: bool,
    /// How many rows each step has given.
    answered: Vec<usize>,
}

impl FlushWork {
    pub(super) fn new(planner: Planner, opening: Vec<Action>, end: Option<End>) -> Self {
        let seen = planner.gathered.seen;
        let Planner { mut plan, mut shared, new, shapes, switches, followers, journaled, .. } =
            planner;
        shared.keys = Keys {
            integers: new.iter().map(|_| std::sync::atomic::AtomicI64::new(0)).collect(),
            others: std::sync::Mutex::new(kept(&switches)),
            updated: std::sync::Mutex::default(),
        };
        let shared = std::sync::Arc::new(shared);
        for step in &mut plan.steps {
            // The rows were made before `shared` was complete; nobody else holds them yet.
            match &mut step.rows {
                Rows::Objects(rows) => {
                    if let Some(rows) = std::sync::Arc::get_mut(rows) {
                        rows.shared = shared.clone();
                    }
                }
                Rows::Edits(rows) => {
                    if let Some(rows) = std::sync::Arc::get_mut(rows) {
                        rows.shared = shared.clone();
                    }
                }
                Rows::Cells(rows) => {
                    if let Some(rows) = std::sync::Arc::get_mut(rows) {
                        rows.shared = shared.clone();
                    }
                }
            }
        }
        Self {
            answered: vec![0; plan.steps.len()],
            plan,
            shared,
            new,
            shapes,
            switches,
            followers,
            journaled,
            seen,
            opening,
            end,
            first: 0,
            before: 0,
            next: 0,
            ended: false,
        }
    }

    /// Whether there is nothing to send.
    pub(super) fn is_empty(&self) -> bool {
        self.plan.steps.is_empty() && self.opening.is_empty() && self.end.is_none()
    }

    fn step(&self, position: usize) -> Option<&Step> {
        self.plan.steps.get(self.first + position.checked_sub(self.before)?)
    }

    /// Whether the end of the transaction may ride with the last wave: not if an answer of that
    /// wave has yet to be checked.
    fn may_ride(&self) -> bool {
        let last = &self.plan.steps[self.first..];
        last.iter().all(|it| it.want != Want::Count && !it.gives_rows())
    }

    /// Whether each row that was to be read back was there.
    fn check_answers(&self) -> EngineResult<()> {
        for at in self.first..self.next {
            let step = &self.plan.steps[at];
            if step.gives_rows() && self.answered[at] != step.rows.len() {
                return Err(self.stale(step, self.answered[at], 0));
            }
        }
        Ok(())
    }

    #[cold]
    fn stale(&self, step: &Step, run: usize, matched: u64) -> EngineError {
        let mut version = None;
        let key = match &step.rows {
            Rows::Cells(rows) => {
                let cells =
                    rows.cells.get(run * rows.width..(run + 1) * rows.width).unwrap_or_default();
                let others = HashMap::new();
                let known = |it: &Fill| Some(self.shared.value(it, &others)?.to_string());
                let mut key: Vec<_> =
                    cells.iter().skip(rows.columns.len()).filter_map(known).collect();
                // An association's rows are no objects', and what is read back is read by key alone.
                let is_checked = !rows.objects.is_empty() && step.action != FlushAction::Fetch;
                if step.mapper.version.is_some() && is_checked {
                    version = key.pop();
                }
                key.join(", ")
            }
            Rows::Edits(rows) => {
                let mut key = Vec::new();
                if let Some((chunk, slot)) = rows.objects.get(run) {
                    let _ = self.shared.chunks[*chunk as usize].with(*slot, &mut |fields| {
                        let columns = step.mapper.meta.primary_key.iter();
                        key = columns.map(|it| fields.get(*it).to_string()).collect();
                    });
                }
                key.join(", ")
            }
            Rows::Objects(_) => String::new(),
        };
        let action = match step.action {
            FlushAction::Update => "UPDATE",
            FlushAction::Fetch => "SELECT",
            _ => "DELETE",
        };
        let entity = step.mapper.entity();
        let error = StaleData { entity, key, version, action, expected: 1, matched };
        EngineError::Script(Box::new(Error::StaleData(Box::new(error))))
    }
}

impl FlushWork {
    /// What came back of a new row.
    fn take_inserted(&self, step: &Step, rows: &ObjectRows, run: usize, row: &dyn Row) {
        let Some(ordinal) = rows.ordinals.get(run).copied() else { return };
        let mut others = self.shared.keys.others.lock().unwrap_or_else(PoisonError::into_inner);
        for (index, column) in rows.returning.iter().enumerate() {
            let value = row.get(index);
            if let ValueRef::Int(key) = value
                && step.mapper.meta.primary_key == [*column]
                && let Some(place) = self.shared.keys.integers.get(ordinal as usize)
            {
                place.store(key, Ordering::Release);
            }
            others.insert((ordinal, *column), value.to_value());
        }
    }

    /// What came back of an updated row; behind its key, where it came with the UPDATE.
    fn take_updated(
        &self,
        step: &Step,
        rows: &CellRows,
        run: usize,
        row: &dyn Row,
    ) -> EngineResult<()> {
        let Some(object) = rows.objects.get(run) else { return Ok(()) };
        let mut offset = 0;
        if step.action == FlushAction::Update {
            offset = step.mapper.meta.primary_key.len();
            let key = run * rows.width + rows.columns.len();
            for (place, fill) in rows.cells[key..key + offset].iter().enumerate() {
                let others = self.shared.keys.others.lock();
                let others = others.unwrap_or_else(PoisonError::into_inner);
                let own = self.shared.value(fill, &others);
                if !own.is_some_and(|it| same_value(it.as_ref(), row.get(place))) {
                    // Another row's: there was none for this one.
                    return Err(self.stale(step, run, 0));
                }
            }
        }
        let mut updated = self.shared.keys.updated.lock().unwrap_or_else(PoisonError::into_inner);
        for (index, column) in rows.returning.iter().enumerate() {
            updated.insert((*object, *column), row.get(offset + index).to_value());
        }
        Ok(())
    }
}

/// What rows keep that are taken over, as if the database had answered it.
fn kept(switches: &[Switch]) -> HashMap<(u32, u16), Value> {
    let of = |it: &Switch| {
        let new = it.new;
        it.kept.clone().into_iter().map(move |(column, value)| ((new, column), value))
    };
    switches.iter().flat_map(of).collect()
}

impl End {
    fn control(self) -> Control {
        match self {
            Self::Commit => Control::Commit,
            Self::Release(level) => Control::Release(depth(level)),
        }
    }
}

impl Work for FlushWork {
    fn wave(&mut self, out: &mut Vec<Action>) -> EngineResult<Flow> {
        self.check_answers()?;
        out.append(&mut self.opening);
        self.before = out.len();
        self.first = self.next;
        if let Some(wave) = self.plan.steps.get(self.first).map(|it| it.wave) {
            let steps = self.plan.steps[self.first..].iter().take_while(|it| it.wave == wave);
            for step in steps {
                let params = match &step.rows {
                    Rows::Objects(rows) => {
                        rows.make_late_defaults(step.mapper)?;
                        Params::Source(rows.clone())
                    }
                    Rows::Edits(rows) => Params::Source(rows.clone()),
                    Rows::Cells(rows) => Params::Source(rows.clone()),
                };
                out.push(Action::Run(Run {
                    statement: step.statement.clone(),
                    params,
                    want: step.want,
                }));
                self.next += 1;
            }
        }
        let last = self.next == self.plan.steps.len();
        if last && !self.ended && (out.is_empty() || self.may_ride()) {
            self.ended = true;
            out.extend(self.end.map(|it| Action::Control(it.control())));
        }
        Ok(if out.is_empty() { Flow::Done } else { Flow::More })
    }

    fn row(&mut self, position: usize, row: &dyn Row) -> EngineResult<()> {
        let at = self.first + position.saturating_sub(self.before);
        let Some(step) = self.plan.steps.get(at) else { return Ok(()) };
        let run = self.answered[at];
        match &step.rows {
            Rows::Objects(rows) => self.take_inserted(step, rows, run, row),
            Rows::Cells(rows) => self.take_updated(step, rows, run, row)?,
            Rows::Edits(_) => {}
        }
        self.answered[at] += 1;
        Ok(())
    }

    fn key(&mut self, position: usize, run: usize, key: i64) -> EngineResult<()> {
        self.keys(position, run, &[key])
    }

    fn keys(&mut self, position: usize, first: usize, keys: &[i64]) -> EngineResult<()> {
        if let Some(Step { rows: Rows::Objects(rows), .. }) = self.step(position) {
            for (ordinal, key) in rows.ordinals.iter().skip(first).zip(keys) {
                if let Some(place) = self.shared.keys.integers.get(*ordinal as usize) {
                    place.store(*key, Ordering::Release);
                }
            }
        }
        Ok(())
    }

    fn count(&mut self, position: usize, run: usize, matched: u64) -> EngineResult<()> {
        let Some(step) = self.step(position) else { return Ok(()) };
        match (step.action, matched) {
            (_, 1) => Ok(()),
            // UOW-19: a row that is gone already is what a DELETE wanted, unless it wanted a version.
            (FlushAction::Delete, 0) if step.mapper.version.is_none() => {
                if !step.mapper.meta.confirm_deleted_rows {
                    return Ok(());
                }
                tracing::warn!(target: "aludel::flush", entity = step.mapper.entity(), "a DELETE matched no row");
                Ok(())
            }
            _ => Err(self.stale(step, run, matched)),
        }
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any + Send> {
        self
    }
}

impl Shared {
    /// Binds a value that doesn't come from the row's own object.
    fn bind(&self, fill: &Fill, out: &mut dyn Binder) -> EngineResult<()> {
        match fill {
            Fill::Own => out.bind(ValueRef::Null),
            Fill::Value(value) => out.bind(value.as_ref()),
            Fill::Key(ordinal) => {
                let key = self.keys.integers.get(*ordinal as usize);
                out.bind(key.map_or(ValueRef::Null, |it| ValueRef::Int(it.load(Ordering::Acquire))))
            }
            Fill::Returned(ordinal, column) => {
                let others = self.keys.others.lock().unwrap_or_else(PoisonError::into_inner);
                out.bind(others.get(&(*ordinal, *column)).map_or(ValueRef::Null, |it| it.as_ref()))
            }
            Fill::Field { chunk, slot, column } => {
                let mut result = Ok(());
                let chunk = &self.chunks[*chunk as usize];
                chunk.with(*slot, &mut |fields| result = out.bind(fields.get(*column)))?;
                result
            }
        }
    }
}

impl Source for ObjectRows {
    fn runs(&self) -> usize {
        self.ordinals.len()
    }

    fn bind(&self, run: usize, out: &mut dyn Binder) -> EngineResult<()> {
        let (chunk, slot) = self.shared.objects[self.ordinals[run] as usize];
        let chunk = &self.shared.chunks[chunk as usize];
        match self.plain {
            true => chunk.bind(slot, &self.columns, out),
            false => self.bind_filled(run, &**chunk, slot, out),
        }
    }
}

impl ObjectRows {
    /// Where some values don't come from the object.
    #[inline(never)]
    fn bind_filled(
        &self,
        run: usize,
        chunk: &dyn AnyChunk,
        slot: u32,
        out: &mut dyn Binder,
    ) -> EngineResult<()> {
        let mut result = Ok(());
        let mut bind = |fields: &dyn Fields| {
            for (place, column) in self.columns.iter().enumerate() {
                let fill = self.fills[place].as_ref().map(|it| &it[run]);
                result = match fill {
                    None | Some(Fill::Own) => out.bind(fields.get(*column)),
                    Some(fill) => self.shared.bind(fill, out),
                };
                if result.is_err() {
                    return;
                }
            }
        };
        chunk.with(slot, &mut bind)?;
        result
    }
}

impl Source for EditRows {
    fn runs(&self) -> usize {
        self.objects.len()
    }

    fn bind(&self, run: usize, out: &mut dyn Binder) -> EngineResult<()> {
        let (chunk, slot) = self.objects[run];
        self.shared.chunks[chunk as usize].bind(slot, &self.columns, out)
    }
}

impl Source for CellRows {
    fn runs(&self) -> usize {
        self.cells.len().checked_div(self.width).unwrap_or_default()
    }

    fn bind(&self, run: usize, out: &mut dyn Binder) -> EngineResult<()> {
        let cells = &self.cells[run * self.width..(run + 1) * self.width];
        cells.iter().try_for_each(|it| self.shared.bind(it, out))
    }
}

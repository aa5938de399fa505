//! UPDATE of rows by their primary keys.

use std::{any::Any, sync::Arc};

use aludel_core::{
    compile::{Param, compile},
    expr::{Assignment, Node, Synchronize, Update, UpdateRows},
    value::{Value, ValueRef},
};
use aludel_engine::{
    EngineFace, Error as EngineError, Result as EngineResult,
    driver::{Binder, Flow, Params, Run, Source, Statement, Step, Want, Work},
};

use super::fill::entity_of;
use crate::{
    Error, Result,
    error::StaleData,
    events::ExecutionKind,
    flush::Expressions,
    loading::{Boxed, Execute},
    mapping::Mapper,
    object::chunk::Columns,
    session::{Key, Session, core::Core},
};

impl Execute for UpdateRows {
    /// How many rows were changed.
    type Running<'s, F: EngineFace> = F::Out<Boxed<'s, Result<u64>>>;

    fn execute<F: EngineFace>(self, session: &mut Session<F>) -> F::Out<Boxed<'_, Result<u64>>> {
        let core = session.core();
        F::run(Box::pin(core.update_rows(self)))
    }
}

/// The script of an UPDATE by primary key.
struct UpdateWork {
    opening: Vec<Step>,
    steps: Vec<Step>,
    groups: Vec<Arc<ByKey>>,
    before: usize,
    synchronize: bool,
}

/// Rows that set the same columns.
struct ByKey {
    mapper: &'static Mapper,
    columns: Columns,
    /// What the UPDATE sets to expressions besides (DML-13).
    besides: Expressions,
    /// The values of these columns, and the key's behind them.
    rows: Vec<Vec<Value>>,
}

/// A group with its statement's parameters.
struct Bound {
    group: Arc<ByKey>,
    params: Vec<Param>,
}

impl ByKey {
    fn key(&self, run: usize) -> Key {
        self.rows[run][self.columns.len()..].iter().cloned().collect()
    }

    /// The columns of which only the database knows what they hold then.
    fn unknown(&self) -> Columns {
        let by_server = self.mapper.changed_by_server(|it| self.columns.contains(&it));
        self.besides.iter().map(|it| it.0).chain(by_server).collect()
    }

    /// The statement for one row. Versions are neither asked for nor counted (VER-9).
    fn update(&self) -> Update {
        let meta = self.mapper.meta;
        let name = |it: &u16| meta.columns[usize::from(*it)].name;
        let key = meta.primary_key.iter();
        let besides = self.besides.iter().map(|it| (name(&it.0), it.1.clone()));
        Update {
            table: meta.table,
            set: self.columns.iter().map(|it| (name(it), Node::Hole)).chain(besides).collect(),
            filter: Node::all(key.map(|it| self.mapper.node(*it).equals(Node::Hole))),
            returning: Vec::new(),
        }
    }
}

impl Source for Bound {
    fn runs(&self) -> usize {
        self.group.rows.len()
    }

    fn bind(&self, run: usize, out: &mut dyn Binder) -> EngineResult<()> {
        let mut own = self.group.rows[run].iter();
        self.params.iter().try_for_each(|it| match it {
            Param::Value(value) => out.bind(value.as_ref()),
            Param::Hole => out.bind(own.next().map_or(ValueRef::Null, Value::as_ref)),
        })
    }
}

impl Work for UpdateWork {
    fn wave(&mut self, out: &mut Vec<Step>) -> EngineResult<Flow> {
        out.append(&mut self.opening);
        self.before = out.len();
        out.append(&mut self.steps);
        Ok(Flow::Done)
    }

    fn count(&mut self, step: usize, run: usize, matched: u64) -> EngineResult<()> {
        let Some(group) = step.checked_sub(self.before).and_then(|it| self.groups.get(it)) else {
            return Ok(());
        };
        if matched == 1 {
            return Ok(());
        }
        let key: Vec<_> = group.key(run).iter().map(ToString::to_string).collect();
        let (entity, key) = (group.mapper.entity(), key.join(", "));
        let (action, version) = ("UPDATE", None);
        let error = StaleData { entity, key, version, action, expected: 1, matched };
        Err(EngineError::Script(Box::new(Error::StaleData(Box::new(error)))))
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any + Send> {
        self
    }
}

impl Core {
    /// Updates rows by their primary keys; how many (DML-4).
    async fn update_rows(&mut self, statement: UpdateRows) -> Result<u64> {
        let (execution, groups) = (statement.execution(), by_key(statement)?);
        if let Some(group) = groups.first()
            && let Some(answer) = self.see_rows(ExecutionKind::Update, group.mapper).await?
        {
            return answer.count();
        }
        self.before_query(execution.autoflush).await?;
        if groups.is_empty() {
            return Ok(0);
        }
        let dialect = self.engine.dialect();
        let mut steps = Vec::new();
        for group in &groups {
            let compiled = compile(&group.update().into(), dialect)?;
            let statement = Statement::new(compiled.sql);
            let bound = Bound { group: Arc::clone(group), params: compiled.params };
            let params = Params::Source(Arc::new(bound));
            steps.push(Step::Run(Run { statement, params, want: Want::Count }));
        }
        let opening = self.open(true).await?;
        let synchronize = execution.synchronize != Synchronize::Off;
        let work = UpdateWork { opening, steps, groups, before: 0, synchronize };
        let done = self.run(work, |core, work| {
            if let Ok(work) = work.into_any().downcast::<UpdateWork>() {
                core.apply_rows(&work);
            }
        });
        match done.await {
            Ok(work) => {
                self.apply_rows(&work);
                Ok(work.groups.iter().map(|it| it.rows.len() as u64).sum())
            }
            Err(error) => Err(self.fail_in_between(error).await),
        }
    }

    fn apply_rows(&mut self, work: &UpdateWork) {
        self.wrote();
        if !work.synchronize {
            return;
        }
        let mut events = Vec::new();
        for group in &work.groups {
            let unknown = group.unknown();
            for run in 0..group.rows.len() {
                let Some(at) = self.find_held(group.mapper, &group.key(run)) else { continue };
                let news: Vec<_> =
                    group.columns.iter().copied().zip(group.rows[run].iter().cloned()).collect();
                self.apply_values(group.mapper, at, &news, &mut events);
                if !unknown.is_empty() {
                    self.expire_columns(at, &unknown);
                }
            }
        }
        self.ledger(|it| it.record(events));
    }
}

/// Consecutive rows that set the same columns; each says its whole key.
fn by_key(statement: UpdateRows) -> Result<Vec<Arc<ByKey>>> {
    let refuse = |text: String| Err(Error::InvalidRequest(text.into()));
    let table = statement.update().table;
    if statement.update().filter.is_some() || !statement.update().set.is_empty() {
        return refuse(format!(
            "an UPDATE of rows of `{table}` by their keys has no `set` and no `filter` of its own"
        ));
    }
    let execution = statement.execution();
    let rows = statement.into_rows();
    let names: Vec<&str> = rows.iter().flatten().map(|it| it.column.name).collect();
    let meta = entity_of(execution, table, names.iter().copied());
    let Some(meta) = meta else {
        return refuse(format!("no entity of the table `{table}` has all columns of the rows"));
    };
    let mapper = Mapper::checked(meta)?;
    let mut groups: Vec<ByKey> = Vec::new();
    for row in rows {
        let (columns, values, besides) = row_by_key(mapper, row)?;
        match groups.last_mut() {
            _ if columns.is_empty() => {}
            Some(group) if group.columns == columns && group.besides == besides => {
                group.rows.push(values);
            }
            _ => groups.push(ByKey { mapper, columns, besides, rows: vec![values] }),
        }
    }
    Ok(groups.into_iter().map(Arc::new).collect())
}

/// The columns that a row sets, in order, their values, with the key's behind them, and what the UPDATE
/// sets to expressions besides.
fn row_by_key(mapper: &Mapper, row: Vec<Assignment>) -> Result<(Columns, Vec<Value>, Expressions)> {
    let meta = mapper.meta;
    let refuse = |text: String| Err(Error::InvalidRequest(text.into()));
    let mut cells: Vec<(u16, Value)> = Vec::with_capacity(row.len());
    for Assignment { column, value } in row {
        let own = column.from.table == meta.table;
        let at = meta.columns.iter().position(|it| own && it.name == column.name);
        let (Some(at), Node::Bind(value)) = (at, value) else {
            return refuse(format!(
                "`{}.{}` in a row by its key: only values for columns of {} can be set so; use                  `update(…).set(…).filter(…)`",
                column.from.table, column.name, meta.name
            ));
        };
        if cells.iter().any(|it| usize::from(it.0) == at) {
            return refuse(format!("a row of {} sets `{}` twice", meta.name, column.name));
        }
        cells.push((at as u16, value));
    }
    let mut key = Vec::with_capacity(meta.primary_key.len());
    for column in meta.primary_key {
        match cells.iter().position(|it| it.0 == *column) {
            Some(at) if !cells[at].1.is_null() => key.push(cells.swap_remove(at).1),
            _ => {
                let name = meta.columns[usize::from(*column)].field;
                return refuse(format!(
                    "a row of {} has no value for `{name}`, which is part of its key",
                    meta.name
                ));
            }
        }
    }
    let mut besides = Expressions::new();
    if !cells.is_empty() {
        for (column, node) in mapper.brought_along(|it| cells.iter().any(|set| set.0 == it)) {
            match node {
                Node::Bind(value) => cells.push((column, value)),
                node => besides.push((column, node)),
            }
        }
    }
    cells.sort_unstable_by_key(|it| it.0);
    let columns = cells.iter().map(|it| it.0).collect();
    Ok((columns, cells.into_iter().map(|it| it.1).chain(key).collect(), besides))
}

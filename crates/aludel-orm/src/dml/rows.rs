//! Rows without objects: INSERT of values and builders.

use std::sync::Arc;

use aludel_core::{
    compile::compile,
    expr::{Insert, InsertStatement, Node, TableName},
    value::{Value, ValueRef},
};
use aludel_engine::{
    EngineFace, Result as EngineResult,
    driver::{Binder, Params, Run, Source, Step, Want},
};

use crate::{
    Error, Result,
    events::{Answer, ExecutionKind},
    flush::shape_of,
    loading::{Boxed, CohortWork, Execute, run_of},
    mapping::{
        ColumnDefault, EntityMeta, IntoNew, Mapped, Mapper, NewObject, Registry, Version,
        statements::{Inserted, Purpose},
    },
    object::{Obj, access::handles, chunk::Columns, cohort::AnyCohort, graph::Graph},
    session::{Session, core::Core},
};

/// How many rows one INSERT that returns them holds at most.
const ROWS: usize = 1_000;

/// Rows of values and builders for an INSERT.
pub trait InsertObjects {
    /// One row for each value or finished builder, as many as you like: sent in large batches, and past
    /// the unit of work. The program's own defaults apply; relationships don't.
    fn objects<N: IntoNew<Entity = T>, T: Mapped>(
        self,
        objects: impl IntoIterator<Item = N>,
    ) -> BulkInsert<T>;
}

impl InsertObjects for InsertStatement {
    fn objects<N: IntoNew<Entity = T>, T: Mapped>(
        self,
        objects: impl IntoIterator<Item = N>,
    ) -> BulkInsert<T> {
        let (insert, mut linked) = (Insert::from(self), false);
        let value = |it: N| match it.into_new() {
            NewObject::Value(value) => Ok(value),
            NewObject::Linked(value, links) => {
                linked |= !links.is_empty();
                Ok(value)
            }
            NewObject::Object(object) => {
                let raw = object.raw();
                raw.chunk().read(raw.slot()).map(|it| it.snapshot())
            }
        };
        let values = objects.into_iter().map(value).collect::<Result<Vec<T>>>();
        let values = values.and_then(|values| check_insert::<T>(&insert, linked).map(|()| values));
        BulkInsert { values }
    }
}

/// An INSERT of many rows. Made by [`InsertObjects::objects`].
#[must_use = "a statement does nothing until a session executes it"]
#[derive(Debug)]
pub struct BulkInsert<T: Mapped> {
    values: Result<Vec<T>>,
}

impl<T: Mapped> BulkInsert<T> {
    /// Gives the rows back as objects of the session, read as the database made them. Their order is
    /// the database's.
    pub fn returning(self) -> BulkReturning<T> {
        BulkReturning { values: self.values }
    }
}

/// An INSERT of many rows that gives them back as objects. Made by [`BulkInsert::returning`].
#[must_use = "a statement does nothing until a session executes it"]
#[derive(Debug)]
pub struct BulkReturning<T: Mapped> {
    values: Result<Vec<T>>,
}

impl<T: Mapped> Execute for BulkInsert<T> {
    /// How many rows there are now.
    type Running<'s, F: EngineFace> = F::Out<Boxed<'s, Result<u64>>>;

    fn execute<F: EngineFace>(self, session: &mut Session<F>) -> F::Out<Boxed<'_, Result<u64>>> {
        let core = session.core();
        F::run(Box::pin(async move { core.insert_rows(self.values?).await }))
    }
}

impl<T: Mapped> Execute for BulkReturning<T> {
    /// The objects.
    type Running<'s, F: EngineFace> = F::Out<Boxed<'s, Result<Vec<Obj<T>>>>>;

    fn execute<F: EngineFace>(self, session: &mut Session<F>) -> Self::Running<'_, F> {
        let core = session.core();
        F::run(Box::pin(async move { core.insert_returning(self.values?).await }))
    }
}

fn check_insert<T: Mapped>(insert: &Insert, linked: bool) -> Result<()> {
    let table = T::meta().table;
    let what = if insert.table != table {
        format!("the INSERT into `{}` can't take rows of `{}`", insert.table, T::meta().name)
    } else if !insert.rows.is_empty() || insert.on_conflict.is_some() {
        "an INSERT of objects has no other rows and no ON CONFLICT: give it rows of assignments"
            .into()
    } else if linked {
        format!(
            "an INSERT of many rows of `{}` makes no links: add the objects to the session, or set the \
             foreign keys",
            T::meta().name
        )
    } else {
        return Ok(());
    };
    Err(Error::InvalidRequest(what.into()))
}

/// The entity of a table that has these columns.
pub(super) fn entity_of<'c>(
    table: TableName,
    mut columns: impl Iterator<Item = &'c str> + Clone,
) -> Option<&'static EntityMeta> {
    let mut entities = Registry::global().entities().iter().filter(|it| it.table == table);
    entities.find(|it| columns.all(|name| it.columns.iter().any(|it| it.name == name))).copied()
}

/// Adds the program's own defaults to rows of an INSERT that say nothing of a column (DML-1).
pub(super) fn fill_defaults(insert: &mut Insert) {
    let Some(meta) = entity_of(insert.table, insert.columns.iter().copied()) else { return };
    for column in meta.columns {
        let default: &dyn Fn() -> Node = match &column.default {
            ColumnDefault::Client(value) => &|| Node::Bind(value()),
            ColumnDefault::Expression(default) => default,
            ColumnDefault::None | ColumnDefault::Server(_) => continue,
        };
        if insert.columns.contains(&column.name) {
            continue;
        }
        insert.columns.push(column.name);
        if insert.rows.is_empty() {
            insert.rows.push(Vec::new());
        }
        insert.rows.iter_mut().for_each(|it| it.push(default()));
    }
}

/// Values of one group: which of them, and the columns that their INSERT names.
struct Group {
    from: usize,
    count: usize,
    columns: Columns,
}

/// Consecutive values that leave out the same columns.
fn groups<T: Mapped>(mapper: &Mapper, values: &[T]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut last: Option<Columns> = None;
    for (at, value) in values.iter().enumerate() {
        let is_absent = |column: u16| value.is_unset(column) || value.get(column).is_null();
        let absent: Columns =
            (0..mapper.meta.columns.len() as u16).filter(|it| is_absent(*it)).collect();
        match groups.last_mut() {
            Some(group) if last.as_ref() == Some(&absent) => group.count += 1,
            _ => {
                let columns = shape_of(mapper, &|it| absent.contains(&it)).columns;
                groups.push(Group { from: at, count: 1, columns });
                last = Some(absent);
            }
        }
    }
    groups
}

/// A column's value for a row, from the value or by the program's default; the first version.
fn cell<T: Mapped>(value: &T, column: u16) -> std::result::Result<Value, &T> {
    let meta = &T::meta().columns[usize::from(column)];
    if let Some(Version::Generated(next)) = meta.version {
        return Ok(next(ValueRef::Null));
    }
    match &meta.default {
        ColumnDefault::Client(default) if value.get(column).is_null() => Ok(default()),
        _ => Err(value),
    }
}

/// The rows of a group, read from the values when they are bound.
struct Values<T> {
    values: Arc<Vec<T>>,
    group: Group,
}

impl<T: Mapped> Source for Values<T> {
    fn runs(&self) -> usize {
        self.group.count
    }

    fn bind(&self, run: usize, out: &mut dyn Binder) -> EngineResult<()> {
        let value = &self.values[self.group.from + run];
        self.group.columns.iter().try_for_each(|column| match cell(value, *column) {
            Ok(default) => out.bind(default.as_ref()),
            Err(value) => out.bind(value.get(*column)),
        })
    }
}

impl Core {
    /// Inserts rows past the unit of work; how many.
    async fn insert_rows<T: Mapped>(&mut self, values: Vec<T>) -> Result<u64> {
        let mapper = Mapper::checked(T::meta())?;
        if let Some(answer) = self.see_rows(ExecutionKind::Insert, mapper).await? {
            return answer.count();
        }
        self.before_query(None).await?;
        let (dialect, values) = (self.engine.dialect(), Arc::new(values));
        let mut steps = Vec::new();
        for group in groups(mapper, &values) {
            let inserted = Inserted {
                columns: group.columns.clone(),
                returning: Columns::new(),
                generates: false,
            };
            let statement = mapper.statement(Purpose::Insert(inserted), dialect)?;
            let params = Params::Source(Arc::new(Values { values: Arc::clone(&values), group }));
            steps.push(Step::Run(Run { statement, params, want: Want::Nothing }));
        }
        self.insert(mapper, steps).await?;
        Ok(values.len() as u64)
    }

    /// The same, with the rows as objects of the session.
    async fn insert_returning<T: Mapped>(&mut self, values: Vec<T>) -> Result<Vec<Obj<T>>> {
        let mapper = Mapper::checked(T::meta())?;
        if let Some(answer) = self.see_rows(ExecutionKind::Insert, mapper).await? {
            return answer.rows();
        }
        let dialect = self.engine.dialect();
        let most = dialect.capability().select.max_parameters;
        let mut steps = Vec::new();
        for group in groups(mapper, &values) {
            let named = group.columns.iter().map(|it| mapper.meta.columns[usize::from(*it)].name);
            let named: Vec<_> = named.collect();
            // Rows of nothing but defaults come one by one.
            let rows = match named.len() {
                0 => 1,
                columns => (most / columns).clamp(1, ROWS),
            };
            for values in values[group.from..group.from + group.count].chunks(rows) {
                let cell = |value: &T, column: u16| {
                    Node::Bind(cell(value, column).unwrap_or_else(|it| it.get(column).to_value()))
                };
                let row = |value: &T| group.columns.iter().map(|it| cell(value, *it)).collect();
                let insert = Insert {
                    table: mapper.meta.table,
                    columns: named.clone(),
                    rows: values.iter().map(row).collect(),
                    on_conflict: None,
                    returning: (0..mapper.meta.columns.len() as u16)
                        .map(|it| mapper.node(it))
                        .collect(),
                };
                steps.push(Step::Run(run_of(compile(&insert.into(), dialect)?, Want::Rows)));
            }
        }
        self.before_query(None).await?;
        let mut cohort = self.insert(mapper, steps).await?;
        self.wrote();
        let mut stale = Vec::new();
        self.find_stale(&*cohort, &mut stale);
        self.renew(&stale)?;
        self.land(&mut *cohort, false)?;
        let mut cells = Vec::new();
        cohort.cells(&(0..cohort.len()).collect::<Vec<_>>(), &mut cells);
        let graph = Graph::root(&self.graph).clone();
        let objects = handles(&graph, &cells);
        self.sweep(false);
        Ok(objects)
    }

    async fn insert(
        &mut self,
        mapper: &'static Mapper,
        rows: Vec<Step>,
    ) -> Result<Box<dyn AnyCohort>> {
        let mut cohort = (mapper.meta.ops.cohort)();
        cohort.set_repeats(false);
        if rows.is_empty() {
            return Ok(cohort);
        }
        let mut steps = self.open(true).await?;
        steps.extend(rows);
        match self.run(CohortWork { steps, cohort }, |core, _| core.wrote()).await {
            Ok(done) => {
                self.wrote();
                Ok(done.cohort)
            }
            Err(error) => Err(self.fail_in_between(error).await),
        }
    }

    /// Shows rows to hooks of statements; what one of them answers in the database's place.
    pub(super) async fn see_rows(
        &mut self,
        kind: ExecutionKind,
        mapper: &'static Mapper,
    ) -> Result<Option<Answer>> {
        let hooks = self.executes();
        if hooks.is_empty() {
            return Ok(None);
        }
        self.before_hooks().await?;
        hooks.see_rows(kind, Some(mapper.meta))
    }

    /// Some statements of several went through, and nobody knows which.
    pub(super) async fn fail_in_between(&mut self, error: Error) -> Error {
        if self.failed.is_none() {
            self.fail(&error).await;
        }
        error
    }
}

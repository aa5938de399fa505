//! Rows without objects: INSERT of values and builders.

use std::sync::Arc;

use aludel_core::{
    compile::compile,
    expr::{Insert, InsertStatement, Node},
    value::{Value, ValueRef},
};
use aludel_engine::{
    EngineFace, Result as EngineResult,
    driver::{Binder, Params, Run, Source, Step, Want},
};

use crate::{
    Error, Result,
    events::{Answer, ExecutionKind},
    flush::{Expressions, Inline, WITHIN, shape_of},
    loading::{Boxed, CohortWork, Execute, run_of},
    mapping::{
        IntoNew, Mapped, Mapper, NewObject, Version,
        defaults::{Made, defaults_for},
        statements::{Inserted, Purpose},
    },
    object::{
        Obj,
        access::handles,
        chunk::{Columns, Fields},
        cohort::AnyCohort,
        graph::Graph,
    },
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
            NewObject::Built(built) => {
                linked |= !built.links.is_empty();
                Ok(built.value)
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

/// Values of one group: which of them, and what their INSERT names.
struct Group {
    from: usize,
    count: usize,
    columns: Columns,
    expressions: Expressions,
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
                let shape = shape_of(mapper, &|it| absent.contains(&it));
                let (columns, expressions) = (shape.columns, shape.expressions);
                groups.push(Group { from: at, count: 1, columns, expressions });
                last = Some(absent);
            }
        }
    }
    groups
}

/// What the program makes for a row: its defaults, and the first version.
fn made_for<T: Mapped>(value: &T) -> Made {
    let meta = T::meta();
    let fields: &dyn Fields = value;
    let mut made = defaults_for(meta, &fields);
    for (index, column) in meta.columns.iter().enumerate() {
        if let Some(Version::Generated(next)) = column.version {
            made.push((index as u16, next(ValueRef::Null)));
        }
    }
    made
}

/// The rows of a group, read from the values when they are bound.
struct Values<T> {
    values: Arc<Vec<T>>,
    from: usize,
    count: usize,
    columns: Columns,
    /// By place in `columns`: values within expressions.
    within: Vec<(usize, Value)>,
}

impl<T: Mapped> Source for Values<T> {
    fn runs(&self) -> usize {
        self.count
    }

    fn bind(&self, run: usize, out: &mut dyn Binder) -> EngineResult<()> {
        let value = &self.values[self.from + run];
        let made = made_for(value);
        for (place, column) in self.columns.iter().enumerate() {
            let fixed = || self.within.iter().find(|it| it.0 == place).map(|it| &it.1);
            let made = || made.iter().find(|it| it.0 == *column).map(|it| &it.1);
            let given = if *column == WITHIN { fixed() } else { made() };
            out.bind(given.map_or_else(|| value.get(*column), Value::as_ref))?;
        }
        Ok(())
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
            let (statement, columns, within) = match group.expressions.is_empty() {
                true => {
                    let statement = mapper.statement(Purpose::Insert(inserted), dialect)?;
                    (statement, group.columns, Vec::new())
                }
                false => {
                    let inline = Inline::insert(mapper, &inserted, &group.expressions, dialect)?;
                    (inline.statement, inline.columns, inline.within)
                }
            };
            let (from, count) = (group.from, group.count);
            let values = Values { values: Arc::clone(&values), from, count, columns, within };
            let params = Params::Source(Arc::new(values));
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
        let is_stored = |it: &u16| !mapper.properties.contains(it);
        let stored: Columns = mapper.present().filter(is_stored).collect();
        let mut steps = Vec::new();
        for group in groups(mapper, &values) {
            let computed = group.expressions.iter().map(|it| &it.0);
            let named = group.columns.iter().chain(computed);
            let named = named.map(|it| mapper.meta.columns[usize::from(*it)].name);
            let named: Vec<_> = named.collect();
            // Rows of nothing but defaults come one by one.
            let rows = match named.len() {
                0 => 1,
                columns => (most / columns).clamp(1, ROWS),
            };
            for values in values[group.from..group.from + group.count].chunks(rows) {
                let row = |value: &T| {
                    let made = made_for(value);
                    let cell = |column: &u16| {
                        let made = made.iter().find(|it| it.0 == *column).map(|it| it.1.clone());
                        Node::Bind(made.unwrap_or_else(|| value.get(*column).to_value()))
                    };
                    let computed = group.expressions.iter().map(|it| it.1.clone());
                    group.columns.iter().map(cell).chain(computed).collect()
                };
                let insert = Insert {
                    table: mapper.meta.table,
                    columns: named.clone(),
                    rows: values.iter().map(row).collect(),
                    on_conflict: None,
                    returning: stored.iter().map(|it| mapper.node(*it)).collect(),
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
        cohort.set_layout(mapper.stored_layout());
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

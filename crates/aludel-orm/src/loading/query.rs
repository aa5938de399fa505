//! Runs a query: the statement, what belongs to its objects, and how all of it enters the session,
//! in one unit of work.

use std::any::Any;

use aludel_core::{
    compile::{Compiled, Param, compile},
    dialect::Dialect,
    expr::{
        ExecutionOptions, ReturningStatement, RowBuffer, Select, SettleError, Statement as Tree,
        TextQuery,
    },
    value::{Columns as Row, Value},
};
use aludel_engine::{
    Error as EngineError, Result as EngineResult,
    driver::{Flow, Params, Run, Statement, Step, Want, Work},
};

use super::{
    columns::ColumnsOf,
    eager::{Eager, Parts},
    entity::Settle,
    hop::Hop,
    options::{Criteria, Path},
    shown::Shown,
};
use crate::{
    Error, Result,
    events::{Answer, Executes, ExecutionKind},
    object::cohort::{AnyCohort, Part},
    session::core::Core,
};

/// A query that is about to run.
#[doc(hidden)]
pub struct Query<R> {
    kind: Kind,
    pub(super) buffer: Box<dyn RowBuffer<R>>,
    pub(super) paths: Vec<Vec<Hop>>,
    /// What is said of entities' columns.
    columns: Vec<ColumnsOf>,
    /// Conditions on tables, wherever they stand; those of hooks are of this statement alone.
    criteria: Vec<Criteria>,
    seen_criteria: Vec<Criteria>,
    execution: ExecutionOptions,
    /// Whether rows must have the versions that the session knows (VER-7).
    checks_versions: bool,
    /// Whether rows are taken before all are there.
    streams: bool,
    /// Whether rows may repeat an object, once it is prepared.
    pub(super) repeats: bool,
    /// The entities of its rows, once it is prepared.
    pub(super) shown: Vec<Shown>,
}

/// What becomes of the objects of rows that the session holds already.
#[derive(Clone, Copy)]
pub(super) enum Existing {
    /// They stay as they are, but for what is expired.
    Kept,
    /// The same, if their rows have the versions that they were read in.
    Compared,
    /// They are as their rows are.
    Overwritten,
}

enum Kind {
    Select(Box<aludel_core::expr::Query>),
    Text(Compiled),
    Change(Box<Tree>),
}

impl<R: Send + 'static> Query<R> {
    fn new(kind: Kind, buffer: Box<dyn RowBuffer<R>>, execution: ExecutionOptions) -> Self {
        Self {
            kind,
            buffer,
            paths: Vec::new(),
            columns: Vec::new(),
            criteria: Vec::new(),
            seen_criteria: Vec::new(),
            execution,
            checks_versions: false,
            streams: false,
            repeats: false,
            shown: Vec::new(),
        }
    }

    pub(super) fn select(select: Select<R>) -> Result<Self> {
        let paths = select.options().iter().filter_map(|it| it.downcast_ref::<Path>());
        let paths = paths.map(|it| it.0.clone()).collect();
        let columns = select.options().iter().filter_map(|it| it.downcast_ref::<ColumnsOf>());
        let columns = columns.cloned().collect();
        let criteria = select.options().iter().filter_map(|it| it.downcast_ref::<Criteria>());
        let criteria = criteria.cloned().collect();
        let (buffer, execution) = (select.buffer(), select.execution());
        let kind = Kind::Select(Box::new(select.into_query()));
        Ok(Self { paths, columns, criteria, ..Self::new(kind, buffer, execution) })
    }

    pub(super) fn text(text: TextQuery<R>, dialect: &'static dyn Dialect) -> Result<Self> {
        let compiled = text.statement().compile(dialect)?;
        Ok(Self::new(Kind::Text(compiled), text.buffer(), text.statement().execution()))
    }

    pub(super) fn change(change: ReturningStatement<R>) -> Self {
        let (buffer, execution) = (change.buffer(), change.execution());
        Self::new(Kind::Change(Box::new(change.into())), buffer, execution)
    }

    /// The same, where objects that the session holds must be as their rows are: by their versions.
    pub(super) fn checking_versions(mut self) -> Self {
        self.checks_versions = true;
        self
    }

    /// The same, for rows that are taken before all are there.
    pub(super) fn streaming(mut self) -> Self {
        self.streams = true;
        self
    }

    /// What becomes of the objects that the session holds already.
    pub(super) fn existing(&self) -> Existing {
        match self.execution.populate_existing {
            true => Existing::Overwritten,
            false if self.checks_versions => Existing::Compared,
            false => Existing::Kept,
        }
    }

    /// The same, but not more than one row where the statement has no limit of its own.
    pub(super) fn first(mut self) -> Self {
        if let Kind::Select(query) = &mut self.kind {
            query.limit.get_or_insert(1);
        }
        self
    }

    /// Shows the statement to hooks; what one of them answers in the database's place.
    pub(super) fn see(&mut self, hooks: &Executes) -> Result<Option<Answer>> {
        match &mut self.kind {
            Kind::Select(query) => {
                let mut tree = Tree::Select(std::mem::take(&mut **query));
                let seen = hooks.see_query(&mut tree);
                if let Tree::Select(seen) = tree {
                    **query = seen;
                }
                let (answer, criteria) = seen?;
                self.seen_criteria = criteria;
                Ok(answer)
            }
            Kind::Change(tree) => hooks.see(tree),
            Kind::Text(_) => hooks.see_rows(ExecutionKind::Text, None),
        }
    }

    /// Plans eager loads and compiles the statement.
    pub(super) fn prepare(&mut self, dialect: &'static dyn Dialect) -> Result<(Run, Eager)> {
        match &mut self.kind {
            Kind::Text(compiled) => {
                Ok((run_of(compiled.clone(), Want::Rows), Eager::none(dialect)))
            }
            Kind::Change(tree) => {
                let compiled = compile(tree, dialect)?;
                Ok((run_of(compiled, Want::Rows), Eager::none(dialect)))
            }
            Kind::Select(query) => {
                let mut query = (**query).clone();
                // A row of one table, joined with nothing, comes once.
                let repeats = !query.joins.is_empty() || query.roots().len() > 1;
                let mut metas = Vec::new();
                self.buffer.parts(&mut |part| {
                    if let Some(part) = part.downcast_mut::<Part>() {
                        part.0.set_repeats(repeats);
                        metas.push(part.0.meta());
                    }
                });
                for meta in &metas {
                    crate::mapping::Mapper::checked(meta)?;
                }
                let shown = ColumnsOf::lay_out(&self.columns, &mut query, &metas)?;
                if !self.columns.is_empty() {
                    set_layouts(&mut *self.buffer, &shown);
                }
                self.shown = shown;
                let mut eager = Eager::plan(
                    &mut query,
                    &self.shown,
                    !repeats,
                    self.streams,
                    &self.paths,
                    dialect,
                )?;
                self.repeats = repeats || eager.joins_many();
                if self.repeats && !repeats {
                    self.buffer.parts(&mut |part| {
                        if let Some(part) = part.downcast_mut::<Part>() {
                            part.0.set_repeats(true);
                        }
                    });
                }
                Criteria::apply(&self.criteria, &mut query);
                Criteria::apply(&self.seen_criteria, &mut query);
                eager.criteria = self.criteria.clone();
                let compiled = compile(&query.into(), dialect)?;
                Ok((run_of(compiled, Want::Rows), eager))
            }
        }
    }
}

/// Says which columns the entities of a result's rows have.
pub(super) fn set_layouts<R>(buffer: &mut dyn RowBuffer<R>, shown: &[Shown]) {
    let mut shown = shown.iter();
    buffer.parts(&mut |part| {
        if let (Some(part), Some(shown)) = (part.downcast_mut::<Part>(), shown.next()) {
            part.0.set_layout(shown.layout.clone());
        }
    });
}

/// A compiled statement, to run once.
pub(crate) fn run_of(compiled: Compiled, want: Want) -> Run {
    let value = |it: Param| match it {
        Param::Value(value) => value,
        Param::Hole => Value::Null,
    };
    let values = compiled.params.into_iter().map(value).collect();
    Run { statement: Statement::new(compiled.sql), params: Params::Values(values), want }
}

/// A buffer without its rows' type, so that the script is compiled once.
pub(crate) trait AnyBuffer: Send {
    fn push(&mut self, row: &dyn Row) -> Result<(), aludel_core::DecodeError>;
    fn pop(&mut self);
    fn settle(&mut self, context: &mut dyn Any) -> Result<(), SettleError>;
    fn into_any(self: Box<Self>) -> Box<dyn Any>;
}

pub(super) struct Held<R>(pub(super) Box<dyn RowBuffer<R>>);

impl<R: Send + 'static> AnyBuffer for Held<R> {
    fn push(&mut self, row: &dyn Row) -> Result<(), aludel_core::DecodeError> {
        self.0.push(row)
    }

    fn pop(&mut self) {
        self.0.pop();
    }

    fn settle(&mut self, context: &mut dyn Any) -> Result<(), SettleError> {
        self.0.settle(context)
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any> {
        self
    }
}

impl<R> Parts for Held<R> {
    fn parts(&mut self, visit: &mut dyn FnMut(&mut dyn Any)) {
        self.0.parts(visit);
    }
}

pub(crate) trait Buffer: AnyBuffer + Parts {}

impl<B: AnyBuffer + Parts> Buffer for B {}

/// Shows the entities of a result.
pub(crate) fn cohorts(buffer: &mut dyn Buffer, visit: &mut dyn FnMut(&mut dyn AnyCohort)) {
    buffer.parts(&mut |part| {
        if let Some(part) = part.downcast_mut::<Part>() {
            visit(&mut *part.0);
        }
    });
}

/// The script of a query.
struct QueryWork {
    opening: Vec<Step>,
    main: Option<Run>,
    before: usize,
    stage: Stage,
    buffer: Box<dyn Buffer>,
    eager: Eager,
}

enum Stage {
    Start,
    Main,
    Eager,
}

impl Work for QueryWork {
    fn wave(&mut self, out: &mut Vec<Step>) -> EngineResult<Flow> {
        match self.stage {
            Stage::Start => {
                out.append(&mut self.opening);
                self.before = out.len();
                out.extend(self.main.take().map(Step::Run));
                self.stage = Stage::Main;
                return Ok(Flow::More);
            }
            Stage::Main => self.stage = Stage::Eager,
            Stage::Eager => {}
        }
        self.before = 0;
        let more = self.eager.next(&mut *self.buffer, out).map_err(EngineError::from)?;
        Ok(if more { Flow::More } else { Flow::Done })
    }

    fn row(&mut self, step: usize, row: &dyn Row) -> EngineResult<()> {
        match self.stage {
            Stage::Start | Stage::Main => take_row(&mut *self.buffer, &mut self.eager, row),
            Stage::Eager => self.eager.row(step, row),
        }
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any + Send> {
        self
    }
}

/// Takes a row of a query, and what it carries of relationships.
pub(super) fn take_row(
    buffer: &mut dyn Buffer,
    eager: &mut Eager,
    row: &dyn Row,
) -> EngineResult<()> {
    buffer.push(row).map_err(aludel_core::Error::from)?;
    if eager.joins() && !eager.joined_row(buffer, row)? {
        buffer.pop();
    }
    Ok(())
}

impl Core {
    /// Runs a query and gives its rows: a shim over one body.
    pub(crate) async fn fetch<R: Send + 'static>(&mut self, mut query: Query<R>) -> Result<Vec<R>> {
        let hooks = self.executes();
        if !hooks.is_empty()
            && let Some(answer) = self.before_hooks().await.and_then(|()| query.see(&hooks))?
        {
            return answer.rows();
        }
        let was_empty = self.stores.chunks() == 0;
        let buffer = match query.kind {
            Kind::Change(tree) => {
                let buffer = Box::new(Held(query.buffer));
                self.change_into(*tree, query.execution, buffer).await?
            }
            _ => {
                self.before_query(query.execution.autoflush).await?;
                let (run, eager) = query.prepare(self.engine.dialect())?;
                let eager = eager.seen_by(hooks);
                let existing = query.existing();
                self.fetch_into(run, Box::new(Held(query.buffer)), eager, existing).await?
            }
        };
        let Ok(held) = buffer.into_any().downcast::<Held<R>>() else { return Ok(Vec::new()) };
        let rows = held.0.drain();
        match was_empty {
            // All that there is came with these rows, and is held by who gets them.
            true => self.stores.swept(),
            false => self.sweep(false),
        }
        Ok(rows)
    }

    /// What comes before the hooks of statements.
    pub(crate) async fn before_hooks(&mut self) -> Result<()> {
        self.settle().await;
        self.check()
    }

    /// What every query does first.
    pub(crate) async fn before_query(&mut self, autoflush: Option<bool>) -> Result<()> {
        self.settle().await;
        self.check()?;
        self.enter_joined()?;
        if autoflush.unwrap_or(self.options.autoflush) {
            self.flush().await?;
        }
        Ok(())
    }

    async fn fetch_into(
        &mut self,
        run: Run,
        buffer: Box<dyn Buffer>,
        eager: Eager,
        existing: Existing,
    ) -> Result<Box<dyn Buffer>> {
        let opening = self.open(false).await?;
        let work =
            QueryWork { opening, main: Some(run), before: 0, stage: Stage::Start, buffer, eager };
        let QueryWork { mut buffer, mut eager, .. } = self.run(work, |_, _| ()).await?;
        self.take_in(&mut *buffer, &mut eager, existing)?;
        Ok(buffer)
    }

    /// Brings rows into the session, and what was loaded beside them.
    pub(super) fn take_in(
        &mut self,
        buffer: &mut dyn Buffer,
        eager: &mut Eager,
        existing: Existing,
    ) -> Result<()> {
        let (mut held, mut anew) = (Vec::new(), Vec::new());
        match existing {
            Existing::Kept => {}
            Existing::Compared => {
                let mut same = Ok(());
                cohorts(buffer, &mut |it| {
                    if same.is_ok() {
                        same = self.compare_versions(it);
                    }
                });
                same?;
            }
            Existing::Overwritten => {
                let mut stale = Vec::new();
                cohorts(buffer, &mut |it| self.find_stale(it, &mut stale));
                eager.cohorts(&mut |it| self.find_stale(it, &mut stale));
                if self.options.sqlalchemy && eager.has_options() {
                    held = eager.held_as_original(self, &stale);
                    anew.clone_from(&stale);
                }
                self.overwrite(stale)?;
            }
        }
        self.settle_buffer(&mut |context| buffer.settle(context))?;
        if !held.is_empty() {
            let held = held.into_iter();
            self.tables(|it| {
                held.for_each(|(at, relation, cell)| it.refill_one(at, relation, cell))
            });
        }
        eager.finish(self, buffer)?;
        if self.options.sqlalchemy && eager.has_options() {
            let overwrites = matches!(existing, Existing::Overwritten);
            eager.note_again(self, buffer, overwrites.then_some(&anew[..]));
        }
        if !anew.is_empty() {
            self.tables(|it| it.say_anew(&anew));
        }
        self.landed();
        Ok(())
    }

    /// Lends what objects need to enter the session.
    pub(crate) fn settle_buffer(
        &mut self,
        settle: &mut dyn FnMut(&mut dyn Any) -> Result<(), SettleError>,
    ) -> Result<()> {
        let graph = crate::object::graph::Graph::root(&self.graph).clone();
        let offered = if self.options.sqlalchemy { self.offer_unsaid() } else { Vec::new() };
        let stores = std::mem::take(&mut self.stores);
        let (session, nested) = (self.id, self.level_wrote());
        let mut context = Settle { session, graph, stores, overwrite: false, nested };
        let result = settle(&mut context);
        self.stores = context.stores;
        self.settle_unsaid(offered);
        result.map_err(Error::from_settle)
    }
}

//! Executes a change: one statement, and where only the database knows which objects are meant, the
//! question for their keys.

use std::any::Any;

use aludel_core::{
    compile::compile,
    dialect::{Dialect, Returning},
    expr::{
        ExecutionOptions, ForUpdate, Node, Query, SelectItem, Statement as Tree, Synchronize,
        TextStatement,
    },
    value::Columns as Row,
};
use aludel_engine::{
    Result as EngineResult,
    driver::{Flow, Run, Step, Want, Work},
};

use super::{
    fill::{fill_defaults, fill_on_update},
    synchronize::Sync,
};
use crate::{
    Error, Result,
    events::ExecutionKind,
    loading::{Buffer, cohorts, run_of},
    mapping::Mapper,
    session::{Key, core::Core},
};

/// The script of one change.
pub(super) struct ChangeWork {
    opening: Vec<Step>,
    /// Asks for the keys before the statement.
    ask: Option<Run>,
    run: Option<Run>,
    /// Whether the statement's own rows are the keys.
    returns: bool,
    /// Where the keys stand in a row, and how many columns they have.
    offset: usize,
    width: usize,
    matched: u64,
    /// The position of the question for keys.
    asked: Option<usize>,
    /// What takes the rows that the program asked for.
    buffer: Option<Box<dyn Buffer>>,
    pub(super) keys: Vec<Key>,
    pub(super) sync: Option<Sync>,
}

impl Work for ChangeWork {
    fn wave(&mut self, out: &mut Vec<Step>) -> EngineResult<Flow> {
        let Some(run) = self.run.take() else { return Ok(Flow::Done) };
        out.append(&mut self.opening);
        if let Some(ask) = self.ask.take() {
            self.asked = Some(out.len());
            out.push(Step::Run(ask));
        }
        out.push(Step::Run(run));
        Ok(Flow::More)
    }

    fn row(&mut self, step: usize, row: &dyn Row) -> EngineResult<()> {
        let asked = self.asked == Some(step);
        if asked || self.returns {
            let from = if asked { 0 } else { self.offset };
            self.keys.push((from..from + self.width).map(|it| row.get(it).to_value()).collect());
        }
        if !asked {
            self.matched += 1;
            if let Some(buffer) = &mut self.buffer {
                buffer.push(row).map_err(aludel_core::Error::from)?;
            }
        }
        Ok(())
    }

    fn count(&mut self, _: usize, _: usize, rows: u64) -> EngineResult<()> {
        self.matched += rows;
        Ok(())
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any + Send> {
        self
    }
}

impl Core {
    /// Executes a change; how many rows it matched.
    pub(crate) async fn change(
        &mut self,
        mut tree: Tree,
        execution: ExecutionOptions,
    ) -> Result<u64> {
        let hooks = self.executes();
        if !hooks.is_empty()
            && let Some(answer) = self.before_hooks().await.and_then(|()| hooks.see(&mut tree))?
        {
            return answer.count();
        }
        let work = self.prepare_change(&mut tree, execution, None).await?;
        let done = self.execute(work).await?;
        let matched = done.matched;
        self.apply_change(done);
        Ok(matched)
    }

    /// Executes a change that gives rows: objects among them are as the rows say.
    pub(crate) async fn change_into(
        &mut self,
        mut tree: Tree,
        execution: ExecutionOptions,
        mut buffer: Box<dyn Buffer>,
    ) -> Result<Box<dyn Buffer>> {
        // An upsert may meet one row twice.
        let repeats = matches!(&tree, Tree::Insert(it) if it.on_conflict.is_some());
        let mut metas = Vec::new();
        cohorts(&mut *buffer, &mut |it| {
            it.set_repeats(repeats);
            metas.push(it.meta());
        });
        metas.into_iter().try_for_each(|it| Mapper::checked(it).map(drop))?;
        let deletes = matches!(tree, Tree::Delete(_));
        let work = self.prepare_change(&mut tree, execution, Some(buffer)).await?;
        let mut done = self.execute(work).await?;
        let Some(mut buffer) = done.buffer.take() else { return Err(no_buffer()) };
        if deletes {
            // Objects that are held are found by their rows as long as they are in the map.
            self.settle_buffer(&mut |context| buffer.settle(context))?;
            self.apply_change(done);
            self.apply_returned_deletes(&mut *buffer);
            return Ok(buffer);
        }
        // An object that follows the statement does so before the row is looked at, as what it is set
        // to may depend on what it was.
        self.apply_change(done);
        if execution.synchronize != Synchronize::Off {
            let mut stale = Vec::new();
            cohorts(&mut *buffer, &mut |it| self.find_stale(it, &mut stale));
            match execution.populate_existing {
                true => self.overwrite(stale)?,
                false => self.renew(&stale)?,
            }
        }
        self.settle_buffer(&mut |context| buffer.settle(context))?;
        Ok(buffer)
    }

    /// Executes a change that is written as text; how many rows it matched.
    pub(crate) async fn change_text(&mut self, text: TextStatement) -> Result<u64> {
        let hooks = self.executes();
        if !hooks.is_empty() {
            self.before_hooks().await?;
            if let Some(answer) = hooks.see_rows(ExecutionKind::Text, None)? {
                return answer.count();
            }
        }
        let compiled = text.compile(self.engine.dialect())?;
        self.before_query(text.execution().autoflush).await?;
        let done = self.execute(ChangeWork::new(run_of(compiled, Want::Count))).await?;
        self.wrote();
        Ok(done.matched)
    }

    /// Everything that comes before a change: whether it makes sense, a flush, and which objects it
    /// means.
    async fn prepare_change(
        &mut self,
        tree: &mut Tree,
        execution: ExecutionOptions,
        buffer: Option<Box<dyn Buffer>>,
    ) -> Result<ChangeWork> {
        let dialect = self.engine.dialect();
        match tree {
            Tree::Insert(insert) => fill_defaults(insert, execution),
            Tree::Update(update) => fill_on_update(update, execution),
            _ => {}
        }
        let compiled = compile(tree, dialect)?;
        let evaluable = self.check_evaluable(tree, execution.synchronize);
        // The original finds out behind its flush, if there is something to write.
        let late =
            self.options.sqlalchemy && !(self.failed.is_some() && self.has_nothing_to_write());
        if evaluable.is_ok() || late {
            self.before_query(execution.autoflush).await?;
        }
        evaluable?;
        let sync = self.synchronize(tree, execution.synchronize)?;
        let want = if buffer.is_some() { Want::Rows } else { Want::Count };
        let asks = sync.as_ref().and_then(Sync::asks_for);
        let (Some(keys), Some(sync_of)) = (asks, &sync) else {
            return Ok(ChangeWork { sync, buffer, ..ChangeWork::new(run_of(compiled, want)) });
        };
        let width = keys.len();
        let work = if can_return(tree, sync_of, dialect) {
            let offset = return_keys(tree, keys);
            let run = run_of(compile(tree, dialect)?, Want::Rows);
            ChangeWork { returns: true, offset, ..ChangeWork::new(run) }
        } else {
            let ask = compile(&asking(tree, keys).into(), dialect)?;
            let ask = Some(run_of(ask, Want::Rows));
            ChangeWork { ask, ..ChangeWork::new(run_of(compiled, want)) }
        };
        Ok(ChangeWork { width, sync, buffer, ..work })
    }

    async fn execute(&mut self, work: ChangeWork) -> Result<ChangeWork> {
        let opening = self.open(true).await?;
        let work = ChangeWork { opening, ..work };
        let done = self.run(work, |core, work| {
            if let Ok(work) = work.into_any().downcast::<ChangeWork>() {
                core.apply_change(*work);
            }
        });
        done.await
    }
}

impl ChangeWork {
    fn new(run: Run) -> Self {
        Self {
            opening: Vec::new(),
            ask: None,
            run: Some(run),
            returns: false,
            offset: 0,
            width: 0,
            asked: None,
            buffer: None,
            matched: 0,
            keys: Vec::new(),
            sync: None,
        }
    }
}

/// Whether the statement itself can say the keys of the rows that it meant: not where it changes
/// them.
fn can_return(tree: &Tree, sync: &Sync, dialect: &dyn Dialect) -> bool {
    let returning = dialect.capability().dml.returning;
    match tree {
        Tree::Update(_) => returning == Returning::All && !sync.changes_keys(),
        _ => returning != Returning::None,
    }
}

/// Lets a statement return keys behind what it returns already; where they stand.
fn return_keys(tree: &mut Tree, keys: Vec<Node>) -> usize {
    let returning = match tree {
        Tree::Update(update) => &mut update.returning,
        Tree::Delete(delete) => &mut delete.returning,
        _ => return 0,
    };
    let offset = returning.len();
    returning.extend(keys);
    offset
}

/// The keys of the rows that a statement is about to change. They are locked, where rows can be, so
/// that the statement means the same ones.
fn asking(tree: &Tree, keys: Vec<Node>) -> Query {
    let filter = match tree {
        Tree::Update(update) => update.filter.clone(),
        Tree::Delete(delete) => delete.filter.clone(),
        _ => None,
    };
    let items = keys.into_iter().map(SelectItem::new).collect();
    Query { items, filter, for_update: Some(ForUpdate::new()), ..Query::default() }
}

#[cold]
fn no_buffer() -> Error {
    Error::InvalidRequest("the statement gave no rows".into())
}

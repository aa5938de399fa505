//! The hook of statements: it sees what a session is about to execute, and may change or answer it.

use std::{
    any::Any,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use aludel_core::{
    compile::compile,
    dialect::Dialect,
    expr::{FromItem, Predicate, Source, Statement as Tree},
};
use aludel_engine::driver::{Params, Run, Statement, Want};

use super::{HookResult, HookSet, Hooks, listen::hooks_of};
use crate::{
    Error, Result,
    error::{Attribute, HookFailed, Subject},
    loading::Criteria,
    mapping::{
        EntityConst, EntityMeta, Mapped, Mapper, Relation,
        statements::{Purpose, filled},
    },
    session::{Key, core::Core},
};

pub(crate) type ExecuteHook = Arc<dyn Fn(&mut Execution<'_>) -> HookResult + Send + Sync>;

/// What kind of statement a session is about to execute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ExecutionKind {
    /// A `select`, of the program's.
    Select,
    /// An `insert`, of the program's.
    Insert,
    /// An `update`, of the program's.
    Update,
    /// A `delete`, of the program's.
    Delete,
    /// A `text`.
    Text,
    /// An object's row is read by its key: `get`, `refresh`, an object that is expired.
    ColumnLoad,
    /// A relationship is read, by `load`, `selectinload`, or for a cascade.
    RelationshipLoad,
}

/// A statement that is about to be executed, as [`Hooks::on_execute`] sees it.
pub struct Execution<'a> {
    kind: ExecutionKind,
    meta: Option<&'static EntityMeta>,
    relation: Option<&'static Relation>,
    statement: Option<&'a mut Tree>,
    answer: Option<Answer>,
    criteria: Vec<Criteria>,
}

/// What a hook answers in the database's place.
pub(crate) enum Answer {
    Rows(Box<dyn Any + Send>),
    Count(u64),
}

impl<'a> Execution<'a> {
    fn new(
        kind: ExecutionKind,
        meta: Option<&'static EntityMeta>,
        statement: Option<&'a mut Tree>,
    ) -> Self {
        Self { kind, meta, relation: None, statement, answer: None, criteria: Vec::new() }
    }
}

impl Execution<'_> {
    /// What kind of statement it is.
    pub fn kind(&self) -> ExecutionKind {
        self.kind
    }

    /// Whether its rows are this entity's, or it joins them: by the entity's table, and not an alias of
    /// it.
    pub fn concerns<C: EntityConst>(&self, entity: C) -> bool {
        let _ = entity;
        let table = C::Mapped::meta().table;
        match &self.statement {
            None => self.meta.is_some_and(|it| it.table == table),
            Some(Tree::Select(query)) => {
                let own = FromItem { table, source: Source::Table };
                query.roots().contains(&own) || query.joins.iter().any(|it| it.target == own)
            }
            Some(Tree::Insert(insert)) => insert.table == table,
            Some(Tree::Update(update)) => update.table == table,
            Some(Tree::Delete(delete)) => delete.table == table,
            Some(_) => false,
        }
    }

    /// The relationship that is read.
    pub fn relationship(&self) -> Option<Attribute> {
        self.relation.map(|it| Attribute { entity: it.owner.name, name: it.name })
    }

    /// The statement; `None` of a text, and of many rows that are inserted, or updated by their keys.
    pub fn statement(&self) -> Option<&Tree> {
        self.statement.as_deref()
    }

    /// Adds a condition to the WHERE of a SELECT, an UPDATE or a DELETE, also of one that reads a row
    /// or a relationship. Within a flush it decides which objects cascades reach, too.
    ///
    /// # Errors
    /// The statement has no WHERE: an INSERT, a text.
    pub fn filter(&mut self, condition: impl Predicate) -> HookResult {
        let condition = condition.into_predicate();
        match self.statement.as_deref_mut() {
            Some(Tree::Select(query)) => query.and_filter(condition),
            Some(Tree::Update(update)) => update.and_filter(condition),
            Some(Tree::Delete(delete)) => delete.and_filter(condition),
            _ => return Err("a condition can be added only where there is a WHERE".into()),
        }
        Ok(())
    }

    /// Adds a condition to every appearance of an entity in the statement: in FROM, in joins, in subqueries, and in
    /// what its options load by joins. Where no such entity stands, nothing is added; so a hook that says it of all
    /// statements is a rule for everything that the session reads, and updates and deletes by statements: tenants,
    /// rows that are only marked as deleted.
    ///
    /// ```
    /// # use aludel_core::expr::{Column, Expression as _};
    /// # #[derive(Clone, Copy)]
    /// # struct Entity<E> { is_hidden: Column<E, bool>, entity: E }
    /// # fn example<E: aludel_orm::mapping::EntityConst>(User: Entity<E>, user: E) {
    /// use aludel_orm::events::Hooks;
    ///
    /// let hooks = Hooks::new().on_execute(move |execution| {
    ///     execution.with_loader_criteria(user, User.is_hidden.eq(false));
    ///     Ok(())
    /// });
    /// # }
    /// ```
    pub fn with_loader_criteria<C: EntityConst>(&mut self, entity: C, condition: impl Predicate) {
        self.criteria.push(Criteria::new(entity, condition));
    }

    /// Executes another statement in place of this one: of the same kind, and with as many columns.
    ///
    /// # Errors
    /// It is of another kind, or its rows have another width; or what is executed is a text, or a read of
    /// the session's own, which takes a [`filter`](Self::filter) only.
    pub fn replace(&mut self, statement: impl Into<Tree>) -> HookResult {
        use ExecutionKind::{ColumnLoad, RelationshipLoad};
        let (new, own) = (statement.into(), matches!(self.kind, ColumnLoad | RelationshipLoad));
        let Some(old) = self.statement.as_deref_mut().filter(|_| !own) else {
            return Err("only a statement of the program's can be replaced".into());
        };
        if kind_of(&new) != self.kind || width(&new) != width(old) {
            return Err("a statement is replaced by one of its kind, with as many columns".into());
        }
        *old = new;
        Ok(())
    }

    /// Answers a query in the database's place: nothing is sent. The rows are of the type that the
    /// program asked for, or the query fails with [`Error::InvalidRequest`].
    pub fn answer_rows<R: Send + 'static>(&mut self, rows: Vec<R>) {
        self.answer = Some(Answer::Rows(Box::new(rows)));
    }

    /// Answers a change in the database's place, by how many rows it matched: nothing is sent.
    pub fn answer_count(&mut self, rows: u64) {
        self.answer = Some(Answer::Count(rows));
    }
}

impl std::fmt::Debug for Execution<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Execution")
            .field("kind", &self.kind)
            .field("statement", &self.statement)
            .finish_non_exhaustive()
    }
}

impl Hooks {
    /// Before a session executes a statement of the program's, reads a row by its key or reads a
    /// relationship: it may add a condition, put another statement in its place, or answer itself. It
    /// comes before the flush that the statement may need; if it refuses, nothing is sent. What a flush
    /// writes, its other hooks tell.
    ///
    /// It sees no session, and may be called from the thread of a connection.
    ///
    /// ```
    /// # use aludel_core::expr::{Column, Expression as _};
    /// # #[derive(Clone, Copy)]
    /// # struct Entity<E> { is_hidden: Column<E, bool>, entity: E }
    /// # fn example<E: aludel_orm::mapping::EntityConst>(User: Entity<E>, user: E) {
    /// use aludel_orm::events::{ExecutionKind, Hooks};
    ///
    /// let hooks = Hooks::new().on_execute(move |execution| {
    ///     if execution.kind() == ExecutionKind::Select && execution.concerns(user) {
    ///         execution.filter(User.is_hidden.eq(false))?;
    ///     }
    ///     Ok(())
    /// });
    /// # }
    /// ```
    #[doc(alias = "do_orm_execute")]
    #[must_use]
    pub fn on_execute(
        mut self,
        hook: impl Fn(&mut Execution<'_>) -> HookResult + Send + Sync + 'static,
    ) -> Self {
        self.0.executes.push(Arc::new(hook));
        self
    }
}

/// Whether a hook of statements was ever registered.
static EXECUTES: AtomicBool = AtomicBool::new(false);

pub(super) fn note_executes(hooks: &HookSet) {
    if !hooks.executes.is_empty() {
        EXECUTES.store(true, Ordering::Relaxed);
    }
}

fn kind_of(tree: &Tree) -> ExecutionKind {
    match tree {
        Tree::Insert(_) => ExecutionKind::Insert,
        Tree::Update(_) => ExecutionKind::Update,
        Tree::Delete(_) => ExecutionKind::Delete,
        _ => ExecutionKind::Select,
    }
}

/// How many columns a statement's rows have.
fn width(tree: &Tree) -> usize {
    match tree {
        Tree::Select(query) => query.items.len(),
        Tree::Insert(insert) => insert.returning.len(),
        Tree::Update(update) => update.returning.len(),
        Tree::Delete(delete) => delete.returning.len(),
        _ => 0,
    }
}

/// The hooks of statements that apply to a session.
#[derive(Clone, Default)]
pub(crate) struct Executes(Vec<Arc<HookSet>>);

impl Executes {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn call(&self, execution: &mut Execution<'_>) -> Result<()> {
        for hook in self.0.iter().flat_map(|it| &it.executes) {
            hook(execution).map_err(|source| {
                let subject =
                    execution.meta.map(|it| Subject { entity: it.name, key: String::new() });
                Error::Hook(Box::new(HookFailed { hook: "on_execute", subject, source }))
            })?;
        }
        Ok(())
    }

    /// Shows a change of the program's; what a hook answers in the database's place.
    pub(crate) fn see(&self, change: &mut Tree) -> Result<Option<Answer>> {
        let (answer, criteria) = self.see_query(change)?;
        criteria.iter().for_each(|it| it.apply_to(change));
        Ok(answer)
    }

    /// Shows a statement of the program's; what a hook answers in the database's place, and what tables are to
    /// be restricted to when joins have been added.
    pub(crate) fn see_query(
        &self,
        statement: &mut Tree,
    ) -> Result<(Option<Answer>, Vec<Criteria>)> {
        let kind = kind_of(statement);
        let statement = Some(statement);
        let mut execution = Execution::new(kind, None, statement);
        self.call(&mut execution)?;
        Ok((execution.answer, execution.criteria))
    }

    /// Shows what is no statement of the expression language.
    pub(crate) fn see_rows(
        &self,
        kind: ExecutionKind,
        meta: Option<&'static EntityMeta>,
    ) -> Result<Option<Answer>> {
        let mut execution = Execution::new(kind, meta, None);
        self.call(&mut execution)?;
        Ok(execution.answer)
    }

    /// One of the session's own statements, as hooks leave it.
    pub(crate) fn run(
        &self,
        mapper: &'static Mapper,
        purpose: Purpose,
        relation: Option<&'static Relation>,
        values: Key,
        dialect: &'static dyn Dialect,
    ) -> Result<Run> {
        if self.is_empty() {
            return mapper.run(purpose, values, dialect);
        }
        self.run_tree(mapper, mapper.tree(&purpose, dialect), relation, values, dialect)
    }

    /// The same of a statement that isn't one of the mapper's.
    pub(crate) fn run_tree(
        &self,
        mapper: &'static Mapper,
        mut tree: Tree,
        relation: Option<&'static Relation>,
        values: Key,
        dialect: &'static dyn Dialect,
    ) -> Result<Run> {
        let kind = match relation {
            Some(_) => ExecutionKind::RelationshipLoad,
            None => ExecutionKind::ColumnLoad,
        };
        let mut execution =
            Execution { relation, ..Execution::new(kind, Some(mapper.meta), Some(&mut tree)) };
        self.call(&mut execution)?;
        if execution.answer.is_some() {
            let text = "a hook answers a read of the session's own, which takes a `filter` only";
            return Err(Error::InvalidRequest(text.into()));
        }
        let criteria = execution.criteria;
        criteria.iter().for_each(|it| it.apply_to(&mut tree));
        let compiled = compile(&tree, dialect)?;
        // The keys stand where they are supplied, with the hooks' values between them.
        let params = Params::Values(filled(compiled.params, values));
        Ok(Run { statement: Statement::new(compiled.sql), params, want: Want::Rows })
    }
}

impl Core {
    /// Whether any hook of statements may apply to this session.
    #[inline]
    pub(crate) fn has_executes(&self) -> bool {
        EXECUTES.load(Ordering::Relaxed) && !self.executes().is_empty()
    }

    /// The hooks of statements that apply to this session; nothing costs where there are none.
    #[inline]
    pub(crate) fn executes(&self) -> Executes {
        match EXECUTES.load(Ordering::Relaxed) {
            false => Executes::default(),
            true => {
                let all = hooks_of(self).into_iter();
                Executes(all.filter(|it| !it.executes.is_empty()).collect())
            }
        }
    }
}

impl Answer {
    /// How many rows a change matched.
    pub(crate) fn count(self) -> Result<u64> {
        match self {
            Self::Count(rows) => Ok(rows),
            Self::Rows(_) => Err(unfit("a change that gives a number with rows")),
        }
    }

    /// The rows of a query.
    pub(crate) fn rows<R: 'static>(self) -> Result<Vec<R>> {
        match self {
            Self::Count(_) => Err(unfit("a query with a number of rows")),
            Self::Rows(rows) => rows.downcast().map(|it| *it).map_err(|_| {
                let text = format!(
                    "a query of `{}` with rows of another type",
                    std::any::type_name::<R>()
                );
                unfit(&text)
            }),
        }
    }
}

#[cold]
fn unfit(what: &str) -> Error {
    Error::InvalidRequest(format!("a hook answers {what}").into())
}

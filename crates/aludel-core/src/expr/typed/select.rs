//! [`Select`]: a query whose rows have a type.

use std::{
    any::{Any, TypeId},
    sync::Arc,
};

use super::{
    Buffer, Expr, FromTarget, GroupKeys, JoinTarget, Predicate, RowBuffer, Rows, Selectable,
    SortKeys,
};
use crate::{
    Result,
    compile::compile,
    dialect::Dialect,
    expr::{ForUpdate, Join, JoinKind, Node, Query, Statement},
    value::{ColumnType, FromRow},
};

/// How a statement is executed, beside what it says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ExecutionOptions {
    /// Whether the session flushes first; its own setting where nothing is said.
    pub autoflush: Option<bool>,
    /// How an UPDATE or a DELETE reaches the objects that the session holds.
    pub synchronize: Synchronize,
    /// Whether rows overwrite the objects that the session holds.
    pub populate_existing: bool,
    /// How many rows a stream reads at a time; its own number where nothing is said.
    pub yield_per: Option<usize>,
    /// The mapped struct that an INSERT or an UPDATE was begun with: of two of one table, each has
    /// defaults of its own.
    pub entity: Option<TypeId>,
}

/// How an UPDATE or a DELETE that a session executes reaches the objects that the session holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Synchronize {
    /// As [`Evaluate`](Self::Evaluate) where the conditions can be evaluated in memory exactly as the
    /// database does, otherwise as [`Fetch`](Self::Fetch).
    #[default]
    Auto,
    /// The conditions are evaluated for the objects, without a statement more. What can't be
    /// evaluated at all is refused; objects of which only the database can tell are expired.
    Evaluate,
    /// The database says which rows are affected: by RETURNING, or by a SELECT before the statement.
    Fetch,
    /// Objects stay as they are.
    Off,
}

/// A SELECT whose rows are `Row`s. Nothing else about it is in its type: conditions can be added one
/// by one, in loops and branches.
#[must_use = "a statement does nothing until a session or a connection executes it"]
pub struct Select<Row> {
    query: Query,
    buffer: fn() -> Box<dyn RowBuffer<Row>>,
    options: Vec<Arc<dyn Any + Send + Sync>>,
    execution: ExecutionOptions,
}

/// Begins a SELECT of an entity, a column, an expression, or a tuple of up to 16 of them.
///
/// ```
/// # use aludel_core::{dialect::Sqlite, expr::{Column, Source, TableName}};
/// use aludel_core::expr::{Expression, Select, func, select};
/// # struct Tag;
/// # let table = TableName::new("user_account");
/// # let name = Column::<Tag, String>::new(Source::Table, table, "name");
/// # let age = Column::<Tag, Option<i32>>::new(Source::Table, table, "age");
///
/// let stmt: Select<(String, i64)> = select((name, func::count_all()))
///     .filter(age.is_not_null())
///     .group_by(name)
///     .order_by((func::count_all().desc(), name))
///     .limit(10);
/// assert_eq!(
///     stmt.to_sql(&Sqlite)?,
///     "SELECT user_account.name, count(*) FROM user_account WHERE user_account.age IS NOT NULL \
///      GROUP BY user_account.name ORDER BY count(*) DESC, user_account.name LIMIT ?"
/// );
/// # Ok::<(), aludel_core::Error>(())
/// ```
pub fn select<S: Selectable<Row = R>, R>(item: S) -> Select<R> {
    let mut query = Query::default();
    item.add_to(&mut query);
    Select {
        query,
        buffer: Buffer::<S>::boxed,
        options: Vec::new(),
        execution: ExecutionOptions::default(),
    }
}

impl<Row> Select<Row> {
    /// Adds a condition to WHERE, with AND.
    pub fn filter(mut self, condition: impl Predicate) -> Self {
        self.query.and_filter(condition.into_predicate());
        self
    }

    /// Adds a condition to HAVING, with AND.
    pub fn having(mut self, condition: impl Predicate) -> Self {
        self.query.and_having(condition.into_predicate());
        self
    }

    /// Joins along a relationship.
    pub fn join(self, target: impl JoinTarget) -> Self {
        self.joined(JoinKind::Inner, target)
    }

    /// Joins along a relationship, and keeps rows that have nothing at its other end. What is
    /// selected of that end must be `.optional()`.
    pub fn outer_join(self, target: impl JoinTarget) -> Self {
        self.joined(JoinKind::Left, target)
    }

    /// Joins a table with a condition.
    pub fn join_on(self, target: impl FromTarget, on: impl Predicate) -> Self {
        self.joined_on(JoinKind::Inner, target, on)
    }

    /// Joins a table with a condition, and keeps rows for which it has nothing. What is selected of
    /// it must be `.optional()`.
    pub fn outer_join_on(self, target: impl FromTarget, on: impl Predicate) -> Self {
        self.joined_on(JoinKind::Left, target, on)
    }

    fn joined(mut self, kind: JoinKind, target: impl JoinTarget) -> Self {
        target.joins(kind, &mut self.query.joins);
        self
    }

    fn joined_on(mut self, kind: JoinKind, target: impl FromTarget, on: impl Predicate) -> Self {
        self.query.joins.push(Join { kind, target: target.from_item(), on: on.into_predicate() });
        self
    }

    /// Puts a table into FROM that no column names, or puts it first.
    pub fn select_from(mut self, target: impl FromTarget) -> Self {
        let item = target.from_item();
        if !self.query.from.contains(&item) {
            self.query.from.push(item);
        }
        self
    }

    /// Adds sort keys.
    pub fn order_by(mut self, keys: impl SortKeys) -> Self {
        keys.push_to(&mut self.query.order_by);
        self
    }

    /// Adds expressions to group by.
    pub fn group_by(mut self, keys: impl GroupKeys) -> Self {
        keys.push_to(&mut self.query.group_by);
        self
    }

    /// Leaves out rows that are equal to another.
    pub fn distinct(mut self) -> Self {
        self.query.distinct = true;
        self
    }

    /// `DISTINCT ON (keys)`: of rows that are equal in these, the first by the order, which begins
    /// with them (PostgreSQL).
    ///
    /// ```
    /// # use aludel_core::{dialect::Postgres, expr::{Column, Source, TableName, select}};
    /// # struct Tag;
    /// # let table = TableName::new("event");
    /// # let user = Column::<Tag, i64>::new(Source::Table, table, "user_id");
    /// # let at = Column::<Tag, i64>::new(Source::Table, table, "at");
    /// use aludel_core::expr::Expression;
    ///
    /// let last = select((user, at)).distinct_on(user).order_by((user, at.desc()));
    /// assert_eq!(
    ///     last.to_sql(&Postgres)?,
    ///     "SELECT DISTINCT ON (event.user_id) event.user_id, event.at FROM event \
    ///      ORDER BY event.user_id, event.at DESC"
    /// );
    /// # Ok::<(), aludel_core::Error>(())
    /// ```
    pub fn distinct_on(mut self, keys: impl GroupKeys) -> Self {
        keys.push_to(&mut self.query.distinct_on);
        self
    }

    /// Locks the rows until the transaction ends: [`ForUpdate`] says how.
    pub fn with_for_update(mut self, lock: ForUpdate) -> Self {
        self.query.for_update = Some(lock);
        self
    }

    /// At most this many rows.
    pub fn limit(mut self, rows: u64) -> Self {
        self.query.limit = Some(rows);
        self
    }

    /// Leaves out so many rows first.
    pub fn offset(mut self, rows: u64) -> Self {
        self.query.offset = Some(rows);
        self
    }

    /// Adds an option of an upper layer; Core doesn't look at it.
    pub fn with_option(mut self, option: Arc<dyn Any + Send + Sync>) -> Self {
        self.options.push(option);
        self
    }

    /// Whether the session flushes before it executes this.
    pub fn autoflush(mut self, autoflush: bool) -> Self {
        self.execution.autoflush = Some(autoflush);
        self
    }

    /// Lets rows overwrite the objects that the session holds already, changes that no flush has
    /// written included: columns, and relationships that the query loads; others are loaded anew when
    /// somebody asks.
    pub fn populate_existing(mut self) -> Self {
        self.execution.populate_existing = true;
        self
    }

    /// How many rows a stream reads at a time, and has relationships loaded for; what isn't streamed is
    /// read at once, whatever is said here.
    ///
    /// ```
    /// # use aludel_core::expr::{Column, Source, TableName, select};
    /// # struct Tag;
    /// # let name = Column::<Tag, String>::new(Source::Table, TableName::new("user_account"), "name");
    /// let names = select(name).yield_per(100);
    /// assert_eq!(names.execution().yield_per, Some(100));
    /// ```
    pub fn yield_per(mut self, rows: usize) -> Self {
        self.execution.yield_per = Some(rows);
        self
    }

    /// Reads each row into a struct by the columns' names (`#[derive(Row)]`), or into a tuple by
    /// their places. The name of an expression is its label; a column has its own.
    pub fn rows_as<R: FromRow>(mut self) -> Select<R> {
        if !R::COLUMNS.is_empty() {
            self.name_columns();
        }
        let Self { query, options, execution, .. } = self;
        Select { query, buffer: Rows::<R>::boxed, options, execution }
    }

    /// What a database calls a column without a label is its own affair.
    fn name_columns(&mut self) {
        for item in &mut self.query.items {
            if let Node::Column(column) = &item.node {
                item.label.get_or_insert(column.name);
            }
        }
    }

    /// The query as data.
    pub fn query(&self) -> &Query {
        &self.query
    }

    /// The query as data, to change it.
    pub fn query_mut(&mut self) -> &mut Query {
        &mut self.query
    }

    /// The query as data.
    pub fn into_query(self) -> Query {
        self.query
    }

    /// An empty buffer for this statement's rows.
    pub fn buffer(&self) -> Box<dyn RowBuffer<Row>> {
        (self.buffer)()
    }

    /// The options of upper layers.
    pub fn options(&self) -> &[Arc<dyn Any + Send + Sync>] {
        &self.options
    }

    /// How it is executed.
    pub fn execution(&self) -> ExecutionOptions {
        self.execution
    }

    /// The SQL text, as a dialect spells it.
    ///
    /// # Errors
    /// As [`compile`].
    pub fn to_sql(&self, dialect: &dyn Dialect) -> Result<String> {
        Ok(compile(&self.query.clone().into(), dialect)?.sql.to_string())
    }
}

impl<T: ColumnType> Select<T> {
    /// The query as a value: of its one column, in its one row; NULL if there is no row.
    pub fn scalar_subquery(self) -> Expr<Option<T::Base>> {
        Expr::new(Node::Scalar(Box::new(self.query)))
    }
}

impl<Row> Clone for Select<Row> {
    fn clone(&self) -> Self {
        Self {
            query: self.query.clone(),
            buffer: self.buffer,
            options: self.options.clone(),
            execution: self.execution,
        }
    }
}

impl<Row> std::fmt::Debug for Select<Row> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Select")
            .field("query", &self.query)
            .field("options", &self.options.len())
            .finish()
    }
}

impl<Row> From<Select<Row>> for Statement {
    fn from(select: Select<Row>) -> Self {
        Self::Select(select.query)
    }
}

impl<Row> From<&Select<Row>> for Statement {
    fn from(select: &Select<Row>) -> Self {
        Self::Select(select.query.clone())
    }
}

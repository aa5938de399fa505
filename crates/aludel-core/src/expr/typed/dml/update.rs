//! [`update`]

use super::{ReturningStatement, value_for};
use crate::{
    expr::{
        Assignments, Column, ExecutionOptions, FromTarget, Predicate, Selectable, SetValue,
        Statement, Synchronize, Update,
    },
    value::ColumnType,
};

/// An UPDATE.
#[must_use = "a statement does nothing until a session or a connection executes it"]
#[derive(Clone, Debug, PartialEq)]
pub struct UpdateStatement {
    pub(super) update: Update,
    execution: ExecutionOptions,
}

/// Begins an UPDATE of a table. Without a filter it changes every row.
///
/// ```
/// # use aludel_core::{compile::compile, dialect::Sqlite, expr::{Column, FromItem, Source, TableName}};
/// use aludel_core::expr::{Expression, update};
/// # struct Tag;
/// # let table = TableName::new("user_account");
/// # #[allow(non_snake_case)]
/// # let User = FromItem { table, source: Source::Table };
/// # let name = Column::<Tag, String>::new(Source::Table, table, "name");
/// # let age = Column::<Tag, Option<i32>>::new(Source::Table, table, "age");
///
/// let stmt = update(User).set(age, age + 1).filter(name.eq("Ada"));
/// assert_eq!(
///     &*compile(&stmt.into(), &Sqlite)?.sql,
///     "UPDATE user_account SET age = age + ? WHERE name = ?"
/// );
/// # Ok::<(), aludel_core::Error>(())
/// ```
pub fn update(target: impl FromTarget) -> UpdateStatement {
    let table = target.from_item().table;
    UpdateStatement {
        update: Update { table, set: Vec::new(), filter: None, returning: Vec::new() },
        execution: ExecutionOptions { entity: target.entity(), ..ExecutionOptions::default() },
    }
}

impl UpdateStatement {
    /// Sets a column to a value or an expression.
    pub fn set<E, T: ColumnType, V: SetValue<T>>(mut self, column: Column<E, T>, value: V) -> Self {
        let value = value_for(self.update.table, column.set(value));
        self.update.set.push((column.name(), value));
        self
    }

    /// Adds a condition to WHERE, with AND.
    pub fn filter(mut self, condition: impl Predicate) -> Self {
        let node = condition.into_predicate();
        self.update.and_filter(node);
        self
    }

    /// Sets columns, each as by `User.name.set("Alice")`: one, or a tuple, an array or a `Vec` of them.
    pub fn values(mut self, assignments: impl Assignments) -> Self {
        let mut all = Vec::new();
        assignments.push_to(&mut all);
        for assignment in all {
            let name = assignment.column.name;
            self.update.set.push((name, value_for(self.update.table, assignment)));
        }
        self
    }

    /// How the change reaches the objects that the session holds: [`Synchronize::Auto`] where nothing
    /// is said.
    pub fn synchronize_session(mut self, synchronize: Synchronize) -> Self {
        self.execution.synchronize = synchronize;
        self
    }

    /// Whether the session flushes before it executes this.
    pub fn autoflush(mut self, autoflush: bool) -> Self {
        self.execution.autoflush = Some(autoflush);
        self
    }

    /// How it is executed.
    pub fn execution(&self) -> ExecutionOptions {
        self.execution
    }

    /// Reads something of each changed row back.
    pub fn returning<S: Selectable<Row = R>, R>(mut self, item: S) -> ReturningStatement<R> {
        self.update.returning = super::returning::nodes(item);
        ReturningStatement::new::<S>(self.update.into(), self.execution)
    }
}

impl From<UpdateStatement> for Statement {
    fn from(it: UpdateStatement) -> Self {
        Self::Update(it.update)
    }
}

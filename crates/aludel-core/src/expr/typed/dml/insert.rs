//! [`insert`]

use super::{ReturningStatement, value_for};
use crate::expr::{
    Assignment, Assignments, ExecutionOptions, FromTarget, Insert, Node, Selectable, Statement,
};

/// An INSERT.
#[must_use = "a statement does nothing until a session or a connection executes it"]
#[derive(Clone, Debug, PartialEq)]
pub struct InsertStatement {
    pub(super) insert: Insert,
    /// What each row holds besides its own values.
    always: Vec<Assignment>,
    execution: ExecutionOptions,
}

/// Begins an INSERT into a table. Without values its one row is made of defaults.
///
/// ```
/// # use aludel_core::{compile::compile, dialect::Sqlite, expr::{Column, FromItem, Source, TableName}};
/// use aludel_core::expr::insert;
/// # struct Tag;
/// # let table = TableName::new("user_account");
/// # #[allow(non_snake_case)]
/// # let User = FromItem { table, source: Source::Table };
/// # let name = Column::<Tag, String>::new(Source::Table, table, "name");
/// # let age = Column::<Tag, Option<i32>>::new(Source::Table, table, "age");
///
/// let stmt = insert(User)
///     .row((name.set("Ada"), age.set(36)))
///     .row((name.set("Alan"), age.set(None)));
/// assert_eq!(
///     &*compile(&stmt.into(), &Sqlite)?.sql,
///     "INSERT INTO user_account (name, age) VALUES (?, ?), (?, ?)"
/// );
/// # Ok::<(), aludel_core::Error>(())
/// ```
pub fn insert(target: impl FromTarget) -> InsertStatement {
    let table = target.from_item().table;
    let execution = ExecutionOptions { entity: target.entity(), ..ExecutionOptions::default() };
    InsertStatement {
        execution,
        always: Vec::new(),
        insert: Insert {
            table,
            columns: Vec::new(),
            rows: Vec::new(),
            on_conflict: None,
            returning: Vec::new(),
        },
    }
}

impl InsertStatement {
    /// The values of a row. The first row says which columns there are.
    pub fn values(self, values: impl Assignments) -> Self {
        self.row(values)
    }

    /// One more row, of the same columns in any order.
    pub fn row(mut self, values: impl Assignments) -> Self {
        let mut assignments = Vec::new();
        values.push_to(&mut assignments);
        assignments.extend_from_slice(&self.always);
        let Insert { table, columns, rows, .. } = &mut self.insert;
        if rows.is_empty() {
            *columns = assignments.iter().map(|it| it.column.name).collect();
        }
        let mut row = vec![None; columns.len()];
        let mut others = Vec::new();
        for assignment in assignments {
            let free = columns
                .iter()
                .zip(&row)
                .position(|(name, value)| *name == assignment.column.name && value.is_none());
            let value = value_for(*table, assignment);
            match free {
                Some(index) => row[index] = Some(value),
                None => others.push(value),
            }
        }
        // A row of other columns becomes too long or too short, which compiling refuses.
        let complete = row.iter().all(Option::is_some);
        let mut row: Vec<Node> = row.into_iter().flatten().chain(others).collect();
        if !complete && row.len() >= columns.len() {
            row.truncate(columns.len() - 1);
        }
        rows.push(row);
        self
    }

    /// Sets these columns in each row that is given from now on, besides its own values.
    pub fn always(mut self, assignments: impl IntoIterator<Item = Assignment>) -> Self {
        self.always.extend(assignments);
        self
    }

    /// How it is executed.
    pub fn execution(&self) -> ExecutionOptions {
        self.execution
    }

    /// Reads something of each row back, as the database made it.
    pub fn returning<S: Selectable<Row = R>, R>(mut self, item: S) -> ReturningStatement<R> {
        self.insert.returning = super::returning::nodes(item);
        let execution = self.execution;
        ReturningStatement::new::<S>(Insert::from(self).into(), execution)
    }
}

impl From<InsertStatement> for Insert {
    fn from(it: InsertStatement) -> Self {
        match it.insert.rows.is_empty() && !it.always.is_empty() {
            true => it.row(Vec::<Assignment>::new()).insert,
            false => it.insert,
        }
    }
}

impl From<InsertStatement> for Statement {
    fn from(it: InsertStatement) -> Self {
        Self::Insert(it.into())
    }
}

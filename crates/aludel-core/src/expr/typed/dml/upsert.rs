//! Upserts: what an [`InsertStatement`] does about rows that are there already.

use super::{InsertStatement, value_for};
use crate::{
    expr::{
        Assignments, Column, ConflictAction, ConflictTarget, GroupKeys, Node, OnConflict,
        Predicate, Source,
    },
    value::ColumnType,
};

/// An INSERT that has been told where a row may meet another, but not yet what to do then. Made by
/// [`InsertStatement::on_conflict`] and [`InsertStatement::on_constraint`].
#[must_use = "say what to do: `.do_nothing()` or `.do_update(…)`"]
#[derive(Clone, Debug, PartialEq)]
pub struct Conflict {
    insert: InsertStatement,
    target: ConflictTarget,
    or_any_key: bool,
}

impl InsertStatement {
    /// `ON CONFLICT (columns)`: for a row that has these columns in common with another. There must be
    /// a unique index or constraint of exactly these columns.
    ///
    /// MySQL and MariaDB can't name the key; see [`Conflict::or_any_key`].
    ///
    /// ```
    /// # use aludel_core::{compile::compile, dialect::{MariaDb, Postgres}, expr::{Column, FromItem, Source, TableName}};
    /// use aludel_core::expr::{Expression, insert};
    /// # struct Tag;
    /// # let table = TableName::new("word");
    /// # #[allow(non_snake_case)]
    /// # let Word = FromItem { table, source: Source::Table };
    /// # let text = Column::<Tag, String>::new(Source::Table, table, "text");
    /// # let count = Column::<Tag, i64>::new(Source::Table, table, "count");
    ///
    /// let stmt = insert(Word)
    ///     .row((text.set("aludel"), count.set(3)))
    ///     .on_conflict(text)
    ///     .or_any_key()
    ///     .do_update(count.set(count + count.excluded()));
    /// assert_eq!(
    ///     &*compile(&stmt.clone().into(), &Postgres)?.sql,
    ///     "INSERT INTO word (text, count) VALUES ($1, $2) \
    ///      ON CONFLICT (text) DO UPDATE SET count = word.count + excluded.count"
    /// );
    /// assert_eq!(
    ///     &*compile(&stmt.into(), &MariaDb)?.sql,
    ///     "INSERT INTO word (text, count) VALUES (?, ?) \
    ///      ON DUPLICATE KEY UPDATE count = word.count + VALUES(count)"
    /// );
    /// # Ok::<(), aludel_core::Error>(())
    /// ```
    pub fn on_conflict(self, keys: impl GroupKeys) -> Conflict {
        let mut nodes = Vec::new();
        keys.push_to(&mut nodes);
        self.conflict(ConflictTarget::Index { keys: nodes, filter: None })
    }

    /// `ON CONFLICT ON CONSTRAINT name`: for a row that this constraint would refuse (PostgreSQL).
    pub fn on_constraint(self, name: &'static str) -> Conflict {
        self.conflict(ConflictTarget::Constraint(name))
    }

    /// Leaves out rows that have a key in common with another, whichever key that is. On MySQL and
    /// MariaDB, which can't say so, one column of such a row is set to what it is already.
    pub fn on_conflict_do_nothing(self) -> Self {
        self.resolved(None, true, ConflictAction::Nothing)
    }

    /// Changes the other row where one has a key in common, whichever key that is: what MySQL and
    /// MariaDB call `ON DUPLICATE KEY UPDATE`. PostgreSQL wants to know the key: [`Self::on_conflict`].
    pub fn on_duplicate_key_update(self, values: impl Assignments) -> Self {
        let action = self.update(values, None);
        self.resolved(None, true, action)
    }

    fn conflict(self, target: ConflictTarget) -> Conflict {
        Conflict { insert: self, target, or_any_key: false }
    }

    fn resolved(
        mut self,
        target: Option<ConflictTarget>,
        or_any_key: bool,
        action: ConflictAction,
    ) -> Self {
        self.insert.on_conflict = Some(OnConflict { target, or_any_key, action });
        self
    }

    fn update(&self, values: impl Assignments, filter: Option<Node>) -> ConflictAction {
        let mut assignments = Vec::new();
        values.push_to(&mut assignments);
        let table = self.insert.table;
        let set = assignments.into_iter().map(|it| (it.column.name, value_for(table, it)));
        ConflictAction::Update { set: set.collect(), filter }
    }
}

impl Conflict {
    /// The condition of a partial index, which chooses that index. It can't have parameters:
    /// `User.deleted_at.is_null()`, or [`sql_expr`](crate::expr::sql_expr).
    pub fn index_filter(mut self, condition: impl Predicate) -> Self {
        if let ConflictTarget::Index { filter, .. } = &mut self.target {
            *filter = Node::all(filter.take().into_iter().chain([condition.into_predicate()]));
        }
        self
    }

    /// Lets MySQL and MariaDB answer to any unique key: `ON DUPLICATE KEY UPDATE` can't name one.
    /// Without this they refuse the statement.
    pub fn or_any_key(mut self) -> Self {
        self.or_any_key = true;
        self
    }

    /// Leaves out a row that has the key in common with another.
    pub fn do_nothing(self) -> InsertStatement {
        self.insert.resolved(Some(self.target), self.or_any_key, ConflictAction::Nothing)
    }

    /// Changes the other row: `User.name.set(User.name.excluded())`. A column by itself is the other
    /// row's, [`Column::excluded`] is the new row's.
    pub fn do_update(self, values: impl Assignments) -> InsertStatement {
        let action = self.insert.update(values, None);
        self.insert.resolved(Some(self.target), self.or_any_key, action)
    }

    /// The same, where a condition is true; otherwise nothing is done (PostgreSQL, SQLite).
    pub fn do_update_where(
        self,
        values: impl Assignments,
        condition: impl Predicate,
    ) -> InsertStatement {
        let action = self.insert.update(values, Some(condition.into_predicate()));
        self.insert.resolved(Some(self.target), self.or_any_key, action)
    }
}

impl<E, T: ColumnType> Column<E, T> {
    /// The column of the row that could not be inserted, in what [`Conflict::do_update`] takes.
    #[must_use]
    pub fn excluded(self) -> Self {
        self.in_source(Source::Excluded)
    }
}

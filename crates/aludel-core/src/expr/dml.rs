//! INSERT, UPDATE and DELETE as data, and [`Statement`], which is any of the four.

use super::{Node, OnConflict, Query, TableName};

/// An INSERT statement.
#[derive(Clone, Debug, PartialEq)]
pub struct Insert {
    /// The table.
    pub table: TableName,
    /// The columns; with none of them the row is made of defaults.
    pub columns: Vec<&'static str>,
    /// The rows, each as long as `columns`.
    pub rows: Vec<Vec<Node>>,
    /// What is done about rows that are there already; the database refuses them without it.
    pub on_conflict: Option<OnConflict>,
    /// What comes back of each row.
    pub returning: Vec<Node>,
}

/// An UPDATE statement.
#[derive(Clone, Debug, PartialEq)]
pub struct Update {
    /// The table.
    pub table: TableName,
    /// Columns and their new values.
    pub set: Vec<(&'static str, Node)>,
    /// WHERE.
    pub filter: Option<Node>,
    /// What comes back of each row.
    pub returning: Vec<Node>,
}

/// A DELETE statement.
#[derive(Clone, Debug, PartialEq)]
pub struct Delete {
    /// The table.
    pub table: TableName,
    /// WHERE.
    pub filter: Option<Node>,
    /// What comes back of each row.
    pub returning: Vec<Node>,
}

impl Update {
    /// Adds a condition to WHERE, with AND.
    pub fn and_filter(&mut self, node: Node) {
        self.filter = Node::all(self.filter.take().into_iter().chain([node]));
    }
}

impl Delete {
    /// Adds a condition to WHERE, with AND.
    pub fn and_filter(&mut self, node: Node) {
        self.filter = Node::all(self.filter.take().into_iter().chain([node]));
    }
}

/// Any statement of the expression language.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Statement {
    /// SELECT
    Select(Query),
    /// INSERT
    Insert(Insert),
    /// UPDATE
    Update(Update),
    /// DELETE
    Delete(Delete),
}

impl From<Query> for Statement {
    fn from(it: Query) -> Self {
        Self::Select(it)
    }
}

impl From<Insert> for Statement {
    fn from(it: Insert) -> Self {
        Self::Insert(it)
    }
}

impl From<Update> for Statement {
    fn from(it: Update) -> Self {
        Self::Update(it)
    }
}

impl From<Delete> for Statement {
    fn from(it: Delete) -> Self {
        Self::Delete(it)
    }
}

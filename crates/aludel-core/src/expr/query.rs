//! [`Query`]: a SELECT as data.

use super::{BinaryOp, ForUpdate, FromItem, Node};

/// A SELECT statement.
///
/// The FROM list is derived from the columns in use, in order of appearance: a table that no join
/// brings in stands in it by itself. [`Query::from`] adds tables that no column names.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Query {
    /// What each row holds.
    pub items: Vec<SelectItem>,
    /// Tables that stand in FROM whether or not a column names them, first.
    pub from: Vec<FromItem>,
    /// Appearances that aren't tables, but queries.
    pub derived_tables: Vec<DerivedTable>,
    /// Joins, in order.
    pub joins: Vec<Join>,
    /// WHERE.
    pub filter: Option<Node>,
    /// GROUP BY.
    pub group_by: Vec<Node>,
    /// HAVING.
    pub having: Option<Node>,
    /// ORDER BY.
    pub order_by: Vec<OrderBy>,
    /// DISTINCT.
    pub distinct: bool,
    /// At most this many rows.
    pub limit: Option<u64>,
    /// Leave out so many rows first.
    pub offset: Option<u64>,
    /// DISTINCT ON: of rows that are equal in these, the first.
    pub distinct_on: Vec<Node>,
    /// Locks the rows.
    pub for_update: Option<ForUpdate>,
    /// A subquery that stands in FROM of another which gives the same rows. Compiling sets it for
    /// databases that want it so.
    pub derived: bool,
}

/// A query that stands in FROM in a table's place: its columns are known by their labels.
///
/// Its tables are its own: nothing in it speaks of the query around it.
#[derive(Clone, Debug, PartialEq)]
pub struct DerivedTable {
    /// The appearance that it is known as; under an alias.
    pub item: FromItem,
    /// What it gives.
    pub query: Query,
    /// What follows from rows that were found already, which stand under [`item`](Self::item), until
    /// nothing new does: `WITH RECURSIVE item AS (query UNION recursive)`. Rows that are equal come once,
    /// so that a cycle ends.
    pub recursive: Option<Query>,
}

impl DerivedTable {
    /// The queries that it consists of.
    pub(crate) fn queries(&self) -> impl Iterator<Item = &Query> {
        [&self.query].into_iter().chain(&self.recursive)
    }

    /// The queries that it consists of.
    pub(crate) fn queries_mut(&mut self) -> impl Iterator<Item = &mut Query> {
        [&mut self.query].into_iter().chain(&mut self.recursive)
    }
}

/// One column of a result.
#[derive(Clone, Debug, PartialEq)]
pub struct SelectItem {
    /// The expression.
    pub node: Node,
    /// Its name in the result; the database's own where there is none.
    pub label: Option<&'static str>,
    /// Whether the row's type expects NULL here although the expression itself is never NULL:
    /// `.optional()` says so for the nullable side of an outer join.
    pub optional: bool,
}

impl SelectItem {
    /// An unlabelled item.
    pub fn new(node: Node) -> Self {
        Self { node, label: None, optional: false }
    }

    /// An item with a name in the result.
    pub fn labelled(node: Node, label: &'static str) -> Self {
        Self { label: Some(label), ..Self::new(node) }
    }
}

/// How a table is joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum JoinKind {
    /// `JOIN`
    Inner,
    /// `LEFT OUTER JOIN`
    Left,
}

/// One join.
#[derive(Clone, Debug, PartialEq)]
pub struct Join {
    /// Inner or outer.
    pub kind: JoinKind,
    /// The table that comes in.
    pub target: FromItem,
    /// The condition.
    pub on: Node,
}

impl Join {
    /// Adds a condition to ON, with AND.
    pub fn and_on(&mut self, node: Node) {
        let on = std::mem::replace(&mut self.on, Node::Null);
        self.on = Node::binary(BinaryOp::And, on, node);
    }
}

/// A sort direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Direction {
    /// Smallest first.
    #[default]
    Asc,
    /// Largest first.
    Desc,
}

/// Where NULLs stand in a sort order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NullsOrder {
    /// Before all values.
    First,
    /// After all values.
    Last,
}

/// One sort key.
#[derive(Clone, Debug, PartialEq)]
pub struct OrderBy {
    /// The expression.
    pub node: Node,
    /// The direction.
    pub direction: Direction,
    /// Where NULLs stand; the database's own way where nothing is said.
    pub nulls: Option<NullsOrder>,
}

impl OrderBy {
    /// Ascending.
    pub fn asc(node: Node) -> Self {
        Self { node, direction: Direction::Asc, nulls: None }
    }

    /// Largest first.
    #[must_use]
    pub fn descending(self) -> Self {
        Self { direction: Direction::Desc, ..self }
    }

    /// NULLs before all.
    #[must_use]
    pub fn nulls_first(self) -> Self {
        Self { nulls: Some(NullsOrder::First), ..self }
    }

    /// NULLs after all.
    #[must_use]
    pub fn nulls_last(self) -> Self {
        Self { nulls: Some(NullsOrder::Last), ..self }
    }
}

impl Query {
    /// Adds a condition to WHERE, with AND.
    pub fn and_filter(&mut self, node: Node) {
        self.filter = Node::all(self.filter.take().into_iter().chain([node]));
    }

    /// Adds a condition to HAVING, with AND.
    pub fn and_having(&mut self, node: Node) {
        self.having = Node::all(self.having.take().into_iter().chain([node]));
    }
}

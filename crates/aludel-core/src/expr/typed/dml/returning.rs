//! [`ReturningStatement`]: INSERT, UPDATE and DELETE that give rows back.

use crate::expr::{Buffer, ExecutionOptions, Node, Query, RowBuffer, Selectable, Statement};

/// An INSERT, UPDATE or DELETE that gives rows back.
#[must_use = "a statement does nothing until a session or a connection executes it"]
pub struct ReturningStatement<Row> {
    statement: Statement,
    execution: ExecutionOptions,
    buffer: fn() -> Box<dyn RowBuffer<Row>>,
}

impl<Row> ReturningStatement<Row> {
    pub(super) fn new<S: Selectable<Row = Row>>(
        statement: Statement,
        execution: ExecutionOptions,
    ) -> Self {
        Self { statement, execution, buffer: Buffer::<S>::boxed }
    }

    /// The statement as data.
    pub fn statement(&self) -> &Statement {
        &self.statement
    }

    /// How it is executed.
    pub fn execution(&self) -> ExecutionOptions {
        self.execution
    }

    /// An empty buffer for the rows.
    pub fn buffer(&self) -> Box<dyn RowBuffer<Row>> {
        (self.buffer)()
    }
}

impl<Row> Clone for ReturningStatement<Row> {
    fn clone(&self) -> Self {
        Self { statement: self.statement.clone(), execution: self.execution, buffer: self.buffer }
    }
}

impl<Row> std::fmt::Debug for ReturningStatement<Row> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("ReturningStatement").field(&self.statement).finish()
    }
}

impl<Row> From<ReturningStatement<Row>> for Statement {
    fn from(it: ReturningStatement<Row>) -> Self {
        it.statement
    }
}

/// The expressions of what is selected.
pub(super) fn nodes(item: impl Selectable) -> Vec<Node> {
    let mut query = Query::default();
    item.add_to(&mut query);
    query.items.into_iter().map(|it| it.node).collect()
}

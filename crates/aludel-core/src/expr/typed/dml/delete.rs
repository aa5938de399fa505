//! [`delete`]

use super::ReturningStatement;
use crate::expr::{
    Delete, ExecutionOptions, FromTarget, Predicate, Selectable, Statement, Synchronize,
};

/// A DELETE.
#[must_use = "a statement does nothing until a session or a connection executes it"]
#[derive(Clone, Debug, PartialEq)]
pub struct DeleteStatement {
    delete: Delete,
    execution: ExecutionOptions,
}

/// Begins a DELETE from a table. Without a filter it deletes every row.
pub fn delete(target: impl FromTarget) -> DeleteStatement {
    let table = target.from_item().table;
    DeleteStatement {
        delete: Delete { table, filter: None, returning: Vec::new() },
        execution: ExecutionOptions::default(),
    }
}

impl DeleteStatement {
    /// Adds a condition to WHERE, with AND.
    pub fn filter(mut self, condition: impl Predicate) -> Self {
        self.delete.and_filter(condition.into_predicate());
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

    /// Reads something of each deleted row back.
    pub fn returning<S: Selectable<Row = R>, R>(mut self, item: S) -> ReturningStatement<R> {
        self.delete.returning = super::returning::nodes(item);
        ReturningStatement::new::<S>(self.delete.into(), self.execution)
    }
}

impl From<DeleteStatement> for Statement {
    fn from(it: DeleteStatement) -> Self {
        Self::Delete(it.delete)
    }
}

//! [`UpdateRows`]: an UPDATE of rows by their keys.

use super::UpdateStatement;
use crate::expr::{Assignment, Assignments, ExecutionOptions, Update};

/// An UPDATE of rows by their primary keys, each with values of its own. Made by
/// [`UpdateStatement::rows`]; a session executes it.
#[must_use = "a statement does nothing until a session executes it"]
#[derive(Clone, Debug, PartialEq)]
pub struct UpdateRows {
    update: UpdateStatement,
    rows: Vec<Vec<Assignment>>,
}

impl UpdateStatement {
    /// Changes rows by their primary keys: each row says its whole key, and columns with their new
    /// values.
    pub fn rows<A: Assignments>(self, rows: impl IntoIterator<Item = A>) -> UpdateRows {
        let row = |it: A| {
            let mut assignments = Vec::new();
            it.push_to(&mut assignments);
            assignments
        };
        UpdateRows { update: self, rows: rows.into_iter().map(row).collect() }
    }
}

impl UpdateRows {
    /// The statement that the rows were given to.
    pub fn update(&self) -> &Update {
        &self.update.update
    }

    /// How it is executed.
    pub fn execution(&self) -> ExecutionOptions {
        self.update.execution()
    }

    /// The rows.
    pub fn into_rows(self) -> Vec<Vec<Assignment>> {
        self.rows
    }
}

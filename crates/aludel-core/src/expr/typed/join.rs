//! What a SELECT joins and selects from: seams for the layer that knows entities.

use std::any::TypeId;

use crate::expr::{FromItem, Join, JoinKind};

/// What can be joined with a condition of its own: a relationship.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be joined by itself",
    label = "expected a relationship",
    note = "join a table with a condition: `.join_on(Entity, condition)`"
)]
pub trait JoinTarget {
    /// Appends the joins.
    fn joins(self, kind: JoinKind, out: &mut Vec<Join>);
}

/// What stands for a table: an entity constant, or an alias of one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a table",
    label = "expected an entity, such as `User`, or an alias of one"
)]
#[allow(clippy::wrong_self_convention, reason = "FROM is SQL's, not a conversion's")]
pub trait FromTarget {
    /// The table, in this appearance.
    fn from_item(&self) -> FromItem;

    /// The mapped struct behind it, where there is one.
    fn entity(&self) -> Option<TypeId> {
        None
    }
}

impl FromTarget for FromItem {
    fn from_item(&self) -> FromItem {
        *self
    }
}

//! Upserts as each database wants them.

use super::{Rules, subquery};
use crate::{
    expr::{ColumnRef, ConflictAction, ConflictTarget, FromItem, Insert, Node, OnConflict, Source},
    value::SqlType,
};

/// Where a key can't be named, none is; and "nothing" is to set a column to what it is.
pub(super) fn spell(insert: &mut Insert, duplicate_key: bool) {
    let (Some(conflict), Some(name)) = (&mut insert.on_conflict, insert.columns.first().copied())
    else {
        return;
    };
    if !duplicate_key {
        return;
    }
    conflict.target = None;
    if conflict.action == ConflictAction::Nothing {
        let from = FromItem { table: insert.table, source: Source::Table };
        // Its type plays no part: it is only copied.
        let same = Node::Column(ColumnRef { from, name, ty: SqlType::Text, nullable: true });
        conflict.action = ConflictAction::Update { set: vec![(name, same)], filter: None };
    }
}

/// Sets apart the subqueries of DO UPDATE that read the table.
pub(super) fn derive(insert: &mut Insert) {
    if let Some(conflict) = &mut insert.on_conflict
        && let ConflictAction::Update { set, .. } = &mut conflict.action
    {
        set.iter_mut().for_each(|(_, it)| subquery::reading(it, insert.table));
    }
}

impl Rules {
    pub(super) fn on_conflict(self, conflict: &mut OnConflict) {
        if let Some(ConflictTarget::Index { keys, filter }) = &mut conflict.target {
            keys.iter_mut().for_each(|it| self.value(it));
            filter.iter_mut().for_each(|it| self.predicate(it));
        }
        if let ConflictAction::Update { set, filter } = &mut conflict.action {
            set.iter_mut().for_each(|(_, it)| self.value(it));
            filter.iter_mut().for_each(|it| self.predicate(it));
        }
    }
}

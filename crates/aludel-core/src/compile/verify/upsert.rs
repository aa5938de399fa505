//! What ON CONFLICT may say.

use super::{
    dml::{distinct, only, target},
    expression, refuse,
};
use crate::{
    Error, Result,
    dialect::{Dialect, Upsert},
    expr::{ConflictAction, ConflictTarget, FromItem, Insert, Node, OnConflict, Source},
};

pub(super) fn on_conflict(
    conflict: &OnConflict,
    insert: &Insert,
    dialect: &dyn Dialect,
) -> Result<()> {
    let table = &insert.table;
    if insert.columns.is_empty() {
        return Err(refuse(format!(
            "the INSERT into `{table}` is made of defaults, of which none can be in conflict; give it a value"
        )));
    }
    possible(conflict, dialect)?;
    let own = target(*table);
    if let Some(ConflictTarget::Index { keys, filter }) = &conflict.target {
        if keys.is_empty() {
            return Err(refuse(format!("ON CONFLICT of `{table}` names no column")));
        }
        for node in keys.iter().chain(filter) {
            only(&[own], node, table, "the conflict's key of")?;
            if node.has_bind() || node.has_hole() {
                return Err(refuse(format!(
                    "the key or the index's condition in ON CONFLICT of `{table}` has a parameter, by which no \
                     index can be found; write the constant with `sql_expr`"
                )));
            }
            expression(node, dialect, &[own])?;
        }
    }
    if let ConflictAction::Update { set, filter } = &conflict.action {
        if set.is_empty() {
            return Err(refuse(format!("DO UPDATE of `{table}` sets nothing")));
        }
        let columns: Vec<&str> = set.iter().map(|(column, _)| *column).collect();
        distinct(&columns, table, "DO UPDATE")?;
        let rows = [own, FromItem { source: Source::Excluded, ..own }];
        for node in set.iter().map(|(_, node)| node).chain(filter) {
            only(&rows, node, table, "DO UPDATE of")?;
            expression(node, dialect, &rows)?;
            if dialect.capability().dml.upsert == Upsert::OnDuplicateKey && asks_for(node, rows[1])
            {
                let what = "read the row that could not be inserted in a subquery of the update";
                return Err(Error::Unsupported { dialect: dialect.name(), what: what.into() });
            }
        }
    }
    Ok(())
}

/// Refuses what the database has no words for.
fn possible(conflict: &OnConflict, dialect: &dyn Dialect) -> Result<()> {
    let updates = matches!(conflict.action, ConflictAction::Update { .. });
    let what = match (dialect.capability().dml.upsert, &conflict.target, &conflict.action) {
        (Upsert::OnDuplicateKey, Some(_), _) if !conflict.or_any_key => {
            "name the key of a conflict, as ON DUPLICATE KEY answers to any; if that is meant, say `.or_any_key()`"
        }
        (Upsert::OnDuplicateKey, _, ConflictAction::Update { filter: Some(_), .. }) => {
            "do an update on conflict under a condition; choose the values with `case`"
        }
        (Upsert::OnConflict { constraint: false, .. }, Some(ConflictTarget::Constraint(_)), _) => {
            "name the constraint of a conflict; name its columns: `.on_conflict(…)`"
        }
        (Upsert::OnConflict { any_key: false, .. }, None, _) if updates => {
            "do an update on a conflict of any key; name the columns of one: `.on_conflict(…)`"
        }
        _ => return Ok(()),
    };
    Err(Error::Unsupported { dialect: dialect.name(), what: what.into() })
}

/// Whether a subquery of an expression names a column of this row.
fn asks_for(node: &Node, row: FromItem) -> bool {
    let mut found = false;
    node.visit(&mut |it| {
        if let Some(query) = it.query() {
            query.nodes(|it| {
                it.visit(&mut |it| found |= matches!(it, Node::Column(it) if it.from == row));
            });
        }
    });
    found
}

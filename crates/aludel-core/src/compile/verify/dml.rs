//! What INSERT, UPDATE and DELETE may say.

use super::{expression, query::shown, refuse, upsert};
use crate::{
    Error, Result,
    dialect::{Dialect, Returning},
    expr::{Delete, FromItem, Insert, Node, Source, TableName, Update},
};

pub(super) fn insert(insert: &Insert, dialect: &dyn Dialect) -> Result<()> {
    let Insert { table, columns, rows, on_conflict, returning } = insert;
    let supported = dialect.capability().dml.returning != Returning::None;
    can_return(returning, supported, "INSERT … RETURNING", dialect)?;
    distinct(columns, table, "INSERT")?;
    if rows.is_empty() && !columns.is_empty() {
        return Err(refuse(format!("the INSERT into `{table}` has no rows")));
    }
    if rows.len() > 1 && columns.is_empty() {
        return Err(refuse(format!("an INSERT into `{table}` without columns makes one row only")));
    }
    for (index, row) in rows.iter().enumerate() {
        if row.len() != columns.len() {
            return Err(refuse(format!(
                "row {} of the INSERT into `{table}` has other columns than the statement: {} values for {} columns",
                index + 1,
                row.len(),
                columns.len()
            )));
        }
    }
    for node in rows.iter().flatten() {
        only(&[], node, table, "the values of an INSERT into")?;
        expression(node, dialect, &[])?;
    }
    if let Some(conflict) = on_conflict {
        upsert::on_conflict(conflict, insert, dialect)?;
    }
    returned(returning, table, "INSERT", dialect)
}

pub(super) fn update(update: &Update, dialect: &dyn Dialect) -> Result<()> {
    let Update { table, set, filter, returning } = update;
    let supported = dialect.capability().dml.returning == Returning::All;
    can_return(returning, supported, "UPDATE … RETURNING", dialect)?;
    if set.is_empty() {
        return Err(refuse(format!("the UPDATE of `{table}` sets nothing")));
    }
    let columns: Vec<&str> = set.iter().map(|(column, _)| *column).collect();
    distinct(&columns, table, "UPDATE")?;
    for node in set.iter().map(|(_, node)| node).chain(filter) {
        only(&[target(*table)], node, table, "an UPDATE of")?;
        expression(node, dialect, &[target(*table)])?;
    }
    returned(returning, table, "UPDATE", dialect)
}

pub(super) fn delete(delete: &Delete, dialect: &dyn Dialect) -> Result<()> {
    let Delete { table, filter, returning } = delete;
    let supported = dialect.capability().dml.returning != Returning::None;
    can_return(returning, supported, "DELETE … RETURNING", dialect)?;
    if let Some(node) = filter {
        only(&[target(*table)], node, table, "a DELETE from")?;
        expression(node, dialect, &[target(*table)])?;
    }
    returned(returning, table, "DELETE", dialect)
}

pub(super) fn target(table: TableName) -> FromItem {
    FromItem { table, source: Source::Table }
}

fn can_return(
    returning: &[Node],
    supported: bool,
    what: &str,
    dialect: &dyn Dialect,
) -> Result<()> {
    if returning.is_empty() || supported {
        return Ok(());
    }
    Err(Error::Unsupported { dialect: dialect.name(), what: what.into() })
}

pub(super) fn distinct(columns: &[&str], table: &TableName, what: &str) -> Result<()> {
    for (index, column) in columns.iter().enumerate() {
        if columns[..index].contains(column) {
            return Err(refuse(format!("the {what} of `{table}` sets `{column}` twice")));
        }
    }
    Ok(())
}

/// Outside of subqueries, a statement on one table names that table's columns only.
pub(super) fn only(allowed: &[FromItem], node: &Node, table: &TableName, what: &str) -> Result<()> {
    let mut stranger = None;
    node.columns(&mut |column| {
        if !allowed.contains(&column.from) {
            stranger.get_or_insert(column);
        }
    });
    match stranger {
        None => Ok(()),
        Some(column) => Err(refuse(format!(
            "`{}.{}` can't be used in {what} `{table}`; ask for it in a subquery",
            shown(&column.from),
            column.name
        ))),
    }
}

fn returned(
    returning: &[Node],
    table: &TableName,
    what: &str,
    dialect: &dyn Dialect,
) -> Result<()> {
    for node in returning {
        only(&[target(*table)], node, table, &format!("RETURNING of an {what} of"))?;
        expression(node, dialect, &[target(*table)])?;
    }
    Ok(())
}

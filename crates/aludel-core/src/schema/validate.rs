//! What makes no sense in a schema.

use super::{IndexPart, Table, tables::Tables};
use crate::{Error, Result};

fn refuse(message: String) -> Error {
    Error::Schema(message.into())
}

/// Checks what a table says about itself.
pub(super) fn table(table: &Table) -> Result<()> {
    for (index, column) in table.columns.iter().enumerate() {
        if table.columns[..index].iter().any(|it| it.name == column.name) {
            return Err(refuse(format!("the table `{table}` has two columns `{}`", column.name)));
        }
    }
    known(table, "the primary key", &table.primary_key)?;
    for it in &table.foreign_keys {
        known(table, "a foreign key", &it.columns)?;
        if it.columns.is_empty() || it.columns.len() != it.references.len() {
            return Err(refuse(format!(
                "a foreign key of `{table}` has {} columns and refers to {} of `{}`",
                it.columns.len(),
                it.references.len(),
                it.table
            )));
        }
    }
    table.uniques.iter().try_for_each(|it| known(table, "a unique constraint", &it.columns))?;
    for it in &table.indexes {
        known(table, "an index", it.parts.iter().filter_map(IndexPart::column))?;
        known(table, "an index", &it.include)?;
        if it.parts.is_empty() {
            return Err(refuse(format!("an index of `{table}` has no columns")));
        }
        if it.name.is_none() && it.parts.iter().any(|it| it.column().is_none()) {
            let message =
                format!("an index of `{table}` is of an expression: give it a name of its own");
            return Err(refuse(message));
        }
    }
    if table.temporary && table.schema.is_some() {
        return Err(refuse(format!(
            "the temporary table `{table}` is in no schema but the connection's own: let it name none"
        )));
    }
    for it in &table.exclusions {
        known(table, "an exclusion constraint", it.elements.iter().filter_map(|it| it.0.column()))?;
    }
    if table.autoincrement && table.primary_key.len() != 1 {
        return Err(refuse(format!(
            "the primary key of `{table}` can't be generated: it is not one column"
        )));
    }
    Ok(())
}

/// Refuses columns that a table lacks.
fn known<C: AsRef<str>>(
    table: &Table,
    what: &str,
    columns: impl IntoIterator<Item = C>,
) -> Result<()> {
    match columns.into_iter().find(|it| table.find_column(it.as_ref()).is_none()) {
        None => Ok(()),
        Some(name) => {
            let name = name.as_ref();
            Err(refuse(format!("{what} of `{table}` names a column `{name}`, which it lacks")))
        }
    }
}

/// What is wrong with what a table says about others.
pub(super) fn references(table: &Table, tables: &Tables) -> Vec<String> {
    let mut problems = Vec::new();
    for key in &table.foreign_keys {
        let from = || format!("{table}.{}", key.columns.join(", "));
        match tables.find(key.target()) {
            None => problems.push(format!(
                "the foreign key `{}` refers to a table `{}`, which there is not",
                from(),
                key.table
            )),
            Some(target) => {
                let missing = key.references.iter().filter(|it| target.find_column(it).is_none());
                problems.extend(missing.map(|name| {
                    let from = from();
                    format!(
                        "the foreign key `{from}` refers to `{target}.{name}`, which there is not"
                    )
                }));
            }
        }
    }
    problems
}

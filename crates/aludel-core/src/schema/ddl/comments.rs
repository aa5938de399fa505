//! Words for people, where they are statements of their own.

use super::writer::Writer;
use crate::{
    Result,
    dialect::{Comments, Dialect},
    schema::Table,
};

/// `COMMENT ON … IS '…'`, one for the table and one for each of its columns that has any.
pub(super) fn statements(table: &Table, dialect: &dyn Dialect) -> Result<Vec<String>> {
    let mut statements = Vec::new();
    if dialect.capability().ddl.comments != Comments::Statements {
        return Ok(statements);
    }
    let of_columns = table.columns.iter().map(|it| (Some(&it.name), &it.comment));
    for (column, comment) in [(None, &table.comment)].into_iter().chain(of_columns) {
        let Some(comment) = comment else { continue };
        let mut writer = Writer::new(dialect);
        writer.push(if column.is_some() { "COMMENT ON COLUMN " } else { "COMMENT ON TABLE " });
        writer.table(table.schema.as_deref(), &table.name)?;
        if let Some(column) = column {
            writer.push(".");
            writer.name(column)?;
        }
        writer.push(" IS ");
        dialect.text_literal(&mut writer.sql, comment);
        statements.push(writer.finish());
    }
    Ok(statements)
}

//! What one kind of database is told of a table: the words before its name, and those behind its columns.

use super::writer::Writer;
use crate::{
    Result,
    dialect::{Comments, Dialect},
    schema::{Table, TableOptions},
};

/// `CREATE TABLE`, of whatever kind.
pub(super) fn create(table: &Table) -> &'static str {
    let whole = table.options.partition_by.is_none();
    match (table.temporary, table.options.unlogged && whole) {
        (true, _) => "CREATE TEMPORARY TABLE ",
        (false, true) => "CREATE UNLOGGED TABLE ",
        (false, false) => "CREATE TABLE ",
    }
}

/// What stands behind the columns, of options that this database knows.
pub(super) fn behind(writer: &mut Writer<'_>, table: &Table) -> Result<()> {
    let TableOptions { strict, without_rowid, .. } = table.options;
    writer.push(match (strict, without_rowid) {
        (true, true) => " STRICT, WITHOUT ROWID",
        (true, false) => " STRICT",
        (false, true) => " WITHOUT ROWID",
        (false, false) => "",
    });
    let options = &table.options;
    match &options.partition_by {
        Some(by) => {
            writer.push(" PARTITION BY ");
            writer.push(by);
        }
        None => with(writer, table)?,
    }
    if let Some(tablespace) = &options.tablespace {
        writer.push(" TABLESPACE ");
        writer.name(tablespace)?;
    }
    let named = [
        ("ENGINE", &options.engine),
        ("CHARSET", &options.charset),
        ("COLLATE", &options.collation),
    ];
    for (what, name) in named {
        if let Some(name) = name {
            writer.push(&format!(" {what}="));
            word(writer, name)?;
        }
    }
    for (name, value) in &options.others {
        writer.push(" ");
        option(writer, name, value)?;
    }
    comment(writer, " COMMENT=", table.comment.as_deref());
    Ok(())
}

/// ` WITH (fillfactor=70)`; parts have it, and not the whole of them.
fn with(writer: &mut Writer<'_>, table: &Table) -> Result<()> {
    let with = &table.options.with;
    for (position, (name, value)) in with.iter().enumerate() {
        writer.push(if position == 0 { " WITH (" } else { ", " });
        option(writer, name, value)?;
    }
    writer.push(if with.is_empty() { "" } else { ")" });
    Ok(())
}

/// Words for people, where they stand beside what they are about.
pub(super) fn comment(writer: &mut Writer<'_>, before: &str, comment: Option<&str>) {
    let inline = writer.dialect.capability().ddl.comments == Comments::Inline;
    if let Some(comment) = comment.filter(|_| inline) {
        writer.push(before);
        writer.dialect.text_literal(&mut writer.sql, comment);
    }
}

/// `name=value`; a value that is no plain word or number is a text.
fn option(writer: &mut Writer<'_>, name: &str, value: &str) -> Result<()> {
    word(writer, name)?;
    writer.push("=");
    let plain = |it: char| it.is_ascii_alphanumeric() || matches!(it, '_' | '.' | '-');
    if !value.is_empty() && value.chars().all(plain) {
        writer.push(value);
    } else {
        writer.dialect.text_literal(&mut writer.sql, value);
    }
    Ok(())
}

/// A name in which capitals make no difference; in quotes it wouldn't be known.
fn word(writer: &mut Writer<'_>, name: &str) -> Result<()> {
    let plain = |it: char| it.is_ascii_alphanumeric() || matches!(it, '_' | '.');
    if name.is_empty() || !name.chars().all(plain) {
        return writer.name(name);
    }
    writer.push(name);
    Ok(())
}

/// One statement a partition.
pub(super) fn partitions(table: &Table, dialect: &dyn Dialect) -> Result<Vec<String>> {
    let schema = table.schema.as_deref();
    let statements = table.options.partitions.iter().map(|it| {
        let mut writer = Writer::new(dialect);
        writer.push(if table.options.unlogged { "CREATE UNLOGGED TABLE" } else { "CREATE TABLE" });
        writer.push(" IF NOT EXISTS ");
        writer.table(schema, &it.name)?;
        writer.push(" PARTITION OF ");
        writer.table(schema, &table.name)?;
        let is_rest = it.bounds.trim().eq_ignore_ascii_case("default");
        writer.push(if is_rest { " " } else { " FOR VALUES " });
        writer.push(&it.bounds);
        with(&mut writer, table)?;
        Ok(writer.finish())
    });
    statements.collect()
}

/// What SQLite makes of a type's name: one of the five that a strict table knows.
pub(in crate::schema) fn affinity(ty: &str) -> &'static str {
    let upper = ty.to_ascii_uppercase();
    let has = |any: &[&str]| any.iter().any(|it| upper.contains(it));
    match () {
        () if has(&["INT"]) => "INTEGER",
        () if has(&["CHAR", "CLOB", "TEXT"]) => "TEXT",
        () if has(&["BLOB"]) || upper.is_empty() => "BLOB",
        () if has(&["REAL", "FLOA", "DOUB"]) => "REAL",
        () => "ANY",
    }
}

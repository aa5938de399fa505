//! CREATE INDEX, or an index within CREATE TABLE.

use super::{CheckFirst, writer::Writer};
use crate::{
    Result,
    dialect::{IndexSchema, Indexes},
    expr::NullsOrder,
    schema::{ConstraintName, Index, IndexMethod, IndexPart, Indexed, Table},
};

/// The statement, of an index as this database has it.
pub(super) fn create(
    writer: &mut Writer<'_>,
    table: &Table,
    index: &Index,
    name: &ConstraintName,
    check_first: CheckFirst,
) -> Result<String> {
    let ddl = writer.dialect.capability().ddl;
    writer.push("CREATE ");
    writer.push(kind(index));
    if check_first == CheckFirst::Yes && ddl.indexes == Indexes::Separately {
        writer.push("IF NOT EXISTS ");
    }
    let schema = table.schema.as_deref();
    let (of_index, of_table) = match ddl.index_schema {
        IndexSchema::Table => (None, schema),
        IndexSchema::Index => (schema, None),
    };
    if let Some(schema) = of_index {
        writer.name(schema)?;
        writer.push(".");
    }
    writer.constraint_name(name)?;
    writer.push(" ON ");
    writer.table(of_table, &table.name)?;
    if let Some(method) = index.method.filter(|it| !is_kind(*it)) {
        writer.push(" USING ");
        writer.push(method.name());
    }
    writer.push(" ");
    parts(writer, &index.parts)?;
    if !index.include.is_empty() {
        writer.push(" INCLUDE ");
        writer.columns(&index.include)?;
    }
    if let Some(condition) = &index.condition {
        writer.push(" WHERE ");
        writer.push(condition);
    }
    Ok(writer.take())
}

/// The line within CREATE TABLE.
pub(super) fn inside(writer: &mut Writer<'_>, table: &Table, index: &Index) -> Result<()> {
    writer.push(kind(index));
    writer.constraint_name(&table.index_name(index)?)?;
    writer.push(" ");
    parts(writer, &index.parts)
}

/// The words before the name; some kinds of indexes stand there.
fn kind(index: &Index) -> &'static str {
    match index.method {
        Some(IndexMethod::FullText) => "FULLTEXT INDEX ",
        Some(IndexMethod::Spatial) => "SPATIAL INDEX ",
        _ if index.unique => "UNIQUE INDEX ",
        _ => "INDEX ",
    }
}

fn is_kind(method: IndexMethod) -> bool {
    matches!(method, IndexMethod::FullText | IndexMethod::Spatial)
}

/// `(a DESC, (lower(b)))`
fn parts(writer: &mut Writer<'_>, parts: &[IndexPart]) -> Result<()> {
    for (position, it) in parts.iter().enumerate() {
        writer.push(if position == 0 { "(" } else { ", " });
        part(writer, it)?;
    }
    writer.push(")");
    Ok(())
}

/// `a DESC`
pub(super) fn part(writer: &mut Writer<'_>, part: &IndexPart) -> Result<()> {
    match &part.of {
        Indexed::Column(name) => writer.name(name)?,
        Indexed::Expression(sql) if super::is_parenthesised(sql) => writer.push(sql),
        Indexed::Expression(sql) => {
            writer.push("(");
            writer.push(sql);
            writer.push(")");
        }
    }
    if let Some(length) = part.length {
        writer.push(&format!("({length})"));
    }
    if let Some(collation) = &part.collation {
        writer.push(" COLLATE ");
        writer.name(collation)?;
    }
    if let Some(class) = &part.operator_class {
        writer.push(" ");
        match class.split_once('.') {
            Some((schema, name)) => writer.table(Some(schema), name)?,
            None => writer.name(class)?,
        }
    }
    if part.descending {
        writer.push(" DESC");
    }
    writer.push(match part.nulls {
        None => "",
        Some(NullsOrder::First) => " NULLS FIRST",
        Some(NullsOrder::Last) => " NULLS LAST",
    });
    Ok(())
}

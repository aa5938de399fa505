//! An index of PostgreSQL.

use crate::{
    Result,
    expr::NullsOrder,
    schema::{CatalogRow, Index, IndexMethod, IndexPart, Name, Table},
};

/// An index, of rows that are one for each of its columns. One of a kind that nobody can declare is left out.
pub(super) fn read(table: &mut Table, rows: &[CatalogRow]) -> Result<()> {
    let Some(method) = IndexMethod::of(rows[0].text(4)?) else { return Ok(()) };
    let mut index = Index {
        name: Some(rows[0].owned(2)?),
        unique: rows[0].flag(3)?,
        method: Some(method).filter(|it| *it != IndexMethod::BTree),
        ..Index::default()
    };
    index.condition = rows[0].optional(5)?.map(Name::from);
    for row in rows {
        let column = row.optional(7)?;
        if !row.flag(6)? {
            index.include.extend(column.map(Name::from));
            continue;
        }
        let mut part = match column {
            Some(name) => IndexPart::from(name),
            None => IndexPart::expression(row.optional(8)?.unwrap_or_default()),
        };
        part.descending = row.flag(9)?;
        part.nulls = match (part.descending, row.flag(10)?) {
            (false, true) => Some(NullsOrder::First),
            (true, false) => Some(NullsOrder::Last),
            _ => None,
        };
        part.operator_class = row.optional(11)?.map(Name::from);
        part.collation = row.optional(12)?.map(Name::from);
        index.parts.push(part);
    }
    table.indexes.push(index);
    Ok(())
}

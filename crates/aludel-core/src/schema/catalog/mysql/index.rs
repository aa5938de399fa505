//! An index of MariaDB or MySQL.

use crate::{
    Result,
    schema::{CatalogRow, Index, IndexMethod, IndexPart, Table, Unique},
};

/// An index, of rows that are one for each of its columns. A unique one of whole columns is a constraint.
pub(super) fn read(table: &mut Table, rows: &[CatalogRow]) -> Result<()> {
    let name = rows[0].text(2)?;
    let method = match rows[0].text(5)? {
        "BTREE" | "HASH" => None,
        "RTREE" => Some(IndexMethod::Spatial),
        other => match IndexMethod::of(other) {
            None => return Ok(()),
            known => known,
        },
    };
    let mut index = Index { unique: rows[0].flag(3)?, method, ..Index::new([""; 0]).named(name) };
    for row in rows {
        let mut part = match row.optional(4)? {
            Some(column) => IndexPart::from(column),
            None => IndexPart::expression(row.optional(8)?.unwrap_or_default()),
        };
        part.descending = row.optional(6)? == Some("D");
        // Shapes and words are never indexed whole.
        let length = row.number(7)?.filter(|_| method.is_none());
        part.length = length.and_then(|it| u32::try_from(it).ok());
        index.parts.push(part);
    }
    if name == "PRIMARY" {
        table.primary_key = index.column_names();
    } else if index.unique && index.is_plain() {
        table.uniques.push(Unique::new(index.column_names()).named(name));
    } else {
        table.indexes.push(index);
    }
    Ok(())
}

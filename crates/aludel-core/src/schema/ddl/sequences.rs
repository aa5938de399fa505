//! CREATE SEQUENCE, and how a column asks for the next number.

use super::writer::{Writer, unless};
use crate::{
    Error, Result,
    dialect::{Alter, Dialect, Sequences, Unless},
    schema::{MetaData, Sequence},
};

/// The sequences that columns have, each once.
fn all<'a>(metadata: &'a MetaData, dialect: &dyn Dialect) -> Result<Vec<Placed<'a>>> {
    let mut all: Vec<Placed<'a>> = Vec::new();
    if dialect.capability().ddl.sequences == Sequences::None {
        return Ok(all);
    }
    for table in metadata.tables() {
        for sequence in table.columns.iter().filter_map(|it| it.sequence.as_ref()) {
            let placed = Placed { schema: place(sequence, table.schema.as_deref()), sequence };
            let same =
                |it: &&Placed<'_>| it.schema == placed.schema && it.sequence.name == sequence.name;
            match all.iter().find(same) {
                None => all.push(placed),
                Some(other) if other.sequence == sequence => {}
                Some(_) => {
                    let name = &sequence.name;
                    let message = format!(
                        "two columns say different things of the sequence `{name}`: give one of them a \
                         sequence of its own, or let both say the same"
                    );
                    return Err(Error::Schema(message.into()));
                }
            }
        }
    }
    Ok(all)
}

struct Placed<'a> {
    schema: Option<&'a str>,
    sequence: &'a Sequence,
}

/// The schema of a column's sequence: its own, or that of the table.
fn place<'a>(sequence: &'a Sequence, table: Option<&'a str>) -> Option<&'a str> {
    sequence.schema.as_deref().or(table)
}

pub(super) fn create(metadata: &MetaData, dialect: &dyn Dialect) -> Result<Vec<String>> {
    let statement = |it: &Placed<'_>| {
        let mut writer = Writer::new(dialect);
        writer.push("CREATE SEQUENCE IF NOT EXISTS ");
        writer.table(it.schema, &it.sequence.name)?;
        let (start, increment) = (it.sequence.start, it.sequence.increment);
        for (what, number) in [(" START WITH ", start), (" INCREMENT BY ", increment)] {
            if let Some(number) = number {
                writer.push(&format!("{what}{number}"));
            }
        }
        Ok(writer.finish())
    };
    all(metadata, dialect)?.iter().map(statement).collect()
}

pub(super) fn drop(metadata: &MetaData, dialect: &dyn Dialect) -> Result<Vec<String>> {
    let statement = |it: &Placed<'_>| {
        let mut writer = Writer::new(dialect);
        writer.push("DROP SEQUENCE IF EXISTS ");
        writer.table(it.schema, &it.sequence.name)?;
        let drop = writer.finish();
        // Another table may take its numbers from it.
        Ok(match dialect.capability().ddl.alter {
            Alter::Constraints(Unless::Block) => unless(&drop, "dependent_objects_still_exist"),
            _ => drop,
        })
    };
    all(metadata, dialect)?.iter().map(statement).collect()
}

/// The default of a column that has a sequence: `nextval('name')`.
pub(super) fn next(
    writer: &mut Writer<'_>,
    sequence: &Sequence,
    table: Option<&str>,
) -> Result<()> {
    let mut name = Writer::new(writer.dialect);
    name.table(place(sequence, table), &sequence.name)?;
    let name = name.finish();
    writer.push("nextval(");
    match writer.dialect.capability().ddl.sequences {
        Sequences::Text => writer.dialect.text_literal(&mut writer.sql, &name),
        Sequences::Name | Sequences::None => writer.push(&name),
    }
    writer.push(")");
    Ok(())
}

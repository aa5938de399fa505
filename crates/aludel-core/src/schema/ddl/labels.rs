//! Types of labels, where the database wants them created, and constraints where it has none.

use super::writer::{Writer, unless};
use crate::{
    Error, Result,
    dialect::{Concat, Dialect, Enums},
    schema::{Check, Column, ConstraintName, MetaData, Table},
    value::{EnumType, SqlType},
};

/// One statement a type, each of which does nothing where the type is there. A type has no
/// `IF NOT EXISTS`.
pub(super) fn create(metadata: &MetaData, dialect: &dyn Dialect) -> Result<Vec<String>> {
    let statement = |it: &EnumType| {
        let mut writer = Writer::new(dialect);
        writer.push("CREATE TYPE ");
        writer.name(it.name)?;
        writer.push(" AS ENUM (");
        list(&mut writer, it);
        writer.push(")");
        // Two sessions that create it at once meet in the catalog's own index.
        Ok(unless(&writer.finish(), "duplicate_object OR unique_violation"))
    };
    types(metadata, dialect)?.into_iter().map(statement).collect()
}

/// One statement a type, each of which does nothing where other tables use the type.
pub(super) fn drop(metadata: &MetaData, dialect: &dyn Dialect) -> Result<Vec<String>> {
    let statement = |it: &EnumType| {
        let mut writer = Writer::new(dialect);
        writer.push("DROP TYPE IF EXISTS ");
        writer.name(it.name)?;
        Ok(unless(&writer.finish(), "dependent_objects_still_exist"))
    };
    types(metadata, dialect)?.into_iter().map(statement).collect()
}

/// The constraints of columns of labels that are text here: `CHECK (column IN ('a', 'b'))`.
pub(super) fn checks(table: &Table, dialect: &dyn Dialect) -> Result<Vec<String>> {
    let constraint = |column: &Column| {
        let ty = column.type_on(dialect);
        if !is_text(ty, dialect) {
            return Ok(None);
        }
        let mut writer = Writer::new(dialect);
        // The convention's name for it has the column's in it.
        let named = Check::new("").named(&column.name);
        if let made @ Some(ConstraintName::Made(_)) = table.check_name(&named)? {
            super::table::constraint(&mut writer, made.as_ref())?;
        }
        writer.push("CHECK (");
        writer.push(&condition(&column.name, ty, dialect)?);
        writer.push(")");
        Ok(Some(writer.finish()))
    };
    table.columns.iter().filter_map(|it| constraint(it).transpose()).collect()
}

/// Whether columns of this type are labels that are kept as text.
pub(in crate::schema) fn is_text(ty: SqlType, dialect: &dyn Dialect) -> bool {
    let enums = dialect.capability().types.enums;
    match ty {
        SqlType::Enum(it) => !it.native || enums == Enums::Check,
        // Types of sets are only where they are spelled at each column.
        SqlType::Set(it) => !it.native || enums != Enums::Inline,
        _ => false,
    }
}

/// What holds for a column of labels that is text. Of a set, each label is taken out of `,a,b,` once, and
/// a comma is left.
pub(in crate::schema) fn condition(
    column: &str,
    ty: SqlType,
    dialect: &dyn Dialect,
) -> Result<String> {
    let mut writer = Writer::new(dialect);
    match ty {
        SqlType::Enum(it) => {
            writer.name(column)?;
            writer.push(" IN (");
            list(&mut writer, it);
            writer.push(")");
        }
        SqlType::Set(it) => {
            writer.name(column)?;
            writer.push(" = '' OR ");
            it.labels.iter().for_each(|_| writer.push("replace("));
            let [before, between, after] = match dialect.capability().select.concat {
                Concat::Operator => ["',' || ", " || ", "','"],
                Concat::Function => ["concat(',', ", ", ", "',')"],
            };
            writer.push(before);
            writer.name(column)?;
            writer.push(between);
            writer.push(after);
            for label in it.labels {
                writer.push(", ");
                dialect.text_literal(&mut writer.sql, &format!(",{label},"));
                writer.push(", ',')");
            }
            writer.push(" = ','");
        }
        _ => {}
    }
    Ok(writer.finish())
}

/// The types that the tables need and the database wants created, each once.
fn types(metadata: &MetaData, dialect: &dyn Dialect) -> Result<Vec<&'static EnumType>> {
    let mut types: Vec<&'static EnumType> = Vec::new();
    if dialect.capability().types.enums != Enums::Type {
        return Ok(types);
    }
    for column in metadata.tables().iter().flat_map(|it| &it.columns) {
        let it = match column.type_on(dialect) {
            SqlType::Enum(it) | SqlType::Array(&SqlType::Enum(it)) => it,
            _ => continue,
        };
        match types.iter().find(|known| known.name == it.name) {
            Some(known) if known.labels != it.labels => {
                let name = it.name;
                let message = format!(
                    "two types of labels are called `{name}`; give one of them another name with \
                     `#[sql_enum(name = \"…\")]`"
                );
                return Err(Error::Schema(message.into()));
            }
            Some(_) => {}
            None if it.native => types.push(it),
            None => {}
        }
    }
    Ok(types)
}

fn list(writer: &mut Writer<'_>, of: &EnumType) {
    for (index, label) in of.labels.iter().enumerate() {
        if index > 0 {
            writer.push(", ");
        }
        writer.dialect.text_literal(&mut writer.sql, label);
    }
}

//! A declared table as DDL would make it: a convention's names, cut where they are too long, and the types of
//! one database.

use crate::{
    Result,
    dialect::{Alter, Dialect},
    schema::{ConstraintName, Name, Table, ddl, settle::settle},
};

/// Indexes stay as they are: one without a name may have any, as long as its columns are the same.
pub(super) fn settled(declared: &Table, dialect: &dyn Dialect) -> Result<Table> {
    let mut table = settle(declared, dialect)?.into_owned();
    for column in &mut table.columns {
        column.ty = column.type_on(dialect);
        column.variants.clear();
        let collation = column.collation_on(dialect).map(Name::from);
        column.collations = collation.map(|it| (None, it)).into_iter().collect();
    }
    let alters = dialect.capability().ddl.alter != Alter::Nothing;
    table.foreign_keys.retain(|it| alters || !it.use_alter);
    let text = |name: ConstraintName| text(name, dialect);
    for it in &mut table.uniques {
        it.name = declared.unique_name(it)?.map(text);
    }
    for it in &mut table.foreign_keys {
        it.name = declared.foreign_key_name(it)?.map(text);
    }
    for it in &mut table.checks {
        it.name = declared.check_name(it)?.map(text);
    }
    Ok(table)
}

/// The name as the database gets it.
pub(super) fn text(name: ConstraintName, dialect: &dyn Dialect) -> Name {
    match name {
        ConstraintName::Chosen(name) => name,
        ConstraintName::Made(name) => ddl::cut_name(dialect, &name).into_owned().into(),
    }
}

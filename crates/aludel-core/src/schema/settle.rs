//! A declared table as one database has it: what it knows nothing of is left out, or refused by name.

use std::borrow::Cow;

use super::{Deferrable, Name, Table, TableOptions, index::applies};
use crate::{
    Error, Result,
    dialect::{Comments, Deferral, Dialect, OptionsOf, Sequences},
};

/// The table as this database has it.
///
/// # Errors
/// Something is declared for this database that it hasn't got.
pub(super) fn settle<'a>(declared: &'a Table, dialect: &dyn Dialect) -> Result<Cow<'a, Table>> {
    if is_common(declared) {
        return Ok(Cow::Borrowed(declared));
    }
    let mut table = declared.clone();
    let ddl = dialect.capability().ddl;
    let refuse =
        |what: String| Err(Error::Unsupported { dialect: dialect.name(), what: what.into() });
    let mut indexes = Vec::new();
    for index in &table.indexes {
        indexes.extend(index.on(&table, dialect)?);
    }
    table.indexes = indexes;
    table.checks.retain(|it| applies(&it.only, dialect));
    table.exclusions.retain(|it| applies(&it.only, dialect));
    if !ddl.exclusions && !table.exclusions.is_empty() {
        return refuse(format!(
            "an exclusion constraint of `{declared}`; name the databases that are to have it (`only`)"
        ));
    }
    let waits = |it: Deferrable| it != Deferrable::No;
    if ddl.deferrable == Deferral::None && table.foreign_keys.iter().any(|it| waits(it.deferrable))
    {
        return refuse(format!("a foreign key of `{declared}` that is deferrable"));
    }
    if ddl.deferrable != Deferral::Unique && table.uniques.iter().any(|it| waits(it.deferrable)) {
        return refuse(format!("a unique constraint of `{declared}` that is deferrable"));
    }
    let kept = |it: &Name| ddl.comments != Comments::Nowhere && !it.is_empty();
    table.comment = table.comment.take().filter(kept);
    table.columns.iter_mut().for_each(|it| it.comment = it.comment.take().filter(kept));
    for column in table.columns.iter_mut().filter(|it| it.sequence.is_some()) {
        let generated = table.autoincrement && table.primary_key.contains(&column.name);
        match (ddl.sequences, generated) {
            (Sequences::None, false) => {
                let name = &column.name;
                return refuse(format!(
                    "`{declared}.{name}` takes its numbers from a sequence, which only a generated key can do \
                     without"
                ));
            }
            (Sequences::None, true) => column.sequence = None,
            (Sequences::Text | Sequences::Name, _) => {}
        }
    }
    table.options = options(&table.options, ddl.options);
    if table.options.without_rowid && table.autoincrement {
        return refuse(format!(
            "`{declared}` is without row ids, by which its key would be generated; let the program give the key, \
             or leave `without_rowid` out"
        ));
    }
    if table.temporary && table.options.partition_by.is_some() {
        return refuse(format!("`{declared}`, a temporary table in parts"));
    }
    Ok(Cow::Owned(table))
}

/// Whether it says nothing but what all databases have.
fn is_common(table: &Table) -> bool {
    let at_once = |it: Deferrable| it == Deferrable::No;
    table.options == TableOptions::default()
        && table.comment.is_none()
        && !table.temporary
        && table.exclusions.is_empty()
        && table.columns.iter().all(|it| it.sequence.is_none() && it.comment.is_none())
        && table.checks.iter().all(|it| it.only.is_empty())
        && table.uniques.iter().all(|it| at_once(it.deferrable))
        && table.foreign_keys.iter().all(|it| at_once(it.deferrable))
        && table.indexes.iter().all(|it| it.is_plain() && it.method.is_none() && it.only.is_empty())
}

/// The options that are for this kind of database.
fn options(all: &TableOptions, of: OptionsOf) -> TableOptions {
    let all = all.clone();
    let none = TableOptions::new();
    match of {
        OptionsOf::Nobody => none,
        OptionsOf::Sqlite => {
            TableOptions { strict: all.strict, without_rowid: all.without_rowid, ..none }
        }
        OptionsOf::Postgres => TableOptions {
            partition_by: all.partition_by,
            partitions: all.partitions,
            with: all.with,
            tablespace: all.tablespace,
            unlogged: all.unlogged,
            ..none
        },
        OptionsOf::MySql => TableOptions {
            engine: all.engine,
            charset: all.charset,
            collation: all.collation,
            others: all.others,
            ..none
        },
    }
}

//! PostgreSQL: `pg_catalog`.

mod exclusion;
mod index;
mod queries;
mod types;

use std::collections::HashMap;

use super::{
    Answers, Catalog, CatalogQuery, CatalogRow, ReflectOptions, Reflected, Rules, collect, groups,
    places::Places,
};
use crate::{
    Result,
    schema::{
        Action, Check, Column, Computed, Deferrable, Exclusion, ForeignKey, Identity, Name,
        Partition, Sequence, ServerDefault, Storage, Table, Unique,
    },
    value::{EnumType, SqlType},
};

/// PostgreSQL's catalog.
pub(crate) const POSTGRES: &dyn Catalog = &PostgresCatalog;

struct PostgresCatalog;

static RULES: Rules = Rules {
    sequences_are_told: true,
    aliases: &[
        ("now", "current_timestamp"),
        // The same moment, by the clock of the session's time zone.
        ("localtimestamp", "current_timestamp"),
        ("char_length", "length"),
        ("character_length", "length"),
    ],
    ..Rules::STANDARD
};

impl Catalog for PostgresCatalog {
    fn queries(&self, options: &ReflectOptions) -> Vec<CatalogQuery> {
        queries::all(options)
    }

    fn read(&self, options: &ReflectOptions, answers: &Answers) -> Result<Reflected> {
        let default = match answers.rows(queries::PLACE).first() {
            Some(row) => row.optional(0)?.unwrap_or_default().to_owned(),
            None => String::new(),
        };
        let labels = Labels::of(answers.rows(queries::LABELS))?;
        let mut places = Places::of(answers.rows(queries::TABLES), options, &default)?;
        for row in answers.rows(queries::TABLES) {
            places.each(row, &mut |table| read_table(table, row))?;
        }
        for row in answers.rows(queries::PARTITIONS) {
            places.each(row, &mut |table| read_partition(table, row))?;
        }
        for row in answers.rows(queries::COLUMNS) {
            places.each(row, &mut |table| read_column(table, row, &labels, options, &default))?;
        }
        for rows in groups(answers.rows(queries::CONSTRAINTS), &[0, 1, 2]) {
            places.each(&rows[0], &mut |table| read_constraint(table, rows, options, &default))?;
        }
        for rows in groups(answers.rows(queries::INDEXES), &[0, 1, 2]) {
            places.each(&rows[0], &mut |table| index::read(table, rows))?;
        }
        let mut tables = places.into_tables();
        for table in &mut tables {
            number_the_key(table);
        }
        let default_schema = Some(default).filter(|it| !it.is_empty());
        Ok(Reflected { metadata: collect(options, tables)?, default_schema })
    }

    fn read_type(&self, text: &str) -> SqlType {
        types::read(text, &|_| None)
    }

    fn rules(&self) -> &'static Rules {
        &RULES
    }
}

/// Types of labels, by the spelling that columns have.
struct Labels(HashMap<Name, &'static EnumType>);

impl Labels {
    fn of(rows: &[CatalogRow]) -> Result<Self> {
        let mut labels = HashMap::new();
        for rows in groups(rows, &[0]) {
            let all: Result<Vec<Name>> = rows.iter().map(|it| it.owned(2)).collect();
            labels.insert(rows[0].owned(0)?, EnumType::interned(rows[0].text(1)?, &all?, true));
        }
        Ok(Self(labels))
    }
}

fn read_table(table: &mut Table, row: &CatalogRow) -> Result<()> {
    table.comment = row.optional(2)?.map(Name::from);
    table.options.unlogged = row.flag(3)?;
    table.options.tablespace = row.optional(4)?.map(Name::from);
    table.options.partition_by = row.optional(5)?.map(Name::from);
    let with = row.optional(6)?.unwrap_or_default().split(',').filter_map(|it| it.split_once('='));
    table.options.with = with.map(|(name, value)| (name.into(), value.into())).collect();
    Ok(())
}

fn read_partition(table: &mut Table, row: &CatalogRow) -> Result<()> {
    let bounds = row.optional(3)?.unwrap_or_default();
    let bounds = bounds.strip_prefix("FOR VALUES ").unwrap_or(bounds).into();
    table.options.partitions.push(Partition { name: row.owned(2)?, bounds });
    Ok(())
}

fn read_column(
    table: &mut Table,
    row: &CatalogRow,
    labels: &Labels,
    options: &ReflectOptions,
    default: &str,
) -> Result<()> {
    // Two sequences may belong to one column.
    if table.find_column(row.text(2)?).is_some() {
        return Ok(());
    }
    let ty = types::read(row.text(3)?, &|it| labels.0.get(it).copied());
    let mut column = Column::new(row.text(2)?, ty);
    column.nullable = !row.flag(4)?;
    column.comment = row.optional(11)?.map(Name::from);
    column.collations = row.optional(12)?.map(|it| (None, it.into())).into_iter().collect();
    let expression = row.optional(5)?;
    let storage = match row.text(6)? {
        "s" => Some(Storage::Stored),
        "v" => Some(Storage::Virtual),
        _ => None,
    };
    column.identity = match row.text(7)? {
        "" => None,
        kind => Some(Identity {
            always: kind == "a",
            start: row.number(8)?.filter(|it| *it != 1),
            increment: row.number(9)?.filter(|it| *it != 1),
        }),
    };
    match (storage, expression) {
        (Some(storage), sql) => {
            column.computed = Some(Computed { sql: sql.unwrap_or_default().into(), storage });
        }
        // A `serial` column numbers as an identity column does.
        (None, Some(sql)) if row.flag(10)? && sql.starts_with("nextval(") => {
            column.identity = Some(Identity::default());
        }
        (None, Some(sql)) if sql.starts_with("nextval(") && row.optional(14)?.is_some() => {
            let place = options.target(table.schema.as_deref(), row.text(13)?, default);
            column.sequence = Some(Sequence {
                schema: place.filter(|it| table.schema.as_ref() != Some(it)),
                name: row.owned(14)?,
                start: row.number(15)?.filter(|it| *it != 1),
                increment: row.number(16)?.filter(|it| *it != 1),
            });
        }
        (None, Some(sql)) if !sql.to_ascii_uppercase().starts_with("NULL::") => {
            column.server_default = Some(ServerDefault::Sql(sql.to_owned()));
        }
        (None, _) => {}
    }
    table.columns.push(column);
    Ok(())
}

/// A key of one column that the database numbers in the usual way is a generated one.
fn number_the_key(table: &mut Table) {
    let [key] = &*table.primary_key else { return };
    let Some(column) = table.columns.iter_mut().find(|it| it.name == *key) else { return };
    table.autoincrement = column.identity.is_some() || column.sequence.is_some();
    if column.identity == Some(Identity::default()) {
        column.identity = None;
    }
}

fn read_constraint(
    table: &mut Table,
    rows: &[CatalogRow],
    options: &ReflectOptions,
    default: &str,
) -> Result<()> {
    let row = &rows[0];
    let name = Some(row.owned(2)?);
    let columns = || -> Result<Vec<Name>> {
        let columns = rows.iter().map(|it| it.optional(4).map(|it| it.map(Name::from)));
        columns.filter_map(Result::transpose).collect()
    };
    let deferrable = match (row.flag(11)?, row.flag(12)?) {
        (false, _) => Deferrable::No,
        (true, false) => Deferrable::Immediate,
        (true, true) => Deferrable::Deferred,
    };
    match row.text(3)? {
        "p" => table.primary_key = columns()?,
        "u" => table.uniques.push(Unique { name, columns: columns()?, deferrable }),
        "c" => {
            let sql = row.optional(10)?.unwrap_or_default();
            table.checks.push(Check { name, ..Check::new(sql) });
        }
        "x" => {
            let exclusion = exclusion::read(row.optional(13)?.unwrap_or_default());
            table.exclusions.push(Exclusion { name, deferrable, ..exclusion });
        }
        "f" => {
            let references: Result<Vec<_>> = rows.iter().map(|it| it.owned(7)).collect();
            let schema = row.text(5)?;
            table.foreign_keys.push(ForeignKey {
                name,
                schema: options.target(table.schema.as_deref(), schema, default),
                on_update: read_action(row.text(8)?),
                on_delete: read_action(row.text(9)?),
                deferrable,
                ..ForeignKey::new(columns()?, row.text(6)?, references?)
            });
        }
        _ => {}
    }
    Ok(())
}

fn read_action(code: &str) -> Action {
    match code {
        "r" => Action::Restrict,
        "c" => Action::Cascade,
        "n" => Action::SetNull,
        "d" => Action::SetDefault,
        _ => Action::NoAction,
    }
}

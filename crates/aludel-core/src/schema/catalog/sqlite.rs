//! SQLite: its pragmas, and the texts that it keeps of what created a table.

mod create;
mod index;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use create::Created;

use super::{
    Answers, Catalog, CatalogQuery, CatalogRow, ReflectOptions, Reflected, Rules, collect, groups,
};
use crate::{
    Result,
    dialect::{Dialect as _, Sqlite},
    schema::{Action, Column, Computed, ForeignKey, Name, ServerDefault, Storage, Table, Unique},
    value::{SqlType, Value},
};

/// SQLite's catalog.
pub(crate) const SQLITE: &dyn Catalog = &SqliteCatalog;

struct SqliteCatalog;

static RULES: Rules = Rules {
    texts_are_kept: true,
    names_ignore_case: true,
    truth_is_number: true,
    brackets: true,
    ..Rules::STANDARD
};

/// How many statements there are a schema.
const STATEMENTS: usize = 4;

impl Catalog for SqliteCatalog {
    fn queries(&self, options: &ReflectOptions) -> Vec<CatalogQuery> {
        options.schemas().iter().flat_map(|it| queries(it.as_deref(), options.tables())).collect()
    }

    fn read(&self, options: &ReflectOptions, answers: &Answers) -> Result<Reflected> {
        let mut tables = Vec::new();
        for (position, schema) in options.schemas().iter().enumerate() {
            let answer = |it: usize| answers.rows(position * STATEMENTS + it);
            let answer = [answer(0), answer(1), answer(2), answer(3)];
            tables.append(&mut read(schema.as_deref(), answer)?);
        }
        // A key that names no columns refers to the other table's primary key.
        let keys: Vec<_> = tables
            .iter()
            .map(|it| (it.schema.clone(), it.name.clone(), it.primary_key.clone()))
            .collect();
        for key in tables.iter_mut().flat_map(|it| &mut it.foreign_keys) {
            let is_target = |it: &&(Option<Name>, Name, Vec<Name>)| {
                it.0 == key.schema && it.1.eq_ignore_ascii_case(&key.table)
            };
            if let Some((_, name, primary_key)) = keys.iter().find(is_target) {
                key.table.clone_from(name);
                if key.references.iter().any(|it| it.is_empty()) {
                    key.references.clone_from(primary_key);
                }
            }
        }
        let default_schema = Some("main".to_owned());
        Ok(Reflected { metadata: collect(options, tables)?, default_schema })
    }

    fn read_type(&self, text: &str) -> SqlType {
        let upper = text.split_whitespace().collect::<Vec<_>>().join(" ").to_ascii_uppercase();
        match &*upper {
            "INTEGER" => SqlType::BigInt,
            "REAL" => SqlType::Double,
            "TEXT" => SqlType::Text,
            "BLOB" => SqlType::Bytes,
            other => match super::options_of(other) {
                Some(("VARCHAR", length)) => match length.parse() {
                    Ok(it) => SqlType::VarChar(it),
                    Err(_) => SqlType::named(text.trim()),
                },
                _ => SqlType::named(text.trim()),
            },
        }
    }

    fn rules(&self) -> &'static Rules {
        &RULES
    }
}

/// Tables of its own, and such as aren't really there.
const WANTED: &str = "m.type = 'table' AND m.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' \
                      AND m.sql NOT LIKE 'CREATE VIRTUAL%'";

fn queries(schema: Option<&str>, only: Option<&[Name]>) -> [CatalogQuery; STATEMENTS] {
    let mut place = String::new();
    Sqlite.quoted(&mut place, schema.unwrap_or("main"));
    let names = only.unwrap_or(&[]).iter().map(|it| Value::from(it.as_str()));
    let only = only.map_or_else(String::new, |it| {
        let holes = vec!["?"; it.len()].join(", ");
        format!(" AND m.name COLLATE NOCASE IN ({holes})")
    });
    // A table-valued pragma takes the schema as its second argument.
    let place_and_names = [schema.unwrap_or("main")].into_iter().map(Value::from);
    let params: Vec<Value> = place_and_names.chain(names).collect();
    let query = |select: &str, order: &str| {
        let sql = select.replace("{schema}", &place);
        format!("{sql} WHERE {WANTED}{only} ORDER BY m.name{order}")
    };
    let tables = query("SELECT m.name, m.sql, ? AS place FROM {schema}.sqlite_schema AS m", "");
    let columns = query(
        "SELECT m.name, p.name, p.type, p.\"notnull\", p.dflt_value, p.pk, p.hidden \
         FROM {schema}.sqlite_schema AS m JOIN pragma_table_xinfo(m.name, ?) AS p",
        ", p.cid",
    );
    let keys = query(
        "SELECT m.name, p.id, p.\"table\", p.\"from\", p.\"to\", p.on_update, p.on_delete \
         FROM {schema}.sqlite_schema AS m JOIN pragma_foreign_key_list(m.name, ?) AS p",
        ", p.id DESC, p.seq",
    );
    // An expression of an index has no name; that of its rows is in its text.
    let indexes = query(
        "SELECT m.name, l.name, l.\"unique\", l.origin, l.partial, c.name, c.\"desc\", x.sql, c.coll \
         FROM {schema}.sqlite_schema AS m JOIN pragma_index_list(m.name, ?1) AS l \
         JOIN pragma_index_xinfo(l.name, ?1) AS c ON c.key = 1 \
         LEFT JOIN {schema}.sqlite_schema AS x ON x.type = 'index' AND x.name = l.name",
        ", l.seq DESC, c.seqno",
    );
    [tables, columns, keys, indexes].map(|sql| CatalogQuery { sql, params: params.clone() })
}

fn read(schema: Option<&str>, answers: [&[CatalogRow]; STATEMENTS]) -> Result<Vec<Table>> {
    let [tables, columns, keys, indexes] = answers;
    let [columns, keys, indexes] = [columns, keys, indexes].map(by_table);
    let table = |row: &CatalogRow| {
        let name = row.owned(0)?;
        let created = Created::of(row.optional(1)?.unwrap_or_default());
        let [columns, keys, indexes] =
            [&columns, &keys, &indexes].map(|it| it.get(&*name).copied().unwrap_or_default());
        let mut table = Table { schema: schema.map(Name::from), name, ..Table::default() };
        read_columns(&mut table, columns, &created)?;
        read_keys(&mut table, keys, &created)?;
        read_indexes(&mut table, indexes, &created)?;
        table.options.strict = created.strict;
        table.options.without_rowid = created.without_row_id;
        table.checks = created.checks;
        Ok(table)
    };
    tables.iter().map(table).collect()
}

/// Rows by the table that their first column names; those of one stand together.
type ByTable<'a> = HashMap<&'a str, &'a [CatalogRow]>;

fn by_table(rows: &[CatalogRow]) -> ByTable<'_> {
    groups(rows, &[0]).into_iter().filter_map(|it| Some((it[0].text(0).ok()?, it))).collect()
}

fn read_columns(table: &mut Table, rows: &[CatalogRow], created: &Created) -> Result<()> {
    let mut key = Vec::new();
    let mut whole = false;
    for row in rows {
        let (name, ty) = (row.owned(1)?, row.text(2)?);
        let storage = match row.number(6)? {
            Some(2) => Some(Storage::Virtual),
            Some(3) => Some(Storage::Stored),
            // Columns that a virtual table hides.
            Some(1) => continue,
            _ => None,
        };
        if let Some(position) = row.number(5)?.filter(|it| *it > 0) {
            key.push((position, name.clone()));
            whole = ty.eq_ignore_ascii_case("integer");
        }
        let mut column = Column::new(name, SQLITE.read_type(ty));
        column.nullable = !row.flag(3)?;
        let collation = created.collation(&column.name);
        column.collations = collation.map(|it| (None, it.into())).into_iter().collect();
        match storage {
            Some(storage) => {
                let sql = created.computed(&column.name).unwrap_or_default().to_owned();
                column.computed = Some(Computed { sql: sql.into(), storage });
            }
            None => column.server_default = row.optional(4)?.and_then(read_default),
        }
        table.columns.push(column);
    }
    key.sort_unstable();
    table.primary_key = key.into_iter().map(|(_, it)| it).collect();
    // `INTEGER PRIMARY KEY` is another name for the row's own number, which is never NULL.
    if let ([key], true) = (&*table.primary_key, whole && !created.without_row_id) {
        table.columns.iter_mut().filter(|it| it.name == *key).for_each(|it| it.nullable = false);
        table.autoincrement = true;
    }
    Ok(())
}

fn read_default(text: &str) -> Option<ServerDefault> {
    (!text.eq_ignore_ascii_case("null")).then(|| ServerDefault::Sql(text.to_owned()))
}

fn read_keys(table: &mut Table, rows: &[CatalogRow], created: &Created) -> Result<()> {
    let mut last = None;
    for row in rows {
        let id = row.number(1)?;
        if last != Some(id) {
            let mut key = ForeignKey::new([""; 0], row.text(2)?, [""; 0]);
            key.schema.clone_from(&table.schema);
            key.on_update = read_action(row.text(5)?);
            key.on_delete = read_action(row.text(6)?);
            table.foreign_keys.push(key);
            last = Some(id);
        }
        if let Some(key) = table.foreign_keys.last_mut() {
            key.columns.push(row.owned(3)?);
            key.references.push(row.optional(4)?.unwrap_or_default().into());
        }
    }
    for key in &mut table.foreign_keys {
        (key.name, key.deferrable) = created.foreign_key(&key.columns, &key.table);
    }
    Ok(())
}

fn read_action(text: &str) -> Action {
    match &*text.to_ascii_uppercase() {
        "CASCADE" => Action::Cascade,
        "SET NULL" => Action::SetNull,
        "SET DEFAULT" => Action::SetDefault,
        "RESTRICT" => Action::Restrict,
        _ => Action::NoAction,
    }
}

fn read_indexes(table: &mut Table, rows: &[CatalogRow], created: &Created) -> Result<()> {
    for rows in groups(rows, &[1]) {
        match rows[0].text(3)? {
            "u" => {
                let columns: Result<Vec<Name>> = rows.iter().map(|it| it.owned(5)).collect();
                let columns = columns?;
                table
                    .uniques
                    .push(Unique { name: created.unique(&columns), ..Unique::new(columns) });
            }
            "c" => table.indexes.push(index::read(rows, created)?),
            _ => {}
        }
    }
    Ok(())
}

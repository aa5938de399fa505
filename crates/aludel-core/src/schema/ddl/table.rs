//! CREATE TABLE.

use super::{CheckFirst, index, labels, options, sequences, writer::Writer};
use crate::{
    Error, Result,
    dialect::{Autoincrement, Defaults, Dialect, Indexes, Spelling},
    schema::{
        Action, Column, ConstraintName, Exclusion, ForeignKey, Identity, IndexMethod, Name,
        ServerDefault, Storage, Table, text::split_on_update,
    },
    value::SqlType,
};

/// One column or constraint a line.
pub(super) fn create(
    writer: &mut Writer<'_>,
    table: &Table,
    check_first: CheckFirst,
    with_key: impl Fn(&ForeignKey) -> bool,
) -> Result<String> {
    let dialect = writer.dialect;
    writer.push(options::create(table));
    if check_first == CheckFirst::Yes {
        writer.push("IF NOT EXISTS ");
    }
    writer.table(table.schema.as_deref(), &table.name)?;
    writer.push(" (");
    let mut lines = Lines { first: true };
    for it in &table.columns {
        lines.next(writer);
        column(writer, table, it)?;
    }
    if !table.primary_key.is_empty() && !inline_key(table, dialect) {
        lines.next(writer);
        constraint(writer, table.primary_key_name()?.as_ref())?;
        writer.push("PRIMARY KEY ");
        writer.columns(&table.primary_key)?;
    }
    for it in &table.uniques {
        lines.next(writer);
        constraint(writer, table.unique_name(it)?.as_ref())?;
        writer.push("UNIQUE ");
        writer.columns(&it.columns)?;
        writer.push(it.deferrable.sql());
    }
    for it in table.foreign_keys.iter().filter(|it| with_key(it)) {
        lines.next(writer);
        constraint(writer, table.foreign_key_name(it)?.as_ref())?;
        writer.push("FOREIGN KEY ");
        references(writer, table, it)?;
    }
    for it in labels::checks(table, dialect)? {
        lines.next(writer);
        writer.push(&it);
    }
    for it in &table.checks {
        lines.next(writer);
        constraint(writer, table.check_name(it)?.as_ref())?;
        writer.push("CHECK (");
        writer.push(&it.sql);
        writer.push(")");
    }
    for it in &table.exclusions {
        lines.next(writer);
        exclusion(writer, it)?;
    }
    let inside = dialect.capability().ddl.indexes == Indexes::InTable;
    for it in table.indexes.iter().filter(|_| inside) {
        lines.next(writer);
        index::inside(writer, table, it)?;
    }
    writer.push("\n)");
    options::behind(writer, table)?;
    Ok(writer.take())
}

struct Lines {
    first: bool,
}

impl Lines {
    fn next(&mut self, writer: &mut Writer<'_>) {
        writer.push(if self.first { "\n    " } else { ",\n    " });
        self.first = false;
    }
}

/// Whether the column itself says that it is the primary key: `INTEGER PRIMARY KEY` makes the key
/// the row's own number.
fn inline_key(table: &Table, dialect: &dyn Dialect) -> bool {
    table.autoincrement && dialect.capability().ddl.autoincrement == Autoincrement::RowId
}

fn column(writer: &mut Writer<'_>, table: &Table, column: &Column) -> Result<()> {
    let dialect = writer.dialect;
    representable(table, column, dialect)?;
    writer.name(&column.name)?;
    writer.push(" ");
    let ty = column.type_on(dialect);
    let keyed = matches!(ty, SqlType::Text | SqlType::Bytes) && is_keyed(table, &column.name);
    let before = writer.sql.len();
    if keyed {
        dialect.key_type_name(&mut writer.sql, ty);
    } else {
        dialect.type_name(&mut writer.sql, ty);
    }
    if table.options.strict {
        let name = writer.sql.split_off(before);
        writer.push(options::affinity(&name));
    }
    if let Some(collation) = column.collation_on(dialect) {
        writer.push(" COLLATE ");
        writer.name(collation)?;
    }
    if let Some(computed) = &column.computed {
        writer.push(" GENERATED ALWAYS AS (");
        writer.push(&computed.sql);
        writer.push(match computed.storage {
            Storage::Stored => ") STORED",
            Storage::Virtual => ") VIRTUAL",
        });
    } else if let Some(sequence) = &column.sequence {
        writer.push(" DEFAULT ");
        sequences::next(writer, sequence, table.schema.as_deref())?;
    } else if let Some(default) = &column.server_default {
        writer.push(" DEFAULT ");
        server_default(writer, default, ty, keyed);
    }
    let in_key = table.primary_key.contains(&column.name);
    let generated = table.autoincrement && in_key && column.sequence.is_none();
    if dialect.capability().ddl.autoincrement == Autoincrement::Identity {
        let by_default = generated.then(Identity::default);
        if let Some(it) = column.identity.or(by_default) {
            identity(writer, it);
        }
    }
    // A key is never NULL, and SQLite would let it be. MariaDB takes no NOT NULL of what it computes.
    if (!column.nullable || in_key) && column.computed.is_none() {
        writer.push(" NOT NULL");
    }
    if generated {
        match dialect.capability().ddl.autoincrement {
            Autoincrement::RowId => {
                writer.push(" ");
                constraint(writer, table.primary_key_name()?.as_ref())?;
                writer.push("PRIMARY KEY");
            }
            Autoincrement::Keyword => writer.push(" AUTO_INCREMENT"),
            Autoincrement::Identity => {}
        }
    }
    options::comment(writer, " COMMENT ", column.comment.as_deref());
    Ok(())
}

fn identity(writer: &mut Writer<'_>, identity: Identity) {
    let Identity { always, start, increment } = identity;
    writer.push(if always { " GENERATED ALWAYS" } else { " GENERATED BY DEFAULT" });
    writer.push(" AS IDENTITY");
    let options = [("START WITH", start), ("INCREMENT BY", increment)];
    let options = options.iter().filter_map(|(what, n)| Some(format!("{what} {}", (*n)?)));
    let options: Vec<String> = options.collect();
    if !options.is_empty() {
        writer.push(&format!(" ({})", options.join(" ")));
    }
}

/// Whether a column is part of a key, a constraint or an index.
pub(in crate::schema) fn is_keyed(table: &Table, column: &Name) -> bool {
    table.primary_key.contains(column)
        || table.uniques.iter().any(|it| it.columns.contains(column))
        || table.foreign_keys.iter().any(|it| it.columns.contains(column))
        || table.indexes.iter().any(|it| it.sorts_by_all_of(column))
}

/// Refuses types that the database has no form for.
fn representable(table: &Table, column: &Column, dialect: &dyn Dialect) -> Result<()> {
    let types = dialect.capability().types;
    let generated = || table.autoincrement && table.primary_key.contains(&column.name);
    let numbers = dialect.capability().ddl.autoincrement == Autoincrement::Identity;
    if column.identity.is_some() && !numbers && !generated() {
        let name = &column.name;
        let what = format!("`{table}.{name}` is numbered by the database, which only a key can be");
        return Err(Error::Unsupported { dialect: dialect.name(), what: what.into() });
    }
    let (ty, hint) = match column.type_on(dialect) {
        SqlType::Array(_) if !types.arrays => ("an array", "a table of its own, or JSON"),
        SqlType::Range(_) if !types.ranges => ("a range", "two columns, one for each bound"),
        SqlType::TsVector if !types.text_search => ("a text search vector", "a text column"),
        _ => return Ok(()),
    };
    let name = &column.name;
    let what = format!("`{table}.{name}` is {ty}; use {hint}");
    Err(Error::Unsupported { dialect: dialect.name(), what: what.into() })
}

/// A default, as it stands behind `DEFAULT`.
pub(in crate::schema) fn default_text(
    dialect: &dyn Dialect,
    default: &ServerDefault,
    ty: SqlType,
    keyed: bool,
) -> String {
    let mut writer = Writer::new(dialect);
    server_default(&mut writer, default, ty, keyed);
    writer.finish()
}

/// DDL-13
fn server_default(writer: &mut Writer<'_>, default: &ServerDefault, ty: SqlType, keyed: bool) {
    let defaults = writer.dialect.capability().ddl.defaults;
    let long = matches!(ty, SqlType::Text | SqlType::Bytes) && !keyed || ty == SqlType::Json;
    let in_parentheses = match default {
        ServerDefault::Value(value) => {
            defaults == Defaults::ExpressionsAndLong && long && !value.is_null()
        }
        // A moment's default is the one function that needs none.
        ServerDefault::Now => {
            defaults == Defaults::ExpressionsAndLong
                && !matches!(ty, SqlType::DateTime | SqlType::TimestampTz)
        }
        // What an UPDATE makes of it is no part of the expression.
        ServerDefault::Sql(sql) if split_on_update(sql).1.is_some() => false,
        ServerDefault::Sql(sql) => match defaults {
            Defaults::Bare => false,
            Defaults::Expressions => !is_term(sql),
            Defaults::ExpressionsAndLong => (!is_term(sql) || long) && !is_parenthesised(sql),
        },
    };
    if in_parentheses {
        writer.push("(");
    }
    match default {
        ServerDefault::Value(value) => writer.literal(value),
        ServerDefault::Now => match writer.dialect.function("now") {
            Spelling::Keyword(name) => writer.push(name),
            Spelling::Call(name) => {
                writer.push(name);
                writer.push("()");
            }
        },
        ServerDefault::Sql(sql) => writer.push(sql),
    }
    if in_parentheses {
        writer.push(")");
    }
}

/// Whether an SQL text is a literal or a keyword, or in parentheses already.
fn is_term(sql: &str) -> bool {
    let quoted = sql.strip_prefix('\'').and_then(|it| it.strip_suffix('\''));
    quoted.is_some_and(|it| !it.replace("''", "").contains('\''))
        || sql
            .trim_start_matches(['-', '+'])
            .bytes()
            .all(|it| it.is_ascii_alphanumeric() || matches!(it, b'_' | b'.'))
        || is_parenthesised(sql)
}

/// `(a + b)`, but not `(a) + (b)`.
pub(in crate::schema) fn is_parenthesised(sql: &str) -> bool {
    let mut depth = 0_usize;
    for (index, byte) in sql.bytes().enumerate() {
        match byte {
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return byte == b')' && index + 1 == sql.len();
        }
    }
    false
}

pub(super) fn constraint(writer: &mut Writer<'_>, name: Option<&ConstraintName>) -> Result<()> {
    if let Some(name) = name {
        writer.push("CONSTRAINT ");
        writer.constraint_name(name)?;
        writer.push(" ");
    }
    Ok(())
}

/// `(columns) REFERENCES …`
pub(super) fn references(writer: &mut Writer<'_>, table: &Table, key: &ForeignKey) -> Result<()> {
    let dialect = writer.dialect;
    let qualified = dialect.capability().ddl.foreign_schemas;
    if !qualified && key.schema != table.schema {
        let what = format!("a foreign key from `{table}` to `{}` of another schema", key.table);
        return Err(Error::Unsupported { dialect: dialect.name(), what: what.into() });
    }
    let defaults = [key.on_delete, key.on_update].contains(&Action::SetDefault);
    if defaults && !dialect.capability().ddl.set_default {
        let what =
            format!("`set_default` of a foreign key from `{table}`; use `set_null`, or a trigger");
        return Err(Error::Unsupported { dialect: dialect.name(), what: what.into() });
    }
    writer.columns(&key.columns)?;
    writer.push(" REFERENCES ");
    writer.table(key.schema.as_deref().filter(|_| qualified), &key.table)?;
    writer.push(" ");
    writer.columns(&key.references)?;
    action(writer, " ON DELETE ", key.on_delete);
    action(writer, " ON UPDATE ", key.on_update);
    writer.push(key.deferrable.sql());
    Ok(())
}

/// `EXCLUDE USING gist (room WITH =, during WITH &&)`
fn exclusion(writer: &mut Writer<'_>, it: &Exclusion) -> Result<()> {
    let name = it.name.clone().map(ConstraintName::Chosen);
    constraint(writer, name.as_ref())?;
    writer.push("EXCLUDE USING ");
    writer.push(it.method.unwrap_or(IndexMethod::Gist).name());
    for (position, (part, operator)) in it.elements.iter().enumerate() {
        writer.push(if position == 0 { " (" } else { ", " });
        index::part(writer, part)?;
        writer.push(" WITH ");
        writer.push(operator);
    }
    writer.push(")");
    if let Some(condition) = &it.condition {
        writer.push(" WHERE (");
        writer.push(condition);
        writer.push(")");
    }
    writer.push(it.deferrable.sql());
    Ok(())
}

fn action(writer: &mut Writer<'_>, when: &str, action: Action) {
    let name = match action {
        Action::NoAction => return,
        Action::Restrict => "RESTRICT",
        Action::Cascade => "CASCADE",
        Action::SetNull => "SET NULL",
        Action::SetDefault => "SET DEFAULT",
    };
    writer.push(when);
    writer.push(name);
}

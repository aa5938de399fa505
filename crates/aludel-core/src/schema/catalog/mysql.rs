//! MariaDB and MySQL: `information_schema`.

mod index;
mod options;
mod queries;
mod types;

use super::{
    Answers, Catalog, CatalogQuery, CatalogRow, ReflectOptions, Reflected, Rules, collect, groups,
    places::Places,
};
use crate::{
    Result,
    dialect::{Dialect as _, MySql},
    schema::{
        Action, Check, Column, Computed, ForeignKey, Name, Sequence, ServerDefault, Storage, Table,
        text::lex,
    },
    value::SqlType,
};

/// MariaDB's catalog.
pub(crate) const MARIADB: &dyn Catalog = &MySqlCatalog { is_maria: true };

/// MySQL's catalog.
pub(crate) const MYSQL: &dyn Catalog = &MySqlCatalog { is_maria: false };

struct MySqlCatalog {
    /// MariaDB shows defaults as SQL, and says whose a check is.
    is_maria: bool,
}

static RULES: Rules = Rules {
    names_ignore_case: true,
    unique_indexes_are_constraints: true,
    keys_have_indexes: true,
    restrict_is_no_action: true,
    truth_is_number: true,
    backslashes: true,
    aliases: &[
        ("now", "current_timestamp"),
        ("localtime", "current_timestamp"),
        ("localtimestamp", "current_timestamp"),
        ("current_date", "curdate"),
        ("current_time", "curtime"),
        ("octet_length", "length"),
        ("character_length", "char_length"),
        ("lcase", "lower"),
        ("ucase", "upper"),
        ("ifnull", "coalesce"),
    ],
    ..Rules::STANDARD
};

impl Catalog for MySqlCatalog {
    fn queries(&self, options: &ReflectOptions) -> Vec<CatalogQuery> {
        queries::all(options, self.is_maria)
    }

    fn read(&self, options: &ReflectOptions, answers: &Answers) -> Result<Reflected> {
        let default = match answers.rows(queries::PLACE).first() {
            Some(row) => row.optional(0)?.unwrap_or_default().to_owned(),
            None => String::new(),
        };
        let mut places = Places::of(answers.rows(queries::TABLES), options, &default)?;
        for row in answers.rows(queries::TABLES) {
            places.each(row, &mut |table| read_table(table, row))?;
        }
        for row in answers.rows(queries::COLUMNS) {
            places.each(row, &mut |table| self.read_column(table, row, options, &default))?;
        }
        for rows in groups(answers.rows(queries::INDEXES), &[0, 1, 2]) {
            places.each(&rows[0], &mut |table| index::read(table, rows))?;
        }
        for rows in groups(answers.rows(queries::KEYS), &[0, 1, 2]) {
            places.each(&rows[0], &mut |table| read_key(table, rows, options, &default))?;
        }
        for row in answers.rows(queries::CHECKS) {
            places.each(row, &mut |table| self.read_check(table, row))?;
        }
        let mut tables = places.into_tables();
        for table in &mut tables {
            leave_out_indexes_of_keys(table);
            // Only a key of one column can be said to be generated.
            table.autoincrement &= table.primary_key.len() == 1;
        }
        let default_schema = Some(default).filter(|it| !it.is_empty());
        Ok(Reflected { metadata: collect(options, tables)?, default_schema })
    }

    fn read_type(&self, text: &str) -> SqlType {
        types::read(text, "")
    }

    fn rules(&self) -> &'static Rules {
        &RULES
    }
}

impl MySqlCatalog {
    fn read_column(
        &self,
        table: &mut Table,
        row: &CatalogRow,
        options: &ReflectOptions,
        default: &str,
    ) -> Result<()> {
        let (name, ty, extra) = (row.text(2)?, row.text(3)?, row.text(6)?.to_ascii_lowercase());
        let mut column = Column::new(name, types::read(ty, &format!("{}_{name}", table.name)));
        column.nullable = row.text(4)? == "YES";
        let storage = match () {
            () if extra.contains("stored generated") || extra.contains("persistent") => {
                Some(Storage::Stored)
            }
            () if extra.contains("virtual generated") => Some(Storage::Virtual),
            () => None,
        };
        match storage {
            Some(storage) => {
                let sql = row.optional(7)?.unwrap_or_default();
                column.computed = Some(Computed { sql: self.shown(sql).into(), storage });
            }
            None => column.server_default = self.read_default(row.optional(5)?, &extra, column.ty),
        }
        if let Some(ServerDefault::Sql(sql)) = &column.server_default
            && let Some((schema, name)) = sequence(sql)
        {
            let schema = options.target(table.schema.as_deref(), &schema, default);
            let schema = schema.filter(|it| table.schema.as_ref() != Some(it));
            column.sequence = Some(Sequence { schema, ..Sequence::new(name) });
            column.server_default = None;
            table.autoincrement |= row.text(8)? == "PRI";
        }
        column.comment = row.optional(9)?.filter(|it| !it.is_empty()).map(Name::from);
        let is_usual = |it: &&str| table.options.collation.as_deref() == Some(it);
        let collation = row.optional(10)?.filter(|it| !is_usual(it));
        column.collations = collation.map(|it| (None, it.into())).into_iter().collect();
        if let Some(at) = extra.find("on update ") {
            let default = match &column.server_default {
                Some(ServerDefault::Sql(it)) => it,
                _ => "NULL",
            };
            column.server_default =
                Some(ServerDefault::Sql(format!("{default} {}", extra[at..].to_uppercase())));
        }
        if extra.contains("auto_increment") && row.text(8)? == "PRI" {
            table.autoincrement = true;
        }
        table.columns.push(column);
        Ok(())
    }

    fn read_default(&self, text: Option<&str>, extra: &str, ty: SqlType) -> Option<ServerDefault> {
        let text = text?;
        if self.is_maria {
            return (!text.eq_ignore_ascii_case("null"))
                .then(|| ServerDefault::Sql(text.to_owned()));
        }
        // MySQL shows constants without their quotes.
        let moment = text.to_ascii_lowercase().starts_with("current_timestamp");
        if extra.contains("default_generated") || moment {
            return Some(ServerDefault::Sql(self.shown(text)));
        }
        let number = text.parse::<f64>().is_ok();
        let mut sql = String::new();
        match ty {
            SqlType::Bool
            | SqlType::SmallInt
            | SqlType::Int
            | SqlType::BigInt
            | SqlType::Float
            | SqlType::Double
            | SqlType::Decimal
            | SqlType::Numeric(..)
                if number =>
            {
                sql.push_str(text);
            }
            _ => MySql.text_literal(&mut sql, text),
        }
        Some(ServerDefault::Sql(sql))
    }

    /// MariaDB's JSON is text with a check.
    fn read_check(&self, table: &mut Table, row: &CatalogRow) -> Result<()> {
        let (name, sql) = (row.owned(2)?, self.shown(row.text(3)?));
        let mut quoted = String::new();
        MySql.quoted(&mut quoted, &name);
        if sql.eq_ignore_ascii_case(&format!("json_valid({quoted})"))
            && let Some(column) = table.columns.iter_mut().find(|it| it.name == name)
            && column.ty == SqlType::Text
        {
            column.ty = SqlType::Json;
            column.collations.clear();
            return Ok(());
        }
        table.checks.push(Check::new(sql).named(name));
        Ok(())
    }

    /// An expression; MySQL escapes the quotes of what it shows.
    fn shown(&self, sql: &str) -> String {
        if self.is_maria { sql.to_owned() } else { sql.replace("\\'", "'") }
    }
}

fn read_table(table: &mut Table, row: &CatalogRow) -> Result<()> {
    table.options.engine = row.optional(2)?.map(Name::from);
    table.options.collation = row.optional(3)?.map(Name::from);
    table.comment = row.optional(4)?.filter(|it| !it.is_empty()).map(Name::from);
    table.options.others = options::read(row.optional(5)?.unwrap_or_default());
    Ok(())
}

/// The schema and the name of ``nextval(`schema`.`name`)``.
fn sequence(sql: &str) -> Option<(Name, Name)> {
    let tokens = lex(sql, &RULES);
    let name = |at: usize| tokens.get(at).and_then(|it| it.name(sql)).map(Name::from);
    let is_call = tokens.first().is_some_and(|it| it.is("nextval"));
    if is_call { Some((name(2)?, name(4)?)) } else { None }
}

fn read_key(
    table: &mut Table,
    rows: &[CatalogRow],
    options: &ReflectOptions,
    default: &str,
) -> Result<()> {
    let row = &rows[0];
    let columns: Result<Vec<_>> = rows.iter().map(|it| it.owned(3)).collect();
    let references: Result<Vec<_>> = rows.iter().map(|it| it.owned(6)).collect();
    table.foreign_keys.push(ForeignKey {
        name: Some(row.owned(2)?),
        schema: options.target(table.schema.as_deref(), row.text(4)?, default),
        on_update: read_action(row.text(7)?),
        on_delete: read_action(row.text(8)?),
        ..ForeignKey::new(columns?, row.text(5)?, references?)
    });
    Ok(())
}

fn read_action(text: &str) -> Action {
    match text {
        "CASCADE" => Action::Cascade,
        "SET NULL" => Action::SetNull,
        "SET DEFAULT" => Action::SetDefault,
        // The one that InnoDB does where nothing is said, and shows so.
        _ => Action::NoAction,
    }
}

/// The engine makes an index for a foreign key that has none, and calls it after the key or its
/// first column.
fn leave_out_indexes_of_keys(table: &mut Table) {
    let keys = &table.foreign_keys;
    table.indexes.retain(|index| {
        let name = index.name.as_deref().unwrap_or_default();
        !keys.iter().any(|key| {
            let first = key.columns.first().map_or("", Name::as_str);
            let numbered = name.strip_prefix(first).and_then(|it| it.strip_prefix('_'));
            let by_column = name == first || numbered.is_some_and(|it| it.parse::<u32>().is_ok());
            index.is_plain()
                && index.column_names() == key.columns
                && (key.name.as_deref() == Some(name) || by_column)
        })
    });
}

//! [`Catalog`]: what a database knows of its own tables: how it is asked, and how its answers are read.
//!
//! Nothing here asks anybody. A catalog says which statements to send; whoever has a connection sends
//! them and hands back the rows.

mod answer;
mod mysql;
mod options;
mod places;
mod postgres;
mod sqlite;
#[cfg(test)]
mod tests;

pub use answer::{Answers, CatalogRow};
pub use options::ReflectOptions;
pub(crate) use {mysql::MARIADB, mysql::MYSQL, postgres::POSTGRES, sqlite::SQLITE};

use super::{MetaData, Name, Table};
use crate::{
    Result,
    value::{SqlType, Value},
};

/// How a database is asked for its tables, and how its answers are read.
///
/// A dialect of your own gives one by [`Dialect::catalog`](crate::dialect::Dialect::catalog), and has
/// reflection and comparison by that.
pub trait Catalog: Send + Sync + 'static {
    /// The statements, as many whatever the number of tables is. None depends on the answer of another.
    fn queries(&self, options: &ReflectOptions) -> Vec<CatalogQuery>;

    /// Reads the answers, in the order of the statements.
    ///
    /// # Errors
    /// An answer is of another form than was asked for.
    fn read(&self, options: &ReflectOptions, answers: &Answers) -> Result<Reflected>;

    /// The type that this text is, as a column's definition or the catalog has it:
    /// [`SqlType::Named`] if it is no other.
    fn read_type(&self, text: &str) -> SqlType;

    /// What comparing has to know.
    fn rules(&self) -> &'static Rules;
}

/// A statement to a database's catalog.
#[derive(Clone, Debug, PartialEq)]
pub struct CatalogQuery {
    /// The SQL.
    pub sql: String,
    /// Its parameters.
    pub params: Vec<Value>,
}

/// What was read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reflected {
    /// The tables.
    pub metadata: MetaData,
    /// What the schema of tables that name none is called.
    pub default_schema: Option<String>,
}

/// How a database shows what it was told.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// Whether the texts of types, defaults and conditions are kept as they were written; types are
    /// told apart by their affinity then.
    pub texts_are_kept: bool,
    /// Whether capitals make no difference in the names of tables and columns.
    pub names_ignore_case: bool,
    /// Whether a unique index is a unique constraint.
    pub unique_indexes_are_constraints: bool,
    /// Whether `RESTRICT` and `NO ACTION` are one.
    pub restrict_is_no_action: bool,
    /// Whether `TRUE` is 1.
    pub truth_is_number: bool,
    /// Whether a backslash escapes in a text.
    pub backslashes: bool,
    /// Whether names can stand in `[brackets]`.
    pub brackets: bool,
    /// Whether a foreign key has an index of its own, which isn't shown.
    pub keys_have_indexes: bool,
    /// Whether the numbers of a sequence are shown with its name.
    pub sequences_are_told: bool,
    /// Functions that are shown by another name.
    pub aliases: &'static [(&'static str, &'static str)],
}

impl Rules {
    /// Nothing is known of the database but the standard.
    pub const STANDARD: Self = Self {
        texts_are_kept: false,
        names_ignore_case: false,
        unique_indexes_are_constraints: false,
        restrict_is_no_action: false,
        truth_is_number: false,
        backslashes: false,
        brackets: false,
        keys_have_indexes: false,
        sequences_are_told: false,
        aliases: &[],
    };
}

/// Puts tables together, and leaves out what speaks of columns that no table has: somebody changed
/// the schema between two answers.
fn collect(options: &ReflectOptions, tables: Vec<Table>) -> Result<MetaData> {
    let mut metadata = MetaData::new();
    if let [Some(schema)] = options.schemas() {
        metadata = metadata.schema(schema);
    }
    for mut table in tables {
        let columns: Vec<Name> = table.columns.iter().map(|it| it.name.clone()).collect();
        let known_or_none = |names: &[Name]| names.iter().all(|it| columns.contains(it));
        let known = |names: &[Name]| !names.is_empty() && known_or_none(names);
        if !known(&table.primary_key) {
            table.primary_key.clear();
        }
        table.autoincrement &= table.primary_key.len() == 1;
        table.uniques.retain(|it| known(&it.columns));
        table.indexes.retain(|it| known_or_none(&it.column_names()) && known_or_none(&it.include));
        table
            .foreign_keys
            .retain(|it| known(&it.columns) && it.columns.len() == it.references.len());
        metadata.add(table)?;
    }
    Ok(metadata)
}

/// `name(options)`, taken apart.
fn options_of(text: &str) -> Option<(&str, &str)> {
    let (name, options) = text.strip_suffix(')')?.split_once('(')?;
    Some((name.trim_end(), options.trim()))
}

/// Two numbers, or one and 0.
fn precision(options: &str) -> Option<(u8, u8)> {
    let (digits, scale) = options.split_once(',').unwrap_or((options, "0"));
    Some((digits.trim().parse().ok()?, scale.trim().parse().ok()?))
}

/// `?, ?, ?`, or as the database spells parameters, from this position on.
fn holes(count: usize, first: usize, numbered: bool) -> String {
    let hole = |it: usize| if numbered { format!("${}::text", first + it) } else { "?".to_owned() };
    (0..count).map(hole).collect::<Vec<_>>().join(", ")
}

/// Rows that speak of one thing: those that stand together and have the same texts at these columns.
fn groups<'a>(rows: &'a [CatalogRow], columns: &[usize]) -> Vec<&'a [CatalogRow]> {
    let same = |a: &CatalogRow, b: &CatalogRow| {
        columns.iter().all(|it| a.optional(*it).ok() == b.optional(*it).ok())
    };
    rows.chunk_by(|a, b| same(a, b)).collect()
}

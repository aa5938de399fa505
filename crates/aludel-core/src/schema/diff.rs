//! [`differences`]: what a program declares, compared with what a database has.
//!
//! Both are data, and nothing is asked here. Databases spell back in their own way what they were
//! told: types are compared by what each means there, defaults by their values, conditions by their
//! form. Where it can't be told whether two texts mean the same, they are no difference.

mod checks;
mod columns;
mod defaults;
mod indexes;
mod keys;
mod options;
mod settled;
mod show;
mod what;

pub use what::{Change, Difference, Differences, What};

use settled::settled;

use super::{
    MetaData, Name, ReflectOptions, Reflected, Table,
    catalog::{Catalog, Rules},
};
use crate::{Error, Result, dialect::Dialect};

/// What counts as a difference.
///
/// ```
/// use aludel_core::schema::CompareOptions;
/// let strict = CompareOptions::new().extra_tables(true);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CompareOptions {
    extra_tables: bool,
}

impl CompareOptions {
    /// Everything that tables differ in which are declared.
    pub const fn new() -> Self {
        Self { extra_tables: false }
    }

    /// Tables of the database that nobody declared, too, in the schemas of those that are.
    #[must_use]
    pub const fn extra_tables(mut self, on: bool) -> Self {
        self.extra_tables = on;
        self
    }

    /// What is to be read of a database for that.
    ///
    /// # Errors
    /// There are no tables.
    pub fn to_reflect(self, declared: &MetaData) -> Result<ReflectOptions> {
        /// More names are read whole schemas for.
        const MOST_NAMES: usize = 500;
        super::ddl::not_empty(declared)?;
        let tables = declared.tables();
        let schema = |options: ReflectOptions, table: &Table| match &table.schema {
            Some(it) => options.schema(it),
            None => options.default_schema(),
        };
        let options = tables.iter().fold(ReflectOptions::new(), schema);
        Ok(match self.extra_tables || tables.len() > MOST_NAMES {
            true => options,
            false => options.only(tables.iter().map(|it| &*it.name)),
        })
    }
}

/// What a database lacks of what a program declares, what it has besides, and what it has in
/// another form; in the order of the declaration.
///
/// # Errors
/// There are no tables, or nobody knows how the database shows its own.
///
/// ```
/// use aludel_core::dialect::Postgres;
/// use aludel_core::schema::{Column, CompareOptions, MetaData, Reflected, Table, differences};
/// use aludel_core::value::SqlType;
///
/// let tag = || Table::new("tag").column(Column::new("name", SqlType::VarChar(20)));
/// let (mut declared, mut found) = (MetaData::new(), Reflected::default());
/// declared.add(tag().column(Column::new("rank", SqlType::Int)))?;
/// found.metadata.add(tag())?;
/// let differences = differences(&declared, &found, &Postgres, CompareOptions::new())?;
/// assert_eq!(
///     differences.to_string(),
///     "tag.rank: declared as INTEGER NOT NULL, but the database has no such column"
/// );
/// # Ok::<(), aludel_core::Error>(())
/// ```
pub fn differences(
    declared: &MetaData,
    found: &Reflected,
    dialect: &dyn Dialect,
    options: CompareOptions,
) -> Result<Differences> {
    super::ddl::not_empty(declared)?;
    let catalog = catalog(dialect)?;
    let rules = catalog.rules();
    let default_schema = found.default_schema.as_deref();
    let known = Known { dialect, catalog, rules, default_schema };
    let mut out = Vec::new();
    let mut matched = Vec::new();
    // A temporary table is seen by the connection that made it, and by nobody else.
    for table in declared.tables().iter().filter(|it| !it.temporary) {
        let table = settled(table, dialect)?;
        match known.find(found.metadata.tables(), &table) {
            Some(it) => {
                matched.push(it);
                Comparison { known, declared: &table, found: it, out: &mut out }.all();
            }
            None => out.push(Difference::of(&table, What::MissingTable(table.clone()))),
        }
    }
    let extra = found.metadata.tables().iter().filter(|_| options.extra_tables);
    for table in extra.filter(|it| !matched.iter().any(|other| std::ptr::eq(*it, *other))) {
        out.push(Difference::of(table, What::ExtraTable(table.clone())));
    }
    Ok(Differences::new(out))
}

/// How a database shows its tables.
fn catalog(dialect: &dyn Dialect) -> Result<&'static dyn Catalog> {
    dialect.catalog().ok_or_else(|| Error::Unsupported {
        dialect: dialect.name(),
        what: "reading its tables; its dialect gives no `catalog`".into(),
    })
}

/// What is known of a database.
#[derive(Clone, Copy)]
struct Known<'a> {
    dialect: &'a dyn Dialect,
    catalog: &'a dyn Catalog,
    rules: &'static Rules,
    default_schema: Option<&'a str>,
}

impl Known<'_> {
    /// Whether two names are one.
    fn same_name(&self, a: &str, b: &str) -> bool {
        a == b || self.rules.names_ignore_case && a.to_lowercase() == b.to_lowercase()
    }

    /// Whether two lists of names are one.
    fn same_names(&self, a: &[Name], b: &[Name]) -> bool {
        a.len() == b.len() && a.iter().zip(b).all(|(a, b)| self.same_name(a, b))
    }

    /// Whether the same names are in two lists.
    fn same_set(&self, a: &[Name], b: &[Name]) -> bool {
        a.len() == b.len() && a.iter().all(|it| b.iter().any(|other| self.same_name(it, other)))
    }

    fn same_schema(&self, a: Option<&str>, b: Option<&str>) -> bool {
        a.or(self.default_schema) == b.or(self.default_schema)
    }

    fn find<'t>(&self, tables: &'t [Table], wanted: &Table) -> Option<&'t Table> {
        let exactly = |it: &&Table| it.is(wanted.schema.as_deref(), &wanted.name);
        let nearly = |it: &&Table| {
            self.same_schema(it.schema.as_deref(), wanted.schema.as_deref())
                && self.same_name(&it.name, &wanted.name)
        };
        tables.iter().find(exactly).or_else(|| tables.iter().find(nearly))
    }
}

/// One table, as it is declared and as the database has it.
struct Comparison<'a> {
    known: Known<'a>,
    declared: &'a Table,
    found: &'a Table,
    out: &'a mut Vec<Difference>,
}

impl Comparison<'_> {
    fn all(&mut self) {
        self.columns();
        self.primary_key();
        self.uniques();
        self.foreign_keys();
        self.checks();
        self.exclusions();
        self.indexes();
        self.options();
    }

    fn push(&mut self, what: What) {
        self.out.push(Difference::of(self.declared, what));
    }
}

#[cfg(test)]
mod tests;

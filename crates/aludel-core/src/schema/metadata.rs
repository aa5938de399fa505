//! [`MetaData`]: a set of tables.

use std::collections::HashMap;

use super::{NamingConvention, Table, TableOptions, events::Attached, order::Order, validate};
use crate::{Error, Result};

/// A set of tables that belong together.
///
/// ```
/// use aludel_core::schema::{Column, MetaData, Table};
/// use aludel_core::value::SqlType;
///
/// let mut metadata = MetaData::new().schema("app");
/// metadata.add(Table::new("tag").column(Column::new("name", SqlType::Text)).primary_key(["name"]))?;
/// assert_eq!(metadata.table("tag").map(ToString::to_string), Some("app.tag".into()));
/// # Ok::<(), aludel_core::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MetaData {
    pub(super) schema: Option<String>,
    naming: NamingConvention,
    options: TableOptions,
    pub(super) tables: Vec<Table>,
    pub(super) attached: Vec<Attached>,
    /// Where the tables of a name are, in whatever schemas.
    by_name: HashMap<String, Vec<usize>>,
}

impl MetaData {
    /// No tables yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The schema of tables that name none, if they are added from now on.
    #[must_use]
    pub fn schema(mut self, schema: impl Into<String>) -> Self {
        self.schema = Some(schema.into());
        self
    }

    /// How constraints and indexes are called that have no name of their own, in tables that are added
    /// from now on.
    #[must_use]
    pub fn naming_convention(mut self, naming: NamingConvention) -> Self {
        self.naming = naming;
        self
    }

    /// What one kind of database is told of tables that don't say it themselves, if they are added from now on.
    #[must_use]
    pub fn table_options(mut self, options: TableOptions) -> Self {
        self.options = options;
        self
    }

    /// How constraints and indexes are called that have no name of their own.
    pub fn naming(&self) -> &NamingConvention {
        &self.naming
    }

    /// The schema of tables that name none.
    pub fn default_schema(&self) -> Option<&str> {
        self.schema.as_deref()
    }

    /// The tables, in the order in which they were added.
    pub fn tables(&self) -> &[Table] {
        &self.tables
    }

    /// Adds a table. A foreign key without a schema refers to a table of the default schema.
    ///
    /// # Errors
    /// There is a table of this name already, or the table has two columns of one name, or its
    /// constraints name columns that it lacks.
    pub fn add(&mut self, table: Table) -> Result<()> {
        let table = self.completed(table);
        if self.find(table.schema.as_deref(), &table.name).is_some() {
            return Err(Error::Schema(format!("the table `{table}` is defined twice").into()));
        }
        validate::table(&table)?;
        table.check_names()?;
        self.by_name.entry(table.name.clone()).or_default().push(self.tables.len());
        self.tables.push(table);
        Ok(())
    }

    /// The table as it is here: what it doesn't say itself, the set says.
    #[doc(hidden)]
    #[must_use]
    pub fn completed(&self, mut table: Table) -> Table {
        if table.schema.is_none() {
            table.schema.clone_from(&self.schema);
        }
        for foreign_key in &mut table.foreign_keys {
            if foreign_key.schema.is_none() {
                foreign_key.schema.clone_from(&self.schema);
            }
        }
        table.options = std::mem::take(&mut table.options).or(&self.options);
        if table.naming == NamingConvention::default() {
            table.naming.clone_from(&self.naming);
        }
        table
    }

    /// The table of this name, in the default schema.
    pub fn table(&self, name: &str) -> Option<&Table> {
        self.find(self.schema.as_deref(), name)
    }

    /// The table of this schema and name.
    pub fn find(&self, schema: Option<&str>, name: &str) -> Option<&Table> {
        let places = self.by_name.get(name)?;
        places.iter().map(|it| &self.tables[*it]).find(|it| it.is(schema, name))
    }

    /// The tables, each after those that it refers to, by name among those that are free to stand
    /// anywhere (DDL-1). Tables that refer to each other in a ring stand by name.
    pub fn sorted_tables(&self) -> Vec<&Table> {
        Order::of(&self.tables).tables
    }

    /// Checks that every foreign key refers to columns that exist.
    ///
    /// # Errors
    /// The first one that doesn't, with both of its ends (DDL-9).
    pub fn validate(&self) -> Result<()> {
        match self.problems().into_iter().next() {
            Some(first) => Err(Error::Schema(first.into())),
            None => Ok(()),
        }
    }

    /// All foreign keys that refer to nothing, with both of their ends (DDL-9).
    pub fn problems(&self) -> Vec<String> {
        self.problems_among(self)
    }

    /// The same, where tables may refer to those of another set.
    pub fn problems_among(&self, all: &Self) -> Vec<String> {
        self.tables.iter().flat_map(|it| validate::references(it, all)).collect()
    }
}

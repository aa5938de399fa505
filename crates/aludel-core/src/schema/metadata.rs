//! [`MetaData`]: a set of tables.

use std::{any::TypeId, sync::Arc};

use super::{
    Name, NamingConvention, Table, TableOptions, events::Attached, order::Order, tables::Tables,
    validate,
};
use crate::{Error, Result};

/// A set of tables that belong together. Its copies share the tables until one of them is changed.
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
#[derive(Clone, Debug, Default)]
pub struct MetaData {
    pub(super) schema: Option<Name>,
    naming: NamingConvention,
    options: TableOptions,
    pub(super) tables: Arc<Tables>,
    pub(super) attached: Vec<Attached>,
    /// Which declarative base made the tables, and whether all could be made.
    mapped: Option<(TypeId, bool)>,
}

/// Whoever made the tables.
impl PartialEq for MetaData {
    fn eq(&self, other: &Self) -> bool {
        let Self { schema, naming, options, tables, attached, mapped: _ } = self;
        let same = Arc::ptr_eq(tables, &other.tables) || *tables == other.tables;
        same && *schema == other.schema
            && *naming == other.naming
            && *options == other.options
            && *attached == other.attached
    }
}

impl MetaData {
    /// No tables yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The schema of tables that name none, if they are added from now on.
    #[must_use]
    pub fn schema(mut self, schema: impl Into<Name>) -> Self {
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
        self.tables.list()
    }

    /// Adds a table. A foreign key without a schema refers to a table of the default schema.
    ///
    /// # Errors
    /// There is a table of this name already, or the table has two columns of one name, or its
    /// constraints name columns that it lacks.
    pub fn add(&mut self, table: Table) -> Result<()> {
        let table = self.completed(table);
        match self.tables.search(table.full_name()) {
            Ok(_) => Err(Error::Schema(format!("the table `{table}` is defined twice").into())),
            Err(place) => self.insert(place, table),
        }
    }

    /// Makes room for so many tables.
    #[doc(hidden)]
    pub fn reserve(&mut self, count: usize) {
        Arc::make_mut(&mut self.tables).reserve(count);
    }

    /// Adds a table, unless it is there; gives it back if there is one of its name that isn't the same.
    ///
    /// # Errors
    /// As [`add`](Self::add).
    #[doc(hidden)]
    pub fn add_once(&mut self, table: Table) -> Result<Option<Table>> {
        let table = self.completed(table);
        match self.tables.search(table.full_name()) {
            Ok(place) => Ok(Some(table).filter(|it| it != self.tables.at(place))),
            Err(place) => self.insert(place, table).map(|()| None),
        }
    }

    fn insert(&mut self, place: usize, table: Table) -> Result<()> {
        validate::table(&table)?;
        table.check_names()?;
        Arc::make_mut(&mut self.tables).insert(place, table);
        Ok(())
    }

    /// Which declarative base's mapped structs made these tables, and whether they all could.
    #[doc(hidden)]
    pub fn mapped(&self) -> Option<(TypeId, bool)> {
        self.mapped
    }

    /// Says so.
    #[doc(hidden)]
    pub fn set_mapped(&mut self, base: TypeId, sound: bool) {
        self.mapped = Some((base, sound));
    }

    /// The table as it is here: what it doesn't say itself, the set says.
    fn completed(&self, mut table: Table) -> Table {
        if table.schema.is_none() {
            table.schema.clone_from(&self.schema);
        }
        for foreign_key in &mut table.foreign_keys {
            if foreign_key.schema.is_none() {
                foreign_key.schema.clone_from(&self.schema);
            }
        }
        if self.options != TableOptions::NONE {
            table.options.complete(&self.options);
        }
        if table.naming == NamingConvention::NONE && self.naming != NamingConvention::NONE {
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
        self.tables.find((schema, name))
    }

    /// The tables, each after those that it refers to, by name among those that are free to stand
    /// anywhere (DDL-1). Tables that refer to each other in a ring stand by name.
    pub fn sorted_tables(&self) -> Vec<&Table> {
        Order::of(self).tables
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
        if self.tables.is_sound() { Vec::new() } else { self.problems_among(self) }
    }

    /// The same, where tables may refer to those of another set.
    pub fn problems_among(&self, all: &Self) -> Vec<String> {
        self.tables().iter().flat_map(|it| validate::references(it, &all.tables)).collect()
    }
}

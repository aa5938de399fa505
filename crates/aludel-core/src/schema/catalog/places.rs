//! [`Places`]: the tables that a server tells of, while their parts are read.

use std::collections::HashMap;

use super::{CatalogRow, ReflectOptions};
use crate::{Result, schema::Table};

/// Tables, and where those of a schema and a name are. Rows say both in their first two columns.
pub(super) struct Places<'a> {
    tables: Vec<Table>,
    by_name: HashMap<(&'a str, &'a str), Vec<usize>>,
}

impl<'a> Places<'a> {
    /// A table for each row and each place that it was asked for at.
    pub(super) fn of(
        rows: &'a [CatalogRow],
        options: &ReflectOptions,
        default: &str,
    ) -> Result<Self> {
        let mut places = Self { tables: Vec::new(), by_name: HashMap::new() };
        for row in rows {
            let (schema, name) = (row.text(0)?, row.text(1)?);
            for place in options.places(schema, default) {
                let found = places.by_name.entry((schema, name)).or_default();
                found.push(places.tables.len());
                let name = name.into();
                places.tables.push(Table { schema: place, name, ..Table::default() });
            }
        }
        Ok(places)
    }

    /// Does something to the tables that a row speaks of.
    pub(super) fn each(
        &mut self,
        row: &CatalogRow,
        act: &mut dyn FnMut(&mut Table) -> Result<()>,
    ) -> Result<()> {
        let found = self.by_name.get(&(row.text(0)?, row.text(1)?));
        found.into_iter().flatten().try_for_each(|it| act(&mut self.tables[*it]))
    }

    /// All of them.
    pub(super) fn into_tables(self) -> Vec<Table> {
        self.tables
    }
}

//! [`SchemaTranslate`]: tables that are declared in one schema, and stand in another.

use std::{collections::BTreeMap, sync::Arc};

use super::{DdlTarget, MetaData, Name};

/// In which schemas tables stand, by those that they are declared in (DDL-14). `None` is a table's that names
/// no schema, and the connection's default one.
///
/// ```
/// use aludel_core::schema::SchemaTranslate;
///
/// let tenant = SchemaTranslate::new([(None, "tenant_a"), (Some("shared"), "common")]);
/// assert_eq!(tenant.schema(None), Some("tenant_a"));
/// assert_eq!(tenant.schema(Some("shared")), Some("common"));
/// assert_eq!(tenant.schema(Some("other")), Some("other"));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SchemaTranslate(BTreeMap<Option<Name>, Option<Name>>);

impl SchemaTranslate {
    /// Of these schemas, tables stand in those. Schemas that aren't named stay as they are.
    pub fn new<'a, T: Into<Option<&'a str>>>(
        schemas: impl IntoIterator<Item = (Option<&'a str>, T)>,
    ) -> Self {
        let owned = |it: Option<&str>| it.map(Name::from);
        let pairs = schemas.into_iter().map(|(from, to)| (owned(from), owned(to.into())));
        Self(pairs.filter(|(from, to)| from != to).collect())
    }

    /// Whether all schemas stay as they are.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Where a table of a schema stands.
    pub fn schema<'a>(&'a self, declared: Option<&'a str>) -> Option<&'a str> {
        let to = self.0.iter().find(|(from, _)| from.as_deref() == declared);
        to.map_or(declared, |(_, to)| to.as_deref())
    }
}

impl MetaData {
    /// The same tables where they stand: what `create_all` creates for an engine with such a map.
    ///
    /// ```
    /// use aludel_core::schema::{Column, MetaData, SchemaTranslate, Table};
    /// use aludel_core::value::SqlType;
    ///
    /// let mut metadata = MetaData::new();
    /// metadata.add(Table::new("tag").column(Column::new("name", SqlType::Text)).primary_key(["name"]))?;
    /// let tenant = metadata.translated(&SchemaTranslate::new([(None, "tenant_a")]));
    /// assert_eq!(tenant.tables()[0].to_string(), "tenant_a.tag");
    /// # Ok::<(), aludel_core::Error>(())
    /// ```
    #[must_use]
    pub fn translated(&self, schemas: &SchemaTranslate) -> Self {
        let to = |it: &mut Option<Name>| *it = schemas.schema(it.as_deref()).map(Name::from);
        let mut translated = self.clone();
        to(&mut translated.schema);
        translated.tables = Arc::new(self.tables.changed(|table| {
            // A temporary table is in no schema but the connection's own.
            if table.temporary {
                return;
            }
            to(&mut table.schema);
            table.foreign_keys.iter_mut().for_each(|it| to(&mut it.schema));
            // One without a schema is in its table's.
            let columns = table.columns.iter_mut().filter(|it| it.sequence.is_some());
            let sequences = columns.filter_map(|it| it.sequence.as_mut());
            sequences.filter(|it| it.schema.is_some()).for_each(|it| to(&mut it.schema));
        }));
        for it in &mut translated.attached {
            if let DdlTarget::TableOf(schema, _) = &mut it.target {
                to(schema);
            }
        }
        translated
    }
}

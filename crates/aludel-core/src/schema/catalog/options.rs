//! [`ReflectOptions`]: which tables are read.

use crate::schema::{Name, SchemaTranslate};

/// Which tables are read: by default all of the connection's default schema.
///
/// ```
/// use aludel_core::schema::ReflectOptions;
/// let some = ReflectOptions::new().schema("app").only(["tag", "book"]);
/// assert_eq!(some.schemas(), [Some("app".into())]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReflectOptions {
    schemas: Vec<Option<Name>>,
    only: Option<Vec<Name>>,
    is_default: bool,
}

impl Default for ReflectOptions {
    fn default() -> Self {
        Self { schemas: vec![None], only: None, is_default: true }
    }
}

impl ReflectOptions {
    /// All tables of the default schema.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads this schema, instead of the default one; called again, this one, too. A schema is a
    /// database on MariaDB and MySQL, and an attached one on SQLite.
    #[must_use]
    pub fn schema(self, schema: impl Into<Name>) -> Self {
        self.and(Some(schema.into()))
    }

    /// Reads the default schema, too, if another was named before.
    #[must_use]
    pub fn default_schema(self) -> Self {
        self.and(None)
    }

    fn and(mut self, schema: Option<Name>) -> Self {
        if std::mem::take(&mut self.is_default) {
            self.schemas.clear();
        }
        if !self.schemas.contains(&schema) {
            self.schemas.push(schema);
        }
        self
    }

    /// Reads only the tables of these names.
    #[must_use]
    pub fn only<T: Into<Name>>(mut self, tables: impl IntoIterator<Item = T>) -> Self {
        self.only = Some(tables.into_iter().map(Into::into).collect());
        self
    }

    /// The same tables where they stand: what an engine with such a map reads.
    #[must_use]
    pub fn translated(self, schemas: &SchemaTranslate) -> Self {
        let to = |it: Option<Name>| schemas.schema(it.as_deref()).map(Name::from);
        let Self { schemas: declared, only, is_default } = self;
        Self { schemas: declared.into_iter().map(to).collect(), only, is_default }
    }

    /// The schemas; `None` is the default one.
    pub fn schemas(&self) -> &[Option<Name>] {
        &self.schemas
    }

    /// The tables, if not all are wanted.
    pub fn tables(&self) -> Option<&[Name]> {
        self.only.as_deref()
    }

    /// Under which schemas a table of a schema of the database is wanted: the default one may be
    /// wanted by its name and without it.
    pub(super) fn places(&self, schema: &str, default: &str) -> Vec<Option<Name>> {
        let is_it = |it: &&Option<Name>| it.as_deref().map_or(schema == default, |it| it == schema);
        self.schemas.iter().filter(is_it).cloned().collect()
    }

    /// How a table of a schema of the database refers to one of another.
    pub(super) fn target(&self, from: Option<&str>, schema: &str, default: &str) -> Option<Name> {
        let named = self.schemas.iter().any(|it| it.as_deref() == Some(schema));
        let unnamed = schema == default && self.schemas.contains(&None);
        if unnamed && (from.is_none() || !named) { None } else { Some(schema.into()) }
    }
}

//! [`Table`] and its constraints and indexes.

use super::{Column, NamingConvention};

/// What happens to referring rows when the referred row is deleted or its key changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Action {
    /// The change is refused (SQL's default, `NO ACTION`).
    #[default]
    NoAction,
    /// Refused at once, even within a deferred constraint.
    Restrict,
    /// They follow.
    Cascade,
    /// Their key becomes NULL.
    SetNull,
    /// Their key becomes its default; not on MariaDB and MySQL.
    SetDefault,
}

/// A foreign key of one or more columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignKey {
    /// The constraint's name; the database's own where there is none.
    pub name: Option<String>,
    /// The referring columns.
    pub columns: Vec<String>,
    /// The schema of the table referred to.
    pub schema: Option<String>,
    /// The table referred to.
    pub table: String,
    /// The columns referred to, as many.
    pub references: Vec<String>,
    /// `ON DELETE`
    pub on_delete: Action,
    /// `ON UPDATE`
    pub on_update: Action,
    /// Whether it is added when all tables are there, and has no say in their order; a database that can't
    /// add it by then does without (DDL-4, DDL-5).
    pub use_alter: bool,
}

/// A unique constraint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unique {
    /// The constraint's name; the database's own where there is none.
    pub name: Option<String>,
    /// Its columns.
    pub columns: Vec<String>,
}

/// A check constraint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// The constraint's name; the database's own where there is none.
    pub name: Option<String>,
    /// The condition, as SQL.
    pub sql: String,
}

/// An index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Index {
    /// The name; `ix_table_columns` where there is none.
    pub name: Option<String>,
    /// Its columns.
    pub columns: Vec<String>,
    /// Whether it refuses duplicates.
    pub unique: bool,
}

/// A table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// The schema; the connection's default where there is none.
    pub schema: Option<String>,
    /// The name.
    pub name: String,
    /// The columns, in order.
    pub columns: Vec<Column>,
    /// The primary key's columns; none for a table without one.
    pub primary_key: Vec<String>,
    /// Whether the database generates the primary key (a sole integer column).
    pub autoincrement: bool,
    /// Foreign keys.
    pub foreign_keys: Vec<ForeignKey>,
    /// Unique constraints.
    pub uniques: Vec<Unique>,
    /// Check constraints.
    pub checks: Vec<Check>,
    /// Indexes.
    pub indexes: Vec<Index>,
    /// How what has no name of its own is called; a [`MetaData`](super::MetaData) says it for its tables.
    pub naming: NamingConvention,
}

impl ForeignKey {
    /// `columns` refer to `references` of `table`.
    pub fn new<C: Into<String>, R: Into<String>>(
        columns: impl IntoIterator<Item = C>,
        table: impl Into<String>,
        references: impl IntoIterator<Item = R>,
    ) -> Self {
        Self {
            name: None,
            columns: columns.into_iter().map(Into::into).collect(),
            schema: None,
            table: table.into(),
            references: references.into_iter().map(Into::into).collect(),
            on_delete: Action::NoAction,
            on_update: Action::NoAction,
            use_alter: false,
        }
    }

    /// Is added when all tables are there, and has no say in their order; a database that can't add it by
    /// then does without.
    #[must_use]
    pub fn use_alter(mut self) -> Self {
        self.use_alter = true;
        self
    }

    /// Names the constraint.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// What happens when the referred row is deleted.
    #[must_use]
    pub fn on_delete(mut self, action: Action) -> Self {
        self.on_delete = action;
        self
    }

    /// What happens when the referred row's key changes.
    #[must_use]
    pub fn on_update(mut self, action: Action) -> Self {
        self.on_update = action;
        self
    }
}

impl Index {
    /// An index of these columns.
    pub fn new<C: Into<String>>(columns: impl IntoIterator<Item = C>) -> Self {
        Self { name: None, columns: columns.into_iter().map(Into::into).collect(), unique: false }
    }

    /// Refuses duplicates.
    #[must_use]
    pub fn unique(mut self) -> Self {
        self.unique = true;
        self
    }

    /// Names the index.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Its name in `table`: `ix_table_columns` unless it has one of its own (DDL-6).
    pub fn name_in(&self, table: &Table) -> String {
        self.name.clone().unwrap_or_else(|| format!("ix_{}_{}", table.name, self.columns.join("_")))
    }
}

impl Table {
    /// A table without columns.
    ///
    /// ```
    /// use aludel_core::schema::{Column, ForeignKey, Index, Table};
    /// use aludel_core::value::SqlType;
    ///
    /// let address = Table::new("address")
    ///     .column(Column::new("id", SqlType::BigInt))
    ///     .column(Column::new("user_id", SqlType::BigInt))
    ///     .primary_key(["id"])
    ///     .foreign_key(ForeignKey::new(["user_id"], "user_account", ["id"]))
    ///     .index(Index::new(["user_id"]));
    /// assert!(address.autoincrement);
    /// ```
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// Puts it into a schema.
    #[must_use]
    pub fn schema(mut self, schema: impl Into<String>) -> Self {
        self.schema = Some(schema.into());
        self
    }

    /// Adds a column.
    #[must_use]
    pub fn column(mut self, column: Column) -> Self {
        self.columns.push(column);
        self
    }

    /// Names the primary key's columns. The database generates the key if that is one integer
    /// column, known by now, which refers to no other (DDL-10); set [`Table::autoincrement`] to say
    /// otherwise.
    #[must_use]
    pub fn primary_key<C: Into<String>>(mut self, columns: impl IntoIterator<Item = C>) -> Self {
        self.primary_key = columns.into_iter().map(Into::into).collect();
        self.autoincrement = self.key_can_be_generated();
        self
    }

    fn key_can_be_generated(&self) -> bool {
        let [key] = &*self.primary_key else {
            return false;
        };
        let integer = self.find_column(key).is_some_and(|it| it.ty.is_integer());
        integer && !self.foreign_keys.iter().any(|it| it.columns.contains(key))
    }

    /// Adds a foreign key. A key that refers to another is not generated.
    #[must_use]
    pub fn foreign_key(mut self, foreign_key: ForeignKey) -> Self {
        self.foreign_keys.push(foreign_key);
        self.autoincrement &= self.key_can_be_generated();
        self
    }

    /// Adds a unique constraint.
    #[must_use]
    pub fn unique<C: Into<String>>(mut self, columns: impl IntoIterator<Item = C>) -> Self {
        let columns = columns.into_iter().map(Into::into).collect();
        self.uniques.push(Unique { name: None, columns });
        self
    }

    /// Adds a check constraint.
    #[must_use]
    pub fn check(mut self, sql: impl Into<String>) -> Self {
        self.checks.push(Check { name: None, sql: sql.into() });
        self
    }

    /// Adds a check constraint with a name, or with that part of its name which a convention asks for.
    #[must_use]
    pub fn check_named(mut self, name: impl Into<String>, sql: impl Into<String>) -> Self {
        self.checks.push(Check { name: Some(name.into()), sql: sql.into() });
        self
    }

    /// Adds an index.
    #[must_use]
    pub fn index(mut self, index: Index) -> Self {
        self.indexes.push(index);
        self
    }

    /// The column of this name.
    pub fn find_column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|it| it.name == name)
    }

    /// Whether this is the table of that schema and name.
    pub(super) fn is(&self, schema: Option<&str>, name: &str) -> bool {
        self.schema.as_deref() == schema && self.name == name
    }
}

/// With the schema, if it has one.
impl std::fmt::Display for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.schema {
            Some(schema) => write!(f, "{schema}.{}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

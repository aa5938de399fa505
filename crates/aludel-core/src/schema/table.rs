//! [`Table`].

use super::{
    Check, Column, Details, Exclusion, ForeignKey, Index, Name, NamingConvention, TableOptions,
    Unique, details::details,
};

/// A table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// The schema; the connection's default where there is none.
    pub schema: Option<Name>,
    /// The name.
    pub name: Name,
    /// The columns, in order.
    pub columns: Vec<Column>,
    /// The primary key's columns; none for a table without one.
    pub primary_key: Vec<Name>,
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
    /// The rest, which few say: read and written as the table's own.
    pub details: Details<TableDetails>,
}

/// What few tables say.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TableDetails {
    /// Exclusion constraints.
    pub exclusions: Vec<Exclusion>,
    /// What it is, in words for people; on databases that keep such.
    pub comment: Option<Name>,
    /// Whether only the connection that creates it sees it, and it is gone with that.
    pub temporary: bool,
    /// What one kind of database can be told of it.
    pub options: TableOptions,
    /// How what has no name of its own is called; a [`MetaData`](super::MetaData) says it for its tables.
    pub naming: NamingConvention,
}

details!(
    Table,
    TableDetails,
    TableDetails {
        exclusions: Vec::new(),
        comment: None,
        temporary: false,
        options: TableOptions::NONE,
        naming: NamingConvention::NONE,
    }
);

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
    pub fn new(name: impl Into<Name>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// Puts it into a schema.
    #[must_use]
    pub fn schema(mut self, schema: impl Into<Name>) -> Self {
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
    pub fn primary_key<C: Into<Name>>(mut self, columns: impl IntoIterator<Item = C>) -> Self {
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
    pub fn unique<C: Into<Name>>(self, columns: impl IntoIterator<Item = C>) -> Self {
        self.unique_constraint(Unique::new(columns))
    }

    /// Adds a unique constraint that has more to say.
    #[must_use]
    pub fn unique_constraint(mut self, unique: Unique) -> Self {
        self.uniques.push(unique);
        self
    }

    /// Adds a check constraint.
    #[must_use]
    pub fn check(self, sql: impl Into<Name>) -> Self {
        self.check_constraint(Check::new(sql))
    }

    /// Adds a check constraint with a name, or with that part of its name which a convention asks for.
    #[must_use]
    pub fn check_named(self, name: impl Into<Name>, sql: impl Into<Name>) -> Self {
        self.check_constraint(Check::new(sql).named(name))
    }

    /// Adds a check constraint that has more to say.
    #[must_use]
    pub fn check_constraint(mut self, check: Check) -> Self {
        self.checks.push(check);
        self
    }

    /// Adds an exclusion constraint.
    #[must_use]
    pub fn exclusion(mut self, exclusion: Exclusion) -> Self {
        self.exclusions.push(exclusion);
        self
    }

    /// Says what it is, in words for people.
    #[must_use]
    pub fn comment(mut self, comment: impl Into<Name>) -> Self {
        self.comment = Some(comment.into());
        self
    }

    /// Is seen by the connection alone that creates it, and is gone with that.
    #[must_use]
    pub fn temporary(mut self) -> Self {
        self.temporary = true;
        self
    }

    /// Tells one kind of database more of it.
    #[must_use]
    pub fn options(mut self, options: TableOptions) -> Self {
        self.options = options;
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

    /// Its schema and name.
    pub(super) fn full_name(&self) -> (Option<&str>, &str) {
        (self.schema.as_deref(), &self.name)
    }

    /// Whether this is the table of that schema and name.
    pub(super) fn is(&self, schema: Option<&str>, name: &str) -> bool {
        self.full_name() == (schema, name)
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

//! [`TableOptions`]: what one kind of database can be told of a table, and others don't know.

use super::Name;

/// What one kind of database can be told of a table. Each option is for its own kind, and is left out elsewhere.
///
/// ```
/// use aludel_core::dialect::{MariaDb, Sqlite};
/// use aludel_core::schema::{CheckFirst, Column, Table, TableOptions, create_table};
/// use aludel_core::value::SqlType;
///
/// let log = Table::new("log")
///     .column(Column::new("line", SqlType::Text))
///     .options(TableOptions::new().engine("Aria").strict());
/// let sql = |dialect| create_table(&log, dialect, CheckFirst::No);
/// assert_eq!(sql(&Sqlite)?, "CREATE TABLE log (\n    line TEXT NOT NULL\n) STRICT");
/// assert_eq!(sql(&MariaDb)?, "CREATE TABLE log (\n    line LONGTEXT NOT NULL\n) ENGINE=Aria");
/// # Ok::<(), aludel_core::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableOptions {
    /// SQLite: values must be of their columns' types.
    pub strict: bool,
    /// SQLite: rows lie in the order of the primary key, and have no number of their own.
    pub without_rowid: bool,
    /// PostgreSQL: what rows are divided by: `RANGE (day)`.
    pub partition_by: Option<Name>,
    /// PostgreSQL: the parts that rows are divided into.
    pub partitions: Vec<Partition>,
    /// PostgreSQL: storage parameters: `fillfactor`, `70`.
    pub with: Vec<(Name, Name)>,
    /// PostgreSQL: where its files are.
    pub tablespace: Option<Name>,
    /// PostgreSQL: whether it is faster, and empty after a crash.
    pub unlogged: bool,
    /// MySQL and MariaDB: the storage engine.
    pub engine: Option<Name>,
    /// MySQL and MariaDB: the characters of its texts.
    pub charset: Option<Name>,
    /// MySQL and MariaDB: how its texts are compared.
    pub collation: Option<Name>,
    /// MySQL and MariaDB: more of that: `ROW_FORMAT`, `COMPRESSED`.
    pub others: Vec<(Name, Name)>,
}

/// A part of a table's rows, with a name of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partition {
    /// Its name; it is in its table's schema.
    pub name: Name,
    /// Its rows: `FROM ('2024-01-01') TO ('2025-01-01')`, `IN (1, 2)`, `DEFAULT`.
    pub bounds: Name,
}

impl TableOptions {
    /// Nothing.
    pub(super) const NONE: Self = Self {
        strict: false,
        without_rowid: false,
        partition_by: None,
        partitions: Vec::new(),
        with: Vec::new(),
        tablespace: None,
        unlogged: false,
        engine: None,
        charset: None,
        collation: None,
        others: Vec::new(),
    };

    /// Says nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// SQLite: values must be of their columns' types.
    #[must_use]
    pub const fn strict(mut self) -> Self {
        self.strict = true;
        self
    }

    /// SQLite: rows lie in the order of the primary key, and have no number of their own.
    #[must_use]
    pub const fn without_rowid(mut self) -> Self {
        self.without_rowid = true;
        self
    }

    /// PostgreSQL: what rows are divided by: `RANGE (day)`.
    #[must_use]
    pub fn partition_by(mut self, by: impl Into<Name>) -> Self {
        self.partition_by = Some(by.into());
        self
    }

    /// PostgreSQL: a part of the rows, and which: `FROM ('2024-01-01') TO ('2025-01-01')`, `DEFAULT`.
    #[must_use]
    pub fn partition(mut self, name: impl Into<Name>, bounds: impl Into<Name>) -> Self {
        self.partitions.push(Partition { name: name.into(), bounds: bounds.into() });
        self
    }

    /// PostgreSQL: a storage parameter.
    #[must_use]
    pub fn with(mut self, name: impl Into<Name>, value: impl Into<Name>) -> Self {
        self.with.push((name.into(), value.into()));
        self
    }

    /// PostgreSQL: where its files are.
    #[must_use]
    pub fn tablespace(mut self, name: impl Into<Name>) -> Self {
        self.tablespace = Some(name.into());
        self
    }

    /// PostgreSQL: is faster, and empty after a crash.
    #[must_use]
    pub const fn unlogged(mut self) -> Self {
        self.unlogged = true;
        self
    }

    /// MySQL and MariaDB: the storage engine.
    #[must_use]
    pub fn engine(mut self, name: impl Into<Name>) -> Self {
        self.engine = Some(name.into());
        self
    }

    /// MySQL and MariaDB: the characters of its texts.
    #[must_use]
    pub fn charset(mut self, name: impl Into<Name>) -> Self {
        self.charset = Some(name.into());
        self
    }

    /// MySQL and MariaDB: how its texts are compared.
    #[must_use]
    pub fn collation(mut self, name: impl Into<Name>) -> Self {
        self.collation = Some(name.into());
        self
    }

    /// MySQL and MariaDB: one of the others: `ROW_FORMAT`, `COMPRESSED`.
    #[must_use]
    pub fn other(mut self, name: impl Into<Name>, value: impl Into<Name>) -> Self {
        self.others.push((name.into(), value.into()));
        self
    }

    /// Takes those of `defaults` for what these don't say; what rows are divided by is a table's own.
    pub(super) fn complete(&mut self, defaults: &Self) {
        let fill = |it: &mut Option<Name>, default: &Option<Name>| {
            if it.is_none() {
                it.clone_from(default);
            }
        };
        self.strict |= defaults.strict;
        self.without_rowid |= defaults.without_rowid;
        self.unlogged |= defaults.unlogged;
        fill(&mut self.tablespace, &defaults.tablespace);
        fill(&mut self.engine, &defaults.engine);
        fill(&mut self.charset, &defaults.charset);
        fill(&mut self.collation, &defaults.collation);
        add(&mut self.with, &defaults.with);
        add(&mut self.others, &defaults.others);
    }
}

/// Adds those of names that aren't there.
fn add(to: &mut Vec<(Name, Name)>, defaults: &[(Name, Name)]) {
    for (name, value) in defaults {
        if !to.iter().any(|it| it.0.eq_ignore_ascii_case(name)) {
            to.push((name.clone(), value.clone()));
        }
    }
}

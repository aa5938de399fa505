//! [`Difference`]: one thing in which a database differs from what is declared, as data.

use std::fmt;

use crate::schema::{
    Check, Column, Computed, Exclusion, ForeignKey, Identity, Index, Name, Sequence, Table, Unique,
};

/// A list of differences: none if a database has all that is declared. It displays one a line.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Differences(Vec<Difference>);

impl Differences {
    pub(super) fn new(differences: Vec<Difference>) -> Self {
        Self(differences)
    }
}

impl std::ops::Deref for Differences {
    type Target = [Difference];

    fn deref(&self) -> &[Difference] {
        &self.0
    }
}

impl IntoIterator for Differences {
    type Item = Difference;
    type IntoIter = std::vec::IntoIter<Difference>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Differences {
    type Item = &'a Difference;
    type IntoIter = std::slice::Iter<'a, Difference>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl fmt::Display for Differences {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, it) in self.0.iter().enumerate() {
            let end = if index == 0 { "" } else { "\n" };
            write!(f, "{end}{it}")?;
        }
        Ok(())
    }
}

/// One thing in which a database differs from what is declared.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// The table's schema; `None` is the connection's default one.
    pub schema: Option<Name>,
    /// The table.
    pub table: Name,
    /// What differs.
    pub what: What,
}

/// What differs.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum What {
    /// The database hasn't got the table.
    MissingTable(Table),
    /// Nobody declared the table.
    ExtraTable(Table),
    /// The table hasn't got the column.
    MissingColumn(Column),
    /// Nobody declared the column.
    ExtraColumn(Column),
    /// A column's type; as the database spells it.
    Type {
        /// The column.
        column: Name,
        /// What is declared.
        declared: String,
        /// What the database has.
        found: String,
    },
    /// The labels of a column, or their order where it counts.
    Labels {
        /// The column.
        column: Name,
        /// What is declared.
        declared: Vec<String>,
        /// What the database has.
        found: Vec<String>,
    },
    /// Whether a column accepts NULL.
    Nullable {
        /// The column.
        column: Name,
        /// What is declared; the database has the opposite.
        declared: bool,
    },
    /// A column's default, as SQL.
    Default {
        /// The column.
        column: Name,
        /// What is declared.
        declared: Option<String>,
        /// What the database has.
        found: Option<String>,
    },
    /// What a column is computed by.
    Computed {
        /// The column.
        column: Name,
        /// What is declared.
        declared: Option<Computed>,
        /// What the database has.
        found: Option<Computed>,
    },
    /// How a column is numbered.
    Identity {
        /// The column.
        column: Name,
        /// What is declared.
        declared: Option<Identity>,
        /// What the database has.
        found: Option<Identity>,
    },
    /// The sequence that fills a column in.
    Sequence {
        /// The column.
        column: Name,
        /// What is declared.
        declared: Option<Sequence>,
        /// What the database has.
        found: Option<Sequence>,
    },
    /// How a column's texts are compared.
    Collation {
        /// The column.
        column: Name,
        /// What is declared.
        declared: Option<Name>,
        /// What the database has; the table's own if nothing is said.
        found: Option<Name>,
    },
    /// Words for people.
    Comment {
        /// The column that they are about; the table where there is none.
        column: Option<Name>,
        /// What is declared.
        declared: Option<Name>,
        /// What the database has.
        found: Option<Name>,
    },
    /// What one kind of database can be told of a table.
    TableOption {
        /// What it is called: `ENGINE`.
        name: String,
        /// What is declared, as SQL.
        declared: Option<String>,
        /// What the database has, as SQL.
        found: Option<String>,
    },
    /// Whether the database generates the primary key.
    Autoincrement {
        /// What is declared; the database has the opposite.
        declared: bool,
    },
    /// The primary key's columns.
    PrimaryKey {
        /// What is declared.
        declared: Vec<Name>,
        /// What the database has.
        found: Vec<Name>,
    },
    /// A foreign key.
    ForeignKey(Change<ForeignKey>),
    /// A unique constraint.
    Unique(Change<Unique>),
    /// A check constraint.
    Check(Change<Check>),
    /// An exclusion constraint.
    Exclusion(Change<Exclusion>),
    /// An index.
    Index(Change<Index>),
}

/// What is the matter with a constraint or an index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change<T> {
    /// The database hasn't got it.
    Missing(T),
    /// Nobody declared it.
    Extra(T),
    /// The database has it in another form.
    Changed {
        /// What is declared.
        declared: T,
        /// What the database has.
        found: T,
    },
}

impl Difference {
    pub(super) fn of(table: &Table, what: What) -> Self {
        Self { schema: table.schema.clone(), table: table.name.clone(), what }
    }
}

//! [`Column`] of a table.

use super::{Details, Name, Sequence, details::details};
use crate::{
    dialect::{Dialect, DialectName},
    value::{ColumnType, SqlType, TypeVariants, Value, variants},
};

/// A column of a [`Table`](super::Table).
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// The name.
    pub name: Name,
    /// The type.
    pub ty: SqlType,
    /// Whether it accepts NULL.
    pub nullable: bool,
    /// What the database fills in where a row has no value.
    pub server_default: Option<ServerDefault>,
    /// The rest, which few say: read and written as the column's own.
    pub details: Details<ColumnDetails>,
}

/// What few columns say.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ColumnDetails {
    /// Dialects where it has another type, and which.
    pub variants: Vec<(DialectName, SqlType)>,
    /// What the database computes it by, always.
    pub computed: Option<Computed>,
    /// How the database numbers it; databases without identity columns number a generated key in their
    /// own way, and know no other.
    pub identity: Option<Identity>,
    /// The sequence that fills it in where a row has no value.
    pub sequence: Option<Sequence>,
    /// How its texts are compared; the databases where that has a name of its own, before all others.
    pub collations: Vec<(Option<DialectName>, Name)>,
    /// What it is, in words for people; on databases that keep such.
    pub comment: Option<Name>,
}

details!(
    Column,
    ColumnDetails,
    ColumnDetails {
        variants: Vec::new(),
        computed: None,
        identity: None,
        sequence: None,
        collations: Vec::new(),
        comment: None,
    }
);

/// What the database computes a column by: `GENERATED ALWAYS AS (…)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Computed {
    /// An expression of the row's other columns, as SQL.
    pub sql: Name,
    /// When it is computed.
    pub storage: Storage,
}

/// When the database computes a column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Storage {
    /// When the row is written.
    #[default]
    Stored,
    /// When the row is read; not on every database, nor in every key.
    Virtual,
}

/// How the database numbers a column: `GENERATED … AS IDENTITY`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// Whether the database refuses a value of the program's.
    pub always: bool,
    /// The first number, where it isn't 1.
    pub start: Option<i64>,
    /// The step, where it isn't 1.
    pub increment: Option<i64>,
}

/// What the database fills in where a row has no value.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum ServerDefault {
    /// A constant.
    Value(Value),
    /// The current moment.
    Now,
    /// SQL text, as it stands.
    Sql(String),
}

impl<T: ColumnType> From<T> for ServerDefault {
    fn from(value: T) -> Self {
        Self::Value(Value::from(value))
    }
}

impl From<&str> for ServerDefault {
    fn from(text: &str) -> Self {
        Self::Value(Value::from(text))
    }
}

impl Column {
    /// A NOT NULL column without a default.
    pub fn new(name: impl Into<Name>, ty: impl Into<TypeVariants>) -> Self {
        let TypeVariants { ty, variants } = ty.into();
        let (name, details) = (name.into(), Details::default());
        let mut column = Self { name, ty, nullable: false, server_default: None, details };
        if !variants.is_empty() {
            column.variants = variants;
        }
        column
    }

    /// The type on a database.
    pub fn type_on(&self, dialect: &dyn Dialect) -> SqlType {
        variants::on(self.ty, &self.variants, dialect)
    }

    /// How its texts are compared on a database, if anything is said.
    pub fn collation_on(&self, dialect: &dyn Dialect) -> Option<&str> {
        let said = |wanted: Option<&str>| {
            let is_it = |it: &&(Option<DialectName>, Name)| it.0.map(|it| it.0) == wanted;
            self.collations.iter().find(is_it).map(|it| &*it.1)
        };
        said(Some(dialect.name())).or_else(|| said(None))
    }

    /// Its texts are compared so: `NOCASE`. Databases have names of their own for that: see
    /// [`Self::collation_of`].
    #[must_use]
    pub fn collation(mut self, name: impl Into<Name>) -> Self {
        self.collations.push((None, name.into()));
        self
    }

    /// Its texts are compared so on this database.
    #[must_use]
    pub fn collation_of(mut self, dialect: DialectName, name: impl Into<Name>) -> Self {
        self.collations.push((Some(dialect), name.into()));
        self
    }

    /// Says what it is, in words for people.
    #[must_use]
    pub fn comment(mut self, comment: impl Into<Name>) -> Self {
        self.comment = Some(comment.into());
        self
    }

    /// Takes its default from a sequence.
    #[must_use]
    pub fn sequence(mut self, sequence: Sequence) -> Self {
        self.sequence = Some(sequence);
        self
    }

    /// Accepts NULL.
    #[must_use]
    pub fn nullable(mut self) -> Self {
        self.nullable = true;
        self
    }

    /// Is computed by the database, from the row's other columns.
    #[must_use]
    pub fn computed(mut self, sql: impl Into<Name>, storage: Storage) -> Self {
        self.computed = Some(Computed { sql: sql.into(), storage });
        self
    }

    /// Is numbered by the database.
    #[must_use]
    pub fn identity(mut self, identity: Identity) -> Self {
        self.identity = Some(identity);
        self
    }

    /// Has a default in the database.
    #[must_use]
    pub fn server_default(mut self, default: impl Into<ServerDefault>) -> Self {
        self.server_default = Some(default.into());
        self
    }
}

//! Constraints of a [`Table`](super::Table): foreign keys, unique, check and exclusion constraints.

use super::{IndexMethod, IndexPart, Name};
use crate::dialect::DialectName;

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

/// When a constraint is checked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Deferrable {
    /// With each statement, always.
    #[default]
    No,
    /// With each statement, unless the transaction says `SET CONSTRAINTS … DEFERRED`.
    Immediate,
    /// At COMMIT, unless the transaction says `SET CONSTRAINTS … IMMEDIATE`.
    Deferred,
}

impl Deferrable {
    /// As SQL, behind a constraint; nothing for those that can't wait.
    pub(super) const fn sql(self) -> &'static str {
        match self {
            Self::No => "",
            Self::Immediate => " DEFERRABLE",
            Self::Deferred => " DEFERRABLE INITIALLY DEFERRED",
        }
    }
}

/// A foreign key of one or more columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignKey {
    /// The constraint's name; the database's own where there is none.
    pub name: Option<Name>,
    /// The referring columns.
    pub columns: Vec<Name>,
    /// The schema of the table referred to.
    pub schema: Option<Name>,
    /// The table referred to.
    pub table: Name,
    /// The columns referred to, as many.
    pub references: Vec<Name>,
    /// `ON DELETE`
    pub on_delete: Action,
    /// `ON UPDATE`
    pub on_update: Action,
    /// Whether it is added when all tables are there, and has no say in their order; a database that can't
    /// add it by then does without (DDL-4, DDL-5).
    pub use_alter: bool,
    /// When it is checked; MySQL and MariaDB refuse one that can wait.
    pub deferrable: Deferrable,
}

/// A unique constraint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unique {
    /// The constraint's name; the database's own where there is none.
    pub name: Option<Name>,
    /// Its columns.
    pub columns: Vec<Name>,
    /// When it is checked; only PostgreSQL has such as can wait.
    pub deferrable: Deferrable,
}

/// A check constraint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// The constraint's name; the database's own where there is none.
    pub name: Option<Name>,
    /// The condition, as SQL.
    pub sql: Name,
    /// The databases that have it; all of them if none is named.
    pub only: Vec<DialectName>,
}

/// An exclusion constraint: no two rows for which all of its comparisons are true. PostgreSQL has it, and any other
/// database refuses it, unless [`Self::only`] leaves it out there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exclusion {
    /// The constraint's name; the database's own where there is none.
    pub name: Option<Name>,
    /// The kind of its index; `gist` if nothing is said.
    pub method: Option<IndexMethod>,
    /// Columns or expressions, each with the operator that compares it: `=`, `&&`.
    pub elements: Vec<(IndexPart, Name)>,
    /// Which rows it is about, as SQL; all of them if nothing is said.
    pub condition: Option<Name>,
    /// When it is checked.
    pub deferrable: Deferrable,
    /// The databases that have it; all of them if none is named.
    pub only: Vec<DialectName>,
}

impl ForeignKey {
    /// `columns` refer to `references` of `table`.
    pub fn new<C: Into<Name>, R: Into<Name>>(
        columns: impl IntoIterator<Item = C>,
        table: impl Into<Name>,
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
            deferrable: Deferrable::No,
        }
    }

    /// The schema and name of the table referred to.
    pub(super) fn target(&self) -> (Option<&str>, &str) {
        (self.schema.as_deref(), &self.table)
    }

    /// Puts the table referred to into a schema.
    #[must_use]
    pub fn schema(mut self, schema: impl Into<Name>) -> Self {
        self.schema = Some(schema.into());
        self
    }

    /// When it is checked.
    #[must_use]
    pub fn deferrable(mut self, when: Deferrable) -> Self {
        self.deferrable = when;
        self
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
    pub fn named(mut self, name: impl Into<Name>) -> Self {
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

impl Unique {
    /// Of these columns.
    pub fn new<C: Into<Name>>(columns: impl IntoIterator<Item = C>) -> Self {
        let columns = columns.into_iter().map(Into::into).collect();
        Self { name: None, columns, deferrable: Deferrable::No }
    }

    /// Names the constraint.
    #[must_use]
    pub fn named(mut self, name: impl Into<Name>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// When it is checked.
    #[must_use]
    pub const fn deferrable(mut self, when: Deferrable) -> Self {
        self.deferrable = when;
        self
    }
}

impl Check {
    /// Of this condition, as SQL.
    pub fn new(sql: impl Into<Name>) -> Self {
        Self { name: None, sql: sql.into(), only: Vec::new() }
    }

    /// Names the constraint, or says that part of its name which a convention asks for.
    #[must_use]
    pub fn named(mut self, name: impl Into<Name>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Is made on these databases, and on no other.
    #[must_use]
    pub fn only(mut self, dialects: impl IntoIterator<Item = DialectName>) -> Self {
        self.only.extend(dialects);
        self
    }
}

impl Exclusion {
    /// Of these columns or expressions, each with the operator that compares it.
    ///
    /// ```
    /// use aludel_core::dialect::Postgres;
    /// use aludel_core::schema::{CheckFirst, Column, Exclusion, Table, create_table};
    /// use aludel_core::value::SqlType;
    ///
    /// let booking = Table::new("booking")
    ///     .column(Column::new("during", SqlType::Range(&SqlType::Date)))
    ///     .exclusion(Exclusion::new([("during", "&&")]));
    /// assert_eq!(
    ///     create_table(&booking, &Postgres, CheckFirst::No)?,
    ///     "CREATE TABLE booking (\n    during DATERANGE NOT NULL,\n    EXCLUDE USING gist (during WITH &&)\n)"
    /// );
    /// # Ok::<(), aludel_core::Error>(())
    /// ```
    pub fn new<P: Into<IndexPart>, O: Into<Name>>(
        elements: impl IntoIterator<Item = (P, O)>,
    ) -> Self {
        let elements = elements.into_iter().map(|(part, operator)| (part.into(), operator.into()));
        Self {
            name: None,
            method: None,
            elements: elements.collect(),
            condition: None,
            deferrable: Deferrable::No,
            only: Vec::new(),
        }
    }

    /// Names the constraint.
    #[must_use]
    pub fn named(mut self, name: impl Into<Name>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Has an index of this kind.
    #[must_use]
    pub const fn using(mut self, method: IndexMethod) -> Self {
        self.method = Some(method);
        self
    }

    /// Is only about the rows for which this is true, as SQL.
    #[must_use]
    pub fn when(mut self, condition: impl Into<Name>) -> Self {
        self.condition = Some(condition.into());
        self
    }

    /// When it is checked.
    #[must_use]
    pub const fn deferrable(mut self, when: Deferrable) -> Self {
        self.deferrable = when;
        self
    }

    /// Is made on these databases, and on no other.
    #[must_use]
    pub fn only(mut self, dialects: impl IntoIterator<Item = DialectName>) -> Self {
        self.only.extend(dialects);
        self
    }
}

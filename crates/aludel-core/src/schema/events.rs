//! [`Ddl`]: statements of one's own around the creating and dropping of tables.

use super::{MetaData, Name, Table};
use crate::{
    Error, Result,
    dialect::{Dialect, DialectName},
};

/// A statement of one's own that goes along when tables are created or dropped: a trigger, an extension, a
/// comment. [`MetaData::after_create`] and its siblings attach it.
///
/// `{table}`, `{schema}` and `{fullname}` stand for the table that it is attached to, quoted where it must be;
/// all other braces are themselves.
///
/// ```
/// use aludel_core::dialect::{POSTGRES, Postgres, Sqlite};
/// use aludel_core::schema::{Column, Ddl, MetaData, Table, create_statements};
/// use aludel_core::value::SqlType;
///
/// let cluster = Ddl::new("ALTER TABLE {fullname} SET (fillfactor = 70)").execute_if([POSTGRES]);
/// let mut metadata = MetaData::new().after_create("tag", cluster);
/// metadata.add(Table::new("tag").column(Column::new("name", SqlType::Text)).primary_key(["name"]))?;
/// assert_eq!(create_statements(&metadata, &Postgres)?[1], "ALTER TABLE tag SET (fillfactor = 70)");
/// assert_eq!(create_statements(&metadata, &Sqlite)?.len(), 1);
/// # Ok::<(), aludel_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ddl {
    sql: String,
    dialects: Option<Vec<DialectName>>,
}

impl Ddl {
    /// This statement, on every database.
    pub fn new(sql: impl Into<String>) -> Self {
        Self { sql: sql.into(), dialects: None }
    }

    /// Only on these.
    #[must_use]
    pub fn execute_if(mut self, dialects: impl IntoIterator<Item = DialectName>) -> Self {
        self.dialects = Some(dialects.into_iter().collect());
        self
    }

    fn is_for(&self, dialect: &dyn Dialect) -> bool {
        self.dialects.as_ref().is_none_or(|all| all.iter().any(|it| it.is(dialect)))
    }

    /// The SQL, with the table's names.
    fn sql(&self, table: Option<&Table>, dialect: &dyn Dialect) -> String {
        let Some(table) = table else { return self.sql.clone() };
        let quoted = |it: &str| {
            let mut sql = String::new();
            dialect.identifier(&mut sql, it);
            sql
        };
        let (schema, name) = (table.schema.as_deref().map(quoted), quoted(&table.name));
        let full = schema.iter().chain([&name]).cloned().collect::<Vec<_>>().join(".");
        let mut sql = String::with_capacity(self.sql.len());
        let mut rest = self.sql.as_str();
        // In one go: a name may have braces of its own.
        while let Some(at) = rest.find('{') {
            let (before, token) = rest.split_at(at);
            sql.push_str(before);
            let values = [
                ("{table}", &*name),
                ("{schema}", schema.as_deref().unwrap_or_default()),
                ("{fullname}", &*full),
            ];
            let (token, value) =
                values.into_iter().find(|it| token.starts_with(it.0)).unwrap_or(("{", "{"));
            sql.push_str(value);
            rest = &rest[at + token.len()..];
        }
        sql + rest
    }
}

/// When a statement is executed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    BeforeCreate,
    AfterCreate,
    BeforeDrop,
    AfterDrop,
}

/// What a statement is attached to: a table by its name, or by its schema and its name, or the whole
/// [`MetaData`] ([`DdlTarget::All`]).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DdlTarget {
    /// All tables together: before the first and after the last.
    All,
    /// A table of this name, in whatever schema.
    Table(Name),
    /// A table of this schema and name; none is the connection's default schema.
    TableOf(Option<Name>, Name),
}

impl DdlTarget {
    pub(super) fn is(&self, table: &Table) -> bool {
        match self {
            Self::All => false,
            Self::Table(name) => table.name == *name,
            Self::TableOf(schema, name) => table.is(schema.as_deref(), name),
        }
    }
}

impl From<&str> for DdlTarget {
    fn from(name: &str) -> Self {
        Self::Table(name.into())
    }
}

impl From<(&str, &str)> for DdlTarget {
    fn from((schema, name): (&str, &str)) -> Self {
        Self::TableOf(Some(schema.into()), name.into())
    }
}

/// A statement with its place.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Attached {
    pub(super) when: When,
    pub(super) target: DdlTarget,
    pub(super) ddl: Ddl,
}

/// Statements of one's own. Those of a table are executed where the table is: within the transaction of
/// `create_all` and `drop_all`, and in the scripts that are printed; and only if the table is really created or
/// dropped, for which `create_all` and `drop_all` look first. Those of [`DdlTarget::All`] are executed each time, so let
/// them say `IF NOT EXISTS`.
impl MetaData {
    /// Before a table is created, or before all of them are.
    #[must_use]
    pub fn before_create(self, target: impl Into<DdlTarget>, ddl: Ddl) -> Self {
        self.attach(When::BeforeCreate, target.into(), ddl)
    }

    /// After a table was created with its indexes, or after all of them and their foreign keys.
    #[must_use]
    pub fn after_create(self, target: impl Into<DdlTarget>, ddl: Ddl) -> Self {
        self.attach(When::AfterCreate, target.into(), ddl)
    }

    /// Before a table is dropped, or before all of them are.
    #[must_use]
    pub fn before_drop(self, target: impl Into<DdlTarget>, ddl: Ddl) -> Self {
        self.attach(When::BeforeDrop, target.into(), ddl)
    }

    /// After a table was dropped, or after all of them.
    #[must_use]
    pub fn after_drop(self, target: impl Into<DdlTarget>, ddl: Ddl) -> Self {
        self.attach(When::AfterDrop, target.into(), ddl)
    }

    fn attach(mut self, when: When, target: DdlTarget, ddl: Ddl) -> Self {
        self.attached.push(Attached { when, target, ddl });
        self
    }

    /// Whether some statement is executed only if a table isn't there yet, or still is.
    #[doc(hidden)]
    pub fn has_table_events(&self) -> bool {
        self.attached.iter().any(|it| it.target != DdlTarget::All)
    }

    /// Whether some statement is executed only if this table is created, or dropped.
    pub(super) fn has_events(&self, table: &Table) -> bool {
        self.attached.iter().any(|it| it.target.is(table))
    }

    /// Whether this is one of the statements that are attached, as a dialect gets them.
    #[doc(hidden)]
    pub fn is_event(&self, sql: &str, dialect: &dyn Dialect) -> bool {
        let is_it = |it: &Attached, table| it.ddl.sql(table, dialect) == sql;
        self.attached.iter().any(|it| match it.target {
            DdlTarget::All => is_it(it, None),
            _ => self.tables().iter().any(|table| it.target.is(table) && is_it(it, Some(table))),
        })
    }

    /// The statements for a table at a time, or for all of them.
    pub(super) fn events<'a>(
        &'a self,
        when: When,
        table: Option<&'a Table>,
        dialect: &'a dyn Dialect,
    ) -> impl Iterator<Item = String> + 'a {
        let is_at = move |it: &&Attached| {
            it.when == when
                && table.map_or(it.target == DdlTarget::All, |table| it.target.is(table))
                && it.ddl.is_for(dialect)
        };
        self.attached.iter().filter(is_at).map(move |it| it.ddl.sql(table, dialect))
    }

    /// Refuses statements for tables that there are not.
    pub(super) fn check_events(&self) -> Result<()> {
        let is_lost = |it: &&Attached| {
            it.target != DdlTarget::All && !self.tables().iter().any(|table| it.target.is(table))
        };
        match self.attached.iter().find(is_lost) {
            None => Ok(()),
            Some(Attached { target, ddl, .. }) => {
                let sql = &ddl.sql;
                let message = format!(
                    "`{sql}` is attached to a table that there is not: {target:?}; name one of the tables, or \
                     `DdlTarget::All`"
                );
                Err(Error::Schema(message.into()))
            }
        }
    }
}

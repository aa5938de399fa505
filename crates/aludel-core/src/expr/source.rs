//! Where a column stands: a table, under its own name or under an alias.

use crate::value::SqlType;

/// A table's name, with its schema where it has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TableName {
    /// The schema.
    pub schema: Option<&'static str>,
    /// The name.
    pub name: &'static str,
}

impl TableName {
    /// A table of the default schema.
    pub const fn new(name: &'static str) -> Self {
        Self { schema: None, name }
    }
}

impl std::fmt::Display for TableName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.schema {
            Some(schema) => write!(f, "{schema}.{}", self.name),
            None => f.write_str(self.name),
        }
    }
}

/// Under which name a table stands in a statement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Source {
    /// Its own.
    #[default]
    Table,
    /// An alias that the user named: `User.aliased("u2")`.
    Named(&'static str),
    /// An alias that Aludel made, told from others by its number; rendered as `table_1`, `table_2` in
    /// the order of the text.
    Anon(u32),
    /// The row that an INSERT could not insert, where it says what is done then.
    Excluded,
}

/// One appearance of a table in a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FromItem {
    /// The table.
    pub table: TableName,
    /// The name it stands under.
    pub source: Source,
}

/// A column of one appearance of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ColumnRef {
    /// The table's appearance.
    pub from: FromItem,
    /// The column's SQL name.
    pub name: &'static str,
    /// Its type.
    pub ty: SqlType,
    /// Whether it accepts NULL.
    pub nullable: bool,
}

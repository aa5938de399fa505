//! [`Column`] of a table.

use crate::value::{ColumnType, SqlType, Value};

/// A column of a [`Table`](super::Table).
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// The name.
    pub name: String,
    /// The type.
    pub ty: SqlType,
    /// Whether it accepts NULL.
    pub nullable: bool,
    /// What the database fills in where a row has no value.
    pub server_default: Option<ServerDefault>,
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
    pub fn new(name: impl Into<String>, ty: SqlType) -> Self {
        Self { name: name.into(), ty, nullable: false, server_default: None }
    }

    /// Accepts NULL.
    #[must_use]
    pub fn nullable(mut self) -> Self {
        self.nullable = true;
        self
    }

    /// Has a default in the database.
    #[must_use]
    pub fn server_default(mut self, default: impl Into<ServerDefault>) -> Self {
        self.server_default = Some(default.into());
        self
    }
}

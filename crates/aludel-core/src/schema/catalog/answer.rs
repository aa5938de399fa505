//! [`Answers`]: the rows of a catalog, read without trust in their form.

use crate::schema::Name;
use crate::{Error, Result, value::Value};

/// What a database answered to a catalog's statements.
#[derive(Clone, Debug, Default)]
pub struct Answers(Vec<Vec<CatalogRow>>);

/// A row of an answer.
#[derive(Clone, Debug)]
pub struct CatalogRow(Vec<Value>);

impl Answers {
    /// So many statements, without rows yet.
    pub fn new(statements: usize) -> Self {
        Self(vec![Vec::new(); statements])
    }

    /// Adds a row to the answer to a statement, counted from 0.
    pub fn push(&mut self, statement: usize, row: Vec<Value>) {
        if let Some(rows) = self.0.get_mut(statement) {
            rows.push(CatalogRow(row));
        }
    }

    /// The rows that a statement gave.
    pub fn rows(&self, statement: usize) -> &[CatalogRow] {
        self.0.get(statement).map_or(&[], Vec::as_slice)
    }
}

impl CatalogRow {
    /// The text of a column; `None` for NULL.
    ///
    /// # Errors
    /// It is something else.
    pub fn optional(&self, column: usize) -> Result<Option<&str>> {
        match self.0.get(column) {
            Some(Value::Text(it)) => Ok(Some(it)),
            // Some servers call texts of their catalog bytes.
            Some(Value::Bytes(it)) => match std::str::from_utf8(it) {
                Ok(it) => Ok(Some(it)),
                Err(_) => Err(self.unexpected(column, "text")),
            },
            Some(Value::Null) => Ok(None),
            _ => Err(self.unexpected(column, "text")),
        }
    }

    /// The text of a column, which has one.
    ///
    /// # Errors
    /// It is NULL, or something else.
    pub fn text(&self, column: usize) -> Result<&str> {
        self.optional(column)?.ok_or_else(|| self.unexpected(column, "text"))
    }

    /// The same, copied.
    ///
    /// # Errors
    /// As [`Self::text`].
    pub fn owned(&self, column: usize) -> Result<Name> {
        self.text(column).map(Name::from)
    }

    /// The number of a column; `None` for NULL.
    ///
    /// # Errors
    /// It is something else.
    pub fn number(&self, column: usize) -> Result<Option<i64>> {
        match self.0.get(column) {
            Some(Value::Int(it)) => Ok(Some(*it)),
            Some(Value::Bool(it)) => Ok(Some(i64::from(*it))),
            Some(Value::Null) => Ok(None),
            _ => Err(self.unexpected(column, "a number")),
        }
    }

    /// Whether a column is true, or a number but 0.
    ///
    /// # Errors
    /// It is something else.
    pub fn flag(&self, column: usize) -> Result<bool> {
        Ok(self.number(column)?.is_some_and(|it| it != 0))
    }

    fn unexpected(&self, column: usize, what: &str) -> Error {
        let found = self.0.get(column).cloned().unwrap_or_default();
        let message =
            format!("the database's catalog should say {what} at {column}, but says {found}");
        Error::Schema(message.into())
    }
}

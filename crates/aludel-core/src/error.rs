//! What Core can refuse: a value that isn't what was expected, a statement or a schema that makes
//! no sense or that the database at hand can't do.

use crate::value::{Absent, Columns, SqlType, ValueRef, deferred};

/// A result of Core.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What Core refuses.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A value in a row isn't of the type that was asked for.
    #[error(transparent)]
    Decode(Box<DecodeError>),
    /// An [`Auto`](crate::value::Auto) was read before anything set it.
    #[error("the value is not set yet: the database or the unit of work sets it at flush")]
    Unset,
    /// A [`Deferred`](crate::value::Deferred) column was read that isn't loaded.
    #[error("{}", NotLoaded(*.0))]
    Deferred(Option<&'static Absent>),
    /// A statement makes no sense as it stands; the text says what to change.
    #[error("the statement can't be compiled: {0}")]
    Compile(Box<str>),
    /// The dialect at hand can't do what a statement or a schema asks for.
    #[error("{dialect} can't do this: {what}")]
    Unsupported {
        /// The dialect's name.
        dialect: &'static str,
        /// What was asked for, and what to do instead.
        what: Box<str>,
    },
    /// JSON has no form for a value.
    #[error("the value can't be written as JSON: {0}")]
    Json(Box<str>),
    /// A schema makes no sense as it stands; the text says what to change.
    #[error("the schema is not valid: {0}")]
    Schema(Box<str>),
}

/// What is said of a column that isn't loaded.
struct NotLoaded(Option<&'static Absent>);

impl std::fmt::Display for NotLoaded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        deferred::describe(self.0, f)
    }
}

impl From<DecodeError> for Error {
    fn from(error: DecodeError) -> Self {
        Self::Decode(Box::new(error))
    }
}

/// A value in a row that isn't of the type that was asked for.
#[derive(Clone, Debug)]
pub struct DecodeError(Box<Mismatch>);

#[derive(Clone, Debug)]
struct Mismatch {
    entity: Option<&'static str>,
    index: usize,
    column: String,
    expected: SqlType,
    nullable: bool,
    found: String,
    missing: bool,
}

impl DecodeError {
    /// Says what stood at a column in place of what was expected.
    #[cold]
    pub fn new(
        index: usize,
        column: &str,
        expected: SqlType,
        nullable: bool,
        found: ValueRef<'_>,
    ) -> Self {
        let mut text = found.to_string();
        if text.chars().count() > 80 {
            text = text.chars().take(79).chain(['…']).collect();
        }
        Self(Box::new(Mismatch {
            entity: None,
            index,
            column: column.to_owned(),
            expected,
            nullable,
            found: text,
            missing: false,
        }))
    }

    /// Says that a row has no column of this name, and which it has.
    #[cold]
    pub fn missing(column: &str, row: &dyn Columns) -> Self {
        let names: Vec<&str> = (0..row.len()).map(|index| row.name(index)).collect();
        Self(Box::new(Mismatch {
            entity: None,
            index: row.len(),
            column: column.to_owned(),
            expected: SqlType::Text,
            nullable: true,
            found: names.join(", "),
            missing: true,
        }))
    }

    /// Adds the entity whose row it was.
    #[must_use]
    pub fn of_entity(mut self, entity: &'static str) -> Self {
        self.0.entity.get_or_insert(entity);
        self
    }

    /// The entity whose row it was, where the row was one.
    pub fn entity(&self) -> Option<&'static str> {
        self.0.entity
    }

    /// The column's name in the result.
    pub fn column(&self) -> &str {
        &self.0.column
    }

    /// The column's position in the result, from 0.
    pub fn index(&self) -> usize {
        self.0.index
    }

    /// The type that was asked for.
    pub fn expected(&self) -> SqlType {
        self.0.expected
    }

    /// What was found, as a person writes it.
    pub fn found(&self) -> &str {
        &self.0.found
    }
}

impl std::fmt::Display for DecodeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Mismatch { entity, index, column, expected, nullable, found, missing } = &*self.0;
        if *missing {
            return write!(
                f,
                "the row has no column `{column}`, but {found}; name it with `.label(\"{column}\")`"
            );
        }
        let or_null = if *nullable { " or NULL" } else { "" };
        match entity {
            Some(entity) => write!(f, "{entity}.{column}")?,
            None => write!(f, "column {} (`{column}`)", index + 1)?,
        }
        write!(f, " should hold {expected}{or_null}, but the row has {found}")
    }
}

impl std::error::Error for DecodeError {}

//! What can go wrong between Aludel and a database.

mod kind;

pub use kind::{Integrity, Kind};

use std::{error::Error as StdError, fmt, sync::Arc};

/// A result of the engine.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What can go wrong between Aludel and a database.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A statement can't be compiled, or a row can't be read.
    #[error(transparent)]
    Core(Box<aludel_core::Error>),
    /// A URL can't be understood; passwords are masked.
    #[error(transparent)]
    Url(Box<UrlError>),
    /// There is no driver for a URL's scheme; the text lists the drivers that there are.
    #[error("{0}")]
    NoSuchDriver(Box<str>),
    /// The database answered with an error.
    #[error(transparent)]
    Database(Box<DatabaseError>),
    /// The call makes no sense in the state that things are in; the text says what to do instead.
    #[error("{0}")]
    InvalidRequest(Box<str>),
    /// No connection came free in time; the text says how many are out, and what to do.
    #[error("no connection came free: {0}")]
    PoolTimeout(Box<str>),
    /// The queue of writers didn't move in time; the text names the holder.
    #[error("the database is busy: {0}")]
    Busy(Box<str>),
    /// The unit of work was cancelled because its future was dropped.
    #[error("the unit of work was cancelled; its transaction is rolled back")]
    Cancelled,
    /// An object is borrowed elsewhere while its values are needed; the text names it.
    #[error("{0}")]
    Borrowed(Box<str>),
    /// An error of a script, handed through unchanged.
    #[error(transparent)]
    Script(Box<dyn StdError + Send + Sync>),
}

/// A URL that can't be understood.
#[derive(Debug, thiserror::Error)]
#[error("the URL `{url}` is not valid: {reason}")]
pub struct UrlError {
    /// The URL, its password masked.
    pub url: String,
    /// What is wrong, and what would be right.
    pub reason: String,
}

/// An error that the database answered with.
#[derive(Debug)]
pub struct DatabaseError {
    /// What kind it is.
    pub kind: Kind,
    /// The database's own message.
    pub message: String,
    /// The table, where the database names it.
    pub table: Option<String>,
    /// The columns, where the database names them.
    pub columns: Vec<String>,
    /// The constraint's name, where the database names it.
    pub constraint: Option<String>,
    /// The statement.
    pub sql: Option<Arc<str>>,
    /// The driver's error.
    pub source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    /// The kind of failure, where the database or the way to it reported one.
    pub fn kind(&self) -> Option<Kind> {
        match self {
            Self::Database(error) => Some(error.kind),
            Self::Busy(_) => Some(Kind::Busy),
            Self::PoolTimeout(_) => Some(Kind::PoolTimeout),
            _ => None,
        }
    }

    /// What the database answered, where it is the database's error.
    pub fn database(&self) -> Option<&DatabaseError> {
        match self {
            Self::Database(error) => Some(error),
            _ => None,
        }
    }

    /// Whether the whole transaction may be run again with a chance of success.
    pub fn is_retryable(&self) -> bool {
        self.kind().is_some_and(Kind::is_retryable)
    }
}

impl From<aludel_core::Error> for Error {
    fn from(error: aludel_core::Error) -> Self {
        Self::Core(Box::new(error))
    }
}

impl From<DatabaseError> for Error {
    fn from(error: DatabaseError) -> Self {
        Self::Database(Box::new(error))
    }
}

impl DatabaseError {
    /// An error of this kind, and nothing else known about it.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            table: None,
            columns: Vec::new(),
            constraint: None,
            sql: None,
            source: None,
        }
    }
}

impl fmt::Display for DatabaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Kind::Integrity(kind) = self.kind {
            write!(f, "a {kind} constraint refused the change")?;
            if let Some(name) = &self.constraint {
                write!(f, " (constraint `{name}`)")?;
            }
            if let Some(table) = &self.table {
                write!(f, " on `{table}`")?;
            }
            if !self.columns.is_empty() {
                write!(f, " ({})", self.columns.join(", "))?;
            }
            f.write_str(": ")?;
        }
        f.write_str(&self.message)?;
        if self.kind == Kind::TooManyConnections {
            f.write_str(
                "; let `pool_size` and `max_overflow` of all programs together stay below the \
                 server's limit, or raise that",
            )?;
        }
        if let Some(sql) = &self.sql {
            write!(f, "\n  in: {sql}")?;
        }
        Ok(())
    }
}

impl StdError for DatabaseError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|it| it as &(dyn StdError + 'static))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_small() {
        assert!(size_of::<Error>() <= 32, "{}", size_of::<Error>());
    }

    #[test]
    fn integrity_errors_say_which_constraint() {
        let mut error = DatabaseError::new(Kind::Integrity(Integrity::Unique), "UNIQUE failed");
        error.table = Some("t".into());
        error.columns = vec!["a".into(), "b".into()];
        error.sql = Some("INSERT".into());
        let text =
            "a unique constraint refused the change on `t` (a, b): UNIQUE failed\n  in: INSERT";
        assert_eq!(error.to_string(), text);
    }
}

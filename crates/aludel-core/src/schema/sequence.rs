//! [`Sequence`].

use super::Name;

/// What a database takes numbers from, for whoever asks: PostgreSQL and MariaDB have it.
///
/// A column takes its default from it. Where there are no sequences, a key that could be generated is so in the
/// database's own way, and any other column is refused.
///
/// ```
/// use aludel_core::dialect::Postgres;
/// use aludel_core::schema::{Column, MetaData, Sequence, Table, create_statements};
/// use aludel_core::value::SqlType;
///
/// let mut metadata = MetaData::new();
/// let number = Column::new("number", SqlType::BigInt).sequence(Sequence::new("invoice_no").start(1000));
/// metadata.add(Table::new("invoice").column(number).primary_key(["number"]))?;
/// assert_eq!(
///     create_statements(&metadata, &Postgres)?,
///     [
///         "CREATE SEQUENCE IF NOT EXISTS invoice_no START WITH 1000",
///         "CREATE TABLE IF NOT EXISTS invoice (\n    number BIGINT DEFAULT nextval('invoice_no') NOT NULL,\n    \
///          PRIMARY KEY (number)\n)",
///     ]
/// );
/// # Ok::<(), aludel_core::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sequence {
    /// The schema; that of the table whose column has it where there is none.
    pub schema: Option<Name>,
    /// The name.
    pub name: Name,
    /// The first number, where it isn't 1.
    pub start: Option<i64>,
    /// The step, where it isn't 1.
    pub increment: Option<i64>,
}

impl Sequence {
    /// From 1, by 1.
    pub fn new(name: impl Into<Name>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// Puts it into a schema.
    #[must_use]
    pub fn schema(mut self, schema: impl Into<Name>) -> Self {
        self.schema = Some(schema.into());
        self
    }

    /// The first number.
    #[must_use]
    pub const fn start(mut self, start: i64) -> Self {
        self.start = Some(start);
        self
    }

    /// The step.
    #[must_use]
    pub const fn increment(mut self, increment: i64) -> Self {
        self.increment = Some(increment);
        self
    }
}

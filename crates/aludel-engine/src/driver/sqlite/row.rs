//! A row of SQLite's as [`Columns`], and parameters as SQLite takes them.

use std::fmt::{Display, Write};

use aludel_core::value::{Columns, Json, ValueRef};
use rusqlite::{
    Row, Statement,
    types::{ToSqlOutput, ValueRef as Raw},
};

use super::classify::classify;
use crate::{DatabaseError, Kind, Result, driver::Binder};

/// The row that a statement stands on.
pub(super) struct SqliteRow<'r, 's>(pub(super) &'r Row<'s>);

impl Columns for SqliteRow<'_, '_> {
    fn len(&self) -> usize {
        self.0.as_ref().column_count()
    }

    #[inline]
    fn get(&self, index: usize) -> ValueRef<'_> {
        match self.0.get_ref(index) {
            Ok(Raw::Integer(it)) => ValueRef::Int(it),
            // Text of another encoding is shown as what it is, instead of being refused here.
            Ok(Raw::Text(it)) => match std::str::from_utf8(it) {
                Ok(text) => ValueRef::Text(text),
                Err(_) => ValueRef::Bytes(it),
            },
            Ok(Raw::Real(it)) => ValueRef::Real(it),
            Ok(Raw::Blob(it)) => ValueRef::Bytes(it),
            Ok(Raw::Null) | Err(_) => ValueRef::Null,
        }
    }

    fn name(&self, index: usize) -> &str {
        self.0.as_ref().column_name(index).unwrap_or("")
    }
}

/// Binds the parameters of one execution.
pub(super) struct StatementBinder<'a, 's> {
    pub(super) statement: &'a mut Statement<'s>,
    /// How many are bound.
    pub(super) bound: usize,
    /// How many there are to be.
    pub(super) expected: usize,
    /// For values that SQLite keeps as text; reused.
    pub(super) scratch: &'a mut String,
}

impl StatementBinder<'_, '_> {
    /// Counts the parameter that is bound next.
    #[inline]
    fn begin(&mut self) -> Result<()> {
        self.bound += 1;
        if self.bound > self.expected {
            return Err(mismatch(self.bound, self.expected));
        }
        Ok(())
    }

    #[inline]
    fn raw(&mut self, value: Raw<'_>) -> Result<()> {
        let bound = self.statement.raw_bind_parameter(self.bound, ToSqlOutput::Borrowed(value));
        bound.map_err(|error| classify(error, None, None))
    }

    fn as_text(&mut self, value: &dyn Display) -> Result<()> {
        self.scratch.clear();
        // Writing to a string can't fail.
        _ = write!(self.scratch, "{value}");
        let text = std::mem::take(self.scratch);
        let bound = self.raw(Raw::Text(text.as_bytes()));
        *self.scratch = text;
        bound
    }

    /// Checks that as many were bound as the statement has.
    #[inline]
    pub(super) fn finish(self) -> Result<()> {
        if self.bound == self.expected { Ok(()) } else { Err(mismatch(self.bound, self.expected)) }
    }
}

impl Binder for StatementBinder<'_, '_> {
    fn bind(&mut self, value: ValueRef<'_>) -> Result<()> {
        self.begin()?;
        match value {
            ValueRef::Null => self.raw(Raw::Null),
            ValueRef::Int(it) => self.raw(Raw::Integer(it)),
            ValueRef::Text(it) => self.raw(Raw::Text(it.as_bytes())),
            ValueRef::Real(it) => self.raw(Raw::Real(it)),
            ValueRef::Bytes(it) => self.raw(Raw::Blob(it)),
            ValueRef::Bool(it) => self.raw(Raw::Integer(i64::from(it))),
            ValueRef::Date(it) => self.as_text(&it),
            ValueRef::Time(it) => self.as_text(&it),
            ValueRef::DateTime(it) => self.as_text(&it),
            ValueRef::Decimal(it) => self.as_text(&it),
            ValueRef::Instant(it) => self.as_text(&it.with_micros()),
            ValueRef::Uuid(it) => self.as_text(&format_args!("{:032x}", u128::from_be_bytes(it))),
            ValueRef::Json(Json::Text(it)) => self.raw(Raw::Text(it.as_bytes())),
            ValueRef::Json(it) => self.as_text(&it),
            ValueRef::Inet(it) => self.as_text(&it),
            other => Err(unsupported(other)),
        }
    }

    fn bind_text(&mut self, text: &str) -> Result<()> {
        self.begin()?;
        self.raw(Raw::Text(text.as_bytes()))
    }

    fn bind_int(&mut self, value: i64) -> Result<()> {
        self.begin()?;
        self.raw(Raw::Integer(value))
    }
}

#[cold]
fn unsupported(value: ValueRef<'_>) -> crate::Error {
    let what = match value {
        ValueRef::Array(_) => "an array",
        ValueRef::Range(_) => "a range",
        _ => "this value",
    };
    let message = format!("SQLite can't keep {what}: {value}");
    DatabaseError::new(Kind::Other, message).into()
}

#[cold]
fn mismatch(bound: usize, expected: usize) -> crate::Error {
    let given = if bound > expected { "more are".to_owned() } else { format!("{bound} are") };
    let message = format!("the statement has {expected} parameters, but {given} given");
    DatabaseError::new(Kind::Other, message).into()
}

//! A DDL statement in the making: names, with their limits, and literals.

use std::{borrow::Cow, fmt::Write as _};

use crate::{
    Error, Result,
    dialect::{Booleans, Decimals, Dialect, Longest},
    schema::{ConstraintName, Name},
    value::{ArrayValue, Value},
};

/// A DDL statement in the making.
pub(super) struct Writer<'a> {
    pub(super) dialect: &'a dyn Dialect,
    pub(super) sql: String,
}

impl<'a> Writer<'a> {
    pub(super) fn new(dialect: &'a dyn Dialect) -> Self {
        Self { dialect, sql: String::new() }
    }

    pub(super) fn finish(self) -> String {
        self.sql
    }

    /// The statement, and room for the next.
    pub(super) fn take(&mut self) -> String {
        let statement = self.sql.as_str().to_owned();
        self.sql.clear();
        statement
    }

    #[inline]
    pub(super) fn push(&mut self, text: &str) {
        self.sql.push_str(text);
    }

    /// A name that the user chose: too long is an error (DDL-7).
    pub(super) fn name(&mut self, name: &str) -> Result<()> {
        let (length, most, unit) = match self.dialect.capability().identifiers.longest {
            Longest::Bytes(most) => (name.len(), most, "bytes"),
            Longest::Characters(most) => (name.chars().count(), most, "characters"),
        };
        if length == 0 || length > most {
            let message = format!("`{name}` can't be a name: it must have 1 to {most} {unit}");
            return Err(Error::Schema(message.into()));
        }
        self.dialect.identifier(&mut self.sql, name);
        Ok(())
    }

    /// A name that Aludel made: too long is cut, with a hash in place of the rest (DDL-7).
    pub(super) fn generated_name(&mut self, name: &str) {
        self.dialect.identifier(&mut self.sql, &cut_name(self.dialect, name));
    }

    /// A constraint's or an index's name.
    pub(super) fn constraint_name(&mut self, name: &ConstraintName) -> Result<()> {
        match name {
            ConstraintName::Chosen(name) => self.name(name)?,
            ConstraintName::Made(name) => self.generated_name(name),
        }
        Ok(())
    }

    pub(super) fn table(&mut self, schema: Option<&str>, name: &str) -> Result<()> {
        if let Some(schema) = schema {
            self.name(schema)?;
            self.push(".");
        }
        self.name(name)
    }

    /// `(a, b)`
    pub(super) fn columns(&mut self, names: &[Name]) -> Result<()> {
        self.push("(");
        for (index, name) in names.iter().enumerate() {
            if index > 0 {
                self.push(", ");
            }
            self.name(name)?;
        }
        self.push(")");
        Ok(())
    }

    /// A constant. Statements bind theirs; a default can't.
    pub(super) fn literal(&mut self, value: &Value) {
        let types = self.dialect.capability().types;
        match value {
            Value::Bool(it) => self.push(match (types.booleans, it) {
                (Booleans::Native, true) => "TRUE",
                (Booleans::Native, false) => "FALSE",
                (Booleans::Integer, true) => "1",
                (Booleans::Integer, false) => "0",
            }),
            Value::Int(it) => self.push(&it.to_string()),
            Value::Decimal(it) if types.decimals != Decimals::Text => self.push(&it.to_string()),
            Value::Real(it) if it.is_finite() => self.push(&format!("{it:?}")),
            Value::Bytes(it) => self.dialect.bytes_literal(&mut self.sql, it),
            Value::Text(it) => self.dialect.text_literal(&mut self.sql, it),
            Value::Null | Value::Real(_) => self.push("NULL"),
            Value::Date(it) => self.quoted(it),
            Value::Time(it) => self.quoted(it),
            Value::DateTime(it) => self.quoted(it),
            Value::Decimal(it) => self.quoted(it),
            Value::Instant(it) => self.dialect.instant_literal(&mut self.sql, *it),
            Value::Json(it) => self.dialect.text_literal(&mut self.sql, it),
            Value::Inet(it) => self.quoted(it),
            Value::Range(_) => self.quoted(value),
            Value::Uuid(it) => self.quoted(format_args!("{:032x}", u128::from_be_bytes(*it))),
            Value::Array(it) => self.array(it),
        }
    }

    /// `ARRAY[…]`; without elements it would lack a type.
    fn array(&mut self, array: &ArrayValue) {
        if array.items.is_empty() {
            return self.push("'{}'");
        }
        for (index, item) in array.items.iter().enumerate() {
            self.push(if index == 0 { "ARRAY[" } else { ", " });
            self.literal(item);
        }
        self.push("]");
    }

    fn quoted(&mut self, value: impl std::fmt::Display) {
        let _ = write!(self.sql, "'{value}'");
    }
}

/// A name that Aludel made, without quotes: cut if it is too long.
pub(in crate::schema) fn cut_name<'a>(dialect: &dyn Dialect, name: &'a str) -> Cow<'a, str> {
    // So many bytes are never more characters.
    let (Longest::Bytes(most) | Longest::Characters(most)) =
        dialect.capability().identifiers.longest;
    if name.len() <= most {
        return name.into();
    }
    let hash = format!("_{:08x}", fnv(name.bytes()));
    let mut end = most.saturating_sub(hash.len());
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}{hash}", &name[..end]).into()
}

/// A hash that is the same in every program and version: names must be.
pub(super) fn fnv(text: impl Iterator<Item = u8>) -> u32 {
    text.fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

/// A statement whose refusal for one reason counts for nothing.
pub(super) fn unless(statement: &str, refusal: &str) -> String {
    let mut quote = "$$".to_owned();
    while statement.contains(&quote) {
        quote.insert(1, 'q');
    }
    format!("DO {quote} BEGIN {statement}; EXCEPTION WHEN {refusal} THEN NULL; END {quote}")
}

//! [`Value`] and [`ValueRef`]: one value of any type, owned or borrowed.

use super::{Date, DateTime, Decimal, Time};

/// A value on its way to or from a database, borrowed where it is long.
///
/// The variants are logical: a driver stores each in the form its database prefers (SQLite keeps
/// decimals and moments as text, PostgreSQL has types of its own).
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum ValueRef<'a> {
    /// SQL's NULL.
    Null,
    /// A truth value.
    Bool(bool),
    /// An integer of any width up to 64 bits.
    Int(i64),
    /// A binary floating-point number.
    Real(f64),
    /// Text.
    Text(&'a str),
    /// Bytes.
    Bytes(&'a [u8]),
    /// A calendar day.
    Date(Date),
    /// A time of day.
    Time(Time),
    /// A day and a time of day, without a time zone.
    DateTime(DateTime),
    /// An exact decimal number.
    Decimal(Decimal),
}

/// A value on its way to or from a database, owned.
///
/// ```
/// use aludel_core::value::Value;
/// assert_eq!(Value::from("x"), Value::Text("x".into()));
/// assert_eq!(Value::from(None::<i32>), Value::Null);
/// ```
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub enum Value {
    /// SQL's NULL.
    #[default]
    Null,
    /// A truth value.
    Bool(bool),
    /// An integer of any width up to 64 bits.
    Int(i64),
    /// A binary floating-point number.
    Real(f64),
    /// Text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// A calendar day.
    Date(Date),
    /// A time of day.
    Time(Time),
    /// A day and a time of day, without a time zone.
    DateTime(DateTime),
    /// An exact decimal number.
    Decimal(Decimal),
}

impl Value {
    /// The value, borrowed.
    #[inline]
    pub fn as_ref(&self) -> ValueRef<'_> {
        match self {
            Self::Null => ValueRef::Null,
            Self::Bool(it) => ValueRef::Bool(*it),
            Self::Int(it) => ValueRef::Int(*it),
            Self::Real(it) => ValueRef::Real(*it),
            Self::Text(it) => ValueRef::Text(it),
            Self::Bytes(it) => ValueRef::Bytes(it),
            Self::Date(it) => ValueRef::Date(*it),
            Self::Time(it) => ValueRef::Time(*it),
            Self::DateTime(it) => ValueRef::DateTime(*it),
            Self::Decimal(it) => ValueRef::Decimal(*it),
        }
    }

    /// Whether this is NULL.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }
}

impl ValueRef<'_> {
    /// A copy that borrows nothing.
    pub fn to_value(self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(it) => Value::Bool(it),
            Self::Int(it) => Value::Int(it),
            Self::Real(it) => Value::Real(it),
            Self::Text(it) => Value::Text(it.to_owned()),
            Self::Bytes(it) => Value::Bytes(it.to_owned()),
            Self::Date(it) => Value::Date(it),
            Self::Time(it) => Value::Time(it),
            Self::DateTime(it) => Value::DateTime(it),
            Self::Decimal(it) => Value::Decimal(it),
        }
    }

    /// Whether this is NULL.
    #[inline]
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }
}

/// Same kind and same content; floating-point numbers by their bits, so that NaN equals itself
/// and a change from 0.0 to -0.0 is a change.
impl PartialEq for ValueRef<'_> {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Int(a), Self::Int(b)) => a == b,
            (Self::Real(a), Self::Real(b)) => a.to_bits() == b.to_bits(),
            (Self::Text(a), Self::Text(b)) => a == b,
            (Self::Bytes(a), Self::Bytes(b)) => a == b,
            (Self::Date(a), Self::Date(b)) => a == b,
            (Self::Time(a), Self::Time(b)) => a == b,
            (Self::DateTime(a), Self::DateTime(b)) => a == b,
            (Self::Decimal(a), Self::Decimal(b)) => a == b,
            _ => false,
        }
    }
}

impl Eq for ValueRef<'_> {}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        self.as_ref() == other.as_ref()
    }
}

impl Eq for Value {}

impl std::hash::Hash for ValueRef<'_> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        std::mem::discriminant(self).hash(state);
        match self {
            Self::Null => {}
            Self::Bool(it) => it.hash(state),
            Self::Int(it) => it.hash(state),
            Self::Real(it) => it.to_bits().hash(state),
            Self::Text(it) => it.hash(state),
            Self::Bytes(it) => it.hash(state),
            Self::Date(it) => it.hash(state),
            Self::Time(it) => it.hash(state),
            Self::DateTime(it) => it.hash(state),
            Self::Decimal(it) => it.hash(state),
        }
    }
}

impl std::hash::Hash for Value {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.as_ref().hash(state);
    }
}

/// As a person writes it: text in quotes, NULL as `NULL`, bytes in hexadecimal (32 at most).
impl std::fmt::Display for ValueRef<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Null => f.write_str("NULL"),
            Self::Bool(it) => write!(f, "{it}"),
            Self::Int(it) => write!(f, "{it}"),
            Self::Real(it) => write!(f, "{it:?}"),
            Self::Text(it) => write!(f, "{it:?}"),
            Self::Bytes(it) => {
                f.write_str("x'")?;
                it.iter().take(32).try_for_each(|byte| write!(f, "{byte:02x}"))?;
                f.write_str(if it.len() > 32 { "…'" } else { "'" })
            }
            Self::Date(it) => write!(f, "{it}"),
            Self::Time(it) => write!(f, "{it}"),
            Self::DateTime(it) => write!(f, "{it}"),
            Self::Decimal(it) => write!(f, "{it}"),
        }
    }
}

impl std::fmt::Display for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.as_ref().fmt(f)
    }
}

impl<T: super::ColumnType> From<T> for Value {
    fn from(value: T) -> Self {
        value.to_ref().to_value()
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

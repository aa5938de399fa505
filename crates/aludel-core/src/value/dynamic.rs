//! [`Value`] and [`ValueRef`]: one value of any type, owned or borrowed.

use super::{
    ArrayRef, ArrayValue, Date, DateTime, Decimal, Inet, Json, RangeRef, RangeValue, Time,
};
use super::{array, range, uuid};

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
    /// A moment, in UTC.
    Instant(DateTime),
    /// A UUID, its bytes in the order in which they are written.
    Uuid([u8; 16]),
    /// A JSON document.
    Json(Json<'a>),
    /// An address of a host or a network.
    Inet(Inet),
    /// An array.
    Array(&'a dyn ArrayRef),
    /// A range.
    Range(&'a dyn RangeRef),
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
    /// A moment, in UTC.
    Instant(DateTime),
    /// A UUID, its bytes in the order in which they are written.
    Uuid([u8; 16]),
    /// The text of a JSON document.
    Json(String),
    /// An address of a host or a network.
    Inet(Inet),
    /// An array.
    Array(Box<ArrayValue>),
    /// A range.
    Range(Box<RangeValue>),
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
            Self::Instant(it) => ValueRef::Instant(*it),
            Self::Uuid(it) => ValueRef::Uuid(*it),
            Self::Json(it) => ValueRef::Json(Json::Text(it)),
            Self::Inet(it) => ValueRef::Inet(*it),
            Self::Array(it) => ValueRef::Array(&**it),
            Self::Range(it) => ValueRef::Range(&**it),
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
            Self::Instant(it) => Value::Instant(it),
            Self::Uuid(it) => Value::Uuid(it),
            Self::Json(it) => Value::Json(it.to_text()),
            Self::Inet(it) => Value::Inet(it),
            Self::Array(it) => Value::Array(Box::new(ArrayValue::of(it))),
            Self::Range(it) => Value::Range(Box::new(RangeValue::of(it))),
        }
    }

    /// As `==`, but compiled where it stands: for values whose kinds are known there.
    #[doc(hidden)]
    #[inline(always)]
    pub fn same(self, other: ValueRef<'_>) -> bool {
        match (self, other) {
            (ValueRef::Null, ValueRef::Null) => true,
            (ValueRef::Int(a), ValueRef::Int(b)) => a == b,
            (ValueRef::Text(a), ValueRef::Text(b)) => a == b,
            (a, b) => a == b,
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
            (Self::Instant(a), Self::Instant(b)) => a == b,
            (Self::Uuid(a), Self::Uuid(b)) => a == b,
            (Self::Json(a), Self::Json(b)) => a == b,
            (Self::Inet(a), Self::Inet(b)) => a == b,
            (Self::Array(a), Self::Array(b)) => array::same(*a, *b),
            (Self::Range(a), Self::Range(b)) => range::same(*a, *b),
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
            Self::Instant(it) => it.hash(state),
            Self::Uuid(it) => it.hash(state),
            Self::Json(it) => it.hash(state),
            Self::Inet(it) => it.hash(state),
            Self::Array(it) => array::hash(*it, state),
            Self::Range(it) => range::hash(*it, state),
        }
    }
}

impl std::hash::Hash for Value {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.as_ref().hash(state);
    }
}

/// As a person writes it: text in quotes, NULL as `NULL`, bytes in hexadecimal (32 at most), a
/// moment with a `Z` at its end.
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
            Self::Instant(it) => write!(f, "{it}Z"),
            Self::Uuid(it) => uuid::write(it, f),
            Self::Json(it) => write!(f, "{it}"),
            Self::Inet(it) => write!(f, "{it}"),
            Self::Array(it) => array::write(*it, f),
            Self::Range(it) => range::write(*it, f),
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

#[cfg(test)]
mod tests {
    use std::{
        hash::{BuildHasher, BuildHasherDefault, DefaultHasher},
        ops::Bound,
    };

    use super::{ArrayValue, DateTime, Inet, RangeValue, Value, ValueRef};
    use crate::value::SqlType;

    #[test]
    fn are_written_as_a_person_would() {
        let json = Value::Json("[1]".into());
        let uuid = Value::Uuid(std::array::from_fn(|index| index as u8 * 17));
        let moment = DateTime::parse("2009-01-31 23:59:07.5").expect("a moment");
        let inet = Value::Inet(Inet::parse("10.0.0.0/8").expect("a network"));
        assert_eq!(json.to_string(), "[1]");
        assert_eq!(uuid.to_string(), "00112233-4455-6677-8899-aabbccddeeff");
        assert_eq!(Value::Instant(moment).to_string(), "2009-01-31 23:59:07.500000Z");
        assert_eq!(inet.to_string(), "10.0.0.0/8");
    }

    #[test]
    fn copies_are_equal_to_what_they_are_copies_of() {
        let array = |items| Value::Array(Box::new(ArrayValue { element: SqlType::Int, items }));
        let range = |bounds| Value::Range(Box::new(RangeValue { element: SqlType::Int, bounds }));
        let values = [
            Value::Json("null".into()),
            Value::Uuid([7; 16]),
            Value::Inet(Inet::host([10, 0, 0, 1])),
            array(vec![]),
            array(vec![Value::Null]),
            array(vec![Value::Int(1), Value::Null]),
            range(None),
            range(Some((Bound::Unbounded, Bound::Unbounded))),
            range(Some((Bound::Included(Value::Int(1)), Bound::Excluded(Value::Int(1))))),
            range(Some((Bound::Excluded(Value::Int(1)), Bound::Excluded(Value::Int(1))))),
        ];
        let hasher = BuildHasherDefault::<DefaultHasher>::default();
        for (index, a) in values.iter().enumerate() {
            assert_eq!(&a.as_ref().to_value(), a);
            assert_eq!(hasher.hash_one(a.as_ref().to_value()), hasher.hash_one(a));
            for (other, b) in values.iter().enumerate() {
                assert_eq!(a == b, index == other, "{a} and {b}");
            }
        }
    }

    /// They are copied and compared all the time.
    #[test]
    fn are_small() {
        assert_eq!(size_of::<ValueRef<'_>>(), 24);
        assert_eq!(size_of::<Value>(), 32);
    }
}

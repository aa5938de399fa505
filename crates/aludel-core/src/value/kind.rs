//! [`SqlType`]: the logical type of a column or an expression.

use std::fmt;

/// A logical SQL type; each dialect spells it in its own way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SqlType {
    /// A truth value.
    Bool,
    /// A 16-bit integer.
    SmallInt,
    /// A 32-bit integer.
    Int,
    /// A 64-bit integer.
    BigInt,
    /// A 32-bit floating-point number.
    Float,
    /// A 64-bit floating-point number.
    Double,
    /// Text of any length.
    Text,
    /// Text of at most this many characters.
    VarChar(u32),
    /// Bytes.
    Bytes,
    /// A calendar day.
    Date,
    /// A time of day.
    Time,
    /// A day and a time of day, without a time zone.
    DateTime,
    /// An exact decimal number.
    Decimal,
    /// An exact decimal number of this many digits, so many of them behind the point.
    Numeric(u8, u8),
    /// A UUID.
    Uuid,
    /// A JSON document.
    Json,
    /// A moment, kept in UTC.
    TimestampTz,
    /// An address of a host or a network.
    Inet,
    /// One of some labels; values travel as text.
    Enum(&'static EnumType),
    /// Any number of some labels; they travel as text, with commas between them.
    Set(&'static EnumType),
    /// A document as PostgreSQL's full-text search sees it; it travels as text.
    TsVector,
    /// An array of values of one type.
    Array(&'static SqlType),
    /// A range of values of one type.
    Range(&'static SqlType),
    /// A type that is known by its name only, which DDL spells as it stands: `Named("tsquery")`.
    /// Reflection says so of what no other variant is; [`SqlType::named`] makes one at run time.
    Named(&'static str),
}

/// The labels that a column's values are chosen from. `#[derive(SqlEnum)]` makes one.
#[derive(Debug)]
pub struct EnumType {
    /// The type's name, where the database has types for labels.
    pub name: &'static str,
    /// The labels, in the order in which they sort where the database has a type for them.
    pub labels: &'static [&'static str],
    /// Whether the database's own type for labels is used where there is one; otherwise, and
    /// elsewhere, the column is text with a constraint.
    pub native: bool,
}

impl EnumType {
    /// The characters of the longest label; 1 without labels.
    pub fn width(&self) -> u32 {
        let longest = self.labels.iter().map(|it| it.chars().count()).max();
        longest.and_then(|it| u32::try_from(it).ok()).unwrap_or(1).max(1)
    }

    /// The characters of all labels with commas between them, as a set of all is kept where it is text.
    pub fn set_width(&self) -> u32 {
        let all: usize = self.labels.iter().map(|it| it.chars().count() + 1).sum();
        u32::try_from(all.saturating_sub(1)).unwrap_or(u32::MAX).max(1)
    }
}

/// By name: two types of one name are one type.
impl PartialEq for EnumType {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for EnumType {}

impl std::hash::Hash for EnumType {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl SqlType {
    /// Whether values of this type are exact decimal numbers.
    pub fn is_decimal(self) -> bool {
        matches!(self, Self::Decimal | Self::Numeric(..))
    }

    /// Whether values of this type are integers.
    pub const fn is_integer(self) -> bool {
        matches!(self, Self::SmallInt | Self::Int | Self::BigInt)
    }
}

/// The standard's spelling, for messages.
impl fmt::Display for SqlType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool => f.write_str("BOOLEAN"),
            Self::SmallInt => f.write_str("SMALLINT"),
            Self::Int => f.write_str("INTEGER"),
            Self::BigInt => f.write_str("BIGINT"),
            Self::Float => f.write_str("REAL"),
            Self::Double => f.write_str("DOUBLE PRECISION"),
            Self::Text => f.write_str("TEXT"),
            Self::VarChar(n) => write!(f, "VARCHAR({n})"),
            Self::Bytes => f.write_str("BLOB"),
            Self::Date => f.write_str("DATE"),
            Self::Time => f.write_str("TIME"),
            Self::DateTime => f.write_str("TIMESTAMP"),
            Self::Decimal => f.write_str("DECIMAL"),
            Self::Numeric(p, s) => write!(f, "NUMERIC({p}, {s})"),
            Self::Uuid => f.write_str("UUID"),
            Self::Json => f.write_str("JSON"),
            Self::TimestampTz => f.write_str("TIMESTAMP WITH TIME ZONE"),
            Self::Inet => f.write_str("INET"),
            Self::Enum(it) => f.write_str(it.name),
            Self::Set(it) => write!(f, "SET OF {}", it.name),
            Self::TsVector => f.write_str("TSVECTOR"),
            Self::Array(it) => write!(f, "{it} ARRAY"),
            Self::Range(it) => write!(f, "{it} RANGE"),
            Self::Named(it) => f.write_str(it),
        }
    }
}

//! [`Node`]: an expression in the one form in which two spellings of it are equal.

use crate::value::DateTime;

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::schema) enum Node {
    /// A column, or a word that stands for a function without parentheses.
    Name(String),
    /// A number, in its shortest spelling.
    Number(String),
    /// A text.
    Text(String),
    /// Bytes, in hexadecimal digits.
    Bytes(String),
    /// `NULL`
    Null,
    /// A function and its arguments.
    Call(String, Vec<Self>),
    /// An operator and its operands.
    Op(&'static str, Vec<Self>),
    /// `(a, b)` or `ARRAY[a, b]`.
    List(Vec<Self>),
}

/// Functions that databases show by the name by which they were called.
const PLAIN: [&str; 11] = [
    "abs",
    "array",
    "ceil",
    "coalesce",
    "concat",
    "current_timestamp",
    "floor",
    "json_valid",
    "length",
    "lower",
    "upper",
];

impl Node {
    /// A number by its digits; those of a floating-point number where it isn't whole.
    pub(super) fn number(digits: &str) -> Self {
        let digits = digits.trim_start_matches('+');
        if let Ok(it) = digits.parse::<i128>() {
            return Self::Number(it.to_string());
        }
        match digits.parse::<f64>() {
            Ok(it) if it.is_finite() => Self::Number(it.to_string()),
            _ => Self::Number(digits.to_owned()),
        }
    }

    /// The same with the other sign.
    pub(super) fn negated(self) -> Self {
        match self {
            Self::Number(it) => Self::Number(match it.strip_prefix('-') {
                Some(it) => it.to_owned(),
                None if it == "0" => it,
                None => format!("-{it}"),
            }),
            other => Self::Op("-", vec![other]),
        }
    }

    /// `NOT`, taken into a comparison where that is possible.
    pub(super) fn not(self) -> Self {
        let op = |name, operands| Self::Op(name, operands);
        match self {
            Self::Op("not", mut operands) if operands.len() == 1 => operands.remove(0),
            Self::Op("=", it) => op("<>", it),
            Self::Op("<>", it) => op("=", it),
            Self::Op("<", it) => op(">=", it),
            Self::Op(">=", it) => op("<", it),
            Self::Op(">", it) => op("<=", it),
            Self::Op("<=", it) => op(">", it),
            Self::Op("and", it) => Self::joined("or", it.into_iter().map(Self::not).collect()),
            Self::Op("or", it) => Self::joined("and", it.into_iter().map(Self::not).collect()),
            other => op("not", vec![other]),
        }
    }

    /// `AND` and `OR`, without those within that join the same.
    pub(super) fn joined(name: &'static str, operands: Vec<Self>) -> Self {
        let mut flat = Vec::new();
        for it in operands {
            match it {
                Self::Op(inner, mut it) if inner == name => flat.append(&mut it),
                other => flat.push(other),
            }
        }
        Self::Op(name, flat)
    }

    /// The same, with each text that is a day or a moment spelled out, to the second or as far as it goes.
    pub(super) fn with_times(self) -> Self {
        let all = |it: Vec<Self>| it.into_iter().map(Self::with_times).collect();
        match self {
            Self::Text(it) => Self::Text(match DateTime::parse_utc(&it) {
                Some(moment) => moment.to_string(),
                None => it,
            }),
            Self::Call(name, arguments) => Self::Call(name, all(arguments)),
            Self::Op(name, operands) => Self::Op(name, all(operands)),
            Self::List(items) => Self::List(all(items)),
            other => other,
        }
    }

    /// Whether it is a constant.
    pub(in crate::schema) fn is_constant(&self) -> bool {
        match self {
            Self::Number(_) | Self::Text(_) | Self::Bytes(_) | Self::Null => true,
            Self::List(items) => items.iter().all(Self::is_constant),
            _ => false,
        }
    }

    /// Whether each database shows it as it was written, up to what this form evens out.
    pub(super) fn is_plain(&self) -> bool {
        match self {
            Self::Call(name, arguments) => {
                PLAIN.contains(&&**name) && arguments.iter().all(Self::is_plain)
            }
            // A condition that isn't a comparison becomes one on some databases.
            Self::Op("not", operands) => {
                operands.iter().all(|it| matches!(it, Self::Op(..)) && it.is_plain())
            }
            Self::Op(_, operands) | Self::List(operands) => operands.iter().all(Self::is_plain),
            _ => true,
        }
    }
}

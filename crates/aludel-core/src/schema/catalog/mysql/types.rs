//! The types of MariaDB and MySQL, as their catalogs spell them and as people do.

use super::{
    super::{options_of, precision},
    RULES,
};
use crate::{
    schema::text::{Token, lex},
    value::{EnumType, SqlType},
};

/// The type of this spelling; one of labels gets this name, as it has none.
pub(super) fn read(text: &str, name: &str) -> SqlType {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let lower = words.to_ascii_lowercase();
    for (kind, make) in [("enum", SqlType::Enum as fn(_) -> _), ("set", SqlType::Set)] {
        if lower.starts_with(kind) {
            return labels(text, kind, name).map_or_else(|| SqlType::named(&words), make);
        }
    }
    let named = if lower.contains('\'') { words } else { without_width(&lower) };
    known(&lower).unwrap_or_else(|| SqlType::named(&named))
}

/// The display width of an integer says nothing: `int(10) unsigned`.
fn without_width(text: &str) -> String {
    const WIDE: [&str; 7] =
        ["tinyint", "smallint", "mediumint", "int", "integer", "bigint", "year"];
    let parts = text.split_once('(').and_then(|(name, rest)| Some((name, rest.split_once(')')?.1)));
    match parts {
        Some((name, rest)) if WIDE.contains(&name.trim_end()) => {
            format!("{}{rest}", name.trim_end())
        }
        _ => text.to_owned(),
    }
}

/// `enum('a','b')`, `set('a','b')`
fn labels(text: &str, kind: &str, name: &str) -> Option<&'static EnumType> {
    let mut labels = Vec::new();
    for lexeme in lex(text, &RULES) {
        match lexeme.token {
            Token::Text(it) => labels.push(it),
            Token::Word(it) if it == kind => {}
            Token::Symbol("(" | ")" | ",") => {}
            _ => return None,
        }
    }
    Some(EnumType::interned(name, &labels, true))
}

fn known(text: &str) -> Option<SqlType> {
    Some(match text {
        "boolean" | "bool" | "tinyint(1)" => SqlType::Bool,
        "smallint" | "smallint(6)" => SqlType::SmallInt,
        "int" | "int(11)" | "integer" => SqlType::Int,
        "bigint" | "bigint(20)" => SqlType::BigInt,
        "float" => SqlType::Float,
        "double" | "double precision" => SqlType::Double,
        "longtext" => SqlType::Text,
        "longblob" => SqlType::Bytes,
        "date" => SqlType::Date,
        "time(6)" => SqlType::Time,
        "datetime(6)" => SqlType::DateTime,
        "json" => SqlType::Json,
        _ => return with_options(text),
    })
}

fn with_options(text: &str) -> Option<SqlType> {
    let (name, options) = options_of(text)?;
    match name {
        "varchar" => options.parse().ok().map(SqlType::VarChar),
        "decimal" | "numeric" => match precision(options)? {
            (65, 30) => Some(SqlType::Decimal),
            (p, s) => Some(SqlType::Numeric(p, s)),
        },
        "int" | "integer" => Some(SqlType::Int),
        "smallint" => Some(SqlType::SmallInt),
        "bigint" => Some(SqlType::BigInt),
        _ => None,
    }
}

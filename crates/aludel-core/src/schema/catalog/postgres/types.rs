//! The types of PostgreSQL, as `format_type` spells them and as people do.

use super::super::{options_of, precision};
use crate::value::{EnumType, SqlType};

/// The type of this spelling; types of labels are asked for.
pub(super) fn read(text: &str, labels: &dyn Fn(&str) -> Option<&'static EnumType>) -> SqlType {
    let text = text.trim();
    if let Some(element) = text.strip_suffix("[]") {
        // A catalog doesn't know how many dimensions there are, so they don't count.
        return match read(element, labels) {
            array @ SqlType::Array(_) => array,
            element => SqlType::array_of(element),
        };
    }
    if let Some(it) = labels(text) {
        return SqlType::Enum(it);
    }
    let lower = text.split_whitespace().collect::<Vec<_>>().join(" ").to_ascii_lowercase();
    known(&lower).unwrap_or_else(|| SqlType::named(if is_plain(text) { &lower } else { text }))
}

/// Whether capitals make no difference.
fn is_plain(text: &str) -> bool {
    !text.contains(['"', '\''])
}

fn known(text: &str) -> Option<SqlType> {
    Some(match text {
        "boolean" | "bool" => SqlType::Bool,
        "smallint" | "int2" => SqlType::SmallInt,
        "integer" | "int" | "int4" => SqlType::Int,
        "bigint" | "int8" => SqlType::BigInt,
        "real" | "float4" => SqlType::Float,
        "double precision" | "float8" | "float" => SqlType::Double,
        "text" => SqlType::Text,
        "bytea" => SqlType::Bytes,
        "date" => SqlType::Date,
        "time" | "time without time zone" => SqlType::Time,
        "timestamp" | "timestamp without time zone" => SqlType::DateTime,
        "timestamptz" | "timestamp with time zone" => SqlType::TimestampTz,
        "numeric" | "decimal" => SqlType::Decimal,
        "uuid" => SqlType::Uuid,
        "jsonb" => SqlType::Json,
        "inet" => SqlType::Inet,
        "tsvector" => SqlType::TsVector,
        "int4range" => SqlType::Range(&SqlType::Int),
        "int8range" => SqlType::Range(&SqlType::BigInt),
        "numrange" => SqlType::Range(&SqlType::Decimal),
        "daterange" => SqlType::Range(&SqlType::Date),
        "tsrange" => SqlType::Range(&SqlType::DateTime),
        "tstzrange" => SqlType::Range(&SqlType::TimestampTz),
        _ => return with_options(text),
    })
}

fn with_options(text: &str) -> Option<SqlType> {
    // A precision stands before the zone: `timestamp(3) without time zone`.
    let (short, zone) = match text.split_once(") ") {
        Some((_, "with time zone")) => (&text[..text.len() - " with time zone".len()], "tz"),
        Some((_, "without time zone")) => (&text[..text.len() - " without time zone".len()], ""),
        _ => (text, ""),
    };
    let (name, options) = options_of(short)?;
    match name {
        "timestamp" | "timestamptz" | "time" | "timetz" => {
            Some(SqlType::named(&format!("{name}{zone}({options})")))
        }
        "character varying" | "varchar" => options.parse().ok().map(SqlType::VarChar),
        "numeric" | "decimal" => precision(options).map(|(p, s)| SqlType::Numeric(p, s)),
        "character" | "char" => Some(SqlType::named(&format!("character({options})"))),
        _ => None,
    }
}

//! Defaults: whether two texts are one value of a column's type.

use crate::{
    schema::{
        catalog::Rules,
        text::{Node, Same, compare, parse, split_on_update},
    },
    value::{Date, DateTime, Inet, SqlType, Time},
};

/// Whether a default is the one that a database shows; also if it can't be told.
pub(super) fn same(ty: SqlType, declared: &str, found: &str, rules: &Rules) -> bool {
    let ((declared, ours), (found, theirs)) = (split_on_update(declared), split_on_update(found));
    match (ours, theirs) {
        (None, None) => {}
        (Some(ours), Some(theirs)) if compare(ours, theirs, rules) != Same::No => {}
        _ => return false,
    }
    let (Some(a), Some(b)) = (parse(declared, rules), parse(found, rules)) else {
        return compare(declared, found, rules) != Same::No;
    };
    match (a.is_constant(), b.is_constant()) {
        (true, true) => constants(ty, &a, &b),
        (false, false) => compare(declared, found, rules) != Same::No,
        // A constant is no function.
        _ => false,
    }
}

fn constants(ty: SqlType, a: &Node, b: &Node) -> bool {
    if a == b {
        return true;
    }
    if let (Node::List(a), Node::List(b)) = (a, b) {
        let SqlType::Array(element) = ty else { return false };
        return a.len() == b.len() && a.iter().zip(b).all(|(a, b)| constants(*element, a, b));
    }
    let (Some(a), Some(b)) = (text(a), text(b)) else {
        // Bytes that are shown as text may have lost some; an array may be in its own notation.
        let is_bytes = |it: &Node| matches!(it, Node::Bytes(_));
        return ty == SqlType::Bytes && is_bytes(a) != is_bytes(b)
            || matches!(ty, SqlType::Array(_));
    };
    match ty {
        SqlType::Bool => truth(a).is_some_and(|it| truth(b) == Some(it)),
        SqlType::SmallInt
        | SqlType::Int
        | SqlType::BigInt
        | SqlType::Double
        | SqlType::Decimal
        | SqlType::Numeric(..) => equal(a, b, |it| it.parse::<f64>().ok()),
        SqlType::Float => equal(a, b, |it| it.parse::<f32>().ok()),
        SqlType::Date => equal(a, b, Date::parse),
        SqlType::Time => equal(a, b, Time::parse),
        SqlType::DateTime => equal(a, b, DateTime::parse),
        // In another time zone it is another text.
        SqlType::TimestampTz => match (DateTime::parse_utc(a), DateTime::parse_utc(b)) {
            (Some(a), Some(b)) => a == b,
            _ => true,
        },
        SqlType::Uuid => equal(a, b, |it| Some(it.replace('-', "").to_ascii_lowercase())),
        SqlType::Inet => equal(a, b, Inet::parse),
        SqlType::Json => equal(a, b, |it| Some(document(it))),
        SqlType::Bytes => a.eq_ignore_ascii_case(b),
        // Each has several spellings.
        SqlType::Range(_) | SqlType::Array(_) | SqlType::TsVector | SqlType::Named(_) => true,
        SqlType::Text | SqlType::VarChar(_) | SqlType::Enum(_) | SqlType::Set(_) => a == b,
    }
}

fn equal<T: PartialEq>(a: &str, b: &str, read: impl Fn(&str) -> Option<T>) -> bool {
    read(a).is_some_and(|it| read(b) == Some(it))
}

fn text(node: &Node) -> Option<&str> {
    match node {
        Node::Number(it) | Node::Text(it) => Some(it),
        Node::Name(it) if matches!(&**it, "true" | "false") => Some(it),
        _ => None,
    }
}

fn truth(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "true" => Some(true),
        "0" | "f" | "false" => Some(false),
        _ => None,
    }
}

/// What a document is made of, in whatever order its keys stand.
fn document(text: &str) -> Vec<char> {
    let mut all: Vec<char> = text.chars().filter(|it| !it.is_whitespace()).collect();
    all.sort_unstable();
    all
}

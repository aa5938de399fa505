//! The collation `decimal`, by which exact numbers are compared that SQLite keeps as text.

use std::cmp::Ordering;

use aludel_core::value::Decimal;
use rusqlite::{Connection, Result};

pub(super) fn register(connection: &Connection) -> Result<()> {
    connection.create_collation("decimal", compare)
}

/// Numbers by their value; text that is none comes behind them, by its letters.
fn compare(a: &str, b: &str) -> Ordering {
    match (Decimal::parse(a.trim()), Decimal::parse(b.trim())) {
        (Some(a), Some(b)) => a.cmp(&b),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => a.cmp(b),
    }
}

#[cfg(test)]
mod tests {
    use super::compare;

    #[test]
    fn numbers_by_value_and_text_behind_them() {
        let sorted =
            ["-10", "-9.5", " 0", "0.05", "1.0", "9.5", "10", "18446744073709551615", "", "x"];
        for (i, a) in sorted.iter().enumerate() {
            for (j, b) in sorted.iter().enumerate() {
                assert_eq!(compare(a, b), i.cmp(&j), "{a} and {b}");
            }
        }
        assert!(compare("1.0", "1.00").is_eq());
    }
}

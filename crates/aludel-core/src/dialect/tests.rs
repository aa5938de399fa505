//! Names and their quotes; the lists that are searched are sorted.

use proptest::prelude::*;

use super::{Dialect, Sqlite, keywords, sqlite};

fn identifier(name: &str) -> String {
    let mut sql = String::new();
    Sqlite.identifier(&mut sql, name);
    sql
}

#[test]
fn word_lists_are_sorted() {
    assert!(keywords::STANDARD.is_sorted());
    assert!(sqlite::RESERVED.is_sorted());
}

// SEL-16
#[test]
fn names_are_quoted_where_they_must_be() {
    for (name, expected) in [
        ("name", "name"),
        ("user_account", "user_account"),
        ("_x1", "_x1"),
        ("order", "\"order\""),
        ("userName", "\"userName\""),
        ("1st", "\"1st\""),
        ("first name", "\"first name\""),
        ("a\"b", "\"a\"\"b\""),
        ("größe", "\"größe\""),
        ("", "\"\""),
    ] {
        assert_eq!(identifier(name), expected);
    }
}

proptest! {
    /// Whatever the name, the quoted form reads back as the name, and an unquoted one is the name.
    #[test]
    fn quoting_loses_nothing(name in ".*") {
        let sql = identifier(&name);
        let back = match sql.strip_prefix('"').and_then(|it| it.strip_suffix('"')) {
            Some(inner) => {
                prop_assert!(!inner.replace("\"\"", "").contains('"'));
                inner.replace("\"\"", "\"")
            }
            None => sql,
        };
        prop_assert_eq!(back, name);
    }
}

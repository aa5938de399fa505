//! Names and their quotes; the lists that are searched are sorted.

use proptest::prelude::*;

use super::{Dialect, MariaDb, MySql, Postgres, Sqlite, keywords, mysql, sqlite};

fn identifier(name: &str) -> String {
    let mut sql = String::new();
    Sqlite.identifier(&mut sql, name);
    sql
}

#[test]
fn word_lists_are_sorted() {
    for words in [&keywords::STANDARD, &sqlite::RESERVED, &mysql::RESERVED] {
        assert!(words.sorted().is_sorted());
        assert!(words.sorted().iter().all(|it| words.contains(it)));
        assert!(!words.contains("") && !words.contains("_select") && !words.contains("selects"));
    }
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

#[test]
fn literals_are_escaped() {
    let dialects: [(&dyn Dialect, &str, &str); 4] = [
        (&Sqlite, r"'it''s \ here'", "x'00ff'"),
        (&Postgres, r"'it''s \ here'", r"'\x00ff'::bytea"),
        (&MySql, r"'it''s \\ here'", "x'00ff'"),
        (&MariaDb, r"'it''s \\ here'", "x'00ff'"),
    ];
    for (dialect, text, bytes) in dialects {
        let (mut a, mut b) = (String::new(), String::new());
        dialect.text_literal(&mut a, r"it's \ here");
        dialect.bytes_literal(&mut b, &[0, 255]);
        assert_eq!((&*a, &*b), (text, bytes), "{}", dialect.name());
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

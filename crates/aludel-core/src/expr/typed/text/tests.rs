//! Where parameters are found, and where they aren't.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use proptest::prelude::*;

use super::{
    parse::{Piece, divide},
    text,
};
use crate::{Error, dialect::Sqlite};

fn sql(source: &str, names: &[&str]) -> String {
    let stmt = names.iter().fold(text(source), |it, name| it.bind(*name, 1));
    stmt.compile(&Sqlite).unwrap().sql.to_string()
}

#[test]
fn parameters_are_found_outside_of_quotes_comments_and_casts() {
    for (source, names, expected) in [
        ("a = :a AND b = :b_2", &["a", "b_2"][..], "a = ? AND b = ?"),
        (":a:b", &["a", "b"], "??"),
        ("':a' \":b\" `:c` :d", &["d"], "':a' \":b\" `:c` ?"),
        ("'it''s :a' :b", &["b"], "'it''s :a' ?"),
        ("-- :a\n:b", &["b"], "-- :a\n?"),
        ("/* :a */:b", &["b"], "/* :a */?"),
        ("x::int = :x", &["x"], "x::int = ?"),
        (r"time '12\:30' = \:a", &[], r"time '12\:30' = :a"),
        ("a[1:2], b:c, :1, : x", &[], "a[1:2], b:c, :1, : x"),
        ("'unfinished :a", &[], "'unfinished :a"),
        ("/* unfinished :a", &[], "/* unfinished :a"),
    ] {
        assert_eq!(sql(source, names), expected);
    }
}

// SEL-14
#[test]
fn a_name_may_repeat_and_must_be_known_and_bound() {
    let compiled = text(":a + :a").bind("a", 3).compile(&Sqlite).unwrap();
    assert_eq!(compiled.params.len(), 2);
    let message = |it: Result<_, Error>| it.unwrap_err().to_string();
    assert_eq!(
        message(text(":a").compile(&Sqlite)),
        "the statement can't be compiled: the parameter `:a` has no value; give it one with `.bind(\"a\", …)`"
    );
    assert_eq!(
        message(text(":a").bind("a", 1).bind("b", 2).compile(&Sqlite)),
        "the statement can't be compiled: a value is bound to `b`, but the text has no parameter `:b`"
    );
}

/// The text is passed in order and whole, but for colons of parameters and backslashes in front of colons.
fn divided(source: &str) -> String {
    let mut again = String::new();
    let taken = divide(source, |piece| {
        match piece {
            Piece::Sql(sql) => again.push_str(sql),
            Piece::Name(name) => again.push_str(name),
        }
        Ok(())
    });
    taken.unwrap();
    again
}

proptest! {
    /// Any text can be divided.
    #[test]
    fn nothing_is_lost(source in "[^:\\\\]*") {
        prop_assert_eq!(divided(&source), source);
    }

    /// So can one made of what the parser looks at.
    #[test]
    fn only_colons_and_backslashes_are_taken_out(source in r#"[:a\\'"`\-/*\n é1]*"#) {
        let without = |text: &str| text.replace([':', '\\'], "");
        prop_assert_eq!(without(&divided(&source)), without(&source));
    }
}

#[test]
fn transactions_begin_and_end_by_methods() {
    for source in [
        "COMMIT",
        " commit;",
        "-- now\n/* or never */ # so\n Commit WORK",
        "ROLLBACK",
        "rollback work",
        "ROLLBACK TRANSACTION;",
        "END",
        "ABORT",
        "BEGIN",
        "begin immediate",
        "START TRANSACTION READ ONLY",
        "PREPARE TRANSACTION 'x'",
        "XA END 'x'",
    ] {
        let error = text(source).compile(&Sqlite).unwrap_err();
        assert!(
            error.to_string().contains("call `begin`, `commit` or `rollback`"),
            "{source}: {error}"
        );
    }
    for source in [
        "SELECT 1",
        "",
        "-- COMMIT",
        "/* COMMIT",
        "ROLLBACK TO a",
        "rollback work to savepoint a",
        "SAVEPOINT a",
        "RELEASE a",
        "BEGIN NOT ATOMIC SELECT 1; END",
        "PREPARE a AS SELECT 1",
        "START REPLICA",
        "COMMITS",
        "'COMMIT'",
        "(COMMIT)",
    ] {
        assert!(text(source).compile(&Sqlite).is_ok(), "{source}");
    }
}

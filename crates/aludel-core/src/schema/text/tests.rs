//! Two spellings of one thing are one, and nothing in a text can stop the program.

use super::{Same, compare, lex, parse};
use crate::{
    dialect::{Dialect, MariaDb, Postgres, Sqlite},
    schema::catalog::Rules,
};

fn rules(dialect: &dyn Dialect) -> &'static Rules {
    dialect.catalog().map_or(&Rules::STANDARD, |it| it.rules())
}

#[test]
fn what_postgres_makes_of_conditions() {
    let rules = rules(&Postgres);
    for (written, shown) in [
        ("i > -1", "(i > '-1'::integer)"),
        ("n BETWEEN 1 AND 5 AND b", "((n >= 1) AND (n <= 5) AND b)"),
        (
            "b IN ('a', 'it''s') OR length(b) > 2",
            "(((b)::text = ANY ((ARRAY['a'::character varying, 'it''s'::character varying])::text[])) \
             OR (length((b)::text) > 2))",
        ),
        ("t NOT IN ('q', 'r')", "(t <> ALL (ARRAY['q'::text, 'r'::text]))"),
        ("i in (1)", "(i = 1)"),
        ("b LIKE 'x%' AND NOT (i = 2)", "(((b)::text ~~ 'x%'::text) AND (NOT (i = 2)))"),
        ("t NOT LIKE 'z' AND t ILIKE 'q'", "((t !~~ 'z'::text) AND (t ~~* 'q'::text))"),
        ("i IS DISTINCT FROM 3", "(i IS DISTINCT FROM 3)"),
        ("dbl > 1.0", "(dbl > (1.0)::double precision)"),
        ("\"Größe\" != 0.50", "(\"Größe\" <> 0.5)"),
        ("day > '2024-01-01'", "(day > '2024-01-01'::date)"),
        ("at < current_timestamp", "(at < CURRENT_TIMESTAMP)"),
        ("at < localtimestamp", "(at < now())"),
        (
            "at >= '2007-01-01' AND at < '2007-02-01 00:00:00.5'",
            "((at >= '2007-01-01 00:00:00'::timestamp without time zone) \
             AND (at < '2007-02-01 00:00:00.5'::timestamp without time zone))",
        ),
        ("at > '2007-01-01'", "(at > '2007-01-01 00:00:00+00'::timestamp with time zone)"),
        ("a * 2 + b - 1", "(((a * 2) + b) - 1)"),
    ] {
        assert_eq!(compare(written, shown, rules), Same::Yes, "{written}: {shown}");
    }
    assert_eq!(compare("a - (b - 1)", "((a - b) - 1)", rules), Same::No);
    assert_eq!(compare("a > 1", "(a >= 1)", rules), Same::No);
    let shown = "(at > '2007-01-01 00:00:00'::timestamp without time zone)";
    assert_eq!(compare("at > '2007-01-02'", shown, rules), Same::No);
    assert_eq!(compare("t > '2007-01-01'", "(t > '2007-01-01 00:00:00'::text)", rules), Same::No);
    assert_eq!(compare("a > 1 OR b", "((a > 1) AND b)", rules), Same::No);
    // A cast, and a function that is shown in another way.
    assert_eq!(compare("CAST(a AS text) = 'x'", "((a)::text = 'x'::text)", rules), Same::Unknown);
    assert_eq!(compare("left(a, 1) = 'x'", "(\"left\"(a, 2) = 'x'::text)", rules), Same::Unknown);
}

#[test]
fn what_mariadb_makes_of_conditions() {
    let rules = rules(&MariaDb);
    for (written, shown) in [
        ("i > -1 AND n BETWEEN 1 AND 5", "`i` > -1 and `n` between 1 and 5"),
        ("length(b) > 2", "octet_length(`b`) > 2"),
        ("NOT (i = 2) AND s IS NOT NULL", "`i` <> 2 and `s` is not null"),
        ("b <> 'it''s \\\\'", "`b` <> 'it\\'s \\\\'"),
        ("on_ = TRUE", "`on_` = 1"),
        ("a % 2 = 0", "`a` MOD 2 = 0"),
        ("d < now()", "`d` < current_timestamp()"),
        ("t = 'x'", "`t` = _utf8mb4'x'"),
    ] {
        assert_eq!(compare(written, shown, rules), Same::Yes, "{written}: {shown}");
    }
    // It may be a comparison there.
    assert_eq!(compare("NOT open", "`open` = 0", rules), Same::Unknown);
}

#[test]
fn what_is_kept_is_another_text_where_it_differs() {
    let rules = rules(&Sqlite);
    assert_eq!(compare("strftime('%Y', d) > 5", "strftime( '%Y', [d] )>5", rules), Same::Yes);
    assert_eq!(compare("CASE WHEN a THEN 1 END", "case when a then 1 end", rules), Same::Yes);
    assert_eq!(compare("CASE WHEN a THEN 1 END", "case when a then 2 end", rules), Same::No);
    assert_eq!(compare("a > 1 -- so", "a /* and */ > 1", rules), Same::Yes);
}

#[test]
fn no_text_stops_the_program() {
    let pieces = [
        "'",
        "\"",
        "`",
        "[",
        "]",
        "(",
        ")",
        "((((",
        "::",
        "x'",
        "e'",
        "e'\\",
        "--",
        "/*",
        "1e",
        ".5",
        ".",
        "not",
        "not not",
        "in",
        "between",
        "and",
        "= any (",
        "array[",
        "ß",
        "🦀",
        "_",
        "-",
        "is",
        "is distinct from",
        "case",
        "''",
        "a::numeric(",
        "a::time[",
        "\\",
        "\u{0}",
    ];
    for dialect in [&Sqlite as &dyn Dialect, &Postgres, &MariaDb] {
        let rules = rules(dialect);
        for a in pieces {
            for b in pieces {
                for c in pieces {
                    let sql = format!("{a} {b}{c}");
                    lex(&sql, rules).iter().for_each(|it| assert!(it.start < it.end));
                    _ = parse(&sql, rules);
                }
            }
        }
        for deep in ["(", "-", "not (", "f(", "a = any (array["] {
            _ = parse(&deep.repeat(10_000), rules);
        }
    }
}

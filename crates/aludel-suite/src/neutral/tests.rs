//! The neutral spelling hides how, and never what or how often.

use aludel::dialect::{MySql, Postgres, Sqlite};

use super::*;

fn check(dialect: &dyn Dialect, log: &[&str], expected: &[&str]) {
    let log: Vec<String> = log.iter().map(|it| (*it).to_owned()).collect();
    assert_eq!(neutral(dialect, &log), expected);
}

#[test]
fn parameters_and_names() {
    check(
        &Postgres,
        &[
            r#"UPDATE article SET "rank" = $1, "Odd" = $12 WHERE a = '$1 "x"' -- ("$1", 2)"#,
            "SELECT 'it''s' || $3",
            "SELECT 5$",
        ],
        &[
            r#"UPDATE article SET rank = ?, "Odd" = ? WHERE a = '$1 "x"' -- ("$1", 2)"#,
            "SELECT 'it''s' || ?",
            "SELECT 5$",
        ],
    );
    check(&MySql, &["SELECT `rank`, `Odd` FROM t"], &[r#"SELECT rank, "Odd" FROM t"#]);
}

#[test]
fn inserts_and_lists() {
    check(
        &Postgres,
        &[
            "INSERT INTO t (a) VALUES ($1) RETURNING id -- 3 rows",
            "INSERT INTO t (a) VALUES ($1) RETURNING id, rank",
            "UPDATE t SET a = $1 RETURNING id",
            "SELECT 1 WHERE (a, b) IN (($1, $2), ($3, $4))",
        ],
        &[
            "INSERT INTO t (a) VALUES (?) -- 3 rows",
            "INSERT INTO t (a) VALUES (?) RETURNING id, rank",
            "UPDATE t SET a = ? RETURNING id",
            "SELECT 1 WHERE (a, b) IN (VALUES (?, ?), (?, ?))",
        ],
    );
    check(&MySql, &["INSERT INTO t () VALUES ()"], &["INSERT INTO t DEFAULT VALUES"]);
}

#[test]
fn transactions() {
    let write = ["BEGIN", "SELECT 1", "ROLLBACK", "BEGIN IMMEDIATE", "COMMIT"];
    check(&Sqlite, &write, &["BEGIN", "SELECT 1", "COMMIT"]);
    // A rollback that somebody asked for, and a transaction that reads behind it.
    check(&Sqlite, &["ROLLBACK", "BEGIN", "SELECT 1"], &["ROLLBACK", "BEGIN", "SELECT 1"]);
    check(&Sqlite, &["ROLLBACK", "COMMIT"], &["ROLLBACK", "COMMIT"]);
    check(&Postgres, &["ROLLBACK", "BEGIN", "SELECT 1"], &["ROLLBACK", "BEGIN", "SELECT 1"]);
    check(&MySql, &["START TRANSACTION", "BEGIN"], &["BEGIN", "BEGIN"]);
    let special = ["BEGIN ISOLATION LEVEL SERIALIZABLE", "BEGIN READ ONLY"];
    check(&Postgres, &special, &special);
}

#[test]
fn nothing_is_lost() {
    let log =
        ["DELETE FROM t", "DELETE FROM t", "ROLLBACK", "ROLLBACK", "INSERT INTO t VALUES (1)"];
    check(&Postgres, &log, &log);
}

//! What only the text of CREATE TABLE says is found in it, whatever it looks like.

use super::create::Created;
use crate::schema::{Check, Deferrable, Name};

fn check(name: Option<&str>, sql: &str) -> Check {
    Check { name: name.map(Into::into), ..Check::new(sql) }
}

#[test]
fn names_checks_and_computed_columns() {
    let created = Created::of(
        "CREATE TABLE \"a (b\" (\n  id INTEGER PRIMARY KEY CHECK (id > 0), -- no CHECK (x)\n  \
         \"check\" VARCHAR(10) COLLATE NOCASE DEFAULT 'CHECK (y)' CONSTRAINT short CHECK (length(\"check\") < 5) \
         CONSTRAINT named_so UNIQUE,\n  [two words] INT CONSTRAINT up REFERENCES Other(id) ON DELETE CASCADE NOT DEFERRABLE INITIALLY DEFERRED,\n  \
         total INT GENERATED ALWAYS AS (id * (2 + 1)) STORED,\n  half AS (id / 2),\n  \
         CONSTRAINT both UNIQUE (id, \"check\") CONSTRAINT third CHECK (id IN (1, 2))\n  \
         CHECK (total <> ')'), CONSTRAINT k FOREIGN KEY (id, total) REFERENCES \"o\"(a, b) DEFERRABLE INITIALLY DEFERRED, \
         FOREIGN KEY (id) REFERENCES plain ON DELETE SET DEFAULT DEFERRABLE) WITHOUT ROWID, STRICT",
    );
    let checks = [
        check(None, "id > 0"),
        check(Some("short"), "length(\"check\") < 5"),
        check(Some("third"), "id IN (1, 2)"),
        check(None, "total <> ')'"),
    ];
    assert_eq!(created.checks, checks);
    assert!(created.without_row_id && created.strict);
    assert_eq!(created.computed("TOTAL"), Some("id * (2 + 1)"));
    assert_eq!(created.computed("half"), Some("id / 2"));
    let names = |it: &[&str]| it.iter().map(|it| Name::from(*it)).collect::<Vec<_>>();
    assert_eq!(created.unique(&names(&["check"])).as_deref(), Some("named_so"));
    assert_eq!(created.unique(&names(&["id", "check"])).as_deref(), Some("both"));
    assert_eq!(created.unique(&names(&["id"])), None);
    let key = |columns: &[&str], table| created.foreign_key(&names(columns), table);
    assert_eq!(key(&["two words"], "other"), (Some("up".into()), Deferrable::No));
    assert_eq!(key(&["id", "total"], "o"), (Some("k".into()), Deferrable::Deferred));
    assert_eq!(key(&["id"], "plain"), (None, Deferrable::Immediate));
    assert_eq!(created.collation("check"), Some("NOCASE"));
    assert_eq!(created.collation("id"), None);
}

#[test]
fn no_text_stops_the_program() {
    let sql = "CREATE TABLE t (a INT CHECK (a > 0), b AS (a), CONSTRAINT c FOREIGN KEY (a) REFERENCES x (y))";
    for end in (0..sql.len()).filter(|it| sql.is_char_boundary(*it)) {
        _ = Created::of(&sql[..end]);
        _ = Created::of(&sql[end..]);
        _ = Created::of(&sql[..end].replace(')', "("));
    }
    assert_eq!(Created::of("CREATE TABLE t AS SELECT 1").checks, []);
}

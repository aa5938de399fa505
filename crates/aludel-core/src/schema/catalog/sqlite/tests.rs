//! What only the text of CREATE TABLE says is found in it, whatever it looks like.

use super::create::Created;
use crate::schema::Check;

fn check(name: Option<&str>, sql: &str) -> Check {
    Check { name: name.map(str::to_owned), sql: sql.to_owned() }
}

#[test]
fn names_checks_and_computed_columns() {
    let created = Created::of(
        "CREATE TABLE \"a (b\" (\n  id INTEGER PRIMARY KEY CHECK (id > 0), -- no CHECK (x)\n  \
         \"check\" VARCHAR(10) DEFAULT 'CHECK (y)' CONSTRAINT short CHECK (length(\"check\") < 5) \
         CONSTRAINT named_so UNIQUE,\n  [two words] INT CONSTRAINT up REFERENCES Other(id) ON DELETE CASCADE,\n  \
         total INT GENERATED ALWAYS AS (id * (2 + 1)) STORED,\n  half AS (id / 2),\n  \
         CONSTRAINT both UNIQUE (id, \"check\") CONSTRAINT third CHECK (id IN (1, 2))\n  \
         CHECK (total <> ')'), CONSTRAINT k FOREIGN KEY (id, total) REFERENCES \"o\"(a, b)) \
         WITHOUT ROWID, STRICT",
    );
    let checks = [
        check(None, "id > 0"),
        check(Some("short"), "length(\"check\") < 5"),
        check(Some("third"), "id IN (1, 2)"),
        check(None, "total <> ')'"),
    ];
    assert_eq!(created.checks, checks);
    assert!(created.without_row_id);
    assert_eq!(created.computed("TOTAL"), Some("id * (2 + 1)"));
    assert_eq!(created.computed("half"), Some("id / 2"));
    let names = |it: &[&str]| it.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
    assert_eq!(created.unique(&names(&["check"])).as_deref(), Some("named_so"));
    assert_eq!(created.unique(&names(&["id", "check"])).as_deref(), Some("both"));
    assert_eq!(created.unique(&names(&["id"])), None);
    assert_eq!(created.foreign_key(&names(&["two words"]), "other").as_deref(), Some("up"));
    assert_eq!(created.foreign_key(&names(&["id", "total"]), "o").as_deref(), Some("k"));
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

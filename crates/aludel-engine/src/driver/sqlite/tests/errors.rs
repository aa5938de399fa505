//! Errors say what happened, the same as on every database.

use super::*;
use crate::{DatabaseError, Error, Integrity, Kind};

fn database(error: Error) -> DatabaseError {
    match error {
        Error::Database(error) => *error,
        other => panic!("not the database's: {other}"),
    }
}

#[test]
fn constraints() {
    let engine = memory();
    let mut connection = engine.connect().unwrap();
    for sql in [
        "CREATE TABLE parent (id INTEGER PRIMARY KEY, a NOT NULL, b, \
         CONSTRAINT positive CHECK (b > 0), UNIQUE (a, b))",
        "CREATE TABLE child (id INTEGER PRIMARY KEY, parent_id REFERENCES parent (id))",
        "CREATE TABLE late (parent_id REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED)",
        "CREATE UNIQUE INDEX ix_lower ON child (lower(parent_id))",
        "INSERT INTO parent VALUES (1, 'x', 1)",
        "INSERT INTO child VALUES (1, 1)",
    ] {
        connection.execute(sql).unwrap();
    }
    connection.commit().unwrap();
    let mut check = |sql: &str, kind, table: Option<&str>, columns: &[&str], name: Option<&str>| {
        let error = database(connection.execute(sql).unwrap_err());
        assert_eq!(error.kind, Kind::Integrity(kind), "{sql}: {error}");
        assert_eq!(error.table.as_deref(), table, "{sql}");
        assert_eq!(error.columns, columns, "{sql}");
        assert_eq!(error.constraint.as_deref(), name, "{sql}");
        assert_eq!(error.sql.as_deref(), Some(sql));
        assert!(error.source.is_some());
    };
    use Integrity::{Check, ForeignKey, NotNull, Unique};
    check("INSERT INTO parent VALUES (1, 'y', 1)", Unique, Some("parent"), &["id"], None);
    check("INSERT INTO parent VALUES (2, 'x', 1)", Unique, Some("parent"), &["a", "b"], None);
    check("INSERT INTO parent VALUES (2, NULL, 1)", NotNull, Some("parent"), &["a"], None);
    check("UPDATE parent SET b = 0", Check, Some("parent"), &[], Some("positive"));
    check("INSERT INTO child VALUES (2, 9)", ForeignKey, Some("child"), &["parent_id"], None);
    check("UPDATE child SET parent_id = 9", ForeignKey, Some("child"), &["parent_id"], None);
    check("DELETE FROM parent", ForeignKey, Some("parent"), &[], None);
    check("INSERT INTO child VALUES (2, 1)", Unique, None, &[], Some("ix_lower"));

    connection.rollback().unwrap();
    connection.execute("INSERT INTO late VALUES (9)").unwrap();
    let error = database(connection.commit().unwrap_err());
    assert_eq!(error.kind, Kind::Integrity(ForeignKey));
    assert!(connection.in_transaction(), "a COMMIT that fails can be cured or rolled back");
}

#[test]
fn wrong_sql() {
    let engine = memory();
    let mut connection = engine.connect().unwrap();
    for sql in ["SELEKT 1", "SELECT nothing", "SELECT * FROM nothing", "SELECT 1; SELECT 2", "a\0b"]
    {
        let error = connection.query(sql).unwrap_err();
        assert_eq!(error.kind(), Some(Kind::Syntax), "{error}");
        assert!(error.to_string().contains(sql), "{error}");
    }
    for sql in ["", " ", "-- nothing"] {
        for error in [connection.query(sql).unwrap_err(), connection.execute(sql).unwrap_err()] {
            assert_eq!(error.kind(), Some(Kind::Syntax), "{error}");
            assert!(error.to_string().contains("no statement"), "{error}");
        }
    }
}

#[test]
fn files_that_are_no_databases() {
    let (directory, url) = file();
    let path = directory.path().join("test.db");
    let kind = |url: &str| {
        let error = blocking::Engine::new(url).unwrap().connect().unwrap_err();
        (error.kind(), error.to_string())
    };
    let (found, text) = kind(&format!("{url}?mode=rw"));
    assert_eq!(found, Some(Kind::CannotOpen));
    assert!(text.contains("test.db"), "{text}");
    assert_eq!(kind(&format!("{url}?mode=ro")).0, Some(Kind::CannotOpen));
    assert_eq!(kind(&format!("{url}/no/such/dir")).0, Some(Kind::CannotOpen));
    assert_eq!(kind(&format!("sqlite:{}", directory.path().display())).0, Some(Kind::CannotOpen));
    std::fs::write(&path, [b'x'; 4096]).unwrap();
    assert_eq!(kind(&url).0, Some(Kind::Corrupt));
    assert_eq!(kind(&format!("{url}?mode=ro")).0, Some(Kind::Corrupt));
    // The async face opens on the worker, and says the same.
    let engine = async_engine(&url);
    let error = blocking::block_on(engine.connect()).unwrap_err();
    assert_eq!(error.kind(), Some(Kind::Corrupt));
}

#[test]
fn read_only() {
    let (_directory, url) = file();
    let mut writer = blocking::Engine::new(&url).unwrap().connect().unwrap();
    writer.execute("CREATE TABLE t (a)").unwrap();
    writer.commit().unwrap();
    let engine = blocking::Engine::new(&format!("{url}?mode=ro")).unwrap();
    let mut reader = engine.connect().unwrap();
    assert!(reader.query("SELECT * FROM t").unwrap().is_empty());
    let error = reader.execute("INSERT INTO t VALUES (1)").unwrap_err();
    assert_eq!(error.kind(), Some(Kind::ReadOnly));
}

#[test]
fn a_full_database() {
    let engine = memory();
    let mut connection = engine.connect().unwrap();
    connection.query("PRAGMA max_page_count = 3").unwrap();
    connection.commit().unwrap();
    connection.execute("CREATE TABLE t (a)").unwrap();
    let error = connection.execute("INSERT INTO t VALUES (zeroblob(100000))").unwrap_err();
    assert_eq!(error.kind(), Some(Kind::DiskFull));
    assert!(error.database().is_some());
    connection.rollback().unwrap();
    assert!(!connection.in_transaction());
}

#[test]
fn options_of_the_url() {
    for (url, says) in [
        ("sqlite:x?cache=shared", "SQLite has no option `cache`; there are: busy_timeout, mode"),
        ("sqlite:x?busy_timout=5", "did you mean `busy_timeout`?"),
        ("sqlite:x?mode=wr", "not `wr`"),
        ("sqlite:x?mode=ro&mode=rw", "given twice"),
        ("sqlite:x?busy_timeout=soon", "milliseconds"),
        ("sqlite:x?busy_timeout=-1", "milliseconds"),
        ("sqlite::memory:?mode=ro", "always empty"),
    ] {
        let error = blocking::Engine::new(url).unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
    // ENG-1: unknown dialect or driver
    let error = blocking::Engine::new("oracle://h/d").unwrap_err();
    assert!(matches!(error, Error::NoSuchDriver(_)));
    let text = error.to_string();
    assert!(text.contains("knows no such database") && text.contains("are: sqlite"), "{text}");
    let engine = blocking::Engine::new("sqlite:name?mode=memory").unwrap();
    engine.connect().unwrap();
    assert_eq!(engine.status().max_size, 1);
}

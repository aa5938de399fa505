//! Core without the ORM.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use aludel_core::{
    compile::{Compiled, Param},
    expr::{lit, select, text},
    value::Value,
};

use crate::{EngineConnection, Error, blocking};

fn connected() -> (blocking::Engine, EngineConnection<blocking::Engine>) {
    let engine = blocking::Engine::new("sqlite::memory:").unwrap();
    let mut connection = engine.connect().unwrap();
    connection.execute("CREATE TABLE t (a, b)").unwrap();
    connection.commit().unwrap();
    engine.log().start();
    (engine, connection)
}

#[test]
fn a_transaction_begins_with_the_first_statement() {
    // ENG-3
    let (engine, mut connection) = connected();
    connection.query("SELECT a FROM t").unwrap();
    assert!(connection.in_transaction());
    assert!(matches!(connection.begin(), Err(Error::InvalidRequest(_))));
    connection.commit().unwrap();
    connection.execute("INSERT INTO t VALUES (1, 2)").unwrap();
    connection.rollback().unwrap();
    connection.rollback().unwrap();
    connection.commit().unwrap();
    assert_eq!(
        engine.log().take(),
        [
            "BEGIN",
            "SELECT a FROM t",
            "COMMIT",
            "BEGIN IMMEDIATE",
            "INSERT INTO t VALUES (1, 2)",
            "ROLLBACK"
        ]
    );
    drop(connection);
    assert!(engine.connect().unwrap().query("SELECT * FROM t").unwrap().is_empty());
}

#[test]
fn transactions_begin_and_end_by_methods_alone() {
    // ENG-3: by SQL, nobody who keeps the transaction would know of it.
    let (engine, mut connection) = connected();
    connection.execute("INSERT INTO t VALUES (1, 2)").unwrap();
    engine.log().take();
    for sql in ["COMMIT", " commit;", "-- now\nROLLBACK", "begin", "START TRANSACTION", "END"] {
        let by_hand = Compiled { sql: sql.into(), params: Vec::new() };
        let refused = [
            connection.execute(sql).map(drop),
            connection.execute(sql.to_owned()).map(drop),
            connection.execute(by_hand).map(drop),
            connection.execute(text(sql)).map(drop),
            connection.execute_many(sql, vec![Vec::new()]).map(drop),
            connection.query(sql).map(drop),
            connection.fetch(text(sql).rows::<(i64,)>()).map(drop),
        ];
        for refused in refused {
            let error = refused.unwrap_err().to_string();
            assert!(error.contains("call `begin`, `commit` or `rollback`"), "{sql}: {error}");
        }
    }
    assert!(engine.log().take().is_empty());
    // A savepoint by hand is the program's own.
    connection.execute("SAVEPOINT a").unwrap();
    connection.execute("INSERT INTO t VALUES (3, 4)").unwrap();
    connection.execute("ROLLBACK TO SAVEPOINT a").unwrap();
    connection.commit().unwrap();
    assert_eq!(connection.query("SELECT * FROM t").unwrap().len(), 1);
}

#[test]
fn what_reads_takes_no_place_among_the_writers() {
    let (engine, mut connection) = connected();
    for sql in [
        "SELECT 1",
        " -- one\n select 1",
        "/* one */ VALUES (1)",
        "WITH a AS (VALUES (1)) SELECT 1",
    ] {
        connection.query(sql).unwrap();
        connection.rollback().unwrap();
        assert_eq!(engine.log().take(), ["BEGIN", sql, "ROLLBACK"]);
    }
    connection.execute("SELECTION").unwrap_err();
    assert_eq!(engine.log().take()[0], "BEGIN IMMEDIATE");
}

#[test]
fn savepoints_nest() {
    // ENG-3
    let (engine, mut connection) = connected();
    connection.begin_nested().unwrap();
    connection.execute("INSERT INTO t VALUES (1, 1)").unwrap();
    connection.begin_nested().unwrap();
    connection.execute("INSERT INTO t VALUES (2, 2)").unwrap();
    connection.rollback_nested().unwrap();
    connection.commit_nested().unwrap();
    assert!(matches!(connection.commit_nested(), Err(Error::InvalidRequest(_))));
    connection.commit().unwrap();
    assert_eq!(
        engine.log().take(),
        [
            "BEGIN IMMEDIATE",
            "SAVEPOINT aludel_1",
            "INSERT INTO t VALUES (1, 1)",
            "SAVEPOINT aludel_2",
            "INSERT INTO t VALUES (2, 2)",
            "ROLLBACK TO aludel_2",
            "RELEASE aludel_2",
            "RELEASE aludel_1",
            "COMMIT"
        ]
    );
    assert_eq!(
        connection.fetch(text("SELECT a, b FROM t").rows::<(i64, i64)>()).unwrap(),
        [(1, 1)]
    );
}

#[test]
fn many_sets_of_parameters() {
    // ENG-5
    let (engine, mut connection) = connected();
    let sets: Vec<Vec<Value>> = (0..3_i64).map(|i| vec![i.into(), "x".into()]).collect();
    let insert = "INSERT INTO t VALUES (?, ?)";
    assert_eq!(connection.execute_many(insert, sets.clone()).unwrap(), 3);
    assert_eq!(connection.execute("UPDATE t SET b = 'x' WHERE a > 0").unwrap(), 2);
    assert_eq!(connection.execute_many(insert, vec![]).unwrap(), 0);
    let error = connection.execute_many("SELECT ?, ?", sets).unwrap_err();
    assert!(matches!(error, Error::InvalidRequest(_)));
    assert_eq!(engine.log().take()[1], "INSERT INTO t VALUES (?, ?) -- 3 rows");
}

#[test]
fn rows_by_position_and_by_name() {
    // ENG-4
    let (_engine, mut connection) = connected();
    let statement = text("SELECT :x AS a, :y AS b, 3 AS b").bind("x", 1).bind("y", "x");
    let rows = connection.query(&statement).unwrap();
    let row = &rows[0];
    assert_eq!(row.names(), ["a", "b", "b"]);
    assert_eq!(row.get::<i32>(0).unwrap(), 1);
    assert_eq!(row.by_name::<i64>("a").unwrap(), 1);
    assert_eq!(row.get::<Option<String>>(1).unwrap().as_deref(), Some("x"));
    assert!(row.by_name::<i64>("b").unwrap_err().to_string().contains("several columns"));
    assert!(row.by_name::<i64>("c").unwrap_err().to_string().contains("there are: a, b, b"));
    assert!(row.get::<i64>(3).unwrap_err().to_string().contains("no column 3"));
    assert!(row.get::<i64>(1).unwrap_err().to_string().contains("column 2 (`b`)"));
}

#[test]
fn sets_fill_the_holes_of_a_compiled_statement() {
    let (engine, mut connection) = connected();
    let params = vec![Param::Hole, Param::Value("same".into())];
    let insert = Compiled { sql: "INSERT INTO t VALUES (?, ?)".into(), params };
    engine.log().start_with_parameters();
    let sets = vec![vec![Value::from(1)], vec![Value::from(2)]];
    assert_eq!(connection.execute_many(&insert, sets).unwrap(), 2);
    let line = "INSERT INTO t VALUES (?, ?) -- (1, \"same\"), (2, \"same\")";
    assert_eq!(engine.log().take()[1], line);
    let wrong = connection.execute_many(&insert, vec![vec![]]).unwrap_err();
    assert!(wrong.to_string().contains("wants 1 values, but a set has 0"), "{wrong}");
    assert!(matches!(connection.execute(&insert), Err(Error::InvalidRequest(_))));
}

#[test]
fn typed_rows() {
    let (_engine, mut connection) = connected();
    let rows: Vec<(i64, String)> = connection.fetch(select((lit(1_i64), lit("x")))).unwrap();
    assert_eq!(rows, [(1, "x".to_owned())]);
    let wrong = connection.fetch(text("SELECT 'x'").rows::<(i64,)>()).unwrap_err();
    assert!(wrong.to_string().contains("should hold BIGINT"), "{wrong}");
}

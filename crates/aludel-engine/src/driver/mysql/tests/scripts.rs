//! Scripts: what is sent, counts, keys and rows.

use super::*;
use crate::{
    EngineFace, Error, Kind,
    blocking::block_on,
    driver::{Params, Run, Statement, run},
};

// ENG-11, ENG-12
#[test]
fn a_script_on_both_faces() {
    for scratch in Scratch::each() {
        let script = || {
            Script::new([
                vec![BEGIN, step("DELETE FROM t", &[], Want::Nothing)],
                vec![
                    many(
                        "INSERT INTO t (a) VALUES (?)",
                        vec![vec!["x".into()], vec![Value::Null]],
                        Want::Keys,
                    ),
                    step("UPDATE t SET a = ? WHERE a IS NULL", &["y".into()], Want::Count),
                    // It matches, and changes nothing.
                    step("UPDATE t SET a = ? WHERE a = 'y'", &["y".into()], Want::Count),
                ],
                vec![step("SELECT id, a FROM t ORDER BY id", &[], Want::Rows)],
                vec![COMMIT],
            ])
        };
        let check = |done: Script, first: i64| {
            assert_eq!(done.keys, [(0, 0, first), (0, 1, first + 1)]);
            assert_eq!(done.counts, [(1, 0, 1), (2, 0, 1)]);
            let row = |id: i64, a: &str| (0, vec![id.into(), a.into()]);
            assert_eq!(done.rows, [row(first, "x"), row(first + 1, "y")]);
        };
        let engine = scratch.blocking();
        let mut connection = engine.connect().unwrap();
        let ddl = "CREATE TABLE t (id BIGINT AUTO_INCREMENT PRIMARY KEY, a VARCHAR(20))";
        connection.execute(ddl).unwrap();
        connection.commit().unwrap();
        engine.log().start();
        check(block_on(run(connection.driver_connection(), script())).unwrap(), 1);
        let log = engine.log().take();
        assert_eq!(log[0], "BEGIN (implicit)");
        assert_eq!(log[2], "INSERT INTO t (a) VALUES (?) -- 2 rows");
        assert_eq!((log.len(), log[6].as_str()), (7, "COMMIT"));

        tokio::runtime::Runtime::new().unwrap().block_on(async {
            let engine = scratch.engine();
            let mut connection = engine.core().checkout().await.unwrap();
            check(run(&mut *connection, script()).await.unwrap(), 3);
            assert!(!connection.in_transaction());
        });
    }
}

#[test]
fn outside_of_a_transaction_each_statement_is_one() {
    for scratch in Scratch::each() {
        let engine = scratch.blocking();
        let mut one = engine.connect().unwrap();
        let mut other = engine.connect().unwrap();
        let steps = [
            step("CREATE TABLE t (a INT UNIQUE)", &[], Want::Nothing),
            step("INSERT INTO t VALUES (1)", &[], Want::Nothing),
        ];
        block_on(run(one.driver_connection(), Script::new([steps.into()]))).unwrap();
        assert!(!one.in_transaction());
        assert_eq!(other.query("SELECT a FROM t").unwrap().len(), 1);
        other.rollback().unwrap();
        // One that fails keeps no lock.
        let twice = step("INSERT INTO t VALUES (1)", &[], Want::Nothing);
        block_on(run(one.driver_connection(), Script::one(twice))).map(drop).unwrap_err();
        assert_eq!(other.query("SELECT a FROM t FOR UPDATE").unwrap().len(), 1);
    }
}

#[test]
fn statements_stay_prepared_up_to_the_limit() {
    for scratch in Scratch::each() {
        let prepared = |options: EngineOptions| {
            let engine = blocking::Engine::with_options(&scratch.url, options).unwrap();
            let mut connection = engine.connect().unwrap();
            for round in 0..2 {
                for n in 0..4 {
                    let sql = format!("SELECT {n} + ?");
                    let rows = step(&sql, &[1.into()], Want::Rows);
                    let done = run(connection.driver_connection(), Script::one(rows));
                    let found = block_on(done).unwrap().rows[0].1[0].clone();
                    assert_eq!(found, Value::Int(n + 1), "round {round}");
                }
            }
            let mut status = |name: &str| {
                let sql = format!("SHOW SESSION STATUS LIKE '{name}'");
                let row = Script::one(Step::Run(Run {
                    statement: Statement::once(sql),
                    params: Params::none(),
                    want: Want::Rows,
                }));
                let done = block_on(run(connection.driver_connection(), row)).unwrap();
                match &done.rows[0].1[1] {
                    Value::Text(it) => it.parse::<i64>().unwrap(),
                    other => panic!("{other:?}"),
                }
            };
            (status("Com_stmt_prepare"), status("Com_stmt_close"))
        };
        assert_eq!(prepared(EngineOptions::new()), (4, 0));
        assert_eq!(prepared(EngineOptions::new().statement_cache(2)), (8, 6));
        assert_eq!(prepared(EngineOptions::new().statement_cache(0)), (8, 8));
        assert_eq!(prepared(EngineOptions::new().prepared_statements(false)), (8, 8));
    }
}

#[test]
fn texts_that_cannot_be_prepared() {
    let scratch = Scratch::mariadb();
    let engine = scratch.blocking();
    let mut connection = engine.connect().unwrap();
    connection.execute("CREATE TABLE t (a INT)").unwrap();
    // Kept, as the engine has it for all but DDL; MySQL and MariaDB prepare no such statement.
    connection.execute("LOCK TABLES t WRITE").unwrap();
    connection.execute("UNLOCK TABLES").unwrap();
    // Names that look like the client's own parameters, and its comments.
    let sql =
        "SELECT ':a', '?', 1 -- :b\n /* :c ? */ , `x:y` FROM (SELECT 2 AS `x:y`) s WHERE 1 = ?";
    let rows = Script::one(step(sql, &[1.into()], Want::Rows));
    let done = block_on(run(connection.driver_connection(), rows)).unwrap();
    assert_eq!(done.rows[0].1, [":a".into(), "?".into(), Value::Int(1), Value::Int(2)]);
}

#[test]
fn parameters_are_counted() {
    for scratch in Scratch::each() {
        let engine = scratch.blocking();
        let mut connection = engine.connect().unwrap();
        for (params, says) in [(0, "has 2 parameters, but 0"), (1, "but 1"), (3, "but 3")] {
            let params: Vec<Value> = (0..params).map(Value::Int).collect();
            let rows = Script::one(step("SELECT ?, ?", &params, Want::Rows));
            let Err(error) = block_on(run(connection.driver_connection(), rows)) else {
                panic!("refused")
            };
            assert!(error.to_string().contains(says), "{error}");
        }
        // The connection is as good as before.
        assert_eq!(connection.query("SELECT 1").unwrap().len(), 1);
    }
}

#[test]
fn values_beyond_what_the_server_takes() {
    let scratch = Scratch::mariadb();
    let engine = scratch.blocking();
    let mut connection = engine.connect().unwrap();
    let limit = connection.query("SELECT @@max_allowed_packet").unwrap()[0].get::<i64>(0).unwrap();
    let long = Value::Bytes(vec![b'x'; limit as usize]);
    let rows = Script::one(step("SELECT length(?)", &[long], Want::Rows));
    let Err(error) = block_on(run(connection.driver_connection(), rows)) else { panic!("refused") };
    assert!(error.to_string().contains("max_allowed_packet"), "{error}");
    assert_eq!(connection.query("SELECT 1").unwrap().len(), 1);
    // Long ones that fit go through, whole.
    let long = Value::Text("é".repeat(limit as usize / 2 - 1000));
    let rows = Script::one(step("SELECT ?", std::slice::from_ref(&long), Want::Rows));
    let done = block_on(run(connection.driver_connection(), rows)).unwrap();
    assert_eq!(done.rows[0].1, [long]);
}

// ENG-40
#[tokio::test]
async fn the_blocking_face_is_refused_within_a_runtime() {
    let scratch = Scratch::mariadb();
    let engine = scratch.blocking();
    let Err(error) = engine.connect() else { panic!("it would block the runtime") };
    assert!(matches!(error, Error::InvalidRequest(_)), "{error}");
    assert!(error.to_string().contains("spawn_blocking"), "{error}");
    // Where blocking is allowed, it works.
    let rows = tokio::task::spawn_blocking(move || {
        let rows = engine.connect().unwrap().query("SELECT 1").unwrap();
        rows.len()
    });
    assert_eq!(rows.await.unwrap(), 1);
}

#[test]
fn a_procedure_with_several_results() {
    let scratch = Scratch::mariadb();
    let engine = scratch.blocking();
    let mut connection = engine.connect().unwrap();
    let ddl = "CREATE PROCEDURE p () BEGIN SELECT 1; SELECT 2; END";
    connection.execute(ddl).unwrap();
    assert_eq!(connection.query("CALL p()").unwrap().len(), 1, "the rows of the first");
    assert_eq!(connection.query("SELECT 3").unwrap()[0].get::<i64>(0).unwrap(), 3);
    let error = connection.query("CALL nothing()").unwrap_err();
    assert_eq!(error.kind(), Some(Kind::Syntax));
}

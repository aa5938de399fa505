//! INSERTs of many rows, and whose keys are whose.

use aludel_core::compile::Bulk;

use super::*;
use crate::{
    EngineFace,
    blocking::block_on,
    driver::{Params, Run, Statement, Work, run},
};
use std::sync::Arc;

const TABLE: &str = "CREATE TABLE t (id BIGINT AUTO_INCREMENT PRIMARY KEY, a BIGINT, b TEXT)";

fn insert(mariadb: bool, returning: &str, sets: Vec<Vec<Value>>, want: Want) -> Step {
    let returning = if mariadb { returning } else { "" };
    let head = "INSERT INTO t (a, b)";
    let bulk = Bulk { insert: head.into(), columns: 2, returning: returning.into() };
    let statement = Statement::new(format!("{head} VALUES (?, ?){returning}"));
    let params = Params::Source(Arc::new(Many(sets)));
    Step::Run(Run { statement: statement.with_bulk(Some(Arc::new(bulk))), params, want })
}

fn sets(from: i64, rows: i64) -> Vec<Vec<Value>> {
    (from..from + rows).map(|i| vec![i.into(), format!("row {i}").into()]).collect()
}

/// What a server did since it was last asked.
fn status(connection: &mut dyn crate::driver::Connection, name: &str) -> i64 {
    let sql = format!("SHOW SESSION STATUS LIKE '{name}'");
    let params = Params::none();
    let asked = Run { statement: Statement::once(sql), params, want: Want::Rows };
    let done = block_on(run(connection, Script::one(Step::Run(asked)))).unwrap();
    match &done.rows[0].1[1] {
        Value::Text(it) => it.parse().unwrap(),
        other => panic!("{other:?}"),
    }
}

// ENG-21
#[test]
fn many_rows_in_few_statements() {
    for scratch in Scratch::each() {
        let engine = scratch.blocking();
        let mut connection = engine.connect().unwrap();
        connection.execute(TABLE).unwrap();
        connection.commit().unwrap();
        let on = connection.driver_connection();
        for (rows, statements, prepared, closed) in [
            (1, 1, 1, 0),
            (2, 1, 1, 1),
            (99, 1, 1, 1),
            (100, 1, 1, 0),
            (2345, 6, 2, 1),
            (2345, 6, 1, 1),
        ] {
            let before =
                ["Com_stmt_execute", "Com_stmt_prepare", "Com_stmt_close"].map(|it| status(on, it));
            let step = insert(scratch.is_mariadb(), " RETURNING id", sets(0, rows), Want::Keys);
            let done = block_on(run(on, Script::new([vec![BEGIN, step], vec![COMMIT]]))).unwrap();
            let after =
                ["Com_stmt_execute", "Com_stmt_prepare", "Com_stmt_close"].map(|it| status(on, it));
            let did: Vec<i64> =
                after.iter().zip(before).map(|(after, before)| after - before).collect();
            assert_eq!(did, [statements, prepared, closed], "{rows} rows");
            let runs: Vec<usize> = done.keys.iter().map(|it| it.1).collect();
            assert_eq!(runs, (0..rows as usize).collect::<Vec<_>>());
            check(on, &done.keys, 0);
            block_on(run(on, Script::one(self::step("DELETE FROM t", &[], Want::Nothing))))
                .unwrap();
        }
    }
}

/// Each key is that of the row that was sent with it.
fn check(on: &mut dyn crate::driver::Connection, keys: &[(usize, usize, i64)], from: i64) {
    let rows =
        block_on(run(on, Script::one(step("SELECT id, a FROM t", &[], Want::Rows)))).unwrap();
    let stored: std::collections::HashMap<i64, i64> = rows
        .rows
        .iter()
        .map(|(_, row)| match row[..] {
            [Value::Int(id), Value::Int(a)] => (id, a),
            _ => panic!("{row:?}"),
        })
        .collect();
    for (_, run, key) in keys {
        assert_eq!(stored.get(key), Some(&(from + *run as i64)), "run {run}");
    }
}

// ENG-22
#[test]
fn keys_with_eight_writers_at_once() {
    for scratch in Scratch::each() {
        let engine = scratch.blocking();
        engine.connect().unwrap().execute(TABLE).unwrap();
        for increment in [1, 2, 7] {
            std::thread::scope(|scope| {
                for writer in 0..8 {
                    let (url, mariadb) = (&scratch.url, scratch.is_mariadb());
                    scope.spawn(move || {
                        let engine = blocking::Engine::new(url).unwrap();
                        let mut connection = engine.connect().unwrap();
                        let set = format!("SET auto_increment_increment = {increment}, auto_increment_offset = {}", writer % increment + 1);
                        connection.execute(set.as_str()).unwrap();
                        connection.commit().unwrap();
                        let on = connection.driver_connection();
                        for round in 0..6 {
                            let from = writer * 1_000_000 + round * 10_000;
                            let rows = [1, 3, 99, 101, 257, 1203][round as usize];
                            let step = insert(mariadb, " RETURNING id", sets(from, rows), Want::Keys);
                            let script = Script::new([vec![BEGIN, step], vec![COMMIT]]);
                            let done = block_on(run(on, script)).unwrap();
                            assert_eq!(done.keys.len(), rows as usize);
                            check(on, &done.keys, from);
                        }
                    });
                }
            });
        }
    }
}

#[test]
fn rows_come_back_in_the_order_in_which_they_went() {
    let scratch = Scratch::mariadb();
    let engine = scratch.blocking();
    let mut connection = engine.connect().unwrap();
    connection.execute(TABLE).unwrap();
    let step = insert(true, " RETURNING id, a, b", sets(0, 1234), Want::Rows);
    let done = block_on(run(connection.driver_connection(), Script::one(step))).unwrap();
    let found: Vec<Value> = done.rows.iter().map(|(_, row)| row[1].clone()).collect();
    assert_eq!(found, (0..1234).map(Value::Int).collect::<Vec<_>>());
}

#[test]
fn rows_too_long_for_one_statement() {
    for scratch in Scratch::each() {
        let engine = scratch.blocking();
        let mut connection = engine.connect().unwrap();
        connection
            .execute("CREATE TABLE t (id BIGINT AUTO_INCREMENT PRIMARY KEY, a BIGINT, b LONGTEXT)")
            .unwrap();
        let limit =
            connection.query("SELECT @@max_allowed_packet").unwrap()[0].get::<i64>(0).unwrap();
        let long = "x".repeat(limit as usize / 5);
        let sets = (0..12).map(|i: i64| vec![i.into(), long.clone().into()]).collect();
        let step = insert(scratch.is_mariadb(), " RETURNING id", sets, Want::Keys);
        let done = block_on(run(connection.driver_connection(), Script::one(step))).unwrap();
        check(connection.driver_connection(), &done.keys, 0);
        connection.rollback().unwrap();
    }
}

#[test]
fn fewer_rows_than_were_sent() {
    // A trigger can't leave rows out here, but an INSERT IGNORE does.
    for scratch in Scratch::each() {
        let engine = scratch.blocking();
        let mut connection = engine.connect().unwrap();
        let ddl = "CREATE TABLE t (id BIGINT AUTO_INCREMENT PRIMARY KEY, a BIGINT UNIQUE)";
        connection.execute(ddl).unwrap();
        let returning = if scratch.is_mariadb() { " RETURNING id" } else { "" };
        let bulk = Bulk {
            insert: "INSERT IGNORE INTO t (a)".into(),
            columns: 1,
            returning: returning.into(),
        };
        let statement =
            Statement::new("INSERT IGNORE INTO t (a) VALUES (?)").with_bulk(Some(Arc::new(bulk)));
        let params =
            Params::Source(Arc::new(Many(vec![vec![1.into()], vec![1.into()], vec![2.into()]])));
        let step = Step::Run(Run { statement, params, want: Want::Keys });
        let Err(error) = block_on(run(connection.driver_connection(), Script::one(step))) else {
            panic!("refused")
        };
        assert!(error.to_string().contains("3 rows were inserted, but 2 came back"), "{error}");
    }
}

#[test]
fn one_row_without_a_generated_key() {
    for scratch in Scratch::each() {
        let engine = scratch.blocking();
        let mut connection = engine.connect().unwrap();
        connection.execute("CREATE TABLE t (a BIGINT PRIMARY KEY)").unwrap();
        let script = Script::one(step("INSERT INTO t VALUES (?)", &[1.into()], Want::Keys));
        let Err(error) = block_on(run(connection.driver_connection(), script)) else {
            panic!("refused")
        };
        assert!(error.to_string().contains("AUTO_INCREMENT"), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_thousand_rows_within_one_unit() {
    for scratch in Scratch::each() {
        let engine = scratch.engine();
        let mut connection = engine.core().checkout().await.unwrap();
        let ddl = step(TABLE, &[], Want::Nothing);
        let step = insert(scratch.is_mariadb(), " RETURNING id", sets(0, 100_000), Want::Keys);
        let done = run(&mut *connection, Script::new([vec![ddl, BEGIN, step], vec![COMMIT]]))
            .await
            .unwrap();
        assert_eq!(done.keys.len(), 100_000);
        let rows = run(
            &mut *connection,
            Script::one(self::step("SELECT count(*), sum(a) FROM t", &[], Want::Rows)),
        )
        .await
        .unwrap();
        assert_eq!(rows.rows[0].1[0], Value::Int(100_000));
        let _ = Box::new(rows).into_any();
    }
}

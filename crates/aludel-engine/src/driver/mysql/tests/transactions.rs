//! Transactions: isolation, savepoints, two phases, and those that the server ends by itself.

use std::sync::Arc;

use super::*;
use crate::{
    EngineFace, Error, Kind,
    blocking::block_on,
    driver::{Connection, Isolation, once, run},
};

fn control(on: &mut dyn Connection, control: Control) -> Result<()> {
    block_on(once(on, [Step::Control(control)]))
}

fn execute(on: &mut dyn Connection, sql: &str) -> Result<Vec<Vec<Value>>> {
    let done = block_on(run(on, Script::one(step(sql, &[], Want::Rows))))?;
    Ok(done.rows.into_iter().map(|(_, row)| row).collect())
}

fn table(scratch: &Scratch) -> blocking::Engine {
    let engine = scratch.blocking();
    let mut connection = engine.connect().unwrap();
    connection.execute("CREATE TABLE t (a INT PRIMARY KEY, b INT) ENGINE=InnoDB").unwrap();
    connection.execute("INSERT INTO t VALUES (1, 0), (2, 0)").unwrap();
    connection.commit().unwrap();
    engine
}

#[test]
fn ddl_leaves_the_transaction_open() {
    for scratch in Scratch::each() {
        let engine = table(&scratch);
        let mut one = engine.connect().unwrap();
        one.execute("INSERT INTO t VALUES (3, 0)").unwrap();
        // It commits what was done before it, as these databases do.
        one.execute("CREATE TABLE u (a INT)").unwrap();
        one.execute("INSERT INTO t VALUES (4, 0)").unwrap();
        one.rollback().unwrap();
        let rows = engine.connect().unwrap().query("SELECT a FROM t ORDER BY a").unwrap();
        let found: Vec<i64> = rows.iter().map(|it| it.get(0).unwrap()).collect();
        assert_eq!(found, [1, 2, 3]);
    }
}

// ENG-51
#[test]
fn isolation_and_read_only() {
    for scratch in Scratch::each() {
        let engine = table(&scratch);
        let mut one = engine.connect().unwrap();
        let mut other = engine.connect().unwrap();
        for (isolation, sees) in [
            (Isolation::ReadUncommitted, [1, 1]),
            (Isolation::ReadCommitted, [0, 1]),
            (Isolation::RepeatableRead, [0, 0]),
        ] {
            let (one, other) = (one.driver_connection(), other.driver_connection());
            engine.log().start();
            let begin = Begin { isolation: Some(isolation), ..Begin::DEFERRED };
            control(one, Control::Begin(begin)).unwrap();
            let set = format!("SET TRANSACTION ISOLATION LEVEL {isolation}");
            assert_eq!(engine.log().take(), [set.as_str(), "BEGIN (implicit)"]);
            engine.log().stop();
            let read = "SELECT b FROM t WHERE a = 1";
            assert_eq!(execute(one, read).unwrap(), [[Value::Int(0)]]);
            block_on(once(
                other,
                [BEGIN, step("UPDATE t SET b = 1 WHERE a = 1", &[], Want::Nothing)],
            ))
            .unwrap();
            let uncommitted = execute(one, read).unwrap();
            control(other, Control::Commit).unwrap();
            let committed = execute(one, read).unwrap();
            assert_eq!(
                [uncommitted, committed],
                sees.map(|it| vec![vec![Value::Int(it)]]),
                "{isolation}"
            );
            control(one, Control::Commit).unwrap();
            execute(other, "UPDATE t SET b = 0").unwrap();
        }
        let one = one.driver_connection();
        let begin =
            Begin { read_only: true, isolation: Some(Isolation::Serializable), ..Begin::DEFERRED };
        control(one, Control::Begin(begin)).unwrap();
        let error = execute(one, "UPDATE t SET b = 1").unwrap_err();
        assert_eq!(error.kind(), Some(Kind::ReadOnly), "{error}");
        control(one, Control::Rollback).unwrap();
        // The next one is as usual.
        block_on(once(one, [BEGIN, step("UPDATE t SET b = 1", &[], Want::Nothing), COMMIT]))
            .unwrap();
        let error = control(one, Control::Begin(Begin { deferrable: true, ..Begin::DEFERRED }));
        assert!(matches!(error, Err(Error::Core(_))));
    }
}

#[test]
fn savepoints() {
    for scratch in Scratch::each() {
        let engine = table(&scratch);
        let mut connection = engine.connect().unwrap();
        let insert = |a: i64| step("INSERT INTO t VALUES (?, 0)", &[a.into()], Want::Nothing);
        let control = Step::Control;
        engine.log().start();
        let script = Script::new([vec![
            BEGIN,
            control(Control::Savepoint(1)),
            insert(3),
            control(Control::Savepoint(2)),
            insert(4),
            control(Control::RollbackTo(2)),
            control(Control::Release(1)),
            insert(5),
            COMMIT,
        ]]);
        block_on(run(connection.driver_connection(), script)).unwrap();
        let log = engine.log().take();
        assert_eq!(
            log[5..8],
            [
                "ROLLBACK TO SAVEPOINT aludel_2",
                "RELEASE SAVEPOINT aludel_2",
                "RELEASE SAVEPOINT aludel_1"
            ]
        );
        let rows = connection.query("SELECT a FROM t ORDER BY a").unwrap();
        let found: Vec<i64> = rows.iter().map(|it| it.get(0).unwrap()).collect();
        assert_eq!(found, [1, 2, 3, 5]);
    }
}

// ENG-53
#[test]
fn two_phases() {
    for scratch in Scratch::each() {
        let engine = table(&scratch);
        let count = |engine: &blocking::Engine| {
            engine.connect().unwrap().query("SELECT a FROM t").unwrap().len()
        };
        let xid: Arc<str> = format!("{}'s \\ first", scratch.name).into();
        let begin = || Step::Control(Control::BeginTwoPhase(Arc::clone(&xid)));
        let prepare = || Step::Control(Control::Prepare(Arc::clone(&xid)));
        let insert = || step("INSERT INTO t VALUES (3, 0)", &[], Want::Nothing);
        let mut connection = engine.connect().unwrap();
        let on = connection.driver_connection();
        // Undone before the first phase is over, and after it.
        block_on(once(on, [begin(), insert(), ROLLBACK])).unwrap();
        assert!(!on.in_transaction());
        block_on(once(on, [begin(), insert(), prepare()])).unwrap();
        control(on, Control::RollbackPrepared(Arc::clone(&xid))).unwrap();
        assert_eq!(count(&engine), 2);
        // Without a second phase.
        block_on(once(
            on,
            [begin(), step("INSERT INTO t VALUES (8, 0)", &[], Want::Nothing), COMMIT],
        ))
        .unwrap();
        assert_eq!(count(&engine), 3);
        // Both phases, on one connection.
        block_on(once(on, [begin(), insert(), prepare()])).unwrap();
        assert_eq!(count(&engine), 3);
        control(on, Control::CommitPrepared(Arc::clone(&xid))).unwrap();
        assert_eq!(count(&engine), 4);
        assert!(!on.in_transaction());
        execute(on, "DELETE FROM t WHERE a = 3").unwrap();
        // On another one: the first is given back, and gone.
        block_on(once(on, [begin(), insert(), prepare()])).unwrap();
        drop(connection);
        engine.dispose();
        let mut other = engine.connect().unwrap();
        let on = other.driver_connection();
        let mut committed = Ok(());
        for _ in 0..200 {
            // The server notices the end of the first in its own time.
            committed = control(on, Control::CommitPrepared(Arc::clone(&xid)));
            if committed.is_ok() {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        committed.unwrap();
        assert_eq!(count(&engine), 4);
        let error = control(on, Control::BeginTwoPhase("x".repeat(65).into())).unwrap_err();
        assert!(matches!(error, Error::InvalidRequest(_)));
        assert!(!on.in_transaction());
    }
}

/// Two transactions, each waiting for the other: the error, and the connection that got it.
async fn deadlock(engine: &Engine) -> (Error, crate::Pooled) {
    let mut one = engine.core().checkout().await.unwrap();
    let mut other = engine.core().checkout().await.unwrap();
    let update = |a: i64| step("UPDATE t SET b = b + 1 WHERE a = ?", &[a.into()], Want::Nothing);
    once(&mut *one, [BEGIN, update(1), update(1)]).await.unwrap();
    once(&mut *other, [BEGIN, update(2)]).await.unwrap();
    let (first, second) = tokio::join!(async { once(&mut *one, [update(2)]).await }, async {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        once(&mut *other, [update(1)]).await
    });
    match (first, second) {
        (Err(error), Ok(())) => (error, one),
        (Ok(()), Err(error)) => (error, other),
        other => panic!("one of them should have lost: {other:?}"),
    }
}

// ENG-33
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deadlock_ends_the_transaction_and_no_commit_succeeds() {
    for scratch in Scratch::each() {
        drop(std::thread::scope(|scope| scope.spawn(|| drop(table(&scratch))).join()));
        let engine = scratch.engine();
        let (error, mut lost) = deadlock(&engine).await;
        assert_eq!(error.kind(), Some(Kind::Deadlock), "{error}");
        assert!(error.is_retryable());
        // Everything but the rollback is refused, and nothing gets by.
        let insert = || step("INSERT INTO t VALUES (9, 9)", &[], Want::Nothing);
        for step in [insert(), COMMIT, BEGIN, Step::Control(Control::Savepoint(1))] {
            let error = once(&mut *lost, [step]).await.unwrap_err();
            assert_eq!(error.kind(), Some(Kind::Deadlock), "{error}");
            assert!(error.to_string().contains("roll it back"), "{error}");
        }
        once(&mut *lost, [ROLLBACK]).await.unwrap();
        assert!(!lost.in_transaction());
        once(&mut *lost, [BEGIN, insert(), COMMIT]).await.unwrap();
        let rows =
            run(&mut *lost, Script::one(step("SELECT a FROM t", &[], Want::Rows))).await.unwrap();
        assert_eq!(rows.rows.len(), 3);
    }
}

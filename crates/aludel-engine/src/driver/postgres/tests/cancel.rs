//! Futures that are dropped: the server stops, nothing stays locked, and the next question gets its own
//! answer.

use std::time::Duration;

use aludel_core::expr::text;

use super::engine;
use crate::Engine;

/// Once a dropped unit is home, a lock is to be had without waiting: how long that took.
async fn is_free(engine: &Engine, lock: &str) {
    for _ in 0..500 {
        let mut other = engine.connect().await.unwrap();
        let locked = other.execute(lock).await;
        other.rollback().await.unwrap();
        if locked.is_ok() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    panic!("a dropped unit kept its lock");
}

#[tokio::test]
async fn a_dropped_statement_is_interrupted_and_rolled_back() {
    let engine = engine("dropped").await;
    let mut one = engine.connect().await.unwrap();
    one.execute("CREATE TABLE t (id int PRIMARY KEY, n int)").await.unwrap();
    one.execute("INSERT INTO t VALUES (1, 1)").await.unwrap();
    one.commit().await.unwrap();
    one.execute("UPDATE t SET n = 2").await.unwrap();
    let sleeping = one.execute("SELECT pg_sleep(100)");
    tokio::time::timeout(Duration::from_millis(30), sleeping).await.unwrap_err();
    // Nobody asks for the connection: it settles by itself.
    is_free(&engine, "SELECT * FROM t FOR UPDATE NOWAIT").await;
    let rows = one.fetch(text("SELECT n FROM t").rows::<(i32,)>()).await.unwrap();
    assert_eq!(rows, [(1,)], "by a connection of its own, if the old one was given up");
}

#[tokio::test]
async fn a_dropped_connection_gives_its_locks_back() {
    let engine = engine("abandoned").await;
    let mut one = engine.connect().await.unwrap();
    one.execute("CREATE TABLE t (id int PRIMARY KEY, n int)").await.unwrap();
    one.execute("INSERT INTO t VALUES (1, 1)").await.unwrap();
    one.commit().await.unwrap();
    one.execute("UPDATE t SET n = 2").await.unwrap();
    drop(one);
    let mut busy = Vec::new();
    is_free(&engine, "SELECT * FROM t FOR UPDATE NOWAIT").await;
    for _ in 0..2 {
        let mut connection = engine.connect().await.unwrap();
        let rows = connection.fetch(text("SELECT n FROM t").rows::<(i32,)>()).await.unwrap();
        assert_eq!(rows, [(1,)]);
        busy.push(connection);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dropped_at_random_moments_each_question_gets_its_own_answer() {
    let engine = engine("random").await;
    let mut connection = engine.connect().await.unwrap();
    connection.execute("CREATE TABLE t (id bigint PRIMARY KEY)").await.unwrap();
    connection.commit().await.unwrap();
    drop(connection);
    let seed = std::env::var("ALUDEL_SEED").ok().and_then(|it| it.parse().ok()).unwrap_or(7_u64);
    println!("ALUDEL_SEED={seed}");
    let mut random = seed | 1;
    for round in 0..300_i64 {
        random =
            random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let patience = Duration::from_micros(random >> 33 & 0xfff);
        let unit = async {
            let mut connection = engine.connect().await.unwrap();
            let insert = text("INSERT INTO t VALUES (:id)").bind("id", round);
            connection.execute(insert).await.unwrap();
            connection.query(text("SELECT pg_sleep(0.001), :n").bind("n", round)).await.unwrap();
            connection.commit().await.unwrap();
        };
        let _ = tokio::time::timeout(patience, unit).await;
        let mut connection = engine.connect().await.unwrap();
        let own = text("SELECT :n::bigint").bind("n", round).rows::<(i64,)>();
        assert_eq!(connection.fetch(own).await.unwrap(), [(round,)]);
    }
    is_free(&engine, "LOCK TABLE t IN ACCESS EXCLUSIVE MODE NOWAIT").await;
    let status = engine.status();
    assert!(status.size <= 3, "{status:?}");
}

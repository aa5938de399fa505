//! A dropped future: its transaction is rolled back, and the connection can be used again.

use std::time::Duration;

use super::*;
use crate::{
    EngineFace, Error,
    driver::{run, settle},
};

fn unit(rows: i64) -> Script {
    let insert = many(
        "INSERT INTO t (a) VALUES (?)",
        (0..rows).map(|i| vec![i.into()]).collect(),
        Want::Keys,
    );
    let scan = step("SELECT count(*) FROM t a, t b, t c WHERE a.a + b.a < c.a", &[], Want::Rows);
    Script::new([vec![BEGIN, insert.clone()], vec![scan, insert], vec![COMMIT]])
}

async fn rows(connection: &mut dyn crate::driver::Connection) -> i64 {
    let script = Script::one(step("SELECT count(*) FROM t", &[], Want::Rows));
    match run(connection, script).await.unwrap().rows[0].1[0] {
        Value::Int(count) => count,
        _ => panic!("a count is an integer"),
    }
}

async fn prepared(url: &str) -> Engine {
    let engine = async_engine(url);
    let mut connection = engine.connect().await.unwrap();
    connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, a)").await.unwrap();
    connection.commit().await.unwrap();
    engine
}

/// A fixed sequence that looks like chance.
fn chance(seed: &mut u64) -> u64 {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    *seed
}

#[tokio::test]
async fn forty_dropped_units_leave_nothing() {
    let (_directory, url) = file();
    let engine = prepared(&url).await;
    let mut seed = 20_261_120;
    let mut committed = 0;
    let mut connection = engine.core().checkout().await.unwrap();
    for _ in 0..40 {
        let pause = Duration::from_micros(chance(&mut seed) % 20_000);
        let dropped = tokio::time::timeout(pause, run(&mut *connection, unit(150))).await.is_err();
        if dropped {
            let (result, _) = settle(&mut *connection).await.unwrap();
            match result {
                Ok(()) => committed += 1,
                Err(error) => assert!(matches!(error, Error::Cancelled), "{error}"),
            }
        } else {
            committed += 1;
        }
        assert!(!connection.is_under_way() && !connection.in_transaction());
        assert_eq!(rows(&mut *connection).await, committed * 300, "all of a unit, or nothing");
        assert!(connection.is_usable());
    }
}

#[tokio::test]
async fn an_abandoned_connection_comes_home_before_it_is_handed_out() {
    // `:memory:` has one connection, so each checkout gets the one that was just abandoned.
    let engine = prepared("sqlite::memory:").await;
    let mut seed = 42;
    let mut committed = 0;
    for round in 0..20 {
        let mut connection = engine.core().checkout().await.unwrap();
        assert!(!connection.in_transaction() && !connection.is_under_way());
        let before = rows(&mut *connection).await;
        assert_eq!(before % 300, 0);
        assert!(before >= committed, "round {round}: the database is still the same");
        committed = before;
        let pause = Duration::from_micros(chance(&mut seed) % 10_000);
        _ = tokio::time::timeout(pause, run(&mut *connection, unit(150))).await;
    }
}

#[tokio::test]
async fn a_transaction_left_open_is_rolled_back_at_once() {
    let (_directory, url) = file();
    let engine = prepared(&url).await;
    let mut left = engine.connect().await.unwrap();
    left.execute("INSERT INTO t (a) VALUES (1)").await.unwrap();
    drop(left);
    // The writer's place is free without anybody asking the pool for that very connection.
    let other = Engine::new(&url).unwrap();
    let mut connection = other.connect().await.unwrap();
    assert_eq!(connection.execute("INSERT INTO t (a) VALUES (2)").await.unwrap(), 1);
    connection.commit().await.unwrap();
    assert_eq!(rows(connection.driver_connection()).await, 1);
}

#[tokio::test]
async fn waiting_for_the_writers_place_can_be_given_up() {
    let (_directory, url) = file();
    let engine = prepared(&url).await;
    let mut holder = engine.connect().await.unwrap();
    holder.begin().await.unwrap();
    let mut connection = engine.core().checkout().await.unwrap();
    let waiting = run(&mut *connection, Script::one(BEGIN));
    assert!(tokio::time::timeout(Duration::from_millis(20), waiting).await.is_err());
    let (result, _) = settle(&mut *connection).await.unwrap();
    assert!(matches!(result, Err(Error::Cancelled)));
    holder.rollback().await.unwrap();
    run(&mut *connection, Script::new([vec![BEGIN, COMMIT]])).await.unwrap();
}

#[tokio::test]
async fn a_unit_that_follows_a_dropped_one_waits_for_it() {
    let engine = prepared("sqlite::memory:").await;
    let mut connection = engine.core().checkout().await.unwrap();
    let dropped = tokio::time::timeout(Duration::ZERO, run(&mut *connection, unit(150)));
    let dropped = dropped.await.is_err();
    assert!(dropped && connection.is_under_way());
    assert_eq!(rows(&mut *connection).await % 300, 0);
    assert!(!connection.is_under_way());
}

#[tokio::test]
async fn a_checkout_that_is_given_up_loses_nothing() {
    let engine = prepared("sqlite::memory:").await;
    for polls in 0..20 {
        let mut connection = engine.core().checkout().await.unwrap();
        assert_eq!(rows(&mut *connection).await, 0, "the table is there, and empty");
        _ = tokio::time::timeout(Duration::from_micros(100), run(&mut *connection, unit(150)))
            .await;
        if !connection.is_under_way() {
            // It was quicker than the clock; undo it.
            run(&mut *connection, Script::one(step("DELETE FROM t", &[], Want::Nothing)))
                .await
                .unwrap();
        }
        drop(connection);
        drop(crate::testing::poll_then_drop(engine.core().checkout(), polls));
    }
}

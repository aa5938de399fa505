//! Dropped futures: nothing half-written, no lock kept, and every question gets its own answer.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{
    net::{TcpListener, TcpStream},
    sync::Notify,
};

use super::*;
use crate::{
    EngineFace, Error, Pooled,
    driver::{Connection, once, run, settle},
};

fn unit(rows: i64) -> Script {
    let insert = many(
        "INSERT INTO t (a) VALUES (?)",
        (0..rows).map(|i| vec![i.into()]).collect(),
        Want::Keys,
    );
    let lock = step("SELECT b FROM locked WHERE a = 1 FOR UPDATE", &[], Want::Rows);
    let sleep = step("SELECT SLEEP(0.005)", &[], Want::Rows);
    Script::new([vec![BEGIN, lock, insert.clone()], vec![sleep, insert], vec![COMMIT]])
}

async fn prepared(engine: &Engine) {
    let mut connection = engine.core().checkout().await.unwrap();
    let steps = [
        step("CREATE TABLE t (id BIGINT AUTO_INCREMENT PRIMARY KEY, a INT)", &[], Want::Nothing),
        step("CREATE TABLE locked (a INT PRIMARY KEY, b INT)", &[], Want::Nothing),
        step("INSERT INTO locked VALUES (1, 0)", &[], Want::Nothing),
    ];
    once(&mut *connection, steps).await.unwrap();
}

async fn rows(connection: &mut dyn Connection) -> i64 {
    let script = Script::one(step("SELECT count(*) FROM t", &[], Want::Rows));
    match run(connection, script).await.unwrap().rows[0].1[0] {
        Value::Int(count) => count,
        _ => panic!("a count is an integer"),
    }
}

/// Nobody holds the lock any more: not even for a moment.
async fn lock_is_free(connection: &mut Pooled) {
    let lock = step("SELECT b FROM locked WHERE a = 1 FOR UPDATE NOWAIT", &[], Want::Rows);
    let done =
        run(&mut **connection, Script::new([vec![BEGIN, lock], vec![ROLLBACK]])).await.unwrap();
    assert_eq!(done.rows, [(1, vec![Value::Int(0)])]);
}

// ENG-71
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_hundred_dropped_units_leave_nothing() {
    for scratch in Scratch::each() {
        let engine = scratch.engine();
        prepared(&engine).await;
        let mut other = engine.core().checkout().await.unwrap();
        let mut seed = 20_261_120;
        let mut committed = 0;
        let mut dropped = 0;
        let mut connection = engine.core().checkout().await.unwrap();
        for round in 0..300_i64 {
            let pause = Duration::from_micros(chance(&mut seed) % 15_000);
            if tokio::time::timeout(pause, run(&mut *connection, unit(20))).await.is_err() {
                dropped += 1;
                match settle(&mut *connection).await.unwrap().0 {
                    Ok(()) => committed += 1,
                    Err(error) => assert!(matches!(error, Error::Cancelled), "{error}"),
                }
            } else {
                committed += 1;
            }
            assert!(!connection.is_under_way());
            if !connection.is_usable() {
                connection = engine.core().checkout().await.unwrap();
            }
            assert!(!connection.in_transaction());
            lock_is_free(&mut other).await;
            // Its own answer.
            let asked = Script::one(step("SELECT ?", &[round.into()], Want::Rows));
            assert_eq!(run(&mut *connection, asked).await.unwrap().rows[0].1, [Value::Int(round)]);
            assert_eq!(rows(&mut *connection).await, committed * 40, "all of a unit, or nothing");
        }
        assert!(dropped > 50, "{dropped}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_are_dropped_in_the_middle_of_a_unit() {
    for scratch in Scratch::each() {
        let options = EngineOptions::new().pool_size(2).max_overflow(0);
        let engine = Engine::with_options(&scratch.url, options).unwrap();
        prepared(&engine).await;
        let mut seed = 42;
        for _ in 0..60 {
            let mut connection = engine.core().checkout().await.unwrap();
            let pause = Duration::from_micros(chance(&mut seed) % 8_000);
            _ = tokio::time::timeout(pause, run(&mut *connection, unit(5))).await;
            drop(connection);
            let mut next = engine.core().checkout().await.unwrap();
            assert_eq!(rows(&mut *next).await % 10, 0);
        }
    }
}

// ENG-72
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_statement_that_takes_long_is_interrupted() {
    for scratch in Scratch::each() {
        let engine = scratch.engine();
        prepared(&engine).await;
        let mut connection = engine.core().checkout().await.unwrap();
        let mut other = engine.core().checkout().await.unwrap();
        let lock = step("SELECT b FROM locked WHERE a = 1 FOR UPDATE", &[], Want::Rows);
        let sleep = step("SELECT SLEEP(20)", &[], Want::Rows);
        let long = Script::new([vec![BEGIN, lock, sleep]]);
        let dropped = tokio::time::timeout(Duration::from_millis(50), run(&mut *connection, long));
        assert!(dropped.await.is_err());
        let started = Instant::now();
        let (result, _) = settle(&mut *connection).await.unwrap();
        assert!(matches!(result, Err(Error::Cancelled)));
        assert!(started.elapsed() < Duration::from_secs(5));
        lock_is_free(&mut other).await;
        assert_eq!(rows(&mut *other).await, 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn waiting_for_a_lock_can_be_given_up() {
    for scratch in Scratch::each() {
        let engine = scratch.engine();
        prepared(&engine).await;
        let mut holder = engine.core().checkout().await.unwrap();
        let lock = || step("SELECT b FROM locked WHERE a = 1 FOR UPDATE", &[], Want::Rows);
        once(&mut *holder, [BEGIN, lock()]).await.unwrap();
        let mut connection = engine.core().checkout().await.unwrap();
        let waiting = once(&mut *connection, [BEGIN, lock()]);
        assert!(tokio::time::timeout(Duration::from_millis(50), waiting).await.is_err());
        let (result, _) = settle(&mut *connection).await.unwrap();
        assert!(matches!(result, Err(Error::Cancelled)));
        once(&mut *holder, [ROLLBACK]).await.unwrap();
        lock_is_free(&mut holder).await;
    }
}

/// A wire to the server: the first connection over it freezes when it is told to, and stays open.
async fn freezing_wire(server: String, freeze: Arc<Notify>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        for number in 0.. {
            let (mut client, _) = listener.accept().await.unwrap();
            let (server, freeze) = (server.clone(), Arc::clone(&freeze));
            tokio::spawn(async move {
                let mut server = TcpStream::connect(server).await.unwrap();
                tokio::select! {
                    _ = tokio::io::copy_bidirectional(&mut client, &mut server) => {}
                    () = freeze.notified(), if number == 0 => std::future::pending().await,
                }
            });
        }
    });
    port
}

// ENG-71: what can't be reached any more is ended from elsewhere, and its locks with it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_unit_on_a_frozen_wire_leaves_no_lock() {
    for scratch in Scratch::each() {
        let engine = scratch.engine();
        prepared(&engine).await;
        let mut other = engine.core().checkout().await.unwrap();
        let url = Url::parse(&scratch.url).unwrap();
        let (host, port) = (url.host().unwrap(), url.port().unwrap_or(3306));
        let freeze = Arc::new(Notify::new());
        let wire = freezing_wire(format!("{host}:{port}"), Arc::clone(&freeze)).await;
        let far = scratch.with(&format!("host=127.0.0.1&port={wire}"));
        let far = Engine::with_options(&far, EngineOptions::new()).unwrap();

        let mut connection = far.core().checkout().await.unwrap();
        let lock = step("SELECT b FROM locked WHERE a = 1 FOR UPDATE", &[], Want::Rows);
        once(&mut *connection, [BEGIN, lock]).await.unwrap();
        freeze.notify_one();
        let asked = once(&mut *connection, [step("SELECT 1", &[], Want::Rows)]);
        assert!(tokio::time::timeout(Duration::from_millis(20), asked).await.is_err());
        let (result, _) = settle(&mut *connection).await.unwrap();
        assert!(matches!(result, Err(Error::Cancelled)));
        assert!(!connection.is_usable());
        lock_is_free(&mut other).await;
    }
}

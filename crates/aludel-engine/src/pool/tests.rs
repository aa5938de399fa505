//! ENG-2: how many connections there are, and what a time-out says.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod events;
mod health;
mod places;
mod reset;

use std::{sync::Arc, time::Duration};

use aludel_core::expr::text;

use super::member::steps;
use crate::{
    Engine, EngineCore, EngineFace, EngineOptions, Error, Kind, Pooled, Result, blocking,
    blocking::block_on, driver::once, testing::PendingDriver,
};

/// A file with an engine of each face, on a driver that pends and can be killed.
fn both(options: EngineOptions, test: impl Fn(&EngineCore, &PendingDriver)) {
    for async_face in [true, false] {
        let directory = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", directory.path().join("x.db").display());
        let driver = PendingDriver::new();
        let (dynamic, options) = (Arc::new(driver.clone()), options.clone());
        if async_face {
            test(Engine::with_driver(&url, dynamic, options).unwrap().core(), &driver);
        } else {
            let engine = blocking::Engine::with_driver(&url, dynamic, options).unwrap();
            test(engine.core(), &driver);
        }
    }
}

fn checkout(engine: &EngineCore) -> Pooled {
    block_on(engine.checkout()).unwrap()
}

fn execute(pooled: &mut Pooled, sql: &str) -> Result<()> {
    block_on(once(&mut **pooled, steps(&[sql])))
}

fn id(pooled: &mut Pooled) -> u64 {
    pooled.member().unwrap().info().id()
}

fn options(size: usize) -> EngineOptions {
    EngineOptions::new().pool_size(size).max_overflow(0)
}

/// For tests in which nobody comes back in time.
fn impatient(size: usize) -> EngineOptions {
    options(size).checkout_timeout(Duration::from_millis(5))
}

#[test]
fn engines_and_connections_can_be_sent() {
    fn shared<T: Clone + Send + Sync + 'static>(_: &T) {}
    fn sent<T: Send>(_: T) {}
    let engine = Engine::new("sqlite::memory:").unwrap();
    shared(&engine);
    shared(&blocking::Engine::new("sqlite::memory:").unwrap());
    shared(engine.core());
    sent(async move {
        let mut connection = engine.connect().await.unwrap();
        connection.execute("CREATE TABLE t (a)").await.unwrap();
        connection.query("SELECT 1").await.unwrap();
        connection.fetch(text("SELECT 1").rows::<(i64,)>()).await.unwrap();
        connection.begin_nested().await.unwrap();
        connection.rollback_nested().await.unwrap();
        connection.commit().await.unwrap();
    });
}

#[test]
fn nothing_connects_before_the_first_use() {
    // ENG-1
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("lazy.db");
    let engine = blocking::Engine::new(&format!("sqlite:{}", path.display())).unwrap();
    assert!(!path.exists());
    engine.connect().unwrap();
    assert!(path.exists());
    assert_eq!(engine.status().size, 1);
    assert_eq!(engine.status().max_size, 15, "5, and 10 more");
    engine.dispose();
    assert_eq!(engine.status().size, 0);
}

#[test]
fn a_time_out_says_who_holds_the_connections() {
    let directory = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", directory.path().join("x.db").display());
    let engine = blocking::Engine::with_options(&url, impatient(2)).unwrap();
    let held = [engine.connect().unwrap(), engine.connect().unwrap()];
    let error = engine.connect().unwrap_err();
    assert!(matches!(error, Error::PoolTimeout(_)));
    assert_eq!((error.kind(), error.is_retryable()), (Some(Kind::PoolTimeout), false));
    let text = error.to_string();
    assert!(text.contains("2 of 2 connections") && text.contains("pool_size"), "{text}");
    drop(held);
    engine.connect().unwrap();
    assert_eq!(engine.status().available, 2);
}

#[test]
fn memory_is_one_connection() {
    let engine = Engine::with_options("sqlite::memory:", impatient(5)).unwrap();
    let _out = block_on(engine.connect()).unwrap();
    let text = block_on(engine.connect()).unwrap_err().to_string();
    assert!(text.contains("within one connection") && text.contains("temporary file"), "{text}");
}

#[test]
fn memory_is_never_replaced() {
    let engine = Engine::with_options("sqlite::memory:", options(5)).unwrap();
    block_on(async {
        let mut connection = engine.connect().await.unwrap();
        connection.execute("CREATE TABLE t (a)").await.unwrap();
        connection.commit().await.unwrap();
        // Left in the middle of a transaction.
        connection.execute("INSERT INTO t VALUES (1)").await.unwrap();
        drop(connection);
        for _ in 0..3 {
            let mut connection = engine.connect().await.unwrap();
            assert!(!connection.in_transaction());
            assert!(connection.query("SELECT * FROM t").await.unwrap().is_empty());
        }
        assert_eq!(engine.status().size, 1);
    });
}

#[test]
fn a_connection_can_be_discarded() {
    let directory = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", directory.path().join("x.db").display());
    let engine = Engine::new(&url).unwrap();
    let pooled = block_on(engine.core().checkout()).unwrap();
    assert!(pooled.is_usable());
    pooled.discard();
    assert_eq!(engine.status().size, 0);
}

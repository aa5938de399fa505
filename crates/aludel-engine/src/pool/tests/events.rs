//! ENG-2: who is told what, and in which order.

use std::sync::Mutex;

use super::*;
use crate::{Kind, testing::poll_then_drop};

/// Listens to everything.
fn told(engine: &EngineCore) -> Arc<Mutex<Vec<String>>> {
    let list = Arc::new(Mutex::new(Vec::new()));
    let tell = |event: &'static str| {
        let list = Arc::clone(&list);
        move |id: u64, n: u64| list.lock().unwrap().push(format!("{event} {id} {n}"))
    };
    let (connect, checkout, checkin, close) =
        (tell("connect"), tell("checkout"), tell("checkin"), tell("close"));
    engine.on_connect(move |new| connect(new.info().id(), new.info().checkouts()));
    engine.on_checkout(move |info| checkout(info.id(), info.checkouts()));
    engine.on_checkin(move |info| checkin(info.id(), info.checkouts()));
    engine.on_close(move |info| close(info.id(), info.checkouts()));
    list
}

#[test]
fn events_come_in_order() {
    both(options(1).max_overflow(1), |engine, driver| {
        let told = told(engine);
        let take = || std::mem::take(&mut *told.lock().unwrap());
        drop(checkout(engine));
        assert_eq!(take(), ["connect 1 0", "checkout 1 1", "checkin 1 1"]);
        let (first, second) = (checkout(engine), checkout(engine));
        assert_eq!(take(), ["checkout 1 2", "connect 2 0", "checkout 2 1"]);
        drop(first);
        drop(second);
        assert_eq!(take(), ["checkin 1 2", "checkin 2 1", "close 2 1"]);
        checkout(engine).discard();
        assert_eq!(take(), ["checkout 1 3", "checkin 1 3", "close 1 3"]);
        let mut third = checkout(engine);
        driver.kill();
        execute(&mut third, "SELECT 1").unwrap_err();
        drop(third);
        assert_eq!(take(), ["connect 3 0", "checkout 3 1", "checkin 3 1", "close 3 1"]);
        drop(checkout(engine));
        take();
        engine.dispose();
        assert_eq!(take(), ["close 4 1"]);
    });
}

#[test]
fn a_checkout_that_is_given_up_is_no_event() {
    both(options(1).pre_ping(true), |engine, _| {
        drop(checkout(engine));
        let told = told(engine);
        assert!(poll_then_drop(engine.checkout(), 1).is_none());
        assert!(told.lock().unwrap().is_empty());
    });
}

#[test]
fn listeners_prepare_new_connections() {
    both(options(2), |engine, _| {
        engine.on_connect(|new| {
            new.execute("PRAGMA cache_size = 7");
            new.execute(format!("PRAGMA user_version = {}", new.info().id()));
        });
        engine.on_connect(|new| new.execute("PRAGMA temp_store = 2"));
        engine.log().start();
        let both = (checkout(engine), checkout(engine));
        let sent = engine.log().take();
        let prepared =
            |id| ["PRAGMA cache_size = 7".to_owned(), id, "PRAGMA temp_store = 2".into()];
        let expected = ["PRAGMA user_version = 1", "PRAGMA user_version = 2"].map(str::to_owned);
        assert_eq!(sent, expected.map(prepared).concat());
        drop(both);
        drop(checkout(engine));
        assert!(engine.log().take().is_empty(), "only once a connection");
    });
}

#[test]
fn a_connection_that_can_not_be_prepared_is_closed() {
    both(options(1), |engine, _| {
        let wrong = Arc::new(Mutex::new(true));
        let is_wrong = Arc::clone(&wrong);
        engine.on_connect(move |new| {
            if *is_wrong.lock().unwrap() {
                new.execute("SET search_path TO app");
            }
        });
        let told = told(engine);
        let error = block_on(engine.checkout()).unwrap_err();
        assert_eq!(error.kind(), Some(Kind::Syntax));
        assert_eq!(*told.lock().unwrap(), ["connect 1 0", "close 1 0"]);
        assert_eq!((engine.status().size, engine.status().out), (0, 0));
        *wrong.lock().unwrap() = false;
        assert_eq!(id(&mut checkout(engine)), 2);
    });
}

#[test]
fn listeners_may_use_the_engine() {
    let engine = Engine::with_options("sqlite::memory:", options(1)).unwrap();
    let seen = Arc::new(Mutex::new(None));
    let (list, inner) = (Arc::clone(&seen), engine.clone());
    engine.on_checkout(move |_| *list.lock().unwrap() = Some(inner.status().out));
    let inner = engine.clone();
    engine.on_checkin(move |_| inner.on_close(|_| ()));
    drop(checkout(engine.core()));
    assert_eq!(*seen.lock().unwrap(), Some(1));
}

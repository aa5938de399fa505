//! ENG-2: how many connections there may be, how long they are kept, and who waits.

use std::{
    collections::HashSet,
    future::pending,
    pin::pin,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Waker},
    thread,
};

use aludel_core::dialect::{Dialect, Sqlite};

use super::*;
use crate::{
    DatabaseError, Kind, PoolStatus,
    driver::{ConnectOptions, Connecting, Driver},
    url::Url,
};

#[test]
fn what_overflows_is_closed_when_it_comes_back() {
    both(impatient(1).max_overflow(2), |engine, _| {
        let mut out: Vec<_> = (0..3).map(|_| checkout(engine)).collect();
        let status = engine.status();
        let expected =
            PoolStatus { max_size: 3, size: 3, overflow: 2, out: 3, available: 0, waiting: 0 };
        assert_eq!(status, expected);
        let error = block_on(engine.checkout()).unwrap_err();
        assert!(matches!(error, Error::PoolTimeout(_)));
        let text = error.to_string();
        for says in
            ["3 of 3 connections", "(2 of the 3 are overflow)", "waited 5ms", "`max_overflow`"]
        {
            assert!(text.contains(says), "{text}");
        }
        // The first that comes back stays.
        let stays = id(&mut out[0]);
        out.drain(..1);
        drop(out);
        let status = engine.status();
        assert_eq!((status.size, status.available, status.overflow, status.out), (1, 1, 0, 0));
        assert_eq!(next(engine), stays);
    });
}

#[test]
fn who_waits_gets_what_comes_back() {
    both(EngineOptions::new().pool_size(1).max_overflow(0), |engine, _| {
        let mut first = checkout(engine);
        let held = id(&mut first);
        let mut waits = pin!(engine.checkout());
        let mut cx = Context::from_waker(Waker::noop());
        assert!(waits.as_mut().poll(&mut cx).is_pending());
        assert_eq!(engine.status().waiting, 1);
        drop(first);
        let mut second = block_on(waits).unwrap();
        assert_eq!(id(&mut second), held);
        assert_eq!(engine.status().waiting, 0);
    });
}

/// Which connection is taken out next; it goes back at once.
fn next(engine: &EngineCore) -> u64 {
    id(&mut checkout(engine))
}

#[test]
fn old_connections_are_replaced() {
    both(options(2).recycle(Duration::from_secs(3600)), |engine, _| {
        assert_eq!(next(engine), 1);
        assert_eq!(next(engine), 1);
    });
    both(options(2).recycle(Duration::ZERO), |engine, _| {
        assert_eq!(next(engine), 1);
        assert_eq!(engine.status().size, 0, "it isn't kept if it is too old already");
        assert_eq!(next(engine), 2);
    });
}

#[test]
fn idle_connections_are_closed() {
    both(options(2).idle_timeout(Duration::from_millis(1)), |engine, _| {
        let closed = Arc::new(Mutex::new(Vec::new()));
        let list = Arc::clone(&closed);
        engine.on_close(move |info| list.lock().unwrap().push(info.id()));
        let (first, second) = (checkout(engine), checkout(engine));
        drop(first);
        thread::sleep(Duration::from_millis(2));
        drop(second);
        assert!(closed.lock().unwrap().contains(&1), "the next return sweeps it out");
        checkout(engine);
    });
    both(options(2).idle_timeout(Duration::from_secs(3600)), |engine, _| {
        let both = (checkout(engine), checkout(engine));
        drop(both);
        assert_eq!(engine.status().available, 2);
    });
}

#[test]
fn in_turn_or_the_last_one_first() {
    for (lifo, expected) in [(false, 1), (true, 2)] {
        both(options(2).lifo(lifo), |engine, _| {
            let (first, second) = (checkout(engine), checkout(engine));
            drop(first);
            drop(second);
            assert_eq!(next(engine), expected);
        });
    }
}

#[test]
fn disposing_closes_those_that_are_out_when_they_come_back() {
    both(options(3), |engine, _| {
        let (out, idle) = (checkout(engine), checkout(engine));
        drop(idle);
        assert_eq!(engine.status().size, 2);
        engine.dispose();
        assert_eq!((engine.status().size, engine.status().out), (1, 1));
        drop(out);
        assert_eq!(engine.status().size, 0);
        assert_eq!(next(engine), 3);
        assert_eq!(engine.status().available, 1);
    });
    // What was closed doesn't take the place of others.
    both(options(1), |engine, _| {
        for id in 1..4 {
            assert_eq!(next(engine), id);
            assert_eq!(engine.status().available, 1);
            engine.dispose();
        }
    });
}

#[test]
fn what_is_swept_out_makes_room() {
    both(options(2).max_overflow(1).idle_timeout(Duration::from_secs(3600)), |engine, driver| {
        let (first, second, mut third) = (checkout(engine), checkout(engine), checkout(engine));
        drop((first, second));
        driver.kill();
        execute(&mut third, "SELECT 1").unwrap_err();
        drop(third);
        assert_eq!(engine.status().size, 0);
        drop((checkout(engine), checkout(engine)));
        assert_eq!(engine.status().available, 2);
    });
}

#[test]
fn a_database_in_memory_is_kept_by_all_means() {
    let options = options(5)
        .max_overflow(5)
        .recycle(Duration::ZERO)
        .idle_timeout(Duration::ZERO)
        .pre_ping(true);
    let driver = PendingDriver::new();
    let engine = Engine::with_driver("sqlite::memory:", Arc::new(driver.clone()), options).unwrap();
    execute(&mut checkout(engine.core()), "CREATE TABLE t (a)").unwrap();
    let waves = driver.waves();
    let mut out = checkout(engine.core());
    engine.dispose();
    execute(&mut out, "INSERT INTO t VALUES (1)").unwrap();
    drop(out);
    execute(&mut checkout(engine.core()), "SELECT * FROM t").unwrap();
    assert_eq!(driver.waves(), waves + 2, "nothing is asked in between");
    assert_eq!((engine.status().max_size, engine.status().size), (1, 1));
}

/// A server behind a firewall that swallows everything, or that refuses.
#[derive(Debug)]
struct Unreachable(Option<Kind>);

impl Driver for Unreachable {
    fn dialect(&self) -> &'static dyn Dialect {
        &Sqlite
    }

    fn connect(&self, _: &Url, _: &ConnectOptions) -> Connecting {
        match self.0 {
            None => Box::pin(pending()),
            Some(kind) => Box::pin(async move { Err(DatabaseError::new(kind, "go away").into()) }),
        }
    }
}

#[test]
fn who_can_not_connect_takes_no_place() {
    for (kind, says) in [
        (None, "`postgres://h/d` did not answer within 2ms"),
        (Some(Kind::TooManyConnections), "go away"),
    ] {
        let options = options(1).connect_timeout(Duration::from_millis(2));
        let driver = Arc::new(Unreachable(kind));
        let engine = Engine::with_driver("postgres://h/d", driver, options).unwrap();
        for _ in 0..3 {
            let error = block_on(engine.connect()).unwrap_err();
            assert_eq!(error.kind(), Some(kind.unwrap_or(Kind::ConnectionRefused)));
            assert!(error.to_string().contains(says), "{error}");
            assert_eq!((engine.status().size, engine.status().out), (0, 0));
        }
    }
}

#[test]
fn many_threads_stay_within_the_limits() {
    both(options(2).max_overflow(2), |engine, _| {
        let (open, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (counter, high) = (Arc::clone(&open), Arc::clone(&most));
        engine.on_connect(move |_| {
            high.fetch_max(counter.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        });
        let counter = Arc::clone(&open);
        engine.on_close(move |_| _ = counter.fetch_sub(1, Ordering::SeqCst));
        let held = Mutex::new(HashSet::new());
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..20 {
                        let mut pooled = checkout(engine);
                        let id = id(&mut pooled);
                        assert!(held.lock().unwrap().insert(id), "one at a time");
                        execute(&mut pooled, "SELECT 1").unwrap();
                        held.lock().unwrap().remove(&id);
                    }
                });
            }
        });
        assert!(most.load(Ordering::SeqCst) <= 4, "{most:?}");
        let status = engine.status();
        assert_eq!(open.load(Ordering::SeqCst), status.size);
        assert_eq!((status.available, status.out, status.overflow), (status.size, 0, 0));
        engine.dispose();
        assert_eq!(open.load(Ordering::SeqCst), 0);
    });
}

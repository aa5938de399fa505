//! ENG-2: dead connections are found and replaced.

use super::*;
use crate::{Kind, testing::poll_then_drop};

/// So many connections, all waiting in the pool.
fn filled(engine: &EngineCore, connections: usize) {
    let all: Vec<_> = (0..connections).map(|_| checkout(engine)).collect();
    drop(all);
    assert_eq!(engine.status().available, connections);
}

#[test]
fn a_ping_finds_the_dead() {
    both(options(3).pre_ping(true), |engine, driver| {
        filled(engine, 3);
        engine.log().start();
        assert_eq!(id(&mut checkout(engine)), 1);
        assert_eq!(engine.log().take(), ["SELECT 1"]);
        driver.kill();
        let waves = driver.waves();
        let (mut a, mut b, mut c) = (checkout(engine), checkout(engine), checkout(engine));
        assert_eq!(driver.waves(), waves + 1, "once one is dead, the others aren't asked");
        assert_eq!([id(&mut a), id(&mut b), id(&mut c)], [4, 5, 6]);
        execute(&mut a, "CREATE TABLE t (a)").unwrap();
    });
}

#[test]
fn a_ping_that_fails_in_any_way_is_a_death() {
    both(options(2).pre_ping(true), |engine, driver| {
        filled(engine, 2);
        driver.fail_at(0, Kind::Other);
        let waves = driver.waves();
        let (mut a, mut b) = (checkout(engine), checkout(engine));
        assert_eq!(driver.waves(), waves + 1);
        assert_eq!([id(&mut a), id(&mut b)], [3, 4]);
    });
}

#[test]
fn without_pings_the_first_error_heals_the_pool() {
    both(options(3), |engine, driver| {
        filled(engine, 3);
        driver.kill();
        let mut first = checkout(engine);
        let error = execute(&mut first, "SELECT 1").unwrap_err();
        assert_eq!(error.kind(), Some(Kind::ConnectionLost));
        assert!(!error.is_retryable());
        // The others are replaced without being tried.
        let (mut second, mut third) = (checkout(engine), checkout(engine));
        assert_eq!([id(&mut second), id(&mut third)], [4, 5]);
        execute(&mut second, "SELECT 1").unwrap();
        drop(first);
        assert_eq!(engine.status().size, 2, "the dead one isn't kept");
    });
}

#[test]
fn several_deaths_are_one_event() {
    both(options(3), |engine, driver| {
        filled(engine, 2);
        let (mut first, mut second) = (checkout(engine), checkout(engine));
        driver.kill();
        execute(&mut first, "SELECT 1").unwrap_err();
        let mut third = checkout(engine);
        assert_eq!(id(&mut third), 3);
        // One that is as old as the first is found dead only now.
        execute(&mut second, "SELECT 1").unwrap_err();
        drop((first, second, third));
        assert_eq!(id(&mut checkout(engine)), 3, "the new one is still trusted");
    });
}

#[test]
fn a_checkout_dropped_at_each_await_point_loses_nothing() {
    let options = options(1).pre_ping(true).recycle(Duration::from_secs(3600));
    both(options, |engine, driver| {
        engine.on_connect(|new| new.execute("PRAGMA cache_size = 10"));
        for kill in [false, true] {
            for n in 0.. {
                if kill {
                    driver.kill();
                }
                let done = poll_then_drop(engine.checkout(), n);
                assert_eq!(engine.status().out, usize::from(done.is_some()));
                if let Some(pooled) = done {
                    assert!(n > 2, "there are points to drop it at");
                    drop(pooled.unwrap());
                    break;
                }
                // Left in the middle of a transaction, so that the next one has to wait for it.
                let mut pooled = checkout(engine);
                execute(&mut pooled, "BEGIN IMMEDIATE").unwrap();
                let unit = once(&mut *pooled, steps(&["CREATE TABLE t (a)"]));
                assert!(poll_then_drop(unit, n % 3).is_none_or(|it| it.is_ok()));
            }
        }
        execute(&mut checkout(engine), "CREATE TABLE t (a)").unwrap();
        assert_eq!((engine.status().size, engine.status().available), (1, 1));
    });
}

//! What never starts changes nothing: a plan that can't be made, a connection that isn't to be had.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(missing_docs, reason = "a test's models speak for themselves")]

#[path = "support/proofs.rs"]
mod proofs;

use std::time::Duration;

use aludel::{
    EngineOptions, Error,
    blocking::{self, block_on},
    prelude::*,
};
use aludel_engine::testing::poll_then_drop;
use proofs::*;

// A plan that can't be made takes nothing: changed objects go back as they do behind a failed flush.
#[test]
fn a_plan_that_fails_loses_nothing() {
    let engine = blocking::Engine::new("sqlite::memory:").unwrap();
    Base::metadata().create_all(&engine).unwrap();
    let mut session = blocking::Session::new(&engine);
    let hub = session.add(hub(0));
    session.commit().unwrap();
    hub.borrow_mut().name = "changed".into();
    let (one, two) = (session.add(node(0)), session.add(node(0)));
    one.parent().set(&two);
    two.parent().set(&one);
    assert!(matches!(session.commit(), Err(Error::CircularDependency(_))));
    assert_eq!(hub.borrow().name, "hub");
    session.rollback().unwrap();
    hub.borrow_mut().name = "changed".into();
    session.commit().unwrap();
    assert_eq!(session.scalars(select(Hub.name)).all().unwrap(), ["changed"]);
}

fn memory(timeout: u64) -> Engine {
    let options = EngineOptions::new().checkout_timeout(Duration::from_millis(timeout));
    let engine = Engine::with_options("sqlite::memory:", options).unwrap();
    block_on(Base::metadata().create_all(&engine)).unwrap();
    engine
}

// Waiting for a connection is no part of a transaction: what waits in vain has changed nothing.
#[test]
fn a_flush_that_gets_no_connection() {
    let engine = memory(5);
    let mut other = Session::new(&engine);
    assert!(block_on(other.scalars(select(Hub)).all()).unwrap().is_empty());

    let mut session = Session::new(&engine);
    let hub = session.add(tree(0, 2));
    assert!(block_on(session.commit()).is_err());
    assert!(block_on(session.scalars(select(Hub)).all()).is_err());
    assert!(block_on(session.stream_scalars(&select(Hub))).is_err());
    for points in 0..3 {
        assert!(poll_then_drop(session.commit(), points).is_none());
        assert!(poll_then_drop(session.scalars(select(Hub)).all(), points).is_none());
    }
    assert_eq!(inspect(&hub).state, aludel::State::Pending);
    block_on(other.rollback()).unwrap();
    drop(other);
    engine.log().start();
    block_on(session.commit()).unwrap();
    assert_eq!(engine.log().take()[0], "BEGIN IMMEDIATE");
    assert_eq!(hub.borrow().id, 1);
}

//! ENG-2: what happens to a connection that comes back.

use super::*;
use crate::{
    ResetOnReturn,
    driver::{Begin, Control, Step},
    testing::poll_then_drop,
};

const BEGIN: Step = Step::Control(Control::Begin(Begin::IMMEDIATE));

fn in_transaction(engine: &EngineCore) -> Pooled {
    let mut pooled = checkout(engine);
    block_on(once(&mut *pooled, [BEGIN])).unwrap();
    assert!(pooled.in_transaction());
    pooled
}

fn sql(statements: &[&str]) -> ResetOnReturn {
    ResetOnReturn::Sql(statements.iter().map(|&it| it.to_owned()).collect())
}

#[test]
fn a_transaction_is_rolled_back_and_nothing_else_is_sent() {
    both(options(1), |engine, _| {
        let open = in_transaction(engine);
        engine.log().start();
        drop(open);
        drop(checkout(engine));
        drop(checkout(engine));
        assert_eq!(engine.log().take(), ["ROLLBACK"]);
    });
}

#[test]
fn the_reset_may_be_left_to_others() {
    both(options(1).reset_on_return(ResetOnReturn::Nothing), |engine, _| {
        let open = in_transaction(engine);
        engine.log().start();
        drop(open);
        assert!(engine.log().take().is_empty());
        assert!(!checkout(engine).in_transaction());
        assert_eq!(engine.log().take(), ["ROLLBACK"]);
    });
}

#[test]
fn statements_of_ones_own() {
    let reset = sql(&["PRAGMA cache_size = 7", "PRAGMA optimize"]);
    both(options(1).reset_on_return(reset), |engine, _| {
        let open = in_transaction(engine);
        engine.log().start();
        drop(open);
        let home = checkout(engine);
        let reset = ["PRAGMA cache_size = 7", "PRAGMA optimize"];
        assert_eq!(engine.log().take(), [&["ROLLBACK"], &reset[..]].concat());
        drop(home);
        // A unit that is still under way is waited for first.
        for n in 0..4 {
            let mut pooled = in_transaction(engine);
            let unit = once(&mut *pooled, steps(&["CREATE TABLE t (a)", "SELECT 1"]));
            assert!(poll_then_drop(unit, n).is_none());
            engine.log().take();
            drop(pooled);
            let mut pooled = checkout(engine);
            assert!(engine.log().take().ends_with(&reset.map(str::to_owned)), "{n}");
            assert_eq!(id(&mut pooled), 1);
        }
    });
}

#[test]
fn a_connection_that_can_not_be_reset_is_replaced() {
    both(options(1).reset_on_return(sql(&["DISCARD ALL"])), |engine, _| {
        drop(checkout(engine));
        assert_eq!(id(&mut checkout(engine)), 2);
    });
    // Where it fails at once, it isn't even kept.
    let directory = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", directory.path().join("x.db").display());
    let options = options(1).reset_on_return(sql(&["DISCARD ALL"]));
    let engine = blocking::Engine::with_options(&url, options).unwrap();
    drop(engine.connect().unwrap());
    assert_eq!(engine.status().size, 0);
}

//! Steps that fail, and queries that are dropped: all is as before, and the session says so.

use std::pin::Pin;

use aludel::{
    Error, Integrity, Kind, Session, blocking::block_on, prelude::*, testing::wait_then_drop,
};
use futures_util::StreamExt;

use super::work::{Data, Work, expected};
use crate::{Case, Place, cases, models::tree::*, neutral};

pub(super) const CASES: &[Case] = cases![async "faults":
    queries_dropped_and_failing_at_each_point needs SHARED,
    each_step_of_a_flush_fails_once needs SHARED,
    a_begin_that_fails needs SHARED,
];
/// Drops a query at each await point; then the same query runs on the same session.
fn query(
    at: &Place,
    run: impl for<'a> Fn(
        &'a mut Work,
    ) -> Pin<Box<dyn Future<Output = aludel::Result<Vec<String>>> + 'a>>,
) {
    let data = Data::new(at);
    let (engine, driver) = data.pending();
    let full = block_on(run(&mut Work::load(&engine))).unwrap();
    let rows = data.rows();
    for points in 0.. {
        let mut work = Work::load(&engine);
        let seen = work.values();
        let done = wait_then_drop(run(&mut work), points).is_some();
        if !done {
            assert_eq!(block_on(run(&mut work)).unwrap(), full, "dropped at {points}");
        }
        assert_eq!(work.values(), seen, "dropped at {points}");
        // It is a transaction: what is written in it can be taken back.
        let sql = text("UPDATE hub SET name = 'lost'");
        block_on(work.session.execute(sql)).unwrap();
        drop(work);
        assert_eq!(data.rows(), rows, "dropped at {points}");
        if done {
            assert!(points > 2);
            break;
        }
    }
    // The same, with each step failing once.
    for nth in 0.. {
        let mut work = Work::load(&engine);
        let seen = work.values();
        let steps = driver.steps();
        driver.fail_at(nth, Kind::Other);
        let failed = block_on(run(&mut work)).is_err();
        driver.heal();
        assert!(driver.steps() > steps);
        if failed {
            assert_eq!(block_on(run(&mut work)).unwrap(), full, "step {nth} failed");
        }
        assert_eq!(work.values(), seen, "step {nth} failed");
        block_on(work.session.execute(text("UPDATE hub SET name = 'lost'"))).unwrap();
        drop(work);
        assert_eq!(data.rows(), rows, "step {nth} failed");
        if !failed {
            break;
        }
    }
}

fn queries_dropped_and_failing_at_each_point(at: &Place) {
    query(at, |work| {
        Box::pin(async {
            let all = select(Leaf).order_by(Leaf.id).options(selectinload(Leaf.bits));
            let found = work.session.scalars(all).all().await?;
            Ok(found.iter().map(|it| it.borrow().n.to_string()).collect())
        })
    });
    query(at, |work| {
        Box::pin(async {
            let joined = select(Hub).order_by(Hub.id).options(joinedload(Hub.leaves));
            let found = work.session.scalars(joined).all().await?;
            Ok(found.iter().map(|it| it.leaves().len().unwrap().to_string()).collect())
        })
    });
    query(at, |work| {
        Box::pin(async {
            // Expired objects are read again.
            let hub = work.session.get_one(Hub, 1).await?;
            work.session.refresh(&work.hubs[1]).await?;
            let leaves = work.hubs[1].leaves().load(&mut work.session).await?;
            let found = vec![hub.borrow().name.clone(), leaves.len().to_string()];
            Ok(found)
        })
    });
    query(at, |work| {
        Box::pin(async {
            let mut stream = work.session.stream_scalars(&select(Leaf)).await?;
            let mut found = Vec::new();
            while let Some(leaf) = stream.next().await {
                found.push(leaf?.borrow().n.to_string());
            }
            Ok(found)
        })
    });
    query(at, |work| {
        Box::pin(async {
            // A portion for each, with statements of its own.
            let all = select(Leaf).order_by(Leaf.id).yield_per(1);
            let all = all.options((selectinload(Leaf.bits), selectinload(Leaf.marks)));
            let mut stream = work.session.stream_scalars(&all).await?;
            let mut found = Vec::new();
            while let Some(leaf) = stream.next().await {
                let leaf = leaf?;
                found.push(format!("{} {}", leaf.bits().len()?, leaf.marks().len()?));
            }
            Ok(found)
        })
    });
    query(at, |work| {
        Box::pin(async {
            // Loads what its cascades need, then marks.
            work.session.refresh(&work.hubs[0]).await?;
            work.session.delete(&work.hubs[0]).await?;
            let plan = work.session.flush_plan()?.to_string();
            work.session.rollback().await?;
            Ok(vec![plan])
        })
    });
}

// Every step of a flush fails once, for each kind of reason.
fn each_step_of_a_flush_fails_once(at: &Place) {
    let expected = expected(at);
    for kind in [Kind::Integrity(Integrity::Unique), Kind::Deadlock, Kind::Other] {
        for (nth, commit) in (0..).flat_map(|nth| [(nth, false), (nth, true)]) {
            let data = Data::new(at);
            let (engine, driver) = data.pending();
            let mut work = Work::load(&engine);
            work.change();
            driver.fail_at(nth, kind);
            let result = if commit {
                block_on(work.session.commit())
            } else {
                block_on(work.session.flush())
            };
            driver.heal();
            let Err(error) = result else {
                if commit {
                    assert!(nth > 8, "a flush of {nth} steps");
                    break;
                }
                continue;
            };
            match kind {
                Kind::Integrity(kind) => assert_eq!(error.integrity(), Some(kind)),
                Kind::Deadlock => assert!(error.is_retryable()),
                _ => assert!(matches!(error, Error::Engine(_))),
            }
            // TX-12: all is as before at once; TX-13: and nothing else goes until `rollback`.
            assert_eq!(work.view(), expected.before.0, "{kind:?} at {nth}");
            assert_eq!(data.rows(), expected.before.1, "{kind:?} at {nth}");
            assert!(!work.session.is_active());
            let next = block_on(work.session.get(Hub, 1));
            assert!(matches!(next, Err(Error::PendingRollback(_))), "{next:?}");
            assert!(matches!(block_on(work.session.commit()), Err(Error::PendingRollback(_))));
            block_on(work.session.rollback()).unwrap();
            work.change();
            block_on(work.session.commit()).unwrap();
            assert_eq!(work.view(), expected.after.0, "again after {kind:?} at {nth}");
            assert_eq!(data.rows(), expected.after.1, "again after {kind:?} at {nth}");
        }
    }
}

// A BEGIN that fails begins nothing: the next statement begins.
fn a_begin_that_fails(at: &Place) {
    let data = Data::new(at);
    let (engine, driver) = data.pending();
    for explicit in [false, true] {
        let mut session = Session::new(&engine);
        if explicit {
            session.begin().unwrap();
        }
        driver.fail_at(0, Kind::Busy);
        assert!(block_on(session.get(Hub, 1)).unwrap_err().is_retryable());
        engine.log().start();
        let hub = block_on(session.get_one(Hub, 1)).unwrap();
        assert_eq!(neutral(engine.dialect(), &engine.log().take())[0], "BEGIN");
        hub.borrow_mut().name = "changed".into();
        block_on(session.flush()).unwrap();
        block_on(session.rollback()).unwrap();
        assert_eq!(data.rows()[0], "hub 1 hub");
    }
}

//! Futures dropped at every await point, and steps that fail: nothing is half-applied, in the
//! database or in the session.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(missing_docs, reason = "a test's models speak for themselves")]

#[path = "support/proofs.rs"]
mod proofs;

use std::{
    pin::pin,
    sync::Arc,
    task::{Context, Waker},
    time::Duration,
};

use aludel::{
    EngineOptions, Error, Integrity, Kind,
    blocking::{self, block_on},
    prelude::*,
};
use aludel_engine::testing::{PendingDriver, poll_then_drop};
use futures_util::StreamExt;
use proofs::*;

/// A file with a hub of three leaves, a second hub, and two tags.
struct Database {
    _directory: tempfile::TempDir,
    url: String,
    plain: blocking::Engine,
}

impl Database {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", directory.path().join("x.db").display());
        let plain = blocking::Engine::new(&url).unwrap();
        Base::metadata().create_all(&plain).unwrap();
        let mut session = blocking::Session::new(&plain);
        let hub = session.add(tree(0, 3));
        session.add(proofs::hub(0));
        let tags = ["red", "blue"].map(|name| session.add(Tag::builder().name(name)));
        hub.leaves().iter().unwrap().next().unwrap().tags().push(&tags[0]);
        session.commit().unwrap();
        Self { _directory: directory, url, plain }
    }

    /// What another connection sees.
    fn rows(&self) -> Vec<String> {
        let mut session = blocking::Session::new(&self.plain);
        let mut rows = Vec::new();
        for sql in [
            "SELECT 'hub ' || id || ' ' || name FROM hub ORDER BY id",
            "SELECT 'leaf ' || id || ' ' || hub_id || ' ' || n FROM leaf ORDER BY id",
            "SELECT 'bit ' || id || ' ' || leaf_id FROM bit ORDER BY id",
            "SELECT 'tagged ' || leaf_id || ' ' || tag_id FROM leaf_tag ORDER BY 1",
        ] {
            let found: Vec<(String,)> = session.execute(text(sql).rows()).all().unwrap();
            rows.extend(found.into_iter().map(|it| it.0));
        }
        rows
    }

    fn pending(&self) -> (Engine, PendingDriver) {
        let driver = PendingDriver::new();
        let options = EngineOptions::new();
        let engine = Engine::with_driver(&self.url, Arc::new(driver.clone()), options).unwrap();
        (engine, driver)
    }

    fn worker(&self) -> Engine {
        Engine::new(&self.url).unwrap()
    }
}

/// A session in the middle of its work, with handles on all that it changed.
struct Work {
    session: Session,
    hubs: Vec<Obj<Hub>>,
    leaves: Vec<Obj<Leaf>>,
    bits: Vec<Obj<Bit>>,
    tags: Vec<Obj<Tag>>,
}

impl Work {
    fn load(engine: &Engine) -> Self {
        let mut session = Session::new(engine);
        let (hubs, tags) = block_on(async {
            let options = (
                selectinload(Hub.leaves).selectinload(Leaf.bits),
                selectinload(Hub.leaves).selectinload(Leaf.tags),
            );
            let hubs = select(Hub).order_by(Hub.id).options(options.0).options(options.1);
            let tags = select(Tag).order_by(Tag.id).options(selectinload(Tag.leaves));
            let hubs = session.scalars(hubs).all().await.unwrap();
            (hubs, session.scalars(tags).all().await.unwrap())
        });
        block_on(session.commit()).unwrap();
        let leaves = hubs[0].leaves().iter().unwrap().collect();
        Self { session, hubs, leaves, bits: Vec::new(), tags }
    }

    /// Every kind of change: columns, new objects on three levels, a deletion with its cascade, a
    /// member that moves, associations that come and go.
    fn change(&mut self) {
        self.hubs[0].borrow_mut().name = "changed".into();
        self.leaves[1].borrow_mut().n = 100;
        block_on(self.session.delete(&self.leaves[2])).unwrap();
        self.add();
    }

    fn add(&mut self) {
        self.leaves.truncate(3);
        self.bits.clear();
        self.hubs.truncate(2);
        let new = self.hubs[1].leaves().push(leaf(0, 7));
        self.bits.push(new.bits().push(bit(0)));
        new.tags().push(&self.tags[1]);
        self.leaves.push(new);
        self.hubs.push(self.session.add(tree(0, 1)));
        self.hubs[1].leaves().push(&self.leaves[1]);
        self.leaves[0].tags().remove(&self.tags[0]).unwrap();
        self.leaves[0].tags().push(&self.tags[1]);
    }

    /// States and columns alone: relationships of what is read again are not known.
    fn values(&self) -> Vec<String> {
        let hubs = self.hubs.iter().map(|it| format!("{} {}", inspect(it).state, it.borrow().name));
        let leaves =
            self.leaves.iter().map(|it| format!("{} {}", inspect(it).state, it.borrow().n));
        hubs.chain(leaves).collect()
    }

    /// What a person sees of all objects.
    fn view(&self) -> Vec<String> {
        let ids = |it: aludel::Result<Vec<String>>| it.map_or("?".into(), |it| it.join(","));
        let mut view = Vec::new();
        for hub in &self.hubs {
            let leaves = hub.leaves().iter();
            let leaves = leaves.map(|it| it.map(|it| it.borrow().n.to_string()).collect());
            let (state, value) = (inspect(hub).state, hub.borrow());
            view.push(format!("{state} hub {} {} [{}]", value.id, value.name, ids(leaves)));
        }
        for leaf in &self.leaves {
            let tags = leaf.tags().iter();
            let tags = tags.map(|it| it.map(|it| it.borrow().name.clone()).collect());
            let hub = leaf.hub().get().map(|it| it.map(|it| it.borrow().id.to_string()));
            let value = leaf.borrow();
            let (state, id, owner, n) = (inspect(leaf).state, &value.id, &value.hub_id, value.n);
            let bits = leaf.bits().len().ok();
            let tags = ids(tags);
            view.push(format!("{state} leaf {id} of {owner} {hub:?} n {n} {bits:?} [{tags}]"));
        }
        for bit in &self.bits {
            let value = bit.borrow();
            view.push(format!("{} bit {} {}", inspect(bit).state, value.id, value.leaf_id));
        }
        for tag in &self.tags {
            let leaves = tag.leaves().iter();
            let leaves = leaves.map(|it| it.map(|it| it.borrow().n.to_string()).collect());
            view.push(format!(
                "{} tag {} [{}]",
                inspect(tag).state,
                tag.borrow().name,
                ids(leaves)
            ));
        }
        view
    }
}

/// What there is before and after the work, in the session and in the database.
struct Expected {
    before: (Vec<String>, Vec<String>),
    after: (Vec<String>, Vec<String>),
}

fn expected() -> Expected {
    let database = Database::new();
    let engine = database.worker();
    let mut work = Work::load(&engine);
    work.change();
    block_on(work.session.rollback()).unwrap();
    let before = (work.view(), database.rows());
    let mut work = Work::load(&engine);
    work.change();
    block_on(work.session.commit()).unwrap();
    let after = (work.view(), database.rows());
    assert_ne!(before, after);
    Expected { before, after }
}

/// Polls a future so many times, with time for other threads in between, and drops it then.
fn poll_slowly_then_drop<F: Future>(future: F, n: usize) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut cx = Context::from_waker(Waker::noop());
    for _ in 0..n {
        if let std::task::Poll::Ready(it) = future.as_mut().poll(&mut cx) {
            return Some(it);
        }
        std::thread::sleep(Duration::from_micros(n as u64 * 7 % 60));
    }
    None
}

/// Drops a future at each await point until one completes, and looks at what is left.
fn at_each_point(
    worker: bool,
    act: impl for<'a> Fn(&'a mut Session, usize) -> Option<aludel::Result<()>>,
    then: impl Fn(&mut Session),
) -> (usize, usize) {
    let expected = expected();
    let (mut points, mut committed) = (0, 0);
    loop {
        let database = Database::new();
        let engine = if worker { database.worker() } else { database.pending().0 };
        let mut work = Work::load(&engine);
        work.change();
        let finished = act(&mut work.session, points);
        let done = finished.is_some();
        finished.into_iter().for_each(|it| it.unwrap());
        // The next call settles what was dropped.
        let count = select(func::count(Tag.id)).autoflush(false);
        assert_eq!(block_on(work.session.scalars(count).one()).unwrap(), 2);
        then(&mut work.session);
        if work.view() != expected.before.0 && database.rows() == expected.before.1 {
            // Nothing had begun.
            assert!(worker || points < 3, "dropped at {points}");
            block_on(work.session.commit()).unwrap();
        }
        let found = (work.view(), database.rows());
        let through = found.1 == expected.after.1;
        let should = if through { &expected.after } else { &expected.before };
        assert_eq!(found.0, should.0, "dropped at {points}");
        assert_eq!(found.1, should.1, "dropped at {points}");
        assert!(!done || through, "a commit that ended has committed");
        assert!(work.session.is_active());
        if through {
            committed += 1;
        } else {
            // The same work again.
            work.change();
            block_on(work.session.commit()).unwrap();
            assert_eq!(work.view(), expected.after.0, "again after {points}");
            assert_eq!(database.rows(), expected.after.1, "again after {points}");
        }
        if done {
            return (points, committed);
        }
        points += 1;
        assert!(points < 2000);
    }
}

// Design 6.7: COMMIT rides with the last wave; what went through is applied.
#[test]
fn a_commit_dropped_at_each_point() {
    let (points, committed) =
        at_each_point(false, |session, n| poll_then_drop(session.commit(), n), |_| ());
    assert!(points > 10, "{points}");
    assert!(committed > 1, "some were dropped behind the COMMIT");
}

// A flush that was seen through, and a commit of its own behind it.
#[test]
fn a_commit_behind_a_flush_dropped_at_each_point() {
    let act = |session: &mut Session, n| {
        block_on(session.flush()).unwrap();
        poll_then_drop(session.commit(), n)
    };
    let (points, committed) = at_each_point(false, act, |_| ());
    assert!(points > 1 && committed > 1, "{points} {committed}");
}

// What a flush did that was dropped is undone, or stays in the transaction as one that was not.
#[test]
fn a_flush_dropped_at_each_point() {
    let act = |session: &mut Session, n| poll_then_drop(session.flush(), n);
    at_each_point(false, act, |session| block_on(session.commit()).unwrap());
}

#[test]
fn a_rollback_dropped_at_each_point() {
    let expected = expected();
    for flushed in [false, true] {
        for points in 0..12 {
            let database = Database::new();
            let (engine, _) = database.pending();
            let mut work = Work::load(&engine);
            work.change();
            if flushed {
                block_on(work.session.flush()).unwrap();
            }
            let done = poll_then_drop(work.session.rollback(), points).is_some();
            if points == 0 {
                block_on(work.session.rollback()).unwrap();
            }
            block_on(work.session.commit()).unwrap();
            assert_eq!(work.view(), expected.before.0, "dropped at {points}");
            assert_eq!(database.rows(), expected.before.1, "dropped at {points}");
            work.change();
            block_on(work.session.commit()).unwrap();
            assert_eq!(database.rows(), expected.after.1, "dropped at {points}");
            assert!(points < 11 || done);
        }
    }
}

#[test]
fn a_close_dropped_at_each_point() {
    for points in 0..12 {
        let database = Database::new();
        let before = database.rows();
        let (engine, _) = database.pending();
        let mut work = Work::load(&engine);
        work.change();
        block_on(work.session.flush()).unwrap();
        poll_then_drop(work.session.close(), points);
        block_on(work.session.close()).unwrap();
        block_on(work.session.commit()).unwrap();
        assert_eq!(inspect(&work.hubs[0]).state, aludel::State::Detached);
        assert_eq!(database.rows(), before);
    }
}

// The worker is in the middle of anything when the future is dropped.
#[test]
fn a_commit_on_the_worker_dropped_any_time() {
    let rounds = if is_long() { 40 } else { 4 };
    let (mut points, mut committed) = (0, 0);
    for _ in 0..rounds {
        let (more, through) =
            at_each_point(true, |session, n| poll_slowly_then_drop(session.commit(), n), |_| ());
        points += more;
        committed += through;
    }
    assert!(points > 0 && committed >= rounds);
}

// A dropped commit and a session dropped behind it hold no lock, and keep no connection.
#[test]
fn a_session_dropped_with_its_future() {
    let expected = expected();
    for points in 0.. {
        let database = Database::new();
        let (engine, _) = database.pending();
        let mut work = Work::load(&engine);
        work.change();
        let done = poll_then_drop(work.session.commit(), points).is_some();
        drop(work);
        let rows = database.rows();
        assert!(rows == expected.before.1 || rows == expected.after.1, "dropped at {points}");
        let mut session = blocking::Session::new(&database.plain);
        session.execute(text("UPDATE hub SET name = 'free'")).unwrap();
        session.commit().unwrap();
        let status = engine.status();
        assert_eq!(status.size, status.available, "{status:?}");
        if done {
            break;
        }
    }
}

/// Drops a query at each await point; then the same query runs on the same session.
fn query(
    run: impl for<'a> Fn(
        &'a mut Work,
    )
        -> std::pin::Pin<Box<dyn Future<Output = aludel::Result<Vec<String>>> + 'a>>,
) {
    let database = Database::new();
    let (engine, driver) = database.pending();
    let full = block_on(run(&mut Work::load(&engine))).unwrap();
    let rows = database.rows();
    for points in 0.. {
        let mut work = Work::load(&engine);
        let seen = work.values();
        let done = poll_then_drop(run(&mut work), points).is_some();
        if !done {
            assert_eq!(block_on(run(&mut work)).unwrap(), full, "dropped at {points}");
        }
        assert_eq!(work.values(), seen, "dropped at {points}");
        // It is a transaction: what is written in it can be taken back.
        let sql = text("UPDATE hub SET name = 'lost'");
        block_on(work.session.execute(sql)).unwrap();
        drop(work);
        assert_eq!(database.rows(), rows, "dropped at {points}");
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
        assert_eq!(database.rows(), rows, "step {nth} failed");
        if !failed {
            break;
        }
    }
}

#[test]
fn queries_dropped_and_failing_at_each_point() {
    query(|work| {
        Box::pin(async {
            let all = select(Leaf).order_by(Leaf.id).options(selectinload(Leaf.bits));
            let found = work.session.scalars(all).all().await?;
            Ok(found.iter().map(|it| it.borrow().n.to_string()).collect())
        })
    });
    query(|work| {
        Box::pin(async {
            let joined = select(Hub).order_by(Hub.id).options(joinedload(Hub.leaves));
            let found = work.session.scalars(joined).all().await?;
            Ok(found.iter().map(|it| it.leaves().len().unwrap().to_string()).collect())
        })
    });
    query(|work| {
        Box::pin(async {
            // Expired objects are read again.
            let hub = work.session.get_one(Hub, 1).await?;
            work.session.refresh(&work.hubs[1]).await?;
            let leaves = work.hubs[1].leaves().load(&mut work.session).await?;
            let found = vec![hub.borrow().name.clone(), leaves.len().to_string()];
            Ok(found)
        })
    });
    query(|work| {
        Box::pin(async {
            let mut stream = work.session.stream_scalars(&select(Leaf)).await?;
            let mut found = Vec::new();
            while let Some(leaf) = stream.next().await {
                found.push(leaf?.borrow().n.to_string());
            }
            Ok(found)
        })
    });
    query(|work| {
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
#[test]
fn each_step_of_a_flush_fails_once() {
    let expected = expected();
    for kind in [Kind::Integrity(Integrity::Unique), Kind::Deadlock, Kind::Other] {
        for (nth, commit) in (0..).flat_map(|nth| [(nth, false), (nth, true)]) {
            let database = Database::new();
            let (engine, driver) = database.pending();
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
            assert_eq!(database.rows(), expected.before.1, "{kind:?} at {nth}");
            assert!(!work.session.is_active());
            let next = block_on(work.session.get(Hub, 1));
            assert!(matches!(next, Err(Error::PendingRollback(_))), "{next:?}");
            assert!(matches!(block_on(work.session.commit()), Err(Error::PendingRollback(_))));
            block_on(work.session.rollback()).unwrap();
            work.change();
            block_on(work.session.commit()).unwrap();
            assert_eq!(work.view(), expected.after.0, "again after {kind:?} at {nth}");
            assert_eq!(database.rows(), expected.after.1, "again after {kind:?} at {nth}");
        }
    }
}

// A plan that can't be made takes nothing: changed objects go back as they do behind a failed flush.
#[test]
fn a_plan_that_fails_loses_nothing() {
    let database = Database::new();
    let mut session = blocking::Session::new(&database.plain);
    let hub = session.get_one(Hub, 1).unwrap();
    hub.borrow_mut().name = "changed".into();
    let (one, two) = (session.add(node(0)), session.add(node(0)));
    one.parent().set(&two);
    two.parent().set(&one);
    assert!(matches!(session.commit(), Err(Error::CircularDependency(_))));
    assert_eq!(hub.borrow().name, "hub");
    session.rollback().unwrap();
    hub.borrow_mut().name = "changed".into();
    session.commit().unwrap();
    assert_eq!(database.rows()[0], "hub 1 changed");
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

// A BEGIN that fails begins nothing: the next statement begins.
#[test]
fn a_begin_that_fails() {
    let database = Database::new();
    let (engine, driver) = database.pending();
    for explicit in [false, true] {
        let mut session = Session::new(&engine);
        if explicit {
            session.begin().unwrap();
        }
        driver.fail_at(0, Kind::Busy);
        assert!(block_on(session.get(Hub, 1)).unwrap_err().is_retryable());
        engine.log().start();
        let hub = block_on(session.get_one(Hub, 1)).unwrap();
        let begin = if explicit { "BEGIN IMMEDIATE" } else { "BEGIN" };
        assert_eq!(engine.log().take()[0], begin);
        hub.borrow_mut().name = "changed".into();
        block_on(session.flush()).unwrap();
        block_on(session.rollback()).unwrap();
        assert_eq!(database.rows()[0], "hub 1 hub");
    }
}

// A stream that is dropped, and then a flush that is dropped while it waits for the stream's end.
#[test]
fn a_flush_behind_a_dropped_stream() {
    for points in 0..8 {
        let database = Database::new();
        let (engine, _) = database.pending();
        let mut work = Work::load(&engine);
        let mut stream = block_on(work.session.stream_scalars(&select(Leaf))).unwrap();
        let _ = poll_then_drop(stream.next(), 3);
        drop(stream);
        work.hubs[0].borrow_mut().name = "changed".into();
        let done = poll_then_drop(work.session.commit(), points).is_some();
        // Either nothing was begun and the change is still to be written, or all was taken back.
        block_on(work.session.commit()).unwrap();
        let name = work.hubs[0].borrow().name.clone();
        assert_eq!(database.rows()[0], format!("hub 1 {name}"), "dropped at {points}");
        assert!(!done || name == "changed");
    }
}

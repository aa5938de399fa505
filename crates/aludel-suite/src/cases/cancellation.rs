//! Futures dropped at every await point: nothing is half-applied, in the database or in the session.

use std::{
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
    thread::Thread,
    time::{Duration, Instant},
};

use aludel::{
    Session, SessionOptions,
    blocking::{self, block_on},
    prelude::*,
    testing::wait_then_drop,
};
use futures_util::StreamExt;

use super::work::{Data, Expected, Random, Work, expected, is_long};
use crate::{Case, Place, cases, models::tree::*};

pub(super) const CASES: &[Case] = cases![async "cancellation":
    a_commit_dropped_at_each_point needs SHARED,
    a_commit_behind_a_flush_dropped_at_each_point needs SHARED,
    a_flush_dropped_at_each_point needs SHARED,
    a_rollback_dropped_at_each_point needs SHARED,
    a_close_dropped_at_each_point needs SHARED,
    a_commit_dropped_at_any_moment needs SHARED,
    a_session_dropped_with_its_future needs SHARED,
    a_flush_behind_a_dropped_stream needs SHARED,
    phases_dropped_at_each_point needs TWO_PHASES,
];

/// Drops a future at each await point until one completes, and looks at what is left: how many points
/// there were, and behind how many of them it had been committed.
fn at_each_point(
    at: &Place,
    act: impl for<'a> Fn(&'a mut Session, usize) -> Option<aludel::Result<()>>,
    then: impl Fn(&mut Session),
) -> (usize, usize) {
    let expected = expected(at);
    let (mut points, mut committed) = (0, 0);
    loop {
        let data = Data::new(at);
        let mut work = Work::load(&data.pending().0);
        work.change();
        let finished = act(&mut work.session, points);
        let done = finished.is_some();
        finished.into_iter().for_each(|it| it.unwrap());
        let through = check(&data, &mut work, &expected, &then);
        assert!(!done || through, "a commit that ended has committed");
        committed += usize::from(through);
        if done {
            return (points, committed);
        }
        points += 1;
        assert!(points < 2000);
    }
}

/// After a future was dropped: all is as before, or as after; whether it is as after.
fn check(data: &Data, work: &mut Work, expected: &Expected, then: impl Fn(&mut Session)) -> bool {
    // The next call settles what was dropped.
    let count = select(func::count(Mark.id)).autoflush(false);
    assert_eq!(block_on(work.session.scalars(count).one()).unwrap(), 2);
    then(&mut work.session);
    if work.view() != expected.before.0 && data.rows() == expected.before.1 {
        // Nothing had begun.
        block_on(work.session.commit()).unwrap();
    }
    let found = (work.view(), data.rows());
    let through = found.1 == expected.after.1;
    let should = if through { &expected.after } else { &expected.before };
    assert_eq!(found.0, should.0);
    assert_eq!(found.1, should.1);
    assert!(work.session.is_active());
    if !through {
        // The same work again.
        work.change();
        block_on(work.session.commit()).unwrap();
        assert_eq!(work.view(), expected.after.0, "again");
        assert_eq!(data.rows(), expected.after.1, "again");
    }
    through
}

// Design 6.7: COMMIT rides with the last wave; what went through is applied.
fn a_commit_dropped_at_each_point(at: &Place) {
    let (points, committed) =
        at_each_point(at, |session, n| wait_then_drop(session.commit(), n), |_| ());
    assert!(points > 10, "{points}");
    assert!(committed > 1, "some were dropped behind the COMMIT");
}

// A flush that was seen through, and a commit of its own behind it.
fn a_commit_behind_a_flush_dropped_at_each_point(at: &Place) {
    let act = |session: &mut Session, n| {
        block_on(session.flush()).unwrap();
        wait_then_drop(session.commit(), n)
    };
    let (points, committed) = at_each_point(at, act, |_| ());
    assert!(points > 1 && committed > 1, "{points} {committed}");
}

// What a flush did that was dropped is undone, or stays in the transaction as one that was not.
fn a_flush_dropped_at_each_point(at: &Place) {
    let act = |session: &mut Session, n| wait_then_drop(session.flush(), n);
    at_each_point(at, act, |session| block_on(session.commit()).unwrap());
}

fn a_rollback_dropped_at_each_point(at: &Place) {
    let expected = expected(at);
    for flushed in [false, true] {
        for points in 0..12 {
            let data = Data::new(at);
            let (engine, _) = data.pending();
            let mut work = Work::load(&engine);
            work.change();
            if flushed {
                block_on(work.session.flush()).unwrap();
            }
            let done = wait_then_drop(work.session.rollback(), points).is_some();
            if points == 0 {
                block_on(work.session.rollback()).unwrap();
            }
            block_on(work.session.commit()).unwrap();
            assert_eq!(work.view(), expected.before.0, "dropped at {points}");
            assert_eq!(data.rows(), expected.before.1, "dropped at {points}");
            work.change();
            block_on(work.session.commit()).unwrap();
            assert_eq!(data.rows(), expected.after.1, "dropped at {points}");
            assert!(points < 11 || done);
        }
    }
}

fn a_close_dropped_at_each_point(at: &Place) {
    for points in 0..12 {
        let data = Data::new(at);
        let before = data.rows();
        let (engine, _) = data.pending();
        let mut work = Work::load(&engine);
        work.change();
        block_on(work.session.flush()).unwrap();
        wait_then_drop(work.session.close(), points);
        block_on(work.session.close()).unwrap();
        block_on(work.session.commit()).unwrap();
        assert_eq!(inspect(&work.hubs[0]).state, aludel::State::Detached);
        assert_eq!(data.rows(), before);
    }
}

// The database is in the middle of anything when the future is dropped.
fn a_commit_dropped_at_any_moment(at: &Place) {
    let expected = expected(at);
    let mut random = Random::new();
    // As long as the last one took that ended: a single slow one says nothing of the others.
    let (mut usual, mut committed) = (Duration::ZERO, 0);
    let moments = if is_long() { 300 } else { 40 };
    for moment in 0..moments {
        let data = Data::new(at);
        let engine = data.engine();
        let mut work = Work::load(&engine);
        work.change();
        let limit = match moment {
            0 => Duration::from_secs(3600),
            _ => usual.mul_f64(random.below(1.2)),
        };
        let started = Instant::now();
        if let Some(result) = drop_after(work.session.commit(), limit) {
            result.unwrap();
            usual = started.elapsed();
        }
        committed += usize::from(check(&data, &mut work, &expected, |_| ()));
        drop(work);
        // Nothing is locked, and the pool's next connection gets its own answers.
        let mut session = blocking::Session::new(&data.plain);
        session.execute(text("UPDATE hub SET name = 'free'")).unwrap();
        session.rollback().unwrap();
        let mut session = Session::new(&engine);
        assert_eq!(block_on(session.scalars(select(func::count(Mark.id))).one()).unwrap(), 2);
    }
    assert!(committed > 0 && committed < moments, "{committed} of {moments}");
}

/// Runs a future, and drops it after so long.
fn drop_after<F: Future>(future: F, limit: Duration) -> Option<F::Output> {
    struct Unpark(Thread);

    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }

    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let started = Instant::now();
    loop {
        if let Poll::Ready(it) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return Some(it);
        }
        let left = limit.checked_sub(started.elapsed())?;
        std::thread::park_timeout(left);
    }
}

// A dropped commit and a session dropped behind it hold no lock, and keep no connection.
fn a_session_dropped_with_its_future(at: &Place) {
    let expected = expected(at);
    for points in 0.. {
        let data = Data::new(at);
        let (engine, _) = data.pending();
        let mut work = Work::load(&engine);
        work.change();
        let done = wait_then_drop(work.session.commit(), points).is_some();
        drop(work);
        // What is still under way is over once its locks are gone, though nobody waits for it.
        let mut session = blocking::Session::new(&data.plain);
        session.execute(text("UPDATE hub SET name = 'free'")).unwrap();
        session.rollback().unwrap();
        let rows = data.rows();
        assert!(rows == expected.before.1 || rows == expected.after.1, "dropped at {points}");
        let status = engine.status();
        assert_eq!(status.size, status.available, "{status:?}");
        if done {
            break;
        }
    }
}

// A stream that is dropped, and then a flush that is dropped while it waits for the stream's end.
fn a_flush_behind_a_dropped_stream(at: &Place) {
    for points in 0..8 {
        let data = Data::new(at);
        let (engine, _) = data.pending();
        let mut work = Work::load(&engine);
        let mut stream = block_on(work.session.stream_scalars(&select(Leaf))).unwrap();
        let _ = wait_then_drop(stream.next(), 3);
        drop(stream);
        work.hubs[0].borrow_mut().name = "changed".into();
        let done = wait_then_drop(work.session.commit(), points).is_some();
        // Either nothing was begun and the change is still to be written, or all was taken back.
        block_on(work.session.commit()).unwrap();
        let name = work.hubs[0].borrow().name.clone();
        assert_eq!(data.rows()[0], format!("hub 1 {name}"), "dropped at {points}");
        assert!(!done || name == "changed");
    }
}

// Nothing stays prepared that nobody knows of: what was dropped is committed, or undone by the next call.
fn phases_dropped_at_each_point(at: &Place) {
    for phase in ["prepare", "commit", "rollback"] {
        for points in 0..40 {
            let data = Data::new(at);
            let (engine, _) = data.pending();
            let options = SessionOptions::new().twophase(true);
            let mut session = Session::with_options(&engine, options);
            let hub = block_on(session.get_one(Hub, 1)).unwrap();
            hub.borrow_mut().name = "changed".into();
            let dropped = if phase == "prepare" {
                wait_then_drop(session.prepare(), points)
            } else {
                block_on(session.prepare()).unwrap();
                match phase {
                    "commit" => wait_then_drop(session.commit(), points),
                    _ => wait_then_drop(session.rollback(), points),
                }
            };
            let done = dropped.is_some();
            dropped.into_iter().for_each(|it| it.unwrap());
            block_on(session.rollback()).unwrap();
            // All locks are gone.
            let mut other = blocking::Session::new(&data.plain);
            let lock = select(Hub.name).filter(Hub.id.eq(1));
            let lock = lock.with_for_update(ForUpdate::new().nowait());
            let name = other.scalars(lock).one();
            let name = name.unwrap_or_else(|it| panic!("{phase} dropped at {points}: {it}"));
            let kept = phase == "commit" && name == "changed";
            assert!(kept || name == "hub", "{phase} dropped at {points}: {name}");
            assert!(!(done && phase == "commit") || kept, "{phase} dropped at {points}");
            other.rollback().unwrap();
            block_on(session.refresh(&hub)).unwrap();
            assert_eq!(hub.borrow().name, name);
            if done {
                break;
            }
            assert!(points < 39);
        }
    }
}

//! Connections that the server closes, in the middle of anything: nothing is half-written, the error
//! says what happened, and the pool heals by itself.

use std::{
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
    thread::Thread,
};

use aludel::{
    EngineOptions, Error, Kind, Session,
    blocking::{self, block_on},
    prelude::*,
};
use futures_util::StreamExt;

use super::work::{Data, Work, expected};
use crate::{Case, Place, cases, models::tree::*};

pub(super) const CASES: &[Case] = cases![async "kills":
    during_a_flush needs KILL,
    between_flush_and_commit needs KILL,
    during_a_stream needs KILL,
    in_the_pool needs KILL,
];

fn is_lost(error: &Error) -> bool {
    error.kind() == Some(Kind::ConnectionLost)
}

/// Polls a future up to so many times, whenever it asks for that.
fn poll_times<F: Future>(mut future: Pin<&mut F>, n: usize) -> Option<F::Output> {
    struct Unpark(Thread);

    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }

    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    for at in 0..n {
        if at > 0 {
            std::thread::park();
        }
        if let Poll::Ready(it) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return Some(it);
        }
    }
    None
}

fn during_a_flush(at: &Place) {
    let expected = expected(at);
    let mut lost = 0;
    for points in (1..).step_by(3) {
        let data = Data::new(at);
        let mut work = Work::load(&data.pending().0);
        work.change();
        let result = {
            let mut flush = pin!(work.session.flush());
            let early = poll_times(flush.as_mut(), points);
            let done = early.is_some();
            at.kill();
            let result = early.unwrap_or_else(|| block_on(flush));
            (done, result)
        };
        let (done, result) = result;
        match result {
            Ok(()) => assert!(is_lost(&block_on(work.session.commit()).unwrap_err())),
            Err(error) => {
                assert!(is_lost(&error), "{error}");
                lost += 1;
            }
        }
        assert_eq!(work.view(), expected.before.0, "killed at {points}");
        // The pool of those who only watch was hit, too.
        let data = data.again();
        assert_eq!(data.rows(), expected.before.1, "killed at {points}");
        block_on(work.session.rollback()).unwrap();
        work.change();
        block_on(work.session.commit()).unwrap();
        assert_eq!(work.view(), expected.after.0, "again after {points}");
        assert_eq!(data.rows(), expected.after.1, "again after {points}");
        if done {
            break;
        }
    }
    assert!(lost > 3, "{lost}");
}

fn between_flush_and_commit(at: &Place) {
    let expected = expected(at);
    let data = Data::new(at);
    let mut work = Work::load(&data.engine());
    work.change();
    block_on(work.session.flush()).unwrap();
    at.kill();
    let error = block_on(work.session.commit()).unwrap_err();
    assert!(is_lost(&error), "{error}");
    assert_eq!(work.view(), expected.before.0);
    assert_eq!(data.again().rows(), expected.before.1);
    block_on(work.session.rollback()).unwrap();
    work.change();
    block_on(work.session.commit()).unwrap();
    assert_eq!(data.again().rows(), expected.after.1);
}

fn during_a_stream(at: &Place) {
    const ROWS: i64 = 20_000;
    super::streaming::leaves(at, ROWS);
    let mut session = Session::new(&at.engine());
    block_on(async {
        // More than is ever on its way.
        let text = "x".repeat(4000);
        session.execute(update(Hub).set(Hub.name, text.as_str())).await.unwrap();
        session.commit().await.unwrap();
        let names = select(Hub.name).join(Hub.leaves);
        let mut stream = session.stream_scalars(&names).await.unwrap();
        for _ in 0..10 {
            assert_eq!(stream.next().await.unwrap().unwrap(), text);
        }
        at.kill();
        // What is on its way already may still arrive.
        let mut count = 10;
        let error = loop {
            match stream.next().await.expect("an error, and no early end") {
                Ok(_) => count += 1,
                Err(error) => break error,
            }
        };
        assert!(is_lost(&error), "{error}");
        assert!(count < ROWS, "{count}");
        drop(stream);
        session.rollback().await.unwrap();
        let count = session.scalars(select(func::count(Leaf.id))).one().await.unwrap();
        assert_eq!(count, ROWS);
    });
}

fn in_the_pool(at: &Place) {
    at.empty();
    let engine = at.blocking(EngineOptions::new().pre_ping(true));
    for _ in 0..3 {
        let mut sessions = [0; 3].map(|_| blocking::Session::new(&engine));
        for session in &mut sessions {
            assert!(session.scalars(select(Hub)).all().unwrap().is_empty());
        }
        drop(sessions);
        at.kill();
    }
}

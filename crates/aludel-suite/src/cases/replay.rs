//! Transactions that meet others: one of them is run again, and both are kept.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    thread,
    time::{Duration, Instant},
};

use aludel::{Engine, EngineOptions, Isolation, Kind, Select, blocking, prelude::*};

use crate::{Case, Place, cases, models::*};

pub(super) const CASES: &[Case] = cases!["replay":
    a_deadlock needs MEETING,
    a_meeting_of_serializable_transactions needs MEETING,
    many_increments_of_a_locked_row needs MEETING,
];

/// Those that are async.
pub(super) const ASYNC: &[Case] = cases![async "replay":
    an_async_deadlock needs MEETING,
    an_async_meeting_of_serializable_transactions needs MEETING,
    without_retries_a_deadlock_is_an_error needs MEETING,
    without_retries_a_meeting_is_an_error needs MEETING,
    many_increments_that_are_serializable needs MEETING,
    many_increments_that_read_repeatably needs MEETING,
];

const WRITERS: i64 = 16;

/// Where the first attempts of two transactions wait for each other, so that they do meet.
#[derive(Default)]
struct Meeting {
    arrived: AtomicU32,
    attempts: [AtomicU32; 2],
}

impl Meeting {
    /// Counts an attempt of one of both; whether it is to wait for the other one's.
    fn attempt(&self, who: usize) -> bool {
        self.attempts[who].fetch_add(1, Ordering::SeqCst) == 0
    }

    fn attempts(&self) -> u32 {
        self.attempts.iter().map(|it| it.load(Ordering::SeqCst)).sum()
    }

    fn arrive(&self) -> impl Fn() -> bool + '_ {
        self.arrived.fetch_add(1, Ordering::SeqCst);
        let started = Instant::now();
        move || {
            assert!(started.elapsed() < Duration::from_secs(60), "the other one never came");
            self.arrived.load(Ordering::SeqCst) < 2
        }
    }

    fn wait(&self) {
        let alone = self.arrive();
        while alone() {
            thread::sleep(Duration::from_millis(1));
        }
    }

    async fn wait_async(&self) {
        let alone = self.arrive();
        while alone() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}

/// Two books of a page each, whose pages are counted.
fn shelf(at: &Place) {
    let mut store = at.store();
    store.add_all(["a", "b"].map(|title| Book::builder().title(title).pages(1)));
    store.save();
}

fn pages(at: &Place) -> Vec<Option<i64>> {
    let mut session = blocking::Session::new(&at.blocking(EngineOptions::new()));
    session.scalars(select(Book.pages).order_by(Book.id)).all().unwrap()
}

fn isolated(isolation: Option<Isolation>) -> EngineOptions {
    let options = EngineOptions::new();
    isolation.into_iter().fold(options, |options, it| options.isolation(it))
}

/// What a database says of transactions that read what the other one writes.
fn meeting(at: &Place) -> Kind {
    // The others lock what a serializable transaction reads.
    if at.dialect().name() == "postgres" { Kind::Serialization } else { Kind::Deadlock }
}

/// The pages of a book, locked.
fn locked(id: i64) -> Select<Obj<Book>> {
    select(Book).filter(Book.id.eq(id)).with_for_update(ForUpdate::new())
}

fn both<T: Send>(act: impl Fn(usize) -> T + Sync) -> [T; 2] {
    thread::scope(|scope| {
        let act = &act;
        let threads = [0, 1].map(|who| scope.spawn(move || act(who)));
        threads.map(|it| it.join().unwrap())
    })
}

// Each locks what the other one needs.
fn a_deadlock(at: &Place) {
    shelf(at);
    let (engine, meeting) = (at.blocking(EngineOptions::new()), Meeting::default());
    both(|who| {
        blocking::transaction(&engine, |session| {
            let first = meeting.attempt(who);
            for id in [1 + who as i64, 2 - who as i64] {
                let book = session.scalars(locked(id)).one()?;
                let pages = book.borrow().pages;
                book.borrow_mut().pages = pages.map(|it| it + 10);
                session.flush()?;
                if first && id == 1 + who as i64 {
                    meeting.wait();
                }
            }
            Ok::<_, aludel::Error>(())
        })
        .unwrap();
    });
    assert_eq!(pages(at), [Some(21), Some(21)]);
    assert!(meeting.attempts() > 2, "one of both was run again");
}

// Each reads what the other one writes: there is an order, but not while both are under way.
fn a_meeting_of_serializable_transactions(at: &Place) {
    shelf(at);
    let engine = at.blocking(isolated(Some(Isolation::Serializable)));
    let meeting = Meeting::default();
    both(|who| {
        blocking::transaction(&engine, |session| {
            let books = session.scalars(select(Book).order_by(Book.id)).all()?;
            if meeting.attempt(who) {
                meeting.wait();
            }
            let sum: Option<i64> = books.iter().map(|it| it.borrow().pages).sum();
            books[who].borrow_mut().pages = sum;
            Ok::<_, aludel::Error>(())
        })
        .unwrap();
    });
    let mut found = pages(at);
    found.sort_unstable();
    assert_eq!(found, [Some(2), Some(3)], "one behind the other");
    assert!(meeting.attempts() > 2, "one of both was run again");
}

fn many_increments_of_a_locked_row(at: &Place) {
    shelf(at);
    let engine = at.blocking(EngineOptions::new());
    thread::scope(|scope| {
        for _ in 0..WRITERS {
            scope.spawn(|| {
                blocking::transaction(&engine, |session| {
                    let book = session.scalars(locked(1)).one()?;
                    let pages = book.borrow().pages;
                    book.borrow_mut().pages = pages.map(|it| it + 1);
                    Ok::<_, aludel::Error>(())
                })
                .unwrap();
            });
        }
    });
    assert_eq!(pages(at), [Some(1 + WRITERS), Some(1)]);
}

/// Both transactions of the deadlock, as async programs write them; what became of them, and how
/// often they ran.
fn async_deadlock(at: &Place, retries: u32) -> ([aludel::Result<()>; 2], u32) {
    shelf(at);
    let (engine, meeting) = (at.plain(), Meeting::default());
    let one = |who: usize| {
        let (engine, meeting) = (&engine, &meeting);
        async move {
            transaction!(engine, retries = retries, |session| {
                let first = meeting.attempt(who);
                for id in [1 + who as i64, 2 - who as i64] {
                    let book = session.scalars(locked(id)).one().await?;
                    let pages = book.borrow().pages;
                    book.borrow_mut().pages = pages.map(|it| it + 10);
                    session.flush().await?;
                    if first && id == 1 + who as i64 {
                        meeting.wait_async().await;
                    }
                }
                Ok::<_, aludel::Error>(())
            })
        }
    };
    let (one, other) = at.block_on(async { futures_util::future::join(one(0), one(1)).await });
    ([one, other], meeting.attempts())
}

/// The same for both serializable ones.
fn async_meeting(at: &Place, retries: u32) -> ([aludel::Result<()>; 2], u32) {
    shelf(at);
    let engine = at.plain_with(isolated(Some(Isolation::Serializable)));
    let meeting = Meeting::default();
    let one = |who: usize| {
        let (engine, meeting) = (&engine, &meeting);
        async move {
            transaction!(engine, retries = retries, |session| {
                let books = session.scalars(select(Book).order_by(Book.id)).all().await?;
                if meeting.attempt(who) {
                    meeting.wait_async().await;
                }
                let sum: Option<i64> = books.iter().map(|it| it.borrow().pages).sum();
                books[who].borrow_mut().pages = sum;
                Ok::<_, aludel::Error>(())
            })
        }
    };
    let (one, other) = at.block_on(async { futures_util::future::join(one(0), one(1)).await });
    ([one, other], meeting.attempts())
}

fn an_async_deadlock(at: &Place) {
    let (results, attempts) = async_deadlock(at, 3);
    results.into_iter().for_each(Result::unwrap);
    assert_eq!(pages(at), [Some(21), Some(21)]);
    assert!(attempts > 2, "one of both was run again");
}

fn an_async_meeting_of_serializable_transactions(at: &Place) {
    let (results, attempts) = async_meeting(at, 3);
    results.into_iter().for_each(Result::unwrap);
    let mut found = pages(at);
    found.sort_unstable();
    assert_eq!(found, [Some(2), Some(3)], "one behind the other");
    assert!(attempts > 2, "one of both was run again");
}

/// One was refused, in this way; the other one was kept.
fn one_was_refused((results, attempts): ([aludel::Result<()>; 2], u32), kind: Kind) {
    assert_eq!(attempts, 2);
    let errors: Vec<_> = results.into_iter().filter_map(Result::err).collect();
    let kinds: Vec<_> = errors.iter().map(|it| it.kind()).collect();
    assert_eq!(kinds, [Some(kind)], "{errors:?}");
}

fn without_retries_a_deadlock_is_an_error(at: &Place) {
    one_was_refused(async_deadlock(at, 0), Kind::Deadlock);
    assert_eq!(pages(at), [Some(11), Some(11)]);
}

fn without_retries_a_meeting_is_an_error(at: &Place) {
    one_was_refused(async_meeting(at, 0), meeting(at));
    let mut found = pages(at);
    found.sort_unstable();
    assert_eq!(found, [Some(1), Some(2)]);
}

/// So many transactions that count one number up, each in a task of its own.
fn increments(at: &Place, engine: Engine, lock: bool) {
    at.block_on(async {
        let tasks: Vec<_> = (0..WRITERS)
            .map(|_| {
                let engine = engine.clone();
                tokio::spawn(async move {
                    transaction!(engine, retries = 1000, |session| {
                        let stmt = select(Book).filter(Book.id.eq(1));
                        let stmt = if lock { locked(1) } else { stmt };
                        let book = session.scalars(stmt).one().await?;
                        let pages = book.borrow().pages;
                        book.borrow_mut().pages = pages.map(|it| it + 1);
                        Ok::<_, aludel::Error>(())
                    })
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap().unwrap();
        }
    });
    assert_eq!(pages(at), [Some(1 + WRITERS), Some(1)]);
}

fn many_increments_that_are_serializable(at: &Place) {
    shelf(at);
    increments(at, at.plain_with(isolated(Some(Isolation::Serializable))), false);
}

fn many_increments_that_read_repeatably(at: &Place) {
    shelf(at);
    increments(at, at.plain_with(isolated(Some(Isolation::RepeatableRead))), true);
}

//! Writers queue: many tasks change one row each in its own transaction, on one SQLite file.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(missing_docs, reason = "a test's models speak for themselves")]

#[path = "support/proofs.rs"]
mod proofs;

use std::time::{Duration, Instant};

use aludel::{blocking, prelude::*};
use proofs::*;

#[derive(Mapped)]
#[table("counter")]
pub struct Counter {
    #[column(primary_key)]
    pub id: i64,
    pub n: i64,
}

const TASKS: i64 = 32;

fn span() -> Duration {
    Duration::from_secs(if is_long() { 5 } else { 1 })
}

fn file() -> (tempfile::TempDir, String) {
    let directory = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", directory.path().join("x.db").display());
    let engine = blocking::Engine::new(&url).unwrap();
    Base::metadata().create_all(&engine).unwrap();
    let mut session = blocking::Session::new(&engine);
    session.add_all((0..=TASKS).map(|id| Counter { id, n: 0 }));
    session.commit().unwrap();
    (directory, url)
}

async fn sum(engine: &Engine, own: bool) -> i64 {
    let mut session = Session::new(engine);
    let which = if own { Counter.id.ne(0) } else { Counter.id.eq(0) };
    let sum = select(func::sum(Counter.n)).filter(which);
    session.scalars(sum).one().await.unwrap().unwrap_or(0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn read_change_commit() {
    let (_directory, url) = file();
    let engine = Engine::new(&url).unwrap();
    let end = Instant::now() + span();
    let tasks: Vec<_> = (1..=TASKS)
        .map(|id| {
            let engine = engine.clone();
            tokio::spawn(async move {
                let mut done = 0;
                while Instant::now() < end {
                    let written: aludel::Result<()> = transaction!(engine, |session| {
                        // One row of all, one of its own.
                        let shared = session.get_one(Counter, 0).await?;
                        let own = session.get_one(Counter, id).await?;
                        tokio::task::yield_now().await;
                        shared.borrow_mut().n += 1;
                        own.borrow_mut().n += 1;
                        Ok(())
                    });
                    written.unwrap();
                    done += 1;
                }
                done
            })
        })
        .collect();
    let mut done = 0;
    for task in tasks {
        let own: i64 = task.await.unwrap();
        assert!(own > 0, "nobody starves");
        done += own;
    }
    assert_eq!(sum(&engine, false).await, done);
    assert_eq!(sum(&engine, true).await, done);
}

// Sessions that begin by reading end their read before they write: no error, whoever wrote since.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sessions_that_read_first() {
    let (_directory, url) = file();
    let engine = Engine::new(&url).unwrap();
    let end = Instant::now() + span() / 2;
    let tasks: Vec<_> = (1..=8)
        .map(|id| {
            let engine = engine.clone();
            tokio::spawn(async move {
                let mut done = 0;
                while Instant::now() < end {
                    let mut session = Session::new(&engine);
                    let own = session.get_one(Counter, id).await.unwrap();
                    tokio::task::yield_now().await;
                    own.borrow_mut().n += 1;
                    session.commit().await.unwrap();
                    done += 1;
                }
                done
            })
        })
        .collect();
    let mut done = 0;
    for task in tasks {
        done += task.await.unwrap();
    }
    assert_eq!(sum(&engine, true).await, done);
}

// A transaction that is dropped at any time, abandoned by its task, holds nobody up.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn aborted_tasks_let_go() {
    let (_directory, url) = file();
    let engine = Engine::new(&url).unwrap();
    for round in 0..40 {
        let other = engine.clone();
        let task = tokio::spawn(async move {
            loop {
                let written: aludel::Result<()> = transaction!(other, |session| {
                    let own = session.get_one(Counter, 1).await?;
                    own.borrow_mut().n += 1;
                    session.flush().await?;
                    tokio::task::yield_now().await;
                    Err(aludel::Error::MultipleResultsFound)
                });
                assert!(written.is_err());
            }
        });
        tokio::time::sleep(Duration::from_micros(200 * (round % 10))).await;
        task.abort();
        let written: aludel::Result<()> = transaction!(engine, |session| {
            session.get_one(Counter, 2).await?.borrow_mut().n += 1;
            Ok(())
        });
        written.unwrap();
    }
    assert_eq!(sum(&engine, true).await, 40);
}

#[test]
fn blocking_threads() {
    let (_directory, url) = file();
    let engine = blocking::Engine::new(&url).unwrap();
    let end = Instant::now() + span() / 2;
    let threads: Vec<_> = (1..=8)
        .map(|_| {
            let engine = engine.clone();
            std::thread::spawn(move || {
                let mut done = 0;
                while Instant::now() < end {
                    blocking::transaction(&engine, |session| {
                        session.get_one(Counter, 0)?.borrow_mut().n += 1;
                        Ok::<_, aludel::Error>(())
                    })
                    .unwrap();
                    done += 1;
                }
                done
            })
        })
        .collect();
    let done: i64 = threads.into_iter().map(|it| it.join().unwrap()).sum();
    let mut session = blocking::Session::new(&engine);
    assert_eq!(session.get_one(Counter, 0).unwrap().borrow().n, done);
}

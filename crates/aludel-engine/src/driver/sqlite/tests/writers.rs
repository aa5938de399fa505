//! The queue of writers.

use std::time::Duration;

use aludel_core::expr::text;

use super::*;
use crate::{Error, Kind};

const THREADS: i64 = 16;
const ROUNDS: i64 = 25;

#[test]
fn sixteen_threads_read_change_and_commit() {
    let (_directory, url) = file();
    // The writers' queue alone must do: waiting for locks is as good as off.
    let options = EngineOptions::new().pool_size(THREADS as usize);
    let engine = blocking::Engine::with_options(&url, options).unwrap();
    let mut connection = engine.connect().unwrap();
    connection.execute("CREATE TABLE counter (n)").unwrap();
    connection.execute("INSERT INTO counter VALUES (0)").unwrap();
    connection.commit().unwrap();
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                let mut connection = engine.connect().unwrap();
                for _ in 0..ROUNDS {
                    connection.begin().unwrap();
                    let n = connection
                        .fetch(text("SELECT n FROM counter").rows::<(i64,)>())
                        .unwrap()[0]
                        .0;
                    let update = text("UPDATE counter SET n = :n").bind("n", n + 1);
                    connection.execute(update).unwrap();
                    connection.commit().unwrap();
                }
            });
        }
    });
    let total = connection.fetch(text("SELECT n FROM counter").rows::<(i64,)>()).unwrap();
    assert_eq!(total, [(THREADS * ROUNDS,)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixteen_tasks_read_change_and_commit() {
    let (_directory, url) = file();
    let options = EngineOptions::new().pool_size(THREADS as usize);
    let engine = Engine::with_options(&url, options).unwrap();
    let mut connection = engine.connect().await.unwrap();
    connection.execute("CREATE TABLE counter (n)").await.unwrap();
    connection.execute("INSERT INTO counter VALUES (0)").await.unwrap();
    connection.commit().await.unwrap();
    let tasks: Vec<_> = (0..THREADS)
        .map(|_| {
            let engine = engine.clone();
            tokio::spawn(async move {
                let mut connection = engine.connect().await.unwrap();
                for _ in 0..ROUNDS {
                    connection.begin().await.unwrap();
                    let n = connection
                        .fetch(text("SELECT n FROM counter").rows::<(i64,)>())
                        .await
                        .unwrap()[0]
                        .0;
                    tokio::task::yield_now().await;
                    let update = text("UPDATE counter SET n = :n").bind("n", n + 1);
                    connection.execute(update).await.unwrap();
                    connection.commit().await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let total = connection.fetch(text("SELECT n FROM counter").rows::<(i64,)>()).await.unwrap();
    assert_eq!(total, [(THREADS * ROUNDS,)]);
}

#[test]
fn the_deadline_names_the_holder() {
    let (_directory, url) = file();
    let options = EngineOptions::new().busy_timeout(Duration::from_millis(10));
    let engine = blocking::Engine::with_options(&url, options).unwrap();
    let mut holder = engine.connect().unwrap();
    holder.begin().unwrap();
    let mut other = engine.connect().unwrap();
    let error = other.begin().unwrap_err();
    assert!(matches!(&error, Error::Busy(_)));
    assert!(error.is_retryable());
    let text = error.to_string();
    assert!(text.contains("has been writing for") && text.contains("the_deadline"), "{text}");
    holder.commit().unwrap();
    other.begin().unwrap();
}

#[test]
fn a_file_has_one_queue_however_it_is_named() {
    let (directory, url) = file();
    let link = directory.path().join("link.db");
    let first = blocking::Engine::new(&url).unwrap();
    let mut holder = first.connect().unwrap();
    let options = EngineOptions::new().busy_timeout(Duration::from_millis(1));
    std::fs::hard_link(directory.path().join("test.db"), &link).unwrap();
    holder.begin().unwrap();
    let dotted = format!("sqlite:{}/./test.db", directory.path().display());
    let second = blocking::Engine::with_options(&dotted, options).unwrap();
    let error = second.connect().unwrap().begin().unwrap_err();
    assert!(matches!(error, Error::Busy(_)), "{error}");
}

#[test]
fn an_old_snapshot_is_a_serialization_failure() {
    let (_directory, url) = file();
    let engine = blocking::Engine::new(&url).unwrap();
    let mut reader = engine.connect().unwrap();
    reader.execute("CREATE TABLE t (a)").unwrap();
    reader.commit().unwrap();
    reader.begin_read_only().unwrap();
    reader.query("SELECT * FROM t").unwrap();
    let mut writer = engine.connect().unwrap();
    writer.execute("INSERT INTO t VALUES (1)").unwrap();
    writer.commit().unwrap();
    let error = reader.execute("INSERT INTO t VALUES (2)").unwrap_err();
    assert_eq!(error.kind(), Some(Kind::Serialization));
    assert!(error.is_retryable());
}

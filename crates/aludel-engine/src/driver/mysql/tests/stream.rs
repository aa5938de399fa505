//! Streams: rows from the wire as they are taken, and streams that are left.

use std::{
    future::poll_fn,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use aludel_core::value::{Columns, Cursor};

use super::*;
use crate::{
    EngineFace, Kind,
    blocking::block_on,
    driver::{ChunkStream, Chunks, Connection, once, run},
};

/// Chunks of ten integers; counts the rows that were decoded.
struct Tens {
    chunk: Vec<i64>,
    decoded: Arc<AtomicI64>,
}

impl Chunks for Tens {
    type Chunk = Vec<i64>;

    fn row(&mut self, row: &dyn Columns) -> Result<Option<Vec<i64>>> {
        self.chunk.push(Cursor::new(row).take().map_err(aludel_core::Error::from)?);
        self.decoded.fetch_add(1, Ordering::Relaxed);
        Ok((self.chunk.len() == 10).then(|| std::mem::take(&mut self.chunk)))
    }

    fn rest(&mut self) -> Option<Vec<i64>> {
        (!self.chunk.is_empty()).then(|| std::mem::take(&mut self.chunk))
    }
}

/// As many numbers as are wanted, made as they are read.
const NUMBERS: &str =
    "SELECT ten.n * 1000000 + a.n * 10000 + b.n * 100 + c.n FROM ten, d a, d b, d c";

fn numbers<'c>(
    connection: &'c mut dyn Connection,
    sql: &str,
) -> (ChunkStream<'c, Tens>, Arc<AtomicI64>) {
    let decoded = Arc::new(AtomicI64::new(0));
    let chunks = Tens { chunk: Vec::new(), decoded: Arc::clone(&decoded) };
    let Step::Run(run) = step(sql, &[], Want::Rows) else { panic!("a statement") };
    (ChunkStream::new(connection, run, chunks), decoded)
}

async fn next(stream: &mut ChunkStream<'_, Tens>) -> Option<Result<Vec<i64>>> {
    poll_fn(|cx| stream.poll_chunk(cx)).await
}

fn prepared() -> [Step; 5] {
    let digits = |from: i64, to: i64| (from..to).map(|i| vec![i.into()]).collect();
    [
        step("CREATE TABLE d (n BIGINT)", &[], Want::Nothing),
        many("INSERT INTO d VALUES (?)", digits(0, 100), Want::Nothing),
        step("CREATE TABLE ten (n BIGINT)", &[], Want::Nothing),
        many("INSERT INTO ten VALUES (?)", digits(0, 10), Want::Nothing),
        step("CREATE TABLE t (a INT)", &[], Want::Nothing),
    ]
}

fn count(decoded: &AtomicI64) -> i64 {
    decoded.load(Ordering::Relaxed)
}

// ENG-61
#[test]
fn all_rows_in_order_on_both_faces() {
    for scratch in Scratch::each() {
        let sql = "SELECT a.n * 100 + b.n AS x FROM d a, d b ORDER BY x LIMIT 1234";
        let expected: Vec<i64> = (0..1234).collect();
        let engine = scratch.blocking();
        let mut connection = block_on(engine.core().checkout()).unwrap();
        block_on(once(&mut *connection, prepared())).unwrap();
        let (stream, _) = numbers(&mut *connection, sql);
        let found: Vec<i64> = stream.flat_map(Result::unwrap).collect();
        assert_eq!(found, expected);
        let (mut stream, _) = numbers(&mut *connection, "SELECT n FROM d WHERE n < 0");
        assert!(stream.next().is_none() && stream.next().is_none());
        drop(stream);
        tokio::runtime::Runtime::new().unwrap().block_on(async {
            let engine = scratch.engine();
            let mut connection = engine.core().checkout().await.unwrap();
            let (mut stream, _) = numbers(&mut *connection, sql);
            let mut found = Vec::new();
            while let Some(chunk) = next(&mut stream).await {
                found.extend(chunk.unwrap());
            }
            assert_eq!(found, expected);
        });
    }
}

// ENG-62
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_that_is_left_is_not_read_to_its_end() {
    for scratch in Scratch::each() {
        let engine = scratch.engine();
        let mut connection = engine.core().checkout().await.unwrap();
        once(&mut *connection, prepared()).await.unwrap();
        let insert = step("INSERT INTO t VALUES (7)", &[], Want::Nothing);
        once(&mut *connection, [BEGIN, insert]).await.unwrap();
        let (mut stream, decoded) = numbers(&mut *connection, NUMBERS);
        let mut rows = 0;
        for _ in 0..50 {
            rows += next(&mut stream).await.unwrap().unwrap().len();
            tokio::task::yield_now().await;
        }
        assert_eq!(rows, 500);
        assert!(count(&decoded) <= 530, "memory is flat: {}", count(&decoded));
        drop(stream);
        // The transaction goes on, and the next answer is the next question's.
        let started = std::time::Instant::now();
        let script = Script::one(step("SELECT a FROM t", &[], Want::Rows));
        let done = run(&mut *connection, script).await.unwrap();
        assert_eq!(done.rows, [(0, vec![Value::Int(7)])]);
        assert!(started.elapsed().as_secs() < 5, "ten million rows were not waited for");
        assert!(connection.in_transaction() && count(&decoded) <= 530);
        once(&mut *connection, [COMMIT]).await.unwrap();
        let done = run(&mut *connection, Script::one(step("SELECT a FROM t", &[], Want::Rows)));
        assert_eq!(done.await.unwrap().rows.len(), 1);
    }
}

#[test]
fn a_stream_that_is_left_on_the_blocking_face() {
    for scratch in Scratch::each() {
        let engine = scratch.blocking();
        let mut connection = block_on(engine.core().checkout()).unwrap();
        block_on(once(&mut *connection, prepared())).unwrap();
        for _ in 0..3 {
            let (mut stream, _) = numbers(&mut *connection, NUMBERS);
            assert_eq!(stream.next().unwrap().unwrap().len(), 10);
        }
        let script = Script::one(step("SELECT 42", &[], Want::Rows));
        assert_eq!(block_on(run(&mut *connection, script)).unwrap().rows[0].1, [Value::Int(42)]);
    }
}

#[test]
fn a_row_that_is_not_what_was_expected() {
    for scratch in Scratch::each() {
        let engine = scratch.blocking();
        let mut connection = block_on(engine.core().checkout()).unwrap();
        let sql = "SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 'x' UNION ALL SELECT 4";
        let (mut stream, _) = numbers(&mut *connection, sql);
        assert!(stream.next().unwrap().is_err());
        assert!(stream.next().is_none());
        drop(stream);
        let (mut stream, _) = numbers(&mut *connection, "SELECT nothing");
        assert_eq!(stream.next().unwrap().unwrap_err().kind(), Some(Kind::Syntax));
        drop(stream);
        let script = Script::one(step("SELECT 42", &[], Want::Rows));
        assert_eq!(block_on(run(&mut *connection, script)).unwrap().rows[0].1, [Value::Int(42)]);
    }
}

#[test]
fn statements_beside_a_stream() {
    for scratch in Scratch::each() {
        let engine = scratch.blocking();
        let mut connection = block_on(engine.core().checkout()).unwrap();
        block_on(once(&mut *connection, prepared())).unwrap();
        let series = |last: i64| {
            format!(
                "SELECT a.n * 100 + b.n + 1 AS x FROM d a, d b WHERE a.n * 100 + b.n < {last} ORDER BY x"
            )
        };
        check_statements_beside(&mut *connection, &series);
        block_on(run(&mut *connection, Script::new([vec![BEGIN, COMMIT]]))).unwrap();
    }
}

// The rows behind a chunk are in memory then: more than is kept in one piece.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn statements_beside_a_stream_of_long_rows() {
    for scratch in Scratch::each() {
        let engine = scratch.engine();
        let mut connection = engine.core().checkout().await.unwrap();
        once(&mut *connection, prepared()).await.unwrap();
        let sql =
            "SELECT n + 1, NULL, REPEAT('ü', 2000), CAST('12:00:01' AS TIME(6)) FROM d ORDER BY n";
        let Step::Run(select) = step(sql, &[], Want::Rows) else { panic!("a statement") };
        let mut stream = ChunkStream::new(&mut *connection, select, Doubled::new(30));
        let mut found = Vec::new();
        while let Some(chunk) = poll_fn(|cx| stream.poll_chunk(cx)).await {
            found.extend(chunk.unwrap().numbers);
        }
        assert_eq!(found, Vec::from_iter(1..=100));
    }
}

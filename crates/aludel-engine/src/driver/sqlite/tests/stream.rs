//! Streams: chunks as they are taken, in flat memory, within the transaction.

use std::{
    future::poll_fn,
    sync::atomic::{AtomicI64, Ordering},
};

use super::*;
use crate::{
    EngineFace,
    blocking::block_on,
    driver::{ChunkStream, Chunks, Connection, run},
};

/// Chunks of ten integers; counts the rows that were decoded.
struct Tens {
    chunk: Vec<i64>,
    decoded: Arc<AtomicI64>,
}

impl Chunks for Tens {
    type Chunk = Vec<i64>;

    fn row(&mut self, row: &dyn Columns) -> Result<Option<Vec<i64>>> {
        let mut cursor = aludel_core::value::Cursor::new(row);
        self.chunk.push(cursor.take().map_err(aludel_core::Error::from)?);
        self.decoded.fetch_add(1, Ordering::Relaxed);
        Ok((self.chunk.len() == 10).then(|| std::mem::take(&mut self.chunk)))
    }

    fn rest(&mut self) -> Option<Vec<i64>> {
        (!self.chunk.is_empty()).then(|| std::mem::take(&mut self.chunk))
    }
}

fn numbers(connection: &mut dyn Connection, last: i64) -> (ChunkStream<'_, Tens>, Arc<AtomicI64>) {
    let sql = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) \
               SELECT i FROM n";
    stream(connection, sql, &[last.into()])
}

fn stream<'c>(
    connection: &'c mut dyn Connection,
    sql: &str,
    params: &[Value],
) -> (ChunkStream<'c, Tens>, Arc<AtomicI64>) {
    let decoded = Arc::new(AtomicI64::new(0));
    let chunks = Tens { chunk: Vec::new(), decoded: Arc::clone(&decoded) };
    let Step::Run(run) = step(sql, params, Want::Rows) else { panic!("a statement") };
    (ChunkStream::new(connection, run, chunks), decoded)
}

async fn next(stream: &mut ChunkStream<'_, Tens>) -> Option<Result<Vec<i64>>> {
    poll_fn(|cx| stream.poll_chunk(cx)).await
}

#[test]
fn all_rows_in_order_on_both_faces() {
    let expected: Vec<i64> = (1..=1234).collect();
    let engine = memory();
    let mut connection = block_on(engine.core().checkout()).unwrap();
    let (stream, _) = numbers(&mut *connection, 1234);
    let found: Vec<i64> = stream.flat_map(Result::unwrap).collect();
    assert_eq!(found, expected);
    // Empty, and the connection is as before.
    let (mut stream, _) = numbers(&mut *connection, 0);
    assert_eq!(stream.next().unwrap().unwrap(), [1]);
    assert!(stream.next().is_none() && stream.next().is_none());

    let engine = async_engine("sqlite::memory:");
    block_on(async {
        let mut connection = engine.core().checkout().await.unwrap();
        let (mut stream, _) = numbers(&mut *connection, 1234);
        let mut found = Vec::new();
        while let Some(chunk) = next(&mut stream).await {
            found.extend(chunk.unwrap());
        }
        assert_eq!(found, expected);
    });
}

#[test]
fn nobody_reads_far_ahead() {
    for face in ["blocking", "async"] {
        let blocking = memory();
        let other = async_engine("sqlite::memory:");
        let core = if face == "async" { other.core() } else { blocking.core() };
        let mut connection = block_on(core.checkout()).unwrap();
        let (mut stream, decoded) = numbers(&mut *connection, 1_000_000);
        for taken in 1..=1000 {
            stream.next().unwrap().unwrap();
            // Taken, two that wait, and one that is being filled before it is known to be full.
            assert!(decoded.load(Ordering::Relaxed) <= (taken + 3) * 10, "{face}");
        }
        drop(stream);
        let script = Script::one(step("SELECT 1", &[], Want::Rows));
        assert_eq!(block_on(run(&mut *connection, script)).unwrap().rows.len(), 1, "{face}");
    }
}

#[test]
fn an_open_transaction_is_seen_and_survives() {
    for face in ["blocking", "async"] {
        let blocking = memory();
        let other = async_engine("sqlite::memory:");
        let core = if face == "async" { other.core() } else { blocking.core() };
        let mut connection = block_on(core.checkout()).unwrap();
        let fill = many(
            "INSERT INTO t VALUES (?)",
            (0..100_i64).map(|i| vec![i.into()]).collect(),
            Want::Nothing,
        );
        let create = step("CREATE TABLE t (a)", &[], Want::Nothing);
        block_on(run(&mut *connection, Script::new([vec![BEGIN, create, fill]]))).unwrap();
        let (mut stream, _) = stream(&mut *connection, "SELECT a FROM t", &[]);
        assert_eq!(stream.next().unwrap().unwrap()[9], 9);
        drop(stream);
        let count = step("SELECT count(*) FROM t", &[], Want::Rows);
        let done = block_on(run(&mut *connection, Script::new([vec![count, COMMIT]]))).unwrap();
        assert_eq!(done.rows[0].1, [Value::Int(100)], "{face}: still within the transaction");
    }
}

#[test]
fn errors_end_a_stream() {
    let engine = memory();
    let mut connection = block_on(engine.core().checkout()).unwrap();
    let (mut wrong, _) = stream(&mut *connection, "SELECT nothing", &[]);
    assert!(wrong.next().unwrap().is_err());
    assert!(wrong.next().is_none());
    drop(wrong);
    let sql = "SELECT 1 UNION ALL SELECT 'x' UNION ALL SELECT 3";
    let (mut text, _) = stream(&mut *connection, sql, &[]);
    assert!(text.next().unwrap().is_err());
    assert!(text.next().is_none());
}

#[test]
fn an_abandoned_stream_gives_the_connection_back() {
    let engine = memory();
    for _ in 0..10 {
        let mut connection = block_on(engine.core().checkout()).unwrap();
        let (mut stream, _) = numbers(&mut *connection, 1_000_000);
        stream.next().unwrap().unwrap();
    }
    assert_eq!(engine.status().size, 1);
}

#[test]
fn statements_beside_a_stream() {
    let series = |last: i64| {
        format!(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {last}) \
             SELECT i FROM n WHERE i <= {last}"
        )
    };
    for face in ["blocking", "async"] {
        let blocking = memory();
        let other = async_engine("sqlite::memory:");
        let core = if face == "async" { other.core() } else { blocking.core() };
        let mut connection = block_on(core.checkout()).unwrap();
        check_statements_beside(&mut *connection, &series);
        // Nothing of it keeps the transaction from ending.
        block_on(run(&mut *connection, Script::new([vec![BEGIN, COMMIT]]))).unwrap();
    }
}

//! Streams: rows as they are taken, and what remains when nobody takes them any more.

use std::time::Instant;

use aludel_core::{expr::text, value::Columns};

use super::{blocking_engine, engine};
use crate::{
    Result,
    driver::{ChunkStream, Chunks, Params, Run, Statement, Want, scripts::check_statements_beside},
};

/// Sums of a thousand rows each.
#[derive(Default)]
struct Sums {
    rows: u64,
    sum: i64,
}

impl Chunks for Sums {
    type Chunk = (u64, i64);

    fn row(&mut self, row: &dyn Columns) -> Result<Option<(u64, i64)>> {
        if let aludel_core::value::ValueRef::Int(it) = row.get(0) {
            self.sum += it;
        }
        self.rows += 1;
        Ok((self.rows == 1_000).then(|| {
            let Self { rows, sum } = std::mem::take(self);
            (rows, sum)
        }))
    }

    fn rest(&mut self) -> Option<(u64, i64)> {
        let Self { rows, sum } = std::mem::take(self);
        (rows > 0).then_some((rows, sum))
    }
}

fn series(n: u64) -> Run {
    let sql = format!("SELECT generate_series(1::bigint, {n})");
    Run { statement: Statement::new(sql), params: Params::none(), want: Want::Stream }
}

async fn next(stream: &mut ChunkStream<'_, Sums>) -> Option<(u64, i64)> {
    std::future::poll_fn(|cx| stream.poll_chunk(cx)).await.map(Result::unwrap)
}

#[tokio::test]
async fn all_rows_come() {
    let engine = engine("stream").await;
    let mut connection = engine.connect().await.unwrap();
    connection.begin().await.unwrap();
    for n in [0, 1, 999, 1_000, 1_001, 123_456] {
        let stream = ChunkStream::new(connection.driver_connection(), series(n), Sums::default());
        let mut stream = stream;
        let mut chunks = Vec::new();
        while let Some(chunk) = next(&mut stream).await {
            chunks.push(chunk);
        }
        let (rows, sum) = chunks.iter().fold((0, 0), |all, it| (all.0 + it.0, all.1 + it.1));
        assert_eq!((rows, sum), (n, (n * (n + 1) / 2) as i64));
    }
}

#[tokio::test]
async fn who_stops_taking_waits_for_nothing_and_loses_nothing() {
    let engine = engine("stopped").await;
    let mut connection = engine.connect().await.unwrap();
    connection.execute("CREATE TABLE t (a int)").await.unwrap();
    for taken in 0..5 {
        let run = series(2_000_000_000);
        let mut stream = ChunkStream::new(connection.driver_connection(), run, Sums::default());
        for _ in 0..taken {
            next(&mut stream).await.unwrap();
        }
        drop(stream);
        // The transaction is open, and what it did is there.
        let begun = Instant::now();
        connection.execute("INSERT INTO t VALUES (1)").await.unwrap();
        assert!(begun.elapsed().as_secs() < 60, "the rest was not read");
    }
    connection.commit().await.unwrap();
    let rows = connection.fetch(text("SELECT count(*) FROM t").rows::<(i64,)>()).await.unwrap();
    assert_eq!(rows, [(5,)]);
}

#[test]
fn blocking_programs_take_rows_on_their_own_thread() {
    let engine = blocking_engine("blocking_stream");
    let mut connection = engine.connect().unwrap();
    connection.begin().unwrap();
    let stream = ChunkStream::new(connection.driver_connection(), series(123_456), Sums::default());
    assert_eq!(stream.map(|it| it.unwrap().0).sum::<u64>(), 123_456);
    let endless = series(2_000_000_000);
    let mut stream = ChunkStream::new(connection.driver_connection(), endless, Sums::default());
    assert_eq!(stream.next().unwrap().unwrap().0, 1_000);
    drop(stream);
    let rows = connection.fetch(text("SELECT 1::bigint").rows::<(i64,)>()).unwrap();
    assert_eq!(rows, [(1,)]);
}

#[test]
fn statements_beside_a_stream() {
    let engine = blocking_engine("beside");
    let mut connection = engine.connect().unwrap();
    connection.begin().unwrap();
    let series = |last: i64| format!("SELECT generate_series(1::bigint, {last})");
    check_statements_beside(connection.driver_connection(), &series);
    // The last one failed there, which is for the program to say.
    assert!(connection.fetch(text("SELECT 1::bigint").rows::<(i64,)>()).is_err());
    connection.rollback().unwrap();
    let rows = connection.fetch(text("SELECT 1::bigint").rows::<(i64,)>()).unwrap();
    assert_eq!(rows, [(1,)]);
}

//! A one-row query on the async face of SQLite: the price of the hop to the thread that has the
//! connection, beside what waking a thread costs on this machine at all.

use std::{
    hint::black_box,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Instant,
};

use aludel::{blocking, prelude::*};

use super::Row;
use crate::{
    child::{Placement, probe},
    harness::{Options, Result, median},
    models::Item,
    report::Verdict,
};

pub(super) const ROW: Row = Row {
    name: "async",
    about: "a one-row query on the async face, against a bare thread wake-up",
    run,
    probe: Some(measure),
};

/// Queries in a round.
const QUERIES: i64 = 2_000;
/// What the hop may cost above the bare ping-pong, in microseconds.
const MOST: f64 = 2.0;

fn run(options: Options) -> Result<Vec<Verdict>> {
    let rounds = options.rounds.to_string();
    let mut verdicts = Vec::new();
    let placements = [
        (Placement::Pinned, "async one-row query above inline + ping-pong", MOST),
        // Which processor is woken is the scheduler's toss of a coin: printed, not judged.
        (Placement::Free, "the same, unpinned", f64::INFINITY),
    ];
    for (placement, what, most) in placements {
        let Some(numbers) = probe(ROW.name, &[&rounds], placement)? else {
            eprintln!("{}: there is no `taskset`, so nothing is pinned", ROW.name);
            continue;
        };
        let [inline, ping, hop] = numbers[..] else {
            return Err("the probe answered something else".into());
        };
        let detail = format!("inline {inline:.2} µs, ping-pong {ping:.2} µs, async {hop:.2} µs");
        verdicts.push(Verdict::microseconds(what, hop - inline - ping, most, detail));
    }
    Ok(verdicts)
}

/// Microseconds of an inline query, a bare ping-pong, and an async query: by turns, medians.
fn measure(arguments: &[String]) -> Result<Vec<f64>> {
    let rounds: usize = arguments.first().ok_or("how many rounds?")?.parse()?;
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let folder = tempfile::tempdir()?;
    let url = format!("sqlite:{}", folder.path().join("bench.db").display());
    let engine = runtime.block_on(filled(&url))?;
    let inline_engine = blocking::Engine::new(&url)?;
    let mut times: [Vec<f64>; 3] = Default::default();
    for round in 0..=rounds {
        let measured = [inline(&inline_engine)?, ping_pong(), runtime.block_on(hop(&engine))?];
        // The first round warms up.
        if round > 0 {
            times.iter_mut().zip(measured).for_each(|(times, it)| times.push(it));
        }
    }
    Ok(times.into_iter().map(|times| median(times.into_iter())).collect())
}

async fn filled(url: &str) -> Result<Engine> {
    let engine = Engine::new(url)?;
    Base::metadata().create_all(&engine).await?;
    let mut connection = engine.connect().await?;
    let rows = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
        INSERT INTO item (id, name) SELECT i, 'name of item ' || i FROM n";
    connection.execute(rows).await?;
    connection.commit().await?;
    Ok(engine)
}

fn each(start: Instant) -> f64 {
    start.elapsed().as_secs_f64() * 1e6 / QUERIES as f64
}

fn inline(engine: &blocking::Engine) -> Result<f64> {
    let mut session = blocking::Session::new(engine);
    session.get(Item, QUERIES + 1)?;
    let start = Instant::now();
    for key in 1..=QUERIES {
        black_box(session.get(Item, key)?.ok_or("no such row")?);
    }
    Ok(each(start))
}

async fn hop(engine: &Engine) -> Result<f64> {
    let mut session = Session::new(engine);
    session.get(Item, QUERIES + 1).await?;
    let start = Instant::now();
    for key in 1..=QUERIES {
        black_box(session.get(Item, key).await?.ok_or("no such row")?);
    }
    Ok(each(start))
}

/// Two threads wake each other by turns, and do nothing else.
fn ping_pong() -> f64 {
    let ball = Arc::new(AtomicBool::new(false));
    let here = thread::current();
    let theirs = Arc::clone(&ball);
    let other = thread::spawn(move || {
        for _ in 0..QUERIES {
            while !theirs.load(Ordering::Acquire) {
                thread::park();
            }
            theirs.store(false, Ordering::Release);
            here.unpark();
        }
    });
    let start = Instant::now();
    for _ in 0..QUERIES {
        ball.store(true, Ordering::Release);
        other.thread().unpark();
        while ball.load(Ordering::Acquire) {
            thread::park();
        }
    }
    let time = each(start);
    // It ended with the last ball; a panic in it is a bug of this function.
    other.join().expect("the other thread only plays");
    time
}

//! The boundary holds for a driver that pends, answers wave by wave and fails anywhere.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::any::Any;

use aludel_core::value::{Columns, ValueRef};

use super::{answers::PORTION, wave::Wave, *};
use crate::{
    Engine, EngineConnection, EngineFace, EngineOptions,
    blocking::block_on,
    driver::{
        Begin, ChunkStream, Chunks, Control, Flow, Params, Room, Run, Statement, Step, Want, Work,
        run, scripts::check_statements_beside, settle,
    },
};

fn engine() -> (Engine, PendingDriver) {
    engine_on(PendingDriver::new())
}

/// As for a database that is not within the process: on a thread of its own.
fn worker() -> PendingDriver {
    PendingDriver::new().face(Face::Async)
}

fn engine_on(driver: PendingDriver) -> (Engine, PendingDriver) {
    let options = EngineOptions::new();
    let engine = Engine::with_driver("sqlite::memory:", Arc::new(driver.clone()), options).unwrap();
    let mut connection = block_on(engine.connect()).unwrap();
    block_on(async {
        connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, a)").await?;
        connection.commit().await
    })
    .unwrap();
    (engine, driver)
}

/// Two rows in a transaction, in three waves.
#[derive(Default)]
struct Unit {
    wave: usize,
    keys: Vec<i64>,
}

fn sql(sql: &str, want: Want) -> Step {
    Step::Run(Run { statement: Statement::new(sql), params: Params::none(), want })
}

impl Work for Unit {
    fn wave(&mut self, out: &mut Vec<Step>) -> Result<Flow> {
        self.wave += 1;
        match self.wave {
            1 => out.extend([
                Step::Control(Control::Begin(Begin::IMMEDIATE)),
                sql("INSERT INTO t (a) VALUES (1)", Want::Keys),
            ]),
            2 => {
                assert_eq!(self.keys.len(), 1, "the first wave's answers come before the second");
                out.push(sql("INSERT INTO t (a) VALUES (2)", Want::Keys));
            }
            3 => out.push(Step::Control(Control::Commit)),
            _ => return Ok(Flow::Done),
        }
        Ok(Flow::More)
    }

    fn key(&mut self, _: usize, _: usize, key: i64) -> Result<()> {
        self.keys.push(key);
        Ok(())
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any + Send> {
        self
    }
}

async fn rows(connection: &mut EngineConnection) -> usize {
    let rows = connection.query("SELECT id FROM t").await.unwrap().len();
    connection.rollback().await.unwrap();
    rows
}

#[test]
fn waves_and_polls_are_counted() {
    let (engine, driver) = engine();
    let (waves, polls) = (driver.waves(), driver.polls());
    let mut connection = block_on(engine.core().checkout()).unwrap();
    let unit = block_on(run(&mut *connection, Unit::default())).unwrap();
    assert_eq!(unit.keys, [1, 2]);
    assert_eq!(driver.waves() - waves, 3);
    assert!(driver.polls() - polls > 3);
}

#[test]
fn dropped_at_each_await_point() {
    let mut found = Vec::new();
    for single in [false, true] {
        for on_worker in [false, true] {
            let mut points = 0;
            while !dropped_at(points, single, on_worker) {
                points += 1;
            }
            assert!(points > 3, "{points} await points");
            found.push(points);
        }
    }
    assert!(found[2] > found[0], "more of them between single steps: {found:?}");
}

/// Whether the unit came to its end before it was dropped.
fn dropped_at(points: usize, single: bool, on_worker: bool) -> bool {
    let driver = if on_worker { worker() } else { PendingDriver::new() };
    let (engine, _) = engine_on(if single { driver.step_by_step() } else { driver });
    let mut pooled = block_on(engine.core().checkout()).unwrap();
    let finished = wait_then_drop(run(&mut *pooled, Unit::default()), points).is_some();
    let committed = match block_on(settle(&mut *pooled)) {
        Some((Ok(()), work)) => {
            assert_eq!(work.into_any().downcast::<Unit>().unwrap().keys.len(), 2);
            true
        }
        Some((Err(error), _)) => {
            assert!(matches!(error, Error::Cancelled), "{error}");
            false
        }
        None => finished,
    };
    assert!(!pooled.in_transaction());
    drop(pooled);
    let mut connection = block_on(engine.connect()).unwrap();
    let expected = if committed { 2 } else { 0 };
    assert_eq!(block_on(rows(&mut connection)), expected, "dropped at {points}");
    finished
}

#[test]
fn each_step_fails_once() {
    for nth in 0..8 {
        let (engine, driver) =
            engine_on(if nth % 2 == 0 { PendingDriver::new() } else { worker() });
        let nth = nth / 2;
        let mut pooled = block_on(engine.core().checkout()).unwrap();
        driver.fail_at(nth, Kind::Deadlock);
        let error = block_on(run(&mut *pooled, Unit::default())).err().unwrap();
        assert_eq!(error.kind(), Some(Kind::Deadlock), "{nth}");
        assert_eq!(pooled.in_transaction(), nth > 0);
        drop(pooled);
        let mut connection = block_on(engine.connect()).unwrap();
        assert_eq!(block_on(rows(&mut connection)), 0);
    }
    let (engine, driver) = engine();
    driver.fail_at(0, Kind::Other);
    driver.heal();
    let mut pooled = block_on(engine.core().checkout()).unwrap();
    block_on(run(&mut *pooled, Unit::default())).unwrap();
}

/// Numbers the rows that it is given, up to one that makes no sense to it.
struct Numbers {
    given: u32,
    last: u32,
}

impl Chunks for Numbers {
    type Chunk = u32;

    fn row(&mut self, _: &dyn Columns) -> Result<Option<u32>> {
        if self.given == self.last {
            return Err(Error::Script("one too many".into()));
        }
        self.given += 1;
        Ok(Some(self.given))
    }

    fn rest(&mut self) -> Option<u32> {
        None
    }
}

#[test]
fn streams_are_taken_portion_by_portion() {
    for driver in [PendingDriver::new(), worker()] {
        let (engine, _) = engine_on(driver);
        let mut pooled = block_on(engine.core().checkout()).unwrap();
        block_on(run(&mut *pooled, Unit::default())).unwrap();
        for rows in [1, 2, 3, 9] {
            let (tables, rows) = (vec!["t"; rows], 1 << rows);
            let tables: Vec<_> =
                tables.iter().enumerate().map(|(at, it)| format!("{it} t{at}")).collect();
            let select = format!("SELECT 1 FROM {}", tables.join(", "));
            let Step::Run(select) = sql(&select, Want::Rows) else { unreachable!() };
            let all = Numbers { given: 0, last: rows };
            let stream = ChunkStream::new(&mut *pooled, select.clone(), all);
            assert_eq!(stream.map(Result::unwrap).collect::<Vec<_>>(), Vec::from_iter(1..=rows));
            let first = Numbers { given: 0, last: rows };
            let mut stream = ChunkStream::new(&mut *pooled, select.clone(), first);
            assert_eq!(stream.next().unwrap().unwrap(), 1);
            drop(stream);
            let some = Numbers { given: 0, last: rows / 2 };
            let stream = ChunkStream::new(&mut *pooled, select, some);
            let read: Vec<_> = stream.collect();
            assert!(read.len() as u32 <= rows / 2 + 1);
            assert_eq!(read.iter().position(Result::is_err), Some(read.len() - 1), "of {rows}");
        }
        block_on(run(&mut *pooled, Unit::default())).unwrap();
    }
}

#[test]
fn a_stream_waits_until_its_portion_is_taken() {
    struct One;
    impl Columns for One {
        fn len(&self) -> usize {
            1
        }
        fn get(&self, _: usize) -> ValueRef<'_> {
            ValueRef::Int(1)
        }
        fn name(&self, _: usize) -> &str {
            "one"
        }
    }
    let mut cx = Context::from_waker(Waker::noop());
    let mut wave = Wave::new(0, vec![sql("SELECT 1", Want::Stream)], None);
    wave.wave(&mut Vec::new()).unwrap();
    for taken in 0..3 {
        assert!(wave.answers.poll_portion(&mut cx).is_pending(), "{taken}");
        for _ in 0..PORTION {
            assert_eq!(wave.poll_room(&mut cx), Poll::Ready(Room::Row));
            wave.row(0, &One).unwrap();
        }
        assert!(wave.poll_room(&mut cx).is_pending());
        let Poll::Ready(portion) = wave.answers.poll_portion(&mut cx) else { panic!("{taken}") };
        assert_eq!(portion.len(), PORTION);
    }
    wave.answers.close();
    assert_eq!(wave.poll_room(&mut cx), Poll::Ready(Room::Nothing));
}

#[test]
fn statements_beside_a_stream() {
    let series = |last: i64| {
        format!(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {last}) \
             SELECT i FROM n WHERE i <= {last}"
        )
    };
    for driver in [PendingDriver::new(), worker(), worker().step_by_step()] {
        let (engine, _) = engine_on(driver);
        let mut pooled = block_on(engine.core().checkout()).unwrap();
        check_statements_beside(&mut *pooled, &series);
        block_on(run(&mut *pooled, Unit::default())).unwrap();
    }
}

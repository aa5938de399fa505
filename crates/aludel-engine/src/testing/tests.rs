//! The boundary holds for a driver that pends, answers wave by wave and fails anywhere.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::any::Any;

use aludel_core::value::Columns;

use super::*;
use crate::{
    Engine, EngineConnection, EngineFace, EngineOptions,
    blocking::block_on,
    driver::{
        Begin, ChunkStream, Chunks, Control, Flow, Params, Run, Statement, Step, Want, Work, run,
        settle,
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

#[test]
fn streams_work_in_the_task() {
    struct Ones(u32);
    impl Chunks for Ones {
        type Chunk = u32;
        fn row(&mut self, _: &dyn Columns) -> Result<Option<u32>> {
            self.0 += 1;
            Ok(Some(self.0))
        }
        fn rest(&mut self) -> Option<u32> {
            None
        }
    }
    let (engine, _) = engine();
    let mut pooled = block_on(engine.core().checkout()).unwrap();
    block_on(run(&mut *pooled, Unit::default())).unwrap();
    let Step::Run(select) = sql("SELECT 1 FROM t a, t b, t c", Want::Rows) else { unreachable!() };
    let stream = ChunkStream::new(&mut *pooled, select.clone(), Ones(0));
    assert_eq!(stream.map(Result::unwrap).collect::<Vec<_>>(), (1..=8).collect::<Vec<_>>());
    let mut stream = ChunkStream::new(&mut *pooled, select, Ones(0));
    assert_eq!(stream.next().unwrap().unwrap(), 1);
    drop(stream);
    block_on(run(&mut *pooled, Unit::default())).unwrap();
}

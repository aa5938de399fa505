//! For the drivers' tests: scripts out of given waves, and short forms of steps.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{any::Any, sync::Arc};

use aludel_core::value::{Columns, Value};
use smallvec::SmallVec;

use super::{
    Begin, Binder, ChunkStream, Chunks, Connection, Control, Flow, Params, Run, Source, Statement,
    Step, Want, Work, run,
};
use crate::{Result, blocking::block_on};

/// A script out of given waves that keeps all answers.
#[derive(Default)]
pub(super) struct Script {
    pub(super) waves: std::collections::VecDeque<Vec<Step>>,
    pub(super) rows: Vec<(usize, Vec<Value>)>,
    pub(super) keys: Vec<(usize, usize, i64)>,
    pub(super) counts: Vec<(usize, usize, u64)>,
}

impl Script {
    pub(super) fn new(waves: impl IntoIterator<Item = Vec<Step>>) -> Self {
        Self { waves: waves.into_iter().collect(), ..Self::default() }
    }

    pub(super) fn one(step: Step) -> Self {
        Self::new([vec![step]])
    }
}

impl Work for Script {
    fn wave(&mut self, out: &mut Vec<Step>) -> Result<Flow> {
        match self.waves.pop_front() {
            Some(steps) => {
                out.extend(steps);
                Ok(Flow::More)
            }
            None => Ok(Flow::Done),
        }
    }

    fn row(&mut self, step: usize, row: &dyn Columns) -> Result<()> {
        self.rows.push((step, (0..row.len()).map(|i| row.get(i).to_value()).collect()));
        Ok(())
    }

    fn key(&mut self, step: usize, run: usize, key: i64) -> Result<()> {
        self.keys.push((step, run, key));
        Ok(())
    }

    fn count(&mut self, step: usize, run: usize, rows: u64) -> Result<()> {
        self.counts.push((step, run, rows));
        Ok(())
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any + Send> {
        self
    }
}

/// Several sets of parameters.
pub(super) struct Many(pub(super) Vec<Vec<Value>>);

impl Source for Many {
    fn runs(&self) -> usize {
        self.0.len()
    }

    fn bind(&self, run: usize, out: &mut dyn Binder) -> Result<()> {
        self.0[run].iter().try_for_each(|it| out.bind(it.as_ref()))
    }
}

pub(crate) fn step(sql: &str, params: &[Value], want: Want) -> Step {
    let params = Params::Values(params.iter().cloned().collect::<SmallVec<_>>());
    Step::Run(Run { statement: Statement::new(sql), params, want })
}

pub(super) fn many(sql: &str, sets: Vec<Vec<Value>>, want: Want) -> Step {
    let params = Params::Source(Arc::new(Many(sets)));
    Step::Run(Run { statement: Statement::new(sql), params, want })
}

pub(crate) const BEGIN: Step = Step::Control(Control::Begin(Begin::IMMEDIATE));
pub(crate) const COMMIT: Step = Step::Control(Control::Commit);
pub(crate) const ROLLBACK: Step = Step::Control(Control::Rollback);

/// Chunks of so many integers, each of which asks for twice its sum, and then for four times.
pub(crate) struct Doubled {
    size: usize,
    chunk: Asked,
    /// What a third wave is.
    then: Option<&'static str>,
}

/// Integers, and the answers to what they ask for.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Asked {
    pub(crate) numbers: Vec<i64>,
    answers: Vec<i64>,
}

impl Doubled {
    pub(crate) fn new(size: usize) -> Self {
        Self { size, chunk: Asked::default(), then: None }
    }

    fn by(sum: i64) -> Step {
        let sql = format!("SELECT n + n FROM (SELECT {sum} AS n) AS it");
        Step::Run(Run { statement: Statement::new(sql), params: Params::none(), want: Want::Rows })
    }
}

impl Chunks for Doubled {
    type Chunk = Asked;

    fn row(&mut self, row: &dyn Columns) -> Result<Option<Asked>> {
        self.chunk.numbers.push(integer(row));
        Ok((self.chunk.numbers.len() == self.size).then(|| std::mem::take(&mut self.chunk)))
    }

    fn rest(&mut self) -> Option<Asked> {
        (!self.chunk.numbers.is_empty()).then(|| std::mem::take(&mut self.chunk))
    }

    fn at_once(&self) -> usize {
        self.size
    }

    fn wave(&mut self, chunk: &mut Asked, out: &mut Vec<Step>) -> Result<()> {
        match chunk.answers[..] {
            [] => out.push(Self::by(chunk.numbers.iter().sum())),
            // Two at once.
            [it] => out.extend([Self::by(it), Self::by(0)]),
            _ => out.extend(self.then.map(|sql| step(sql, &[], Want::Rows))),
        }
        Ok(())
    }

    fn row_beside(&mut self, chunk: &mut Asked, step: usize, row: &dyn Columns) -> Result<()> {
        // The second of a wave gives nothing but zero.
        assert!(step == 0 || integer(row) == 0);
        if step == 0 {
            chunk.answers.push(integer(row));
        }
        Ok(())
    }
}

fn integer(row: &dyn Columns) -> i64 {
    match row.get(0) {
        aludel_core::value::ValueRef::Int(it) => it,
        other => panic!("{other} is no integer"),
    }
}

/// Statements beside a stream: all rows come, in order, each chunk with its answers, wherever a chunk ends;
/// and whoever leaves early, or fails, leaves the connection as it was. `series` gives integers from 1 up to
/// a number.
#[track_caller]
pub(crate) fn check_statements_beside(
    connection: &mut dyn Connection,
    series: &dyn Fn(i64) -> String,
) {
    let select = |rows: i64| match step(&series(rows), &[], Want::Rows) {
        Step::Run(run) => run,
        Step::Control(_) => unreachable!("a statement"),
    };
    for rows in [0, 1, 9, 10, 11, 20, 25, 2_500] {
        let stream = ChunkStream::new(connection, select(rows), Doubled::new(10));
        let numbers: Vec<i64> = (1..=rows).collect();
        let expected: Vec<Asked> = numbers
            .chunks(10)
            .map(|it| {
                let sum: i64 = it.iter().sum();
                Asked { numbers: it.to_vec(), answers: vec![2 * sum, 4 * sum] }
            })
            .collect();
        assert_eq!(stream.map(Result::unwrap).collect::<Vec<_>>(), expected, "of {rows}");
    }
    let one = || Script::one(step("SELECT 42", &[], Want::Rows));
    for taken in [0, 1, 2, 7] {
        let mut stream = ChunkStream::new(connection, select(2_500), Doubled::new(10));
        for _ in 0..taken {
            assert_eq!(stream.next().unwrap().unwrap().answers.len(), 2);
        }
        drop(stream);
        assert_eq!(block_on(run(connection, one())).unwrap().rows[0].1, [Value::Int(42)]);
    }
    let wrong = Doubled { then: Some("SELECT nothing"), ..Doubled::new(10) };
    let mut stream = ChunkStream::new(connection, select(2_500), wrong);
    assert!(stream.next().unwrap().is_err());
    assert!(stream.next().is_none() && stream.next().is_none());
}

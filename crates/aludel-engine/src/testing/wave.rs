//! A wave that is sent as a whole, and whose answers are kept until all are there.

use std::{any::Any, collections::VecDeque};

use aludel_core::value::{Columns, Value, ValueRef};

use super::PendingDriver;
use crate::{
    Error, Result,
    driver::{Connection, Flow, Step, Want, Work},
};

/// What a step answered.
pub(super) enum Answer {
    Row { step: usize, row: CopiedRow, stream: bool },
    Key { step: usize, run: usize, key: i64 },
    Count { step: usize, run: usize, rows: u64 },
}

/// Does a wave to its end or to its first error, and keeps its answers.
pub(super) fn wave(
    driver: &PendingDriver,
    sqlite: &mut dyn Connection,
    steps: Vec<Step>,
) -> (VecDeque<Answer>, Result<()>) {
    let mut answers = VecDeque::new();
    for (number, mut step) in steps.into_iter().enumerate() {
        let stream = matches!(&step, Step::Run(run) if run.want == Want::Stream);
        if let (true, Step::Run(run)) = (stream, &mut step) {
            run.want = Want::Rows;
        }
        let mut one = OneStep { step: Some(step), number, stream, answers: &mut answers };
        let done = driver.count().and_then(|()| one.run(sqlite));
        if let Err(error) = done {
            return (answers, Err(error));
        }
    }
    (answers, Ok(()))
}

struct OneStep<'a> {
    step: Option<Step>,
    number: usize,
    stream: bool,
    answers: &'a mut VecDeque<Answer>,
}

impl OneStep<'_> {
    fn run(&mut self, sqlite: &mut dyn Connection) -> Result<()> {
        let mut collect = Collect {
            step: self.step.take(),
            number: self.number,
            stream: self.stream,
            answers: VecDeque::new(),
        };
        let result = sqlite.run_inline(&mut collect);
        self.answers.append(&mut collect.answers);
        result.unwrap_or(Err(Error::Cancelled))
    }
}

struct Collect {
    step: Option<Step>,
    number: usize,
    stream: bool,
    answers: VecDeque<Answer>,
}

impl Work for Collect {
    fn wave(&mut self, out: &mut Vec<Step>) -> Result<Flow> {
        out.extend(self.step.take());
        Ok(if out.is_empty() { Flow::Done } else { Flow::More })
    }

    fn row(&mut self, _: usize, row: &dyn Columns) -> Result<()> {
        let (step, stream, row) = (self.number, self.stream, CopiedRow::of(row));
        self.answers.push_back(Answer::Row { step, row, stream });
        Ok(())
    }

    fn key(&mut self, _: usize, run: usize, key: i64) -> Result<()> {
        self.answers.push_back(Answer::Key { step: self.number, run, key });
        Ok(())
    }

    fn count(&mut self, _: usize, run: usize, rows: u64) -> Result<()> {
        self.answers.push_back(Answer::Count { step: self.number, run, rows });
        Ok(())
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any + Send> {
        self
    }
}

/// A row that outlives its statement.
pub(super) struct CopiedRow {
    names: Vec<String>,
    values: Vec<Value>,
}

impl CopiedRow {
    fn of(row: &dyn Columns) -> Self {
        Self {
            names: (0..row.len()).map(|i| row.name(i).to_owned()).collect(),
            values: (0..row.len()).map(|i| row.get(i).to_value()).collect(),
        }
    }
}

impl Columns for CopiedRow {
    fn len(&self) -> usize {
        self.values.len()
    }

    fn get(&self, index: usize) -> ValueRef<'_> {
        self.values.get(index).map_or(ValueRef::Null, Value::as_ref)
    }

    fn name(&self, index: usize) -> &str {
        self.names.get(index).map_or("", String::as_str)
    }
}

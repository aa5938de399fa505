//! A wave that is sent as a whole, and whose answers are kept until all are there.

use std::{any::Any, collections::VecDeque};

use aludel_core::value::{Columns, Value, ValueRef};

use crate::{
    Error, Result,
    driver::{Control, Flow, Step, Want, Work},
};

/// What a step answered.
pub(super) enum Answer {
    Row { step: usize, row: CopiedRow, stream: bool },
    Key { step: usize, run: usize, key: i64 },
    Count { step: usize, run: usize, rows: u64 },
}

/// A script of a few steps that keeps their answers.
pub(super) struct Wave {
    steps: Vec<Step>,
    /// The number of the first step.
    first: usize,
    streams: Vec<usize>,
    /// Whether there is a COMMIT among the steps.
    pub(super) commits: bool,
    pub(super) answers: VecDeque<Answer>,
    /// What happens behind the steps, instead of the next one.
    pub(super) fault: Option<Error>,
}

impl Wave {
    /// These steps, whose answers are numbered from `first`.
    pub(super) fn new(first: usize, steps: Vec<Step>, fault: Option<Error>) -> Self {
        let commits = steps.iter().any(|it| matches!(it, Step::Control(Control::Commit)));
        Self { steps, first, streams: Vec::new(), commits, answers: VecDeque::new(), fault }
    }
}

impl Work for Wave {
    fn wave(&mut self, out: &mut Vec<Step>) -> Result<Flow> {
        out.append(&mut self.steps);
        // Rows of a stream are kept as others are: nobody takes them before the wave's end.
        for (number, step) in out.iter_mut().enumerate() {
            if let Step::Run(run) = step
                && run.want == Want::Stream
            {
                run.want = Want::Rows;
                self.streams.push(number);
            }
        }
        Ok(Flow::Done)
    }

    fn row(&mut self, step: usize, row: &dyn Columns) -> Result<()> {
        let (stream, row) = (self.streams.contains(&step), CopiedRow::of(row));
        self.answers.push_back(Answer::Row { step: self.first + step, row, stream });
        Ok(())
    }

    fn key(&mut self, step: usize, run: usize, key: i64) -> Result<()> {
        self.answers.push_back(Answer::Key { step: self.first + step, run, key });
        Ok(())
    }

    fn count(&mut self, step: usize, run: usize, rows: u64) -> Result<()> {
        self.answers.push_back(Answer::Count { step: self.first + step, run, rows });
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

//! A wave that is sent as a whole, and what it answers.

use std::{
    any::Any,
    task::{Context, Poll},
};

use aludel_core::value::Columns;

use super::answers::{Answer, Answers, CopiedRow};
use crate::{
    Error, Result,
    driver::{Control, Flow, Room, Step, Want, Work},
};

/// A script of a few steps that keeps their answers.
pub(super) struct Wave {
    steps: Vec<Step>,
    /// The number of the first step.
    first: usize,
    streams: Vec<usize>,
    /// Whether there is a COMMIT among the steps.
    pub(super) commits: bool,
    pub(super) answers: Answers,
    /// What happens behind the steps, instead of the next one.
    pub(super) fault: Option<Error>,
}

impl Wave {
    /// These steps, whose answers are numbered from `first`.
    pub(super) fn new(first: usize, steps: Vec<Step>, fault: Option<Error>) -> Self {
        let commits = steps.iter().any(|it| matches!(it, Step::Control(Control::Commit)));
        let streams = |it: &Step| matches!(it, Step::Run(run) if run.want == Want::Stream);
        let streams = (0..steps.len()).filter(|at| streams(&steps[*at])).collect();
        Self { steps, first, streams, commits, answers: Answers::default(), fault }
    }

    /// Whether it stands still while nobody takes its rows: whoever takes them can't run it, too.
    pub(super) fn is_stream(&self) -> bool {
        !self.streams.is_empty()
    }
}

impl Work for Wave {
    fn wave(&mut self, out: &mut Vec<Step>) -> Result<Flow> {
        out.append(&mut self.steps);
        Ok(Flow::Done)
    }

    fn row(&mut self, step: usize, row: &dyn Columns) -> Result<()> {
        let (stream, row) = (self.streams.contains(&step), CopiedRow::of(row));
        self.answers.push(Answer::Row { step: self.first + step, row, stream });
        Ok(())
    }

    fn key(&mut self, step: usize, run: usize, key: i64) -> Result<()> {
        self.answers.push(Answer::Key { step: self.first + step, run, key });
        Ok(())
    }

    fn count(&mut self, step: usize, run: usize, rows: u64) -> Result<()> {
        self.answers.push(Answer::Count { step: self.first + step, run, rows });
        Ok(())
    }

    fn poll_room(&mut self, cx: &mut Context<'_>) -> Poll<Room> {
        self.answers.poll_room(cx)
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any + Send> {
        self
    }
}

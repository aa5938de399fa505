//! For the drivers' tests: scripts out of given waves, and short forms of steps.

use std::{any::Any, sync::Arc};

use aludel_core::value::{Columns, Value};
use smallvec::SmallVec;

use super::{Begin, Binder, Control, Flow, Params, Run, Source, Statement, Step, Want, Work};
use crate::Result;

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

pub(super) fn step(sql: &str, params: &[Value], want: Want) -> Step {
    let params = Params::Values(params.iter().cloned().collect::<SmallVec<_>>());
    Step::Run(Run { statement: Statement::new(sql), params, want })
}

pub(super) fn many(sql: &str, sets: Vec<Vec<Value>>, want: Want) -> Step {
    let params = Params::Source(Arc::new(Many(sets)));
    Step::Run(Run { statement: Statement::new(sql), params, want })
}

pub(super) const BEGIN: Step = Step::Control(Control::Begin(Begin::IMMEDIATE));
pub(super) const COMMIT: Step = Step::Control(Control::Commit);
pub(super) const ROLLBACK: Step = Step::Control(Control::Rollback);

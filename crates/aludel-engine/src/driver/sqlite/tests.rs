//! SQLite for real: values, errors, cancellation, writers and streams.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod cancel;
mod errors;
#[cfg(feature = "rust_decimal")]
mod functions;
mod scripts;
mod stream;
mod writers;

use std::{any::Any, sync::Arc};

use aludel_core::value::{Columns, Value};
use smallvec::SmallVec;

use crate::{
    Engine, EngineOptions, Result, blocking,
    driver::{Begin, Control, Flow, Params, Run, Statement, Step, Want, Work},
};

/// A script out of given waves that keeps all answers.
#[derive(Default)]
struct Script {
    waves: std::collections::VecDeque<Vec<Step>>,
    rows: Vec<(usize, Vec<Value>)>,
    keys: Vec<(usize, usize, i64)>,
    counts: Vec<(usize, usize, u64)>,
}

impl Script {
    fn new(waves: impl IntoIterator<Item = Vec<Step>>) -> Self {
        Self { waves: waves.into_iter().collect(), ..Self::default() }
    }

    fn one(step: Step) -> Self {
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
struct Many(Vec<Vec<Value>>);

impl crate::driver::Source for Many {
    fn runs(&self) -> usize {
        self.0.len()
    }

    fn bind(&self, run: usize, out: &mut dyn crate::driver::Binder) -> Result<()> {
        self.0[run].iter().try_for_each(|it| out.bind(it.as_ref()))
    }
}

fn step(sql: &str, params: &[Value], want: Want) -> Step {
    let params = Params::Values(params.iter().cloned().collect::<SmallVec<_>>());
    Step::Run(Run { statement: Statement::new(sql), params, want })
}

fn many(sql: &str, sets: Vec<Vec<Value>>, want: Want) -> Step {
    let params = Params::Source(Arc::new(Many(sets)));
    Step::Run(Run { statement: Statement::new(sql), params, want })
}

const BEGIN: Step = Step::Control(Control::Begin(Begin::IMMEDIATE));
const COMMIT: Step = Step::Control(Control::Commit);
const ROLLBACK: Step = Step::Control(Control::Rollback);

fn memory() -> blocking::Engine {
    blocking::Engine::new("sqlite::memory:").unwrap()
}

/// A directory, and the URL of a database in it that is not there yet.
fn file() -> (tempfile::TempDir, String) {
    let directory = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", directory.path().join("test.db").display());
    (directory, url)
}

fn async_engine(url: &str) -> Engine {
    Engine::with_options(url, EngineOptions::new()).unwrap()
}

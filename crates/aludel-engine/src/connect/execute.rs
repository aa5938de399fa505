//! The scripts that execute one statement, in a transaction that it begins where there is none.

use std::{any::Any, sync::Arc};

use aludel_core::{
    compile::{Compiled, first_word},
    expr::RowBuffer,
    value::{Columns, Value},
};

use super::{
    executable::{sets, values},
    result::Row,
};
use crate::{
    Error, Result,
    driver::{
        Begin, Binder, Connection, Control, Flow, Params, Run, Source, Statement, Step, Want, Work,
        run,
    },
};

pub(super) async fn count(
    connection: &mut dyn Connection,
    compiled: Compiled,
    many: Option<Vec<Vec<Value>>>,
) -> Result<u64> {
    let Compiled { sql, params } = compiled;
    let params = match many {
        // ENG-5: several sets are for changes only.
        Some(_) if reads(&sql) => {
            return Err(Error::InvalidRequest(
                "a query can't be executed with several sets of parameters".into(),
            ));
        }
        Some(many) => Params::Source(Arc::new(Sets(sets(&params, many)?))),
        None => Params::Values(values(params)?.into()),
    };
    let done = execute(connection, sql, params, Want::Count, (), |(), _| Ok(())).await?;
    Ok(done.changed)
}

pub(super) async fn rows(connection: &mut dyn Connection, compiled: Compiled) -> Result<Vec<Row>> {
    let mut names = None;
    let collect = move |rows: &mut Vec<Row>, row: &dyn Columns| {
        rows.push(Row::copy(row, &mut names));
        Ok(())
    };
    let params = Params::Values(values(compiled.params)?.into());
    let done = execute(connection, compiled.sql, params, Want::Rows, Vec::new(), collect).await?;
    Ok(done.into)
}

pub(super) async fn fetch<R: Send + 'static>(
    connection: &mut dyn Connection,
    compiled: Compiled,
    buffer: Box<dyn RowBuffer<R>>,
) -> Result<Vec<R>> {
    let collect = |buffer: &mut Box<dyn RowBuffer<R>>, row: &dyn Columns| {
        Ok(buffer.push(row).map_err(aludel_core::Error::from)?)
    };
    let params = Params::Values(values(compiled.params)?.into());
    let done = execute(connection, compiled.sql, params, Want::Rows, buffer, collect).await?;
    let mut buffer = done.into;
    // There is no session: what needs one says so.
    buffer.settle(&mut ()).map_err(Error::Script)?;
    Ok(buffer.drain())
}

async fn execute<T, F>(
    connection: &mut dyn Connection,
    sql: Arc<str>,
    params: Params,
    want: Want,
    into: T,
    collect: F,
) -> Result<Script<T, F>>
where
    T: Send + 'static,
    F: FnMut(&mut T, &dyn Columns) -> Result<()> + Send + 'static,
{
    // What may write takes its place among the writers at once: a transaction that has read can't
    // become a writer after somebody else wrote.
    let begin = (!connection.in_transaction())
        .then(|| if reads(&sql) { Begin::DEFERRED } else { Begin::IMMEDIATE });
    let statement = if once_only(&sql) { Statement::once(sql) } else { Statement::new(sql) };
    let statement = Some(Run { statement, params, want });
    run(connection, Script { begin, statement, into, collect, changed: 0 }).await
}

fn reads(sql: &str) -> bool {
    begins_with(sql, &["SELECT", "WITH", "VALUES", "EXPLAIN", "PRAGMA"])
}

fn once_only(sql: &str) -> bool {
    begins_with(sql, &["CREATE", "DROP", "ALTER", "PRAGMA"])
}

fn begins_with(sql: &str, words: &[&str]) -> bool {
    first_word(sql).is_some_and(|it| words.iter().any(|word| it.eq_ignore_ascii_case(word)))
}

/// Several sets of parameters.
struct Sets(Vec<Vec<Value>>);

impl Source for Sets {
    fn runs(&self) -> usize {
        self.0.len()
    }

    fn bind(&self, run: usize, out: &mut dyn Binder) -> Result<()> {
        self.0[run].iter().try_for_each(|it| out.bind(it.as_ref()))
    }
}

/// One statement, behind a BEGIN maybe.
struct Script<T, F> {
    begin: Option<Begin>,
    statement: Option<Run>,
    into: T,
    collect: F,
    changed: u64,
}

impl<T, F> Work for Script<T, F>
where
    T: Send + 'static,
    F: FnMut(&mut T, &dyn Columns) -> Result<()> + Send + 'static,
{
    fn wave(&mut self, out: &mut Vec<Step>) -> Result<Flow> {
        out.extend(self.begin.take().map(|it| Step::Control(Control::Begin(it))));
        out.extend(self.statement.take().map(Step::Run));
        Ok(if out.is_empty() { Flow::Done } else { Flow::More })
    }

    fn row(&mut self, _: usize, row: &dyn Columns) -> Result<()> {
        (self.collect)(&mut self.into, row)
    }

    fn count(&mut self, _: usize, _: usize, rows: u64) -> Result<()> {
        self.changed += rows;
        Ok(())
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any + Send> {
        self
    }
}

//! Statements on their way: sent at once, answered in order.

use std::{collections::VecDeque, future::poll_fn, ops::Range, sync::Arc};

use aludel_core::value::ValueRef;
use futures_util::TryStreamExt as _;
use tokio_postgres::{Client, Error as Raw, Row, RowStream, Statement as Prepared, types::Type};
use tokio_util::sync::ReusableBoxFuture;

use super::{
    classify::classify,
    params::Encoded,
    row::{self, Form, PgRow},
};
use crate::{
    DatabaseError, Kind, Result,
    driver::{
        Work,
        network::{Stop, poll_once},
    },
    log::Watch,
};

/// What is sent before the first answer is waited for. The client's memory holds so many requests at
/// the most; answers wait in the server's.
const IN_FLIGHT: usize = 256;

/// How a statement's answer is reported.
pub(super) enum Report {
    /// Nothing but success.
    Nothing,
    /// Rows, one execution's.
    Rows { step: usize },
    /// How many rows the execution matched.
    Count { step: usize, run: usize },
    /// The key of the execution's one row.
    Key { step: usize, run: usize },
    /// The keys of many executions' rows.
    Keys { step: usize, runs: Range<usize> },
    /// The rows of many executions, each with its generated key first.
    Returned { step: usize, runs: usize },
    /// As many rows as there were executions.
    Written { runs: usize },
}

/// What is sent, as the client takes it.
pub(super) enum Request {
    /// Text alone, whose rows nobody wants.
    Text(Arc<str>),
    /// An execution of a prepared statement.
    Prepared(Prepared, Encoded),
    /// An execution of a statement that is not prepared.
    Whole(Arc<str>, Encoded),
}

/// How an answer begins.
type Answer = Result<Option<RowStream>, Raw>;

async fn ask(client: Arc<Client>, request: Request) -> Answer {
    match request {
        Request::Text(sql) => client.batch_execute(&sql).await.map(|()| None),
        Request::Prepared(statement, params) => {
            client.query_raw(&statement, params.iter()).await.map(Some)
        }
        Request::Whole(sql, params) => {
            let params = params.iter().map(|it| (it, Type::UNKNOWN));
            client.query_typed_raw(&sql, params).await.map(Some)
        }
    }
}

/// A statement that was sent.
struct Sent {
    answer: ReusableBoxFuture<'static, Answer>,
    early: Option<Answer>,
    report: Report,
    sql: Arc<str>,
    watch: Option<Watch>,
    runs: usize,
}

/// Statements that were sent and not answered yet.
#[derive(Default)]
pub(super) struct Pipeline {
    /// Oldest first.
    sent: VecDeque<Sent>,
    /// The memory of what was answered, for what comes next: the client's futures are large.
    spare: Vec<ReusableBoxFuture<'static, Answer>>,
}

/// How much of that is kept; enough, as an answer frees what the next request takes.
const SPARE: usize = 16;

impl Pipeline {
    /// Sends a statement. Where too many are on their way, the oldest is answered first.
    ///
    /// # Errors
    /// The oldest's.
    pub(super) async fn send(
        &mut self,
        client: &Arc<Client>,
        request: Request,
        report: Report,
        (sql, watch, runs): (Arc<str>, Option<Watch>, usize),
        work: &mut dyn Work,
        stop: &Stop,
    ) -> Result<()> {
        let mut answer = self.asked(Arc::clone(client), request);
        // The first poll encodes the request and puts it into the client's queue.
        let early = poll_once(&mut answer).await;
        self.sent.push_back(Sent { answer, early, report, sql, watch, runs });
        if self.sent.len() > IN_FLIGHT { self.answer(work, stop).await } else { Ok(()) }
    }

    /// The client's future. It is large, so it is made apart: what waits needn't have room for it.
    fn asked(
        &mut self,
        client: Arc<Client>,
        request: Request,
    ) -> ReusableBoxFuture<'static, Answer> {
        match self.spare.pop() {
            Some(mut spare) => {
                spare.set(ask(client, request));
                spare
            }
            None => ReusableBoxFuture::new(ask(client, request)),
        }
    }

    /// Waits for all answers, in order.
    ///
    /// # Errors
    /// The first that there is; those behind it are dropped, as the server refuses what follows.
    pub(super) async fn drain(&mut self, work: &mut dyn Work, stop: &Stop) -> Result<()> {
        while !self.sent.is_empty() {
            self.answer(work, stop).await?;
        }
        Ok(())
    }

    /// Reads the answers that nobody wants any more; whether the server refused one of them.
    pub(super) async fn settle(&mut self, stop: &Stop) -> bool {
        let mut refused = false;
        while let Some(Sent { mut answer, early, .. }) = self.sent.pop_front() {
            // Whoever cancelled rolls back, whatever the answers are.
            if stop.is_cancelled() {
                self.sent.clear();
                break;
            }
            let begun = match early {
                Some(begun) => begun,
                None => poll_fn(|cx| answer.poll(cx)).await,
            };
            refused |= match begun {
                Ok(Some(stream)) => rest(stream).await.is_err(),
                Ok(None) => false,
                Err(_) => true,
            };
        }
        refused
    }

    async fn answer(&mut self, work: &mut dyn Work, stop: &Stop) -> Result<()> {
        let Some(Sent { mut answer, early, report, sql, watch, runs }) = self.sent.pop_front()
        else {
            return Ok(());
        };
        let refused = |error| classify(error, Some(&sql));
        let begun = match early {
            Some(begun) => begun,
            None => poll_fn(|cx| answer.poll(cx)).await,
        };
        if self.spare.len() < SPARE {
            self.spare.push(answer);
        }
        let rows = match begun.map_err(refused)? {
            Some(stream) => read(stream, report, &sql, work, stop).await?,
            None => 0,
        };
        if let Some(watch) = watch {
            watch.done(&sql, runs, rows);
        }
        Ok(())
    }
}

/// Reads what is left of an answer.
pub(super) async fn rest(stream: RowStream) -> Result<(), Raw> {
    let mut stream = std::pin::pin!(stream);
    while stream.try_next().await?.is_some() {}
    Ok(())
}

/// Reads an answer to its end.
async fn read(
    stream: RowStream,
    report: Report,
    sql: &Arc<str>,
    work: &mut dyn Work,
    stop: &Stop,
) -> Result<u64> {
    let refused = |error| classify(error, Some(sql));
    let mut stream = std::pin::pin!(stream);
    let (mut total, mut form) = (0, Form::default());
    let mut rows: Vec<Row> = Vec::new();
    let mut keys: Vec<i64> = Vec::new();
    // What the program refuses waits for the end: the server may refuse something behind it.
    let mut failed = None;
    while let Some(row) = stream.try_next().await.map_err(refused)? {
        stop.check()?;
        total += 1;
        match &report {
            _ if failed.is_some() => {}
            Report::Rows { step } => failed = work.row(*step, &PgRow::new(row, &mut form)).err(),
            Report::Key { .. } | Report::Keys { .. } => keys.push(key_of(&row, sql)?),
            Report::Returned { .. } => rows.push(row),
            Report::Nothing | Report::Count { .. } | Report::Written { .. } => {}
        }
    }
    if let Some(error) = failed {
        return Err(error);
    }
    let affected = stream.rows_affected().unwrap_or(total);
    match report {
        Report::Nothing | Report::Rows { .. } => {}
        Report::Count { step, run } => work.count(step, run, affected)?,
        Report::Key { step, run } => {
            complete(keys.len(), 1, sql)?;
            work.key(step, run, keys[0])?;
        }
        Report::Keys { step, runs } => {
            complete(keys.len(), runs.len(), sql)?;
            // Keys are drawn in the order of the rows, but nothing says that they come back so.
            keys.sort_unstable();
            work.keys(step, runs.start, &keys)?;
        }
        Report::Returned { step, runs } => {
            complete(rows.len(), runs, sql)?;
            let mut keyed = Vec::with_capacity(rows.len());
            for row in rows {
                keyed.push((key_of(&row, sql)?, row));
            }
            keyed.sort_by_key(|it| it.0);
            for (_, row) in keyed {
                work.row(step, &PgRow::new(row, &mut form))?;
            }
        }
        Report::Written { runs } => complete(affected as usize, runs, sql)?,
    }
    Ok(affected)
}

fn key_of(row: &Row, sql: &Arc<str>) -> Result<i64> {
    match row::value(row, 0) {
        ValueRef::Int(key) => Ok(key),
        other => Err(unexpected(format!("a generated key is {other}, which is no integer"), sql)),
    }
}

/// Fewer rows than were sent: something in the database dropped or moved some.
fn complete(rows: usize, expected: usize, sql: &Arc<str>) -> Result<()> {
    if rows == expected {
        return Ok(());
    }
    Err(unexpected(
        format!(
            "{expected} rows were inserted, but {rows} came back: a trigger or a rule of the table \
             drops or moves rows, so that keys can't be told apart"
        ),
        sql,
    ))
}

#[cold]
fn unexpected(message: String, sql: &Arc<str>) -> crate::Error {
    let mut error = DatabaseError::new(Kind::Other, message);
    error.sql = Some(Arc::clone(sql));
    error.into()
}

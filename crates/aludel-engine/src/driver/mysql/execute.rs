//! Executing statements: the hot loop.

use std::time::Duration;

use futures_util::StreamExt;
use mysql_async::{
    Conn, Params as RawParams, QueryResult, Row, Statement as Prepared,
    prelude::{Protocol, Queryable},
};

use super::{
    classify::{classify, code_of, explain},
    client::MySqlClient,
    value::{Shown, Values, mismatch},
    waiting::Waiting,
};
use crate::{
    DatabaseError, Error, Integrity, Kind, Result,
    driver::{
        Params, Room, Run, Want, Work,
        network::{Boxed, Client, Stop},
    },
};
use aludel_core::value::{Columns, ValueRef};

/// `ER_UNSUPPORTED_PS`: a statement that can't be prepared.
const NOT_TO_BE_PREPARED: u16 = 1295;

/// How long telling the server to leave off may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// What answering an execution needs.
pub(super) struct Answer<'w> {
    pub(super) number: usize,
    pub(super) want: Want,
    pub(super) work: &'w mut dyn Work,
    pub(super) stop: &'w Stop,
    /// Interrupts the server.
    kill: Option<Boxed<()>>,
    /// Rows of a stream that were read because statements are to go before them.
    waiting: Waiting,
}

impl MySqlClient {
    pub(super) async fn run(
        &mut self,
        number: usize,
        run: &Run,
        work: &mut dyn Work,
        stop: &Stop,
    ) -> Result<()> {
        self.transaction.check()?;
        let sql = &run.statement.sql;
        let watch = self.log.step(sql, Some(&run.params));
        let kill = (run.want == Want::Stream).then(|| self.interrupter()());
        let mut answer =
            Answer { number, want: run.want, work, stop, kill, waiting: Waiting::default() };
        let ran = match self.runs(run, &mut answer).await {
            Ok(rows) => self.end_alone(true).await.map(|()| rows),
            Err(error) => {
                self.notice(&error);
                // The statement's error counts.
                let _ = self.end_alone(false).await;
                Err(self.locate(explain(error, sql)).await)
            }
        };
        let waiting = answer.waiting;
        watch.done(sql, run.params.runs(), ran?);
        self.go_on(waiting, number, work, stop).await
    }

    /// Adds the columns of a unique constraint, which the message names only by its index.
    #[cold]
    async fn locate(&mut self, mut error: Error) -> Error {
        if let Error::Database(error) = &mut error
            && error.kind == Kind::Integrity(Integrity::Unique)
            && let (Some(table), Some(index)) = (&error.table, &error.constraint)
            && let Ok(conn) = self.conn()
        {
            let asked = "SELECT column_name FROM information_schema.statistics \
                         WHERE table_schema = DATABASE() AND table_name = ? AND index_name = ? \
                         ORDER BY seq_in_index";
            let rows = conn.exec::<Row, _, _>(asked, (table, index)).await.unwrap_or_default();
            for row in rows {
                if let ValueRef::Text(column) = Shown::default().row(&row).get(0) {
                    error.columns.push(column.to_owned());
                }
            }
            // It began a transaction where there was none.
            let _ = self.end_alone(true).await;
        }
        error
    }

    /// Shows rows of a stream that were read at once, and does what is to go between them.
    async fn go_on(
        &mut self,
        mut waiting: Waiting,
        number: usize,
        work: &mut dyn Work,
        stop: &Stop,
    ) -> Result<()> {
        let (columns, mut shown, mut row) = (waiting.columns(), Shown::default(), Vec::new());
        while waiting.pop(&mut row) {
            loop {
                match stop.room(work).await {
                    Room::Row => break,
                    Room::Nothing => return stop.check(),
                    Room::Wave => Box::pin(self.waves(work, &mut Vec::new(), stop)).await?,
                }
            }
            work.row(number, &shown.show(&row, &columns))?;
        }
        Ok(())
    }

    async fn runs(&mut self, run: &Run, answer: &mut Answer<'_>) -> Result<u64> {
        let runs = run.params.runs();
        if let Some(bulk) = &run.statement.bulk
            && runs > 1
            && matches!(run.want, Want::Nothing | Want::Keys | Want::Rows)
        {
            return self.bulk(bulk, &run.params, answer).await;
        }
        let bare = matches!(&run.params, Params::Values(values) if values.is_empty());
        if bare && !run.statement.cache {
            return self.plain(&run.statement.sql, answer).await;
        }
        match self.prepared(run, runs, answer).await {
            Err(error) if bare && code_of(&error) == Some(NOT_TO_BE_PREPARED) => {
                self.plain(&run.statement.sql, answer).await
            }
            result => result,
        }
    }

    /// Executes a text as it is.
    async fn plain(&mut self, sql: &str, answer: &mut Answer<'_>) -> Result<u64> {
        let result = self.conn()?.query_iter(sql).await.map_err(classify)?;
        answer.take(result, 0).await
    }

    async fn prepared(&mut self, run: &Run, runs: usize, answer: &mut Answer<'_>) -> Result<u64> {
        let keep = self.keep && run.statement.cache;
        let limit = self.server.max_packet;
        let conn = self.conn()?;
        let statement = conn.prep(&*run.statement.sql).await.map_err(classify)?;
        let done = executions(conn, &statement, &run.params, 0..runs, limit, answer).await;
        if !keep && !conn.is_disconnected() {
            // Where that fails, the next statement does, too.
            let _ = conn.close(statement).await;
        }
        done
    }
}

/// Executes a statement for some of a step's runs.
pub(super) async fn executions(
    conn: &mut Conn,
    statement: &Prepared,
    params: &Params,
    runs: std::ops::Range<usize>,
    limit: usize,
    answer: &mut Answer<'_>,
) -> Result<u64> {
    let mut total = 0;
    for i in runs {
        answer.stop.check()?;
        let mut values = Values::default();
        params.bind(i, &mut values)?;
        total += {
            let result = execute(conn, statement, values, limit).await?;
            answer.take(result, i).await?
        };
    }
    Ok(total)
}

/// Executes a statement once.
pub(super) async fn execute<'c>(
    conn: &'c mut Conn,
    statement: &Prepared,
    values: Values,
    limit: usize,
) -> Result<QueryResult<'c, 'static, mysql_async::BinaryProtocol>> {
    // The client would close the connection because of either.
    let expected = usize::from(statement.num_params());
    if values.list.len() != expected {
        return Err(mismatch(values.list.len(), expected));
    }
    if values.bytes >= limit {
        return Err(too_long(values.bytes, limit));
    }
    let params = if expected == 0 { RawParams::Empty } else { RawParams::Positional(values.list) };
    conn.exec_iter(statement, params).await.map_err(classify)
}

#[cold]
fn too_long(bytes: usize, limit: usize) -> Error {
    let message = format!(
        "the values have {bytes} bytes, but the server takes {limit} at once: make its \
         `max_allowed_packet` larger"
    );
    DatabaseError::new(Kind::Other, message).into()
}

impl Answer<'_> {
    /// Takes an execution's answer in; tells how many rows there were.
    async fn take<P: Protocol + Unpin>(
        &mut self,
        mut result: QueryResult<'_, 'static, P>,
        run: usize,
    ) -> Result<u64> {
        match self.want {
            Want::Rows => self.rows(result).await,
            Want::Stream => self.stream(result).await,
            Want::Keys => {
                let mut keys = Vec::new();
                result.for_each(|row| keys.push(key_of(&row))).await.map_err(classify)?;
                let last = result.last_insert_id();
                result.drop_result().await.map_err(classify)?;
                let key = match &keys[..] {
                    [] => last.and_then(|it| i64::try_from(it).ok()),
                    [key] => *key,
                    _ => None,
                };
                let key = key.ok_or_else(no_key)?;
                self.work.key(self.number, run, key)?;
                Ok(1)
            }
            Want::Count => {
                let rows = result.affected_rows();
                result.drop_result().await.map_err(classify)?;
                self.work.count(self.number, run, rows)?;
                Ok(rows)
            }
            Want::Nothing => {
                result.drop_result().await.map_err(classify)?;
                Ok(0)
            }
        }
    }

    async fn rows<P: Protocol + Unpin>(
        &mut self,
        mut result: QueryResult<'_, 'static, P>,
    ) -> Result<u64> {
        let Self { number, work, stop, .. } = self;
        let (mut shown, mut total, mut failed) = (Shown::default(), 0, None);
        let show = |row: Row| {
            if failed.is_none() && !stop.is_cancelled() {
                total += 1;
                failed = work.row(*number, &shown.row(&row)).err();
            }
        };
        result.for_each(show).await.map_err(classify)?;
        result.drop_result().await.map_err(classify)?;
        stop.check()?;
        failed.map_or(Ok(total), Err)
    }

    /// As [`Self::rows`], but waits between rows while nobody takes them.
    async fn stream<P: Protocol + Unpin>(
        &mut self,
        mut result: QueryResult<'_, 'static, P>,
    ) -> Result<u64> {
        let (mut shown, mut total, mut failed) = (Shown::default(), 0, None);
        let mut ended = true;
        if let Some(mut rows) = result.stream::<Row>().await.map_err(classify)? {
            loop {
                let room = self.stop.room(self.work).await;
                if room == Room::Nothing {
                    ended = false;
                    break;
                }
                let Some(row) = rows.next().await else { break };
                let row = row.map_err(classify)?;
                total += 1;
                // The protocol has no other statement while a result is open.
                if room == Room::Wave {
                    self.waiting.push(&row);
                    continue;
                }
                if let Err(error) = self.work.row(self.number, &shown.row(&row)) {
                    (ended, failed) = (false, Some(error));
                    break;
                }
            }
        }
        if ended {
            result.drop_result().await.map_err(classify)?;
            return Ok(total);
        }
        // The rest may be long: the server is to leave off. What it has sent already must be read,
        // and if it can't be told to, all of it.
        if let Some(kill) = self.kill.take() {
            let _ = tokio::time::timeout(PATIENCE, kill).await;
        }
        match result.drop_result().await.map_err(classify) {
            Err(error) if error.kind() != Some(Kind::Interrupted) => return Err(error),
            _ => {}
        }
        self.stop.check()?;
        failed.map_or(Ok(total), Err)
    }
}

/// The key that a row of RETURNING begins with.
pub(super) fn key_of(row: &Row) -> Option<i64> {
    match Shown::default().row(row).get(0) {
        ValueRef::Int(it) => Some(it),
        _ => None,
    }
}

#[cold]
pub(super) fn no_key() -> Error {
    let message = "the database generated no key: the table's has to be AUTO_INCREMENT, and a single \
                   row has to be inserted";
    DatabaseError::new(Kind::Other, message).into()
}

//! [`PgClient`]: runs scripts on one connection.

use std::sync::Arc;

use futures_util::{TryStreamExt as _, future::join};
use tokio::task::JoinHandle;
use tokio_postgres::{CancelToken, Client as Raw, Row, types::Type};

use super::{
    classify::classify,
    params::{Param, ParamsBinder},
    pipeline::{Pipeline, Report, Request, rest},
    row::{Form, PgRow},
    statements::Statements,
    tls::Tls,
};
use crate::{
    Error, Kind, Result,
    driver::{
        ConnectOptions, Control, Flow, Isolation, Params, Room, Run, Step, Want, Work,
        network::{Boxed, Client, Stop},
    },
    log::StatementLog,
};

/// How many rows of a cursor are read at once, if nobody wants fewer.
const FETCH: usize = 1_000;

/// A connection to PostgreSQL.
pub(super) struct PgClient {
    pub(super) raw: Arc<Raw>,
    /// Moves the bytes; ends with the connection.
    connection: JoinHandle<()>,
    interrupter: Arc<dyn Fn() -> Boxed<()> + Send + Sync>,
    pub(super) statements: Statements,
    log: StatementLog,
    in_transaction: bool,
    /// Whether a statement of the open transaction failed, so that it can only be rolled back.
    failed: bool,
    /// Whether a COMMIT was sent whose answer hasn't come.
    committing: bool,
    usable: bool,
    /// Reused.
    steps: Vec<Step>,
    line: Pipeline,
    cursors: u32,
    /// How isolated transactions are that don't say so, where BEGIN has to say it.
    isolation: Option<Isolation>,
}

impl PgClient {
    pub(super) fn new(
        raw: Raw,
        connection: JoinHandle<()>,
        tls: Tls,
        options: &ConnectOptions,
    ) -> Self {
        Self {
            interrupter: interrupter(raw.cancel_token(), tls),
            raw: Arc::new(raw),
            connection,
            statements: Statements::new(match options.prepared_statements {
                true => options.statement_cache.max(1),
                false => 0,
            }),
            log: options.log.clone(),
            in_transaction: false,
            failed: false,
            committing: false,
            usable: true,
            steps: Vec::new(),
            line: Pipeline::default(),
            cursors: 0,
            isolation: options.isolation.filter(|_| !options.prepared_statements),
        }
    }

    async fn waves(
        &mut self,
        work: &mut dyn Work,
        stop: &Stop,
        steps: &mut Vec<Step>,
        line: &mut Pipeline,
    ) -> Result<()> {
        loop {
            steps.clear();
            let flow = work.wave(steps)?;
            if !steps.is_empty() {
                stop.check()?;
                self.wave(steps, line, work, stop).await?;
            }
            if flow == Flow::Done {
                return Ok(());
            }
        }
    }

    /// Sends what belongs together, and reads the answers.
    async fn wave(
        &mut self,
        steps: &[Step],
        line: &mut Pipeline,
        work: &mut dyn Work,
        stop: &Stop,
    ) -> Result<()> {
        let mut first = 0;
        if !self.statements.has_all(steps) {
            // What begins a transaction goes along with what is prepared for the rest.
            let raw = Arc::clone(&self.raw);
            let leading = steps.iter().take_while(|it| matches!(it, Step::Control(_)));
            for step in leading {
                if let Step::Control(control) = step {
                    self.control(control, line, work, stop).await?;
                    first += 1;
                }
            }
            let prepared = Box::pin(self.statements.prepare(&raw, steps));
            let (begun, prepared) = join(line.drain(work, stop), prepared).await;
            begun?;
            prepared?;
        }
        for (number, step) in steps.iter().enumerate().skip(first) {
            stop.check()?;
            match step {
                Step::Control(control) => self.control(control, line, work, stop).await?,
                Step::Run(run) => self.run(number, run, line, work, stop).await?,
            }
        }
        line.drain(work, stop).await
    }

    async fn run(
        &mut self,
        number: usize,
        run: &Run,
        line: &mut Pipeline,
        work: &mut dyn Work,
        stop: &Stop,
    ) -> Result<()> {
        let runs = run.params.runs();
        if run.want == Want::Stream {
            line.drain(work, stop).await?;
            return Box::pin(self.stream(number, run, line, work, stop)).await;
        }
        let mut watch = Some(self.log.step(&run.statement.sql, Some(&run.params)));
        if let Params::Source(source) = &run.params
            && let Some(many) = self.statements.many(&run.statement, runs)
        {
            for start in (0..runs).step_by(many.rows()) {
                stop.check()?;
                let end = runs.min(start + many.rows());
                let report = match run.want {
                    Want::Keys => Report::Keys { step: number, runs: start..end },
                    Want::Rows => Report::Returned { step: number, runs: end - start },
                    _ => Report::Written { runs: end - start },
                };
                let request = many.form(&**source, start..end)?;
                let sql = Arc::clone(&run.statement.sql);
                line.send(&self.raw, request, report, (sql, watch.take(), runs), work, stop)
                    .await?;
            }
            return Ok(());
        }
        let statement = self.statements.get(&run.statement);
        for index in 0..runs {
            stop.check()?;
            let mut binder = ParamsBinder::new(statement.as_ref().map_or(&[], |it| it.params()));
            run.params.bind(index, &mut binder)?;
            let params = binder.finish();
            let report = match run.want {
                Want::Keys => Report::Key { step: number, run: index },
                Want::Rows => Report::Rows { step: number },
                Want::Count => Report::Count { step: number, run: index },
                _ => Report::Nothing,
            };
            let sql = Arc::clone(&run.statement.sql);
            let request = match &statement {
                Some(statement) => Request::Prepared(statement.clone(), params),
                None => Request::Whole(Arc::clone(&sql), params),
            };
            line.send(&self.raw, request, report, (sql, watch.take(), runs), work, stop).await?;
        }
        Ok(())
    }

    /// Reads rows as fast as they are taken, by a cursor: whoever stops taking ends it at once, and
    /// the transaction stays open.
    async fn stream(
        &mut self,
        number: usize,
        run: &Run,
        line: &mut Pipeline,
        work: &mut dyn Work,
        stop: &Stop,
    ) -> Result<()> {
        let at_once = work.at_once().clamp(1, FETCH);
        let watch = self.log.step(&run.statement.sql, Some(&run.params));
        self.cursors += 1;
        let name = format!("aludel_{}", self.cursors);
        let declare: Arc<str> =
            format!("DECLARE {name} NO SCROLL CURSOR FOR {}", run.statement.sql).into();
        let fetch: Arc<str> = format!("FETCH FORWARD {at_once} FROM {name}").into();
        let mut binder = ParamsBinder::new(&[]);
        run.params.bind(0, &mut binder)?;
        let refused = |error| classify(error, Some(&run.statement.sql));
        let encoded = binder.finish();
        let params = encoded.iter().map(|it| (it, Type::UNKNOWN));
        let raw = Arc::clone(&self.raw);
        let declared = raw.query_typed_raw(&declare, params).await.map_err(refused)?;
        rest(declared).await.map_err(refused)?;
        let mut total = 0;
        let mut form = Form::default();
        // Before it is asked for, what came before is dealt with.
        'all: while self.room(line, work, stop).await? {
            let rows = raw.query_typed_raw(&fetch, std::iter::empty::<(Param<'_>, Type)>());
            // Nothing else is answered before all of them are read.
            let rows: Vec<Row> =
                rows.await.map_err(refused)?.try_collect().await.map_err(refused)?;
            let count = rows.len();
            total += count as u64;
            for row in rows {
                if !self.room(line, work, stop).await? {
                    break 'all;
                }
                work.row(number, &PgRow::new(row, &mut form))?;
            }
            if count < at_once {
                break;
            }
        }
        raw.batch_execute(&format!("CLOSE {name}")).await.map_err(refused)?;
        watch.done(&run.statement.sql, 1, total);
        stop.check()
    }

    /// Waits until a row is wanted, and does what is to go before it; whether one is.
    async fn room(
        &mut self,
        line: &mut Pipeline,
        work: &mut dyn Work,
        stop: &Stop,
    ) -> Result<bool> {
        loop {
            match stop.room(work).await {
                Room::Row => return Ok(true),
                Room::Nothing => return Ok(false),
                Room::Wave => Box::pin(self.waves(work, stop, &mut Vec::new(), line)).await?,
            }
        }
    }

    async fn control(
        &mut self,
        control: &Control,
        line: &mut Pipeline,
        work: &mut dyn Work,
        stop: &Stop,
    ) -> Result<()> {
        let sql = super::control::spell(control, self.isolation);
        match control {
            // The server would answer with success, and roll back.
            Control::Commit | Control::Prepare(_) if self.failed => {
                return Err(Error::InvalidRequest(
                    "a statement of the transaction failed, after which PostgreSQL can only roll it \
                     back: call `rollback`, or begin a savepoint before what may fail"
                        .into(),
                ));
            }
            Control::Begin(_) | Control::BeginTwoPhase(_) => self.in_transaction = true,
            Control::RollbackTo(_) => self.failed = false,
            Control::Commit | Control::Rollback | Control::Prepare(_) => {
                self.committing = *control == Control::Commit;
                self.in_transaction = false;
                self.failed = false;
            }
            _ => {}
        }
        let watch = self.log.step(&sql, None);
        let sql: Arc<str> = sql.into();
        let request = Request::Text(Arc::clone(&sql));
        let about = (sql, Some(watch), 1);
        line.send(&self.raw, request, Report::Nothing, about, work, stop).await?;
        // If a BEGIN that asks for something were refused, what rides behind it would be on its own.
        if matches!(control, Control::Begin(begin) if !begin.is_plain()) {
            let begun = line.drain(work, stop).await;
            if begun.is_err() {
                self.in_transaction = false;
            }
            begun?;
        }
        Ok(())
    }
}

impl Client for PgClient {
    async fn advance(&mut self, work: &mut dyn Work, stop: &Stop) -> Result<()> {
        let mut steps = std::mem::take(&mut self.steps);
        self.committing = false;
        let mut line = std::mem::take(&mut self.line);
        let result = self.waves(work, stop, &mut steps, &mut line).await;
        steps.clear();
        // What the program refused by itself, such as a value of another type, is nothing to the server;
        // but what was sent behind it may have failed.
        let refused = match &result {
            Ok(()) => false,
            Err(error) => line.settle(stop).await || error.database().is_some(),
        };
        (self.steps, self.line) = (steps, line);
        let mut error = match result {
            Ok(()) => return Ok(()),
            Err(error) => error,
        };
        self.failed = self.in_transaction && (self.failed || refused);
        if error.database().is_some_and(|it| it.message.contains("cached plan")) {
            // The schema has changed under what is prepared.
            self.statements.clear();
        }
        let kind = error.kind();
        if kind == Some(Kind::ConnectionLost) || self.raw.is_closed() {
            self.usable = false;
            self.in_transaction = false;
        }
        if let Error::Database(error) = &mut error
            && error.kind == Kind::ConnectionLost
            && self.committing
        {
            error.message.push_str("; whether the COMMIT went through is not known");
        }
        let interrupted = stop.is_cancelled() && kind == Some(Kind::Interrupted);
        Err(if interrupted { Error::Cancelled } else { error })
    }

    async fn roll_back(&mut self) -> Result<()> {
        self.in_transaction = false;
        self.failed = false;
        let rolled_back = self.raw.batch_execute("ROLLBACK").await;
        if rolled_back.is_err() {
            self.usable = false;
        }
        rolled_back.map_err(|error| classify(error, None))
    }

    fn interrupter(&self) -> Arc<dyn Fn() -> Boxed<()> + Send + Sync> {
        Arc::clone(&self.interrupter)
    }

    fn close(&mut self) {
        self.usable = false;
        self.in_transaction = false;
        self.connection.abort();
    }

    async fn abandon(&mut self) {
        // The server, which was asked to interrupt it, rolls back when it sees the socket closed.
        self.close();
    }

    fn in_transaction(&self) -> bool {
        self.in_transaction
    }

    fn is_failed(&self) -> bool {
        self.failed
    }

    fn is_usable(&self) -> bool {
        self.usable && !self.raw.is_closed()
    }
}

fn interrupter(cancel: CancelToken, tls: Tls) -> Arc<dyn Fn() -> Boxed<()> + Send + Sync> {
    Arc::new(move || {
        let (cancel, tls) = (cancel.clone(), tls.clone());
        // If the server can't be reached, the unit's own connection will notice.
        Box::pin(async move { drop(cancel.cancel_query(tls).await) })
    })
}

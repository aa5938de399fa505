//! [`MySqlClient`]: a connection, and the scripts that run on it.

use std::{
    sync::Arc,
    task::{Context, Waker},
    time::Duration,
};

use mysql_async::{Conn, Opts, OptsBuilder, prelude::Queryable};

use super::control::Transaction;
use crate::{
    Error, Kind, Result,
    driver::{
        ConnectOptions, Flow, Step, Work,
        network::{Boxed, Client, Stop, lost},
    },
    log::StatementLog,
};

/// How long the server may take to end a connection that is given up.
const FAREWELL: Duration = Duration::from_secs(5);

/// What is known of a server.
#[derive(Clone, Copy, Debug)]
pub(super) struct Server {
    pub(super) mariadb: bool,
    pub(super) version: (u16, u16, u16),
    /// How many bytes it takes at once.
    pub(super) max_packet: usize,
    /// Whether waiting too long for a lock ends the transaction.
    pub(super) rolls_back_on_timeout: bool,
}

/// A connection.
pub(super) struct MySqlClient {
    /// `None` once it must not be used any more.
    conn: Option<Conn>,
    /// For a second connection to the same server.
    aside: Opts,
    id: u32,
    pub(super) server: Server,
    pub(super) log: StatementLog,
    /// Whether statements may stay prepared.
    pub(super) keep: bool,
    pub(super) transaction: Transaction,
    /// By how much generated keys grow; asked for once a unit.
    pub(super) increment: Option<i64>,
    /// Reused.
    steps: Vec<Step>,
}

impl MySqlClient {
    pub(super) fn new(conn: Conn, opts: Opts, server: Server, options: &ConnectOptions) -> Self {
        // Spares it the questions that the client asks of each new connection.
        let aside = OptsBuilder::from_opts(opts)
            .max_allowed_packet(Some(server.max_packet))
            .wait_timeout(Some(60))
            .stmt_cache_size(0);
        Self {
            id: conn.id(),
            conn: Some(conn),
            aside: aside.into(),
            server,
            log: options.log.clone(),
            keep: options.prepared_statements && options.statement_cache > 0,
            transaction: Transaction::default(),
            increment: None,
            steps: Vec::new(),
        }
    }

    /// The client's connection.
    ///
    /// # Errors
    /// It is gone.
    pub(super) fn conn(&mut self) -> Result<&mut Conn> {
        match &mut self.conn {
            Some(conn) if !conn.is_disconnected() => Ok(conn),
            _ => Err(lost("it was closed")),
        }
    }

    pub(super) fn is_connected(&self) -> bool {
        self.conn.as_ref().is_some_and(|it| !it.is_disconnected())
    }

    /// Draws the conclusions from an error of the server's.
    pub(super) fn notice(&mut self, error: &Error) {
        match error.kind() {
            Some(Kind::ConnectionLost) => self.close(),
            Some(kind) if self.ends_transaction(error, kind) => self.transaction.doom(kind),
            _ => {}
        }
    }

    pub(super) async fn waves(
        &mut self,
        work: &mut dyn Work,
        steps: &mut Vec<Step>,
        stop: &Stop,
    ) -> Result<()> {
        loop {
            steps.clear();
            let flow = work.wave(steps)?;
            for (number, step) in steps.iter().enumerate() {
                stop.check()?;
                match step {
                    Step::Control(control) => self.control(control).await?,
                    Step::Run(run) => self.run(number, run, work, stop).await?,
                }
            }
            if flow == Flow::Done {
                return Ok(());
            }
        }
    }
}

/// Interrupts what a connection does. Whoever asks looks at what comes of it, not at how it was received.
async fn interrupt(opts: Opts, id: u32) {
    if let Ok(mut conn) = Conn::new(opts).await {
        let _ = conn.query_drop(format!("KILL QUERY {id}")).await;
        let _ = conn.disconnect().await;
    }
}

/// Ends a connection from another, and waits until the server has undone what it was in.
async fn kill(opts: Opts, id: u32) -> mysql_async::Result<()> {
    let mut conn = Conn::new(opts).await?;
    // Fails if it has ended by itself.
    let _ = conn.query_drop(format!("KILL CONNECTION {id}")).await;
    // It leaves the list after its rollback.
    let there = format!("SELECT 1 FROM information_schema.processlist WHERE id = {id}");
    while conn.query_first::<u8, _>(there.as_str()).await?.is_some() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    conn.disconnect().await
}

impl Client for MySqlClient {
    async fn advance(&mut self, work: &mut dyn Work, stop: &Stop) -> Result<()> {
        self.increment = None;
        let mut steps = std::mem::take(&mut self.steps);
        let result = self.waves(work, &mut steps, stop).await;
        steps.clear();
        self.steps = steps;
        match result {
            Err(error) if stop.is_cancelled() && error.kind() == Some(Kind::Interrupted) => {
                Err(Error::Cancelled)
            }
            result => result,
        }
    }

    async fn roll_back(&mut self) -> Result<()> {
        // An interrupt that was meant for the unit can hit the rollback.
        for _ in 0..3 {
            match self.end_undone().await {
                Err(error) if error.kind() == Some(Kind::Interrupted) => {}
                Err(error) => {
                    self.close();
                    return Err(error);
                }
                Ok(()) => return Ok(()),
            }
        }
        self.close();
        Err(lost("its transaction could not be rolled back"))
    }

    fn interrupter(&self) -> Arc<dyn Fn() -> Boxed<()> + Send + Sync> {
        let (opts, id) = (self.aside.clone(), self.id);
        Arc::new(move || Box::pin(interrupt(opts.clone(), id)))
    }

    fn close(&mut self) {
        // As far as that can be done without waiting: a server that isn't told complains in its log.
        if let Some(conn) = self.conn.take() {
            let mut leaving = std::pin::pin!(conn.disconnect());
            let _ = leaving.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        }
        self.transaction = Transaction::default();
    }

    async fn abandon(&mut self) {
        self.close();
        // The server goes on with what it does, and keeps its locks, until somebody tells it.
        let _ = tokio::time::timeout(FAREWELL, kill(self.aside.clone(), self.id)).await;
    }

    fn in_transaction(&self) -> bool {
        self.transaction.is_open()
    }

    fn is_usable(&self) -> bool {
        self.is_connected()
    }
}

impl Drop for MySqlClient {
    fn drop(&mut self) {
        self.close();
    }
}

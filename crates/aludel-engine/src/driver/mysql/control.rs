//! Transaction control.

use std::sync::Arc;

use mysql_async::prelude::Queryable;

use super::{
    classify::{classify, code_of},
    client::MySqlClient,
};
use crate::{
    DatabaseError, Error, Kind, Result,
    driver::{Begin, Control, network::Client as _},
};

/// What is known of the transaction.
#[derive(Debug, Default)]
pub(super) struct Transaction {
    phase: Phase,
    /// Its name, if it is one in two phases.
    xid: Option<Arc<str>>,
    /// The server has rolled it back, and the program doesn't know yet.
    doomed: Option<Kind>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Phase {
    #[default]
    None,
    Open,
    /// Prepared, and bound to this connection (MariaDB).
    Prepared,
}

impl Transaction {
    pub(super) fn is_open(&self) -> bool {
        self.phase != Phase::None
    }

    pub(super) fn doom(&mut self, kind: Kind) {
        if self.phase == Phase::Open {
            self.doomed = Some(kind);
        }
    }

    /// Whether statements may run in it, or without it.
    ///
    /// # Errors
    /// It isn't there any more, or it is closed to all but its end.
    pub(super) fn check(&self) -> Result<()> {
        if let Some(kind) = self.doomed {
            return Err(gone(kind));
        }
        if self.phase == Phase::Prepared {
            return Err(Error::InvalidRequest(
                "the connection's transaction is prepared: commit it or roll it back first".into(),
            ));
        }
        Ok(())
    }
}

/// The server would let a COMMIT of nothing pass.
#[cold]
fn gone(kind: Kind) -> Error {
    let message = "the server has rolled this transaction back because of an earlier error: roll it \
                   back, and run it again";
    DatabaseError::new(kind, message).into()
}

#[cold]
fn unsupported(dialect: &'static str, what: &str) -> Error {
    aludel_core::Error::Unsupported { dialect, what: what.into() }.into()
}

impl MySqlClient {
    pub(super) async fn control(&mut self, control: &Control) -> Result<()> {
        match control {
            Control::Begin(begin) => self.begin(*begin).await,
            Control::Commit => self.commit().await,
            Control::Rollback => self.end_undone().await,
            Control::Savepoint(n) => self.within(&[&format!("SAVEPOINT aludel_{n}")]).await,
            Control::Release(n) => self.within(&[&format!("RELEASE SAVEPOINT aludel_{n}")]).await,
            Control::RollbackTo(n) => {
                let undo = format!("ROLLBACK TO SAVEPOINT aludel_{n}");
                self.within(&[&undo, &format!("RELEASE SAVEPOINT aludel_{n}")]).await
            }
            Control::BeginTwoPhase(name) => {
                self.transaction.check()?;
                self.send(&[&format!("XA START {}", quoted(name)?)]).await?;
                self.open(Some(Arc::clone(name)));
                Ok(())
            }
            Control::Prepare(name) => self.prepare(name).await,
            Control::CommitPrepared(name) => self.end_prepared("COMMIT", name).await,
            Control::RollbackPrepared(name) => self.end_prepared("ROLLBACK", name).await,
        }
    }

    fn open(&mut self, xid: Option<Arc<str>>) {
        self.transaction = Transaction { phase: Phase::Open, xid, doomed: None };
    }

    async fn begin(&mut self, begin: Begin) -> Result<()> {
        self.transaction.check()?;
        if begin.deferrable {
            let dialect = if self.server.mariadb { "mariadb" } else { "mysql" };
            return Err(unsupported(dialect, "transactions that are deferrable"));
        }
        let mut traits = Vec::new();
        traits.extend(begin.isolation.map(|it| format!("ISOLATION LEVEL {it}")));
        traits.extend(begin.read_only.then(|| "READ ONLY".to_owned()));
        if !traits.is_empty() {
            self.send(&[&format!("SET TRANSACTION {}", traits.join(", "))]).await?;
        }
        // The server begins by itself at the next statement.
        self.log.step("BEGIN (implicit)", None).done("BEGIN (implicit)", 1, 0);
        self.open(None);
        Ok(())
    }

    async fn commit(&mut self) -> Result<()> {
        if let Some(kind) = self.transaction.doomed {
            return Err(gone(kind));
        }
        self.transaction.check()?;
        let committed = match &self.transaction.xid {
            None => self.send(&["COMMIT"]).await,
            Some(name) => {
                let name = quoted(name)?;
                self.send(&[&format!("XA END {name}"), &format!("XA COMMIT {name} ONE PHASE")])
                    .await
            }
        };
        match committed {
            Ok(()) => self.transaction = Transaction::default(),
            // Whatever it was: what the server says next time would not be about this any more.
            Err(ref error) => self.transaction.doom(error.kind().unwrap_or(Kind::Other)),
        }
        committed
    }

    /// Undoes the open transaction, if there is one.
    pub(super) async fn end_undone(&mut self) -> Result<()> {
        if self.transaction.phase == Phase::Prepared {
            // It outlives its connection, which has to go for others to end it.
            self.close();
            return Ok(());
        }
        match self.transaction.xid.clone() {
            None => self.send(&["ROLLBACK"]).await?,
            Some(name) => {
                let name = quoted(&name)?;
                let ended = self.send(&[&format!("XA END {name}")]).await;
                // It has ended already if the server rolled it back, or a commit failed half-way.
                if let Err(error) = ended
                    && !code_of(&error).is_some_and(|it| matches!(it, 1399 | 1402 | 1613 | 1614))
                {
                    return Err(error);
                }
                self.send(&[&format!("XA ROLLBACK {name}")]).await?;
            }
        }
        self.transaction = Transaction::default();
        Ok(())
    }

    async fn within(&mut self, commands: &[&str]) -> Result<()> {
        self.transaction.check()?;
        self.send(commands).await
    }

    async fn prepare(&mut self, name: &Arc<str>) -> Result<()> {
        self.transaction.check()?;
        let quoted = quoted(name)?;
        self.send(&[&format!("XA END {quoted}"), &format!("XA PREPARE {quoted}")]).await?;
        // MySQL 8.0.29 and later let go of it.
        let bound = self.server.mariadb || self.server.version < (8, 0, 29);
        self.transaction = Transaction {
            phase: if bound { Phase::Prepared } else { Phase::None },
            xid: bound.then(|| Arc::clone(name)),
            doomed: None,
        };
        Ok(())
    }

    async fn end_prepared(&mut self, how: &str, name: &Arc<str>) -> Result<()> {
        let own = self.transaction.xid.as_ref().is_some_and(|it| it == name);
        if !own {
            self.transaction.check()?;
        }
        let command = format!("XA {how} {}", quoted(name)?);
        if own {
            self.send(&[&command]).await?;
            self.transaction = Transaction::default();
            return Ok(());
        }
        // Without autocommit, MariaDB takes anything for work of this connection's own.
        self.quietly("SET autocommit = 1").await?;
        let ended = self.send(&[&command]).await;
        self.quietly("SET autocommit = 0").await?;
        ended
    }

    /// Sends what is no step of the program's.
    async fn quietly(&mut self, command: &str) -> Result<()> {
        self.conn()?.query_drop(command).await.map_err(classify)
    }

    /// Sends commands, in one trip.
    async fn send(&mut self, commands: &[&str]) -> Result<()> {
        let watches: Vec<_> = commands.iter().map(|it| self.log.step(it, None)).collect();
        let sent = match commands {
            [command] => self.conn()?.query_drop(*command).await,
            several => self.conn()?.query_drop(several.join("; ")).await,
        };
        if let Err(error) = sent {
            let mut error = classify(error);
            if let Error::Database(error) = &mut error {
                error.sql = Some(commands.join("; ").into());
            }
            self.notice(&error);
            return Err(error);
        }
        for (watch, command) in watches.into_iter().zip(commands) {
            watch.done(command, 1, 0);
        }
        Ok(())
    }

    /// Ends what a statement outside of any transaction began.
    pub(super) async fn end_alone(&mut self, succeeded: bool) -> Result<()> {
        use mysql_async::consts::StatusFlags;

        if self.transaction.is_open() || !self.is_connected() {
            return Ok(());
        }
        if !succeeded {
            return self.quietly("ROLLBACK").await;
        }
        let status = self.conn()?.last_ok_packet().map(|it| it.status_flags());
        if status.is_none_or(|it| it.contains(StatusFlags::SERVER_STATUS_IN_TRANS)) {
            self.quietly("COMMIT").await?;
        }
        Ok(())
    }

    /// Whether the server has rolled the whole transaction back because of this error.
    pub(super) fn ends_transaction(&self, error: &Error, kind: Kind) -> bool {
        match kind {
            Kind::Deadlock | Kind::Serialization => true,
            Kind::LockTimeout => self.server.rolls_back_on_timeout && code_of(error) == Some(1205),
            _ => false,
        }
    }
}

/// The name of a transaction in two phases.
fn quoted(name: &str) -> Result<String> {
    if name.is_empty() || name.len() > 64 {
        return Err(Error::InvalidRequest(
            "the name of a transaction in two phases has 1 to 64 bytes".into(),
        ));
    }
    Ok(if name.contains(['\'', '\\']) {
        let hex: String = name.bytes().map(|it| format!("{it:02x}")).collect();
        format!("X'{hex}'")
    } else {
        format!("'{name}'")
    })
}

//! Transaction control, and the writer's place that goes with it.

use super::Executor;
use crate::{
    Result,
    driver::{Begin, Control, Isolation, sqlite::classify::classify},
};

/// SQLite's transactions are serializable, all of them.
fn refuse_weaker(begin: &Begin) -> Result<()> {
    match begin.isolation {
        None | Some(Isolation::Serializable) => Ok(()),
        Some(weaker) => Err(unsupported(&format!(
            "the isolation level {weaker}; its transactions are SERIALIZABLE always"
        ))),
    }
}

#[cold]
fn unsupported(what: &str) -> crate::Error {
    aludel_core::Error::Unsupported { dialect: "sqlite", what: what.into() }.into()
}

impl Executor {
    pub(super) fn control(&mut self, control: &Control) -> Result<()> {
        let sql = match control {
            Control::Begin(begin) => {
                refuse_weaker(begin)?;
                if begin.immediate {
                    return self.begin_immediate();
                }
                "BEGIN"
            }
            Control::Commit => "COMMIT",
            Control::Rollback => "ROLLBACK",
            Control::Savepoint(n) => return self.batch(&format!("SAVEPOINT aludel_{n}")),
            Control::Release(n) => return self.batch(&format!("RELEASE aludel_{n}")),
            Control::RollbackTo(n) => {
                self.batch(&format!("ROLLBACK TO aludel_{n}"))?;
                return self.batch(&format!("RELEASE aludel_{n}"));
            }
            Control::BeginTwoPhase(_)
            | Control::Prepare(_)
            | Control::CommitPrepared(_)
            | Control::RollbackPrepared(_) => {
                return Err(unsupported("transactions in two phases; begin a plain one"));
            }
        };
        let watch = self.log.step(sql, None);
        // SQLite may have rolled back by itself: then there is nothing left to do.
        if *control != Control::Rollback || self.in_transaction() {
            self.transaction(sql)?;
        }
        self.release_if_idle();
        watch.done(sql, 1, 0);
        Ok(())
    }

    fn begin_immediate(&mut self) -> Result<()> {
        const SQL: &str = "BEGIN IMMEDIATE";
        let watch = self.log.step(SQL, None);
        if let Some(gate) = &self.gate
            && self.pass.is_none()
            && !self.in_transaction()
        {
            self.pass = Some(gate.enter(self.busy_timeout, &self.cancelled)?);
        }
        let begun = self.transaction(SQL);
        self.release_if_idle();
        begun?;
        watch.done(SQL, 1, 0);
        Ok(())
    }

    fn transaction(&self, sql: &str) -> Result<()> {
        let executed = self.connection.prepare_cached(sql).and_then(|mut it| it.raw_execute());
        executed.map(drop).map_err(|error| classify(error, Some(sql), None))
    }

    fn batch(&self, sql: &str) -> Result<()> {
        let watch = self.log.step(sql, None);
        self.transaction(sql)?;
        watch.done(sql, 1, 0);
        Ok(())
    }

    /// Undoes an open transaction, if there is one; tells whether none is open afterwards.
    pub(in crate::driver::sqlite) fn roll_back(&mut self) -> bool {
        // An interrupt that was meant for the unit can hit the rollback once.
        for _ in 0..3 {
            if !self.in_transaction() {
                break;
            }
            let watch = self.log.step("ROLLBACK", None);
            if self.connection.execute_batch("ROLLBACK").is_ok() {
                watch.done("ROLLBACK", 1, 0);
            }
        }
        self.release_if_idle();
        !self.in_transaction()
    }

    /// SQLite ends a transaction by itself after some errors, so it is asked instead of reckoned.
    #[inline]
    pub(super) fn release_if_idle(&mut self) {
        if self.pass.is_some() && !self.in_transaction() {
            self.pass = None;
        }
    }
}

//! [`ForUpdate`]: the row locks of a SELECT.

use super::{FromItem, FromTarget};

/// Locks the rows that a SELECT reads, until the transaction ends.
///
/// Without options it is `FOR UPDATE`. SQLite, whose writers lock the whole database, reads the same
/// rows without locking them. What another database hasn't is refused.
///
/// ```
/// # use aludel_core::{dialect::{MySql, Postgres}, expr::{Column, FromItem, Source, TableName}};
/// use aludel_core::expr::{ForUpdate, select};
/// # struct Job;
/// # let table = TableName::new("job");
/// # let id = Column::<Job, i64>::new(Source::Table, table, "id");
///
/// // Each worker takes a job that no other has taken.
/// let stmt = select(id).limit(1).with_for_update(ForUpdate::new().skip_locked());
/// assert_eq!(stmt.to_sql(&MySql)?, "SELECT job.id FROM job LIMIT ? FOR UPDATE SKIP LOCKED");
///
/// let stmt = select(id).with_for_update(ForUpdate::new().key_share().nowait());
/// assert_eq!(stmt.to_sql(&Postgres)?, "SELECT job.id FROM job FOR KEY SHARE NOWAIT");
/// assert!(stmt.to_sql(&MySql).is_err());
/// # Ok::<(), aludel_core::Error>(())
/// ```
#[must_use = "it does nothing until `with_for_update` takes it"]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ForUpdate {
    /// What others may still do with the rows.
    pub strength: LockStrength,
    /// The tables whose rows are locked; all of them where none is named.
    pub tables: Vec<FromItem>,
    /// What happens to rows that another transaction has locked.
    pub wait: LockWait,
}

/// What other transactions may still do with locked rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LockStrength {
    /// `FOR UPDATE`: neither change nor lock them.
    #[default]
    Update,
    /// `FOR NO KEY UPDATE`: refer to them by foreign keys.
    NoKeyUpdate,
    /// `FOR SHARE`: lock them in the same way.
    Share,
    /// `FOR KEY SHARE`: change all but their keys.
    KeyShare,
}

/// What happens to rows that another transaction has locked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LockWait {
    /// The statement waits for them.
    #[default]
    Wait,
    /// `NOWAIT`: the statement fails at once.
    NoWait,
    /// `SKIP LOCKED`: they are left out.
    SkipLocked,
}

impl ForUpdate {
    /// `FOR UPDATE`
    pub fn new() -> Self {
        Self::default()
    }

    /// `FOR SHARE`: others may read and share the rows, but not change them.
    pub fn share(self) -> Self {
        Self { strength: LockStrength::Share, ..self }
    }

    /// `FOR KEY SHARE`: others may change all but the rows' keys (PostgreSQL).
    pub fn key_share(self) -> Self {
        Self { strength: LockStrength::KeyShare, ..self }
    }

    /// `FOR NO KEY UPDATE`: others may still refer to the rows (PostgreSQL).
    pub fn no_key_update(self) -> Self {
        Self { strength: LockStrength::NoKeyUpdate, ..self }
    }

    /// `OF table`: locks this table's rows only, and those of others that are named in the same way
    /// (PostgreSQL, MySQL).
    pub fn of(mut self, target: impl FromTarget) -> Self {
        self.tables.push(target.from_item());
        self
    }

    /// Fails at once where a row is locked.
    pub fn nowait(self) -> Self {
        Self { wait: LockWait::NoWait, ..self }
    }

    /// Leaves out rows that are locked.
    pub fn skip_locked(self) -> Self {
        Self { wait: LockWait::SkipLocked, ..self }
    }
}

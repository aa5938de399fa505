//! What row locks a SELECT may ask for.

use super::{query::shown, refuse};
use crate::{
    Error, Result,
    dialect::{Dialect, RowLocks},
    expr::{ForUpdate, FromItem, LockStrength},
};

/// Checks a lock; `from` are the tables of the query.
pub(super) fn lock(lock: &ForUpdate, dialect: &dyn Dialect, from: &[FromItem]) -> Result<()> {
    if let Some(table) = lock.tables.iter().find(|it| !from.contains(it)) {
        let table = shown(table);
        return Err(refuse(format!("the rows of `{table}` can't be locked: it is not in FROM")));
    }
    let unsupported =
        |what: &str| Err(Error::Unsupported { dialect: dialect.name(), what: what.into() });
    match (dialect.capability().select.locks, lock.strength) {
        (RowLocks::Ignored | RowLocks::All, _) => Ok(()),
        (_, LockStrength::KeyShare) => unsupported("SELECT … FOR KEY SHARE; use `.share()`"),
        (_, LockStrength::NoKeyUpdate) => {
            unsupported("SELECT … FOR NO KEY UPDATE; leave out `.no_key_update()`")
        }
        (RowLocks::ShareMode, _) if !lock.tables.is_empty() => {
            unsupported("lock the rows of some tables only; leave out `.of(…)`")
        }
        (RowLocks::UpdateAndShare | RowLocks::ShareMode, _) => Ok(()),
    }
}

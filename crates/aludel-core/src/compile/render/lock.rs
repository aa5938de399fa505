//! FOR UPDATE and its kin.

use super::Writer;
use crate::{
    dialect::RowLocks,
    expr::{ForUpdate, LockStrength, LockWait},
};

impl Writer<'_> {
    pub(super) fn lock(&mut self, lock: &ForUpdate) {
        let plain = lock.tables.is_empty() && lock.wait == LockWait::Wait;
        self.push(match (lock.strength, self.dialect.capability().select.locks) {
            (LockStrength::Update, _) => " FOR UPDATE",
            (LockStrength::NoKeyUpdate, _) => " FOR NO KEY UPDATE",
            (LockStrength::KeyShare, _) => " FOR KEY SHARE",
            (LockStrength::Share, RowLocks::ShareMode) => " LOCK IN SHARE MODE",
            (LockStrength::Share, RowLocks::UpdateAndShare) if plain => " LOCK IN SHARE MODE",
            (LockStrength::Share, _) => " FOR SHARE",
        });
        if !lock.tables.is_empty() {
            self.push(" OF ");
            self.list(&lock.tables, |it, table| it.bare_name(table));
        }
        self.push(match lock.wait {
            LockWait::Wait => "",
            LockWait::NoWait => " NOWAIT",
            LockWait::SkipLocked => " SKIP LOCKED",
        });
    }
}

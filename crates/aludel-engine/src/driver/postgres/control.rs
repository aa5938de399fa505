//! Transaction control, as PostgreSQL spells it.

use std::fmt::Write as _;

use crate::driver::{Begin, Control, Isolation};

/// Transactions that don't say how isolated they are get `isolation`.
pub(super) fn spell(control: &Control, isolation: Option<Isolation>) -> String {
    match control {
        Control::Begin(it) => begin(it, isolation),
        Control::BeginTwoPhase(_) => begin(&Begin::DEFERRED, isolation),
        Control::Commit => "COMMIT".into(),
        Control::Rollback => "ROLLBACK".into(),
        Control::Savepoint(n) => format!("SAVEPOINT aludel_{n}"),
        Control::Release(n) => format!("RELEASE SAVEPOINT aludel_{n}"),
        Control::RollbackTo(n) => {
            format!("ROLLBACK TO SAVEPOINT aludel_{n}; RELEASE SAVEPOINT aludel_{n}")
        }
        Control::Prepare(name) => format!("PREPARE TRANSACTION {}", quoted(name)),
        Control::CommitPrepared(name) => format!("COMMIT PREPARED {}", quoted(name)),
        Control::RollbackPrepared(name) => format!("ROLLBACK PREPARED {}", quoted(name)),
    }
}

fn begin(begin: &Begin, isolation: Option<Isolation>) -> String {
    let mut sql = String::from("BEGIN");
    if let Some(isolation) = begin.isolation.or(isolation) {
        let _ = write!(sql, " ISOLATION LEVEL {isolation}");
    }
    if begin.read_only {
        sql.push_str(" READ ONLY");
    }
    if begin.deferrable {
        sql.push_str(" DEFERRABLE");
    }
    sql
}

/// A literal that means the same whatever `standard_conforming_strings` says.
fn quoted(name: &str) -> String {
    format!("E'{}'", name.replace('\\', "\\\\").replace('\'', "\\'"))
}

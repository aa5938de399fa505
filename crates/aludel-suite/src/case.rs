//! [`Case`]: something that must hold on every database.

use crate::{Database, Place};

/// Something that must hold on every database that can do what it needs.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// Which part of Aludel it is about.
    pub group: &'static str,
    /// What must hold.
    pub name: &'static str,
    /// What the database must be able to do.
    pub need: Option<Need>,
    /// On which face it runs.
    pub face: Faces,
    /// The case itself; it fails by panicking.
    pub run: fn(&Place),
}

impl Case {
    /// `group::name`
    pub fn path(&self) -> String {
        format!("{}::{}", self.group, self.name)
    }

    /// Why it can't run on a database; `None` if it can.
    pub fn unmet(&self, database: &Database) -> Option<&'static str> {
        self.need.filter(|it| !(it.met)(database)).map(|it| it.why)
    }
}

/// Something that not every database can do.
#[derive(Clone, Copy, Debug)]
pub struct Need {
    /// Whether this one can: read from its dialect's capability, or from where it lives.
    pub met: fn(&Database) -> bool,
    /// What one that can't can't.
    pub why: &'static str,
}

/// On which face a case runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Faces {
    /// On both: it is written for the blocking face, and runs once through the connections of async
    /// programs.
    Both,
    /// It is async.
    Async,
}

/// RETURNING of an INSERT.
pub(crate) const RETURNING: Need = Need {
    met: |it| it.dialect().capability().dml.returning != aludel::dialect::Returning::None,
    why: "an INSERT has no RETURNING there",
};

/// An INSERT that can't return anything.
pub(crate) const NO_RETURNING: Need = Need {
    met: |it| it.dialect().capability().dml.returning == aludel::dialect::Returning::None,
    why: "an INSERT has RETURNING there",
};

/// Locks of rows.
pub(crate) const ROW_LOCKS: Need = Need {
    met: |it| it.dialect().capability().select.locks != aludel::dialect::RowLocks::Ignored,
    why: "rows have no locks there",
};

/// Transactions that write at the same time.
pub(crate) const MEETING: Need = Need {
    met: |it| it.dialect().capability().select.locks != aludel::dialect::RowLocks::Ignored,
    why: "who writes waits for the others before it begins: they never meet",
};

/// Isolation is said, and matters.
pub(crate) const ALWAYS_SERIALIZABLE: Need =
    Need { met: |it| !(MEETING.met)(it), why: "a transaction says how isolated it is" };

/// A transaction that only reads is held to it.
pub(crate) const READ_ONLY: Need =
    Need { met: Database::refuses_changes, why: "what only reads may write all the same" };

/// Transactions in two phases.
pub(crate) const TWO_PHASES: Need = Need {
    met: Database::has_two_phases,
    why: "no transaction has two phases there, or the server's settings allow none",
};

/// Transactions in two phases whose connection can be lost in between.
pub(crate) const TWO_PHASES_AND_KILL: Need = Need {
    met: |it| it.has_two_phases() && it.can_kill(),
    why: "no transaction has two phases there, or no connection can be closed from its side",
};

/// No transactions in two phases.
pub(crate) const ONE_PHASE: Need =
    Need { met: |it| !it.has_two_phases() && !(MEETING.met)(it), why: "they may have two phases" };

/// Several connections to the same data.
pub(crate) const SHARED: Need =
    Need { met: Database::is_shared, why: "all of it is within one connection" };

/// A server that can close a connection from its side.
pub(crate) const KILL: Need =
    Need { met: Database::can_kill, why: "no connection to it can be closed from its side" };

/// The cases of a file: `cases!["group": one, another needs RETURNING]`, or `async "group": …`.
macro_rules! cases {
    (async $group:literal: $($rest:tt)*) => { cases!(@ Async, $group, $($rest)*) };
    ($group:literal: $($rest:tt)*) => { cases!(@ Both, $group, $($rest)*) };
    (@ $face:ident, $group:literal, $($name:ident $(needs $need:ident)?),* $(,)?) => {
        &[$($crate::Case {
            group: $group,
            name: stringify!($name),
            need: cases!(need $($need)?),
            face: $crate::Faces::$face,
            run: $name,
        }),*]
    };
    (need $need:ident) => { Some($crate::case::$need) };
    (need) => { None };
}

pub(crate) use cases;

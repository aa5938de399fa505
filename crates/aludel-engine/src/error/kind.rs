//! [`Kind`]: what sort of failure a database or the way to it reported, under one name on all of them.

use std::fmt;

/// What kind of failure the database or the way to it reported, the same on every database.
///
/// Each driver translates its server's codes; [`DatabaseError`](crate::DatabaseError) keeps the
/// server's own words and the driver's error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// A constraint refused the change: correct the values, or tell the user.
    Integrity(Integrity),
    /// The transaction met another one: a serialization failure. Run it again (`transaction!` does).
    Serialization,
    /// The transaction met another one: a deadlock. Run it again (`transaction!` does), and let all
    /// transactions take their locks in the same order.
    Deadlock,
    /// The database is locked by somebody else and did not come free in time. Run the transaction
    /// again, make the others shorter, or set a longer `busy_timeout`.
    Busy,
    /// A row or a table is locked by somebody else: it was not to be waited for (`NOWAIT`), or the
    /// `lock_timeout` ran out. The rest of the transaction may be as it was, so it isn't run again
    /// by itself: decide whether to wait longer, to do without the row, or to roll back.
    LockTimeout,
    /// The statement took longer than the `statement_timeout`. Make it faster (an index?), or set a
    /// longer one.
    StatementTimeout,
    /// Nobody listens at that address: start the server, or correct the URL's host, port or socket.
    ConnectionRefused,
    /// The user or the password is wrong, or the user may not use this database: correct the URL,
    /// or the server's rules (`pg_hba.conf`, `GRANT`).
    AccessDenied,
    /// The server has no database of this name: create it, or correct the URL.
    UnknownDatabase,
    /// No encrypted connection came about: the server has no TLS, or its certificate is not
    /// trusted. Correct the URL's `sslmode` and root certificate, or the server's.
    TlsRefused,
    /// The server takes no more connections. Let all programs' pools together stay below its limit
    /// (`pool_size` plus `max_overflow` each), raise that, or put a pooler such as PgBouncer between.
    TooManyConnections,
    /// No connection of the engine's own pool came free in time: end transactions before waiting for
    /// something else, or set a larger `pool_size`; the message says how many are out, and how long.
    PoolTimeout,
    /// The database can't be opened or created: look at the path and its permissions.
    CannotOpen,
    /// The file is not a database, or is damaged: check the path, restore a backup.
    Corrupt,
    /// The disk is full: make room; nothing of the transaction was kept.
    DiskFull,
    /// The database, or the transaction, is read-only: write elsewhere.
    ReadOnly,
    /// The connection is gone. Its transaction is rolled back, unless it was lost during the
    /// commit, whose outcome is then unknown. The pool opens another one by itself: start the
    /// transaction anew.
    ConnectionLost,
    /// The statement was interrupted, by this program or by an administrator.
    Interrupted,
    /// The SQL is wrong: a syntax error, or a table or column that isn't there.
    Syntax,
    /// Anything else: the message and the driver's error say what.
    Other,
}

impl Kind {
    /// Whether the whole transaction may be run again with a chance of success.
    pub fn is_retryable(self) -> bool {
        matches!(self, Self::Serialization | Self::Deadlock | Self::Busy)
    }
}

/// Which kind of constraint refused a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Integrity {
    /// A unique constraint or index, or a primary key.
    Unique,
    /// A foreign key.
    ForeignKey,
    /// A NOT NULL column.
    NotNull,
    /// A check constraint.
    Check,
}

impl fmt::Display for Integrity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unique => "unique",
            Self::ForeignKey => "foreign key",
            Self::NotNull => "NOT NULL",
            Self::Check => "check",
        })
    }
}

//! MySQL and MariaDB, over `mysql_async`: two drivers over one implementation.
//!
//! `open` is what a URL means and what a session is set to, `client` where scripts run, `execute`
//! the hot loop, `bulk` INSERTs of many rows, `control` transactions, `value` values both ways and
//! `classify` what the server's errors mean.

mod bulk;
mod classify;
mod client;
mod control;
mod execute;
mod open;
#[cfg(test)]
mod tests;
mod tls;
mod value;
mod waiting;

use aludel_core::dialect::{Dialect, MariaDb, MySql};

use super::{ConnectOptions, Connecting, Driver, network};
use crate::{Result, url::Url};
use open::{Flavour, Target};

/// Connects to MySQL 8 or later, and to MariaDB as if it were MySQL: `mysql://user@host/database`.
///
/// Options in the URL:
///
/// | option | |
/// | --- | --- |
/// | `socket` (`unix_socket`) | the path of a Unix socket, instead of a host |
/// | `ssl-mode` | `disabled` (the default), `preferred`, `required`, `verify_identity` |
/// | `ssl-ca`, `ssl-cert`, `ssl-key` | files in PEM form: the authority to trust, and who the client is |
/// | `connect_timeout` | how long connecting may take, in seconds |
/// | `charset` | `utf8mb4`, and nothing else |
/// | `collation` | the session's, where a comparison has no column's |
/// | `compress` | whether what is sent is compressed |
/// | `sql_mode` | the session's modes, instead of the server's with `STRICT_TRANS_TABLES` |
/// | `time_zone` | the session's, instead of `+00:00` |
/// | `wait_timeout`, `net_read_timeout`, `net_write_timeout` | the session's, in seconds |
/// | `init_command` | a statement for each new connection; may be repeated |
///
/// What is set on connecting: `utf8mb4`; `autocommit = 0`, so that a `BEGIN` costs no trip (it is
/// logged as `BEGIN (implicit)`), and so that a DDL statement, which commits what was done before
/// it, leaves nothing behind it uncommitted by accident; `time_zone = '+00:00'`; the mode
/// `STRICT_TRANS_TABLES`, without which the server cuts values short, and never
/// `NO_BACKSLASH_ESCAPES`. Counts are of the rows that matched, not of those that changed. A
/// [`lock_timeout`](ConnectOptions::lock_timeout) is `innodb_lock_wait_timeout` and
/// `lock_wait_timeout`, in whole seconds and one at least; a
/// [`statement_timeout`](ConnectOptions::statement_timeout) is `max_statement_time` on MariaDB, and
/// `max_execution_time` on MySQL, which heeds it for queries only.
///
/// Outside of a transaction, each statement is one by itself. When the server rolls a transaction
/// back by itself (a deadlock), every statement up to the `ROLLBACK` is refused, and above all the
/// `COMMIT`, which the server would let pass.
#[derive(Clone, Copy, Debug, Default)]
pub struct MySqlDriver;

/// Connects to MariaDB 10.6 or later: `mariadb://user@host/database`; generated keys come back by
/// `RETURNING`. For options and settings see [`MySqlDriver`].
#[derive(Clone, Copy, Debug, Default)]
pub struct MariaDbDriver;

impl Driver for MySqlDriver {
    fn dialect(&self) -> &'static dyn Dialect {
        &MySql
    }

    fn check(&self, url: &Url) -> Result<()> {
        Target::of(url, Flavour::MySql).map(drop)
    }

    fn connect(&self, url: &Url, options: &ConnectOptions) -> Connecting {
        connect(url, options, Flavour::MySql)
    }
}

impl Driver for MariaDbDriver {
    fn dialect(&self) -> &'static dyn Dialect {
        &MariaDb
    }

    fn check(&self, url: &Url) -> Result<()> {
        Target::of(url, Flavour::MariaDb).map(drop)
    }

    fn connect(&self, url: &Url, options: &ConnectOptions) -> Connecting {
        connect(url, options, Flavour::MariaDb)
    }
}

fn connect(url: &Url, options: &ConnectOptions, flavour: Flavour) -> Connecting {
    let (target, to) = (Target::of(url, flavour), options.clone());
    network::connect(options, async move { target?.open(to).await })
}

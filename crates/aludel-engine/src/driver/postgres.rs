//! PostgreSQL 12 and later, and what speaks its protocol, over `tokio-postgres`.
//!
//! `config` reads the URL, `client` runs scripts: `statements` is what it keeps prepared, `pipeline` what
//! it has sent and not yet heard of, `params`, `binary`, `literal` and `row` how values look on the wire.

mod binary;
mod bulk;
mod calendar;
mod classify;
mod client;
mod config;
mod control;
mod literal;
mod numeric;
mod params;
mod pipeline;
mod row;
#[cfg(feature = "rustls")]
mod rustls;
mod statements;
#[cfg(test)]
mod tests;
mod text_search;
mod tls;

use aludel_core::dialect::{Dialect, Postgres};

use super::{ConnectOptions, Connecting, Driver, network};
use crate::{Result, url::Url};

/// Connects to PostgreSQL: `postgres://user:password@host:port/database?option=value`.
///
/// Options in the URL, as `libpq` has them:
///
/// | option | what it says |
/// | --- | --- |
/// | `host`, `port`, `dbname`, `user`, `password` | in place of what stands in front of `?`; a host that starts with `/` is the directory of a Unix socket; several hosts are tried in order |
/// | `sslmode` | `disable` (the default), `prefer`, `require` (encrypted, whoever it is), `verify-ca`, `verify-full` |
/// | `sslrootcert` | a file with the certificates to trust, or `system` |
/// | `sslcert`, `sslkey` | files with the client's own certificate and key |
/// | `application_name`, `fallback_application_name` | what the server's lists show: `aludel`, if nothing is said |
/// | `options` | settings for the server: `-c search_path=store` |
/// | `connect_timeout` | for each host; seconds |
/// | `tcp_user_timeout`, `keepalives`, `keepalives_idle`, `keepalives_interval`, `keepalives_count` | of the socket |
/// | `target_session_attrs` | `any`, `read-write`, `read-only` |
/// | `load_balance_hosts` | `disable`, `random` |
/// | `channel_binding` | `disable`, `prefer`, `require` |
///
/// Connecting sets the time zone to UTC, if `options` doesn't set another, so that `now()` is the same on
/// every database; and `lock_timeout`, `statement_timeout` and the isolation level where the engine's
/// options say so. The encoding is UTF-8; the search path is the server's or the URL's.
///
/// TLS needs the feature `rustls`. The async engine has to be used within tokio's runtime; the blocking one has a small runtime for each
/// connection.
#[derive(Clone, Copy, Debug, Default)]
pub struct PostgresDriver;

impl Driver for PostgresDriver {
    fn dialect(&self) -> &'static dyn Dialect {
        &Postgres
    }

    fn check(&self, url: &Url) -> Result<()> {
        config::Target::of(url).map(drop)
    }

    fn connect(&self, url: &Url, options: &ConnectOptions) -> Connecting {
        let (target, given) = (config::Target::of(url), options.clone());
        network::connect(options, async move { target?.open(&given).await })
    }
}

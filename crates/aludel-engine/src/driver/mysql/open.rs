//! Opening a connection: what the URL means, and what every session is set to.

use std::time::Duration;

use mysql_async::{Compression, Conn, Opts, OptsBuilder, Row, Value, prelude::Queryable};

use super::{
    classify::{classify, classify_connecting},
    client::{MySqlClient, Server},
    tls::{Tls, check_provider},
};
use crate::{
    DatabaseError, Error, Kind, Result,
    driver::ConnectOptions,
    url::{Host, Unit, Url, UrlOptions},
};

/// Which of the two is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flavour {
    /// Whatever speaks the protocol.
    MySql,
    /// MariaDB, and nothing else.
    MariaDb,
}

/// What a URL means.
#[derive(Debug)]
pub(super) struct Target {
    url: Url,
    flavour: Flavour,
    hosts: Vec<Host>,
    tls: Tls,
    compress: bool,
    /// `name = value` for `SET`.
    settings: Vec<String>,
    init: Vec<String>,
}

impl Target {
    pub(super) fn of(url: &Url, flavour: Flavour) -> Result<Self> {
        let mut options = UrlOptions::new(url).alias("unix_socket", "socket");
        let mut hosts = options.hosts()?;
        if let Some(socket) = options.text("socket")? {
            hosts = vec![Host { name: Some(socket.to_owned()), port: None }];
        }
        let tls = Tls::of(url, &mut options)?;
        let compress = options.bool("compress")?.unwrap_or(false);
        options.choice("charset", &[("utf8mb4", ())])?;
        // The engine reads its value.
        options.duration("connect_timeout", Unit::Seconds)?;
        let settings = settings(url, &mut options)?;
        let init = options.texts("init_command").into_iter().map(str::to_owned).collect();
        options.finish(if flavour == Flavour::MariaDb { "MariaDB" } else { "MySQL" })?;
        let url = url.clone();
        Ok(Self { url, flavour, hosts, tls, compress, settings, init })
    }

    /// Opens a connection, to the first of the hosts that answers.
    pub(super) async fn open(self, options: ConnectOptions) -> Result<MySqlClient> {
        let limit = options.connect_timeout;
        // Time runs out beyond what a timer can count.
        let limit = limit.min(Duration::from_secs(365 * 24 * 3600));
        match tokio::time::timeout(limit, self.connect(&options)).await {
            Ok(result) => result,
            Err(_) => Err(DatabaseError::new(
                Kind::ConnectionRefused,
                format!("no connection within {limit:?} (`connect_timeout`)"),
            )
            .into()),
        }
    }

    async fn connect(&self, options: &ConnectOptions) -> Result<MySqlClient> {
        let mut first = None;
        for host in &self.hosts {
            match self.connect_to(host, options).await {
                Err(error) if is_elsewhere(&error) => _ = first.get_or_insert(error),
                result => return result,
            }
        }
        Err(first.unwrap_or_else(|| self.url.error("it names no host")))
    }

    async fn connect_to(&self, host: &Host, options: &ConnectOptions) -> Result<MySqlClient> {
        let plain = self.plain(host, options);
        let encrypted = self.tls.options.as_ref().map(|it| plain.clone().ssl_opts(it.clone()));
        let tls = encrypted.is_some();
        if tls {
            check_provider()?;
        }
        let mut opts = Opts::from(encrypted.unwrap_or_else(|| plain.clone()));
        let mut connected = dial(&opts, tls).await;
        if let Err(error) = &connected
            && self.tls.optional
            && error.kind() == Some(Kind::TlsRefused)
        {
            opts = plain.into();
            connected = dial(&opts, false).await;
        }
        let mut conn = connected?;
        let server = self.server(&mut conn).await?;
        self.prepare(&mut conn, &server, options).await?;
        Ok(MySqlClient::new(conn, opts, server, options))
    }

    fn plain(&self, host: &Host, options: &ConnectOptions) -> OptsBuilder {
        let cache = if options.prepared_statements { options.statement_cache } else { 0 };
        let mut opts = OptsBuilder::default()
            .user(self.url.user())
            .pass(self.url.password())
            .db_name(self.url.database().filter(|it| !it.is_empty()))
            .prefer_socket(false)
            .client_found_rows(true)
            .stmt_cache_size(cache)
            .compression(self.compress.then(Compression::default));
        if let Some(path) = host.socket() {
            opts = opts.socket(Some(path));
        } else {
            opts = opts.ip_or_hostname(host.name.as_deref().unwrap_or("127.0.0.1"));
            opts = opts.tcp_port(host.port.unwrap_or(3306));
        }
        opts
    }

    /// Asks the server what it is.
    async fn server(&self, conn: &mut Conn) -> Result<Server> {
        let asked = "SELECT @@version, @@max_allowed_packet, @@innodb_rollback_on_timeout";
        let row: Option<Row> = conn.query_first(asked).await.map_err(classify)?;
        let values = row.map(Row::unwrap).unwrap_or_default();
        let text = |index| match values.get(index) {
            Some(Value::Bytes(bytes)) => String::from_utf8_lossy(bytes).into_owned(),
            Some(Value::Int(it)) => it.to_string(),
            Some(Value::UInt(it)) => it.to_string(),
            _ => String::new(),
        };
        let name = text(0);
        let server = Server {
            mariadb: name.contains("MariaDB"),
            version: conn.server_version(),
            max_packet: text(1).parse().unwrap_or(1 << 20),
            rolls_back_on_timeout: text(2) == "1",
        };
        if self.flavour == Flavour::MariaDb && !(server.mariadb && server.version >= (10, 6, 0)) {
            return Err(self.url.error(format!(
                "the server is {}{name}, not MariaDB 10.6 or later: use `mysql:`",
                if server.mariadb { "" } else { "MySQL " }
            )));
        }
        Ok(server)
    }

    /// Sets the session up.
    async fn prepare(
        &self,
        conn: &mut Conn,
        server: &Server,
        options: &ConnectOptions,
    ) -> Result<()> {
        let mut sql = "SET NAMES utf8mb4, autocommit = 0".to_owned();
        let mut set = |setting: &str| {
            sql.push_str(", ");
            sql.push_str(setting);
        };
        for (name, default) in DEFAULTS {
            if !self.settings.iter().any(|it| it.starts_with(name)) {
                set(&format!("{name} = {default}"));
            }
        }
        self.settings.iter().for_each(|it| set(it));
        if let Some(timeout) = options.lock_timeout {
            let seconds = whole_seconds(timeout);
            set(&format!("innodb_lock_wait_timeout = {seconds}"));
            set(&format!("lock_wait_timeout = {seconds}"));
        }
        if let Some(timeout) = options.statement_timeout {
            let timeout = timeout.max(Duration::from_millis(1));
            if server.mariadb {
                set(&format!("max_statement_time = {}", timeout.as_secs_f64().min(31_536_000.0)));
            } else {
                let millis = timeout.as_millis().min(u128::from(u32::MAX));
                set(&format!("max_execution_time = {millis}"));
            }
        }
        let isolation = options.isolation;
        let isolation = isolation.map(|it| format!("SET SESSION TRANSACTION ISOLATION LEVEL {it}"));
        for sql in std::iter::once(&sql).chain(&isolation).chain(&self.init) {
            conn.query_drop(sql.as_str()).await.map_err(classify)?;
        }
        // What the program wants done first may have begun something.
        if !self.init.is_empty() {
            conn.query_drop("COMMIT").await.map_err(classify)?;
        }
        Ok(())
    }
}

/// What a session is set to where the URL says nothing.
const DEFAULTS: [(&str, &str); 2] = [
    ("time_zone", "'+00:00'"),
    // Literals are escaped with backslashes, and a value is never cut short.
    (
        "sql_mode",
        "REPLACE(CONCAT_WS(',', NULLIF(@@sql_mode, ''), 'STRICT_TRANS_TABLES'), \
         'NO_BACKSLASH_ESCAPES', '')",
    ),
];

/// Takes the session's variables out of a URL.
fn settings(url: &Url, options: &mut UrlOptions<'_>) -> Result<Vec<String>> {
    let mut settings = Vec::new();
    for name in ["collation", "sql_mode", "time_zone"] {
        let Some(value) = options.text(name)? else { continue };
        let valid = |it: char| it.is_ascii_alphanumeric() || "_,+-:/ ".contains(it);
        if !value.chars().all(valid) {
            return Err(url.error(format!("`{name}` can't be `{value}`")));
        }
        if value.to_ascii_uppercase().contains("NO_BACKSLASH_ESCAPES") {
            return Err(url.error(
                "Aludel writes literals with backslashes: NO_BACKSLASH_ESCAPES \
                 would make other values of them",
            ));
        }
        let name = if name == "collation" { "collation_connection" } else { name };
        settings.push(format!("{name} = '{value}'"));
    }
    for name in ["wait_timeout", "net_read_timeout", "net_write_timeout"] {
        if let Some(timeout) = options.duration(name, Unit::Seconds)? {
            settings.push(format!("{name} = {}", whole_seconds(timeout)));
        }
    }
    Ok(settings)
}

/// The server counts in seconds, and to it zero is a matter of its own.
fn whole_seconds(timeout: Duration) -> u64 {
    timeout.as_millis().div_ceil(1000).clamp(1, 31_536_000) as u64
}

async fn dial(opts: &Opts, tls: bool) -> Result<Conn> {
    Conn::new(opts.clone()).await.map_err(|error| classify_connecting(error, tls))
}

/// Whether another host may still do what this one can't.
fn is_elsewhere(error: &Error) -> bool {
    let kinds = [Kind::ConnectionRefused, Kind::ConnectionLost, Kind::TooManyConnections];
    error.kind().is_some_and(|it| kinds.contains(&it))
}

//! [`Target`]: what a URL says, and opening a connection there.

use std::time::Duration;

use tokio_postgres::{
    Config,
    config::{ChannelBinding, LoadBalanceHosts, SslMode, TargetSessionAttrs},
};

use super::{
    classify::classify_opening,
    client::PgClient,
    tls::{Tls, Trust},
};
use crate::{
    Error, Result,
    driver::ConnectOptions,
    url::{Unit, Url, UrlOptions},
};

/// Where to connect, and how.
pub(super) struct Target {
    config: Config,
    tls: Tls,
}

#[derive(Clone, Copy)]
enum Mode {
    Disable,
    Prefer,
    Require,
    VerifyCa,
    VerifyFull,
}

impl Target {
    pub(super) fn of(url: &Url) -> Result<Self> {
        let mut options = UrlOptions::new(url);
        let mut config = Config::new();
        for host in options.hosts()? {
            config.host(host.name.as_deref().unwrap_or("127.0.0.1"));
            config.port(host.port.unwrap_or(5432));
        }
        if let Some(user) = options.text("user")?.or(url.user()) {
            config.user(user);
        }
        if let Some(password) = options.text("password")?.or(url.password()) {
            config.password(password);
        }
        if let Some(database) = options.text("dbname")?.or(url.database()) {
            config.dbname(database);
        }
        let fallback = options.text("fallback_application_name")?.unwrap_or("aludel");
        config.application_name(options.text("application_name")?.unwrap_or(fallback));
        if let Some(settings) = options.text("options")? {
            config.options(settings);
        }
        sockets(&mut options, &mut config)?;
        let tls = transport(url, &mut options, &mut config)?;
        options.finish("PostgreSQL")?;
        Ok(Self { config, tls })
    }

    pub(super) async fn open(mut self, options: &ConnectOptions) -> Result<PgClient> {
        let mut settings = self.config.get_options().unwrap_or_default().to_owned();
        let limits = [
            ("lock_timeout", options.lock_timeout),
            ("statement_timeout", options.statement_timeout),
        ];
        // Where nothing is prepared, a pooler may refuse settings: BEGIN says it.
        if let Some(isolation) = options.isolation.filter(|_| options.prepared_statements) {
            let level = isolation.to_string().to_lowercase().replace(' ', "\\ ");
            settings.push_str(&format!(" -c default_transaction_isolation={level}"));
        }
        for (name, limit) in limits.into_iter().filter_map(|(name, it)| Some((name, it?))) {
            settings.push_str(&format!(" -c {name}={}", limit.as_millis().clamp(1, 2_147_483_647)));
        }
        // `now()` and moments without a zone are in UTC on every database. Poolers know the time zone,
        // but not what else could stand there.
        let zoned = settings.to_ascii_lowercase().contains("timezone");
        if !zoned && options.prepared_statements {
            settings.push_str(" -c TimeZone=UTC");
        }
        if !settings.is_empty() {
            self.config.options(settings.trim_start());
        }
        let connecting = self.config.connect(self.tls.clone());
        let connected = tokio::time::timeout(options.connect_timeout, connecting).await;
        let (client, connection) = match connected {
            Ok(connected) => connected.map_err(classify_opening)?,
            Err(_) => {
                let message = format!("no connection within {:?}", options.connect_timeout);
                return Err(
                    crate::DatabaseError::new(crate::Kind::ConnectionRefused, message).into()
                );
            }
        };
        let driving = tokio::spawn(async move {
            // What ends it is told to whoever waits for an answer.
            if let Err(error) = connection.await {
                tracing::debug!(target: "aludel::engine", %error, "a connection ended");
            }
        });
        if !zoned && !options.prepared_statements {
            let zone = client.batch_execute("SET TimeZone = 'UTC'");
            zone.await.map_err(classify_opening)?;
        }
        Ok(PgClient::new(client, driving, self.tls, options))
    }
}

/// What concerns the connection's socket.
fn sockets(options: &mut UrlOptions<'_>, config: &mut Config) -> Result<()> {
    if let Some(limit) = options.duration("connect_timeout", Unit::Seconds)? {
        // To libpq, which named it, zero is no limit.
        config.connect_timeout(if limit.is_zero() { Duration::MAX } else { limit });
    }
    if let Some(limit) = options.duration("tcp_user_timeout", Unit::Milliseconds)? {
        config.tcp_user_timeout(limit);
    }
    if let Some(on) = options.bool("keepalives")? {
        config.keepalives(on);
    }
    if let Some(idle) = options.duration("keepalives_idle", Unit::Seconds)? {
        config.keepalives_idle(idle);
    }
    if let Some(interval) = options.duration("keepalives_interval", Unit::Seconds)? {
        config.keepalives_interval(interval);
    }
    if let Some(count) = options.integer("keepalives_count", 0..=1_000)? {
        config.keepalives_retries(u32::try_from(count).unwrap_or(u32::MAX));
    }
    let attributes = [
        ("any", TargetSessionAttrs::Any),
        ("read-write", TargetSessionAttrs::ReadWrite),
        ("read-only", TargetSessionAttrs::ReadOnly),
    ];
    if let Some(attributes) = options.choice("target_session_attrs", &attributes)? {
        config.target_session_attrs(attributes);
    }
    let order = [("disable", LoadBalanceHosts::Disable), ("random", LoadBalanceHosts::Random)];
    if let Some(order) = options.choice("load_balance_hosts", &order)? {
        config.load_balance_hosts(order);
    }
    Ok(())
}

/// What concerns encryption.
fn transport(url: &Url, options: &mut UrlOptions<'_>, config: &mut Config) -> Result<Tls> {
    let modes = [
        ("disable", Mode::Disable),
        ("prefer", Mode::Prefer),
        ("require", Mode::Require),
        ("verify-ca", Mode::VerifyCa),
        ("verify-full", Mode::VerifyFull),
    ];
    let mode = options.choice("sslmode", &modes)?.unwrap_or(Mode::Disable);
    let bindings = [
        ("disable", ChannelBinding::Disable),
        ("prefer", ChannelBinding::Prefer),
        ("require", ChannelBinding::Require),
    ];
    if let Some(binding) = options.choice("channel_binding", &bindings)? {
        config.channel_binding(binding);
    }
    let roots = options.text("sslrootcert")?;
    let own = match (options.text("sslcert")?, options.text("sslkey")?) {
        (Some(certificate), Some(key)) => Some((certificate, key)),
        (None, None) => None,
        _ => return Err(url.error("`sslcert` and `sslkey` go together")),
    };
    config.ssl_mode(match mode {
        Mode::Disable => SslMode::Disable,
        Mode::Prefer => SslMode::Prefer,
        Mode::Require | Mode::VerifyCa | Mode::VerifyFull => SslMode::Require,
    });
    let trust = match mode {
        Mode::Disable => return Ok(Tls::none()),
        Mode::Prefer | Mode::Require => Trust::Anybody,
        Mode::VerifyCa => Trust::Authority,
        Mode::VerifyFull => Trust::Name,
    };
    Tls::new(trust, roots, own).map_err(|reason: String| -> Error { url.error(reason) })
}

//! [`Host`]: where a server listens.

use std::{fmt, net::Ipv6Addr};

use super::percent;

/// Where a server listens: a host and its port, or a Unix socket.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Host {
    /// The name or address, an IPv6 address without its brackets; the path of a Unix socket, or of
    /// its directory, if it starts with `/`; `None` if nothing is said.
    pub name: Option<String>,
    /// The port; `None` if nothing is said.
    pub port: Option<u16>,
}

impl Host {
    /// The path, if it is a Unix socket or its directory.
    pub fn socket(&self) -> Option<&str> {
        self.name.as_deref().filter(|it| it.starts_with('/'))
    }
}

/// `host:port`, `[::1]:port`, or the encoded path of a socket; several of them between commas.
pub(super) fn parse_list(text: &str) -> Result<Vec<Host>, String> {
    let hosts = text.split(',').map(parse).collect::<Result<Vec<_>, _>>()?;
    if hosts.len() > 1 && hosts.iter().any(|it| it.name.is_none()) {
        return Err("one of the hosts is empty: write `host1,host2`".into());
    }
    Ok(hosts)
}

/// What the option `host` says: the same, but a path or an IPv6 address may stand there as it is.
pub(super) fn parse_option(text: &str) -> Result<Host, String> {
    if text.starts_with('/') || text.parse::<Ipv6Addr>().is_ok() {
        return Ok(Host { name: Some(text.to_owned()), port: None });
    }
    parse(text)
}

pub(super) fn parse_port(text: &str) -> Result<u16, String> {
    let digits = !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
    let number = digits.then(|| text.parse().ok()).flatten();
    number.ok_or_else(|| "the port should be a number from 0 to 65535".into())
}

fn parse(text: &str) -> Result<Host, String> {
    let (host, port) = if let Some(rest) = text.strip_prefix('[') {
        let (host, port) = rest.split_once(']').ok_or("the IPv6 address has no closing `]`")?;
        if host.parse::<Ipv6Addr>().is_err() {
            return Err("what stands in `[]` is not an IPv6 address".into());
        }
        match port.strip_prefix(':') {
            Some(port) => (host, Some(port)),
            None if port.is_empty() => (host, None),
            None => return Err("only `:port` can follow the IPv6 address's `]`".into()),
        }
    } else {
        match text.split_once(':') {
            Some((_, port)) if port.contains(':') => {
                return Err("an IPv6 address should stand in `[]`".into());
            }
            Some((host, port)) => (host, Some(port)),
            None => (text, None),
        }
    };
    let name = Some(percent::decode(host, "host")?).filter(|it| !it.is_empty());
    Ok(Host { name, port: port.map(parse_port).transpose()? })
}

/// As it stands in a URL.
impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name.as_deref() {
            Some(name) if name.parse::<Ipv6Addr>().is_ok() => write!(f, "[{name}]")?,
            Some(name) => f.write_str(&percent::encode(name, "/:@?#,[]"))?,
            None => {}
        }
        if let Some(port) = self.port {
            write!(f, ":{port}")?;
        }
        Ok(())
    }
}

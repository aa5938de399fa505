//! [`Url`]: where a database is, parsed by hand.
//!
//! By hand, because the usual crate brings thirty others along, and because SQLite's URLs
//! (`sqlite:file.db`) are no web addresses.

mod percent;
#[cfg(test)]
mod tests;

use std::fmt;

use crate::{Error, Result, UrlError};

/// Where a database is: `driver://user:password@host:port/database?option=value`.
///
/// SQLite's forms are `sqlite::memory:`, `sqlite:file.db`, `sqlite://dir/file.db` (relative) and
/// `sqlite:///abs/file.db`. User, password, database, option names and values are percent-decoded;
/// [`Display`](fmt::Display) and [`Debug`](fmt::Debug) mask the password.
///
/// # Example
/// ```
/// use aludel_engine::Url;
///
/// let url = Url::parse("postgres://scott:t%40iger@[::1]:5432/store?sslmode=disable")?;
/// assert_eq!(url.host(), Some("::1"));
/// assert_eq!(url.password(), Some("t@iger"));
/// assert_eq!(url.to_string(), "postgres://scott:***@[::1]:5432/store?sslmode=disable");
/// # Ok::<(), aludel_engine::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Url {
    scheme: String,
    user: Option<String>,
    password: Option<String>,
    host: Option<String>,
    port: Option<u16>,
    database: Option<String>,
    options: Vec<(String, String)>,
}

impl Url {
    /// Parses a URL.
    ///
    /// # Errors
    /// [`Error::Url`]: what is wrong, the password masked. Whether there is a driver for the scheme
    /// and whether the options are known is said by the engine.
    pub fn parse(text: &str) -> Result<Self> {
        parse(text).map_err(|reason| Error::Url(Box::new(UrlError { url: mask(text), reason })))
    }

    /// What stands before the first colon, in lower case: `sqlite`.
    pub fn scheme(&self) -> &str {
        &self.scheme
    }

    /// The user's name.
    pub fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// The password.
    pub fn password(&self) -> Option<&str> {
        self.password.as_deref()
    }

    /// The host, an IPv6 address without its brackets.
    pub fn host(&self) -> Option<&str> {
        self.host.as_deref()
    }

    /// The port.
    pub fn port(&self) -> Option<u16> {
        self.port
    }

    /// The database's name; for SQLite the file's path, or `:memory:`.
    pub fn database(&self) -> Option<&str> {
        self.database.as_deref()
    }

    /// All options in order, a repeated name once for each value.
    pub fn options(&self) -> &[(String, String)] {
        &self.options
    }

    /// The last value of an option.
    pub fn option(&self, name: &str) -> Option<&str> {
        self.options.iter().rev().find(|(it, _)| it == name).map(|(_, value)| value.as_str())
    }

    /// All values of an option.
    pub fn option_values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.options.iter().filter(move |(it, _)| it == name).map(|(_, value)| value.as_str())
    }

    /// An error about this URL.
    pub fn error(&self, reason: impl Into<String>) -> Error {
        Error::Url(Box::new(UrlError { url: self.to_string(), reason: reason.into() }))
    }
}

fn parse(text: &str) -> Result<Url, String> {
    if text.contains('\0') {
        return Err("it contains a NUL character".into());
    }
    let (scheme, rest) = text
        .split_once(':')
        .ok_or("it should start with a driver's name and a colon, as `sqlite:file.db` does")?;
    let mut letters = scheme.chars();
    let valid = letters.next().is_some_and(|it| it.is_ascii_alphabetic())
        && letters.all(|it| it.is_ascii_alphanumeric() || matches!(it, '+' | '-' | '.' | '_'));
    if !valid {
        return Err("what stands before the first colon should be a driver's name: `sqlite`".into());
    }
    let (location, query) = match rest.split_once('?') {
        Some((location, query)) => (location, Some(query)),
        None => (rest, None),
    };
    let mut url = Url {
        scheme: scheme.to_ascii_lowercase(),
        user: None,
        password: None,
        host: None,
        port: None,
        database: None,
        options: parse_options(query.unwrap_or(""))?,
    };
    if url.scheme == "sqlite" || url.scheme.starts_with("sqlite+") {
        let path = location.strip_prefix("//").unwrap_or(location);
        if path.is_empty() {
            return Err("it names no file: write `sqlite:file.db` or `sqlite::memory:`".into());
        }
        url.database = Some(percent::decode(path, "path")?);
    } else {
        let location = location
            .strip_prefix("//")
            .ok_or_else(|| format!("`//` should follow `{scheme}:`, then host and database"))?;
        parse_server(&mut url, location)?;
    }
    Ok(url)
}

fn parse_server(url: &mut Url, location: &str) -> Result<(), String> {
    // A raw `/` in a password would end the authority, a raw `@` doesn't: the last one counts.
    let (authority, database) = match location.split_once('/') {
        Some((authority, database)) => (authority, Some(database)),
        None => (location, None),
    };
    let (credentials, server) = match authority.rsplit_once('@') {
        Some((credentials, server)) => (Some(credentials), server),
        None => (None, authority),
    };
    if let Some(credentials) = credentials {
        let (user, password) = match credentials.split_once(':') {
            Some((user, password)) => (user, Some(password)),
            None => (credentials, None),
        };
        url.user = Some(percent::decode(user, "user")?).filter(|it| !it.is_empty());
        url.password = password.map(|it| percent::decode(it, "password")).transpose()?;
    }
    let (host, port) = if let Some(rest) = server.strip_prefix('[') {
        let (host, port) = rest.split_once(']').ok_or("the IPv6 address has no closing `]`")?;
        if host.parse::<std::net::Ipv6Addr>().is_err() {
            return Err("what stands in `[]` is not an IPv6 address".into());
        }
        match port.strip_prefix(':') {
            Some(port) => (host, Some(port)),
            None if port.is_empty() => (host, None),
            None => return Err("only `:port` can follow the IPv6 address's `]`".into()),
        }
    } else {
        match server.split_once(':') {
            Some((_, port)) if port.contains(':') => {
                return Err("an IPv6 address should stand in `[]`".into());
            }
            Some((host, port)) => (host, Some(port)),
            None => (server, None),
        }
    };
    url.host = Some(percent::decode(host, "host")?).filter(|it| !it.is_empty());
    if let Some(port) = port {
        let digits = !port.is_empty() && port.bytes().all(|it| it.is_ascii_digit());
        let number = digits.then(|| port.parse().ok()).flatten();
        url.port = Some(number.ok_or("the port should be a number from 0 to 65535")?);
    }
    let database = database.filter(|it| !it.is_empty());
    url.database = database.map(|it| percent::decode(it, "database")).transpose()?;
    Ok(())
}

fn parse_options(query: &str) -> Result<Vec<(String, String)>, String> {
    query
        .split('&')
        .filter(|it| !it.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').ok_or_else(|| {
                // Anything else may be the rest of a password with a `?` in it.
                let word = pair.bytes().all(|it| it.is_ascii_lowercase() || it == b'_');
                let name = if word { pair } else { "option" };
                format!("behind `?` stand options and their values: write `{name}=value`")
            })?;
            Ok((percent::decode(name, "option")?, percent::decode(value, "option")?))
        })
        .collect()
}

/// A URL that may make no sense, with everything that could be a password left out.
fn mask(text: &str) -> String {
    let after_scheme =
        text.find("://").map(|at| at + 3).or_else(|| text.find(':').map(|at| at + 1));
    let (head, rest) = text.split_at(after_scheme.unwrap_or(0));
    let mut masked = head.to_owned();
    // Whatever the mistake is, the password ends at the last `@` at the latest.
    let rest = match rest.rfind('@') {
        Some(at) => {
            let user = rest[..at].split(':').next().unwrap_or("");
            masked.push_str(user);
            masked.push_str(if user.len() < at { ":***" } else { "" });
            &rest[at..]
        }
        None => rest,
    };
    let Some((location, query)) = rest.split_once('?') else { return masked + rest };
    masked.push_str(location);
    for (i, pair) in query.split('&').enumerate() {
        masked.push(if i == 0 { '?' } else { '&' });
        match pair.split_once('=') {
            Some((name, _)) if is_secret(name) => masked.extend([name, "=***"]),
            _ => masked.push_str(pair),
        }
    }
    masked
}

fn is_secret(option: &str) -> bool {
    let option = option.to_ascii_lowercase();
    ["pass", "pwd", "secret", "token"].iter().any(|it| option.contains(it))
}

/// The URL in its usual form, the password as `***`.
impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.scheme)?;
        let server = !self.scheme.starts_with("sqlite");
        if server {
            f.write_str("//")?;
            if self.user.is_some() || self.password.is_some() {
                f.write_str(&percent::encode(self.user.as_deref().unwrap_or(""), "/:@?#"))?;
                f.write_str(if self.password.is_some() { ":***@" } else { "@" })?;
            }
            match self.host.as_deref() {
                Some(host) if host.contains(':') => write!(f, "[{host}]")?,
                Some(host) => f.write_str(&percent::encode(host, "/:@?#"))?,
                None => {}
            }
            if let Some(port) = self.port {
                write!(f, ":{port}")?;
            }
        }
        if let Some(database) = &self.database {
            // Two leading slashes of a path would be read as the URL's own.
            let prefix = if server {
                "/"
            } else if database.starts_with('/') {
                "//"
            } else {
                ""
            };
            write!(f, "{prefix}{}", percent::encode(database, "?#"))?;
        }
        for (i, (name, value)) in self.options.iter().enumerate() {
            let value = if is_secret(name) { "***".into() } else { percent::encode(value, "&#") };
            let separator = if i == 0 { '?' } else { '&' };
            write!(f, "{separator}{}={value}", percent::encode(name, "&=#"))?;
        }
        Ok(())
    }
}

impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Url({self})")
    }
}

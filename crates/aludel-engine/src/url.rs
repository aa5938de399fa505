//! [`Url`]: where a database is, parsed by hand.
//!
//! By hand, because the usual crate brings thirty others along, and because SQLite's URLs
//! (`sqlite:file.db`) are no web addresses.

mod host;
mod options;
mod parse;
mod percent;
mod show;
#[cfg(test)]
mod tests;

pub use host::Host;
pub use options::{Unit, UrlOptions};

use crate::{Error, Result, UrlError};

/// Where a database is: `driver://user:password@host:port/database?option=value`.
///
/// There may be several hosts, to be tried in order (`host1:5432,host2`), or none (`postgres:///db`); an
/// IPv6 address stands in `[]`, and a Unix socket's path is percent-encoded (`%2Frun%2Fpostgresql`).
/// SQLite's forms are `sqlite::memory:`, `sqlite:file.db`, `sqlite://dir/file.db` (relative) and
/// `sqlite:///abs/file.db`. User, password, database, option names and values are percent-decoded;
/// [`Display`](std::fmt::Display) and [`Debug`] mask the password.
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
    hosts: Vec<Host>,
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
        let failed = |reason| Error::Url(Box::new(UrlError { url: show::mask(text), reason }));
        parse::parse(text).map_err(failed)
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

    /// The hosts in front of the database's name, in order; none if there is nothing. What the options
    /// `host` and `port` say counts for more: [`UrlOptions::hosts`] knows both.
    pub fn hosts(&self) -> &[Host] {
        &self.hosts
    }

    /// The first host's name, an IPv6 address without its brackets.
    pub fn host(&self) -> Option<&str> {
        self.hosts.first()?.name.as_deref()
    }

    /// The first host's port.
    pub fn port(&self) -> Option<u16> {
        self.hosts.first()?.port
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

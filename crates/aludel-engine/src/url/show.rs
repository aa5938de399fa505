//! How a URL is shown: the password never.

use std::fmt;

use super::{Url, percent};

/// A URL that may make no sense, with everything that could be a password left out.
pub(super) fn mask(text: &str) -> String {
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
            for (i, host) in self.hosts.iter().enumerate() {
                f.write_str(if i == 0 { "" } else { "," })?;
                write!(f, "{host}")?;
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

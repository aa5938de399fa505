//! The parts of a URL, taken apart.

use super::{Url, host, percent};

pub(super) fn parse(text: &str) -> Result<Url, String> {
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
        hosts: Vec::new(),
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
    if !server.is_empty() {
        url.hosts = host::parse_list(server)?;
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

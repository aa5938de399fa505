//! Which databases the suite runs on: what the environment says, or all that are built in.

use std::env::var;

use aludel::{Error, Result, driver};

use crate::{
    Database,
    spaces::{Files, Memory, Server},
};

/// A server, where it is looked for, and how it is started.
struct Known {
    name: &'static str,
    variable: &'static str,
    usual: &'static str,
}

const SERVERS: [Known; 3] = [
    Known {
        name: "postgres",
        variable: "ALUDEL_POSTGRES_URL",
        usual: "postgres://postgres@127.0.0.1:5432/postgres",
    },
    Known {
        name: "mariadb",
        variable: "ALUDEL_MARIADB_URL",
        usual: "mariadb://root@127.0.0.1:3306/mysql",
    },
    Known {
        name: "mysql",
        variable: "ALUDEL_MYSQL_URL",
        usual: "mysql://root@127.0.0.1:3306/mysql",
    },
];

/// The databases that the environment names.
///
/// # Errors
/// A message for people: one that is to be tested can't be.
pub(crate) fn databases() -> std::result::Result<Vec<Database>, String> {
    choose(var("ALUDEL_DATABASES").ok().as_deref(), |name| var(name).ok())
}

fn choose(
    wanted: Option<&str>,
    variable: impl Fn(&str) -> Option<String>,
) -> std::result::Result<Vec<Database>, String> {
    let wanted: Option<Vec<&str>> =
        wanted.map(|it| it.split(',').map(str::trim).filter(|it| !it.is_empty()).collect());
    let names = SERVERS.map(|it| it.name);
    let unknown = wanted.iter().flatten().find(|it| **it != "sqlite" && !names.contains(it));
    if let Some(unknown) = unknown {
        let names = names.join(", ");
        return Err(format!("ALUDEL_DATABASES: no `{unknown}`; there are sqlite, {names}"));
    }
    let is_wanted = |name: &str| wanted.as_ref().map(|it| it.contains(&name));
    let mut databases = Vec::new();
    if is_wanted("sqlite").unwrap_or(true) {
        let url = variable("ALUDEL_SQLITE_URL").unwrap_or_else(|| "sqlite:".into());
        let files = Files::new(&url).map_err(|it| format!("sqlite: no folder for files: {it}"))?;
        let text = |it: Error| format!("sqlite: {it}");
        databases.push(Database::new("sqlite", files).map_err(text)?);
        databases.push(Database::new("sqlite-memory", Memory).map_err(text)?);
    }
    for Known { name, variable: key, usual } in SERVERS {
        let given = variable(key);
        // MySQL shares MariaDB's port, so it is tested where somebody says where it is.
        let by_default = name != "mysql" || given.is_some();
        if !is_wanted(name).unwrap_or(by_default) {
            continue;
        }
        let url = given.unwrap_or_else(|| usual.into());
        let pooled = name == "postgres" && variable("ALUDEL_POSTGRES_POOLED").is_some();
        match server(name, &url, pooled) {
            Ok(database) => databases.push(database),
            Err(error) if is_wanted(name).is_none() && is_not_built_in(&error) => {}
            Err(error) => return Err(missing(name, key, &error)),
        }
    }
    if databases.is_empty() {
        Err("ALUDEL_DATABASES names no database".into())
    } else {
        Ok(databases)
    }
}

fn server(name: &str, url: &str, pooled: bool) -> Result<Database> {
    let server = if pooled { Server::pooled(url)? } else { Server::new(url)? };
    server.reach()?;
    Database::new(name, server)
}

fn is_not_built_in(error: &Error) -> bool {
    matches!(error, Error::Engine(it) if matches!(**it, driver::Error::NoSuchDriver(_)))
}

fn missing(name: &str, variable: &str, error: &Error) -> String {
    format!(
        "{name} is to be tested, and can't be: {error}\n\
         CONTRIBUTING.md says how to start it; {variable} says where it is; \
         ALUDEL_DATABASES=sqlite,… says which databases to test."
    )
}

#[cfg(test)]
mod tests {
    //! Nothing that should be tested is left out in silence.
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::choose;

    fn names(wanted: Option<&str>) -> Result<Vec<String>, String> {
        let nowhere = |name: &str| {
            let scheme = name.strip_prefix("ALUDEL_")?.strip_suffix("_URL")?.to_lowercase();
            (scheme != "sqlite" && scheme != "mysql")
                .then(|| format!("{scheme}://root@127.0.0.1:1/x"))
        };
        let names = choose(wanted, nowhere)?;
        Ok(names.iter().map(|it| it.name().to_owned()).collect())
    }

    #[test]
    fn what_is_named_is_tested() {
        assert_eq!(names(Some("sqlite")).unwrap(), ["sqlite", "sqlite-memory"]);
        assert!(names(Some("oracle")).unwrap_err().contains("no `oracle`"));
        assert!(names(Some(" ")).unwrap_err().contains("names no database"));
    }

    #[test]
    fn what_is_missing_fails() {
        for name in ["postgres", "mariadb"] {
            let error = names(Some(name)).unwrap_err();
            assert!(error.contains(name) && error.contains("CONTRIBUTING.md"), "{error}");
        }
    }
}

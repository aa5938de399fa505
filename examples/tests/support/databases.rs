//! The databases that the examples are tested on: an empty place on each, which goes with its value.

use std::{env::var, process};

use aludel::{
    blocking::{Engine, Session},
    driver, text,
};
use tempfile::TempDir;

/// An empty place on a database.
pub struct Database {
    pub name: &'static str,
    pub url: String,
    place: Place,
}

enum Place {
    File(TempDir),
    Server { engine: Engine, drop: String },
}

/// Every database that is built in, or those in `ALUDEL_DATABASES`. One whose server is missing fails the test.
pub fn databases(label: &str) -> Vec<Database> {
    let wanted = var("ALUDEL_DATABASES").ok();
    let is_wanted = |name: &str| {
        wanted.as_ref().map(|it| it.split(',').any(|it| it.trim() == name)).unwrap_or(true)
    };
    let mut databases = Vec::new();
    if is_wanted("sqlite") {
        databases.push(Database::file());
    }
    if is_wanted("postgres") {
        let usual = "postgres://postgres@127.0.0.1:5432/postgres";
        databases.extend(Database::server("postgres", label, "ALUDEL_POSTGRES_URL", usual));
    }
    if is_wanted("mariadb") {
        let usual = "mariadb://root@127.0.0.1:3306/mysql";
        databases.extend(Database::server("mariadb", label, "ALUDEL_MARIADB_URL", usual));
    }
    // MySQL shares MariaDB's port, so it is tested where somebody says where it is.
    let mysql = var("ALUDEL_MYSQL_URL").is_ok() || wanted.is_some();
    if is_wanted("mysql") && mysql {
        let usual = "mysql://root@127.0.0.1:3306/mysql";
        databases.extend(Database::server("mysql", label, "ALUDEL_MYSQL_URL", usual));
    }
    assert!(!databases.is_empty(), "ALUDEL_DATABASES names no database");
    databases
}

impl Database {
    fn file() -> Self {
        let folder = TempDir::new().unwrap();
        let url = format!("sqlite:{}", folder.path().join("test.db").display());
        Self { name: "sqlite", url, place: Place::File(folder) }
    }

    /// `None` if there is no driver in this build.
    fn server(name: &'static str, label: &str, variable: &str, usual: &str) -> Option<Self> {
        let url = var(variable).unwrap_or_else(|_| usual.into());
        let engine = match Engine::new(&url) {
            Ok(engine) => engine,
            Err(driver::Error::NoSuchDriver(_)) => return None,
            Err(error) => panic!("{variable}: {error}"),
        };
        let own = format!("aludel_{label}_{}", process::id());
        let (create, drop, url) = match name {
            "postgres" => (
                format!("CREATE SCHEMA {own}"),
                format!("DROP SCHEMA {own} CASCADE"),
                format!("{url}{}options=-csearch_path%3D{own}", separator(&url)),
            ),
            _ => (
                format!("CREATE DATABASE {own}"),
                format!("DROP DATABASE {own}"),
                with_database(&url, &own),
            ),
        };
        if let Err(error) = execute(&engine, create) {
            panic!(
                "{name} is to be tested, and can't be: {error}\nCONTRIBUTING.md says how to start \
                 it; {variable} says where it is; ALUDEL_DATABASES=sqlite,… which to test."
            );
        }
        Some(Self { name, url, place: Place::Server { engine, drop } })
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        match &self.place {
            Place::File(folder) => assert!(folder.path().exists()),
            Place::Server { engine, drop } => {
                if let Err(error) = execute(engine, drop.clone()) {
                    eprintln!("{}: {error}", self.name);
                }
            }
        }
    }
}

fn execute(engine: &Engine, sql: String) -> aludel::Result<()> {
    let mut session = Session::new(engine);
    session.execute(text(sql))?;
    session.commit()
}

fn separator(url: &str) -> char {
    if url.contains('?') { '&' } else { '?' }
}

/// The same URL with another database.
fn with_database(url: &str, name: &str) -> String {
    let (address, options) = url.split_at(url.find('?').unwrap_or(url.len()));
    let host = address.find("://").map_or(0, |it| it + 3);
    let end = address[host..].find('/').map_or(address.len(), |it| host + it);
    format!("{}/{name}{options}", &address[..end])
}

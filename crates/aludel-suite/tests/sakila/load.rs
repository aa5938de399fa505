//! The scripts, read into a database of the test's own by the server's own client, as anybody would.

use std::{
    fs,
    io::{ErrorKind, Write as _},
    path::Path,
    process::{Command, Stdio},
};

use aludel::driver::Url;

use crate::own::{MARIADB, Own, POSTGRES};

/// PostgreSQL's, with `psql`.
pub fn postgres(name: &str) -> Own {
    let own = Own::new(&POSTGRES, name);
    let mut client = Command::new("psql");
    client.args(["--no-psqlrc", "--quiet", "--output=/dev/null", "--set=ON_ERROR_STOP=1"]);
    client.arg(own.url().trim_end_matches('?'));
    let schema = file("jooq/postgres-sakila-schema.sql");
    let data = file("jooq/postgres-sakila-insert-data-using-copy.sql");
    feed(client, "postgresql-client", schema + &data);
    own
}

/// MariaDB's, with `mariadb`. The scripts make a database `sakila`; here it is called otherwise, so that
/// several tests have theirs. MariaDB passes over what is meant for MySQL 5.7.5 and later, though it knows
/// `GEOMETRY` as well: it shall read that, too.
pub fn mariadb(name: &str) -> Own {
    let own = Own::new(&MARIADB, name);
    let url = Url::parse(own.url()).unwrap();
    let mut client = Command::new("mariadb");
    let option = |name: &str, value: &str| format!("--{name}={value}");
    client.arg(option("host", url.host().unwrap_or("127.0.0.1")));
    client.arg(option("port", &url.port().unwrap_or(3306).to_string()));
    client.arg(option("user", url.user().unwrap_or("root")));
    client.arg("--default-character-set=utf8mb4");
    client.env("MYSQL_PWD", url.password().unwrap_or_default());
    let name = url.database().unwrap();
    let schema = file("mysql/sakila-mv-schema.sql")
        .replace("EXISTS sakila;", &format!("EXISTS {name};"))
        .replace("SCHEMA sakila;", &format!("SCHEMA {name};"))
        .replace("sakila.", &format!("{name}."));
    let script = (schema + &file("mysql/sakila-mv-data.sql"))
        .replace("USE sakila;", &format!("USE {name};"))
        .replace("/*!50705", "/*!50100");
    feed(client, "mariadb-client", script);
    own
}

/// A file of SQLite's, in a folder of its own.
pub struct OwnFile {
    pub url: String,
    _folder: tempfile::TempDir,
}

/// SQLite's, which is no program of its own.
pub fn sqlite() -> OwnFile {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sakila.db");
    let database = rusqlite::Connection::open(&path).unwrap();
    database.execute_batch(&file("jooq/sqlite-sakila-schema.sql")).unwrap();
    OwnFile { url: format!("sqlite:{}", path.display()), _folder: folder }
}

fn file(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sakila/data").join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Has a client execute a script, up to the first error.
fn feed(mut client: Command, package: &str, script: String) {
    let name = client.get_program().to_string_lossy().into_owned();
    let client = client.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut client = client.spawn().unwrap_or_else(|error| match error.kind() {
        ErrorKind::NotFound => {
            panic!("`{name}` isn't installed, which loads Sakila; on Debian it is in {package}")
        }
        _ => panic!("`{name}`: {error}"),
    });
    let mut input = client.stdin.take().unwrap();
    // A client that stops at an error closes its end: what it says about it is told below.
    let _ = input.write_all(script.as_bytes());
    drop(input);
    let output = client.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "`{name}` couldn't load Sakila: {said}");
}

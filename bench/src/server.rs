//! A PostgreSQL server, and a schema of our own on it: `ALUDEL_POSTGRES_URL`, or the usual local port.

use std::{env, process::Command};

use aludel::{EngineOptions, prelude::*};
use tokio::runtime::{Builder, Runtime};
use tokio_postgres::{Client, NoTls};

use crate::harness::Result;

/// Where the server is.
pub(crate) fn url() -> String {
    env::var("ALUDEL_POSTGRES_URL").unwrap_or_else(|_| {
        "postgres://postgres@127.0.0.1:5432/postgres?sslmode=disable".to_owned()
    })
}

/// A URL with one more option.
pub(crate) fn with(url: &str, option: &str) -> String {
    format!("{url}{}{option}", if url.contains('?') { '&' } else { '?' })
}

/// Whether the server answers.
///
/// # Errors
/// Why it doesn't.
pub(crate) fn reach() -> Result<()> {
    runtime()?.block_on(connect(&url())).map(drop)
}

fn runtime() -> Result<Runtime> {
    Ok(Builder::new_current_thread().enable_all().build()?)
}

async fn connect(url: &str) -> Result<Client> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

/// An engine with one connection, a raw client, and the runtime of both. All tables are in a schema that
/// goes with the place.
pub(crate) struct Place {
    pub(crate) runtime: Runtime,
    pub(crate) engine: Engine,
    pub(crate) raw: Client,
    /// The URL of both.
    pub(crate) url: String,
    schema: String,
}

impl Place {
    /// Makes the schema, and the tables in it.
    ///
    /// # Errors
    /// The server can't be reached, or refuses.
    pub(crate) fn new() -> Result<Self> {
        let runtime = runtime()?;
        let schema = format!("aludel_bench_{}", std::process::id());
        // What is measured is neither the disk nor the one who cleans up behind others.
        let settings = format!("-csearch_path%3D{schema}%20-csynchronous_commit%3Doff");
        let url = with(&url(), &format!("options={settings}"));
        let options = EngineOptions::new().pool_size(1).max_overflow(0);
        let (engine, raw) = runtime.block_on(async {
            let raw = connect(&url).await?;
            raw.batch_execute(&format!("CREATE SCHEMA {schema}")).await?;
            let engine = Engine::with_options(&url, options)?;
            Base::metadata().create_all(&engine).await?;
            Result::Ok((engine, raw))
        })?;
        Ok(Self { runtime, engine, raw, url, schema })
    }

    /// Puts the server's ends of both connections on the processor on which this process is pinned; if
    /// that isn't allowed, or impossible, they stay where they are.
    pub(crate) fn pin(&self) -> Result<()> {
        self.runtime.block_on(async {
            let ask = "SELECT pg_backend_pid()";
            let theirs: i32 = self.raw.query_one(ask, &[]).await?.try_get(0)?;
            let mut connection = self.engine.connect().await?;
            let ours = connection.fetch(text(ask).rows::<(i32,)>()).await?;
            for process in ours.iter().map(|it| it.0).chain([theirs]) {
                let mut taskset = Command::new("taskset");
                let _ = taskset.args(["-p", "-c", "0", &process.to_string()]).output();
            }
            Ok(())
        })
    }

    /// Executes statements on the raw side.
    pub(crate) fn execute(&self, sql: &str) -> Result<()> {
        Ok(self.runtime.block_on(self.raw.batch_execute(sql))?)
    }

    /// Fills `item`, as on the other database.
    pub(crate) fn fill(&self, rows: usize) -> Result<()> {
        self.execute(&format!(
            "INSERT INTO item (id, name, note)
             SELECT i, 'name of item ' || i, CASE WHEN i % 3 <> 0 THEN 'note on item ' || i END
             FROM generate_series(1, {rows}) AS i;
             ANALYZE item"
        ))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // After an error, the engine's connection may still hold locks: better a schema left behind
        // than a wait without an end.
        let drop = format!("SET lock_timeout = '5s'; DROP SCHEMA {} CASCADE", self.schema);
        if let Err(error) = self.execute(&drop) {
            eprintln!("the schema {} is left behind: {error}", self.schema);
        }
    }
}

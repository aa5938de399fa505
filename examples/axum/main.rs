//! A JSON service over the catalogue of the Chinook store: lists with eager loads, nested creation,
//! patches that notice each other, errors as statuses.
//!
//! `cargo run --release --example axum` serves it from a temporary file; `--url` names a database. Then
//!
//! ```text
//! curl 'localhost:3000/artists?limit=2'
//! curl localhost:3000/artists --json '{"name": "Aludel", "albums": [{"title": "First"}]}'
//! curl -X PATCH localhost:3000/albums/1 --json '{"title": "Again"}' -H 'If-Match: "1"'
//! ```
#![allow(missing_docs, unreachable_pub, reason = "a program has no readers of its documentation")]

#[path = "../chinook/csv_file.rs"]
mod csv_file;
mod json;
mod models;
mod problem;
mod seed;
mod service;

use aludel::prelude::*;
use lexopt::prelude::*;
use tokio::net::TcpListener;

/// Anything that keeps the service from starting.
pub type Error = Box<dyn std::error::Error>;
/// See [`Error`].
pub type Result<T> = std::result::Result<T, Error>;

const USAGE: &str = "\
cargo run --release --example axum -- [options]

  --url URL         the database's URL (default: a temporary SQLite file)
  --listen ADDRESS  where to listen (default: 127.0.0.1:3000)
";

#[tokio::main]
async fn main() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let mut url = format!("sqlite:{}", folder.path().join("store.db").display());
    let mut address = String::from("127.0.0.1:3000");
    let mut arguments = lexopt::Parser::from_env();
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("url") => url = arguments.value()?.string()?,
            Long("listen") => address = arguments.value()?.string()?,
            Short('h') | Long("help") => {
                print!("{USAGE}");
                return Ok(());
            }
            other => return Err(other.unexpected().into()),
        }
    }
    let engine = Engine::new(&url)?;
    seed::catalogue(&engine).await?;
    let listener = TcpListener::bind(&address).await?;
    println!("{} is served at http://{}", engine.url(), listener.local_addr()?);
    let stop = async { _ = tokio::signal::ctrl_c().await };
    axum::serve(listener, service::router(engine)).with_graceful_shutdown(stop).await?;
    Ok(())
}

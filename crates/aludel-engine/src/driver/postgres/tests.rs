//! What the driver does, on a real server: `ALUDEL_POSTGRES_URL`, or the usual local port.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod blocking;
mod cancel;
mod errors;
mod scripts;
mod streams;
#[cfg(feature = "rustls")]
mod tls;

use crate::{Engine, EngineOptions, blocking::Engine as BlockingEngine};

/// The server's URL.
fn url() -> String {
    std::env::var("ALUDEL_POSTGRES_URL")
        .unwrap_or_else(|_| "postgres://postgres@127.0.0.1:5432/postgres".into())
}

/// The same with an option more.
fn url_with(option: &str) -> String {
    let url = url();
    let separator = if url.contains('?') { '&' } else { '?' };
    format!("{url}{separator}{option}")
}

/// An engine whose tables are in a schema of this name, which is empty.
async fn engine(schema: &str) -> Engine {
    engine_with(schema, EngineOptions::new()).await
}

async fn engine_with(schema: &str, options: EngineOptions) -> Engine {
    let schema = format!("aludel_engine_{schema}");
    let admin = Engine::new(&url()).unwrap();
    let mut connection = admin.connect().await.expect("PostgreSQL runs: see CONTRIBUTING.md");
    connection.execute(format!("DROP SCHEMA IF EXISTS {schema} CASCADE")).await.unwrap();
    connection.execute(format!("CREATE SCHEMA {schema}")).await.unwrap();
    connection.commit().await.unwrap();
    Engine::with_options(&url_with(&format!("options=-csearch_path%3D{schema}")), options).unwrap()
}

/// The same for blocking programs.
fn blocking_engine(schema: &str) -> BlockingEngine {
    let schema = format!("aludel_engine_{schema}");
    let admin = BlockingEngine::new(&url()).unwrap();
    let mut connection = admin.connect().expect("PostgreSQL runs: see CONTRIBUTING.md");
    connection.execute(format!("DROP SCHEMA IF EXISTS {schema} CASCADE")).unwrap();
    connection.execute(format!("CREATE SCHEMA {schema}")).unwrap();
    connection.commit().unwrap();
    BlockingEngine::new(&url_with(&format!("options=-csearch_path%3D{schema}"))).unwrap()
}

//! A database of a test's own on a server, which goes with it.

use std::env::var;

use aludel::{
    EngineFace,
    blocking::{self, Engine},
    driver::{Params, Run, Statement, Step, Want, once},
};

/// A server: the variable that says where it is, and where it usually is.
pub(crate) struct Server {
    variable: &'static str,
    usual: &'static str,
}

pub(crate) const POSTGRES: Server = Server {
    variable: "ALUDEL_POSTGRES_URL",
    usual: "postgres://postgres@127.0.0.1:5432/postgres",
};
pub(crate) const MARIADB: Server =
    Server { variable: "ALUDEL_MARIADB_URL", usual: "mariadb://root@127.0.0.1:3306/mysql" };

/// A database of a test's own.
pub(crate) struct Own {
    server: Engine,
    name: String,
    url: String,
}

impl Own {
    pub(crate) fn new(server: &Server, name: &str) -> Self {
        let url = var(server.variable).unwrap_or_else(|_| server.usual.to_owned());
        let name = format!("aludel_{name}_{}", std::process::id());
        let server = Engine::new(&url).unwrap();
        execute(&server, &format!("CREATE DATABASE {name}"));
        let (start, options) = url.split_once('?').unwrap_or((&url, ""));
        let (start, _) = start.rsplit_once('/').unwrap();
        let url = format!("{start}/{name}?{options}");
        Self { server, name, url }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            execute(&self.server, &format!("DROP DATABASE {}", self.name));
        }
    }
}

/// Outside of a transaction.
pub(crate) fn execute(engine: &Engine, sql: &str) {
    let statement = Statement::once(sql.to_owned());
    let run = Run { statement, params: Params::none(), want: Want::Nothing };
    blocking::block_on(async {
        let mut connection = engine.core().checkout().await.unwrap();
        once(&mut *connection, [Step::Run(run)]).await.unwrap();
    });
}

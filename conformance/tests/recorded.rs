//! The recorded scenarios give the original's answers: statement for statement, or with fewer.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::env::var;

use aludel::{
    EngineFace as _,
    blocking::{Engine, block_on},
    driver::{self, Params, Run, Statement, Step, Want},
};
use aludel_conformance::{
    record,
    scenario::{Result, Scenario},
};

fn agree(database: &str, url: &str) {
    let mut told = String::new();
    for scenario in record::load(database).unwrap() {
        if let Some(difference) = first_difference(&scenario, url) {
            told.push_str(&format!("{}: {difference}\n", scenario.name));
        }
    }
    assert!(told.is_empty(), "{database}:\n{told}");
}

fn first_difference(scenario: &Scenario, url: &str) -> Option<String> {
    let difference = scenario.check(url, 3).unwrap().difference?;
    Some(format!("line {}: {difference:?}", difference.line + 1))
}

/// Runs code with a server's database of its own.
fn on_server(variable: &str, usual: &str, run: impl FnOnce(&str)) {
    let url = var(variable).unwrap_or_else(|_| usual.into());
    let name = format!("aludel_conformance_{}", std::process::id());
    let (server, _) = url.rsplit_once('/').unwrap();
    let engine = Engine::new(&url).unwrap();
    let command = |sql: String| {
        let statement = Statement::once(sql);
        let step = Step::Run(Run { statement, params: Params::none(), want: Want::Nothing });
        let done: Result<()> = block_on(async {
            let mut connection = engine.core().checkout().await?;
            Ok(driver::once(&mut *connection, [step]).await?)
        });
        done.unwrap();
    };
    command(format!("CREATE DATABASE {name}"));
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        run(&format!("{server}/{name}"));
    }));
    command(format!("DROP DATABASE {name}"));
    if let Err(panic) = outcome {
        std::panic::resume_unwind(panic);
    }
}

#[test]
fn on_sqlite() {
    agree("sqlite", "sqlite::memory:");
}

#[test]
fn on_postgres() {
    if is_wanted("postgres") {
        let usual = "postgres://postgres@127.0.0.1:5432/postgres";
        on_server("ALUDEL_POSTGRES_URL", usual, |url| agree("postgres", url));
    }
}

#[test]
fn on_mariadb() {
    if is_wanted("mariadb") {
        let usual = "mariadb://root@127.0.0.1:3306/mysql";
        on_server("ALUDEL_MARIADB_URL", usual, |url| agree("mariadb", url));
    }
}

/// What the environment says of the databases to test; all where it says nothing.
fn is_wanted(database: &str) -> bool {
    var("ALUDEL_DATABASES").map_or(true, |it| it.split(',').any(|it| it.trim() == database))
}

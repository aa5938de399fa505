//! MySQL and MariaDB for real: both drivers, on the servers that the environment names.
//!
//! `ALUDEL_MARIADB_URL` is the MariaDB server (`mariadb://root@127.0.0.1:3306/` if nothing is said),
//! `ALUDEL_MYSQL_URL` the MySQL server; without it, `mysql:` speaks to the MariaDB server.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bulk;
mod cancel;
mod connecting;
mod errors;
mod scripts;
mod stream;
#[cfg(feature = "rustls")]
mod tls;
mod transactions;
mod values;

use std::sync::atomic::{AtomicU32, Ordering};

use aludel_core::value::Value;

use crate::{
    Engine, EngineOptions, Result, Url, blocking,
    driver::{Begin, Control, Step, Want, scripts::*},
};

/// Both drivers: where each is to connect.
fn servers() -> [String; 2] {
    let mariadb = std::env::var("ALUDEL_MARIADB_URL");
    let mariadb = mariadb.unwrap_or_else(|_| "mariadb://root@127.0.0.1:3306/".to_owned());
    let mysql = std::env::var("ALUDEL_MYSQL_URL")
        .unwrap_or_else(|_| format!("mysql{}", mariadb.strip_prefix("mariadb").unwrap()));
    [mariadb, mysql]
}

/// A database of a test's own.
struct Scratch {
    server: String,
    name: String,
    url: String,
}

impl Scratch {
    /// One on each server.
    fn each() -> [Self; 2] {
        servers().map(Self::on)
    }

    fn mariadb() -> Self {
        let [server, _] = servers();
        Self::on(server)
    }

    fn on(server: String) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("aludel_mysql_{}_{number}", std::process::id());
        let (base, _) = server.rsplit_once('/').unwrap();
        let url = format!("{base}/{name}");
        let it = Self { server, name, url };
        it.administer(&format!("CREATE DATABASE {} CHARACTER SET utf8mb4", it.name));
        it
    }

    fn administer(&self, sql: &str) {
        let (server, sql) = (self.server.clone(), sql.to_owned());
        let done = std::thread::spawn(move || {
            let engine = blocking::Engine::new(&server).unwrap();
            let mut connection = engine.connect().unwrap();
            connection.execute(sql.as_str()).unwrap();
            connection.commit().unwrap();
        });
        done.join().unwrap();
    }

    /// The URL with something behind it.
    fn with(&self, options: &str) -> String {
        format!("{}?{options}", self.url)
    }

    fn engine(&self) -> Engine {
        Engine::with_options(&self.url, EngineOptions::new()).unwrap()
    }

    fn blocking(&self) -> blocking::Engine {
        blocking::Engine::new(&self.url).unwrap()
    }

    fn is_mariadb(&self) -> bool {
        self.url.starts_with("mariadb")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        self.administer(&format!("DROP DATABASE {}", self.name));
    }
}

/// A fixed sequence that looks like chance.
fn chance(seed: &mut u64) -> u64 {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    *seed
}

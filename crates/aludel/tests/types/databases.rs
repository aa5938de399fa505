//! The databases on which every type makes its round trip, and what each can't keep.
//!
//! They are chosen as the suite's are (`crates/aludel-suite/src/choice.rs`): a server whose driver is
//! built in and that doesn't answer fails the test.

use std::{
    env::var,
    ops::RangeInclusive,
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicU32, Ordering},
    },
};

use aludel::{
    EngineFace as _, EngineOptions,
    blocking::{Engine, block_on},
    driver::{self, Params, Run, Statement, Step, Want},
    value::{Scalar, SqlType},
};

/// A database.
#[derive(Clone)]
pub(crate) struct Database {
    url: String,
    /// Whether statements are prepared: behind PgBouncer they aren't.
    prepared: bool,
    /// The years that its dates may have.
    pub(crate) years: RangeInclusive<i32>,
    /// Whether text may hold a NUL.
    pub(crate) nul: bool,
    /// Whether -0.0 isn't 0.0.
    pub(crate) negative_zero: bool,
    /// Whether floating-point numbers may be infinite.
    pub(crate) infinite: bool,
    /// Types whose values aren't equal to what was kept of them.
    pub(crate) unequal: &'static [SqlType],
    /// Where it is, if it is on a server.
    _scratch: Option<Arc<Scratch>>,
}

/// A server, the feature of its driver, and where it is looked for.
struct Server {
    name: &'static str,
    is_built_in: bool,
    variable: &'static str,
    usual: &'static str,
}

const SERVERS: [Server; 3] = [
    Server {
        name: "postgres",
        is_built_in: cfg!(feature = "postgres"),
        variable: "ALUDEL_POSTGRES_URL",
        usual: "postgres://postgres@127.0.0.1:5432/postgres",
    },
    Server {
        name: "mariadb",
        is_built_in: cfg!(feature = "mysql"),
        variable: "ALUDEL_MARIADB_URL",
        usual: "mariadb://root@127.0.0.1:3306/mysql",
    },
    // MySQL shares MariaDB's port, so it is tested where somebody says where it is.
    Server {
        name: "mysql",
        is_built_in: cfg!(feature = "mysql"),
        variable: "ALUDEL_MYSQL_URL",
        usual: "mysql://root@127.0.0.1:3306/mysql",
    },
];

/// SQLite, and the servers.
pub(crate) fn databases() -> Vec<Database> {
    let wanted = var("ALUDEL_DATABASES").ok();
    let wanted = |name| wanted.as_ref().map(|it| it.split(',').any(|it| it.trim() == name));
    let mut all = Vec::new();
    if wanted("sqlite").unwrap_or(true) {
        all.push(Database {
            url: "sqlite::memory:".to_owned(),
            prepared: true,
            years: -200_000..=200_000,
            nul: true,
            negative_zero: false,
            infinite: true,
            unequal: &[],
            _scratch: None,
        });
    }
    for (index, server) in SERVERS.iter().enumerate() {
        let given = var(server.variable).ok();
        let by_default = server.is_built_in && (server.name != "mysql" || given.is_some());
        if wanted(server.name).unwrap_or(by_default) {
            let database =
                server.database(index, &given.unwrap_or_else(|| server.usual.to_owned()));
            if server.name == "postgres" {
                all.push(Database { prepared: false, ..database.clone() });
            }
            if server.name != "postgres" || var("ALUDEL_POSTGRES_POOLED").is_err() {
                all.push(database);
            }
        }
    }
    all
}

impl Server {
    fn database(&self, index: usize, url: &str) -> Database {
        let scratch = Scratch::get(index, url);
        let url = scratch.url.clone();
        match self.name {
            "postgres" => Database {
                url,
                prepared: true,
                years: -4712..=200_000,
                nul: false,
                negative_zero: true,
                infinite: true,
                unequal: &[],
                _scratch: Some(scratch),
            },
            _ => Database {
                url,
                prepared: true,
                years: 0..=9999,
                nul: true,
                negative_zero: false,
                infinite: false,
                // A 4-byte number is compared as the 8-byte one that it is nearest to.
                unequal: &[SqlType::Float],
                _scratch: Some(scratch),
            },
        }
    }
}

/// A database on a server for the tests that run at the same time; the last of them drops it.
struct Scratch {
    server: String,
    name: String,
    url: String,
}

impl Scratch {
    fn get(index: usize, server: &str) -> Arc<Self> {
        static MADE: Mutex<[Weak<Scratch>; SERVERS.len()]> =
            Mutex::new([const { Weak::new() }; SERVERS.len()]);
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(scratch) = made[index].upgrade() {
            return scratch;
        }
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("aludel_types_{}_{number}", std::process::id());
        let (address, options) = server.split_at(server.find('?').unwrap_or(server.len()));
        let (address, _) = address.rsplit_once('/').unwrap();
        let url = format!("{address}/{name}{options}");
        let scratch = Arc::new(Self { server: server.to_owned(), name, url });
        // Texts are equal where they are the same, as on the other databases.
        let collation = if server.starts_with("postgres") {
            ""
        } else {
            " CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"
        };
        scratch.administer(&format!("CREATE DATABASE {}{collation}", scratch.name));
        made[index] = Arc::downgrade(&scratch);
        scratch
    }

    /// Executes a statement outside of any transaction.
    fn administer(&self, sql: &str) {
        let statement = Statement::once(sql.to_owned());
        let run = Run { statement, params: Params::none(), want: Want::Nothing };
        let options = EngineOptions::new().prepared_statements(false);
        let engine = Engine::with_options(&self.server, options).unwrap();
        let done = block_on(async {
            let mut connection = engine.core().checkout().await?;
            driver::once(&mut *connection, vec![Step::Run(run)]).await
        });
        if let Err(error) = done {
            panic!("{}: {error}: CONTRIBUTING.md says how to start it", self.server);
        }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let force = if self.server.starts_with("postgres") { " WITH (FORCE)" } else { "" };
        self.administer(&format!("DROP DATABASE {}{force}", self.name));
    }
}

impl Database {
    pub(crate) fn engine(&self) -> Engine {
        let options = EngineOptions::new().prepared_statements(self.prepared);
        Engine::with_options(&self.url, options).unwrap()
    }

    /// Whether it has no columns of this type.
    pub(crate) fn lacks<T: Scalar>(&self, engine: &Engine) -> bool {
        let types = engine.dialect().capability().types;
        match T::TYPE {
            SqlType::Array(_) => !types.arrays,
            SqlType::Range(_) => !types.ranges,
            SqlType::TsVector => !types.text_search,
            _ => false,
        }
    }

    /// Whether a value equals what was kept of it.
    pub(crate) fn compares<T: Scalar>(&self) -> bool {
        !self.unequal.contains(&T::TYPE)
    }

    /// The years that both this database and a date crate know.
    pub(crate) fn years(&self, of: RangeInclusive<i32>) -> RangeInclusive<i32> {
        *self.years.start().max(of.start())..=*self.years.end().min(of.end())
    }
}

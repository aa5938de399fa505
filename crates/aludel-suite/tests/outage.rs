//! Servers that stop under a pool, and come back: whoever was at work is told, nobody waits for longer
//! than the time-outs, nothing is half-written, and the same engine goes on without being told.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(missing_docs, reason = "a test's models speak for themselves")]

use std::{
    net::TcpListener,
    path::PathBuf,
    process::Command,
    sync::atomic::{AtomicI64, Ordering},
    thread,
    time::{Duration, Instant},
};

use aludel::{EngineOptions, Error, Kind, blocking, prelude::*};
use tokio::runtime::Runtime;

#[derive(Mapped)]
#[table("account")]
pub struct Account {
    #[column(primary_key)]
    pub id: i64,
    pub cents: i64,
}

#[derive(Mapped)]
#[table("transfer")]
pub struct Transfer {
    #[column(primary_key)]
    pub id: Auto<i64>,
    pub writer: i64,
}

const CENTS: i64 = 1_000_000;

/// PostgreSQL and MariaDB of the test's own, which `.ci/servers` starts.
struct Servers {
    base: PathBuf,
    port: u16,
}

impl Servers {
    fn new() -> Self {
        let base = std::env::temp_dir().join(format!("aludel-outage-{}", std::process::id()));
        let is_free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
        // Below those that the system gives to whoever connects.
        let first = 20_000 + (std::process::id() % 4_000) as u16 * 2;
        let port = (first..32_000).step_by(2).find(|it| is_free(it) && is_free(&(it + 1))).unwrap();
        Self { base, port }
    }

    /// What the script says.
    fn script(&self, command: &str) -> String {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../.ci/servers");
        let mut run = Command::new(script);
        let run = run.arg(command).env("ALUDEL_SERVERS", &self.base);
        let output = run.env("ALUDEL_PORTS", self.port.to_string()).output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "`.ci/servers {command}` failed: {errors}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Starts what doesn't run; where both are.
    fn start(&self) -> [String; 2] {
        let said = self.script("start");
        ["ALUDEL_POSTGRES_URL=", "ALUDEL_MARIADB_URL="].map(|variable| {
            let line = said.lines().find_map(|it| it.split_once(variable));
            line.expect("the script says where they are").1.to_owned()
        })
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        if self.base.exists() && !thread::panicking() {
            self.script("stop");
        } else if self.base.exists() {
            let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| self.script("stop")));
        }
    }
}

/// One of the servers, and who works with it.
struct Site {
    blocking: blocking::Engine,
    engine: Engine,
    /// Pools that nobody uses while the server is away: one trusts its connections, one asks them.
    trusting: blocking::Engine,
    asking: blocking::Engine,
    committed: [AtomicI64; 2],
}

/// What the work of one site ended with.
struct Ends {
    writers: [Error; 2],
    sleeper: aludel::driver::Error,
}

fn options() -> EngineOptions {
    let second = Duration::from_secs(1);
    EngineOptions::new().pool_size(4).connect_timeout(2 * second).checkout_timeout(2 * second)
}

/// Several connections that wait in the pool.
fn fill(engine: &blocking::Engine) {
    let connections: Vec<_> = (0..4).map(|_| engine.connect().unwrap()).collect();
    for mut connection in connections {
        connection.query("SELECT 1").unwrap();
    }
}

impl Site {
    fn new(runtime: &Runtime, url: &str) -> Self {
        let _within = runtime.enter();
        let admin = blocking::Engine::new(url).unwrap();
        let mut connection = admin.connect().unwrap();
        // What is committed has been written, as on servers that have something to lose.
        let durable = match admin.dialect().name() {
            "postgres" => "ALTER ROLE postgres SET synchronous_commit = on",
            _ => "SET GLOBAL innodb_flush_log_at_trx_commit = 1",
        };
        thread::scope(|scope| {
            let work = scope.spawn(|| {
                connection.execute(durable).unwrap();
                connection.commit().unwrap();
                Base::metadata().create_all(&admin).unwrap();
                let mut session = blocking::Session::new(&admin);
                session.add_all((1..=3).map(|id| Account { id, cents: CENTS }));
                session.commit().unwrap();
            });
            work.join().unwrap();
        });
        let blocking = |options| blocking::Engine::with_options(url, options).unwrap();
        let engine = Engine::with_options(url, options()).unwrap();
        Self {
            engine,
            blocking: blocking(options()),
            trusting: blocking(options()),
            asking: blocking(options().pre_ping(true)),
            committed: Default::default(),
        }
    }

    /// Moves one cent from one account to the other, and notes who did it.
    fn transfer(&self) -> aludel::Result<()> {
        let mut session = blocking::Session::new(&self.blocking);
        let stmt = select(Account).filter(Account.id.in_([1, 2])).order_by(Account.id);
        let accounts = session.scalars(stmt.with_for_update(ForUpdate::new())).all()?;
        accounts[0].borrow_mut().cents -= 1;
        session.flush()?;
        accounts[1].borrow_mut().cents += 1;
        session.add(Transfer::builder().writer(0));
        session.commit()
    }

    async fn async_transfer(&self) -> aludel::Result<()> {
        let mut session = Session::new(&self.engine);
        let stmt = select(Account).filter(Account.id.in_([1, 2])).order_by(Account.id);
        let accounts = session.scalars(stmt.with_for_update(ForUpdate::new())).all().await?;
        accounts[0].borrow_mut().cents -= 1;
        session.flush().await?;
        accounts[1].borrow_mut().cents += 1;
        session.add(Transfer::builder().writer(1));
        session.commit().await
    }

    /// Works until the server is gone.
    fn work(&self, runtime: &Runtime) -> Ends {
        thread::scope(|scope| {
            let writer = scope.spawn(|| {
                loop {
                    match self.transfer() {
                        Ok(()) => self.committed[0].fetch_add(1, Ordering::SeqCst),
                        Err(error) => return error,
                    };
                }
            });
            let other = scope.spawn(|| {
                runtime.block_on(async {
                    loop {
                        match self.async_transfer().await {
                            Ok(()) => self.committed[1].fetch_add(1, Ordering::SeqCst),
                            Err(error) => return error,
                        };
                    }
                })
            });
            let sleeper = scope.spawn(|| {
                let postgres = self.blocking.dialect().name() == "postgres";
                let sleep = if postgres { "SELECT pg_sleep(60)" } else { "SELECT SLEEP(60)" };
                let mut connection = self.blocking.connect().unwrap();
                connection.query(sleep).map(drop).unwrap_err()
            });
            let writers = [writer, other].map(|it| it.join().unwrap());
            Ends { writers, sleeper: sleeper.join().unwrap() }
        })
    }

    fn is_at_work(&self) -> bool {
        let done = self.committed.iter().all(|it| it.load(Ordering::SeqCst) >= 20);
        done && self.blocking.status().out >= 2
    }

    /// Nobody answers: that is said, and soon.
    fn while_it_is_away(&self, runtime: &Runtime) {
        let soon = |act: &dyn Fn() -> aludel::Result<()>| {
            let started = Instant::now();
            let error = act().unwrap_err();
            assert!(started.elapsed() < Duration::from_secs(15), "{:?}", started.elapsed());
            let kinds = [Kind::ConnectionRefused, Kind::ConnectionLost];
            assert!(error.kind().is_some_and(|it| kinds.contains(&it)), "{error}");
            error.kind()
        };
        let blocking: Vec<_> = (0..6).map(|_| soon(&|| self.transfer())).collect();
        let async_ = (0..6).map(|_| soon(&|| runtime.block_on(self.async_transfer())));
        for kinds in [blocking, async_.collect()] {
            // One connection's death is enough to know of.
            let lost = kinds.iter().filter(|it| **it == Some(Kind::ConnectionLost)).count();
            assert!(lost <= 1 && kinds[5] == Some(Kind::ConnectionRefused), "{kinds:?}");
        }
    }

    fn afterwards(&self, runtime: &Runtime) {
        let read = |engine: &blocking::Engine| {
            let mut session = blocking::Session::new(engine);
            session.scalars(select(Account.id).order_by(Account.id)).all()
        };
        for _ in 0..6 {
            assert_eq!(read(&self.asking).unwrap(), [1, 2, 3]);
        }
        let errors: Vec<_> = (0..6).filter_map(|_| read(&self.trusting).err()).collect();
        assert!(errors.len() <= 1, "{errors:?}");
        assert!(errors.iter().all(is_lost), "{errors:?}");
        // All of a transfer is there, or nothing; a commit without an answer may be either.
        let mut session = blocking::Session::new(&self.blocking);
        let cents = select(Account.cents).order_by(Account.id);
        let cents: Vec<i64> = session.scalars(cents).all().unwrap();
        let mut moved = 0;
        for (writer, committed) in self.committed.iter().enumerate() {
            let count = select(func::count_all()).select_from(Transfer);
            let count = session.scalars(count.filter(Transfer.writer.eq(writer as i64)));
            let (count, committed) = (count.one().unwrap(), committed.load(Ordering::SeqCst));
            assert!([0, 1].contains(&(count - committed)), "{count} of {committed}");
            moved += count;
        }
        assert_eq!(cents[..2], [CENTS - moved, CENTS + moved]);
        session.close().unwrap();
        for _ in 0..6 {
            self.transfer().unwrap();
            runtime.block_on(self.async_transfer()).unwrap();
        }
        for status in [self.blocking.status(), self.engine.status()] {
            assert_eq!(status.out, 0, "{status:?}");
        }
    }
}

fn is_lost(error: &Error) -> bool {
    error.kind() == Some(Kind::ConnectionLost)
}

#[test]
fn servers_that_stop_and_come_back() {
    let servers = Servers::new();
    let urls = servers.start();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let sites = urls.each_ref().map(|it| Site::new(&runtime, it));
    for site in &sites {
        [&site.trusting, &site.asking, &site.blocking].into_iter().for_each(fill);
    }
    // In the middle of a transaction, and nothing under way.
    let mut sessions = sites.each_ref().map(|site| {
        let mut session = blocking::Session::new(&site.blocking);
        let account = session.get_one(Account, 3).unwrap();
        account.borrow_mut().cents = 0;
        session.flush().unwrap();
        (session, account)
    });
    let ends = thread::scope(|scope| {
        let runtime = &runtime;
        let at_work = sites.each_ref().map(|site| scope.spawn(|| site.work(runtime)));
        let started = Instant::now();
        while !sites.iter().all(Site::is_at_work) {
            assert!(started.elapsed() < Duration::from_secs(60), "nobody works");
            thread::sleep(Duration::from_millis(5));
        }
        servers.script("crash");
        at_work.map(|it| it.join().unwrap())
    });
    for Ends { writers, sleeper } in &ends {
        assert_eq!(sleeper.kind(), Some(Kind::ConnectionLost), "{sleeper}");
        for error in writers {
            // Between two transactions, somebody who connects is refused.
            let kinds = [Kind::ConnectionRefused, Kind::ConnectionLost];
            assert!(error.kind().is_some_and(|it| kinds.contains(&it)), "{error}");
        }
    }
    for (session, account) in &mut sessions {
        let error = session.commit().unwrap_err();
        assert!(is_lost(&error), "{error}");
        session.rollback().unwrap();
        assert_eq!(account.borrow().cents, CENTS);
    }
    sites.iter().for_each(|it| it.while_it_is_away(&runtime));
    assert_eq!(servers.start(), urls);
    sites.iter().for_each(|it| it.afterwards(&runtime));
    for (session, account) in &mut sessions {
        session.fresh(account).unwrap();
        assert_eq!(account.borrow().cents, CENTS);
        account.borrow_mut().cents = 7;
        session.commit().unwrap();
    }
}

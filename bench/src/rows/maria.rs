//! The rows on MariaDB, against its raw client: `ALUDEL_MARIADB_URL`, or the usual local port.

use std::time::Duration;

use aludel::{EngineOptions, prelude::*};
use mysql_async::{Conn, Opts, Params, Value, prelude::Queryable};
use tokio::runtime::{Builder, Runtime};

use super::Row;
use crate::{
    fixture::PlainItem,
    harness::{Options, Result, duel, time},
    models::Item,
    report::Verdict,
};

pub(super) const LOAD: Row = Row {
    name: "maria-load",
    about: "MariaDB: load 100,000 rows as objects, and drop them",
    run: load,
    probe: None,
};

pub(super) const INSERT: Row = Row {
    name: "maria-insert",
    about: "MariaDB: flush 100,000 new objects with generated keys",
    run: insert,
    probe: None,
};

const ROWS: usize = 100_000;

/// Rows of one statement by hand.
const CHUNK: usize = 1_000;

/// An engine with one connection, a raw client, and the runtime of both, in a database of their own.
struct Place {
    runtime: Runtime,
    engine: Engine,
    raw: Conn,
    name: String,
}

impl Place {
    fn new() -> Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let url = std::env::var("ALUDEL_MARIADB_URL")
            .unwrap_or_else(|_| "mariadb://root@127.0.0.1:3306/mysql".to_owned());
        let (server, _) = url.rsplit_once('/').ok_or("the URL names no database")?;
        let name = format!("aludel_bench_{}", std::process::id());
        let (engine, raw) = runtime.block_on(async {
            let options = EngineOptions::new().pool_size(1).max_overflow(0);
            let admin =
                format!("mysql{}/?prefer_socket=false", server.trim_start_matches("mariadb"));
            let mut raw = Conn::new(Opts::from_url(&admin)?).await?;
            raw.query_drop(format!("CREATE DATABASE {name}")).await?;
            raw.query_drop(format!("USE {name}")).await?;
            raw.query_drop("SET NAMES utf8mb4").await?;
            let engine = Engine::with_options(&format!("{server}/{name}"), options)?;
            Base::metadata().create_all(&engine).await?;
            Result::Ok((engine, raw))
        })?;
        Ok(Self { runtime, engine, raw, name })
    }

    fn execute(&mut self, sql: &str) -> Result<()> {
        Ok(self.runtime.block_on(self.raw.query_drop(sql))?)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.engine.dispose();
        let drop = format!("DROP DATABASE {}", self.name);
        if let Err(error) =
            self.execute("SET lock_wait_timeout = 5").and_then(|()| self.execute(&drop))
        {
            eprintln!("the database {} is left behind: {error}", self.name);
        }
    }
}

fn load(options: Options) -> Result<Vec<Verdict>> {
    let mut place = Place::new()?;
    place.execute(&format!(
        "INSERT INTO item (id, name, note) SELECT seq, concat('name of item ', seq), \
         if(seq % 3 <> 0, concat('note on item ', seq), NULL) FROM seq_1_to_{ROWS}"
    ))?;
    let Place { runtime, engine, raw, .. } = &mut place;
    let query = "SELECT id, name, note FROM item";
    let load = duel(
        options,
        || {
            let (time, ()) = time(|| {
                runtime.block_on(async {
                    let rows: Vec<(i64, String, Option<String>)> = raw.exec(query, ()).await?;
                    let items: Vec<PlainItem> = rows
                        .into_iter()
                        .map(|(id, name, note)| PlainItem { id, name, note })
                        .collect();
                    checked(items.len())
                })
            })?;
            Ok(time)
        },
        || {
            let (time, ()) = time(|| {
                runtime.block_on(async {
                    let mut session = Session::new(engine);
                    let items: Vec<Obj<Item>> = session.scalars(select(Item)).all().await?;
                    checked(items.len())
                })
            })?;
            Ok(time)
        },
    )?;
    Ok(vec![load.verdict("load 100,000 rows and drop them", ROWS, 1.25)])
}

fn insert(options: Options) -> Result<Vec<Verdict>> {
    let mut place = Place::new()?;
    let empty = "TRUNCATE item";
    let Place { runtime, engine, raw, .. } = &mut place;
    let raw = std::cell::RefCell::new(raw);
    let flush = duel(
        options,
        || {
            let mut raw = raw.borrow_mut();
            runtime.block_on(raw.query_drop(empty))?;
            let items = (0..ROWS).map(plain).collect();
            time(|| runtime.block_on(by_hand(&mut raw, items))).map(|it| it.0)
        },
        || {
            runtime.block_on(raw.borrow_mut().query_drop(empty))?;
            runtime.block_on(ours(engine))
        },
    )?;
    Ok(vec![flush.verdict("flush 100,000 new objects", ROWS, 1.3)])
}

fn plain(number: usize) -> PlainItem {
    PlainItem { id: 0, name: format!("name of item {number}"), note: note(number) }
}

fn note(number: usize) -> Option<String> {
    (!number.is_multiple_of(3)).then(|| format!("note on item {number}"))
}

/// A prepared statement of many rows, within one transaction.
async fn by_hand(raw: &mut Conn, mut items: Vec<PlainItem>) -> Result<()> {
    let rows = vec!["(?, ?)"; CHUNK].join(", ");
    let statement =
        raw.prep(format!("INSERT INTO item (name, note) VALUES {rows} RETURNING id")).await?;
    raw.query_drop("BEGIN").await?;
    let mut keys: Vec<i64> = Vec::with_capacity(items.len());
    for items in items.chunks(CHUNK) {
        let mut values: Vec<Value> = Vec::with_capacity(2 * CHUNK);
        for item in items {
            values.push(item.name.as_str().into());
            values.push(item.note.as_deref().into());
        }
        keys.extend(raw.exec::<i64, _, _>(&statement, Params::Positional(values)).await?);
    }
    raw.query_drop("COMMIT").await?;
    keys.sort_unstable();
    items.iter_mut().zip(keys).for_each(|(item, key)| item.id = key);
    checked(items.iter().filter(|it| it.id > 0).count())
}

/// How long the flush takes, and the commit.
async fn ours(engine: &Engine) -> Result<Duration> {
    let mut session = Session::new(engine);
    let items: Vec<Obj<Item>> = (0..ROWS)
        .map(|number| {
            let name = format!("name of item {number}");
            session.add(Item { id: Auto::default(), name, note: note(number) })
        })
        .collect();
    let start = std::time::Instant::now();
    session.commit().await?;
    let flushed = start.elapsed();
    let last = items.last().and_then(|it| it.borrow().id.get().copied());
    checked(last.unwrap_or_default() as usize)?;
    Ok(flushed)
}

fn checked(found: usize) -> Result<()> {
    if found == ROWS { Ok(()) } else { Err(format!("{found} instead of {ROWS}").into()) }
}

//! The budgets of ARCHITECTURE.md, measured: raw drivers and Aludel do the same work by turns in one
//! run, and a broken budget is an exit code.

mod child;
mod fixture;
mod harness;
mod models;
mod report;
mod rows;
mod server;
mod store;
#[path = "../../crates/aludel/tests/support/wire.rs"]
#[allow(unreachable_pub, reason = "it is written for a test")]
mod wire;

use std::process::ExitCode;

use harness::{Options, Result};
use lexopt::prelude::*;
use rows::{MARIA_ROWS, PEER_ROWS, ROWS, Row, SERVER_ROWS};

const USAGE: &str = "\
cargo run --profile bench -p aludel-bench -- [options]

  --only ROW   one row of the table (may be repeated); `pg-` rows need a PostgreSQL server:
               ALUDEL_POSTGRES_URL, or the usual local port; `maria-` rows, which are measured
               only if they are named, a MariaDB server: ALUDEL_MARIADB_URL, or its usual port
               `peers` builds other mappers first and is measured only if it is named
  --rounds N   measured rounds, an odd number of at least 5 (default 7)
  --long       full size where the usual run takes a shorter form
  --json       one JSON object a line
  --list       the rows' names
";

struct Arguments {
    options: Options,
    only: Vec<String>,
    json: bool,
    list: bool,
    probe: Option<(String, Vec<String>)>,
}

fn arguments() -> Result<Arguments> {
    let mut it = Arguments {
        options: Options { rounds: 7, long: false },
        only: Vec::new(),
        json: false,
        list: false,
        probe: None,
    };
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("only") => it.only.push(parser.value()?.string()?),
            Long("rounds") => it.options.rounds = parser.value()?.parse::<usize>()?.max(5) | 1,
            Long("long") => it.options.long = true,
            Long("json") => it.json = true,
            Long("list") => it.list = true,
            // How this program calls itself where a row needs a process of its own.
            Long("probe") => {
                let mut values = parser.values()?.map(ValueExt::string);
                let row = values.next().ok_or("--probe needs a row")??;
                it.probe = Some((row, values.collect::<std::result::Result<_, _>>()?));
            }
            Short('h') | Long("help") => {
                print!("{USAGE}");
                it.list = true;
            }
            other => return Err(other.unexpected().into()),
        }
    }
    Ok(it)
}

fn run() -> Result<bool> {
    let arguments = arguments()?;
    if let Some((name, rest)) = &arguments.probe {
        let probe = find(name)?.probe.ok_or("this row has no probe")?;
        let numbers: Vec<String> = probe(rest)?.iter().map(f64::to_string).collect();
        println!("{}", numbers.join(" "));
        return Ok(true);
    }
    if arguments.list {
        all().for_each(|row| println!("{:<11} {}", row.name, row.about));
        return Ok(true);
    }
    let chosen = match arguments.only.is_empty() {
        true => found(),
        false => arguments.only.iter().map(|name| find(name)).collect::<Result<Vec<_>>>()?,
    };
    if !arguments.json {
        println!("profile: {}; {} rounds, medians (min–max)", profile(), arguments.options.rounds);
    }
    let mut kept = true;
    for row in chosen {
        for verdict in
            (row.run)(arguments.options).map_err(|error| format!("{}: {error}", row.name))?
        {
            kept &= verdict.holds();
            println!(
                "{}",
                if arguments.json { verdict.json(row.name) } else { verdict.line(row.name) }
            );
        }
    }
    Ok(kept)
}

fn all() -> impl Iterator<Item = &'static Row> {
    ROWS.iter().chain(&SERVER_ROWS).chain(&MARIA_ROWS).chain(&PEER_ROWS)
}

/// The rows that can be measured here.
fn found() -> Vec<&'static Row> {
    match server::reach() {
        Ok(()) => ROWS.iter().chain(&SERVER_ROWS).collect(),
        Err(error) => {
            eprintln!("the rows on PostgreSQL are left out: {error}");
            ROWS.iter().collect()
        }
    }
}

fn find(name: &str) -> Result<&'static Row> {
    let row = all().find(|row| row.name == name);
    row.ok_or_else(|| format!("there is no row `{name}`; --list shows them").into())
}

/// Which profile this program was built with. Only one of them is judged by its exit code alone, but
/// the ratios of the others are worth a look.
fn profile() -> &'static str {
    match env!("BENCH_PROFILE") {
        "bench" => "bench",
        "release" => "release (budgets are stated for `--profile bench`)",
        _ => "dev (budgets are stated for `--profile bench`)",
    }
}

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => {
            eprintln!("a budget is broken");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

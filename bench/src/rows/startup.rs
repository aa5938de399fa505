//! A program that starts: checking its mapped structs and writing the script of `create_all`, beside what
//! the database needs to run that script.

use std::{env, process::Command};

use super::Row;
use crate::{
    harness::{Options, Result, median},
    report::Verdict,
};

pub(super) const ROW: Row = Row {
    name: "startup",
    about: "programs of 30 and 300 mapped structs: configure and script, over running it on SQLite",
    run,
    probe: None,
};

/// How the time may grow with the number of structs: as the number, but for noise.
const MOST_EXPONENT: f64 = 1.1;

/// Of the time that the script takes.
const MOST_SHARE: f64 = 0.1;

/// Optimizing hundreds of mapped structs takes minutes, so the two programs whose times are compared leave them as
/// they are, which makes both slower.
const PLAIN: [&str; 2] = ["--profile", "release"];

/// As the other rows are built: the structs are optimized, too, as one whole with the rest.
const WHOLE: [&str; 4] =
    ["--profile", "bench", "--config", "profile.bench.package.aludel-bench-startup.opt-level=3"];

/// What a program does once is measured once in a program.
const STARTS: usize = 5;

/// Nanoseconds of one start.
struct Start {
    configure: f64,
    script: f64,
    run: f64,
}

impl Start {
    fn ours(&self) -> f64 {
        self.configure + self.script
    }
}

fn run(options: Options) -> Result<Vec<Verdict>> {
    let programs = [
        program("startup_30", &PLAIN)?,
        program("startup_300", &PLAIN)?,
        program("startup_30", &WHOLE)?,
    ];
    let mut starts = [const { Vec::new() }; 3];
    for _ in 0..options.rounds * STARTS {
        for (program, starts) in programs.iter().zip(&mut starts) {
            starts.push(start(program)?);
        }
    }
    let [few, many, whole] = &starts;
    let of = |starts: &[Start], what: fn(&Start) -> f64| median(starts.iter().map(what));
    let exponent = (of(many, Start::ours) / of(few, Start::ours)).log10();
    let describe = |starts: &[Start]| {
        format!(
            "configure {:.0} µs, script {:.0} µs, running it {:.0} µs",
            of(starts, |it| it.configure) / 1e3,
            of(starts, |it| it.script) / 1e3,
            of(starts, |it| it.run) / 1e3,
        )
    };
    let share = |what, starts: &[Start]| {
        let share = of(starts, |it| it.ours() / it.run);
        Verdict::ratio(what, share, MOST_SHARE, describe(starts))
    };
    Ok(vec![
        Verdict::count("from 30 to 300 structs: exponent", exponent, MOST_EXPONENT, String::new()),
        share("30 structs", whole),
        share("300 structs, which the compiler left as they are", many),
    ])
}

/// Builds one of the programs, and says where it is.
fn program(name: &str, how: &[&str]) -> Result<String> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["build", "--quiet", "--message-format", "json", "--package", "aludel-bench-startup"])
        .args(["--bench", name])
        .args(how)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    let messages = String::from_utf8(output.stdout)?;
    let path = messages
        .lines()
        .rev()
        .find_map(|it| it.split_once("\"executable\":\"")?.1.split('"').next());
    path.map(str::to_owned).ok_or_else(|| format!("cargo built no {name}").into())
}

fn start(program: &str) -> Result<Start> {
    let output = Command::new(program).output()?;
    let text = String::from_utf8(output.stdout)?;
    let numbers: Vec<f64> =
        text.split_whitespace().map(str::parse).collect::<std::result::Result<_, _>>()?;
    match numbers[..] {
        [configure, script, run] => Ok(Start { configure, script, run }),
        _ => Err(String::from_utf8_lossy(&output.stderr).into_owned().into()),
    }
}

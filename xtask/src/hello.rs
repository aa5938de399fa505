//! `cargo xtask hello`: what a first program costs to build, beside the same program in Diesel.

use std::{
    collections::BTreeSet,
    fs,
    path::PathBuf,
    process::Command,
    time::{Duration, Instant},
};

use crate::shell::{Result, cargo, output, root, run};

/// Builds of each program; an odd number, so that there is one in the middle.
const ROUNDS: usize = 3;
/// The most that our build may take, as a multiple of Diesel's.
const MOST_TIMES_DIESEL: f64 = 1.5;
/// The most crates that our program may need, itself included.
const MOST_CRATES: usize = 45;

/// The programs: workspaces of their own, since their SQLite bindings don't link side by side.
const OURS: &str = "aludel";
const DIESEL: &str = "diesel";

/// Builds both programs from nothing, by turns, and compares.
///
/// # Errors
/// A build fails, or a budget is broken.
pub(crate) fn run_all() -> Result<()> {
    for name in [OURS, DIESEL] {
        run(cargo().args(["fetch", "--manifest-path"]).arg(manifest(name)))?;
    }
    let mut ratios = Vec::with_capacity(ROUNDS);
    for round in 0..ROUNDS {
        // Turns alternate, and each round has a ratio of its own: what slows the machine down for a
        // while slows both.
        let (ours, diesel);
        if round % 2 == 0 {
            ours = clean_build(OURS)?;
            diesel = clean_build(DIESEL)?;
        } else {
            diesel = clean_build(DIESEL)?;
            ours = clean_build(OURS)?;
        }
        println!("aludel {:.1} s, diesel {:.1} s", ours.as_secs_f64(), diesel.as_secs_f64());
        ratios.push(ours.as_secs_f64() / diesel.as_secs_f64());
    }
    ratios.sort_unstable_by(f64::total_cmp);
    let ratio = ratios[ROUNDS / 2];
    let (crates, diesel_crates) = (crates(OURS)?, crates(DIESEL)?);
    println!("clean debug build: {ratio:.2} of Diesel's, at most {MOST_TIMES_DIESEL}");
    println!("crates: {crates}, at most {MOST_CRATES} (Diesel: {diesel_crates})");
    let mut broken = Vec::new();
    if ratio > MOST_TIMES_DIESEL {
        broken.push("the build takes too long");
    }
    if crates > MOST_CRATES {
        broken.push("there are too many crates");
    }
    if broken.is_empty() { Ok(()) } else { Err(format!("budget broken: {}", broken.join("; "))) }
}

fn manifest(name: &str) -> PathBuf {
    root().join("bench/hello").join(name).join("Cargo.toml")
}

/// Builds a program into an empty folder, runs it, and hands back how long the build took.
fn clean_build(name: &str) -> Result<Duration> {
    let target = root().join("target").join("hello").join(name);
    if target.exists() {
        fs::remove_dir_all(&target).map_err(|error| format!("{}: {error}", target.display()))?;
    }
    let start = Instant::now();
    let mut build = cargo();
    build.args(["build", "--quiet", "--offline", "--manifest-path"]).arg(manifest(name));
    run(build.arg("--target-dir").arg(&target))?;
    let time = start.elapsed();
    output(&mut Command::new(target.join("debug").join(format!("hello-{name}"))))?;
    Ok(time)
}

/// How many crates a program needs, itself and build scripts' included.
fn crates(name: &str) -> Result<usize> {
    let mut list = cargo();
    list.args(["tree", "--offline", "--edges", "normal,build", "--prefix", "none"]);
    let tree = output(list.arg("--manifest-path").arg(manifest(name)))?;
    let names = tree.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        Some((words.next()?, words.next()?))
    });
    Ok(names.collect::<BTreeSet<_>>().len())
}

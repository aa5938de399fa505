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
    let (mut ours, mut diesel) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        // Turns alternate, so that a machine which grows slower doesn't favour one of them.
        let order = if round % 2 == 0 { [OURS, DIESEL] } else { [DIESEL, OURS] };
        for name in order {
            let time = clean_build(name)?;
            println!("{name}: {:.1} s", time.as_secs_f64());
            if name == OURS { &mut ours } else { &mut diesel }.push(time);
        }
    }
    let ratio = median(&mut ours).as_secs_f64() / median(&mut diesel).as_secs_f64();
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

fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

//! The same load in other mappers: authors with their books and the books' chapters. A program each, in
//! `bench/peers`, since their bindings of SQLite don't link side by side.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use super::Row;
use crate::{
    harness::{Options, Result, median},
    report::Verdict,
};

pub(super) const ROW: Row = Row {
    name: "peers",
    about: "load 100 authors, 1,000 books and 10,000 chapters, linked, beside Diesel and SeaORM",
    run,
    probe: None,
};

/// Loads of one run of a program; the first ones warm it up.
const LOADS: usize = 21;
const WARM: usize = 5;

fn run(options: Options) -> Result<Vec<Verdict>> {
    let programs = [program("aludel")?, program("diesel")?, program("sea-orm")?];
    let mut runs = [const { Vec::new() }; 3];
    for _ in 0..options.rounds {
        for (program, runs) in programs.iter().zip(&mut runs) {
            runs.push(load(program)?);
        }
    }
    let [ours, diesel, sea_orm] = &runs;
    let beside = |what, peer: &[f64]| {
        let ratios = ours.iter().zip(peer).map(|(ours, peer)| ours / peer);
        let of = |runs: &[f64]| median(runs.iter().copied()) / 1e6;
        let detail = format!("there {:.2} ms, Aludel {:.2} ms", of(peer), of(ours));
        Verdict::ratio(what, median(ratios), 1.0, detail)
    };
    Ok(vec![
        beside("beside Diesel's `belonging_to` and `grouped_by`", diesel),
        beside("beside SeaORM's `Entity::load`", sea_orm),
    ])
}

/// Builds one of the programs, and says where it is.
fn program(name: &str) -> Result<PathBuf> {
    let bench = Path::new(env!("CARGO_MANIFEST_DIR"));
    let target = bench.join("../target/peers").join(name);
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["build", "--quiet", "--release", "--manifest-path"])
        .arg(bench.join("peers").join(name).join("Cargo.toml"))
        .arg("--target-dir")
        .arg(&target)
        .output()?;
    match output.status.success() {
        true => Ok(target.join("release").join(format!("peer-{name}"))),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned().into()),
    }
}

/// Nanoseconds of a load, the median of one run.
fn load(program: &Path) -> Result<f64> {
    let output = Command::new(program).arg(LOADS.to_string()).output()?;
    let text = String::from_utf8(output.stdout)?;
    let times: Vec<f64> = text.lines().map(str::parse).collect::<std::result::Result<_, _>>()?;
    match times.len() {
        LOADS => Ok(median(times.into_iter().skip(WARM))),
        _ => Err(String::from_utf8_lossy(&output.stderr).into_owned().into()),
    }
}

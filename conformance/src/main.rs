//! Answers a scenario's lines, or checks many scenarios against recorded answers.

use std::{collections::BTreeMap, io::Read as _, io::Write as _, path::Path, process::ExitCode};

use aludel_conformance::scenario::{self, Result};

const USAGE: &str = "aludel-conformance [--url URL] [FILE]: answers a scenario's lines
aludel-conformance check [--url URL] [--tier N] [--most N] PATH…: compares folders of scenarios
  with the original's answers, and fails if more than N (0) differ
aludel-conformance record NAME PATH…: makes data/NAME.jsonl.gz of folders of scenarios and answers";

struct Options {
    url: String,
    tier: usize,
    /// How many may differ.
    most: usize,
    rest: Vec<String>,
}

fn options() -> Result<Options> {
    let mut options =
        Options { url: "sqlite::memory:".to_owned(), tier: 3, most: 0, rest: Vec::new() };
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--url" => options.url = args.next().ok_or(USAGE)?,
            "--tier" => options.tier = args.next().ok_or(USAGE)?.parse()?,
            "--most" => options.most = args.next().ok_or(USAGE)?.parse()?,
            "--help" => return Err(USAGE.into()),
            _ => options.rest.push(arg),
        }
    }
    Ok(options)
}

fn main() -> Result<ExitCode> {
    let options = options()?;
    match options.rest.first().map(String::as_str) {
        Some("check") => check(&options),
        Some("record") => record(&options),
        file => answer(&options, file),
    }
}

fn answer(options: &Options, file: Option<&str>) -> Result<ExitCode> {
    let mut text = String::new();
    match file {
        None | Some("-") => drop(std::io::stdin().read_to_string(&mut text)?),
        Some(path) => text = std::fs::read_to_string(path)?,
    }
    let mut out = std::io::stdout().lock();
    let lines = scenario::lines(&text)?;
    for answer in scenario::answers(&options.url, &lines)? {
        writeln!(out, "{answer}")?;
    }
    Ok(ExitCode::SUCCESS)
}

fn check(options: &Options) -> Result<ExitCode> {
    let (mut checked, mut differ, mut saved) = (0, 0, 0);
    let mut kinds: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut met: BTreeMap<&str, usize> = BTreeMap::new();
    let mut parted = 0;
    for path in &options.rest[1..] {
        for scenario in scenario::read(Path::new(path))? {
            let report = scenario.check(&options.url, options.tier)?;
            checked += 1;
            saved += report.saved;
            parted += usize::from(report.parted.is_some());
            report.met.iter().for_each(|it| *met.entry(it).or_default() += 1);
            let Some(difference) = report.difference else { continue };
            differ += 1;
            println!(
                "{} line {}: {} {}\n  expected {}\n  actual   {}",
                scenario.name,
                difference.line + 1,
                difference.op,
                difference.fields.join(","),
                difference.expected,
                difference.actual,
            );
            let error = |it: &serde_json::Value| it["err"].as_str().unwrap_or("-").to_owned();
            let kind = format!(
                "{} {} {}/{}",
                difference.op,
                difference.fields.join(","),
                error(&difference.expected),
                error(&difference.actual),
            );
            kinds.entry(kind).or_default().push(scenario.name);
        }
    }
    let mut kinds: Vec<_> = kinds.into_iter().collect();
    kinds.sort_by_key(|it| std::cmp::Reverse(it.1.len()));
    for (kind, names) in kinds {
        let some: Vec<_> = names.iter().take(5).map(String::as_str).collect();
        println!("{:4} {kind}: {}", names.len(), some.join(" "));
    }
    met.iter().for_each(|(row, n)| println!("{n:4} met the deliberate difference `{row}`"));
    let tier = options.tier;
    println!(
        "{checked} compared at tier {tier}, {differ} differ, {parted} end early on purpose, {saved} statements fewer"
    );
    Ok(if differ <= options.most { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn record(options: &Options) -> Result<ExitCode> {
    let [_, name, paths @ ..] = options.rest.as_slice() else { return Err(USAGE.into()) };
    let mut scenarios = Vec::new();
    for path in paths {
        scenarios.extend(scenario::read(Path::new(path))?);
    }
    aludel_conformance::record::save(name, &scenarios)?;
    println!("{} scenarios", scenarios.len());
    Ok(ExitCode::SUCCESS)
}

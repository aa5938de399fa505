//! Scenarios, and what the original answered to them.

use std::{
    collections::BTreeSet,
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
};

use aludel::{blocking::Engine, prelude::*};
use serde_json::{Value as Json, json};

use crate::{
    compare::{Comparison, Difference, Found},
    keys::Keys,
    run::Runner,
};

/// A result whose error is told to a person.
pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// A scenario with the original's answers.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// What it is called.
    pub name: String,
    /// Its lines; the first may be a `config`.
    pub lines: Vec<Json>,
    /// The original's answers.
    pub expected: Vec<Json>,
}

/// What came of a scenario.
#[derive(Clone, Debug)]
pub struct Report {
    /// The first difference.
    pub difference: Option<Difference>,
    /// The row of the table of differences by which the two parted before the end.
    pub parted: Option<&'static str>,
    /// The rows that were met.
    pub met: BTreeSet<&'static str>,
    /// How many statements fewer than the original's were sent.
    pub saved: u64,
}

/// JSON lines, without those that are empty or comments.
///
/// # Errors
/// A line is no JSON.
pub fn lines(text: &str) -> Result<Vec<Json>> {
    let lines = text.lines().map(str::trim).filter(|it| !it.is_empty() && !it.starts_with('#'));
    Ok(lines.map(serde_json::from_str).collect::<std::result::Result<_, _>>()?)
}

/// All scenarios of a folder (`NAME.scenario.jsonl` and `NAME.expected.jsonl`) or of a record.
///
/// # Errors
/// A file can't be read, or isn't JSON.
pub fn read(path: &Path) -> Result<Vec<Scenario>> {
    if !path.is_dir() {
        return lines(&fs::read_to_string(path)?)?.into_iter().map(recorded).collect();
    }
    let mut scenarios = Vec::new();
    for entry in fs::read_dir(path)? {
        let file = entry?.path();
        let Some(name) = file.file_name().and_then(|it| it.to_str()) else { continue };
        let Some(name) = name.strip_suffix(".scenario.jsonl") else { continue };
        let answers = file.with_file_name(format!("{name}.expected.jsonl"));
        scenarios.push(Scenario::new(
            name.to_owned(),
            lines(&fs::read_to_string(&file)?)?,
            lines(&fs::read_to_string(answers)?)?,
        )?);
    }
    scenarios.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(scenarios)
}

/// A scenario out of a record's line.
///
/// # Errors
/// It isn't whole.
pub fn recorded(mut line: Json) -> Result<Scenario> {
    let name = line["name"].as_str().unwrap_or_default().to_owned();
    let mut list = |field: &str| match line[field].take() {
        Json::Array(list) => Ok(list),
        _ => Err(format!("a recorded scenario has no `{field}`")),
    };
    Scenario::new(name, list("lines")?, list("expected")?)
}

/// A database for one scenario, its tables made anew.
///
/// # Errors
/// The database refuses.
pub fn engine(url: &str) -> Result<Engine> {
    let engine = Engine::new(url)?;
    let metadata = Base::metadata();
    metadata.drop_all(&engine)?;
    metadata.create_all(&engine)?;
    Ok(engine)
}

/// A scenario's lines, without what the first may say of the session.
fn operations(lines: &[Json]) -> (&Json, &[Json]) {
    match lines {
        [config, rest @ ..] if config["op"] == "config" => (config, rest),
        all => (&Json::Null, all),
    }
}

/// The answer to a line; a panic is one, too.
fn answer(runner: &mut Runner, line: &Json) -> Json {
    let step = AssertUnwindSafe(|| runner.step(line));
    catch_unwind(step).unwrap_or_else(|_| json!({ "op": line["op"], "err": "Panic" }))
}

/// The answers to a scenario's lines.
///
/// # Errors
/// There is no database.
pub fn answers<'a>(url: &str, lines: &'a [Json]) -> Result<impl Iterator<Item = Json> + use<'a>> {
    let engine = engine(url)?;
    let (config, lines) = operations(lines);
    let mut runner = Runner::new(&engine, config);
    Ok(lines.iter().map(move |line| answer(&mut runner, line)))
}

impl Scenario {
    /// A scenario each of whose lines has its answer.
    ///
    /// # Errors
    /// There are more or fewer answers than lines: what is left out would agree with anything.
    pub fn new(name: String, lines: Vec<Json>, expected: Vec<Json>) -> Result<Self> {
        let asked = operations(&lines).1.len();
        if expected.len() != asked {
            return Err(format!("{name}: {} answers to {asked} lines", expected.len()).into());
        }
        Ok(Self { name, lines, expected })
    }

    /// Runs it up to the first difference.
    ///
    /// # Errors
    /// There is no database.
    pub fn check(&self, url: &str, tier: usize) -> Result<Report> {
        let mut comparison = Comparison::new(tier);
        let (mut difference, mut parted) = (None, None);
        let engine = engine(url)?;
        let (config, ops) = operations(&self.lines);
        let mut runner = Runner::new(&engine, config);
        let mut keys = Keys::default();
        for (op, expected) in ops.iter().zip(&self.expected) {
            keys.settle(&engine)?;
            let actual = answer(&mut runner, op);
            match comparison.line(op, expected, &actual) {
                Found::Same => {
                    keys.note(expected, &actual);
                    continue;
                }
                Found::Parted(row) => parted = Some(row),
                Found::Different(found) => difference = Some(found),
            }
            break;
        }
        let Comparison { saved, met, .. } = comparison;
        Ok(Report { difference, parted, met, saved })
    }

    /// As one line of a record.
    pub fn to_line(&self) -> String {
        json!({ "name": self.name, "lines": self.lines, "expected": self.expected }).to_string()
    }
}

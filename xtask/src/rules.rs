//! `cargo xtask rules`: where each rule of the session's behaviour, and of the mapping, stands: in a test, in a
//! message of the compiler, in the table of deliberate differences, or in the list of what comes later.

#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use crate::shell::{Result, root};

/// The groups of rules, and how many each has.
const GROUPS: [(&str, u32); 17] = [
    ("STATE", 20),
    ("IDM", 13),
    ("AF", 11),
    ("UOW", 40),
    ("TX", 22),
    ("CAS", 20),
    ("REL", 17),
    ("FK", 12),
    ("VER", 11),
    ("DEF", 8),
    ("DML", 15),
    ("MRG", 11),
    ("EXP", 11),
    ("EVT", 8),
    ("ERR", 12),
    ("MAP", 12),
    ("DDL", 14),
];

/// Where rules stand; one that stands in several places counts for the first.
const PLACES: [(&str, &[&str]); 4] = [
    ("a deliberate difference", &["conformance/DIFFERENCES.md"]),
    ("later", &["conformance/LATER.md"]),
    ("a message of the compiler", &["crates/aludel/tests/ui"]),
    (
        "a test",
        &[
            "crates/aludel-suite/src/cases",
            "crates/aludel/tests",
            "crates/aludel-orm/src",
            "crates/aludel-core/tests",
            "crates/aludel-core/src",
            "crates/aludel-engine/src",
            "crates/aludel-derive/src/tests",
        ],
    ),
];

/// Behind this line, `conformance/LATER.md` lists rules of which a part waits: the rest needs a test.
const PARTS: &str = "## Parts of rules";

/// Prints the four counts, which rules are left out in part, and what is missing.
///
/// # Errors
/// A file can't be read, or names a rule that there is not.
pub(crate) fn run() -> Result<()> {
    let all: BTreeSet<String> = GROUPS
        .iter()
        .flat_map(|(group, n)| (1..=*n).map(move |it| format!("{group}-{it}")))
        .collect();
    let mut left = all.clone();
    for (place, paths) in PLACES {
        let mut found = BTreeSet::new();
        for path in paths {
            collect(&root().join(path), place == "a test", &mut found)?;
        }
        let here: BTreeSet<String> = left.intersection(&found).cloned().collect();
        println!("{:4} {place}", here.len());
        if place == "a test" {
            let parts = parts(&read(&root().join("conformance/LATER.md"))?);
            let known = parts.iter().filter(|it| here.contains(*it)).cloned();
            println!("     but for a part: {}", known.collect::<Vec<_>>().join(", "));
            if let Some(untested) = parts.iter().find(|it| !here.contains(*it)) {
                return Err(format!("of {untested} not even a part is tested"));
            }
        }
        left.retain(|it| !here.contains(it));
        if let Some(unknown) = found.iter().find(|it| !all.contains(*it)) {
            return Err(format!("there is no rule {unknown}: {place}"));
        }
    }
    println!("{:4} nowhere", left.len());
    let mut missing: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (group, number) in left.iter().filter_map(|it| it.split_once('-')) {
        missing.entry(group).or_default().push(number);
    }
    for (group, mut numbers) in missing {
        numbers.sort_by_key(|it| it.parse::<u32>().unwrap_or_default());
        println!("       {group}: {}", numbers.join(", "));
    }
    Ok(())
}

/// The rules that a file names, or those of a folder. Of code, only tests count.
fn collect(path: &Path, tests: bool, found: &mut BTreeSet<String>) -> Result<()> {
    if path.is_dir() {
        for entry in fs::read_dir(path).map_err(|it| format!("{}: {it}", path.display()))? {
            let entry = entry.map_err(|it| it.to_string())?;
            collect(&entry.path(), tests, found)?;
        }
        return Ok(());
    }
    let name = path.to_string_lossy().replace('\\', "/");
    let is_test = name.contains("/tests") || name.contains("/cases");
    if !path.is_file() || tests && !(is_test && name.ends_with(".rs")) {
        return Ok(());
    }
    let text = read(path)?;
    for line in text.split(PARTS).next().unwrap_or_default().lines() {
        match (tests, line.split_once("//")) {
            (true, Some((_, comment))) => found.extend(named(comment)),
            (true, None) => {}
            (false, _) => found.extend(named(line)),
        }
    }
    Ok(())
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).map_err(|it| format!("{}: {it}", path.display()))
}

/// The rules that a list of those that come later leaves out in part.
fn parts(list: &str) -> Vec<String> {
    list.split_once(PARTS).map(|it| named(it.1)).unwrap_or_default()
}

/// The rules that a text names; `UOW-10/11` and `TX-1 to TX-3` name the first and the last only.
fn named(text: &str) -> Vec<String> {
    let is_part = |it: char| it.is_ascii_alphanumeric() || it == '-';
    let words = text.split(|it| !is_part(it));
    let known = words.filter(|word| {
        let Some((group, number)) = word.split_once('-') else { return false };
        GROUPS.iter().any(|it| it.0 == group) && number.parse::<u32>().is_ok()
    });
    known.map(str::to_owned).collect()
}

//! Holds answers against the original's, line by line up to the first difference.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json};

use crate::{
    differences::{DIFFERENCES, Effect, deletes_switched, joined, unpaired},
    keys::Used,
};

/// What of an answer is compared: each tier adds to the ones below.
const TIERS: [&[&str]; 3] = [
    &["i", "op", "err", "res", "states", "new", "deleted", "tables"],
    &["dirty", "rows", "tx"],
    &["stmts"],
];

/// Where two answers part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The number of the answer.
    pub line: usize,
    /// What was asked for.
    pub op: String,
    /// The fields that differ.
    pub fields: Vec<String>,
    /// The original's answer, of these fields.
    pub expected: Json,
    /// Ours.
    pub actual: Json,
}

/// What of an answer counts at a tier.
fn canonical(answer: &Json, tier: usize) -> Map<String, Json> {
    let failed = answer.get("err").is_some();
    let mut kept = Map::new();
    for name in TIERS.iter().take(tier).copied().flatten() {
        // Tables without a bearing on each other are flushed in any order before a failure.
        if failed && matches!(*name, "rows" | "stmts") {
            continue;
        }
        let Some(value) = answer.get(name) else { continue };
        let mut value = value.clone();
        if let ("res", Some(dump)) = (*name, value.as_object_mut())
            && answer["op"] == "dump"
        {
            dump.retain(|key, _| key == "state" || key == "identity");
        }
        kept.insert((*name).to_owned(), value);
    }
    kept
}

/// Takes what was saved as if it had been sent: on this line, or on those before, where a query was saved
/// that this line sends. How many statements were saved.
fn forgive_fewer(
    expected: &Map<String, Json>,
    actual: &mut Map<String, Json>,
    credit: &mut BTreeMap<String, u64>,
) -> u64 {
    let none = Map::new();
    let counts = |answer: &Map<String, Json>| {
        answer.get("stmts").and_then(Json::as_object).unwrap_or(&none).clone()
    };
    let (theirs, ours) = (counts(expected), counts(actual));
    let (mut saved, mut made) = (0, Map::new());
    let keys: BTreeSet<&String> = theirs.keys().chain(ours.keys()).collect();
    for key in keys {
        let of =
            |counts: &Map<String, Json>| counts.get(key).and_then(Json::as_u64).unwrap_or_default();
        let (count, mut have) = (of(&theirs), of(&ours));
        let credit = credit.entry(key.clone()).or_default();
        if have < count {
            saved += count - have;
            *credit += count - have;
            have = count;
        } else if key.starts_with("SELECT ") {
            let spent = (have - count).min(*credit);
            *credit -= spent;
            have -= spent;
        }
        if have > 0 {
            made.insert(key.clone(), have.into());
        }
    }
    match made.is_empty() {
        true => drop(actual.remove("stmts")),
        false => drop(actual.insert("stmts".into(), made.into())),
    }
    saved
}

/// Queries that were not sent before a failure may be sent later.
fn owe_reads(original: &Json, ours: &Json, credit: &mut BTreeMap<String, u64>) {
    let queries = original["stmts"].as_object().into_iter().flatten();
    for (key, count) in queries.filter(|it| it.0.starts_with("SELECT ")) {
        let own = ours["stmts"][key].as_u64().unwrap_or_default();
        *credit.entry(key.clone()).or_default() +=
            count.as_u64().unwrap_or_default().saturating_sub(own);
    }
}

/// What a line's comparison found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// The answers agree, as far as they are compared.
    Same,
    /// They part on purpose: a row of the table of differences. What follows has no common meaning.
    Parted(&'static str),
    /// They differ.
    Different(Difference),
}

/// Compares the answers of one scenario, line by line.
#[derive(Debug)]
pub struct Comparison {
    tier: usize,
    line: usize,
    /// How many statements fewer than the original's were sent.
    pub saved: u64,
    /// The rows of the table of differences that were met.
    pub met: BTreeSet<&'static str>,
    /// Rows that the runner met, and that the original may show later.
    noted: BTreeSet<String>,
    /// Queries that were saved so far.
    credit: BTreeMap<String, u64>,
    /// What queries joined, by the tables of their objects.
    joined: BTreeMap<String, BTreeSet<String>>,
    /// Labels that the original shows in a state that they left.
    left: BTreeSet<String>,
    /// Labels that were in that state.
    deleted: BTreeSet<String>,
    /// Whether one of those that left was changed since.
    is_left_changed: bool,
    used: Used,
}

impl Comparison {
    /// A comparison at a tier.
    pub fn new(tier: usize) -> Self {
        Self {
            tier,
            line: 0,
            saved: 0,
            met: BTreeSet::new(),
            noted: BTreeSet::new(),
            credit: BTreeMap::new(),
            joined: BTreeMap::new(),
            left: BTreeSet::new(),
            deleted: BTreeSet::new(),
            is_left_changed: false,
            used: Used::default(),
        }
    }

    /// The next line: what was asked for, the original's answer and ours.
    pub fn line(&mut self, op: &Json, original: &Json, ours: &Json) -> Found {
        let number = self.line;
        self.line += 1;
        let expected = canonical(original, self.tier);
        let mut actual = canonical(ours, self.tier);
        self.owe_joined(op, original);
        // A failure's statements aren't compared, whoever failed; what it didn't read may be read later.
        if !expected.contains_key("err") && !actual.contains_key("err") {
            self.saved += forgive_fewer(&expected, &mut actual, &mut self.credit);
        } else {
            owe_reads(original, ours, &mut self.credit);
        }
        if let (Some("delete"), Some(label)) = (op["op"].as_str(), op["obj"].as_str()) {
            self.deleted.insert(label.to_owned());
        }
        let notes: Vec<&str> =
            ours["differs"].as_array().into_iter().flatten().filter_map(Json::as_str).collect();
        self.noted.extend(notes.iter().map(|it| (*it).to_owned()));
        if self.used.is_met(original, ours) {
            self.noted.insert("key of a failed flush".to_owned());
        }
        self.used.note(op, original);
        // Rows aren't compared where something fails: they may show later.
        if original.get("err").is_some() && unpaired(original, ours) {
            self.noted.insert("unpaired before a failure".to_owned());
        }
        if original.get("err").is_some() {
            let reads = ["MultipleResultsFound", "NoResultFound", "ValueError"];
            if reads.iter().any(|it| original["err"] == *it) && deletes_switched(original, ours) {
                self.noted.insert("row switch before a failure".to_owned());
            }
            if original["err"] == "ObjectDeletedError" && ours["err"] == original["err"] {
                self.noted.insert("gone before a failure".to_owned());
            }
            let rows = original["rows"].as_object().into_iter().flatten();
            let inserts = rows.filter(|it| it.0.starts_with("INSERT "));
            self.noted.extend(inserts.map(|it| format!("failed behind {}", it.0)));
        }
        let mut parted = None;
        for (row, effect) in
            DIFFERENCES.iter().flat_map(|row| row.effects.iter().map(move |it| (row, it)))
        {
            let met = match *effect {
                Effect::Loads(early) => early(op) && forgive_loads(&expected, &mut actual),
                Effect::Errors(theirs, own) => {
                    let met = original["err"] == theirs && ours["err"] == own;
                    if met {
                        actual.insert("err".into(), theirs.into());
                    }
                    met
                }
                Effect::Results(same) => {
                    let noted = notes.contains(&row.name);
                    let met =
                        expected.get("res") != actual.get("res") && same(original, ours, noted);
                    if let Some(result) = expected.get("res").filter(|_| met) {
                        actual.insert("res".into(), result.clone());
                    }
                    met
                }
                Effect::States(from, to) => self.forgive_states(&expected, &mut actual, from, to),
                Effect::Ends => {
                    let ends = ours["ends"] == row.name;
                    parted = parted.or_else(|| ends.then_some(row.name));
                    ends
                }
                Effect::Parts(parts) => {
                    let noted = |it: &str| self.noted.contains(it);
                    let parts = expected != actual && parts(original, ours, &noted);
                    parted = parted.or_else(|| parts.then_some(row.name));
                    parts
                }
            };
            if met {
                self.met.insert(row.name);
            }
        }
        // What the original does with an object that it can't let go of is its own affair.
        let state = |it: &Map<String, Json>| it.get("res").map(|it| it["state"].clone());
        if op["op"] == "dump"
            && state(&expected).is_some_and(|it| it == "deleted")
            && state(&actual).is_some_and(|it| it == "detached" || it == "persistent")
        {
            self.left.extend(
                op["obj"].as_str().filter(|it| self.deleted.contains(*it)).map(str::to_owned),
            );
        }
        let mut names = ["obj", "ref", "a", "b"].iter().filter_map(|it| op[*it].as_str());
        let is_named = names.any(|it| self.left.contains(it));
        if parted.is_none() && expected != actual && (is_named || self.is_left_changed) {
            parted = Some("deleted for ever");
        }
        let changes = ["set", "set_ref", "set_coll", "append", "remove"];
        self.is_left_changed |= is_named && changes.iter().any(|it| op["op"] == *it);
        if let Some(name) = parted {
            return Found::Parted(name);
        }
        match difference(number, &expected, &actual) {
            Some(difference) => Found::Different(difference),
            None => Found::Same,
        }
    }

    /// There, an object that is read again is read with what the query joined that loaded it.
    fn owe_joined(&mut self, op: &Json, original: &Json) {
        for (base, targets) in &self.joined {
            let read = original["stmts"][base].as_u64().unwrap_or_default();
            for target in targets.iter().filter(|_| read > 0) {
                let credit = self.credit.entry(target.clone()).or_default();
                *credit = (*credit).max(read);
            }
        }
        for (base, targets) in joined(op) {
            self.joined.entry(base).or_default().extend(targets);
        }
    }

    fn forgive_states(
        &mut self,
        expected: &Map<String, Json>,
        actual: &mut Map<String, Json>,
        from: &str,
        to: &[&str],
    ) -> bool {
        // Nothing was deleted right now, or the transaction is over.
        let deletes = |it: &Map<String, Json>| {
            it.get("rows")
                .and_then(Json::as_object)
                .is_some_and(|it| it.keys().any(|it| it.starts_with("DELETE ")))
        };
        let over = expected.get("tx") == Some(&serde_json::json!([false, false]));
        let idle = !deletes(expected) && expected.get("rows") == actual.get("rows");
        let (Some(Json::Object(theirs)), Some(Json::Object(ours))) =
            (expected.get("states"), actual.get_mut("states"))
        else {
            return false;
        };
        let mut met = false;
        for (label, state) in theirs {
            let Some(own) = ours.get_mut(label) else { continue };
            let is_left = over || idle || self.left.contains(label) || self.deleted.contains(label);
            if state[0] == from && to.iter().any(|it| own[0] == *it) && is_left {
                self.left.insert(label.clone());
                *own = state.clone();
                met = true;
            } else if own[0] == from && state[0] == from {
                self.deleted.insert(label.clone());
            }
        }
        met
    }
}

/// Takes queries that were sent too early as if they hadn't been.
fn forgive_loads(expected: &Map<String, Json>, actual: &mut Map<String, Json>) -> bool {
    let Some(Json::Object(sent)) = actual.get_mut("stmts") else { return false };
    let none = Map::new();
    let theirs = expected.get("stmts").and_then(Json::as_object).unwrap_or(&none);
    let before = sent.clone();
    sent.retain(|key, _| !key.starts_with("SELECT ") || theirs.contains_key(key));
    for (key, count) in sent.iter_mut().filter(|it| it.0.starts_with("SELECT ")) {
        *count = theirs[key].clone();
    }
    let met = *sent != before;
    if sent.is_empty() {
        actual.remove("stmts");
    }
    met
}

fn difference(
    number: usize,
    expected: &Map<String, Json>,
    actual: &Map<String, Json>,
) -> Option<Difference> {
    let keys = expected.keys().chain(actual.keys());
    let mut fields: Vec<&String> = keys.filter(|it| expected.get(*it) != actual.get(*it)).collect();
    fields.sort();
    fields.dedup();
    if fields.is_empty() {
        return None;
    }
    let of = |answer: &Map<String, Json>| {
        let shown = fields.iter().filter_map(|it| Some(((*it).clone(), answer.get(*it)?.clone())));
        Json::Object(shown.collect())
    };
    Some(Difference {
        line: number,
        op: expected.get("op").and_then(Json::as_str).unwrap_or_default().to_owned(),
        fields: fields.iter().map(|it| (*it).clone()).collect(),
        expected: of(expected),
        actual: of(actual),
    })
}

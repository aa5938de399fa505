//! Where behaviour differs from the original's on purpose: the table, as data. `DIFFERENCES.md` is the same
//! table for people, with the reasons.

use serde_json::Value as Json;

/// A deliberate difference.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// What `DIFFERENCES.md` calls it.
    pub name: &'static str,
    /// What it means for a comparison.
    pub effect: Effect,
}

/// What a difference means for a comparison.
#[derive(Clone, Copy, Debug)]
pub enum Effect {
    /// The runner turns the original's behaviour on: nothing differs.
    Switch,
    /// Operations like this send queries that the original sends later, or as part of others.
    Loads(fn(&Json) -> bool),
    /// Of two failures, the original meets the first first, and we the second; both undo the same.
    Errors(&'static str, &'static str),
    /// After the end of a transaction, the original calls objects by the first state that are in one of the
    /// others here.
    States(&'static str, &'static [&'static str]),
    /// The two go different ways from here on: the rest of the scenario isn't compared. By the original's
    /// answer and ours, and whether the runner met the row before.
    Parts(fn(&Json, &Json, bool) -> bool),
    /// No scenario meets it.
    Unmet,
}

/// All of them.
pub const DIFFERENCES: &[Row] = &[
    Row { name: "expire on commit", effect: Effect::Switch },
    Row { name: "moved orphans", effect: Effect::Switch },
    Row { name: "new objects after a rollback", effect: Effect::Switch },
    Row { name: "delete loads at once", effect: Effect::Loads(|op| op["op"] == "delete") },
    Row {
        name: "deleted for ever",
        effect: Effect::States("deleted", &["detached", "persistent", "transient"]),
    },
    Row { name: "joined and limited", effect: Effect::Loads(joined_and_limited) },
    Row {
        name: "circles first",
        effect: Effect::Errors("IntegrityError", "CircularDependencyError"),
    },
    Row { name: "unique by itself", effect: Effect::Switch },
    Row { name: "row switch in a tree", effect: Effect::Parts(switched_tree) },
    Row { name: "members once", effect: Effect::Parts(member_twice) },
    Row { name: "former owners", effect: Effect::Parts(|_, _, met| met) },
    Row { name: "expired versions", effect: Effect::Parts(expired_version) },
    Row { name: "deleted members", effect: Effect::Parts(deleted_member) },
    Row { name: "one engine", effect: Effect::Unmet },
    Row { name: "hooks", effect: Effect::Unmet },
];

/// A query with a limit that joins what it loads beside.
fn joined_and_limited(op: &Json) -> bool {
    let options = op["opts"].as_array();
    let limited = op.get("limit").is_some() || op.get("offset").is_some();
    op["op"] == "query" && limited && options.into_iter().flatten().any(|it| it[0] == "joined")
}

/// How many rows a flush changed by a statement.
fn rows(answer: &Json, key: &str) -> u64 {
    answer["rows"][key].as_u64().unwrap_or_default()
}

/// The original updates the row that a new object takes over, and deletes it then.
fn switched_tree(expected: &Json, actual: &Json, _: bool) -> bool {
    let (update, delete) = ("UPDATE nodes", "DELETE nodes");
    rows(expected, update) > 0
        && rows(expected, update) == rows(actual, update)
        && rows(expected, delete) > rows(actual, delete)
}

/// The original keeps a member in a list as often as it was appended, and inserts as many association rows,
/// which their primary key refuses.
fn member_twice(expected: &Json, actual: &Json, met: bool) -> bool {
    if !met {
        return false;
    }
    let list = |answer: &Json| answer["res"].as_array().cloned().unwrap_or_default();
    let (theirs, ours) = (list(expected), list(actual));
    let listed = theirs.len() > ours.len();
    let refused = expected["err"] == "IntegrityError" && actual.get("err").is_none();
    let associated = ["order_items", "item_keywords"].iter().any(|it| {
        let key = format!("INSERT {it}");
        rows(expected, &key) > rows(actual, &key)
    });
    listed || refused || associated
}

/// Who is linked with an object that is linked with a deleted one, and comes into the session by that: the
/// original refuses it.
fn deleted_member(expected: &Json, actual: &Json, _: bool) -> bool {
    let links = ["add", "append", "set_ref", "set_coll"];
    links.iter().any(|it| expected["op"] == *it)
        && expected["err"] == "InvalidRequestError"
        && actual.get("err").is_none()
}

/// The original reads the version of an expired object before it writes, and so never notices another's change.
fn expired_version(expected: &Json, actual: &Json, _: bool) -> bool {
    actual["err"] == "StaleDataError"
        && expected.get("err").is_none()
        && expected["stmts"].get("SELECT documents").is_some()
}

//! Where behaviour differs from the original's on purpose: the table, as data. `DIFFERENCES.md` is the same
//! table for people, with the reasons.

use serde_json::Value as Json;

/// A deliberate difference.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// What `DIFFERENCES.md` calls it.
    pub name: &'static str,
    /// What it means for a comparison: nothing, where the runner turns the original's behaviour on.
    pub effects: &'static [Effect],
}

/// Whether the runner noted something before.
pub type Noted<'a> = &'a dyn Fn(&str) -> bool;

/// What a difference means for a comparison.
#[derive(Clone, Copy, Debug)]
pub enum Effect {
    /// Operations like this send queries that the original sends later, or as part of others.
    Loads(fn(&Json) -> bool),
    /// Of two failures, the original meets the first first, and we the second; both undo the same.
    Errors(&'static str, &'static str),
    /// Two results that say the same. By the original's answer and ours, and whether the runner met the row
    /// right now.
    Results(fn(&Json, &Json, bool) -> bool),
    /// After the end of a transaction, the original calls objects by the first state that are in one of the
    /// others here.
    States(&'static str, &'static [&'static str]),
    /// The runner says where the two go different ways: the rest of the scenario isn't compared.
    Ends,
    /// The two go different ways from here on: the rest of the scenario isn't compared. By the original's
    /// answer and ours, and what the runner noted before.
    Parts(fn(&Json, &Json, Noted<'_>) -> bool),
}

const fn row(name: &'static str, effects: &'static [Effect]) -> Row {
    Row { name, effects }
}

/// All of them.
pub const DIFFERENCES: &[Row] = &[
    row("expire on commit", &[Effect::Results(is_read_again)]),
    row("new members", &[Effect::Parts(came_at_once)]),
    row(
        "added objects after a rollback",
        &[
            Effect::Results(was_flushed),
            Effect::Parts(rolled_back),
            Effect::Parts(rekeyed_and_rolled_back),
        ],
    ),
    row("delete loads at once", &[]),
    row(
        "deleted for ever",
        &[
            Effect::States("deleted", &["detached", "persistent", "transient"]),
            Effect::Ends,
            Effect::Parts(taken_over),
        ],
    ),
    row("joined collections", &[Effect::Loads(at_once_again)]),
    row(
        "circles first",
        &[
            Effect::Errors("IntegrityError", "CircularDependencyError"),
            Effect::Errors("CircularDependencyError", "IntegrityError"),
            Effect::Errors("IntegrityError", "StaleDataError"),
            Effect::Errors("StaleDataError", "IntegrityError"),
            Effect::Errors("StaleDataError", "CircularDependencyError"),
            Effect::Errors("CircularDependencyError", "StaleDataError"),
            Effect::Parts(let_go),
        ],
    ),
    row("row switch in a tree", &[Effect::Parts(switched_tree), Effect::Parts(switched_twice)]),
    row("one object once", &[Effect::Parts(is_left_once), Effect::Parts(removed_absent)]),
    row("former owners", &[Effect::Ends]),
    row("conditions on text", &[]),
    row(
        "expired objects",
        &[
            Effect::Errors("IntegrityError", "ObjectDeletedError"),
            Effect::Errors("ObjectDeletedError", "IntegrityError"),
            Effect::Errors("PendingRollbackError", "ObjectDeletedError"),
            Effect::Parts(expired_object),
        ],
    ),
    row("deleted members", &[Effect::Parts(deleted_member)]),
    row("one engine", &[]),
    row("hooks", &[]),
];

/// Behind a new object that left, the next two count as one place: which row is inserted first is anybody's
/// guess, and with it who gets which key.
fn came_at_once(expected: &Json, actual: &Json, noted: Noted<'_>) -> bool {
    let states = expected["states"].as_object().into_iter().flatten();
    // Of a deleted one, another row tells.
    let mut differ = states
        .map(|(label, state)| (state, &actual["states"][label]))
        .filter(|it| it.0 != it.1 && it.0[0] != "deleted")
        .peekable();
    let same = ["err", "res", "rows", "new", "deleted"];
    let same = || same.iter().all(|it| expected[it] == actual[it]);
    let has_row = |it: &Json| it["res"]["state"] == "persistent" || it["res"].is_i64();
    let key = || match expected["op"].as_str() {
        Some("load" | "dump") => has_row(expected) && has_row(actual),
        _ => false,
    };
    let rows = differ.peek().is_some()
        && differ.all(|(theirs, own)| theirs[0] == "persistent" && own[0] == "persistent");
    noted("left before the flush") && (rows && same() || key())
}

/// A collection that is read again there, and was put back here, is in the order of its keys there.
fn is_read_again(expected: &Json, actual: &Json, _: bool) -> bool {
    let members = |it: &Json| {
        let mut members: Vec<String> = it["res"]
            .as_array()?
            .iter()
            .map(|it| it.as_str().map(str::to_owned))
            .collect::<Option<_>>()?;
        members.sort_unstable();
        Some(members)
    };
    let reads = |it: &Json| {
        let sent = it["stmts"].as_object().into_iter().flatten();
        sent.map(|it| it.0).any(|it| it.starts_with("SELECT "))
    };
    expected["op"] == "load"
        && reads(expected)
        && !reads(actual)
        && members(expected).is_some()
        && members(expected) == members(actual)
}

/// The objects' table of a query that joins what it loads beside, and the tables of that, as they are counted; the
/// same of each that it loads beside.
pub(crate) fn joined(op: &Json) -> Vec<(String, Vec<String>)> {
    let table = |name: &str| match name {
        "children" | "parent" | "Node" => "SELECT nodes".to_owned(),
        "Address" => "SELECT addresses".to_owned(),
        name if name.ends_with('s') => format!("SELECT {name}"),
        name => format!("SELECT {}s", name.to_lowercase()),
    };
    let options = op["opts"].as_array().filter(|_| op["op"] == "query");
    let paths = options.into_iter().flatten().filter(|it| it[0] == "joined");
    let mut joins = Vec::new();
    for path in paths.filter_map(|it| it[1].as_str()) {
        let mut tables = vec![table(op["cls"].as_str().unwrap_or_default())];
        tables.extend(path.split('.').map(table));
        while tables.len() > 1 {
            joins.push((tables.remove(0), tables.clone()));
        }
    }
    joins
}

/// The row of an object was deleted behind the session's back, and a new one got its key.
fn taken_over(_: &Json, _: &Json, noted: Noted<'_>) -> bool {
    noted("taken over unseen")
}

/// A query that loads what it leads to one by one, for objects that were there before, too.
fn at_once_again(op: &Json) -> bool {
    let mut options = op["opts"].as_array().into_iter().flatten();
    let again = op["populate_existing"] == true;
    options.any(|it| it[0] == "immediate" && (again || it[1].as_str().is_some_and(is_path)))
}

fn is_path(path: &str) -> bool {
    path.contains('.')
}

/// How many rows a flush changed by a statement.
fn rows(answer: &Json, key: &str) -> u64 {
    answer["rows"][key].as_u64().unwrap_or_default()
}

/// The original updates the row that a new object takes over, and deletes it then.
fn switched_tree(expected: &Json, actual: &Json, noted: Noted<'_>) -> bool {
    deletes_switched(expected, actual) || noted("row switch before a failure")
}

pub(crate) fn deletes_switched(expected: &Json, actual: &Json) -> bool {
    let (update, delete) = ("UPDATE nodes", "DELETE nodes");
    rows(expected, update) > 0
        && rows(expected, update) == rows(actual, update)
        && rows(expected, delete) > rows(actual, delete)
}

/// Two new objects with one key take over a row: the original writes both into it.
fn switched_twice(expected: &Json, actual: &Json, noted: Noted<'_>) -> bool {
    noted("one key twice") && expected.get("err").is_none() && actual["err"] == "IntegrityError"
}

/// Who was no member lets go of its owner, or loses its row, all the same.
fn removed_absent(expected: &Json, actual: &Json, noted: Noted<'_>) -> bool {
    let changes = expected["rows"].as_object().into_iter().flatten();
    let mut changes = changes.filter(|it| !it.0.starts_with("INSERT "));
    let mut loses = || {
        actual.get("err").is_none() && changes.any(|it| rows(expected, it.0) > rows(actual, it.0))
    };
    // A new one leaves the session; and a flush that loads the list finds out once more.
    let mut new = inserts(actual).into_iter();
    let mut leaves = || new.any(|it| rows(expected, it.0) < rows(actual, it.0));
    // Nor does it notice before a flush that somebody isn't in a list that is loaded only then, whichever side let go.
    let late = expected["op"] != "remove";
    let fails = expected["err"] == "ValueError" && actual["err"] != "ValueError";
    // Nor does it say by itself what was changed by that.
    let changed = expected["op"] == "is_modified";
    late && fails || noted("removed what isn't there") && (loses() || leaves() || fails || changed)
}

/// What was expired can't be read of an object without a session, nor written; association rows that were
/// written once are not written again with objects that are added again, and what these let go of since
/// comes with them.
fn rolled_back(expected: &Json, actual: &Json, noted: Noted<'_>) -> bool {
    let unread = expected["err"] == "DetachedInstanceError" && actual.get("err").is_none();
    let unwritten = unpaired(expected, actual) || noted("unpaired before a failure");
    // Nor are keys of what they are linked with.
    let updates = actual["rows"].as_object().into_iter().flatten();
    let mut updates = updates.filter(|it| it.0.starts_with("UPDATE "));
    let unwritten = unwritten || updates.any(|it| rows(expected, it.0) < rows(actual, it.0));
    // Nor the key that a row got before another one failed.
    let key = expected["op"] == "load" && expected["res"].is_i64() && actual["res"].is_null();
    // Which that one goes on with.
    let mut tried = expected["rows"].as_object().into_iter().flatten();
    let again = expected["err"] == "IntegrityError"
        && actual.get("err").is_none()
        && tried.any(|it| noted(&format!("failed behind {}", it.0)));
    let unset = ["IntegrityError", "InvalidRequestError"];
    let unset = |it: &Json| unset.iter().any(|error| it["err"] == *error);
    noted("added objects after a rollback")
        && (unread
            || unwritten
            || key
            || again
            || !inserts(actual).is_empty()
                && refers_otherwise(expected, actual)
                && !loses_key(expected, actual)
            || noted("key of a failed flush")
            || noted("expired new objects")
                && (unset(expected) || unset(actual) || expected["op"] == "merge")
            || noted("new objects that let go") && inserts(expected) != inserts(actual))
}

/// Something of a row is NULL that isn't there.
fn loses_key(expected: &Json, actual: &Json) -> bool {
    let cells = |it: &Json| -> Vec<Json> {
        let tables = it["tables"].as_object().into_iter().flatten();
        let rows = tables.filter_map(|it| it.1.as_array()).flatten();
        rows.filter_map(Json::as_array).flatten().cloned().collect()
    };
    cells(expected).iter().zip(cells(actual)).any(|it| !it.0.is_null() && it.1.is_null())
}

/// Association rows that the original doesn't write.
pub(crate) fn unpaired(expected: &Json, actual: &Json) -> bool {
    let pairs = ["INSERT order_items", "INSERT item_keywords"];
    pairs.iter().any(|it| rows(expected, it) < rows(actual, it))
}

/// A new object whose key was changed behind its INSERT is called detached by the original, with a key that no
/// row has.
fn rekeyed_and_rolled_back(expected: &Json, actual: &Json, noted: Noted<'_>) -> bool {
    let states = expected["states"].as_object().into_iter().flatten();
    let mut states = states.map(|it| (&it.1[0], &actual["states"][it.0][0]));
    noted("new key") && states.any(|it| it.0 == "detached" && it.1 == "transient")
}

/// What was inserted.
fn inserts(answer: &Json) -> Vec<(&String, &Json)> {
    let rows = answer["rows"].as_object().into_iter().flatten();
    rows.filter(|it| it.0.starts_with("INSERT ")).collect()
}

/// What is listed twice and was let go of once is an orphan for the original.
fn is_left_once(expected: &Json, actual: &Json, noted: Noted<'_>) -> bool {
    let states = expected["states"].as_object().into_iter().flatten();
    let mut states = states.map(|it| (&it.1[0], &actual["states"][it.0][0]));
    let orphans = expected["rows"].as_object().into_iter().flatten();
    let mut orphans = orphans.filter(|it| it.0.starts_with("DELETE "));
    noted("listed twice")
        && states.any(|it| it.0 == "transient" && (it.1 == "pending" || it.1 == "persistent"))
        || (noted("listed again") || noted("listed by a copy") && !loses_key(expected, actual))
            && expected["err"] == actual["err"]
            && refers_otherwise(expected, actual)
        || noted("listed again")
            && (is_dirty_for_that(expected, actual)
                || orphans.any(|it| rows(expected, it.0) > rows(actual, it.0)))
}

/// Who is listed once more by an owner that let go of it once, or by one in no session, has the key of another owner.
fn refers_otherwise(expected: &Json, actual: &Json) -> bool {
    let updates = |it: &Json| {
        let mut rows = it["rows"].as_object().cloned().unwrap_or_default();
        rows.retain(|key, _| key.starts_with("UPDATE "));
        rows
    };
    let count = |it: &Json| {
        let tables = it["tables"].as_object().cloned().unwrap_or_default();
        tables.iter().map(|it| (it.0.clone(), it.1.as_array().map(Vec::len))).collect::<Vec<_>>()
    };
    let same = ["res", "new", "deleted"];
    // Of a deleted one, another row tells.
    let states = expected["states"].as_object().into_iter().flatten();
    let mut states = states.filter(|it| it.1[0] != "deleted");
    same.iter().all(|it| expected[it] == actual[it])
        && states.all(|it| actual["states"][it.0] == *it.1)
        && count(expected) == count(actual)
        && (updates(expected) != updates(actual) || expected["tables"] != actual["tables"])
}

/// Who is listed once more by another is changed by that, for the original: nothing else differs.
fn is_dirty_for_that(expected: &Json, actual: &Json) -> bool {
    let dirty = |it: &Json| it["dirty"].as_array().cloned().unwrap_or_default();
    let (theirs, own) = (dirty(expected), dirty(actual));
    let same = ["err", "res", "rows", "states", "new", "deleted", "tables"];
    theirs.len() > own.len()
        && own.iter().all(|it| theirs.contains(it))
        && same.iter().all(|it| expected[it] == actual[it])
}

/// Of an object that a rollback put out of the session, the original still knows what was written.
fn was_flushed(expected: &Json, actual: &Json, now: bool) -> bool {
    now && expected["op"] == "is_modified" && expected["res"] == false && actual["res"] == true
}

/// A row that is there refers to itself, or to one that refers to it, and lets go.
fn let_go(expected: &Json, actual: &Json, _: Noted<'_>) -> bool {
    expected["err"] == "CircularDependencyError" && actual.get("err").is_none()
}

/// Who is linked with an object that is linked with a deleted one, and comes into the session by that: the
/// original refuses it; and with its owner it deletes such a one again.
fn deleted_member(expected: &Json, actual: &Json, noted: Noted<'_>) -> bool {
    let deletes = expected["rows"].as_object().into_iter().flatten();
    let mut deletes = deletes.filter(|it| it.0.starts_with("DELETE "));
    if noted("deleted again") && deletes.any(|it| rows(expected, it.0) > rows(actual, it.0)) {
        return true;
    }
    let refused = ["InvalidRequestError", "StaleDataError"];
    if noted("deleted again")
        && refused.iter().any(|it| expected["err"] == *it)
        && actual["err"] != expected["err"]
    {
        return true;
    }
    // And a rollback brings back what was deleted again in it.
    let states = expected["states"].as_object().into_iter().flatten();
    let mut states = states.map(|it| (&it.1[0], &actual["states"][it.0][0]));
    let is_gone = |it: &Json| it == "deleted" || it == "detached";
    if noted("deleted again") && states.any(|it| it.0 == "persistent" && is_gone(it.1)) {
        return true;
    }
    if noted("long gone") && expected["op"] == "delete" {
        return expected.get("err").is_none() && actual["err"] == "InvalidRequestError";
    }
    // One that is marked and has found another owner is saved by this flush, and deleted by the next.
    let deletes = [expected, actual].into_iter().flat_map(|it| it["rows"].as_object());
    let mut deletes = deletes.flatten().filter(|it| it.0.starts_with("DELETE "));
    if noted("taken up") && deletes.any(|it| rows(expected, it.0) != rows(actual, it.0)) {
        return true;
    }
    let links = ["add", "append", "set_ref", "set_coll"];
    links.iter().any(|it| expected["op"] == *it)
        && expected["err"] == "InvalidRequestError"
        && actual.get("err").is_none()
}

/// The original reads an expired object again before it goes by what it knows of it: it never notices that
/// another has changed the version, and notices at once that the row is gone.
fn expired_object(expected: &Json, actual: &Json, noted: Noted<'_>) -> bool {
    // It noticed that behind the flush, which failed by it here.
    let failed = expected.get("err").is_none() && actual["err"] == "PendingRollbackError";
    if noted("gone before a failure") && failed {
        return true;
    }
    // And a read that was sent right before isn't sent later, nor is a flush right before that.
    let notes = actual["differs"].as_array().into_iter().flatten();
    let is_late = notes.into_iter().any(|it| it == "loads of what is expired");
    if is_late && expected["res"] == actual["res"] && expected.get("stmts").is_none() {
        return true;
    }
    let stale = actual["err"] == "StaleDataError";
    let read = expected["stmts"].get("SELECT documents").is_some();
    let gone = expected["err"] == "ObjectDeletedError";
    let refused = actual["err"] == "InvalidRequestError";
    stale && expected.get("err").is_none() && read
        || gone && (stale || refused || actual.get("err").is_none())
}

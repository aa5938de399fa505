//! The table of transitions is the one that users read.

use super::{Cause, State, TRANSITIONS};

fn words(cause: Cause) -> &'static str {
    match cause {
        Cause::Add => "`add`, a save-update cascade",
        Cause::Insert => "a flush's `INSERT`",
        Cause::Delete => "a flush's `DELETE`",
        Cause::Commit => "commit",
        Cause::Leave => "`expunge`, an owner that lets go, the session's end",
        Cause::UndoAdd => "rollback of its `add`",
        Cause::UndoInsert => "rollback of its `INSERT`",
        Cause::UndoDelete => "rollback of its `DELETE`",
        Cause::MakeTransient => "`make_transient`",
        Cause::MakeDetached => "`make_transient_to_detached`",
    }
}

// STATE-1
#[test]
fn documented_as_it_is() {
    let documented: Vec<&str> = include_str!("../state.rs")
        .lines()
        .filter(|it| it.starts_with("/// | ") && !it.contains("from") && !it.contains("---"))
        .collect();
    let table: Vec<String> = TRANSITIONS
        .iter()
        .map(|(from, cause, to)| format!("/// | {from} | {} | {to} |", words(*cause)))
        .collect();
    assert_eq!(documented, table);
}

#[test]
fn one_state_follows_by_one_cause() {
    for (at, (from, cause, to)) in TRANSITIONS.iter().enumerate() {
        assert_ne!(from, to);
        assert_eq!(from.by(*cause), Some(*to));
        assert!(!TRANSITIONS[..at].iter().any(|it| it.0 == *from && it.1 == *cause));
    }
    assert_eq!(State::Persistent.by(Cause::Add), None);
    assert_eq!(State::Transient.by(Cause::Delete), None);
}

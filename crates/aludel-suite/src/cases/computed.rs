//! Values that the database computes, and those that an UPDATE brings along.

use aludel::{Obj, prelude::*, sql_expr};

use crate::{
    Case, Place, cases,
    models::{Line, computed::*},
    store::{Store, user},
};

pub(super) const CASES: &[Case] = cases!["computed":
    an_update_brings_more_along,
    what_is_set_is_not_overwritten,
    a_reference_is_an_update,
    the_database_changes_columns,
    an_expression_as_default,
    an_expression_as_default_in_the_insert needs RETURNING,
    a_key_of_two_columns_is_given,
];

pub(super) fn counter(name: &str) -> Counter {
    Counter {
        id: Auto::UNSET,
        name: name.into(),
        visits: 1,
        note: None,
        state: Auto::UNSET,
        changed_at: None,
        times: None,
        user_id: None,
        user: One::new(),
    }
}

/// What was sent, with one spelling of the current moment.
pub(super) fn sent(store: &Store) -> String {
    let sent = store.sent();
    let now = ["strftime('%Y-%m-%d %H:%M:%f', 'now')", "CURRENT_TIMESTAMP(6)", "LOCALTIMESTAMP"];
    now.iter().fold(sent, |sent, it| sent.replace(it, "CURRENT_TIMESTAMP"))
}

pub(super) fn saved_counter(store: &mut Store) -> Obj<Counter> {
    let new = store.add(counter("a"));
    store.save();
    store.log_parameters();
    new
}

// DEF-3, DEF-4
fn an_update_brings_more_along(at: &Place) {
    let mut store = at.store();
    let counter = saved_counter(&mut store);
    // Not by an INSERT, and not without another change.
    assert_eq!((counter.borrow().changed_at, counter.borrow().times), (None, None));
    counter.borrow_mut().name = "a".into();
    store.flush().unwrap();
    assert_eq!(sent(&store), "");
    counter.borrow_mut().name = "b".into();
    store.flush().unwrap();
    assert_eq!(
        sent(&store),
        "BEGIN\nUPDATE counter SET name = ?, changed_at = CURRENT_TIMESTAMP, times = ? \
         WHERE id = ? -- (\"b\", 7, 1)"
    );
    // The program's value is there; the database's is read when it is asked for.
    assert_eq!(counter.borrow().times, Some(7));
    assert!(inspect(&counter).expired);
    assert_eq!(counter.borrow().changed_at, None);
    store.fresh(&counter).unwrap();
    assert!(counter.borrow().changed_at.is_some());
    store.commit().unwrap();
    // The next one is no change of the program's.
    store.sent();
    store.commit().unwrap();
    assert_eq!(store.sent(), "");
    store.rollback().unwrap();
    counter.borrow_mut().visits = 2;
    store.flush().unwrap();
    store.rollback().unwrap();
    assert_eq!((counter.borrow().visits, counter.borrow().times), (1, Some(7)));
}

// DEF-3
fn what_is_set_is_not_overwritten(at: &Place) {
    let mut store = at.store();
    let counter = saved_counter(&mut store);
    counter.borrow_mut().times = Some(100);
    store
        .set(&counter, Counter.changed_at, sql_expr::<Option<chrono::NaiveDateTime>>("NULL"))
        .unwrap();
    store.commit().unwrap();
    assert_eq!(
        sent(&store),
        "BEGIN\nUPDATE counter SET changed_at = NULL, times = ? WHERE id = ? -- (100, 1)\nCOMMIT"
    );
}

// DEF-3: a foreign key that follows a relationship is an UPDATE like any other.
fn a_reference_is_an_update(at: &Place) {
    let mut store = at.store();
    let counter = saved_counter(&mut store);
    counter.user().set(user("Alice"));
    store.commit().unwrap();
    assert_eq!(
        sent(&store),
        "BEGIN\nINSERT INTO user_account (name, email) VALUES (?, ?) -- (\"Alice\", NULL)\n\
         UPDATE counter SET changed_at = CURRENT_TIMESTAMP, times = ?, user_id = ? WHERE id = ? \
         -- (7, 1, 1)\nCOMMIT"
    );
    assert_eq!(counter.borrow().user_id, Some(1));
}

// DEF-1
fn the_database_changes_columns(at: &Place) {
    let mut store = at.store();
    let watched = store.add(Watched::builder().name("a"));
    store.save();
    assert_eq!(watched.borrow().writes, 0);
    watched.borrow_mut().name = "b".into();
    store.flush().unwrap();
    assert_eq!(store.sent(), "BEGIN\nUPDATE watched SET name = ? WHERE id = ?");
    assert!(inspect(&watched).expired);
    store.run("UPDATE watched SET writes = 9");
    store.fresh(&watched).unwrap();
    assert_eq!(watched.borrow().writes, 9);
    // Where the program sets it, it is known.
    watched.borrow_mut().writes.set(5);
    store.flush().unwrap();
    assert!(!inspect(&watched).expired);
}

// DEF-4
fn an_expression_as_default(at: &Place) {
    let mut store = at.store();
    let new = store.add_all([
        counter("a"),
        counter("b"),
        Counter { state: "given".to_owned().into(), ..counter("c") },
    ]);
    store.commit().unwrap();
    let states: Vec<_> = new.iter().map(|it| it.borrow().state.to_string()).collect();
    assert_eq!(states, ["new", "new", "given"]);
    assert_eq!(new.iter().map(|it| it.borrow().id.value().unwrap()).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(store.number("SELECT count(*) FROM counter WHERE state = 'new' AND id < 3"), 2);
}

// DEF-4, DEF-1
fn an_expression_as_default_in_the_insert(at: &Place) {
    let mut store = at.store();
    store.log_parameters();
    let new = store.add(counter("a"));
    store.flush().unwrap();
    assert_eq!(
        store.sent(),
        "BEGIN\nINSERT INTO counter (name, visits, note, state, changed_at, times, user_id) \
         VALUES (?, ?, ?, lower('NEW'), ?, ?, ?) RETURNING id, state \
         -- (\"a\", 1, NULL, NULL, NULL, NULL)"
    );
    store.rollback().unwrap();
    assert!(new.borrow().state.is_unset() && new.borrow().id.is_unset());
}

// DEF-8: no part of a key of several columns is generated.
fn a_key_of_two_columns_is_given(at: &Place) {
    let mut store = at.store();
    store.log_parameters();
    store.add(Line::builder().number(1).text("t"));
    let error = store.flush().unwrap_err();
    assert_eq!(error.integrity(), Some(aludel::Integrity::NotNull), "{error}");
    assert_eq!(
        store.sent().lines().nth(1),
        Some("INSERT INTO line (book_id, number, text) VALUES (?, ?, ?) -- (NULL, 1, \"t\")")
    );
}

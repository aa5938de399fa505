//! When a session flushes by itself, and when it begins a transaction.

use aludel::{EngineOptions, Error, SessionOptions, State, blocking::Session, prelude::*};

use crate::{
    Case, Place, cases,
    models::*,
    neutral,
    store::{address, author, book, user},
};

pub(super) const CASES: &[Case] = cases!["autoflush":
    queries_flush_first,
    statements_of_all_kinds_flush_first,
    loads_and_refreshes_flush_first,
    nothing_is_sent_where_nothing_is_to_do,
    autoflush_can_be_turned_off,
    an_error_in_an_autoflush,
    refresh_discards_own_changes_and_flushes_others,
    a_stretch_without_autoflush,
    begin_twice,
    nothing_before_begin,
    what_begins_a_transaction,
    an_error_of_a_query_leaves_the_session_usable,
    the_first_statement_may_fail,
];

// AF-1
fn queries_flush_first(at: &Place) {
    let mut store = at.store();
    store.add(user("Alice"));
    let names = store.scalars(select(User.name)).all().unwrap();
    assert_eq!(names, ["Alice"]);
    assert_eq!(
        store.sent(),
        "BEGIN\nINSERT INTO user_account (name, email) VALUES (?, ?)\n\
         SELECT user_account.name FROM user_account"
    );
    store.add(user("Bob"));
    let rows: Vec<(i64,)> =
        store.execute(text("SELECT count(*) FROM user_account").rows()).all().unwrap();
    assert_eq!(rows, [(2,)]);
    store.add(user("Carol"));
    let changed = store.execute(update(User).set(User.email, "x")).unwrap_or(99);
    assert_eq!(changed, 99, "three users with one email");
    store.rollback().unwrap();
}

// AF-3: texts and statements that name no mapped struct, too, whether or not they give rows.
fn statements_of_all_kinds_flush_first(at: &Place) {
    type Act = fn(&mut Session);
    let acts: [Act; 7] = [
        |it| drop(it.execute(text("SELECT 1 AS one").rows::<(i64,)>()).all().unwrap()),
        |it| _ = it.scalar(text("SELECT 1 AS one").rows::<(i64,)>()).unwrap(),
        |it| _ = it.execute(text("DELETE FROM tag")).unwrap(),
        |it| drop(it.scalars(select(lit(1_i64))).all().unwrap()),
        |it| _ = it.execute(update(Tag).set(Tag.name, "x")).unwrap(),
        |it| _ = it.execute(delete(Tag)).unwrap(),
        |it| _ = it.execute(insert(Tag).values((Tag.name.set("x"),))).unwrap(),
    ];
    for act in acts {
        let mut store = at.store();
        store.add(user("Alice"));
        act(&mut store);
        let sent = store.sent();
        assert!(sent.starts_with("BEGIN\nINSERT INTO user_account"), "{sent}");
        assert_eq!(sent.lines().count(), 3, "{sent}");
        store.rollback().unwrap();
        // Switched off, they don't.
        let options = SessionOptions::new().autoflush(false);
        store.session = Session::with_options(&store.engine, options);
        store.add(user("Alice"));
        act(&mut store);
        assert!(!store.sent().contains("user_account"));
        store.rollback().unwrap();
    }
}

// AF-1: relationships, refresh.
fn loads_and_refreshes_flush_first(at: &Place) {
    let mut store = at.store();
    store.add(Author::builder().name("A").books([book("x")]));
    store.save();
    store.renew();
    let author = store.get_one(Author, 1).unwrap();
    let new = store.add(book("y"));
    new.author().set(&author);
    let books = author.books().load(&mut store).unwrap();
    assert_eq!(books.len(), 2);
    assert!(books[1].is(&new));
    let other = store.add(book("z"));
    store.refresh(&author).unwrap();
    assert_eq!(other.borrow().id, 3);
    // And what reads an expired object, merges, and reads one by one.
    type Act = fn(&mut Session, &Obj<Author>);
    let acts: [Act; 4] = [
        |it, author| {
            it.expire(author).unwrap();
            it.fresh(author).unwrap();
        },
        |it, author| {
            it.expire(author).unwrap();
            it.get_one(Author, 1).unwrap();
        },
        |it, _| _ = it.merge(Author { id: 99.into(), ..crate::store::author("M") }).unwrap(),
        |it, _| _ = it.stream_scalars(&select(Tag)).unwrap().count(),
    ];
    for (n, act) in acts.into_iter().enumerate() {
        let new = store.add(book("more"));
        act(&mut store, &author);
        assert_eq!(inspect(&new).state, State::Persistent, "{n}");
    }
    store.rollback().unwrap();
}

// AF-2, AF-8, AF-10
fn nothing_is_sent_where_nothing_is_to_do(at: &Place) {
    let mut store = at.store();
    store.flush().unwrap();
    store.commit().unwrap();
    store.rollback().unwrap();
    assert_eq!(store.sent(), "");
    let alice = store.add(user("Alice"));
    assert_eq!(store.sent(), "");
    store.save();
    store.flush().unwrap();
    store.commit().unwrap();
    alice.borrow_mut().name = "Alice".into();
    store.flush().unwrap();
    store.commit().unwrap();
    store.delete(&alice).unwrap();
    store.rollback().unwrap();
    let sent = store.sent();
    assert!(!sent.contains("UPDATE") && !sent.contains("COMMIT"), "{sent}");
}

// AF-4, AF-5
fn autoflush_can_be_turned_off(at: &Place) {
    let store = at.store();
    let options = SessionOptions::default().autoflush(false);
    let mut session = Session::with_options(&store.engine, options);
    session.add(user("Alice"));
    assert!(session.scalars(select(User)).all().unwrap().is_empty());
    assert_eq!(session.scalars(select(User).autoflush(true)).all().unwrap().len(), 1);
    session.add(user("Bob"));
    session.commit().unwrap();
    drop(session);
    let mut session = Session::new(&store.engine);
    session.add(user("Carol"));
    assert_eq!(session.scalars(select(User).autoflush(false)).all().unwrap().len(), 2);
}

// AF-6
fn an_error_in_an_autoflush(at: &Place) {
    let mut store = at.store();
    store.add(Address::builder().mail("a@x").user_id(77));
    let error = store.scalars(select(User)).all().unwrap_err();
    assert_eq!(error.integrity(), Some(aludel::Integrity::ForeignKey));
    assert!(!store.is_active());
    assert!(matches!(store.scalars(select(User)).all(), Err(Error::PendingRollback(_))));
    store.rollback().unwrap();
    assert!(store.is_active());
    assert!(store.scalars(select(User)).all().unwrap().is_empty());
}

// AF-7
fn refresh_discards_own_changes_and_flushes_others(at: &Place) {
    let mut store = at.store();
    let (alice, bob) = (store.add(user("Alice")), store.add(user("Bob")));
    alice.addresses().push(address("a@x"));
    store.save();
    alice.borrow_mut().name = "mine".into();
    bob.borrow_mut().name = "Bobby".into();
    store.refresh(&alice).unwrap();
    assert_eq!(alice.borrow().name, "Alice");
    assert_eq!(
        store.sent(),
        "BEGIN\nUPDATE user_account SET name = ? WHERE id = ?\n\
         SELECT user_account.id, user_account.name, user_account.email \
         FROM user_account WHERE user_account.id = ?"
    );
    // Relationships are read again when they are loaded.
    assert!(matches!(alice.addresses().len(), Err(Error::NotLoaded(_))));
    assert_eq!(alice.addresses().load(&mut store).unwrap().len(), 1);
    store.commit().unwrap();
    assert_eq!(store.number("SELECT count(*) FROM user_account WHERE name = 'mine'"), 0);
}

// AF-4, AF-5: for a stretch of a program; what says more counts more.
fn a_stretch_without_autoflush(at: &Place) {
    let mut store = at.store();
    let alice = store.add(user("Alice"));
    store.save();
    store.add(user("Bob"));
    let mut quiet = store.no_autoflush();
    assert_eq!(quiet.scalars(select(User)).all().unwrap().len(), 1);
    quiet.expire(&alice).unwrap();
    quiet.fresh(&alice).unwrap();
    alice.addresses().load(&mut quiet).unwrap();
    assert_eq!(quiet.pending().len(), 1);
    assert_eq!(quiet.scalars(select(User).autoflush(true)).all().unwrap().len(), 2);
    quiet.add(user("Carol"));
    let savepoint = quiet.begin_nested().unwrap();
    assert!(quiet.pending().is_empty());
    quiet.commit_nested(savepoint).unwrap();
    // One within another.
    drop(quiet.no_autoflush());
    quiet.add(user("Dora"));
    assert_eq!(quiet.scalars(select(User)).all().unwrap().len(), 3);
    drop(quiet);
    assert_eq!(store.scalars(select(User)).all().unwrap().len(), 4);
    store.rollback().unwrap();
}

// AF-9
fn nothing_before_begin(at: &Place) {
    let mut store = at.store();
    store.add(user("Alice"));
    store.save();
    let options = SessionOptions::new().autobegin(false);
    store.session = Session::with_options(&store.engine, options);
    fn refused<T>(result: aludel::Result<T>) {
        match result {
            Err(Error::InvalidRequest(text)) => {
                assert!(text.contains("call `begin` first"), "{text}")
            }
            Err(other) => panic!("{other}"),
            Ok(_) => panic!("it is not refused"),
        }
    }
    refused(store.scalars(select(User)).all());
    refused(store.get(User, 1));
    refused(store.execute(update(User).set(User.name, "x")));
    refused(store.execute(text("SELECT 1")));
    refused(store.flush());
    refused(store.commit());
    refused(store.begin_nested());
    refused(store.merge(user("x")));
    refused(store.stream_scalars(&select(User)));
    refused(store.try_add(&Obj::new(user("x"))));
    store.rollback().unwrap();
    assert_eq!(store.sent(), "");
    // An object that was added is told of by the flush.
    let early = store.add(user("early"));
    store.begin().unwrap();
    refused(store.flush());
    store.rollback().unwrap();
    assert_eq!(inspect(&early).state, State::Transient);
    // Once begun, it is a session as any other, up to the transaction's end.
    store.begin().unwrap();
    let alice = store.get_one(User, 1).unwrap();
    store.add(user("Bob"));
    let savepoint = store.begin_nested().unwrap();
    store.rollback_nested(savepoint).unwrap();
    store.commit().unwrap();
    // What is held needs no SQL.
    assert!(store.get(User, 1).unwrap().unwrap().is(&alice));
    refused(store.refresh(&alice));
    refused(alice.addresses().load(&mut store));
    refused(store.delete(&alice));
    store.begin().unwrap();
    assert_eq!(store.scalars(select(User)).all().unwrap().len(), 2);
    store.rollback().unwrap();
}

// AF-8: the session's own; nothing is sent before the first statement.
fn what_begins_a_transaction(at: &Place) {
    let mut store = at.store();
    assert!(!store.in_transaction());
    let alice = store.add(user("Alice"));
    assert!(store.in_transaction());
    store.rollback().unwrap();
    assert!(!store.in_transaction());
    store.add(&alice);
    store.save();
    assert!(!store.in_transaction());
    alice.borrow_mut().name = "Alicia".into();
    assert!(store.in_transaction());
    assert_eq!(store.sent(), "");
    store.rollback().unwrap();
    store.expire_all().unwrap();
    assert!(!store.in_transaction());
    store.get_one(User, 1).unwrap();
    assert!(store.in_transaction());
    store.rollback().unwrap();
}

// AF-9
fn begin_twice(at: &Place) {
    let mut store = at.store();
    store.begin().unwrap();
    assert!(matches!(store.begin(), Err(Error::InvalidRequest(_))));
    assert!(matches!(store.begin_read_only(), Err(Error::InvalidRequest(_))));
    assert_eq!(store.sent(), "");
    store.scalars(select(User)).all().unwrap();
    store.add(author("A"));
    store.commit().unwrap();
    assert_eq!(
        store.sent(),
        "BEGIN\nSELECT user_account.id, user_account.name, user_account.email \
         FROM user_account\nINSERT INTO author (name) VALUES (?)\nCOMMIT"
    );
    store.begin().unwrap();
    store.rollback().unwrap();
}

// TX-14: an error of a plain statement is not the session's end; whether it is the transaction's is
// the database's business.
fn an_error_of_a_query_leaves_the_session_usable(at: &Place) {
    let mut store = at.store();
    store.add(author("A"));
    store.flush().unwrap();
    assert!(store.execute(text("SELECT nothing FROM nowhere")).is_err());
    assert!(store.is_active());
    if at.database().goes_on_after_errors() {
        store.commit().unwrap();
        assert_eq!(store.number("SELECT count(*) FROM author"), 1);
    } else {
        assert!(store.scalars(select(User)).all().is_err());
        store.rollback().unwrap();
        assert_eq!(store.number("SELECT count(*) FROM author"), 0);
    }
}

// AF-8: a connection that can't be had leaves nothing behind.
fn the_first_statement_may_fail(at: &Place) {
    let options = EngineOptions::new()
        .pool_size(1)
        .max_overflow(0)
        .checkout_timeout(std::time::Duration::from_millis(20));
    at.empty();
    let engine = at.blocking(options);
    let mut first = Session::new(&engine);
    // Opening a connection may take its time, too.
    while first.scalars(select(User)).all().is_err() {}
    let mut second = Session::new(&engine);
    let error = second.scalars(select(User)).all().unwrap_err();
    assert!(error.to_string().contains("20ms"), "{error}");
    first.rollback().unwrap();
    engine.log().start();
    second.add(author("A"));
    second.commit().unwrap();
    assert_eq!(
        neutral(engine.dialect(), &engine.log().take()),
        ["BEGIN", "INSERT INTO author (name) VALUES (?)", "COMMIT"]
    );
}

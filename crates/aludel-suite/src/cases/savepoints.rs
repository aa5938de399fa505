//! Savepoints: levels of a transaction that are kept or taken back by themselves, objects included.

use aludel::{
    Error, Integrity, Obj, Savepoint, SessionOptions, State,
    blocking::{Session, savepoint, transaction},
    prelude::*,
};

use crate::{
    Case, Place, cases,
    models::*,
    store::{Store, address, node, tag, user},
};

pub(super) const CASES: &[Case] = cases!["savepoints":
    a_savepoint_begins_with_its_first_statement,
    what_changed_before_is_written_before,
    a_level_is_taken_back,
    a_level_is_kept_and_taken_back_with_the_one_around,
    the_outermost_ends_all,
    an_outer_savepoint_ends_those_within,
    a_savepoint_that_has_ended,
    blocks_keep_or_take_back,
    a_block_that_is_ended_inside,
    a_failed_flush_takes_back_its_level,
    a_failed_flush_at_the_end_of_a_level,
    a_flush_that_fails_before_anything_is_sent,
];

pub(super) fn state<T: Mapped>(object: &Obj<T>) -> State {
    inspect(object).state
}

pub(super) fn is_expired<T: Mapped>(object: &Obj<T>) -> bool {
    inspect(object).expired
}

pub(super) fn is_closed<T: std::fmt::Debug>(result: aludel::Result<T>) {
    let error = result.unwrap_err();
    assert!(matches!(error, Error::ResourceClosed(_)), "{error}");
}

pub(super) fn is_pending_rollback<T: std::fmt::Debug>(result: aludel::Result<T>) {
    let error = result.unwrap_err();
    assert!(matches!(error, Error::PendingRollback(_)), "{error}");
}

pub(super) fn names(store: &mut Store) -> Vec<String> {
    let names = select(User.name).order_by(User.name);
    let mut session = Session::new(&store.engine);
    store.engine.log().stop();
    // `:memory:` is one connection: what the session sees.
    let found = if store.in_transaction() {
        store.session.scalars(names).all()
    } else {
        session.scalars(names).all()
    };
    store.engine.log().start();
    found.unwrap()
}

// TX-6
fn a_savepoint_begins_with_its_first_statement(at: &Place) {
    let mut store = at.store();
    assert!(!store.in_transaction() && !store.in_nested_transaction());
    // Nothing is sent for a level in which nothing is.
    let level = store.begin_nested().unwrap();
    assert!(store.in_transaction() && store.in_nested_transaction());
    store.commit_nested(level).unwrap();
    let level = store.begin_nested().unwrap();
    store.rollback_nested(level).unwrap();
    assert!(!store.in_nested_transaction());
    store.commit().unwrap();
    assert_eq!(store.sent(), "");
    // What is sent begins all levels that wait, and ends those that it began.
    let outer = store.begin_nested().unwrap();
    let inner = store.begin_nested().unwrap();
    store.add(user("Alice"));
    store.commit_nested(inner).unwrap();
    assert_eq!(
        store.sent(),
        "BEGIN\nSAVEPOINT aludel_1\nSAVEPOINT aludel_2\n\
         INSERT INTO user_account (name, email) VALUES (?, ?)\nRELEASE aludel_2"
    );
    let inner = store.begin_nested().unwrap();
    store.commit_nested(inner).unwrap();
    assert_eq!(store.sent(), "");
    let inner = store.begin_nested().unwrap();
    store.scalars(select(User)).all().unwrap();
    store.rollback_nested(inner).unwrap();
    assert_eq!(
        store.sent(),
        "SAVEPOINT aludel_2\n\
         SELECT user_account.id, user_account.name, user_account.email FROM user_account\n\
         ROLLBACK TO aludel_2\nRELEASE aludel_2"
    );
    store.commit_nested(outer).unwrap();
    assert_eq!(store.sent(), "RELEASE aludel_1");
    store.commit().unwrap();
    assert_eq!(store.sent(), "COMMIT");
    // A `get` of what isn't there begins it, too.
    store.get(User, 2).unwrap();
    store.sent();
    let level = store.begin_nested().unwrap();
    store.get(User, 1).unwrap();
    assert_eq!(store.sent(), "", "it is in the identity map");
    store.get(User, 3).unwrap();
    assert!(store.sent().contains("SAVEPOINT aludel_1\nSELECT"));
    store.commit_nested(level).unwrap();
}

// AF-5: even where queries don't flush.
fn what_changed_before_is_written_before(at: &Place) {
    let mut store = at.store();
    store.session = Session::with_options(&store.engine, SessionOptions::new().autoflush(false));
    let alice = store.add(user("Alice"));
    let level = store.begin_nested().unwrap();
    assert_eq!(state(&alice), State::Persistent);
    assert_eq!(store.sent(), "BEGIN\nINSERT INTO user_account (name, email) VALUES (?, ?)");
    alice.borrow_mut().name = "changed".into();
    store.rollback_nested(level).unwrap();
    assert_eq!((alice.borrow().name.as_str(), state(&alice)), ("Alice", State::Persistent));
    assert_eq!(store.sent(), "");
    let level = store.begin_nested().unwrap();
    alice.borrow_mut().name = "kept".into();
    store.commit_nested(level).unwrap();
    store.commit().unwrap();
    assert_eq!(names(&mut store), ["kept"]);
}

// TX-7, TX-4: keys that the database made are unset.
fn a_level_is_taken_back(at: &Place) {
    let mut store = at.store();
    let alice = store.add(User::builder().name("Alice").addresses(["a", "b"].map(address)));
    let (bob, gone, marked) = (store.add(user("Bob")), store.add(tag("x")), store.add(tag("y")));
    store.save();
    bob.borrow_mut().name = "Robert".into();
    let early = store.add(user("early"));
    let level = store.begin_nested().unwrap();
    alice.borrow_mut().name = "1".into();
    store.flush().unwrap();
    alice.borrow_mut().name = "2".into();
    let new = store.add(User::builder().name("new").addresses([address("n")]));
    store.delete(&gone).unwrap();
    store.flush().unwrap();
    assert_eq!(state(&gone), State::Deleted);
    alice.borrow_mut().name = "3".into();
    early.borrow_mut().email = Some("e".into());
    store.delete(&marked).unwrap();
    let pending = store.add(user("pending"));
    store.sent();
    store.rollback_nested(level).unwrap();
    assert_eq!(store.sent(), "ROLLBACK TO aludel_1\nRELEASE aludel_1");
    assert_eq!(alice.borrow().name, "Alice");
    assert!(early.borrow().email.is_none());
    assert_eq!([state(&new), state(&pending)], [State::Transient; 2]);
    assert!(new.borrow().id.is_unset());
    assert_eq!([state(&gone), state(&marked)], [State::Persistent; 2]);
    assert!(!inspect(&marked).marked_deleted);
    // What was changed inside is read again; what wasn't stays known.
    assert!(is_expired(&alice) && is_expired(&early));
    assert!(!is_expired(&bob) && !is_expired(&gone) && !is_expired(&marked));
    assert_eq!(bob.borrow().name, "Robert");
    assert!(inspect(&alice).changes.is_empty());
    assert!(store.contains(&gone) && !store.contains(&new));
    assert!(store.get(Tag, 1).unwrap().unwrap().is(&gone));
    assert!(store.get(User, 1).unwrap().unwrap().is(&alice) && !is_expired(&alice));
    store.commit().unwrap();
    assert_eq!(names(&mut store), ["Alice", "Robert", "early"]);
    assert_eq!(store.number("SELECT count(*) FROM tag"), 2);
    assert_eq!(store.number("SELECT count(*) FROM address"), 2);
    // It can be added anew.
    store.add(&new);
    store.commit().unwrap();
    assert_eq!(store.number("SELECT count(*) FROM address"), 3);
}

// TX-8, TX-6: and keeping expires nothing.
fn a_level_is_kept_and_taken_back_with_the_one_around(at: &Place) {
    for commit in [true, false] {
        let mut store = at.store();
        let (alice, gone) = (store.add(user("Alice")), store.add(user("gone")));
        store.save();
        let outer = store.begin_nested().unwrap();
        alice.borrow_mut().email = Some("outer".into());
        let inner = store.begin_nested().unwrap();
        alice.borrow_mut().name = "inner".into();
        store.delete(&gone).unwrap();
        let new = store.add(user("new"));
        store.commit_nested(inner).unwrap();
        assert!(!is_expired(&alice) && !is_expired(&new));
        assert_eq!((state(&new), state(&gone)), (State::Persistent, State::Deleted));
        if commit {
            store.commit_nested(outer).unwrap();
            store.commit().unwrap();
            assert_eq!((state(&new), state(&gone)), (State::Persistent, State::Detached));
            assert_eq!(names(&mut store), ["inner", "new"]);
        } else {
            store.rollback_nested(outer).unwrap();
            assert_eq!((state(&new), state(&gone)), (State::Transient, State::Persistent));
            assert_eq!((alice.borrow().name.as_str(), &alice.borrow().email), ("Alice", &None));
            assert_eq!(names(&mut store), ["Alice", "gone"]);
            store.rollback().unwrap();
            assert_eq!(state(&gone), State::Persistent);
        }
    }
    // The transaction itself is the level around.
    let mut store = at.store();
    let level = store.begin_nested().unwrap();
    let new = store.add(user("new"));
    store.commit_nested(level).unwrap();
    store.rollback().unwrap();
    assert_eq!((state(&new), new.borrow().id.is_unset()), (State::Transient, true));
    assert!(names(&mut store).is_empty());
}

// TX-9
fn the_outermost_ends_all(at: &Place) {
    let mut store = at.store();
    for commit in [true, false] {
        let outer = store.begin_nested().unwrap();
        let alice = store.add(user("Alice"));
        let inner = store.begin_nested().unwrap();
        let bob = store.add(user("Bob"));
        let written =
            "BEGIN\nSAVEPOINT aludel_1\nINSERT INTO user_account (name, email) VALUES (?, ?)";
        if commit {
            store.commit().unwrap();
            let inner =
                "SAVEPOINT aludel_2\nINSERT INTO user_account (name, email) VALUES (?, ?)\nCOMMIT";
            assert_eq!(store.sent(), format!("{written}\n{inner}"));
            assert_eq!([state(&alice), state(&bob)], [State::Persistent; 2]);
        } else {
            store.rollback().unwrap();
            assert_eq!(store.sent(), format!("{written}\nROLLBACK"));
            assert_eq!([state(&alice), state(&bob)], [State::Transient; 2]);
        }
        assert!(!store.in_nested_transaction() && !store.in_transaction());
        is_closed(store.rollback_nested(inner));
        is_closed(store.commit_nested(outer));
    }
    assert_eq!(names(&mut store), ["Alice", "Bob"]);
}

// TX-9: those within are ended first.
fn an_outer_savepoint_ends_those_within(at: &Place) {
    let mut store = at.store();
    let levels = |store: &mut Store| -> (Savepoint, Savepoint, Obj<User>) {
        let outer = store.begin_nested().unwrap();
        let first = store.add(user("first"));
        let inner = store.begin_nested().unwrap();
        store.add(user("second"));
        store.flush().unwrap();
        store.sent();
        (outer, inner, first)
    };
    let (outer, inner, first) = levels(&mut store);
    store.rollback_nested(outer).unwrap();
    assert_eq!(store.sent(), "ROLLBACK TO aludel_1\nRELEASE aludel_1");
    assert_eq!(state(&first), State::Transient);
    is_closed(store.commit_nested(inner));
    let (outer, inner, first) = levels(&mut store);
    store.commit_nested(outer).unwrap();
    assert_eq!(store.sent(), "RELEASE aludel_1");
    assert_eq!(state(&first), State::Persistent);
    is_closed(store.rollback_nested(inner));
    store.commit().unwrap();
    assert_eq!(names(&mut store), ["first", "second"]);
}

// TX-10
fn a_savepoint_that_has_ended(at: &Place) {
    let mut store = at.store();
    let mut other = Session::new(&store.engine);
    let level = store.begin_nested().unwrap();
    is_closed(other.commit_nested(level));
    is_closed(other.rollback_nested(level));
    store.commit_nested(level).unwrap();
    is_closed(store.commit_nested(level));
    is_closed(store.rollback_nested(level));
    // One that begins in the same place is another one.
    let again = store.begin_nested().unwrap();
    assert_ne!(level, again);
    is_closed(store.rollback_nested(level));
    assert!(store.in_nested_transaction());
    store.close().unwrap();
    assert!(!store.in_nested_transaction());
    is_closed(store.rollback_nested(again));
    let error = store.begin_nested().and_then(|_| store.begin()).unwrap_err().to_string();
    assert!(error.contains("already under way"), "{error}");
}

// TX-11, TX-15
fn blocks_keep_or_take_back(at: &Place) {
    let mut store = at.store();
    let kept = savepoint(&mut store.session, |session| {
        Ok::<_, Error>(session.add(User::builder().name("kept").email("k")))
    });
    assert_eq!(state(&kept.unwrap()), State::Persistent);
    let mut lost = None;
    let error = savepoint(&mut store.session, |session| {
        lost = Some(session.add(user("lost")));
        session.flush()?;
        Err::<(), Box<dyn std::error::Error>>("the program's own".into())
    });
    assert_eq!(error.unwrap_err().to_string(), "the program's own");
    assert_eq!(state(&lost.unwrap()), State::Transient);
    // A flush that fails, within the block and at its end; and one that the block swallows.
    for flush in [true, false] {
        let error = savepoint(&mut store.session, |session| {
            session.add(User::builder().name("twin").email("k"));
            if flush { session.flush() } else { Ok(()) }
        });
        assert_eq!(error.unwrap_err().integrity(), Some(Integrity::Unique));
        assert!(store.is_active());
    }
    let swallowed = savepoint(&mut store.session, |session| {
        session.add(User::builder().name("twin").email("k"));
        session.flush().unwrap_err();
        Ok::<_, Error>(())
    });
    is_pending_rollback(swallowed);
    assert!(store.is_active() && !store.in_nested_transaction());
    // Blocks in blocks.
    savepoint(&mut store.session, |session| {
        session.add(user("outer"));
        let inner = savepoint(session, |session| {
            session.add(user("inner"));
            Err::<(), Error>(session.get_one(User, 9).unwrap_err())
        });
        assert!(matches!(inner, Err(Error::NoResultFound(_))));
        Ok::<_, Error>(())
    })
    .unwrap();
    store.commit().unwrap();
    assert_eq!(names(&mut store), ["kept", "outer"]);
}

// TX-11
fn a_block_that_is_ended_inside(at: &Place) {
    let mut store = at.store();
    let refused = |session: &mut Session| {
        for result in [
            session.flush(),
            session.commit(),
            session.get(User, 9).map(drop),
            session.begin(),
            session.begin_nested().map(drop),
        ] {
            let error = result.unwrap_err();
            assert!(matches!(error, Error::InvalidRequest(_)), "{error}");
            assert!(error.to_string().contains("leave the block"), "{error}");
        }
    };
    savepoint(&mut store.session, |session| {
        session.add(user("Alice"));
        session.commit()?;
        refused(session);
        Ok::<_, Error>(())
    })
    .unwrap();
    savepoint(&mut store.session, |session| {
        session.add(user("Bob"));
        let inner = savepoint(session, |session| {
            session.rollback()?;
            refused(session);
            Err::<(), _>(session.flush().unwrap_err())
        });
        assert!(matches!(inner, Err(Error::InvalidRequest(_))));
        refused(session);
        Ok::<_, Error>(())
    })
    .unwrap();
    let engine = store.engine.clone();
    drop(store);
    transaction(&engine, |session| {
        session.add(user("Carol"));
        session.commit()?;
        refused(session);
        Ok::<_, Error>(())
    })
    .unwrap();
    let mut store = Store::new(engine);
    assert_eq!(names(&mut store), ["Alice", "Carol"]);
}

// TX-12, TX-13, TX-15
fn a_failed_flush_takes_back_its_level(at: &Place) {
    let mut store = at.store();
    let alice = store.add(User::builder().name("Alice").email("a"));
    store.save();
    alice.borrow_mut().name = "outer".into();
    let outer = store.begin_nested().unwrap();
    let kept = store.add(user("kept"));
    let inner = store.begin_nested().unwrap();
    alice.borrow_mut().name = "inner".into();
    let twin = store.add(User::builder().name("twin").email("a"));
    store.sent();
    let error = store.flush().unwrap_err();
    assert_eq!(error.integrity(), Some(Integrity::Unique));
    // Seen at once, and only of the innermost level.
    assert!(store.sent().ends_with("\nROLLBACK TO aludel_2\nRELEASE aludel_2"));
    assert_eq!(alice.borrow().name, "outer");
    assert_eq!((state(&twin), state(&kept)), (State::Transient, State::Persistent));
    assert!(!store.is_active() && store.in_nested_transaction());
    is_pending_rollback(store.flush());
    is_pending_rollback(store.commit());
    is_pending_rollback(store.commit_nested(inner));
    is_pending_rollback(store.commit_nested(outer));
    is_pending_rollback(store.begin_nested());
    is_pending_rollback(store.get(User, 9));
    let later = store.add(user("later"));
    store.rollback_nested(inner).unwrap();
    assert_eq!(store.sent(), "");
    assert_eq!((state(&later), state(&kept)), (State::Transient, State::Persistent));
    assert_eq!(alice.borrow().name, "outer");
    assert!(store.is_active());
    alice.borrow_mut().name = "again".into();
    store.commit_nested(outer).unwrap();
    store.commit().unwrap();
    assert_eq!(names(&mut store), ["again", "kept"]);
    // A level around takes the failed one with it, and so does the whole transaction.
    for whole in [false, true] {
        let outer = store.begin_nested().unwrap();
        let lost = store.add(user("lost"));
        let inner = store.begin_nested().unwrap();
        store.add(User::builder().name("twin").email("a"));
        store.flush().unwrap_err();
        if whole {
            store.rollback().unwrap();
            is_closed(store.rollback_nested(outer));
        } else {
            store.rollback_nested(outer).unwrap();
        }
        assert_eq!(state(&lost), State::Transient);
        is_closed(store.rollback_nested(inner));
        store.commit().unwrap();
    }
    assert_eq!(names(&mut store), ["again", "kept"]);
}

// TX-12, TX-22
fn a_failed_flush_at_the_end_of_a_level(at: &Place) {
    let mut store = at.store();
    store.add(User::builder().name("Alice").email("a"));
    store.save();
    let twin = || User::builder().name("twin").email("a");
    let outer = store.begin_nested().unwrap();
    store.add(user("kept"));
    let _inner = store.begin_nested().unwrap();
    store.add(twin());
    // What fails is the innermost level, whichever is to end.
    assert_eq!(store.commit_nested(outer).unwrap_err().integrity(), Some(Integrity::Unique));
    is_pending_rollback(store.commit_nested(outer));
    store.rollback_nested(outer).unwrap();
    store.add(user("kept"));
    let level = store.begin_nested().unwrap();
    store.add(twin());
    assert!(store.commit().is_err());
    store.rollback_nested(level).unwrap();
    store.commit().unwrap();
    assert_eq!(names(&mut store), ["Alice", "kept"]);
    // Where the flush before a level fails, that is the level around.
    let level = store.begin_nested().unwrap();
    let lost = store.add(twin());
    assert!(store.begin_nested().is_err());
    assert_eq!(state(&lost), State::Transient);
    store.rollback_nested(level).unwrap();
    assert!(store.is_active() && !store.in_nested_transaction());
    store.commit().unwrap();
}

// TX-12: what the session itself refuses is of the level, too, and nothing is sent.
fn a_flush_that_fails_before_anything_is_sent(at: &Place) {
    let mut store = at.store();
    let mut other = Session::new(&store.engine);
    let alice = store.add(user("Alice"));
    let level = store.begin_nested().unwrap();
    let (one, two) = (store.add(node("one")), other.add(node("two")));
    one.children().push(&two);
    alice.borrow_mut().name = "changed".into();
    store.sent();
    assert!(matches!(store.flush(), Err(Error::OtherSession(_))));
    assert_eq!(store.sent(), "");
    assert_eq!((state(&one), alice.borrow().name.as_str()), (State::Transient, "Alice"));
    is_pending_rollback(store.flush());
    store.rollback_nested(level).unwrap();
    store.commit().unwrap();
    assert_eq!(names(&mut store), ["Alice"]);
}

//! The five states of an object, and what leads from one to the other.

use aludel::{Error, Obj, SessionOptions, State, blocking::Session, prelude::*};

use crate::{
    Case, Place, cases,
    models::*,
    store::{address, author, book, user},
};

pub(super) const CASES: &[Case] = cases!["states":
    transient_pending_persistent,
    add_takes_values_builders_and_objects,
    delete_marks_and_flush_deletes,
    rollback_of_a_delete,
    only_what_has_a_row_can_be_deleted,
    what_was_deleted_can_not_be_added,
    adding_cancels_a_mark,
    an_object_of_another_session,
    two_objects_for_one_key,
    expunge,
    expunged_and_added_again,
    add_of_a_detached_object,
    close_detaches_everything,
    closed_for_good,
    two_sessions_on_one_graph,
    rollback_leaves_what_was_expunged,
    a_session_that_is_dropped,
    inspect_tells_changes_and_what_is_loaded,
    what_nobody_set,
];

fn state<T: Mapped>(object: &Obj<T>) -> State {
    inspect(object).state
}

// STATE-1, STATE-2, STATE-3
fn transient_pending_persistent(at: &Place) {
    let mut store = at.store();
    let alice = Obj::new(user("Alice"));
    assert_eq!((state(&alice), inspect(&alice).identity), (State::Transient, None));
    assert!(!store.contains(&alice));
    let same = store.add(&alice);
    assert!(same.is(&alice));
    assert_eq!(state(&alice), State::Pending);
    store.add(&alice);
    assert!(store.contains(&alice));
    assert_eq!(store.sent(), "");
    store.flush().unwrap();
    assert_eq!(state(&alice), State::Persistent);
    assert_eq!(inspect(&alice).identity, Some(vec![1_i64.into()]));
    store.add(&alice);
    store.commit().unwrap();
    assert_eq!(state(&alice), State::Persistent);
    assert_eq!(store.sent(), "BEGIN\nINSERT INTO user_account (name, email) VALUES (?, ?)\nCOMMIT");
    assert_eq!(format!("{alice:?}"), "User(1, persistent)");
}

fn add_takes_values_builders_and_objects(at: &Place) {
    let mut store = at.store();
    let one = store.add(author("value"));
    let two = store.add(Author::builder().name("builder"));
    let three = Obj::new(author("object"));
    store.add(&three);
    let four = store.add(Author::builder().name("with members").books([book("a"), book("b")]));
    let more = store.add_all([author("x"), author("y")]);
    store.flush().unwrap();
    let ids: Vec<i64> = [&one, &two, &three, &four, &more[0], &more[1]]
        .map(|it| it.borrow().id.value().unwrap())
        .into();
    assert_eq!(ids, [1, 2, 3, 4, 5, 6]);
    assert_eq!(
        store.sent(),
        "BEGIN\n\
         INSERT INTO author (name) VALUES (?) -- 6 rows\n\
         INSERT INTO book (title, pages, author_id) VALUES (?, ?, ?) -- 2 rows"
    );
}

// STATE-4, STATE-5, STATE-17
fn delete_marks_and_flush_deletes(at: &Place) {
    let mut store = at.store();
    let tag = store.add(Tag::builder().name("t"));
    store.save();
    store.delete(&tag).unwrap();
    let seen = inspect(&tag);
    assert_eq!((seen.state, seen.marked_deleted), (State::Persistent, true));
    assert!(store.contains(&tag));
    store.sent();
    store.flush().unwrap();
    assert_eq!(store.sent(), "DELETE FROM tag WHERE id = ?");
    assert_eq!(state(&tag), State::Deleted);
    assert!(!store.contains(&tag));
    store.commit().unwrap();
    assert_eq!(state(&tag), State::Detached);
    assert_eq!(tag.borrow().name, "t");
}

// STATE-5
fn rollback_of_a_delete(at: &Place) {
    let mut store = at.store();
    let tag = store.add(Tag::builder().name("t"));
    store.save();
    store.delete(&tag).unwrap();
    store.flush().unwrap();
    store.rollback().unwrap();
    assert_eq!(state(&tag), State::Persistent);
    assert!(store.get(Tag, 1).unwrap().unwrap().is(&tag));
    // Of an object whose INSERT is taken back as well.
    let other = store.add(Tag::builder().name("u"));
    store.flush().unwrap();
    store.delete(&other).unwrap();
    store.flush().unwrap();
    store.rollback().unwrap();
    assert_eq!(state(&other), State::Transient);
    // Of one that is only marked.
    store.delete(&tag).unwrap();
    store.rollback().unwrap();
    assert!(!inspect(&tag).marked_deleted);
    store.commit().unwrap();
    assert_eq!(store.number("SELECT count(*) FROM tag"), 1);
}

// STATE-6
fn only_what_has_a_row_can_be_deleted(at: &Place) {
    let mut store = at.store();
    let transient = Obj::new(user("a"));
    assert!(matches!(store.delete(&transient), Err(Error::NotPersistent(_))));
    let pending = store.add(user("b"));
    let error = store.delete(&pending).unwrap_err();
    assert_eq!(error.to_string(), "User is not persisted: flush it first");
    assert_eq!((state(&transient), state(&pending)), (State::Transient, State::Pending));
    store.commit().unwrap();
}

// STATE-7
fn what_was_deleted_can_not_be_added(at: &Place) {
    let mut store = at.store();
    let tag = store.add(Tag::builder().name("t"));
    store.save();
    store.delete(&tag).unwrap();
    store.flush().unwrap();
    let error = store.try_add(&tag).unwrap_err();
    assert_eq!(
        error.to_string(),
        "Tag 1 was deleted: `make_transient` makes it one that can be added again"
    );
    assert_eq!(state(&tag), State::Deleted);
    store.commit().unwrap();
    assert!(matches!(store.try_add(&tag), Err(Error::Deleted(_))));
    assert_eq!(state(&tag), State::Detached);
    // Plain `add` tells at the next flush.
    store.add(&tag);
    assert!(matches!(store.flush(), Err(Error::Deleted(_))));
    assert!(matches!(store.flush(), Err(Error::PendingRollback(_))));
    store.rollback().unwrap();
    store.commit().unwrap();
}

// STATE-8
fn adding_cancels_a_mark(at: &Place) {
    let mut store = at.store();
    let alice = store.add(User::builder().name("Alice").addresses([address("a@x")]));
    store.save();
    store.delete(&alice).unwrap();
    let mail = alice.addresses().iter().unwrap().next().unwrap();
    assert!(inspect(&mail).marked_deleted);
    store.add(&alice);
    assert!(!inspect(&alice).marked_deleted && !inspect(&mail).marked_deleted);
    store.sent();
    store.commit().unwrap();
    assert!(!store.sent().contains("DELETE"));
    assert_eq!(store.number("SELECT count(*) FROM address"), 1);
}

// STATE-9
fn an_object_of_another_session(at: &Place) {
    let mut store = at.store();
    let alice = store.add(user("Alice"));
    let mut other = Session::new(&store.engine);
    let error = other.try_add(&alice).unwrap_err();
    assert_eq!(error.to_string(), "User belongs to another session: expunge it there first");
    other.add(&alice);
    assert!(matches!(other.flush(), Err(Error::OtherSession(_))));
    other.rollback().unwrap();
    assert!(store.contains(&alice) && !other.contains(&alice));
    store.commit().unwrap();
    assert!(matches!(other.delete(&alice), Err(Error::OtherSession(_))));
    assert!(matches!(other.refresh(&alice), Err(Error::OtherSession(_))));
    assert!(matches!(alice.addresses().load(&mut other), Err(Error::OtherSession(_))));
}

// STATE-10
fn two_objects_for_one_key(at: &Place) {
    let mut store = at.store();
    let alice = store.add(user("Alice"));
    store.save();
    store.expunge(&alice).unwrap();
    let again = store.get_one(User, 1).unwrap();
    assert!(!again.is(&alice));
    assert!(matches!(store.try_add(&alice), Err(Error::IdentityConflict(_))));
    assert_eq!(state(&alice), State::Detached);
    store.add(&alice);
    let error = store.flush().err().or_else(|| store.commit().err()).unwrap_err_or();
    assert_eq!(error.to_string(), "the session holds another object for User 1: use that one");
    store.rollback().unwrap();
    assert_eq!((state(&alice), state(&again)), (State::Detached, State::Persistent));
}

trait UnwrapErrOr {
    fn unwrap_err_or(self) -> Error;
}

impl UnwrapErrOr for Option<Error> {
    fn unwrap_err_or(self) -> Error {
        self.unwrap()
    }
}

// STATE-11
fn expunge(at: &Place) {
    let mut store = at.store();
    let (alice, bob) = (store.add(user("Alice")), store.add(user("Bob")));
    store.expunge(&bob).unwrap();
    assert_eq!(state(&bob), State::Transient);
    store.save();
    assert_eq!(store.number("SELECT count(*) FROM user_account"), 1);
    alice.borrow_mut().name = "Alicia".into();
    store.expunge(&alice).unwrap();
    assert_eq!(state(&alice), State::Detached);
    assert!(matches!(store.expunge(&alice), Err(Error::Detached(_))));
    store.sent();
    store.commit().unwrap();
    assert!(!store.sent().contains("UPDATE"));
    // The change is still there, and a session writes it.
    assert_eq!(inspect(&alice).changes[0].field, "name");
    store.add(&alice);
    assert_eq!(state(&alice), State::Persistent);
    store.commit().unwrap();
    assert_eq!(store.sent(), "BEGIN\nUPDATE user_account SET name = ? WHERE id = ?\nCOMMIT");
}

// STATE-11: what left and came back is inserted once.
fn expunged_and_added_again(at: &Place) {
    let mut store = at.store();
    let alice = store.add(user("Alice"));
    store.expunge(&alice).unwrap();
    store.add(&alice);
    store.commit().unwrap();
    assert_eq!(store.number("SELECT count(*) FROM user_account"), 1);
}

// STATE-2: a detached object comes in without SQL, and is found.
fn add_of_a_detached_object(at: &Place) {
    let mut store = at.store();
    let alice = store.add(user("Alice"));
    store.save();
    store.renew();
    assert_eq!(state(&alice), State::Detached);
    store.add(&alice);
    assert_eq!(state(&alice), State::Persistent);
    assert!(store.get(User, 1).unwrap().unwrap().is(&alice));
    assert_eq!(store.sent(), "");
    store.expunge(&alice).unwrap();
    // What a rollback takes out again is not found either.
    store.add(&alice);
    store.rollback().unwrap();
    assert_eq!(state(&alice), State::Detached);
    let other = store.get_one(User, 1).unwrap();
    assert!(!other.is(&alice));
}

// STATE-12
fn close_detaches_everything(at: &Place) {
    let mut store = at.store();
    let alice = store.add(User::builder().name("Alice").addresses([address("a@x")]));
    store.save();
    let bob = store.add(user("Bob"));
    store.close().unwrap();
    assert_eq!((state(&alice), state(&bob)), (State::Detached, State::Transient));
    assert_eq!(alice.borrow().name, "Alice");
    assert_eq!(alice.addresses().len().unwrap(), 1);
    assert!(matches!(
        store.get(User, 1).unwrap().unwrap().addresses().len(),
        Err(Error::NotLoaded(_))
    ));
    assert!(matches!(store.refresh(&alice), Err(Error::Detached(_))));
    store.expunge_all();
    assert!(store.get(User, 1).unwrap().is_some());
}

// TX-18
fn closed_for_good(at: &Place) {
    let store = at.store();
    let options = SessionOptions::new().close_resets_only(false);
    let mut session = Session::with_options(&store.engine, options);
    let alice = session.add(user("Alice"));
    session.commit().unwrap();
    // `reset` is what `close` is otherwise.
    let bob = session.add(user("Bob"));
    session.flush().unwrap();
    session.reset().unwrap();
    assert_eq!([state(&alice), state(&bob)], [State::Detached; 2]);
    assert!(!session.in_transaction());
    assert_eq!(session.scalars(select(User)).all().unwrap().len(), 1);
    session.close().unwrap();
    store.sent();
    session.close().unwrap();
    session.rollback().unwrap();
    session.add(user("Carol"));
    for result in [
        session.flush(),
        session.commit(),
        session.begin(),
        session.begin_nested().map(drop),
        session.get(User, 1).map(drop),
        session.scalars(select(User)).all().map(drop),
        session.execute(delete(User)).map(drop),
        session.delete(&alice),
        session.flush_plan().map(drop),
    ] {
        let error = result.unwrap_err();
        assert!(matches!(error, Error::InvalidRequest(_)), "{error}");
        assert!(error.to_string().contains("closed for good"), "{error}");
    }
    assert_eq!(store.sent(), "");
    session.reset().unwrap();
    assert!(session.get(User, 1).is_err());
}

// STATE-9, STATE-10: objects of one graph in two sessions.
fn two_sessions_on_one_graph(at: &Place) {
    let mut store = at.store();
    let alice = store.add(User::builder().name("Alice").addresses(["a", "b"].map(address)));
    store.save();
    let mails: Vec<_> = alice.addresses().iter().unwrap().collect();
    store.renew();
    // All are detached; what comes in takes with it what its cascades reach, and no more.
    let mut other = Session::new(&store.engine);
    let bob = other.add(user("Bob"));
    other.commit().unwrap();
    store.add(&alice);
    assert!(mails.iter().all(|it| store.contains(it)));
    assert!(matches!(other.try_add(&mails[0]), Err(Error::OtherSession(_))));
    // A link between the two is refused by both, and changes neither.
    bob.addresses().push(&mails[0]);
    assert!(mails[0].user().get().unwrap().unwrap().is(&alice));
    assert!(matches!(store.flush(), Err(Error::OtherSession(_))));
    assert!(matches!(other.flush(), Err(Error::OtherSession(_))));
    store.rollback().unwrap();
    other.rollback().unwrap();
    // Each goes on by itself.
    store.add(&alice);
    mails[1].borrow_mut().mail = "changed".into();
    bob.borrow_mut().name = "Robert".into();
    store.commit().unwrap();
    other.commit().unwrap();
    store.session.close().unwrap();
    assert_eq!(state(&mails[1]), State::Detached);
    assert_eq!(state(&bob), State::Persistent);
    // What one has let go of, the other may have.
    other.add(&alice);
    bob.addresses().push(&mails[1]);
    other.commit().unwrap();
    assert_eq!(store.number("SELECT count(*) FROM address WHERE user_id = 2"), 1);
    assert_eq!(store.number("SELECT count(*) FROM address WHERE mail = 'changed'"), 1);
}

// STATE-11: what was expunged stays out, whatever is rolled back.
fn rollback_leaves_what_was_expunged(at: &Place) {
    let mut store = at.store();
    let alice = store.add(user("Alice"));
    store.save();
    store.delete(&alice).unwrap();
    store.expunge(&alice).unwrap();
    store.rollback().unwrap();
    assert_eq!(state(&alice), State::Detached);
    assert!(!inspect(&alice).marked_deleted);
    assert!(!store.get(User, 1).unwrap().unwrap().is(&alice));
}

// STATE-1: objects outlive their session.
fn a_session_that_is_dropped(at: &Place) {
    let mut store = at.store();
    let alice = store.add(User::builder().name("Alice").addresses([address("a@x")]));
    let bob = store.add(user("Bob"));
    store.save();
    let carol = store.add(user("Carol"));
    store.delete(&bob).unwrap();
    store.renew();
    assert_eq!(
        [&alice, &bob, &carol].map(state),
        [State::Detached, State::Detached, State::Transient]
    );
    assert_eq!(alice.addresses().len().unwrap(), 1);
    alice.borrow_mut().name = "Alicia".into();
    store.add(&alice);
    store.commit().unwrap();
    assert_eq!(store.number("SELECT count(*) FROM user_account WHERE name = 'Alicia'"), 1);
}

// UOW-7: state is exact even for an object that nothing changed.
fn inspect_tells_changes_and_what_is_loaded(at: &Place) {
    let mut store = at.store();
    let fresh = inspect(&Obj::new(user("x")));
    assert_eq!(fresh.loaded, ["addresses", "profile"]);
    store.add(user("Alice"));
    store.save();
    store.renew();
    let alice = store.get_one(User, 1).unwrap();
    let seen = inspect(&alice);
    assert!(!seen.is_modified() && !seen.expired);
    assert_eq!((seen.loaded, seen.unloaded), (vec![], vec!["addresses", "profile"]));
    alice.addresses().load(&mut store).unwrap();
    alice.borrow_mut().name = "Alicia".into();
    alice.borrow_mut().email = Some("a@x".into());
    let seen = inspect(&alice);
    assert_eq!((seen.loaded, seen.unloaded), (vec!["addresses"], vec!["profile"]));
    let changes: Vec<_> =
        seen.changes.iter().map(|it| (it.field, it.old.clone(), it.new.clone())).collect();
    assert_eq!(
        changes,
        [("name", "Alice".into(), "Alicia".into()), ("email", Value::Null, "a@x".into())]
    );
    alice.borrow_mut().name = "Alice".into();
    assert_eq!(inspect(&alice).changes.len(), 1);
}

use aludel::Value;

// STATE-18: what nobody set reads as nothing, and reading sets nothing.
fn what_nobody_set(at: &Place) {
    let mut store = at.store();
    let it = Obj::new(Article::builder().title("t"));
    assert!(it.borrow().id.get().is_none() && it.borrow().id.value().is_err());
    let alice = Obj::new(user("Alice"));
    assert_eq!(alice.borrow().email, None);
    assert!(alice.addresses().is_empty().unwrap() && alice.profile().get().unwrap().is_none());
    let named = |it: &Obj<User>| {
        let all = inspect(it).attributes();
        let changed = all.into_iter().filter(|it| it.modified);
        changed.map(|it| it.field.to_string()).collect::<Vec<_>>().join(", ")
    };
    assert_eq!(named(&alice), "name, email");
    store.add(&alice);
    assert!(alice.addresses().is_empty().unwrap());
    assert_eq!(named(&alice), "name, email");
    store.flush().unwrap();
    assert!(!store.is_modified(&alice));
    store.rollback().unwrap();
}

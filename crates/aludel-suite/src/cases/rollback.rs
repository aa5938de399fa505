//! After a rollback, objects are as they were when the transaction began.

use aludel::{Error, Integrity, Obj, SessionOptions, State, blocking::Session, prelude::*};

use crate::{
    Case, Place, cases,
    models::{composites::*, *},
    store::{address, author, book, mails, node, tag, user},
};

pub(super) const CASES: &[Case] = cases!["rollback":
    commit_expires_nothing_unless_asked,
    everything_is_taken_back,
    relationships_come_back,
    expired_objects_are_read_again,
    relationships_of_expired_objects_are_read_again,
    a_failed_flush,
    rollback_without_a_transaction,
    values_go_back_through_all_flushes,
    each_commit_is_a_new_state_to_go_back_to,
    orphans_come_back,
    a_guard_over_a_rollback,
    collections_read_in_between_are_forgotten,
];

fn state<T: Mapped>(object: &Obj<T>) -> State {
    inspect(object).state
}

// TX-1
fn commit_expires_nothing_unless_asked(at: &Place) {
    let store = at.store();
    let mut session = Session::new(&store.engine);
    let alice = session.add(user("Alice"));
    session.commit().unwrap();
    assert!(!inspect(&alice).expired);
    drop(session);
    let options = SessionOptions::default().expire_on_commit(true);
    let mut session = Session::with_options(&store.engine, options);
    let bob = session.add(user("Bob"));
    session.commit().unwrap();
    assert!(inspect(&bob).expired);
    let stmt = update(User).set(User.name, "Bobby").filter(User.id.eq(2));
    session.execute(stmt.synchronize_session(Synchronize::Off)).unwrap();
    assert_eq!(bob.borrow().name, "Bob");
    session.fresh(&bob).unwrap();
    assert_eq!(bob.borrow().name, "Bobby");
    assert!(!inspect(&bob).expired);
}

// TX-2, TX-3, TX-4: keys that the database made are unset, so that the object can be added anew.
fn everything_is_taken_back(at: &Place) {
    let mut store = at.store();
    let alice = store.add(User::builder().name("Alice").addresses(["a", "b", "c"].map(address)));
    let gone = store.add(tag("gone"));
    store.save();
    let all: Vec<_> = alice.addresses().iter().unwrap().collect();
    // Two flushes and some more.
    alice.borrow_mut().name = "1".into();
    alice.addresses().remove(&all[1]).unwrap();
    let bob = store.add(user("Bob"));
    store.delete(&gone).unwrap();
    store.flush().unwrap();
    alice.borrow_mut().name = "2".into();
    bob.borrow_mut().name = "Bobby".into();
    bob.addresses().push(&all[0]);
    let new = bob.addresses().push(address("new"));
    store.flush().unwrap();
    assert_eq!((new.borrow().id, new.borrow().user_id), (4.into(), 2.into()));
    alice.borrow_mut().name = "3".into();
    bob.addresses().push(&all[2]);
    store.sent();
    store.rollback().unwrap();
    assert_eq!(store.sent(), "ROLLBACK");
    assert_eq!(alice.borrow().name, "Alice");
    assert_eq!(mails(&alice), ["a", "b", "c"]);
    assert!(all.iter().all(|it| it.user().get().unwrap().unwrap().is(&alice)));
    assert!(all.iter().all(|it| it.borrow().user_id == 1 && state(it) == State::Persistent));
    assert_eq!(state(&gone), State::Persistent);
    assert_eq!((state(&bob), state(&new)), (State::Transient, State::Transient));
    assert!(bob.borrow().id.is_unset() && new.borrow().id.is_unset());
    assert!(new.borrow().user_id.is_unset());
    assert!(inspect(&alice).expired && !inspect(&bob).expired);
    assert!(inspect(&alice).changes.is_empty());
    store.commit().unwrap();
    assert_eq!(store.number("SELECT count(*) FROM user_account"), 1);
    assert_eq!(store.number("SELECT count(*) FROM address"), 3);
    // Once more, and this time it stays.
    store.add(&bob);
    alice.borrow_mut().name = "4".into();
    store.commit().unwrap();
    assert_eq!(store.number("SELECT count(*) FROM user_account"), 2);
    assert_eq!(store.number("SELECT count(*) FROM user_account WHERE name = '4'"), 1);
}

// TX-2: lists come back in order, and trees and many-to-manys, too.
fn relationships_come_back(at: &Place) {
    let mut store = at.store();
    let x = store.add(Book::builder().title("x").tags(["a", "b", "c", "d"].map(tag)));
    let root = store.add(Node::builder().name("root").children(["l", "r"].map(node)));
    let alice = store.add(user("Alice"));
    let profile = alice.profile().set(Profile::builder().bio("p"));
    store.save();
    let tags: Vec<_> = x.tags().iter().unwrap().collect();
    let nodes: Vec<_> = root.children().iter().unwrap().collect();
    for flush in [false, true] {
        x.tags().remove(&tags[2]).unwrap();
        x.tags().remove(&tags[0]).unwrap();
        x.tags().push(tag("e"));
        x.tags().push(&tags[0]);
        nodes[1].children().push(&nodes[0]);
        alice.profile().set(Profile::builder().bio("q"));
        if flush {
            store.flush().unwrap();
        }
        store.rollback().unwrap();
        assert!(x.tags().iter().unwrap().eq(tags.iter().cloned()));
        assert!(tags.iter().all(|it| it.books().len().unwrap() == 1));
        assert!(root.children().iter().unwrap().eq(nodes.iter().cloned()));
        assert!(nodes[1].children().is_empty().unwrap_or(true));
        assert!(alice.profile().get().unwrap().unwrap().is(&profile));
        assert!(profile.user().get().unwrap().unwrap().is(&alice));
    }
    store.sent();
    store.commit().unwrap();
    assert!(!store.sent().contains("COMMIT"));
}

// TX-2: expired objects are read again.
fn expired_objects_are_read_again(at: &Place) {
    let mut store = at.store();
    let alice = store.add(user("Alice"));
    store.save();
    // A change that bypasses the objects.
    store.execute(update(User).set(User.name, "x")).unwrap();
    store.refresh(&alice).unwrap();
    assert_eq!(alice.borrow().name, "x");
    store.rollback().unwrap();
    assert!(inspect(&alice).expired);
    store.sent();
    assert!(store.get(User, 1).unwrap().unwrap().is(&alice));
    assert_eq!(
        store.sent(),
        "BEGIN\nSELECT user_account.id, user_account.name, user_account.email \
         FROM user_account WHERE user_account.id = ?"
    );
    assert_eq!(alice.borrow().name, "Alice");
    assert!(!inspect(&alice).expired);
    store.rollback().unwrap();
    store.scalars(select(User)).all().unwrap();
    assert!(!inspect(&alice).expired);
    store.sent();
    store.fresh(&alice).unwrap();
    assert_eq!(store.sent(), "");
    store.rollback().unwrap();
    store.fresh(&alice).unwrap();
    assert!(store.sent().contains("SELECT"));
}

// TX-2: what an expired object is linked with is read again with it.
fn relationships_of_expired_objects_are_read_again(at: &Place) {
    let mut store = at.store();
    let a = store.add(Author::builder().name("A").books([book("x")]));
    store.save();
    store.execute(text("INSERT INTO book (title, author_id) VALUES ('ghost', 1)")).unwrap();
    store.refresh(&a).unwrap();
    assert_eq!(a.books().load(&mut store).unwrap().len(), 2);
    store.rollback().unwrap();
    store.get(Author, 1).unwrap();
    assert_eq!(a.books().load(&mut store).unwrap().len(), 1);
}

// TX-12, TX-13, TX-22
fn a_failed_flush(at: &Place) {
    let mut store = at.store();
    let alice = store.add(User::builder().name("Alice").email("a@x"));
    store.save();
    alice.borrow_mut().name = "changed".into();
    let bob = store.add(User::builder().name("Bob").addresses([address("b")]));
    let carol = store.add(User::builder().name("Carol").email("a@x"));
    let error = store.commit().unwrap_err();
    assert_eq!(error.integrity(), Some(Integrity::Unique));
    // Seen at once: nothing is left of it, in the database or in memory.
    assert_eq!(store.sent().lines().last(), Some("ROLLBACK"));
    assert_eq!(alice.borrow().name, "Alice");
    assert_eq!((state(&bob), state(&carol)), (State::Transient, State::Transient));
    assert!(bob.borrow().id.is_unset());
    assert!(!store.is_active());
    let pending = |it: aludel::Result<()>| assert!(matches!(it, Err(Error::PendingRollback(_))));
    pending(store.flush());
    pending(store.commit());
    pending(store.get(User, 9).map(drop));
    pending(store.scalars(select(User)).all().map(drop));
    pending(store.execute(delete(User)).map(drop));
    pending(store.delete(&alice));
    pending(store.refresh(&alice));
    pending(alice.addresses().load(&mut store).map(drop));
    pending(store.flush_plan().map(drop));
    pending(store.begin());
    let later = store.add(user("added meanwhile"));
    let (text, reason) = (store.flush().unwrap_err().to_string(), error.to_string());
    assert!(text.contains("rollback()") && text.contains(&reason), "{text}");
    assert_eq!(store.sent(), "");
    store.rollback().unwrap();
    assert_eq!(state(&later), State::Transient);
    carol.borrow_mut().email = None;
    store.add_all([&bob, &carol]);
    store.commit().unwrap();
    assert_eq!(store.number("SELECT count(*) FROM user_account"), 3);
    assert_eq!(store.number("SELECT count(*) FROM address"), 1);
}

// TX-16
fn rollback_without_a_transaction(at: &Place) {
    let mut store = at.store();
    let alice = store.add(user("Alice"));
    store.rollback().unwrap();
    assert_eq!(state(&alice), State::Transient);
    assert_eq!(store.sent(), "");
    store.commit().unwrap();
    assert_eq!(store.number("SELECT count(*) FROM user_account"), 0);
}

// UOW-8: an object that is changed, flushed, changed and flushed again goes back all the way.
fn values_go_back_through_all_flushes(at: &Place) {
    let mut store = at.store();
    let x = store.add(Book::builder().title("0").pages(1));
    store.save();
    for round in 1..5_i64 {
        x.borrow_mut().title = round.to_string();
        x.borrow_mut().pages = (round % 2 == 0).then_some(round);
        let a = x.author().set(author("A"));
        store.flush().unwrap();
        assert_eq!(x.borrow().author_id.is_some(), a.borrow().id.get().is_some());
    }
    store.rollback().unwrap();
    let book = x.borrow();
    assert_eq!((book.title.as_str(), book.pages, book.author_id), ("0", Some(1), None));
    drop(book);
    assert!(x.author().load(&mut store).unwrap().is_none());
}

// CAS-8, TX-3: orphans come back to their owner.
fn orphans_come_back(at: &Place) {
    let mut store = at.store();
    let alice = store.add(User::builder().name("Alice").addresses(["a", "b"].map(address)));
    store.save();
    let a = alice.addresses().iter().unwrap().next().unwrap();
    alice.addresses().remove(&a).unwrap();
    store.flush().unwrap();
    assert_eq!(state(&a), State::Deleted);
    store.rollback().unwrap();
    assert_eq!(state(&a), State::Persistent);
    assert!(!inspect(&a).marked_deleted);
    assert_eq!(mails(&alice), ["a", "b"]);
    store.commit().unwrap();
    alice.addresses().remove(&a).unwrap();
    store.commit().unwrap();
    assert_eq!(store.number("SELECT count(*) FROM address"), 1);
}

// A guard that is held over a rollback is refused before anything is taken back.
fn a_guard_over_a_rollback(at: &Place) {
    let mut store = at.store();
    let alice = store.add(user("Alice"));
    store.save();
    let mut guard = alice.borrow_mut();
    guard.name = "changed".into();
    let error = store.rollback().unwrap_err();
    assert!(matches!(error, Error::Borrowed(_)), "{error}");
    drop(guard);
    store.rollback().unwrap();
    assert_eq!(alice.borrow().name, "Alice");
    alice.borrow_mut().name = "again".into();
    store.commit().unwrap();
    assert_eq!(store.number("SELECT count(*) FROM user_account WHERE name = 'again'"), 1);
}

// TX-2: what was read after the transaction wrote is read again.
fn collections_read_in_between_are_forgotten(at: &Place) {
    let mut store = at.store();
    store.add(Book::builder().title("x").tags([tag("red")]));
    store.save();
    store.renew();
    let (x, red) = (store.get_one(Book, 1).unwrap(), store.get_one(Tag, 1).unwrap());
    store.delete(&x).unwrap();
    store.flush().unwrap();
    red.books().load(&mut store).unwrap();
    store.rollback().unwrap();
    let books = red.books().load(&mut store).unwrap();
    assert!(books.len() == 1 && books[0].is(&x));
}

// TX-2: of texts that get longer and shorter, and of values that come and go.
fn each_commit_is_a_new_state_to_go_back_to(at: &Place) {
    let states = [
        ("long enough to need more room than before", Some("red"), Some(Point { x: 1, y: 2 })),
        ("", None, None),
        ("ü", Some("a longer colour"), Some(Point { x: 3, y: 4 })),
    ];
    type Said<'a> = (&'a str, Option<&'a str>, Option<Point>);
    let say = |vertex: &Obj<Vertex>, (name, colour, end): Said<'_>| {
        let mut vertex = vertex.borrow_mut();
        (vertex.name, vertex.end) = (name.into(), end);
        vertex.label.colour = colour.map(Into::into);
    };
    let shows = |vertex: &Obj<Vertex>, (name, colour, end): Said<'_>| {
        let vertex = vertex.borrow();
        assert_eq!((&*vertex.name, vertex.label.colour.as_deref()), (name, colour));
        assert_eq!(vertex.end, end);
    };
    let mut store = at.store();
    let label = || Label { text: "l".into(), colour: None };
    let start = || Point { x: 0, y: 0 };
    let vertices =
        [1, 2, 3].map(|_| store.add(Vertex::builder().start(start()).name("n").label(label())));
    store.save();
    for kept in &states {
        vertices.iter().for_each(|it| say(it, kept.clone()));
        store.save();
        for (number, other) in states.iter().enumerate() {
            vertices.iter().skip(number).for_each(|it| say(it, other.clone()));
            if number > 0 {
                store.flush().unwrap();
                say(&vertices[2], states[0].clone());
            }
            store.rollback().unwrap();
            vertices.iter().for_each(|it| shows(it, kept.clone()));
        }
    }
    store.renew();
    let read = store.scalars(select(Vertex)).all().unwrap();
    read.iter().for_each(|it| shows(it, states[2].clone()));
}

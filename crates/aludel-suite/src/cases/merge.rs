//! What comes from outside is copied onto the session's own objects.

use aludel::{Error, Obj, SessionOptions, State, blocking::Session, prelude::*};

use crate::{
    Case, Place, cases,
    models::{
        versions::{Draft, Stamped},
        *,
    },
    store::{Store, address, book, mails, user},
};

pub(super) const CASES: &[Case] = cases!["merge":
    a_value_without_a_key,
    a_value_with_a_key,
    a_value_of_no_row,
    what_is_in_the_session_stays_itself,
    objects_of_other_sessions,
    what_is_equal_is_not_written,
    two_for_one_row,
    the_same_new_key_twice,
    it_flushes_once,
    expired_objects_copy_nothing,
    a_row_that_is_gone,
    what_is_borrowed_changes_nothing,
    composite_keys_and_texts,
    a_thousand_at_once,
    a_merge_is_taken_back,
    versions_are_compared,
];

pub(super) const SELECT_USER: &str =
    "SELECT user_account.id, user_account.name, user_account.email FROM user_account";

pub(super) fn state<T: Mapped>(object: &Obj<T>) -> State {
    inspect(object).state
}

/// Lets the session go, and nothing of its objects is expired by that.
pub(super) fn leave(store: &mut Store) {
    store.close().unwrap();
    store.renew();
}

/// Loads a user with addresses, and lets the session go.
pub(super) fn detached(store: &mut Store) -> Obj<User> {
    let stmt = select(User).options(selectinload(User.addresses));
    let alice = store.scalars(&stmt).one().unwrap();
    leave(store);
    assert_eq!(state(&alice), State::Detached);
    alice
}

/// One with three addresses, who is in no session.
pub(super) fn alice(store: &mut Store) -> Obj<User> {
    store.add(User::builder().name("Alice").addresses(["a", "b", "c"].map(address)));
    store.save();
    store.renew();
    detached(store)
}

// MRG-2
fn a_value_without_a_key(at: &Place) {
    let mut store = at.store();
    let ada = store.merge(user("Ada")).unwrap();
    assert_eq!((state(&ada), store.sent()), (State::Pending, String::new()));
    let source = Obj::new(user("Bob"));
    let bob = store.merge(&source).unwrap();
    assert!(!bob.is(&source));
    assert_eq!((state(&bob), state(&source)), (State::Pending, State::Transient));
    store.commit().unwrap();
    assert_eq!(store.number("SELECT count(*) FROM user_account"), 2);
    assert!(source.borrow().id.is_unset());
}

// MRG-2, MRG-3
fn a_value_with_a_key(at: &Place) {
    let mut store = at.store();
    store.add(User { email: Some("a".into()), ..user("Ada") });
    store.save();
    store.renew();
    let ada = store.merge(User { id: 1.into(), ..user("Adele") }).unwrap();
    assert_eq!(store.sent(), format!("BEGIN\n{SELECT_USER} WHERE user_account.id = ?"));
    assert_eq!(state(&ada), State::Persistent);
    store.flush().unwrap();
    // NULL is a value, and was said.
    assert_eq!(store.sent(), "UPDATE user_account SET name = ?, email = ? WHERE id = ?");
    let again = store.merge(User { id: 1.into(), ..user("Ada") }).unwrap();
    assert!(again.is(&ada));
    assert_eq!(store.sent(), "");
    store.commit().unwrap();
    // What is unset isn't copied.
    let article = store.add(Article::builder().title("x").rank(9));
    store.save();
    let source = Article { id: 1.into(), title: "y".into(), stock: Some(1), rank: Auto::UNSET };
    assert!(store.merge(source).unwrap().is(&article));
    assert_eq!(article.borrow().rank, 9);
    assert_eq!(article.borrow().title, "y");
}

// MRG-2
fn a_value_of_no_row(at: &Place) {
    let mut store = at.store();
    let ada = store.merge(User { id: 7.into(), ..user("Ada") }).unwrap();
    assert_eq!(state(&ada), State::Pending);
    store.commit().unwrap();
    assert_eq!(ada.borrow().id, 7);
    assert!(store.get_one(User, 7).unwrap().is(&ada));
}

// MRG-1
fn what_is_in_the_session_stays_itself(at: &Place) {
    let mut store = at.store();
    let ada = store.add(user("Ada"));
    assert!(store.merge(&ada).unwrap().is(&ada));
    store.save();
    assert!(store.merge(&ada).unwrap().is(&ada));
    assert_eq!(store.sent(), "");
    store.delete(&ada).unwrap();
    store.flush().unwrap();
    // The row of one that was deleted is gone, so its copy is a new one.
    let again = store.merge(&ada).unwrap();
    assert!(!again.is(&ada));
    assert_eq!((state(&ada), state(&again)), (State::Deleted, State::Pending));
    store.commit().unwrap();
    assert_eq!(store.number("SELECT count(*) FROM user_account"), 1);
}

// MRG-1: the argument stays where it is.
fn objects_of_other_sessions(at: &Place) {
    let mut store = at.store();
    store.add(user("Ada"));
    store.save();
    let mut other = Session::new(&store.engine);
    if !at.database().is_shared() {
        return;
    }
    let theirs = other.get_one(User, 1).unwrap();
    theirs.borrow_mut().name = "Adele".into();
    let mine = store.merge(&theirs).unwrap();
    assert!(!mine.is(&theirs));
    assert_eq!(mine.borrow().name, "Adele");
    assert!(other.contains(&theirs) && !store.contains(&theirs));
    other.rollback().unwrap();
    store.commit().unwrap();
    other.refresh(&theirs).unwrap();
    assert_eq!(theirs.borrow().name, "Adele");
}

// MRG-3
fn what_is_equal_is_not_written(at: &Place) {
    let mut store = at.store();
    let away = alice(&mut store);
    let home = store.merge(&away).unwrap();
    assert!(!inspect(&home).is_modified());
    store.sent();
    store.commit().unwrap();
    assert_eq!(store.sent(), "COMMIT");
}

fn two_for_one_row(at: &Place) {
    let mut store = at.store();
    alice(&mut store);
    let twice = [1, 1].map(|id| User { id: id.into(), ..user("Twin") });
    let home = store.merge_all(twice).unwrap();
    assert!(home[0].is(&home[1]));
    assert_eq!(store.sent(), format!("BEGIN\n{SELECT_USER} WHERE user_account.id = ?"));
    let twice = [9, 9].map(|id| User { id: id.into(), ..user("New") });
    let home = store.merge_all(twice).unwrap();
    assert!(home[0].is(&home[1]));
    store.commit().unwrap();
    assert_eq!(store.number("SELECT count(*) FROM user_account"), 2);
}

// MRG-5
fn the_same_new_key_twice(at: &Place) {
    let store = at.store();
    let options = SessionOptions::new().autoflush(false);
    let mut session = Session::with_options(&store.engine, options);
    let one = session.merge(Currency::builder().code("EUR").name("Euro")).unwrap();
    let two = session.merge(Currency::builder().code("EUR").name("Teuro")).unwrap();
    assert!(one.is(&two));
    assert_eq!((state(&one), one.borrow().name.as_str()), (State::Pending, "Teuro"));
    session.commit().unwrap();
    let three = session.merge(Currency::builder().code("EUR").name("Euro")).unwrap();
    assert!(three.is(&one));
    session.commit().unwrap();
}

// MRG-7
fn it_flushes_once(at: &Place) {
    let mut store = at.store();
    let away = alice(&mut store);
    store.add(user("Bob"));
    away.addresses().push(address("d"));
    store.merge(&away).unwrap();
    let sent = store.sent();
    let lines: Vec<&str> = sent.lines().collect();
    assert!(lines[1].starts_with("INSERT INTO user_account"), "{sent}");
    assert_eq!(lines.len(), 4, "{sent}");
}

// MRG-10
fn expired_objects_copy_nothing(at: &Place) {
    let mut store = at.store();
    let away = alice(&mut store);
    let home = store.merge(&away).unwrap();
    store.expire(&home).unwrap();
    store.expunge(&home).unwrap();
    store.run("UPDATE user_account SET name = 'Alicia'");
    store.sent();
    let again = store.merge(&home).unwrap();
    assert!(!again.is(&home));
    assert_eq!(again.borrow().name, "Alicia");
    assert_eq!(store.sent(), format!("{SELECT_USER} WHERE user_account.id = ?"));
    assert!(!inspect(&again).is_modified());
    // But what was set since.
    home.borrow_mut().email = Some("e".into());
    assert!(store.merge(&home).unwrap().is(&again));
    assert_eq!(
        (again.borrow().name.as_str(), again.borrow().email.as_deref()),
        ("Alicia", Some("e"))
    );
}

// MRG-11
fn a_row_that_is_gone(at: &Place) {
    let mut store = at.store();
    let ada = store.add(user("Ada"));
    store.save();
    store.run("DELETE FROM user_account");
    store.expire(&ada).unwrap();
    let error = store.merge(User { id: 1.into(), ..user("x") }).unwrap_err();
    assert!(matches!(error, Error::ObjectDeleted(_)), "{error}");
    store.rollback().unwrap();
    assert_eq!(ada.borrow().name, "Ada");
}

fn what_is_borrowed_changes_nothing(at: &Place) {
    let mut store = at.store();
    let away = alice(&mut store);
    away.borrow_mut().name = "Alicia".into();
    let home = store.get_one(Address, 3).unwrap();
    let guard = home.borrow();
    assert!(matches!(store.merge(&away), Err(Error::Borrowed(_))));
    drop(guard);
    let alice = store.get_one(User, 1).unwrap();
    assert_eq!(alice.borrow().name, "Alice");
    assert!(store.merge(&away).unwrap().is(&alice));
    assert_eq!(alice.borrow().name, "Alicia");
}

fn composite_keys_and_texts(at: &Place) {
    let mut store = at.store();
    let region = |code, name: &str| Region::builder().country("DE").code(code).name(name);
    store.add_all([region(2, "x"), region(9, "y")]);
    store.save();
    store.renew();
    let home =
        store.merge_all([region(2, "Hamburg"), region(9, "Bayern"), region(1, "Kiel")]).unwrap();
    assert_eq!(store.sent().lines().count(), 2);
    let states: Vec<_> = home.iter().map(state).collect();
    assert_eq!(states, [State::Persistent, State::Persistent, State::Pending]);
    store.commit().unwrap();
    assert_eq!(
        store.number("SELECT count(*) FROM region WHERE name IN ('Hamburg', 'Bayern', 'Kiel')"),
        3
    );
}

fn a_thousand_at_once(at: &Place) {
    let mut store = at.store();
    let n = 1_200_i64;
    store.execute(insert(Book).objects((0..n).map(|_| book("b")))).unwrap();
    store.commit().unwrap();
    store.renew();
    let sources = (1..=n).map(|id| Book { id: id.into(), pages: Some(id), ..book("b") });
    let home = store.merge_all(sources).unwrap();
    assert_eq!(store.sent().lines().count(), 4);
    assert_eq!(home.len(), n as usize);
    store.commit().unwrap();
    assert_eq!(store.number("SELECT count(*) FROM book WHERE pages = id"), n);
}

fn a_merge_is_taken_back(at: &Place) {
    let mut store = at.store();
    let away = alice(&mut store);
    let second = away.addresses().iter().unwrap().nth(1).unwrap();
    away.addresses().remove(&second).unwrap();
    away.borrow_mut().name = "Alicia".into();
    let new = away.addresses().push(address("d"));
    let home = store.merge(&away).unwrap();
    store.flush().unwrap();
    store.rollback().unwrap();
    assert_eq!(home.borrow().name, "Alice");
    assert_eq!(away.borrow().name, "Alicia", "the argument is nobody's business");
    assert_eq!(state(&new), State::Transient);
    store.fresh(&home).unwrap();
    home.addresses().load(&mut store).unwrap();
    assert_eq!(mails(&home), ["a", "b", "c"]);
}

// VER-8
fn versions_are_compared(at: &Place) {
    let mut store = at.store();
    store.add(Draft::builder().title("a"));
    store.save();
    let away = store.get_one(Draft, 1).unwrap();
    leave(&mut store);
    store.get_one(Draft, 1).unwrap().borrow_mut().title = "b".into();
    store.save();
    away.borrow_mut().title = "c".into();
    let error = store.merge(&away).unwrap_err();
    let Error::StaleData(stale) = &error else { panic!("{error}") };
    assert_eq!(
        (stale.entity, stale.key.as_str(), stale.version.as_deref()),
        ("Draft", "1", Some("1"))
    );
    assert_eq!(store.get_one(Draft, 1).unwrap().borrow().title, "b");
    let fresh = store.get_one(Draft, 1).unwrap();
    let version = fresh.borrow().version;
    let home = store.merge(Draft::builder().id(1).title("c").version(version)).unwrap();
    assert!(home.is(&fresh));
    store.commit().unwrap();
    assert_eq!((home.borrow().version, home.borrow().title.as_str()), (3, "c"));
    // One that is unset isn't compared.
    let old = Stamped::builder().country("DE").code(1).name("x");
    store.add(old);
    store.save();
    let home = store.merge(Stamped::builder().country("DE").code(1).name("y")).unwrap();
    assert_eq!(home.borrow().name, "y");
}

//! What errors are called and say: the object, by entity and key, and what to do next.

use std::fmt::Debug;

use aludel::{Error, Obj, blocking::Session, prelude::*};

use crate::{
    Case, Place, cases,
    models::*,
    store::{address, author, book, tag, user},
};

pub(super) const CASES: &[Case] = cases!["errors":
    nothing_works_before_the_rollback,
    the_wrong_state,
    another_sessions_object,
    a_link_that_could_not_be_made,
    no_session_and_no_row,
    a_row_that_somebody_changed,
    an_association_row_that_somebody_deleted,
    too_few_rows_and_too_many,
];

/// An error's text; the part in front of the colon that a database adds to is its own.
fn text_of<T: Debug>(result: aludel::Result<T>) -> String {
    result.unwrap_err().to_string()
}

// ERR-2: whatever is called, and nothing is sent.
fn nothing_works_before_the_rollback(at: &Place) {
    let mut store = at.store();
    let alice = store.add(user("Alice"));
    store.save();
    store.add(Address::builder().mail("a").user_id(77));
    let cause = text_of(store.flush());
    store.sent();
    let errors = [
        store.commit().unwrap_err(),
        store.flush().unwrap_err(),
        store.flush_plan().map(drop).unwrap_err(),
        store.get(User, 77).map(drop).unwrap_err(),
        store.scalars(select(User)).all().map(drop).unwrap_err(),
        store.execute(text("SELECT 1").rows::<(i64,)>()).all().map(drop).unwrap_err(),
        store.execute(text("DELETE FROM tag")).map(drop).unwrap_err(),
        store.execute(delete(Tag)).map(drop).unwrap_err(),
        store.refresh(&alice).unwrap_err(),
        store.delete(&alice).unwrap_err(),
        alice.addresses().load(&mut store).map(drop).unwrap_err(),
    ];
    for error in errors {
        assert!(matches!(error, Error::PendingRollback(_)), "{error}");
        let text = error.to_string();
        assert!(text.contains("call `rollback()`") && text.contains(&cause), "{text}");
    }
    assert_eq!(store.sent(), "");
    store.rollback().unwrap();
    assert!(alice.addresses().load(&mut store).unwrap().is_empty());
}

// ERR-3: each wrong state under its own name.
fn the_wrong_state(at: &Place) {
    let mut store = at.store();
    let alice = store.add(user("Alice"));
    assert_eq!(text_of(store.delete(&alice)), "User is not persisted: flush it first");
    let stranger = Obj::new(user("nobody"));
    assert_eq!(text_of(store.expunge(&stranger)), "User is in no session: add it first");
    let bob = store.add(user("Bob"));
    store.save();
    store.delete(&alice).unwrap();
    store.save();
    assert_eq!(
        text_of(store.try_add(&alice)),
        "User 1 was deleted: `make_transient` makes it one that can be added again"
    );
    store.expunge(&bob).unwrap();
    let other = store.get_one(User, 2).unwrap();
    assert_eq!(
        text_of(store.try_add(&bob)),
        "the session holds another object for User 2: use that one"
    );
    assert_eq!(
        text_of(other.addresses().len()),
        "User.addresses is not loaded: call `.load(&mut session)` first, or load it with the query by \
         an option (`selectinload`, `joinedload`)"
    );
    let forbidden = store.scalars(select(Author).options(raiseload(Author.books)));
    assert!(forbidden.all().unwrap().is_empty());
    store.add(author("A"));
    let forbidden = store.scalars(select(Author).options(raiseload(Author.books))).one().unwrap();
    store.expunge(&forbidden).unwrap();
    let forbidden = store.scalars(select(Author).options(raiseload(Author.books))).one().unwrap();
    assert_eq!(
        text_of(forbidden.books().load(&mut store)),
        "Author.books may not be loaded here (`raiseload`): load it with the query by an option"
    );
    store.rollback().unwrap();
}

// ERR-3, STATE-9
fn another_sessions_object(at: &Place) {
    let mut store = at.store();
    let alice = store.add(user("Alice"));
    store.save();
    let mut other = Session::new(&store.engine);
    let expected = "User 1 belongs to another session: expunge it there first";
    assert_eq!(text_of(other.try_add(&alice)), expected);
    assert_eq!(text_of(other.delete(&alice)), expected);
    assert_eq!(text_of(other.refresh(&alice)), expected);
    assert_eq!(text_of(other.expunge(&alice)), expected);
    other.add(&alice);
    assert_eq!(text_of(other.flush()), expected);
    other.rollback().unwrap();
}

// ERR-3: what a link can't say at once, the flush of either session does, with the other's object.
fn a_link_that_could_not_be_made(at: &Place) {
    let mut store = at.store();
    let a = store.add(author("A"));
    store.add(book("x"));
    store.save();
    let mut other = Session::new(&store.engine);
    let x = other.get_one(Book, 1).unwrap();
    other.commit().unwrap();
    a.books().push(&x);
    assert_eq!(text_of(store.flush()), "Book 1 belongs to another session: expunge it there first");
    assert_eq!(
        text_of(other.flush()),
        "Author 1 belongs to another session: expunge it there first"
    );
    store.rollback().unwrap();
    other.rollback().unwrap();
    let red = store.add(tag("red"));
    store.save();
    store.delete(&red).unwrap();
    store.save();
    store.add(&red);
    assert_eq!(
        text_of(store.commit()),
        "Tag 1 was deleted: `make_transient` makes it one that can be added again"
    );
    store.rollback().unwrap();
}

// ERR-4
fn no_session_and_no_row(at: &Place) {
    let mut store = at.store();
    store.add(user("Alice"));
    store.save();
    store.renew();
    let alice = store.get_one(User, 1).unwrap();
    store.expunge(&alice).unwrap();
    let detached = "User 1 is in no session: add it first";
    assert_eq!(text_of(store.refresh(&alice)), detached);
    assert_eq!(text_of(store.fresh(&alice)), detached);
    assert_eq!(text_of(alice.addresses().load(&mut store)), detached);
    assert_eq!(text_of(alice.profile().load_one(&mut store)), detached);
    store.add(&alice);
    store.run("DELETE FROM user_account");
    let gone = "the row of User 1 is gone: somebody deleted it; `expunge` the object";
    assert_eq!(text_of(store.refresh(&alice)), gone);
    store.rollback().unwrap();
}

// ERR-5
fn a_row_that_somebody_changed(at: &Place) {
    let mut store = at.store();
    let alice = store.add(user("Alice"));
    store.save();
    store.run("DELETE FROM user_account");
    alice.borrow_mut().name = "Bob".into();
    assert_eq!(
        text_of(store.flush()),
        "UPDATE of User 1 expected to match 1 row(s), but matched 0: the row was changed or deleted by \
         somebody else; refresh the object and try again"
    );
    store.rollback().unwrap();
    assert_eq!(alice.borrow().name, "Alice");
}

// ERR-5, UOW-27
fn an_association_row_that_somebody_deleted(at: &Place) {
    let mut store = at.store();
    let x = store.add(Book::builder().title("x").tags([tag("red"), tag("blue")]));
    store.save();
    store.run("DELETE FROM book_tag WHERE tag_id = 1");
    let red = store.get_one(Tag, 1).unwrap();
    x.tags().remove(&red).unwrap();
    let text = text_of(store.flush());
    assert!(text.starts_with("DELETE of BookTag"), "{text}");
    assert!(text.contains("expected to match 1 row(s), but matched 0"), "{text}");
    store.rollback().unwrap();
    assert_eq!(x.tags().len().unwrap(), 2);
}

// ERR-8
fn too_few_rows_and_too_many(at: &Place) {
    let mut store = at.store();
    let missing = "no row was found: User 7";
    assert_eq!(text_of(store.get_one(User, 7)), missing);
    let none = select(User).filter(User.name.eq("nobody"));
    assert_eq!(
        text_of(store.scalars(&none).one()),
        "no row was found where one was expected (`one_or_none` and `first` take none, too)"
    );
    assert!(store.scalars(&none).one_or_none().unwrap().is_none());
    assert!(store.scalars(&none).first().unwrap().is_none());
    assert!(store.scalar(&none).unwrap().is_none());
    store.add(user("a"));
    store.add(user("b"));
    let all = select(User).order_by(User.id);
    let several =
        "more than one row was found where one was expected (`first` takes the first of them)";
    assert_eq!(text_of(store.scalars(&all).one()), several);
    assert_eq!(text_of(store.scalars(&all).one_or_none()), several);
    assert_eq!(store.scalars(&all).first().unwrap().unwrap().borrow().name, "a");
    let names = select(User.name).order_by(User.id);
    assert_eq!(store.scalar(&names).unwrap().as_deref(), Some("a"));
    store.add(User::builder().name("c").addresses([address("x")]));
    store.rollback().unwrap();
}

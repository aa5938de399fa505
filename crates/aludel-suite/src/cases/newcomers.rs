//! Links that wait for an object to come in, members that go elsewhere, and what goes together.

use aludel::{Obj, SessionOptions, State, blocking::Session, prelude::*};

use crate::{
    Case, Place, cases,
    models::*,
    store::{address, author, book, tag, user},
};

pub(super) const CASES: &[Case] = cases!["newcomers":
    a_link_waits_for_a_new_owner,
    a_pair_waits_for_a_new_member,
    a_moved_member_goes_with_its_owner,
    what_is_unset_and_what_is_null_go_together,
    deleting_flushes_before_it_loads,
    links_with_what_is_deleted_are_left_out,
    what_was_taken_back_is_not_read,
    deleting_again_does_nothing,
    a_key_that_was_set_is_known,
    a_column_that_was_set_is_known,
    one_side_of_a_one_to_one_tells,
    what_was_expunged_is_nobodys_to_take_back,
    links_outlive_their_session,
];

fn state<T: Mapped>(object: &Obj<T>) -> State {
    inspect(object).state
}

// CAS-4: the flush in between leaves the link out, and doesn't forget it.
fn a_link_waits_for_a_new_owner(at: &Place) {
    let mut store = at.store();
    let first = store.add(book("first"));
    store.save();
    let ann = Obj::new(author("Ann"));
    ann.books().push(&first);
    assert_eq!(state(&ann), State::Transient);
    store.commit().unwrap();
    assert_eq!(first.borrow().author_id, None);
    store.add(&ann);
    store.commit().unwrap();
    assert_eq!(first.borrow().author_id, ann.borrow().id.get().copied());
    assert_eq!(store.number("SELECT count(*) FROM book WHERE author_id IS NOT NULL"), 1);
}

// CAS-4, UOW-26
fn a_pair_waits_for_a_new_member(at: &Place) {
    let mut store = at.store();
    let first = store.add(book("first"));
    store.save();
    let red = Obj::new(tag("red"));
    red.books().push(&first);
    store.commit().unwrap();
    assert_eq!(store.number("SELECT count(*) FROM book_tag"), 0);
    store.add(&red);
    store.commit().unwrap();
    assert_eq!(store.number("SELECT count(*) FROM book_tag"), 1);
    store.save();
    store.commit().unwrap();
    assert_eq!(store.sent(), "");
}

// CAS-9, CAS-10
fn a_moved_member_goes_with_its_owner(at: &Place) {
    let engine = at.store().engine;
    for original in [false, true] {
        let options = SessionOptions::new().sqlalchemy(original);
        let mut session = Session::with_options(&engine, options);
        let (ann, bob) = (session.add(user("Ann")), session.add(user("Bob")));
        let mail = ann.addresses().push(address("a@x.org"));
        bob.addresses().push(&mail);
        let expected = if original { State::Transient } else { State::Pending };
        assert_eq!(state(&mail), expected);
        session.commit().unwrap();
        let count = text("SELECT count(*) AS n FROM address").rows::<(i64,)>();
        assert_eq!(session.scalar(count).unwrap(), Some((i64::from(!original),)));
        if !original {
            assert_eq!(mail.borrow().user_id, bob.borrow().id);
            session.delete(&bob).unwrap();
            session.commit().unwrap();
        }
    }
}

// UOW-13, UOW-15
fn what_is_unset_and_what_is_null_go_together(at: &Place) {
    let mut store = at.store();
    let unset = || Optional { id: Auto::UNSET, a: Auto::UNSET, b: Auto::new(Some(1)) };
    let null = || Optional { id: Auto::UNSET, a: Auto::new(None), b: Auto::new(Some(2)) };
    store.add_all([unset(), null(), unset()]);
    store.commit().unwrap();
    assert_eq!(store.sent(), "BEGIN\nINSERT INTO optional (a, b) VALUES (?, ?) -- 3 rows\nCOMMIT");
}

// AF-1, CAS-6
fn deleting_flushes_before_it_loads(at: &Place) {
    let mut store = at.store();
    let ann = store.add(user("Ann"));
    store.save();
    store.renew();
    let ann = store.get_one(User, ann.borrow().id.value().unwrap()).unwrap();
    store.add(tag("red"));
    store.sent();
    store.delete(&ann).unwrap();
    let sent = store.sent();
    let insert = sent.find("INSERT INTO tag").unwrap();
    assert!(insert < sent.find("FROM address").unwrap(), "{sent}");
}

// CAS-4: the row of a pair went with its end, and nothing refers to a row that is gone.
fn links_with_what_is_deleted_are_left_out(at: &Place) {
    let mut store = at.store();
    let (first, red, ann) =
        (store.add(book("first")), store.add(tag("red")), store.add(author("Ann")));
    first.tags().push(&red);
    store.commit().unwrap();
    store.delete(&red).unwrap();
    store.delete(&ann).unwrap();
    store.flush().unwrap();
    first.tags().remove(&red).unwrap();
    first.author().set(&ann);
    store.commit().unwrap();
    assert_eq!(store.number("SELECT count(*) FROM book_tag"), 0);
    assert_eq!(store.number("SELECT count(*) FROM book WHERE author_id IS NOT NULL"), 0);
}

// REL-6: a flush reads who stood where a change came before the load, and no rollback took it back.
fn what_was_taken_back_is_not_read(at: &Place) {
    let mut store = at.store();
    store.add(user("Ann"));
    store.save();
    store.renew();
    let ann = store.get_one(User, 1).unwrap();
    ann.profile().clear();
    store.rollback().unwrap();
    assert!(ann.profile().load(&mut store.session).unwrap().is_none());
    ann.borrow_mut().name = "Anna".into();
    store.sent();
    store.commit().unwrap();
    assert!(!store.sent().contains("SELECT"));
}

// STATE-4, AF-1
fn deleting_again_does_nothing(at: &Place) {
    let mut store = at.store();
    let ann = store.add(user("Ann"));
    store.save();
    store.delete(&ann).unwrap();
    store.expire(&ann).unwrap();
    store.sent();
    store.delete(&ann).unwrap();
    assert_eq!(store.sent(), "");
    assert_eq!(state(&ann), State::Persistent);
    store.commit().unwrap();
    assert_eq!(state(&ann), State::Detached);
}

// LOAD-2, AF-2: whatever else of the object is expired.
fn a_key_that_was_set_is_known(at: &Place) {
    let mut store = at.store();
    let first = store.add(book("first"));
    let ann = store.add(author("Ann"));
    first.author().set(&ann);
    store.save();
    store.expire(&first).unwrap();
    store.set(&first, Book.author_id, None).unwrap();
    assert!(first.author().load(&mut store.session).unwrap().is_none());
    assert_eq!(store.sent(), "");
    store.commit().unwrap();
    assert_eq!(store.number("SELECT count(*) FROM book WHERE author_id IS NULL"), 1);
}

// UOW-9, EXP-2: what the flush wrote isn't read.
fn a_column_that_was_set_is_known(at: &Place) {
    let mut store = at.store();
    let first = store.add(book("first"));
    store.save();
    store.expire_attributes(&first, Book.title).unwrap();
    store.set(&first, Book.title, "second").unwrap();
    store.flush().unwrap();
    store.sent();
    assert!(!inspect(&first).attribute("title").unwrap().expired);
    store.fresh(&first).unwrap();
    assert_eq!(store.sent(), "");
    assert_eq!(first.borrow().title, "second");
}

// EXP-7: what one side forgot, as it was expired, the other still tells.
fn one_side_of_a_one_to_one_tells(at: &Place) {
    let mut store = at.store();
    let ann = store.add(user("Ann"));
    let page = store.add(Profile::builder().bio("page"));
    store.save();
    page.user().set(&ann);
    store.expire(&page).unwrap();
    store.commit().unwrap();
    assert_eq!(store.number("SELECT count(*) FROM profile WHERE user_id = 1"), 1);
    ann.profile().clear();
    store.expire(&page).unwrap();
    store.commit().unwrap();
    assert_eq!(store.number("SELECT count(*) FROM profile WHERE user_id IS NULL"), 1);
}

// STATE-11: its changes stay with it, links among them, and are written once it comes again.
fn what_was_expunged_is_nobodys_to_take_back(at: &Place) {
    let mut store = at.store();
    let [ann, bob] = ["Ann", "Bob"].map(|it| store.add(author(it)));
    let first = store.add(book("first"));
    first.author().set(&ann);
    store.save();
    first.author().set(&bob);
    first.borrow_mut().title = "second".into();
    store.expunge(&first).unwrap();
    store.rollback().unwrap();
    assert_eq!(first.borrow().title, "second");
    assert!(first.author().get().unwrap().is_some_and(|it| it.is(&bob)));
    store.try_add(&first).unwrap();
    assert!(store.is_modified(&first));
    store.sent();
    store.commit().unwrap();
    let sent = "BEGIN\nUPDATE book SET title = ?, author_id = ? WHERE id = ?\nCOMMIT";
    assert_eq!(store.sent(), sent);
    let found = "SELECT count(*) FROM book JOIN author ON author.id = author_id WHERE name = 'Bob'";
    assert_eq!(store.number(found), 1);
}

// STATE-11: the same of a session that ends, by `close` or by being dropped.
fn links_outlive_their_session(at: &Place) {
    for closes in [true, false] {
        let mut store = at.store();
        let [red, blue] = ["red", "blue"].map(|it| store.add(tag(it)));
        let first = store.add(book("first"));
        first.tags().push(&red);
        store.commit().unwrap();
        first.tags().remove(&red).unwrap();
        first.tags().push(&blue);
        match closes {
            true => store.close().unwrap(),
            false => store.session = Session::new(&store.engine),
        }
        store.add(&first);
        store.sent();
        store.commit().unwrap();
        let sent = "BEGIN\nDELETE FROM book_tag WHERE book_id = ? AND tag_id = ?\n\
                    INSERT INTO book_tag (book_id, tag_id) VALUES (?, ?)\nCOMMIT";
        assert_eq!(store.sent(), sent, "closes: {closes}");
        assert!(store.contains(&red) && store.contains(&blue));
    }
}

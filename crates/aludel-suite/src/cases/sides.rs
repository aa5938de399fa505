//! What both sides of a link know, and what one of them alone.

use aludel::{Error, State, prelude::*};

use crate::{
    Case, Place, cases,
    models::{computed::Counter, *},
    store::{address, author, book, tag, titles, user},
};

pub(super) const CASES: &[Case] = cases!["sides":
    what_one_side_forgot_the_other_tells,
    a_pair_that_one_side_forgot,
    queued_members_are_written_once,
    a_stranger_that_comes_in_is_listed,
    nothing_is_said,
    nothing_is_known,
    a_member_that_left_without_an_owner,
    appended_where_it_is,
    an_expunged_member_goes_with_its_owner,
    a_refused_object_brings_nothing_along,
    what_is_there_brings_along_what_it_leads_to,
    a_row_taken_over_shows_what_the_update_brought,
];

// EXP-7, AF-7: an expiry forgets what the object itself holds; what its former and its new owner hold is
// theirs, and written.
fn what_one_side_forgot_the_other_tells(at: &Place) {
    let mut store = at.store();
    let (one, two) = (store.add(author("one")), store.add(author("two")));
    one.books().extend([book("a"), book("b")]);
    store.save();
    let books: Vec<_> = one.books().iter().unwrap().collect();
    two.books().push(&books[0]);
    one.books().remove(&books[1]).unwrap();
    books.iter().for_each(|it| store.expire(it).unwrap());
    store.log_parameters();
    store.flush().unwrap();
    assert_eq!(
        store.sent(),
        "BEGIN\nUPDATE book SET author_id = ? WHERE id = ? -- (2, 1), (NULL, 2)"
    );
    assert_eq!(two.books().load(&mut store.session).unwrap().len(), 1);
    assert_eq!((titles(&one), titles(&two)), (vec![], vec!["a".to_owned()]));
    store.sent();
    // One that was taken back tells nothing.
    one.books().push(&books[0]);
    two.books().push(&books[0]);
    store.expire(&books[0]).unwrap();
    store.flush().unwrap();
    assert_eq!(store.sent(), "");
}

// EXP-7, UOW-26
fn a_pair_that_one_side_forgot(at: &Place) {
    for by_book in [false, true] {
        let mut store = at.store();
        let (x, y) = (store.add(book("x")), store.add(book("y")));
        let red = store.add(tag("red"));
        red.books().push(&x);
        store.save();
        red.books().remove(&x).unwrap();
        red.books().push(&y);
        match by_book {
            true => [&x, &y].into_iter().for_each(|it| store.expire(it).unwrap()),
            false => store.expire(&red).unwrap(),
        }
        store.commit().unwrap();
        assert_eq!(store.number("SELECT count(*) FROM book_tag"), 1);
        assert_eq!(store.number("SELECT book_id FROM book_tag"), 2);
    }
}

// UOW-26: what was queued on a collection that isn't loaded is written by the flush, and no longer said by
// the queue.
fn queued_members_are_written_once(at: &Place) {
    let mut store = at.store();
    store.add(tag("red"));
    store.save();
    store.renew();
    let red = store.get_one(Tag, 1).unwrap();
    let x = store.add(book("x"));
    x.tags().push(&red);
    store.flush().unwrap();
    store.delete(&x).unwrap();
    store.flush().unwrap();
    assert!(red.books().load(&mut store.session).unwrap().is_empty());
    store.rollback().unwrap();
    assert!(red.books().load(&mut store.session).unwrap().is_empty());
}

// CAS-4: one that no session had when the collection was loaded.
fn a_stranger_that_comes_in_is_listed(at: &Place) {
    let mut store = at.store();
    store.add(author("A"));
    store.save();
    store.renew();
    let a = store.get_one(Author, 1).unwrap();
    let x = Obj::new(book("x"));
    x.author().set(&a);
    store.flush().unwrap();
    assert!(a.books().load(&mut store.session).unwrap().is_empty());
    a.books().push(&x);
    assert!(a.books().iter().unwrap().eq([x.clone()]));
    assert_eq!(inspect(&x).state, State::Pending);
    store.commit().unwrap();
    assert_eq!(store.number("SELECT count(*) FROM book WHERE author_id = 1"), 1);
    assert_eq!(titles(&a), ["x"]);
}

// UOW-1: a relationship that is said to hold nothing decides over the column, as one that holds something.
fn nothing_is_said(at: &Place) {
    let mut store = at.store();
    let a = store.add(author("A"));
    store.save();
    let x = Book { author_id: Some(1), ..book("x") };
    let x = store.add(x);
    x.author().set(&a);
    x.author().clear();
    let y = store.add(Book { author_id: Some(1), ..book("y") });
    store.commit().unwrap();
    assert_eq!((x.borrow().author_id, y.borrow().author_id), (None, Some(1)));
    assert_eq!(store.number("SELECT count(*) FROM book WHERE author_id IS NULL"), 1);
    // What was loaded as nothing says nothing of a row that is made anew.
    assert!(x.author().load(&mut store.session).unwrap().is_none());
    store.delete(&x).unwrap();
    store.commit().unwrap();
    aludel::make_transient(&x).unwrap();
    x.borrow_mut().id = Auto::UNSET;
    x.borrow_mut().author_id = Some(1);
    store.add(&x);
    store.commit().unwrap();
    assert_eq!(store.number("SELECT count(*) FROM book WHERE author_id = 1"), 2);
}

// STATE-18: of a new object it is known afterwards, too, that nothing was said to be there.
fn nothing_is_known(at: &Place) {
    let mut store = at.store();
    let alice = store.add(user("Alice"));
    alice.profile().clear();
    store.save();
    assert!(alice.profile().is_loaded());
    assert!(alice.profile().load(&mut store.session).unwrap().is_none());
    assert_eq!(store.sent(), "");
}

// CAS-8: the owner was never in a session, and the member's row never read.
fn a_member_that_left_without_an_owner(at: &Place) {
    let mut store = at.store();
    store.add(User::builder().name("Alice").addresses([address("a")]));
    store.save();
    store.renew();
    let mail = store.get_one(Address, 1).unwrap();
    let bob = Obj::new(user("Bob"));
    bob.addresses().push(&mail);
    bob.addresses().remove(&mail).unwrap();
    store.sent();
    store.flush().unwrap();
    assert_eq!(store.sent(), "DELETE FROM address WHERE id = ?");
    assert_eq!(inspect(&mail).state, State::Deleted);
}

// CAS-14: only another owner cancels a delete.
fn appended_where_it_is(at: &Place) {
    let mut store = at.store();
    let (one, two) = (store.add(user("one")), store.add(user("two")));
    one.addresses().extend([address("a"), address("b")]);
    store.save();
    let mails: Vec<_> = one.addresses().iter().unwrap().collect();
    mails.iter().for_each(|it| store.delete(it).unwrap());
    one.addresses().push(&mails[0]);
    two.addresses().push(&mails[1]);
    store.commit().unwrap();
    assert_eq!(store.number("SELECT count(*) FROM address"), 1);
    assert_eq!(store.number("SELECT count(*) FROM address WHERE user_id = 2"), 1);
}

// CAS-6: its row refers to the one that goes.
fn an_expunged_member_goes_with_its_owner(at: &Place) {
    let mut store = at.store();
    let alice = store.add(user("Alice"));
    let mail = alice.addresses().push(address("a"));
    store.save();
    store.expunge(&mail).unwrap();
    store.delete(&alice).unwrap();
    store.sent();
    store.flush().unwrap();
    assert_eq!(
        store.sent(),
        "DELETE FROM address WHERE id = ?\nDELETE FROM user_account WHERE id = ?"
    );
    assert_eq!(inspect(&mail).state, State::Deleted);
    store.rollback().unwrap();
    assert_eq!(store.number("SELECT count(*) FROM address"), 1);
}

// STATE-10: what can't come in, as another object stands for its row, brings nobody else in.
fn a_refused_object_brings_nothing_along(at: &Place) {
    let mut store = at.store();
    let a = store.add(author("A"));
    store.save();
    store.expunge(&a).unwrap();
    a.books().push(book("x"));
    let other = store.get_one(Author, 1).unwrap();
    assert!(!other.is(&a));
    assert!(matches!(store.try_add(&a), Err(Error::IdentityConflict(_))));
    assert!(store.pending().is_empty());
    store.commit().unwrap();
    assert_eq!(store.number("SELECT count(*) FROM book"), 0);
}

// CAS-2: by name, even if the object is there already.
fn what_is_there_brings_along_what_it_leads_to(at: &Place) {
    let mut store = at.store();
    let x = store.add(book("x"));
    store.save();
    let a = Obj::new(author("A"));
    a.books().push(&x);
    assert_eq!(inspect(&a).state, State::Transient);
    store.add(&x);
    assert_eq!(inspect(&a).state, State::Pending);
    store.commit().unwrap();
    assert_eq!(store.number("SELECT count(*) FROM book WHERE author_id = 1"), 1);
}

// UOW-29, DEF-3
fn a_row_taken_over_shows_what_the_update_brought(at: &Place) {
    let mut store = at.store();
    let old = store.add(Counter::builder().name("a").visits(1).times(1));
    store.save();
    store.delete(&old).unwrap();
    let new = store.add(Counter::builder().id(1).name("b").visits(2));
    store.flush().unwrap();
    assert_eq!(new.borrow().times, Some(7));
    assert_eq!(store.number("SELECT times FROM counter"), 7);
    store.rollback().unwrap();
    assert_eq!(new.borrow().times, None);
}

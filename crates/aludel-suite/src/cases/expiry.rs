//! What is forgotten, and read again: `expire`, `refresh`, and what cascades of both reach.

use aludel::{AnyAttribute, Error, Obj, State, blocking::Session, prelude::*};

use super::looking::{state, values};
use crate::{
    Case, Place, cases,
    models::*,
    store::{Store, address, author, book, mails, node, tag, titles, user},
};

pub(super) const CASES: &[Case] = cases!["expiry":
    expire_forgets_everything,
    expire_some_attributes,
    expire_needs_a_row,
    expire_follows_cascades,
    expired_owner_of_a_pending_member,
    expire_all,
    refresh_leaves_what_others_hold,
    refresh_some_attributes,
    an_expired_object_whose_row_is_gone,
    rollback_behind_an_expiry,
];

pub(super) fn select_user() -> &'static str {
    "SELECT user_account.id, user_account.name, user_account.email \
     FROM user_account WHERE user_account.id = ?"
}

/// A user with an address, in a fresh session; both loaded.
pub(super) fn alice(store: &mut Store) -> Obj<User> {
    store.add(User::builder().name("Alice").email("a@x".to_owned()).addresses([address("1@x")]));
    store.save();
    store.renew();
    let alice = store.get_one(User, 1).unwrap();
    alice.addresses().load(&mut store.session).unwrap();
    store.sent();
    alice
}

// EXP-1, AF-2
fn expire_forgets_everything(at: &Place) {
    let mut store = at.store();
    let alice = alice(&mut store);
    alice.borrow_mut().name = "mine".into();
    alice.addresses().push(address("2@x"));
    store.expire(&alice).unwrap();
    assert_eq!(store.sent(), "");
    let seen = inspect(&alice);
    assert!(seen.expired && seen.changes.is_empty() && !seen.is_modified());
    assert!(seen.attributes().iter().all(|it| !it.loaded && !it.modified));
    assert_eq!(alice.borrow().name, "Alice");
    assert!(matches!(alice.addresses().len(), Err(Error::NotLoaded(_))));
    assert!(!store.dirty().contains(&alice));
    // The session reads it at its next chance, once.
    store.run("UPDATE user_account SET name = 'theirs' WHERE id = 1");
    store.sent();
    assert!(store.get_one(User, 1).unwrap().is(&alice));
    store.fresh(&alice).unwrap();
    assert_eq!(store.sent(), select_user());
    assert_eq!(alice.borrow().name, "theirs");
    assert!(!inspect(&alice).expired);
    assert_eq!(alice.addresses().load(&mut store.session).unwrap().len(), 1);
}

// EXP-2, IDM-5
fn expire_some_attributes(at: &Place) {
    let mut store = at.store();
    let alice = alice(&mut store);
    alice.borrow_mut().name = "mine".into();
    alice.borrow_mut().email = Some("mine@x".into());
    store.expire_attributes(&alice, User.name).unwrap();
    let seen = inspect(&alice);
    let of = |field: &str| {
        let it = seen.attribute(field).unwrap();
        (it.loaded, it.expired, it.modified)
    };
    assert_eq!(of("name"), (false, true, false));
    assert_eq!(of("email"), (true, false, true));
    assert_eq!(of("id"), (true, false, false));
    assert_eq!(of("addresses"), (true, false, false));
    assert_eq!(of("profile"), (false, false, false));
    assert!(seen.expired && store.dirty().contains(&alice));
    assert_eq!(alice.borrow().name, "Alice");
    // Nothing else is changed any more: it is no longer dirty.
    store.expire_attributes(&alice, (User.email, User.addresses)).unwrap();
    assert!(!store.dirty().contains(&alice));
    assert_eq!(alice.borrow().email.as_deref(), Some("a@x"));
    assert!(!alice.addresses().is_loaded());
    assert_eq!(store.sent(), "");
    // Only what is expired is taken from the row.
    store.run("UPDATE user_account SET name = 'theirs', email = 'theirs@x' WHERE id = 1");
    store.refresh(&alice).unwrap();
    store.run("UPDATE user_account SET name = 'later', email = 'later@x' WHERE id = 1");
    store.expire_attributes(&alice, vec![AnyAttribute::from(User.email)]).unwrap();
    store.fresh(&alice).unwrap();
    assert_eq!(alice.borrow().name, "theirs");
    assert_eq!(alice.borrow().email.as_deref(), Some("later@x"));
    assert!(!inspect(&alice).expired);
    // A change since is kept, and is a change of what the row says.
    store.expire_attributes(&alice, (User.email, User.name)).unwrap();
    alice.borrow_mut().email = Some("mine@x".into());
    let stmt = select(User).filter(User.id.eq(1)).autoflush(false);
    store.scalars(&stmt).all().unwrap();
    assert_eq!(alice.borrow().name, "later");
    let seen = inspect(&alice).history(User.email);
    assert_eq!((seen.added, seen.deleted), (values(&["mine@x"]), values(&["later@x"])));
    store.expire(&alice).unwrap();
    alice.borrow_mut().email = Some("since@x".into());
    store.fresh(&alice).unwrap();
    assert_eq!(alice.borrow().email.as_deref(), Some("since@x"));
    // Expired as a whole, it stays so.
    store.expire(&alice).unwrap();
    store.expire_attributes(&alice, User.name).unwrap();
    assert!(inspect(&alice).attribute("email").unwrap().expired);
    store.rollback().unwrap();
}

// EXP-1
fn expire_needs_a_row(at: &Place) {
    let mut store = at.store();
    let transient = Obj::new(user("a"));
    let pending = store.add(user("b"));
    assert!(matches!(store.expire(&transient), Err(Error::NotPersistent(_))));
    assert!(matches!(store.expire(&pending), Err(Error::NotPersistent(_))));
    // It isn't flushed for that.
    assert!(matches!(store.refresh(&pending), Err(Error::NotPersistent(_))));
    assert_eq!(store.sent(), "");
    store.save();
    let mut other = Session::new(&store.engine);
    assert!(matches!(other.expire(&pending), Err(Error::OtherSession(_))));
    let guard = pending.borrow_mut();
    assert!(matches!(store.expire(&pending), Err(Error::Borrowed(_))));
    drop(guard);
    store.expunge(&pending).unwrap();
    assert!(matches!(store.expire_attributes(&pending, User.name), Err(Error::Detached(_))));
    assert!(matches!(store.refresh_attributes(&pending, User.name), Err(Error::Detached(_))));
}

// CAS-16
fn expire_follows_cascades(at: &Place) {
    let mut store = at.store();
    let alice = alice(&mut store);
    let old = alice.addresses().iter().unwrap().next().unwrap();
    let new = alice.addresses().push(address("new@x"));
    store.expire(&alice).unwrap();
    assert!(inspect(&old).expired);
    // An orphan that was never inserted leaves; without delete-orphan it would stay.
    assert_eq!(state(&new), State::Transient);
    let root = store.add(Node::builder().name("root").children([node("a")]));
    store.save();
    let a = root.children().iter().unwrap().next().unwrap();
    let b = root.children().push(node("b"));
    store.expire(&root).unwrap();
    assert!(inspect(&a).expired);
    assert_eq!(state(&b), State::Pending);
    // An author's books are not reached.
    let author = store.add(Author::builder().name("x").books([book("y")]));
    store.save();
    let y = author.books().iter().unwrap().next().unwrap();
    store.expire(&author).unwrap();
    assert!(!inspect(&y).expired);
}

// EXP-7
fn expired_owner_of_a_pending_member(at: &Place) {
    let mut store = at.store();
    let owner = store.add(author("one"));
    store.save();
    let member = owner.books().push(book("a"));
    store.expire(&owner).unwrap();
    assert_eq!(state(&member), State::Pending);
    store.flush().unwrap();
    assert_eq!(member.borrow().author_id, Some(1));
    assert_eq!(owner.books().load(&mut store.session).unwrap(), [member]);
}

fn expire_all(at: &Place) {
    let mut store = at.store();
    let alice = alice(&mut store);
    let mail = alice.addresses().iter().unwrap().next().unwrap();
    let pending = store.add(user("new"));
    alice.borrow_mut().name = "mine".into();
    store.expire_all().unwrap();
    assert!(inspect(&alice).expired && inspect(&mail).expired);
    assert!(!mail.user().is_loaded() && !alice.addresses().is_loaded());
    assert!(store.dirty().is_empty() && store.pending().contains(&pending));
    store.sent();
    store.scalars(select(User)).all().unwrap();
    assert!(!inspect(&alice).expired && inspect(&mail).expired);
    assert_eq!(alice.borrow().name, "Alice");
}

// AF-7: the object's own changes are all that is forgotten; what its new owner holds is written before.
fn refresh_leaves_what_others_hold(at: &Place) {
    let mut store = at.store();
    let (one, two) = (store.add(author("one")), store.add(author("two")));
    one.books().push(book("a"));
    store.save();
    let a = one.books().iter().unwrap().next().unwrap();
    a.author().set(&two);
    store.refresh(&a).unwrap();
    assert!(!a.author().is_loaded());
    store.commit().unwrap();
    assert_eq!(store.number("SELECT author_id FROM book"), 2);
    assert!(a.author().load(&mut store.session).unwrap().unwrap().is(&two));
    // One that nobody changed stays loaded, if the row says the same.
    store.refresh(&a).unwrap();
    assert!(a.author().get().unwrap().unwrap().is(&two));
}

// EXP-3
fn refresh_some_attributes(at: &Place) {
    let mut store = at.store();
    let alice = alice(&mut store);
    alice.borrow_mut().name = "mine".into();
    store.run("UPDATE user_account SET email = 'theirs@x' WHERE id = 1");
    alice.borrow_mut().email = Some("mine@x".into());
    store.sent();
    // Named, a relationship is loaded at once; what isn't named is flushed first.
    alice.borrow_mut().name = "also mine".into();
    store.refresh_attributes(&alice, (User.email, User.addresses)).unwrap();
    assert_eq!(
        store.sent(),
        format!(
            "UPDATE user_account SET name = ? WHERE id = ?\n{}\n\
             SELECT address.id, address.user_id, address.mail FROM address \
             WHERE address.user_id IN (?) ORDER BY address.id",
            select_user()
        )
    );
    assert_eq!(alice.borrow().email.as_deref(), Some("theirs@x"));
    assert_eq!(alice.borrow().name, "also mine");
    assert_eq!(mails(&alice), ["1@x"]);
    store.refresh_attributes(&alice, User.addresses).unwrap();
    assert_eq!(store.sent().lines().count(), 1);
    store.commit().unwrap();
}

// EXP-4, EXP-3
fn an_expired_object_whose_row_is_gone(at: &Place) {
    let mut store = at.store();
    let red = store.add(tag("red"));
    store.save();
    store.run("DELETE FROM tag WHERE id = 1");
    store.expire(&red).unwrap();
    let error = store.fresh(&red).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the row of Tag 1 is gone: somebody deleted it; `expunge` the object"
    );
    assert!(matches!(store.refresh_attributes(&red, Tag.name), Err(Error::ObjectDeleted(_))));
    assert_eq!(state(&red), State::Persistent);
    store.rollback().unwrap();
}

fn rollback_behind_an_expiry(at: &Place) {
    let mut store = at.store();
    let (one, two) = (store.add(author("one")), store.add(author("two")));
    one.books().push(book("a"));
    store.save();
    let a = one.books().iter().unwrap().next().unwrap();
    a.author().set(&two);
    store.flush().unwrap();
    a.author().set(&one);
    store.expire(&a).unwrap();
    store.expire(&two).unwrap();
    store.rollback().unwrap();
    assert!(a.author().load(&mut store.session).unwrap().unwrap().is(&one));
    assert_eq!(titles(&one), ["a"]);
    assert!(store.dirty().is_empty());
    store.commit().unwrap();
    assert_eq!(store.number("SELECT author_id FROM book"), 1);
}

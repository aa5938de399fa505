//! What a program can see of a session and of its objects.

use aludel::{
    AnyAttribute, AnyObj, Error, History, Obj, State, Value, blocking::Session, prelude::*,
};

use crate::{
    Case, Place, cases,
    models::*,
    store::{Store, address, author, book, mails, node, tag, titles, user},
};

pub(super) const CASES: &[Case] = cases!["looking":
    a_session_lists_its_objects,
    links_make_dirty,
    a_session_is_iterated,
    handles_of_any_entity,
    values_decide_what_is_modified,
    history_of_columns,
    history_of_relationships,
    history_of_new_and_detached_objects,
    an_expression_is_a_change,
    a_value_over_an_unknown_one_is_a_change,
    expire_forgets_everything,
    expire_some_attributes,
    expire_needs_a_row,
    expire_follows_cascades,
    expired_owner_of_a_pending_member,
    expire_all,
    refresh_discards_links_too,
    refresh_some_attributes,
    an_expired_object_whose_row_is_gone,
    rollback_behind_an_expiry,
];

pub(super) fn state<T: Mapped>(object: &Obj<T>) -> State {
    inspect(object).state
}

/// Handles on these, to compare with what a session lists.
fn any(objects: &[&dyn Fn() -> AnyObj]) -> Vec<AnyObj> {
    objects.iter().map(|it| it()).collect()
}

macro_rules! handles {
    ($($it:expr),* $(,)?) => { any(&[$(&|| AnyObj::from(&$it)),*]) };
}

pub(super) fn select_user() -> &'static str {
    "SELECT user_account.id, user_account.name, user_account.email \
     FROM user_account WHERE user_account.id = ?"
}

// STATE-15
fn a_session_lists_its_objects(at: &Place) {
    let mut store = at.store();
    assert!(store.pending().is_empty() && store.dirty().is_empty() && store.deleted().is_empty());
    let (alice, red) = (store.add(user("Alice")), store.add(tag("red")));
    let bob = store.add(User::builder().name("Bob").addresses([address("b@x")]));
    let mail = bob.addresses().iter().unwrap().next().unwrap();
    assert_eq!(store.pending().to_vec(), handles![alice, red, bob, mail]);
    assert_eq!(store.pending().of(User), [alice.clone(), bob.clone()]);
    assert!(store.pending().contains(&red) && !store.dirty().contains(&red));
    // What left is no longer listed, and what came again stands where it came.
    store.expunge(&alice).unwrap();
    store.add(&alice);
    assert_eq!(store.pending().to_vec(), handles![red, bob, mail, alice]);
    store.flush().unwrap();
    assert!(store.pending().is_empty() && store.dirty().is_empty() && store.deleted().is_empty());

    // Flagged, whether a value differs or not; what is marked for deletion is listed there.
    alice.borrow_mut().name = "Alice".into();
    drop(red.borrow_mut());
    bob.borrow_mut().name = "Bobby".into();
    assert_eq!(store.dirty().len(), 3);
    store.delete(&red).unwrap();
    assert_eq!(store.dirty().of(User).len(), 2);
    assert!(store.dirty().of(Tag).is_empty());
    assert_eq!(store.deleted().to_vec(), handles![red]);
    store.add(&red);
    assert!(store.deleted().is_empty() && store.dirty().contains(&red));
    store.delete(&red).unwrap();
    store.sent();
    store.flush().unwrap();
    assert_eq!(
        store.sent(),
        "UPDATE user_account SET name = ? WHERE id = ?\nDELETE FROM tag WHERE id = ?"
    );
    assert!(store.pending().is_empty() && store.dirty().is_empty() && store.deleted().is_empty());
    store.rollback().unwrap();
    assert!(store.pending().is_empty() && store.dirty().is_empty() && store.deleted().is_empty());
}

// STATE-15: a change of a relationship flags both ends.
fn links_make_dirty(at: &Place) {
    let mut store = at.store();
    let (one, two) = (store.add(author("one")), store.add(author("two")));
    one.books().push(book("b"));
    store.save();
    let first = one.books().iter().unwrap().next().unwrap();
    two.books().push(&first);
    let dirty = store.dirty();
    assert!(dirty.contains(&one) && dirty.contains(&two) && dirty.contains(&first));
    assert_eq!(dirty.len(), 3);
    store.flush().unwrap();
    assert!(store.dirty().is_empty());
}

// STATE-17
fn a_session_is_iterated(at: &Place) {
    let mut store = at.store();
    assert_eq!(store.iter().len(), 0);
    let (alice, bob) = (store.add(user("Alice")), store.add(user("Bob")));
    store.save();
    store.delete(&bob).unwrap();
    let red = store.add(tag("red"));
    let seen: Vec<AnyObj> = store.iter().collect();
    assert_eq!(seen, handles![red, alice, bob]);
    assert!(store.contains(&red) && store.contains(&alice) && store.contains(&bob));
    store.flush().unwrap();
    assert!(!store.contains(&bob));
    let mut names = Vec::new();
    for object in &store.session {
        names.push(format!("{object:?}"));
    }
    assert_eq!(names, ["User(1, persistent)", "Tag(1, persistent)"]);
    // Rows that met objects of the session are no further objects.
    store.renew();
    let alice = store.get_one(User, 1).unwrap();
    let all = store.scalars(select(User)).all().unwrap();
    assert_eq!(store.iter().len(), all.len());
    assert!(store.iter().any(|it| it == alice));
    // One that came back into a session is there before anything was read.
    store.expunge(&alice).unwrap();
    assert!(!store.iter().any(|it| it == alice));
    store.add(&alice);
    assert!(store.iter().any(|it| it == alice));
}

fn handles_of_any_entity(at: &Place) {
    let mut store = at.store();
    let fresh = AnyObj::from(Obj::new(user("x")));
    assert_eq!((fresh.entity(), fresh.state(), fresh.identity()), ("User", State::Transient, None));
    let alice = store.add(user("Alice"));
    store.save();
    let any = AnyObj::from(&alice);
    assert_eq!((any.state(), any.identity()), (State::Persistent, Some(vec![1_i64.into()])));
    assert!(any == alice && any != fresh);
    assert!(alice == any);
    assert!(any.downcast(User).unwrap().is(&alice));
    assert!(any.downcast(Tag).is_none());
    store.delete(&alice).unwrap();
    assert!(any.is_marked_deleted());
    store.commit().unwrap();
    assert_eq!(any.state(), State::Detached);
    let guard = alice.borrow_mut();
    assert_eq!(format!("{any:?}"), "User(borrowed, detached)");
    drop(guard);
}

// STATE-16
fn values_decide_what_is_modified(at: &Place) {
    let mut store = at.store();
    let alice = store.add(User::builder().name("Alice").addresses([address("a@x")]));
    assert!(store.is_modified(&alice));
    assert!(!store.is_modified(&Obj::new(Ticket { id: Auto::UNSET })));
    store.save();
    assert!(!store.is_modified(&alice));
    alice.borrow_mut().name = "Alicia".into();
    assert!(store.is_modified(&alice));
    alice.borrow_mut().name = "Alice".into();
    assert!(!store.is_modified(&alice) && store.dirty().contains(&alice));
    // Collections count, unless the object itself is asked for.
    let mail = alice.addresses().iter().unwrap().next().unwrap();
    alice.addresses().remove(&mail).unwrap();
    assert!(store.is_modified(&alice) && !inspect(&alice).is_modified());
    assert!(inspect(&mail).is_modified());
    alice.addresses().push(&mail);
    assert!(!store.is_modified(&alice) && !store.is_modified(&mail));
    // What the value was isn't known: then it is a change.
    store.commit().unwrap();
    store.expire(&alice).unwrap();
    alice.borrow_mut().name = "other".into();
    assert!(store.is_modified(&alice));
    assert_eq!(inspect(&alice).history(User.name).deleted, []);
}

fn values(values: &[&str]) -> Vec<Value> {
    values.iter().map(|it| Value::from(*it)).collect()
}

// EXP-6
fn history_of_columns(at: &Place) {
    let mut store = at.store();
    let alice = store.add(user("Alice"));
    let seen = inspect(&alice);
    assert_eq!(seen.history(User.name).added, values(&["Alice"]));
    assert_eq!(seen.history(User.id), History::default());
    assert!(seen.history(User.name).has_changes());
    store.save();
    assert_eq!(seen.history(User.name).unchanged, values(&["Alice"]));
    alice.borrow_mut().name = "Alicia".into();
    let history = seen.history(User.name);
    assert_eq!((history.added, history.deleted), (values(&["Alicia"]), values(&["Alice"])));
    assert_eq!(seen.history(User.email).unchanged, [Value::Null]);
    alice.borrow_mut().name = "Alice".into();
    assert_eq!(seen.history(User.name).unchanged, values(&["Alice"]));
    alice.borrow_mut().name = "Alicia".into();
    store.flush().unwrap();
    assert_eq!(seen.history(User.name).unchanged, values(&["Alicia"]));
    assert_eq!(seen.history(User.name).now().count(), 1);
    // It is expired: what it is isn't known.
    store.rollback().unwrap();
    store.add(&alice);
    store.save();
    store.expire(&alice).unwrap();
    assert_eq!(seen.history(User.name), History::default());
}

// EXP-6
fn history_of_relationships(at: &Place) {
    let mut store = at.store();
    let (one, two) = (store.add(author("one")), store.add(author("two")));
    one.books().extend([book("a"), book("b")]);
    store.save();
    let books: Vec<_> = one.books().iter().unwrap().collect();
    let (a, b) = (&books[0], &books[1]);
    let seen = inspect(&one);
    assert_eq!(seen.history(Author.books).unchanged, [a.clone(), b.clone()]);
    assert_eq!(inspect(a).history(Book.author).unchanged, std::slice::from_ref(&one));
    let c = one.books().push(book("c"));
    two.books().push(a);
    let history = seen.history(Author.books);
    assert_eq!(history.added, std::slice::from_ref(&c));
    assert_eq!(history.unchanged, std::slice::from_ref(b));
    assert_eq!(history.deleted, std::slice::from_ref(a));
    let moved = inspect(a).history(Book.author);
    assert_eq!((moved.added, moved.deleted), (vec![two.clone()], vec![one.clone()]));
    // There and back is no change.
    one.books().push(a);
    assert!(!inspect(a).history(Book.author).has_changes());
    assert!(seen.history(Author.books).deleted.is_empty());
    b.author().clear();
    let cleared = inspect(b).history(Book.author);
    assert_eq!((cleared.added, cleared.deleted), (vec![], vec![one.clone()]));
    store.flush().unwrap();
    assert!(!seen.is_modified());
    // Changes of a collection that isn't loaded.
    store.renew();
    let two = store.get_one(Author, 2).unwrap();
    let d = two.books().push(book("d"));
    let history = inspect(&two).history(Author.books);
    assert_eq!((history.added, history.unchanged), (vec![d], vec![]));
    let kind = inspect(&two).attribute("books").unwrap();
    assert!(kind.modified && !kind.loaded);
}

fn history_of_new_and_detached_objects(at: &Place) {
    let mut store = at.store();
    let fresh = Obj::new(author("new"));
    assert_eq!(inspect(&fresh).history(Author.books), History::default());
    let a = fresh.books().push(book("a"));
    assert_eq!(inspect(&fresh).history(Author.books).added, std::slice::from_ref(&a));
    assert_eq!(inspect(&a).history(Book.author).added, std::slice::from_ref(&fresh));
    store.add(&fresh);
    store.save();
    store.renew();
    let b = fresh.books().push(book("b"));
    let history = inspect(&fresh).history(Author.books);
    assert_eq!((history.added, history.unchanged), (vec![b.clone()], vec![a.clone()]));
    assert_eq!(inspect(&b).history(Book.author).added, std::slice::from_ref(&fresh));
    // Through a session, too.
    store.add(&fresh);
    assert_eq!(inspect(&fresh).history(Author.books).added, [b]);
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

// AF-7: the object's own changes are all that is forgotten.
fn refresh_discards_links_too(at: &Place) {
    let mut store = at.store();
    let (one, two) = (store.add(author("one")), store.add(author("two")));
    one.books().push(book("a"));
    store.save();
    let a = one.books().iter().unwrap().next().unwrap();
    a.author().set(&two);
    store.refresh(&a).unwrap();
    assert!(!a.author().is_loaded());
    store.commit().unwrap();
    assert_eq!(store.number("SELECT author_id FROM book"), 1);
    assert!(a.author().load(&mut store.session).unwrap().unwrap().is(&one));
    // One that nobody changed stays loaded, if the row says the same.
    store.refresh(&a).unwrap();
    assert!(a.author().get().unwrap().unwrap().is(&one));
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

// EXP-6, STATE-16: what comes of it only the database knows.
fn an_expression_is_a_change(at: &Place) {
    let mut store = at.store();
    let article = store.add(Article::builder().title("t").stock(3));
    store.save();
    store.set(&article, Article.stock, Article.stock + 1).unwrap();
    let history = inspect(&article).history(Article.stock);
    assert!(history.computed && history.has_changes());
    assert_eq!((&history.added, &history.deleted), (&vec![], &vec![Value::Int(3)]));
    assert!(store.is_modified(&article) && store.dirty().contains(&article));
    assert!(inspect(&article).attribute("stock").unwrap().modified);
    let change = inspect(&article).changes.remove(0);
    assert_eq!((change.field, change.old, change.computed), ("stock", Value::Int(3), true));
    // A value that comes later counts, and so does an expression behind that.
    article.borrow_mut().stock = Some(9);
    let history = inspect(&article).history(Article.stock);
    assert_eq!((history.computed, history.added), (false, vec![Value::Int(9)]));
    assert!(!inspect(&article).changes[0].computed);
    store.set(&article, Article.stock, Article.stock + 2).unwrap();
    assert!(inspect(&article).history(Article.stock).computed);
    store.rollback().unwrap();
    assert!(!store.is_modified(&article) && inspect(&article).changes.is_empty());
    let new = store.add(Article::builder().title("n"));
    store.set(&new, Article.rank, lit(1_i64) + 1).unwrap();
    let history = inspect(&new).history(Article.rank);
    assert!(history.computed && history.deleted.is_empty());
    store.commit().unwrap();
    assert!(!inspect(&new).history(Article.rank).computed && !store.is_modified(&new));
}

// EXP-6, UOW-9
fn a_value_over_an_unknown_one_is_a_change(at: &Place) {
    let mut store = at.store();
    let article = store.add(Article::builder().title("t").stock(3));
    store.save();
    store.expire(&article).unwrap();
    store.set(&article, Article.title, "t").unwrap();
    let history = inspect(&article).history(Article.title);
    assert_eq!(history.added, [Value::Text("t".into())]);
    assert!(history.unchanged.is_empty() && history.deleted.is_empty());
    assert!(store.is_modified(&article));
    store.commit().unwrap();
    assert!(!store.is_modified(&article));
}

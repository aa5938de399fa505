//! What a program can see of a session and of its objects.

use aludel::{AnyObj, History, Obj, State, Value, prelude::*};

use crate::{
    Case, Place, cases,
    models::*,
    store::{address, author, book, tag, user},
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

pub(super) fn values(values: &[&str]) -> Vec<Value> {
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

//! Both sides of a relationship, in memory and at the flush.

use aludel::{Error, Obj, State, prelude::*};

use crate::{
    Case, Place, cases,
    models::*,
    store::{Store, address, author, book, mails, node, tag, titles, user},
};

pub(super) const CASES: &[Case] = cases!["relationships":
    both_sides_at_once,
    moving_leaves_the_old_owner,
    changes_of_unloaded_collections_are_queued,
    queues_end_with_the_transaction,
    a_queued_member_that_is_there_already,
    removing_from_an_unloaded_collection,
    one_to_one,
    setting_a_whole_collection,
    setting_a_collection_that_is_not_loaded,
    a_new_object_reads_nothing_from_its_key,
    removing_what_is_not_there,
    a_collection_is_not_a_column,
    a_member_pushed_again,
    links_of_detached_objects,
    clearing_a_to_one,
    linking_across_sessions,
    no_member_stands_twice,
    members_by_key,
    what_is_set_empty_is_known_after_the_flush,
];

fn two_authors(at: &Place) -> (Store, Obj<Author>, Obj<Author>, Obj<Book>) {
    let mut store = at.store();
    store.add(Author::builder().name("A").books([book("x"), book("y")]));
    store.add(author("B"));
    store.save();
    store.renew();
    let (a, b) = (store.get_one(Author, 1).unwrap(), store.get_one(Author, 2).unwrap());
    let x = store.get_one(Book, 1).unwrap();
    (store, a, b, x)
}

// REL-1
fn both_sides_at_once(_: &Place) {
    let (a, x) = (Obj::new(author("A")), Obj::new(book("x")));
    a.books().push(&x);
    assert!(x.author().get().unwrap().unwrap().is(&a));
    x.author().clear();
    assert!(a.books().is_empty().unwrap());
    x.author().set(&a);
    assert_eq!(titles(&a), ["x"]);
    a.books().remove(&x).unwrap();
    assert!(x.author().get().unwrap().is_none());
    let red = x.tags().push(tag("red"));
    assert_eq!(red.books().len().unwrap(), 1);
    red.books().remove(&x).unwrap();
    assert!(x.tags().is_empty().unwrap());
    let alice = Obj::new(user("Alice"));
    let profile = alice.profile().set(Profile::builder().bio("b"));
    assert!(profile.user().get().unwrap().unwrap().is(&alice));
    let root = Obj::new(node("root"));
    let child = root.children().push(node("child"));
    assert!(child.parent().get().unwrap().unwrap().is(&root));
    assert!(root.parent().get().unwrap().is_none());
}

// REL-2
fn moving_leaves_the_old_owner(at: &Place) {
    let (mut store, a, b, x) = two_authors(at);
    a.books().load(&mut store).unwrap();
    b.books().load(&mut store).unwrap();
    b.books().push(&x);
    assert_eq!((titles(&a), titles(&b)), (vec!["y".to_owned()], vec!["x".to_owned()]));
    store.log_parameters();
    store.commit().unwrap();
    assert_eq!(store.sent(), "UPDATE book SET author_id = ? WHERE id = ? -- (2, 1)\nCOMMIT");
}

// REL-3, REL-4
fn changes_of_unloaded_collections_are_queued(at: &Place) {
    let (mut store, a, b, x) = two_authors(at);
    store.sent();
    x.author().set(&b);
    let z = b.books().push(book("z"));
    assert_eq!(store.sent(), "");
    assert!(matches!(b.books().len(), Err(Error::NotLoaded(_))));
    let loaded = b.books().load(&mut store).unwrap();
    assert_eq!(titles(&b), ["x", "z"]);
    assert!(loaded[0].is(&x) && loaded[1].is(&z));
    a.books().load(&mut store).unwrap();
    assert_eq!(titles(&a), ["y"]);
    store.commit().unwrap();
}

// REL-3: what was queued doesn't outlive its transaction.
fn queues_end_with_the_transaction(at: &Place) {
    let (mut store, a, b, x) = two_authors(at);
    x.author().set(&b);
    store.commit().unwrap();
    x.borrow_mut().author_id = Some(1);
    store.commit().unwrap();
    a.books().load(&mut store).unwrap();
    b.books().load(&mut store).unwrap();
    assert_eq!((titles(&a), titles(&b)), (vec!["x".to_owned(), "y".to_owned()], vec![]));
}

// REL-4
fn a_queued_member_that_is_there_already(at: &Place) {
    let (mut store, a, _, x) = two_authors(at);
    a.books().push(&x);
    a.books().load(&mut store).unwrap();
    assert_eq!(titles(&a), ["x", "y"]);
    store.sent();
    store.commit().unwrap();
    assert_eq!(store.sent(), "COMMIT");
}

// REL-3: removed from a collection that isn't loaded, where nobody knows the other side.
fn removing_from_an_unloaded_collection(at: &Place) {
    let (mut store, a, _, x) = two_authors(at);
    a.books().remove(&x).unwrap();
    store.log_parameters();
    store.flush().unwrap();
    assert_eq!(store.sent(), "UPDATE book SET author_id = ? WHERE id = ? -- (NULL, 1)");
    a.books().load(&mut store).unwrap();
    assert_eq!(titles(&a), ["y"]);
    store.rollback().unwrap();
    assert_eq!(x.borrow().author_id, Some(1));
}

// REL-5
fn one_to_one(at: &Place) {
    let mut store = at.store();
    let alice = store.add(user("Alice"));
    let old = alice.profile().set(Profile::builder().bio("old"));
    store.save();
    let new = alice.profile().set(Profile::builder().bio("new"));
    assert!(old.user().get().unwrap().is_none());
    assert!(new.user().get().unwrap().unwrap().is(&alice));
    store.log_parameters();
    store.commit().unwrap();
    assert_eq!(
        store.sent(),
        "BEGIN\nUPDATE profile SET user_id = ? WHERE id = ? -- (NULL, 1)\n\
         INSERT INTO profile (user_id, bio) VALUES (?, ?) -- (1, \"new\")\nCOMMIT"
    );
    let bob = store.add(user("Bob"));
    new.user().set(&bob);
    assert!(alice.profile().get().unwrap().is_none());
    store.commit().unwrap();
    assert_eq!(store.number("SELECT user_id FROM profile WHERE bio = 'new'"), 2);
    store.renew();
    let bob = store.get_one(User, 2).unwrap();
    assert_eq!(bob.profile().load(&mut store).unwrap().unwrap().borrow().bio, "new");
    assert!(store.get_one(User, 1).unwrap().profile().load(&mut store).unwrap().is_none());
}

// REL-8
fn setting_a_whole_collection(at: &Place) {
    let (mut store, a, _, x) = two_authors(at);
    a.books().load(&mut store).unwrap();
    let z = Obj::new(book("z"));
    a.books().set([&x, &z]);
    assert_eq!(titles(&a), ["x", "z"]);
    store.log_parameters();
    store.commit().unwrap();
    assert_eq!(
        store.sent(),
        "UPDATE book SET author_id = ? WHERE id = ? -- (NULL, 2)\n\
         INSERT INTO book (title, pages, author_id) VALUES (?, ?, ?) -- (\"z\", NULL, 1)\nCOMMIT"
    );
    a.books().set(Vec::<Obj<Book>>::new());
    store.commit().unwrap();
    assert_eq!(store.number("SELECT count(*) FROM book WHERE author_id IS NULL"), 3);
}

// REL-8: what isn't loaded can't be replaced without a query, and nothing queries in secret.
fn setting_a_collection_that_is_not_loaded(at: &Place) {
    let (mut store, a, _, x) = two_authors(at);
    a.books().set([&x]);
    let error = store.flush().unwrap_err();
    assert!(matches!(error, Error::NotLoaded(_)), "{error}");
    store.rollback().unwrap();
    a.books().load(&mut store).unwrap();
    a.books().set([&x]);
    store.commit().unwrap();
    assert_eq!(store.number("SELECT count(*) FROM book WHERE author_id = 1"), 1);
}

// REL-12
fn a_new_object_reads_nothing_from_its_key(at: &Place) {
    let (mut store, a, ..) = two_authors(at);
    let new = store.add(Book::builder().title("new").author_id(1));
    store.sent();
    assert!(new.author().get().unwrap().is_none());
    assert!(new.author().load(&mut store).unwrap().is_none());
    assert_eq!((store.sent().as_str(), inspect(&new).state), ("", State::Pending));
    store.flush().unwrap();
    assert!(matches!(new.author().get(), Err(Error::NotLoaded(_))));
    store.sent();
    assert!(new.author().load(&mut store).unwrap().unwrap().is(&a));
    assert_eq!(store.sent(), "");
}

// REL-13
fn removing_what_is_not_there(at: &Place) {
    let (mut store, a, b, x) = two_authors(at);
    b.books().load(&mut store).unwrap();
    let error = b.books().remove(&x).unwrap_err();
    assert_eq!(error.to_string(), "the object is not a member of Author.books");
    store.sent();
    store.commit().unwrap();
    assert_eq!(store.sent(), "COMMIT");
    assert!(matches!(Obj::new(author("n")).books().remove(&x), Err(Error::NotMember(_))));
    let _ = a;
}

// REL-17
fn a_collection_is_not_a_column(at: &Place) {
    let mut store = at.store();
    let alice = store.add(user("Alice"));
    store.save();
    alice.addresses().push(address("a"));
    assert!(!inspect(&alice).is_modified());
    store.commit().unwrap();
    assert_eq!(store.sent(), "BEGIN\nINSERT INTO address (user_id, mail) VALUES (?, ?)\nCOMMIT");
}

// REL-1: a member is there once, whatever is known of its other side.
fn a_member_pushed_again(at: &Place) {
    let (mut store, a, _, x) = two_authors(at);
    a.books().load(&mut store).unwrap();
    a.books().push(&x);
    assert_eq!(a.books().len().unwrap(), 2);
    store.refresh(&x).unwrap();
    a.books().push(&x);
    assert_eq!(a.books().len().unwrap(), 2);
    assert!(x.author().get().unwrap().unwrap().is(&a));
    store.sent();
    store.commit().unwrap();
    assert!(!store.sent().contains("UPDATE"));
}

// STATE-11: what was linked while an object was detached is written when it comes back.
fn links_of_detached_objects(at: &Place) {
    let (mut store, a, b, x) = two_authors(at);
    store.expunge(&x).unwrap();
    x.author().set(&b);
    store.add(&x);
    store.commit().unwrap();
    assert_eq!(store.number("SELECT author_id FROM book WHERE id = 1"), 2);
    let red = store.add(tag("red"));
    store.save();
    store.expunge(&x).unwrap();
    x.tags().push(&red);
    store.add(&x);
    store.commit().unwrap();
    assert_eq!(store.number("SELECT count(*) FROM book_tag"), 1);
    let _ = a;
}

// FK-10
fn clearing_a_to_one(at: &Place) {
    let (mut store, a, _, x) = two_authors(at);
    x.author().clear();
    store.log_parameters();
    store.commit().unwrap();
    assert_eq!(store.sent(), "UPDATE book SET author_id = ? WHERE id = ? -- (NULL, 1)\nCOMMIT");
    assert_eq!(a.books().load(&mut store).unwrap().len(), 1);
    assert_eq!(x.borrow().author_id, None);
}

// Two live sessions can't share a link.
fn linking_across_sessions(at: &Place) {
    let (mut store, a, _, _) = two_authors(at);
    let mut other = aludel::blocking::Session::new(&store.engine);
    let mine = other.add(book("mine"));
    a.books().push(&mine);
    assert!(mine.author().get().unwrap().is_none());
    assert!(matches!(store.flush(), Err(Error::OtherSession(_))));
    store.rollback().unwrap();
    assert!(matches!(other.flush(), Err(Error::OtherSession(_))));
    other.rollback().unwrap();
    other.add(&mine);
    other.commit().unwrap();
    store.commit().unwrap();
    assert_eq!(mails(&Obj::new(user("x"))), Vec::<String>::new());
}

// A list that was read before the row changed holds a member that refers elsewhere by now.
fn no_member_stands_twice(at: &Place) {
    let (mut store, a, b, x) = two_authors(at);
    a.books().load(&mut store).unwrap();
    store.run("UPDATE book SET author_id = 2 WHERE id = 1");
    store.save();
    store.refresh(&x).unwrap();
    assert!(!x.author().is_loaded());
    b.books().push(&x);
    a.books().push(&x);
    assert_eq!(titles(&a), ["x", "y"]);
    store.commit().unwrap();
    assert_eq!(store.number("SELECT author_id FROM book WHERE id = 1"), 1);
}

// UOW-23
fn what_is_set_empty_is_known_after_the_flush(at: &Place) {
    let mut store = at.store();
    let nobody: [Obj<Book>; 0] = [];
    let built = store.add(Author::builder().name("built").books(nobody.clone()));
    let set = store.add(author("set"));
    set.books().set(nobody);
    let silent = store.add(author("silent"));
    store.save();
    for author in [&built, &set] {
        assert!(author.books().is_loaded() && author.books().is_empty().unwrap());
    }
    assert!(matches!(silent.books().len(), Err(Error::NotLoaded(_))));
    built.books().push(book("x"));
    store.save();
    assert_eq!(titles(&built), ["x"]);
}

// REL-14: a list of members that holds each once, and maps of it that are made when asked for.
fn members_by_key(at: &Place) {
    let (mut store, a, _, x) = two_authors(at);
    assert!(matches!(a.books().keyed_by(Book.title), Err(Error::NotLoaded(_))));
    a.books().load(&mut store.session).unwrap();
    let by_title = a.books().keyed_by(Book.title).unwrap();
    assert_eq!(by_title.keys().collect::<Vec<_>>(), ["x", "y"]);
    assert!(by_title["x"].is(&x));
    // By a function; of two members with one key the later one counts.
    let by_pages = a.books().keyed(|it| it.pages).unwrap();
    assert_eq!((by_pages.len(), by_pages[&None].borrow().title.as_str()), (1, "y"));
    // What is made stays as it is; the next one is of what there is then.
    x.borrow_mut().title = "z".into();
    let new = a.books().push(book("w"));
    assert!(by_title["x"].is(&x) && by_title.len() == 2);
    let by_title = a.books().keyed_by(Book.title).unwrap();
    assert_eq!(by_title.keys().collect::<Vec<_>>(), ["w", "y", "z"]);
    // A key that is not there yet.
    let error = a.books().keyed_by(Book.id).unwrap_err();
    assert!(matches!(error, Error::InvalidRequest(_)));
    assert_eq!(
        error.to_string(),
        "a member of `Author.books` has no value for `id` yet: flush it first"
    );
    store.flush().unwrap();
    assert!(a.books().keyed_by(Book.id).unwrap()[&3].is(&new));
    let guard = x.borrow_mut();
    assert!(matches!(a.books().keyed_by(Book.title), Err(Error::Borrowed(_))));
    drop(guard);
    store.rollback().unwrap();
}

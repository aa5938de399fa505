//! What behaves as the original's in corners that a comparison of random sessions has shown, and what a
//! session does that is told to do as the original.

use aludel::{
    Error, Integrity, Obj, SessionOptions, State, Synchronize, blocking::Session, inspect,
    prelude::*,
};

use crate::{
    Case, Place, cases,
    models::*,
    store::{Store, address, author, book, mails, node, tag, titles, user},
};

pub(super) const CASES: &[Case] = cases!["alike":
    an_orphan_of_an_owner_outside,
    a_merge_does_not_lead_back,
    a_collection_is_set_in_order,
    a_value_set_on_an_expired_object_is_a_change,
    null_is_set,
    a_savepoint_begins_a_transaction,
    what_is_marked_can_be_loaded,
    a_child_follows_a_new_parent_with_a_key,
    a_known_key_of_an_expired_object,
    members_twice,
    former_owners,
    new_members_of_deleted_owners,
    late_loads,
    objects_stay_after_a_rollback,
    merged_objects_of_the_session,
    conditions_on_text,
    nothing_to_write_after_a_failure,
    trees_step_by_step,
    a_raiseload_is_said_again,
    what_may_not_be_loaded_is_left,
    links_stay_until_they_expire,
    unwritten_changes_give_way,
    unset_columns_are_learned,
    what_a_savepoint_touched_expires,
    a_merge_reads_an_expired_key,
    a_cascade_stops_at_a_refusal,
    what_a_query_loads_is_loaded_again,
    a_flush_goes_by_a_raiseload,
    an_expired_member_is_an_orphan,
    a_deleted_tree_knows_its_parents,
];

fn state<T: Mapped>(object: &Obj<T>) -> State {
    inspect(object).state
}

/// A session that does as the original.
fn as_original(store: &mut Store) {
    let options = SessionOptions::new().sqlalchemy(true);
    store.session = Session::with_options(&store.engine, options);
    store.sent();
}

/// With a session that does as Aludel does, and with one that does as the original: each knows an author of one book.
fn both_ways(at: &Place, test: impl Fn(&mut Store, bool, Obj<Author>, Obj<Book>)) {
    for original in [false, true] {
        let mut store = at.store();
        if original {
            as_original(&mut store);
        }
        let ann = store.add(author("Ann"));
        let first = ann.books().push(book("first"));
        store.save();
        test(&mut store, original, ann, first);
    }
}

// CAS-8: the owner that lets go of a member is in no session, and knows it from there.
fn an_orphan_of_an_owner_outside(at: &Place) {
    let mut store = at.store();
    let mail = store.add(address("a@x"));
    let ann = store.add(User::builder().name("Ann").addresses([&mail]));
    store.save();
    let bob = Obj::new(user("Bob"));
    bob.addresses().push(&mail);
    assert!(ann.addresses().is_empty().unwrap());
    bob.addresses().remove(&mail).unwrap();
    store.commit().unwrap();
    assert_eq!(store.sent(), "BEGIN\nDELETE FROM address WHERE id = ?\nCOMMIT");
    assert_eq!(state(&bob), State::Transient);
}

// MRG-4: a book brings its author, and not the author's other books.
fn a_merge_does_not_lead_back(at: &Place) {
    let mut store = at.store();
    let ann = Obj::new(author("Ann"));
    let (first, second) = (ann.books().push(book("first")), ann.books().push(book("second")));
    let merged = store.merge(&first).unwrap();
    store.commit().unwrap();
    assert_eq!(titles(&merged.author().get().unwrap().unwrap()), ["first"]);
    assert_eq!(store.number("SELECT count(*) FROM book"), 1);
    // From the author, all of them are asked for.
    let merged = store.merge(&ann).unwrap();
    store.commit().unwrap();
    assert_eq!(titles(&merged), ["first", "second"]);
    assert_eq!(state(&second), State::Transient);
}

// REL-8
fn a_collection_is_set_in_order(at: &Place) {
    let mut store = at.store();
    let ann = store.add(author("Ann"));
    let books = ["a", "b", "c"].map(|it| ann.books().push(book(it)));
    store.save();
    ann.books().set([&books[2], &books[0]]);
    assert_eq!(titles(&ann), ["c", "a"]);
    ann.books().set([&books[1], &books[0], &books[1]]);
    assert_eq!(titles(&ann), ["b", "a"]);
}

// UOW-9, STATE-16
fn a_value_set_on_an_expired_object_is_a_change(at: &Place) {
    let mut store = at.store();
    let ann = store.add(user("Ann"));
    store.save();
    store.expire(&ann).unwrap();
    store.session.set(&ann, User.name, "Ann").unwrap();
    assert!(store.is_modified(&ann));
    store.commit().unwrap();
    assert!(store.sent().contains("UPDATE user_account SET name = ?"));
    assert!(!store.is_modified(&ann));
}

// UOW-29: what is set to NULL is set.
fn null_is_set(at: &Place) {
    let mut store = at.store();
    let it = store.add(Optional { id: Auto::UNSET, a: Auto::UNSET, b: Auto::new(Some(1)) });
    assert!(it.borrow().a.is_unset());
    store.session.set(&it, Optional.a, None::<i64>).unwrap();
    assert_eq!(it.borrow().a.get(), Some(&None));
    store.session.set(&it, Optional.id, Auto::<i64>::UNSET).unwrap();
    assert!(it.borrow().id.is_unset());
    store.commit().unwrap();
}

// AF-8
fn a_savepoint_begins_a_transaction(at: &Place) {
    let mut store = at.store();
    let level = store.begin_nested().unwrap();
    store.rollback_nested(level).unwrap();
    assert!(store.in_transaction() && !store.in_nested_transaction());
    store.commit().unwrap();
    assert!(!store.in_transaction());
    assert_eq!(store.sent(), "");
}

// STATE-4: it is persistent until the flush.
fn what_is_marked_can_be_loaded(at: &Place) {
    let mut store = at.store();
    let ann = store.add(author("Ann"));
    let first = ann.books().push(book("first"));
    store.save();
    store.renew();
    store.session = Session::with_options(&store.engine, SessionOptions::new().autoflush(false));
    let first = store.get_one(Book, first.borrow().id.value().unwrap()).unwrap();
    store.delete(&first).unwrap();
    store.sent();
    let ann = first.author().load_one(&mut store.session).unwrap().unwrap();
    assert_eq!(store.sent().lines().count(), 1);
    assert_eq!(ann.borrow().name, "Ann");
}

// UOW-4: a row that is there refers to one that is not yet, though its key is known.
fn a_child_follows_a_new_parent_with_a_key(at: &Place) {
    let mut store = at.store();
    let leaf = store.add(node("leaf"));
    store.save();
    let root = store.add(Node { id: 77.into(), ..node("root") });
    leaf.parent().set(&root);
    store.commit().unwrap();
    assert_eq!(
        store.sent(),
        "BEGIN\nINSERT INTO node (id, name, parent_id) VALUES (?, ?, ?)\n\
         UPDATE node SET parent_id = ? WHERE id = ?\nCOMMIT"
    );
    assert_eq!(leaf.borrow().parent_id, Some(77));
}

// LOAD-2, UOW-9: what isn't expired of an object is known.
fn a_known_key_of_an_expired_object(at: &Place) {
    let mut store = at.store();
    let ann = store.add(author("Ann"));
    let first = ann.books().push(book("first"));
    store.save();
    store.expire_attributes(&first, (Book.title, Book.author)).unwrap();
    store.add(tag("red"));
    assert!(first.author().load_one(&mut store.session).unwrap().unwrap().is(&ann));
    assert_eq!(store.sent(), "");
    store.expire_attributes(&first, (Book.title, Book.author)).unwrap();
    first.author().set(&ann);
    store.commit().unwrap();
    assert_eq!(store.sent(), "BEGIN\nINSERT INTO tag (name) VALUES (?)\nCOMMIT");
}

// UOW-27: as the original lists it, and writes it.
fn members_twice(at: &Place) {
    let mut store = at.store();
    as_original(&mut store);
    let ann = store.add(author("Ann"));
    let first = ann.books().push(book("first"));
    ann.books().push(&first);
    assert_eq!(titles(&ann), ["first", "first"]);
    store.save();
    ann.books().remove(&first).unwrap();
    assert_eq!(titles(&ann), ["first"]);
    assert_eq!(store.number("SELECT count(*) FROM book WHERE author_id IS NOT NULL"), 1);
    let red = first.tags().load(&mut store.session).map(|_| first.tags().push(tag("red")));
    first.tags().push(&red.unwrap());
    assert_eq!(store.flush().unwrap_err().integrity(), Some(Integrity::Unique));
    store.rollback().unwrap();
    // A pair that has its row gets no other one.
    let red = first.tags().load(&mut store.session).map(|_| first.tags().push(tag("red")));
    store.flush().unwrap();
    first.tags().push(&red.unwrap());
    assert_eq!(first.tags().len().unwrap(), 2);
    store.commit().unwrap();
    assert_eq!(store.number("SELECT count(*) FROM book_tag"), 1);
}

// REL-5
fn former_owners(at: &Place) {
    for original in [false, true] {
        let mut store = at.store();
        if original {
            as_original(&mut store);
        }
        let (ann, bob) = (store.add(user("Ann")), store.add(user("Bob")));
        let it = ann.profile().set(Profile::builder().bio("it"));
        store.save();
        bob.profile().set(&it);
        assert_eq!(ann.profile().get().unwrap().is_some(), original);
        store.commit().unwrap();
        let owner = store.number("SELECT user_id FROM profile");
        assert_eq!(Some(owner), bob.borrow().id.get().copied());
    }
}

// CAS-6
fn new_members_of_deleted_owners(at: &Place) {
    let mut store = at.store();
    let options = SessionOptions::new().sqlalchemy(true).autoflush(false);
    store.session = Session::with_options(&store.engine, options);
    let ann = store.add(user("Ann"));
    store.save();
    let mail = ann.addresses().push(address("new"));
    store.delete(&ann).unwrap();
    assert_eq!(state(&mail), State::Pending);
    assert_eq!(store.flush().unwrap_err().integrity(), Some(Integrity::ForeignKey));
    assert!(matches!(store.commit(), Err(Error::PendingRollback(_))));
    store.rollback().unwrap();
}

// UOW-28, UOW-30
fn late_loads(at: &Place) {
    let mut store = at.store();
    let first = store.add(author("Ann")).books().push(book("first"));
    first.tags().push(tag("red"));
    let ann = first.author().get().unwrap().unwrap();
    store.save();
    let (ann, first) = (ann.borrow().id.value().unwrap(), first.borrow().id.value().unwrap());
    as_original(&mut store);
    let (ann, first) = (store.get_one(Author, ann).unwrap(), store.get_one(Book, first).unwrap());
    store.sent();
    store.delete(&ann).unwrap();
    store.delete(&first).unwrap();
    assert_eq!(store.sent(), "");
    store.commit().unwrap();
    let sent = store.sent();
    let sent: Vec<&str> = sent.lines().filter_map(|it| it.split(' ').next()).collect();
    assert_eq!(sent, ["SELECT", "SELECT", "DELETE", "DELETE", "DELETE", "COMMIT"], "{sent:?}");
}

// TX-4: new objects keep what they hold, and those that had a row stay.
fn objects_stay_after_a_rollback(at: &Place) {
    let mut store = at.store();
    let old = store.add(user("Old"));
    store.save();
    let old = old.borrow().id.value().unwrap();
    as_original(&mut store);
    let old = store.get_one(User, old).unwrap();
    let level = store.begin_nested().unwrap();
    let bob = store.add(user("Bob"));
    let mail = bob.addresses().push(address("b@x"));
    store.flush().unwrap();
    bob.borrow_mut().name = "Bobby".into();
    store.flush().unwrap();
    bob.borrow_mut().name = "Rob".into();
    old.addresses().load(&mut store.session).unwrap();
    let later = old.addresses().push(address("o@x"));
    old.borrow_mut().name = "Changed".into();
    store.rollback_nested(level).unwrap();
    assert_eq!((state(&bob), state(&mail)), (State::Transient, State::Transient));
    assert_eq!(bob.borrow().name, "Rob");
    assert_eq!(Some(mail.borrow().user_id), bob.borrow().id.get().map(|it| (*it).into()));
    assert!(mail.user().get().unwrap().unwrap().is(&bob));
    assert_eq!(mails(&bob), ["b@x"]);
    assert!(later.user().get().unwrap().unwrap().is(&old));
    assert_eq!((old.borrow().name.as_str(), state(&old)), ("Old", State::Persistent));
    store.add(&bob);
    assert_eq!(store.pending().len(), 2, "what it is linked with comes, too");
    let key = bob.borrow().id;
    store.commit().unwrap();
    assert_eq!(bob.borrow().id, key);
    // One that was outside stays in.
    store.expunge(&old).unwrap();
    store.add(&old);
    store.rollback().unwrap();
    assert_eq!(state(&old), State::Persistent);
    let key = old.borrow().id.value().unwrap();
    assert!(store.get_one(User, key).unwrap().is(&old));
}

// MRG-1
fn merged_objects_of_the_session(at: &Place) {
    let mut store = at.store();
    let options = SessionOptions::new().sqlalchemy(true).autoflush(false);
    store.session = Session::with_options(&store.engine, options);
    let ann = store.add(user("Ann"));
    let other = store.merge(&ann).unwrap();
    assert!(!other.is(&ann) && state(&other) == State::Pending);
    store.save();
    assert_eq!(store.number("SELECT count(*) FROM user_account"), 2);
}

// DML-6: no statement asks what a collation decides.
fn conditions_on_text(at: &Place) {
    let mut store = at.store();
    as_original(&mut store);
    let ann = store.add(user("Ann"));
    let bob = store.add(user("Bob"));
    store.save();
    let update = update(User).set(User.email, "b@x").filter(User.name.gt("Ann"));
    assert_eq!(store.execute(update).unwrap(), 1);
    let sent = store.sent();
    assert_eq!(sent.matches("SELECT").count() + sent.matches("RETURNING").count(), 0, "{sent}");
    assert_eq!((&ann.borrow().email, bob.borrow().email.as_deref()), (&None, Some("b@x")));
}

// TX-13: what came and went again is nothing to write.
fn nothing_to_write_after_a_failure(at: &Place) {
    let mut store = at.store();
    as_original(&mut store);
    let ann = store.add(user("Ann"));
    store.save();
    let twin = User::builder().name("Twin").id(ann.borrow().id.value().unwrap());
    store.add(twin);
    assert_eq!(store.flush().unwrap_err().integrity(), Some(Integrity::Unique));
    ann.borrow_mut().name = "Anna".into();
    let bob = store.add(user("Bob"));
    assert!(matches!(store.flush(), Err(Error::PendingRollback(_))));
    store.expunge(&bob).unwrap();
    store.expire(&ann).unwrap();
    store.flush().unwrap();
    assert!(matches!(store.commit(), Err(Error::PendingRollback(_))));
    store.rollback().unwrap();
    assert_eq!(ann.borrow().name, "Ann");
}

// UOW-4: what hangs on a changed row comes behind what hangs on one that is only linked.
fn trees_step_by_step(at: &Place) {
    let mut store = at.store();
    let root = store.add(node("root"));
    let branch = root.children().push(node("branch"));
    store.save();
    let (root, branch) = (root.borrow().id, branch.borrow().id);
    as_original(&mut store);
    let branch = store.get_one(Node, branch.value().unwrap()).unwrap();
    branch.parent().load(&mut store.session).unwrap();
    branch.children().load(&mut store.session).unwrap();
    let root = store.get_one(Node, root.value().unwrap()).unwrap();
    // Before anything is new: a load writes that first.
    root.children().load(&mut store.session).unwrap();
    let leaf = branch.children().push(node("leaf"));
    let other = store.add(node("other"));
    other.parent().clear();
    let twig = root.children().push(node("twig"));
    store.commit().unwrap();
    let key = |it: &Obj<Node>| it.borrow().id.value().unwrap();
    assert!(key(&other) < key(&twig) && key(&twig) < key(&leaf));
}

// LOAD-20: an expiry in part forgets nothing; one of the whole does, until the object is read by its key.
fn a_raiseload_is_said_again(at: &Place) {
    both_ways(at, |store, original, ann, _| {
        store.expire(&ann).unwrap();
        let query = select(Author).options(raiseload(Author.books)).populate_existing();
        store.scalars(query).one().unwrap();
        store.expire_attributes(&ann, Author.name).unwrap();
        assert!(matches!(ann.books().load(&mut store.session), Err(Error::RaiseLoad(_))));
        store.fresh(&ann).unwrap();
        assert!(matches!(ann.books().load(&mut store.session), Err(Error::RaiseLoad(_))));
        store.expire(&ann).unwrap();
        store.fresh(&ann).unwrap();
        assert_eq!(ann.books().load(&mut store.session).is_err(), original);
        store.expire(&ann).unwrap();
        assert_eq!(ann.books().load_one(&mut store.session).unwrap().len(), 1);
    });
}

// IDM-6: a to-one relationship that may not be loaded is left as it is by rows that overwrite.
fn what_may_not_be_loaded_is_left(at: &Place) {
    both_ways(at, |store, original, _, first| {
        let query = select(Book).options(raiseload(Book.author)).populate_existing();
        store.scalars(query).one().unwrap();
        assert_eq!(first.author().is_loaded(), original);
    });
}

// REL-11: a row that is read again says nothing of links.
fn links_stay_until_they_expire(at: &Place) {
    both_ways(at, |store, original, _, first| {
        store.execute(text("UPDATE book SET author_id = NULL")).unwrap();
        store.expire_attributes(&first, Book.author_id).unwrap();
        store.fresh(&first).unwrap();
        assert_eq!(first.author().load(&mut store.session).unwrap().is_some(), original);
    });
}

// DML-7, DML-10: conditions are compared with what objects show, and what nobody has written gives way.
fn unwritten_changes_give_way(at: &Place) {
    let mut store = at.store();
    let options = SessionOptions::new().sqlalchemy(true).autoflush(false);
    store.session = Session::with_options(&store.engine, options);
    let ann = store.add(user("Ann"));
    store.save();
    ann.borrow_mut().name = "Anna".into();
    let update = update(User).set(User.name, "Bob").filter(User.name.eq("Anna"));
    assert_eq!(store.execute(update.synchronize_session(Synchronize::Evaluate)).unwrap(), 0);
    store.sent();
    store.commit().unwrap();
    assert_eq!(store.sent(), "COMMIT");
    store.fresh(&ann).unwrap();
    assert_eq!(ann.borrow().name, "Ann");
}

// UOW-9: a row that comes says what nobody set.
fn unset_columns_are_learned(at: &Place) {
    let mut store = at.store();
    as_original(&mut store);
    let it = store.add(Optional { id: Auto::UNSET, a: Auto::UNSET, b: Auto::new(Some(1)) });
    store.save();
    assert!(it.borrow().a.is_unset());
    store.scalars(select(Optional)).one().unwrap();
    assert_eq!(it.borrow().a.get(), Some(&None));
    store.session.set(&it, Optional.a, None::<i64>).unwrap();
    store.sent();
    store.flush().unwrap();
    assert_eq!(store.sent(), "");
}

// TX-7: there, whoever was touched in a savepoint is expired with it, written or not.
fn what_a_savepoint_touched_expires(at: &Place) {
    both_ways(at, |store, original, ann, first| {
        let level = store.begin_nested().unwrap();
        ann.borrow_mut().name = "Anna".into();
        first.borrow_mut().title = "first".into();
        store.flush().unwrap();
        store.rollback_nested(level).unwrap();
        assert_eq!(inspect(&first).expired, original);
        store.fresh(&ann).unwrap();
        assert_eq!(ann.borrow().name, "Ann");
    });
}

// MRG-2: there, what is expired is overwritten unread, unless its key isn't known.
fn a_merge_reads_an_expired_key(at: &Place) {
    both_ways(at, |store, original, ann, _| {
        let key = ann.borrow().id;
        let twin = || Obj::new(Author { id: key, ..author("Anna") });
        store.expire_attributes(&ann, Author.name).unwrap();
        store.sent();
        store.merge(&twin()).unwrap();
        assert_eq!(store.sent().contains("FROM author WHERE"), !original);
        store.expire(&ann).unwrap();
        store.merge(&twin()).unwrap();
        assert!(store.sent().contains("FROM author WHERE"));
    });
}

// CAS-1: there, whoever comes behind one that is refused isn't reached.
fn a_cascade_stops_at_a_refusal(at: &Place) {
    both_ways(at, |store, original, ann, first| {
        let second = ann.books().push(book("second"));
        store.save();
        for it in [&first, &second] {
            store.expunge(it).unwrap();
        }
        let held = store.get_one(Book, first.borrow().id.value().unwrap()).unwrap();
        let bob = Obj::new(author("Bob"));
        bob.books().set([&first, &second]);
        store.add(&bob);
        let key = second.borrow().id.value().unwrap();
        let error = store.get(Book, key).unwrap_err();
        assert!(matches!(error, Error::IdentityConflict(_)), "{error:?}");
        let outside = if original { State::Detached } else { State::Persistent };
        assert_eq!((state(&held), state(&second)), (State::Persistent, outside));
    });
}

// LOAD-20: what a query loads beside an object is loaded again, too, once that is read by its key.
fn what_a_query_loads_is_loaded_again(at: &Place) {
    both_ways(at, |store, original, ann, _| {
        let query = select(Author).options(selectinload(Author.books)).populate_existing();
        store.scalars(query).one().unwrap();
        store.expire(&ann).unwrap();
        store.fresh(&ann).unwrap();
        assert_eq!(ann.books().is_loaded(), original);
    });
}

// LOAD-20: what the deleted of a tree refer to may be forbidden.
fn a_flush_goes_by_a_raiseload(at: &Place) {
    both_ways(at, |store, original, _, _| {
        let root = store.add(node("root"));
        root.children().push(node("leaf"));
        store.save();
        store.expire_all().unwrap();
        let options = (selectinload(Node.children), raiseload(Node.parent));
        store.scalars(select(Node).options(options)).all().unwrap();
        store.delete(&root).unwrap();
        assert_eq!(store.flush().is_err(), original);
    });
}

// CAS-8: whom an owner let go of is an orphan, though it expired since.
fn an_expired_member_is_an_orphan(at: &Place) {
    both_ways(at, |store, _, _, _| {
        let mail = store.add(address("a@x"));
        let ann = store.add(User::builder().name("Ann").addresses([&mail]));
        store.save();
        ann.addresses().remove(&mail).unwrap();
        store.expire(&mail).unwrap();
        store.flush().unwrap();
        assert_eq!(inspect(&mail).state, State::Deleted, "{}", store.sent());
    });
}

// UOW-40: a flush asks what the deleted of a tree refer to, and they know it from then on.
fn a_deleted_tree_knows_its_parents(at: &Place) {
    both_ways(at, |store, _, _, _| {
        let root = store.add(node("root"));
        let branch = root.children().push(node("branch"));
        let leaf = branch.children().push(node("leaf"));
        store.save();
        store.expire_all().unwrap();
        store.scalars(select(Node).options(selectinload(Node.children))).all().unwrap();
        store.delete(&root).unwrap();
        store.flush().unwrap();
        assert!(branch.parent().is_loaded());
        assert!(leaf.parent().is_loaded());
    });
}

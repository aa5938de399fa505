//! What follows when an object is added, let go of or deleted.

use aludel::{Error, Obj, State, prelude::*};

use crate::{
    Case, Place, cases,
    models::*,
    store::{address, author, book, mails, node, tag, user},
};

pub(super) const CASES: &[Case] = cases!["cascades":
    add_reaches_what_is_linked,
    linking_with_a_sessions_object_adds,
    the_other_side_does_not_cascade,
    delete_loads_and_marks,
    delete_drops_new_members,
    a_member_let_go_of_without_delete_orphan,
    an_orphan_is_deleted_at_the_flush,
    an_orphan_of_an_unloaded_collection,
    a_member_that_moves,
    a_new_member_let_go_of_leaves_the_session,
    never_attached_is_no_orphan,
    a_marked_member_that_is_taken_up,
    expunge_cascades,
    statements_do_not_cascade,
    delete_loads_what_is_forbidden_to_load,
    a_deleted_member_does_not_stop_its_owner,
    removed_members_come_in_with_their_owner,
];

fn state<T: Mapped>(object: &Obj<T>) -> State {
    inspect(object).state
}

// CAS-1, CAS-2: in both directions, depth first.
fn add_reaches_what_is_linked(at: &Place) {
    let mut store = at.store();
    let x = Obj::new(book("x"));
    let a = x.author().set(author("A"));
    let y = a.books().push(book("y"));
    let red = y.tags().push(tag("red"));
    let z = red.books().push(book("z"));
    assert_eq!(state(&z), State::Transient);
    store.add(&x);
    assert_eq!([state(&x), state(&y), state(&z)], [State::Pending; 3]);
    assert_eq!((state(&a), state(&red)), (State::Pending, State::Pending));
    store.commit().unwrap();
    assert_eq!(store.number("SELECT count(*) FROM book"), 3);
}

// CAS-3
fn linking_with_a_sessions_object_adds(at: &Place) {
    let mut store = at.store();
    let a = store.add(author("A"));
    let x = a.books().push(book("x"));
    assert_eq!(state(&x), State::Pending);
    let red = x.tags().push(tag("red"));
    assert_eq!(state(&red), State::Pending);
    let b = x.author().set(author("B"));
    assert_eq!(state(&b), State::Pending);
    a.books().set([book("y"), book("z")]);
    a.books().extend([book("w")]);
    store.commit().unwrap();
    assert_eq!(store.number("SELECT count(*) FROM book WHERE author_id = 1"), 3);
    assert_eq!(store.number("SELECT count(*) FROM book WHERE author_id = 2"), 1);
}

// CAS-4
fn the_other_side_does_not_cascade(at: &Place) {
    let mut store = at.store();
    let a = store.add(author("A"));
    let x = Obj::new(book("x"));
    x.author().set(&a);
    assert_eq!(state(&x), State::Transient);
    assert_eq!(a.books().len().unwrap(), 1);
    store.commit().unwrap();
    assert_eq!(state(&x), State::Transient);
    assert_eq!(store.number("SELECT count(*) FROM book"), 0);
    store.add(&x);
    store.commit().unwrap();
    assert_eq!(store.number("SELECT count(*) FROM book WHERE author_id = 1"), 1);
}

// CAS-6
fn delete_loads_and_marks(at: &Place) {
    let mut store = at.store();
    store.add(User::builder().name("Alice").addresses([address("a"), address("b")]));
    store.save();
    store.renew();
    let alice = store.get_one(User, 1).unwrap();
    store.sent();
    store.delete(&alice).unwrap();
    assert_eq!(
        store.sent(),
        "SELECT address.id, address.user_id, address.mail FROM address \
         WHERE address.user_id IN (?) ORDER BY address.id\n\
         SELECT profile.id, profile.user_id, profile.bio FROM profile \
         WHERE profile.user_id IN (?)"
    );
    let mail = alice.addresses().iter().unwrap().next().unwrap();
    assert!(inspect(&mail).marked_deleted);
    store.commit().unwrap();
    assert_eq!(
        store.sent(),
        "DELETE FROM address WHERE id = ? -- 2 rows\n\
         DELETE FROM user_account WHERE id = ?\nCOMMIT"
    );
}

// CAS-6: a member that is new is not inserted.
fn delete_drops_new_members(at: &Place) {
    let mut store = at.store();
    let alice = store.add(user("Alice"));
    alice.addresses().set([] as [Obj<Address>; 0]);
    store.save();
    let mail = alice.addresses().push(address("a"));
    store.delete(&alice).unwrap();
    assert_eq!(state(&mail), State::Transient);
    store.commit().unwrap();
    assert!(!store.sent().contains("INSERT"));
}

// CAS-7
fn a_member_let_go_of_without_delete_orphan(at: &Place) {
    let mut store = at.store();
    let root = store.add(Node::builder().name("root").children([node("a"), node("b")]));
    store.save();
    let a = root.children().iter().unwrap().next().unwrap();
    root.children().remove(&a).unwrap();
    store.log_parameters();
    store.commit().unwrap();
    assert_eq!(
        store.sent(),
        "BEGIN\nUPDATE node SET parent_id = ? WHERE id = ? -- (NULL, 2)\nCOMMIT"
    );
}

// CAS-8
fn an_orphan_is_deleted_at_the_flush(at: &Place) {
    let mut store = at.store();
    let alice =
        store.add(User::builder().name("Alice").addresses(["a", "b", "c", "d"].map(address)));
    store.save();
    let all: Vec<_> = alice.addresses().iter().unwrap().collect();
    alice.addresses().remove(&all[0]).unwrap();
    all[1].user().clear();
    assert!(!inspect(&all[0]).marked_deleted);
    assert_eq!(store.sent(), "");
    store.log_parameters();
    store.flush().unwrap();
    assert_eq!(store.sent(), "BEGIN\nDELETE FROM address WHERE id = ? -- (1), (2)");
    assert_eq!(state(&all[0]), State::Deleted);
    alice.addresses().set([&all[3]]);
    store.commit().unwrap();
    assert_eq!(store.sent(), "DELETE FROM address WHERE id = ? -- (3)\nCOMMIT");
}

// CAS-8: of a collection that isn't loaded.
fn an_orphan_of_an_unloaded_collection(at: &Place) {
    let mut store = at.store();
    store.add(User::builder().name("Alice").addresses([address("a"), address("b")]));
    store.save();
    store.renew();
    let alice = store.get_one(User, 1).unwrap();
    let a = store.get_one(Address, 1).unwrap();
    alice.addresses().remove(&a).unwrap();
    store.commit().unwrap();
    assert_eq!(store.number("SELECT count(*) FROM address"), 1);
    assert_eq!(alice.addresses().load(&mut store).unwrap().len(), 1);
}

// CAS-9: with every combination of loaded sides.
fn a_member_that_moves(at: &Place) {
    for how in 0..6 {
        for load in [false, true] {
            let mut store = at.store();
            store.add(User::builder().name("Alice").addresses([address("a")]));
            store.add(user("Bob"));
            store.save();
            store.renew();
            let (alice, bob) = (store.get_one(User, 1).unwrap(), store.get_one(User, 2).unwrap());
            let a = store.get_one(Address, 1).unwrap();
            if load {
                alice.addresses().load(&mut store).unwrap();
            }
            match how {
                0 => drop(bob.addresses().push(&a)),
                1 => drop(a.user().set(&bob)),
                2 => {
                    alice.addresses().remove(&a).unwrap();
                    bob.addresses().push(&a);
                }
                3 => {
                    bob.addresses().push(&a);
                    let removed = alice.addresses().remove(&a);
                    assert_eq!(removed.is_err(), load);
                }
                4 => {
                    a.user().clear();
                    a.user().set(&bob);
                }
                _ => {
                    let new = Obj::new(user("Carol"));
                    alice.addresses().remove(&a).unwrap();
                    new.addresses().push(&a);
                    store.add(&new);
                    store.flush().unwrap();
                    new.addresses().remove(&a).unwrap();
                    bob.addresses().push(&a);
                }
            }
            store.commit().unwrap();
            let sent = store.sent();
            assert!(!sent.contains("DELETE"), "{how} {load}: {sent}");
            assert_eq!(store.number("SELECT user_id FROM address"), 2, "{how} {load}");
            assert_eq!(a.borrow().user_id, 2);
            assert_eq!(bob.addresses().load(&mut store).unwrap().len(), 1);
            assert!(alice.addresses().load(&mut store).unwrap().is_empty());
        }
    }
}

// CAS-10
fn a_new_member_let_go_of_leaves_the_session(at: &Place) {
    let mut store = at.store();
    let (alice, bob) = (store.add(user("Alice")), store.add(user("Bob")));
    let a = alice.addresses().push(address("a"));
    alice.addresses().remove(&a).unwrap();
    assert_eq!(state(&a), State::Transient);
    let b = alice.addresses().push(address("b"));
    b.user().clear();
    assert_eq!(state(&b), State::Transient);
    bob.addresses().push(&b);
    // What left and came back is inserted once.
    bob.addresses().push(&a);
    alice.addresses().push(&a);
    store.commit().unwrap();
    assert_eq!(store.number("SELECT count(*) FROM address"), 2);
    assert_eq!((mails(&alice), mails(&bob)), (vec!["a".to_owned()], vec!["b".to_owned()]));
}

// CAS-11
fn never_attached_is_no_orphan(at: &Place) {
    let mut store = at.store();
    store.add(Profile::builder().bio("x"));
    store.commit().unwrap();
    assert_eq!(store.number("SELECT count(*) FROM profile WHERE user_id IS NULL"), 1);
    store.add(address("nobody's"));
    assert_eq!(store.commit().unwrap_err().integrity(), Some(aludel::Integrity::NotNull));
}

// CAS-14
fn a_marked_member_that_is_taken_up(at: &Place) {
    let mut store = at.store();
    let alice = store.add(User::builder().name("Alice").addresses([address("a"), address("b")]));
    let bob = store.add(user("Bob"));
    store.save();
    let all: Vec<_> = alice.addresses().iter().unwrap().collect();
    store.delete(&alice).unwrap();
    bob.addresses().push(&all[0]);
    all[1].user().set(&bob);
    store.sent();
    store.log_parameters();
    store.commit().unwrap();
    assert_eq!(
        store.sent(),
        "UPDATE address SET user_id = ? WHERE id = ? -- (2, 1), (2, 2)\n\
         DELETE FROM user_account WHERE id = ? -- (1)\nCOMMIT"
    );
    store.commit().unwrap();
    assert_eq!(store.sent(), "");
    assert_eq!(store.number("SELECT count(*) FROM address"), 2);
}

// CAS-15
fn expunge_cascades(at: &Place) {
    let mut store = at.store();
    let alice = store.add(User::builder().name("Alice").addresses([address("a")]));
    store.save();
    let a = alice.addresses().iter().unwrap().next().unwrap();
    store.expunge(&alice).unwrap();
    assert_eq!((state(&alice), state(&a)), (State::Detached, State::Detached));
    store.add(&alice);
    assert_eq!((state(&alice), state(&a)), (State::Persistent, State::Persistent));
    assert!(store.get(Address, 1).unwrap().unwrap().is(&a));
    assert_eq!(store.sent(), "");
}

// CAS-19
fn statements_do_not_cascade(at: &Place) {
    let mut store = at.store();
    let root = store.add(Node::builder().name("root").children([node("a")]));
    store.save();
    let stmt = delete(Node).filter(Node.name.eq("a")).synchronize_session(Synchronize::Off);
    assert_eq!(store.execute(stmt).unwrap(), 1);
    assert_eq!(root.children().len().unwrap(), 1);
    store.commit().unwrap();
    assert!(matches!(
        store.refresh(&root.children().iter().unwrap().next().unwrap()),
        Err(Error::ObjectDeleted(_))
    ));
}

// UOW-34: a strategy that forbids loading doesn't stop a cascade.
fn delete_loads_what_is_forbidden_to_load(at: &Place) {
    let mut store = at.store();
    store.add(User::builder().name("Alice").addresses([address("a")]));
    store.save();
    store.renew();
    let alice = store.scalars(select(User).options(raiseload(User.addresses))).one().unwrap();
    store.delete(&alice).unwrap();
    store.commit().unwrap();
    assert_eq!(store.number("SELECT count(*) FROM address"), 0);
}

// STATE-7, CAS-2: a collection may still hold what was deleted; adding its owner says nothing of it.
fn a_deleted_member_does_not_stop_its_owner(at: &Place) {
    let mut store = at.store();
    let red = store.add(Tag::builder().name("red").books([book("x")]));
    store.save();
    let x = red.books().iter().unwrap().next().unwrap();
    store.delete(&x).unwrap();
    store.save();
    store.expunge(&red).unwrap();
    store.add(&red);
    store.commit().unwrap();
    assert_eq!((state(&red), state(&x)), (State::Persistent, State::Detached));
    store.delete(&red).unwrap();
    store.commit().unwrap();
}

// CAS-2: what left a collection that nobody has flushed since comes in with its owner.
fn removed_members_come_in_with_their_owner(at: &Place) {
    let mut store = at.store();
    let a = store.add(Author::builder().name("A").books([book("x"), book("y")]));
    store.save();
    let x = a.books().iter().unwrap().next().unwrap();
    store.expunge_all();
    a.books().remove(&x).unwrap();
    assert_eq!(state(&x), State::Detached);
    store.add(&a);
    assert_eq!(state(&x), State::Persistent);
    store.commit().unwrap();
    assert_eq!(store.number("SELECT count(*) FROM book WHERE author_id IS NULL"), 1);
    assert_eq!(store.number("SELECT count(*) FROM book WHERE author_id = 1"), 1);
    // One to one, whose former target is let go of, too.
    let alice = store.add(user("Alice"));
    let old = alice.profile().set(Profile::builder().bio("old"));
    store.save();
    store.expunge_all();
    alice.profile().set(Profile::builder().bio("new"));
    store.add(&alice);
    assert_eq!(state(&old), State::Persistent);
    store.commit().unwrap();
    assert_eq!(store.number("SELECT count(*) FROM profile WHERE user_id = 1"), 1);
    assert_eq!(store.number("SELECT count(*) FROM profile WHERE user_id IS NULL"), 1);
}

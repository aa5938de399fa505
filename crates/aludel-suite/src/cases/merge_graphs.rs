//! Merging what objects lead to: relationships are copied onto those of the session's own.

use aludel::{Obj, State, prelude::*};

use super::merge::{SELECT_USER, alice, detached, leave, state};
use crate::{
    Case, Place, cases,
    models::*,
    store::{address, author, book, mails, node, tag, titles, user},
};

pub(super) const CASES: &[Case] = cases!["merge_graphs":
    a_detached_graph_comes_home,
    collections_are_replaced,
    collections_that_nobody_set_stay,
    members_are_loaded_together,
    a_graph_of_values,
    many_to_one_follows,
    one_to_one_follows,
    many_to_many_follows,
    circles_end,
    relationships_without_the_cascade_stay,
];

// MRG-3, MRG-4: with what was changed meanwhile.
fn a_detached_graph_comes_home(at: &Place) {
    let mut store = at.store();
    let away = alice(&mut store);
    away.borrow_mut().name = "Alicia".into();
    let first = away.addresses().iter().unwrap().next().unwrap();
    first.borrow_mut().mail = "z".into();
    away.addresses().push(address("d"));
    let home = store.merge(&away).unwrap();
    assert!(!home.is(&away));
    assert_eq!(state(&away), State::Detached);
    assert_eq!(
        store.sent(),
        format!(
            "BEGIN\n{SELECT_USER} WHERE user_account.id = ?\n\
             SELECT address.id, address.user_id, address.mail FROM address \
             WHERE address.user_id IN (?) ORDER BY address.id"
        )
    );
    assert_eq!(mails(&home), ["z", "b", "c", "d"]);
    store.commit().unwrap();
    assert_eq!(
        store.sent(),
        "UPDATE user_account SET name = ? WHERE id = ?\n\
         UPDATE address SET mail = ? WHERE id = ?\n\
         INSERT INTO address (user_id, mail) VALUES (?, ?)\nCOMMIT"
    );
    store.renew();
    assert_eq!(mails(&detached(&mut store)), ["z", "b", "c", "d"]);
}

// MRG-4, CAS-8: members that are missing leave, and are deleted where they have no other owner.
fn collections_are_replaced(at: &Place) {
    let mut store = at.store();
    let away = alice(&mut store);
    let second = away.addresses().iter().unwrap().nth(1).unwrap();
    away.addresses().remove(&second).unwrap();
    let home = store.merge(&away).unwrap();
    assert_eq!(mails(&home), ["a", "c"]);
    store.sent();
    store.commit().unwrap();
    assert_eq!(store.sent(), "DELETE FROM address WHERE id = ?\nCOMMIT");
    // Without delete-orphan they are let go of; an empty list is a list.
    let author = store.add(author("A"));
    author.books().push(book("b"));
    store.save();
    store.renew();
    let none: [Book; 0] = [];
    let home = store.merge(Author::builder().id(1).name("A").books(none)).unwrap();
    assert!(titles(&home).is_empty());
    store.commit().unwrap();
    assert_eq!(store.number("SELECT count(*) FROM book WHERE author_id IS NULL"), 1);
}

// MRG-4: unset relationships are left alone.
fn collections_that_nobody_set_stay(at: &Place) {
    let mut store = at.store();
    alice(&mut store);
    let home = store.merge(User { id: 1.into(), ..user("Alicia") }).unwrap();
    assert!(!home.addresses().is_loaded());
    store.commit().unwrap();
    assert_eq!(store.number("SELECT count(*) FROM address"), 3);
}

// One query for each entity and relationship of a level, however many there are.
fn members_are_loaded_together(at: &Place) {
    let mut store = at.store();
    for name in ["A", "B", "C"] {
        store.add(User::builder().name(name).addresses(["x", "y"].map(address)));
    }
    store.save();
    store.renew();
    let stmt = select(User).options(selectinload(User.addresses)).order_by(User.id);
    let away = store.scalars(&stmt).all().unwrap();
    leave(&mut store);
    let home = store.merge_all(&away).unwrap();
    assert_eq!(home.len(), 3);
    assert_eq!(store.sent().lines().count(), 3);
    assert_eq!(mails(&home[2]), ["x", "y"]);
    let mine = home[1].addresses().iter().unwrap().next().unwrap();
    assert!(mine.user().get().unwrap().unwrap().is(&home[1]));
    store.commit().unwrap();
    assert_eq!(store.sent(), "COMMIT");
    let none: Vec<User> = Vec::new();
    assert!(store.merge_all(none).unwrap().is_empty());
}

// MRG-4: values and builders, as they come out of a request.
fn a_graph_of_values(at: &Place) {
    let mut store = at.store();
    alice(&mut store);
    let source = User::builder()
        .id(1)
        .name("Alice")
        .addresses([Address { id: 2.into(), ..address("B") }, address("new")]);
    let home = store.merge(source).unwrap();
    assert_eq!(mails(&home), ["B", "new"]);
    store.commit().unwrap();
    store.renew();
    let home = detached(&mut store);
    assert_eq!(mails(&home), ["B", "new"]);
    let ids: Vec<i64> =
        home.addresses().iter().unwrap().map(|it| it.borrow().id.value().unwrap()).collect();
    assert_eq!(ids, [2, 4]);
}

// MRG-4
fn many_to_one_follows(at: &Place) {
    let mut store = at.store();
    let [one, two] = ["One", "Two"].map(|it| store.add(author(it)));
    one.books().push(book("b"));
    store.save();
    drop((one, two));
    store.renew();
    let away = store.get_one(Book, 1).unwrap();
    let two = store.get_one(Author, 2).unwrap();
    leave(&mut store);
    away.author().set(&two);
    two.borrow_mut().name = "Zwei".into();
    let home = store.merge(&away).unwrap();
    let author = home.author().get().unwrap().unwrap();
    assert!(!author.is(&two));
    assert_eq!(author.borrow().name, "Zwei");
    store.commit().unwrap();
    assert_eq!(store.number("SELECT author_id FROM book"), 2);
    // None is said, too.
    store.renew();
    let away = store.get_one(Book, 1).unwrap();
    away.author().load(&mut store).unwrap();
    leave(&mut store);
    away.author().clear();
    let home = store.merge(&away).unwrap();
    assert!(home.author().get().unwrap().is_none());
    store.commit().unwrap();
    assert_eq!(store.number("SELECT count(*) FROM book WHERE author_id IS NULL"), 1);
}

fn one_to_one_follows(at: &Place) {
    let mut store = at.store();
    let ada = store.add(user("Ada"));
    ada.profile().set(Profile::builder().bio("old"));
    store.save();
    drop(ada);
    store.renew();
    let source = Obj::new(User { id: 1.into(), ..user("Ada") });
    source.profile().set(Profile::builder().bio("new"));
    let home = store.merge(&source).unwrap();
    assert_eq!(home.profile().get().unwrap().unwrap().borrow().bio, "new");
    store.commit().unwrap();
    assert_eq!(store.number("SELECT count(*) FROM profile WHERE user_id = 1"), 1);
    assert_eq!(store.number("SELECT count(*) FROM profile WHERE user_id IS NULL"), 1);
}

// MRG-4
fn many_to_many_follows(at: &Place) {
    let mut store = at.store();
    let one = store.add(book("b"));
    ["x", "y"].into_iter().for_each(|it| _ = one.tags().push(tag(it)));
    store.save();
    drop(one);
    store.renew();
    let away = store.scalars(select(Book).options(selectinload(Book.tags))).one().unwrap();
    leave(&mut store);
    let first = away.tags().iter().unwrap().next().unwrap();
    away.tags().remove(&first).unwrap();
    away.tags().push(tag("z"));
    store.merge(&away).unwrap();
    store.commit().unwrap();
    assert_eq!(store.number("SELECT count(*) FROM book_tag"), 2);
    assert_eq!(store.number("SELECT count(*) FROM book_tag WHERE tag_id = 1"), 0);
    assert_eq!(store.number("SELECT count(*) FROM tag"), 3);
}

// MRG-4: each object once.
fn circles_end(at: &Place) {
    let mut store = at.store();
    let root = Obj::new(node("root"));
    let child = root.children().push(node("child"));
    child.children().push(node("leaf"));
    let home = store.merge(&root).unwrap();
    let own = home.children().iter().unwrap().next().unwrap();
    assert!(own.parent().get().unwrap().unwrap().is(&home));
    assert_eq!(own.children().len().unwrap(), 1);
    store.commit().unwrap();
    assert_eq!(store.number("SELECT count(*) FROM node"), 3);
    store.renew();
    // From the middle, by what is loaded.
    let own = store.get_one(Node, 2).unwrap();
    own.parent().load(&mut store).unwrap();
    own.children().load(&mut store).unwrap();
    leave(&mut store);
    own.borrow_mut().name = "middle".into();
    let home = store.merge(&own).unwrap();
    assert_eq!(home.parent().get().unwrap().unwrap().borrow().name, "root");
    store.sent();
    store.commit().unwrap();
    assert_eq!(store.sent(), "UPDATE node SET name = ? WHERE id = ?\nCOMMIT");
}

// MRG-9
fn relationships_without_the_cascade_stay(at: &Place) {
    let mut store = at.store();
    let spoke = Obj::new(Spoke::builder());
    spoke.ticket().set(Ticket::builder());
    let home = store.merge(&spoke).unwrap();
    assert!(home.ticket().get().unwrap().is_none());
    store.commit().unwrap();
    assert_eq!(store.number("SELECT count(*) FROM ticket"), 0);
}

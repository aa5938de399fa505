//! What a flush sends: which rows, which columns, in which order, in how many statements.

use aludel::{Error, Obj, State, prelude::*};

use crate::{
    Case, Place, cases,
    models::*,
    store::{address, author, book, node, tag, user},
};

pub(super) const CASES: &[Case] = cases!["flush":
    only_columns_that_differ_are_written,
    rows_go_together_and_in_order,
    updates_of_different_columns,
    parents_first,
    a_tree_goes_level_by_level,
    an_update_waits_for_its_parent,
    circles_are_refused,
    columns_of_an_insert,
    defaults_come_back,
    defaults_come_with_the_insert needs RETURNING,
    defaults_are_read_behind_the_insert needs NO_RETURNING,
    an_update_of_a_row_that_is_gone,
    links_with_strangers_are_not_written,
    handing_on_a_unique_value,
    two_new_objects_with_one_key,
    a_foreign_key_within_the_key,
    a_relationship_wins_over_a_key_set_by_hand,
    collections_stay_as_they_are,
];

// UOW-7, UOW-8
fn only_columns_that_differ_are_written(at: &Place) {
    let mut store = at.store();
    let alice = store.add(user("Alice"));
    store.save();
    alice.borrow_mut().name = "Alice".into();
    store.flush().unwrap();
    assert_eq!(store.sent(), "");
    alice.borrow_mut().email = Some("a@x".into());
    alice.borrow_mut().name = "Alicia".into();
    alice.borrow_mut().name = "Alice".into();
    store.log_parameters();
    store.commit().unwrap();
    assert_eq!(
        store.sent(),
        "BEGIN\nUPDATE user_account SET email = ? WHERE id = ? -- (\"a@x\", 1)\nCOMMIT"
    );
    {
        let mut both = alice.borrow_mut();
        both.email = None;
        both.name = "B".into();
    }
    store.commit().unwrap();
    assert_eq!(
        store.sent(),
        "BEGIN\nUPDATE user_account SET name = ?, email = ? WHERE id = ? \
         -- (\"B\", NULL, 1)\nCOMMIT"
    );
}

// UOW-10, UOW-11, UOW-15, UOW-17
fn rows_go_together_and_in_order(at: &Place) {
    let mut store = at.store();
    let authors = store.add_all(["c", "a", "b"].map(author));
    store.save();
    for at in [2, 0, 1] {
        authors[at].borrow_mut().name.push('!');
    }
    let new = store.add_all(["z", "y"].map(author));
    store.log_parameters();
    store.flush().unwrap();
    assert_eq!(
        store.sent(),
        "BEGIN\n\
         UPDATE author SET name = ? WHERE id = ? -- (\"c!\", 1), (\"a!\", 2), (\"b!\", 3)\n\
         INSERT INTO author (name) VALUES (?) -- (\"z\"), (\"y\")"
    );
    assert_eq!((new[0].borrow().id, new[1].borrow().id), (4.into(), 5.into()));
    for at in [2, 0, 1] {
        store.delete(&authors[at]).unwrap();
    }
    store.sent();
    store.flush().unwrap();
    assert_eq!(store.sent(), "DELETE FROM author WHERE id = ? -- (1), (2), (3)");
}

// UOW-17: rows that set other columns are another statement, in the order of keys.
fn updates_of_different_columns(at: &Place) {
    let mut store = at.store();
    let users = store.add_all(["a", "b", "c"].map(user));
    store.save();
    users[0].borrow_mut().name.push('!');
    users[1].borrow_mut().email = Some("b@x".into());
    users[2].borrow_mut().name.push('!');
    store.flush().unwrap();
    assert_eq!(
        store.sent(),
        "BEGIN\n\
         UPDATE user_account SET name = ? WHERE id = ?\n\
         UPDATE user_account SET email = ? WHERE id = ?\n\
         UPDATE user_account SET name = ? WHERE id = ?"
    );
}

// UOW-2, UOW-6, FK-1: tables that have nothing to do with each other go by name; parents before children, whatever the order in which they were added.
fn parents_first(at: &Place) {
    let mut store = at.store();
    let mail = store.add(address("a@x"));
    mail.user().set(user("Alice"));
    let title = store.add(book("t"));
    title.tags().push(tag("x"));
    title.author().set(author("A"));
    store.log_parameters();
    store.flush().unwrap();
    assert_eq!(
        store.sent(),
        "BEGIN\n\
         INSERT INTO author (name) VALUES (?) -- (\"A\")\n\
         INSERT INTO tag (name) VALUES (?) -- (\"x\")\n\
         INSERT INTO user_account (name, email) VALUES (?, ?) -- (\"Alice\", NULL)\n\
         INSERT INTO address (user_id, mail) VALUES (?, ?) -- (1, \"a@x\")\n\
         INSERT INTO book (title, pages, author_id) VALUES (?, ?, ?) -- (\"t\", NULL, 1)\n\
         INSERT INTO book_tag (book_id, tag_id) VALUES (?, ?) -- (1, 1)"
    );
    // UOW-23
    assert_eq!(mail.borrow().user_id, 1);
    assert_eq!(title.borrow().author_id, Some(1));
    assert_eq!(inspect(&mail).state, State::Persistent);
    assert!(inspect(&mail).changes.is_empty());
    store.delete(&title.author().get().unwrap().unwrap()).unwrap();
    store.delete(&title).unwrap();
    store.sent();
    store.flush().unwrap();
    assert_eq!(
        store.sent(),
        "DELETE FROM book_tag WHERE book_id = ? AND tag_id = ? -- (1, 1)\n\
         DELETE FROM book WHERE id = ? -- (1)\n\
         DELETE FROM author WHERE id = ? -- (1)"
    );
}

// UOW-3, UOW-4: roots, then their children; deletions from the leaves up (CAS-20).
fn a_tree_goes_level_by_level(at: &Place) {
    let mut store = at.store();
    let leaf = Obj::new(node("leaf"));
    let (left, right, root) =
        (Obj::new(node("left")), Obj::new(node("right")), Obj::new(node("root")));
    leaf.parent().set(&left);
    root.children().push(&left);
    root.children().push(&right);
    store.add(&leaf);
    store.log_parameters();
    store.flush().unwrap();
    assert_eq!(
        store.sent(),
        "BEGIN\n\
         INSERT INTO node (name, parent_id) VALUES (?, ?) -- (\"root\", NULL)\n\
         INSERT INTO node (name, parent_id) VALUES (?, ?) -- (\"left\", 1), (\"right\", 1)\n\
         INSERT INTO node (name, parent_id) VALUES (?, ?) -- (\"leaf\", 2)"
    );
    store.commit().unwrap();
    store.renew();
    store.log_parameters();
    let root = store.get_one(Node, 1).unwrap();
    store.delete(&root).unwrap();
    let loads = store.sent().lines().filter(|it| it.starts_with("SELECT")).count();
    assert_eq!(loads, 4, "the root by key, then each level's members");
    store.commit().unwrap();
    assert_eq!(
        store.sent(),
        "DELETE FROM node WHERE id = ? -- (3), (4)\n\
         DELETE FROM node WHERE id = ? -- (2)\n\
         DELETE FROM node WHERE id = ? -- (1)\nCOMMIT"
    );
}

// UOW-3: an old row that refers to a new one of the same table is updated after its INSERT.
fn an_update_waits_for_its_parent(at: &Place) {
    let mut store = at.store();
    let child = store.add(node("child"));
    store.save();
    let top = child.parent().set(node("top"));
    top.parent().set(node("above"));
    store.log_parameters();
    store.flush().unwrap();
    assert_eq!(
        store.sent(),
        "BEGIN\n\
         INSERT INTO node (name, parent_id) VALUES (?, ?) -- (\"above\", NULL)\n\
         INSERT INTO node (name, parent_id) VALUES (?, ?) -- (\"top\", 2)\n\
         UPDATE node SET parent_id = ? WHERE id = ? -- (3, 1)"
    );
    assert_eq!(child.borrow().parent_id, Some(3));
}

// UOW-5
fn circles_are_refused(at: &Place) {
    let mut store = at.store();
    let saved = store.add(author("A"));
    store.save();
    saved.borrow_mut().name = "changed".into();
    let (a, b) = (store.add(node("a")), store.add(node("b")));
    a.parent().set(&b);
    b.parent().set(&a);
    let error = store.flush().unwrap_err();
    assert!(matches!(error, Error::CircularDependency(_)), "{error}");
    assert_eq!(store.sent(), "");
    // What else was changed is as before the transaction, and can be changed again.
    assert_eq!(saved.borrow().name, "A");
    store.rollback().unwrap();
    saved.borrow_mut().name = "again".into();
    store.commit().unwrap();
    assert_eq!(store.number("SELECT count(*) FROM author WHERE name = 'again'"), 1);
    // An object that is its own parent.
    let own = store.add(node("own"));
    own.parent().set(&own);
    assert!(matches!(store.flush_plan(), Err(Error::CircularDependency(_))));
    assert!(matches!(store.flush(), Err(Error::CircularDependency(_))));
    store.rollback().unwrap();
    // Two tables that refer to each other work in one direction, and not in a circle.
    let (hen, egg) = (store.add(Hen::builder()), store.add(Egg::builder()));
    hen.from().set(&egg);
    store.flush().unwrap();
    egg.hen().set(&hen);
    store.commit().unwrap();
    let (hen, egg) = (store.add(Hen::builder()), store.add(Egg::builder()));
    hen.from().set(&egg);
    egg.hen().set(&hen);
    assert!(matches!(store.flush(), Err(Error::CircularDependency(_))));
}

// UOW-13, UOW-14, UOW-21
fn columns_of_an_insert(at: &Place) {
    let mut store = at.store();
    store.add(Ticket { id: Auto::UNSET });
    store.flush().unwrap();
    assert_eq!(store.sent(), "BEGIN\nINSERT INTO ticket DEFAULT VALUES");
    store.log_parameters();
    let given = store.add(Article::builder().title("u").stock(1).rank(2).id(9));
    store.commit().unwrap();
    assert_eq!(
        store.sent(),
        "INSERT INTO article (id, title, stock, rank) VALUES (?, ?, ?, ?) -- (9, \"u\", 1, 2)\nCOMMIT"
    );
    assert!(store.get(Article, 9).unwrap().unwrap().is(&given));
    assert_eq!(store.sent(), "");
}

// UOW-21, UOW-22
fn defaults_come_back(at: &Place) {
    let mut store = at.store();
    let new = Article { id: Auto::UNSET, title: "t".into(), stock: None, rank: Auto::UNSET };
    let article = store.add(new);
    store.commit().unwrap();
    let article = article.borrow();
    assert_eq!((article.id, article.stock, article.rank), (1.into(), Some(5), 7.into()));
}

// UOW-21, UOW-22
fn defaults_are_read_behind_the_insert(at: &Place) {
    let mut store = at.store();
    store.log_parameters();
    let new = |title: &str| Article {
        id: Auto::UNSET,
        title: title.into(),
        stock: None,
        rank: Auto::UNSET,
    };
    let articles = store.add_all([new("t"), new("u")]);
    store.commit().unwrap();
    assert_eq!(
        store.sent(),
        "BEGIN\nINSERT INTO article (title, stock) VALUES (?, ?) -- (\"t\", 5), (\"u\", 5)\n\
         SELECT article.rank FROM article WHERE article.id = ? -- (1), (2)\nCOMMIT"
    );
    for (article, id) in articles.iter().zip(1..) {
        assert_eq!((article.borrow().id, article.borrow().rank), (id.into(), 7.into()));
    }
}

// UOW-21, UOW-22
fn defaults_come_with_the_insert(at: &Place) {
    let mut store = at.store();
    store.log_parameters();
    store.add(Article { id: Auto::UNSET, title: "t".into(), stock: None, rank: Auto::UNSET });
    store.flush().unwrap();
    assert_eq!(
        store.sent(),
        "BEGIN\nINSERT INTO article (title, stock) VALUES (?, ?) RETURNING id, rank -- (\"t\", 5)"
    );
}

// UOW-18
fn an_update_of_a_row_that_is_gone(at: &Place) {
    let mut store = at.store();
    let alice = store.add(user("Alice"));
    store.save();
    store.run("DELETE FROM user_account");
    alice.borrow_mut().name = "x".into();
    let error = store.flush().unwrap_err();
    let Error::StaleData(stale) = &error else { panic!("{error}") };
    assert_eq!(
        (stale.entity, stale.key.as_str(), stale.expected, stale.matched),
        ("User", "1", 1, 0)
    );
    assert_eq!(alice.borrow().name, "Alice");
    store.rollback().unwrap();
    assert_eq!(store.number("SELECT count(*) FROM user_account"), 1);
}

// UOW-35, CAS-5
fn links_with_strangers_are_not_written(at: &Place) {
    let mut store = at.store();
    let spoke = store.add(Spoke::builder());
    let ticket = spoke.ticket().set(Ticket { id: Auto::UNSET });
    store.commit().unwrap();
    assert_eq!(inspect(&ticket).state, State::Transient);
    assert_eq!(store.number("SELECT count(*) FROM spoke WHERE ticket_id IS NULL"), 1);
    assert_eq!(store.number("SELECT count(*) FROM ticket"), 0);
}

// UOW-12: a unique value can be handed on by an UPDATE, and not by a DELETE in the same flush.
fn handing_on_a_unique_value(at: &Place) {
    let mut store = at.store();
    let alice = store.add(User::builder().name("Alice").email("a@x"));
    store.save();
    alice.borrow_mut().email = None;
    let bob = store.add(User::builder().name("Bob").email("a@x"));
    store.commit().unwrap();
    store.delete(&bob).unwrap();
    store.add(User::builder().name("Carol").email("a@x"));
    assert_eq!(store.commit().unwrap_err().integrity(), Some(aludel::Integrity::Unique));
    store.rollback().unwrap();
    assert!(store.contains(&bob));
}

// IDM-13
fn two_new_objects_with_one_key(at: &Place) {
    let mut store = at.store();
    store.add(Currency::builder().code("EUR").name("1"));
    store.add(Currency::builder().code("EUR").name("2"));
    assert_eq!(store.flush().unwrap_err().integrity(), Some(aludel::Integrity::Unique));
    store.rollback().unwrap();
    assert_eq!(store.number("SELECT count(*) FROM currency"), 0);
}

// FK-2
fn a_foreign_key_within_the_key(at: &Place) {
    let mut store = at.store();
    let (x, y) = (store.add(book("x")), store.add(book("y")));
    let line = store.add(Line::builder().number(1).text("t"));
    line.book().set(&x);
    store.flush().unwrap();
    assert!(store.get(Line, (1, 1)).unwrap().unwrap().is(&line));
    line.book().set(&y);
    store.log_parameters();
    store.flush().unwrap();
    assert_eq!(
        store.sent(),
        "UPDATE line SET book_id = ? WHERE book_id = ? AND number = ? -- (2, 1, 1)"
    );
    assert!(store.get(Line, (2, 1)).unwrap().unwrap().is(&line));
    assert!(store.get(Line, (1, 1)).unwrap().is_none());
    store.commit().unwrap();
    line.book().set(&x);
    store.flush().unwrap();
    store.rollback().unwrap();
    assert!(store.get(Line, (2, 1)).unwrap().unwrap().is(&line));
    assert_eq!(line.borrow().book_id, 2);
}

// FK-3
fn a_relationship_wins_over_a_key_set_by_hand(at: &Place) {
    let mut store = at.store();
    let (a, b) = (store.add(author("a")), store.add(author("b")));
    let x = store.add(Book::builder().title("x").author_id(77));
    x.author().set(&a);
    store.flush().unwrap();
    assert_eq!(x.borrow().author_id, Some(1));
    x.borrow_mut().author_id = Some(77);
    x.author().set(&b);
    store.flush().unwrap();
    assert_eq!(x.borrow().author_id, Some(2));
    // REL-11: without a change of the relationship the key counts, and memory stays.
    x.borrow_mut().author_id = Some(1);
    store.commit().unwrap();
    assert!(x.author().get().unwrap().unwrap().is(&b));
    store.refresh(&x).unwrap();
    assert!(x.author().load(&mut store).unwrap().unwrap().is(&a));
    assert_eq!(store.number("SELECT author_id FROM book"), 1);
}

// UOW-23: a member that was linked while its owner was new is linked once.
fn collections_stay_as_they_are(at: &Place) {
    let mut store = at.store();
    let alice = store.add(user("Alice"));
    let (b, a) = (alice.addresses().push(address("b")), alice.addresses().push(address("a")));
    store.commit().unwrap();
    assert_eq!(crate::store::mails(&alice), ["b", "a"]);
    alice.addresses().push(&a);
    assert_eq!(alice.addresses().len().unwrap(), 2);
    store.sent();
    store.commit().unwrap();
    assert_eq!(store.sent(), "");
    let _ = b;
}

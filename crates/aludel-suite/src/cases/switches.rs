//! A row that one object leaves and another takes over in the same flush.

use aludel::{Error, State, prelude::*};

use crate::{
    Case, Place, cases,
    models::{keys::*, *},
    store::{author, book, tag},
};

pub(super) const CASES: &[Case] = cases!["switches":
    a_row_is_taken_over,
    a_row_is_taken_over_and_given_back,
    what_is_not_said_stays,
    nothing_but_a_key,
    keys_of_several_columns,
    a_key_that_a_relationship_fills,
    the_old_objects_links_go,
    members_that_move_keep_their_key,
    several_for_one_row,
    a_row_that_is_gone,
    together_with_other_rows,
];

// UOW-29
fn a_row_is_taken_over(at: &Place) {
    let mut store = at.store();
    let old = store.add(Currency::builder().code("EUR").name("euro"));
    store.save();
    store.delete(&old).unwrap();
    let new = store.add(Currency::builder().code("EUR").name("Euro"));
    store.log_parameters();
    let plan = store.flush_plan().unwrap();
    assert_eq!(plan.steps.len(), 1, "{plan}");
    store.flush().unwrap();
    assert_eq!(
        store.sent(),
        "BEGIN\nUPDATE currency SET name = ? WHERE code = ? -- (\"Euro\", \"EUR\")"
    );
    assert_eq!((inspect(&old).state, inspect(&new).state), (State::Deleted, State::Persistent));
    assert!(store.get(Currency, "EUR").unwrap().unwrap().is(&new));
    // It is tracked from now on.
    new.borrow_mut().name = "€".into();
    store.flush().unwrap();
    assert_eq!(store.sent(), "UPDATE currency SET name = ? WHERE code = ? -- (\"€\", \"EUR\")");
    store.commit().unwrap();
    assert_eq!(inspect(&old).state, State::Detached);
    assert!(matches!(store.try_add(&old), Err(Error::Deleted(_))));
    assert_eq!(store.number("SELECT count(*) FROM currency WHERE name = '€'"), 1);
}

// UOW-29, TX-3
fn a_row_is_taken_over_and_given_back(at: &Place) {
    let mut store = at.store();
    let old = store.add(Currency::builder().code("EUR").name("euro"));
    store.save();
    store.delete(&old).unwrap();
    let new = store.add(Currency::builder().code("EUR").name("Euro"));
    store.flush().unwrap();
    store.rollback().unwrap();
    assert_eq!((inspect(&old).state, inspect(&new).state), (State::Persistent, State::Transient));
    assert!(store.get(Currency, "EUR").unwrap().unwrap().is(&old));
    assert_eq!((&*old.borrow().name, &*new.borrow().name), ("euro", "Euro"));
    // Once more, and back again.
    store.delete(&old).unwrap();
    store.add(&new);
    store.commit().unwrap();
    store.delete(&new).unwrap();
    let third = store.add(Currency::builder().code("EUR").name("third"));
    store.commit().unwrap();
    assert_eq!(inspect(&third).state, State::Persistent);
    assert_eq!(store.number("SELECT count(*) FROM currency WHERE name = 'third'"), 1);
}

// UOW-29: what the new object says nothing of stays in the row, and the object learns of it; no
// default is applied. (The original's object shows nothing there until it is expired.)
fn what_is_not_said_stays(at: &Place) {
    let mut store = at.store();
    let old = store.add(Article::builder().title("t").stock(9).rank(3));
    store.save();
    store.delete(&old).unwrap();
    let new = Article { id: 1.into(), title: "u".into(), stock: None, rank: Auto::UNSET };
    let new = store.add(new);
    store.log_parameters();
    store.flush().unwrap();
    assert_eq!(store.sent(), "BEGIN\nUPDATE article SET title = ? WHERE id = ? -- (\"u\", 1)");
    assert_eq!((new.borrow().stock, new.borrow().rank), (Some(9), 3.into()));
    assert!(inspect(&new).changes.is_empty());
    store.rollback().unwrap();
    assert_eq!((new.borrow().stock, new.borrow().rank), (None, Auto::UNSET));
    // Of an expired object nobody knows what the row keeps: the new one is read again.
    store.run("UPDATE article SET stock = 8");
    store.commit().unwrap();
    store.delete(&old).unwrap();
    store.add(&new);
    store.commit().unwrap();
    store.fresh(&new).unwrap();
    assert_eq!((new.borrow().stock, &*new.borrow().title), (Some(8), "u"));
    // NULL is what a value says of a column without a default; a builder says what it was given.
    let old = store.add(Book::builder().title("x").pages(3));
    store.save();
    store.delete(&old).unwrap();
    store.add(Book { id: 1.into(), ..book("y") });
    store.sent();
    store.log_parameters();
    store.flush().unwrap();
    assert_eq!(
        store.sent(),
        "UPDATE book SET title = ?, pages = ?, author_id = ? WHERE id = ? \
         -- (\"y\", NULL, NULL, 1)"
    );
}

// UOW-29: nothing is sent for a row without anything but its key.
fn nothing_but_a_key(at: &Place) {
    let mut store = at.store();
    let old = store.add(Ticket::builder());
    store.save();
    store.delete(&old).unwrap();
    let new = store.add(Ticket::builder().id(1));
    store.commit().unwrap();
    assert_eq!(store.sent(), "");
    assert_eq!((inspect(&old).state, inspect(&new).state), (State::Detached, State::Persistent));
    assert!(store.get(Ticket, 1).unwrap().unwrap().is(&new));
    assert_eq!(store.sent(), "");
}

// UOW-29, UOW-11
fn keys_of_several_columns(at: &Place) {
    let mut store = at.store();
    let add = |store: &mut crate::store::Store, code: i64, name: &str| {
        store.add(Region::builder().country("DE").code(code).name(name))
    };
    let old: Vec<_> = (1..4).map(|it| add(&mut store, it, "old")).collect();
    store.save();
    old.iter().for_each(|it| store.delete(it).unwrap());
    // Out of order, one for another key, and one of the old rows nobody takes.
    let _new: Vec<_> = [3, 7, 1].map(|it| add(&mut store, it, "new")).into();
    store.sent();
    store.log_parameters();
    store.flush().unwrap();
    assert_eq!(
        store.sent(),
        "UPDATE region SET name = ? WHERE country = ? AND code = ? \
         -- (\"new\", \"DE\", 1), (\"new\", \"DE\", 3)\n\
         INSERT INTO region (country, code, name) VALUES (?, ?, ?) -- (\"DE\", 7, \"new\")\n\
         DELETE FROM region WHERE country = ? AND code = ? -- (\"DE\", 2)"
    );
}

// UOW-29, FK-2
fn a_key_that_a_relationship_fills(at: &Place) {
    let mut store = at.store();
    let x = store.add(book("x"));
    let old = store.add(Line::builder().number(1).text("old"));
    old.book().set(&x);
    store.save();
    store.delete(&old).unwrap();
    let new = store.add(Line::builder().number(1).text("new"));
    new.book().set(&x);
    // Its book is new: so is the row.
    let other = store.add(Line::builder().number(1).text("other"));
    other.book().set(store.add(book("y")));
    store.log_parameters();
    store.flush().unwrap();
    assert_eq!(
        store.sent(),
        "BEGIN\n\
         INSERT INTO book (title, pages, author_id) VALUES (?, ?, ?) -- (\"y\", NULL, NULL)\n\
         UPDATE line SET text = ? WHERE book_id = ? AND number = ? -- (\"new\", 1, 1)\n\
         INSERT INTO line (book_id, number, text) VALUES (?, ?, ?) -- (2, 1, \"other\")"
    );
    assert_eq!(new.borrow().book_id, 1);
    assert!(store.get(Line, (1, 1)).unwrap().unwrap().is(&new));
    store.rollback().unwrap();
    assert_eq!(new.borrow().book_id, Auto::UNSET);
}

// UOW-29, UOW-25: association rows and members of the old object are processed, the new one's come.
fn the_old_objects_links_go(at: &Place) {
    let mut store = at.store();
    let (a, b, c) = (store.add(tag("a")), store.add(tag("b")), store.add(tag("c")));
    let old = store.add(book("old"));
    old.tags().set([&a, &b]);
    old.author().set(author("A"));
    store.save();
    store.delete(&old).unwrap();
    let new = store.add(Book::builder().id(1).title("new"));
    new.tags().set([&b, &c]);
    new.author().set(author("B"));
    store.log_parameters();
    store.flush().unwrap();
    assert_eq!(
        store.sent(),
        "BEGIN\n\
         INSERT INTO author (name) VALUES (?) -- (\"B\")\n\
         UPDATE book SET title = ?, author_id = ? WHERE id = ? -- (\"new\", 2, 1)\n\
         DELETE FROM book_tag WHERE book_id = ? AND tag_id = ? -- (1, 1), (1, 2)\n\
         INSERT INTO book_tag (book_id, tag_id) VALUES (?, ?) -- (1, 2), (1, 3)"
    );
    assert_eq!(new.borrow().author_id, Some(2));
    store.commit().unwrap();
    assert_eq!(store.number("SELECT count(*) FROM book_tag"), 2);
}

// UOW-29, UOW-30: members of the old object lose their key, unless the new one takes them up, or
// anybody else, whichever side knows of it.
fn members_that_move_keep_their_key(at: &Place) {
    let mut store = at.store();
    let old = store.add(Region::builder().country("DE").code(1).name("old"));
    let sites: Vec<_> = (0..2).map(|_| old.sites().push(Site::builder())).collect();
    let team = store.add(Team::builder());
    let players: Vec<_> = (0..2).map(|_| team.players().push(Player::builder())).collect();
    store.save();
    store.delete(&old).unwrap();
    let new = store.add(Region::builder().country("DE").code(1).name("new"));
    new.sites().push(&sites[1]);
    store.delete(&team).unwrap();
    let other = store.add(Team::builder());
    other.players().push(&players[1]);
    store.log_parameters();
    store.commit().unwrap();
    assert_eq!(
        store.sent(),
        "BEGIN\n\
         UPDATE region SET name = ? WHERE country = ? AND code = ? -- (\"new\", \"DE\", 1)\n\
         INSERT INTO team DEFAULT VALUES -- ()\n\
         UPDATE player SET team_id = ? WHERE id = ? -- (NULL, 1), (2, 2)\n\
         UPDATE site SET country = ?, code = ? WHERE id = ? -- (NULL, NULL, 1)\n\
         DELETE FROM team WHERE id = ? -- (1)\nCOMMIT"
    );
    assert_eq!(players[1].borrow().team_id, Some(2));
    assert_eq!(sites[1].borrow().country.as_deref(), Some("DE"));
}

// UOW-29, IDM-13: the first takes the row over, the others are rows of their own.
fn several_for_one_row(at: &Place) {
    let mut store = at.store();
    let old = store.add(Currency::builder().code("EUR").name("0"));
    store.save();
    store.delete(&old).unwrap();
    store.add(Currency::builder().code("EUR").name("1"));
    store.add(Currency::builder().code("EUR").name("2"));
    assert_eq!(store.flush().unwrap_err().integrity(), Some(aludel::Integrity::Unique));
    store.rollback().unwrap();
    assert!(store.get(Currency, "EUR").unwrap().unwrap().is(&old));
}

// UOW-29, UOW-18
fn a_row_that_is_gone(at: &Place) {
    let mut store = at.store();
    let old = store.add(Currency::builder().code("EUR").name("old"));
    store.save();
    store.run("DELETE FROM currency");
    store.delete(&old).unwrap();
    store.add(Currency::builder().code("EUR").name("new"));
    let error = store.flush().unwrap_err();
    let Error::StaleData(stale) = &error else { panic!("{error}") };
    assert_eq!((stale.entity, stale.key.as_str()), ("Currency", "\"EUR\""));
}

// UOW-17, UOW-29: rows that set the same columns share a statement, whoever they belong to.
fn together_with_other_rows(at: &Place) {
    let mut store = at.store();
    let codes = ["CHF", "EUR", "USD"];
    let [franc, euro, dollar] =
        codes.map(|it| store.add(Currency::builder().code(it).name(it.to_lowercase())));
    store.save();
    franc.borrow_mut().name = "Franc".into();
    dollar.borrow_mut().name = "Dollar".into();
    store.delete(&euro).unwrap();
    store.add(Currency::builder().code("EUR").name("Euro"));
    store.commit().unwrap();
    assert_eq!(
        store.sent(),
        "BEGIN\nUPDATE currency SET name = ? WHERE code = ? -- 3 rows\nCOMMIT"
    );
    let found = "SELECT count(*) FROM currency WHERE name IN ('Franc', 'Euro', 'Dollar')";
    assert_eq!(store.number(found), 3);
}

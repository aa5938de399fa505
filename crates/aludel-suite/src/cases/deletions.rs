//! What a flush deletes, and what becomes of those who belong to it or refer to it.

use aludel::{State, prelude::*};

use crate::{
    Case, Place, cases,
    models::{
        tree::{Hub, Mark, family, tree},
        *,
    },
    store::{author, book, tag},
};

pub(super) const CASES: &[Case] = cases!["deletions":
    what_follows_from_what_follows,
    a_delete_of_a_row_that_is_gone,
    members_lose_their_key_when_the_owner_goes,
    members_that_need_their_key,
    passive_deletes,
    deleting_what_refers_leaves_what_is_referred_to,
    changed_and_deleted,
    a_detached_object_goes_alone,
];

// UOW-1: an orphan's own members are orphans, and association rows go with both; what is loaded for that
// is loaded by the flush.
fn what_follows_from_what_follows(at: &Place) {
    let mut store = at.store();
    let family = family();
    let new = store.add(tree(family, 2));
    for leaf in new.leaves().iter().unwrap() {
        leaf.marks().push(Mark::builder().name(format!("{}", leaf.borrow().n)));
    }
    store.save();
    store.renew();
    let hub = store.get_one(Hub, 1).unwrap();
    let leaf = hub.leaves().load(&mut *store).unwrap().remove(0);
    hub.leaves().remove(&leaf).unwrap();
    store.sent();
    store.log_parameters();
    store.flush().unwrap();
    let sent = store.sent();
    let (loads, writes): (Vec<_>, Vec<_>) = sent.lines().partition(|it| it.starts_with("SELECT"));
    assert_eq!(loads.len(), 2, "{sent}");
    assert_eq!(
        writes,
        [
            "DELETE FROM leaf_mark WHERE leaf_id = ? AND mark_id = ? -- (1, 1)",
            "DELETE FROM bit WHERE id = ? -- (1)",
            "DELETE FROM leaf WHERE id = ? -- (1)",
        ]
    );
}

// UOW-19
fn a_delete_of_a_row_that_is_gone(at: &Place) {
    let mut store = at.store();
    let tag = store.add(tag("t"));
    store.save();
    store.delete(&tag).unwrap();
    store.execute(text("DELETE FROM tag")).unwrap();
    store.commit().unwrap();
    assert_eq!(inspect(&tag).state, State::Detached);
}

// UOW-30, FK-10
fn members_lose_their_key_when_the_owner_goes(at: &Place) {
    let mut store = at.store();
    store.add(Author::builder().name("A").books([book("x"), book("y")]));
    store.save();
    store.renew();
    let author = store.get_one(Author, 1).unwrap();
    store.delete(&author).unwrap();
    // One that is new and attached is inserted without a key.
    let new = store.add(book("z"));
    author.books().push(&new);
    store.log_parameters();
    store.flush().unwrap();
    assert_eq!(
        store.sent(),
        "UPDATE book SET author_id = ? WHERE id = ? -- (NULL, 1), (NULL, 2)\n\
         INSERT INTO book (title, pages, author_id) VALUES (?, ?, ?) -- (\"z\", NULL, NULL)\n\
         DELETE FROM author WHERE id = ? -- (1)"
    );
}

// UOW-30
fn members_that_need_their_key(at: &Place) {
    let mut store = at.store();
    let region = store.add(Region::builder().country("DE").code(1).name("x"));
    region.sites().push(Site::builder());
    store.save();
    // Both columns of the key go together (FK-1).
    store.delete(&region).unwrap();
    store.sent();
    store.commit().unwrap();
    assert_eq!(
        store.sent(),
        "BEGIN\nUPDATE site SET country = ?, code = ? WHERE id = ?\n\
         DELETE FROM region WHERE country = ? AND code = ?\nCOMMIT"
    );
}

// UOW-31
fn passive_deletes(at: &Place) {
    let mut store = at.store();
    store.add(Shelf::builder().volumes([Volume::builder(), Volume::builder()]));
    store.save();
    store.renew();
    let shelf = store.get_one(Shelf, 1).unwrap();
    store.sent();
    store.delete(&shelf).unwrap();
    assert_eq!(store.sent(), "");
    store.commit().unwrap();
    assert_eq!(store.sent(), "DELETE FROM shelf WHERE id = ?\nCOMMIT");
    assert_eq!(store.number("SELECT count(*) FROM volume"), 0);
    // What is loaded is deleted here.
    let shelf = store.add(Shelf::builder().volumes([Volume::builder()]));
    store.save();
    store.delete(&shelf).unwrap();
    store.commit().unwrap();
    assert!(store.sent().contains("DELETE FROM volume"));
}

// UOW-33
fn deleting_what_refers_leaves_what_is_referred_to(at: &Place) {
    let mut store = at.store();
    store.add(Author::builder().name("A").books([book("x")]));
    store.save();
    store.renew();
    let x = store.get_one(Book, 1).unwrap();
    store.delete(&x).unwrap();
    let sent = store.sent();
    assert!(!sent.contains("FROM author"), "{sent}");
    store.commit().unwrap();
    assert_eq!(store.sent(), "DELETE FROM book WHERE id = ?\nCOMMIT");
}

// UOW-8: a changed object that is deleted is only deleted.
fn changed_and_deleted(at: &Place) {
    let mut store = at.store();
    let tag = store.add(tag("t"));
    store.save();
    tag.borrow_mut().name = "changed".into();
    store.delete(&tag).unwrap();
    store.sent();
    store.flush().unwrap();
    assert_eq!(store.sent(), "DELETE FROM tag WHERE id = ?");
    store.rollback().unwrap();
    assert_eq!(tag.borrow().name, "t");
    tag.borrow_mut().name = "again".into();
    store.commit().unwrap();
    assert_eq!(store.number("SELECT count(*) FROM tag WHERE name = 'again'"), 1);
}

// STATE-2, STATE-4: it comes into the session to be deleted, and nothing that it refers to comes along.
fn a_detached_object_goes_alone(at: &Place) {
    let mut store = at.store();
    let ann = store.add(author("Ann"));
    let first = ann.books().push(book("first"));
    store.save();
    store.expunge_all();
    store.delete(&first).unwrap();
    store.flush().unwrap();
    assert_eq!((inspect(&first).state, inspect(&ann).state), (State::Deleted, State::Detached));
    assert!(!store.contains(&ann));
    store.commit().unwrap();
    assert_eq!(store.number("SELECT count(*) FROM book"), 0);
}

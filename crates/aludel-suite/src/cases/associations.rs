//! Rows of many-to-many relationships: each once, from either side.

use aludel::Error;

use crate::{
    Case, Place, cases,
    models::*,
    store::{book, tag},
};

pub(super) const CASES: &[Case] = cases!["associations":
    each_association_row_once,
    association_rows_of_loaded_objects,
    an_association_row_that_is_not_there,
    deleting_an_end_of_a_many_to_many,
    deleting_an_end_after_changes_without_effect,
];

// UOW-25, UOW-26
fn each_association_row_once(at: &Place) {
    let mut store = at.store();
    let (x, y) = (store.add(book("x")), store.add(book("y")));
    let (red, blue) = (store.add(tag("red")), store.add(tag("blue")));
    x.tags().push(&red);
    red.books().push(&x);
    y.tags().push(&red);
    blue.books().push(&y);
    store.log_parameters();
    store.flush().unwrap();
    assert_eq!(
        store.sent(),
        "BEGIN\n\
         INSERT INTO tag (name) VALUES (?) -- (\"red\"), (\"blue\")\n\
         INSERT INTO book (title, pages, author_id) VALUES (?, ?, ?) \
         -- (\"x\", NULL, NULL), (\"y\", NULL, NULL)\n\
         INSERT INTO book_tag (book_id, tag_id) VALUES (?, ?) -- (1, 1), (2, 1), (2, 2)"
    );
    x.tags().remove(&red).unwrap();
    x.tags().push(&blue);
    y.tags().remove(&red).unwrap();
    y.tags().push(&red);
    store.flush().unwrap();
    assert_eq!(
        store.sent(),
        "DELETE FROM book_tag WHERE book_id = ? AND tag_id = ? -- (1, 1)\n\
         INSERT INTO book_tag (book_id, tag_id) VALUES (?, ?) -- (1, 2)"
    );
    assert_eq!(blue.books().len().unwrap(), 2);
}

// UOW-25, UOW-26: the same from rows, whose collections are loaded or not, from either side.
fn association_rows_of_loaded_objects(at: &Place) {
    for (load_books, load_tags) in [(false, false), (true, false), (false, true), (true, true)] {
        let mut store = at.store();
        store.add(Book::builder().title("x").tags([tag("red")]));
        store.add(tag("blue"));
        store.save();
        store.renew();
        let x = store.get_one(Book, 1).unwrap();
        let (red, blue) = (store.get_one(Tag, 1).unwrap(), store.get_one(Tag, 2).unwrap());
        if load_books {
            x.tags().load(&mut store).unwrap();
        }
        if load_tags {
            red.books().load(&mut store).unwrap();
            blue.books().load(&mut store).unwrap();
        }
        store.log_parameters();
        red.books().remove(&x).unwrap();
        x.tags().push(&blue);
        store.commit().unwrap();
        assert_eq!(
            store.sent(),
            "DELETE FROM book_tag WHERE book_id = ? AND tag_id = ? -- (1, 1)\n\
             INSERT INTO book_tag (book_id, tag_id) VALUES (?, ?) -- (1, 2)\nCOMMIT"
        );
        assert_eq!(x.tags().load(&mut store).unwrap().len(), 1);
        assert_eq!(blue.books().load(&mut store).unwrap().len(), 1);
        assert_eq!(red.books().load(&mut store).unwrap().len(), 0);
    }
}

// UOW-27
fn an_association_row_that_is_not_there(at: &Place) {
    let mut store = at.store();
    let x = store.add(book("x"));
    let red = store.add(tag("red"));
    store.save();
    store.renew();
    let _ = (x, red);
    let (x, red) = (store.get_one(Book, 1).unwrap(), store.get_one(Tag, 1).unwrap());
    x.tags().remove(&red).unwrap();
    assert!(matches!(store.flush(), Err(Error::StaleData(_))));
    store.rollback().unwrap();
}

// UOW-28, CAS-17
fn deleting_an_end_of_a_many_to_many(at: &Place) {
    let mut store = at.store();
    store.add(Book::builder().title("x").tags([tag("red"), tag("blue")]));
    store.add(book("y"));
    store.save();
    store.renew();
    let x = store.get_one(Book, 1).unwrap();
    let red = store.get_one(Tag, 1).unwrap();
    store.delete(&x).unwrap();
    store.delete(&red).unwrap();
    store.log_parameters();
    store.commit().unwrap();
    assert_eq!(
        store.sent(),
        "DELETE FROM book_tag WHERE book_id = ? AND tag_id = ? -- (1, 1), (1, 2)\n\
         DELETE FROM book WHERE id = ? -- (1)\n\
         DELETE FROM tag WHERE id = ? -- (1)\nCOMMIT"
    );
    assert_eq!(store.number("SELECT count(*) FROM tag"), 1);
}

// UOW-28: a pair that was taken out and put back, and then its end is deleted.
fn deleting_an_end_after_changes_without_effect(at: &Place) {
    let mut store = at.store();
    let x = store.add(Book::builder().title("x").tags([tag("red")]));
    store.save();
    let red = x.tags().iter().unwrap().next().unwrap();
    x.tags().remove(&red).unwrap();
    x.tags().push(&red);
    let blue = x.tags().push(tag("blue"));
    x.tags().remove(&blue).unwrap();
    store.delete(&x).unwrap();
    store.commit().unwrap();
    assert_eq!(store.number("SELECT count(*) FROM book_tag"), 0);
}

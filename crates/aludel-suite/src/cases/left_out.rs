//! What a builder was not given is left alone where there is a row already.

use aludel::{Auto, Error, Obj};

use crate::{
    Case, Place, cases,
    models::{User, filled::*, versions::Draft, *},
    store::{Store, book, user},
};

pub(super) const CASES: &[Case] = cases!["left_out":
    merged_onto_a_row,
    defaults_are_not_merged,
    a_version_that_nobody_gave,
    merged_where_there_is_no_row,
    merged_members,
    what_is_set_later_counts,
    a_row_that_is_taken_over,
    a_row_that_keeps_its_reference,
    a_row_that_is_taken_over_with_a_default,
];

fn ada(store: &mut Store) -> Obj<User> {
    let ada = store.add(User { email: Some("a".into()), ..user("Ada") });
    store.save();
    store.log_parameters();
    ada
}

fn saved_invoice(store: &mut Store) -> Obj<Invoice> {
    let new = store.add(Invoice::builder().net(100).rate(10).note("told"));
    store.save();
    store.log_parameters();
    new
}

// MRG-3
fn merged_onto_a_row(at: &Place) {
    let mut store = at.store();
    let ada = ada(&mut store);
    let merged = store.merge(User::builder().id(1).name("Adele")).unwrap();
    assert!(merged.is(&ada));
    store.flush().unwrap();
    assert_eq!(
        store.sent(),
        "BEGIN\nUPDATE user_account SET name = ? WHERE id = ? -- (\"Adele\", 1)"
    );
    assert_eq!(ada.borrow().email.as_deref(), Some("a"));
    // What is given is set, NULL as well; and a value says all of it.
    store.merge(User::builder().id(1).name("Adele").email(None)).unwrap();
    store.flush().unwrap();
    ada.borrow_mut().email = Some("b".into());
    store.flush().unwrap();
    store.merge(User { id: 1.into(), ..user("Adele") }).unwrap();
    store.flush().unwrap();
    assert_eq!(
        store.sent(),
        "UPDATE user_account SET email = ? WHERE id = ? -- (NULL, 1)\n\
         UPDATE user_account SET email = ? WHERE id = ? -- (\"b\", 1)\n\
         UPDATE user_account SET email = ? WHERE id = ? -- (NULL, 1)"
    );
}

// MRG-3: a default is there for INSERTs.
fn defaults_are_not_merged(at: &Place) {
    let mut store = at.store();
    let invoice = saved_invoice(&mut store);
    store.merge(Invoice::builder().id(1).net(5)).unwrap();
    store.commit().unwrap();
    assert_eq!(store.sent(), "BEGIN\nUPDATE invoice SET net = ? WHERE id = ? -- (5, 1)\nCOMMIT");
    assert_eq!((invoice.borrow().rate, invoice.borrow().note.as_deref()), (10, Some("told")));
    store.merge(Invoice::builder().id(1).net(5).rate(20)).unwrap();
    store.commit().unwrap();
    assert_eq!(invoice.borrow().rate, 20);
}

// VER-8
fn a_version_that_nobody_gave(at: &Place) {
    let mut store = at.store();
    let draft = store.add(Draft::builder().title("t"));
    store.save();
    draft.borrow_mut().title.push('!');
    store.save();
    store.merge(Draft::builder().id(1).title("mine")).unwrap();
    store.commit().unwrap();
    assert_eq!((draft.borrow().title.as_str(), draft.borrow().version), ("mine", 3));
    let error = store.merge(Draft::builder().id(1).title("x").version(1)).unwrap_err();
    assert!(matches!(&error, Error::StaleData(it) if it.action == "merge"), "{error}");
    store.merge(Draft::builder().id(1).title("x").version(3)).unwrap();
    store.commit().unwrap();
    assert_eq!(draft.borrow().version, 4);
}

// MRG-2
fn merged_where_there_is_no_row(at: &Place) {
    let mut store = at.store();
    let new = store.merge(Invoice::builder().id(7).net(100)).unwrap();
    store.commit().unwrap();
    assert_eq!((new.borrow().rate, new.borrow().gross), (20, 120.into()));
    let new = store.merge(Invoice::builder().net(200)).unwrap();
    store.commit().unwrap();
    assert_eq!((new.borrow().rate, new.borrow().gross), (20, 240.into()));
}

// MRG-4
fn merged_members(at: &Place) {
    let mut store = at.store();
    let author = store.add(Author::builder().name("A"));
    author.books().push(Book { pages: Some(10), ..book("b") });
    store.save();
    let books = [Book::builder().id(1).title("c"), Book::builder().title("new")];
    store.merge(Author::builder().id(1).name("A").books(books)).unwrap();
    store.commit().unwrap();
    assert_eq!(store.number("SELECT pages FROM book WHERE title = 'c'"), 10);
    assert_eq!(store.number("SELECT count(*) FROM book WHERE author_id = 1"), 2);
}

// MRG-3
fn what_is_set_later_counts(at: &Place) {
    let mut store = at.store();
    let ada = ada(&mut store);
    let away = Obj::new(User::builder().id(1).name("x"));
    away.borrow_mut().name = "Adele".into();
    store.merge(&away).unwrap();
    assert_eq!((ada.borrow().name.as_str(), ada.borrow().email.as_deref()), ("Adele", Some("a")));
    away.borrow_mut().email = Some("b".into());
    store.merge(&away).unwrap();
    assert_eq!(ada.borrow().email.as_deref(), Some("b"));
    let away = Obj::new(Invoice::builder().id(9).net(1));
    away.borrow_mut().rate = 30;
    let merged = store.merge(&away).unwrap();
    assert_eq!(merged.borrow().rate, 30);
}

// UOW-29
fn a_row_that_is_taken_over(at: &Place) {
    let mut store = at.store();
    let old = ada(&mut store);
    store.delete(&old).unwrap();
    let new = store.add(User::builder().id(1).name("Adele"));
    store.flush().unwrap();
    assert_eq!(
        store.sent().lines().last(),
        Some("UPDATE user_account SET name = ? WHERE id = ? -- (\"Adele\", 1)")
    );
    assert_eq!(new.borrow().email.as_deref(), Some("a"));
    store.commit().unwrap();
    store.delete(&new).unwrap();
    store.add(User { id: 1.into(), ..user("Adele") });
    store.commit().unwrap();
    assert_eq!(store.number("SELECT count(*) FROM user_account WHERE email IS NULL"), 1);
}

// UOW-29, REL-6: what the row refers to is loaded when somebody asks.
fn a_row_that_keeps_its_reference(at: &Place) {
    let mut store = at.store();
    let old = store.add(book("old"));
    old.author().set(crate::store::author("A"));
    store.save();
    store.delete(&old).unwrap();
    let new = store.add(Book::builder().id(1).title("new"));
    store.commit().unwrap();
    assert_eq!(new.borrow().author_id, Some(1));
    let author = new.author().load(&mut store).unwrap().unwrap();
    assert_eq!(author.borrow().name, "A");
}

// UOW-29: no default of the program's is applied.
fn a_row_that_is_taken_over_with_a_default(at: &Place) {
    let mut store = at.store();
    let old = saved_invoice(&mut store);
    store.delete(&old).unwrap();
    let new = store.add(Invoice::builder().id(1).net(7));
    store.commit().unwrap();
    assert_eq!(store.sent(), "BEGIN\nUPDATE invoice SET net = ? WHERE id = ? -- (7, 1)\nCOMMIT");
    {
        let new = new.borrow();
        assert_eq!((new.rate, new.note.as_deref()), (10, Some("told")));
        assert_eq!((new.gross, new.number), (110.into(), 42.into()));
    }
    store.delete(&new).unwrap();
    let literal = Invoice {
        id: 1.into(),
        net: 7,
        rate: 20,
        gross: Auto::UNSET,
        note: None,
        number: Auto::UNSET,
    };
    let new = store.add(literal);
    store.commit().unwrap();
    assert_eq!((new.borrow().rate, new.borrow().note.as_deref()), (20, Some("told")));
}

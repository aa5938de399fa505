//! What goes wrong is said with entity, column and constraint; afterwards the session can be rolled
//! back and used on, and the database holds nothing half-written.

use aludel::{EngineOptions, Error, Integrity, IntegrityError, State, prelude::*};

use crate::{
    Case, Place, cases,
    models::*,
    neutral,
    store::{Store, address, book, tag, user},
};

pub(super) const CASES: &[Case] = cases!["bad_input":
    a_duplicate_key,
    a_duplicate_value,
    a_missing_parent,
    a_null_where_none_may_be,
    a_check_that_fails,
    a_statement_that_is_refused_names_its_table,
    a_null_in_a_stored_row,
    a_relationship_that_is_not_loaded,
    a_borrow_over_a_flush,
    a_borrow_of_a_new_object_over_a_flush,
    a_shared_borrow_of_a_changed_object,
    results_of_the_wrong_size,
    transactions_by_text,
];

/// Flushes something that is refused; says why, and checks what must hold afterwards.
fn refused(store: &mut Store) -> Box<IntegrityError> {
    let written = store.add(tag("written before"));
    let error = match store.commit() {
        Err(Error::Integrity(error)) => error,
        other => panic!("expected an integrity error, got {other:?}"),
    };
    assert!(matches!(store.commit(), Err(Error::PendingRollback(_))));
    store.rollback().unwrap();
    assert_eq!(inspect(&written).state, State::Transient);
    assert_eq!(store.number("SELECT count(*) FROM tag"), 0);
    store.add(&written);
    store.commit().unwrap();
    assert_eq!(store.number("SELECT count(*) FROM tag"), 1);
    error
}

/// Whether an error names its column, or the key that it is, where that is all that the database says.
fn is_of(error: &IntegrityError, column: &str) -> bool {
    error.columns == [column] || (error.columns.is_empty() && error.constraint.is_some())
}

// ERR-1
fn a_duplicate_key(at: &Place) {
    let mut store = at.store();
    store.add(Currency::builder().code("EUR").name("1"));
    store.save();
    store.renew();
    store.add(Currency::builder().code("EUR").name("2"));
    let error = refused(&mut store);
    assert_eq!((error.kind, error.entity), (Integrity::Unique, Some("Currency")));
    assert_eq!(error.table.as_deref(), Some("currency"));
    assert!(is_of(&error, "code"), "{error:?}");
    let sql = neutral(at.dialect(), &[error.sql.as_deref().unwrap().to_owned()]);
    assert_eq!(sql, ["INSERT INTO currency (code, name) VALUES (?, ?)"]);
}

fn a_duplicate_value(at: &Place) {
    let mut store = at.store();
    store.add(User::builder().name("a").email("x"));
    store.add(User::builder().name("b").email("x"));
    let error = refused(&mut store);
    assert_eq!((error.kind, error.entity), (Integrity::Unique, Some("User")));
    assert!(is_of(&error, "email"), "{error:?}");
    assert!(std::error::Error::source(&*error).is_some());
}

fn a_missing_parent(at: &Place) {
    let mut store = at.store();
    store.add(Address::builder().mail("a").user_id(77));
    let error = refused(&mut store);
    assert_eq!((error.kind, error.entity), (Integrity::ForeignKey, Some("Address")));
    assert_eq!(error.table.as_deref(), Some("address"));
}

fn a_null_where_none_may_be(at: &Place) {
    let mut store = at.store();
    store.add(address("nobody's"));
    let error = refused(&mut store);
    assert_eq!((error.kind, error.entity), (Integrity::NotNull, Some("Address")));
    assert_eq!(
        (error.table.as_deref(), error.columns),
        (Some("address"), vec!["user_id".to_owned()])
    );
}

fn a_check_that_fails(at: &Place) {
    let mut store = at.store();
    store.add(Book::builder().title("x").pages(0));
    let error = refused(&mut store);
    assert_eq!((error.kind, error.entity), (Integrity::Check, Some("Book")));
    assert!(error.constraint.is_some(), "{error:?}");
}

fn a_statement_that_is_refused_names_its_table(at: &Place) {
    let mut store = at.store();
    store.add(book("x"));
    store.save();
    let error = store.execute(update(Book).set(Book.pages, -1)).unwrap_err();
    assert_eq!(error.integrity(), Some(Integrity::Check));
    assert!(store.is_active());
    store.rollback().unwrap();
}

fn a_null_in_a_stored_row(at: &Place) {
    let mut store = at.store();
    store.add(user("Alice"));
    let rows = store.execute(text("SELECT id, email FROM user_account").rows::<(i64, String)>());
    let error = rows.all().unwrap_err().to_string();
    assert!(error.contains("email"), "{error}");
    assert!(store.is_active());
    store.commit().unwrap();
    assert_eq!(store.number("SELECT count(*) FROM user_account"), 1);
}

fn a_relationship_that_is_not_loaded(at: &Place) {
    let mut store = at.store();
    store.add(User::builder().name("Alice").addresses([address("a")]));
    store.save();
    store.renew();
    let alice = store.get_one(User, 1).unwrap();
    let error = alice.addresses().iter().map(drop).unwrap_err();
    assert_eq!(
        error.to_string(),
        "User.addresses is not loaded: call `.load(&mut session)` first, or load it with the query \
         by an option (`selectinload`, `joinedload`)"
    );
    assert!(matches!(alice.addresses().len(), Err(Error::NotLoaded(_))));
    assert!(matches!(alice.profile().get(), Err(Error::NotLoaded(_))));
    assert!(!alice.addresses().is_loaded() && !alice.profile().is_loaded());
}

// A borrow held over a flush: nothing is lost.
fn a_borrow_over_a_flush(at: &Place) {
    let mut store = at.store();
    let alice = store.add(user("Alice"));
    store.save();
    let mut guard = alice.borrow_mut();
    guard.name = "changed".into();
    let error = store.commit().unwrap_err();
    assert!(matches!(error, Error::Borrowed(_)), "{error}");
    assert!(error.to_string().contains("User"), "{error}");
    assert!(store.is_active());
    assert_eq!(store.sent(), "");
    drop(guard);
    store.commit().unwrap();
    assert_eq!(store.number("SELECT count(*) FROM user_account WHERE name = 'changed'"), 1);
}

fn a_borrow_of_a_new_object_over_a_flush(at: &Place) {
    for shared in [true, false] {
        let mut store = at.store();
        let alice = store.add(User::builder().name("Alice").addresses([address("a")]));
        let error = if shared {
            let _guard = alice.borrow();
            store.commit().unwrap_err()
        } else {
            let _guard = alice.borrow_mut();
            store.commit().unwrap_err()
        };
        assert!(matches!(error, Error::Borrowed(_)), "{error}");
        assert_eq!((store.sent(), inspect(&alice).state), (String::new(), State::Pending));
        store.commit().unwrap();
        assert_eq!(alice.borrow().id, 1);
        assert_eq!(store.number("SELECT count(*) FROM address WHERE user_id = 1"), 1);
    }
}

fn a_shared_borrow_of_a_changed_object(at: &Place) {
    let mut store = at.store();
    let alice = store.add(user("Alice"));
    let x = store.add(book("x"));
    store.save();
    alice.borrow_mut().name = "changed".into();
    let guard = alice.borrow();
    store.flush().unwrap();
    drop(guard);
    assert!(store.sent().contains("UPDATE user_account"));
    // One whose foreign key follows a relationship is in the way, and says so later.
    x.author().set(Author::builder().name("A"));
    let guard = x.borrow();
    store.flush().unwrap();
    drop(guard);
    store.fresh(&x).unwrap();
    assert_eq!(x.borrow().author_id, Some(1));
}

fn results_of_the_wrong_size(at: &Place) {
    let mut store = at.store();
    store.add_all([user("a"), user("b")]);
    store.save();
    assert!(matches!(store.scalars(select(User)).one(), Err(Error::MultipleResultsFound)));
    assert!(matches!(store.scalars(select(User)).one_or_none(), Err(Error::MultipleResultsFound)));
    let none = select(User).filter(User.id.gt(9));
    assert!(matches!(store.scalars(&none).one(), Err(Error::NoResultFound(_))));
    assert!(store.scalars(&none).one_or_none().unwrap().is_none());
    assert!(store.scalars(&none).first().unwrap().is_none());
    assert!(store.scalar(&none).unwrap().is_none());
    assert!(store.scalars(&none).all().unwrap().is_empty());
    assert_eq!(
        store.scalars(select(User).order_by(User.id)).first().unwrap().unwrap().borrow().id,
        1
    );
}

// A transaction ends by methods alone: by text, no driver and no session would know of it.
fn transactions_by_text(at: &Place) {
    let mut store = at.store();
    let alice = store.add(user("Alice"));
    store.flush().unwrap();
    store.sent();
    for sql in ["COMMIT", "ROLLBACK", "begin", "-- now\nStart Transaction"] {
        let error = store.execute(text(sql)).unwrap_err();
        assert!(error.to_string().contains("as text would change the transaction"), "{error}");
        assert!(store.execute(text(sql).rows::<(i64,)>()).all().is_err());
    }
    assert_eq!(store.sent(), "");
    let mut connection = at.blocking(EngineOptions::new()).connect().unwrap();
    for sql in ["COMMIT", "ROLLBACK", "begin", "-- now\nStart Transaction"] {
        let error = connection.execute(sql).unwrap_err();
        assert!(error.to_string().contains("as text would change the transaction"), "{error}");
        assert!(connection.query(sql).is_err() && !connection.in_transaction());
    }
    drop(connection);
    // A savepoint by hand is the program's own.
    store.execute(text("SAVEPOINT by_hand")).unwrap();
    store.execute(text("ROLLBACK TO SAVEPOINT by_hand")).unwrap();
    store.commit().unwrap();
    assert_eq!(inspect(&alice).state, State::Persistent);
    assert_eq!(store.number("SELECT count(*) FROM user_account"), 1);
}

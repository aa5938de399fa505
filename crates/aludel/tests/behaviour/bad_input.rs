//! What goes wrong is said with entity, column and constraint; afterwards the session can be rolled
//! back and used on, and the database holds nothing half-written.

use aludel::{
    Error, Integrity, IntegrityError, Kind, State,
    blocking::{Engine, Session},
    prelude::*,
};

use crate::{
    models::*,
    store::{Store, address, book, store, tag, user},
};

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

#[test]
fn a_malformed_url() {
    for url in ["", "sqlite", "://", "sqlite:?mode=nonsense"] {
        let error = Error::from(Engine::new(url).unwrap_err());
        assert!(!error.to_string().is_empty(), "{url}");
    }
    let error = Engine::new("no url at all").unwrap_err().to_string();
    assert!(error.contains("no url at all") && error.contains("not valid"), "{error}");
}

#[test]
fn an_unsupported_url() {
    let error = Engine::new("oracle://scott:tiger@host/db").unwrap_err().to_string();
    assert!(error.contains("oracle") && error.contains("sqlite"), "{error}");
    assert!(!error.contains("tiger"), "{error}");
}

#[test]
fn a_file_that_can_not_be_created() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/no/such/folder/x.db", folder.path().display());
    let engine = Engine::new(&url).unwrap();
    let mut session = Session::new(&engine);
    for _ in 0..2 {
        let error = session.scalars(select(User)).all().unwrap_err();
        let Error::Engine(inner) = &error else { panic!("{error:?}") };
        assert_eq!(inner.kind(), Some(Kind::CannotOpen));
        assert!(error.to_string().contains("no/such/folder"), "{error}");
    }
    session.add(user("Alice"));
    assert!(session.commit().is_err());
    session.rollback().unwrap();
}

// ERR-1
#[test]
fn a_duplicate_key() {
    let mut store = store();
    store.add(Currency::builder().code("EUR").name("1"));
    store.save();
    store.renew();
    store.add(Currency::builder().code("EUR").name("2"));
    let error = refused(&mut store);
    assert_eq!((error.kind, error.entity), (Integrity::Unique, Some("Currency")));
    assert_eq!(
        (error.table.as_deref(), error.columns),
        (Some("currency"), vec!["code".to_owned()])
    );
    assert_eq!(error.sql.as_deref(), Some("INSERT INTO currency (code, name) VALUES (?, ?)"));
}

#[test]
fn a_duplicate_value() {
    let mut store = store();
    store.add(User::builder().name("a").email("x"));
    store.add(User::builder().name("b").email("x"));
    let error = refused(&mut store);
    assert_eq!((error.kind, error.entity), (Integrity::Unique, Some("User")));
    assert_eq!(error.columns, ["email"]);
    assert!(std::error::Error::source(&*error).is_some());
}

#[test]
fn a_missing_parent() {
    let mut store = store();
    store.add(Address::builder().mail("a").user_id(77));
    let error = refused(&mut store);
    assert_eq!((error.kind, error.entity), (Integrity::ForeignKey, Some("Address")));
    assert_eq!(error.table.as_deref(), Some("address"));
}

#[test]
fn a_null_where_none_may_be() {
    let mut store = store();
    store.add(address("nobody's"));
    let error = refused(&mut store);
    assert_eq!((error.kind, error.entity), (Integrity::NotNull, Some("Address")));
    assert_eq!(
        (error.table.as_deref(), error.columns),
        (Some("address"), vec!["user_id".to_owned()])
    );
}

#[test]
fn a_check_that_fails() {
    let mut store = store();
    store.add(Book::builder().title("x").pages(0));
    let error = refused(&mut store);
    assert_eq!((error.kind, error.entity), (Integrity::Check, Some("Book")));
    assert!(error.constraint.is_some(), "{error:?}");
}

#[test]
fn a_statement_that_is_refused_names_its_table() {
    let mut store = store();
    store.add(book("x"));
    store.save();
    let error = store.execute(update(Book).set(Book.pages, -1)).unwrap_err();
    assert_eq!(error.integrity(), Some(Integrity::Check));
    assert!(store.is_active());
    store.commit().unwrap();
}

// Text where a number should be.
#[test]
fn a_stored_value_of_another_type() {
    let mut store = store();
    store.add(Book::builder().title("x").pages(3));
    store.save();
    store.renew();
    store.run("PRAGMA ignore_check_constraints = ON");
    store.run("UPDATE book SET pages = 'many'");
    store.save();
    for error in [store.get(Book, 1).unwrap_err(), store.scalars(select(Book)).all().unwrap_err()] {
        let text = error.to_string();
        assert!(text.contains("Book") && text.contains("pages"), "{text}");
        assert!(text.contains("many") || text.contains("text"), "{text}");
    }
    assert!(store.is_active());
    let error = store.scalars(select(Book.pages)).all().unwrap_err().to_string();
    assert!(error.contains("pages"), "{error}");
    store.run("UPDATE book SET pages = 4");
    assert_eq!(store.get_one(Book, 1).unwrap().borrow().pages, Some(4));
    // While a relationship is loaded, too.
    store.run("UPDATE book SET pages = 'many', author_id = 1 WHERE 0");
}

#[test]
fn a_null_in_a_stored_row() {
    let mut store = store();
    store.run("CREATE TABLE loose (id INTEGER PRIMARY KEY, title TEXT)");
    store.run("INSERT INTO loose VALUES (1, NULL)");
    let rows = store.execute(text("SELECT id, title FROM loose").rows::<(i64, String)>());
    let error = rows.all().unwrap_err().to_string();
    assert!(error.contains("title"), "{error}");
}

#[test]
fn a_relationship_that_is_not_loaded() {
    let mut store = store();
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
#[test]
fn a_borrow_over_a_flush() {
    let mut store = store();
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

#[test]
fn a_borrow_of_a_new_object_over_a_flush() {
    for shared in [true, false] {
        let mut store = store();
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

#[test]
fn a_shared_borrow_of_a_changed_object() {
    let mut store = store();
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

#[test]
fn results_of_the_wrong_size() {
    let mut store = store();
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

//! What only SQLite does, and what an engine says to a URL.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(missing_docs, reason = "a test's models speak for themselves")]

use aludel::{
    Error, Kind,
    blocking::{Engine, Session},
    prelude::*,
};

#[derive(Mapped, Debug)]
#[table("book")]
pub struct Book {
    #[column(primary_key)]
    pub id: Auto<i64>,
    pub title: String,
    pub pages: Option<i64>,
}

fn engine() -> Engine {
    let engine = Engine::new("sqlite::memory:").unwrap();
    Base::metadata().create_all(&engine).unwrap();
    engine
}

fn session() -> Session {
    Session::new(&engine())
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
        let error = session.scalars(select(Book)).all().unwrap_err();
        let Error::Engine(inner) = &error else { panic!("{error:?}") };
        assert_eq!(inner.kind(), Some(Kind::CannotOpen));
        assert!(error.to_string().contains("no/such/folder"), "{error}");
    }
    session.add(Book::builder().title("x"));
    assert!(session.commit().is_err());
    session.rollback().unwrap();
}

// Text where a number should be.
#[test]
fn a_stored_value_of_another_type() {
    let mut session = session();
    session.add(Book::builder().title("x").pages(3));
    session.commit().unwrap();
    session.close().unwrap();
    session.execute(text("UPDATE book SET pages = 'many'")).unwrap();
    session.commit().unwrap();
    for error in
        [session.get(Book, 1).unwrap_err(), session.scalars(select(Book)).all().unwrap_err()]
    {
        let text = error.to_string();
        assert!(text.contains("Book") && text.contains("pages"), "{text}");
        assert!(text.contains("many") || text.contains("text"), "{text}");
    }
    assert!(session.is_active());
    let error = session.scalars(select(Book.pages)).all().unwrap_err().to_string();
    assert!(error.contains("pages"), "{error}");
    session.execute(text("UPDATE book SET pages = 4")).unwrap();
    assert_eq!(session.get_one(Book, 1).unwrap().borrow().pages, Some(4));
}

// A snapshot can't be upgraded once another has written: what was begun for reading begins anew, and
// what was begun for writing, or by hand, goes on.
#[test]
fn a_session_that_read_begins_anew_to_write() {
    let engine = engine();
    let mut session = Session::new(&engine);
    session.add(Book::builder().title("x"));
    session.commit().unwrap();
    session.close().unwrap();
    engine.log().start();
    let book = session.get_one(Book, 1).unwrap();
    book.borrow_mut().pages = Some(1);
    session.flush().unwrap();
    book.borrow_mut().pages = Some(2);
    session.commit().unwrap();
    let select = "SELECT book.id, book.title, book.pages FROM book WHERE book.id = ?";
    let update = "UPDATE book SET pages = ? WHERE id = ?";
    assert_eq!(
        engine.log().take(),
        ["BEGIN", select, "ROLLBACK", "BEGIN IMMEDIATE", update, update, "COMMIT"]
    );
    session.begin().unwrap();
    session.refresh(&book).unwrap();
    book.borrow_mut().pages = Some(3);
    session.commit().unwrap();
    assert_eq!(engine.log().take(), ["BEGIN IMMEDIATE", select, update, "COMMIT"]);
}

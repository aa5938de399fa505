//! What is told, and is no error: warnings of a flush.
#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

#[path = "support/warned.rs"]
mod warned;

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use aludel::{
    blocking::{Engine, Session},
    prelude::*,
    schema::MetaData,
};
use warned::Warnings;

#[derive(Mapped)]
#[table("loud")]
struct Loud {
    #[column(primary_key)]
    id: Auto<i64>,
}

#[derive(Mapped)]
#[table("quiet", confirm_deleted_rows = false)]
struct Quiet {
    #[column(primary_key)]
    id: Auto<i64>,
}

#[derive(Mapped)]
#[table("named")]
struct Named {
    #[column(primary_key, length = 3)]
    code: String,
    #[column(unique)]
    name: String,
}

/// A session on an empty database.
fn session() -> Session {
    let engine = Engine::new("sqlite::memory:").unwrap();
    MetaData::of((Loud, Quiet, Named)).create_all(&engine).unwrap();
    Session::new(&engine)
}

/// How many warnings there are.
fn warned(act: impl FnOnce()) -> usize {
    let warnings = Arc::new(AtomicUsize::new(0));
    tracing::subscriber::with_default(Warnings(Arc::clone(&warnings)), act);
    warnings.load(Ordering::Relaxed)
}

// UOW-19
#[test]
fn rows_that_are_gone() {
    let mut session = session();
    let loud = [(); 3].map(|()| session.add(Loud { id: Auto::UNSET }));
    let quiet = [(); 3].map(|()| session.add(Quiet { id: Auto::UNSET }));
    session.commit().unwrap();
    for table in ["loud", "quiet"] {
        session.execute(text(format!("DELETE FROM {table} WHERE id > 1"))).unwrap();
    }
    let told = warned(|| {
        quiet.iter().for_each(|it| session.delete(it).unwrap());
        session.flush().unwrap();
    });
    assert_eq!(told, 0);
    let told = warned(|| {
        loud.iter().for_each(|it| session.delete(it).unwrap());
        session.commit().unwrap();
    });
    assert_eq!(told, 2);
}

fn named(code: &str, name: &str) -> Named {
    Named { code: code.into(), name: name.into() }
}

// IDM-13
#[test]
fn two_objects_with_one_key() {
    let mut session = session();
    let held = session.add(named("a", "1"));
    session.commit().unwrap();
    let mut told = |new: &[(&str, &str)]| {
        new.iter().for_each(|it| _ = session.add(named(it.0, it.1)));
        let told = warned(|| {
            assert_eq!(session.flush().unwrap_err().integrity(), Some(aludel::Integrity::Unique));
        });
        session.rollback().unwrap();
        told
    };
    // Two new ones, and a new one beside one that is held.
    assert_eq!(told(&[("x", "2"), ("x", "3")]), 1);
    assert_eq!(told(&[("a", "2")]), 1);
    assert_eq!(told(&[("a", "2"), ("a", "3")]), 2);
    // Another unique column says what it is by itself.
    assert_eq!(told(&[("b", "1")]), 0);
    assert_eq!(held.borrow().name, "1");
}

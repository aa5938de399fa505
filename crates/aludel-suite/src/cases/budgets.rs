//! Promises of how many statements are sent.

use std::panic::{AssertUnwindSafe, catch_unwind};

use aludel::{Error, State, prelude::*};

use crate::{
    Case, Place, cases,
    models::*,
    store::{author, book, tag, user},
};

pub(super) const CASES: &[Case] = cases!["budgets":
    a_session_keeps_its_promise,
    a_broken_promise_names_both_places,
    a_batch_is_one_statement,
    a_flush_over_the_budget_fails,
    a_promise_ends_with_its_guard,
    the_whole_engine_is_counted,
    a_broken_promise_of_an_engine,
];

fn a_session_keeps_its_promise(at: &Place) {
    let mut store = at.store();
    for name in ["one", "two", "three"] {
        store.add(author(name)).books().push(book(name));
    }
    store.save();
    store.renew();
    let budget = store.budget(2);
    let authors = store.scalars(select(Author)).all().unwrap();
    for author in &authors {
        assert_eq!(author.books().load(&mut store.session).unwrap().len(), 1);
    }
    // What is loaded costs nothing.
    assert!(store.get(Author, 1).unwrap().is_some());
    assert_eq!((budget.used(), budget.left()), (2, 0));
    assert_eq!(store.sent().matches("SELECT").count(), 2);
}

fn a_broken_promise_names_both_places(at: &Place) {
    let mut store = at.store();
    store.add_all([user("Alice"), user("Bob")]);
    store.save();
    store.renew();
    let promised = line!() + 1;
    let budget = store.budget(1);
    store.get(User, 1).unwrap();
    store.sent();
    let called = line!() + 1;
    let error = store.get(User, 2).unwrap_err();
    let Error::Budget(it) = &error else { panic!("{error}") };
    assert_eq!((it.limit, it.promised_at.line(), it.called_at.line()), (1, promised, called));
    assert!(it.called_at.file().ends_with("budgets.rs"));
    assert!(it.sql.contains("user_account") && error.to_string().contains(&*it.sql));
    // It wasn't sent, and the session goes on.
    assert_eq!(store.sent(), "");
    assert!(store.is_active());
    assert_eq!(budget.used(), 1);
    for error in [
        store.scalars(select(User)).all().unwrap_err(),
        store.execute(text("UPDATE tag SET name = 'x'")).unwrap_err(),
        store.stream_scalars(&select(User)).err().unwrap(),
        store.get_one(Tag, 1).unwrap_err(),
    ] {
        let Error::Budget(it) = &error else { panic!("{error}") };
        assert!(it.called_at.file().ends_with("budgets.rs"));
    }
    drop(budget);
    assert!(store.get(User, 2).unwrap().is_some());
}

fn a_batch_is_one_statement(at: &Place) {
    let mut store = at.store();
    let budget = store.budget(2);
    store.add_all((0..300).map(|it| user(&it.to_string())));
    store.add(tag("red"));
    store.commit().unwrap();
    assert_eq!(budget.used(), 2);
    drop(budget);
    assert_eq!(store.number("SELECT count(*) FROM user_account"), 300);
}

fn a_flush_over_the_budget_fails(at: &Place) {
    let mut store = at.store();
    let budget = store.budget(1);
    let one = store.add(author("one"));
    one.books().push(book("b"));
    let called = line!() + 1;
    let error = store.commit().unwrap_err();
    let Error::Budget(it) = &error else { panic!("{error}") };
    assert_eq!(it.called_at.line(), called);
    assert!(!store.is_active());
    store.rollback().unwrap();
    assert_eq!(inspect(&one).state, State::Transient);
    drop(budget);
    assert_eq!(store.number("SELECT count(*) FROM author"), 0);
}

fn a_promise_ends_with_its_guard(at: &Place) {
    let mut store = at.store();
    let budget = store.budget(0);
    assert!(store.get(Tag, 1).is_err());
    // The newer one counts.
    let wider = store.budget(1);
    assert!(store.get(Tag, 1).unwrap().is_none());
    assert_eq!((budget.used(), wider.left()), (0, 0));
    drop(wider);
    assert!(store.get(Tag, 1).unwrap().is_none());
}

fn the_whole_engine_is_counted(at: &Place) {
    let mut store = at.store();
    let engine = store.engine.clone();
    engine.log().stop();
    let budget = engine.log().budget(2);
    store.get(Tag, 1).unwrap();
    store.add_all([tag("a"), tag("b")]);
    store.commit().unwrap();
    assert_eq!(budget.used(), 2);
    assert!(engine.log().take().is_empty());
    engine.log().start();
    drop(budget);
    store.get(Tag, 7).unwrap();
    assert_eq!(store.sent().lines().count(), 2);
}

fn a_broken_promise_of_an_engine(at: &Place) {
    let mut store = at.store();
    let promised = line!() + 2;
    let broken = catch_unwind(AssertUnwindSafe(|| {
        let _budget = store.engine.clone().log().budget(1);
        store.session.get(Tag, 1).unwrap();
        store.session.get(User, 1).unwrap();
    }));
    let text = *broken.unwrap_err().downcast::<String>().unwrap();
    assert!(text.contains(&format!("budgets.rs:{promised}:")), "{text}");
    assert!(text.contains("but 2 were sent") && text.contains("user_account"), "{text}");
    // Who panics anyway says why.
    let other = catch_unwind(AssertUnwindSafe(|| {
        let _budget = store.engine.clone().log().budget(0);
        store.session.get(Tag, 2).unwrap();
        panic!("another reason");
    }));
    assert_eq!(*other.unwrap_err().downcast::<&str>().unwrap(), "another reason");
    store.rollback().unwrap();
}

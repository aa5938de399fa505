//! What goes back with a savepoint: relationships, keys, what was read; and what fails or is dropped
//! within one.

use aludel::{
    Error, Integrity, Kind, SessionOptions, State,
    blocking::{Session, block_on},
    prelude::*,
    testing::wait_then_drop,
};

use super::{
    savepoints::{is_closed, is_expired, is_pending_rollback, names, state},
    work::{Data, Work, expected},
};
use crate::{
    Case, Place, cases,
    models::{tree::Hub, *},
    store::{address, author, book, mails, node, tag, titles, user},
};

pub(super) const CASES: &[Case] = cases!["savepoints":
    relationships_of_both_sides_come_back,
    keys_come_back,
    what_is_read_in_a_level,
    a_statement_that_fails_in_a_level,
    a_guard_over_the_end_of_a_level,
    objects_that_leave_within_a_level,
    many_levels,
    many_objects,
    a_level_for_writing needs SHARED,
    savepoints_in_two_phases needs TWO_PHASES,
];

/// Those that are async.
pub(super) const ASYNC: &[Case] = cases![async "savepoints":
    blocks_in_async_programs,
    each_step_in_a_level_fails_once needs SHARED,
    dropped_at_each_point_of_a_level needs SHARED,
];

// TX-7: lists in order, trees, many-to-manys and one-to-ones, flushed and not.
fn relationships_of_both_sides_come_back(at: &Place) {
    for (flush, release) in [(false, false), (true, false), (true, true)] {
        let mut store = at.store();
        let x = store.add(Book::builder().title("x").tags(["a", "b", "c", "d"].map(tag)));
        let root = store.add(Node::builder().name("root").children(["l", "r"].map(node)));
        let a = store.add(Author::builder().name("A").books(["1", "2", "3"].map(book)));
        let b = store.add(author("B"));
        let alice = store.add(User::builder().name("Alice").addresses(["m", "n"].map(address)));
        let profile = alice.profile().set(Profile::builder().bio("p"));
        store.save();
        // Changes of the transaction before the level stay.
        x.tags().push(tag("outer"));
        let outer = store.begin_nested().unwrap();
        let tags: Vec<_> = x.tags().iter().unwrap().collect();
        let nodes: Vec<_> = root.children().iter().unwrap().collect();
        let books: Vec<_> = a.books().iter().unwrap().collect();
        let sent: Vec<_> = alice.addresses().iter().unwrap().collect();
        let inner = store.begin_nested().unwrap();
        x.tags().remove(&tags[2]).unwrap();
        x.tags().remove(&tags[0]).unwrap();
        x.tags().push(tag("e"));
        x.tags().push(&tags[0]);
        nodes[1].children().push(&nodes[0]);
        b.books().push(&books[1]);
        books[2].author().clear();
        let new = a.books().push(book("4"));
        alice.profile().set(Profile::builder().bio("q"));
        alice.addresses().remove(&sent[0]).unwrap();
        store.delete(&books[0]).unwrap();
        if flush {
            store.flush().unwrap();
        }
        if release {
            store.commit_nested(inner).unwrap();
            store.rollback_nested(outer).unwrap();
        } else {
            store.rollback_nested(inner).unwrap();
        }
        assert!(x.tags().iter().unwrap().eq(tags.iter().cloned()));
        assert!(tags.iter().all(|it| it.books().len().unwrap() == 1));
        assert!(root.children().iter().unwrap().eq(nodes.iter().cloned()));
        assert!(nodes[1].children().is_empty().unwrap_or(true));
        assert!(a.books().iter().unwrap().eq(books.iter().cloned()));
        assert!(b.books().is_empty().unwrap_or(true));
        assert!(books.iter().all(|it| it.author().get().unwrap().unwrap().is(&a)));
        assert!(books.iter().all(|it| it.borrow().author_id == Some(1)));
        assert_eq!(state(&new), State::Transient);
        assert!(alice.profile().get().unwrap().unwrap().is(&profile));
        assert!(profile.user().get().unwrap().unwrap().is(&alice));
        assert_eq!(mails(&alice), ["m", "n"]);
        assert!(sent.iter().all(|it| state(it) == State::Persistent));
        store.commit().unwrap();
        assert_eq!(store.number("SELECT count(*) FROM book_tag"), 5);
        assert_eq!(store.number("SELECT count(*) FROM book WHERE author_id = 1"), 3);
        assert_eq!(store.number("SELECT count(*) FROM address"), 2);
        assert_eq!(titles(&a), ["1", "2", "3"]);
    }
}

// TX-5, TX-7
fn keys_come_back(at: &Place) {
    let mut store = at.store();
    let euro = store.add(Currency { code: "EUR".into(), name: "Euro".into() });
    let gone = store.add(Currency { code: "DEM".into(), name: "Mark".into() });
    store.save();
    let outer = store.begin_nested().unwrap();
    euro.borrow_mut().code = "ONE".into();
    let inner = store.begin_nested().unwrap();
    euro.borrow_mut().code = "TWO".into();
    store.delete(&gone).unwrap();
    store.flush().unwrap();
    let new = store.add(Currency { code: "DEM".into(), name: "another".into() });
    let taken = store.add(Currency { code: "EUR".into(), name: "taken".into() });
    store.flush().unwrap();
    assert!(store.get(Currency, "DEM").unwrap().unwrap().is(&new));
    assert!(store.get(Currency, "EUR").unwrap().unwrap().is(&taken));
    store.rollback_nested(inner).unwrap();
    assert_eq!(euro.borrow().code, "ONE");
    assert!(store.get(Currency, "ONE").unwrap().unwrap().is(&euro));
    assert!(store.get(Currency, "DEM").unwrap().unwrap().is(&gone));
    for free in ["TWO", "EUR"] {
        assert!(store.get(Currency, free).unwrap().is_none());
    }
    store.rollback_nested(outer).unwrap();
    assert!(store.get(Currency, "EUR").unwrap().unwrap().is(&euro));
    assert!(store.get(Currency, "ONE").unwrap().is_none());
    assert_eq!((state(&new), new.borrow().code.as_str()), (State::Transient, "DEM"));
    store.commit().unwrap();
    let read = select((Currency.code, Currency.name)).order_by(Currency.code);
    let rows = store.session.execute(read).all().unwrap();
    assert_eq!(rows, [("DEM".into(), "Mark".into()), ("EUR".into(), "Euro".into())]);
}

// TX-7: what was read before the level wrote stays known; what was read after is read again.
fn what_is_read_in_a_level(at: &Place) {
    let mut store = at.store();
    let a = store.add(Author::builder().name("A").books(["x", "y"].map(book)));
    store.add(author("B"));
    store.save();
    store.renew();
    drop(a);
    // The transaction writes before, which is nothing to the level.
    store.add(author("C"));
    let level = store.begin_nested().unwrap();
    let a = store.get_one(Author, 1).unwrap();
    assert_eq!(a.books().load(&mut store).unwrap().len(), 2);
    store.rollback_nested(level).unwrap();
    assert_eq!(titles(&a), ["x", "y"]);
    assert!(!is_expired(&a));
    let level = store.begin_nested().unwrap();
    let b = store.get_one(Author, 2).unwrap();
    assert_eq!(b.books().load(&mut store).unwrap().len(), 0);
    store.execute(text("INSERT INTO book (title, author_id) VALUES ('ghost', 1)")).unwrap();
    store.execute(update(Author).set(Author.name, "lost").filter(Author.id.eq(1))).unwrap();
    store.refresh(&a).unwrap();
    assert_eq!(a.borrow().name, "lost");
    let ghost = a.books().load(&mut store).unwrap().pop().unwrap();
    let c = store.get_one(Author, 3).unwrap();
    assert_eq!(c.books().load(&mut store).unwrap().len(), 0);
    store.rollback_nested(level).unwrap();
    assert!(is_expired(&a) && is_expired(&ghost) && !is_expired(&b));
    assert!(b.books().is_loaded() && !c.books().is_loaded());
    assert_eq!(store.get_one(Author, 1).unwrap().borrow().name, "A");
    assert_eq!(a.books().load(&mut store).unwrap().len(), 2);
    assert!(matches!(store.refresh(&ghost), Err(Error::ObjectDeleted(_))));
    store.commit().unwrap();
}

// TX-14: the session goes on; where the database doesn't, the savepoint is what it goes back to.
fn a_statement_that_fails_in_a_level(at: &Place) {
    for write in [true, false] {
        let mut store = at.store();
        let alice = store.add(user("Alice"));
        if write {
            store.flush().unwrap();
        } else {
            store.save();
            store.get(User, 9).unwrap();
        }
        let level = store.begin_nested().unwrap();
        assert!(store.execute(text("SELECT nothing FROM nowhere").rows::<(i64,)>()).all().is_err());
        assert!(store.is_active() && store.in_nested_transaction());
        store.rollback_nested(level).unwrap();
        assert!(!store.sent().contains("\nROLLBACK\n"), "the transaction goes on");
        alice.borrow_mut().name = "changed".into();
        store.commit().unwrap();
        assert_eq!(names(&mut store), ["changed"]);
    }
}

// A guard that is held over the end of a level is refused before anything is done.
fn a_guard_over_the_end_of_a_level(at: &Place) {
    let mut store = at.store();
    let (alice, bob) = (store.add(user("Alice")), store.add(user("Bob")));
    store.save();
    bob.borrow_mut().name = "Robert".into();
    let level = store.begin_nested().unwrap();
    alice.borrow_mut().name = "changed".into();
    store.flush().unwrap();
    let guard = alice.borrow_mut();
    assert!(matches!(store.rollback_nested(level), Err(Error::Borrowed(_))));
    drop(guard);
    // One of what only the transaction around restores is in nobody's way.
    let guard = bob.borrow();
    store.rollback_nested(level).unwrap();
    drop(guard);
    assert_eq!(alice.borrow().name, "Alice");
    let level = store.begin_nested().unwrap();
    let mut guard = alice.borrow_mut();
    guard.name = "kept".into();
    assert!(matches!(store.commit_nested(level), Err(Error::Borrowed(_))));
    drop(guard);
    store.commit_nested(level).unwrap();
    store.commit().unwrap();
    assert_eq!(names(&mut store), ["Robert", "kept"]);
}

// STATE-11: what was expunged inside stays outside, and is as it was taken out.
fn objects_that_leave_within_a_level(at: &Place) {
    let mut store = at.store();
    let (alice, bob) = (store.add(user("Alice")), store.add(user("Bob")));
    store.save();
    let level = store.begin_nested().unwrap();
    let new = store.add(user("new"));
    store.expunge(&alice).unwrap();
    store.expunge(&new).unwrap();
    bob.borrow_mut().name = "changed".into();
    store.flush().unwrap();
    store.rollback_nested(level).unwrap();
    assert_eq!((state(&alice), state(&new)), (State::Detached, State::Transient));
    assert_eq!(bob.borrow().name, "Bob");
    let other = store.get_one(User, 1).unwrap();
    assert!(!other.is(&alice));
    // Everything leaves: what comes after that is taken back.
    let outer = store.begin_nested().unwrap();
    store.add(user("written"));
    let inner = store.begin_nested().unwrap();
    store.expunge_all();
    let carol = store.add(user("Carol"));
    store.flush().unwrap();
    store.rollback_nested(inner).unwrap();
    assert_eq!((state(&carol), state(&bob)), (State::Transient, State::Detached));
    store.commit_nested(outer).unwrap();
    store.commit().unwrap();
    assert_eq!(names(&mut store), ["Alice", "Bob", "written"]);
}

fn many_levels(at: &Place) {
    let mut store = at.store();
    let alice = store.add(user("0"));
    let mut levels = Vec::new();
    for depth in 1..=40 {
        levels.push(store.begin_nested().unwrap());
        alice.borrow_mut().name = depth.to_string();
        store.add(user("new"));
    }
    for depth in (1..=40).rev() {
        assert_eq!(alice.borrow().name, depth.to_string());
        let level = levels.pop().unwrap();
        // Every second one belongs to the one around.
        if depth % 2 == 0 {
            store.commit_nested(level).unwrap();
            alice.borrow_mut().name = (depth - 1).to_string();
        } else {
            store.rollback_nested(level).unwrap();
        }
    }
    store.commit().unwrap();
    assert_eq!(names(&mut store), ["0"]);
}

fn many_objects(at: &Place) {
    let mut store = at.store();
    let count = at.many(10_000) as usize;
    let all = store.add_all((0..count).map(|it| user(&it.to_string())));
    let level = store.begin_nested().unwrap();
    for it in &all {
        it.borrow_mut().name = "changed".into();
    }
    let new = store.add_all((0..count).map(|_| user("new")));
    store.flush().unwrap();
    store.rollback_nested(level).unwrap();
    assert!(all.iter().enumerate().all(|(at, it)| it.borrow().name == at.to_string()));
    assert!(all.iter().all(is_expired));
    assert!(new.iter().all(|it| state(it) == State::Transient && it.borrow().id.is_unset()));
    store.add_all(&new);
    store.commit().unwrap();
    assert_eq!(store.number("SELECT count(*) FROM user_account"), 2 * count as i64);
}

// A savepoint can't survive that a transaction begins anew to write: it begins as one that does.
fn a_level_for_writing(at: &Place) {
    let mut store = at.store();
    let alice = store.add(user("Alice"));
    store.save();
    assert!(store.get(User, 9).unwrap().is_none());
    let mut other = Session::new(&store.engine);
    other.add(user("other"));
    other.commit().unwrap();
    let level = store.begin_nested().unwrap();
    store.sent();
    let found = store.scalars(select(User)).all().unwrap().len();
    // Where transactions read repeatably, this one goes on with what it has seen.
    let repeats = matches!(at.dialect().name(), "mariadb" | "mysql");
    assert_eq!(found, if repeats { 1 } else { 2 }, "{:?}", store.engine.log().take());
    store.sent();
    alice.borrow_mut().name = "changed".into();
    store.commit_nested(level).unwrap();
    assert_eq!(store.sent(), "UPDATE user_account SET name = ? WHERE id = ?\nRELEASE aludel_1");
    store.commit().unwrap();
    assert_eq!(names(&mut store), ["changed", "other"]);
}

fn savepoints_in_two_phases(at: &Place) {
    let mut store = at.store();
    let options = SessionOptions::new().twophase(true);
    store.session = Session::with_options(&store.engine, options);
    store.add(user("Alice"));
    let level = store.begin_nested().unwrap();
    store.add(user("lost"));
    store.flush().unwrap();
    store.rollback_nested(level).unwrap();
    let level = store.begin_nested().unwrap();
    store.add(user("Bob"));
    store.prepare().unwrap();
    assert!(matches!(store.rollback_nested(level), Err(Error::InvalidRequest(_))));
    store.commit().unwrap();
    assert_eq!(names(&mut store), ["Alice", "Bob"]);
}

// TX-11, in the form for async programs; from a task that others may run.
fn blocks_in_async_programs(at: &Place) {
    at.empty();
    let engine = at.plain();
    async fn nested(session: &mut aludel::Session, name: &str, email: &str) -> aludel::Result<()> {
        savepoint!(session, |session| {
            let added = savepoint!(session, |inner| {
                inner.add(User::builder().name(name).email(email));
                inner.flush().await
            });
            session.add(user(if added.is_ok() { "added" } else { "refused" }));
            Ok(())
        })
    }
    at.block_on(async move {
        let task = tokio::spawn(async move {
            let mut session = aludel::Session::new(&engine);
            nested(&mut session, "Alice", "a").await?;
            nested(&mut session, "twin", "a").await?;
            let lost: aludel::Result<()> = savepoint!(session, |session| {
                session.add(user("lost"));
                session.get_one(User, 999).await?;
                Ok(())
            });
            assert!(matches!(lost, Err(Error::NoResultFound(_))));
            session.commit().await?;
            session.scalars(select(User.name).order_by(User.name)).all().await
        });
        assert_eq!(task.await.unwrap().unwrap(), ["Alice", "added", "refused"]);
    });
}

// TX-12: whatever step fails in a level, it is taken back and the transaction around goes on; or, where
// the database can't go back to the savepoint, all of it is.
fn each_step_in_a_level_fails_once(at: &Place) {
    let expected = expected(at);
    for kind in [Kind::Integrity(Integrity::Unique), Kind::Other] {
        for nth in 0.. {
            let data = Data::new(at);
            let (engine, driver) = data.pending();
            let mut work = Work::load(&engine);
            let level = block_on(work.session.begin_nested()).unwrap();
            work.change();
            driver.fail_at(nth, kind);
            let result = block_on(work.session.commit_nested(level));
            driver.heal();
            if result.is_ok() {
                assert!(nth > 8, "a flush of {nth} steps");
                block_on(work.session.rollback()).unwrap();
                assert_eq!(work.view(), expected.before.0);
                break;
            }
            assert_eq!(work.view(), expected.before.0, "{kind:?} at {nth}");
            let ended = block_on(work.session.rollback_nested(level));
            // BEGIN itself failed, or SAVEPOINT: then nothing is left to go on with.
            if ended.is_err() {
                is_pending_rollback(ended);
                block_on(work.session.rollback()).unwrap();
            }
            work.change();
            block_on(work.session.commit()).unwrap();
            assert_eq!(work.view(), expected.after.0, "again after {kind:?} at {nth}");
            assert_eq!(data.rows(), expected.after.1, "again after {kind:?} at {nth}");
        }
    }
}

// A future that is dropped within a level takes the whole transaction with it, and the session says so;
// unless the level had ended by then, or nothing had begun.
fn dropped_at_each_point_of_a_level(at: &Place) {
    let expected = expected(at);
    for keeps in [true, false] {
        for points in 0.. {
            let data = Data::new(at);
            let (engine, _driver) = data.pending();
            let mut work = Work::load(&engine);
            let level = block_on(work.session.begin_nested()).unwrap();
            work.change();
            let done = if keeps {
                wait_then_drop(work.session.commit_nested(level), points)
            } else {
                block_on(work.session.flush()).unwrap();
                wait_then_drop(work.session.rollback_nested(level), points)
            };
            let is_done = done.is_some();
            done.into_iter().for_each(|it| it.unwrap());
            let next = block_on(work.session.get(Hub, 999));
            let lost = next.is_err();
            if lost {
                is_pending_rollback(next);
                is_pending_rollback(block_on(work.session.commit_nested(level)));
                block_on(work.session.rollback()).unwrap();
                is_closed(block_on(work.session.commit_nested(level)));
            } else {
                let ended = match keeps {
                    true => block_on(work.session.commit_nested(level)),
                    false => block_on(work.session.rollback_nested(level)),
                };
                assert!(matches!(ended, Ok(()) | Err(Error::ResourceClosed(_))), "{ended:?}");
            }
            if lost || !keeps {
                assert_eq!(work.view(), expected.before.0, "dropped at {points}");
                work.change();
            }
            block_on(work.session.commit()).unwrap();
            assert_eq!(work.view(), expected.after.0, "dropped at {points}");
            assert_eq!(data.rows(), expected.after.1, "dropped at {points}");
            if is_done {
                assert!(!lost && points > 1);
                break;
            }
        }
    }
}

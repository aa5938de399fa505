//! Hooks: when they are called, in which order, and what they may do.

use std::{
    cell::RefCell,
    sync::{Arc, Mutex, Once},
};

use aludel::{
    AnyObj, Error, HookContext, HookResult, Hooks, Obj, State, blocking::Session, prelude::*,
};

use crate::{
    Case, Place, cases,
    models::*,
    store::{Store, address, author, book, node, tag, user},
};

pub(super) const CASES: &[Case] = cases!["events":
    a_commit_in_order,
    a_rollback_in_order,
    rows_in_order,
    dirty_objects_without_an_update,
    mapper_engine_session,
    hooks_change_what_is_written,
    hooks_add_and_delete,
    added_objects_get_their_hooks,
    a_hook_that_refuses_before,
    a_hook_that_refuses_behind,
    what_after_flush_sees,
    a_commit_flushes_what_hooks_add,
    a_commit_without_end,
    a_flush_without_end,
    nothing_to_flush_calls_nothing,
    begin_is_the_first_statement,
    a_failed_flush_is_a_rollback,
    loads_and_refreshes,
    made_objects_are_not_loaded,
    commit_rides_along_without_hooks_behind,
];

/// What was called, in order.
#[derive(Clone, Default)]
struct Calls(Arc<Mutex<Vec<String>>>);

impl Calls {
    fn call(&self, what: impl Into<String>) {
        self.0.lock().unwrap().push(what.into());
    }

    fn note(&self, what: impl Into<String>) -> HookResult {
        self.call(what);
        Ok(())
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }

    fn take_joined(&self) -> String {
        self.take().join(", ")
    }

    /// Hooks for each event of a session, called `prefix` and the event's name.
    fn session(&self, prefix: &'static str) -> Hooks {
        let call = |what: &'static str| {
            let calls = self.clone();
            move || calls.note(format!("{prefix}{what}"))
        };
        let (before, after, post) = (call("before_flush"), call("after_flush"), call("postexec"));
        let (commit, committed) = (call("before_commit"), call("after_commit"));
        let (begin, rollback) = (call("after_begin"), call("after_rollback"));
        Hooks::new()
            .before_flush(move |_| before())
            .after_flush(move |_| after())
            .after_flush_postexec(move |_| post())
            .before_commit(move |_| commit())
            .after_commit(move |_| committed().unwrap())
            .after_begin(move |_| begin().unwrap())
            .after_rollback(move |_| rollback().unwrap())
    }

    /// Hooks for each event of users' and addresses' rows.
    fn rows(&self, hooks: Hooks) -> Hooks {
        macro_rules! log {
            ($hooks:ident, $($event:ident)*) => {
                $hooks$(
                    .$event(User, {
                        let calls = self.clone();
                        move |user, _| {
                            let name = user.borrow().name.clone();
                            calls.note(format!("{} {name}", stringify!($event)))
                        }
                    })
                    .$event(Address, {
                        let calls = self.clone();
                        move |it, _| {
                            let mail = it.borrow().mail.clone();
                            calls.note(format!("{} {mail}", stringify!($event)))
                        }
                    })
                )*
            };
        }
        log!(hooks, before_insert after_insert before_update after_update before_delete after_delete)
    }
}

fn listened(at: &Place) -> (Store, Calls) {
    let (mut store, calls) = (at.store(), Calls::default());
    store.listen(calls.rows(calls.session("")));
    (store, calls)
}

// EVT-1, EVT-4: a transaction begins with its first statement.
fn a_commit_in_order(at: &Place) {
    let (mut store, calls) = listened(at);
    store.add(user("Alice"));
    assert_eq!(calls.take_joined(), "");
    store.commit().unwrap();
    assert_eq!(
        calls.take_joined(),
        "before_commit, before_flush, before_insert Alice, after_begin, after_insert Alice, \
         after_flush, postexec, after_commit"
    );
    assert_eq!(store.sent(), "BEGIN\nINSERT INTO user_account (name, email) VALUES (?, ?)\nCOMMIT");
    // With nothing to do there is a commit all the same, and no flush.
    store.commit().unwrap();
    assert_eq!(calls.take_joined(), "before_commit, after_commit");
    assert_eq!(store.sent(), "");
}

// EVT-5
fn a_rollback_in_order(at: &Place) {
    let (mut store, calls) = listened(at);
    let alice = store.add(user("Alice"));
    store.flush().unwrap();
    calls.take();
    let seen = calls.clone();
    let held = alice.clone();
    let state = move |_: &mut HookContext<'_>| {
        seen.call(format!("{}", inspect(&held).state));
    };
    store.listen(Hooks::new().after_rollback(state));
    store.rollback().unwrap();
    assert_eq!(calls.take_joined(), "after_rollback, transient");
    // There is nothing to roll back.
    store.rollback().unwrap();
    assert_eq!(calls.take_joined(), "");
}

// EVT-2
fn rows_in_order(at: &Place) {
    let (mut store, calls) = listened(at);
    let alice = store.add(User::builder().name("Alice").addresses([address("a@x")]));
    let bob = store.add(user("Bob"));
    store.flush().unwrap();
    let rows = |calls: &Calls| {
        let rows = calls.take().into_iter().filter(|it| it.contains(' '));
        rows.collect::<Vec<_>>().join(", ")
    };
    // All of one mapper, and mappers in the order of their tables.
    assert_eq!(
        rows(&calls),
        "before_insert Alice, before_insert Bob, before_insert a@x, \
         after_insert Alice, after_insert Bob, after_insert a@x"
    );
    let mail = alice.addresses().iter().unwrap().next().unwrap();
    mail.borrow_mut().mail = "b@x".into();
    bob.borrow_mut().name = "Bobby".into();
    store.flush().unwrap();
    assert_eq!(
        rows(&calls),
        "before_update Bobby, before_update b@x, after_update Bobby, after_update b@x"
    );
    // What refers goes first.
    store.delete(&alice).unwrap();
    store.flush().unwrap();
    assert_eq!(
        rows(&calls),
        "before_delete b@x, before_delete Alice, after_delete b@x, after_delete Alice"
    );
    store.rollback().unwrap();
}

// EVT-3
fn dirty_objects_without_an_update(at: &Place) {
    let (mut store, calls) = listened(at);
    let alice = store.add(user("Alice"));
    store.save();
    calls.take();
    drop(alice.borrow_mut());
    store.flush().unwrap();
    assert_eq!(
        calls.take_joined(),
        "before_flush, before_update Alice, after_update Alice, after_flush, postexec"
    );
    assert_eq!(store.sent(), "");
}

thread_local! {
    /// What the mapper's hook was called for: in the thread of the case.
    static MAPPERS: RefCell<Vec<&'static str>> = const { RefCell::new(Vec::new()) };
}

// EVT-1: the program's, the engine's, the session's; and each of a session's own.
fn mapper_engine_session(at: &Place) {
    static ONCE: Once = Once::new();
    let say = |what| {
        move |_: &Obj<Priced>, _: &mut HookContext<'_>| {
            MAPPERS.with_borrow_mut(|it| it.push(what));
            Ok(())
        }
    };
    ONCE.call_once(|| {
        let hooks = Hooks::new().before_insert(Priced, say("mapper"));
        // Of another entity, and of sessions: those are none of a mapper's.
        let hooks = hooks.before_insert(Currency, |_, _| Err("never".into()));
        inspect(Priced).listen(hooks.before_flush(|_| Err("never".into())));
    });
    let mut store = at.store();
    store.engine.listen(Hooks::new().before_insert(Priced, say("engine")));
    store.listen(Hooks::new().before_insert(Priced, say("session")));
    store.engine.listen(Hooks::new().before_insert(Priced, say("engine again")));
    let priced = || Priced::builder().title("x").price(rust_decimal::Decimal::ONE);
    let called = || MAPPERS.with_borrow_mut(std::mem::take);
    // Other cases that this thread ran have been heard, too.
    called();
    store.add(priced());
    store.add(Currency { code: "EUR".into(), name: "Euro".into() });
    store.flush().unwrap();
    assert_eq!(called(), ["mapper", "engine", "engine again", "session"]);
    store.commit().unwrap();
    let mut other = Session::new(&store.engine);
    other.add(priced());
    other.commit().unwrap();
    assert_eq!(called(), ["mapper", "engine", "engine again"]);
}

// UOW-37: the object's own columns, and those of others.
fn hooks_change_what_is_written(at: &Place) {
    let mut store = at.store();
    let upper = |user: &Obj<User>, _: &mut HookContext<'_>| {
        let name = user.borrow().name.to_uppercase();
        user.borrow_mut().name = name;
        Ok(())
    };
    store.listen(Hooks::new().before_insert(User, upper).before_update(User, upper));
    let alice = store.add(user("Alice"));
    store.commit().unwrap();
    assert_eq!(alice.borrow().name, "ALICE");
    alice.borrow_mut().name = "Alicia".into();
    store.commit().unwrap();
    assert_eq!(store.number("SELECT count(*) FROM user_account WHERE name = 'ALICIA'"), 1);
    store.sent();
    // Nothing differs in the end.
    alice.borrow_mut().name = "alicia".into();
    store.commit().unwrap();
    assert_eq!(store.sent(), "COMMIT");
    // Of another object: it is written by the same flush, with hooks of its own.
    let held = alice.clone();
    store.listen(Hooks::new().before_insert(Tag, move |tag, _| {
        held.borrow_mut().name = tag.borrow().name.clone();
        Ok(())
    }));
    store.add(tag("red"));
    store.commit().unwrap();
    assert_eq!(alice.borrow().name, "RED");
    assert_eq!(
        store.sent(),
        "BEGIN\nUPDATE user_account SET name = ? WHERE id = ?\n\
         INSERT INTO tag (name) VALUES (?)\nCOMMIT"
    );
}

// UOW-38: they join this flush.
fn hooks_add_and_delete(at: &Place) {
    let mut store = at.store();
    let root = store.add(Node::builder().name("root").children([node("a")]));
    let red = store.add(tag("red"));
    let blue = store.add(tag("blue"));
    store.save();
    store.renew();
    let (root, red, blue) = {
        drop((root, red, blue));
        let tags = [1, 2].map(|it| store.get_one(Tag, it).unwrap());
        let [red, blue] = tags;
        (store.get_one(Node, 1).unwrap(), red, blue)
    };
    store.listen(Hooks::new().before_flush(move |session| {
        for dirty in session.dirty().of(Tag) {
            session.add(author(&format!("{} was renamed", dirty.borrow().name)));
        }
        blue.borrow_mut().name = "navy".into();
        // What its cascades need is loaded.
        session.delete(&root)?;
        assert!(session.contains(&root));
        Ok(())
    }));
    red.borrow_mut().name = "crimson".into();
    store.commit().unwrap();
    let counts = ["node", "author"].map(|it| store.number(&format!("SELECT count(*) FROM {it}")));
    assert_eq!(counts, [0, 1]);
    assert_eq!(store.number("SELECT count(*) FROM tag WHERE name IN ('crimson', 'navy')"), 2);
    let named = "SELECT count(*) FROM author WHERE name = 'crimson was renamed'";
    assert_eq!(store.number(named), 1);
}

fn added_objects_get_their_hooks(at: &Place) {
    let mut store = at.store();
    let calls = Calls::default();
    let (one, two) = (calls.clone(), calls.clone());
    let hooks = Hooks::new()
        .before_insert(Author, move |author, session| {
            one.call(author.borrow().name.clone());
            session.add(book("of the hook"));
            Ok(())
        })
        .before_insert(Book, move |book, _| two.note(book.borrow().title.clone()));
    store.listen(hooks);
    store.add(book("first"));
    store.add(author("x"));
    store.commit().unwrap();
    assert_eq!(calls.take_joined(), "x, first, of the hook");
    assert_eq!(store.number("SELECT count(*) FROM book"), 2);
}

// A veto in front of the first statement: nothing was sent, and nothing is lost.
fn a_hook_that_refuses_before(at: &Place) {
    let mut store = at.store();
    let no = |user: &Obj<User>, _: &mut HookContext<'_>| {
        if user.borrow().name == "root" { Err("nobody is root".into()) } else { Ok(()) }
    };
    store.listen(Hooks::new().before_insert(User, no).before_delete(User, no));
    let root = store.add(user("root"));
    let error = store.commit().unwrap_err();
    assert_eq!(error.to_string(), "before_insert of User refused: nobody is root");
    assert_eq!(store.sent(), "");
    assert!(store.is_active() && store.pending().contains(&root));
    root.borrow_mut().name = "alice".into();
    store.save();
    root.borrow_mut().name = "root".into();
    store.save();
    store.delete(&root).unwrap();
    let error = store.flush().unwrap_err();
    assert_eq!(error.to_string(), "before_delete of User 1 refused: nobody is root");
    assert!(inspect(&root).marked_deleted);
    store.add(&root);
    store.flush().unwrap();
    store.listen(Hooks::new().before_commit(|_| Err("not today".into())));
    let error = store.commit().unwrap_err();
    assert_eq!(error.to_string(), "before_commit refused: not today");
    store.rollback().unwrap();
}

fn a_hook_that_refuses_behind(at: &Place) {
    let (mut store, calls) = listened(at);
    store.listen(Hooks::new().after_insert(Tag, |_, _| Err("too late".into())));
    let red = store.add(tag("red"));
    let error = store.commit().unwrap_err();
    assert_eq!(error.to_string(), "after_insert of Tag 1 refused: too late");
    assert_eq!(inspect(&red).state, State::Transient);
    assert_eq!(calls.take().last().unwrap(), "after_rollback");
    assert!(matches!(store.commit(), Err(Error::PendingRollback(_))));
    store.rollback().unwrap();
    // It was told already.
    assert_eq!(calls.take_joined(), "");
    assert!(!store.sent().contains("COMMIT"));
    assert_eq!(store.number("SELECT count(*) FROM tag"), 0);
}

// EVT-6
fn what_after_flush_sees(at: &Place) {
    let mut store = at.store();
    let (old, gone) = (store.add(tag("old")), store.add(tag("gone")));
    store.save();
    let new = store.add(tag("new"));
    old.borrow_mut().name = "older".into();
    store.delete(&gone).unwrap();
    let lists = |session: &HookContext<'_>| {
        [session.pending(), session.dirty(), session.deleted()].map(|it| it.of(Tag))
    };
    let calls = Calls::default();
    let seen = calls.clone();
    let expected = [vec![new.clone()], vec![old.clone()], vec![gone.clone()]];
    let hooks = Hooks::new().after_flush(move |session| {
        assert_eq!(lists(session), expected);
        assert_eq!(AnyObj::from(&expected[0][0]).identity(), Some(vec![3_i64.into()]));
        seen.note("after_flush")
    });
    let seen = calls.clone();
    store.listen(hooks.after_flush_postexec(move |session| {
        assert!(lists(session).concat().is_empty());
        seen.note("postexec")
    }));
    store.flush().unwrap();
    assert_eq!(calls.take_joined(), "after_flush, postexec");
    assert_eq!(
        [&old, &gone, &new].map(|it| inspect(it).state),
        [State::Persistent, State::Deleted, State::Persistent]
    );
    store.rollback().unwrap();
}

// EVT-6
fn a_commit_flushes_what_hooks_add(at: &Place) {
    let mut store = at.store();
    let left = Mutex::new(99);
    store.listen(Hooks::new().after_flush_postexec(move |session| {
        let mut left = left.lock().unwrap();
        if *left > 0 {
            *left -= 1;
            session.add(tag("more"));
        }
        Ok(())
    }));
    store.add(tag("first"));
    store.commit().unwrap();
    let sent = store.sent();
    assert_eq!(sent.matches("INSERT INTO tag").count(), 100);
    assert_eq!((sent.matches("BEGIN").count(), sent.matches("COMMIT").count()), (1, 1));
    assert!(sent.ends_with("COMMIT"));
    assert_eq!(store.number("SELECT count(*) FROM tag"), 100);
}

// EVT-6, ERR-6
fn a_commit_without_end(at: &Place) {
    let mut store = at.store();
    store.listen(Hooks::new().after_flush_postexec(|session| {
        session.add(tag("more"));
        Ok(())
    }));
    let first = store.add(tag("first"));
    let error = store.commit().unwrap_err();
    assert!(matches!(error, Error::Flush(_)), "{error}");
    assert_eq!(store.sent().matches("INSERT INTO tag").count(), 100);
    assert!(!store.is_active());
    store.rollback().unwrap();
    assert_eq!(inspect(&first).state, State::Transient);
    assert_eq!(store.number("SELECT count(*) FROM tag"), 0);
    // A flush by itself does it once.
    store.add(tag("again"));
    store.flush().unwrap();
    assert_eq!(store.pending().len(), 1);
    store.rollback().unwrap();
}

// ERR-6
fn a_flush_without_end(at: &Place) {
    let mut store = at.store();
    store.listen(Hooks::new().before_insert(Tag, |_, session| {
        session.add(tag("more"));
        Ok(())
    }));
    store.add(tag("first"));
    assert!(matches!(store.flush(), Err(Error::Flush(_))));
    assert_eq!(store.sent(), "");
    store.rollback().unwrap();
}

fn nothing_to_flush_calls_nothing(at: &Place) {
    let (mut store, calls) = listened(at);
    store.flush().unwrap();
    store.scalars(select(User)).all().unwrap();
    assert_eq!(calls.take_joined(), "after_begin");
    // With something to do, queries call them, too.
    store.add(user("Alice"));
    store.scalars(select(User)).all().unwrap();
    assert_eq!(calls.take()[0], "before_flush");
}

// EVT-4
fn begin_is_the_first_statement(at: &Place) {
    let (mut store, calls) = listened(at);
    store.begin().unwrap();
    store.get(Tag, 1).unwrap();
    store.get(Tag, 2).unwrap();
    assert_eq!(calls.take_joined(), "after_begin");
    store.rollback().unwrap();
    assert_eq!(calls.take_joined(), "after_rollback");
    store.get(Tag, 1).unwrap();
    store.commit().unwrap();
    assert_eq!(calls.take_joined(), "after_begin, before_commit, after_commit");
}

// EVT-5
fn a_failed_flush_is_a_rollback(at: &Place) {
    let (mut store, calls) = listened(at);
    store.add(Book::builder().title("no").pages(-1_i64));
    assert!(store.flush().is_err());
    assert_eq!(calls.take_joined(), "before_flush, after_begin, after_rollback");
    store.rollback().unwrap();
    assert_eq!(calls.take_joined(), "");
}

// STATE-19
fn loads_and_refreshes(at: &Place) {
    let mut store = at.store();
    store.add(User::builder().name("Alice").addresses([address("a@x"), address("b@x")]));
    store.add(user("Bob"));
    store.save();
    store.renew();
    let calls = Calls::default();
    let (one, two, three) = (calls.clone(), calls.clone(), calls.clone());
    store.listen(
        Hooks::new()
            .on_load(User, move |it| one.call(format!("load {}", it.borrow().name)))
            .on_refresh(User, move |it| two.call(format!("refresh {}", it.borrow().name)))
            .on_load(Address, move |it| three.call(format!("load {}", it.borrow().mail))),
    );
    let alice = store.get_one(User, 1).unwrap();
    assert_eq!(calls.take_joined(), "load Alice");
    // Once for each object: a row that meets it changes nothing.
    let all = store.scalars(select(User).order_by(User.id)).all().unwrap();
    assert_eq!(calls.take_joined(), "load Bob");
    alice.addresses().load(&mut store.session).unwrap();
    assert_eq!(calls.take_joined(), "load a@x, load b@x");
    store.get_one(User, 1).unwrap();
    assert_eq!(calls.take_joined(), "");
    store.expire(&alice).unwrap();
    store.get_one(User, 1).unwrap();
    store.refresh(&all[1]).unwrap();
    assert_eq!(calls.take_joined(), "refresh Alice, refresh Bob");
    store.expire(&alice).unwrap();
    store.scalars(select(User)).all().unwrap();
    assert_eq!(calls.take_joined(), "refresh Alice");
    // By eager loading, too.
    drop((alice, all));
    store.expunge_all();
    let stmt = select(User).filter(User.id.eq(1)).options(joinedload(User.addresses));
    store.scalars(&stmt).all().unwrap();
    assert_eq!(calls.take_joined(), "load Alice, load a@x, load b@x");
    // And by streams.
    store.expunge_all();
    let rows = store.stream_scalars(&select(User).order_by(User.id)).unwrap();
    assert_eq!(rows.map(Result::unwrap).count(), 2);
    assert_eq!(calls.take_joined(), "load Alice, load Bob");
}

// STATE-19: what the program makes isn't loaded.
fn made_objects_are_not_loaded(at: &Place) {
    let mut store = at.store();
    let calls = Calls::default();
    let seen = calls.clone();
    store.listen(Hooks::new().on_load(User, move |_| seen.call("load")));
    let alice = store.add(user("Alice"));
    store.commit().unwrap();
    store.get_one(User, 1).unwrap();
    assert_eq!(calls.take_joined(), "");
    store.expunge(&alice).unwrap();
    store.add(&alice);
    store.get_one(User, 1).unwrap();
    assert_eq!(calls.take_joined(), "");
}

// Hooks in front of a flush cost no round trip.
fn commit_rides_along_without_hooks_behind(at: &Place) {
    let mut store = at.store();
    let calls = Calls::default();
    let (one, two) = (calls.clone(), calls.clone());
    let hooks = Hooks::new().before_flush(move |_| one.note("before_flush"));
    store.listen(hooks.after_commit(move |_| two.call("after_commit")));
    store.add(tag("red"));
    store.commit().unwrap();
    assert_eq!(calls.take_joined(), "before_flush, after_commit");
    assert_eq!(store.sent(), "BEGIN\nINSERT INTO tag (name) VALUES (?)\nCOMMIT");
}

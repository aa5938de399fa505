//! Hooks: when they are called, in which order, and what they may do.

use std::{
    cell::RefCell,
    sync::{Arc, Mutex, Once},
};

use aludel::{HookContext, HookResult, Hooks, Obj, blocking::Session, prelude::*};

use crate::{
    Case, Place, cases,
    models::*,
    store::{Store, address, tag, user},
};

pub(super) const CASES: &[Case] = cases!["events":
    a_commit_in_order,
    a_rollback_in_order,
    rows_in_order,
    dirty_objects_without_an_update,
    mapper_engine_session,
    nothing_to_flush_calls_nothing,
    begin_is_the_first_statement,
    a_failed_flush_is_a_rollback,
    loads_and_refreshes,
    made_objects_are_not_loaded,
    commit_rides_along_without_hooks_behind,
];

/// What was called, in order.
#[derive(Clone, Default)]
pub(super) struct Calls(Arc<Mutex<Vec<String>>>);

impl Calls {
    pub(super) fn call(&self, what: impl Into<String>) {
        self.0.lock().unwrap().push(what.into());
    }

    pub(super) fn note(&self, what: impl Into<String>) -> HookResult {
        self.call(what);
        Ok(())
    }

    pub(super) fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }

    pub(super) fn take_joined(&self) -> String {
        self.take().join(", ")
    }

    /// Hooks for each event of a session, called `prefix` and the event's name.
    pub(super) fn session(&self, prefix: &'static str) -> Hooks {
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
    pub(super) fn rows(&self, hooks: Hooks) -> Hooks {
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

pub(super) fn listened(at: &Place) -> (Store, Calls) {
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

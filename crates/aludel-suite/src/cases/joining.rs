//! Sessions within a transaction that somebody else ends: joined to a connection, or in a sandbox.

use std::{sync::Barrier, thread};

use aludel::{
    Error, Integrity, JoinMode, SessionOptions, State,
    blocking::{Engine, Session, block_on, savepoint, transaction},
    prelude::*,
    testing::{Sandbox, wait_then_drop},
};

use crate::{
    Case, Place, cases,
    models::*,
    store::{Store, address, user},
};

pub(super) const CASES: &[Case] = cases!["joining":
    a_session_joins_a_transaction,
    a_session_joins_a_savepoint,
    a_session_that_joins_nothing,
    one_that_only_rolls_back,
    one_that_controls,
    a_sandbox_keeps_nothing,
    errors_in_a_sandbox,
    sessions_of_a_sandbox_take_turns,
    a_sandbox_that_is_closed,
    sandboxes_side_by_side needs SHARED,
    two_phases_in_a_sandbox needs TWO_PHASES,
];

/// Those that are async.
pub(super) const ASYNC: &[Case] = cases![async "joining":
    async_sandboxes needs SHARED,
    dropped_in_a_sandbox needs SHARED,
];

const INSERT: &str = "INSERT INTO user_account (name, email) VALUES (?, ?)";

fn names(engine: &Engine) -> Vec<String> {
    let mut session = Session::new(engine);
    session.scalars(select(User.name).order_by(User.name)).all().unwrap()
}

fn outer(store: &Store) -> aludel::EngineConnection<Engine> {
    let mut connection = store.engine.connect().unwrap();
    connection.begin().unwrap();
    connection.execute("INSERT INTO user_account (name) VALUES ('outer')").unwrap();
    store.sent();
    connection
}

fn count(connection: &mut aludel::EngineConnection<Engine>) -> i64 {
    let rows = connection.query("SELECT count(*) FROM user_account").unwrap();
    rows[0].get::<i64>(0).unwrap()
}

// TX-17
fn a_session_joins_a_transaction(at: &Place) {
    let store = at.store();
    let mut connection = outer(&store);
    let mut session = Session::join(&mut connection);
    let alice = session.add(user("Alice"));
    session.commit().unwrap();
    assert_eq!(store.sent(), format!("SAVEPOINT aludel_1\n{INSERT}\nRELEASE aludel_1"));
    let lost = session.add(user("lost"));
    session.flush().unwrap();
    session.rollback().unwrap();
    let undone = "ROLLBACK TO aludel_1\nRELEASE aludel_1";
    assert_eq!(store.sent(), format!("SAVEPOINT aludel_1\n{INSERT}\n{undone}"));
    assert_eq!(inspect(&lost).state, State::Transient);
    // Its own savepoints stand in the one that its transaction is.
    let level = session.begin_nested().unwrap();
    session.add(user("lost"));
    session.flush().unwrap();
    session.rollback_nested(level).unwrap();
    session.add(user("Bob"));
    session.commit().unwrap();
    let inner = "ROLLBACK TO aludel_2\nRELEASE aludel_2";
    assert_eq!(
        store.sent(),
        format!(
            "SAVEPOINT aludel_1\nSAVEPOINT aludel_2\n{INSERT}\n{inner}\n{INSERT}\nRELEASE aludel_1"
        )
    );
    assert_eq!(session.scalars(select(User)).all().unwrap().len(), 3);
    session.add(user("open"));
    session.flush().unwrap();
    store.sent();
    drop(session);
    assert_eq!(count(&mut connection), 3);
    assert!(store.sent().starts_with(undone), "what is open is rolled back");
    assert_eq!((inspect(&alice).state, alice.borrow().name.as_str()), (State::Detached, "Alice"));
    // Another one, and then the end of it all.
    Session::join(&mut connection).execute(delete(User).filter(User.name.eq("Bob"))).unwrap();
    connection.rollback().unwrap();
    drop(connection);
    assert!(names(&store.engine).is_empty());
    let mut connection = outer(&store);
    let mut session = Session::join(&mut connection);
    session.add(user("Alice"));
    session.commit().unwrap();
    drop(session);
    connection.commit().unwrap();
    drop(connection);
    assert_eq!(names(&store.engine), ["Alice", "outer"]);
}

// TX-17
fn a_session_joins_a_savepoint(at: &Place) {
    let store = at.store();
    let mut connection = outer(&store);
    connection.begin_nested().unwrap();
    let mut session = Session::join(&mut connection);
    session.add(user("Alice"));
    session.commit().unwrap();
    drop(session);
    let sent = store.sent();
    assert_eq!(sent, format!("SAVEPOINT aludel_1\nSAVEPOINT aludel_2\n{INSERT}\nRELEASE aludel_2"));
    connection.rollback_nested().unwrap();
    connection.commit().unwrap();
    drop(connection);
    assert_eq!(names(&store.engine), ["outer"]);
}

// TX-17: without a transaction, its own are the connection's.
fn a_session_that_joins_nothing(at: &Place) {
    let store = at.store();
    let mut connection = store.engine.connect().unwrap();
    let mut session = Session::join(&mut connection);
    session.add(user("Alice"));
    session.commit().unwrap();
    session.add(user("lost"));
    session.flush().unwrap();
    session.rollback().unwrap();
    session.add(user("lost"));
    session.flush().unwrap();
    drop(session);
    assert_eq!(count(&mut connection), 1);
    drop(connection);
    assert_eq!(names(&store.engine), ["Alice"]);
}

// TX-17: and nothing of a session's is ever done outside of the transaction that it joined.
fn one_that_only_rolls_back(at: &Place) {
    let store = at.store();
    let options = SessionOptions::new().join_mode(JoinMode::RollbackOnly);
    let mut connection = outer(&store);
    let mut session = Session::join_with(&mut connection, options);
    session.add(user("committed"));
    session.commit().unwrap();
    session.add(user("closed"));
    session.flush().unwrap();
    session.close().unwrap();
    session.add(user("dropped"));
    session.flush().unwrap();
    assert_eq!(store.sent(), [INSERT; 3].join("\n"));
    drop(session);
    assert_eq!(count(&mut connection), 4);
    let mut session = Session::join_with(&mut connection, options);
    let lost = session.add(user("lost"));
    session.flush().unwrap();
    store.sent();
    session.rollback().unwrap();
    assert_eq!(store.sent(), "ROLLBACK");
    assert_eq!(inspect(&lost).state, State::Transient);
    let error = session.scalars(select(User)).all().unwrap_err().to_string();
    assert!(error.contains("is over"), "{error}");
    drop(session);
    assert!(!connection.in_transaction());
    drop(connection);
    assert!(names(&store.engine).is_empty());
}

// TX-17
fn one_that_controls(at: &Place) {
    let store = at.store();
    let options = SessionOptions::new().join_mode(JoinMode::ControlFully);
    let mut connection = outer(&store);
    let mut session = Session::join_with(&mut connection, options);
    session.add(user("Alice"));
    session.commit().unwrap();
    assert_eq!(store.sent(), format!("{INSERT}\nCOMMIT"));
    session.add(user("Bob"));
    session.flush().unwrap();
    session.rollback().unwrap();
    assert_eq!(store.sent(), format!("BEGIN\n{INSERT}\nROLLBACK"));
    session.add(user("lost"));
    session.flush().unwrap();
    drop(session);
    assert_eq!(count(&mut connection), 2);
    drop(connection);
    assert_eq!(names(&store.engine), ["Alice", "outer"]);
}

fn a_sandbox_keeps_nothing(at: &Place) {
    let mut store = at.store();
    store.add(user("before"));
    store.save();
    store.session.close().unwrap();
    for _ in 0..2 {
        let sandbox = Sandbox::new(&store.engine).unwrap();
        assert_eq!(names(sandbox.engine()), ["before"]);
        let mut session = sandbox.session();
        let alice = session.add(User::builder().name("Alice").addresses([address("a")]));
        session.commit().unwrap();
        alice.borrow_mut().name = "Alicia".into();
        session.commit().unwrap();
        session.add(user("lost"));
        session.flush().unwrap();
        drop(session);
        // Sessions one after the other, blocks, connections of Core's.
        transaction(sandbox.engine(), |session| {
            session.add(user("Bob"));
            savepoint(session, |session| {
                session.add(user("Carol"));
                Ok::<_, Error>(())
            })?;
            let lost: Result<(), Error> = savepoint(session, |session| {
                session.add(user("lost"));
                session.get_one(User, 999).map(drop)
            });
            assert!(lost.is_err());
            Ok::<_, Error>(())
        })
        .unwrap();
        let mut connection = sandbox.engine().connect().unwrap();
        connection.execute("INSERT INTO user_account (name) VALUES ('Dora')").unwrap();
        connection.commit().unwrap();
        connection.execute("INSERT INTO user_account (name) VALUES ('lost')").unwrap();
        connection.rollback().unwrap();
        drop(connection);
        assert_eq!(names(sandbox.engine()), ["Alicia", "Bob", "Carol", "Dora", "before"]);
        sandbox.close().unwrap();
        assert_eq!(names(&store.engine), ["before"]);
    }
    let sandbox = Sandbox::new(&store.engine).unwrap();
    let mut session = sandbox.session_with(SessionOptions::new().expire_on_commit(true));
    let eve = session.add(user("Eve"));
    session.commit().unwrap();
    assert!(inspect(&eve).expired);
    drop((session, sandbox));
    assert_eq!(names(&store.engine), ["before"]);
}

// A statement that fails ends no more than the transaction that it is in.
fn errors_in_a_sandbox(at: &Place) {
    let store = at.store();
    let sandbox = Sandbox::new(&store.engine).unwrap();
    let mut session = sandbox.session();
    session.add(User::builder().name("Alice").email("a"));
    session.commit().unwrap();
    session.add(User::builder().name("twin").email("a"));
    assert_eq!(session.commit().unwrap_err().integrity(), Some(Integrity::Unique));
    assert!(matches!(session.commit(), Err(Error::PendingRollback(_))));
    session.rollback().unwrap();
    session.add(user("Bob"));
    session.flush().unwrap();
    assert!(session.execute(text("SELECT nothing FROM nowhere")).is_err());
    session.rollback().unwrap();
    drop(session);
    let mut connection = sandbox.engine().connect().unwrap();
    assert!(connection.query("SELECT nothing FROM nowhere").is_err());
    drop(connection);
    assert_eq!(names(sandbox.engine()), ["Alice"]);
    sandbox.close().unwrap();
    assert!(names(&store.engine).is_empty());
}

// There is one connection: who waits for it in vain is told why.
fn sessions_of_a_sandbox_take_turns(at: &Place) {
    at.empty();
    let options =
        aludel::EngineOptions::new().checkout_timeout(std::time::Duration::from_millis(50));
    let engine = at.blocking(options);
    let sandbox = Sandbox::new(&engine).unwrap();
    let (mut one, mut two) = (sandbox.session(), sandbox.session());
    one.add(user("one"));
    one.flush().unwrap();
    two.add(user("two"));
    let error = two.flush().unwrap_err();
    assert_eq!(error.kind(), Some(aludel::Kind::PoolTimeout), "{error}");
    one.commit().unwrap();
    two.flush().unwrap();
    two.commit().unwrap();
    assert_eq!(names(sandbox.engine()), ["one", "two"]);
}

fn a_sandbox_that_is_closed(at: &Place) {
    let store = at.store();
    let sandbox = Sandbox::new(&store.engine).unwrap();
    let (engine, mut session) = (sandbox.engine().clone(), sandbox.session());
    session.add(user("lost"));
    session.flush().unwrap();
    let error = sandbox.close().unwrap_err().to_string();
    assert!(error.contains("drop it before"), "{error}");
    // Who is in the middle goes on to its end.
    session.commit().unwrap();
    drop(session);
    let error = Session::new(&engine).scalars(select(User)).all().unwrap_err().to_string();
    assert!(error.contains("is over: it was closed"), "{error}");
    assert!(names(&store.engine).is_empty());
}

fn sandboxes_side_by_side(at: &Place) {
    const TESTS: usize = 4;
    let store = at.store();
    // Where there is one writer, they wait for each other.
    let writers = if at.database().is_within_process() { 1 } else { TESTS };
    let meet = Barrier::new(writers);
    let test = |number: usize| {
        let sandbox = Sandbox::new(&store.engine).unwrap();
        let mine = format!("of {number}");
        for _ in 0..3 {
            let mut session = sandbox.session();
            session.add(user(&mine));
            session.commit().unwrap();
        }
        meet.wait();
        assert_eq!(names(sandbox.engine()), [&*mine; 3]);
    };
    thread::scope(|scope| {
        for number in 0..TESTS {
            scope.spawn(move || test(number));
        }
    });
    assert!(names(&store.engine).is_empty());
}

fn two_phases_in_a_sandbox(at: &Place) {
    let store = at.store();
    let sandbox = Sandbox::new(&store.engine).unwrap();
    let mut session = sandbox.session_with(SessionOptions::new().twophase(true));
    for keeps in [true, false] {
        session.add(user(if keeps { "kept" } else { "lost" }));
        session.prepare().unwrap();
        if keeps { session.commit().unwrap() } else { session.rollback().unwrap() }
    }
    drop(session);
    let mut connection = sandbox.engine().connect().unwrap();
    assert!(connection.commit_prepared("nothing").is_err());
    drop(connection);
    assert_eq!(names(sandbox.engine()), ["kept"]);
    sandbox.close().unwrap();
    assert!(names(&store.engine).is_empty());
}

fn async_sandboxes(at: &Place) {
    at.empty();
    let engine = at.plain();
    at.block_on(async {
        let tests = (0..4_usize).map(|number| {
            let engine = engine.clone();
            tokio::spawn(async move {
                let sandbox = Sandbox::new(&engine).await?;
                let mine = format!("of {number}");
                let engine = sandbox.engine().clone();
                let write = transaction!(engine, |session| {
                    session.add(user(&mine));
                    Ok::<_, Error>(())
                });
                write?;
                let mut session = sandbox.session();
                session.add(user(&mine));
                session.commit().await?;
                let found = session.scalars(select(User.name)).all().await?;
                assert_eq!(found, [&*mine; 2]);
                session.close().await?;
                sandbox.close().await
            })
        });
        for test in tests.collect::<Vec<_>>() {
            test.await.unwrap().unwrap();
        }
        let mut session = aludel::Session::new(&engine);
        assert!(session.scalars(select(User)).all().await.unwrap().is_empty());
    });
}

// A future that is dropped takes the transaction with it that it was in, and no more than that.
fn dropped_in_a_sandbox(at: &Place) {
    at.empty();
    let plain = at.blocking(aludel::EngineOptions::new());
    for commits in [false, true] {
        for points in 0.. {
            let (engine, _driver) = at.pending(true);
            let sandbox = block_on(Sandbox::new(&engine)).unwrap();
            let mut session = sandbox.session();
            session.add(user("kept"));
            block_on(session.commit()).unwrap();
            session.add_all([user("dropped"), user("dropped")]);
            let done = if commits {
                wait_then_drop(session.commit(), points).is_some()
            } else {
                wait_then_drop(session.flush(), points).is_some()
            };
            block_on(session.rollback()).unwrap();
            drop(session);
            let mut session = sandbox.session();
            session.add(user("later"));
            block_on(session.commit()).unwrap();
            let found =
                block_on(session.scalars(select(User.name).order_by(User.name)).all()).unwrap();
            // A commit that had gone through by then has gone through.
            let whole = ["dropped", "dropped", "kept", "later"];
            let expected = if found.len() == 4 && commits { &whole[..] } else { &whole[2..] };
            assert_eq!(found, expected, "dropped at {points}");
            assert!(!(commits && done) || found.len() == 4);
            drop(session);
            block_on(sandbox.close()).unwrap();
            assert!(names(&plain).is_empty());
            if done {
                assert!(points > 1);
                break;
            }
        }
    }
}

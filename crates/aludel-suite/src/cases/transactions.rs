//! Transactions that say how isolated they are, that they only read, or that end in two phases.

use aludel::{
    Begin, EngineOptions, Error, Isolation, Kind, SessionOptions, State,
    blocking::{Engine, Session},
    prelude::*,
};

use crate::{Case, Place, cases, models::*, neutral, store::Store};

pub(super) const CASES: &[Case] = cases!["transactions":
    what_others_commit_is_seen_or_not needs MEETING,
    weaker_isolation_is_refused_by_name needs ALWAYS_SERIALIZABLE,
    the_engine_says_how_isolated needs MEETING,
    one_that_only_reads needs READ_ONLY,
    two_phases needs TWO_PHASES,
    two_phases_taken_back needs TWO_PHASES,
    what_is_prepared_is_closed needs TWO_PHASES,
    two_phases_of_nothing needs TWO_PHASES,
    a_first_phase_that_fails needs TWO_PHASES,
    what_is_prepared_outlives_its_session needs TWO_PHASES,
    what_is_prepared_outlives_its_connection needs TWO_PHASES_AND_KILL,
    two_phases_are_refused_by_name needs ONE_PHASE,
    one_phase_has_no_first,
];

fn shelf(at: &Place) -> Store {
    let mut store = at.store();
    store.add(Book::builder().title("a").pages(1));
    store.save();
    store.renew();
    store
}

fn pages(session: &mut Session) -> Vec<Option<i64>> {
    session.scalars(select(Book.pages).order_by(Book.id)).all().unwrap()
}

/// What was sent, as this database spells it; MariaDB and MySQL say it in front of the transaction.
fn begun(at: &Place, isolation: &str, read_only: bool) -> String {
    let (levels, only) = (format!("ISOLATION LEVEL {isolation}"), "READ ONLY");
    match at.dialect().name() {
        "postgres" if read_only => format!("BEGIN {levels} {only}"),
        "postgres" => format!("BEGIN {levels}"),
        _ if read_only => format!("SET TRANSACTION {levels}, {only}\nBEGIN"),
        _ => format!("SET TRANSACTION {levels}\nBEGIN"),
    }
}

fn what_others_commit_is_seen_or_not(at: &Place) {
    let mut store = shelf(at);
    let mut other = Session::new(&store.engine);
    for (isolation, sees) in [
        (Isolation::ReadCommitted, 2),
        (Isolation::RepeatableRead, 1),
        // Their locks are another matter: nobody writes here while it is under way.
        (Isolation::Serializable, 1),
    ] {
        store.sent();
        store.begin_with(Begin::new().isolation(isolation)).unwrap();
        assert_eq!(store.sent(), "", "the first statement begins it");
        assert_eq!(pages(&mut store), [Some(1)]);
        let begun = begun(at, &isolation.to_string(), false);
        assert!(store.sent().starts_with(&format!("{begun}\nSELECT")), "{begun}");
        if isolation != Isolation::Serializable {
            other.execute(update(Book).set(Book.pages, 2)).unwrap();
            other.commit().unwrap();
        }
        assert_eq!(pages(&mut store), [Some(sees)], "{isolation}");
        store.commit().unwrap();
        // The next one is as usual.
        other.execute(update(Book).set(Book.pages, 1)).unwrap();
        other.commit().unwrap();
        store.sent();
        assert_eq!(pages(&mut store), [Some(1)]);
        assert!(store.sent().starts_with("BEGIN\nSELECT"));
        store.rollback().unwrap();
    }
}

fn weaker_isolation_is_refused_by_name(at: &Place) {
    let mut store = shelf(at);
    store.begin_with(Begin::new().isolation(Isolation::ReadCommitted)).unwrap();
    let error = store.scalars(select(Book)).all().unwrap_err().to_string();
    assert!(error.contains(at.dialect().name()) && error.contains("READ COMMITTED"), "{error}");
    store.rollback().unwrap();
    store.begin_with(Begin::new().isolation(Isolation::Serializable)).unwrap();
    assert_eq!(pages(&mut store), [Some(1)]);
}

fn the_engine_says_how_isolated(at: &Place) {
    shelf(at);
    let engine = at.blocking(EngineOptions::new().isolation(Isolation::RepeatableRead));
    let mut store = Store::new(engine);
    let mut other = Session::new(&store.engine);
    for begin in [None, Some(Begin::new()), Some(Begin::new().read_only())] {
        begin.into_iter().for_each(|it| store.begin_with(it).unwrap());
        let before = pages(&mut store);
        other.execute(update(Book).set(Book.pages, Book.pages + 1)).unwrap();
        other.commit().unwrap();
        assert_eq!(pages(&mut store), before);
        store.rollback().unwrap();
        assert_ne!(pages(&mut store), before);
        store.rollback().unwrap();
    }
}

fn one_that_only_reads(at: &Place) {
    let mut store = shelf(at);
    let begin = Begin::new().isolation(Isolation::RepeatableRead).read_only();
    store.begin_with(begin).unwrap();
    let error = store.begin_with(begin).unwrap_err().to_string();
    assert!(error.contains("commit or roll it back first"), "{error}");
    let book = store.get_one(Book, 1).unwrap();
    assert!(store.sent().starts_with(&begun(at, "REPEATABLE READ", true)));
    book.borrow_mut().pages = Some(7);
    let added = store.add(Book::builder().title("b"));
    let error = store.flush().unwrap_err();
    assert_eq!(error.kind(), Some(Kind::ReadOnly), "{error}");
    // TX-12, TX-13: as after any flush that fails.
    assert_eq!((inspect(&added).state, book.borrow().pages), (State::Transient, Some(1)));
    assert!(matches!(store.flush(), Err(Error::PendingRollback(_))));
    store.rollback().unwrap();
    // The short form, and statements of one's own.
    store.begin_read_only().unwrap();
    let error = store.execute(delete(Book)).unwrap_err();
    assert_eq!(error.kind(), Some(Kind::ReadOnly), "{error}");
    store.rollback().unwrap();
    book.borrow_mut().pages = Some(7);
    store.commit().unwrap();
    assert_eq!(pages(&mut store), [Some(7)]);
}

/// A session that commits in two phases.
fn in_two_phases(engine: Engine) -> Store {
    let session = Session::with_options(&engine, SessionOptions::new().twophase(true));
    engine.log().start();
    Store { engine, session }
}

/// What was sent, without the names of transactions.
fn sent(store: &Store) -> String {
    let lines = neutral(store.engine.dialect(), &store.engine.log().take());
    let nameless = |line: String| match line.split_once('\'') {
        Some((start, rest)) if rest.starts_with("aludel_") => {
            let start = start.trim_end_matches(" E").trim_end();
            format!("{start} ?{}", rest.split_once('\'').map_or("", |it| it.1))
        }
        _ => line,
    };
    lines.into_iter().map(nameless).collect::<Vec<_>>().join("\n")
}

/// The statements of two phases, as this database spells them: until the first is over, and after.
fn phases(at: &Place, statements: &str, end: &str) -> [String; 2] {
    match at.dialect().name() {
        "postgres" => {
            [format!("BEGIN\n{statements}\nPREPARE TRANSACTION ?"), format!("{end} PREPARED ?")]
        }
        _ => [format!("XA START ?\n{statements}\nXA END ?\nXA PREPARE ?"), format!("XA {end} ?")],
    }
}

const INSERT: &str = "INSERT INTO book (title, pages, author_id) VALUES (?, ?, ?)";

// TX-20
fn two_phases(at: &Place) {
    let mut store = shelf(at);
    let mut one = in_two_phases(store.engine.clone());
    let mut two = in_two_phases(store.engine.clone());
    let mut begun = Vec::new();
    for (session, title) in [(&mut one, "b"), (&mut two, "c")] {
        let book = session.add(Book::builder().title(title));
        session.prepare().unwrap();
        begun.push((sent(session), inspect(&book).state, book));
    }
    let [before, after] = phases(at, INSERT, "COMMIT");
    for (sent, state, _) in &begun {
        assert_eq!((sent, *state), (&before, State::Persistent));
    }
    assert_eq!(pages(&mut store).len(), 1, "nobody else sees it yet");
    store.rollback().unwrap();
    for session in [&mut one, &mut two] {
        // A promise is made once.
        sent(session);
        session.prepare().unwrap();
        session.commit().unwrap();
        assert_eq!(sent(session), after);
    }
    assert_eq!(pages(&mut store).len(), 3);
    // Without a word about the phases it is the same, and a deletion is one.
    let book = &begun[0].2;
    sent(&one);
    one.delete(book).unwrap();
    one.commit().unwrap();
    let [before, after] = phases(at, "DELETE FROM book WHERE id = ?", "COMMIT");
    let sent = sent(&one);
    let deletes = sent.lines().filter(|it| !it.starts_with("SELECT") && !it.contains("book_tag"));
    assert_eq!(deletes.collect::<Vec<_>>().join("\n"), format!("{before}\n{after}"));
    assert_eq!(inspect(book).state, State::Detached);
    store.rollback().unwrap();
    assert_eq!(pages(&mut store).len(), 2);
}

fn two_phases_taken_back(at: &Place) {
    let mut store = shelf(at);
    for prepared in [false, true] {
        let mut session = in_two_phases(store.engine.clone());
        let book = session.get_one(Book, 1).unwrap();
        book.borrow_mut().pages = Some(7);
        let added = session.add(Book::builder().title("b"));
        match prepared {
            true => session.prepare().unwrap(),
            false => session.flush().unwrap(),
        }
        sent(&session);
        session.rollback().unwrap();
        // Only one that is prepared has to be told under which name.
        let undone = if prepared || at.dialect().name() != "postgres" {
            phases(at, "", "ROLLBACK")[1].clone()
        } else {
            "ROLLBACK".into()
        };
        assert_eq!(sent(&session).lines().last(), Some(&*undone));
        assert_eq!((inspect(&added).state, book.borrow().pages), (State::Transient, Some(1)));
        assert!(added.borrow().id.is_unset());
        assert_eq!(pages(&mut store), [Some(1)]);
        store.rollback().unwrap();
        // The same session again, with what was let go of.
        book.borrow_mut().pages = Some(8);
        session.add(&added);
        session.commit().unwrap();
        assert_eq!(pages(&mut store), [Some(8), None]);
        store.rollback().unwrap();
        session.delete(&added).unwrap();
        book.borrow_mut().pages = Some(1);
        session.commit().unwrap();
    }
}

fn what_is_prepared_is_closed(at: &Place) {
    let store = shelf(at);
    let mut session = in_two_phases(store.engine.clone());
    let book = session.add(Book::builder().title("b"));
    session.prepare().unwrap();
    sent(&session);
    let refused = |result: aludel::Result<()>| {
        let error = result.unwrap_err();
        assert!(matches!(error, Error::InvalidRequest(_)), "{error}");
        let text = error.to_string();
        assert!(text.contains("prepared: commit it or roll it back"), "{text}");
    };
    refused(session.flush());
    refused(session.get(Book, 99).map(drop));
    refused(session.scalars(select(Book)).all().map(drop));
    refused(session.stream_scalars(&select(Book)).map(drop));
    refused(session.execute(delete(Book)).map(drop));
    refused(session.refresh(&book));
    refused(session.delete(&book));
    refused(session.begin());
    refused(book.tags().load(&mut session).map(drop));
    assert_eq!(sent(&session), "");
    session.commit().unwrap();
    assert_eq!(session.scalars(select(Book)).all().unwrap().len(), 2);
}

fn two_phases_of_nothing(at: &Place) {
    let store = shelf(at);
    let mut session = in_two_phases(store.engine.clone());
    session.prepare().unwrap();
    session.commit().unwrap();
    assert_eq!(sent(&session), "");
    // What only read can be prepared, too.
    assert_eq!(pages(&mut session), [Some(1)]);
    session.prepare().unwrap();
    session.commit().unwrap();
    let error = session.begin_with(Begin::new().read_only()).unwrap_err().to_string();
    assert!(error.contains("isolation"), "{error}");
    session.begin().unwrap();
    session.add(Book::builder().title("b"));
    session.commit().unwrap();
    assert_eq!(pages(&mut session), [Some(1), None]);
}

// TX-22: what can't be flushed isn't prepared.
fn a_first_phase_that_fails(at: &Place) {
    let mut store = shelf(at);
    let mut session = in_two_phases(store.engine.clone());
    let good = session.add(Book::builder().title("b"));
    let bad = session.add(Book::builder().title("c").pages(-1));
    assert!(session.prepare().unwrap_err().integrity().is_some());
    assert!(matches!(session.commit(), Err(Error::PendingRollback(_))));
    session.rollback().unwrap();
    assert_eq!([&good, &bad].map(|it| inspect(it).state), [State::Transient; 2]);
    bad.borrow_mut().pages = Some(1);
    session.add_all([&good, &bad]);
    session.prepare().unwrap();
    session.commit().unwrap();
    assert_eq!(pages(&mut store).len(), 3);
}

/// The name under which something was prepared.
fn name(text: &str) -> String {
    let start = text.find("aludel_").unwrap();
    let is_name = |it: char| it.is_ascii_alphanumeric() || it == '_';
    let end = text[start..].find(|it| !is_name(it)).map_or(text.len(), |it| start + it);
    text[start..end].to_owned()
}

fn what_is_prepared_outlives_its_session(at: &Place) {
    let mut store = shelf(at);
    for keep in [true, false] {
        let mut session = in_two_phases(store.engine.clone());
        session.add(Book::builder().title("b"));
        session.prepare().unwrap();
        let log = session.engine.log().take();
        drop(session);
        // Nobody who uses the pool gets into it.
        assert_eq!(pages(&mut store).len(), if keep { 1 } else { 2 });
        store.rollback().unwrap();
        let name = name(&log.join("\n"));
        let mut connection = store.engine.connect().unwrap();
        match keep {
            true => until(|| connection.commit_prepared(&name)),
            false => until(|| connection.rollback_prepared(&name)),
        }
        drop(connection);
        assert_eq!(pages(&mut store).len(), 2);
        store.rollback().unwrap();
    }
}

fn what_is_prepared_outlives_its_connection(at: &Place) {
    let mut store = shelf(at);
    for keep in [true, false] {
        let mut session = in_two_phases(store.engine.clone());
        let book = session.add(Book::builder().title("b"));
        session.prepare().unwrap();
        at.kill();
        let error = session.commit().unwrap_err();
        assert_eq!(error.kind(), Some(Kind::ConnectionLost), "{error}");
        assert_eq!(inspect(&book).state, State::Persistent, "it is still promised");
        match keep {
            true => until(|| session.commit()),
            false => session.rollback().unwrap(),
        }
        let state = if keep { State::Persistent } else { State::Transient };
        assert_eq!(inspect(&book).state, state);
        store = Store::new(at.blocking(EngineOptions::new()));
        assert_eq!(pages(&mut store).len(), 2);
        store.rollback().unwrap();
    }
}

/// MariaDB lets nobody at what is prepared before it has noticed that its connection is gone.
fn until<E: std::fmt::Display>(mut act: impl FnMut() -> Result<(), E>) {
    let started = std::time::Instant::now();
    while let Err(error) = act() {
        assert!(started.elapsed() < std::time::Duration::from_secs(30), "{error}");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}

fn two_phases_are_refused_by_name(at: &Place) {
    let store = shelf(at);
    let mut session = in_two_phases(store.engine.clone());
    let book = session.add(Book::builder().title("b"));
    let error = session.prepare().unwrap_err().to_string();
    assert!(error.contains(at.dialect().name()) && error.contains("two phases"), "{error}");
    session.rollback().unwrap();
    assert_eq!(inspect(&book).state, State::Transient);
}

fn one_phase_has_no_first(at: &Place) {
    let mut store = shelf(at);
    let error = store.prepare().unwrap_err();
    assert!(matches!(error, Error::InvalidRequest(_)), "{error}");
    assert!(error.to_string().contains("SessionOptions::twophase"), "{error}");
}

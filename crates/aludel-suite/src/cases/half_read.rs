//! Streams with relationships that are left, fail, are dropped, or are long.

use aludel::{
    EngineOptions, Error, Session,
    blocking::{self, block_on},
    prelude::*,
    testing::wait_then_drop,
};
use futures_util::StreamExt;

use super::{
    portions::{all, authors, by_id},
    streaming::leaves,
    work::Data,
};
use crate::{
    Case, Place, cases,
    models::{tree::*, *},
    store::{author, book},
};

pub(super) const CASES: &[Case] = cases!["half_read":
    left_in_the_middle_of_a_portion,
    an_error_between_portions,
    a_promise_of_statements,
    objects_are_few needs SHARED,
];

/// Those that are async.
pub(super) const ASYNC: &[Case] = cases![async "half_read":
    async_portions needs SHARED,
    dropped_at_each_point needs SHARED,
];

// The transaction stays open, and the session goes on at once.
fn left_in_the_middle_of_a_portion(at: &Place) {
    for taken in 0..=7 {
        let mut store = authors(at, 7);
        store.execute(text("UPDATE author SET name = 'in this transaction'")).unwrap();
        let query = by_id().options(selectinload(Author.books)).yield_per(3);
        let stream = store.stream_scalars(&query).unwrap();
        let found: Vec<_> = stream.take(taken).map(Result::unwrap).collect();
        assert_eq!(found.len(), taken);
        for (number, author) in found.iter().enumerate() {
            assert_eq!(author.books().len().unwrap(), number);
            assert_eq!(author.borrow().name, "in this transaction");
        }
        let added = store.add(author("more"));
        let sum = select(func::count(Author.id));
        assert_eq!(store.scalars(sum).one().unwrap(), 8);
        if let Some(last) = found.last() {
            last.books().push(book("more"));
        }
        store.commit().unwrap();
        assert!(added.borrow().id.value().unwrap() > 7);
        store.renew();
    }
}

fn an_error_between_portions(at: &Place) {
    let mut store = at.store();
    let family = family();
    for n in 0..8 {
        let hub = store.add(hub(family));
        hub.leaves().extend((0..2).map(|it| leaf(family, 10 * n + it)));
    }
    store.save();
    store.renew();
    let query = select(Hub).order_by(Hub.id).options(selectinload(Hub.leaves)).yield_per(2);
    // A row that makes no sense, in the third portion.
    store.run("UPDATE leaf SET probe = -1 WHERE n = 50");
    let mut rows: Vec<_> = store.stream_scalars(&query).unwrap().collect();
    let error = rows.pop().unwrap().unwrap_err().to_string();
    assert!(error.contains("Leaf") && error.contains("probe"), "{error}");
    let good: Vec<_> = rows.into_iter().map(Result::unwrap).collect();
    assert_eq!(good.len(), 4, "what came before is whole");
    assert!(good.iter().all(|it| it.leaves().len().unwrap() == 2));
    // What was written before is there, until it is taken back.
    assert_eq!(store.number("SELECT count(*) FROM leaf WHERE probe = -1"), 1);
    store.rollback().unwrap();
    // One that the database refuses: nothing was written, and the session goes on.
    store.run("ALTER TABLE leaf RENAME COLUMN n TO m");
    store.save();
    let mut rows = store.stream_scalars(&query).unwrap();
    assert!(rows.next().unwrap().is_err());
    assert!(rows.next().is_none() && rows.next().is_none());
    drop(rows);
    assert_eq!(store.number("SELECT count(*) FROM hub"), 8);
    store.run("ALTER TABLE leaf RENAME COLUMN m TO n");
    drop(good);
    store.save();
    store.renew();
    assert_eq!(all(&mut store, &query).len(), 8);
    drop(store);
    assert_eq!(live(family), 0);
}

// A statement for each portion is a statement.
fn a_promise_of_statements(at: &Place) {
    let mut store = authors(at, 6);
    let query = by_id().options(selectinload(Author.books)).yield_per(2);
    let budget = store.budget(3);
    let rows: Vec<_> = store.stream_scalars(&query).unwrap().collect();
    assert_eq!(rows.len(), 5);
    assert!(matches!(rows[4], Err(Error::Budget(_))));
    assert_eq!(budget.left(), 0);
    drop(budget);
    store.sent();
    assert_eq!(all(&mut store, &query).len(), 6);
    assert_eq!(store.sent().lines().count(), 1 + 3);
}

/// Each leaf with a bit of its own.
fn bits(at: &Place, n: i64) -> i64 {
    let family = leaves(at, n);
    let mut session = blocking::Session::new(&at.blocking(EngineOptions::new()));
    let sql = "INSERT INTO bit (id, leaf_id, probe) SELECT id, id, probe FROM leaf";
    assert_eq!(session.execute(text(sql)).unwrap() as i64, n);
    session.commit().unwrap();
    family
}

/// So many objects at the most are there at once: those of a few portions, and of what was not swept yet.
const FEW: i64 = 6_000;

fn objects_are_few(at: &Place) {
    const ROWS: i64 = 30_000;
    let family = bits(at, ROWS);
    let mut session = blocking::Session::new(&at.blocking(EngineOptions::new()));
    let query = select(Leaf).order_by(Leaf.id).yield_per(300);
    let query = query.options((selectinload(Leaf.bits), selectinload(Leaf.hub)));
    let (mut count, mut kept) = (0, Vec::new());
    for leaf in session.stream_scalars(&query).unwrap() {
        let leaf = leaf.unwrap();
        count += 1;
        assert_eq!(leaf.bits().len().unwrap(), 1);
        assert!(leaf.hub().get().unwrap().is_some());
        if count % 10_000 == 1 {
            kept.push(leaf);
        }
    }
    assert_eq!(count, ROWS);
    assert!(peak(family) < FEW, "{} live at the most", peak(family));
    for leaf in &kept {
        let bit = leaf.bits().iter().unwrap().next().unwrap();
        assert!(bit.leaf().get().unwrap().unwrap().is(leaf));
    }
    drop((kept, session));
    assert_eq!(live(family), 0);
}

fn async_portions(at: &Place) {
    let family = bits(at, 5_000);
    let engine = at.engine();
    block_on(async {
        let mut session = Session::new(&engine);
        session.execute(text("UPDATE leaf SET n = 0 WHERE id = 1")).await.unwrap();
        let first = session.get_one(Leaf, 1).await.unwrap();
        let query = select(Leaf).order_by(Leaf.id).yield_per(300);
        let query = query.options((selectinload(Leaf.bits), joinedload(Leaf.hub)));
        let mut stream = session.stream_scalars(&query).await.unwrap();
        let (mut count, mut hub) = (0, None);
        while let Some(leaf) = stream.next().await {
            let leaf = leaf.unwrap();
            count += 1;
            assert_eq!(leaf.is(&first), count == 1);
            assert_eq!(leaf.bits().len().unwrap(), 1);
            let own = leaf.hub().get().unwrap().unwrap();
            assert!(hub.get_or_insert(own.clone()).is(&own), "one object a key");
        }
        drop(stream);
        assert_eq!(count, 5_000);
        // The transaction is still the same.
        session.rollback().await.unwrap();
        session.fresh(&first).await.unwrap();
        assert_eq!(first.borrow().n, 1);
    });
    assert!(peak(family) < FEW, "{} live at the most", peak(family));
    assert_eq!(live(family), 0);
}

// A future that is dropped at any point ends nothing: the stream goes on, or the session does.
fn dropped_at_each_point(at: &Place) {
    let query = select(Leaf).order_by(Leaf.id).options(selectinload(Leaf.bits)).yield_per(1);
    let data = Data::new(at);
    let (engine, _) = data.pending();
    for points in 0.. {
        let mut session = Session::new(&engine);
        let mut stream = block_on(session.stream_scalars(&query)).unwrap();
        let mut found = Vec::new();
        let early = wait_then_drop(stream.next(), points);
        let done = early.is_some();
        let mut next = early.unwrap_or_else(|| block_on(stream.next()));
        while let Some(leaf) = next {
            found.push(leaf.unwrap());
            next = block_on(stream.next());
        }
        drop(stream);
        assert_eq!(found.len(), 3, "dropped at {points}");
        assert!(found.iter().all(|it| it.bits().is_loaded()));
        // The same, but the stream is dropped with it.
        let mut stream = block_on(session.stream_scalars(&query)).unwrap();
        drop(wait_then_drop(stream.next(), points));
        drop(stream);
        found[0].borrow_mut().n += 1;
        block_on(session.flush()).unwrap();
        let sum = block_on(session.scalars(select(func::count(Leaf.id))).one()).unwrap();
        assert_eq!(sum, 3, "dropped at {points}");
        if done {
            assert!(points > 2);
            break;
        }
    }
}

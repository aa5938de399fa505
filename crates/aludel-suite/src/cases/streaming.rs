//! Streams: memory is flat however many rows there are, on both faces.

use aludel::{
    EngineOptions, Session,
    blocking::{self, block_on},
    prelude::*,
};
use futures_util::StreamExt;

use super::work::is_long;
use crate::{Case, Place, cases, models::tree::*};

pub(super) const CASES: &[Case] = cases!["streaming":
    blocking_streams_are_flat needs SHARED,
    a_stream_stops_at_a_row_that_makes_no_sense needs SHARED,
    objects_of_a_stream_are_the_sessions needs SHARED,
];

/// Those that are async.
pub(super) const ASYNC: &[Case] = cases![async "streaming":
    async_streams_are_flat needs SHARED,
    a_stream_may_be_left_early needs SHARED,
];

/// Of so few objects at a time consists "flat".
const FLAT: i64 = 12_000;

/// Of so many KiB at the most grows the process while it reads what would fill many times as much;
/// other cases run beside it.
const GROWTH: i64 = 256 * 1024;

/// So many rows at the most are made by one statement: SQLite keeps them in memory before it writes them to
/// the table that they are read from, and cases that measure memory run beside each other.
const AT_ONCE: i64 = 100_000;

fn rows() -> i64 {
    if is_long() { 10_000_000 } else { 200_000 }
}

/// How much memory the process has, in KiB; nothing where the system doesn't say.
fn memory() -> i64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|it| it.strip_prefix("VmRSS:"));
    line.and_then(|it| it.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

/// How memory grows from a tenth of the rows on: it is looked at after each other tenth.
#[derive(Default)]
struct Growth {
    before: i64,
    most: i64,
}

impl Growth {
    fn look(&mut self, count: i64) {
        let tenth = rows() / 10;
        if count == tenth {
            self.before = memory();
        } else if count % tenth == 0 {
            self.most = self.most.max(memory() - self.before);
        }
    }

    fn check(&self) {
        // So few rows as there are without `ALUDEL_LONG` would fit.
        let fits = !is_long() || self.most < GROWTH;
        assert!(fits, "{} KiB on {} KiB", self.most, self.before);
        println!("{} rows: {} KiB, and {} KiB more", rows(), self.before, self.most);
    }
}

/// Fills the database with so many leaves of a family of their own, on one hub.
pub(super) fn leaves(at: &Place, n: i64) -> i64 {
    at.empty();
    let family = family();
    let mut session = blocking::Session::new(&at.blocking(EngineOptions::new()));
    let hub = session.add(hub(family));
    hub.leaves().push(leaf(family, 1));
    session.commit().unwrap();
    let mut there = 1;
    while there < n {
        let sql = "INSERT INTO leaf (id, hub_id, n, probe) \
                   SELECT id + :there, hub_id, id + :there, probe FROM leaf WHERE id <= :left";
        let sql = text(sql).bind("there", there).bind("left", (n - there).min(AT_ONCE));
        there += session.execute(sql).unwrap() as i64;
    }
    session.commit().unwrap();
    family
}

fn blocking_streams_are_flat(at: &Place) {
    let family = leaves(at, rows());
    let engine = at.blocking(EngineOptions::new());
    let mut session = blocking::Session::new(&engine);
    let mut kept = Vec::new();
    let (mut count, mut sum, mut growth) = (0, 0, Growth::default());
    for leaf in session.stream_scalars(&select(Leaf).order_by(Leaf.id)).unwrap() {
        let leaf = leaf.unwrap();
        count += 1;
        growth.look(count);
        sum += leaf.borrow().n;
        if count % 50_000 == 1 && kept.len() < 4 {
            kept.push(leaf);
        }
    }
    assert_eq!((count, sum), (rows(), rows() * (rows() + 1) / 2));
    assert!(peak(family) < FLAT, "{} live at the most", peak(family));
    growth.check();
    for (place, leaf) in kept.iter().enumerate() {
        let id = place as i64 * 50_000 + 1;
        assert_eq!(leaf.borrow().n, id);
        assert!(session.get(Leaf, id).unwrap().unwrap().is(leaf), "one object a key");
    }
    drop((kept, session));
    assert_eq!(live(family), 0);
}

fn async_streams_are_flat(at: &Place) {
    let family = leaves(at, rows());
    let engine = at.engine();
    block_on(async {
        let mut session = Session::new(&engine);
        // Within a transaction that has written.
        session.execute(text("UPDATE leaf SET n = 0 WHERE id = 1")).await.unwrap();
        let first = session.get_one(Leaf, 1).await.unwrap();
        assert_eq!(first.borrow().n, 0);
        let (mut count, mut growth) = (0, Growth::default());
        let all = select(Leaf).order_by(Leaf.id);
        let mut stream = session.stream_scalars(&all).await.unwrap();
        while let Some(leaf) = stream.next().await {
            let leaf = leaf.unwrap();
            count += 1;
            growth.look(count);
            assert_eq!(leaf.is(&first), count == 1, "one object a key");
        }
        assert!(stream.next().await.is_none());
        drop(stream);
        assert_eq!(count, rows());
        assert!(peak(family) < FLAT, "{} live at the most", peak(family));
        growth.check();
        // The transaction is still the same.
        session.rollback().await.unwrap();
        session.fresh(&first).await.unwrap();
        assert_eq!(first.borrow().n, 1);
    });
    assert_eq!(live(family), 0);
}

fn a_stream_may_be_left_early(at: &Place) {
    let family = leaves(at, 20_000);
    let engine = at.engine();
    block_on(async {
        let mut session = Session::new(&engine);
        for taken in [0, 1, 511, 512, 513, 3000] {
            let added = session.add(hub(family));
            let mut stream = session.stream_scalars(&select(Leaf)).await.unwrap();
            let mut last = None;
            for _ in 0..taken {
                last = Some(stream.next().await.unwrap().unwrap());
            }
            drop(stream);
            // The session is used on at once, in the same transaction.
            let id = added.borrow().id.value().unwrap();
            assert!(session.get(Hub, id).await.unwrap().unwrap().is(&added));
            if let Some(last) = last {
                last.borrow_mut().n = -taken;
                session.flush().await.unwrap();
            }
            let hubs: Vec<i64> = session.scalars(select(Hub.id)).all().await.unwrap();
            assert!(hubs.contains(&id));
            session.rollback().await.unwrap();
        }
        assert_eq!(session.scalars(select(func::count(Hub.id))).one().await.unwrap(), 1);
    });
    let engine = at.blocking(EngineOptions::new());
    let mut session = blocking::Session::new(&engine);
    for taken in [0, 1, 600] {
        let stream = session.stream_scalars(&select(Leaf)).unwrap();
        assert_eq!(stream.take(taken).filter(|it| it.is_ok()).count(), taken);
        assert_eq!(session.scalars(select(func::count(Leaf.id))).one().unwrap(), 20_000);
    }
    drop(session);
    assert_eq!(live(family), 0);
}

fn a_stream_stops_at_a_row_that_makes_no_sense(at: &Place) {
    let family = leaves(at, 2000);
    let engine = at.blocking(EngineOptions::new());
    let mut session = blocking::Session::new(&engine);
    session.execute(text("UPDATE leaf SET probe = -1 WHERE id = 1500")).unwrap();
    let rows: Vec<_> = session.stream_scalars(&select(Leaf)).unwrap().collect();
    let error = rows.last().unwrap().as_ref().unwrap_err().to_string();
    assert!(error.contains("Leaf") && error.contains("probe"), "{error}");
    assert!(rows[..rows.len() - 1].iter().all(Result::is_ok));
    drop(rows);
    session.rollback().unwrap();
    assert_eq!(session.stream_scalars(&select(Leaf)).unwrap().count(), 2000);
    drop(session);
    assert_eq!(live(family), 0);
}

// A stream takes no lock that its consumer could need: objects are changed and linked on the way.
fn objects_of_a_stream_are_the_sessions(at: &Place) {
    let family = leaves(at, 3000);
    let engine = at.blocking(EngineOptions::new());
    let mut session = blocking::Session::new(&engine);
    for leaf in session.stream_scalars(&select(Leaf)).unwrap() {
        let leaf = leaf.unwrap();
        if leaf.borrow().n % 1000 == 0 {
            leaf.borrow_mut().n = -1;
            leaf.bits().push(bit(family));
        }
    }
    session.commit().unwrap();
    let changed = select(func::count(Leaf.id)).filter(Leaf.n.eq(-1));
    assert_eq!(session.scalars(changed).one().unwrap(), 3);
    assert_eq!(session.scalars(select(func::count(Bit.id))).one().unwrap(), 3);
    drop(session);
    assert_eq!(live(family), 0);
}

//! No leaks and no pins, proven by a column that counts its live instances.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(missing_docs, reason = "a test's models speak for themselves")]

#[path = "support/proofs.rs"]
mod proofs;

use aludel::{
    blocking::{Engine, Session},
    prelude::*,
};
use proofs::*;

fn database() -> Engine {
    let engine = Engine::new("sqlite::memory:").unwrap();
    Base::metadata().create_all(&engine).unwrap();
    engine
}

/// A file, where several sessions are open at once.
fn file() -> (tempfile::TempDir, Engine) {
    let directory = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", directory.path().join("x.db").display());
    let engine = Engine::new(&url).unwrap();
    Base::metadata().create_all(&engine).unwrap();
    (directory, engine)
}

// Trap 2: no cycle keeps a transient graph alive that no session ever saw.
#[test]
fn transient_cycles_are_freed() {
    let hub = tree(0, 100);
    assert_eq!(live(0), 201);
    assert!(hub.leaves().iter().unwrap().all(|it| it.hub().get().unwrap().unwrap().is(&hub)));
    drop(hub);
    assert_eq!(live(0), 0);
}

// Any handle on any part keeps all of it readable, and the last one frees it.
#[test]
fn a_graph_lives_as_long_as_any_handle_on_any_part() {
    let hub = tree(1, 50);
    let bit = hub.leaves().iter().unwrap().nth(30).unwrap().bits().iter().unwrap().next().unwrap();
    drop(hub);
    let hub = bit.leaf().get().unwrap().unwrap().hub().get().unwrap().unwrap();
    assert_eq!(hub.leaves().len().unwrap(), 50);
    assert_eq!(hub.leaves().iter().unwrap().map(|it| it.borrow().n).sum::<i64>(), 49 * 50 / 2);
    assert_eq!(live(1), 101);
    drop((hub, bit));
    assert_eq!(live(1), 0);
}

#[test]
fn sessions_free_what_they_held() {
    let engine = database();
    let mut session = Session::new(&engine);
    let hub = session.add(tree(2, 100));
    session.commit().unwrap();
    drop(hub);
    hub_of(&mut session, 100);
    drop(session);
    assert_eq!(live(2), 0, "persistent, both sides linked");

    let mut session = Session::new(&engine);
    session.add(tree(2, 10));
    drop(session);
    assert_eq!(live(2), 0, "pending");

    let mut session = Session::new(&engine);
    let hubs = session.scalars(select(Hub).options(selectinload(Hub.leaves))).all().unwrap();
    hubs[0].borrow_mut().name = "changed".into();
    hubs[0].leaves().iter().unwrap().for_each(|it| it.borrow_mut().n += 1);
    session.flush().unwrap();
    hubs[0].leaves().iter().unwrap().for_each(|it| it.borrow_mut().n += 1);
    drop(hubs);
    drop(session);
    assert_eq!(live(2), 0, "changed, flushed and changed again");
}

fn hub_of(session: &mut Session, leaves: usize) {
    let hub = session.scalars(select(Hub)).one().unwrap();
    assert_eq!(hub.leaves().load(session).unwrap().len(), leaves);
}

#[test]
fn detached_graphs_stay_readable_and_are_freed() {
    let engine = database();
    let mut session = Session::new(&engine);
    session.add(tree(3, 40));
    session.commit().unwrap();
    drop(session);

    let mut session = Session::new(&engine);
    let hub = session.scalars(select(Hub).options(selectinload(Hub.leaves))).one().unwrap();
    let leaf = hub.leaves().iter().unwrap().nth(7).unwrap();
    drop(hub);
    drop(session);
    assert_eq!(inspect(&leaf).state, aludel::State::Detached);
    let hub = leaf.hub().get().unwrap().unwrap();
    assert_eq!(hub.leaves().len().unwrap(), 40);
    assert_eq!(hub.borrow().name, "hub");
    let others: Vec<_> = hub.leaves().iter().unwrap().collect();
    std::thread::spawn(move || assert_eq!(others.len(), 40)).join().unwrap();
    assert!(leaf.bits().iter().is_err(), "what was not loaded is not known");
    drop((leaf, hub));
    assert_eq!(live(3), 0);
}

// Trap 2: a handle that lives for ever doesn't pin a dead session's other objects.
#[test]
fn a_static_handle_pins_its_own_alone() {
    let engine = database();
    let mut session = Session::new(&engine);
    // One of a chunk of its own, and many others that nothing links with it.
    let kept = session.add(hub(4));
    for _ in 0..100 {
        session.add(tree(4, 20));
    }
    session.commit().unwrap();
    drop(session);
    assert!(live(4) <= 100, "{} live", live(4));

    // Handles on others that outlive the session go one by one.
    let mut session = Session::new(&engine);
    let mut others = Vec::new();
    for id in 1..=101 {
        others.push(session.get(Hub, id).unwrap().unwrap());
    }
    let first = others.remove(0);
    drop(session);
    assert_eq!(first.borrow().id, kept.borrow().id);
    let before = live(4);
    drop(others);
    assert!(live(4) <= before - 45, "{} of {before} left", live(4));
    drop((first, kept));
    assert_eq!(live(4), 0);
}

// Trap 17: marks are numbers of sweeps, and merged graphs have swept a different number of times.
#[test]
fn merging_graphs_of_different_sweeps_loses_nothing() {
    let (_directory, engine) = file();
    let mut setup = Session::new(&engine);
    setup.add(tree(5, 30));
    setup.add(tree(5, 30));
    setup.commit().unwrap();
    drop(setup);
    for (first, second) in (0..6).flat_map(|first| (0..6).map(move |second| (first, second))) {
        let load = |id: i64, sweeps: usize| {
            let mut session = Session::new(&engine);
            let by_id = select(Hub).filter(Hub.id.eq(id)).options(selectinload(Hub.leaves));
            let hub = session.scalars(by_id).one().unwrap();
            // Each is a sweep of that graph.
            (0..sweeps).for_each(|_| session.expunge_all());
            hub
        };
        let (left, right) = (load(1, first), load(2, second));
        let foreign = left.leaves().iter().unwrap().next().unwrap();
        right.leaves().push(&foreign);
        drop((left, foreign));
        // Each new leaf's handle dies at once, so that the graph is swept again and again. All but
        // one object is held by links alone.
        for _ in 0..40 {
            right.leaves().push(leaf(5, 0));
        }
        let leaves: Vec<_> = right.leaves().iter().unwrap().collect();
        assert_eq!(leaves.len(), 71, "{first} and {second} sweeps");
        assert!(leaves.iter().all(|it| it.hub().get().unwrap().unwrap().is(&right)));
        assert_eq!(leaves.iter().filter(|it| it.borrow().n >= 0).count(), 71);
        drop((right, leaves));
        assert_eq!(live(5), 0, "{first} and {second} sweeps");
    }
}

// A long way to the root would be walked at every access: it stays short for ever.
#[test]
fn a_handle_may_pass_through_many_sessions() {
    let engine = database();
    let mut session = Session::new(&engine);
    let kept = session.add(hub(6));
    session.commit().unwrap();
    drop(session);
    for _ in 0..500 {
        let mut session = Session::new(&engine);
        let others: Vec<_> = (0..3).map(|_| session.add(hub(6))).collect();
        session.add(&kept);
        session.rollback().unwrap();
        drop(others);
        session.add(&kept);
        drop(session);
    }
    assert_eq!(kept.borrow().name, "hub");
    assert!(live(6) <= 4, "{} live", live(6));
    drop(kept);
    assert_eq!(live(6), 0);
}

// Dropped flat: on a small stack.
#[test]
fn a_long_chain_drops_without_depth() {
    let thread = std::thread::Builder::new().stack_size(256 * 1024);
    let chain = || {
        let first = Obj::new(node(7));
        let mut last = first.clone();
        for _ in 1..100_000 {
            last = last.children().push(node(7));
        }
        assert_eq!(live(7), 100_000);
        drop(first);
        assert_eq!(live(7), 100_000);
        drop(last);
        assert_eq!(live(7), 0);
    };
    thread.spawn(chain).unwrap().join().unwrap();
}

// Trap 10: linear; were it quadratic, 100,000 would not end.
#[test]
fn a_hub_of_many_is_linear() {
    watched(60, || {
        let hub = Obj::new(hub(8));
        for n in 0..100_000 {
            hub.leaves().push(leaf(8, n));
        }
        assert_eq!(hub.leaves().len().unwrap(), 100_000);
        // Read one by one through a chunk that nobody else holds: no sweep a read.
        let leaves: Vec<_> = hub.leaves().iter().unwrap().collect();
        drop(hub);
        for leaf in &leaves {
            assert!(leaf.hub().is_loaded());
            drop(leaf.hub().get().unwrap());
        }
        drop(leaves);
        assert_eq!(live(8), 0);
    });
}

#[derive(Mapped)]
#[table("album")]
pub struct Album {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[relationship]
    pub pictures: Many<Picture>,
}

#[derive(Mapped)]
#[table("picture")]
pub struct Picture {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[column(foreign_key = Album.id)]
    pub album_id: Option<i64>,
}

fn picture() -> Picture {
    Picture { id: Auto::default(), album_id: None }
}

// Also where the other side doesn't know, and where the collection isn't loaded.
#[test]
fn any_hub_of_many_is_linear() {
    watched(60, || {
        let engine = database();
        let mut session = Session::new(&engine);
        let album = session.add(Album { id: Auto::default(), pictures: Many::new() });
        let hub = session.add(hub(11));
        for _ in 0..50_000 {
            album.pictures().push(picture());
        }
        session.commit().unwrap();
        drop((album, hub, session));
        let mut session = Session::new(&engine);
        let album = session.get_one(Album, 1).unwrap();
        let hub = session.get_one(Hub, 1).unwrap();
        let one = album.pictures().push(picture());
        album.pictures().push(&one);
        for n in 0..50_000 {
            album.pictures().push(picture());
            hub.leaves().push(leaf(11, n));
        }
        assert_eq!(album.pictures().load(&mut session).unwrap().len(), 100_001);
        album.pictures().remove(&one).unwrap();
        album.pictures().push(&one);
        album.pictures().push(&one);
        assert_eq!(album.pictures().len().unwrap(), 100_001);
        session.commit().unwrap();
        assert_eq!(hub.leaves().load(&mut session).unwrap().len(), 50_000);
        let count = session.scalars(select(func::count(Picture.album_id))).one().unwrap();
        assert_eq!(count, 100_001);
        album.pictures().set(Vec::<Obj<Picture>>::new());
        session.rollback().unwrap();
        drop((album, hub, one, session));
        assert_eq!(live(11), 0);
    });
}

#[test]
fn the_identity_map_lets_go_of_what_nobody_holds() {
    let engine = database();
    let mut session = Session::new(&engine);
    let hub = session.add(tree(9, 0));
    for n in 0..20_000 {
        hub.leaves().push(leaf(9, n));
    }
    session.commit().unwrap();
    drop(hub);
    drop(session);
    assert_eq!(live(9), 0);

    let mut session = Session::new(&engine);
    let mut kept = Vec::new();
    for batch in 0..200 {
        let few = select(Leaf).order_by(Leaf.id).limit(100).offset(batch * 100);
        let mut leaves = session.scalars(few).all().unwrap();
        assert_eq!(leaves.len(), 100);
        if batch % 50 == 0 {
            // The first of a result stands in a chunk of its own.
            kept.push(leaves.swap_remove(0));
        }
    }
    assert!(peak(9) <= 20_001 + 1, "{}", peak(9));
    assert!(live(9) < 10_000, "{} live", live(9));
    for leaf in &kept {
        let id = leaf.borrow().id.value().unwrap();
        assert!(session.get(Leaf, id).unwrap().unwrap().is(leaf), "one object a key");
    }
    drop(kept);
    drop(session);
    assert_eq!(live(9), 0);
}

// A change that nobody holds is written all the same.
#[test]
fn changes_that_nobody_holds_are_kept() {
    let engine = database();
    let mut session = Session::new(&engine);
    for n in 0..200 {
        session.add(tree(10, 1)).leaves().iter().unwrap().for_each(|it| it.borrow_mut().n = n);
    }
    session.commit().unwrap();
    session.expunge_all();
    session.get(Leaf, 5).unwrap().unwrap().borrow_mut().n = 1000;
    for id in 1..=200 {
        session.get(Hub, id).unwrap().unwrap();
    }
    session.commit().unwrap();
    let text = text("SELECT count(*) FROM leaf WHERE n = 1000").rows::<(i64,)>();
    assert_eq!(session.execute(text).all().unwrap(), [(1,)]);
    drop(session);
    assert_eq!(live(10), 0);
}

// Design 7: memory by construction.
#[test]
fn sizes() {
    use std::mem::size_of;
    assert_eq!(size_of::<Obj<Hub>>(), 16);
    assert_eq!(size_of::<Option<Obj<Hub>>>(), 16);
    assert_eq!(size_of::<Many<Leaf>>(), 0);
    assert_eq!(size_of::<One<Leaf>>(), 0);
    assert!(size_of::<aludel::Error>() <= 32, "{}", size_of::<aludel::Error>());
    assert!(size_of::<aludel_engine::Error>() <= 32, "{}", size_of::<aludel_engine::Error>());
}

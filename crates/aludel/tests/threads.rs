//! Handles in other threads while the session works: no panic, no deadlock, no lost update.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(missing_docs, reason = "a test's models speak for themselves")]

#[path = "support/proofs.rs"]
mod proofs;

use std::{
    sync::{
        Arc, Barrier,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
    thread,
};

use aludel::{
    State,
    blocking::{self, block_on},
    prelude::*,
};
use proofs::*;

fn file() -> (tempfile::TempDir, blocking::Engine, String) {
    let directory = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", directory.path().join("x.db").display());
    let engine = blocking::Engine::new(&url).unwrap();
    Base::metadata().create_all(&engine).unwrap();
    (directory, engine, url)
}

fn runs() -> usize {
    if is_long() { 300 } else { 30 }
}

/// A number that is different each time.
fn next(seed: &mut u64) -> u64 {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    *seed
}

// Lock order: slot, then the chunk's list, then the graph.
#[test]
fn handles_are_used_everywhere_while_the_session_works() {
    watched(240, || {
        let (_directory, engine, _) = file();
        let mut session = blocking::Session::new(&engine);
        for _ in 0..5 {
            session.add(tree(0, 12));
        }
        session.commit().unwrap();
        drop(session);
        for run in 0..runs() {
            stress(&engine, run as u64);
            assert_eq!(live(0), 0, "run {run}");
        }
    });
}

fn stress(engine: &blocking::Engine, run: u64) {
    let mut session = blocking::Session::new(engine);
    let hubs: Vec<Obj<Hub>> =
        session.scalars(select(Hub).options(selectinload(Hub.leaves))).all().unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    let start = Arc::new(Barrier::new(4));
    let threads: Vec<_> = (0..3)
        .map(|kind| {
            let (hubs, stop, start) = (hubs.clone(), Arc::clone(&stop), Arc::clone(&start));
            thread::spawn(move || {
                start.wait();
                let mut seed = run * 31 + kind + 1;
                while !stop.load(Ordering::Relaxed) {
                    use_handles(kind, &hubs, &mut seed);
                }
            })
        })
        .collect();
    start.wait();
    let mut seed = run + 7;
    for _ in 0..15 {
        match next(&mut seed) % 6 {
            0 => session.rollback().unwrap(),
            1 => session.commit().unwrap(),
            2 => {
                let id = 1 + next(&mut seed) as i64 % 5;
                if let Some(hub) = session.get(Hub, id).unwrap() {
                    hub.leaves().load(&mut session).unwrap();
                }
            }
            3 => {
                for leaf in session.scalars(select(Leaf)).all().unwrap() {
                    leaf.bits().load(&mut session).unwrap();
                }
            }
            4 => {
                let added = session.add(tree(0, 3));
                session.flush().unwrap();
                drop(added);
                session.rollback().unwrap();
            }
            _ => session.flush().unwrap(),
        }
    }
    drop(session);
    stop.store(true, Ordering::Relaxed);
    threads.into_iter().for_each(|it| it.join().unwrap());
    // The detached graph is whole, but for what was read again.
    for hub in &hubs {
        for leaf in hub.leaves().iter().into_iter().flatten() {
            assert!(
                leaf.hub().get().is_ok_and(|it| it.unwrap().is(hub)) || !leaf.hub().is_loaded()
            );
        }
    }
}

fn use_handles(kind: u64, hubs: &[Obj<Hub>], seed: &mut u64) {
    let hub = &hubs[next(seed) as usize % hubs.len()];
    match kind {
        // Reads, with one guard while others are taken.
        0 => {
            let name = hub.borrow();
            assert_eq!(name.name, "hub");
            if let Ok(leaves) = hub.leaves().iter() {
                for leaf in leaves {
                    assert!(leaf.borrow().n >= 0);
                    if let Ok(Some(other)) = leaf.hub().get() {
                        drop(other);
                    }
                    let _ = leaf.bits().len();
                    let _ = format!("{leaf:?}");
                    let _ = inspect(&leaf);
                }
            }
        }
        // Writes.
        1 => {
            let Ok(mut leaves) = hub.leaves().iter() else { return };
            if let Some(leaf) = leaves.next() {
                leaf.borrow_mut().n += 1;
            }
        }
        // Moves members to and fro, and makes and drops graphs.
        _ => {
            let other = &hubs[next(seed) as usize % hubs.len()];
            if let Ok(mut leaves) = hub.leaves().iter()
                && let Some(leaf) = leaves.next()
            {
                other.leaves().push(&leaf);
                hub.leaves().push(&leaf);
            }
            drop(tree(0, 2));
        }
    }
}

// Each change is in this flush or in the next, whenever it comes.
#[test]
fn no_update_of_another_thread_is_lost() {
    watched(240, || {
        let (_directory, engine, url) = file();
        let mut session = blocking::Session::new(&engine);
        session.add(tree(1, 40));
        session.commit().unwrap();
        drop((session, engine));
        for _ in 0..runs() {
            count_up(&url);
        }
    });
}

fn count_up(url: &str) {
    let engine = Engine::new(url).unwrap();
    let mut session = Session::new(&engine);
    block_on(session.execute(text("UPDATE leaf SET n = 0"))).unwrap();
    block_on(session.commit()).unwrap();
    let leaves = block_on(session.scalars(select(Leaf)).all()).unwrap();
    assert!(leaves.iter().all(|it| it.borrow().n == 0));
    let stop = Arc::new(AtomicBool::new(false));
    let total = Arc::new(AtomicI64::new(0));
    let threads: Vec<_> = (0..2)
        .map(|thread| {
            let (leaves, stop, total) = (leaves.clone(), Arc::clone(&stop), Arc::clone(&total));
            thread::spawn(move || {
                let mut seed = thread + 1;
                while !stop.load(Ordering::Relaxed) {
                    leaves[next(&mut seed) as usize % leaves.len()].borrow_mut().n += 1;
                    total.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    for commit in 0..30 {
        let done =
            if commit % 3 == 0 { block_on(session.commit()) } else { block_on(session.flush()) };
        done.unwrap();
    }
    stop.store(true, Ordering::Relaxed);
    threads.into_iter().for_each(|it| it.join().unwrap());
    block_on(session.commit()).unwrap();
    let sum = block_on(session.scalars(select(func::sum(Leaf.n))).one()).unwrap();
    assert_eq!(sum, Some(total.load(Ordering::Relaxed)));
}

// Links of another thread during a flush are the next flush's.
#[test]
fn no_link_of_another_thread_is_lost() {
    watched(240, || {
        for run in 0..runs() {
            let (_directory, setup, url) = file();
            let mut session = blocking::Session::new(&setup);
            session.add_all([hub(2), hub(2)]);
            session.commit().unwrap();
            drop(session);
            let engine = Engine::new(&url).unwrap();
            let mut session = Session::new(&engine);
            let hubs =
                block_on(session.scalars(select(Hub).options(selectinload(Hub.leaves))).all())
                    .unwrap();
            let owner = hubs[0].clone();
            let pushed = thread::spawn(move || {
                let mut leaves = Vec::new();
                for n in 0..60 {
                    leaves.push(owner.leaves().push(leaf(2, n)));
                    if n % 20 == 19 {
                        thread::yield_now();
                    }
                }
                leaves
            });
            for _ in 0..5 {
                block_on(session.commit()).unwrap();
            }
            let leaves = pushed.join().unwrap();
            // Members that have a row move, while the session commits.
            let (other, moving) = (hubs[1].clone(), leaves.clone());
            let moved = thread::spawn(move || {
                moving.iter().for_each(|it| drop(other.leaves().push(it)));
            });
            for _ in 0..5 {
                block_on(session.commit()).unwrap();
            }
            moved.join().unwrap();
            block_on(session.commit()).unwrap();
            let count = text("SELECT count(*) FROM leaf WHERE hub_id = 2").rows::<(i64,)>();
            assert_eq!(block_on(session.execute(count).all()).unwrap(), [(60,)], "run {run}");
            assert!(leaves.iter().all(|it| it.borrow().hub_id == 2), "run {run}");
            assert_eq!(hubs[1].leaves().len().unwrap(), 60);
        }
    });
}

// A chunk whose touched objects were deleted or expunged still reports its others' changes.
#[test]
fn a_change_beside_a_deleted_one_is_written() {
    let (_directory, engine, _) = file();
    let mut session = blocking::Session::new(&engine);
    session.add(tree(3, 10));
    session.commit().unwrap();
    drop(session);
    for leave in [true, false] {
        let mut session = blocking::Session::new(&engine);
        let leaves = session.scalars(select(Leaf).order_by(Leaf.id.desc())).all().unwrap();
        let mut rest = leaves.iter().rev();
        let (gone, stays) = (rest.next().unwrap(), rest.next().unwrap());
        gone.borrow_mut().n = 77;
        if leave {
            session.expunge(gone).unwrap();
        } else {
            session.delete(gone).unwrap();
        }
        session.flush().unwrap();
        stays.borrow_mut().n = 99;
        session.commit().unwrap();
        let id = stays.borrow().id.value().unwrap();
        drop(session);
        let mut fresh = blocking::Session::new(&engine);
        assert_eq!(fresh.get_one(Leaf, id).unwrap().borrow().n, 99, "expunged: {leave}");
    }
}

// A guard on the session's own thread refuses a flush and a rollback, and changes nothing.
#[test]
fn a_borrow_held_over_a_rollback_is_an_error() {
    let (_directory, engine, _) = file();
    let mut session = blocking::Session::new(&engine);
    let hub = session.add(tree(4, 2));
    session.commit().unwrap();
    hub.borrow_mut().name = "changed".into();
    let guard = hub.borrow();
    assert!(matches!(session.rollback(), Err(aludel::Error::Borrowed(_))));
    assert_eq!(guard.name, "changed");
    drop(guard);
    let guard = hub.borrow_mut();
    assert!(matches!(session.flush(), Err(aludel::Error::Borrowed(_))));
    drop(guard);
    session.rollback().unwrap();
    assert_eq!(hub.borrow().name, "hub");
    // The same behind a flush.
    hub.borrow_mut().name = "changed".into();
    session.flush().unwrap();
    let guard = hub.borrow();
    assert!(matches!(session.rollback(), Err(aludel::Error::Borrowed(_))));
    drop(guard);
    session.rollback().unwrap();
    assert_eq!(hub.borrow().name, "hub");
    hub.borrow_mut().name = "kept".into();
    session.commit().unwrap();
    session.refresh(&hub).unwrap();
    assert_eq!(hub.borrow().name, "kept");
}

// Trap 5: a conflict on one thread panics at once, one with another thread waits.
#[test]
fn conflicts() {
    let hub = Obj::new(hub(5));
    let own = hub.clone();
    let panic = thread::spawn(move || {
        let _guard = own.borrow_mut();
        let _other = own.borrow();
    });
    let message = panic.join().unwrap_err();
    let message = message.downcast_ref::<String>().unwrap();
    assert!(message.contains("Hub"), "{message}");

    // Also where the waiting thread holds guards of other objects.
    let (other, held) = (Obj::new(proofs::hub(5)), hub.clone());
    let _mine = other.borrow_mut();
    let ready = Arc::new(Barrier::new(2));
    let set = Arc::clone(&ready);
    let slow = thread::spawn(move || {
        let mut guard = held.borrow_mut();
        set.wait();
        thread::sleep(std::time::Duration::from_millis(50));
        guard.name = "slow".into();
    });
    ready.wait();
    assert_eq!(hub.borrow().name, "slow");
    slow.join().unwrap();
}

// Objects of one old session go to two new ones, in two threads, with what they are linked with.
#[test]
fn graphs_merge_from_two_sides() {
    watched(120, || {
        for _ in 0..runs() {
            let trees: Vec<Obj<Hub>> = (0..16).map(|_| tree(6, 2)).collect();
            let start = Arc::new(Barrier::new(2));
            let threads: Vec<_> = [false, true]
                .map(|back| {
                    let (trees, start) = (trees.clone(), Arc::clone(&start));
                    thread::spawn(move || {
                        start.wait();
                        for n in 0..trees.len() - 1 {
                            let n = if back { trees.len() - 2 - n } else { n };
                            let leaf = trees[n].leaves().iter().unwrap().next();
                            if let Some(leaf) = leaf {
                                trees[n + 1].leaves().push(&leaf);
                            }
                        }
                    })
                })
                .into();
            threads.into_iter().for_each(|it| it.join().unwrap());
            let all: usize = trees.iter().map(|it| it.leaves().len().unwrap()).sum();
            assert_eq!(all, 32);
            for hub in &trees {
                assert_eq!(inspect(hub).state, State::Transient);
                for leaf in hub.leaves().iter().unwrap() {
                    assert!(leaf.hub().get().unwrap().unwrap().is(hub));
                }
            }
            drop(trees);
            assert_eq!(live(6), 0);
        }
    });
}

// IDM-5: what was changed since it expired is kept when the row is read again.
#[test]
fn a_change_of_an_expired_object_survives_its_reload() {
    let (_directory, engine, _) = file();
    let options = aludel::SessionOptions::new().autoflush(false);
    let mut session = blocking::Session::with_options(&engine, options);
    let hub = session.add(tree(7, 2));
    session.commit().unwrap();
    session.rollback().unwrap();
    let leaf = hub.leaves().iter().unwrap().next().unwrap();
    session.execute(text("UPDATE hub SET name = 'by another'")).unwrap();
    session.execute(text("UPDATE leaf SET n = 5")).unwrap();
    session.commit().unwrap();
    session.scalars(select(Hub)).all().unwrap();
    session.rollback().unwrap();
    assert!(inspect(&leaf).expired && inspect(&hub).expired);
    leaf.borrow_mut().n = 6;
    leaf.bits().push(bit(7));
    session.scalars(select(Leaf)).all().unwrap();
    session.scalars(select(Hub)).all().unwrap();
    assert_eq!((leaf.borrow().n, hub.borrow().name.as_str()), (6, "by another"));
    assert_eq!(inspect(&leaf).changes.len(), 1);
    assert_eq!(inspect(&leaf).changes[0].old, aludel::Value::Int(5));
    session.commit().unwrap();
    let sum = session.scalars(select(func::sum(Leaf.n))).one().unwrap();
    assert_eq!(sum, Some(11));
}

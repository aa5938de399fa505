//! The boundary to the driver: the same scenarios on SQLite and on a driver that pends at every poll
//! and answers wave by wave give the same results by the same statements.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(missing_docs, reason = "a test's models speak for themselves")]

#[path = "support/proofs.rs"]
mod proofs;

use std::sync::Arc;

use aludel::{EngineOptions, Error, ObjMut, ObjRef, blocking, blocking::block_on, prelude::*};
use aludel_engine::testing::PendingDriver;
use futures_util::StreamExt;
use proofs::*;

type Lines = aludel::Result<Vec<String>>;

/// Runs a scenario on both drivers, each on a database of its own.
fn on_both(scenario: impl AsyncFn(&Engine) -> Lines) {
    let sqlite = Engine::new("sqlite::memory:").unwrap();
    let driver = PendingDriver::new();
    let options = EngineOptions::new();
    let pending =
        Engine::with_driver("sqlite::memory:", Arc::new(driver.clone()), options).unwrap();
    let run = |engine: &Engine| {
        block_on(async {
            Base::metadata().create_all(engine).await?;
            engine.log().start();
            let found = scenario(engine).await?;
            let mut sent = engine.log().take();
            // Of the session that was dropped: sooner or later.
            sent.pop_if(|it| it == "ROLLBACK");
            assert!(!found.is_empty() && !sent.is_empty());
            Ok::<_, Error>((found, sent))
        })
        .unwrap()
    };
    let (left, right) = (run(&sqlite), run(&pending));
    assert_eq!(left.0, right.0, "results");
    assert_eq!(left.1, right.1, "statements");
    assert!(driver.polls() > driver.waves(), "it pended");
}

async fn counts(session: &mut Session) -> Lines {
    let mut found = Vec::new();
    for table in ["hub", "leaf", "bit", "tag", "leaf_tag", "node"] {
        let sql = format!("SELECT count(*) FROM {table}");
        let rows: Vec<(i64,)> = session.execute(text(sql).rows()).all().await?;
        found.push(format!("{table} {}", rows[0].0));
    }
    Ok(found)
}

#[test]
fn insert_graphs() {
    on_both(async |engine| {
        let mut session = Session::new(engine);
        let hubs: Vec<_> = (0..3).map(|n| session.add(tree(0, n * 2 + 1))).collect();
        let mut parent = session.add(node(0));
        for _ in 0..4 {
            parent = parent.children().push(node(0));
        }
        session.flush().await?;
        let mut found: Vec<String> = hubs
            .iter()
            .flat_map(|it| it.leaves().iter().unwrap())
            .flat_map(|leaf| {
                let (id, hub) = (leaf.borrow().id.to_string(), leaf.borrow().hub_id.to_string());
                leaf.bits()
                    .iter()
                    .unwrap()
                    .map(move |bit| format!("{id} {hub} {:?}", *bit.borrow()))
            })
            .collect();
        found.push(format!("{:?}", parent.borrow().parent_id));
        session.commit().await?;
        found.extend(counts(&mut session).await?);
        Ok(found)
    });
}

#[test]
fn update_and_delete() {
    on_both(async |engine| {
        let mut session = Session::new(engine);
        let hub = session.add(tree(1, 5));
        let other = session.add(hub_named("other"));
        session.commit().await?;
        let leaves: Vec<_> = hub.leaves().iter()?.collect();
        hub.borrow_mut().name = "changed".into();
        leaves.iter().for_each(|it| it.borrow_mut().n *= 10);
        other.leaves().push(&leaves[4]);
        hub.leaves().remove(&leaves[0])?;
        session.commit().await?;
        let mut found = counts(&mut session).await?;
        session.delete(&hub).await?;
        session.commit().await?;
        found.extend(counts(&mut session).await?);
        for (id, n) in session.execute(select((Leaf.id, Leaf.n))).all().await? {
            found.push(format!("{id} {n}"));
        }
        Ok(found)
    });
}

fn hub_named(name: &str) -> Hub {
    Hub { name: name.into(), ..hub(1) }
}

#[test]
fn many_to_many() {
    on_both(async |engine| {
        let mut session = Session::new(engine);
        let hub = session.add(tree(2, 4));
        let tags: Vec<_> =
            ["a", "b", "c"].iter().map(|it| session.add(Tag::builder().name(*it))).collect();
        for (n, leaf) in hub.leaves().iter()?.enumerate() {
            leaf.tags().extend(tags.iter().take(n).cloned());
        }
        session.commit().await?;
        drop(session);
        let mut session = Session::new(engine);
        let tags = select(Tag).order_by(Tag.id).options(selectinload(Tag.leaves));
        let tags = session.scalars(tags).all().await?;
        let leaves = tags[0].leaves().iter()?.collect::<Vec<_>>();
        tags[0].leaves().remove(&leaves[0])?;
        tags[2].leaves().set([&leaves[0]]);
        session.commit().await?;
        let mut found = counts(&mut session).await?;
        for tag in &tags {
            for leaf in tag.leaves().iter()? {
                found.push(format!("{} {}", tag.borrow().name, leaf.borrow().id));
            }
        }
        Ok(found)
    });
}

#[test]
fn loads() {
    on_both(async |engine| {
        let mut session = Session::new(engine);
        for n in 0..6 {
            session.add(tree(3, n));
        }
        session.commit().await?;
        let mut found = Vec::new();
        let ways = [
            select(Hub).options(selectinload(Hub.leaves).selectinload(Leaf.bits)),
            select(Hub).options(joinedload(Hub.leaves)),
            select(Hub),
        ];
        for way in ways {
            let mut session = Session::new(engine);
            for hub in session.scalars(way.order_by(Hub.id)).all().await? {
                for leaf in hub.leaves().load(&mut session).await? {
                    let bits = leaf.bits().load(&mut session).await?;
                    let owner = leaf.hub().load(&mut session).await?.unwrap();
                    assert!(owner.is(&hub));
                    found.push(format!("{} {} {}", hub.borrow().id, leaf.borrow().n, bits.len()));
                }
            }
            let one = session.get(Leaf, 3).await?.unwrap();
            assert!(session.get(Leaf, 999).await?.is_none());
            session.refresh(&one).await?;
            found.push(format!("{:?}", one.borrow().n));
            let many = session.scalars(select(Hub)).one().await;
            found.push(many.unwrap_err().to_string());
            session.close().await?;
        }
        Ok(found)
    });
}

#[test]
fn rollbacks_and_errors() {
    on_both(async |engine| {
        let mut session = Session::new(engine);
        let hub = session.add(tree(4, 2));
        session.add(Tag::builder().name("red"));
        session.commit().await?;
        hub.borrow_mut().name = "changed".into();
        hub.leaves().push(leaf(4, 9));
        session.flush().await?;
        session.rollback().await?;
        let mut found = vec![format!("{} {}", hub.borrow().name, hub.leaves().len()?)];
        session.add(Tag::builder().name("red"));
        let error = session.commit().await.unwrap_err();
        found.push(format!("{:?} {error}", error.integrity()));
        found.push(session.get(Hub, 1).await.unwrap_err().to_string());
        session.rollback().await?;
        let error = session.execute(text("SELECT nothing FROM nowhere")).await.unwrap_err();
        found.push(error.to_string());
        session.fresh(&hub).await?;
        hub.borrow_mut().name = "kept".into();
        session.commit().await?;
        // A row that another deleted.
        let first = hub.leaves().load(&mut session).await?.swap_remove(0);
        let bit = first.bits().load(&mut session).await?.swap_remove(0);
        session.execute(text("DELETE FROM bit")).await?;
        bit.borrow_mut().leaf_id = Auto::from(2);
        let error = session.commit().await.unwrap_err();
        found.push(error.to_string());
        session.rollback().await?;
        found.extend(counts(&mut session).await?);
        Ok(found)
    });
}

#[test]
fn streams() {
    on_both(async |engine| {
        let mut session = Session::new(engine);
        let hub = session.add(hub(5));
        for n in 0..1500 {
            hub.leaves().push(leaf(5, n));
        }
        session.commit().await?;
        let mut found = Vec::new();
        let mut stream = session.stream_scalars(&select(Leaf).order_by(Leaf.id)).await?;
        while let Some(leaf) = stream.next().await {
            found.push(leaf?.borrow().n.to_string());
        }
        drop(stream);
        assert_eq!(found.len(), 1500);
        let mut stream = session.stream_scalars(&select(Leaf.n).order_by(Leaf.id.desc())).await?;
        found.push(stream.next().await.unwrap()?.to_string());
        drop(stream);
        hub.borrow_mut().name = "streamed".into();
        session.commit().await?;
        found.extend(counts(&mut session).await?);
        Ok(found)
    });
}

#[test]
fn transactions() {
    on_both(async |engine| {
        let mut tries = 0;
        let id = transaction!(engine, retries = 3, |session| {
            tries += 1;
            let hub = session.add(hub(6));
            session.flush().await?;
            Ok::<_, Error>(hub.borrow().id.value()?)
        })?;
        let refused: aludel::Result<()> = transaction!(engine, |session| {
            session.get_one(Hub, id).await?.borrow_mut().name = "never".into();
            session.flush().await?;
            session.get_one(Hub, 99).await.map(drop)
        });
        let mut session = Session::new(engine);
        session.begin_read_only()?;
        let name = session.get_one(Hub, id).await?.borrow().name.clone();
        session.commit().await?;
        Ok(vec![tries.to_string(), name, refused.unwrap_err().to_string()])
    });
}

// Every future of a session can be spawned; engines and objects are shared; guards stay where they
// were taken.
#[test]
fn what_can_be_sent() {
    fn send<T: Send>(it: T) -> T {
        it
    }
    fn shared<T: Send + Sync + Clone + 'static>() {}
    shared::<Engine>();
    shared::<blocking::Engine>();
    shared::<Obj<Hub>>();
    shared::<Obj<Node>>();
    send::<fn(Session)>(drop);
    send(Session::new(&Engine::new("sqlite::memory:").unwrap()));

    // Compiles only where the guards are not `Send`: one implementation applies then, else two.
    trait NotSend<A> {
        fn check() {}
    }
    struct IfSend;
    impl<T: ?Sized> NotSend<()> for T {}
    impl<T: ?Sized + Send> NotSend<IfSend> for T {}
    <ObjRef<'static, Hub> as NotSend<_>>::check();
    <ObjMut<'static, Hub> as NotSend<_>>::check();

    block_on(async {
        let engine = Engine::new("sqlite::memory:").unwrap();
        send(Base::metadata().create_all(&engine)).await.unwrap();
        let mut session = Session::new(&engine);
        let hub = session.add(tree(7, 2));
        let leaf = hub.leaves().iter().unwrap().next().unwrap();
        send(session.flush()).await.unwrap();
        send(session.commit()).await.unwrap();
        send(session.get(Hub, 1)).await.unwrap();
        send(session.get_one(Hub, 1)).await.unwrap();
        send(session.refresh(&hub)).await.unwrap();
        send(session.fresh(&hub)).await.unwrap();
        send(hub.leaves().load(&mut session)).await.unwrap();
        send(hub.leaves().load_one(&mut session)).await.unwrap();
        send(leaf.hub().load(&mut session)).await.unwrap();
        send(leaf.hub().load_one(&mut session)).await.unwrap();
        let both = select((Hub, Leaf)).join(Hub.leaves);
        send(session.execute(&both).all()).await.unwrap();
        send(session.execute(&both).first()).await.unwrap();
        send(session.execute(&both).one()).await.unwrap_err();
        send(session.execute(&both).one_or_none()).await.unwrap_err();
        send(session.scalar(select(Hub.id))).await.unwrap();
        send(session.execute(text("UPDATE hub SET name = 'x'"))).await.unwrap();
        send(session.execute(update(Hub).set(Hub.name, "x"))).await.unwrap();
        let mut stream = send(session.stream_scalars(&select(Hub))).await.unwrap();
        send(stream.next()).await.unwrap().unwrap();
        drop(send(stream));
        send(session.delete(&hub)).await.unwrap();
        send(session.rollback()).await.unwrap();
        send(session.close()).await.unwrap();
        let work = async {
            transaction!(engine, |session| {
                session.add(proofs::hub(7));
                Ok::<_, Error>(())
            })
        };
        send(work).await.unwrap();
    });
}

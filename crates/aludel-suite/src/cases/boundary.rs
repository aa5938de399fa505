//! The boundary to the driver: the same scenarios on the database as it is, and behind a driver that
//! pends at every poll and answers wave by wave, give the same results by the same statements.

use aludel::{Engine, Error, Session, blocking::block_on, prelude::*};
use futures_util::StreamExt;

use crate::{Case, Place, cases, models::tree::*, neutral};

pub(super) const CASES: &[Case] = cases![async "boundary":
    insert_graphs,
    update_and_delete,
    many_to_many,
    loads,
    rollbacks_and_errors,
    streams,
    transactions,
];

type Lines = aludel::Result<Vec<String>>;

/// Runs a scenario with both drivers, each on an empty database.
fn on_both(at: &Place, scenario: impl AsyncFn(&Engine) -> Lines) {
    let run = |engine: &Engine| {
        engine.log().start();
        let found = block_on(scenario(engine)).unwrap();
        let mut sent = neutral(engine.dialect(), &engine.log().take());
        // Of the session that was dropped: sooner or later.
        sent.pop_if(|it| it == "ROLLBACK");
        assert!(!found.is_empty() && !sent.is_empty());
        (found, sent)
    };
    at.empty();
    let left = run(&at.engine());
    at.empty();
    let (engine, driver) = at.pending(false);
    let right = run(&engine);
    assert_eq!(left.0, right.0, "results");
    assert_eq!(left.1, right.1, "statements");
    assert!(driver.polls() > driver.waves(), "it pended");
}

async fn counts(session: &mut Session) -> Lines {
    let mut found = Vec::new();
    for table in ["hub", "leaf", "bit", "mark", "leaf_mark", "link"] {
        let sql = format!("SELECT count(*) FROM {table}");
        let rows: Vec<(i64,)> = session.execute(text(sql).rows()).all().await?;
        found.push(format!("{table} {}", rows[0].0));
    }
    Ok(found)
}

fn insert_graphs(at: &Place) {
    on_both(at, async |engine| {
        let mut session = Session::new(engine);
        let hubs: Vec<_> = (0..3).map(|n| session.add(tree(0, n * 2 + 1))).collect();
        let mut parent = session.add(link(0));
        for _ in 0..4 {
            parent = parent.children().push(link(0));
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

fn update_and_delete(at: &Place) {
    on_both(at, async |engine| {
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
        for (id, n) in session.execute(select((Leaf.id, Leaf.n)).order_by(Leaf.id)).all().await? {
            found.push(format!("{id} {n}"));
        }
        Ok(found)
    });
}

fn hub_named(name: &str) -> Hub {
    Hub { name: name.into(), ..hub(1) }
}

fn many_to_many(at: &Place) {
    on_both(at, async |engine| {
        let mut session = Session::new(engine);
        let hub = session.add(tree(2, 4));
        let marks: Vec<_> =
            ["a", "b", "c"].iter().map(|it| session.add(Mark::builder().name(*it))).collect();
        for (n, leaf) in hub.leaves().iter()?.enumerate() {
            leaf.marks().extend(marks.iter().take(n).cloned());
        }
        session.commit().await?;
        drop(session);
        let mut session = Session::new(engine);
        let marks = select(Mark).order_by(Mark.id).options(selectinload(Mark.leaves));
        let marks = session.scalars(marks).all().await?;
        let leaves = marks[0].leaves().iter()?.collect::<Vec<_>>();
        marks[0].leaves().remove(&leaves[0])?;
        marks[2].leaves().set([&leaves[0]]);
        session.commit().await?;
        let mut found = counts(&mut session).await?;
        for mark in &marks {
            for leaf in mark.leaves().iter()? {
                found.push(format!("{} {}", mark.borrow().name, leaf.borrow().id));
            }
        }
        Ok(found)
    });
}

fn loads(at: &Place) {
    on_both(at, async |engine| {
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

fn rollbacks_and_errors(at: &Place) {
    on_both(at, async |engine| {
        let mut session = Session::new(engine);
        let hub = session.add(tree(4, 2));
        session.add(Mark::builder().name("red"));
        session.commit().await?;
        hub.borrow_mut().name = "changed".into();
        hub.leaves().push(leaf(4, 9));
        session.flush().await?;
        session.rollback().await?;
        let mut found = vec![format!("{} {}", hub.borrow().name, hub.leaves().len()?)];
        session.add(Mark::builder().name("red"));
        let error = session.commit().await.unwrap_err();
        found.push(format!("{:?} {error}", error.integrity()));
        found.push(session.get(Hub, 1).await.unwrap_err().to_string());
        session.rollback().await?;
        let error = session.execute(text("SELECT nothing FROM nowhere")).await.unwrap_err();
        found.push(error.to_string());
        session.rollback().await?;
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

fn streams(at: &Place) {
    on_both(at, async |engine| {
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
        let portions = select(Leaf).order_by(Leaf.id).yield_per(400);
        let portions = portions.options((selectinload(Leaf.bits), selectinload(Leaf.marks)));
        let mut stream = session.stream_scalars(&portions).await?;
        while let Some(leaf) = stream.next().await {
            let leaf = leaf?;
            found.push((leaf.bits().len()? + leaf.marks().len()?).to_string());
        }
        drop(stream);
        hub.borrow_mut().name = "streamed".into();
        session.commit().await?;
        found.extend(counts(&mut session).await?);
        Ok(found)
    });
}

fn transactions(at: &Place) {
    on_both(at, async |engine| {
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

//! What a commit waits for when the server is a millisecond away.

use std::time::{Duration, Instant};

use aludel::prelude::*;

use super::checked;
use crate::{
    harness::{Options, Result, median},
    models::{Forest, Leaf, Tree},
    report::Verdict,
    rows::Row,
    server::{self, Place},
    wire::Wire,
};

pub(in crate::rows) const ROW: Row = Row {
    name: "pg-trips",
    about: "PostgreSQL: round trips of a commit of 10,000 new objects on three levels, 1 ms each way",
    run,
    probe: None,
};

const MOST: f64 = 3.0;

fn run(options: Options) -> Result<Vec<Verdict>> {
    let place = Place::new()?;
    let target = aludel::driver::Url::parse(&place.url)?;
    let host = target.host().unwrap_or("127.0.0.1");
    let address = format!("{host}:{}", target.port().unwrap_or(5432));
    let wire = Wire::to(&address, Duration::from_millis(1))?;
    let far = format!("host=127.0.0.1&port={}", wire.port());
    let far = server::with(&place.url, &far);

    let mut warm = Vec::new();
    let mut cold = Vec::new();
    for _ in 0..3 {
        let engine = Engine::new(&far)?;
        place.runtime.block_on(async {
            let mut session = Session::new(&engine);
            session.scalar(text("SELECT 1").rows::<(i64,)>()).await?;
            session.commit().await?;
            cold.push(commit(&mut session, &wire).await?);
            for _ in 0..options.rounds.div_ceil(3) {
                warm.push(commit(&mut session, &wire).await?);
            }
            Result::Ok(())
        })?;
    }
    Ok(vec![
        verdict("commit of 100 + 900 + 9,000, warm: round trips", &warm, MOST),
        verdict("the same, nothing prepared", &cold, f64::INFINITY),
    ])
}

/// The least, as a busy machine only ever adds to them.
fn verdict(what: &'static str, measured: &[(u32, Duration)], most: f64) -> Verdict {
    let trips = measured.iter().map(|it| it.0).min().map_or(f64::NAN, f64::from);
    let time = median(measured.iter().map(|it| it.1.as_secs_f64() * 1e3));
    let fewest = measured.iter().map(|it| it.1.as_secs_f64() * 1e3).fold(f64::MAX, f64::min);
    Verdict::count(what, trips, most, format!("{time:.1} ms, at best {fewest:.1} ms"))
}

async fn commit(session: &mut Session, wire: &Wire) -> Result<(u32, Duration)> {
    let forests: Vec<Obj<Forest>> = (0..100).map(|number| plant(session, number)).collect();
    wire.trips();
    let start = Instant::now();
    session.commit().await?;
    let time = start.elapsed();
    checked(forests.iter().filter(|it| it.borrow().id.get().is_some()).count(), 100)?;
    Ok((wire.trips(), time))
}

/// A hundredth of the graph.
fn plant(session: &mut Session, number: usize) -> Obj<Forest> {
    let trees = (0..9).map(|tree| {
        let leaves = (0..10).map(|leaf| Leaf::builder().name(format!("leaf {leaf} of {number}")));
        Tree::builder().name(format!("tree {tree} of {number}")).leaves(leaves)
    });
    session.add(Forest::builder().name(format!("forest {number}")).trees(trees))
}

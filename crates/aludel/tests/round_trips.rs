//! What a commit waits for on PostgreSQL: `ALUDEL_POSTGRES_URL`, or the usual local port.
#![cfg(feature = "postgres")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(missing_docs, unreachable_pub, reason = "a test's models speak for themselves")]

#[path = "support/wire.rs"]
mod wire;

use std::time::Duration;

use aludel::{driver::Url, prelude::*};

use wire::Wire;

#[derive(Mapped)]
#[table("forest")]
pub struct Forest {
    #[column(primary_key)]
    pub id: Auto<i64>,
    pub name: String,
    #[relationship(back_populates = forest)]
    pub trees: Many<Tree>,
}

#[derive(Mapped)]
#[table("tree")]
pub struct Tree {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[column(foreign_key = Forest.id)]
    pub forest_id: Auto<i64>,
    pub name: String,
    #[relationship(back_populates = trees)]
    pub forest: One<Forest>,
    #[relationship(back_populates = tree)]
    pub leaves: Many<Leaf>,
}

#[derive(Mapped)]
#[table("leaf")]
pub struct Leaf {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[column(foreign_key = Tree.id)]
    pub tree_id: Auto<i64>,
    pub name: String,
    #[relationship(back_populates = leaves)]
    pub tree: One<Tree>,
}

/// 100 forests, 900 trees, 9,000 leaves.
fn plant(session: &mut Session) {
    for forest in 0..100 {
        let trees = (0..9).map(|tree| {
            let leaves = (0..10).map(|leaf| Leaf::builder().name(format!("leaf {leaf}")));
            Tree::builder().name(format!("tree {tree}")).leaves(leaves)
        });
        session.add(Forest::builder().name(format!("forest {forest}")).trees(trees));
    }
}

fn with(url: &str, options: &str) -> String {
    format!("{url}{}{options}", if url.contains('?') { '&' } else { '?' })
}

/// A level is a round trip: BEGIN goes with the first, COMMIT with the last. // UOW-16
#[tokio::test]
async fn a_commit_of_three_levels_waits_three_times() {
    const SCHEMA: &str = "aludel_round_trips";
    let url = std::env::var("ALUDEL_POSTGRES_URL")
        .unwrap_or_else(|_| "postgres://postgres@127.0.0.1:5432/postgres".into());
    let near = with(&url, &format!("options=-csearch_path%3D{SCHEMA}"));
    let server = Url::parse(&url).unwrap();
    let server = format!("{}:{}", server.host().unwrap(), server.port().unwrap_or(5432));
    // Long enough for whatever is sent together to be sent, on the busiest machine.
    let wire = Wire::to(&server, Duration::from_millis(100)).unwrap();
    let far = with(&near, &format!("host=127.0.0.1&port={}", wire.port()));

    let admin = Engine::new(&near).unwrap();
    let mut connection = admin.connect().await.expect("PostgreSQL runs: see CONTRIBUTING.md");
    connection.execute(format!("DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")).await.unwrap();
    connection.execute(format!("CREATE SCHEMA {SCHEMA}")).await.unwrap();
    connection.commit().await.unwrap();
    Base::metadata().create_all(&admin).await.unwrap();

    let engine = Engine::new(&far).unwrap();
    let mut session = Session::new(&engine);
    let mut waited = Vec::new();
    // To connect, and prepare one statement.
    session.add(Forest::builder().name("first"));
    session.commit().await.unwrap();
    wire.trips();
    for _ in 0..2 {
        plant(&mut session);
        session.commit().await.unwrap();
        waited.push(wire.trips());
    }
    // What was never executed is prepared first, level by level; then nothing is.
    assert!(waited[1] <= 3, "{waited:?} round trips");
    assert!(waited[0] <= 8, "{waited:?} round trips");
    connection.execute(format!("DROP SCHEMA {SCHEMA} CASCADE")).await.unwrap();
    connection.commit().await.unwrap();
}

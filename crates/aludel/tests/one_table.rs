//! Two entities of one table: each has defaults of its own, and a statement has those of the one that it
//! names.
#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use aludel::{
    blocking::{Engine, Session},
    prelude::*,
};

#[derive(Mapped)]
#[table("stamp")]
struct ByHand {
    #[column(primary_key)]
    id: Auto<i64>,
    #[column(default = "hand", onupdate = "hand again", length = 20)]
    made: String,
    n: i64,
}

#[derive(Mapped)]
#[table("stamp")]
struct ByMachine {
    #[column(primary_key)]
    id: Auto<i64>,
    #[column(default = "machine", onupdate = "machine again", length = 20)]
    made: String,
    n: i64,
}

// DML-1, DML-13
#[test]
fn a_statement_has_the_defaults_of_its_own_entity() {
    let engine = Engine::new("sqlite::memory:").unwrap();
    MetaData::of(ByHand).create_all(&engine).unwrap();
    let mut session = Session::new(&engine);
    session.execute(insert(ByHand).row(ByHand.n.set(1))).unwrap();
    session.execute(insert(ByMachine).row(ByMachine.n.set(2))).unwrap();
    let made = select(ByHand.made).order_by(ByHand.id);
    assert_eq!(session.scalars(&made).all().unwrap(), ["hand", "machine"]);
    session.execute(update(ByMachine).set(ByMachine.n, 3).filter(ByMachine.n.eq(2))).unwrap();
    session.execute(update(ByHand).rows([(ByHand.id.set(1), ByHand.n.set(4))])).unwrap();
    assert_eq!(session.scalars(&made).all().unwrap(), ["hand again", "machine again"]);
}

//! Anything that a program may do to a session, sensible or not, in any order: wrong states, absent
//! members, rows that vanished, keys that are NULL or taken, objects of another session, guards that are
//! held. An error is an answer; a panic is not.

mod links;
mod statements;
mod world;

use aludel::{Error, blocking::Session, prelude::*};
use proptest::{
    prelude::*,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};

use self::{
    links::Way,
    world::{Act, TABLES, World, pick},
};
use super::work::is_long;
use crate::{
    Case, Place, cases,
    models::{keys::Brand, *},
    store::{author, node},
};

pub(super) const CASES: &[Case] = cases!["fuzz":
    nothing_panics,
];

/// One thing done. Numbers choose among what there is: of which entity, which objects, which link.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// A new object: pending, with a key or without one.
    Add(u8, Option<u8>),
    /// A new object that no session knows.
    Make(u8),
    /// Any object, in any state, is added again.
    AddAgain(u8, u8),
    Delete(u8, u8),
    Expunge(u8, u8),
    Refresh(u8, u8),
    Fresh(u8, u8),
    /// The key is set: taken ones, unset ones, changed ones.
    SetKey(u8, u8, Option<u8>),
    /// Columns that aren't the key: texts, and foreign keys by hand.
    SetColumn(u8, u8, Option<u8>),
    /// A link is made or taken away, whether it is there or not: which, its owner, its member.
    Link(u8, u8, u8),
    Unlink(u8, u8, u8),
    /// A link of an object with itself, or with a plain value.
    LinkNew(u8, u8),
    Load(u8, u8),
    Read(u8, u8),
    Get(u8, u8),
    Query(u8),
    /// A row is deleted behind the session's back.
    Vanish(u8, u8),
    /// A flush while somebody holds an object.
    FlushBorrowed(u8, u8),
    /// A session that isn't this one takes an object.
    Elsewhere(u8, u8),
    Forget(u8, u8),
    /// One of the ways to leave a session and come back, to be read again or to start anew.
    Move(Act, u8, u8),
    /// An expression as a value.
    Assign(u8, u8),
    /// Statements that change rows of objects that the session may hold.
    Update(u8, u8),
    DeleteRows(u8, u8),
    InsertRows(u8, u8),
    /// A query with options.
    Look(u8, u8),
    /// A savepoint, kept or taken back: any that there ever was.
    Nest,
    Keep(u8),
    TakeBack(u8),
    /// So many statements are allowed from now on, or any number again.
    Budget(Option<u8>),
    Plan,
    Flush,
    Commit,
    Rollback,
    Renew,
    ExpungeAll,
    ExpireAll,
    /// The other session lets go of all that it has.
    Close,
}

fn step() -> impl Strategy<Value = Step> {
    use Step::*;
    let one = any::<u8>;
    let two = any::<(u8, u8)>;
    let three = any::<(u8, u8, u8)>;
    // Few keys, so that they are taken.
    let key = || proptest::option::weighted(0.8, 0_u8..6);
    prop_oneof![
        16 => (one(), key()).prop_map(|it| Add(it.0, it.1)),
        5 => one().prop_map(Make),
        3 => two().prop_map(|it| AddAgain(it.0, it.1)),
        8 => two().prop_map(|it| Delete(it.0, it.1)),
        2 => two().prop_map(|it| Expunge(it.0, it.1)),
        2 => two().prop_map(|it| Refresh(it.0, it.1)),
        1 => two().prop_map(|it| Fresh(it.0, it.1)),
        4 => (one(), one(), key()).prop_map(|it| SetKey(it.0, it.1, it.2)),
        6 => (one(), one(), key()).prop_map(|it| SetColumn(it.0, it.1, it.2)),
        24 => three().prop_map(|it| Link(it.0, it.1, it.2)),
        8 => three().prop_map(|it| Unlink(it.0, it.1, it.2)),
        3 => two().prop_map(|it| LinkNew(it.0, it.1)),
        6 => two().prop_map(|it| Load(it.0, it.1)),
        3 => two().prop_map(|it| Read(it.0, it.1)),
        3 => two().prop_map(|it| Get(it.0, it.1)),
        2 => one().prop_map(Query),
        2 => two().prop_map(|it| Vanish(it.0, it.1)),
        1 => two().prop_map(|it| FlushBorrowed(it.0, it.1)),
        1 => two().prop_map(|it| Elsewhere(it.0, it.1)),
        2 => two().prop_map(|it| Forget(it.0, it.1)),
        10 => (moves(), one(), one()).prop_map(|it| Move(it.0, it.1, it.2)),
        3 => two().prop_map(|it| Assign(it.0, it.1)),
        3 => two().prop_map(|it| Update(it.0, it.1)),
        2 => two().prop_map(|it| DeleteRows(it.0, it.1)),
        1 => two().prop_map(|it| InsertRows(it.0, it.1)),
        3 => two().prop_map(|it| Look(it.0, it.1)),
        4 => Just(Nest),
        2 => one().prop_map(Keep),
        3 => one().prop_map(TakeBack),
        1 => proptest::option::weighted(0.5, 0_u8..4).prop_map(Budget),
        2 => Just(Plan),
        10 => Just(Flush),
        6 => Just(Commit),
        5 => Just(Rollback),
        2 => Just(Renew),
        1 => Just(ExpungeAll),
        1 => Just(ExpireAll),
        1 => Just(Close),
    ]
}

fn moves() -> impl Strategy<Value = Act> {
    proptest::sample::select(vec![
        Act::Leave,
        Act::Return,
        Act::Expire,
        Act::ExpireKey,
        Act::RefreshKey,
        Act::StartAnew,
        Act::StartAnewHere,
        Act::Detach,
        Act::Merge,
        Act::MergeLoaded,
        Act::MergeElsewhere,
    ])
}

impl World {
    fn apply(&mut self, step: Step) -> aludel::Result<()> {
        let of = |what: u8| usize::from(what) % TABLES.len();
        match step {
            Step::Add(what, key) => self.add(of(what), key),
            Step::Make(what) => self.make(of(what)),
            Step::AddAgain(what, at) => self.act(of(what), at, Act::AddAgain)?,
            Step::Delete(what, at) => self.act(of(what), at, Act::Delete)?,
            Step::Expunge(what, at) => self.act(of(what), at, Act::Expunge)?,
            Step::Refresh(what, at) => self.act(of(what), at, Act::Refresh)?,
            Step::Fresh(what, at) => self.act(of(what), at, Act::Fresh)?,
            Step::FlushBorrowed(what, at) => self.act(of(what), at, Act::FlushBorrowed)?,
            Step::Elsewhere(what, at) => self.act(of(what), at, Act::Elsewhere)?,
            Step::SetKey(what, at, key) => self.set(of(what), at, key, true),
            Step::SetColumn(what, at, value) => self.set(of(what), at, value, false),
            Step::Link(link, owner, member) => self.link(link, owner, member, Way::Make)?,
            Step::Unlink(link, owner, member) => self.link(link, owner, member, Way::Take)?,
            Step::LinkNew(at, way) => {
                let (owner, alone) = (pick(&self.nodes, at), pick(&self.rings, at));
                match (way % 3, owner, alone) {
                    (0, Some(owner), _) => self.nodes.push(owner.children().push(node("new"))),
                    (1, Some(owner), _) => drop(owner.parent().set(&owner)),
                    (_, _, Some(alone)) => drop(alone.next().set(&alone)),
                    _ => {}
                }
            }
            Step::Load(link, owner) => self.link(link, owner, link, Way::Load)?,
            Step::Read(link, owner) => self.link(link, owner, link, Way::Read)?,
            Step::Get(what, key) => {
                let key = i64::from(key % 6);
                match what % 5 {
                    0 => drop(self.store.get(User, key)?),
                    1 => drop(self.store.get_one(Node, key)?),
                    2 => drop(self.store.get(Brand, format!("k{key}"))?),
                    3 => drop(self.store.get(Line, (key, 1))?),
                    _ => drop(self.store.get(Region, ("DE", key))?),
                }
            }
            Step::Query(what) => {
                self.act(of(what), what, Act::Inspect)?;
                self.query(of(what), what % 2 == 0)?;
            }
            Step::Vanish(what, at) => {
                let table = TABLES[of(what)];
                let column = match table {
                    "region" => "code",
                    "line" => "book_id",
                    "user_account" | "address" | "profile" | "node" | "ring" | "book" | "draft" => {
                        "id"
                    }
                    _ => return Ok(()),
                };
                let sql = format!("DELETE FROM {table} WHERE {column} = {}", at % 6);
                self.store.execute(text(&sql)).map(drop)?;
            }
            Step::Forget(what, at) => self.forget(of(what), at),
            Step::Plan => {
                let plan = self.store.flush_plan()?;
                let _ = (plan.to_string(), plan.to_mermaid());
            }
            Step::Flush => self.store.flush()?,
            Step::Commit => self.store.commit()?,
            Step::Rollback => self.store.rollback()?,
            Step::Renew => {
                let fresh = Session::new(&self.store.engine);
                self.store.session = fresh;
            }
            Step::ExpungeAll => self.store.expunge_all(),
            Step::ExpireAll => self.store.expire_all()?,
            Step::Move(act, what, at) => self.act(of(what), at, act)?,
            Step::Assign(what, at) => self.assign(what, at)?,
            Step::Update(how, key) => self.update(how, i64::from(key % 6))?,
            Step::DeleteRows(how, key) => self.delete_rows(how, i64::from(key % 6))?,
            Step::InsertRows(how, key) => self.insert_rows(how, i64::from(key % 6))?,
            Step::Look(how, key) => self.look(how, i64::from(key % 6))?,
            Step::Nest => {
                let savepoint = self.store.begin_nested()?;
                self.savepoints.push(savepoint);
            }
            Step::Keep(at) => {
                if !self.savepoints.is_empty() {
                    let savepoint = self.savepoints[usize::from(at) % self.savepoints.len()];
                    self.store.commit_nested(savepoint)?;
                }
            }
            Step::TakeBack(at) => {
                if !self.savepoints.is_empty() {
                    let savepoint = self.savepoints[usize::from(at) % self.savepoints.len()];
                    self.store.rollback_nested(savepoint)?;
                }
            }
            Step::Budget(statements) => {
                self.budget = statements.map(|it| self.store.budget(usize::from(it)));
            }
            Step::Close => {
                // Nothing was sent: there is nothing to wait for.
                self.other.expunge_all();
                self.other = Session::new(&self.store.engine);
            }
        }
        Ok(())
    }
}

fn nothing_panics(at: &Place) {
    let cases = at.many(if is_long() { 10_000 } else { 150 });
    let config =
        Config { cases, failure_persistence: None, max_shrink_iters: 2_000, ..Config::default() };
    let seed = std::env::var("ALUDEL_SEED").ok().and_then(|it| it.parse().ok()).unwrap_or(1_u64);
    println!("ALUDEL_SEED={seed}");
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let steps = proptest::collection::vec(step(), 1..120);
    let outcome = TestRunner::new_with_rng(config, rng).run(&steps, |steps| {
        let mut world = World::new(at.store());
        for step in steps {
            match world.apply(step) {
                // Now and then a program goes on without having looked at the answer.
                Err(Error::PendingRollback(_)) => match world.savepoints.pop() {
                    Some(it) if world.store.in_nested_transaction() => {
                        drop(world.store.rollback_nested(it));
                    }
                    _ => world.store.rollback().map_err(failed)?,
                },
                Err(error) => drop(error.to_string()),
                Ok(()) => {}
            }
            world.check();
        }
        // Whatever was done, the session works on.
        world.budget = None;
        world.store.rollback().map_err(failed)?;
        // Its key is far from those that were given by hand.
        world.store.add(Author { id: 1_000_000.into(), ..author("last") });
        world.store.commit().map_err(failed)?;
        world.check();
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
}

fn failed(error: Error) -> TestCaseError {
    TestCaseError::fail(error.to_string())
}

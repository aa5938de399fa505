//! Anything that a program may do to a session, sensible or not, in any order: wrong states, absent
//! members, rows that vanished, keys that are NULL or taken, objects of another session, guards that are
//! held. An error is an answer; a panic is not.

use aludel::{Error, Obj, State, blocking::Session, prelude::*};
use proptest::{
    prelude::*,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};

use super::work::is_long;
use crate::{
    Case, Place, cases,
    models::{keys::*, *},
    store::{Store, address, author, book, node, tag, user},
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
    Plan,
    Flush,
    Commit,
    Rollback,
    Renew,
    ExpungeAll,
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
        2 => Just(Plan),
        10 => Just(Flush),
        6 => Just(Commit),
        5 => Just(Rollback),
        2 => Just(Renew),
        1 => Just(ExpungeAll),
    ]
}

/// A number as a key: 0 is unset where that can be said.
fn auto(key: Option<u8>) -> Auto<i64> {
    key.filter(|it| *it > 0).map_or(Auto::UNSET, |it| i64::from(it).into())
}

fn number(key: Option<u8>) -> Option<i64> {
    key.map(i64::from)
}

fn text_of(key: Option<u8>) -> String {
    key.map_or_else(String::new, |it| format!("k{it}"))
}

fn pick<T: Mapped>(of: &[Obj<T>], at: u8) -> Option<Obj<T>> {
    (!of.is_empty()).then(|| of[usize::from(at) % of.len()].clone())
}

/// The objects of each entity, and what is done to one of them.
macro_rules! world {
    ($($field:ident: $entity:ident, $table:literal, $new:expr, $key:expr, $column:expr;)*) => {
        struct World {
            store: Store,
            $($field: Vec<Obj<$entity>>,)*
        }

        const TABLES: &[&str] = &[$($table),*];

        impl World {
            fn new(store: Store) -> Self {
                Self { store, $($field: Vec::new(),)* }
            }

            fn add(&mut self, what: usize, key: Option<u8>) {
                let mut turn = 0..;
                $(if turn.next() == Some(what) {
                    let make: fn(Option<u8>) -> $entity = $new;
                    let object = self.store.add(make(key));
                    return self.$field.push(object);
                })*
            }

            fn make(&mut self, what: usize) {
                let mut turn = 0..;
                $(if turn.next() == Some(what) {
                    let make: fn(Option<u8>) -> $entity = $new;
                    return self.$field.push(Obj::new(make(None)));
                })*
            }

            fn forget(&mut self, what: usize, at: u8) {
                let mut turn = 0..;
                $(if turn.next() == Some(what) && !self.$field.is_empty() {
                    let at = usize::from(at) % self.$field.len();
                    self.$field.swap_remove(at);
                    return;
                })*
            }

            fn set(&mut self, what: usize, at: u8, value: Option<u8>, key: bool) {
                let mut turn = 0..;
                $(if turn.next() == Some(what) {
                    let Some(object) = pick(&self.$field, at) else { return };
                    let (set_key, set_column): (fn(&mut $entity, Option<u8>), fn(&mut $entity, Option<u8>)) =
                        ($key, $column);
                    if key { set_key(&mut object.borrow_mut(), value) }
                    else { set_column(&mut object.borrow_mut(), value) }
                    return;
                })*
            }

            fn act(&mut self, what: usize, at: u8, act: Act) -> aludel::Result<()> {
                let mut turn = 0..;
                $(if turn.next() == Some(what) {
                    let Some(object) = pick(&self.$field, at) else { return Ok(()) };
                    let _ = format!("{object:?}");
                    return match act {
                        Act::AddAgain => {
                            if at % 2 == 0 {
                                self.store.try_add(&object).map(drop)
                            } else {
                                self.store.add(&object);
                                Ok(())
                            }
                        }
                        Act::Delete => self.store.delete(&object),
                        Act::Expunge => self.store.expunge(&object),
                        Act::Refresh => self.store.refresh(&object),
                        Act::Fresh => self.store.fresh(&object),
                        Act::FlushBorrowed => {
                            let guard = object.borrow_mut();
                            let flushed = self.store.flush();
                            let committed = self.store.commit();
                            drop(guard);
                            flushed.and(committed)
                        }
                        Act::Elsewhere => {
                            let mut other = Session::new(&self.store.engine);
                            other.add(&object);
                            drop(other.try_add(&object));
                            drop(other.expunge(&object));
                            Ok(())
                        }
                        Act::Inspect => {
                            let seen = inspect(&object);
                            let _ = (format!("{seen:?}"), seen.is_modified());
                            Ok(())
                        }
                    };
                })*
                Ok(())
            }

            fn query(&mut self, what: usize) -> aludel::Result<()> {
                let mut turn = 0..;
                $(if turn.next() == Some(what) {
                    let found = self.store.scalars(select($entity)).all()?;
                    return Ok(self.$field.extend(found.into_iter().take(2)));
                })*
                Ok(())
            }

            /// Each object is in one state, and the identity map knows it by its key.
            fn check(&mut self) {
                $(for object in &self.$field {
                    let seen = inspect(object);
                    let inside = matches!(seen.state, State::Pending | State::Persistent);
                    assert!(!self.store.contains(object) || inside, "{object:?}");
                })*
            }
        }
    };
}

#[derive(Clone, Copy)]
enum Act {
    AddAgain,
    Delete,
    Expunge,
    Refresh,
    Fresh,
    FlushBorrowed,
    Elsewhere,
    Inspect,
}

world! {
    users: User, "user_account", |key| User { id: auto(key), email: key.map(|it| format!("{it}")), ..user("u") },
        |it, key| it.id = auto(key), |it, key| it.email = key.map(|it| format!("{it}"));
    addresses: Address, "address", |key| Address { id: auto(key), user_id: auto(key), ..address("a") },
        |it, key| it.id = auto(key), |it, key| it.user_id = auto(key);
    profiles: Profile, "profile",
        |key| Profile { id: auto(key), user_id: number(key), bio: String::new(), user: One::new() },
        |it, key| it.id = auto(key), |it, key| it.user_id = number(key);
    authors: Author, "author", |key| Author { id: auto(key), ..author("a") },
        |it, key| it.id = auto(key), |it, key| it.name = text_of(key);
    books: Book, "book", |key| Book { id: auto(key), ..book("b") },
        |it, key| it.id = auto(key), |it, key| { it.author_id = number(key); it.pages = number(key) };
    tags: Tag, "tag", |key| Tag { id: auto(key), ..tag("t") },
        |it, key| it.id = auto(key), |it, key| it.name = text_of(key);
    lines: Line, "line",
        |key| Line { book_id: auto(key), number: 1, text: String::new(), book: One::new() },
        |it, key| it.book_id = auto(key), |it, key| it.number = number(key).unwrap_or(1);
    nodes: Node, "node", |key| Node { id: auto(key), ..node("n") },
        |it, key| it.id = auto(key), |it, key| it.parent_id = number(key);
    rings: Ring, "ring",
        |key| Ring { id: auto(key), next_id: number(key), next: One::new(), before: Many::new() },
        |it, key| it.id = auto(key), |it, key| it.next_id = number(key);
    makers: Maker, "maker",
        |key| Maker {
            id: auto(key), name: String::new(), best_id: None, first_id: None, best: One::new(),
            first: One::new(), gadgets: Many::new(),
        },
        |it, key| it.id = auto(key), |it, key| it.best_id = number(key);
    gadgets: Gadget, "gadget", |key| Gadget { id: auto(key), maker_id: None, maker: One::new() },
        |it, key| it.id = auto(key), |it, key| it.maker_id = number(key);
    hens: Hen, "hen", |key| Hen { id: auto(key), from_id: None, from: One::new() },
        |it, key| it.id = auto(key), |it, key| it.from_id = number(key);
    eggs: Egg, "egg", |key| Egg { id: auto(key), hen_id: None, hen: One::new() },
        |it, key| it.id = auto(key), |it, key| it.hen_id = number(key);
    regions: Region, "region",
        |key| Region {
            country: "DE".into(), code: number(key).unwrap_or(0), name: String::new(),
            sites: Many::new(),
        },
        |it, key| it.code = number(key).unwrap_or(0), |it, key| it.name = text_of(key);
    sites: Site, "site", |key| Site { id: auto(key), country: None, code: None, region: One::new() },
        |it, key| it.id = auto(key), |it, key| it.code = number(key);
    brands: Brand, "brand",
        |key| Brand { code: text_of(key), name: None, outlets: Many::new(), bikes: Many::new() },
        |it, key| it.code = text_of(key), |it, key| it.name = key.map(|it| format!("{it}"));
    outlets: Outlet, "outlet",
        |key| Outlet {
            brand_code: Auto::UNSET, note: key.map(|it| format!("{it}")), brand: One::new(),
            clerks: Many::new(),
        },
        |it, key| it.brand_code = text_of(key).into(), |it, key| it.note = key.map(|it| format!("{it}"));
    clerks: Clerk, "clerk", |key| Clerk { id: auto(key), outlet_code: None, outlet: One::new() },
        |it, key| it.id = auto(key), |it, key| it.outlet_code = key.map(|it| format!("k{it}"));
    fans: Fan, "fan",
        |key| Fan { id: auto(key), brand_code: None, brand: One::new(), favourite: One::new() },
        |it, key| it.id = auto(key), |it, key| it.brand_code = key.map(|it| format!("k{it}"));
    tickers: Ticker, "ticker",
        |key| Ticker { code: text_of(key), trades: Many::new(), funds: Many::new() },
        |it, key| it.code = text_of(key), |_, _| ();
    trades: Trade, "trade", |key| Trade { id: auto(key), code: None, ticker: One::new() },
        |it, key| it.id = auto(key), |it, key| it.code = key.map(|it| format!("k{it}"));
    funds: Fund, "fund", |key| Fund { id: auto(key), tickers: Many::new() },
        |it, key| it.id = auto(key), |_, _| ();
    people: Person, "person",
        |key| Person {
            name: text_of(key), boss_name: None, boss: One::new(), reports: Many::new(),
        },
        |it, key| it.name = text_of(key), |it, key| it.boss_name = key.map(|it| format!("k{it}"));
    shelves: Shelf, "shelf", |key| Shelf { id: auto(key), volumes: Many::new() },
        |it, key| it.id = auto(key), |_, _| ();
    volumes: Volume, "volume",
        |key| Volume { id: auto(key), shelf_id: number(key), shelf: One::new() },
        |it, key| it.id = auto(key), |it, key| it.shelf_id = number(key);
    articles: Article, "article",
        |key| Article { id: auto(key), title: "t".into(), stock: number(key), rank: auto(key) },
        |it, key| it.id = auto(key), |it, key| it.rank = auto(key);
}

/// What is done to a link.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Make,
    Take,
    Load,
    Read,
}

/// Each relationship, from each side.
macro_rules! links {
    ($world:ident, $link:ident, $owner:ident, $member:ident, $way:ident;
        many { $($many:ident.$list:ident: $members:ident;)* }
        one { $($ones:ident.$cell:ident: $targets:ident;)* }) => {{
        let mut turn = 0..;
        $(if turn.next() == Some($link) {
            let Some(owner) = pick(&$world.$many, $owner) else { return Ok(()) };
            match ($way, pick(&$world.$members, $member)) {
                (Way::Load, _) if $member % 2 == 0 => drop(owner.$list().load(&mut *$world.store)?),
                (Way::Load, _) => drop(owner.$list().load_one(&mut *$world.store)?),
                (Way::Read, _) => drop((owner.$list().iter()?.count(), owner.$list().len()?)),
                (Way::Make, Some(member)) if $member % 16 == 0 => owner.$list().set([&member]),
                (Way::Make, Some(member)) => drop(owner.$list().push(&member)),
                (Way::Take, Some(member)) => owner.$list().remove(&member)?,
                (Way::Take | Way::Make, None) => owner.$list().set(Vec::<Obj<_>>::new()),
            }
            return Ok(());
        })*
        $(if turn.next() == Some($link) {
            let Some(owner) = pick(&$world.$ones, $owner) else { return Ok(()) };
            match ($way, pick(&$world.$targets, $member)) {
                (Way::Load, _) if $member % 2 == 0 => drop(owner.$cell().load(&mut *$world.store)?),
                (Way::Load, _) => drop(owner.$cell().load_one(&mut *$world.store)?),
                (Way::Read, _) => drop(owner.$cell().get()?),
                (Way::Make, Some(member)) => drop(owner.$cell().set(&member)),
                (Way::Take | Way::Make, _) => owner.$cell().clear(),
            }
            return Ok(());
        })*
        turn.next()
    }};
}

impl World {
    fn link(&mut self, link: u8, owner: u8, member: u8, way: Way) -> aludel::Result<()> {
        const LINKS: usize = 35;
        let (world, link) = (self, usize::from(link) % LINKS);
        let left = links!(world, link, owner, member, way;
            many {
                users.addresses: addresses;
                authors.books: books;
                books.tags: tags;
                tags.books: books;
                nodes.children: nodes;
                rings.before: rings;
                makers.gadgets: gadgets;
                regions.sites: sites;
                brands.outlets: outlets;
                outlets.clerks: clerks;
                tickers.trades: trades;
                tickers.funds: funds;
                funds.tickers: tickers;
                people.reports: people;
                shelves.volumes: volumes;
            }
            one {
                users.profile: profiles;
                addresses.user: users;
                profiles.user: users;
                books.author: authors;
                lines.book: books;
                nodes.parent: nodes;
                rings.next: rings;
                makers.best: gadgets;
                makers.first: gadgets;
                gadgets.maker: makers;
                hens.from: eggs;
                eggs.hen: hens;
                sites.region: regions;
                outlets.brand: brands;
                clerks.outlet: outlets;
                fans.brand: brands;
                fans.favourite: brands;
                trades.ticker: tickers;
                people.boss: people;
                volumes.shelf: shelves;
            }
        );
        unreachable!("link {link} of {LINKS}, {left:?}")
    }
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
                self.query(of(what))?;
            }
            Step::Vanish(what, at) => {
                let table = TABLES[of(what)];
                let column = match table {
                    "region" => "code",
                    "line" => "book_id",
                    "user_account" | "address" | "profile" | "node" | "ring" | "book" => "id",
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
                Err(Error::PendingRollback(_)) => world.store.rollback().map_err(failed)?,
                Err(error) => drop(error.to_string()),
                Ok(()) => {}
            }
            world.check();
        }
        // Whatever was done, the session works on.
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

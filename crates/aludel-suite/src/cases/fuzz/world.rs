//! The objects that a random run has made, of each entity, and what is done to one of them.

use aludel::{
    Budget, Obj, Savepoint, State, blocking::Session, make_transient, make_transient_to_detached,
    prelude::*,
};

use crate::{
    models::{
        composite::{Club, Member},
        keys::*,
        versions::Draft,
        *,
    },
    store::{Store, address, author, book, node, tag, user},
};

/// A number as a key: 0 is unset where that can be said.
pub(super) fn auto(key: Option<u8>) -> Auto<i64> {
    key.filter(|it| *it > 0).map_or(Auto::UNSET, |it| i64::from(it).into())
}

pub(super) fn number(key: Option<u8>) -> Option<i64> {
    key.map(i64::from)
}

fn text_of(key: Option<u8>) -> String {
    key.map_or_else(String::new, |it| format!("k{it}"))
}

pub(super) fn pick<T: Mapped>(of: &[Obj<T>], at: u8) -> Option<Obj<T>> {
    (!of.is_empty()).then(|| of[usize::from(at) % of.len()].clone())
}

/// The objects of each entity, and what is done to one of them.
macro_rules! world {
    ($($field:ident: $entity:ident, $table:literal, $new:expr, $key:expr, $column:expr, $some:expr;)*) => {
        pub(super) struct World {
            pub(super) store: Store,
            /// Another session on the same graph, which sends nothing.
            pub(super) other: Session,
            pub(super) savepoints: Vec<Savepoint>,
            pub(super) budget: Option<Budget>,
            $(pub(super) $field: Vec<Obj<$entity>>,)*
        }

        pub(super) const TABLES: &[&str] = &[$($table),*];

        impl World {
            pub(super) fn new(store: Store) -> Self {
                let other = Session::new(&store.engine);
                Self { store, other, savepoints: Vec::new(), budget: None, $($field: Vec::new(),)* }
            }

            pub(super) fn add(&mut self, what: usize, key: Option<u8>) {
                let mut turn = 0..;
                $(if turn.next() == Some(what) {
                    let make: fn(Option<u8>) -> $entity = $new;
                    let object = self.store.add(make(key));
                    return self.$field.push(object);
                })*
            }

            pub(super) fn make(&mut self, what: usize) {
                let mut turn = 0..;
                $(if turn.next() == Some(what) {
                    let make: fn(Option<u8>) -> $entity = $new;
                    return self.$field.push(Obj::new(make(None)));
                })*
            }

            pub(super) fn forget(&mut self, what: usize, at: u8) {
                let mut turn = 0..;
                $(if turn.next() == Some(what) && !self.$field.is_empty() {
                    let at = usize::from(at) % self.$field.len();
                    self.$field.swap_remove(at);
                    return;
                })*
            }

            pub(super) fn set(&mut self, what: usize, at: u8, value: Option<u8>, key: bool) {
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

            pub(super) fn act(&mut self, what: usize, at: u8, act: Act) -> aludel::Result<()> {
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
                        Act::Leave => {
                            self.other.add(&object);
                            drop(self.other.try_add(&object));
                            Ok(())
                        }
                        Act::Return => self.other.expunge(&object),
                        Act::Expire => self.store.expire(&object),
                        Act::StartAnew => make_transient(&object),
                        Act::StartAnewHere => self.store.make_transient(&object),
                        Act::Detach => make_transient_to_detached(&object),
                        Act::Merge => {
                            let merged = self.store.merge(&object)?;
                            self.$field.push(merged);
                            Ok(())
                        }
                        Act::MergeLoaded => {
                            let merged = self.store.merge_loaded(&object)?;
                            self.$field.push(merged);
                            Ok(())
                        }
                        Act::MergeElsewhere => self.other.merge_loaded(&object).map(drop),
                        Act::ExpireKey => self.store.expire_attributes(&object, $some),
                        Act::RefreshKey => self.store.refresh_attributes(&object, $some),
                        Act::Inspect => {
                            let seen = inspect(&object);
                            let _ = (format!("{seen:?}"), seen.is_modified());
                            Ok(())
                        }
                    };
                })*
                Ok(())
            }

            pub(super) fn query(&mut self, what: usize, renew: bool) -> aludel::Result<()> {
                let mut turn = 0..;
                $(if turn.next() == Some(what) {
                    let stmt = if renew { select($entity).populate_existing() } else { select($entity) };
                    let found = self.store.scalars(&stmt).all()?;
                    return Ok(self.$field.extend(found.into_iter().take(2)));
                })*
                Ok(())
            }

            /// Each object is in one state, and the identity map knows it by its key.
            pub(super) fn check(&mut self) {
                $(for object in &self.$field {
                    let seen = inspect(object);
                    let inside = matches!(seen.state, State::Pending | State::Persistent);
                    assert!(!self.store.contains(object) || inside, "{object:?}");
                })*
            }
        }
    };
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Act {
    AddAgain,
    Delete,
    Expunge,
    Refresh,
    Fresh,
    FlushBorrowed,
    Elsewhere,
    /// The other session takes it, and lets go of it.
    Leave,
    Return,
    Expire,
    /// Its key, and its links.
    ExpireKey,
    RefreshKey,
    StartAnew,
    StartAnewHere,
    Detach,
    Merge,
    MergeLoaded,
    MergeElsewhere,
    Inspect,
}

world! {
    users: User, "user_account", |key| User { id: auto(key), email: key.map(|it| format!("{it}")), ..user("u") },
        |it, key| it.id = auto(key), |it, key| it.email = key.map(|it| format!("{it}")),
        (User.name, User.addresses);
    addresses: Address, "address", |key| Address { id: auto(key), user_id: auto(key), ..address("a") },
        |it, key| it.id = auto(key), |it, key| it.user_id = auto(key),
        (Address.user_id, Address.user);
    profiles: Profile, "profile",
        |key| Profile { id: auto(key), user_id: number(key), bio: String::new(), user: One::new() },
        |it, key| it.id = auto(key), |it, key| it.user_id = number(key),
        (Profile.bio, Profile.user);
    authors: Author, "author", |key| Author { id: auto(key), ..author("a") },
        |it, key| it.id = auto(key), |it, key| it.name = text_of(key),
        (Author.name, Author.books);
    books: Book, "book", |key| Book { id: auto(key), ..book("b") },
        |it, key| it.id = auto(key), |it, key| { it.author_id = number(key); it.pages = number(key) },
        (Book.pages, Book.tags);
    tags: Tag, "tag", |key| Tag { id: auto(key), ..tag("t") },
        |it, key| it.id = auto(key), |it, key| it.name = text_of(key),
        (Tag.id, Tag.books);
    lines: Line, "line",
        |key| Line { book_id: auto(key), number: 1, text: String::new(), book: One::new() },
        |it, key| it.book_id = auto(key), |it, key| it.number = number(key).unwrap_or(1),
        (Line.number, Line.book);
    nodes: Node, "node", |key| Node { id: auto(key), ..node("n") },
        |it, key| it.id = auto(key), |it, key| it.parent_id = number(key),
        (Node.parent_id, Node.children);
    rings: Ring, "ring",
        |key| Ring { id: auto(key), next_id: number(key), next: One::new(), before: Many::new() },
        |it, key| it.id = auto(key), |it, key| it.next_id = number(key),
        (Ring.next_id, Ring.next);
    makers: Maker, "maker",
        |key| Maker {
            id: auto(key), name: String::new(), best_id: None, first_id: None, best: One::new(),
            first: One::new(), gadgets: Many::new(),
        },
        |it, key| it.id = auto(key), |it, key| it.best_id = number(key),
        (Maker.best_id, Maker.gadgets);
    gadgets: Gadget, "gadget", |key| Gadget { id: auto(key), maker_id: None, maker: One::new() },
        |it, key| it.id = auto(key), |it, key| it.maker_id = number(key),
        (Gadget.maker_id, Gadget.maker);
    hens: Hen, "hen", |key| Hen { id: auto(key), from_id: None, from: One::new() },
        |it, key| it.id = auto(key), |it, key| it.from_id = number(key),
        (Hen.id, Hen.from);
    eggs: Egg, "egg", |key| Egg { id: auto(key), hen_id: None, hen: One::new() },
        |it, key| it.id = auto(key), |it, key| it.hen_id = number(key),
        (Egg.hen_id, Egg.hen);
    regions: Region, "region",
        |key| Region {
            country: "DE".into(), code: number(key).unwrap_or(0), name: String::new(),
            sites: Many::new(),
        },
        |it, key| it.code = number(key).unwrap_or(0), |it, key| it.name = text_of(key),
        (Region.name, Region.sites);
    sites: Site, "site", |key| Site { id: auto(key), country: None, code: None, region: One::new() },
        |it, key| it.id = auto(key), |it, key| it.code = number(key),
        (Site.country, Site.code, Site.region);
    brands: Brand, "brand",
        |key| Brand { code: text_of(key), name: None, outlets: Many::new(), bikes: Many::new() },
        |it, key| it.code = text_of(key), |it, key| it.name = key.map(|it| format!("{it}")),
        (Brand.code, Brand.outlets);
    outlets: Outlet, "outlet",
        |key| Outlet {
            brand_code: Auto::UNSET, note: key.map(|it| format!("{it}")), brand: One::new(),
            clerks: Many::new(),
        },
        |it, key| it.brand_code = text_of(key).into(), |it, key| it.note = key.map(|it| format!("{it}")),
        (Outlet.note, Outlet.brand);
    clerks: Clerk, "clerk", |key| Clerk { id: auto(key), outlet_code: None, outlet: One::new() },
        |it, key| it.id = auto(key), |it, key| it.outlet_code = key.map(|it| format!("k{it}")),
        (Clerk.outlet_code, Clerk.outlet);
    fans: Fan, "fan",
        |key| Fan { id: auto(key), brand_code: None, brand: One::new(), favourite: One::new() },
        |it, key| it.id = auto(key), |it, key| it.brand_code = key.map(|it| format!("k{it}")),
        (Fan.brand_code, Fan.favourite);
    tickers: Ticker, "ticker",
        |key| Ticker { code: text_of(key), trades: Many::new(), funds: Many::new() },
        |it, key| it.code = text_of(key), |_, _| (),
        (Ticker.code, Ticker.trades);
    trades: Trade, "trade", |key| Trade { id: auto(key), code: None, ticker: One::new() },
        |it, key| it.id = auto(key), |it, key| it.code = key.map(|it| format!("k{it}")),
        (Trade.code, Trade.ticker);
    funds: Fund, "fund", |key| Fund { id: auto(key), tickers: Many::new() },
        |it, key| it.id = auto(key), |_, _| (),
        (Fund.id, Fund.tickers);
    people: Person, "person",
        |key| Person {
            name: text_of(key), boss_name: None, boss: One::new(), reports: Many::new(),
        },
        |it, key| it.name = text_of(key), |it, key| it.boss_name = key.map(|it| format!("k{it}")),
        (Person.boss_name, Person.boss);
    shelves: Shelf, "shelf", |key| Shelf { id: auto(key), volumes: Many::new() },
        |it, key| it.id = auto(key), |_, _| (),
        (Shelf.id, Shelf.volumes);
    volumes: Volume, "volume",
        |key| Volume { id: auto(key), shelf_id: number(key), shelf: One::new() },
        |it, key| it.id = auto(key), |it, key| it.shelf_id = number(key),
        (Volume.shelf_id, Volume.shelf);
    articles: Article, "article",
        |key| Article { id: auto(key), title: "t".into(), stock: number(key), rank: auto(key) },
        |it, key| it.id = auto(key), |it, key| it.rank = auto(key),
        (Article.stock, Article.rank);
    guilds: Club, "guild",
        |key| Club {
            league: "A".into(), number: number(key).unwrap_or(0), name: text_of(key), members: Many::new(),
            ground: One::new(), fans: Many::new(), at_home: Many::new(), abroad: Many::new(),
            deals: Many::new(), sponsors: Many::new(),
        },
        |it, key| it.number = number(key).unwrap_or(0), |it, key| it.name = text_of(key),
        (Club.name, Club.members);
    players: Member, "guild_member",
        |key| Member {
            league: Auto::UNSET, number: Auto::UNSET, shirt: number(key).unwrap_or(0), name: text_of(key),
            club: One::new(),
        },
        |it, key| it.shirt = number(key).unwrap_or(0), |it, key| it.name = text_of(key),
        (Member.name, Member.club);
    drafts: Draft, "draft",
        |key| Draft {
            id: auto(key), title: text_of(key), body: None, version: number(key).unwrap_or(0),
            basis_id: None, basis: One::new(), drafts_after: Many::new(), tags: Many::new(),
        },
        |it, key| it.id = auto(key), |it, key| it.title = text_of(key),
        (Draft.version, Draft.tags);
}

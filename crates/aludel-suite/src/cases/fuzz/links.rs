//! The relationships of a random run, from each side.

use aludel::Obj;

use super::world::{World, pick};

/// What is done to a link.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
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
    pub(super) fn link(&mut self, link: u8, owner: u8, member: u8, way: Way) -> aludel::Result<()> {
        const LINKS: usize = 40;
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
                guilds.members: players;
                drafts.drafts_after: drafts;
                drafts.tags: tags;
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
                players.club: guilds;
                drafts.basis: drafts;
            }
        );
        unreachable!("link {link} of {LINKS}, {left:?}")
    }
}

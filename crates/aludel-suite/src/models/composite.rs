//! Keys of several columns in every kind of relationship.

use aludel::prelude::*;

use super::Suite;

/// A key of two columns, which everything else here refers to.
#[derive(Mapped, Debug)]
#[table("guild", base = Suite)]
pub struct Club {
    #[column(primary_key, length = 3)]
    pub league: String,
    #[column(primary_key)]
    pub number: i64,
    pub name: String,
    #[relationship(back_populates = club, cascade(all, delete_orphan), order_by = Member.shirt)]
    pub members: Many<Member>,
    #[relationship(back_populates = club)]
    pub ground: One<Ground>,
    #[relationship(secondary = ClubFan, back_populates = clubs, order_by = Fan.number)]
    pub fans: Many<Fan>,
    #[relationship(back_populates = home, foreign_keys = [Game.home_league, Game.home_number],
        order_by = Game.id)]
    pub at_home: Many<Game>,
    #[relationship(back_populates = away, foreign_keys = [Game.away_league, Game.away_number],
        order_by = Game.id)]
    pub abroad: Many<Game>,
    #[relationship(back_populates = club, cascade(all, delete_orphan))]
    pub deals: Many<Deal>,
    #[relationship(secondary = Deal, viewonly, order_by = Sponsor.id)]
    pub sponsors: Many<Sponsor>,
}

/// Its key is the club's, and a number.
#[derive(Mapped, Debug)]
#[table("guild_member", base = Suite, foreign_key((league, number) -> Club(league, number)))]
pub struct Member {
    #[column(primary_key, length = 3)]
    pub league: Auto<String>,
    #[column(primary_key)]
    pub number: Auto<i64>,
    #[column(primary_key)]
    pub shirt: i64,
    pub name: String,
    #[relationship(back_populates = members)]
    pub club: One<Club>,
}

/// One to one with a club.
#[derive(Mapped, Debug)]
#[table("ground", base = Suite, foreign_key((league, number) -> Club(league, number)))]
pub struct Ground {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[column(length = 3)]
    pub league: Option<String>,
    pub number: Option<i64>,
    pub name: String,
    #[relationship(back_populates = ground)]
    pub club: One<Club>,
}

#[derive(Mapped, Debug)]
#[table("supporter", base = Suite)]
pub struct Fan {
    #[column(primary_key, length = 20)]
    pub city: String,
    #[column(primary_key)]
    pub number: i64,
    #[relationship(secondary = ClubFan, back_populates = fans, order_by = (Club.league, Club.number))]
    pub clubs: Many<Club>,
}

#[derive(Mapped, Debug)]
#[table("club_fan", base = Suite,
    foreign_key((league, club) -> Club(league, number)),
    foreign_key((city, fan) -> Fan(city, number)))]
pub struct ClubFan {
    #[column(primary_key, length = 3)]
    pub league: String,
    #[column(primary_key)]
    pub club: i64,
    #[column(primary_key, length = 20)]
    pub city: String,
    #[column(primary_key)]
    pub fan: i64,
}

/// Two relationships to one table.
#[derive(Mapped, Debug)]
#[table("game", base = Suite,
    foreign_key((home_league, home_number) -> Club(league, number)),
    foreign_key((away_league, away_number) -> Club(league, number)))]
pub struct Game {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[column(length = 3)]
    pub home_league: Option<String>,
    pub home_number: Option<i64>,
    #[column(length = 3)]
    pub away_league: Option<String>,
    pub away_number: Option<i64>,
    #[relationship(back_populates = at_home, foreign_keys = [Game.home_league, Game.home_number])]
    pub home: One<Club>,
    #[relationship(back_populates = abroad, foreign_keys = [Game.away_league, Game.away_number])]
    pub away: One<Club>,
}

#[derive(Mapped, Debug)]
#[table("sponsor", base = Suite)]
pub struct Sponsor {
    #[column(primary_key)]
    pub id: Auto<i64>,
    pub name: String,
    #[relationship(back_populates = sponsor, cascade(all, delete_orphan))]
    pub deals: Many<Deal>,
}

/// An association object: a row between a club and a sponsor, with a column of its own.
#[derive(Mapped, Debug)]
#[table("deal", base = Suite, foreign_key((league, number) -> Club(league, number)))]
pub struct Deal {
    #[column(primary_key, length = 3)]
    pub league: Auto<String>,
    #[column(primary_key)]
    pub number: Auto<i64>,
    #[column(primary_key, foreign_key = Sponsor.id)]
    pub sponsor_id: Auto<i64>,
    pub amount: i64,
    #[relationship(back_populates = deals)]
    pub club: One<Club>,
    #[relationship(back_populates = deals)]
    pub sponsor: One<Sponsor>,
}

/// A tree within a bank: the key and the reference share a column.
#[derive(Mapped, Debug)]
#[table("account", base = Suite, foreign_key((bank, above) -> Account(bank, number)))]
pub struct Account {
    #[column(primary_key, length = 3)]
    pub bank: String,
    #[column(primary_key)]
    pub number: i64,
    pub above: Option<i64>,
    #[relationship(back_populates = parts)]
    pub whole: One<Account>,
    #[relationship(back_populates = whole, cascade(all), order_by = Account.number)]
    pub parts: Many<Account>,
}

/// One to one with another of its kind.
#[derive(Mapped, Debug)]
#[table("wagon", base = Suite, foreign_key((train, before) -> Wagon(train, place)))]
pub struct Wagon {
    #[column(primary_key)]
    pub train: i64,
    #[column(primary_key)]
    pub place: i64,
    pub before: Option<i64>,
    #[relationship(back_populates = follows)]
    pub leads: One<Wagon>,
    #[relationship(back_populates = leads, remote_side = [Wagon.train, Wagon.before])]
    pub follows: One<Wagon>,
}

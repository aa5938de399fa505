//! Relationships that say themselves how rows are linked.

use aludel::prelude::*;

use super::Suite;

#[derive(Mapped, Debug)]
#[table("league_club", base = Suite)]
pub struct Club {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[column(length = 50)]
    pub name: String,
    #[column(length = 50)]
    pub city: String,
    pub min_age: i32,
    /// Those of its members that meet a condition; a change writes the key.
    #[relationship(
        primaryjoin = Player.club_id.eq(Club.id) & Player.role.eq("captain"),
        back_populates = captain_of,
        order_by = Player.id
    )]
    pub captains: Many<Player>,
    /// By what other relationships say.
    #[relationship(
        viewonly,
        primaryjoin = Player.club_id.eq(Club.id) & Player.pupils.any(Player.age.lt(18)),
        order_by = Player.id
    )]
    pub teachers: Many<Player>,
    /// No equality.
    #[relationship(viewonly, primaryjoin = Player.age.ge(Club.min_age), order_by = Player.id)]
    pub eligible: Many<Player>,
    /// No key.
    #[relationship(viewonly, primaryjoin = Player.town.eq(Club.city), order_by = Player.id)]
    pub neighbours: Many<Player>,
    /// A key that no foreign key of the schema says, to a column that isn't the primary key.
    #[relationship(
        primaryjoin = Player.sponsor.eq(Club.name),
        foreign_keys = [Player.sponsor],
        back_populates = sponsored_by,
        order_by = Player.id
    )]
    pub sponsored: Many<Player>,
    /// Of those that played there, the young ones that did lately.
    #[relationship(
        viewonly,
        secondary = Visit,
        primaryjoin = Visit.club_id.eq(Club.id) & Visit.year.gt(2000),
        secondaryjoin = Visit.player_id.eq(Player.id) & Player.age.lt(18),
        order_by = Player.id
    )]
    pub young_guests: Many<Player>,
    /// Those that played there before they were old enough.
    #[relationship(
        viewonly,
        secondary = Visit,
        primaryjoin = Visit.club_id.eq(Club.id) & Visit.age.lt(Club.min_age),
        order_by = Player.id
    )]
    pub prodigies: Many<Player>,
}

#[derive(Mapped, Debug)]
#[table("league_player", base = Suite)]
pub struct Player {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[column(length = 50)]
    pub role: String,
    pub age: i32,
    #[column(length = 50)]
    pub town: String,
    #[column(foreign_key = Club.id)]
    pub club_id: Option<i64>,
    #[column(length = 50)]
    pub sponsor: Option<String>,
    #[column(foreign_key = Player.id)]
    pub mentor_id: Option<i64>,
    #[relationship(
        primaryjoin = Player.club_id.eq(Club.id) & Player.role.eq("captain"),
        back_populates = captains
    )]
    pub captain_of: One<Club>,
    /// Of its own club, only one with low standards.
    #[relationship(viewonly, primaryjoin = Player.club_id.eq(Club.id) & Club.min_age.lt(10))]
    pub easy_club: One<Club>,
    /// Its own club, where that is at home in its town.
    #[relationship(viewonly, primaryjoin = Player.club_id.eq(Club.id) & Club.city.eq(Player.town))]
    pub home_club: One<Club>,
    #[relationship(primaryjoin = foreign(Player.sponsor).eq(Club.name), back_populates = sponsored)]
    pub sponsored_by: One<Club>,
    /// Others of its table, by a column that is no key.
    #[relationship(
        viewonly,
        primaryjoin = remote(Player.town).eq(Player.town) & remote(Player.id).ne(Player.id),
        order_by = Player.id
    )]
    pub townsfolk: Many<Player>,
    /// A tree in which each is younger.
    #[relationship(
        viewonly,
        primaryjoin = remote(Player.mentor_id).eq(Player.id) & remote(Player.age).lt(Player.age),
        order_by = Player.id
    )]
    pub pupils: Many<Player>,
}

#[derive(Mapped, Debug)]
#[table("league_visit", base = Suite)]
pub struct Visit {
    #[column(primary_key, foreign_key = Club.id)]
    pub club_id: i64,
    #[column(primary_key, foreign_key = Player.id)]
    pub player_id: i64,
    pub year: i32,
    pub age: i32,
}

/// Keys of two columns that no foreign key says, either of which may be missing.
#[derive(Mapped, Debug)]
#[table("depot", base = Suite)]
pub struct Depot {
    #[column(primary_key, length = 2)]
    pub country: String,
    #[column(primary_key)]
    pub number: i32,
    #[relationship(
        primaryjoin = foreign(Truck.country).eq(Depot.country)
            & foreign(Truck.depot_number).eq(Depot.number)
            & Truck.wheels.gt(4),
        back_populates = depot,
        order_by = Truck.id
    )]
    pub trucks: Many<Truck>,
}

#[derive(Mapped, Debug)]
#[table("truck", base = Suite)]
pub struct Truck {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[column(length = 2)]
    pub country: Option<String>,
    pub depot_number: Option<i32>,
    pub wheels: i32,
    #[relationship(
        primaryjoin = (Truck.country.eq(Depot.country) & Truck.depot_number.eq(Depot.number))
            & Truck.wheels.gt(4),
        foreign_keys = [Truck.country, Truck.depot_number],
        back_populates = trucks
    )]
    pub depot: One<Depot>,
}

/// A road sign: which it means is said by what kind of place it leads to, and its number there.
#[derive(Mapped, Debug)]
#[table("sign", base = Suite)]
pub struct Sign {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[column(length = 20)]
    pub kind: String,
    pub place_id: Option<i64>,
    #[relationship(
        primaryjoin = foreign(Sign.place_id).eq(Harbour.id) & Sign.kind.eq("harbour"),
        back_populates = signs
    )]
    pub harbour: One<Harbour>,
}

#[derive(Mapped, Debug)]
#[table("harbour", base = Suite)]
pub struct Harbour {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[column(length = 50)]
    pub name: String,
    #[relationship(
        primaryjoin = foreign(Sign.place_id).eq(Harbour.id) & Sign.kind.eq("harbour"),
        back_populates = harbour,
        cascade(all, delete_orphan),
        order_by = Sign.id
    )]
    pub signs: Many<Sign>,
}

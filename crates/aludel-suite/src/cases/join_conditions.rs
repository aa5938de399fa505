//! Relationships that say themselves how rows are linked: `primaryjoin`, `secondaryjoin`.

use aludel::{Many, Obj, One, prelude::*};
use expect_test::expect;

use crate::{
    Case, Place, cases,
    models::joins::{Club, Depot, Harbour, Player, Sign, Truck, Visit},
    store::Store,
};

pub(super) const CASES: &[Case] = cases!["join_conditions":
    each_loads_by_itself,
    each_strategy_finds_the_same,
    what_is_sent,
    in_statements,
    what_a_flush_writes,
    a_key_that_no_foreign_key_says,
    what_is_never_taken_from_the_session,
    conditions_within_one_table,
    conditions_of_other_relationships,
    keys_of_two_columns,
    so_many_of_each,
];

fn player(role: &str, age: i32, town: &str) -> Player {
    Player {
        id: Auto::UNSET,
        role: role.into(),
        age,
        town: town.into(),
        club_id: None,
        sponsor: None,
        mentor_id: None,
        captain_of: One::new(),
        easy_club: One::new(),
        home_club: One::new(),
        sponsored_by: One::new(),
        townsfolk: Many::new(),
        pupils: Many::new(),
    }
}

/// Two clubs and five players.
fn league(at: &Place) -> Store {
    let mut store = at.store();
    for (name, city, min_age) in [("Ajax", "Rome", 18), ("Bolt", "Oslo", 6)] {
        store.add(Club::builder().name(name).city(city).min_age(min_age));
    }
    store.commit().unwrap();
    let players = [
        ("captain", 30, "Rome", Some(1), Some("Bolt"), None),
        ("keeper", 17, "Rome", Some(1), None, Some(1)),
        ("captain", 9, "Oslo", Some(2), Some("Bolt"), Some(2)),
        ("captain", 40, "Oslo", Some(1), None, Some(1)),
        ("keeper", 5, "Bonn", None, Some("none"), Some(3)),
    ];
    for (role, age, town, club_id, sponsor, mentor_id) in players {
        let sponsor = sponsor.map(str::to_owned);
        store.add(Player { club_id, sponsor, mentor_id, ..player(role, age, town) });
        store.commit().unwrap();
    }
    for (club_id, player_id, year, age) in [(1, 2, 2010, 15), (1, 3, 1999, 20), (2, 3, 2011, 5)] {
        store.add(Visit { club_id, player_id, year, age });
    }
    store.commit().unwrap();
    store.renew();
    store
}

fn keys(players: &[Obj<Player>]) -> Vec<i64> {
    players.iter().map(|it| *it.borrow().id.get().unwrap()).collect()
}

/// What each of a club's relationships holds, in order.
fn all_of(store: &mut Store, club: i64) -> Vec<Vec<i64>> {
    let club = store.get_one(Club, club).unwrap();
    let loaded = [
        club.captains().load(store),
        club.eligible().load(store),
        club.neighbours().load(store),
        club.sponsored().load(store),
        club.young_guests().load(store),
        club.prodigies().load(store),
    ];
    loaded.map(|it| keys(&it.unwrap())).to_vec()
}

const AJAX: [&[i64]; 6] = [&[1, 4], &[1, 4], &[1, 2], &[], &[2], &[2]];
const BOLT: [&[i64]; 6] = [&[3], &[1, 2, 3, 4], &[3, 4], &[1, 3], &[3], &[3]];

// LOAD-1
fn each_loads_by_itself(at: &Place) {
    let mut store = league(at);
    assert_eq!(all_of(&mut store, 1), AJAX);
    assert_eq!(all_of(&mut store, 2), BOLT);
}

// LOAD-5, LOAD-8, LOAD-11
fn each_strategy_finds_the_same(at: &Place) {
    let mut store = league(at);
    macro_rules! by {
        ($load:ident) => {{
            store.renew();
            let query = select(Club).order_by(Club.id).options((
                $load(Club.captains),
                $load(Club.eligible),
                $load(Club.neighbours),
                $load(Club.sponsored),
                $load(Club.young_guests),
                $load(Club.prodigies),
            ));
            let clubs = store.scalars(&query).all().unwrap();
            store.sent();
            for (club, expected) in clubs.iter().zip([AJAX, BOLT]) {
                let held = [
                    club.captains().iter(),
                    club.eligible().iter(),
                    club.neighbours().iter(),
                    club.sponsored().iter(),
                    club.young_guests().iter(),
                    club.prodigies().iter(),
                ];
                let held = held.map(|it| keys(&it.unwrap().collect::<Vec<_>>()));
                for (held, expected) in held.iter().zip(expected) {
                    let mut held = held.clone();
                    held.sort_unstable();
                    assert_eq!(held, expected, stringify!($load));
                }
            }
        }};
    }
    by!(selectinload);
    by!(subqueryload);
    by!(joinedload);
    for query in [
        select(Player).options((selectinload(Player.captain_of), selectinload(Player.home_club))),
        select(Player).options((subqueryload(Player.captain_of), subqueryload(Player.home_club))),
        select(Player).options((joinedload(Player.captain_of), joinedload(Player.home_club))),
    ] {
        store.renew();
        let players = store.scalars(query.order_by(Player.id)).all().unwrap();
        let of = |it: &Obj<Player>| {
            let key = |it: Option<Obj<Club>>| it.map(|it| *it.borrow().id.get().unwrap());
            (key(it.captain_of().get().unwrap()), key(it.home_club().get().unwrap()))
        };
        let found: Vec<_> = players.iter().map(of).collect();
        assert_eq!(
            found,
            [
                (Some(1), Some(1)),
                (None, Some(1)),
                (Some(2), Some(2)),
                (Some(1), None),
                (None, None)
            ]
        );
    }
}

// LOAD-1, LOAD-24
fn what_is_sent(at: &Place) {
    let mut store = league(at);
    store.log_parameters();
    let clubs = store.scalars(select(Club).order_by(Club.id)).all().unwrap();
    store.sent();
    macro_rules! sent {
        ($load:expr, $expected:expr) => {{
            $load.load(&mut store).unwrap();
            let sent = store.sent();
            let (_, after) = sent.split_once(" FROM ").unwrap();
            $expected.assert_eq(after);
        }};
    }
    sent!(
        clubs[0].captains(),
        expect![[
            r#"league_player WHERE league_player.club_id IN (?, ?) AND league_player.role = ? ORDER BY league_player.id -- (1, 2, "captain")"#
        ]]
    );
    sent!(
        clubs[0].eligible(),
        expect![
            "league_player JOIN league_club AS league_club_1 ON league_player.age >= league_club_1.min_age WHERE league_club_1.id IN (?, ?) ORDER BY league_player.id -- (1, 2)"
        ]
    );
    sent!(
        clubs[0].young_guests(),
        expect![
            "league_player JOIN league_visit AS league_visit_1 ON league_visit_1.player_id = league_player.id AND league_player.age < ? WHERE league_visit_1.club_id IN (?, ?) AND league_visit_1.year > ? ORDER BY league_player.id -- (18, 1, 2, 2000)"
        ]
    );
    sent!(
        clubs[0].prodigies(),
        expect![
            "league_player JOIN league_visit AS league_visit_1 ON league_visit_1.player_id = league_player.id JOIN league_club AS league_club_1 ON league_visit_1.club_id = league_club_1.id AND league_visit_1.age < league_club_1.min_age WHERE league_club_1.id IN (?, ?) ORDER BY league_player.id -- (1, 2)"
        ]
    );
}

// SEL-3
fn in_statements(at: &Place) {
    let mut store = league(at);
    let names = |store: &mut Store, query: aludel::Select<String>| {
        store.sent();
        store.scalars(query.order_by(Club.name)).all().unwrap()
    };
    let captains = select(Club.name).filter(Club.captains.any(Player.age.gt(35)));
    assert_eq!(names(&mut store, captains), ["Ajax"]);
    expect![[r#"
        BEGIN
        SELECT league_club.name FROM league_club WHERE EXISTS (SELECT 1 FROM league_player WHERE league_player.club_id = league_club.id AND league_player.role = ? AND league_player.age > ?) ORDER BY league_club.name"#]].assert_eq(&store.sent());
    let joined = select(Club.name).join(Club.eligible).filter(Player.age.lt(10));
    assert_eq!(names(&mut store, joined), ["Bolt"]);
    expect!["SELECT league_club.name FROM league_club JOIN league_player ON league_player.age >= league_club.min_age WHERE league_player.age < ? ORDER BY league_club.name"].assert_eq(&store.sent());
    let guests = select(Club.name).join(Club.young_guests).filter(Player.age.gt(10));
    assert_eq!(names(&mut store, guests), ["Ajax"]);
    expect!["SELECT league_club.name FROM league_club JOIN league_visit AS league_visit_1 ON league_visit_1.club_id = league_club.id AND league_visit_1.year > ? JOIN league_player ON league_visit_1.player_id = league_player.id AND league_player.age < ? WHERE league_player.age > ? ORDER BY league_club.name"].assert_eq(&store.sent());
    let prodigies = select(Club.name).filter(Club.prodigies.any(Player.id.eq(3)));
    assert_eq!(names(&mut store, prodigies), ["Bolt"]);
    expect!["SELECT league_club.name FROM league_club WHERE EXISTS (SELECT 1 FROM league_player JOIN league_visit AS league_visit_1 ON league_visit_1.player_id = league_player.id WHERE league_visit_1.club_id = league_club.id AND league_visit_1.age < league_club.min_age AND league_player.id = ?) ORDER BY league_club.name"].assert_eq(&store.sent());
    let nobody = select(Player.id).filter(Player.captain_of.is_null()).order_by(Player.id);
    assert_eq!(store.scalars(nobody).all().unwrap(), [2, 5]);
    let ajax = store.get_one(Club, 1).unwrap();
    let his = select(Player.id).filter(Player.captain_of.is(&ajax)).order_by(Player.id);
    assert_eq!(store.scalars(his).all().unwrap(), [1, 4]);
    let query = select(Club)
        .join(Club.captains)
        .filter(Player.age.gt(35))
        .options(contains_eager(Club.captains));
    let clubs = store.scalars(query).all().unwrap();
    assert_eq!(keys(&clubs[0].captains().iter().unwrap().collect::<Vec<_>>()), [4]);
}

// REL-1, O2M-1
fn what_a_flush_writes(at: &Place) {
    let mut store = league(at);
    let bolt = store.get_one(Club, 2).unwrap();
    bolt.captains().load(&mut store).unwrap();
    store.log_parameters();
    store.sent();
    let first = store.get_one(Player, 1).unwrap();
    store.sent();
    bolt.captains().push(&first);
    assert!(first.captain_of().get().unwrap().unwrap().is(&bolt));
    let new = bolt.captains().push(player("captain", 20, "Oslo"));
    store.commit().unwrap();
    expect![[r#"
        UPDATE league_player SET club_id = ? WHERE id = ? -- (2, 1)
        INSERT INTO league_player (role, age, town, club_id, sponsor, mentor_id) VALUES (?, ?, ?, ?, ?, ?) -- ("captain", 20, "Oslo", 2, NULL, NULL)
        COMMIT"#]].assert_eq(&store.sent());
    first.captain_of().clear();
    store.commit().unwrap();
    expect![[r#"
        BEGIN
        UPDATE league_player SET club_id = ? WHERE id = ? -- (NULL, 1)
        COMMIT"#]]
    .assert_eq(&store.sent());
    assert_eq!(new.borrow().club_id, Some(2));
}

// REL-1, M2O-1, CAS-3
fn a_key_that_no_foreign_key_says(at: &Place) {
    let mut store = at.store();
    store.log_parameters();
    let ajax = store.add(Club::builder().name("Ajax").city("Rome").min_age(18));
    let one = ajax.sponsored().push(player("keeper", 20, "Rome"));
    let harbour =
        store.add(Harbour::builder().name("Delft").signs([Sign::builder().kind("harbour")]));
    store.commit().unwrap();
    expect![[r#"
        BEGIN
        INSERT INTO harbour (name) VALUES (?) -- ("Delft")
        INSERT INTO league_club (name, city, min_age) VALUES (?, ?, ?) -- ("Ajax", "Rome", 18)
        INSERT INTO league_player (role, age, town, club_id, sponsor, mentor_id) VALUES (?, ?, ?, ?, ?, ?) -- ("keeper", 20, "Rome", NULL, "Ajax", NULL)
        INSERT INTO sign (kind, place_id) VALUES (?, ?) -- ("harbour", 1)
        COMMIT"#]].assert_eq(&store.sent());
    assert_eq!(one.borrow().sponsor.as_deref(), Some("Ajax"));
    one.sponsored_by().clear();
    store.add(Sign::builder().kind("inn").place_id(*harbour.borrow().id.get().unwrap()));
    store.commit().unwrap();
    assert_eq!(one.borrow().sponsor, None);
    store.renew();
    store.log_parameters();
    let harbour = store.get_one(Harbour, 1).unwrap();
    store.delete(&harbour).unwrap();
    store.commit().unwrap();
    expect![[r#"
        BEGIN
        SELECT harbour.id, harbour.name FROM harbour WHERE harbour.id = ? -- (1)
        SELECT sign.id, sign.kind, sign.place_id FROM sign WHERE sign.place_id IN (?) AND sign.kind = ? ORDER BY sign.id -- (1, "harbour")
        DELETE FROM sign WHERE id = ? -- (1)
        DELETE FROM harbour WHERE id = ? -- (1)
        COMMIT"#]].assert_eq(&store.sent());
}

// LOAD-3
fn what_is_never_taken_from_the_session(at: &Place) {
    let mut store = league(at);
    let clubs = store.scalars(select(Club)).all().unwrap();
    let second = store.get_one(Player, 2).unwrap();
    store.sent();
    assert!(second.easy_club().load(&mut store).unwrap().is_none());
    assert_eq!(store.sent().lines().count(), 1);
    let third = store.get_one(Player, 3).unwrap();
    assert!(third.easy_club().load(&mut store).unwrap().unwrap().is(&clubs[1]));
    third.borrow_mut().club_id = Some(1);
    store.commit().unwrap();
    store.refresh(&third).unwrap();
    assert!(third.easy_club().load(&mut store).unwrap().is_none());
}

// LOAD-25
fn conditions_within_one_table(at: &Place) {
    let mut store = league(at);
    let players = store.scalars(select(Player).order_by(Player.id)).all().unwrap();
    store.sent();
    players[0].townsfolk().load(&mut store).unwrap();
    expect!["SELECT league_player.id, league_player.role, league_player.age, league_player.town, league_player.club_id, league_player.sponsor, league_player.mentor_id, league_player_1.id FROM league_player JOIN league_player AS league_player_1 ON league_player.town = league_player_1.town AND league_player.id <> league_player_1.id WHERE league_player_1.id IN (?, ?, ?, ?, ?, ?, ?, ?) ORDER BY league_player.id"].assert_eq(&store.sent());
    let of = |it: &Obj<Player>| keys(&it.townsfolk().iter().unwrap().collect::<Vec<_>>());
    let found: Vec<_> = players.iter().map(of).collect();
    assert_eq!(found, [vec![2], vec![1], vec![4], vec![3], vec![]]);
    let lonely = select(Player.id).filter(!Player.townsfolk.exists());
    assert_eq!(store.scalars(lonely).all().unwrap(), [5]);
    store.renew();
    let query =
        select(Player).filter(Player.id.eq(1)).options(selectinload(Player.pupils).recursive());
    let first = store.scalars(query).one().unwrap();
    expect![[r#"
        BEGIN
        SELECT league_player.id, league_player.role, league_player.age, league_player.town, league_player.club_id, league_player.sponsor, league_player.mentor_id FROM league_player WHERE league_player.id = ?
        WITH RECURSIVE league_player_1 AS (SELECT league_player.id AS id, league_player.age AS age FROM league_player WHERE league_player.id IN (?) UNION SELECT league_player.id AS id, league_player.age AS age FROM league_player JOIN league_player_1 ON league_player.mentor_id = league_player_1.id AND league_player.age < league_player_1.age) SELECT league_player.id, league_player.role, league_player.age, league_player.town, league_player.club_id, league_player.sponsor, league_player.mentor_id, league_player_1.id FROM league_player JOIN league_player_1 ON league_player.mentor_id = league_player_1.id AND league_player.age < league_player_1.age ORDER BY league_player.id"#]].assert_eq(&store.sent());
    let pupils = |it: &Obj<Player>| it.pupils().iter().unwrap().collect::<Vec<_>>();
    let below = pupils(&first);
    assert_eq!(keys(&below), [2]);
    assert_eq!(keys(&pupils(&below[0])), [3]);
    assert_eq!(keys(&pupils(&pupils(&below[0])[0])), [5]);
    let other = Player.aliased("other");
    let joined = select(Player.id).join(Player.townsfolk.of_type(other)).order_by(Player.id);
    assert_eq!(store.scalars(joined).all().unwrap(), [1, 2, 3, 4]);
}

// LOAD-1
fn conditions_of_other_relationships(at: &Place) {
    let mut store = league(at);
    let club = store.get_one(Club, 1).unwrap();
    store.sent();
    assert_eq!(keys(&club.teachers().load(&mut store).unwrap()), [1, 2]);
    expect!["SELECT league_player.id, league_player.role, league_player.age, league_player.town, league_player.club_id, league_player.sponsor, league_player.mentor_id FROM league_player WHERE league_player.club_id IN (?) AND EXISTS (SELECT 1 FROM league_player AS league_player_1 WHERE league_player_1.mentor_id = league_player.id AND league_player_1.age < league_player.age AND league_player_1.age < ?) ORDER BY league_player.id"].assert_eq(&store.sent());
}

// LOAD-4, LOAD-10
fn keys_of_two_columns(at: &Place) {
    let mut store = at.store();
    store.log_parameters();
    let truck = |wheels| Truck::builder().wheels(wheels);
    store.add(Depot::builder().country("it").number(1).trucks([truck(6), truck(8)]));
    store.add(truck(4).country("it".to_owned()).depot_number(1));
    store.add(truck(10).country("it".to_owned()));
    store.commit().unwrap();
    expect![[r#"
        BEGIN
        INSERT INTO depot (country, number) VALUES (?, ?) -- ("it", 1)
        INSERT INTO truck (country, depot_number, wheels) VALUES (?, ?, ?) -- ("it", 1, 6), ("it", 1, 8), ("it", 1, 4), ("it", NULL, 10)
        COMMIT"#]].assert_eq(&store.sent());
    store.renew();
    store.log_parameters();
    let depots = store.scalars(select(Depot).options(selectinload(Depot.trucks))).all().unwrap();
    assert_eq!(depots[0].trucks().len().unwrap(), 2);
    let trucks = store.scalars(select(Truck).order_by(Truck.id)).all().unwrap();
    store.sent();
    let found: Vec<_> =
        trucks.iter().map(|it| it.depot().load(&mut store).unwrap().is_some()).collect();
    assert_eq!(found, [true, true, false, false]);
    expect!["SELECT depot.country, depot.number, truck_1.id FROM depot JOIN truck AS truck_1 ON truck_1.country = depot.country AND truck_1.depot_number = depot.number AND truck_1.wheels > ? WHERE truck_1.id IN (?, ?) -- (4, 3, 4)"].assert_eq(&store.sent());
}

// LOAD-8
fn so_many_of_each(at: &Place) {
    let mut store = league(at);
    let query = select(Club).order_by(Club.id).options((
        selectinload(Club.eligible).order_by(Player.age.desc()).limit(1),
        selectinload(Club.captains).and_(Player.age.gt(10)),
        subqueryload(Club.eligible).selectinload(Player.home_club),
    ));
    let clubs = store.scalars(query).all().unwrap();
    store.sent();
    let eligible = |it: &Obj<Club>| keys(&it.eligible().iter().unwrap().collect::<Vec<_>>());
    assert_eq!((eligible(&clubs[0]), eligible(&clubs[1])), (vec![1, 4], vec![1, 2, 3, 4]));
    store.renew();
    let query = select(Club)
        .order_by(Club.id)
        .options(selectinload(Club.eligible).order_by(Player.age.desc()).limit(1));
    let clubs = store.scalars(query).all().unwrap();
    assert_eq!((eligible(&clubs[0]), eligible(&clubs[1])), (vec![4], vec![4]));
    expect!["SELECT league_player_1.id, league_player_1.role, league_player_1.age, league_player_1.town, league_player_1.club_id, league_player_1.sponsor, league_player_1.mentor_id, league_player_1.owner_1 FROM (SELECT league_player.id AS id, league_player.role AS role, league_player.age AS age, league_player.town AS town, league_player.club_id AS club_id, league_player.sponsor AS sponsor, league_player.mentor_id AS mentor_id, league_club_1.id AS owner_1, row_number() OVER (PARTITION BY league_club_1.id ORDER BY league_player.age DESC, league_player.id) AS aludel_place FROM league_player JOIN league_club AS league_club_1 ON league_player.age >= league_club_1.min_age WHERE league_club_1.id IN (?, ?)) AS league_player_1 WHERE league_player_1.aludel_place <= ? ORDER BY league_player_1.aludel_place"].assert_eq(store.sent().lines().last().unwrap());
}

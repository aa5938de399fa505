//! What is said once of an object and of its rows: hybrids, and columns of several names.

use aludel::{Obj, prelude::*};

use crate::{Case, Place, cases, models::hybrids::*, store::Store};

pub(super) const CASES: &[Case] = cases!["hybrids":
    the_same_in_memory_and_in_sql,
    as_they_are_sent,
    names_in_a_result,
    other_names_of_columns,
];

fn players(at: &Place) -> Store {
    let mut store = at.store();
    let player = |name: &str, surname: Option<&str>, wins, losses, banned| {
        let player = Player::builder().name(name).wins(wins).losses(losses).banned(banned);
        player.surname(surname.map(str::to_owned))
    };
    store.add(player("Ada", Some("Lovelace"), 12, 3, false));
    store.add(player("Xeno", None, 4, 0, false));
    store.add(player("Bo", Some("Peep"), 20, 20, true));
    store.add(player("xi", Some("Li"), 0, 1, false));
    store.save();
    store.renew();
    store
}

// MAP-11: computed in memory, and by the database.
fn the_same_in_memory_and_in_sql(at: &Place) {
    let mut store = players(at);
    let all: Vec<Obj<Player>> = store.scalars(select(Player).order_by(Player.id)).all().unwrap();
    let query = select((Player.games(), Player.is_strong(), Player.beats(5), Player.is_odd()));
    let rows = store.execute(query.order_by(Player.id)).all().unwrap();
    for (player, row) in all.iter().zip(&rows) {
        let player = player.borrow();
        let own = (player.games(), player.is_strong(), player.beats(5), player.is_odd());
        assert_eq!(own, *row);
    }
    let query = select((Player.full_name(), Player.rank(), Player.letters()));
    let rows = store.execute(query.order_by(Player.id)).all().unwrap();
    for (player, row) in all.iter().zip(&rows) {
        let player = player.borrow();
        assert_eq!((player.full_name(), player.rank(), player.letters()), *row);
    }
    let strong = store.scalars(select(Player).filter(Player.is_strong())).all().unwrap();
    assert_eq!(strong, all[..1]);
    let query = select(Player).filter(Player.games().gt(5) & !Player.is_odd());
    assert_eq!(
        store.scalars(query.order_by(Player.games().desc())).all().unwrap(),
        [all[2].clone(), all[0].clone()]
    );
    let other = Player.aliased("other");
    let query =
        select((Player.id, other.id)).filter(other.games().lt(Player.games()) & Player.id.eq(2));
    assert_eq!(store.execute(query).all().unwrap(), [(2, 4)]);
    all[0].borrow_mut().win();
    store.flush().unwrap();
    assert_eq!(store.number("SELECT wins FROM contestant WHERE id = 1"), 13);
}

fn as_they_are_sent(at: &Place) {
    let mut store = players(at);
    let mut filter = |condition: aludel::Expr<bool>| {
        store.scalars(select(Player.id).filter(condition)).all().unwrap();
        let sent = store.sent();
        sent.lines().last().unwrap().split(" WHERE ").nth(1).unwrap().to_owned()
    };
    assert!(filter(Player.is_strong()).starts_with("contestant.wins >= ? AND "));
    assert_eq!(filter(Player.beats(5)), "contestant.wins > ?");
    assert_eq!(filter(Player.games().eq(1)), "contestant.wins + contestant.losses = ?");
    let odd = filter(Player.is_odd());
    assert!(
        odd.starts_with("contestant.surname IS NULL OR lower(contestant.player_name) LIKE"),
        "{odd}"
    );
    assert!(odd.ends_with(" OR (contestant.wins - ?) * ? = ?"), "{odd}");
}

// MAP-11: labelled in the columns clause, and nowhere else.
fn names_in_a_result(at: &Place) {
    let mut store = players(at);
    let query = select(Player.games()).order_by(Player.games()).limit(1);
    assert_eq!(store.scalars(query).one().unwrap(), 1);
    assert_eq!(
        store.sent(),
        "BEGIN\nSELECT contestant.wins + contestant.losses AS games FROM contestant ORDER BY games LIMIT ?"
    );
    store.scalars(select(Player.games() * 2).limit(1)).one().unwrap();
    assert_eq!(
        store.sent(),
        "SELECT (contestant.wins + contestant.losses) * ? FROM contestant LIMIT ?"
    );
}

fn other_names_of_columns(at: &Place) {
    let mut store = players(at);
    let query = select(Player).filter(Player.nick.eq("Bo")).order_by(Player.handle);
    let bo = store.scalars(query).one().unwrap();
    let sent = store.sent();
    assert!(
        sent.ends_with(
            "FROM contestant WHERE contestant.player_name = ? ORDER BY contestant.player_name"
        ),
        "{sent}"
    );
    bo.borrow_mut().name = "Bob".into();
    assert!(inspect(&bo).attribute("nick").unwrap().modified);
    assert_eq!(inspect(&bo).attribute("handle").unwrap().field, "name");
    let synonyms: Vec<_> = inspect(Player).synonyms().collect();
    assert_eq!(synonyms, [("nick", "name"), ("handle", "name")]);
    store.execute(update(Player).set(Player.nick, "Z").filter(Player.id.eq(1))).unwrap();
    assert_eq!(store.get_one(Player, 1).unwrap().borrow().name, "Z");
    assert_eq!(Player.aliased("p").nick.name(), "player_name");
}

//! Keys of several columns in every kind of relationship, several relationships to one table, and
//! association objects.

use aludel::{Error, Obj, State, prelude::*};

use crate::{Case, Place, cases, models::composite::*, store::Store};

pub(super) const CASES: &[Case] = cases!["composite":
    a_many_to_many,
    a_many_to_many_of_many_owners,
    a_one_to_one,
    members_whose_key_is_their_owners,
    a_member_that_moves_changes_its_key,
    a_member_that_can_not_lose_its_key,
    a_tree,
    one_to_one_within_a_table,
    two_relationships_to_one_table,
    half_a_key_refers_to_nothing,
    an_association_object,
    an_association_object_loses_either_end,
    conditions,
];

fn club(number: i64) -> Obj<Club> {
    Obj::new(Club::builder().league("A").number(number).name(format!("club {number}")))
}

fn fan(number: i64) -> Obj<Fan> {
    Obj::new(Fan::builder().city("Ulm").number(number))
}

fn member(shirt: i64) -> Obj<Member> {
    Obj::new(Member::builder().shirt(shirt).name(format!("member {shirt}")))
}

/// Two clubs, the first with two members and a fan; read anew.
fn two_clubs(at: &Place) -> (Store, Obj<Club>, Obj<Club>) {
    let mut store = at.store();
    let (one, two) = (store.add(club(1)), store.add(club(2)));
    one.members().extend([member(7), member(9)]);
    one.fans().push(fan(1));
    store.add(&two);
    store.save();
    store.renew();
    let one = store.get_one(Club, ("A", 1)).unwrap();
    let two = store.get_one(Club, ("A", 2)).unwrap();
    store.log_parameters();
    store.sent();
    (store, one, two)
}

// UOW-25, UOW-26, FK-1: from either side, each row once; all columns together.
fn a_many_to_many(at: &Place) {
    let (mut store, one, two) = two_clubs(at);
    let first = store.get_one(Fan, ("Ulm", 1)).unwrap();
    let second = two.fans().push(fan(2));
    second.clubs().push(&one);
    first.clubs().remove(&one).unwrap();
    first.clubs().push(&two);
    store.sent();
    store.flush().unwrap();
    assert_eq!(
        store.sent(),
        "INSERT INTO supporter (city, number) VALUES (?, ?) -- (\"Ulm\", 2)\n\
         DELETE FROM club_fan WHERE league = ? AND club = ? AND city = ? AND fan = ? \
         -- (\"A\", 1, \"Ulm\", 1)\n\
         INSERT INTO club_fan (league, club, city, fan) VALUES (?, ?, ?, ?) \
         -- (\"A\", 2, \"Ulm\", 2), (\"A\", 1, \"Ulm\", 2), (\"A\", 2, \"Ulm\", 1)"
    );
    store.commit().unwrap();
    store.renew();
    let fans = store.scalars(select(Fan).order_by(Fan.number).options(selectinload(Fan.clubs)));
    let fans = fans.all().unwrap();
    assert_eq!((fans[0].clubs().len().unwrap(), fans[1].clubs().len().unwrap()), (1, 2));
    store.delete(&fans[1]).unwrap();
    store.commit().unwrap();
    assert_eq!(store.number("SELECT count(*) FROM club_fan"), 1);
    let two = store.get_one(Club, ("A", 2)).unwrap();
    store.sent();
    assert!(two.fans().load(&mut store).unwrap()[0].is(&fans[0]));
    assert_eq!(store.sent().lines().count(), 1);
}

// LOAD-8: lists of 500 keys, of several columns each.
fn a_many_to_many_of_many_owners(at: &Place) {
    let mut store = at.store();
    let fans: Vec<_> = (0..3).map(fan).collect();
    for number in 0..700 {
        let club = store.add(club(number));
        club.fans().extend([&fans[number as usize % 3], &fans[(number as usize + 1) % 3]]);
    }
    store.save();
    store.renew();
    let clubs = store.scalars(select(Club).order_by(Club.number)).all().unwrap();
    store.sent();
    assert_eq!(clubs[0].fans().load(&mut store).unwrap().len(), 2);
    assert_eq!(store.sent().lines().count(), 2);
    for (number, club) in clubs.iter().enumerate() {
        let mut own: Vec<_> = club.fans().iter().unwrap().map(|it| it.borrow().number).collect();
        own.sort_unstable();
        let mut expected = [number as i64 % 3, (number as i64 + 1) % 3];
        expected.sort_unstable();
        assert_eq!(own, expected);
    }
    store.commit().unwrap();
}

// REL-5, REL-6: loaded or not.
fn a_one_to_one(at: &Place) {
    let (mut store, one, two) = two_clubs(at);
    let old = one.ground().set(Ground::builder().name("old"));
    store.save();
    assert_eq!(old.borrow().league.as_deref(), Some("A"));
    two.ground().set(&old);
    assert!(one.ground().get().unwrap().is_none());
    store.commit().unwrap();
    assert_eq!(store.number("SELECT number FROM ground"), 2);
    store.renew();
    store.log_parameters();
    let two = store.get_one(Club, ("A", 2)).unwrap();
    store.sent();
    two.ground().set(Ground::builder().name("new"));
    store.commit().unwrap();
    let sent = store.sent();
    let (read, written) = sent.split_once('\n').unwrap();
    assert!(read.starts_with("SELECT ground.id, "), "{read}");
    assert_eq!(
        written,
        "UPDATE ground SET league = ?, number = ? WHERE id = ? -- (NULL, NULL, 1)\n\
         INSERT INTO ground (league, number, name) VALUES (?, ?, ?) -- (\"A\", 2, \"new\")\n\
         COMMIT"
    );
}

// FK-2, CAS-8: an orphan is deleted by the key that it had.
fn members_whose_key_is_their_owners(at: &Place) {
    let (mut store, one, _) = two_clubs(at);
    let members = one.members().load(&mut store).unwrap();
    assert_eq!(members.len(), 2);
    store.sent();
    one.members().remove(&members[0]).unwrap();
    let new = one.members().push(member(11));
    store.commit().unwrap();
    assert_eq!(
        store.sent(),
        "INSERT INTO guild_member (league, number, shirt, name) VALUES (?, ?, ?, ?) \
         -- (\"A\", 1, 11, \"member 11\")\n\
         DELETE FROM guild_member WHERE league = ? AND number = ? AND shirt = ? -- (\"A\", 1, 7)\n\
         COMMIT"
    );
    assert!(store.get_one(Member, ("A", 1, 11)).unwrap().is(&new));
    assert!(store.get(Member, ("A", 1, 7)).unwrap().is_none());
    store.delete(&one).unwrap();
    store.commit().unwrap();
    assert_eq!(store.number("SELECT count(*) FROM guild_member"), 0);
    assert_eq!(inspect(&new).state, State::Detached);
}

// FK-2, CAS-9: moving changes the key, in the row and in the identity map.
fn a_member_that_moves_changes_its_key(at: &Place) {
    for load in [false, true] {
        let (mut store, one, two) = two_clubs(at);
        let member = store.get_one(Member, ("A", 1, 7)).unwrap();
        if load {
            one.members().load(&mut store).unwrap();
            two.members().load(&mut store).unwrap();
        }
        two.members().push(&member);
        store.sent();
        store.flush().unwrap();
        assert_eq!(
            store.sent(),
            "UPDATE guild_member SET number = ? WHERE league = ? AND number = ? AND shirt = ? \
             -- (2, \"A\", 1, 7)"
        );
        assert!(store.get_one(Member, ("A", 2, 7)).unwrap().is(&member));
        assert_eq!(store.sent(), "");
        assert!(store.get(Member, ("A", 1, 7)).unwrap().is_none());
        store.rollback().unwrap();
        assert_eq!(member.borrow().number, 1);
        assert!(store.get_one(Member, ("A", 1, 7)).unwrap().is(&member));
        store.commit().unwrap();
    }
}

// UOW-30: a part of the key can't become NULL; nothing is sent.
fn a_member_that_can_not_lose_its_key(at: &Place) {
    let mut store = at.store();
    let whole = store.add(Account::builder().bank("X").number(1));
    let part = whole.parts().push(Account::builder().bank("X").number(2));
    store.save();
    part.whole().clear();
    let error = store.flush().unwrap_err();
    assert!(matches!(error, Error::BlankedKey(_)), "{error}");
    assert_eq!(
        error.to_string(),
        "Account \"X\", 2 would lose its primary key: `bank` is a part of it, and the relationship that \
         fills it was cleared; delete the object, or make the relationship `delete_orphan`"
    );
    assert!(!store.sent().contains("UPDATE"));
    store.rollback().unwrap();
    assert!(part.whole().get().unwrap().unwrap().is(&whole));
}

// UOW-3, UOW-4, CAS-20: levels down, and up again.
fn a_tree(at: &Place) {
    let mut store = at.store();
    let account = |number| Account::builder().bank("X").number(number);
    let leaf = store.add(account(3));
    let top = leaf.whole().set(account(2)).whole().set(account(1));
    top.parts().push(account(4));
    store.log_parameters();
    store.commit().unwrap();
    assert_eq!(
        store.sent(),
        "BEGIN\nINSERT INTO account (bank, number, above) VALUES (?, ?, ?) -- (\"X\", 1, NULL)\n\
         INSERT INTO account (bank, number, above) VALUES (?, ?, ?) \
         -- (\"X\", 2, 1), (\"X\", 4, 1)\n\
         INSERT INTO account (bank, number, above) VALUES (?, ?, ?) -- (\"X\", 3, 2)\nCOMMIT"
    );
    store.renew();
    let leaf = store.get_one(Account, ("X", 3)).unwrap();
    let four = store.get_one(Account, ("X", 4)).unwrap();
    four.parts().push(&leaf);
    store.sent();
    store.commit().unwrap();
    assert_eq!(
        store.sent(),
        "UPDATE account SET above = ? WHERE bank = ? AND number = ? -- (4, \"X\", 3)\nCOMMIT"
    );
    let top = store.get_one(Account, ("X", 1)).unwrap();
    store.delete(&top).unwrap();
    store.sent();
    store.commit().unwrap();
    assert_eq!(
        store.sent(),
        "DELETE FROM account WHERE bank = ? AND number = ? -- (\"X\", 2), (\"X\", 3)\n\
         DELETE FROM account WHERE bank = ? AND number = ? -- (\"X\", 4)\n\
         DELETE FROM account WHERE bank = ? AND number = ? -- (\"X\", 1)\nCOMMIT"
    );
}

// REL-1, REL-5, ERR-12: `remote_side` says whose row refers.
fn one_to_one_within_a_table(at: &Place) {
    let mut store = at.store();
    let wagon = |place| Wagon::builder().train(1).place(place);
    let engine = store.add(wagon(1));
    let second = engine.follows().set(wagon(2));
    let third = second.follows().set(wagon(3));
    assert!(third.leads().get().unwrap().unwrap().is(&second));
    store.log_parameters();
    store.commit().unwrap();
    assert_eq!(
        store.sent(),
        "BEGIN\nINSERT INTO wagon (train, place, before) VALUES (?, ?, ?) -- (1, 1, NULL)\n\
         INSERT INTO wagon (train, place, before) VALUES (?, ?, ?) -- (1, 2, 1)\n\
         INSERT INTO wagon (train, place, before) VALUES (?, ?, ?) -- (1, 3, 2)\nCOMMIT"
    );
    store.renew();
    let second = store.get_one(Wagon, (1, 2)).unwrap();
    let third = second.follows().load(&mut store).unwrap().unwrap();
    assert_eq!(third.borrow().place, 3);
    assert!(third.leads().get().unwrap().unwrap().is(&second));
    assert_eq!(second.leads().load(&mut store).unwrap().unwrap().borrow().place, 1);
}

// FK-9, REL-2: each goes by its own columns; both in one UPDATE.
fn two_relationships_to_one_table(at: &Place) {
    let (mut store, one, two) = two_clubs(at);
    let game = store.add(Game::builder());
    game.home().set(&one);
    two.abroad().push(&game);
    store.commit().unwrap();
    assert_eq!(
        store.sent(),
        "INSERT INTO game (home_league, home_number, away_league, away_number) \
         VALUES (?, ?, ?, ?) -- (\"A\", 1, \"A\", 2)\nCOMMIT"
    );
    game.home().set(&two);
    game.away().set(&one);
    store.commit().unwrap();
    assert_eq!(
        store.sent(),
        "BEGIN\nUPDATE game SET home_number = ?, away_number = ? WHERE id = ? -- (2, 1, 1)\nCOMMIT"
    );
    store.renew();
    let clubs = select(Club)
        .order_by(Club.number)
        .options(selectinload(Club.at_home))
        .options(joinedload(Club.abroad));
    let clubs = store.scalars(clubs).all().unwrap();
    let games = |it: &Obj<Club>| (it.at_home().len().unwrap(), it.abroad().len().unwrap());
    assert_eq!((games(&clubs[0]), games(&clubs[1])), ((0, 1), (1, 0)));
    let game = clubs[1].at_home().iter().unwrap().next().unwrap();
    assert!(game.home().get().unwrap().unwrap().is(&clubs[1]));
    assert!(game.away().get().unwrap().unwrap().is(&clubs[0]));
    // Deleting a club takes it out of the games on its own side alone.
    store.log_parameters();
    store.delete(&clubs[0]).unwrap();
    store.sent();
    store.flush().unwrap();
    let sent = store.sent();
    assert!(
        sent.contains(
            "UPDATE game SET away_league = ?, away_number = ? WHERE id = ? -- (NULL, NULL, 1)"
        ),
        "{sent}"
    );
    store.rollback().unwrap();
}

// REL-12, LOAD-2: a key of which a part is NULL leads nowhere, and nobody asks.
fn half_a_key_refers_to_nothing(at: &Place) {
    let (mut store, ..) = two_clubs(at);
    let game = store.add(Game::builder().home_league("A").away_number(1));
    store.save();
    assert!(game.home().load(&mut store).unwrap().is_none());
    assert!(game.away().load(&mut store).unwrap().is_none());
    assert_eq!(store.sent(), "");
}

/// A deal of the first club and a new sponsor.
fn deal(store: &mut Store, club: &Obj<Club>) -> (Obj<Deal>, Obj<Sponsor>) {
    let sponsor = store.add(Sponsor::builder().name("s"));
    let deal = sponsor.deals().push(Deal::builder().amount(5));
    club.deals().push(&deal);
    (deal, sponsor)
}

// FK-1, FK-2, UOW-2: both ends first, and its key is theirs.
fn an_association_object(at: &Place) {
    let (mut store, one, two) = two_clubs(at);
    let (deal, sponsor) = deal(&mut store, &one);
    store.commit().unwrap();
    assert_eq!(
        store.sent(),
        "INSERT INTO sponsor (name) VALUES (?) -- (\"s\")\n\
         INSERT INTO deal (league, number, sponsor_id, amount) VALUES (?, ?, ?, ?) \
         -- (\"A\", 1, 1, 5)\nCOMMIT"
    );
    assert!(store.get_one(Deal, ("A", 1, 1)).unwrap().is(&deal));
    deal.borrow_mut().amount = 6;
    store.commit().unwrap();
    assert_eq!(
        store.sent(),
        "BEGIN\nUPDATE deal SET amount = ? WHERE league = ? AND number = ? AND sponsor_id = ? \
         -- (6, \"A\", 1, 1)\nCOMMIT"
    );
    // Read across it, without the row between.
    assert!(one.sponsors().load(&mut store).unwrap()[0].is(&sponsor));
    store.sent();
    // Moved: its key changes.
    deal.club().set(&two);
    store.commit().unwrap();
    assert_eq!(
        store.sent(),
        "UPDATE deal SET number = ? WHERE league = ? AND number = ? AND sponsor_id = ? \
         -- (2, \"A\", 1, 1)\nCOMMIT"
    );
}

// CAS-12: of two owners either is enough to lose.
fn an_association_object_loses_either_end(at: &Place) {
    for from_club in [true, false] {
        let (mut store, one, _) = two_clubs(at);
        let (deal, sponsor) = deal(&mut store, &one);
        store.save();
        match from_club {
            true => one.deals().remove(&deal).unwrap(),
            false => deal.sponsor().clear(),
        }
        store.commit().unwrap();
        assert_eq!(
            store.sent(),
            "BEGIN\nDELETE FROM deal WHERE league = ? AND number = ? AND sponsor_id = ? -- (\"A\", 1, 1)\n\
             COMMIT"
        );
        let again = Deal::builder().amount(7);
        let again = one.deals().push(again);
        sponsor.deals().push(&again);
        store.save();
        store.delete(&sponsor).unwrap();
        store.sent();
        store.commit().unwrap();
        let sent = store.sent();
        assert!(sent.find("DELETE FROM deal") < sent.find("DELETE FROM sponsor"), "{sent}");
        assert_eq!(store.number("SELECT count(*) FROM deal"), 0);
    }
}

// SEL-23
fn conditions(at: &Place) {
    let (mut store, one, two) = two_clubs(at);
    let (_, sponsor) = deal(&mut store, &one);
    let game = store.add(Game::builder());
    game.home().set(&two);
    store.flush().unwrap();
    let first = store.get_one(Fan, ("Ulm", 1)).unwrap();
    let mut numbers = |filter| -> Vec<i64> {
        store.scalars(select(Club.number).filter(filter).order_by(Club.number)).all().unwrap()
    };
    assert_eq!(numbers(Club.fans.contains(&first)), [1]);
    assert_eq!(numbers(!Club.fans.exists()), [2]);
    assert_eq!(numbers(Club.members.any(Member.shirt.eq(9))), [1]);
    assert_eq!(numbers(Club.at_home.exists()), [2]);
    assert_eq!(numbers(Club.sponsors.contains(&sponsor)), [1]);
    let games = store.scalars(select(Game).filter(Game.home.is(&two))).all().unwrap();
    assert!(games[0].is(&game));
    assert!(store.scalars(select(Game).filter(Game.away.is(&two))).all().unwrap().is_empty());
}

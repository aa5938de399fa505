//! What the database makes of a row: when it is read, what nobody may set, and versions of its own.

use aludel::{
    Auto, Error, Obj, State,
    dialect::{Autoincrement, Returning, Triggers},
    prelude::*,
};

use crate::{
    Case, Place, cases,
    models::{computed::*, versions::Coupon},
    store::Store,
};

pub(super) const CASES: &[Case] = cases!["server":
    computed_columns,
    nobody_sets_what_is_computed,
    computed_columns_are_not_merged,
    a_row_switch_keeps_no_computed_value,
    statements_change_what_is_computed,
    a_number_of_the_databases,
    a_key_of_the_databases,
    updates_bring_back_what_was_made,
    expressions_are_read_at_once,
    what_triggers_made_is_read,
    an_eager_update_of_a_row_that_is_gone,
    nothing_is_read_before_somebody_asks,
    unread_values_of_many_rows,
    versions_of_the_database,
    a_stale_version_of_the_database,
    versions_of_the_database_in_a_batch,
];

fn returns_updated(at: &Place) -> bool {
    at.dialect().capability().dml.returning == Returning::All
}

fn price(net: i64, amount: i64) -> Price {
    Price { id: Auto::UNSET, net, amount, total: Auto::UNSET }
}

fn eager(net: i64) -> EagerPrice {
    EagerPrice { id: Auto::UNSET, net, twice: Auto::UNSET, note: None }
}

fn saved_price(store: &mut Store) -> Obj<Price> {
    let new = store.add(price(3, 4));
    store.save();
    store.log_parameters();
    new
}

// DEF-5, DEF-1
fn computed_columns(at: &Place) {
    let mut store = at.store();
    let new = store.add_all([price(3, 4), price(5, 6)]);
    store.flush().unwrap();
    let sent = store.sent();
    assert!(sent.starts_with("BEGIN\nINSERT INTO price (net, amount) VALUES (?, ?)"), "{sent}");
    assert_eq!((new[0].borrow().total, new[1].borrow().total), (12.into(), 30.into()));
    store.save();
    // An UPDATE changes it: it is read again when somebody asks.
    new[0].borrow_mut().net = 10;
    store.flush().unwrap();
    assert_eq!(store.sent(), "BEGIN\nUPDATE price SET net = ? WHERE id = ?");
    assert!(inspect(&new[0]).attribute("total").unwrap().expired && !inspect(&new[1]).expired);
    store.fresh(&new[0]).unwrap();
    assert_eq!(new[0].borrow().total, 40);
    store.rollback().unwrap();
    store.fresh(&new[0]).unwrap();
    assert_eq!((new[0].borrow().net, new[0].borrow().total), (3, 12.into()));
    let cheap = select(Price.id).filter(Price.total.lt(20));
    assert_eq!(store.scalars(cheap).all().unwrap().len(), 1);
}

// DEF-5
fn nobody_sets_what_is_computed(at: &Place) {
    let mut store = at.store();
    let old = saved_price(&mut store);
    store.add(Price { total: 9.into(), ..price(1, 1) });
    let error = store.flush().unwrap_err();
    assert!(error.kind().is_some(), "{error}");
    store.rollback().unwrap();
    old.borrow_mut().total.set(9);
    let error = store.flush().unwrap_err();
    assert!(error.kind().is_some(), "{error}");
    store.rollback().unwrap();
    assert_eq!(store.number("SELECT total FROM price"), 12);
    // What it is already is no change.
    store.fresh(&old).unwrap();
    old.borrow_mut().total.set(12);
    store.commit().unwrap();
}

// DEF-5, MRG-3
fn computed_columns_are_not_merged(at: &Place) {
    let mut store = at.store();
    let away = saved_price(&mut store);
    store.expunge(&away).unwrap();
    store.run("UPDATE price SET amount = 5");
    away.borrow_mut().net = 10;
    let home = store.merge(&away).unwrap();
    store.log_parameters();
    store.flush().unwrap();
    assert_eq!(store.sent(), "UPDATE price SET net = ?, amount = ? WHERE id = ? -- (10, 4, 1)");
    store.fresh(&home).unwrap();
    assert_eq!(home.borrow().total, 40);
}

// DEF-5, UOW-29
fn a_row_switch_keeps_no_computed_value(at: &Place) {
    let mut store = at.store();
    let old = saved_price(&mut store);
    store.delete(&old).unwrap();
    let new = store.add(Price { id: 1.into(), ..price(2, 2) });
    store.flush().unwrap();
    assert_eq!(
        store.sent(),
        "BEGIN\nUPDATE price SET net = ?, amount = ? WHERE id = ? -- (2, 2, 1)"
    );
    assert!(inspect(&new).expired);
    store.fresh(&new).unwrap();
    assert_eq!(new.borrow().total, 4);
    store.commit().unwrap();
    // One that is read at once is known.
    let old = store.add(eager(1));
    store.save();
    store.delete(&old).unwrap();
    let new = store.add(EagerPrice { id: 1.into(), ..eager(7) });
    store.commit().unwrap();
    assert!(!inspect(&new).expired);
    assert_eq!((new.borrow().twice, new.borrow().id), (14.into(), 1.into()));
    assert_eq!(inspect(&new).state, State::Persistent);
}

// DEF-5, DML-10
fn statements_change_what_is_computed(at: &Place) {
    let mut store = at.store();
    let price = saved_price(&mut store);
    store.execute(update(Price).set(Price.net, 7)).unwrap();
    assert_eq!(price.borrow().net, 7);
    assert!(inspect(&price).attribute("total").unwrap().expired);
    store.fresh(&price).unwrap();
    assert_eq!(price.borrow().total, 28);
    store.execute(insert(Price).objects([self::price(1, 2)])).unwrap();
    store.execute(insert(Price).row((Price.net.set(2), Price.amount.set(2)))).unwrap();
    let totals = store.scalars(select(Price.total).order_by(Price.id)).all().unwrap();
    assert_eq!(totals, [28, 2, 4]);
}

// DEF-5: databases without identity columns number keys in their own way, and take others.
fn a_number_of_the_databases(at: &Place) {
    let mut store = at.store();
    let named = |name: &str| Numbered { id: Auto::UNSET, name: name.into() };
    let new = store.add_all(["a", "b"].map(named));
    store.commit().unwrap();
    let ids: Vec<i64> = new.iter().map(|it| it.borrow().id.value().unwrap()).collect();
    let numbers = at.dialect().capability().ddl.autoincrement == Autoincrement::Identity;
    assert_eq!(ids[1] - ids[0], if numbers { 10 } else { 1 });
    store.add(Numbered { id: 7.into(), ..named("c") });
    assert_eq!(store.flush().is_err(), numbers);
    store.rollback().unwrap();
    store.add(named("d"));
    store.commit().unwrap();
    assert_eq!(store.number("SELECT count(*) FROM numbered"), 3);
}

// DEF-7: a key that is no number comes back by RETURNING, or not at all.
fn a_key_of_the_databases(at: &Place) {
    let mut store = at.store();
    let token = store.add(Token::builder().name("a"));
    if at.dialect().capability().dml.returning == Returning::None {
        let error = store.flush().unwrap_err();
        assert!(error.to_string().contains("RETURNING"), "{error}");
        assert_eq!(store.sent(), "");
        return;
    }
    store.flush().unwrap();
    assert_eq!(token.borrow().code, Auto::new("made".to_owned()));
    assert!(store.get_one(Token, "made").unwrap().is(&token));
    assert_eq!(store.sent(), "BEGIN\nINSERT INTO token (name) VALUES (?) RETURNING code");
}

// DEF-2, DEF-4
fn updates_bring_back_what_was_made(at: &Place) {
    let mut store = at.store();
    let prices = store.add_all([eager(1), eager(2)]);
    store.commit().unwrap();
    assert_eq!((prices[0].borrow().twice, prices[0].borrow().note.clone()), (2.into(), None));
    store.log_parameters();
    prices[0].borrow_mut().net = 5;
    prices[1].borrow_mut().net = 6;
    store.flush().unwrap();
    let update = "BEGIN\nUPDATE eager_price SET net = ?, note = lower('AGAIN') WHERE id = ?";
    let sent = match returns_updated(at) {
        true => format!("{update} RETURNING id, twice, note -- (5, 1), (6, 2)"),
        false => format!(
            "{update} -- (5, 1), (6, 2)\n\
             SELECT eager_price.twice, eager_price.note FROM eager_price \
             WHERE eager_price.id = ? -- (1), (2)"
        ),
    };
    assert_eq!(store.sent(), sent);
    assert_eq!((prices[0].borrow().twice, prices[1].borrow().twice), (10.into(), 12.into()));
    assert!(prices.iter().all(|it| it.borrow().note.as_deref() == Some("again")));
    assert!(prices.iter().all(|it| !inspect(it).expired && !inspect(it).is_modified()));
    store.rollback().unwrap();
    assert_eq!((prices[0].borrow().net, prices[0].borrow().twice), (1, 2.into()));
    assert_eq!(prices[0].borrow().note, None);
    // It rides into the commit, and is no change of the next flush.
    prices[0].borrow_mut().net = 7;
    store.commit().unwrap();
    assert_eq!(prices[0].borrow().twice, 14);
    store.sent();
    store.commit().unwrap();
    assert_eq!(store.sent(), "");
}

// DEF-2, UOW-20
fn expressions_are_read_at_once(at: &Place) {
    let mut store = at.store();
    let price = store.add(eager(1));
    store.save();
    store.run("UPDATE eager_price SET net = 10");
    store.set(&price, EagerPrice.net, EagerPrice.net + 5).unwrap();
    store.flush().unwrap();
    assert!(!inspect(&price).expired);
    assert_eq!((price.borrow().net, price.borrow().twice), (15, 30.into()));
    // One that was expired is known by that.
    store.expire_attributes(&price, EagerPrice.note).unwrap();
    price.borrow_mut().net = 2;
    store.commit().unwrap();
    assert!(!inspect(&price).expired);
    assert_eq!(price.borrow().note.as_deref(), Some("again"));
}

/// Lets an UPDATE count a column up.
fn count_up(store: &mut Store, at: &Place, table: &str, column: &str) {
    let (drop, create) = (format!("DROP TRIGGER IF EXISTS {table}_next"), "CREATE TRIGGER");
    let statements = match at.dialect().name() {
        "sqlite" => vec![
            drop,
            format!(
                "{create} {table}_next AFTER UPDATE ON {table} BEGIN \
                 UPDATE {table} SET {column} = old.{column} + 1 WHERE id = old.id; END"
            ),
        ],
        "postgres" => vec![
            format!(
                "CREATE OR REPLACE FUNCTION {table}_next() RETURNS trigger LANGUAGE plpgsql AS \
                 $$ BEGIN NEW.{column} = OLD.{column} + 1; RETURN NEW; END $$"
            ),
            format!("{drop} ON {table}"),
            format!(
                "{create} {table}_next BEFORE UPDATE ON {table} \
                 FOR EACH ROW EXECUTE FUNCTION {table}_next()"
            ),
        ],
        _ => vec![
            drop,
            format!(
                "{create} {table}_next BEFORE UPDATE ON {table} \
                 FOR EACH ROW SET NEW.{column} = OLD.{column} + 1"
            ),
        ],
    };
    statements.iter().for_each(|it| store.run(it));
    store.save();
}

/// An UPDATE, and what is read of it: with it, where that shows what triggers do.
fn read_back(at: &Place, update: &str, columns: &str, from: &str) -> String {
    let shows = at.dialect().capability().dml.triggers == Triggers::Before;
    match returns_updated(at) && shows {
        true => format!("{update} RETURNING id, {columns}"),
        false => format!("{update}\nSELECT {from}.{columns} FROM {from} WHERE {from}.id = ?"),
    }
}

// DEF-2: what a trigger did is what is read, with the UPDATE or behind it.
fn what_triggers_made_is_read(at: &Place) {
    let mut store = at.store();
    count_up(&mut store, at, "eager_watched", "writes");
    let watched = store.add(EagerWatched::builder().name("a"));
    store.save();
    for writes in 1..4 {
        watched.borrow_mut().name.push('!');
        store.flush().unwrap();
        assert_eq!(watched.borrow().writes, writes);
        assert!(!inspect(&watched).expired);
    }
    let update = "UPDATE eager_watched SET name = ? WHERE id = ?";
    let sent = read_back(at, update, "writes", "eager_watched");
    assert!(store.sent().ends_with(&sent), "{sent}");
}

// DEF-2, UOW-18
fn an_eager_update_of_a_row_that_is_gone(at: &Place) {
    let mut store = at.store();
    let prices = store.add_all((1..=3).map(eager));
    store.save();
    store.run("DELETE FROM eager_price WHERE id = 2");
    prices.iter().for_each(|it| it.borrow_mut().net += 1);
    let error = store.flush().unwrap_err();
    let Error::StaleData(stale) = &error else { panic!("{error}") };
    assert_eq!((stale.entity, stale.key.as_str(), stale.action), ("EagerPrice", "2", "UPDATE"));
    store.rollback().unwrap();
    // The last of them, and the only one.
    store.run("DELETE FROM eager_price WHERE id = 3");
    for rows in [&prices[1..], &prices[2..]] {
        rows.iter().for_each(|it| it.borrow_mut().net += 1);
        let error = store.flush().unwrap_err();
        assert!(matches!(&error, Error::StaleData(it) if it.key == "3"), "{error}");
        store.rollback().unwrap();
        store.run("DELETE FROM eager_price WHERE id = 3");
    }
}

// DEF-2
fn nothing_is_read_before_somebody_asks(at: &Place) {
    let mut store = at.store();
    let price = store.add(LazyPrice::builder().net(3));
    store.flush().unwrap();
    let sent = store.sent();
    assert!(!sent.contains("rank") && !sent.contains("twice"), "{sent}");
    assert_eq!(price.borrow().id, 1);
    assert!(price.borrow().rank.is_unset() && price.borrow().twice.is_unset());
    let state = inspect(&price);
    assert!(state.attribute("rank").unwrap().expired && !state.attribute("net").unwrap().expired);
    assert!(!state.is_modified());
    store.fresh(&price).unwrap();
    assert_eq!(store.sent().lines().count(), 1);
    assert_eq!((price.borrow().rank, price.borrow().twice), (5.into(), 6.into()));
    price.borrow_mut().net = 4;
    store.commit().unwrap();
    assert_eq!(store.sent(), "UPDATE lazy_price SET net = ? WHERE id = ?\nCOMMIT");
    assert!(inspect(&price).attribute("twice").unwrap().expired);
    // A rollback leaves nothing expired of what never was.
    let new = store.add(LazyPrice::builder().net(3));
    store.flush().unwrap();
    store.rollback().unwrap();
    assert!(!inspect(&new).expired && new.borrow().id.is_unset());
    store.add(&new);
    store.commit().unwrap();
    assert_eq!(store.number("SELECT count(*) FROM lazy_price"), 2);
}

// DEF-2, UOW-15
fn unread_values_of_many_rows(at: &Place) {
    let mut store = at.store();
    let rank = |n: i64| if n == 3 { Auto::new(9) } else { Auto::UNSET };
    let row = |net: i64| LazyPrice { id: Auto::UNSET, net, rank: rank(net), twice: Auto::UNSET };
    let prices = store.add_all((0..10).map(row));
    store.commit().unwrap();
    let ids: Vec<i64> = prices.iter().map(|it| it.borrow().id.value().unwrap()).collect();
    assert_eq!(ids, (1..=10).collect::<Vec<_>>());
    assert_eq!(prices[3].borrow().rank, 9);
    assert!(prices.iter().all(|it| inspect(it).attribute("twice").unwrap().expired));
    store.sent();
    store.scalars(select(LazyPrice)).all().unwrap();
    assert_eq!(store.sent().lines().count(), 2);
    assert!(prices.iter().all(|it| it.borrow().twice == it.borrow().net * 2));
}

fn coupon(store: &mut Store, title: &str) -> Obj<Coupon> {
    let new = store.add(Coupon::builder().title(title));
    store.save();
    new
}

// VER-1, VER-6
fn versions_of_the_database(at: &Place) {
    let mut store = at.store();
    count_up(&mut store, at, "coupon", "version");
    let coupon = coupon(&mut store, "t");
    assert_eq!(coupon.borrow().version, 1);
    for version in 2..5 {
        coupon.borrow_mut().title.push('!');
        store.flush().unwrap();
        assert_eq!(coupon.borrow().version, version);
    }
    let update = "UPDATE coupon SET title = ? WHERE id = ? AND version = ?";
    let sent = read_back(at, update, "version", "coupon");
    assert!(store.sent().ends_with(&sent), "{sent}");
    store.rollback().unwrap();
    assert_eq!(coupon.borrow().version, 1);
    coupon.borrow_mut().title = "u".into();
    store.commit().unwrap();
    assert_eq!(store.number("SELECT version FROM coupon"), 2);
    store.delete(&coupon).unwrap();
    store.log_parameters();
    store.commit().unwrap();
    assert!(store.sent().contains("DELETE FROM coupon WHERE id = ? AND version = ? -- (1, 2)"));
}

// VER-3, VER-4
fn a_stale_version_of_the_database(at: &Place) {
    let mut store = at.store();
    count_up(&mut store, at, "coupon", "version");
    let coupon = coupon(&mut store, "t");
    for _ in 0..2 {
        store.run("UPDATE coupon SET title = 'theirs'");
        coupon.borrow_mut().title = "mine".into();
        let error = store.flush().unwrap_err();
        let Error::StaleData(stale) = &error else { panic!("{error}") };
        assert_eq!((stale.entity, stale.key.as_str()), ("Coupon", "1"));
        assert_eq!((stale.version.as_deref(), stale.action), (Some("1"), "UPDATE"));
        store.rollback().unwrap();
    }
    store.run("UPDATE coupon SET title = 'theirs'");
    store.delete(&coupon).unwrap();
    let error = store.flush().unwrap_err();
    assert!(
        matches!(&error, Error::StaleData(it) if it.action == "DELETE" && it.key == "1"),
        "{error}"
    );
    store.rollback().unwrap();
    assert_eq!(store.number("SELECT count(*) FROM coupon WHERE version = 1"), 1);
}

// VER-1, UOW-17
fn versions_of_the_database_in_a_batch(at: &Place) {
    let mut store = at.store();
    count_up(&mut store, at, "coupon", "version");
    let rows = (0..50).map(|it| Coupon::builder().title(it.to_string()));
    let coupons = store.add_all(rows);
    store.save();
    coupons[7].borrow_mut().title.push('!');
    store.save();
    coupons.iter().for_each(|it| it.borrow_mut().title.push('?'));
    store.flush().unwrap();
    assert_eq!((coupons[6].borrow().version, coupons[7].borrow().version), (2.into(), 3.into()));
    coupons.iter().for_each(|it| it.borrow_mut().title.push('?'));
    store.commit().unwrap();
    assert_eq!(store.number("SELECT count(*) FROM coupon WHERE version = 3"), 49);
    store.run("UPDATE coupon SET title = 'theirs' WHERE id = 20");
    coupons.iter().for_each(|it| it.borrow_mut().title.push('?'));
    let error = store.flush().unwrap_err();
    assert!(matches!(&error, Error::StaleData(it) if it.key == "20"), "{error}");
}

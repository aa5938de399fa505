//! Keys that change, and what follows them.

use aludel::{Error, Obj, State, prelude::*};

use crate::{
    Case, Place, cases,
    models::{keys::*, *},
    store::{Store, author, book, node},
};

pub(super) const CASES: &[Case] = cases!["natural_keys":
    the_database_follows,
    what_is_not_loaded_stays_as_it_was,
    a_key_that_is_a_foreign_key,
    a_follower_of_two_levels,
    a_follower_changes_and_goes_in_the_same_flush,
    new_rows_refer_to_the_new_key,
    followers_are_taken_back,
    updates_of_their_own,
    association_rows_follow_by_updates,
    a_tree_by_name,
    keys_that_are_swapped,
    two_relationships_over_one_key,
    members_are_let_go_of,
    keys_of_any_kind_have_an_order,
    a_key_set_by_hand_orders_nothing,
    loads_by_what_the_row_holds,
];

fn brand(code: &str) -> Brand {
    Brand { code: code.into(), name: None, outlets: Many::new(), bikes: Many::new() }
}

fn bike() -> Bike {
    Bike { id: Auto::UNSET, brand_code: None, name: None, brand: One::new() }
}

/// From here to the end of the transaction, foreign keys aren't checked.
pub(super) fn trust(store: &mut Store) {
    store.begin().unwrap();
    let name = store.engine.dialect().name();
    store.run(match name {
        "sqlite" => "PRAGMA defer_foreign_keys = ON",
        _ if name.starts_with("postgres") => "SET LOCAL session_replication_role = replica",
        _ => "SET FOREIGN_KEY_CHECKS = 0",
    });
    store.sent();
}

pub(super) fn distrust(store: &mut Store) {
    if ["mariadb", "mysql"].contains(&store.engine.dialect().name()) {
        store.run("SET FOREIGN_KEY_CHECKS = 1");
    }
    store.save();
}

// FK-5: members of a loaded collection show it at once.
fn the_database_follows(at: &Place) {
    let mut store = at.store();
    let brand = store.add(brand("a"));
    let bikes = [(); 2].map(|()| brand.bikes().push(bike()));
    store.save();
    brand.borrow_mut().code = "b".into();
    store.log_parameters();
    store.flush().unwrap();
    assert_eq!(store.sent(), "BEGIN\nUPDATE brand SET code = ? WHERE code = ? -- (\"b\", \"a\")");
    assert!(bikes.iter().all(|it| it.borrow().brand_code.as_deref() == Some("b")));
    assert!(bikes.iter().all(|it| inspect(it).changes.is_empty()));
    // FK-4
    assert!(store.get(Brand, "b").unwrap().unwrap().is(&brand));
    bikes[0].borrow_mut().name = Some("x".into());
    store.commit().unwrap();
    assert_eq!(store.number("SELECT count(*) FROM bike WHERE brand_code = 'b'"), 2);
}

// FK-5: who isn't known to follow keeps the old value in memory until it is read again; one that
// refers by itself is known.
fn what_is_not_loaded_stays_as_it_was(at: &Place) {
    let mut store = at.store();
    let new = store.add(brand("a"));
    new.bikes().push(bike());
    let fan = store.add(Fan::builder());
    fan.brand().set(&new);
    store.save();
    store.renew();
    let bike = store.get_one(Bike, 1).unwrap();
    let fan = store.get_one(Fan, 1).unwrap();
    let brand = fan.brand().load(&mut store).unwrap().unwrap();
    brand.borrow_mut().code = "b".into();
    store.sent();
    store.flush().unwrap();
    assert_eq!(store.sent(), "UPDATE brand SET code = ? WHERE code = ?");
    assert_eq!(bike.borrow().brand_code.as_deref(), Some("a"));
    assert_eq!(fan.borrow().brand_code.as_deref(), Some("b"));
    store.refresh(&bike).unwrap();
    assert_eq!(bike.borrow().brand_code.as_deref(), Some("b"));
}

fn outlet(brand: &Obj<Brand>) -> Obj<Outlet> {
    brand.outlets().push(Outlet::builder())
}

// FK-7
fn a_key_that_is_a_foreign_key(at: &Place) {
    let mut store = at.store();
    let brand = store.add(brand("a"));
    let outlet = outlet(&brand);
    store.save();
    brand.borrow_mut().code = "b".into();
    store.flush().unwrap();
    assert_eq!(outlet.borrow().brand_code, "b".to_owned());
    store.sent();
    assert!(store.get(Outlet, "b").unwrap().unwrap().is(&outlet));
    assert_eq!(store.sent(), "");
    outlet.borrow_mut().note = Some("n".into());
    store.log_parameters();
    store.commit().unwrap();
    assert_eq!(
        store.sent(),
        "UPDATE outlet SET note = ? WHERE brand_code = ? -- (\"n\", \"b\")\nCOMMIT"
    );
    assert!(store.get(Outlet, "a").unwrap().is_none());
}

// FK-7
fn a_follower_of_two_levels(at: &Place) {
    let mut store = at.store();
    let brand = store.add(brand("a"));
    let outlet = outlet(&brand);
    let clerk = outlet.clerks().push(Clerk::builder());
    store.save();
    brand.borrow_mut().code = "b".into();
    store.flush().unwrap();
    assert_eq!(store.sent(), "BEGIN\nUPDATE brand SET code = ? WHERE code = ?");
    assert_eq!(clerk.borrow().outlet_code.as_deref(), Some("b"));
    // One that moves to another brand takes its clerks along.
    let other = store.add(self::brand("c"));
    store.flush().unwrap();
    outlet.brand().set(&other);
    store.sent();
    store.log_parameters();
    store.commit().unwrap();
    assert_eq!(
        store.sent(),
        "UPDATE outlet SET brand_code = ? WHERE brand_code = ? -- (\"c\", \"b\")\nCOMMIT"
    );
    assert_eq!(clerk.borrow().outlet_code.as_deref(), Some("c"));
    assert!(store.get(Outlet, "c").unwrap().unwrap().is(&outlet));
    assert_eq!(store.number("SELECT count(*) FROM clerk WHERE outlet_code = 'c'"), 1);
    // To one that is new, too.
    outlet.brand().set(self::brand("d"));
    store.commit().unwrap();
    assert_eq!(clerk.borrow().outlet_code.as_deref(), Some("d"));
    assert_eq!(store.number("SELECT count(*) FROM clerk WHERE outlet_code = 'd'"), 1);
}

// FK-7: the row has the new key when its own statement gets there.
fn a_follower_changes_and_goes_in_the_same_flush(at: &Place) {
    let mut store = at.store();
    let brand = store.add(brand("a"));
    let outlet = outlet(&brand);
    store.save();
    brand.borrow_mut().code = "b".into();
    outlet.borrow_mut().note = Some("n".into());
    store.log_parameters();
    store.commit().unwrap();
    assert_eq!(
        store.sent(),
        "BEGIN\n\
         UPDATE brand SET code = ? WHERE code = ? -- (\"b\", \"a\")\n\
         UPDATE outlet SET note = ? WHERE brand_code = ? -- (\"n\", \"b\")\nCOMMIT"
    );
    assert_eq!(outlet.borrow().brand_code, "b".to_owned());
    brand.borrow_mut().code = "c".into();
    store.delete(&outlet).unwrap();
    store.sent();
    store.log_parameters();
    store.commit().unwrap();
    assert_eq!(
        store.sent(),
        "UPDATE brand SET code = ? WHERE code = ? -- (\"c\", \"b\")\n\
         DELETE FROM outlet WHERE brand_code = ? -- (\"c\")\nCOMMIT"
    );
    assert_eq!(inspect(&outlet).state, State::Detached);
}

// FK-1, FK-7
fn new_rows_refer_to_the_new_key(at: &Place) {
    let mut store = at.store();
    let brand = store.add(brand("a"));
    let outlet = outlet(&brand);
    store.save();
    brand.borrow_mut().code = "b".into();
    brand.bikes().push(bike());
    outlet.clerks().push(Clerk::builder());
    store.log_parameters();
    store.commit().unwrap();
    assert_eq!(
        store.sent(),
        "BEGIN\n\
         UPDATE brand SET code = ? WHERE code = ? -- (\"b\", \"a\")\n\
         INSERT INTO bike (brand_code, name) VALUES (?, ?) -- (\"b\", NULL)\n\
         INSERT INTO clerk (outlet_code) VALUES (?) -- (\"b\")\nCOMMIT"
    );
}

// TX-5
fn followers_are_taken_back(at: &Place) {
    let mut store = at.store();
    let brand = store.add(brand("a"));
    let outlet = outlet(&brand);
    let clerk = outlet.clerks().push(Clerk::builder());
    store.save();
    brand.borrow_mut().code = "b".into();
    store.flush().unwrap();
    store.rollback().unwrap();
    assert_eq!(outlet.borrow().brand_code, "a".to_owned());
    assert_eq!(clerk.borrow().outlet_code.as_deref(), Some("a"));
    assert!(store.get(Outlet, "a").unwrap().unwrap().is(&outlet));
    assert!(store.get(Outlet, "b").unwrap().is_none());
    assert!(store.get(Brand, "a").unwrap().unwrap().is(&brand));
}

fn ticker(code: &str) -> Ticker {
    Ticker { code: code.into(), trades: Many::new(), funds: Many::new() }
}

// FK-6: members are loaded before, by the old key, and updated behind.
fn updates_of_their_own(at: &Place) {
    let mut store = at.store();
    let new = store.add(ticker("A"));
    (0..2).for_each(|_| _ = new.trades().push(Trade::builder()));
    store.save();
    store.renew();
    trust(&mut store);
    let ticker = store.get_one(Ticker, "A").unwrap();
    ticker.borrow_mut().code = "B".into();
    store.sent();
    store.log_parameters();
    store.flush().unwrap();
    let sent = store.sent();
    let (loads, writes): (Vec<_>, Vec<_>) = sent.lines().partition(|it| it.starts_with("SELECT"));
    assert_eq!(loads.len(), 2, "{sent}");
    assert!(loads.iter().all(|it| it.ends_with("-- (\"A\")")), "{sent}");
    assert_eq!(
        writes,
        [
            "UPDATE ticker SET code = ? WHERE code = ? -- (\"B\", \"A\")",
            "UPDATE trade SET code = ? WHERE id = ? -- (\"B\", 1), (\"B\", 2)",
        ]
    );
    distrust(&mut store);
    let trades = ticker.trades().iter().unwrap();
    assert!(trades.map(|it| it.borrow().code.clone()).eq([Some("B".into()), Some("B".into())]));
    assert_eq!(store.number("SELECT count(*) FROM trade WHERE code = 'B'"), 2);
}

// FK-6, ERR-5
fn association_rows_follow_by_updates(at: &Place) {
    let mut store = at.store();
    let ticker = store.add(ticker("A"));
    let funds = [(); 3].map(|()| ticker.funds().push(Fund::builder()));
    store.save();
    trust(&mut store);
    ticker.borrow_mut().code = "B".into();
    ticker.funds().remove(&funds[1]).unwrap();
    ticker.funds().push(Fund::builder());
    store.log_parameters();
    store.flush().unwrap();
    assert_eq!(
        store.sent(),
        "SELECT trade.id, trade.code FROM trade WHERE trade.code IN (?) ORDER BY trade.id \
         -- (\"A\")\n\
         UPDATE ticker SET code = ? WHERE code = ? -- (\"B\", \"A\")\n\
         INSERT INTO fund DEFAULT VALUES -- ()\n\
         UPDATE holding SET code = ? WHERE code = ? AND fund_id = ? \
         -- (\"B\", \"A\", 1), (\"B\", \"A\", 3)\n\
         DELETE FROM holding WHERE fund_id = ? AND code = ? -- (2, \"A\")\n\
         INSERT INTO holding (fund_id, code) VALUES (?, ?) -- (4, \"B\")"
    );
    distrust(&mut store);
    assert_eq!(store.number("SELECT count(*) FROM holding WHERE code = 'B'"), 3);
    // One that is gone.
    store.run("DELETE FROM holding WHERE fund_id = 3");
    ticker.funds().remove(&funds[2]).unwrap();
    let error = store.flush().unwrap_err();
    let Error::StaleData(stale) = &error else { panic!("{error}") };
    assert_eq!((stale.entity, stale.matched), ("Holding", 0));
}

// FK-6: within one table, those that follow come behind.
fn a_tree_by_name(at: &Place) {
    let mut store = at.store();
    let person = |name: &str| Person::builder().name(name);
    let boss = store.add(person("m"));
    for name in ["a", "z"] {
        boss.reports().push(person(name));
    }
    store.save();
    trust(&mut store);
    boss.borrow_mut().name = "n".into();
    store.log_parameters();
    store.flush().unwrap();
    assert_eq!(
        store.sent(),
        "UPDATE person SET name = ? WHERE name = ? -- (\"n\", \"m\")\n\
         UPDATE person SET boss_name = ? WHERE name = ? -- (\"n\", \"a\"), (\"n\", \"z\")"
    );
    distrust(&mut store);
}

// FK-8: by the old keys in their order; where that collides, the database says so.
fn keys_that_are_swapped(at: &Place) {
    let mut store = at.store();
    let [a, b] = ["b", "c"].map(|it| store.add(brand(it)));
    store.save();
    b.borrow_mut().code = "b".into();
    a.borrow_mut().code = "a".into();
    store.commit().unwrap();
    assert!(store.get(Brand, "b").unwrap().unwrap().is(&b));
    b.borrow_mut().code = "a".into();
    a.borrow_mut().code = "b".into();
    assert_eq!(store.flush().unwrap_err().integrity(), Some(aludel::Integrity::Unique));
    store.rollback().unwrap();
    assert_eq!(&*b.borrow().code, "b");
    assert!(store.get(Brand, "b").unwrap().unwrap().is(&b));
}

// FK-9: the one that changed decides, and one that didn't resets nothing.
fn two_relationships_over_one_key(at: &Place) {
    let mut store = at.store();
    let [a, b] = ["a", "b"].map(|it| store.add(brand(it)));
    let fan = store.add(Fan::builder());
    fan.favourite().set(&a);
    store.commit().unwrap();
    assert_eq!(fan.borrow().brand_code.as_deref(), Some("a"));
    fan.brand().set(&b);
    store.commit().unwrap();
    assert_eq!(fan.borrow().brand_code.as_deref(), Some("b"));
    // Both changed: the last.
    fan.favourite().set(&b);
    fan.brand().clear();
    store.commit().unwrap();
    assert_eq!(fan.borrow().brand_code, None);
}

// FK-10
fn members_are_let_go_of(at: &Place) {
    let mut store = at.store();
    let author = store.add(author("A"));
    let books = ["x", "y"].map(|it| author.books().push(book(it)));
    store.save();
    author.books().remove(&books[0]).unwrap();
    store.log_parameters();
    store.commit().unwrap();
    assert_eq!(
        store.sent(),
        "BEGIN\nUPDATE book SET author_id = ? WHERE id = ? -- (NULL, 1)\nCOMMIT"
    );
}

// FK-11: every type that a key may have can be ordered.
fn keys_of_any_kind_have_an_order(at: &Place) {
    let mut store = at.store();
    let keys = [(10.5, false), (9.5, true), (-2.5, false), (9.5, false)];
    let gauges = keys.map(|(at, up)| store.add(Gauge::builder().at(at).up(up)));
    store.save();
    gauges.iter().for_each(|it| it.borrow_mut().note = Some("n".into()));
    let plan = store.flush_plan().unwrap();
    assert_eq!(plan.steps.len(), 1);
    store.log_parameters();
    store.flush().unwrap();
    let sent = store.sent();
    let at = ["-2.5", "9.5", "9.5", "10.5"].map(|it| format!("(\"n\", {it}, "));
    let mut from = 0;
    for key in at {
        let found = sent[from..].find(&key).unwrap_or_else(|| panic!("{key} in {sent}"));
        from += found + 1;
    }
}

// FK-12: tables have an order, and rows by a relationship.
fn a_key_set_by_hand_orders_nothing(at: &Place) {
    let mut store = at.store();
    store.add(Book::builder().title("x").author_id(5));
    store.add(Author::builder().id(5).name("A"));
    store.commit().unwrap();
    let by_hand = |store: &mut Store| {
        store.add(Node { id: 8.into(), parent_id: Some(9), ..node("child") });
        store.add(Node { id: 9.into(), ..node("parent") })
    };
    by_hand(&mut store);
    let plan = store.flush_plan().unwrap();
    assert_eq!((plan.steps.len(), plan.steps[0].rows), (1, 2), "{plan}");
    // Whether it can be is the database's to say: not row by row.
    if let Err(error) = store.flush() {
        assert_eq!(error.integrity(), Some(aludel::Integrity::ForeignKey));
    }
    store.rollback().unwrap();
    let parent = by_hand(&mut store);
    let child = store.add(node("other"));
    child.parent().set(&parent);
    store.sent();
    store.log_parameters();
    let plan = store.flush_plan().unwrap();
    assert_eq!(plan.steps.len(), 2, "{plan}");
}

// UOW-40: what a flush reads, it reads by what the rows hold.
fn loads_by_what_the_row_holds(at: &Place) {
    let mut store = at.store();
    let author = store.add(author("A"));
    author.books().push(book("x"));
    let new = store.add(brand("a"));
    new.bikes().push(bike());
    store.save();
    store.renew();
    let brand = store.get_one(Brand, "a").unwrap();
    brand.borrow_mut().code = "z".into();
    store.sent();
    store.log_parameters();
    store.delete(&brand).unwrap();
    let sent = store.sent();
    assert!(sent.lines().all(|it| it.ends_with("-- (\"a\")")), "{sent}");
    store.flush().unwrap();
    assert_eq!(
        store.sent(),
        "UPDATE bike SET brand_code = ? WHERE id = ? -- (NULL, 1)\n\
         DELETE FROM brand WHERE code = ? -- (\"a\")"
    );
}

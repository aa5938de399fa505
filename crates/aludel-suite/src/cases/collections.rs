//! Collections of other kinds than lists: sets, and such as are never loaded.

use std::collections::HashSet;

use aludel::{Error, Obj, State, prelude::*};
use expect_test::expect;

use crate::{
    Case, Place, cases,
    models::collections::{Entry, Label, Remark, Till},
    store::Store,
};

pub(super) const CASES: &[Case] = cases!["collections":
    what_is_never_loaded_is_written,
    statements_of_the_owner_s,
    statements_through_an_association,
    an_owner_without_a_row,
    owners_that_go,
    nothing_is_read_eagerly,
    what_was_added_is_not_kept,
    a_set_holds_each_once,
    sets_and_their_operations,
    a_set_that_is_not_loaded,
];

fn till(name: &str) -> Till {
    Till {
        id: Auto::UNSET,
        name: name.into(),
        entries: WriteOnly::new(),
        stickers: WriteOnly::new(),
        remarks: WriteOnly::new(),
        labels: ManySet::new(),
    }
}

fn entry(cents: i64) -> Entry {
    Entry { id: Auto::UNSET, till_id: Auto::UNSET, cents, till: One::new() }
}

fn label(name: &str) -> Label {
    Label { id: Auto::UNSET, name: name.into(), tills: ManySet::new() }
}

/// A till with three entries and two stickers, and one without.
fn shop(at: &Place) -> (Store, Obj<Till>) {
    let mut store = at.store();
    let first = store.add(till("first"));
    first.entries().add_all([1, 2, 30].map(entry));
    first.stickers().add_all(["red", "blue"].map(label));
    store.add(till("second")).entries().add(entry(4));
    store.save();
    store.renew();
    store.log_parameters();
    let first = store.get_one(Till, 1).unwrap();
    store.sent();
    (store, first)
}

// LOAD-15
fn what_is_never_loaded_is_written(at: &Place) {
    let (mut store, first) = shop(at);
    let second = store.get_one(Entry, 2).unwrap();
    store.sent();
    let new = first.entries().add(entry(7));
    first.entries().remove(&second).unwrap();
    first.stickers().add(label("green"));
    assert!(new.till().get().unwrap().unwrap().is(&first));
    assert_eq!(store.sent(), "");
    store.commit().unwrap();
    expect![[r#"
        INSERT INTO till_sticker (name) VALUES (?) -- ("green")
        INSERT INTO till_entry (till_id, cents) VALUES (?, ?) -- (1, 7)
        INSERT INTO till_label (till_id, label_id) VALUES (?, ?) -- (1, 3)
        DELETE FROM till_entry WHERE id = ? -- (2)
        COMMIT"#]]
    .assert_eq(&store.sent());
    assert_eq!(inspect(&second).state, State::Detached);
    let first = new.till().get().unwrap().unwrap();
    let left = store.scalars(first.entries().select().unwrap()).all().unwrap();
    assert_eq!(left.iter().map(|it| it.borrow().cents).collect::<Vec<_>>(), [1, 30, 7]);
}

// LOAD-15
fn statements_of_the_owner_s(at: &Place) {
    let (mut store, first) = shop(at);
    let large = first.entries().select().unwrap().filter(Entry.cents.gt(10));
    assert_eq!(store.scalars(large).all().unwrap().len(), 1);
    let rows = first.entries().insert().unwrap().row(Entry.cents.set(8)).row(Entry.cents.set(9));
    store.execute(rows).unwrap();
    let doubled = first.entries().update().unwrap().set(Entry.cents, Entry.cents * 2);
    store
        .execute(doubled.filter(Entry.cents.lt(10)).synchronize_session(Synchronize::Off))
        .unwrap();
    let gone = first.entries().delete().unwrap().filter(Entry.cents.lt(10));
    store.execute(gone.synchronize_session(Synchronize::Off)).unwrap();
    expect![[r#"
        SELECT till_entry.id, till_entry.till_id, till_entry.cents FROM till_entry WHERE till_entry.till_id = ? AND till_entry.cents > ? ORDER BY till_entry.id -- (1, 10)
        INSERT INTO till_entry (cents, till_id) VALUES (?, ?), (?, ?) -- (8, 1, 9, 1)
        UPDATE till_entry SET cents = cents * ? WHERE till_id = ? AND cents < ? -- (2, 1, 10)
        DELETE FROM till_entry WHERE till_id = ? AND cents < ? -- (1, 10)"#]].assert_eq(&store.sent());
    store.commit().unwrap();
    assert_eq!(store.number("SELECT count(*) FROM till_entry"), 4);
    assert_eq!(store.number("SELECT count(*) FROM till_entry WHERE cents IN (30, 16, 18, 4)"), 4);
}

// LOAD-15
fn statements_through_an_association(at: &Place) {
    let (mut store, first) = shop(at);
    let names = store.scalars(first.stickers().select().unwrap()).all().unwrap();
    assert_eq!(
        names.iter().map(|it| it.borrow().name.clone()).collect::<Vec<_>>(),
        ["blue", "red"]
    );
    let renamed = first.stickers().update().unwrap().set(Label.name, "plain");
    store.execute(renamed.synchronize_session(Synchronize::Off)).unwrap();
    expect![[r#"
        SELECT till_sticker.id, till_sticker.name FROM till_sticker WHERE EXISTS (SELECT 1 FROM till_label AS till_label_1 WHERE till_label_1.till_id = ? AND till_sticker.id = till_label_1.label_id) ORDER BY till_sticker.name -- (1)
        UPDATE till_sticker SET name = ? WHERE EXISTS (SELECT 1 FROM till_label AS till_label_1 WHERE till_label_1.till_id = ? AND till_sticker.id = till_label_1.label_id) -- ("plain", 1)"#]].assert_eq(&store.sent());
    assert_eq!(store.number("SELECT count(*) FROM till_sticker WHERE name = 'plain'"), 2);
    let refused = first.stickers().insert().unwrap_err();
    assert!(refused.to_string().contains("`Till.stickers` is a many-to-many"), "{refused}");
}

// LOAD-15
fn an_owner_without_a_row(at: &Place) {
    let mut store = at.store();
    let new = store.add(till("new"));
    new.entries().add(entry(1));
    assert!(matches!(new.entries().select(), Err(Error::NotPersistent(_))));
    store.commit().unwrap();
    assert_eq!(store.scalars(new.entries().select().unwrap()).all().unwrap().len(), 1);
}

// LOAD-15
fn owners_that_go(at: &Place) {
    let (mut store, first) = shop(at);
    let refused = store.delete(&first).unwrap_err();
    assert!(refused.to_string().contains("`Till.remarks` is never loaded"), "{refused}");
    assert_eq!(inspect(&first).state, State::Persistent);
    let mut store = at.store();
    let new = store.add(till("new"));
    new.remarks().add(Remark::builder().text("x"));
    store.expunge(&new).unwrap();
    store.rollback().unwrap();
}

// LOAD-15
fn nothing_is_read_eagerly(at: &Place) {
    let (mut store, _) = shop(at);
    let query = select(Till).options(selectinload(Till.entries));
    let refused = store.scalars(query).all().unwrap_err();
    assert!(refused.to_string().contains("`Till.entries`, which is write-only"), "{refused}");
    let tills = store.scalars(select(Till).options(noload("*"))).all().unwrap();
    tills[0].entries().add(entry(5));
    let rich = select(Till.name).filter(Till.entries.any(Entry.cents.gt(10)));
    assert_eq!(store.scalars(rich).all().unwrap(), ["first"]);
    store.commit().unwrap();
}

// LOAD-15: adding to one owner for ever takes no more memory than the last transaction.
fn what_was_added_is_not_kept(at: &Place) {
    let mut store = at.store();
    let owner = store.add(till("one"));
    let first = owner.entries().add(entry(0));
    store.commit().unwrap();
    for cents in 1..5 {
        owner.entries().add(entry(cents));
        store.commit().unwrap();
    }
    first.till().load(&mut store).unwrap();
    owner.entries().remove(&first).unwrap();
    store.commit().unwrap();
    assert_eq!(store.number("SELECT count(*) FROM till_entry"), 4);
}

// REL-14
fn a_set_holds_each_once(at: &Place) {
    let mut store = at.store();
    let owner = store.add(till("one"));
    let red = owner.labels().add(label("red"));
    owner.labels().add(&red);
    owner.labels().extend([&red]);
    assert_eq!(owner.labels().len().unwrap(), 1);
    assert!(red.tills().contains(&owner).unwrap());
    store.log_parameters();
    store.commit().unwrap();
    owner.labels().add(&red);
    owner.labels().set([&red, &red]);
    store.sent();
    store.commit().unwrap();
    assert_eq!(store.sent(), "");
    assert!(owner.labels().discard(&red).unwrap());
    assert!(!owner.labels().discard(&red).unwrap());
    assert!(matches!(owner.labels().remove(&red), Err(Error::NotMember(_))));
    store.commit().unwrap();
    expect![[r#"
        BEGIN
        DELETE FROM till_mark WHERE till_id = ? AND label_id = ? -- (1, 1)
        COMMIT"#]]
    .assert_eq(&store.sent());
}

// REL-14
#[allow(clippy::mutable_key_type, reason = "objects are compared and hashed by identity")]
fn sets_and_their_operations(at: &Place) {
    let mut store = at.store();
    let (one, two) = (store.add(till("one")), store.add(till("two")));
    let [red, green, blue] = ["red", "green", "blue"].map(label).map(|it| one.labels().add(it));
    two.labels().extend([&green, &blue]);
    store.commit().unwrap();
    let (ours, theirs) = (one.labels().to_set().unwrap(), two.labels().to_set().unwrap());
    assert_eq!(&ours - &theirs, HashSet::from([red.clone()]));
    assert!(theirs.is_subset(&ours));
    one.labels().retain(|it| theirs.contains(it)).unwrap();
    assert!(!one.labels().contains(&red).unwrap());
    assert_eq!(one.labels().to_set().unwrap(), theirs);
    store.commit().unwrap();
    store.renew();
    let query = select(Till).order_by(Till.id).options(selectinload(Till.labels));
    let tills = store.scalars(query).all().unwrap();
    assert_eq!(tills[0].labels().to_set().unwrap(), tills[1].labels().to_set().unwrap());
    let marked = select(Till.name).filter(Till.labels.any(Label.name.eq("red")));
    assert_eq!(store.scalars(marked).all().unwrap(), [""; 0]);
}

// REL-3, REL-14
fn a_set_that_is_not_loaded(at: &Place) {
    let mut store = at.store();
    let owner = store.add(till("one"));
    let red = owner.labels().add(label("red"));
    store.save();
    let (owner, red) = (owner.borrow().id.value().unwrap(), red.borrow().id.value().unwrap());
    store.renew();
    let owner = store.get_one(Till, owner).unwrap();
    let red = store.get_one(Label, red).unwrap();
    assert!(matches!(owner.labels().contains(&red), Err(Error::NotLoaded(_))));
    owner.labels().add(label("blue"));
    let loaded = owner.labels().load(&mut store).unwrap();
    assert_eq!(loaded.len(), 2);
    assert!(loaded.contains(&red));
}

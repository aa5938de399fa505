//! Members with several owners, with one owner alone, and owners that only look.

use aludel::{Error, Obj, State, prelude::*};

use crate::{Case, Place, cases, models::owners::*, store::Store};

pub(super) const CASES: &[Case] = cases!["owners":
    one_owner_lost_of_two,
    one_owner_lost_of_two_by_a_new_member,
    a_second_owner_is_refused,
    a_second_owner_is_refused_before_any_session,
    a_second_owner_after_the_first_let_go,
    an_orphan_of_a_many_to_one,
    an_orphan_of_a_many_to_one_that_is_not_loaded,
    deleting_the_owner_of_a_many_to_one,
    an_orphan_of_a_many_to_many,
    what_is_only_read_is_never_written,
    what_is_only_read_shows_changes_until_it_is_read_again,
    deleting_what_is_only_read,
    a_one_to_one_that_is_not_loaded,
    a_one_to_one_that_is_not_loaded_from_the_other_side,
    a_one_to_one_that_is_cleared_before_it_is_loaded,
    a_one_to_one_that_is_set_to_what_it_was,
    one_to_ones_that_are_not_loaded_in_one_query,
    a_one_to_one_that_is_rolled_back,
];

fn state<T: Mapped>(object: &Obj<T>) -> State {
    inspect(object).state
}

fn memo(text: &str) -> Obj<Memo> {
    Obj::new(Memo::builder().text(text))
}

// CAS-12: a row that lost either of its owners is deleted.
fn one_owner_lost_of_two(at: &Place) {
    for from_desk in [true, false] {
        let mut store = at.store();
        let (desk, folder) = (store.add(Desk::builder()), store.add(Folder::builder()));
        let both = desk.memos().push(memo("both"));
        folder.memos().push(&both);
        let one = desk.memos().push(memo("never in a folder"));
        store.save();
        match from_desk {
            true => desk.memos().remove(&both).unwrap(),
            false => folder.memos().remove(&both).unwrap(),
        }
        store.log_parameters();
        store.commit().unwrap();
        assert_eq!(store.sent(), "BEGIN\nDELETE FROM memo WHERE id = ? -- (1)\nCOMMIT");
        assert_eq!((state(&both), state(&one)), (State::Detached, State::Persistent));
    }
}

// CAS-12: a new one leaves the session, though the other owner has it; its link isn't written.
fn one_owner_lost_of_two_by_a_new_member(at: &Place) {
    let mut store = at.store();
    let (desk, folder) = (store.add(Desk::builder()), store.add(Folder::builder()));
    let both = desk.memos().push(memo("both"));
    folder.memos().push(&both);
    desk.memos().remove(&both).unwrap();
    assert_eq!(state(&both), State::Transient);
    store.flush().unwrap();
    assert_eq!(store.number("SELECT count(*) FROM memo"), 0);
    desk.memos().push(&both);
    store.commit().unwrap();
    assert_eq!(store.number("SELECT count(*) FROM memo WHERE desk_id = 1"), 1);
}

/// A bundle with a part, and another bundle.
fn two_bundles(store: &mut Store) -> (Obj<Bundle>, Obj<Bundle>, Obj<Part>) {
    let (one, two) = (store.add(Bundle::builder()), store.add(Bundle::builder()));
    let part = one.parts().push(Part::builder().name("bolt"));
    (one, two, part)
}

fn refused<T: std::fmt::Debug>(result: aludel::Result<T>, relationship: &str) {
    match result {
        Err(Error::SingleParent(at)) => assert_eq!(at.to_string(), relationship),
        other => panic!("{other:?}"),
    }
}

// CAS-13: of a many-to-many and a many-to-one, linked or not; nothing is changed.
fn a_second_owner_is_refused(at: &Place) {
    let mut store = at.store();
    let (one, two, part) = two_bundles(&mut store);
    two.parts().push(&part);
    assert_eq!((one.parts().len().unwrap(), two.parts().len().unwrap()), (1, 0));
    refused(store.flush(), "Bundle.parts");
    store.rollback().unwrap();

    let ann = store.add(Person::builder().name("Ann"));
    let bob = store.add(Person::builder().name("Bob"));
    let locker = ann.locker().set(Locker::builder().number(1));
    bob.locker().set(&locker);
    assert!(bob.locker().get().unwrap().is_none());
    refused(store.flush(), "Person.locker");
    store.rollback().unwrap();

    let (ann, bob) = (store.add(&ann), store.add(&bob));
    let passport = ann.passport().set(Passport::builder().number("A"));
    bob.passport().set(&passport);
    assert!(passport.holder().get().unwrap().unwrap().is(&ann));
    refused(store.flush(), "Person.passport");
    store.rollback().unwrap();
    // From the other side it is a move: the passport has one holder at any time.
    store.add(&ann);
    store.add(&bob);
    ann.passport().set(&passport);
    passport.holder().set(&bob);
    assert!(ann.passport().get().unwrap().is_none());
    store.commit().unwrap();
    assert_eq!(store.number("SELECT count(*) FROM citizen WHERE passport_id IS NOT NULL"), 1);
}

// CAS-13: the session learns of it when the owner comes in.
fn a_second_owner_is_refused_before_any_session(at: &Place) {
    let mut store = at.store();
    let ann = Obj::new(Person::builder().name("Ann"));
    let bob = Obj::new(Person::builder().name("Bob"));
    let locker = ann.locker().set(Locker::builder().number(1));
    bob.locker().set(&locker);
    assert!(bob.locker().get().unwrap().is_none());
    store.add(&ann);
    store.commit().unwrap();
    store.add(&bob);
    refused(store.commit(), "Person.locker");
    store.rollback().unwrap();
    assert_eq!(store.number("SELECT count(*) FROM citizen"), 1);
}

// CAS-13: one that was let go of is free, and what was committed or loaded isn't asked.
fn a_second_owner_after_the_first_let_go(at: &Place) {
    let mut store = at.store();
    let (one, two, part) = two_bundles(&mut store);
    one.parts().remove(&part).unwrap();
    two.parts().push(&part);
    store.commit().unwrap();
    assert_eq!(store.number("SELECT bundle_id FROM bundle_part"), 2);
    let ann = store.add(Person::builder().name("Ann"));
    let bob = store.add(Person::builder().name("Bob"));
    let locker = ann.locker().set(Locker::builder().number(1));
    ann.locker().set(Locker::builder().number(2));
    bob.locker().set(&locker);
    store.commit().unwrap();
    assert_eq!(store.number("SELECT locker_id FROM citizen WHERE name = 'Bob'"), 2);
    ann.locker().set(&locker);
    store.commit().unwrap();
    assert_eq!(store.number("SELECT locker_id FROM citizen WHERE name = 'Ann'"), 2);
    assert_eq!(store.number("SELECT count(*) FROM locker"), 1);
}

// CAS-13: the reference changes, and then the row that nobody refers to any more goes.
fn an_orphan_of_a_many_to_one(at: &Place) {
    let mut store = at.store();
    let ann = store.add(Person::builder().name("Ann"));
    ann.passport().set(Passport::builder().number("A1"));
    ann.locker().set(Locker::builder().number(1));
    store.save();
    store.log_parameters();
    let old = ann.passport().get().unwrap().unwrap();
    ann.passport().set(Passport::builder().number("A2"));
    assert!(old.holder().get().unwrap().is_none());
    assert!(!inspect(&old).marked_deleted);
    store.flush().unwrap();
    assert_eq!(
        store.sent(),
        "BEGIN\nINSERT INTO passport (number) VALUES (?) -- (\"A2\")\n\
         UPDATE citizen SET passport_id = ? WHERE id = ? -- (2, 1)\n\
         DELETE FROM passport WHERE id = ? -- (1)"
    );
    ann.locker().clear();
    store.commit().unwrap();
    assert_eq!(
        store.sent(),
        "UPDATE citizen SET locker_id = ? WHERE id = ? -- (NULL, 1)\n\
         DELETE FROM locker WHERE id = ? -- (1)\nCOMMIT"
    );
    assert_eq!(state(&old), State::Detached);
}

// CAS-13: the flush reads who stood there.
fn an_orphan_of_a_many_to_one_that_is_not_loaded(at: &Place) {
    let mut store = at.store();
    let ann = store.add(Person::builder().name("Ann"));
    ann.passport().set(Passport::builder().number("A1"));
    ann.locker().set(Locker::builder().number(1));
    store.save();
    store.renew();
    let ann = store.get_one(Person, 1).unwrap();
    store.sent();
    ann.passport().clear();
    ann.locker().set(Locker::builder().number(2));
    assert_eq!(store.sent(), "");
    store.log_parameters();
    store.commit().unwrap();
    assert_eq!(
        store.sent(),
        "SELECT passport.id, passport.number FROM passport WHERE passport.id IN (?) -- (1)\n\
         SELECT locker.id, locker.number FROM locker WHERE locker.id IN (?) -- (1)\n\
         INSERT INTO locker (number) VALUES (?) -- (2)\n\
         UPDATE citizen SET passport_id = ?, locker_id = ? WHERE id = ? -- (NULL, 2, 1)\n\
         DELETE FROM passport WHERE id = ? -- (1)\n\
         DELETE FROM locker WHERE id = ? -- (1)\nCOMMIT"
    );
}

// CAS-6, CAS-13
fn deleting_the_owner_of_a_many_to_one(at: &Place) {
    let mut store = at.store();
    let ann = store.add(Person::builder().name("Ann"));
    ann.passport().set(Passport::builder().number("A1"));
    ann.locker().set(Locker::builder().number(1));
    store.save();
    store.renew();
    let ann = store.get_one(Person, 1).unwrap();
    store.delete(&ann).unwrap();
    store.sent();
    store.commit().unwrap();
    assert_eq!(
        store.sent(),
        "DELETE FROM citizen WHERE id = ?\nDELETE FROM passport WHERE id = ?\n\
         DELETE FROM locker WHERE id = ?\nCOMMIT"
    );
}

// CAS-13, UOW-25
fn an_orphan_of_a_many_to_many(at: &Place) {
    let mut store = at.store();
    let (one, two, part) = two_bundles(&mut store);
    let nut = one.parts().push(Part::builder().name("nut"));
    store.save();
    one.parts().remove(&part).unwrap();
    store.log_parameters();
    store.flush().unwrap();
    assert_eq!(
        store.sent(),
        "BEGIN\nDELETE FROM bundle_part WHERE bundle_id = ? AND part_id = ? -- (1, 1)\n\
         DELETE FROM part WHERE id = ? -- (1)"
    );
    // Moved: no orphan.
    two.parts().load(&mut store).unwrap();
    one.parts().remove(&nut).unwrap();
    two.parts().push(&nut);
    store.sent();
    store.flush().unwrap();
    assert_eq!(
        store.sent(),
        "DELETE FROM bundle_part WHERE bundle_id = ? AND part_id = ? -- (1, 2)\n\
         INSERT INTO bundle_part (bundle_id, part_id) VALUES (?, ?) -- (2, 2)"
    );
    store.delete(&two).unwrap();
    store.sent();
    store.commit().unwrap();
    assert_eq!(
        store.sent(),
        "DELETE FROM bundle_part WHERE bundle_id = ? AND part_id = ? -- (2, 2)\n\
         DELETE FROM part WHERE id = ? -- (2)\n\
         DELETE FROM bundle WHERE id = ? -- (2)\nCOMMIT"
    );
}

// CAS-18, REL-15: no save-update, no flush, no delete; of any kind.
fn what_is_only_read_is_never_written(at: &Place) {
    let mut store = at.store();
    let desk = store.add(Desk::builder());
    let stranger = desk.shown().push(memo("shown"));
    assert_eq!(state(&stranger), State::Transient);
    let mine = store.add(memo("mine"));
    mine.seen_at().set(&desk);
    let part = store.add(Part::builder().name("bolt"));
    let bundle = store.add(Bundle::builder());
    part.bundles().push(&bundle);
    store.commit().unwrap();
    assert_eq!(store.number("SELECT count(*) FROM memo WHERE desk_id IS NOT NULL"), 0);
    assert_eq!(store.number("SELECT count(*) FROM bundle_part"), 0);
    store.save();
    // Of persistent objects, too: there is nothing to flush.
    desk.shown().push(&mine);
    mine.seen_at().clear();
    part.bundles().remove(&bundle).unwrap();
    store.commit().unwrap();
    assert_eq!(store.sent(), "");
    assert!(mine.desk().load(&mut store).unwrap().is_none());
}

// REL-15: in memory it is as it was left, until it is read again; a rollback takes it back.
fn what_is_only_read_shows_changes_until_it_is_read_again(at: &Place) {
    let mut store = at.store();
    let desk = store.add(Desk::builder());
    desk.memos().push(memo("a"));
    let loose = store.add(memo("b"));
    store.save();
    store.renew();
    let desk = store.get_one(Desk, desk.borrow().id.value().unwrap()).unwrap();
    assert_eq!(desk.shown().load(&mut store).unwrap().len(), 1);
    let loose = store.get_one(Memo, loose.borrow().id.value().unwrap()).unwrap();
    desk.shown().push(&loose);
    assert_eq!(desk.shown().len().unwrap(), 2);
    store.rollback().unwrap();
    assert_eq!(desk.shown().len().unwrap(), 1);
    desk.shown().push(&loose);
    store.refresh(&desk).unwrap();
    assert_eq!(desk.shown().load(&mut store).unwrap().len(), 1);
    store.commit().unwrap();
}

// CAS-18: what only looks is neither loaded nor unlinked by a delete.
fn deleting_what_is_only_read(at: &Place) {
    let mut store = at.store();
    let (one, _, part) = two_bundles(&mut store);
    store.save();
    store.renew();
    let part = store.get_one(Part, part.borrow().id.value().unwrap()).unwrap();
    store.run("DELETE FROM bundle_part");
    store.sent();
    store.delete(&part).unwrap();
    store.commit().unwrap();
    assert_eq!(store.sent(), "DELETE FROM part WHERE id = ?\nCOMMIT");
    let _ = one;
}

/// A person with a hat and a badge of that color, read anew.
fn dressed(at: &Place) -> (Store, Obj<Person>) {
    let mut store = at.store();
    let ann = store.add(Person::builder().name("Ann"));
    ann.hat().set(Hat::builder().color("red"));
    ann.badge().set(Badge::builder().color("red"));
    ann.passport().set(Passport::builder().number("A"));
    store.save();
    store.renew();
    let ann = store.get_one(Person, 1).unwrap();
    store.sent();
    (store, ann)
}

// REL-6: nothing is sent when it is set; the flush reads who stood there, and unlinks or deletes it.
fn a_one_to_one_that_is_not_loaded(at: &Place) {
    let (mut store, ann) = dressed(at);
    ann.hat().set(Hat::builder().color("blue"));
    ann.badge().set(Badge::builder().color("blue"));
    assert_eq!(store.sent(), "");
    store.log_parameters();
    store.commit().unwrap();
    assert_eq!(
        store.sent(),
        "SELECT hat.id, hat.person_id, hat.color FROM hat WHERE hat.person_id IN (?) -- (1)\n\
         SELECT badge.id, badge.person_id, badge.color FROM badge \
         WHERE badge.person_id IN (?) -- (1)\n\
         UPDATE hat SET person_id = ? WHERE id = ? -- (NULL, 1)\n\
         INSERT INTO badge (person_id, color) VALUES (?, ?) -- (1, \"blue\")\n\
         INSERT INTO hat (person_id, color) VALUES (?, ?) -- (1, \"blue\")\n\
         DELETE FROM badge WHERE id = ? -- (1)\nCOMMIT"
    );
}

// REL-6: linked, and set at the side that has the key.
fn a_one_to_one_that_is_not_loaded_from_the_other_side(at: &Place) {
    let (mut store, ann) = dressed(at);
    let new = store.add(Person::builder().name("Bob"));
    let passport = store.get_one(Passport, 1).unwrap();
    store.sent();
    new.passport().set(&passport);
    assert_eq!(store.sent(), "");
    store.log_parameters();
    store.commit().unwrap();
    assert_eq!(
        store.sent(),
        "SELECT citizen.id, citizen.name, citizen.passport_id, citizen.locker_id FROM citizen \
         WHERE citizen.passport_id IN (?) -- (1)\n\
         UPDATE citizen SET passport_id = ? WHERE id = ? -- (NULL, 1), (1, 2)\nCOMMIT"
    );
    assert!(ann.passport().get().unwrap().is_none());
    assert_eq!(store.number("SELECT count(*) FROM passport"), 1);
}

// REL-6, CAS-8
fn a_one_to_one_that_is_cleared_before_it_is_loaded(at: &Place) {
    let (mut store, ann) = dressed(at);
    let hat = store.get_one(Hat, 1).unwrap();
    let badge = store.get_one(Badge, 1).unwrap();
    ann.hat().clear();
    ann.badge().clear();
    store.commit().unwrap();
    assert_eq!(hat.borrow().person_id, None);
    assert_eq!(state(&badge), State::Detached);
    assert_eq!(store.number("SELECT count(*) FROM badge"), 0);
}

// REL-6: nothing has changed.
fn a_one_to_one_that_is_set_to_what_it_was(at: &Place) {
    let (mut store, ann) = dressed(at);
    let badge = store.get_one(Badge, 1).unwrap();
    ann.badge().set(&badge);
    store.sent();
    store.commit().unwrap();
    assert_eq!(
        store.sent(),
        "SELECT badge.id, badge.person_id, badge.color FROM badge WHERE badge.person_id IN (?)\n\
         COMMIT"
    );
    assert_eq!(state(&badge), State::Persistent);
}

// REL-6: one query for all of them.
fn one_to_ones_that_are_not_loaded_in_one_query(at: &Place) {
    let mut store = at.store();
    for number in 0..20 {
        let person = store.add(Person::builder().name(format!("{number}")));
        person.hat().set(Hat::builder().color("red"));
    }
    store.save();
    store.renew();
    let people = store.scalars(select(Person)).all().unwrap();
    store.sent();
    people.iter().for_each(|it| drop(it.hat().set(Hat::builder().color("blue"))));
    store.commit().unwrap();
    let sent = store.sent();
    assert_eq!(sent.matches("SELECT").count(), 1, "{sent}");
    assert_eq!(store.number("SELECT count(*) FROM hat WHERE person_id IS NULL"), 20);
    assert_eq!(store.number("SELECT count(*) FROM hat WHERE color = 'blue'"), 20);
}

// REL-6: what was read to be unlinked is linked again.
fn a_one_to_one_that_is_rolled_back(at: &Place) {
    let (mut store, ann) = dressed(at);
    let hat = store.get_one(Hat, 1).unwrap();
    ann.hat().set(Hat::builder().color("blue"));
    store.flush().unwrap();
    assert_eq!(hat.borrow().person_id, None);
    store.rollback().unwrap();
    assert_eq!(hat.borrow().person_id, Some(1));
    assert!(ann.hat().load(&mut store).unwrap().unwrap().is(&hat));
    store.commit().unwrap();
    assert_eq!(store.number("SELECT count(*) FROM hat"), 1);
}

//! One row is one object, however it is met.

use aludel::{Error, Select, State, blocking::Session, prelude::*, value::Value};

use crate::{
    Case, Place, cases,
    models::*,
    store::{address, book, tag, user},
};

pub(super) const CASES: &[Case] = cases!["identity":
    one_row_is_one_object,
    get_hits_and_misses,
    what_an_identity_is,
    get_by_other_keys,
    get_one_of_no_row,
    get_with_options,
    get_with_a_lock,
    clean_objects_are_let_go_of,
    held_and_changed_objects_stay,
    rows_do_not_overwrite,
    rows_do_not_overwrite_changes_of_expired_objects,
    get_of_an_object_whose_row_is_gone,
    linked_objects_stay,
    a_changed_key,
    many_that_are_read_alone,
];

// IDM-1, IDM-7
fn one_row_is_one_object(at: &Place) {
    let mut store = at.store();
    let alice =
        store.add(User::builder().name("Alice").addresses([address("a@x"), address("b@x")]));
    store.save();
    assert!(store.get(User, 1).unwrap().unwrap().is(&alice));
    assert_eq!(store.sent(), "");
    store.renew();
    let mail = store.get_one(Address, 2).unwrap();
    let owner = mail.user().load(&mut store).unwrap().unwrap();
    assert!(store.get_one(User, 1).unwrap().is(&owner));
    let found = store.scalars(select(User).filter(User.name.eq("Alice"))).one().unwrap();
    assert!(found.is(&owner));
    let mails = owner.addresses().load(&mut store).unwrap();
    assert!(mails[1].is(&mail));
    let rows: Vec<(_, _)> = store
        .execute(select((User, Address)).join(User.addresses).order_by(Address.id))
        .all()
        .unwrap();
    assert!(rows.iter().all(|(user, _)| user.is(&owner)));
    assert!(rows[1].1.is(&mail));
}

// IDM-7, AF-2: a hit costs no SQL and flushes nothing; a miss costs one SELECT.
fn get_hits_and_misses(at: &Place) {
    let mut store = at.store();
    store.add_all([user("Alice"), user("Bob")]);
    store.save();
    store.renew();
    let alice = store.get_one(User, 1).unwrap();
    assert_eq!(
        store.sent(),
        "BEGIN\nSELECT user_account.id, user_account.name, user_account.email \
         FROM user_account WHERE user_account.id = ?"
    );
    alice.borrow_mut().name = "Alicia".into();
    assert!(store.get(User, 1).unwrap().is_some());
    assert_eq!(store.sent(), "");
    assert!(store.get(User, 2).unwrap().is_some());
    assert_eq!(
        store.sent(),
        "UPDATE user_account SET name = ? WHERE id = ?\n\
         SELECT user_account.id, user_account.name, user_account.email \
         FROM user_account WHERE user_account.id = ?"
    );
    assert!(store.get(User, 99).unwrap().is_none());
}

// IDM-2: entity and key, in the order of the key's columns; in each session anew.
fn what_an_identity_is(at: &Place) {
    let mut store = at.store();
    let wagon = |train, place| composite::Wagon::builder().train(train).place(place);
    let (one, two) = (store.add(wagon(1, 2)), store.add(wagon(2, 1)));
    let (x, red) = (store.add(book("x")), store.add(tag("red")));
    store.save();
    assert_eq!(inspect(&one).identity, Some(vec![Value::Int(1), Value::Int(2)]));
    assert!(store.get_one(composite::Wagon, (1, 2)).unwrap().is(&one));
    assert!(store.get_one(composite::Wagon, (2, 1)).unwrap().is(&two));
    assert!(store.get_one(Book, 1).unwrap().is(&x));
    assert!(store.get_one(Tag, 1).unwrap().is(&red));
    assert_eq!(store.sent(), "");
    let mut other = Session::new(&store.engine);
    let theirs = other.get_one(Book, 1).unwrap();
    assert!(!theirs.is(&x));
    other.rollback().unwrap();
}

// IDM-11: keys of text and of several columns.
fn get_by_other_keys(at: &Place) {
    let mut store = at.store();
    store.add(Currency::builder().code("EUR").name("Euro"));
    store.add(Region::builder().country("DE").code(2).name("Hamburg"));
    store.add(Region::builder().country("DE").code(9).name("Bayern"));
    store.save();
    let euro = store.get_one(Currency, "EUR").unwrap();
    assert!(store.get_one(Currency, String::from("EUR")).unwrap().is(&euro));
    let hamburg = store.get_one(Region, ("DE", 2)).unwrap();
    assert_eq!(hamburg.borrow().name, "Hamburg");
    assert_eq!(store.sent(), "");
    store.renew();
    let bayern = store.get_one(Region, ("DE", 9)).unwrap();
    assert_eq!(
        store.sent(),
        "BEGIN\nSELECT region.country, region.code, region.name FROM region \
         WHERE region.country = ? AND region.code = ?"
    );
    assert!(store.get_one(Region, ("DE", 9)).unwrap().is(&bayern));
    assert_eq!(store.sent(), "");
    assert!(store.get(Region, ("de", 9)).unwrap().is_none());
    assert!(store.get(Currency, "eur").unwrap().is_none());
    let all = store.scalars(select(Region).order_by(Region.code)).all().unwrap();
    assert!(all[1].is(&bayern));
}

// IDM-12
fn get_one_of_no_row(at: &Place) {
    let mut store = at.store();
    let error = store.get_one(User, 7).unwrap_err();
    assert!(matches!(error, Error::NoResultFound(_)));
    assert_eq!(error.to_string(), "no row was found: User 7");
}

// IDM-9: options count where a SELECT is sent, and send none.
fn get_with_options(at: &Place) {
    let mut store = at.store();
    store.add(User::builder().name("Alice").addresses([address("a@x")]));
    store.add(Region::builder().country("DE").code(2).name("Hamburg"));
    store.save();
    store.renew();
    let with_addresses = |it: Select<Obj<User>>| it.options(selectinload(User.addresses));
    let alice = store.get_with(User, 1, with_addresses).unwrap().unwrap();
    assert!(alice.addresses().is_loaded());
    assert_eq!(
        store.sent(),
        "BEGIN\n\
         SELECT user_account.id, user_account.name, user_account.email FROM user_account \
         WHERE user_account.id = ?\n\
         SELECT address.id, address.user_id, address.mail FROM address \
         WHERE address.user_id IN (?) ORDER BY address.id"
    );
    drop(alice);
    store.expunge_all();
    let alice = store.get_one(User, 1).unwrap();
    store.sent();
    assert!(store.get_with(User, 1, with_addresses).unwrap().unwrap().is(&alice));
    assert!(!alice.addresses().is_loaded());
    assert_eq!(store.sent(), "");
    // An expired one is read again, without them.
    store.run("UPDATE user_account SET name = 'Alicia'");
    store.expire(&alice).unwrap();
    store.get_with(User, 1, with_addresses).unwrap();
    assert_eq!(alice.borrow().name, "Alicia");
    assert_eq!(store.sent().lines().count(), 1);
    assert!(!alice.addresses().is_loaded());
    // By `populate_existing` it is read in any case; what was changed is flushed first.
    store.run("UPDATE user_account SET email = 'a@x'");
    alice.borrow_mut().name = "Ada".into();
    let all = |it: Select<Obj<User>>| with_addresses(it).populate_existing();
    assert!(store.get_with(User, 1, all).unwrap().unwrap().is(&alice));
    assert_eq!(alice.borrow().email.as_deref(), Some("a@x"));
    assert_eq!(alice.borrow().name, "Ada");
    assert!(alice.addresses().is_loaded());
    assert_eq!(
        store.sent(),
        "UPDATE user_account SET name = ? WHERE id = ?\n\
         SELECT user_account.id, user_account.name, user_account.email FROM user_account \
         WHERE user_account.id = ?\n\
         SELECT address.id, address.user_id, address.mail FROM address \
         WHERE address.user_id IN (?) ORDER BY address.id"
    );
    // Keys of several columns, and of no row.
    let hamburg = store.get_with(Region, ("DE", 2), |it| it.options(selectinload(Region.sites)));
    assert!(hamburg.unwrap().unwrap().sites().is_empty().unwrap());
    assert!(store.get_with(Region, ("DE", 3), |it| it).unwrap().is_none());
    // IDM-8: nor of one any more.
    store.run("DELETE FROM address");
    store.run("DELETE FROM user_account");
    assert!(store.get_with(User, 1, all).unwrap().is_none());
    assert_eq!(inspect(&alice).state, State::Deleted);
    store.rollback().unwrap();
}

// IDM-9: a lock asks the database, whoever holds the object; what is known of it stays.
fn get_with_a_lock(at: &Place) {
    let mut store = at.store();
    let red = store.add(tag("red"));
    store.save();
    let locked = |it: Select<Obj<Tag>>| it.with_for_update(ForUpdate::new());
    let found = store.get_with(Tag, 1, locked).unwrap().unwrap();
    assert!(found.is(&red));
    let locks = at.dialect().capability().select.locks != aludel::dialect::RowLocks::Ignored;
    let lock = if locks { " FOR UPDATE" } else { "" };
    assert_eq!(
        store.sent(),
        format!("BEGIN\nSELECT tag.id, tag.name FROM tag WHERE tag.id = ?{lock}")
    );
    store.rollback().unwrap();
}

// IDM-3: what nobody holds is let go of, with all that was loaded beside it.
fn clean_objects_are_let_go_of(at: &Place) {
    let mut store = at.store();
    store.add_all((0..200).map(|it| user(&it.to_string())));
    store.save();
    store.renew();
    for key in 1..=200_i64 {
        assert!(store.get(User, key).unwrap().is_some());
    }
    store.sent();
    assert!(store.get(User, 1).unwrap().is_some());
    assert_eq!(
        store.sent(),
        "SELECT user_account.id, user_account.name, user_account.email \
         FROM user_account WHERE user_account.id = ?"
    );
}

// IDM-3, IDM-4: what is held or changed stays.
fn held_and_changed_objects_stay(at: &Place) {
    let mut store = at.store();
    store.add_all((0..300).map(|it| user(&it.to_string())));
    store.save();
    store.renew();
    let held = store.get_one(User, 1).unwrap();
    let marked = store.get_one(User, 3).unwrap();
    let changed = store.get_one(User, 2).unwrap();
    store.delete(&marked).unwrap();
    drop(marked);
    changed.borrow_mut().name = "changed".into();
    drop(changed);
    store.add(user("new"));
    let quiet = |key: i64| select(User).filter(User.id.eq(key)).autoflush(false);
    for key in 4..=300 {
        assert_eq!(store.scalars(quiet(key)).all().unwrap().len(), 1);
    }
    store.sent();
    assert!(store.get(User, 1).unwrap().unwrap().is(&held));
    assert_eq!(store.get(User, 2).unwrap().unwrap().borrow().name, "changed");
    assert_eq!(store.sent(), "");
    store.commit().unwrap();
    let sent = store.sent();
    assert!(
        sent.contains("UPDATE") && sent.contains("DELETE") && sent.contains("INSERT"),
        "{sent}"
    );
}

// IDM-5: a row does not overwrite what is loaded, changed or not.
fn rows_do_not_overwrite(at: &Place) {
    let mut store = at.store();
    store.add_all([user("Alice"), user("Bob")]);
    store.save();
    store.run("UPDATE user_account SET name = 'elsewhere'");
    let all = store.scalars(select(User).order_by(User.id)).all().unwrap();
    assert_eq!(all[0].borrow().name, "Alice");
    store.save();
    store.renew();
    let all = store.scalars(select(User).order_by(User.id)).all().unwrap();
    assert_eq!(all[0].borrow().name, "elsewhere");
}

// IDM-5: nor what was changed and is expired.
fn rows_do_not_overwrite_changes_of_expired_objects(at: &Place) {
    let store = at.store();
    let options = aludel::SessionOptions::default().autoflush(false);
    let mut session = Session::with_options(&store.engine, options);
    let alice = session.add(user("Alice"));
    session.commit().unwrap();
    session.get_one(User, 1).unwrap();
    session.scalars(select(User)).all().unwrap();
    session.rollback().unwrap();
    assert!(inspect(&alice).expired);
    alice.borrow_mut().name = "mine".into();
    session.scalars(select(User)).all().unwrap();
    assert_eq!(alice.borrow().name, "mine");
    assert!(session.get(User, 1).unwrap().unwrap().is(&alice));
    assert_eq!(alice.borrow().name, "mine");
    session.commit().unwrap();
    let names = session.scalars(select(User.name)).all().unwrap();
    assert_eq!(names, ["mine"]);
}

// IDM-8: the row of an expired object is gone.
fn get_of_an_object_whose_row_is_gone(at: &Place) {
    let mut store = at.store();
    let alice = store.add(user("Alice"));
    store.save();
    store.run("DELETE FROM user_account");
    store.save();
    assert!(store.get(User, 1).unwrap().is_some());
    assert!(matches!(store.refresh(&alice), Err(Error::ObjectDeleted(_))));
    assert!(store.get(User, 1).unwrap().is_none());
}

// IDM-1: an object that is linked but not held by anybody is still the same.
fn linked_objects_stay(at: &Place) {
    let mut store = at.store();
    store.add(Author::builder().name("A").books([book("x"), book("y")]));
    store.save();
    store.renew();
    let author = store.get_one(Author, 1).unwrap();
    author.books().load(&mut store).unwrap();
    let _ = author;
    store.sent();
    assert!(store.get(Book, 2).unwrap().is_some());
    assert_eq!(store.sent(), "");
}

// FK-4, TX-5
fn a_changed_key(at: &Place) {
    let mut store = at.store();
    let euro = store.add(Currency::builder().code("EUR").name("Euro"));
    store.save();
    euro.borrow_mut().code = "EUX".into();
    assert!(store.get(Currency, "EUR").unwrap().unwrap().is(&euro));
    store.log_parameters();
    store.flush().unwrap();
    assert_eq!(
        store.sent(),
        "BEGIN\nUPDATE currency SET code = ? WHERE code = ? -- (\"EUX\", \"EUR\")"
    );
    assert!(store.get(Currency, "EUX").unwrap().unwrap().is(&euro));
    assert_eq!(store.sent(), "");
    assert!(store.get(Currency, "EUR").unwrap().is_none());
    store.rollback().unwrap();
    assert_eq!(euro.borrow().code, "EUR");
    assert!(store.get(Currency, "EUR").unwrap().unwrap().is(&euro));
    assert!(store.get(Currency, "EUX").unwrap().is_none());
    // The same where nobody asked for one of them before.
    drop(euro);
    store.renew();
    let euro = store.scalars(select(Currency)).one().unwrap();
    euro.borrow_mut().code = "EUX".into();
    store.flush().unwrap();
    assert!(store.get(Currency, "EUX").unwrap().unwrap().is(&euro));
    store.rollback().unwrap();
    assert!(store.get(Currency, "EUR").unwrap().unwrap().is(&euro));
    assert!(store.get(Currency, "EUX").unwrap().is_none());
}

// IDM-1, IDM-2: of what is read one after the other, everything stays that somebody holds, and is one object still.
fn many_that_are_read_alone(at: &Place) {
    let mut store = at.store();
    let names: Vec<String> = (0..40).map(|it| format!("user {it}")).collect();
    store.add_all(names.iter().map(|it| user(it)));
    store.save();
    store.renew();
    let mut held = Vec::new();
    for id in 1..=40 {
        let found = store.get_one(User, id).unwrap();
        assert_eq!(found.borrow().name, names[id as usize - 1]);
        if id % 3 == 0 {
            held.push(found);
        }
    }
    store.sent();
    for (id, object) in (3..=40).step_by(3).zip(&held) {
        assert!(store.get_one(User, id).unwrap().is(object));
        assert_eq!(object.borrow().name, names[id as usize - 1]);
    }
    assert_eq!(store.sent(), "");
    // Now the graph is looked at in between, by changes and by links.
    for (id, object) in (3..=40).step_by(3).zip(&held) {
        object.borrow_mut().name = "changed".into();
        object.addresses().push(&Obj::new(address(&format!("{id}@x"))));
        let other = store.get_one(User, id - 1).unwrap();
        assert_eq!(other.borrow().name, names[id as usize - 2]);
    }
    store.commit().unwrap();
    let changed = "SELECT count(*) FROM user_account WHERE name = 'changed'";
    assert_eq!(store.number(changed), held.len() as i64);
    assert_eq!(store.number("SELECT count(*) FROM address"), held.len() as i64);
}

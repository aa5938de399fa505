//! Objects that start anew: `make_transient` and `make_transient_to_detached`.

use aludel::{Error, Obj, State, make_transient, make_transient_to_detached, prelude::*};

use super::{
    expiry::{alice, select_user},
    looking::state,
};
use crate::{
    Case, Place, cases,
    models::*,
    store::{tag, user},
};

pub(super) const CASES: &[Case] = cases!["transient":
    made_transient,
    made_transient_and_rolled_back,
    made_detached,
];

// STATE-13, STATE-7
fn made_transient(at: &Place) {
    let mut store = at.store();
    let alice = alice(&mut store);
    assert!(matches!(make_transient(&alice), Err(Error::InvalidRequest(_))));
    alice.borrow_mut().name = "Alicia".into();
    store.make_transient(&alice).unwrap();
    assert_eq!(state(&alice), State::Transient);
    assert!(!store.contains(&alice) && store.dirty().is_empty());
    assert!(!inspect(&alice).expired && inspect(&alice).changes.is_empty());
    assert_eq!((alice.borrow().name.as_str(), alice.borrow().id.get()), ("Alicia", Some(&1)));
    // Its row is still there, and another object's.
    let other = store.get_one(User, 1).unwrap();
    assert!(!other.is(&alice));
    // Under another key it is another row.
    alice.borrow_mut().id = Auto::UNSET;
    alice.borrow_mut().email = None;
    store.add(&alice);
    store.commit().unwrap();
    assert_eq!(alice.borrow().id, 2);
    assert_eq!(store.number("SELECT count(*) FROM user_account"), 2);
    // What was deleted can be added again so, under the key that it had.
    store.delete(&other).unwrap();
    store.commit().unwrap();
    assert!(matches!(store.try_add(&other), Err(Error::Deleted(_))));
    make_transient(&other).unwrap();
    make_transient(&other).unwrap();
    store.try_add(&other).unwrap();
    store.sent();
    store.commit().unwrap();
    let insert = "INSERT INTO user_account (id, name, email) VALUES (?, ?, ?)";
    assert_eq!(store.sent().lines().nth(1), Some(insert));
    assert!(store.get_one(User, 1).unwrap().is(&other));
}

// STATE-13: no rollback takes it back to where it was.
fn made_transient_and_rolled_back(at: &Place) {
    let mut store = at.store();
    let old = store.add(tag("old"));
    store.save();
    store.delete(&old).unwrap();
    let new = store.add(tag("new"));
    store.flush().unwrap();
    store.make_transient(&new).unwrap();
    store.make_transient(&old).unwrap();
    store.rollback().unwrap();
    assert_eq!((state(&old), state(&new)), (State::Transient, State::Transient));
    assert_eq!((new.borrow().id.get(), old.borrow().id.get()), (Some(&2), Some(&1)));
    assert!(!store.get_one(Tag, 1).unwrap().is(&old));
    assert!(store.get(Tag, 2).unwrap().is_none());
    store.add(&new);
    store.commit().unwrap();
    assert!(store.get_one(Tag, 2).unwrap().is(&new));
}

// STATE-14
fn made_detached(at: &Place) {
    let mut store = at.store();
    alice(&mut store);
    store.renew();
    let stub = Obj::new(User { id: 1.into(), ..user("given") });
    make_transient_to_detached(&stub).unwrap();
    assert_eq!(
        (state(&stub), inspect(&stub).identity),
        (State::Detached, Some(vec![1_i64.into()]))
    );
    let of = |field: &str| inspect(&stub).attribute(field).unwrap();
    assert!(of("email").expired && of("name").loaded && !of("addresses").loaded);
    store.add(&stub);
    assert_eq!(state(&stub), State::Persistent);
    assert!(!store.is_modified(&stub));
    assert_eq!(store.sent(), "");
    store.fresh(&stub).unwrap();
    assert_eq!(store.sent(), format!("BEGIN\n{}", select_user()));
    let (name, email) = (stub.borrow().name.clone(), stub.borrow().email.clone());
    assert_eq!((name.as_str(), email.as_deref()), ("given", Some("a@x")));
    assert!(store.get_one(User, 1).unwrap().is(&stub));
    // What is set from now on is a change.
    stub.borrow_mut().name = "changed".into();
    store.commit().unwrap();
    assert_eq!(store.number("SELECT count(*) FROM user_account WHERE name = 'changed'"), 1);
    // Only what is transient can be, and has a key.
    assert!(matches!(make_transient_to_detached(&stub), Err(Error::InvalidRequest(_))));
    let error = make_transient_to_detached(&Obj::new(user("x"))).unwrap_err();
    assert_eq!(error.to_string(), "User has no primary key: set it first");
}

//! What comes from outside counts as loaded, and nothing is sent.

use aludel::{Error, Obj, State, prelude::*};

use super::merge::alice;
use crate::{
    Case, Place, cases,
    models::*,
    store::{Store, mails, user},
};

pub(super) const CASES: &[Case] = cases!["merge_loaded":
    without_loading,
    without_loading_onto_what_is_held,
    what_is_changed_needs_loading,
];

// MRG-6
fn without_loading(at: &Place) {
    let mut store = at.store();
    let away = alice(&mut store);
    let home = store.merge_loaded(&away).unwrap();
    assert!(!home.is(&away));
    assert_eq!((inspect(&home).state, store.sent()), (State::Persistent, String::new()));
    assert_eq!(mails(&home), ["a", "b", "c"]);
    assert!(store.get_one(User, 1).unwrap().is(&home));
    let mine = home.addresses().iter().unwrap().next().unwrap();
    assert!(mine.user().get().unwrap().unwrap().is(&home));
    assert!(store.merge_loaded(&home).unwrap().is(&home));
    store.commit().unwrap();
    assert_eq!(store.sent(), "");
    home.borrow_mut().name = "Alicia".into();
    store.commit().unwrap();
    assert_eq!(store.sent(), "BEGIN\nUPDATE user_account SET name = ? WHERE id = ?\nCOMMIT");
}

// MRG-6
fn without_loading_onto_what_is_held(at: &Place) {
    let mut store = at.store();
    let away = alice(&mut store);
    store.run("UPDATE user_account SET name = 'Alicia'");
    store.commit().unwrap();
    let home = store.get_one(User, 1).unwrap();
    assert_eq!(home.borrow().name, "Alicia");
    store.sent();
    assert!(store.merge_loaded(&away).unwrap().is(&home));
    assert_eq!(home.borrow().name, "Alice");
    assert!(!inspect(&home).is_modified());
    assert_eq!(mails(&home), ["a", "b", "c"]);
    store.rollback().unwrap();
    assert_eq!(home.borrow().name, "Alicia");
}

// MRG-6
fn what_is_changed_needs_loading(at: &Place) {
    let mut store = at.store();
    let away = alice(&mut store);
    let refused = |store: &mut Store, source: &Obj<User>, why: &str| {
        let error = store.merge_loaded(source).unwrap_err();
        assert!(
            matches!(error, Error::InvalidRequest(_)) && error.to_string().contains(why),
            "{error}"
        );
    };
    refused(&mut store, &Obj::new(user("x")), "transient");
    away.addresses().iter().unwrap().next().unwrap().borrow_mut().mail = "z".into();
    let error = store.merge_loaded(&away).unwrap_err();
    assert!(error.to_string().contains("Address 1 is modified"), "{error}");
    assert!(store.get(User, 1).unwrap().is_some_and(|it| !it.addresses().is_loaded()));
}

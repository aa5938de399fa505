//! Hooks of attributes: values are checked and changed where they are set, links where they are made.

use std::{cell::RefCell, sync::Once};

use aludel::{Error, Obj, State, prelude::*};

use crate::{
    Case, Place, cases,
    models::hooked::{Club, Member},
};

pub(super) const CASES: &[Case] = cases!["attributes":
    a_value_is_changed,
    a_value_is_refused,
    new_objects_are_checked_by_the_flush,
    loads_are_not_checked,
    what_a_flush_fills_in_is_not_set,
    links_are_refused,
    a_whole_collection,
    links_of_objects_without_a_session,
];

/// Names have no spaces around them and aren't "bad"; mails are of lower case; nobody called "banned"
/// comes in, and nobody called "founder" leaves.
fn hooks() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        Club.name.on_set(|name, _| {
            *name = name.trim().to_owned();
            if name == "bad" { Err("a name is not bad".into()) } else { Ok(()) }
        });
        Club.mail.on_set(|mail, old| {
            if mail.is_none() && old.is_some_and(Option::is_some) {
                return Err("a mail stays".into());
            }
            *mail = mail.as_ref().map(|it| it.to_lowercase());
            Ok(())
        });
        Club.members.on_append(|_, member| {
            let is_banned = member.borrow().name == "banned";
            if is_banned { Err("this one is banned".into()) } else { Ok(()) }
        });
        Club.members.on_remove(|_, member| {
            let is_founder = member.borrow().name == "founder";
            if is_founder { Err("founders stay".into()) } else { Ok(()) }
        });
    });
}

fn club(name: &str) -> Club {
    hooks();
    Club { id: Auto::UNSET, name: name.into(), mail: None, members: Many::new() }
}

fn member(name: &str) -> Member {
    Member { id: Auto::UNSET, name: name.into(), club_id: None, club: One::new() }
}

// EVT-7, EXP-11
fn a_value_is_changed(at: &Place) {
    let mut store = at.store();
    let it = store.add(club("one"));
    store.save();
    let mut guard = it.borrow_mut();
    guard.name = " two ".into();
    guard.mail = Some("A@X.org".into());
    assert_eq!(guard.name, " two ");
    drop(guard);
    assert_eq!(it.borrow().name, "two");
    assert_eq!(it.borrow().mail.as_deref(), Some("a@x.org"));
    store.commit().unwrap();
    assert_eq!(
        store.sent(),
        "BEGIN\nUPDATE hooked_club SET name = ?, mail = ? WHERE id = ?\nCOMMIT"
    );
    // What is as before is not set.
    it.borrow_mut().name = " two ".into();
    store.commit().unwrap();
    assert_eq!(store.sent(), "");
}

// EVT-7: what is refused never was; the next flush tells.
fn a_value_is_refused(at: &Place) {
    let mut store = at.store();
    let it = store.add(Club { mail: Some("a@x".into()), ..club("one") });
    store.save();
    it.borrow_mut().name = "bad".into();
    assert_eq!(it.borrow().name, "one");
    let error = store.flush().unwrap_err();
    assert_eq!(error.to_string(), "on_set of Club 1 refused: a name is not bad");
    assert!(std::error::Error::source(&error).is_some());
    assert!(matches!(store.flush(), Err(Error::PendingRollback(_))));
    store.rollback().unwrap();
    // One of several: the others take effect.
    let mut guard = it.borrow_mut();
    guard.mail = None;
    guard.name = "three".into();
    drop(guard);
    assert_eq!((it.borrow().mail.as_deref(), it.borrow().name.as_str()), (Some("a@x"), "three"));
    assert!(matches!(store.commit(), Err(Error::Hook(_))));
    assert!(!store.sent().contains("UPDATE"));
    store.rollback().unwrap();
    assert_eq!(it.borrow().name, "one");
    // Of a detached object the session learns that it comes into.
    store.expunge(&it).unwrap();
    it.borrow_mut().name = "bad".into();
    store.add(&it);
    assert!(matches!(store.flush(), Err(Error::Hook(_))));
    store.rollback().unwrap();
}

// EXP-11
fn new_objects_are_checked_by_the_flush(at: &Place) {
    let mut store = at.store();
    let it = store.add(Club { mail: Some("A@X".into()), ..club(" one ") });
    let bad = store.add(club("bad"));
    store.sent();
    let error = store.flush().unwrap_err();
    assert_eq!(error.to_string(), "on_set of Club refused: a name is not bad");
    // Nothing was sent, and nothing is lost: it can be repaired.
    assert_eq!(store.sent(), "");
    assert!(store.is_active());
    assert_eq!(inspect(&bad).state, State::Pending);
    bad.borrow_mut().name = "good".into();
    store.commit().unwrap();
    assert_eq!((it.borrow().name.as_str(), it.borrow().mail.as_deref()), ("one", Some("a@x")));
    assert_eq!(store.number("SELECT count(*) FROM hooked_club WHERE name IN ('one', 'good')"), 2);
}

// EXP-11: not on load.
fn loads_are_not_checked(at: &Place) {
    let mut store = at.store();
    hooks();
    store.run("INSERT INTO hooked_club (name, mail) VALUES (' bad ', 'A@X')");
    let it = store.get_one(Club, 1).unwrap();
    assert_eq!(it.borrow().name, " bad ");
    store.expire(&it).unwrap();
    store.fresh(&it).unwrap();
    assert_eq!(it.borrow().mail.as_deref(), Some("A@X"));
    store.commit().unwrap();
    assert!(!store.sent().contains("UPDATE"));
}

thread_local! {
    /// The keys that the program set, in the thread of the case.
    static KEYS: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

// UOW-39: neither a generated key, nor a foreign key that follows a link.
fn what_a_flush_fills_in_is_not_set(at: &Place) {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        Club.id.on_set(|id, _| {
            KEYS.with_borrow_mut(|it| it.push(format!("club {id}")));
            Ok(())
        });
        Member.club_id.on_set(|id, _| {
            KEYS.with_borrow_mut(|it| it.push(format!("member of {id:?}")));
            Ok(())
        });
    });
    let mut store = at.store();
    let called = || KEYS.with_borrow_mut(std::mem::take).join(", ");
    called();
    let one = store.add(club("one"));
    let it = one.members().push(member("x"));
    store.commit().unwrap();
    assert_eq!((called().as_str(), it.borrow().club_id), ("", Some(1)));
    let two = store.add(club("two"));
    it.club().set(&two);
    store.commit().unwrap();
    assert_eq!((called().as_str(), it.borrow().club_id), ("", Some(2)));
    // What the program sets is told.
    it.borrow_mut().club_id = Some(1);
    assert_eq!(called(), "member of Some(1)");
    store.add(Club { id: Auto::new(7), ..club("seven") });
    store.add(Member { club_id: Some(7), ..member("y") });
    store.commit().unwrap();
    assert_eq!(called(), "club 7, member of Some(7)");
}

// EVT-7
fn links_are_refused(at: &Place) {
    let mut store = at.store();
    let club = store.add(club("one"));
    let founder = club.members().push(member("founder"));
    let other = club.members().push(member("other"));
    store.save();
    assert!(matches!(club.members().remove(&founder), Err(Error::Hook(_))));
    club.members().remove(&other).unwrap();
    assert_eq!(club.members().len().unwrap(), 1);
    store.commit().unwrap();
    // From the other side, too; there it is the next flush that tells.
    founder.club().clear();
    assert!(founder.club().get().unwrap().is_some());
    let error = store.flush().unwrap_err();
    assert_eq!(error.to_string(), "on_remove of Member 1 refused: founders stay");
    store.rollback().unwrap();
    let banned = store.add(member("banned"));
    banned.club().set(&club);
    assert!(banned.club().get().unwrap().is_none());
    assert!(matches!(store.flush(), Err(Error::Hook(_))));
    store.rollback().unwrap();
    // A whole collection: what is refused stays out, and what is kept stays in.
    club.members().load(&mut store.session).unwrap();
    club.members().set([member("banned"), member("new")]);
    let names: Vec<_> = club.members().iter().unwrap().map(|it| it.borrow().name.clone()).collect();
    assert_eq!(names, ["new", "founder"]);
    assert!(matches!(store.flush(), Err(Error::Hook(_))));
    store.rollback().unwrap();
    assert_eq!(store.number("SELECT count(*) FROM hooked_member WHERE club_id = 1"), 1);
}

thread_local! {
    /// Who came and who left, in the thread of the case.
    static LINKS: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

// REL-8: of those that come and those that leave the hooks are called, and of nobody else; once each.
fn a_whole_collection(at: &Place) {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let say = |what: &'static str| {
            move |_: &Obj<Club>, it: &Obj<Member>| {
                let name = it.borrow().name.clone();
                LINKS.with_borrow_mut(|it| it.push(format!("{what} {name}")));
                Ok(())
            }
        };
        Club.members.on_append(say("append"));
        Club.members.on_remove(say("remove"));
    });
    let mut store = at.store();
    let called = || LINKS.with_borrow_mut(std::mem::take).join(", ");
    let it = store.add(club("one"));
    let [a, b, c] = ["a", "b", "c"].map(|it| Obj::new(member(it)));
    called();
    it.members().set([&a, &b]);
    assert_eq!(called(), "append a, append b");
    store.save();
    it.members().set([&b, &c]);
    assert_eq!(called(), "append c, remove a");
    it.members().set([&b, &c]);
    assert_eq!(called(), "");
    store.commit().unwrap();
    assert_eq!(called(), "");
    assert_eq!(store.number("SELECT count(*) FROM hooked_member WHERE club_id IS NULL"), 1);
}

// EVT-7: the session that they come into learns of it.
fn links_of_objects_without_a_session(at: &Place) {
    let mut store = at.store();
    let alone = Obj::new(club("one"));
    alone.members().push(member("banned"));
    alone.members().push(member("welcome"));
    assert_eq!(alone.members().len().unwrap(), 1);
    store.add(&alone);
    let error = store.flush().unwrap_err();
    assert_eq!(error.to_string(), "on_append of Club refused: this one is banned");
    store.rollback().unwrap();
    let built = store.add(Club::builder().name("two").members([member("banned")]));
    assert!(built.members().is_empty().unwrap());
    assert!(matches!(store.flush(), Err(Error::Hook(_))));
    store.rollback().unwrap();
}

//! Two people change one object: versions.

use aludel::{Error, Obj, ObjMut, Select, blocking::Session, prelude::*};
use uuid::Uuid;

use crate::{
    Case, Place, cases,
    models::versions::*,
    store::{Store, tag},
};

pub(super) const CASES: &[Case] = cases!["versions":
    counted_from_one,
    what_is_given_first_is_not_asked,
    without_a_change_the_version_stays,
    a_reference_is_a_change,
    many_rows_in_one_batch,
    a_stale_update,
    a_stale_update_among_many,
    a_stale_delete,
    a_delete_of_a_changed_object,
    an_old_view_is_stale_until_it_is_refreshed,
    rollback_takes_versions_back,
    moments_and_keys_of_two_columns,
    uuids,
    a_function_makes_the_next,
    set_by_hand,
    set_by_the_program_alone,
    statements_neither_check_nor_count,
    a_lock_compares_versions,
    two_sessions needs SHARED,
];

fn draft(title: &str) -> Draft {
    Draft {
        id: Auto::UNSET,
        title: title.into(),
        body: None,
        version: 0,
        basis_id: None,
        basis: One::new(),
        drafts_after: Many::new(),
        tags: Many::new(),
    }
}

/// A draft that is in the database, and of which nothing more is logged.
fn saved(store: &mut Store, title: &str) -> Obj<Draft> {
    let new = store.add(draft(title));
    store.save();
    store.log_parameters();
    new
}

fn stale(error: &Error) -> (&str, &str, Option<&str>, &str, u64) {
    let Error::StaleData(stale) = error else { panic!("{error}") };
    (stale.entity, &stale.key, stale.version.as_deref(), stale.action, stale.matched)
}

// VER-1
fn counted_from_one(at: &Place) {
    let mut store = at.store();
    store.log_parameters();
    let new = store.add(Draft::builder().title("t"));
    store.flush().unwrap();
    assert_eq!(
        store.sent(),
        "BEGIN\nINSERT INTO draft (title, body, version, basis_id) VALUES (?, ?, ?, ?) \
         -- (\"t\", NULL, 1, NULL)"
    );
    assert_eq!(new.borrow().version, 1);
    for version in 2..4 {
        new.borrow_mut().title.push('!');
        store.flush().unwrap();
        assert_eq!(new.borrow().version, version);
    }
    assert_eq!(
        store.sent(),
        "UPDATE draft SET title = ?, version = ? WHERE id = ? AND version = ? \
         -- (\"t!\", 2, 1, 1)\n\
         UPDATE draft SET title = ?, version = ? WHERE id = ? AND version = ? \
         -- (\"t!!\", 3, 1, 2)"
    );
    store.commit().unwrap();
    assert_eq!(store.number("SELECT version FROM draft"), 3);
    assert!(!inspect(&new).is_modified());
    store.delete(&new).unwrap();
    store.log_parameters();
    store.commit().unwrap();
    assert_eq!(store.sent(), "DELETE FROM draft WHERE id = ? AND version = ? -- (1, 3)\nCOMMIT");
}

// VER-1: the first version is the generator's, whatever a struct literal had to say.
fn what_is_given_first_is_not_asked(at: &Place) {
    let mut store = at.store();
    let new = store.add(Draft { version: 77, ..draft("t") });
    store.commit().unwrap();
    assert_eq!(new.borrow().version, 1);
    assert_eq!(store.number("SELECT version FROM draft"), 1);
}

// VER-2
fn without_a_change_the_version_stays(at: &Place) {
    let mut store = at.store();
    let new = saved(&mut store, "t");
    new.borrow_mut().title = "t".into();
    store.commit().unwrap();
    assert_eq!(store.sent(), "");
    // Members of a collection are other rows, and so are an association's.
    let member = new.drafts_after().push(draft("member"));
    new.tags().load(&mut store).unwrap();
    new.tags().push(tag("x"));
    store.commit().unwrap();
    assert_eq!((new.borrow().version, member.borrow().version), (1, 1));
    new.tags().set(Vec::<Obj<crate::models::Tag>>::new());
    store.commit().unwrap();
    assert_eq!(new.borrow().version, 1);
    assert_eq!(store.number("SELECT count(*) FROM draft_tag"), 0);
}

// VER-2: the row that holds the foreign key is updated, so its version is another.
fn a_reference_is_a_change(at: &Place) {
    let mut store = at.store();
    let (one, two) = (saved(&mut store, "one"), saved(&mut store, "two"));
    two.basis().set(&one);
    store.flush().unwrap();
    assert_eq!(
        store.sent(),
        "BEGIN\nUPDATE draft SET version = ?, basis_id = ? WHERE id = ? AND version = ? \
         -- (2, 1, 2, 1)"
    );
    assert_eq!((one.borrow().version, two.borrow().version), (1, 2));
    // With a change of its own it is one statement; and behind an INSERT.
    two.borrow_mut().title.push('!');
    two.basis().set(draft("three"));
    store.flush().unwrap();
    assert_eq!(
        store.sent(),
        "INSERT INTO draft (title, body, version, basis_id) VALUES (?, ?, ?, ?) \
         -- (\"three\", NULL, 1, NULL)\n\
         UPDATE draft SET title = ?, version = ?, basis_id = ? WHERE id = ? AND version = ? \
         -- (\"two!\", 3, 3, 2, 2)"
    );
    store.delete(&two.basis().get().unwrap().unwrap()).unwrap();
    store.commit().unwrap();
    let sent = store.sent();
    let (_, let_go) = sent.split_once("UPDATE").unwrap();
    assert_eq!(
        let_go,
        " draft SET version = ?, basis_id = ? WHERE id = ? AND version = ? -- (4, NULL, 2, 3)\n\
         DELETE FROM draft WHERE id = ? AND version = ? -- (3, 1)\nCOMMIT"
    );
    assert_eq!((two.borrow().version, two.borrow().basis_id), (4, None));
    assert_eq!(store.number("SELECT version FROM draft WHERE id = 2"), 4);
}

// VER-1, UOW-17: versions differ, the statement doesn't.
fn many_rows_in_one_batch(at: &Place) {
    let mut store = at.store();
    let drafts = store.add_all((0..500).map(|it| draft(&it.to_string())));
    store.save();
    drafts[3].borrow_mut().title.push('!');
    store.save();
    for it in &drafts {
        it.borrow_mut().title.push('?');
    }
    store.flush().unwrap();
    assert_eq!(
        store.sent(),
        "BEGIN\nUPDATE draft SET title = ?, version = ? WHERE id = ? AND version = ? -- 500 rows"
    );
    assert_eq!((drafts[2].borrow().version, drafts[3].borrow().version), (2, 3));
    drafts.iter().for_each(|it| store.delete(it).unwrap());
    store.commit().unwrap();
    assert_eq!(store.number("SELECT count(*) FROM draft"), 0);
}

// VER-3
fn a_stale_update(at: &Place) {
    let mut store = at.store();
    let new = saved(&mut store, "t");
    store.run("UPDATE draft SET version = 9");
    new.borrow_mut().title = "x".into();
    let error = store.flush().unwrap_err();
    assert_eq!(stale(&error), ("Draft", "1", Some("1"), "UPDATE", 0));
    assert_eq!(
        error.to_string(),
        "UPDATE of Draft 1 in version 1 expected to match 1 row(s), but matched 0: the row was \
         changed or deleted by somebody else; refresh the object and try again"
    );
    assert_eq!((new.borrow().title.as_str(), new.borrow().version), ("t", 1));
    assert!(matches!(store.flush(), Err(Error::PendingRollback(_))));
    store.rollback().unwrap();
    assert_eq!(store.number("SELECT version FROM draft"), 1);
}

// VER-3: each row's count is looked at.
fn a_stale_update_among_many(at: &Place) {
    let mut store = at.store();
    let drafts = store.add_all((0..20).map(|it| draft(&it.to_string())));
    store.save();
    store.run("UPDATE draft SET version = 9 WHERE id = 14");
    drafts.iter().for_each(|it| it.borrow_mut().title.push('!'));
    let error = store.commit().unwrap_err();
    assert_eq!(stale(&error), ("Draft", "14", Some("1"), "UPDATE", 0));
    store.rollback().unwrap();
    assert_eq!(store.number("SELECT count(*) FROM draft WHERE version = 1"), 20);
    assert!(drafts.iter().all(|it| it.borrow().version == 1));
}

// VER-4
fn a_stale_delete(at: &Place) {
    let mut store = at.store();
    let drafts = store.add_all((0..3).map(|it| draft(&it.to_string())));
    store.save();
    store.run("UPDATE draft SET version = 9 WHERE id = 2");
    drafts.iter().for_each(|it| store.delete(it).unwrap());
    let error = store.commit().unwrap_err();
    assert_eq!(stale(&error), ("Draft", "2", Some("1"), "DELETE", 0));
    store.rollback().unwrap();
    assert!(drafts.iter().all(|it| inspect(it).state == aludel::State::Persistent));
    // A row that is gone is stale, too (UOW-19 is for those without a version).
    store.run("DELETE FROM draft WHERE id = 3");
    store.delete(&drafts[2]).unwrap();
    assert_eq!(stale(&store.flush().unwrap_err()), ("Draft", "3", Some("1"), "DELETE", 0));
}

// VER-4: the version is that of the row, whatever was changed since.
fn a_delete_of_a_changed_object(at: &Place) {
    let mut store = at.store();
    let new = saved(&mut store, "t");
    new.borrow_mut().version = 5;
    store.delete(&new).unwrap();
    store.sent();
    store.commit().unwrap();
    assert_eq!(store.sent(), "DELETE FROM draft WHERE id = ? AND version = ? -- (1, 1)\nCOMMIT");
}

// VER-5: what is compared is the version that was last seen, of an expired object, too: its values can
// still be read, so what is written may rest on them.
fn an_old_view_is_stale_until_it_is_refreshed(at: &Place) {
    let mut store = at.store();
    let new = saved(&mut store, "t");
    store.run("UPDATE draft SET version = 9, title = 'theirs'");
    store.save();
    for _ in 0..2 {
        new.borrow_mut().title.push('!');
        assert_eq!(stale(&store.flush().unwrap_err()).2, Some("1"));
        store.rollback().unwrap();
        assert!(inspect(&new).expired);
    }
    store.fresh(&new).unwrap();
    new.borrow_mut().title.push('!');
    store.commit().unwrap();
    assert_eq!((new.borrow().title.as_str(), new.borrow().version), ("theirs!", 10));
}

// TX-2, VER-1
fn rollback_takes_versions_back(at: &Place) {
    let mut store = at.store();
    let new = saved(&mut store, "t");
    for _ in 0..3 {
        new.borrow_mut().title.push('!');
        store.flush().unwrap();
    }
    assert_eq!(new.borrow().version, 4);
    store.rollback().unwrap();
    assert_eq!((new.borrow().title.as_str(), new.borrow().version), ("t", 1));
    new.borrow_mut().title.push('?');
    store.commit().unwrap();
    assert_eq!(new.borrow().version, 2);
    // An INSERT that is taken back unsets what may be unset.
    let new = store.add(UniqueDraft::builder().title("u"));
    assert!(new.borrow().version.is_unset());
    store.flush().unwrap();
    assert!(!new.borrow().version.is_unset());
    store.rollback().unwrap();
    assert!(new.borrow().version.is_unset());
}

// VER-1, FK-4
fn moments_and_keys_of_two_columns(at: &Place) {
    let mut store = at.store();
    let new = store.add(Stamped::builder().country("DE").code(1).name("n"));
    store.flush().unwrap();
    let first = new.borrow().changed.value().unwrap();
    new.borrow_mut().name = "m".into();
    new.borrow_mut().code = 2;
    store.sent();
    store.flush().unwrap();
    assert_eq!(
        store.sent(),
        "UPDATE stamped SET code = ?, name = ?, changed = ? \
         WHERE country = ? AND code = ? AND changed = ?"
    );
    let second = new.borrow().changed.value().unwrap();
    assert!(second > first, "{second} > {first}");
    assert!(store.get(Stamped, ("DE", 2)).unwrap().unwrap().is(&new));
    assert!(store.get(Stamped, ("DE", 1)).unwrap().is_none());
    store.commit().unwrap();
    // What is read again is what was written, to the microsecond.
    store.renew();
    let again = store.get_one(Stamped, ("DE", 2)).unwrap();
    assert_eq!(again.borrow().changed, second);
    again.borrow_mut().name = "o".into();
    store.flush().unwrap();
    store.run("DELETE FROM stamped");
    again.borrow_mut().name = "p".into();
    let error = store.flush().unwrap_err();
    assert_eq!(stale(&error).1, "\"DE\", 2");
}

// VER-1
fn uuids(at: &Place) {
    let mut store = at.store();
    let new = store.add(UniqueDraft::builder().title("t"));
    store.commit().unwrap();
    let first = new.borrow().version.value().unwrap();
    new.borrow_mut().title = "u".into();
    store.commit().unwrap();
    let second = new.borrow().version.value().unwrap();
    assert_ne!(first, second);
    new.borrow_mut().version.set(Uuid::nil());
    store.commit().unwrap();
    store.renew();
    let again = store.get_one(UniqueDraft, 1).unwrap();
    assert_eq!(again.borrow().version, Uuid::nil());
    store.delete(&again).unwrap();
    store.commit().unwrap();
}

// VER-1
fn a_function_makes_the_next(at: &Place) {
    let mut store = at.store();
    store.log_parameters();
    let new = store.add(Lettered::builder().title("t"));
    store.flush().unwrap();
    new.borrow_mut().title = "u".into();
    store.flush().unwrap();
    assert_eq!(new.borrow().version, "aa");
    assert_eq!(
        store.sent(),
        "BEGIN\nINSERT INTO lettered (title, version) VALUES (?, ?) -- (\"t\", \"a\")\n\
         UPDATE lettered SET title = ?, version = ? WHERE id = ? AND version = ? \
         -- (\"u\", \"aa\", 1, \"a\")"
    );
}

// VER-6
fn set_by_hand(at: &Place) {
    let mut store = at.store();
    let new = saved(&mut store, "t");
    {
        let mut new: ObjMut<'_, Draft> = new.borrow_mut();
        new.title = "u".into();
        new.version = 20;
    }
    store.flush().unwrap();
    new.borrow_mut().version = 30;
    store.commit().unwrap();
    assert_eq!(
        store.sent(),
        "BEGIN\nUPDATE draft SET title = ?, version = ? WHERE id = ? AND version = ? \
         -- (\"u\", 20, 1, 1)\n\
         UPDATE draft SET version = ? WHERE id = ? AND version = ? -- (30, 1, 20)\nCOMMIT"
    );
    assert_eq!(new.borrow().version, 30);
}

// VER-6: without a generator the program makes each version, and an UPDATE without a new one is checked all
// the same.
fn set_by_the_program_alone(at: &Place) {
    let mut store = at.store();
    store.log_parameters();
    let new = store.add(Manual::builder().title("t").version("one"));
    store.flush().unwrap();
    new.borrow_mut().title = "u".into();
    store.flush().unwrap();
    new.borrow_mut().version = "two".into();
    store.commit().unwrap();
    assert_eq!(
        store.sent(),
        "BEGIN\nINSERT INTO manual (title, version) VALUES (?, ?) -- (\"t\", \"one\")\n\
         UPDATE manual SET title = ? WHERE id = ? AND version = ? -- (\"u\", 1, \"one\")\n\
         UPDATE manual SET version = ? WHERE id = ? AND version = ? -- (\"two\", 1, \"one\")\nCOMMIT"
    );
    store.run("UPDATE manual SET version = 'theirs'");
    new.borrow_mut().title = "v".into();
    assert_eq!(stale(&store.flush().unwrap_err()).2, Some("\"two\""));
}

// VER-9
fn statements_neither_check_nor_count(at: &Place) {
    let mut store = at.store();
    saved(&mut store, "t");
    let changed = store.execute(update(Draft).set(Draft.title, "x")).unwrap();
    assert_eq!(changed, 1);
    let matched = store.execute(delete(Draft).filter(Draft.id.eq(1))).unwrap();
    assert_eq!(matched, 1);
    assert_eq!(
        store.sent(),
        "BEGIN\nUPDATE draft SET title = ? -- (\"x\")\nDELETE FROM draft WHERE id = ? -- (1)"
    );
}

// VER-7: who locks a row is about to change it, by what is known of it.
fn a_lock_compares_versions(at: &Place) {
    let mut store = at.store();
    let draft = saved(&mut store, "t");
    let locks = at.dialect().capability().select.locks != aludel::dialect::RowLocks::Ignored;
    let locked = |it: Select<Obj<Draft>>| it.with_for_update(ForUpdate::new());
    assert!(store.get_with(Draft, 1, locked).unwrap().unwrap().is(&draft));
    assert_eq!(store.sent().contains("FOR UPDATE"), locks);
    store.run("UPDATE draft SET version = 9, title = 'theirs'");
    let error = store.get_with(Draft, 1, locked).unwrap_err();
    assert_eq!(stale(&error), ("Draft", "1", Some("1"), "get", 0));
    assert_eq!((draft.borrow().title.as_str(), draft.borrow().version), ("t", 1));
    // Nothing was lost by that; and without a lock nobody compares.
    assert!(store.get_with(Draft, 1, |it| it).unwrap().unwrap().is(&draft));
    store.sent();
    store.refresh_with(&draft, locked).unwrap();
    assert_eq!(store.sent().contains("FOR UPDATE"), locks);
    assert_eq!((draft.borrow().title.as_str(), draft.borrow().version), ("theirs", 9));
    assert!(store.get_with(Draft, 1, locked).unwrap().is_some());
    // What is expired, or overwritten, learns of it.
    store.run("UPDATE draft SET version = 10");
    store.get_with(Draft, 1, |it| locked(it).populate_existing()).unwrap();
    assert_eq!(draft.borrow().version, 10);
    store.run("UPDATE draft SET version = 11");
    store.expire(&draft).unwrap();
    store.get_with(Draft, 1, locked).unwrap();
    assert_eq!(draft.borrow().version, 11);
    store.expire_attributes(&draft, Draft.version).unwrap();
    store.run("UPDATE draft SET version = 12");
    store.get_with(Draft, 1, locked).unwrap();
    assert_eq!(draft.borrow().version, 12);
    // A row that is gone.
    store.run("DELETE FROM draft");
    assert!(matches!(store.refresh_with(&draft, locked), Err(Error::ObjectDeleted(_))));
}

// VER-3: who comes second loses nothing of who was first.
fn two_sessions(at: &Place) {
    let mut store = at.store();
    saved(&mut store, "t");
    store.renew();
    let mine = store.get_one(Draft, 1).unwrap();
    store.commit().unwrap();
    {
        let mut other = Session::new(&store.engine);
        other.get_one(Draft, 1).unwrap().borrow_mut().title = "theirs".into();
        other.commit().unwrap();
    }
    mine.borrow_mut().title = "mine".into();
    let error = store.commit().unwrap_err();
    assert_eq!(stale(&error), ("Draft", "1", Some("1"), "UPDATE", 0));
    store.rollback().unwrap();
    store.refresh(&mine).unwrap();
    assert_eq!((mine.borrow().title.as_str(), mine.borrow().version), ("theirs", 2));
    mine.borrow_mut().title = "mine".into();
    store.commit().unwrap();
    assert_eq!(store.number("SELECT version FROM draft WHERE title = 'mine'"), 3);
}

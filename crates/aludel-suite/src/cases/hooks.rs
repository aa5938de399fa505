//! What hooks may do: change, add and delete what is written, refuse, and go on behind a flush.

use std::sync::Mutex;

use aludel::{AnyObj, Error, HookContext, Hooks, Obj, State, prelude::*};

use super::events::{Calls, listened};
use crate::{
    Case, Place, cases,
    models::*,
    store::{author, book, node, tag, user},
};

pub(super) const CASES: &[Case] = cases!["hooks":
    hooks_change_what_is_written,
    hooks_add_and_delete,
    added_objects_get_their_hooks,
    a_hook_that_refuses_before,
    a_hook_that_refuses_behind,
    what_after_flush_sees,
    a_commit_flushes_what_hooks_add,
    a_commit_without_end,
    a_flush_without_end,
];

// UOW-37: the object's own columns, and those of others.
fn hooks_change_what_is_written(at: &Place) {
    let mut store = at.store();
    let upper = |user: &Obj<User>, _: &mut HookContext<'_>| {
        let name = user.borrow().name.to_uppercase();
        user.borrow_mut().name = name;
        Ok(())
    };
    store.listen(Hooks::new().before_insert(User, upper).before_update(User, upper));
    let alice = store.add(user("Alice"));
    store.commit().unwrap();
    assert_eq!(alice.borrow().name, "ALICE");
    alice.borrow_mut().name = "Alicia".into();
    store.commit().unwrap();
    assert_eq!(store.number("SELECT count(*) FROM user_account WHERE name = 'ALICIA'"), 1);
    store.sent();
    // Nothing differs in the end.
    alice.borrow_mut().name = "alicia".into();
    store.commit().unwrap();
    assert_eq!(store.sent(), "COMMIT");
    // Of another object: it is written by the same flush, with hooks of its own.
    let held = alice.clone();
    store.listen(Hooks::new().before_insert(Tag, move |tag, _| {
        held.borrow_mut().name = tag.borrow().name.clone();
        Ok(())
    }));
    store.add(tag("red"));
    store.commit().unwrap();
    assert_eq!(alice.borrow().name, "RED");
    assert_eq!(
        store.sent(),
        "BEGIN\nUPDATE user_account SET name = ? WHERE id = ?\n\
         INSERT INTO tag (name) VALUES (?)\nCOMMIT"
    );
}

// UOW-38: they join this flush.
fn hooks_add_and_delete(at: &Place) {
    let mut store = at.store();
    let root = store.add(Node::builder().name("root").children([node("a")]));
    let red = store.add(tag("red"));
    let blue = store.add(tag("blue"));
    store.save();
    store.renew();
    let (root, red, blue) = {
        drop((root, red, blue));
        let tags = [1, 2].map(|it| store.get_one(Tag, it).unwrap());
        let [red, blue] = tags;
        (store.get_one(Node, 1).unwrap(), red, blue)
    };
    store.listen(Hooks::new().before_flush(move |session| {
        for dirty in session.dirty().of(Tag) {
            session.add(author(&format!("{} was renamed", dirty.borrow().name)));
        }
        blue.borrow_mut().name = "navy".into();
        // What its cascades need is loaded.
        session.delete(&root)?;
        assert!(session.contains(&root));
        Ok(())
    }));
    red.borrow_mut().name = "crimson".into();
    store.commit().unwrap();
    let counts = ["node", "author"].map(|it| store.number(&format!("SELECT count(*) FROM {it}")));
    assert_eq!(counts, [0, 1]);
    assert_eq!(store.number("SELECT count(*) FROM tag WHERE name IN ('crimson', 'navy')"), 2);
    let named = "SELECT count(*) FROM author WHERE name = 'crimson was renamed'";
    assert_eq!(store.number(named), 1);
}

fn added_objects_get_their_hooks(at: &Place) {
    let mut store = at.store();
    let calls = Calls::default();
    let (one, two) = (calls.clone(), calls.clone());
    let hooks = Hooks::new()
        .before_insert(Author, move |author, session| {
            one.call(author.borrow().name.clone());
            session.add(book("of the hook"));
            Ok(())
        })
        .before_insert(Book, move |book, _| two.note(book.borrow().title.clone()));
    store.listen(hooks);
    store.add(book("first"));
    store.add(author("x"));
    store.commit().unwrap();
    assert_eq!(calls.take_joined(), "x, first, of the hook");
    assert_eq!(store.number("SELECT count(*) FROM book"), 2);
}

// A veto in front of the first statement: nothing was sent, and nothing is lost.
fn a_hook_that_refuses_before(at: &Place) {
    let mut store = at.store();
    let no = |user: &Obj<User>, _: &mut HookContext<'_>| {
        if user.borrow().name == "root" { Err("nobody is root".into()) } else { Ok(()) }
    };
    store.listen(Hooks::new().before_insert(User, no).before_delete(User, no));
    let root = store.add(user("root"));
    let error = store.commit().unwrap_err();
    assert_eq!(error.to_string(), "before_insert of User refused: nobody is root");
    assert_eq!(store.sent(), "");
    assert!(store.is_active() && store.pending().contains(&root));
    root.borrow_mut().name = "alice".into();
    store.save();
    root.borrow_mut().name = "root".into();
    store.save();
    store.delete(&root).unwrap();
    let error = store.flush().unwrap_err();
    assert_eq!(error.to_string(), "before_delete of User 1 refused: nobody is root");
    assert!(inspect(&root).marked_deleted);
    store.add(&root);
    store.flush().unwrap();
    store.listen(Hooks::new().before_commit(|_| Err("not today".into())));
    let error = store.commit().unwrap_err();
    assert_eq!(error.to_string(), "before_commit refused: not today");
    store.rollback().unwrap();
}

fn a_hook_that_refuses_behind(at: &Place) {
    let (mut store, calls) = listened(at);
    store.listen(Hooks::new().after_insert(Tag, |_, _| Err("too late".into())));
    let red = store.add(tag("red"));
    let error = store.commit().unwrap_err();
    assert_eq!(error.to_string(), "after_insert of Tag 1 refused: too late");
    assert_eq!(inspect(&red).state, State::Transient);
    assert_eq!(calls.take().last().unwrap(), "after_rollback");
    assert!(matches!(store.commit(), Err(Error::PendingRollback(_))));
    store.rollback().unwrap();
    // It was told already.
    assert_eq!(calls.take_joined(), "");
    assert!(!store.sent().contains("COMMIT"));
    assert_eq!(store.number("SELECT count(*) FROM tag"), 0);
}

// EVT-6
fn what_after_flush_sees(at: &Place) {
    let mut store = at.store();
    let (old, gone) = (store.add(tag("old")), store.add(tag("gone")));
    store.save();
    let new = store.add(tag("new"));
    old.borrow_mut().name = "older".into();
    store.delete(&gone).unwrap();
    let lists = |session: &HookContext<'_>| {
        [session.pending(), session.dirty(), session.deleted()].map(|it| it.of(Tag))
    };
    let calls = Calls::default();
    let seen = calls.clone();
    let expected = [vec![new.clone()], vec![old.clone()], vec![gone.clone()]];
    let hooks = Hooks::new().after_flush(move |session| {
        assert_eq!(lists(session), expected);
        assert_eq!(AnyObj::from(&expected[0][0]).identity(), Some(vec![3_i64.into()]));
        seen.note("after_flush")
    });
    let seen = calls.clone();
    store.listen(hooks.after_flush_postexec(move |session| {
        assert!(lists(session).concat().is_empty());
        seen.note("postexec")
    }));
    store.flush().unwrap();
    assert_eq!(calls.take_joined(), "after_flush, postexec");
    assert_eq!(
        [&old, &gone, &new].map(|it| inspect(it).state),
        [State::Persistent, State::Deleted, State::Persistent]
    );
    store.rollback().unwrap();
}

// EVT-6
fn a_commit_flushes_what_hooks_add(at: &Place) {
    let mut store = at.store();
    let left = Mutex::new(99);
    store.listen(Hooks::new().after_flush_postexec(move |session| {
        let mut left = left.lock().unwrap();
        if *left > 0 {
            *left -= 1;
            session.add(tag("more"));
        }
        Ok(())
    }));
    store.add(tag("first"));
    store.commit().unwrap();
    let sent = store.sent();
    assert_eq!(sent.matches("INSERT INTO tag").count(), 100);
    assert_eq!((sent.matches("BEGIN").count(), sent.matches("COMMIT").count()), (1, 1));
    assert!(sent.ends_with("COMMIT"));
    assert_eq!(store.number("SELECT count(*) FROM tag"), 100);
}

// EVT-6, ERR-6
fn a_commit_without_end(at: &Place) {
    let mut store = at.store();
    store.listen(Hooks::new().after_flush_postexec(|session| {
        session.add(tag("more"));
        Ok(())
    }));
    let first = store.add(tag("first"));
    let error = store.commit().unwrap_err();
    assert!(matches!(error, Error::Flush(_)), "{error}");
    assert_eq!(store.sent().matches("INSERT INTO tag").count(), 100);
    assert!(!store.is_active());
    store.rollback().unwrap();
    assert_eq!(inspect(&first).state, State::Transient);
    assert_eq!(store.number("SELECT count(*) FROM tag"), 0);
    // A flush by itself does it once.
    store.add(tag("again"));
    store.flush().unwrap();
    assert_eq!(store.pending().len(), 1);
    store.rollback().unwrap();
}

// ERR-6
fn a_flush_without_end(at: &Place) {
    let mut store = at.store();
    store.listen(Hooks::new().before_insert(Tag, |_, session| {
        session.add(tag("more"));
        Ok(())
    }));
    store.add(tag("first"));
    assert!(matches!(store.flush(), Err(Error::Flush(_))));
    assert_eq!(store.sent(), "");
    store.rollback().unwrap();
}

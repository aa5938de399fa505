//! The hook of statements: what it sees, what it changes, what it answers.

use std::sync::{Arc, Mutex};

use aludel::{Error, ExecutionKind, Hooks, blocking::Session, prelude::*};

use crate::{
    Case, Place, cases,
    models::*,
    store::{Store, address, author, book, tag, user},
};

pub(super) const CASES: &[Case] = cases!["executions":
    each_execution_is_seen,
    eager_loads_are_seen,
    a_condition_for_every_read,
    a_condition_for_changes,
    another_statement,
    what_can_not_be_replaced,
    a_result_of_the_programs,
    a_result_of_another_type,
    a_hook_that_refuses,
    hooks_come_before_the_flush,
    cascades_are_read_through_hooks,
    engines_and_sessions,
];

/// What was seen, in order.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<String>>>);

impl Seen {
    fn take(&self) -> String {
        std::mem::take(&mut *self.0.lock().unwrap()).join(", ")
    }

    fn hooks(&self) -> Hooks {
        let seen = self.0.clone();
        Hooks::new().on_execute(move |it| {
            let mut text = format!("{:?}", it.kind());
            if let Some(relationship) = it.relationship() {
                text = format!("{text} {}.{}", relationship.entity, relationship.name);
            }
            if it.concerns(User) {
                text.push_str(" of users");
            }
            seen.lock().unwrap().push(text);
            Ok(())
        })
    }
}

/// Alice with two addresses, and Bob; nothing is loaded.
fn filled(at: &Place) -> Store {
    let mut store = at.store();
    store.add(User::builder().name("Alice").addresses([address("a@x"), address("b@x")]));
    store.add(user("Bob"));
    store.save();
    store.renew();
    store
}

// EVT-8
fn each_execution_is_seen(at: &Place) {
    let (mut store, seen) = (filled(at), Seen::default());
    store.listen(seen.hooks());
    let alice = store.get_one(User, 1).unwrap();
    assert_eq!(seen.take(), "ColumnLoad of users");
    // A hit of the identity map executes nothing.
    store.get_one(User, 1).unwrap();
    assert_eq!(seen.take(), "");
    store.scalars(select(User)).all().unwrap();
    store.execute(select((Address, User)).join(Address.user)).all().unwrap();
    store.execute(select(func::count(Address.id))).all().unwrap();
    assert_eq!(seen.take(), "Select of users, Select of users, Select");
    alice.addresses().load(&mut store.session).unwrap();
    assert_eq!(seen.take(), "RelationshipLoad User.addresses");
    let mail = store.get_one(Address, 1).unwrap();
    store.expire(&mail).unwrap();
    store.refresh(&mail).unwrap();
    store.expire(&alice).unwrap();
    store.fresh(&alice).unwrap();
    assert_eq!(seen.take(), "ColumnLoad, ColumnLoad of users");
    store.execute(update(User).set(User.name, "x").filter(User.id.eq(2))).unwrap();
    store.execute(delete(Address).filter(Address.id.eq(1))).unwrap();
    store.execute(insert(Tag).values(Tag.name.set("red"))).unwrap();
    store.execute(insert(Tag).objects([tag("a"), tag("b")])).unwrap();
    store.execute(text("DELETE FROM tag")).unwrap();
    store.execute(text("SELECT count(*) FROM tag").rows::<(i64,)>()).all().unwrap();
    assert_eq!(seen.take(), "Update of users, Delete, Insert, Insert, Text, Text");
    // What a flush writes other hooks tell.
    alice.borrow_mut().name = "Alicia".into();
    store.commit().unwrap();
    assert_eq!(seen.take(), "");
    let rows = store.stream_scalars(&select(User)).unwrap();
    assert_eq!(rows.count(), 2);
    assert_eq!(seen.take(), "Select of users");
    store.rollback().unwrap();
}

// EVT-8
fn eager_loads_are_seen(at: &Place) {
    let (mut store, seen) = (filled(at), Seen::default());
    store.listen(seen.hooks());
    let stmt = select(User).options(selectinload(User.addresses));
    store.scalars(&stmt).all().unwrap();
    assert_eq!(seen.take(), "Select of users, RelationshipLoad User.addresses");
    store.expunge_all();
    let stmt = select(User).options(joinedload(User.addresses));
    store.scalars(&stmt).all().unwrap();
    assert_eq!(seen.take(), "Select of users");
    store.rollback().unwrap();
}

/// Whoever asks for addresses gets those of `x.org`.
fn only_of_x(hooks: Hooks) -> Hooks {
    hooks.on_execute(|it| match it.concerns(Address) && it.kind() != ExecutionKind::Insert {
        true => it.filter(Address.mail.ends_with("x.org")),
        false => Ok(()),
    })
}

// EVT-8: a condition that every read gets, however it comes about.
fn a_condition_for_every_read(at: &Place) {
    let mut store = at.store();
    let mails = [address("a@x.org"), address("b@y.org"), address("c@x.org")];
    store.add(User::builder().name("Alice").addresses(mails));
    store.save();
    store.renew();
    store.listen(only_of_x(Hooks::new()));
    let found = |it: Vec<Obj<Address>>| {
        let mails = it.iter().map(|it| it.borrow().mail.clone()).collect::<Vec<_>>();
        mails.join(", ")
    };
    let all = store.scalars(select(Address).order_by(Address.id)).all().unwrap();
    assert_eq!(found(all), "a@x.org, c@x.org");
    assert!(store.get(Address, 2).unwrap().is_none());
    assert!(store.get(Address, 3).unwrap().is_some());
    store.sent();
    let alice = store.get_one(User, 1).unwrap();
    store.log_parameters();
    let loaded = alice.addresses().load(&mut store.session).unwrap();
    assert_eq!(found(loaded), "a@x.org, c@x.org");
    assert_eq!(
        store.sent().split("WHERE ").last().unwrap(),
        "address.user_id IN (?) AND address.mail LIKE ? ESCAPE '/' \
         ORDER BY address.id -- (1, \"%x.org\")"
    );
    drop(alice);
    store.expunge_all();
    let stmt = select(User).options(selectinload(User.addresses));
    let users = store.scalars(&stmt).all().unwrap();
    assert_eq!(found(users[0].addresses().iter().unwrap().collect()), "a@x.org, c@x.org");
    drop(users);
    store.expunge_all();
    let rows = store.stream_scalars(&select(Address)).unwrap();
    assert_eq!(rows.count(), 2);
    store.rollback().unwrap();
}

// EVT-8
fn a_condition_for_changes(at: &Place) {
    let mut store = at.store();
    let mails = [address("a@x.org"), address("b@y.org")];
    let alice = store.add(User::builder().name("Alice").addresses(mails));
    store.save();
    store.listen(only_of_x(Hooks::new()));
    let changed = store.execute(update(Address).set(Address.mail, "d@x.org")).unwrap();
    assert_eq!(changed, 1);
    assert_eq!(crate::store::mails(&alice), ["d@x.org", "b@y.org"]);
    assert_eq!(store.execute(delete(Address)).unwrap(), 1);
    store.commit().unwrap();
    assert_eq!(store.number("SELECT count(*) FROM address"), 1);
}

// EVT-8
fn another_statement(at: &Place) {
    let mut store = filled(at);
    store.listen(Hooks::new().on_execute(|it| match it.kind() {
        ExecutionKind::Select if it.concerns(User) => {
            it.replace(select(User).filter(User.name.eq("Bob")).into_query())
        }
        _ => Ok(()),
    }));
    let all = store.scalars(select(User)).all().unwrap();
    assert_eq!((all.len(), all[0].borrow().name.as_str()), (1, "Bob"));
    assert_eq!(
        store.sent(),
        "BEGIN\nSELECT user_account.id, user_account.name, user_account.email \
         FROM user_account WHERE user_account.name = ?"
    );
    store.rollback().unwrap();
}

// EVT-8
fn what_can_not_be_replaced(at: &Place) {
    let mut store = filled(at);
    store.listen(Hooks::new().on_execute(|it| it.replace(select(Tag.id).into_query())));
    let mut refused = |act: &dyn Fn(&mut Session) -> Error| {
        let error = act(&mut store.session);
        assert!(matches!(error, Error::Hook(_)), "{error}");
        assert_eq!(store.sent(), "");
    };
    // Of another width, of another kind, a read of the session's own, a text.
    refused(&|it| it.scalars(select(User)).all().unwrap_err());
    refused(&|it| it.execute(delete(User)).unwrap_err());
    refused(&|it| it.get(User, 1).unwrap_err());
    refused(&|it| it.execute(text("SELECT 1").rows::<(i64,)>()).all().unwrap_err());
    store.listen(Hooks::new());
    store.rollback().unwrap();
}

// EVT-8: nothing is sent, and nothing is flushed.
fn a_result_of_the_programs(at: &Place) {
    let mut store = filled(at);
    store.listen(Hooks::new().on_execute(|it| {
        match it.kind() {
            ExecutionKind::Select => it.answer_rows(vec!["cached".to_owned()]),
            ExecutionKind::Text => it.answer_rows(vec![(7_i64,), (8,)]),
            ExecutionKind::Delete | ExecutionKind::Insert => it.answer_count(5),
            _ => {}
        }
        Ok(())
    }));
    store.add(user("Carol"));
    assert_eq!(store.scalars(select(User.name)).all().unwrap(), ["cached"]);
    assert_eq!(store.scalar(select(User.name)).unwrap().as_deref(), Some("cached"));
    let rows: Vec<(i64,)> = store.execute(text("nonsense").rows()).all().unwrap();
    assert_eq!(rows, [(7,), (8,)]);
    assert_eq!(store.execute(delete(User)).unwrap(), 5);
    assert_eq!(store.execute(insert(User).objects([user("x")])).unwrap(), 5);
    assert_eq!(store.sent(), "");
    assert_eq!(store.pending().len(), 1);
    store.rollback().unwrap();
}

// EVT-8
fn a_result_of_another_type(at: &Place) {
    let mut store = filled(at);
    store.listen(Hooks::new().on_execute(|it| {
        match it.kind() {
            ExecutionKind::Update => it.answer_rows(vec![1_i64]),
            ExecutionKind::Text => it.answer_count(1),
            _ => it.answer_rows(vec![1_u8]),
        }
        Ok(())
    }));
    let mut refused = |act: &dyn Fn(&mut Session) -> Error, says: &str| {
        let error = act(&mut store.session);
        assert!(matches!(error, Error::InvalidRequest(_)), "{error}");
        assert!(error.to_string().contains(says), "{error}");
        assert_eq!(store.sent(), "");
    };
    refused(&|it| it.scalars(select(User.name)).all().unwrap_err(), "String");
    refused(&|it| it.execute(update(User).set(User.name, "x")).unwrap_err(), "with rows");
    refused(
        &|it| it.execute(text("SELECT 1").rows::<(i64,)>()).all().unwrap_err(),
        "a number of rows",
    );
    refused(&|it| it.get(User, 1).unwrap_err(), "takes a `filter` only");
    refused(&|it| it.stream_scalars(&select(User)).err().unwrap(), "stream");
}

// EVT-8
fn a_hook_that_refuses(at: &Place) {
    let mut store = filled(at);
    let alice = store.get_one(User, 1).unwrap();
    store.sent();
    store.listen(Hooks::new().on_execute(|_| Err("not today".into())));
    let error = store.scalars(select(User)).all().unwrap_err();
    assert_eq!(error.to_string(), "on_execute refused: not today");
    let error = store.get(User, 2).unwrap_err();
    assert_eq!(error.to_string(), "on_execute of User refused: not today");
    assert!(matches!(alice.addresses().load(&mut store.session), Err(Error::Hook(_))));
    assert!(matches!(store.execute(delete(User)), Err(Error::Hook(_))));
    assert_eq!(store.sent(), "");
    // The session is as it was.
    alice.borrow_mut().name = "Alicia".into();
    store.commit().unwrap();
    assert!(store.sent().contains("UPDATE user_account"));
}

// EVT-8, AF-1
fn hooks_come_before_the_flush(at: &Place) {
    let mut store = filled(at);
    store.listen(Hooks::new().on_execute(|_| Err("not today".into())));
    store.add(user("Carol"));
    assert!(store.scalars(select(User)).all().is_err());
    assert_eq!((store.sent().as_str(), store.pending().len()), ("", 1));
    // A session that waits for its rollback is asked nothing.
    store.add(Book::builder().title("no").pages(-1_i64));
    assert!(store.flush().is_err());
    assert!(matches!(store.scalars(select(User)).all(), Err(Error::PendingRollback(_))));
    store.rollback().unwrap();
}

// EVT-8, CAS-6: what a cascade reads is a read like any other.
fn cascades_are_read_through_hooks(at: &Place) {
    let mut store = at.store();
    let one = store.add(author("x"));
    one.books().push(book("a"));
    store.save();
    store.renew();
    drop(one);
    let seen = Seen::default();
    store.listen(seen.hooks());
    let one = store.get_one(Author, 1).unwrap();
    seen.take();
    store.delete(&one).unwrap();
    store.commit().unwrap();
    assert_eq!(seen.take(), "RelationshipLoad Author.books");
    assert_eq!(store.number("SELECT count(*) FROM book WHERE author_id IS NULL"), 1);
}

// EVT-8: the engine's first, then the session's; none of them is a mapper's.
fn engines_and_sessions(at: &Place) {
    let mut store = filled(at);
    let seen = Seen::default();
    let say = |what: &'static str| {
        let seen = seen.0.clone();
        Hooks::new().on_execute(move |_| {
            seen.lock().unwrap().push(what.into());
            Ok(())
        })
    };
    store.listen(say("session"));
    store.engine.listen(say("engine"));
    inspect(User).listen(say("mapper"));
    store.get(User, 1).unwrap();
    assert_eq!(seen.take(), "engine, session");
    store.rollback().unwrap();
    let mut other = Session::new(&store.engine);
    other.get(User, 1).unwrap();
    assert_eq!(seen.take(), "engine");
    other.rollback().unwrap();
}

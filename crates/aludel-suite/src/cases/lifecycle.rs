//! Hooks of states: each transition of an object is told once, and nothing else is.

use std::sync::{Arc, Mutex};

use aludel::{AnyObj, Hooks, Obj, State, blocking::Session, make_transient, prelude::*};

use crate::{
    Case, Place, cases,
    models::*,
    store::{Store, address, tag, user},
};

pub(super) const CASES: &[Case] = cases!["lifecycle":
    each_transition_once,
    what_is_no_transition,
    loaded_objects,
    links_bring_objects_in_and_out,
    a_commit_in_order,
    a_rollback_in_order,
    a_failed_flush,
    savepoints,
    statements_that_delete,
    close_and_expunge,
    hooks_that_link,
    engines_and_mappers,
];

/// What was told, in order.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<Vec<String>>>);

impl Told {
    fn say(&self, what: impl Into<String>) {
        self.0.lock().unwrap().push(what.into());
    }

    fn take(&self) -> String {
        std::mem::take(&mut *self.0.lock().unwrap()).join(", ")
    }

    /// Hooks of each transition: `pending_to_persistent Alice/persistent`, where the state is the
    /// object's own.
    fn states(&self) -> Hooks {
        macro_rules! log {
            ($($event:ident)*) => {
                Hooks::new()$(.$event({
                    let told = self.clone();
                    move |it| told.say(format!(
                        "{} {}/{}", stringify!($event), name(it), it.state()
                    ))
                }))*
            };
        }
        log!(after_attach transient_to_pending pending_to_transient pending_to_persistent
            loaded_as_persistent detached_to_persistent persistent_to_transient persistent_to_deleted
            persistent_to_detached deleted_to_persistent deleted_to_detached)
    }
}

fn name(it: &AnyObj) -> String {
    let of = [
        it.downcast(User).map(|it| it.borrow().name.clone()),
        it.downcast(Tag).map(|it| it.borrow().name.clone()),
        it.downcast(Address).map(|it| it.borrow().mail.clone()),
        it.downcast(Node).map(|it| it.borrow().name.clone()),
    ];
    of.into_iter().flatten().next().unwrap_or_else(|| it.entity().into())
}

fn listened(at: &Place) -> (Store, Told) {
    let (mut store, told) = (at.store(), Told::default());
    store.listen(told.states());
    (store, told)
}

// STATE-20, EVT-4
fn each_transition_once(at: &Place) {
    let (mut store, told) = listened(at);
    let red = store.add(tag("red"));
    assert_eq!(told.take(), "after_attach red/pending, transient_to_pending red/pending");
    store.flush().unwrap();
    assert_eq!(told.take(), "pending_to_persistent red/persistent");
    store.commit().unwrap();
    assert_eq!(told.take(), "");
    store.expunge(&red).unwrap();
    assert_eq!(told.take(), "persistent_to_detached red/detached");
    store.try_add(&red).unwrap();
    assert_eq!(told.take(), "after_attach red/persistent, detached_to_persistent red/persistent");
    store.delete(&red).unwrap();
    assert_eq!(told.take(), "");
    store.flush().unwrap();
    assert_eq!(told.take(), "persistent_to_deleted red/deleted");
    store.commit().unwrap();
    assert_eq!(told.take(), "deleted_to_detached red/detached");
    // It starts anew by itself, which is no session's business.
    make_transient(&red).unwrap();
    assert_eq!(told.take(), "");
    store.add(&red);
    store.expunge(&red).unwrap();
    assert_eq!(
        told.take(),
        "after_attach red/pending, transient_to_pending red/pending, \
         pending_to_transient red/transient"
    );
}

// STATE-20: nothing is told of what changes nothing.
fn what_is_no_transition(at: &Place) {
    let (mut store, told) = listened(at);
    let red = store.add(tag("red"));
    store.flush().unwrap();
    told.take();
    store.add(&red);
    store.try_add(&red).unwrap();
    store.get_one(Tag, 1).unwrap();
    red.borrow_mut().name = "crimson".into();
    store.flush().unwrap();
    store.expire(&red).unwrap();
    store.refresh(&red).unwrap();
    store.delete(&red).unwrap();
    store.add(&red);
    store.commit().unwrap();
    store.rollback().unwrap();
    assert_eq!(told.take(), "");
    // What another session holds stays there.
    let mut other = Session::new(&store.engine);
    other.listen(told.states());
    assert!(other.try_add(&red).is_err());
    assert_eq!(told.take(), "");
}

// STATE-20: a loaded object is persistent at once.
fn loaded_objects(at: &Place) {
    let mut store = at.store();
    store.add(User::builder().name("Alice").addresses([address("a@x"), address("b@x")]));
    store.add(user("Bob"));
    store.save();
    store.renew();
    let told = Told::default();
    store.listen(told.states());
    let seen = told.clone();
    store.listen(Hooks::new().on_load(User, move |it| {
        seen.say(format!("load {}", it.borrow().name));
    }));
    let alice = store.get_one(User, 1).unwrap();
    assert_eq!(told.take(), "load Alice, loaded_as_persistent Alice/persistent");
    let all = store.scalars(select(User).order_by(User.id)).all().unwrap();
    assert_eq!(told.take(), "load Bob, loaded_as_persistent Bob/persistent");
    alice.addresses().load(&mut store.session).unwrap();
    assert_eq!(
        told.take(),
        "loaded_as_persistent a@x/persistent, loaded_as_persistent b@x/persistent"
    );
    store.expire_all().unwrap();
    store.scalars(select(User)).all().unwrap();
    assert_eq!(told.take(), "");
    drop((alice, all));
    store.expunge_all();
    told.take();
    let rows = store.stream_scalars(&select(User).order_by(User.id)).unwrap();
    assert_eq!(rows.map(Result::unwrap).count(), 2);
    assert_eq!(
        told.take(),
        "load Alice, loaded_as_persistent Alice/persistent, \
         load Bob, loaded_as_persistent Bob/persistent"
    );
}

// EVT-4, CAS-3, CAS-10: what links bring about is told by the session's next method.
fn links_bring_objects_in_and_out(at: &Place) {
    let (mut store, told) = listened(at);
    let alice = store.add(User::builder().name("Alice").addresses([address("a@x")]));
    assert_eq!(
        told.take(),
        "after_attach Alice/pending, transient_to_pending Alice/pending, \
         after_attach a@x/pending, transient_to_pending a@x/pending"
    );
    store.flush().unwrap();
    told.take();
    let mail = alice.addresses().push(address("b@x"));
    assert_eq!((inspect(&mail).state, told.take().as_str()), (State::Pending, ""));
    store.flush().unwrap();
    assert_eq!(
        told.take(),
        "after_attach b@x/pending, transient_to_pending b@x/pending, \
         pending_to_persistent b@x/persistent"
    );
    // An orphan that never had a row.
    let mail = alice.addresses().push(address("c@x"));
    alice.addresses().remove(&mail).unwrap();
    store.flush().unwrap();
    assert_eq!(
        told.take(),
        "after_attach c@x/transient, transient_to_pending c@x/transient, \
         pending_to_transient c@x/transient"
    );
}

// EVT-1
fn a_commit_in_order(at: &Place) {
    let (mut store, told) = listened(at);
    let (old, say) = (store.add(tag("old")), told.clone());
    store.save();
    told.take();
    let around = |what: &'static str| {
        let say = say.clone();
        move || say.say(what)
    };
    let (flush, post, commit) = (around("after_flush"), around("postexec"), around("after_commit"));
    store.listen(
        Hooks::new()
            .after_flush(move |_| {
                flush();
                Ok(())
            })
            .after_flush_postexec(move |_| {
                post();
                Ok(())
            })
            .after_commit(move |_| commit()),
    );
    store.add(tag("new"));
    store.delete(&old).unwrap();
    told.take();
    store.commit().unwrap();
    assert_eq!(
        told.take(),
        "after_flush, pending_to_persistent new/persistent, persistent_to_deleted old/deleted, \
         postexec, after_commit, deleted_to_detached old/detached"
    );
}

// EVT-5
fn a_rollback_in_order(at: &Place) {
    let (mut store, told) = listened(at);
    let old = store.add(tag("old"));
    store.save();
    let (one, two) = (told.clone(), told.clone());
    store.listen(
        Hooks::new().after_rollback(move |_| one.say("after_rollback")).after_soft_rollback(
            move |session| two.say(format!("after_soft_rollback {:?}", session.savepoint())),
        ),
    );
    let new = store.add(tag("new"));
    let gone = store.add(tag("gone"));
    store.delete(&old).unwrap();
    store.flush().unwrap();
    store.delete(&gone).unwrap();
    store.flush().unwrap();
    let pending = store.add(tag("pending"));
    told.take();
    store.rollback().unwrap();
    let said = told.take();
    let said: Vec<_> = said.split(", ").collect();
    assert_eq!((said[0], said[said.len() - 1]), ("after_rollback", "after_soft_rollback None"));
    // As steps are taken back: the last first.
    assert_eq!(
        said[1..said.len() - 1],
        [
            "pending_to_transient pending/transient",
            "persistent_to_transient gone/transient",
            "deleted_to_persistent old/persistent",
            "persistent_to_transient new/transient",
        ]
    );
    store.rollback().unwrap();
    assert_eq!(told.take(), "");
    drop((new, pending));
}

// EVT-5, TX-12
fn a_failed_flush(at: &Place) {
    let (mut store, told) = listened(at);
    let (one, two) = (told.clone(), told.clone());
    store.listen(
        Hooks::new()
            .after_rollback(move |_| one.say("after_rollback"))
            .after_soft_rollback(move |_| two.say("after_soft_rollback")),
    );
    store.add(Currency::builder().code("EUR").name("1"));
    store.save();
    let red = store.add(tag("red"));
    told.take();
    let bad = store.add(Book::builder().title("no").pages(-1_i64));
    store.expunge(&bad).unwrap();
    store.add(user("Alice"));
    let twin = store.add(User::builder().name("x").email("x@x"));
    store.flush().unwrap();
    store.add(User::builder().name("y").email("x@x"));
    told.take();
    assert!(store.flush().is_err());
    let said = told.take();
    assert!(said.starts_with("after_rollback, "), "{said}");
    assert!(said.ends_with(", after_soft_rollback"), "{said}");
    for it in ["persistent_to_transient red", "persistent_to_transient x", "pending_to_transient y"]
    {
        assert_eq!(said.matches(it).count(), 1, "{said}");
    }
    assert_eq!(said.matches("red/").count(), 1, "{said}");
    store.rollback().unwrap();
    assert_eq!(told.take(), "");
    drop((red, twin));
}

// EVT-5, TX-7
fn savepoints(at: &Place) {
    let (mut store, told) = listened(at);
    let (one, two) = (told.clone(), told.clone());
    store.listen(
        Hooks::new().after_rollback(move |_| one.say("after_rollback")).after_soft_rollback(
            move |session| {
                two.say(format!("after_soft_rollback {}", session.savepoint().is_some()));
            },
        ),
    );
    let old = store.add(tag("old"));
    store.save();
    told.take();
    let outer = store.begin_nested().unwrap();
    store.add(tag("kept"));
    let inner = store.begin_nested().unwrap();
    store.add(tag("new"));
    store.delete(&old).unwrap();
    store.flush().unwrap();
    told.take();
    store.rollback_nested(inner).unwrap();
    assert_eq!(
        told.take(),
        "deleted_to_persistent old/persistent, persistent_to_transient new/transient, \
         after_soft_rollback true"
    );
    // One that is kept is told of nothing; the transaction around takes all of it back.
    store.commit_nested(outer).unwrap();
    assert_eq!(told.take(), "");
    store.rollback().unwrap();
    assert_eq!(
        told.take(),
        "after_rollback, persistent_to_transient kept/transient, after_soft_rollback false"
    );
    // A flush that fails in one takes it back at once, and says so once.
    let savepoint = store.begin_nested().unwrap();
    store.add(Book::builder().title("no").pages(-1_i64));
    told.take();
    assert!(store.flush().is_err());
    assert!(told.take().ends_with("after_soft_rollback true"));
    store.rollback_nested(savepoint).unwrap();
    assert_eq!(told.take(), "");
    store.commit().unwrap();
}

// STATE-20, DML-11, IDM-8
fn statements_that_delete(at: &Place) {
    let (mut store, told) = listened(at);
    let (one, two) = (store.add(tag("one")), store.add(tag("two")));
    store.save();
    told.take();
    store.execute(delete(Tag).filter(Tag.name.eq("one"))).unwrap();
    assert_eq!(told.take(), "persistent_to_deleted one/deleted");
    // A row that is found to be gone.
    store.run("DELETE FROM tag WHERE name = 'two'");
    store.expire(&two).unwrap();
    assert!(store.get(Tag, 2).unwrap().is_none());
    assert_eq!(told.take(), "persistent_to_deleted two/deleted");
    store.rollback().unwrap();
    assert_eq!(
        told.take(),
        "deleted_to_persistent two/persistent, deleted_to_persistent one/persistent"
    );
    drop(one);
}

// STATE-20
fn close_and_expunge(at: &Place) {
    let (mut store, told) = listened(at);
    let red = store.add(tag("red"));
    store.flush().unwrap();
    let blue = store.add(tag("blue"));
    let gone = store.add(tag("gone"));
    store.flush().unwrap();
    store.delete(&gone).unwrap();
    store.flush().unwrap();
    let new = store.add(tag("new"));
    told.take();
    store.close().unwrap();
    let said = told.take();
    let mut said: Vec<_> = said.split(", ").collect();
    said.sort_unstable();
    assert_eq!(
        said,
        [
            "deleted_to_detached gone/detached",
            "pending_to_transient new/transient",
            "persistent_to_detached blue/detached",
            "persistent_to_detached red/detached",
        ]
    );
    drop((red, blue));
    let _ = new;
}

// A hook that links objects is told of what that brings about.
fn hooks_that_link(at: &Place) {
    let (mut store, told) = listened(at);
    let seen = told.clone();
    store.listen(Hooks::new().transient_to_pending(move |it| {
        let Some(it): Option<Obj<User>> = it.downcast(User) else { return };
        seen.say("links");
        it.addresses().push(address("hook@x"));
    }));
    store.add(user("Alice"));
    assert_eq!(
        told.take(),
        "after_attach Alice/pending, transient_to_pending Alice/pending, links, \
         after_attach hook@x/pending, transient_to_pending hook@x/pending"
    );
    store.commit().unwrap();
    assert_eq!(store.number("SELECT count(*) FROM address"), 1);
}

// EVT-1: of an engine they are those of all its sessions; of a mapper there are none.
fn engines_and_mappers(at: &Place) {
    let (mut store, told) = (at.store(), Told::default());
    let seen = told.clone();
    store.engine.listen(Hooks::new().pending_to_persistent(move |it| seen.say(name(it))));
    inspect(Tag).listen(Hooks::new().pending_to_persistent(|_| unreachable!("a mapper's")));
    store.add(tag("one"));
    store.commit().unwrap();
    let mut other = Session::new(&store.engine);
    other.add(tag("two"));
    other.commit().unwrap();
    assert_eq!(told.take(), "one, two");
}

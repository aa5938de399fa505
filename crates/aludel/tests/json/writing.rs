//! From objects to JSON.

use std::{sync::mpsc, thread};

use aludel::{Obj, blocking::Session, prelude::*};
use serde_json::{json, to_string, to_value};

use crate::models::*;

fn alice(session: &mut Session) -> Obj<User> {
    session.get_one(User, 1).unwrap()
}

#[test]
fn what_is_not_loaded_is_not_there() {
    let (_engine, mut session) = store();
    let alice = alice(&mut session);
    assert_eq!(to_string(&alice).unwrap(), r#"{"id":1,"name":"Алиса","email":null}"#);
}

#[test]
fn what_is_loaded_stands_beside_the_columns() {
    let (_engine, mut session) = store();
    let alice = alice(&mut session);
    alice.addresses().load(&mut session).unwrap();
    let addresses = json!([
        {"id": 1, "user_id": 1, "email_address": "a@x.org"},
        {"id": 2, "user_id": 1, "email_address": "b@x.org"},
    ]);
    let written = json!({"id": 1, "name": "Алиса", "email": null, "addresses": addresses});
    assert_eq!(to_value(&alice).unwrap(), written);

    let bob = session.get_one(User, 2).unwrap();
    bob.addresses().load(&mut session).unwrap();
    bob.profile().load(&mut session).unwrap();
    assert_eq!(
        to_string(&bob).unwrap(),
        r#"{"id":2,"name":"Bob","email":"bob@y.org","addresses":[],"profile":null}"#
    );
}

#[test]
fn lists_tuples_and_fields_of_objects() {
    let (_engine, mut session) = store();
    let users = session.scalars(select(User).order_by(User.id)).all().unwrap();
    let first = json!({"id": 1, "name": "Алиса", "email": null});
    let second = json!({"id": 2, "name": "Bob", "email": "bob@y.org"});
    assert_eq!(to_value(&users).unwrap(), json!([first, second]));
    assert_eq!(to_value((&users[1], 7)).unwrap(), json!([second, 7]));
    assert_eq!(to_value(&*users[0].borrow()).unwrap(), first);
}

#[test]
fn one_to_one_from_both_sides_and_texts_of_all_sorts() {
    let (_engine, mut session) = store();
    let alice = alice(&mut session);
    let profile = alice.profile().load(&mut session).unwrap().unwrap();
    let motto = "Prêt à manger 🥐 \"\\\u{1}";
    let own = json!({"id": 1, "user_id": 1, "motto": motto});
    let user = json!({"id": 1, "name": "Алиса", "email": null});
    let mut whole = user.clone();
    whole["profile"] = own.clone();
    assert_eq!(to_value(&alice).unwrap(), whole);
    let mut whole = own;
    whole["user"] = user;
    assert_eq!(to_value(&profile).unwrap(), whole);
}

#[test]
fn what_leads_back_is_left_out() {
    let (_engine, mut session) = store();
    let stmt = select(Address)
        .order_by(Address.id)
        .options(joinedload(Address.user).selectinload(User.addresses));
    let first = session.scalars(stmt).all().unwrap().swap_remove(0);
    // Not the user's addresses without this one: all or none.
    let user = json!({"id": 1, "name": "Алиса", "email": null});
    let written = json!({"id": 1, "user_id": 1, "email_address": "a@x.org", "user": user});
    assert_eq!(to_value(&first).unwrap(), written);
}

#[test]
fn what_has_no_serialize_is_never_written() {
    let (_engine, mut session) = store();
    let alice = alice(&mut session);
    alice.secrets().load(&mut session).unwrap();
    alice.secrets().push(Secret::builder().token("xyzzy"));
    assert_eq!(to_string(&alice).unwrap(), r#"{"id":1,"name":"Алиса","email":null}"#);
}

#[test]
fn a_tree() {
    let (engine, mut session) = store();
    let leaf = |name: &'static str| Node::builder().name(name);
    let root = session.add(leaf("root").children([leaf("a").children([leaf("a1")]), leaf("b")]));
    session.commit().unwrap();
    let a1 = json!({"id": 4, "name": "a1"});
    let a = json!({"id": 2, "name": "a", "children": [a1]});
    let mut tree = json!({"id": 1, "name": "root", "children": [a, {"id": 3, "name": "b"}]});
    assert_eq!(to_value(&root).unwrap(), tree);

    session.close().unwrap();
    let mut session = Session::new(&engine);
    let stmt = select(Node)
        .filter(Node.parent_id.is_null())
        .options(selectinload(Node.children).selectinload(Node.children));
    let root = session.scalars(stmt).one().unwrap();
    tree["children"][1]["children"] = json!([]); // that there are none is known now
    assert_eq!(to_value(&root).unwrap(), tree);

    let a1 = session.get_one(Node, 4).unwrap();
    a1.parent().load(&mut session).unwrap().unwrap().parent().load(&mut session).unwrap();
    let up = json!({"id": 1, "name": "root"});
    let up = json!({"id": 2, "name": "a", "parent": up});
    assert_eq!(to_value(&a1).unwrap(), json!({"id": 4, "name": "a1", "parent": up}));
}

#[test]
fn an_object_that_leads_to_itself() {
    let node = Obj::new(Node::builder().name("ouroboros"));
    node.parent().set(&node);
    assert_eq!(to_string(&node).unwrap(), r#"{"id":null,"name":"ouroboros"}"#);
}

#[test]
fn too_deep_is_an_error() {
    let chain = |length: usize| {
        let root = Obj::new(Node::builder().name("n"));
        let mut last = root.clone();
        for _ in 1..length {
            last = last.children().push(Node::builder().name("n"));
        }
        root
    };
    assert_eq!(to_string(&chain(100)).unwrap().matches("children").count(), 99);
    let error = to_string(&chain(101)).unwrap_err();
    assert_eq!(error.to_string(), "objects stand in each other more than 100 deep");
}

#[test]
fn many_to_many() {
    let tags = [1, 2].map(|it| Obj::new(Tag::builder().id(it).name(format!("t{it}"))));
    let post = Obj::new(Post::builder().title("Objects").tags(&tags));
    tags[0].posts().push(Post::builder().title("Rows"));
    let tags_of = json!([{"id": 1, "name": "t1"}, {"id": 2, "name": "t2"}]);
    let written = json!({"id": null, "title": "Objects", "tags": tags_of});
    assert_eq!(to_value(&post).unwrap(), written);
    // Each post of the tag with its tags would lead back.
    let posts = json!([{"id": null, "title": "Objects"}, {"id": null, "title": "Rows"}]);
    let written = json!({"id": 1, "name": "t1", "posts": posts});
    assert_eq!(to_value(&tags[0]).unwrap(), written);
}

#[test]
fn names_are_those_of_serde() {
    let (_engine, mut session) = store();
    let owner = alice(&mut session);
    let part = Part::builder().owned_since(aludel::value::Date::parse("2026-05-01").unwrap());
    let part = part.first_owner(&owner);
    let thing = session.add(Thing::builder().stock_number(Sku("ß-1".into())).small_parts([part]));
    session.commit().unwrap();
    let user = json!({"id": 1, "name": "Алиса", "email": null});
    let part = json!({"id": 1, "ownerId": 1, "ownedSince": "2026-05-01", "firstOwner": user});
    let whole = json!({"id": 1, "stockNumber": "ß-1", "smallParts": [part]});
    assert_eq!(to_value(&thing).unwrap(), whole);

    let part = thing.small_parts().iter().unwrap().next().unwrap();
    let whole = to_value(&part).unwrap();
    assert_eq!(whole["partOf"], json!({"id": 1, "stockNumber": "ß-1"}));
}

#[test]
fn a_detached_graph() {
    let (engine, mut session) = store();
    let stmt = select(User).filter(User.id.eq(1)).options(selectinload(User.addresses));
    let alice = session.scalars(stmt).one().unwrap();
    session.close().unwrap();
    drop(engine);
    let written = to_value(&alice).unwrap();
    assert_eq!(written["addresses"][1]["email_address"], "b@x.org");
    let other = thread::spawn(move || to_value(&alice).unwrap()).join().unwrap();
    assert_eq!(other, written);
}

#[test]
fn an_object_that_is_changed_is_written_as_it_is() {
    let (_engine, mut session) = store();
    let alice = alice(&mut session);
    alice.borrow_mut().email = Some("new@x.org".into());
    alice.addresses().push(Address::builder().email_address("c@x.org"));
    // Not loaded, so what was added isn't all of it.
    assert_eq!(to_value(&alice).unwrap(), json!({"id": 1, "name": "Алиса", "email": "new@x.org"}));
    let guard = alice.borrow();
    assert!(to_string(&alice).is_ok(), "a shared guard is in nobody's way");
    drop(guard);
}

#[test]
fn a_borrowed_object_is_an_error() {
    let (_engine, mut session) = store();
    let alice = alice(&mut session);
    let addresses = alice.addresses().load(&mut session).unwrap();
    let cure = "is borrowed: drop the guard before (a `borrow_mut()` held over a flush or a query)";
    let guard = alice.borrow_mut();
    assert_eq!(to_string(&alice).unwrap_err().to_string(), format!("User 1 {cure}"));
    drop(guard);
    let guard = addresses[1].borrow_mut();
    assert_eq!(to_string(&alice).unwrap_err().to_string(), format!("Address 2 {cure}"));
    session.close().unwrap();
    assert_eq!(to_string(&alice).unwrap_err().to_string(), format!("Address 2 {cure}"));
    drop(guard);
    assert!(to_string(&alice).is_ok());
}

#[test]
fn another_threads_guard_is_waited_for() {
    let (_engine, mut session) = store();
    let alice = alice(&mut session);
    let (ready, is_ready) = mpsc::channel();
    let other = alice.clone();
    let thread = thread::spawn(move || {
        let mut guard = other.borrow_mut();
        ready.send(()).unwrap();
        thread::sleep(std::time::Duration::from_millis(20));
        guard.name = "Alicia".into();
    });
    is_ready.recv().unwrap();
    assert_eq!(to_value(&alice).unwrap()["name"], "Alicia");
    thread.join().unwrap();
}

#[test]
fn new_objects_are_written_with_what_was_set() {
    let (_engine, mut session) = store();
    let carol = session.add(User::builder().name("Carol"));
    assert_eq!(to_string(&carol).unwrap(), r#"{"id":null,"name":"Carol","email":null}"#);
    session.commit().unwrap();
    assert_eq!(to_string(&carol).unwrap(), r#"{"id":3,"name":"Carol","email":null}"#);
}

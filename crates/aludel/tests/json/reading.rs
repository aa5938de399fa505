//! From JSON to objects, and into a session.

use aludel::{Obj, State, blocking::Session, prelude::*};
use serde_json::{from_str, from_value, json, to_value};

use crate::models::*;

#[test]
fn values_are_merged() {
    let (_engine, mut session) = store();
    let value: User = from_str(r#"{"id": 1, "name": "Alice"}"#).unwrap();
    assert_eq!(value.id, 1);
    let merged = session.merge(value).unwrap();
    session.commit().unwrap();
    assert_eq!(merged.borrow().name, "Alice");
    assert_eq!(merged.addresses().load(&mut session).unwrap().len(), 2, "nothing was said of them");

    let new: User = from_str(r#"{"name": "Carol"}"#).unwrap();
    assert!(new.id.is_unset());
    let new = session.merge(new).unwrap();
    session.commit().unwrap();
    assert_eq!(new.borrow().id, 3);
}

#[test]
fn a_graph_goes_there_and_back() {
    let (engine, mut session) = store();
    let stmt = select(User)
        .order_by(User.id)
        .options(selectinload(User.addresses))
        .options(selectinload(User.profile));
    let users = session.scalars(&stmt).all().unwrap();
    let written = to_value(&users).unwrap();
    let read: Vec<Obj<User>> = from_value(written.clone()).unwrap();
    assert_eq!(inspect(&read[0]).state, State::Transient);
    assert_eq!(to_value(&read).unwrap(), written);
    let address = read[0].addresses().iter().unwrap().next().unwrap();
    assert!(address.user().get().unwrap().unwrap().is(&read[0]), "both sides are linked");
    session.close().unwrap();

    let mut session = Session::new(&engine);
    engine.log().start();
    session.merge_all(&read).unwrap();
    session.commit().unwrap();
    let sent = engine.log().take();
    assert!(sent.iter().all(|it| !it.contains("UPDATE") && !it.contains("INSERT")), "{sent:?}");
}

#[test]
fn a_changed_graph_is_merged() {
    let (_engine, mut session) = store();
    let changed = json!({
        "id": 1, "name": "Alice", "email": "a@x.org",
        "addresses": [
            {"id": 2, "user_id": 1, "email_address": "two@x.org"},
            {"email_address": "new@x.org"},
        ],
        "profile": {"id": 1, "motto": "Festina lente"},
    });
    let read: Obj<User> = from_value(changed).unwrap();
    session.merge(&read).unwrap();
    session.commit().unwrap();
    let rows: Vec<(i64, String)> = session
        .execute(select((Address.id, Address.email_address)).order_by(Address.id))
        .all()
        .unwrap();
    // The first had no place in it any more.
    assert_eq!(rows, [(2, "two@x.org".into()), (3, "new@x.org".into())]);
    let motto = session.scalars(select(Profile.motto)).one().unwrap();
    assert_eq!(motto, "Festina lente");
}

#[test]
fn nothing_said_null_and_empty() {
    let (_engine, mut session) = store();
    let read: Obj<User> = from_str(r#"{"id": 1, "name": "A", "addresses": []}"#).unwrap();
    let merged = session.merge(&read).unwrap();
    session.commit().unwrap();
    assert!(merged.addresses().is_empty().unwrap());
    assert!(merged.profile().load(&mut session).unwrap().is_some(), "nothing was said of it");

    let read: Obj<User> = from_str(r#"{"id": 1, "name": "A", "profile": null}"#).unwrap();
    let merged = session.merge(&read).unwrap();
    assert!(merged.profile().get().unwrap().is_none());
}

#[test]
fn a_tree_and_many_to_many() {
    let (_engine, mut session) = store();
    let tree = json!({"name": "root", "children": [{"name": "a", "children": [{"name": "a1"}]}]});
    let root = session.add(from_value::<Obj<Node>>(tree.clone()).unwrap());
    let post = json!({"title": "Objects", "tags": [{"name": "rust"}, {"name": "sql"}]});
    let post = session.add(from_value::<Obj<Post>>(post).unwrap());
    session.commit().unwrap();
    let a1 = json!({"id": 3, "name": "a1"});
    let a = json!({"id": 2, "name": "a", "children": [a1]});
    assert_eq!(to_value(&root).unwrap(), json!({"id": 1, "name": "root", "children": [a]}));
    let tag = post.tags().iter().unwrap().next().unwrap();
    assert_eq!(tag.posts().iter().unwrap().collect::<Vec<_>>(), [post]);
    assert_eq!(session.scalars(select(PostTag)).all().unwrap().len(), 2);
}

#[test]
fn names_are_those_of_serde() {
    let text = r#"{"stockNumber": "1", "smallParts": [
        {"ownerId": 2, "ownedSince": "2026-05-01", "firstOwner": {"name": "Dora"}}
    ]}"#;
    let thing: Obj<Thing> = from_str(text).unwrap();
    let part = thing.small_parts().iter().unwrap().next().unwrap();
    assert_eq!(part.borrow().owned.owner_id, Some(2));
    assert!(part.thing().get().unwrap().unwrap().is(&thing));
    assert_eq!(part.first_owner().get().unwrap().unwrap().borrow().name, "Dora");
}

#[test]
fn hooks_may_refuse() {
    Node.children.on_append(|_, child| match child.borrow().name.as_str() {
        "weed" => Err("not in this garden".into()),
        _ => Ok(()),
    });
    let read = |name| from_value::<Obj<Node>>(json!({"name": "bed", "children": [{"name": name}]}));
    assert!(read("rose").is_ok());
    let error = read("weed").unwrap_err().to_string();
    assert!(error.contains("not in this garden"), "{error}");
}

#[test]
fn too_deep_is_an_error() {
    let nested = |depth: usize| {
        let inner = json!({"name": "n"});
        (1..depth).fold(inner, |inner, _| json!({"name": "n", "children": [inner]}))
    };
    assert!(from_value::<Obj<Node>>(nested(100)).is_ok());
    let error = from_value::<Obj<Node>>(nested(101)).map(drop).unwrap_err();
    assert_eq!(error.to_string(), "objects stand in each other more than 100 deep");
}

#[test]
fn mistakes_are_told() {
    let error = |text: &str| from_str::<Obj<User>>(text).unwrap_err().to_string();
    assert_eq!(error("[]"), "invalid type: sequence, expected User at line 1 column 0");
    assert_eq!(error(r#"{"id": 1}"#), "missing field `name` at line 1 column 9");
    assert_eq!(
        error(r#"{"name": "A", "addresses": 7}"#),
        "invalid type: integer `7`, expected a list of objects at line 1 column 28"
    );
    assert_eq!(
        error(r#"{"name": "A", "addresses": [{}]}"#),
        "missing field `email_address` at line 1 column 30"
    );
    assert_eq!(
        error(r#"{"name": "A", "profile": null, "profile": null}"#),
        "duplicate field `profile` at line 1 column 40"
    );
    let unknown = from_str::<Obj<Thing>>(r#"{"stockNumber": "1", "small_parts": []}"#);
    let text = unknown.unwrap_err().to_string();
    assert!(text.starts_with("unknown field `small_parts`"), "{text}");
    // What has no `Deserialize` is a field like any other that isn't known.
    assert!(from_str::<Obj<User>>(r#"{"name": "A", "secrets": 7}"#).is_ok());
}

//! Association proxies: what lies behind the members of a collection, as if it were one of those.

use aludel::{Error, Obj, prelude::*};
use expect_test::expect;

use crate::{
    Case, Place, cases,
    models::proxies::{Friendship, Interest, Reader, Topic},
    store::Store,
};

pub(super) const CASES: &[Case] = cases!["proxies":
    what_is_added_makes_an_association,
    what_is_removed_takes_it_along,
    a_whole_is_assigned,
    loads,
    in_queries,
    of_columns,
    within_one_table,
];

fn reader(store: &mut Store, name: &str, topics: &[&Obj<Topic>]) -> Obj<Reader> {
    let reader = store.add(Reader::builder().name(name));
    Reader::TOPICS.of(&reader).extend(topics.iter().copied());
    reader
}

/// Ann likes rust and sql, Bob sql.
fn library(at: &Place) -> (Store, [Obj<Reader>; 2], [Obj<Topic>; 2]) {
    let mut store = at.store();
    let topics = ["rust", "sql"].map(|it| store.add(Topic::builder().name(it)));
    let ann = reader(&mut store, "Ann", &[&topics[0], &topics[1]]);
    let bob = reader(&mut store, "Bob", &[&topics[1]]);
    store.save();
    store.log_parameters();
    (store, [ann, bob], topics)
}

fn names(reader: &Obj<Reader>) -> Vec<String> {
    let topics = reader.interests().through(Interest.topic).iter().unwrap();
    topics.map(|it| it.borrow().name.clone()).collect()
}

fn what_is_added_makes_an_association(at: &Place) {
    let (mut store, [ann, bob], [rust, _]) = library(at);
    let made = bob.interests().through(Interest.topic).push(&rust);
    assert!(made.topic().get().unwrap().unwrap().is(&rust));
    assert!(made.reader().get().unwrap().unwrap().is(&bob));
    let strong = Interest::builder().degree("much".to_owned());
    Reader::TOPICS.of(&ann).push_with(strong, Topic::builder().name("go"));
    assert_eq!(
        (names(&ann), names(&bob)),
        (vec!["rust".to_owned(), "sql".into(), "go".into()], vec!["sql".to_owned(), "rust".into()],)
    );
    store.commit().unwrap();
    expect![[r#"
        BEGIN
        INSERT INTO topic (name) VALUES (?) -- ("go")
        INSERT INTO interest (reader_id, topic_id, degree) VALUES (?, ?, ?) -- (2, 1, NULL), (1, 3, "much")
        COMMIT"#]].assert_eq(&store.sent());
}

fn what_is_removed_takes_it_along(at: &Place) {
    let (mut store, [ann, bob], [rust, _]) = library(at);
    Reader::TOPICS.of(&ann).remove(&rust).unwrap();
    let refused = Reader::TOPICS.of(&bob).remove(&rust).unwrap_err();
    assert!(matches!(refused, Error::NotMember(_)), "{refused}");
    store.commit().unwrap();
    expect![[r#"
        BEGIN
        DELETE FROM interest WHERE id = ? -- (1)
        COMMIT"#]]
    .assert_eq(&store.sent());
    assert_eq!(names(&ann), ["sql"]);
}

fn a_whole_is_assigned(at: &Place) {
    let (mut store, [ann, _], [rust, sql]) = library(at);
    let topics = Reader::TOPICS.of(&ann);
    assert!(topics.contains(&rust).unwrap());
    let kept = ann.interests().iter().unwrap().nth(1).unwrap();
    Reader::TOPICS.of(&ann).set([sql.clone(), Obj::new(Topic::builder().name("go")), sql]).unwrap();
    assert!(ann.interests().iter().unwrap().next().unwrap().is(&kept));
    assert_eq!(names(&ann), ["sql", "go"]);
    store.commit().unwrap();
    expect![[r#"
        BEGIN
        INSERT INTO topic (name) VALUES (?) -- ("go")
        INSERT INTO interest (reader_id, topic_id, degree) VALUES (?, ?, ?) -- (1, 3, NULL)
        DELETE FROM interest WHERE id = ? -- (1)
        COMMIT"#]]
    .assert_eq(&store.sent());
}

// LOAD-1
fn loads(at: &Place) {
    let (mut store, _, _) = library(at);
    store.renew();
    store.log_parameters();
    let readers = store.scalars(select(Reader).order_by(Reader.id)).all().unwrap();
    store.sent();
    let unread = Reader::TOPICS.of(&readers[0]).iter().unwrap_err();
    assert!(matches!(unread, Error::NotLoaded(_)), "{unread}");
    assert_eq!(Reader::TOPICS.of(&readers[0]).load(&mut store).unwrap().len(), 2);
    expect![[r#"
        SELECT interest.id, interest.reader_id, interest.topic_id, interest.degree FROM interest WHERE interest.reader_id IN (?, ?) ORDER BY interest.id -- (1, 2)
        SELECT topic.id, topic.name FROM topic WHERE topic.id IN (?, ?) -- (1, 2)"#]].assert_eq(&store.sent());
    assert_eq!(names(&readers[1]), ["sql"]);
    let query = select(Reader)
        .options(selectinload(Reader.interests).joinedload(Interest.topic))
        .order_by(Reader.id);
    store.renew();
    let readers = store.scalars(query).all().unwrap();
    assert_eq!(names(&readers[0]), ["rust", "sql"]);
}

fn in_queries(at: &Place) {
    let (mut store, _, [rust, _]) = library(at);
    let names = |store: &mut Store, condition| {
        store.sent();
        store.scalars(select(Reader.name).filter(condition).order_by(Reader.name)).all().unwrap()
    };
    assert_eq!(names(&mut store, Reader::TOPICS.any(Topic.name.eq("sql"))), ["Ann", "Bob"]);
    expect![[r#"
        BEGIN
        SELECT reader.name FROM reader WHERE EXISTS (SELECT 1 FROM interest AS interest_1 JOIN topic AS topic_1 ON interest_1.topic_id = topic_1.id WHERE reader.id = interest_1.reader_id AND topic_1.name = ?) ORDER BY reader.name -- ("sql")"#]].assert_eq(&store.sent());
    assert_eq!(names(&mut store, Reader::TOPICS.contains(&rust)), ["Ann"]);
    expect!["SELECT reader.name FROM reader WHERE EXISTS (SELECT 1 FROM interest AS interest_1 WHERE reader.id = interest_1.reader_id AND interest_1.topic_id = ?) ORDER BY reader.name -- (1)"].assert_eq(&store.sent());
    assert_eq!(names(&mut store, !Reader::TOPICS.exists()), [""; 0]);
    let joined =
        select((Reader.name, Topic.name)).join(Reader::TOPICS).order_by((Reader.name, Topic.name));
    store.sent();
    let rows = store.execute(joined).all().unwrap();
    assert_eq!(rows[2], ("Bob".to_owned(), "sql".to_owned()));
    expect!["SELECT reader.name, topic.name FROM reader JOIN interest ON reader.id = interest.reader_id JOIN topic ON interest.topic_id = topic.id ORDER BY reader.name, topic.name -- ()"].assert_eq(&store.sent());
}

fn of_columns(at: &Place) {
    let (mut store, [ann, bob], _) = library(at);
    let degrees = |it: &Obj<Reader>| {
        let degrees = it.interests().through(Interest.degree).iter().unwrap();
        degrees.flatten().collect::<Vec<_>>()
    };
    bob.interests().through(Interest.degree).push("little".to_owned());
    assert_eq!((degrees(&ann), degrees(&bob)), (vec![], vec!["little".to_owned()]));
    let little = Some("little".to_owned());
    assert!(bob.interests().through(Interest.degree).contains(&little).unwrap());
    store.commit().unwrap();
    let some =
        select(Reader.name).filter(Reader.interests.through(Interest.degree).contains("little"));
    assert_eq!(store.scalars(some).all().unwrap(), ["Bob"]);
    bob.interests().through(Interest.degree).remove(&little).unwrap();
    assert!(bob.interests().through(Interest.degree).remove(&little).is_err());
    assert_eq!(bob.interests().len().unwrap(), 1);
    ann.interests().through(Interest.degree).extend(["a", "b"].map(str::to_owned));
    assert_eq!(degrees(&ann), ["a", "b"]);
    store.commit().unwrap();
}

fn within_one_table(at: &Place) {
    let (mut store, [ann, bob], _) = library(at);
    let friends = Reader.friendships.through(Friendship.friend);
    friends.of(&ann).push(&bob);
    store.commit().unwrap();
    store.sent();
    let query = select(Reader.name).filter(friends.any(Reader.name.eq("Bob")));
    assert_eq!(store.scalars(query).all().unwrap(), ["Ann"]);
    expect![[r#"
        BEGIN
        SELECT reader.name FROM reader WHERE EXISTS (SELECT 1 FROM friendship AS friendship_1 JOIN reader AS reader_1 ON friendship_1.friend_id = reader_1.id WHERE reader.id = friendship_1.reader_id AND reader_1.name = ?) -- ("Bob")"#]].assert_eq(&store.sent());
    let query = select(Reader.name).filter(friends.contains(&bob));
    assert_eq!(store.scalars(query).all().unwrap(), ["Ann"]);
}

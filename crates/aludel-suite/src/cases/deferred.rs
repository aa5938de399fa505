//! Columns that are loaded on demand: not in the row, loaded together, never written unless they are set.

use aludel::{Error, Obj, blocking::Session, prelude::*};

use crate::{Case, Place, cases, models::deferred::*, store::Store};

pub(super) const CASES: &[Case] = cases!["deferred":
    not_with_the_row,
    a_group_for_all_siblings,
    undeferred_by_a_query,
    left_out_by_a_query,
    behind_a_relationship,
    a_row_that_is_there_is_completed,
    set_without_being_loaded,
    what_is_not_loaded_is_not_written,
    expired_and_refreshed,
    taken_back needs SHARED,
    merged needs SHARED,
    may_not_be_loaded,
    in_conditions,
    wrapped_and_embedded,
    a_key_around_it,
    of_a_mixin,
    rows_one_by_one,
    options_that_make_no_sense,
    inserted_past_the_session needs RETURNING,
];

/// Two cabinets with two documents each; nothing is held.
fn cabinets(at: &Place) -> Store {
    let mut store = at.store();
    for (cabinet, titles) in [("a", ["a1", "a2"]), ("b", ["b1", "b2"])] {
        let doc = |it: &str| Doc::builder().title(it).body(format!("body of {it}")).secret("s");
        let docs = titles.map(|it| doc(it).summary(it).photo(it.as_bytes()));
        store.add(Cabinet::builder().name(cabinet).docs(docs));
    }
    store.save();
    store.renew();
    store
}

fn docs(store: &mut Store) -> Vec<Obj<Doc>> {
    let docs = store.scalars(select(Doc).order_by(Doc.id)).all().unwrap();
    store.sent();
    docs
}

const ROW: &str = "SELECT doc.id, doc.title, doc.summary, doc.cabinet_id FROM doc";

// LOAD-29
fn not_with_the_row(at: &Place) {
    let mut store = cabinets(at);
    let docs = store.scalars(select(Doc).order_by(Doc.id)).all().unwrap();
    assert_eq!(store.sent(), format!("BEGIN\n{ROW} ORDER BY doc.id"));
    let first = docs[0].borrow();
    assert_eq!((first.title.as_str(), first.cabinet_id), ("a1", Some(1)));
    assert_eq!(first.summary, Some("a1".to_owned()));
    assert_eq!(first.body.get(), None);
    let error = first.body.value().unwrap_err().to_string();
    assert_eq!(
        error,
        "Doc.body is not loaded: call `.body().load(&mut session)` on the object first, or load it with the \
         query by `undefer(Doc.body)`"
    );
    assert_eq!(format!("{:?}", first.body), "not loaded");
    drop(first);
    // By key, too.
    store.renew();
    assert!(store.get_one(Doc, 2).unwrap().borrow().body.is_unset());
    assert_eq!(store.sent(), format!("BEGIN\n{ROW} WHERE doc.id = ?"));
}

// LOAD-29: one column loads its group, for all that came with the object.
fn a_group_for_all_siblings(at: &Place) {
    let mut store = cabinets(at);
    let docs = docs(&mut store);
    assert!(!docs[0].photo().is_loaded());
    assert_eq!(docs[0].photo().load(&mut store.session).unwrap(), Some(b"a1".to_vec()));
    assert_eq!(
        store.sent(),
        "SELECT doc.id, doc.photo, doc.thumbnail FROM doc WHERE doc.id IN (?, ?, ?, ?)"
    );
    assert_eq!(docs[3].borrow().photo, Some(b"b2".to_vec()));
    assert_eq!(docs[3].thumbnail().load(&mut store.session).unwrap(), None);
    assert_eq!(store.sent(), "");
    // One by one, if so wanted.
    assert_eq!(docs[1].body().load_one(&mut store.session).unwrap(), "body of a2");
    assert_eq!(store.sent(), "SELECT doc.id, doc.body FROM doc WHERE doc.id IN (?)");
    assert!(docs[0].borrow().body.is_unset());
    // Who has it isn't asked for again.
    docs[0].body().load(&mut store.session).unwrap();
    assert_eq!(store.sent(), "SELECT doc.id, doc.body FROM doc WHERE doc.id IN (?, ?, ?, ?)");
    assert_eq!(docs[2].borrow().body.value().unwrap(), "body of b1");
    // Nothing of this is a change.
    store.commit().unwrap();
    assert_eq!(store.sent(), "COMMIT");
}

// LOAD-29: undefer, undefer_group
fn undeferred_by_a_query(at: &Place) {
    let mut store = cabinets(at);
    let query = select(Doc).filter(Doc.id.eq(1));
    let found = store.scalars(query.clone().options(undefer(Doc.body))).one().unwrap();
    assert_eq!(
        store.sent(),
        "BEGIN\nSELECT doc.id, doc.body, doc.title, doc.summary, doc.cabinet_id FROM doc WHERE doc.id = ?"
    );
    assert_eq!(found.borrow().body, "body of a1".to_owned());
    assert_eq!(found.borrow().cabinet_id, Some(1));
    store.renew();
    let options = (undefer_group(Doc, "pictures"), undefer((Doc.body, Doc.secret)));
    let found = store.scalars(query.options(options)).one().unwrap();
    assert_eq!(
        store.sent(),
        "BEGIN\nSELECT doc.id, doc.body, doc.title, doc.summary, doc.photo, doc.thumbnail, doc.secret, \
         doc.cabinet_id FROM doc WHERE doc.id = ?"
    );
    let found = found.borrow();
    assert_eq!(found.photo, Some(b"a1".to_vec()));
    assert_eq!(found.thumbnail, None);
    assert_eq!(found.secret, Some("s".to_owned()));
}

// LOAD-29: defer, load_only; the last word counts.
fn left_out_by_a_query(at: &Place) {
    let mut store = cabinets(at);
    let found =
        store.scalars(select(Doc).options(defer(Doc.summary)).order_by(Doc.id)).all().unwrap();
    assert_eq!(
        store.sent(),
        "BEGIN\nSELECT doc.id, doc.title, doc.cabinet_id FROM doc ORDER BY doc.id"
    );
    assert_eq!((found[0].borrow().summary.get(), found[0].borrow().cabinet_id), (None, Some(1)));
    assert_eq!(found[1].summary().load(&mut store.session).unwrap().as_deref(), Some("a2"));
    assert_eq!(store.sent(), "SELECT doc.id, doc.summary FROM doc WHERE doc.id IN (?, ?, ?, ?)");
    store.renew();
    // The key and columns that aren't on demand are always there.
    let found = store.scalars(select(Doc).options(load_only(Doc.body)).limit(1)).one().unwrap();
    assert_eq!(
        store.sent(),
        "BEGIN\nSELECT doc.id, doc.body, doc.title, doc.cabinet_id FROM doc LIMIT ?"
    );
    assert_eq!(found.borrow().body, "body of a1".to_owned());
    store.renew();
    let options = (undefer(Doc.body), load_only(Doc.photo), undefer(Doc.summary));
    store.scalars(select(Doc).options(options).limit(1)).one().unwrap();
    assert_eq!(
        store.sent(),
        "BEGIN\nSELECT doc.id, doc.title, doc.summary, doc.photo, doc.cabinet_id FROM doc LIMIT ?"
    );
}

// LOAD-29: of what a relationship brings, whichever way.
fn behind_a_relationship(at: &Place) {
    let mut store = cabinets(at);
    let expect = |store: &mut Store, sent: &str, cabinets: &[Obj<Cabinet>]| {
        assert_eq!(store.sent(), sent);
        assert_eq!(cabinets.len(), 2);
        let docs: Vec<_> = cabinets[1].docs().iter().unwrap().collect();
        assert_eq!(docs.len(), 2);
        assert_eq!(docs[0].borrow().body, "body of b1".to_owned());
        assert_eq!((docs[0].borrow().summary.get(), docs[0].borrow().cabinet_id), (None, Some(2)));
        assert!(docs[0].cabinet().get().unwrap().unwrap().is(&cabinets[1]));
        store.renew();
    };
    let all = || select(Cabinet).order_by(Cabinet.id);
    let query = all().options(selectinload(Cabinet.docs).undefer(Doc.body).defer(Doc.summary));
    let found = store.scalars(query).all().unwrap();
    expect(
        &mut store,
        "BEGIN\nSELECT cabinet.id, cabinet.name FROM cabinet ORDER BY cabinet.id\n\
         SELECT doc.id, doc.body, doc.title, doc.cabinet_id FROM doc WHERE doc.cabinet_id IN (?, ?) \
         ORDER BY doc.id",
        &found,
    );
    let query = all().options(joinedload(Cabinet.docs).load_only(Doc.body));
    let found = store.scalars(query).all().unwrap();
    expect(
        &mut store,
        "BEGIN\nSELECT cabinet.id, cabinet.name, doc_1.id, doc_1.body, doc_1.title, doc_1.cabinet_id FROM cabinet \
         LEFT OUTER JOIN doc AS doc_1 ON cabinet.id = doc_1.cabinet_id ORDER BY cabinet.id, doc_1.id",
        &found,
    );
    let query = all().options(subqueryload(Cabinet.docs).load_only(Doc.body));
    let found = store.scalars(query).all().unwrap();
    let sent = store.sent();
    assert!(
        sent.contains("\nSELECT doc.id, doc.body, doc.title, doc.cabinet_id FROM (SELECT "),
        "{sent}"
    );
    expect(&mut store, "", &found);
    let limited = selectinload(Cabinet.docs).limit(2).columns(load_only(Doc.body));
    let found = store.scalars(all().options(limited)).all().unwrap();
    store.sent();
    expect(&mut store, "", &found);
    // What is said by another option adds up.
    let options = (selectinload(Cabinet.docs), defaultload(Cabinet.docs).load_only(Doc.body));
    let found = store.scalars(all().options(options)).all().unwrap();
    store.sent();
    expect(&mut store, "", &found);
    // Without a word, as mapped.
    let found = store.scalars(all().options(joinedload(Cabinet.docs))).all().unwrap();
    let docs: Vec<_> = found[1].docs().iter().unwrap().collect();
    assert_eq!((docs[0].borrow().body.get(), docs[1].borrow().cabinet_id), (None, Some(2)));
    assert_eq!(docs[1].borrow().summary, Some("b2".to_owned()));
    store.renew();
    let found = store.scalars(all()).all().unwrap();
    found[0].docs().load(&mut store.session).unwrap();
    assert_eq!(docs[1].borrow().summary, Some("b2".to_owned()));
}

// IDM-5, LOAD-29: an object that is there takes what it doesn't have, and nothing else.
fn a_row_that_is_there_is_completed(at: &Place) {
    let mut store = cabinets(at);
    let docs = docs(&mut store);
    store.run("UPDATE doc SET title = 'theirs'");
    docs[0].borrow_mut().title = "mine".into();
    docs[1].borrow_mut().body = "mine".into();
    let query = select(Doc).options(undefer(Doc.body)).autoflush(false);
    store.scalars(query).all().unwrap();
    assert_eq!(docs[0].borrow().body, "body of a1".to_owned());
    assert_eq!(docs[0].borrow().title, "mine");
    assert_eq!(
        (docs[1].borrow().body.value().unwrap().as_str(), &*docs[1].borrow().title),
        ("mine", "a2")
    );
    store.sent();
    store.log_parameters();
    store.flush().unwrap();
    let sent = store.sent();
    assert!(sent.contains("UPDATE doc SET title = ? WHERE id = ? -- (\"mine\", 1)"), "{sent}");
    assert!(sent.contains("UPDATE doc SET body = ? WHERE id = ? -- (\"mine\", 2)"), "{sent}");
    assert_eq!(sent.lines().filter(|it| it.starts_with("UPDATE")).count(), 2, "{sent}");
}

// LOAD-29: what is set is written, and need not be loaded for that.
fn set_without_being_loaded(at: &Place) {
    let mut store = cabinets(at);
    let docs = docs(&mut store);
    docs[0].borrow_mut().body = "new".into();
    docs[1].borrow_mut().photo = None.into();
    assert_eq!(docs[0].body().load(&mut store.session).unwrap(), "new");
    store.flush().unwrap();
    let sent = store.sent();
    let updates: Vec<_> = sent.lines().filter(|it| *it != "BEGIN").collect();
    assert_eq!(
        updates,
        ["UPDATE doc SET body = ? WHERE id = ?", "UPDATE doc SET photo = ? WHERE id = ?"]
    );
    assert_eq!(store.number("SELECT count(*) FROM doc WHERE body = 'new'"), 1);
    assert_eq!(store.number("SELECT count(*) FROM doc WHERE photo IS NULL"), 1);
    // To set it to what it was is no change, once that is known.
    store.flush().unwrap();
    docs[0].borrow_mut().body = "new".into();
    store.commit().unwrap();
    assert_eq!(store.sent(), "COMMIT");
    // A new row has what it was given.
    let new = store.add(Doc::builder().title("n").body("text"));
    store.flush().unwrap();
    assert_eq!(
        store.sent(),
        "BEGIN\nINSERT INTO doc (body, title, summary, photo, thumbnail, secret, cabinet_id) \
         VALUES (?, ?, ?, ?, ?, ?, ?)"
    );
    assert_eq!(new.borrow().body, "text".to_owned());
    assert_eq!(new.photo().load(&mut store.session).unwrap(), None);
}

// LOAD-29
fn what_is_not_loaded_is_not_written(at: &Place) {
    let mut store = cabinets(at);
    let docs = docs(&mut store);
    docs[0].borrow_mut().title = "other".into();
    store.flush().unwrap();
    assert_eq!(store.sent().lines().last(), Some("UPDATE doc SET title = ? WHERE id = ?"));
    // To let go of a value is no change.
    docs[1].body().load(&mut store.session).unwrap();
    store.sent();
    docs[1].borrow_mut().body.unset();
    store.flush().unwrap();
    assert_eq!(store.sent(), "");
    assert_eq!(docs[1].body().load(&mut store.session).unwrap(), "body of a2");
    assert_eq!(store.number("SELECT count(*) FROM doc WHERE body LIKE 'body of%'"), 4);
}

// EXP-3, LOAD-29: refresh reads the columns that aren't on demand.
fn expired_and_refreshed(at: &Place) {
    let mut store = cabinets(at);
    let first = store.get_one(Doc, 1).unwrap();
    first.body().load(&mut store.session).unwrap();
    store.run("UPDATE doc SET body = 'again', title = 'again'");
    store.sent();
    store.refresh(&first).unwrap();
    assert_eq!(store.sent(), format!("{ROW} WHERE doc.id = ?"));
    assert_eq!((&*first.borrow().title, first.borrow().body.get()), ("again", None));
    assert_eq!(first.body().load(&mut store.session).unwrap(), "again");
    store.run("UPDATE doc SET body = 'once more', title = 'once more'");
    store.sent();
    // By name it is read alone.
    store.refresh_attributes(&first, Doc.body).unwrap();
    assert_eq!(store.sent(), "SELECT doc.id, doc.body FROM doc WHERE doc.id IN (?)");
    assert_eq!(
        (&*first.borrow().title, first.borrow().body.value().unwrap().as_str()),
        ("again", "once more")
    );
    store.expire_attributes(&first, (Doc.body, Doc.title)).unwrap();
    assert!(first.borrow().body.is_unset());
    store.fresh(&first).unwrap();
    assert_eq!((&*first.borrow().title, first.borrow().body.get()), ("once more", None));
    // What is expired as a whole may hold what isn't so any more.
    first.body().load(&mut store.session).unwrap();
    store.expire(&first).unwrap();
    store.run("UPDATE doc SET body = 'last'");
    store.sent();
    assert_eq!(first.body().load(&mut store.session).unwrap(), "last");
    assert_eq!(
        store.sent(),
        format!("{ROW} WHERE doc.id = ?\nSELECT doc.id, doc.body FROM doc WHERE doc.id IN (?)")
    );
    store.run("DELETE FROM doc WHERE id = 2");
    let error = store.refresh_attributes(&first, Doc.secret);
    error.unwrap();
    assert_eq!(first.borrow().secret, Some("s".to_owned()));
}

// TX-9
fn taken_back(at: &Place) {
    let mut store = cabinets(at);
    let docs = docs(&mut store);
    docs[0].borrow_mut().body = "gone".into();
    store.flush().unwrap();
    docs[1].body().load(&mut store.session).unwrap();
    store.rollback().unwrap();
    assert!(docs[0].borrow().body.is_unset());
    assert_eq!(docs[0].body().load(&mut store.session).unwrap(), "body of a1");
    // What was read within a savepoint may be gone with it.
    let mut session: Session = Session::new(&store.engine);
    let doc = session.get_one(Doc, 3).unwrap();
    let savepoint = session.begin_nested().unwrap();
    session
        .execute(
            update(Doc)
                .filter(Doc.id.eq(3))
                .set(Doc.body, "within")
                .synchronize_session(Synchronize::Off),
        )
        .unwrap();
    assert_eq!(doc.body().load(&mut session).unwrap(), "within");
    session.rollback_nested(savepoint).unwrap();
    assert_eq!(doc.body().load(&mut session).unwrap(), "body of b1");
}

// MRG-3: what isn't loaded isn't merged.
fn merged(at: &Place) {
    let mut store = cabinets(at);
    let mut other: Session = Session::new(&store.engine);
    let theirs = other.get_one(Doc, 1).unwrap();
    theirs.borrow_mut().title = "merged".into();
    let mine = store.get_one(Doc, 1).unwrap();
    mine.body().load(&mut store.session).unwrap();
    store.sent();
    let merged = store.merge(&theirs).unwrap();
    assert!(merged.is(&mine));
    assert_eq!(
        (&*mine.borrow().title, mine.borrow().body.value().unwrap().as_str()),
        ("merged", "body of a1")
    );
    theirs.borrow_mut().body = "theirs".into();
    theirs.borrow_mut().summary = None.into();
    store.merge(&theirs).unwrap();
    assert_eq!(mine.borrow().body, "theirs".to_owned());
    store.flush().unwrap();
    assert_eq!(
        store.sent().lines().last(),
        Some("UPDATE doc SET body = ?, summary = ? WHERE id = ?")
    );
    assert_eq!(store.number("SELECT count(*) FROM doc WHERE summary IS NULL"), 1);
}

// LOAD-29: raiseload
fn may_not_be_loaded(at: &Place) {
    let mut store = cabinets(at);
    let docs = docs(&mut store);
    let refused = |error: Error| matches!(error, Error::RaiseLoad(it) if it.entity == "Doc");
    assert!(refused(docs[0].secret().load(&mut store.session).unwrap_err()));
    // Others may.
    docs[0].body().load(&mut store.session).unwrap();
    store.renew();
    // The query goes before the mapping.
    let docs = store.scalars(select(Doc).options(defer(Doc.secret))).all().unwrap();
    assert_eq!(docs[0].secret().load(&mut store.session).unwrap().as_deref(), Some("s"));
    store.renew();
    let query = select(Doc).options(load_only(Doc.photo).raiseload()).order_by(Doc.id);
    let docs = store.scalars(query).all().unwrap();
    assert!(refused(docs[0].body().load(&mut store.session).unwrap_err()));
    assert!(refused(docs[0].summary().load_one(&mut store.session).unwrap_err()));
    docs[0].borrow_mut().body = "set".into();
    assert_eq!(docs[0].body().load(&mut store.session).unwrap(), "set");
    store.renew();
    let query =
        select(Cabinet).options(selectinload(Cabinet.docs).columns(defer(Doc.summary).raiseload()));
    let cabinets = store.scalars(query).all().unwrap();
    let doc = cabinets[0].docs().iter().unwrap().next().unwrap();
    assert!(refused(doc.summary().load(&mut store.session).unwrap_err()));
    assert_eq!(doc.body().load(&mut store.session).unwrap(), "body of a1");
    // What was read again forgets what the query said.
    store.refresh(&doc).unwrap();
    assert_eq!(doc.borrow().summary, Some("a1".to_owned()));
}

fn in_conditions(at: &Place) {
    let mut store = cabinets(at);
    let query = select(Doc).filter(Doc.body.ends_with("b2"));
    let found = store.scalars(query).one().unwrap();
    assert_eq!(found.borrow().title, "b2");
    let rows: Vec<(i64, String)> =
        store.execute(select((Doc.id, Doc.body)).order_by(Doc.id).limit(1)).all().unwrap();
    assert_eq!(rows, [(1, "body of a1".to_owned())]);
    // Beside other things in a row.
    let query = select((Doc.id, Doc, Cabinet.name))
        .join(Doc.cabinet)
        .options(undefer(Doc.body))
        .order_by(Doc.id);
    let rows = store.execute(query).all().unwrap();
    assert_eq!(rows[3].2, "b");
    assert_eq!(rows[3].1.borrow().body, "body of b2".to_owned());
    let query = select((Cabinet, Doc.optional(), Cabinet.name))
        .outer_join(Cabinet.docs)
        .order_by((Cabinet.id, Doc.id));
    store.add(Cabinet::builder().name("empty"));
    let rows = store.execute(query.options(defer(Doc.summary))).all().unwrap();
    assert_eq!(rows.len(), 5);
    assert!(rows[4].1.is_none());
    assert_eq!(rows[4].2, "empty");
}

// LOAD-12: a query that stands in another.
fn wrapped_and_embedded(at: &Place) {
    let mut store = cabinets(at);
    let query = select(Doc).order_by(Doc.body).limit(3).options(joinedload(Doc.topics));
    let docs = store.scalars(query).all().unwrap();
    assert_eq!(docs.len(), 3);
    assert_eq!((docs[0].borrow().cabinet_id, docs[2].borrow().cabinet_id), (Some(1), Some(2)));
    store.renew();
    let query = select(Doc).order_by(Doc.id).limit(3);
    let docs =
        store.scalars(query.options((undefer(Doc.body), subqueryload(Doc.cabinet)))).all().unwrap();
    assert_eq!(docs[2].cabinet().get().unwrap().unwrap().borrow().name, "b");
    assert_eq!(docs[2].borrow().body, "body of b1".to_owned());
}

// IDM-1: a key of two columns, with a column on demand between them.
fn a_key_around_it(at: &Place) {
    let mut store = cabinets(at);
    let docs = docs(&mut store);
    for (area, name) in [(1, "x"), (1, "y"), (2, "x")] {
        let topic =
            store.add(Topic::builder().area(area).name(name).about(format!("{area}{name}")));
        docs[0].topics().push(&topic);
        docs[1].topics().push(&topic);
    }
    store.save();
    store.renew();
    let topics = store.scalars(select(Topic).order_by((Topic.area, Topic.name))).all().unwrap();
    assert_eq!(topics.len(), 3);
    assert_eq!(
        store.sent(),
        "BEGIN\nSELECT subject.area, subject.name FROM subject ORDER BY subject.area, subject.name"
    );
    assert_eq!(topics[1].about().load(&mut store.session).unwrap(), "1y");
    assert_eq!(topics[2].borrow().about, "2x".to_owned());
    assert!(topics[2].is(&store.get_one(Topic, (2, "x")).unwrap()));
    store.renew();
    for option in [joinedload(Doc.topics), selectinload(Doc.topics), subqueryload(Doc.topics)] {
        let query = select(Doc).order_by(Doc.id).limit(2).options(option.undefer(Topic.about));
        let docs = store.scalars(query).all().unwrap();
        let mut abouts: Vec<String> = docs[1]
            .topics()
            .iter()
            .unwrap()
            .map(|it| it.borrow().about.value().unwrap().clone())
            .collect();
        abouts.sort();
        assert_eq!(abouts, ["1x", "1y", "2x"]);
        store.renew();
    }
}

fn of_a_mixin(at: &Place) {
    let mut store = at.store();
    store.add(Review::builder().name("r").stars(5).remark("fine"));
    store.save();
    store.renew();
    let review = store.scalars(select(Review)).one().unwrap();
    assert_eq!(store.sent(), "BEGIN\nSELECT review.id, review.stars, review.name FROM review");
    assert_eq!((review.borrow().notes.stars, &*review.borrow().name), (5, "r"));
    assert_eq!(review.remark().load(&mut store.session).unwrap().as_deref(), Some("fine"));
    store.renew();
    let query = select(Review).options(defer(Review.notes.remark).raiseload());
    let review = store.scalars(query).one().unwrap();
    assert!(matches!(review.remark().load(&mut store.session), Err(Error::RaiseLoad(_))));
    store.renew();
    let query = select(Review).options(undefer(Review.notes.remark));
    let review = store.scalars(query).one().unwrap();
    assert_eq!(review.borrow().notes.remark, Some("fine".to_owned()));
}

fn rows_one_by_one(at: &Place) {
    let mut store = cabinets(at);
    let query = select(Doc).order_by(Doc.id).options(load_only(Doc.body));
    let docs: Vec<_> = store.stream_scalars(&query).unwrap().collect::<Result<_, _>>().unwrap();
    assert_eq!(docs.len(), 4);
    assert_eq!(docs[3].borrow().body, "body of b2".to_owned());
    assert_eq!((docs[3].borrow().summary.get(), docs[3].borrow().cabinet_id), (None, Some(2)));
}

fn options_that_make_no_sense(at: &Place) {
    let mut store = cabinets(at);
    let error = store.scalars(select(Cabinet).options(undefer(Doc.body))).all().unwrap_err();
    assert_eq!(
        error.to_string(),
        "the query doesn't select `Doc`, of whose columns an option speaks; behind a relationship say it \
         there: `selectinload(…).undefer(Doc.…)`"
    );
    let error = store.scalars(select(Doc).options(undefer_group(Doc, "photos"))).all().unwrap_err();
    assert_eq!(
        error.to_string(),
        "`undefer_group(\"photos\")`: `Doc` has no such group (known: pictures); a column says which it is in \
         by `#[column(deferred_group = \"photos\")]`"
    );
    let query = select(Cabinet).options(lazyload(Cabinet.docs).undefer(Doc.body));
    let error = store.scalars(query).all().unwrap_err();
    assert_eq!(
        error.to_string(),
        "nothing can be said of the columns behind `lazyload` of `Cabinet.docs`, which loads nothing"
    );
    assert_eq!(store.sent(), "");
    let query = select(Cabinet).options(selectinload(Cabinet.docs).undefer_group("photos"));
    store.scalars(query).all().unwrap_err();
}

fn inserted_past_the_session(at: &Place) {
    let mut store = at.store();
    let docs = ["a", "b"].map(|it| Doc {
        id: Auto::UNSET,
        body: "text".into(),
        title: it.into(),
        summary: Some(it.to_owned()).into(),
        photo: Deferred::default(),
        thumbnail: Deferred::default(),
        secret: Deferred::default(),
        cabinet_id: None,
        cabinet: One::new(),
        topics: Many::new(),
    });
    let docs = store.execute(insert(Doc).objects(docs).returning()).unwrap();
    assert_eq!((&*docs[1].borrow().title, docs[1].borrow().body.get()), ("b", None));
    assert_eq!(docs[1].body().load(&mut store.session).unwrap(), "text");
}

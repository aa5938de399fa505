//! Rows that come back from changes as objects, rows without objects, and queries that overwrite
//! objects.

use aludel::{Error, Obj, State, dialect::Returning, prelude::*};

use crate::{
    Case, Place, cases,
    models::*,
    store::{Store, address, author, book, mails, user},
};

pub(super) const CASES: &[Case] = cases!["bulk":
    rows_are_inserted_past_the_unit_of_work,
    a_hundred_thousand_rows_and_none,
    links_of_rows_are_refused,
    a_failed_insert_leaves_nothing,
    defaults_of_the_program_apply,
    inserted_rows_come_back_as_objects needs RETURNING,
    a_statements_rows_come_back_as_objects needs RETURNING,
    without_returning_it_is_said needs NO_RETURNING,
    upserts_give_objects needs RETURNING,
    updated_rows_come_back_as_objects,
    deleted_rows_come_back_as_objects needs RETURNING,
    rows_are_updated_by_key,
    rows_updated_by_composite_key,
    a_row_that_is_gone,
    rows_by_key_that_make_no_sense,
    a_query_overwrites_objects,
    a_query_overwrites_relationships,
];

fn texts<'p>(people: impl IntoIterator<Item = &'p Obj<User>>) -> Vec<String> {
    people.into_iter().map(|it| it.borrow().name.clone()).collect()
}

fn count(store: &mut Store, table: &str) -> i64 {
    store.number(&format!("SELECT count(*) FROM {table}"))
}

// DML-1, DML-15: no objects, and rows of the same columns go together.
fn rows_are_inserted_past_the_unit_of_work(at: &Place) {
    let mut store = at.store();
    let rows = [user("Ada"), user("Bob"), User { id: 7.into(), ..user("Cleo") }];
    assert_eq!(store.execute(insert(User).objects(rows)).unwrap(), 3);
    assert_eq!(
        store.sent(),
        "BEGIN\nINSERT INTO user_account (name, email) VALUES (?, ?) -- 2 rows\n\
         INSERT INTO user_account (id, name, email) VALUES (?, ?, ?)"
    );
    let builders = [User::builder().name("Dan"), User::builder().name("Eve").email("e")];
    assert_eq!(store.execute(insert(User).objects(builders)).unwrap(), 2);
    assert!(store.get(User, 7).unwrap().is_some());
    store.commit().unwrap();
    assert_eq!(count(&mut store, "user_account"), 5);
    // An object lends its values, and stays what it is.
    let pending = store.add(user("Fay"));
    store.flush().unwrap();
    let copy = Obj::new(user("Copy"));
    store.execute(insert(User).objects([&copy])).unwrap();
    assert_eq!(inspect(&copy).state, State::Transient);
    assert!(copy.borrow().id.is_unset());
    store.rollback().unwrap();
    assert_eq!(inspect(&pending).state, State::Transient);
    assert_eq!(count(&mut store, "user_account"), 5);
}

fn a_hundred_thousand_rows_and_none(at: &Place) {
    let mut store = at.store();
    assert_eq!(store.execute(insert(Book).objects(Vec::<Book>::new())).unwrap(), 0);
    assert_eq!(
        store.execute(update(Book).rows(Vec::<aludel::expr::Assignment>::new())).unwrap(),
        0
    );
    assert_eq!(store.sent(), "");
    let n = if at.database().is_within_process() { 100_000 } else { 20_000 };
    let rows = (0..n).map(|it| Book { id: (it + 1).into(), ..book("b") });
    assert_eq!(store.execute(insert(Book).objects(rows)).unwrap(), n as u64);
    let held = store.get_one(Book, n).unwrap();
    let rows = (1..=n).map(|it| (Book.id.set(it), Book.pages.set(it)));
    assert_eq!(store.execute(update(Book).rows(rows)).unwrap(), n as u64);
    assert_eq!(held.borrow().pages, Some(n));
    assert_eq!(store.number("SELECT count(*) FROM book WHERE pages = id"), n);
    store.rollback().unwrap();
    assert_eq!(held.borrow().pages, None);
}

// DML-1: no relationships.
fn links_of_rows_are_refused(at: &Place) {
    let mut store = at.store();
    let rows = [User::builder().name("Ada").addresses([address("a")])];
    let error = store.execute(insert(User).objects(rows)).unwrap_err();
    assert!(error.to_string().contains("makes no links"), "{error}");
    let error = store.execute(insert(Tag).objects([user("Ada")])).unwrap_err();
    assert!(matches!(error, Error::InvalidRequest(_)), "{error}");
    let stmt = insert(User).row(User.name.set("x")).objects([user("Ada")]);
    assert!(matches!(store.execute(stmt), Err(Error::InvalidRequest(_))));
    assert_eq!(store.sent(), "");
}

fn a_failed_insert_leaves_nothing(at: &Place) {
    let mut store = at.store();
    let [one, two] = ["a", "b"].map(|it| User { id: 1.into(), ..user(it) });
    let error = store.execute(insert(User).objects([user("c"), one, two])).unwrap_err();
    assert!(error.integrity().is_some(), "{error}");
    assert!(matches!(store.get(User, 1), Err(Error::PendingRollback(_))));
    store.rollback().unwrap();
    assert_eq!(count(&mut store, "user_account"), 0);
}

// DML-1
fn defaults_of_the_program_apply(at: &Place) {
    let mut store = at.store();
    let article = |title: &str| Article {
        id: Auto::UNSET,
        title: title.into(),
        stock: None,
        rank: Auto::UNSET,
    };
    store.execute(insert(Article).objects([article("a")])).unwrap();
    store.execute(insert(Article).row(Article.title.set("b")).row(Article.title.set("c"))).unwrap();
    store.execute(insert(Article).row((Article.title.set("d"), Article.stock.set(1)))).unwrap();
    let rows: Vec<(Option<i64>, i64)> =
        store.execute(select((Article.stock, Article.rank)).order_by(Article.title)).all().unwrap();
    assert_eq!(rows, [(Some(5), 7), (Some(5), 7), (Some(5), 7), (Some(1), 7)]);
}

// DML-2
fn inserted_rows_come_back_as_objects(at: &Place) {
    let mut store = at.store();
    let stmt = insert(User).objects(["Ada", "Bob"].map(user)).returning();
    let mut people = store.execute(stmt).unwrap();
    assert_eq!(
        store.sent(),
        "BEGIN\nINSERT INTO user_account (name, email) VALUES (?, ?), (?, ?) RETURNING id, name, email"
    );
    people.sort_by_key(|it| it.borrow().name.clone());
    assert_eq!(texts(&people), ["Ada", "Bob"]);
    assert!(people.iter().all(|it| inspect(it).state == State::Persistent));
    let id = *people[0].borrow().id.get().unwrap();
    assert!(store.get_one(User, id).unwrap().is(&people[0]));
    people[0].borrow_mut().name = "Adele".into();
    store.commit().unwrap();
    assert_eq!(store.sent(), "UPDATE user_account SET name = ? WHERE id = ?\nCOMMIT");
    let many = (0..2_500).map(|it| user(&it.to_string()));
    assert_eq!(store.execute(insert(User).objects(many).returning()).unwrap().len(), 2_500);
    assert_eq!(store.sent().lines().count(), 4);
    assert!(
        store.execute(insert(User).objects(Vec::<User>::new()).returning()).unwrap().is_empty()
    );
}

// DML-2
fn a_statements_rows_come_back_as_objects(at: &Place) {
    let mut store = at.store();
    let stmt = insert(User).row(User.name.set("Ada")).row(User.name.set("Bob"));
    let people = store.scalars(stmt.returning(User)).all().unwrap();
    assert_eq!(texts(&people), ["Ada", "Bob"]);
    let id = *people[1].borrow().id.get().unwrap();
    store.sent();
    assert!(store.get_one(User, id).unwrap().is(&people[1]));
    assert_eq!(store.sent(), "");
    let stmt = insert(User).row(User.name.set("Cleo")).returning((User.id, User.name));
    let (_, name) = store.execute(stmt).one().unwrap();
    assert_eq!(name, "Cleo");
}

fn without_returning_it_is_said(at: &Place) {
    let mut store = at.store();
    let error = store.scalars(insert(User).row(User.name.set("A")).returning(User)).all();
    assert!(error.unwrap_err().to_string().contains("RETURNING"));
    assert!(store.execute(insert(User).objects([user("A")]).returning()).is_err());
}

// DML-2, IDM-6: what an upsert changed, its objects show.
fn upserts_give_objects(at: &Place) {
    let mut store = at.store();
    let ada = store.add(User { email: Some("a".into()), ..user("Ada") });
    store.save();
    let stmt = insert(User)
        .row((User.email.set("a"), User.name.set("Adele")))
        .row((User.email.set("b"), User.name.set("Bob")))
        .on_conflict(User.email)
        .or_any_key()
        .do_update(User.name.set(User.name.excluded()));
    let people = store.scalars(stmt.returning(User)).all().unwrap();
    assert_eq!(texts(&people), ["Adele", "Bob"]);
    assert!(people[0].is(&ada) && !inspect(&ada).is_modified() && !inspect(&ada).expired);
    store.rollback().unwrap();
    assert_eq!(ada.borrow().name, "Ada");
    assert_eq!(count(&mut store, "user_account"), 1);
}

// DML-14
fn updated_rows_come_back_as_objects(at: &Place) {
    let mut store = at.store();
    let [ada, bob] = ["Ada", "Bob"].map(|it| store.add(user(it)));
    store.save();
    let cleo = store.execute(insert(User).row(User.name.set("Cleo")));
    assert_eq!(cleo.unwrap(), 1);
    let stmt = update(User).set(User.name, func::lower(User.name) + "!").filter(User.id.ne(2));
    let result = store.scalars(stmt.clone().returning(User)).all();
    if at.dialect().capability().dml.returning != Returning::All {
        assert!(result.unwrap_err().to_string().contains("RETURNING"));
        return;
    }
    let people = result.unwrap();
    assert_eq!(texts(&people), ["ada!", "cleo!"]);
    assert!(people[0].is(&ada) && !inspect(&ada).expired && !inspect(&ada).is_modified());
    assert_eq!(bob.borrow().name, "Bob");
    store.sent();
    // Objects that aren't asked for follow as well; values are no objects.
    let stmt = update(User).set(User.name, "x").filter(User.id.eq(2));
    assert_eq!(store.execute(stmt.returning((User.id, User.name))).all().unwrap().len(), 1);
    assert_eq!(store.sent(), "UPDATE user_account SET name = ? WHERE id = ? RETURNING id, name");
    assert_eq!(bob.borrow().name, "x");
    let stmt = update(User).set(User.name, "y").synchronize_session(Synchronize::Fetch);
    let names: Vec<String> = store.scalars(stmt.returning(User.name)).all().unwrap();
    assert_eq!(names, ["y", "y", "y"]);
    assert_eq!(store.sent(), "UPDATE user_account SET name = ? RETURNING name, id");
    assert_eq!(texts([&ada, &bob]), ["y", "y"]);
    store.rollback().unwrap();
    assert_eq!(texts([&ada, &bob]), ["Ada", "Bob"]);
}

// DML-14
fn deleted_rows_come_back_as_objects(at: &Place) {
    let mut store = at.store();
    let [ada, bob] = ["Ada", "Bob"].map(|it| store.add(user(it)));
    store.save();
    store.execute(insert(User).row(User.name.set("Cleo"))).unwrap();
    let gone = store.scalars(delete(User).filter(User.id.ne(2)).returning(User)).all().unwrap();
    assert_eq!(texts(&gone), ["Ada", "Cleo"]);
    assert!(gone[0].is(&ada));
    assert!(gone.iter().all(|it| inspect(it).state == State::Deleted));
    assert_eq!(inspect(&bob).state, State::Persistent);
    store.rollback().unwrap();
    assert_eq!(inspect(&ada).state, State::Persistent);
    let gone: Vec<String> = store.scalars(delete(User).returning(User.name)).all().unwrap();
    assert_eq!(gone, ["Ada", "Bob"]);
    assert_eq!(inspect(&bob).state, State::Deleted);
}

// DML-4
fn rows_are_updated_by_key(at: &Place) {
    let mut store = at.store();
    let people = ["Ada", "Bob", "Cleo"].map(|it| store.add(user(it)));
    store.save();
    let rows = [
        vec![User.id.set(1), User.name.set("A")],
        vec![User.name.set("B"), User.id.set(2)],
        vec![User.id.set(3), User.email.set("c"), User.name.set("C")],
    ];
    assert_eq!(store.execute(update(User).rows(rows)).unwrap(), 3);
    assert_eq!(
        store.sent(),
        "BEGIN\nUPDATE user_account SET name = ? WHERE id = ? -- 2 rows\n\
         UPDATE user_account SET name = ?, email = ? WHERE id = ?"
    );
    assert_eq!(texts(&people), ["A", "B", "C"]);
    assert!(people.iter().all(|it| !inspect(it).is_modified()));
    assert_eq!(store.number("SELECT count(*) FROM user_account WHERE email = 'c'"), 1);
    let off = update(User).synchronize_session(Synchronize::Off);
    store.execute(off.rows([(User.id.set(1), User.name.set("x"))])).unwrap();
    assert_eq!(people[0].borrow().name, "A");
    store.rollback().unwrap();
    assert_eq!(texts(&people), ["Ada", "Bob", "Cleo"]);
}

fn rows_updated_by_composite_key(at: &Place) {
    let mut store = at.store();
    let region = store.add(Region::builder().country("DE").code(2).name("x"));
    store.save();
    let row = (Region.code.set(2), Region.name.set("Hamburg"), Region.country.set("DE"));
    assert_eq!(store.execute(update(Region).rows([row])).unwrap(), 1);
    assert_eq!(store.sent(), "BEGIN\nUPDATE region SET name = ? WHERE country = ? AND code = ?");
    assert_eq!(region.borrow().name, "Hamburg");
}

// DML-4
fn a_row_that_is_gone(at: &Place) {
    let mut store = at.store();
    let ada = store.add(user("Ada"));
    store.save();
    let rows = [(User.id.set(1), User.name.set("x")), (User.id.set(9), User.name.set("y"))];
    let error = store.execute(update(User).rows(rows)).unwrap_err();
    let Error::StaleData(stale) = &error else { panic!("{error}") };
    assert_eq!((stale.entity, stale.key.as_str(), stale.matched), ("User", "9", 0));
    assert_eq!(ada.borrow().name, "Ada");
    assert!(matches!(store.get(User, 1), Err(Error::PendingRollback(_))));
    store.rollback().unwrap();
    assert_eq!(store.number("SELECT count(*) FROM user_account WHERE name = 'Ada'"), 1);
}

// DML-4
fn rows_by_key_that_make_no_sense(at: &Place) {
    let mut store = at.store();
    let refused = |store: &mut Store, stmt: aludel::expr::UpdateRows, why: &str| {
        let error = store.execute(stmt).unwrap_err();
        assert!(
            matches!(error, Error::InvalidRequest(_)) && error.to_string().contains(why),
            "{error}"
        );
    };
    let row = || (User.id.set(1), User.name.set("x"));
    refused(&mut store, update(User).rows([User.name.set("x")]), "`id`, which is part of its key");
    let half = (Region.country.set("DE"), Region.name.set("x"));
    refused(&mut store, update(Region).rows([half]), "`code`, which is part of its key");
    refused(&mut store, update(User).filter(User.id.eq(1)).rows([row()]), "no `filter`");
    let computed = (User.id.set(1), User.name.set(User.name + "x"));
    refused(&mut store, update(User).rows([computed]), "only values");
    let twice = (row(), User.name.set("y"));
    refused(&mut store, update(User).rows([twice]), "twice");
    assert_eq!(store.sent(), "");
}

// IDM-6
fn a_query_overwrites_objects(at: &Place) {
    let mut store = at.store();
    let ada = store.add(user("Ada"));
    store.save();
    store.run("UPDATE user_account SET name = 'Adele', email = 'a'");
    ada.borrow_mut().email = Some("mine".into());
    let stmt = select(User).autoflush(false);
    assert!(store.scalars(&stmt).one().unwrap().is(&ada));
    assert_eq!(ada.borrow().name, "Ada", "IDM-5");
    let stmt = stmt.populate_existing();
    assert!(store.scalars(&stmt).one().unwrap().is(&ada));
    assert_eq!((ada.borrow().name.as_str(), ada.borrow().email.as_deref()), ("Adele", Some("a")));
    assert!(!inspect(&ada).is_modified());
    store.sent();
    store.flush().unwrap();
    assert_eq!(store.sent(), "");
    // With autoflush, the change is written first.
    ada.borrow_mut().email = Some("mine".into());
    store.scalars(select(User).populate_existing()).one().unwrap();
    assert_eq!(ada.borrow().email.as_deref(), Some("mine"));
    store.rollback().unwrap();
    assert_eq!((ada.borrow().name.as_str(), ada.borrow().email.as_deref()), ("Ada", None));
}

// IDM-6
fn a_query_overwrites_relationships(at: &Place) {
    let mut store = at.store();
    let ada = store.add(User::builder().name("Ada").addresses(["a", "b"].map(address)));
    let author = store.add(author("A"));
    let book = author.books().push(book("b"));
    store.save();
    assert_eq!(mails(&ada), ["a", "b"]);
    store.run("INSERT INTO address (user_id, mail) VALUES (1, 'c')");
    store.scalars(select(User).options(selectinload(User.addresses))).one().unwrap();
    assert_eq!(mails(&ada), ["a", "b"]);
    for option in [selectinload(User.addresses), joinedload(User.addresses)] {
        store.run("UPDATE address SET mail = 'd' WHERE mail = 'b'");
        let stmt = select(User).options(option).populate_existing();
        store.scalars(&stmt).one().unwrap();
        assert_eq!(mails(&ada), ["a", "d", "c"]);
    }
    // What the query doesn't load is loaded when somebody asks.
    store.run("UPDATE book SET author_id = NULL");
    store.scalars(select(Author).populate_existing()).one().unwrap();
    assert!(!author.books().is_loaded());
    store.scalars(select(Book).populate_existing()).one().unwrap();
    assert!(book.author().load(&mut store).unwrap().is_none());
    assert!(author.books().load(&mut store).unwrap().is_empty());
}

//! Statements that change many rows at once, and the objects of the session that follow.

use aludel::{
    Error, Obj, State,
    dialect::{Returning, Texts},
    prelude::*,
};

use crate::{
    Case, Place, cases,
    models::{versions::Draft, *},
    store::{Store, address, author, book, user},
};

pub(super) const CASES: &[Case] = cases!["dml":
    one_statement_and_how_many_rows,
    objects_follow_an_update,
    an_update_without_objects_asks_for_nothing,
    what_cannot_be_evaluated_is_fetched,
    what_cannot_be_evaluated_is_refused_by_name,
    values_of_the_database_expire_the_object,
    values_see_what_the_database_saw,
    objects_stay_as_they_are,
    unwritten_changes_are_no_part_of_the_row,
    expired_objects_are_told_by_their_key,
    deleted_objects_follow,
    a_delete_cascades_to_nothing,
    a_delete_is_taken_back,
    a_fetched_delete,
    changed_keys,
    changed_foreign_keys,
    rows_of_composite_keys,
    rows_compared_with_an_object,
    many_objects_follow,
    a_failed_statement_changes_no_object,
    versions_are_not_counted,
];

fn people(store: &mut Store) -> [Obj<User>; 3] {
    let people = ["Ada", "Bob", "Cleo"].map(|it| store.add(user(it)));
    store.save();
    people
}

fn names(people: &[Obj<User>]) -> Vec<String> {
    people.iter().map(|it| it.borrow().name.clone()).collect()
}

fn is_clean<T: Mapped>(object: &Obj<T>) -> bool {
    let inspection = inspect(object);
    !inspection.expired && !inspection.is_modified()
}

fn texts_are_bytes(at: &Place) -> bool {
    at.dialect().capability().types.texts != Texts::Collated
}

/// Whether statements tell the keys of the rows that they changed.
fn returns(at: &Place) -> Returning {
    at.dialect().capability().dml.returning
}

// DML-5, AF-1
fn one_statement_and_how_many_rows(at: &Place) {
    let mut store = at.store();
    let [ada, ..] = people(&mut store);
    ada.borrow_mut().name = "Adele".into();
    let matched = store.execute(update(User).set(User.email, "x").filter(User.id.le(1))).unwrap();
    assert_eq!(matched, 1);
    assert_eq!(
        store.sent(),
        "BEGIN\nUPDATE user_account SET name = ? WHERE id = ?\n\
         UPDATE user_account SET email = ? WHERE id <= ?"
    );
    assert_eq!((ada.borrow().name.as_str(), ada.borrow().email.as_deref()), ("Adele", Some("x")));
    let matched = store.execute(update(User).set(User.email, None).filter(User.id.gt(9))).unwrap();
    assert_eq!(matched, 0);
    assert_eq!(store.sent(), "UPDATE user_account SET email = ? WHERE id > ?");
    ada.borrow_mut().name = "Ada".into();
    let matched = store.execute(delete(Address).autoflush(false)).unwrap();
    assert_eq!((matched, store.sent()), (0, "DELETE FROM address".into()));
    store.commit().unwrap();
}

// DML-6, DML-10: without a statement more, and clean.
fn objects_follow_an_update(at: &Place) {
    let mut store = at.store();
    let people = people(&mut store);
    let stmt = update(User).set(User.name, User.name + "!").filter(User.id.ne(2));
    assert_eq!(store.execute(stmt).unwrap(), 2);
    assert_eq!(
        store.sent(),
        "BEGIN\nUPDATE user_account SET name = name || ? WHERE id <> ?".replace(
            "name || ?",
            if returns(at) == Returning::All { "name || ?" } else { "concat(name, ?)" }
        )
    );
    assert_eq!(names(&people), ["Ada!", "Bob", "Cleo!"]);
    assert!(people.iter().all(is_clean));
    store.flush().unwrap();
    assert_eq!(store.sent(), "");
    // A change on top of it writes what differs from the row.
    people[0].borrow_mut().name = "Ada!".into();
    people[1].borrow_mut().name = "Bill".into();
    store.commit().unwrap();
    assert_eq!(store.sent(), "UPDATE user_account SET name = ? WHERE id = ?\nCOMMIT");
    // What a rollback goes back to is what was committed.
    store.execute(update(User).set(User.name, "Nobody")).unwrap();
    assert_eq!(names(&people), ["Nobody"; 3]);
    store.rollback().unwrap();
    assert_eq!(names(&people), ["Ada!", "Bill", "Cleo!"]);
    assert_eq!(store.number("SELECT count(*) FROM user_account WHERE name = 'Nobody'"), 0);
}

fn an_update_without_objects_asks_for_nothing(at: &Place) {
    let mut store = at.store();
    people(&mut store);
    store.renew();
    let stmt = update(User).set(User.name, "x").synchronize_session(Synchronize::Fetch);
    assert_eq!(store.execute(stmt.filter(User.addresses.exists())).unwrap(), 0);
    assert_eq!(store.sent().lines().count(), 2);
    assert_eq!(store.execute(delete(Address)).unwrap(), 0);
    assert_eq!(store.sent(), "DELETE FROM address");
}

// DML-6, DML-8
fn what_cannot_be_evaluated_is_fetched(at: &Place) {
    let mut store = at.store();
    let people = people(&mut store);
    people[1].addresses().push(address("b@x"));
    store.save();
    let stmt = update(User).set(User.name, "Owner").filter(User.addresses.exists());
    assert_eq!(store.execute(stmt).unwrap(), 1);
    let exists = "WHERE EXISTS (SELECT 1 FROM address WHERE user_account.id = address.user_id)";
    let changed = format!("UPDATE user_account SET name = ? {exists}");
    let sent = match returns(at) {
        Returning::All => format!("BEGIN\n{changed} RETURNING id"),
        _ => {
            let asked = "SELECT user_account.id FROM user_account";
            format!("BEGIN\n{asked} {exists} FOR UPDATE\n{changed}")
        }
    };
    assert_eq!(store.sent(), sent);
    assert_eq!(names(&people), ["Ada", "Owner", "Cleo"]);
    assert!(people.iter().all(is_clean));
    // Whether two texts are equal is for a database with rules of its own to say.
    let stmt = update(User).set(User.name, "B").filter(User.name.eq("Owner"));
    assert_eq!(store.execute(stmt).unwrap(), 1);
    assert_eq!(store.sent().lines().count(), if texts_are_bytes(at) { 1 } else { 2 });
    assert_eq!(names(&people), ["Ada", "B", "Cleo"]);
    // On request always.
    let stmt = update(User).set(User.name, "C").filter(User.id.eq(3));
    assert_eq!(store.execute(stmt.synchronize_session(Synchronize::Fetch)).unwrap(), 1);
    let sent = store.sent();
    match returns(at) {
        Returning::All => {
            assert_eq!(sent, "UPDATE user_account SET name = ? WHERE id = ? RETURNING id");
        }
        _ => assert_eq!(sent.lines().count(), 2),
    }
    assert_eq!(names(&people), ["Ada", "B", "C"]);
}

// DML-7: before anything is sent, a flush included.
fn what_cannot_be_evaluated_is_refused_by_name(at: &Place) {
    let mut store = at.store();
    let [ada, ..] = people(&mut store);
    ada.borrow_mut().name = "Adele".into();
    let stmt = update(User).set(User.name, "x").synchronize_session(Synchronize::Evaluate);
    let error = store.execute(stmt.clone().filter(User.addresses.exists())).unwrap_err();
    assert!(matches!(error, Error::InvalidRequest(_)));
    assert!(error.to_string().starts_with("a subquery can't be evaluated in memory"), "{error}");
    let stmt = delete(User).synchronize_session(Synchronize::Evaluate);
    let error = store.execute(stmt.filter(User.name.like("x%"))).unwrap_err();
    assert!(error.to_string().contains("Synchronize::Fetch"), "{error}");
    assert_eq!(store.sent(), "");
    assert!(store.is_active() && inspect(&ada).is_modified());
    store.rollback().unwrap();
}

// DML-7: values that can't be evaluated.
fn values_of_the_database_expire_the_object(at: &Place) {
    let mut store = at.store();
    let people = people(&mut store);
    let stmt = update(User).set(User.name, func::lower(User.name)).set(User.email, "e");
    store.execute(stmt.filter(User.id.eq(1))).unwrap();
    store.sent();
    let [ada, bob, _] = &people;
    assert!(inspect(ada).expired && !inspect(bob).expired);
    // What is known is known all the same, and nothing is to be written.
    assert_eq!(ada.borrow().email.as_deref(), Some("e"));
    assert!(!inspect(ada).is_modified());
    store.fresh(ada).unwrap();
    assert_eq!(ada.borrow().name, "ada");
    assert!(is_clean(ada));
    assert_eq!(store.sent().lines().count(), 1);
}

// Some databases let the right sides of SET see what stands to their left.
fn values_see_what_the_database_saw(at: &Place) {
    let mut store = at.store();
    let book = store.add(book("a"));
    book.borrow_mut().pages = Some(1);
    store.save();
    let stmt = update(Book).set(Book.pages, Book.pages + 1).set(Book.title, "b");
    store.execute(stmt).unwrap();
    assert_eq!((book.borrow().pages, is_clean(&book)), (Some(2), true));
    let article = store.add(Article::builder().title("x"));
    store.save();
    assert_eq!((article.borrow().stock, article.borrow().rank.value().unwrap()), (Some(5), 7));
    let stmt = update(Article).set(Article.stock, Article.rank).set(Article.rank, Article.rank + 1);
    store.execute(stmt).unwrap();
    assert_eq!((article.borrow().stock, article.borrow().rank.value().unwrap()), (Some(7), 8));
    let stmt = update(Article).set(Article.rank, Article.rank + 1).set(Article.stock, Article.rank);
    store.execute(stmt).unwrap();
    store.fresh(&article).unwrap();
    let (stock, rank) = (article.borrow().stock.unwrap(), article.borrow().rank.value().unwrap());
    assert_eq!(store.number("SELECT stock FROM article"), stock);
    assert_eq!((store.number("SELECT article.rank FROM article"), rank), (9, 9));
}

// DML-9
fn objects_stay_as_they_are(at: &Place) {
    let mut store = at.store();
    let people = people(&mut store);
    let off = Synchronize::Off;
    store.execute(update(User).set(User.name, "x").synchronize_session(off)).unwrap();
    assert_eq!(store.sent(), "BEGIN\nUPDATE user_account SET name = ?");
    assert_eq!(names(&people), ["Ada", "Bob", "Cleo"]);
    store.execute(delete(User).filter(User.id.eq(1)).synchronize_session(off)).unwrap();
    assert_eq!(inspect(&people[0]).state, State::Persistent);
    store.refresh(&people[1]).unwrap();
    assert_eq!(people[1].borrow().name, "x");
}

// DML-10: conditions are about rows; what the statement sets is set, whatever was set in memory.
fn unwritten_changes_are_no_part_of_the_row(at: &Place) {
    let mut store = at.store();
    let people = people(&mut store);
    people[0].borrow_mut().email = Some("ada".into());
    people[0].borrow_mut().name = "Adele".into();
    people[1].borrow_mut().email = Some("bob".into());
    let stmt = update(User).set(User.name, "x").filter(User.email.is_null() & User.id.le(2));
    assert_eq!(store.execute(stmt.autoflush(false)).unwrap(), 2);
    assert_eq!(
        store.sent(),
        "BEGIN\nUPDATE user_account SET name = ? WHERE email IS NULL AND id <= ?"
    );
    assert_eq!(names(&people), ["x", "x", "Cleo"]);
    let changes = inspect(&people[0]).changes;
    assert_eq!(changes.iter().map(|it| it.field).collect::<Vec<_>>(), ["email"]);
    store.commit().unwrap();
    assert_eq!(store.sent(), "UPDATE user_account SET email = ? WHERE id = ? -- 2 rows\nCOMMIT");
}

// DML-10, DML-11
fn expired_objects_are_told_by_their_key(at: &Place) {
    let mut store = at.store();
    let people = people(&mut store);
    store.execute(update(User).set(User.email, None)).unwrap();
    store.rollback().unwrap();
    assert!(people.iter().all(|it| inspect(it).expired));
    store.sent();
    let evaluate = Synchronize::Evaluate;
    let stmt = update(User).set(User.name, "x").filter(User.email.is_null() & User.id.le(2));
    assert_eq!(store.execute(stmt.synchronize_session(evaluate)).unwrap(), 2);
    assert!(people.iter().all(|it| inspect(it).expired));
    let stmt = delete(User).filter(User.email.is_null() & User.id.eq(1));
    assert_eq!(store.execute(stmt.synchronize_session(evaluate)).unwrap(), 1);
    assert_eq!(inspect(&people[0]).state, State::Persistent, "only the database can tell");
    assert!(store.get(User, 1).unwrap().is_none());
    let stmt = delete(User).filter(User.id.eq(2));
    assert_eq!(store.execute(stmt.synchronize_session(evaluate)).unwrap(), 1);
    assert_eq!(inspect(&people[1]).state, State::Deleted);
    assert_eq!(inspect(&people[2]).state, State::Persistent);
    store.sent();
    store.fresh(&people[2]).unwrap();
    assert_eq!(people[2].borrow().name, "Cleo");
}

// DML-11
fn deleted_objects_follow(at: &Place) {
    let mut store = at.store();
    let people = people(&mut store);
    assert_eq!(store.execute(delete(User).filter(User.id.in_([1, 3]))).unwrap(), 2);
    assert_eq!(store.sent(), "BEGIN\nDELETE FROM user_account WHERE id IN (?, ?)");
    let states = || people.each_ref().map(|it| inspect(it).state);
    assert_eq!(states(), [State::Deleted, State::Persistent, State::Deleted]);
    assert!(!store.contains(&people[0]) && store.contains(&people[1]));
    assert!(store.get(User, 1).unwrap().is_none());
    // Another row may have the key now.
    let other = store.add(User { id: 1.into(), ..user("Other") });
    store.commit().unwrap();
    assert_eq!(states(), [State::Detached, State::Persistent, State::Detached]);
    assert!(store.get_one(User, 1).unwrap().is(&other));
    assert!(matches!(store.try_add(&people[0]), Err(Error::Deleted(_))));
}

// CAS-19: what refers to the row is the database's business.
fn a_delete_cascades_to_nothing(at: &Place) {
    let mut store = at.store();
    let shelf = store.add(Shelf::builder().volumes([Volume::builder(), Volume::builder()]));
    store.save();
    let volume = shelf.volumes().iter().unwrap().next().unwrap();
    store.execute(delete(Shelf)).unwrap();
    assert_eq!(store.sent(), "BEGIN\nDELETE FROM shelf");
    assert_eq!(inspect(&shelf).state, State::Deleted);
    assert_eq!(inspect(&volume).state, State::Persistent);
    let author = store.add(author("A"));
    let book = author.books().push(book("b"));
    store.flush().unwrap();
    store.sent();
    assert!(store.execute(delete(Author)).unwrap_err().integrity().is_some());
    store.rollback().unwrap();
    assert_eq!(inspect(&book).state, State::Transient);
}

// DML-11, TX: state, map and values are as before.
fn a_delete_is_taken_back(at: &Place) {
    let mut store = at.store();
    let people = people(&mut store);
    store.execute(update(User).set(User.name, "x").filter(User.id.eq(1))).unwrap();
    store.execute(delete(User)).unwrap();
    assert!(people.iter().all(|it| inspect(it).state == State::Deleted));
    store.rollback().unwrap();
    assert!(people.iter().all(|it| inspect(it).state == State::Persistent));
    assert_eq!(names(&people), ["Ada", "Bob", "Cleo"]);
    store.sent();
    assert!(store.get_one(User, 1).unwrap().is(&people[0]));
    assert_eq!(store.sent().lines().count(), 2, "it was expired");
    // What was inserted in the same transaction is transient.
    let dan = store.add(user("Dan"));
    store.flush().unwrap();
    store.execute(delete(User)).unwrap();
    assert_eq!(inspect(&dan).state, State::Deleted);
    store.rollback().unwrap();
    assert_eq!(inspect(&dan).state, State::Transient);
}

// DML-8
fn a_fetched_delete(at: &Place) {
    let mut store = at.store();
    let people = people(&mut store);
    let stmt = delete(User).filter(User.name.like("%o%"));
    assert_eq!(store.execute(stmt).unwrap(), 2);
    let sent = match returns(at) {
        Returning::None => {
            "BEGIN\nSELECT user_account.id FROM user_account WHERE user_account.name LIKE ? FOR UPDATE\n\
             DELETE FROM user_account WHERE name LIKE ?"
        }
        _ => "BEGIN\nDELETE FROM user_account WHERE name LIKE ? RETURNING id",
    };
    assert_eq!(store.sent(), sent);
    let states = people.each_ref().map(|it| inspect(it).state);
    assert_eq!(states, [State::Persistent, State::Deleted, State::Deleted]);
}

fn changed_keys(at: &Place) {
    let mut store = at.store();
    let euro = store.add(Currency::builder().code("EUR").name("Euro"));
    let mark = store.add(Currency::builder().code("DEM").name("Mark"));
    store.save();
    for how in [Synchronize::Evaluate, Synchronize::Fetch] {
        store.scalars(select(Currency)).all().unwrap();
        let stmt = update(Currency).set(Currency.code, "XXX").filter(Currency.code.eq("DEM"));
        assert_eq!(store.execute(stmt.synchronize_session(how)).unwrap(), 1);
        assert_eq!(mark.borrow().code, "XXX");
        store.sent();
        assert!(store.get_one(Currency, "XXX").unwrap().is(&mark));
        assert_eq!(store.sent(), "");
        assert!(store.get_one(Currency, "EUR").unwrap().is(&euro));
        let told = how == Synchronize::Fetch || texts_are_bytes(at);
        assert_eq!(store.sent().is_empty(), told);
        assert!(store.get(Currency, "DEM").unwrap().is_none());
        store.rollback().unwrap();
        assert!(store.get_one(Currency, "DEM").unwrap().is(&mark));
        assert!(store.get(Currency, "XXX").unwrap().is_none());
    }
}

// What a foreign key led to is not what it leads to.
fn changed_foreign_keys(at: &Place) {
    let mut store = at.store();
    let [one, two] = ["One", "Two"].map(|it| store.add(author(it)));
    let book = one.books().push(book("b"));
    store.save();
    assert!(book.author().get().unwrap().unwrap().is(&one));
    store.execute(update(Book).set(Book.author_id, 2)).unwrap();
    assert!(!book.author().is_loaded());
    store.sent();
    assert!(book.author().load(&mut store).unwrap().unwrap().is(&two));
    assert_eq!(store.sent(), "");
    store.rollback().unwrap();
    assert!(book.author().load(&mut store).unwrap().unwrap().is(&one));
}

fn rows_of_composite_keys(at: &Place) {
    let mut store = at.store();
    let regions = [("DE", 2), ("DE", 9), ("FR", 2)]
        .map(|(country, code)| store.add(Region::builder().country(country).code(code).name("x")));
    store.save();
    for how in [Synchronize::Evaluate, Synchronize::Fetch] {
        let stmt = update(Region).set(Region.name, "y");
        let stmt = stmt.filter(Region.country.eq("DE") & Region.code.lt(5));
        assert_eq!(store.execute(stmt.synchronize_session(how)).unwrap(), 1);
        let names = regions.each_ref().map(|it| it.borrow().name.clone());
        assert_eq!(names, ["y", "x", "x"]);
        store.rollback().unwrap();
        store.scalars(select(Region)).all().unwrap();
    }
}

// DML-12: a many-to-one compared with an object.
fn rows_compared_with_an_object(at: &Place) {
    let mut store = at.store();
    let [one, two] = ["One", "Two"].map(|it| store.add(author(it)));
    let books = [&one, &two].map(|it| it.books().push(book("b")));
    store.save();
    store.execute(update(Book).set(Book.title, "c").filter(Book.author.is(&two))).unwrap();
    assert_eq!(store.sent(), "BEGIN\nUPDATE book SET title = ? WHERE author_id = ?");
    assert_eq!(books.each_ref().map(|it| it.borrow().title.clone()), ["b", "c"]);
}

fn many_objects_follow(at: &Place) {
    let mut store = at.store();
    let n = if at.database().is_within_process() { 100_000 } else { 5_000 };
    let books = store.add_all((0..n).map(|it| Book { pages: Some(it + 1), ..book("b") }));
    store.save();
    let stmt = update(Book).set(Book.pages, Book.pages * 2).filter(Book.pages.gt(n / 2));
    assert_eq!(store.execute(stmt).unwrap(), (n / 2) as u64);
    assert_eq!(store.sent().lines().count(), 2);
    let right = |(at, book): (i64, &Obj<Book>)| {
        let pages = at + 1;
        book.borrow().pages == Some(if pages > n / 2 { pages * 2 } else { pages })
    };
    assert!((0..).zip(&books).all(right));
    let keys: Vec<i64> = books.iter().step_by(2).map(|it| *it.borrow().id.get().unwrap()).collect();
    let deleted = if at.database().is_within_process() { &keys[..20_000] } else { &keys[..] };
    let stmt = delete(Book).filter(Book.id.in_(deleted));
    assert_eq!(store.execute(stmt).unwrap(), deleted.len() as u64);
    let gone = books.iter().filter(|it| inspect(*it).state == State::Deleted).count();
    assert_eq!(gone, deleted.len());
    store.rollback().unwrap();
    assert!((0..).zip(&books).all(|(at, it)| it.borrow().pages == Some(at + 1)));
}

fn a_failed_statement_changes_no_object(at: &Place) {
    let mut store = at.store();
    let people = people(&mut store);
    store.execute(update(User).set(User.email, "a").filter(User.id.eq(1))).unwrap();
    let stmt = update(User).set(User.email, "a").set(User.name, "x");
    assert!(store.execute(stmt).unwrap_err().integrity().is_some());
    store.rollback().unwrap();
    assert_eq!(names(&people), ["Ada", "Bob", "Cleo"]);
    assert!(people.iter().all(|it| it.borrow().email.is_none()));
    // One that is borrowed can't follow: nothing is sent.
    store.refresh(&people[0]).unwrap();
    let guard = people[0].borrow_mut();
    store.sent();
    let stmt = update(User).set(User.name, "x").filter(User.email.is_null());
    assert!(matches!(store.execute(stmt.autoflush(false)), Err(Error::Borrowed(_))));
    drop(guard);
    assert_eq!(store.sent(), "");
}

// VER-9
fn versions_are_not_counted(at: &Place) {
    let mut store = at.store();
    let draft = store.add(Draft::builder().title("a"));
    store.save();
    store.execute(update(Draft).set(Draft.title, "b").filter(Draft.id.eq(1))).unwrap();
    store.execute(update(Draft).rows([(Draft.id.set(1), Draft.body.set("c"))])).unwrap();
    assert_eq!(
        store.sent(),
        "BEGIN\nUPDATE draft SET title = ? WHERE id = ?\nUPDATE draft SET body = ? WHERE id = ?"
    );
    assert_eq!((draft.borrow().version, draft.borrow().title.as_str()), (1, "b"));
    draft.borrow_mut().title = "d".into();
    store.commit().unwrap();
    assert_eq!(draft.borrow().version, 2);
    // Rows without objects have a first version all the same.
    store.execute(insert(Draft).objects([Draft::builder().title("e")])).unwrap();
    assert_eq!(store.number("SELECT count(*) FROM draft WHERE version = 1"), 1);
}

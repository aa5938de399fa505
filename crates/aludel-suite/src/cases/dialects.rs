//! Statements that each database spells in its own way, and that mean the same on all of them.

use aludel::{Kind, blocking::Session, prelude::*};

use crate::{Case, Place, cases, models::*, store::Store};

pub(super) const CASES: &[Case] = cases!["dialects":
    upserts,
    nothing_on_conflict,
    nulls_in_a_sort_order,
    whole_numbers,
    sums_and_averages,
    constants_in_a_result,
    groups_of_computed_keys,
    statements_that_read_their_own_table,
    lists_with_a_limit,
    locked_rows,
    locks_hold_others_off needs ROW_LOCKS,
];

/// Books of 10, no known number of, 7 and 31 pages.
fn shelf(at: &Place) -> Store {
    let mut store = at.store();
    for (title, pages) in [("a", Some(10)), ("b", None), ("c", Some(7)), ("d", Some(31))] {
        store.add(Book::builder().title(title).pages(pages));
    }
    store.save();
    store
}

fn people(store: &mut Store) -> Vec<(String, Option<String>)> {
    store.execute(select((User.name, User.email)).order_by(User.id)).all().unwrap()
}

// DIA-3
fn upserts(at: &Place) {
    let mut store = at.store();
    store.add(User::builder().name("Ada").email("a@x"));
    store.save();
    let stmt = insert(User)
        .row((User.name.set("Augusta"), User.email.set("a@x")))
        .row((User.name.set("Bob"), User.email.set("b@x")))
        .on_conflict(User.email)
        .or_any_key()
        .do_update(User.name.set(User.name.excluded() + ", once " + User.name));
    store.execute(stmt).unwrap();
    let expected = [("Augusta, once Ada", "a@x"), ("Bob", "b@x")];
    let expected = expected.map(|(name, email)| (name.to_owned(), Some(email.to_owned())));
    assert_eq!(people(&mut store), expected);
}

// DIA-3
fn nothing_on_conflict(at: &Place) {
    let mut store = at.store();
    let row = |name: &'static str| (User.name.set(name), User.email.set("a@x"));
    store.execute(insert(User).row(row("Ada")).on_conflict_do_nothing()).unwrap();
    store.execute(insert(User).row(row("Eve")).on_conflict_do_nothing()).unwrap();
    let by_key = insert(User).row(row("Eve")).on_conflict(User.email).or_any_key().do_nothing();
    store.execute(by_key).unwrap();
    assert_eq!(people(&mut store), [("Ada".to_owned(), Some("a@x".to_owned()))]);
}

// DIA-5
fn nulls_in_a_sort_order(at: &Place) {
    let mut store = shelf(at);
    for (key, expected) in [
        (Book.pages.asc().nulls_first(), "bcad"),
        (Book.pages.asc().nulls_last(), "cadb"),
        (Book.pages.desc().nulls_first(), "bdac"),
        (Book.pages.desc().nulls_last(), "dacb"),
    ] {
        let titles: Vec<String> = store.scalars(select(Book.title).order_by(key)).all().unwrap();
        assert_eq!(titles.concat(), expected);
    }
}

// SEL-13
fn whole_numbers(at: &Place) {
    let mut store = shelf(at);
    let stmt = select((Book.pages / 4, Book.pages % 4, -Book.pages / 4, Book.pages - 1))
        .filter((Book.pages / 4 * 4 + Book.pages % 4).eq(Book.pages))
        .order_by(Book.id);
    let rows = store.execute(stmt).all().unwrap();
    let expected = [(2, 2, -2, 9), (1, 3, -1, 6), (7, 3, -7, 30)];
    assert_eq!(rows, expected.map(|(a, b, c, d)| (Some(a), Some(b), Some(c), Some(d))));
}

fn sums_and_averages(at: &Place) {
    let mut store = shelf(at);
    let stmt = select((func::sum(Book.pages), func::avg(Book.pages), func::count(Book.pages)));
    let (sum, average, count) = store.execute(stmt).one().unwrap();
    assert_eq!((sum, average, count), (Some(48), Some(16.0), 3));
    let third = select(func::round(func::avg(Book.pages + 1) / 3.0, 2));
    assert_eq!(store.scalar(third).unwrap().flatten(), Some(5.67));
}

// DIA-7
fn constants_in_a_result(at: &Place) {
    let mut store = shelf(at);
    let stmt = select((
        lit(1_i64),
        lit("x"),
        lit(2.5),
        case(Book.pages.gt(9), 1_i64).otherwise(2),
        lit(40_i64) + lit(2_i64),
        lit("7").cast::<i64>(),
        Book.pages.is_null().cast::<i64>(),
    ))
    .select_from(Book)
    .order_by(Book.id);
    let rows: Vec<(i64, String, f64, i64, i64, i64, i64)> = store.execute(stmt).all().unwrap();
    assert_eq!(rows[0], (1, "x".to_owned(), 2.5, 1, 42, 7, 0));
    assert_eq!(rows[1], (1, "x".to_owned(), 2.5, 2, 42, 7, 1));
}

fn groups_of_computed_keys(at: &Place) {
    let mut store = shelf(at);
    let size = case(Book.pages.gt(20), "long").when(Book.pages.gt(8), "middling").otherwise("?");
    let stmt = select((size.clone(), func::count_all())).group_by(size.clone()).order_by(size);
    let rows: Vec<(String, i64)> = store.execute(stmt).all().unwrap();
    let mut rows: Vec<(&str, i64)> = rows.iter().map(|(size, count)| (&**size, *count)).collect();
    rows.sort_unstable();
    assert_eq!(rows, [("?", 2), ("long", 1), ("middling", 1)]);
}

// SEL-22
fn statements_that_read_their_own_table(at: &Place) {
    let mut store = shelf(at);
    let most = select(func::max(Book.pages)).scalar_subquery();
    store.execute(update(Book).set(Book.title, "most").filter(Book.pages.eq(most))).unwrap();
    let other = Book.aliased("other");
    let shorter = select(other.id).filter(other.pages.lt(Book.pages) & other.id.lt(Book.id));
    store.execute(delete(Book).filter(exists(&shorter))).unwrap();
    let titles: Vec<String> = store.scalars(select(Book.title).order_by(Book.id)).all().unwrap();
    assert_eq!(titles, ["a", "b", "c"]);
}

// SEL-11
fn lists_with_a_limit(at: &Place) {
    let mut store = shelf(at);
    let longest = select(Book.id).order_by(Book.pages.desc().nulls_last()).limit(2);
    let stmt = select(Book.title).filter(Book.id.in_(longest)).order_by(Book.title);
    assert_eq!(store.scalars(stmt).all().unwrap(), ["a", "d"]);
    let rest = select(Book.title).order_by(Book.title).offset(3);
    assert_eq!(store.scalars(rest).all().unwrap(), ["d"]);
}

// DIA-2
fn locked_rows(at: &Place) {
    let mut store = shelf(at);
    for lock in [
        ForUpdate::new(),
        ForUpdate::new().nowait(),
        ForUpdate::new().skip_locked(),
        ForUpdate::new().share(),
    ] {
        let stmt = select(Book).filter(Book.pages.gt(9)).order_by(Book.id).with_for_update(lock);
        let books = store.scalars(stmt).all().unwrap();
        assert_eq!(books.len(), 2);
        store.rollback().unwrap();
    }
}

// DIA-2
fn locks_hold_others_off(at: &Place) {
    let mut store = shelf(at);
    let first = select(Book.title).filter(Book.id.eq(1)).with_for_update(ForUpdate::new());
    assert_eq!(store.scalars(first.clone()).one().unwrap(), "a");
    let mut other = Session::new(&store.engine);
    let free = select(Book.title).order_by(Book.id);
    let free = free.with_for_update(ForUpdate::new().skip_locked());
    assert_eq!(other.scalars(&free).all().unwrap(), ["b", "c", "d"]);
    other.rollback().unwrap();
    let error = other.scalars(first.with_for_update(ForUpdate::new().nowait())).all().unwrap_err();
    assert_eq!(error.kind(), Some(Kind::LockTimeout), "{error}");
    other.rollback().unwrap();
    store.rollback().unwrap();
    assert_eq!(other.scalars(&free).all().unwrap().len(), 4);
}

//! `with_loader_criteria`: a condition wherever an entity stands.

use aludel::prelude::*;

use super::{loading::library, strategies::graph};
use crate::{
    Case, Place, cases,
    models::*,
    store::{Store, titles},
};

pub(super) const CASES: &[Case] = cases!["rules":
    a_rule_for_an_entity,
    a_rule_for_a_session,
];

// LOAD-24: wherever the entity stands in the query.
fn a_rule_for_an_entity(at: &Place) {
    let mut store = library(at);
    let rule = || with_loader_criteria(Book, Book.title.ends_with("2"));
    let options = [
        selectinload(Author.books).selectinload(Book.tags),
        joinedload(Author.books).joinedload(Book.tags),
        subqueryload(Author.books).subqueryload(Book.tags),
    ];
    let mut seen = None;
    for option in options {
        store.renew();
        let query = select(Author).order_by(Author.id).options((rule(), option));
        let authors = store.scalars(query).all().unwrap();
        let found = graph(&authors);
        assert_eq!(authors.iter().flat_map(titles).collect::<Vec<_>>(), ["A2", "B2", "C2"]);
        assert_eq!(seen.get_or_insert_with(|| found.clone()), &found, "{}", store.sent());
    }
    // In FROM, under an alias, in a join and in a subquery.
    let all = |query: aludel::Select<i64>, store: &mut Store| {
        store.scalars(query.options(rule())).one().unwrap()
    };
    assert_eq!(all(select(func::count(Book.id)), &mut store), 3);
    let alias = Book.aliased("b");
    assert_eq!(all(select(func::count(alias.id)), &mut store), 3);
    let joined = select(func::count_all()).select_from(Author).join(Author.books);
    assert_eq!(all(joined, &mut store), 3);
    let outer = select(func::count_all())
        .select_from(Author)
        .outer_join(Author.books)
        .filter(Author.name.eq("A"));
    assert_eq!(all(outer, &mut store), 1);
    let any = select(func::count(Author.id)).filter(Author.books.any(Book.title.eq("A1")));
    assert_eq!(all(any, &mut store), 0, "{}", store.sent());
}

// The same by a hook: a rule for what is loaded later, too, and for statements that change rows.
fn a_rule_for_a_session(at: &Place) {
    let mut store = library(at);
    let hooks = aludel::Hooks::new().on_execute(|it| {
        it.with_loader_criteria(Book, Book.title.ends_with("2"));
        Ok(())
    });
    store.listen(hooks);
    let query = select(Author).order_by(Author.id).options(joinedload(Author.books));
    let authors = store.scalars(query).all().unwrap();
    assert_eq!(titles(&authors[0]), ["A2"], "{}", store.sent());
    drop(authors);
    store.expunge_all();
    let authors = store.scalars(select(Author).order_by(Author.id)).all().unwrap();
    authors[0].books().load(&mut store).unwrap();
    assert_eq!(titles(&authors[2]), ["C2"]);
    assert!(store.get(Book, 1).unwrap().is_none(), "a book whose title ends with 1");
    let changed = store.execute(update(Book).set(Book.pages, 7)).unwrap();
    assert_eq!(changed, 3);
}

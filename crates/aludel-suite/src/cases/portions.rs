//! Relationships in streams: each portion of rows comes with what is loaded for it.

use aludel::{Error, Obj, Select, prelude::*};

use super::loading::library;
use crate::{
    Case, Place, cases,
    models::{rack::*, *},
    store::{Store, author, book, node, tag, titles, user},
};

pub(super) const CASES: &[Case] = cases!["portions":
    a_statement_for_each_portion,
    where_portions_end,
    members_that_fill_portions,
    more_keys_than_a_statement_takes,
    behind_each_other,
    a_tree_for_each_portion,
    some_members_of_each,
    composite_keys,
    joins_row_by_row,
    what_needs_all_rows_is_refused,
    as_it_is_mapped,
    what_is_loaded_later,
    several_entities_in_a_row,
    objects_that_are_there,
    a_portion_of_nothing_is_refused,
    what_was_written_is_seen,
];

/// So many authors, each with as many books as its number says, from 0.
pub(super) fn authors(at: &Place, n: i64) -> Store {
    let mut store = at.store();
    for number in 0..n {
        let author = store.add(author(&number.to_string()));
        author.books().extend((0..number).map(|it| book(&format!("{number}.{it}"))));
    }
    store.save();
    store.renew();
    store
}

pub(super) fn by_id() -> Select<Obj<Author>> {
    select(Author).order_by(Author.id)
}

/// The rows of a stream.
pub(super) fn all<R: Send + 'static>(store: &mut Store, query: &Select<R>) -> Vec<R> {
    store.stream_scalars(query).unwrap().map(Result::unwrap).collect()
}

/// Why a stream is refused; nothing is sent.
fn refused<R: Send + 'static>(store: &mut Store, query: &Select<R>) -> String {
    store.sent();
    let error = store.stream_scalars(query).map(drop).unwrap_err();
    assert!(matches!(error, Error::InvalidRequest(_)), "{error}");
    assert_eq!(store.sent(), "");
    error.to_string()
}

// LOAD-28, LOAD-8
fn a_statement_for_each_portion(at: &Place) {
    let mut store = authors(at, 5);
    let query = by_id().options(selectinload(Author.books)).yield_per(2);
    let found = all(&mut store, &query);
    let of = |keys: &str| {
        format!(
            "SELECT book.id, book.title, book.pages, book.author_id FROM book WHERE book.author_id {keys} \
             ORDER BY book.id"
        )
    };
    let expected = [
        "BEGIN".to_owned(),
        "SELECT author.id, author.name FROM author ORDER BY author.id".to_owned(),
        of("IN (?, ?)"),
        of("IN (?, ?)"),
        of("IN (?)"),
    ];
    assert_eq!(store.sent(), expected.join("\n"));
    for (number, author) in found.iter().enumerate() {
        let expected: Vec<_> = (0..number).map(|it| format!("{number}.{it}")).collect();
        assert_eq!(titles(author), expected);
        // Both sides.
        for book in author.books().iter().unwrap() {
            assert!(book.author().get().unwrap().unwrap().is(author));
        }
    }
    assert_eq!(store.sent(), "");
}

// LOAD-28
fn where_portions_end(at: &Place) {
    for n in 0..=5 {
        let mut store = authors(at, n);
        for size in 1..=6 {
            let query = by_id().options(selectinload(Author.books)).yield_per(size);
            let found = all(&mut store, &query);
            let sent = store.sent();
            let portions = (n as usize).div_ceil(size);
            assert_eq!(sent.lines().count(), 2 + portions, "{n} by {size}: {sent}");
            let lengths: Vec<_> = found.iter().map(|it| it.books().len().unwrap()).collect();
            assert_eq!(lengths, Vec::from_iter(0..n as usize), "{n} by {size}");
            drop(found);
            store.renew();
        }
    }
}

// LOAD-28: an owner's members are never cut.
fn members_that_fill_portions(at: &Place) {
    let mut store = at.store();
    let common = store.add(tag("common"));
    for name in ["a", "b"] {
        let author = store.add(author(name));
        for number in 0..30 {
            author.books().push(book(&format!("{name}{number}"))).tags().push(&common);
        }
    }
    store.save();
    store.renew();
    let query = by_id().options(selectinload(Author.books).selectinload(Book.tags));
    let found = all(&mut store, &query.yield_per(1));
    assert_eq!(store.sent().lines().count(), 2 + 2 * 2);
    assert!(found.iter().all(|it| it.books().len().unwrap() == 30));
    // What two portions share is one object, whose collection nobody loaded.
    let tags: Vec<Obj<Tag>> = found
        .iter()
        .flat_map(|it| it.books().iter().unwrap().collect::<Vec<_>>())
        .map(|it| it.tags().iter().unwrap().next().unwrap())
        .collect();
    assert_eq!(tags.len(), 60);
    assert!(tags.iter().all(|it| it.is(&tags[0])));
    assert_eq!(store.sent(), "");
    assert_eq!(tags[0].books().load(&mut store.session).unwrap().len(), 60);
}

// LOAD-8: lists of 500.
fn more_keys_than_a_statement_takes(at: &Place) {
    let mut store = at.store();
    store.add_all((0..1300).map(|it| author(&it.to_string())));
    store.save();
    store.renew();
    let query = by_id().options(selectinload(Author.books));
    assert_eq!(all(&mut store, &query).len(), 1300);
    assert_eq!(store.sent().lines().count(), 2 + 3, "500 at a time where nothing is said");
    store.renew();
    assert_eq!(all(&mut store, &query.yield_per(1200)).len(), 1300);
    assert_eq!(store.sent().lines().count(), 2 + 3 + 1);
}

// LOAD-18
fn behind_each_other(at: &Place) {
    let mut store = library(at);
    let chain = selectinload(Author.books).selectinload(Book.tags).selectinload(Tag.books);
    let found = all(&mut store, &by_id().options(chain).yield_per(2));
    let sent = store.sent();
    assert_eq!(sent.lines().count(), 2 + 2 * 3, "{sent}");
    let tables: Vec<_> = sent.lines().skip(2).map(|it| it.contains("FROM book WHERE")).collect();
    assert_eq!(tables, [true, false, false, true, false, false], "{sent}");
    for author in &found {
        for book in author.books().iter().unwrap() {
            let tags: Vec<_> = book.tags().iter().unwrap().collect();
            assert_eq!(tags.len(), 2);
            assert_eq!(tags[1].borrow().name, format!("only {}", book.borrow().title));
            assert_eq!(tags[0].books().len().unwrap(), 6);
        }
    }
    assert_eq!(store.sent(), "");
    // A join within the statement of a portion, even of a collection.
    store.renew();
    let mixed = selectinload(Author.books).joinedload(Book.tags);
    let found = all(&mut store, &by_id().options(mixed).yield_per(1));
    assert_eq!(store.sent().lines().count(), 2 + 3);
    for author in &found {
        assert_eq!(titles(author).len(), 2);
        assert!(author.books().iter().unwrap().all(|it| it.tags().len().unwrap() == 2));
    }
    assert_eq!(store.sent(), "");
}

// LOAD-25
fn a_tree_for_each_portion(at: &Place) {
    let mut store = at.store();
    for root in ["a", "b", "c"] {
        let mut above = store.add(node(root));
        for depth in 0..4 {
            above = above.children().push(node(&format!("{root}{depth}")));
        }
    }
    store.save();
    store.renew();
    let query = select(Node).filter(Node.parent_id.is_null()).order_by(Node.id);
    let query = query.options(selectinload(Node.children).recursive()).yield_per(2);
    let found = all(&mut store, &query);
    assert_eq!(store.sent().lines().count(), 2 + 2);
    for root in &found {
        let mut below = root.clone();
        for depth in 0..4 {
            below = below.children().iter().unwrap().next().unwrap();
            assert_eq!(below.borrow().name, format!("{}{depth}", root.borrow().name));
        }
        assert_eq!(below.children().len().unwrap(), 0);
    }
    assert_eq!(store.sent(), "");
}

// LOAD-24
fn some_members_of_each(at: &Place) {
    let mut store = authors(at, 5);
    let last = selectinload(Author.books).order_by(Book.id.desc()).limit(2);
    let found = all(&mut store, &by_id().options(last).yield_per(3));
    assert_eq!(store.sent().lines().count(), 2 + 2);
    assert_eq!(titles(&found[4]), ["4.3", "4.2"]);
    assert_eq!(titles(&found[1]), ["1.0"]);
    store.renew();
    let some = selectinload(Author.books).and_(Book.title.ends_with(".1"));
    let rule = with_loader_criteria(Author, Author.name.ne("3"));
    let found = all(&mut store, &by_id().options((some, rule)).yield_per(3));
    assert_eq!(store.sent().lines().count(), 2 + 2);
    let found: Vec<_> = found.iter().map(titles).collect();
    assert_eq!(found, [vec![], vec![], vec!["2.1".to_owned()], vec!["4.1".to_owned()]]);
}

// LOAD-10
fn composite_keys(at: &Place) {
    let mut store = at.store();
    for code in 0..5 {
        let region = store.add(Region::builder().country("DE").code(code).name("Süd"));
        region.sites().extend((0..code).map(|_| Site::builder()));
    }
    store.add(Site::builder());
    store.save();
    store.renew();
    let query = select(Region).order_by(Region.code).options(selectinload(Region.sites));
    let found = all(&mut store, &query.yield_per(2));
    assert_eq!(store.sent().lines().count(), 2 + 3);
    let lengths: Vec<_> = found.iter().map(|it| it.sites().len().unwrap()).collect();
    assert_eq!(lengths, [0, 1, 2, 3, 4]);
    store.renew();
    // The other way round: of the last portion no key is there to ask for.
    let query = select(Site).order_by(Site.id).options(selectinload(Site.region));
    let found = all(&mut store, &query.yield_per(5));
    assert_eq!(found.len(), 11);
    assert_eq!(store.sent().lines().count(), 2 + 2);
    let codes: Vec<_> =
        found.iter().map(|it| it.region().get().unwrap().map(|it| it.borrow().code)).collect();
    assert_eq!(codes[9..], [Some(4), None]);
}

// LOAD-28: what brings one object to a row at the most is read with it.
fn joins_row_by_row(at: &Place) {
    let mut store = authors(at, 4);
    store.add(book("of nobody"));
    store.save();
    store.renew();
    let query = select(Book).order_by(Book.id).yield_per(2);
    let found = all(&mut store, &query.clone().options(joinedload(Book.author)));
    assert_eq!(store.sent().lines().count(), 2);
    assert_eq!(found.len(), 7);
    for book in &found {
        let owner = book.author().get().unwrap().map(|it| it.borrow().name.clone());
        let title = &book.borrow().title;
        assert_eq!(owner.as_deref(), title.split_once('.').map(|it| it.0));
    }
    assert_eq!(store.sent(), "");
    // Behind it, a statement for each portion that has an author.
    store.renew();
    let books = joinedload(Book.author).selectinload(Author.books);
    let found = all(&mut store, &query.options(books));
    assert_eq!(store.sent().lines().count(), 2 + 3);
    for book in found.iter().take(6) {
        let author = book.author().get().unwrap().unwrap();
        assert_eq!(author.borrow().name, author.books().len().unwrap().to_string());
    }
    assert_eq!(store.sent(), "");
    // One to one.
    for name in ["a", "b", "c"] {
        let user = store.add(user(name));
        if name != "b" {
            user.profile().set(Profile::builder().bio(name));
        }
    }
    store.save();
    store.renew();
    let query = select(User).order_by(User.id).options(joinedload(User.profile)).yield_per(2);
    let found = all(&mut store, &query);
    assert_eq!(store.sent().lines().count(), 2);
    let bios: Vec<_> = found
        .iter()
        .map(|it| it.profile().get().unwrap().map(|it| it.borrow().bio.clone()))
        .collect();
    assert_eq!(bios, [Some("a".to_owned()), None, Some("c".to_owned())]);
}

// LOAD-28
fn what_needs_all_rows_is_refused(at: &Place) {
    let mut store = authors(at, 3);
    let text = refused(&mut store, &by_id().options(joinedload(Author.books)));
    assert_eq!(
        text,
        "`joinedload` of `Author.books` needs all rows of the query at once, and a stream has a portion of \
         them: load it by `selectinload`, or run the query with `.all()`"
    );
    let text = refused(&mut store, &by_id().options(subqueryload(Author.books)));
    assert!(text.starts_with("`subqueryload` of `Author.books` needs all rows"), "{text}");
    let text =
        refused(&mut store, &by_id().join(Author.books).options(contains_eager(Author.books)));
    assert!(text.starts_with("`contains_eager` of `Author.books` needs all rows"), "{text}");
    let behind = joinedload(Book.author).joinedload(Author.books);
    let text = refused(&mut store, &select(Book).options(behind));
    assert!(text.starts_with("`joinedload` of `Author.books`"), "{text}");
    let behind = selectinload(Author.books).subqueryload(Book.tags);
    let text = refused(&mut store, &by_id().options(behind));
    assert!(text.starts_with("`subqueryload` of `Book.tags`"), "{text}");
    // The last word counts.
    let query = by_id().options((joinedload(Author.books), selectinload(Author.books)));
    assert_eq!(all(&mut store, &query)[2].books().len().unwrap(), 2);
    // A join that the query has by itself, of what is one.
    store.renew();
    let query = select(Book).join(Book.author).order_by(Book.id);
    let query = query.options(contains_eager(Book.author)).yield_per(1);
    let found = all(&mut store, &query);
    assert_eq!(store.sent().lines().count(), 2);
    assert!(found.iter().all(|it| it.author().get().unwrap().is_some()));
}

// LOAD-28: what the mapping joins, or reads by a subquery, is read by a statement for each portion.
fn as_it_is_mapped(at: &Place) {
    let mut store = at.store();
    for name in ["r", "s", "t"] {
        let rack = store.add(Rack::builder().name(name));
        let case = rack.boxes().push(Crate::builder().label(name));
        case.things().extend([Thing::builder(), Thing::builder()]);
    }
    store.save();
    store.renew();
    let found = all(&mut store, &select(Rack).order_by(Rack.id).yield_per(2));
    let sent = store.sent();
    assert_eq!(sent.lines().count(), 2 + 2, "{sent}");
    assert!(sent.lines().nth(2).unwrap().contains("LEFT OUTER JOIN thing"), "{sent}");
    for rack in &found {
        let case = rack.boxes().iter().unwrap().next().unwrap();
        assert_eq!((case.things().len().unwrap(), &case.borrow().label), (2, &rack.borrow().name));
    }
    store.renew();
    let found = all(&mut store, &select(Crate).order_by(Crate.id).yield_per(2));
    assert_eq!(store.sent().lines().count(), 2 + 2);
    assert!(found.iter().all(|it| it.things().len().unwrap() == 2));
    // Unless the query says otherwise.
    store.renew();
    let query = select(Crate).options(lazyload(Crate.things));
    let found = all(&mut store, &query);
    assert_eq!(store.sent().lines().count(), 2);
    assert!(!found[0].things().is_loaded());
}

// LOAD-20
fn what_is_loaded_later(at: &Place) {
    let mut store = authors(at, 4);
    let query = by_id().options(raiseload("*")).yield_per(3);
    let found = all(&mut store, &query);
    let error = found[3].books().load(&mut store.session).unwrap_err();
    assert!(matches!(error, Error::RaiseLoad(_)), "{error}");
    store.renew();
    let found = all(&mut store, &by_id().options(noload(Author.books)).yield_per(3));
    assert_eq!(found[3].books().len().unwrap(), 0);
    store.renew();
    // Siblings are those of a portion.
    let found = all(&mut store, &by_id().yield_per(2));
    store.sent();
    found[3].books().load(&mut store.session).unwrap();
    let loaded: Vec<_> = found.iter().map(|it| it.books().is_loaded()).collect();
    assert_eq!(loaded, [false, false, true, true], "{}", store.sent());
}

fn several_entities_in_a_row(at: &Place) {
    let mut store = library(at);
    let query = select((Author, Book)).join(Author.books).order_by(Book.id).yield_per(4);
    let query = query.options((selectinload(Book.tags), selectinload(Author.books)));
    let found = all(&mut store, &query);
    assert_eq!(store.sent().lines().count(), 2 + 2 * 2);
    assert_eq!(found.len(), 6);
    for (author, book) in &found {
        assert!(author.books().iter().unwrap().any(|it| it.is(book)));
        assert_eq!((author.books().len().unwrap(), book.tags().len().unwrap()), (2, 2));
    }
    // Of columns, there is nothing to load.
    let found = all(&mut store, &select(Author.name).order_by(Author.id).yield_per(2));
    assert_eq!(found, ["A", "B", "C"]);
}

// LOAD-21, IDM-6
fn objects_that_are_there(at: &Place) {
    let mut store = authors(at, 4);
    let known = store.scalars(by_id()).all().unwrap();
    known[2].borrow_mut().name = "changed".into();
    known[3].books().load_one(&mut store.session).unwrap();
    let here = known[3].books().iter().unwrap().next().unwrap();
    store.run("UPDATE author SET name = 'new'");
    store.run("UPDATE book SET title = 'new'");
    let query = by_id().autoflush(false).options(selectinload(Author.books)).yield_per(3);
    let found = all(&mut store, &query);
    assert!(found.iter().zip(&known).all(|(a, b)| a.is(b)), "one object a key");
    let names: Vec<_> = found.iter().map(|it| it.borrow().name.clone()).collect();
    assert_eq!(names, ["0", "1", "changed", "3"]);
    assert_eq!(titles(&found[2]), ["new", "new"]);
    assert_eq!(titles(&found[3])[0], "3.0");
    let found = all(&mut store, &query.populate_existing());
    let names: Vec<_> = found.iter().map(|it| it.borrow().name.clone()).collect();
    assert_eq!(names, ["new"; 4]);
    assert_eq!(titles(&found[3])[0], "new");
    assert!(found[3].books().iter().unwrap().next().unwrap().is(&here));
}

fn a_portion_of_nothing_is_refused(at: &Place) {
    let mut store = at.store();
    let text = refused(&mut store, &by_id().yield_per(0));
    assert_eq!(text, "`yield_per(0)`: a stream reads one row at a time at least");
    // What isn't streamed is read at once.
    store.add_all([author("a"), author("b")]);
    let query = by_id().options(selectinload(Author.books)).yield_per(1);
    store.save();
    assert_eq!(store.scalars(query).all().unwrap().len(), 2);
    assert_eq!(store.sent().lines().count(), 3);
}

fn what_was_written_is_seen(at: &Place) {
    let mut store = authors(at, 3);
    let first = store.scalars(by_id()).first().unwrap().unwrap();
    first.books().load(&mut store.session).unwrap();
    store.run("UPDATE book SET title = 'within'");
    let last = store.add(author("last"));
    last.books().push(book("new"));
    let found = all(&mut store, &by_id().options(selectinload(Author.books)).yield_per(1));
    assert!(found[3].is(&last));
    assert_eq!(titles(&found[2]), ["within", "within"]);
    assert_eq!(titles(&found[3]), ["new"]);
    store.rollback().unwrap();
    assert_eq!(store.number("SELECT count(*) FROM author"), 3);
}

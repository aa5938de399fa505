//! Relationships are loaded for all siblings at once, or with the query.

use aludel::{Error, Obj, prelude::*};

use crate::{
    Case, Place, cases,
    models::*,
    store::{Store, address, author, book, mails, node, tag, titles, user},
};

pub(super) const CASES: &[Case] = cases!["loading":
    load_is_batched,
    load_one_is_not,
    many_owners,
    to_one_from_the_identity_map,
    composite_keys,
    selectinload_nested,
    joinedload_of_collections_and_objects,
    chained_strategies,
    raiseload_forbids,
    a_refresh_forgets_a_raiseload,
    a_raiseload_is_for_its_own_objects,
    an_option_of_another_entity,
    members_come_in_order,
    loading_without_a_session,
    self_referential_loads,
    streams_by_chunks,
];

/// Three authors with two books each, every book with a tag of its own and a common one.
pub(super) fn library(at: &Place) -> Store {
    let mut store = at.store();
    let common = store.add(tag("common"));
    for name in ["A", "B", "C"] {
        let author = store.add(author(name));
        for number in 1..=2 {
            let book = author.books().push(book(&format!("{name}{number}")));
            book.tags().push(&common);
            book.tags().push(tag(&format!("only {name}{number}")));
        }
    }
    store.save();
    store.renew();
    store
}

fn authors(store: &mut Store) -> Vec<Obj<Author>> {
    let authors = store.scalars(select(Author).order_by(Author.id)).all().unwrap();
    store.sent();
    authors
}

// One query for all siblings, nested, too.
fn load_is_batched(at: &Place) {
    let mut store = library(at);
    let authors = authors(&mut store);
    for author in &authors {
        let books = author.books().load(&mut store).unwrap();
        assert_eq!(books.len(), 2);
        for book in books {
            assert_eq!(book.tags().load(&mut store).unwrap().len(), 2);
            assert!(book.author().load(&mut store).unwrap().unwrap().is(author));
        }
    }
    assert_eq!(
        store.sent(),
        "SELECT book.id, book.title, book.pages, book.author_id FROM book \
         WHERE book.author_id IN (?, ?, ?, ?) ORDER BY book.id\n\
         SELECT tag.id, tag.name, book_tag_1.book_id FROM tag JOIN book_tag AS book_tag_1 \
         ON tag.id = book_tag_1.tag_id WHERE book_tag_1.book_id IN (?, ?, ?, ?, ?, ?, ?, ?) \
         ORDER BY tag.id"
    );
    assert_eq!(titles(&authors[1]), ["B1", "B2"]);
}

fn load_one_is_not(at: &Place) {
    let mut store = library(at);
    let authors = authors(&mut store);
    authors[0].books().load_one(&mut store).unwrap();
    assert!(!authors[1].books().is_loaded());
    assert_eq!(
        store.sent(),
        "SELECT book.id, book.title, book.pages, book.author_id FROM book \
         WHERE book.author_id IN (?) ORDER BY book.id"
    );
    // The others follow together, without the one that is there.
    authors[1].books().load(&mut store).unwrap();
    assert!(authors[2].books().is_loaded());
    assert!(store.sent().contains("IN (?, ?) "));
}

// LOAD-8: five hundred keys a statement.
fn many_owners(at: &Place) {
    let mut store = at.store();
    store.add_all((0..1100).map(|it| author(&it.to_string())));
    store.add(Book::builder().title("x").author_id(1100));
    store.save();
    store.renew();
    let authors = authors(&mut store);
    authors[0].books().load(&mut store).unwrap();
    let sent = store.sent();
    assert_eq!(sent.lines().count(), 3);
    assert_eq!(sent.lines().next().unwrap().matches('?').count(), 500);
    assert_eq!(titles(&authors[1099]), ["x"]);
    assert!(authors.iter().all(|it| it.books().is_loaded()));
}

// LOAD-2
fn to_one_from_the_identity_map(at: &Place) {
    let mut store = library(at);
    let authors = authors(&mut store);
    let books = store.scalars(select(Book).order_by(Book.id)).all().unwrap();
    store.sent();
    for book in &books {
        book.author().load(&mut store).unwrap().unwrap();
    }
    assert_eq!(store.sent(), "");
    assert!(books[5].author().get().unwrap().unwrap().is(&authors[2]));
    store.renew();
    let books = store.scalars(select(Book).order_by(Book.id)).all().unwrap();
    let alone = store.add(book("alone"));
    store.flush().unwrap();
    store.sent();
    for book in &books {
        book.author().load(&mut store).unwrap().unwrap();
    }
    assert_eq!(
        store.sent(),
        "SELECT author.id, author.name FROM author WHERE author.id IN (?, ?, ?, ?)"
    );
    assert!(alone.author().load(&mut store).unwrap().is_none());
    assert_eq!(store.sent(), "");
}

// LOAD-10
fn composite_keys(at: &Place) {
    let mut store = at.store();
    for code in 1..=2 {
        let region = store.add(Region::builder().country("DE").code(code).name("r"));
        region.sites().extend([Site::builder(), Site::builder()]);
    }
    store.add(Site::builder().country("XX"));
    store.save();
    store.renew();
    let regions = store.scalars(select(Region).order_by(Region.code)).all().unwrap();
    store.sent();
    assert_eq!(regions[1].sites().load(&mut store).unwrap().len(), 2);
    assert_eq!(
        store.sent(),
        "SELECT site.id, site.country, site.code FROM site \
         WHERE (site.country, site.code) IN (VALUES (?, ?), (?, ?)) ORDER BY site.id"
    );
    assert_eq!(regions[0].sites().len().unwrap(), 2);
    drop(regions);
    store.renew();
    let sites = store.scalars(select(Site).order_by(Site.id)).all().unwrap();
    store.sent();
    assert_eq!(sites[0].region().load(&mut store).unwrap().unwrap().borrow().code, 1);
    assert!(sites[4].region().load(&mut store).unwrap().is_none());
    assert_eq!(store.sent().lines().count(), 1);
}

// LOAD-8, LOAD-18
fn selectinload_nested(at: &Place) {
    let mut store = library(at);
    let query = select(Author)
        .order_by(Author.id)
        .options(selectinload(Author.books).selectinload(Book.tags));
    let authors = store.scalars(&query).all().unwrap();
    assert_eq!(store.sent().lines().count(), 4, "BEGIN and three SELECTs");
    for author in &authors {
        for book in author.books().iter().unwrap() {
            assert_eq!(book.tags().len().unwrap(), 2);
            assert!(book.author().get().unwrap().unwrap().is(author));
        }
    }
    assert_eq!(store.sent(), "");
    // LOAD-21: what is loaded stays.
    let book = authors[0].books().iter().unwrap().next().unwrap();
    authors[0].books().remove(&book).unwrap();
    store.scalars(query.autoflush(false)).all().unwrap();
    assert_eq!(titles(&authors[0]), ["A2"]);
}

// LOAD-5, LOAD-27
fn joinedload_of_collections_and_objects(at: &Place) {
    let mut store = library(at);
    let query = select(Author).order_by(Author.id).options(joinedload(Author.books));
    let authors = store.scalars(&query).all().unwrap();
    assert_eq!(
        store.sent(),
        "BEGIN\nSELECT author.id, author.name, book_1.id, book_1.title, book_1.pages, \
         book_1.author_id FROM author LEFT OUTER JOIN book AS book_1 \
         ON author.id = book_1.author_id ORDER BY author.id, book_1.id"
    );
    assert_eq!(authors.len(), 3);
    assert_eq!(titles(&authors[2]), ["C1", "C2"]);
    drop(authors);
    store.renew();
    let query = select(Book).order_by(Book.id).options(joinedload(Book.author)).limit(3);
    let books = store.scalars(&query).all().unwrap();
    assert_eq!(store.sent().lines().count(), 2, "a row has one author, so a limit is no hindrance");
    assert_eq!(books[2].author().get().unwrap().unwrap().borrow().name, "B");
    drop(books);
    store.renew();
    let query =
        select(Book).order_by(Book.id).options(joinedload(Book.author).joinedload(Author.books));
    let books = store.scalars(&query).all().unwrap();
    assert_eq!(store.sent().lines().count(), 2);
    assert_eq!(books.len(), 6);
    assert_eq!(books[0].author().get().unwrap().unwrap().books().len().unwrap(), 2);
    drop(books);
    store.renew();
    // Many-to-many, through the association.
    let books = store.scalars(select(Book).options(joinedload(Book.tags))).all().unwrap();
    assert_eq!(store.sent().lines().count(), 2);
    assert!(books.iter().all(|it| it.tags().len().unwrap() == 2));
}

// LOAD-18: strategies mix.
fn chained_strategies(at: &Place) {
    let mut store = library(at);
    let query = select(Tag)
        .filter(Tag.name.eq("common"))
        .options(selectinload(Tag.books).joinedload(Book.author).selectinload(Author.books));
    let tag = store.scalars(&query).one().unwrap();
    let sent = store.sent();
    let books: Vec<_> = tag.books().iter().unwrap().collect();
    assert_eq!(books.len(), 6);
    for book in books {
        assert_eq!(book.author().get().unwrap().unwrap().books().len().unwrap(), 2, "{sent}");
    }
}

// LOAD-13
fn raiseload_forbids(at: &Place) {
    let mut store = library(at);
    let author = store
        .scalars(select(Author).filter(Author.id.eq(1)).options(raiseload(Author.books)))
        .one()
        .unwrap();
    let error = author.books().load(&mut store).unwrap_err();
    assert!(matches!(error, Error::RaiseLoad(_)));
    assert_eq!(
        error.to_string(),
        "Author.books may not be loaded here (`raiseload`): load it with the query by an option"
    );
    assert!(matches!(author.books().len(), Err(Error::NotLoaded(_))));
    store.scalars(select(Author).options(selectinload(Author.books))).all().unwrap();
    assert_eq!(author.books().load(&mut store).unwrap().len(), 2);
}

// LOAD-20: an object that is read again forgets what the query said; others that came with it don't.
fn a_refresh_forgets_a_raiseload(at: &Place) {
    let mut store = library(at);
    store.add(author("another"));
    store.save();
    store.renew();
    let query = select(Author).options(raiseload(Author.books)).order_by(Author.id);
    let authors = store.scalars(query).all().unwrap();
    store.refresh(&authors[0]).unwrap();
    assert_eq!(authors[0].books().load(&mut store).unwrap().len(), 2);
    assert!(!authors[1].books().is_loaded());
    assert!(matches!(authors[1].books().load(&mut store).unwrap_err(), Error::RaiseLoad(_)));
}

// LOAD-20, LOAD-21: what a query says of loading later holds for what it reads, and for what wasn't loaded of what was
// here; not for others that came with that.
fn a_raiseload_is_for_its_own_objects(at: &Place) {
    let mut store = library(at);
    let authors = store.scalars(select(Author).order_by(Author.id)).all().unwrap();
    authors[0].books().load_one(&mut store).unwrap();
    let query = select(Author).filter(Author.name.ne("C")).options(raiseload(Author.books));
    store.scalars(query).all().unwrap();
    assert_eq!(authors[0].books().load(&mut store).unwrap().len(), 2);
    assert!(matches!(authors[1].books().load(&mut store).unwrap_err(), Error::RaiseLoad(_)));
    assert_eq!(authors[2].books().load(&mut store).unwrap().len(), 2);
}

// LOAD-19
fn an_option_of_another_entity(at: &Place) {
    let mut store = at.store();
    let query = select(Tag).options(selectinload(Author.books));
    let error = store.scalars(query).all().unwrap_err();
    assert!(matches!(error, Error::InvalidRequest(_)), "{error}");
    assert_eq!(store.sent(), "");
}

// LOAD-23: the order of the relationship.
fn members_come_in_order(at: &Place) {
    let mut store = at.store();
    store.add(User::builder().name("Alice").addresses(["c", "a", "b"].map(address)));
    store.save();
    store.renew();
    store.run("UPDATE address SET id = 10 - id");
    for option in [None, Some(true), Some(false)] {
        store.save();
        store.renew();
        let query = select(User);
        let query = match option {
            None => query,
            Some(true) => query.options(joinedload(User.addresses)),
            Some(false) => query.options(selectinload(User.addresses)),
        };
        let alice = store.scalars(query).one().unwrap();
        alice.addresses().load(&mut store).unwrap();
        assert_eq!(mails(&alice), ["b", "a", "c"]);
    }
}

// LOAD-33
fn loading_without_a_session(at: &Place) {
    let mut store = at.store();
    let alice = Obj::new(user("Alice"));
    assert!(alice.addresses().load(&mut store).unwrap().is_empty());
    store.add(user("Bob"));
    store.save();
    store.renew();
    let bob = store.get_one(User, 1).unwrap();
    store.expunge(&bob).unwrap();
    assert!(matches!(bob.addresses().load(&mut store), Err(Error::Detached(_))));
}

fn self_referential_loads(at: &Place) {
    let mut store = at.store();
    let root = store.add(Node::builder().name("root").children([node("a"), node("b")]));
    root.children().iter().unwrap().next().unwrap().children().push(node("c"));
    store.save();
    drop(root);
    for joined in [false, true] {
        store.renew();
        let option = if joined {
            joinedload(Node.children).joinedload(Node.children)
        } else {
            selectinload(Node.children).selectinload(Node.children)
        };
        let query = select(Node).filter(Node.parent_id.is_null()).options(option);
        let root = store.scalars(query).one().unwrap();
        store.sent();
        let names: Vec<_> =
            root.children().iter().unwrap().map(|it| it.borrow().name.clone()).collect();
        assert_eq!(names, ["a", "b"]);
        let a = root.children().iter().unwrap().next().unwrap();
        assert_eq!(a.children().len().unwrap(), 1);
        assert!(a.parent().get().unwrap().unwrap().is(&root));
        assert_eq!(store.sent(), "");
    }
}

fn streams_by_chunks(at: &Place) {
    let mut store = at.store();
    store.add_all((0..1500).map(|it| author(&it.to_string())));
    store.save();
    store.renew();
    let mut sum = 0;
    for author in store.stream_scalars(&select(Author).order_by(Author.id)).unwrap() {
        sum += author.unwrap().borrow().id.value().unwrap();
    }
    assert_eq!(sum, 1500 * 1501 / 2);
    assert_eq!(store.sent(), "BEGIN\nSELECT author.id, author.name FROM author ORDER BY author.id");
    // One that is dropped half-way leaves the session usable.
    let mut stream = store.stream_scalars(&select(Author)).unwrap();
    stream.next().unwrap().unwrap();
    drop(stream);
    store.add(author("more"));
    store.commit().unwrap();
    assert_eq!(store.number("SELECT count(*) FROM author"), 1501);
}

//! Every way to load a relationship gives the same; what is said of one is in its statement.

use std::collections::BTreeMap;

use aludel::{Error, LoadOption, Obj, prelude::*};

use super::loading::library;
use crate::{
    Case, Place, cases,
    models::{rack::*, *},
    store::{Store, author, book, node, titles},
};

pub(super) const CASES: &[Case] = cases!["strategies":
    all_give_the_same,
    a_join_does_not_count_for_a_limit,
    the_order_of_a_wrapped_query,
    the_query_as_a_subquery,
    a_chain_behind_a_subquery,
    a_join_of_the_query,
    a_join_to_an_alias,
    a_join_that_is_not_there,
    conditions_on_members,
    another_order,
    the_first_of_each,
    the_first_of_each_by_an_association,
    the_first_of_each_by_two_columns,
    a_tree_in_one_statement,
    the_way_up_a_tree,
    a_circle_ends,
    an_inner_join,
    the_rest,
    only_what_sends,
    taken_for_empty,
    options_that_make_no_sense,
    nothing_to_load,
    members_as_they_are_mapped,
    strategies_that_are_mapped,
];

/// The names of what hangs together, by what is loaded: nothing is sent.
pub(super) fn graph(authors: &[Obj<Author>]) -> Vec<(String, BTreeMap<String, Vec<String>>)> {
    let tags = |book: &Obj<Book>| {
        let tags = book.tags().iter().unwrap();
        tags.map(|it| it.borrow().name.clone()).collect()
    };
    let books = |author: &Obj<Author>| {
        let books = author.books().iter().unwrap();
        books.map(|it| (it.borrow().title.clone(), tags(&it))).collect()
    };
    authors.iter().map(|it| (it.borrow().name.clone(), books(it))).collect()
}

// LOAD-18: any strategy, and behind it any.
fn all_give_the_same(at: &Place) {
    let mut store = library(at);
    store.add(author("without"));
    store.add(Author::builder().name("untagged").books([book("x")]));
    store.save();
    type First = fn(aludel::Relationship<Author, Book>) -> LoadOption<Author, Book>;
    type Second = fn(LoadOption<Author, Book>) -> LoadOption<Author, Tag>;
    let first: [First; 3] = [selectinload, joinedload, subqueryload];
    let second: [Second; 3] = [
        |it| it.selectinload(Book.tags),
        |it| it.joinedload(Book.tags),
        |it| it.subqueryload(Book.tags),
    ];
    // How many statements beside BEGIN: a join costs none.
    let costs = [1, 0, 1];
    let mut seen = None;
    for (one, first) in first.into_iter().enumerate() {
        for (other, second) in second.into_iter().enumerate() {
            store.renew();
            let query = select(Author).order_by(Author.id).options(second(first(Author.books)));
            let authors = store.scalars(query).all().unwrap();
            let sent = store.sent();
            assert_eq!(sent.lines().count(), 2 + costs[one] + costs[other], "{sent}");
            let found = graph(&authors);
            assert_eq!(found.len(), 5);
            assert_eq!(seen.get_or_insert_with(|| found.clone()), &found, "{sent}");
        }
    }
}

// LOAD-7
fn a_join_does_not_count_for_a_limit(at: &Place) {
    let mut store = library(at);
    let query = select(Author)
        .order_by(Author.name.desc())
        .limit(2)
        .offset(1)
        .options(joinedload(Author.books));
    let authors = store.scalars(query).all().unwrap();
    assert_eq!(
        store.sent(),
        "BEGIN\nSELECT author_1.id, author_1.name, book_1.id, book_1.title, book_1.pages, \
         book_1.author_id FROM (SELECT author.id AS id, author.name AS name FROM author \
         ORDER BY name DESC LIMIT ? OFFSET ?) AS author_1 LEFT OUTER JOIN book AS book_1 \
         ON author_1.id = book_1.author_id ORDER BY author_1.name DESC, book_1.id"
    );
    let names: Vec<_> = authors.iter().map(|it| it.borrow().name.clone()).collect();
    assert_eq!(names, ["B", "A"]);
    assert_eq!(titles(&authors[0]), ["B1", "B2"]);
    drop(authors);
    store.renew();
    // Those that can't stand in another query are read by a second statement.
    let query = select(Author).order_by(Author.id).distinct().options(joinedload(Author.books));
    let authors = store.scalars(query).all().unwrap();
    assert_eq!(store.sent().lines().count(), 2);
    assert_eq!(titles(&authors[2]), ["C1", "C2"]);
}

// What it is sorted by needn't be a column of what it gives.
fn the_order_of_a_wrapped_query(at: &Place) {
    let mut store = library(at);
    let query = select(Book)
        .join(Book.author)
        .order_by((Author.name.desc(), Book.id))
        .limit(3)
        .options((joinedload(Book.tags), selectinload(Book.author)));
    let books = store.scalars(query).all().unwrap();
    let found: Vec<_> = books.iter().map(|it| it.borrow().title.clone()).collect();
    assert_eq!(found, ["C1", "C2", "B1"], "{}", store.sent());
    assert!(books.iter().all(|it| it.tags().len().unwrap() == 2));
    assert_eq!(books[2].author().get().unwrap().unwrap().borrow().name, "B");
}

// LOAD-11
fn the_query_as_a_subquery(at: &Place) {
    let mut store = library(at);
    let query = select(Author)
        .filter(Author.name.ne("B"))
        .order_by(Author.id)
        .options(subqueryload(Author.books));
    let authors = store.scalars(query).all().unwrap();
    assert_eq!(
        store.sent().lines().last().unwrap(),
        "SELECT book.id, book.title, book.pages, book.author_id FROM \
         (SELECT author.id AS id, author.name AS name FROM author WHERE author.name <> ?) \
         AS author_1 JOIN book ON author_1.id = book.author_id ORDER BY book.id"
    );
    assert_eq!(titles(&authors[1]), ["C1", "C2"]);
    drop(authors);
    store.renew();
    // A limit stays, with what it needs to mean the same.
    let query = select(Book).order_by(Book.id.desc()).limit(1).options(subqueryload(Book.author));
    let books = store.scalars(query).all().unwrap();
    assert!(store.sent().contains("FROM book ORDER BY id DESC LIMIT ?) AS book_1 JOIN author"));
    assert_eq!(books[0].author().get().unwrap().unwrap().borrow().name, "C");
}

fn a_chain_behind_a_subquery(at: &Place) {
    let mut store = library(at);
    let query = select(Tag)
        .filter(Tag.name.eq("common"))
        .options(subqueryload(Tag.books).subqueryload(Book.author).subqueryload(Author.books));
    let tag = store.scalars(query).one().unwrap();
    let sent = store.sent();
    assert_eq!(sent.lines().count(), 5, "{sent}");
    let books: Vec<_> = tag.books().iter().unwrap().collect();
    assert_eq!(books.len(), 6);
    for book in books {
        let author = book.author().get().unwrap().unwrap();
        assert_eq!(author.books().len().unwrap(), 2, "each member once: {sent}");
    }
    // Through an association, and back: it stands twice in one statement.
    drop(tag);
    store.renew();
    let query = select(Tag)
        .filter(Tag.name.eq("common"))
        .options(subqueryload(Tag.books).subqueryload(Book.tags));
    let tag = store.scalars(query).one().unwrap();
    let sent = store.sent();
    let last = sent.lines().last().unwrap();
    assert!(last.contains("book_tag_1") && last.contains("book_tag_2"), "{sent}");
    assert!(tag.books().iter().unwrap().all(|it| it.tags().len().unwrap() == 2), "{sent}");
}

// LOAD-22
fn a_join_of_the_query(at: &Place) {
    let mut store = library(at);
    let query = select(Author)
        .join(Author.books)
        .filter(Book.title.ends_with("2"))
        .order_by(Author.id)
        .options(contains_eager(Author.books).selectinload(Book.tags));
    let authors = store.scalars(query).all().unwrap();
    let sent = store.sent();
    assert_eq!(
        sent.lines().nth(1).unwrap(),
        "SELECT author.id, author.name, book.id, book.title, book.pages, book.author_id \
         FROM author JOIN book ON author.id = book.author_id \
         WHERE book.title LIKE ? ESCAPE '/' ORDER BY author.id"
    );
    assert_eq!(sent.lines().count(), 3);
    assert_eq!(titles(&authors[1]), ["B2"], "as the rows said, until it expires");
    assert_eq!(authors[1].books().iter().unwrap().next().unwrap().tags().len().unwrap(), 2);
    store.expire(&authors[1]).unwrap();
    authors[1].books().load(&mut store).unwrap();
    assert_eq!(titles(&authors[1]), ["B1", "B2"]);
}

fn a_join_to_an_alias(at: &Place) {
    let mut store = library(at);
    let good = Book.aliased("good");
    let query = select(Author)
        .outer_join(Author.books.of_type(good))
        .order_by((Author.id, good.title.desc()))
        .options(contains_eager(Author.books.of_type(good)));
    let authors = store.scalars(query).all().unwrap();
    assert_eq!(store.sent().lines().count(), 2);
    assert_eq!(authors.len(), 3);
    assert_eq!(titles(&authors[0]), ["A2", "A1"], "in the order of the rows");
}

fn a_join_that_is_not_there(at: &Place) {
    let mut store = library(at);
    let query = select(Author).options(contains_eager(Author.books));
    let error = store.scalars(query).all().unwrap_err();
    assert_eq!(
        error.to_string(),
        "`contains_eager` of `Author.books` reads a join that the query doesn't have: join the \
         relationship, or load it by `joinedload`; of a join to an alias say `.of_type(alias)` in both"
    );
    assert_eq!(store.sent(), "");
}

// LOAD-24: in WHERE of a further statement, in ON of a join.
fn conditions_on_members(at: &Place) {
    let mut store = library(at);
    let second = || Book.title.ends_with("2");
    let options = [
        selectinload(Author.books).and_(second()),
        joinedload(Author.books).and_(second()),
        subqueryload(Author.books).and_(second()),
    ];
    for option in options {
        store.renew();
        let query = select(Author).order_by(Author.id).options(option);
        let authors = store.scalars(query).all().unwrap();
        let sent = store.sent();
        assert_eq!(authors.len(), 3, "{sent}");
        assert_eq!(titles(&authors[0]), ["A2"], "{sent}");
    }
    // Of an object and of an association, too.
    store.renew();
    let query = select(Book).order_by(Book.id).options((
        selectinload(Book.author).and_(Author.name.eq("A")),
        joinedload(Book.tags).and_(Tag.name.eq("common")),
    ));
    let books = store.scalars(query).all().unwrap();
    assert_eq!(books.len(), 6);
    assert!(books.iter().all(|it| it.tags().len().unwrap() == 1), "{}", store.sent());
    assert!(books[0].author().get().unwrap().is_some());
    assert!(books[5].author().get().unwrap().is_none());
}

fn another_order(at: &Place) {
    let mut store = library(at);
    let options = [
        selectinload(Author.books).order_by(Book.title.desc()),
        joinedload(Author.books).order_by(Book.title.desc()),
        subqueryload(Author.books).order_by(Book.title.desc()),
    ];
    for option in options {
        store.renew();
        let query = select(Author).order_by(Author.id).options(option);
        let authors = store.scalars(query).all().unwrap();
        assert_eq!(titles(&authors[2]), ["C2", "C1"], "{}", store.sent());
    }
}

fn the_first_of_each(at: &Place) {
    let mut store = library(at);
    store.add(author("without"));
    store.save();
    store.renew();
    let option = selectinload(Author.books).order_by(Book.title.desc()).limit(1);
    let query = select(Author).order_by(Author.id).options(option.selectinload(Book.tags));
    let authors = store.scalars(query).all().unwrap();
    let sent = store.sent();
    assert_eq!(
        sent.lines().nth(2).unwrap(),
        "SELECT book_1.id, book_1.title, book_1.pages, book_1.author_id FROM (SELECT book.id AS id, \
         book.title AS title, book.pages AS pages, book.author_id AS author_id, \
         row_number() OVER (PARTITION BY book.author_id ORDER BY book.title DESC, book.id) \
         AS aludel_place FROM book WHERE book.author_id IN (?, ?, ?, ?)) AS book_1 \
         WHERE book_1.aludel_place <= ? ORDER BY book_1.aludel_place"
    );
    assert_eq!(sent.lines().count(), 4);
    let found: Vec<_> = authors.iter().flat_map(titles).collect();
    assert_eq!(found, ["A2", "B2", "C2"]);
    assert_eq!(authors[3].books().len().unwrap(), 0);
}

fn the_first_of_each_by_an_association(at: &Place) {
    let mut store = library(at);
    let query = select(Book)
        .order_by(Book.id)
        .options(selectinload(Book.tags).order_by(Tag.name.desc()).limit(1));
    let books = store.scalars(query).all().unwrap();
    let sent = store.sent();
    assert_eq!(sent.lines().count(), 3, "{sent}");
    for book in books {
        let only = format!("only {}", book.borrow().title);
        let tags: Vec<_> = book.tags().iter().unwrap().collect();
        assert_eq!(tags.len(), 1);
        assert_eq!(tags[0].borrow().name, only);
    }
}

fn the_first_of_each_by_two_columns(at: &Place) {
    let mut store = at.store();
    for code in 1..=2 {
        let region = store.add(Region::builder().country("DE").code(code).name("r"));
        region.sites().extend([Site::builder(), Site::builder(), Site::builder()]);
    }
    store.save();
    store.renew();
    let query = select(Region).order_by(Region.code).options(selectinload(Region.sites).limit(2));
    let regions = store.scalars(query).all().unwrap();
    assert!(regions.iter().all(|it| it.sites().len().unwrap() == 2), "{}", store.sent());
}

/// A tree: four levels below `root`, with two children each.
fn tree(store: &mut Store) {
    let mut level = vec![store.add(node("root"))];
    for depth in 1..=4 {
        let below = |it: &Obj<Node>| {
            ["a", "b"].map(|end| {
                let name = format!("{}{end}{depth}", it.borrow().name);
                it.children().push(node(&name))
            })
        };
        level = level.iter().flat_map(below).collect();
    }
    store.save();
    store.renew();
}

fn count(node: &Obj<Node>) -> usize {
    1 + node.children().iter().unwrap().map(|it| count(&it)).sum::<usize>()
}

// LOAD-25
fn a_tree_in_one_statement(at: &Place) {
    let mut store = at.store();
    tree(&mut store);
    let query = select(Node)
        .filter(Node.parent_id.is_null())
        .options(selectinload(Node.children).recursive());
    let root = store.scalars(&query).one().unwrap();
    assert_eq!(
        store.sent().lines().last().unwrap(),
        "WITH RECURSIVE node_1 AS (SELECT node.id AS id FROM node WHERE node.id IN (?) \
         UNION SELECT node.id AS id FROM node JOIN node_1 ON node_1.id = node.parent_id) \
         SELECT node.id, node.name, node.parent_id FROM node JOIN node_1 \
         ON node_1.id = node.parent_id ORDER BY node.id"
    );
    assert_eq!(count(&root), 31, "leaves are loaded, too: they have no members");
    assert_eq!(store.sent(), "");
    drop(root);
    // Of all at once it is the same.
    store.renew();
    let query = select(Node).order_by(Node.id).options(selectinload(Node.children).recursive());
    let nodes = store.scalars(query).all().unwrap();
    assert_eq!(store.sent().lines().count(), 3);
    assert_eq!(count(&nodes[0]), 31);
    // A condition ends a branch.
    drop(nodes);
    store.renew();
    let option = selectinload(Node.children).and_(Node.name.ends_with("a1")).recursive();
    let query = select(Node).filter(Node.parent_id.is_null()).options(option);
    let root = store.scalars(query).one().unwrap();
    assert_eq!(count(&root), 2, "{}", store.sent());
}

fn the_way_up_a_tree(at: &Place) {
    let mut store = at.store();
    tree(&mut store);
    let query = select(Node)
        .filter(Node.name.ends_with("4"))
        .order_by(Node.id)
        .options(selectinload(Node.parent).recursive());
    let leaves = store.scalars(query).all().unwrap();
    let sent = store.sent();
    assert_eq!(sent.lines().count(), 3, "{sent}");
    for leaf in leaves {
        let mut depth = 0;
        let mut at = leaf;
        while let Some(parent) = at.parent().get().unwrap() {
            (at, depth) = (parent, depth + 1);
        }
        assert_eq!(depth, 4);
    }
}

fn a_circle_ends(at: &Place) {
    let mut store = at.store();
    store.add_all(["a", "b", "c"].map(node));
    store.save();
    store.run("UPDATE node SET parent_id = 1 + id % 3");
    store.save();
    store.renew();
    let option = selectinload(Node.children).recursive();
    let query = select(Node).filter(Node.id.eq(1)).options(option);
    let first = store.scalars(query).one().unwrap();
    let mut at = first.clone();
    for _ in 0..3 {
        let children: Vec<_> = at.children().iter().unwrap().collect();
        assert_eq!(children.len(), 1);
        at = children.into_iter().next().unwrap();
    }
    assert!(at.is(&first));
    assert_eq!(store.sent().lines().count(), 3);
}

fn an_inner_join(at: &Place) {
    let mut store = library(at);
    store.add(author("without"));
    store.add(book("nobody's"));
    store.save();
    store.renew();
    let query = select(Book).order_by(Book.id).options(joinedload(Book.author).innerjoin());
    assert_eq!(store.scalars(query).all().unwrap().len(), 6);
    assert!(store.sent().contains(" FROM book JOIN author AS author_1 ON "));
    // Behind an outer join it is one, too: it would take the owner away.
    let option = joinedload(Author.books).joinedload(Book.author).innerjoin();
    let query = select(Author).order_by(Author.id).options(option);
    assert_eq!(store.scalars(query).all().unwrap().len(), 4);
}

// LOAD-17: all that nobody names.
fn the_rest(at: &Place) {
    let mut store = library(at);
    let query = select(Author)
        .order_by(Author.id)
        .options((raiseload("*"), selectinload(Author.books).selectinload(Book.tags)));
    let authors = store.scalars(query).all().unwrap();
    let book = authors[0].books().iter().unwrap().next().unwrap();
    let tag = book.tags().iter().unwrap().next().unwrap();
    assert!(matches!(tag.books().load(&mut store), Err(Error::RaiseLoad(_))));
    drop((authors, book, tag));
    store.renew();
    // Only there.
    let query =
        select(Author).order_by(Author.id).options(selectinload(Author.books).raiseload("*"));
    let authors = store.scalars(query).all().unwrap();
    let book = authors[0].books().iter().unwrap().next().unwrap();
    assert!(matches!(book.tags().load(&mut store), Err(Error::RaiseLoad(_))));
}

// LOAD-13: a many-to-one that the session holds needs no statement.
fn only_what_sends(at: &Place) {
    let mut store = library(at);
    let authors = store.scalars(select(Author).filter(Author.id.eq(1))).all().unwrap();
    let query = select(Book).order_by(Book.id).options(raiseload(Book.author).sql_only());
    let books = store.scalars(query).all().unwrap();
    assert!(books[0].author().load(&mut store).unwrap().unwrap().is(&authors[0]));
    let refused = books[5].author().load(&mut store).unwrap_err();
    assert!(matches!(refused, Error::RaiseLoad(_)), "{refused}");
}

// LOAD-14
fn taken_for_empty(at: &Place) {
    let mut store = library(at);
    let query = select(Book).order_by(Book.id).options((noload(Book.tags), noload(Book.author)));
    let books = store.scalars(query).all().unwrap();
    assert_eq!(store.sent().lines().count(), 2);
    assert_eq!(books[0].tags().len().unwrap(), 0);
    assert!(books[0].author().get().unwrap().is_none());
    // Nothing is written of it.
    store.save();
    assert_eq!(store.sent(), "");
    // What another path of the query loads is loaded (LOAD-26).
    drop(books);
    store.renew();
    let around = selectinload(Author.books).selectinload(Book.author).selectinload(Author.books);
    let tags = selectinload(Author.books).selectinload(Book.tags);
    let query = select(Author).order_by(Author.id).options((around.noload(Book.tags), tags));
    let authors = store.scalars(query).all().unwrap();
    assert!(authors[0].books().iter().unwrap().all(|it| it.tags().len().unwrap() == 2));
}

fn options_that_make_no_sense(at: &Place) {
    let mut store = at.store();
    let mut refused = |query: aludel::Select<Obj<Author>>| {
        let error = store.scalars(query).all().unwrap_err();
        assert!(matches!(error, Error::InvalidRequest(_)), "{error}");
        assert_eq!(store.sent(), "");
        error.to_string()
    };
    assert_eq!(
        refused(select(Author).options(selectinload("*"))),
        "`selectinload(\"*\")` would load everything that there is: name the relationships; `lazyload`, \
         `raiseload` and `noload` take all of them"
    );
    assert_eq!(
        refused(select(Author).options(raiseload("books"))),
        "`raiseload(\"books\")`: an option takes a relationship of the entity constant, or \"*\" for all"
    );
    assert_eq!(
        refused(select(Author).options(joinedload(Author.books).limit(1))),
        "`limit` of `Author.books` belongs to the `selectinload` of a collection, without `recursive`; \
         here it follows `joinedload`"
    );
    assert_eq!(
        refused(select(Author).options(selectinload(Author.books).recursive())),
        "`Author.books` doesn't lead to its own entity: it can't be `recursive`"
    );
    assert_eq!(
        refused(select(Author).options(raiseload(Author.books).selectinload(Book.tags))),
        "nothing can be loaded behind `raiseload` of `Author.books`, which loads nothing"
    );
}

fn nothing_to_load(at: &Place) {
    let mut store = at.store();
    let all = |what: fn() -> LoadOption<Node, Node>| select(Node).options(what());
    let options = [
        || selectinload(Node.children).recursive(),
        || selectinload(Node.children).limit(3),
        || subqueryload(Node.children),
        || joinedload(Node.children),
        || noload(Node.children),
    ];
    for option in options {
        store.renew();
        assert!(store.scalars(all(option).limit(5)).all().unwrap().is_empty());
        assert_eq!(store.sent().lines().count(), 2, "nobody owns anything");
    }
}

/// A rack of two boxes with two things each.
fn rack(at: &Place) -> Store {
    let mut store = at.store();
    let rack = store.add(Rack::builder().name("s"));
    for label in ["a", "b"] {
        let case = rack.boxes().push(Crate::builder().label(label));
        case.things().extend([Thing::builder(), Thing::builder()]);
    }
    store.save();
    drop(rack);
    store.renew();
    store
}

// LOAD-31: what the mapping says of members is loaded with them, also when they are loaded later.
fn members_as_they_are_mapped(at: &Place) {
    let mut store = rack(at);
    let rack = store.scalars(select(Rack).options(lazyload(Rack.boxes))).one().unwrap();
    store.sent();
    let boxes = rack.boxes().load(&mut store).unwrap();
    let sent = store.sent();
    assert_eq!(
        sent,
        "SELECT box.id, box.label, box.rack_id, thing_1.id, thing_1.box_id FROM box \
         LEFT OUTER JOIN thing AS thing_1 ON box.id = thing_1.box_id \
         WHERE box.rack_id IN (?) ORDER BY box.id, thing_1.id"
    );
    assert!(boxes.iter().all(|it| it.things().len().unwrap() == 2));
}

// LOAD-17: a mapped strategy holds where a query says nothing, and gives way where it does.
fn strategies_that_are_mapped(at: &Place) {
    let mut store = rack(at);
    let rack = store.scalars(select(Rack)).one().unwrap();
    assert_eq!(store.sent().lines().count(), 3, "a subquery, and a join in it");
    let case = rack.boxes().iter().unwrap().next().unwrap();
    let things: Vec<_> = case.things().iter().unwrap().collect();
    assert_eq!(things.len(), 2);
    drop((rack, case, things));
    store.renew();
    let case = store.scalars(select(Crate).limit(1)).one().unwrap();
    assert!(matches!(case.rack().load(&mut store), Err(Error::RaiseLoad(_))));
    // `raise_on_sql`: its box is here, and then it isn't.
    let query = select(Thing).filter(Thing.case.is(&case));
    let thing = store.scalars(query.limit(1)).one().unwrap();
    assert!(thing.case().load(&mut store).unwrap().unwrap().is(&case));
    drop((case, thing));
    store.renew();
    let thing = store.scalars(select(Thing).limit(1)).one().unwrap();
    assert!(matches!(thing.case().load(&mut store), Err(Error::RaiseLoad(_))));
    store.renew();
    let query = select(Thing).limit(1).options(selectinload(Thing.case).lazyload(Crate.rack));
    let thing = store.scalars(query).one().unwrap();
    let case = thing.case().get().unwrap().unwrap();
    assert_eq!(case.rack().load(&mut store).unwrap().unwrap().borrow().name, "s");
}

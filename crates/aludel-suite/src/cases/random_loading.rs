//! Random graphs and random trees of options: what is loaded is what a naive loader finds.

use std::collections::{BTreeMap, BTreeSet};

use aludel::{LoadOption, Obj, Relationship, prelude::*};
use proptest::{
    prelude::*,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};

use crate::{Case, Place, cases, models::*, store::Store};

pub(super) const CASES: &[Case] = cases!["random_loading":
    random_options,
    random_trees,
];

/// The rows: each book's author and pages, which books have which tags, each node's parent.
#[derive(Clone, Debug)]
struct Rows {
    authors: usize,
    books: Vec<(Option<usize>, i64)>,
    tags: usize,
    links: BTreeSet<(usize, usize)>,
}

fn rows() -> impl Strategy<Value = Rows> {
    let books = prop::collection::vec((any::<Option<u8>>(), 1..6_i64), 0..14);
    let links = prop::collection::btree_set((any::<u8>(), any::<u8>()), 0..30);
    (1..6_usize, books, 0..5_usize, links).prop_map(|(authors, books, tags, links)| {
        let author = |it: Option<u8>| it.map(|it| usize::from(it) % authors);
        let books: Vec<_> = books.into_iter().map(|(it, pages)| (author(it), pages)).collect();
        let count = books.len();
        let link = |(book, tag): (u8, u8)| (usize::from(book) % count, usize::from(tag) % tags);
        let links = match count * tags {
            0 => BTreeSet::new(),
            _ => links.into_iter().map(link).collect(),
        };
        Rows { authors, books, tags, links }
    })
}

/// What is said of a collection, wherever an option leads along it.
#[derive(Clone, Copy, Debug)]
struct Said {
    least_pages: Option<i64>,
    descending: bool,
    limit: Option<u64>,
}

/// How a step is loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    Selectin,
    Joined,
    Subquery,
}

/// A path of options: each step's strategy, and which way it goes where there are two.
type Path = Vec<(How, bool)>;

#[derive(Clone, Debug)]
struct Wish {
    paths: Vec<Path>,
    books: Said,
    limit: Option<u64>,
    offset: Option<u64>,
    descending: bool,
}

fn wish() -> impl Strategy<Value = Wish> {
    let how = prop_oneof![Just(How::Selectin), Just(How::Joined), Just(How::Subquery)];
    let path = prop::collection::vec((how, any::<bool>()), 1..5);
    let said = (prop::option::of(1..6_i64), any::<bool>(), prop::option::of(1..4_u64));
    let said =
        said.prop_map(|(least_pages, descending, limit)| Said { least_pages, descending, limit });
    let part = (prop::option::of(0..5_u64), prop::option::of(0..3_u64), any::<bool>());
    (prop::collection::vec(path, 1..4), said, part).prop_map(
        |(paths, books, (limit, offset, descending))| Wish {
            paths,
            books,
            limit,
            offset,
            descending,
        },
    )
}

/// Where a path stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    Author,
    Book,
    Tag,
}

fn first<E: Mapped, R: Mapped>(how: How, it: Relationship<E, R>) -> LoadOption<E, R> {
    match how {
        How::Selectin => selectinload(it),
        How::Joined => joinedload(it),
        How::Subquery => subqueryload(it),
    }
}

fn then<R: Mapped, N: Mapped>(
    how: How,
    before: LoadOption<Author, R>,
    it: Relationship<R, N>,
) -> LoadOption<Author, N> {
    match how {
        How::Selectin => before.selectinload(it),
        How::Joined => before.joinedload(it),
        How::Subquery => before.subqueryload(it),
    }
}

/// The author's books, as they are said to be loaded; a limit needs a statement of its own.
fn books(option: LoadOption<Author, Book>, how: How, said: Said) -> LoadOption<Author, Book> {
    let option = match said.least_pages {
        Some(least) => option.and_(Book.pages.ge(least)),
        None => option,
    };
    let option = match said.descending {
        true => option.order_by((Book.pages.desc(), Book.id)),
        false => option,
    };
    match said.limit {
        Some(limit) if how == How::Selectin => option.limit(limit),
        _ => option,
    }
}

impl Wish {
    /// A limit of members needs `selectinload`: where there is one, that is how books are loaded.
    fn how_of_books(&self, how: How) -> How {
        if self.books.limit.is_some() { How::Selectin } else { how }
    }

    fn query(&self) -> aludel::Select<Obj<Author>> {
        let mut query = select(Author);
        query = match self.descending {
            true => query.order_by((Author.name.desc(), Author.id)),
            false => query.order_by(Author.id),
        };
        if let Some(limit) = self.limit {
            query = query.limit(limit);
        }
        if let Some(offset) = self.offset {
            query = query.offset(offset);
        }
        for path in &self.paths {
            let how = self.how_of_books(path[0].0);
            let start = books(first(how, Author.books), how, self.books);
            query = self.behind_books(query, start, &path[1..]);
        }
        query
    }

    fn behind_books(
        &self,
        query: aludel::Select<Obj<Author>>,
        option: LoadOption<Author, Book>,
        path: &[(How, bool)],
    ) -> aludel::Select<Obj<Author>> {
        match path.split_first() {
            None => query.options(option),
            Some((&(how, true), rest)) => {
                let option = then(how, option, Book.tags);
                match rest.split_first() {
                    None => query.options(option),
                    Some((&(how, _), rest)) => {
                        self.behind_books(query, then(how, option, Tag.books), rest)
                    }
                }
            }
            Some((&(how, false), rest)) => {
                let option = then(how, option, Book.author);
                match rest.split_first() {
                    None => query.options(option),
                    Some((&(how, _), rest)) => {
                        let how = self.how_of_books(how);
                        let option = books(then(how, option, Author.books), how, self.books);
                        self.behind_books(query, option, rest)
                    }
                }
            }
        }
    }
}

/// The naive loader.
struct Naive<'a> {
    rows: &'a Rows,
    said: Said,
}

impl Naive<'_> {
    fn authors(&self, wish: &Wish) -> Vec<usize> {
        let mut all: Vec<usize> = (0..self.rows.authors).collect();
        if wish.descending {
            all.reverse();
        }
        let from = wish.offset.unwrap_or(0) as usize;
        let take = wish.limit.map_or(usize::MAX, |it| it as usize);
        all.into_iter().skip(from).take(take).collect()
    }

    fn books_of(&self, author: usize) -> Vec<usize> {
        let mut found: Vec<usize> = (0..self.rows.books.len())
            .filter(|it| self.rows.books[*it].0 == Some(author))
            .filter(|it| self.said.least_pages.is_none_or(|least| self.rows.books[*it].1 >= least))
            .collect();
        if self.said.descending {
            found.sort_by_key(|it| (-self.rows.books[*it].1, *it));
        }
        found.truncate(self.said.limit.map_or(usize::MAX, |it| it as usize));
        found
    }

    fn tags_of(&self, book: usize) -> Vec<usize> {
        let links = self.rows.links.iter();
        links.filter(|it| it.0 == book).map(|it| it.1).collect()
    }

    fn books_with(&self, tag: usize) -> Vec<usize> {
        let links = self.rows.links.iter();
        links.filter(|it| it.1 == tag).map(|it| it.0).collect()
    }
}

/// An object's number: its key, from 0.
fn number(id: &Auto<i64>) -> usize {
    *id.get().unwrap() as usize - 1
}

/// The numbers of objects.
fn numbers<T: Mapped>(objects: &[Obj<T>], id: fn(&T) -> &Auto<i64>) -> Vec<usize> {
    objects.iter().map(|it| number(id(&it.borrow()))).collect()
}

/// Walks a path from authors, and compares each collection on the way.
fn compare(naive: &Naive<'_>, authors: &[Obj<Author>], path: &[(How, bool)]) {
    let mut authors = authors.to_vec();
    let mut books: Vec<Obj<Book>> = Vec::new();
    let mut tags: Vec<Obj<Tag>> = Vec::new();
    let mut at = At::Author;
    for (_, to_tags) in path {
        at = match at {
            At::Author => {
                books = Vec::new();
                for author in &authors {
                    let found: Vec<_> = author.books().iter().unwrap().collect();
                    assert_eq!(
                        numbers(&found, |it| &it.id),
                        naive.books_of(number(&author.borrow().id))
                    );
                    books.extend(found);
                }
                At::Book
            }
            At::Book if *to_tags => {
                tags = Vec::new();
                for book in &books {
                    let found: Vec<_> = book.tags().iter().unwrap().collect();
                    assert_eq!(
                        numbers(&found, |it| &it.id),
                        naive.tags_of(number(&book.borrow().id))
                    );
                    tags.extend(found);
                }
                At::Tag
            }
            At::Book => {
                authors = Vec::new();
                for book in &books {
                    let found = book.author().get().unwrap();
                    let key = found.as_ref().map(|it| number(&it.borrow().id));
                    assert_eq!(key, naive.rows.books[number(&book.borrow().id)].0);
                    authors.extend(found);
                }
                At::Author
            }
            At::Tag => {
                books = Vec::new();
                for tag in &tags {
                    let found: Vec<_> = tag.books().iter().unwrap().collect();
                    assert_eq!(
                        numbers(&found, |it| &it.id),
                        naive.books_with(number(&tag.borrow().id))
                    );
                    books.extend(found);
                }
                At::Book
            }
        };
    }
}

fn fill(store: &mut Store, rows: &Rows) {
    for number in 0..rows.authors {
        store.add(Author::builder().name(format!("{number}")));
    }
    store.flush().unwrap();
    for (number, (author, pages)) in rows.books.iter().enumerate() {
        let book = Book::builder().title(format!("{number}")).pages(*pages);
        store.add(book.author_id(author.map(|it| it as i64 + 1)));
    }
    for number in 0..rows.tags {
        store.add(Tag::builder().name(format!("{number}")));
    }
    store.flush().unwrap();
    for (book, tag) in &rows.links {
        store.add(BookTag::builder().book_id(*book as i64 + 1).tag_id(*tag as i64 + 1));
    }
    store.save();
    store.renew();
}

fn runner(cases: u32) -> TestRunner {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[5; 32]);
    TestRunner::new_with_rng(config, rng)
}

fn random_options(at: &Place) {
    runner(at.many(150))
        .run(&(rows(), wish()), |(rows, wish)| {
            let mut store = at.store();
            fill(&mut store, &rows);
            let naive = Naive { rows: &rows, said: wish.books };
            let authors = store.scalars(wish.query()).all().unwrap();
            assert_eq!(numbers(&authors, |it| &it.id), naive.authors(&wish));
            // One statement, and one for each step at the most.
            let steps: BTreeSet<Vec<bool>> = wish
                .paths
                .iter()
                .flat_map(|path| {
                    (1..=path.len()).map(|it| path[..it].iter().map(|it| it.1).collect())
                })
                .collect();
            let sent = store.sent();
            assert!(sent.lines().count() <= 2 + steps.len(), "{sent}");
            for path in &wish.paths {
                compare(&naive, &authors, path);
            }
            assert_eq!(store.sent(), "");
            Ok(())
        })
        .unwrap();
}

// Trees and circles: each node's parent is any node, or none.
fn random_trees(at: &Place) {
    let parents = prop::collection::vec(any::<Option<u8>>(), 1..20);
    runner(at.many(60))
        .run(&(parents, any::<u8>()), |(parents, from)| {
            let count = parents.len();
            let parents: Vec<Option<usize>> =
                parents.iter().map(|it| it.map(|it| usize::from(it) % count)).collect();
            let mut store = at.store();
            store.add_all((0..count).map(|it| Node::builder().name(it.to_string())));
            store.save();
            for (number, parent) in parents.iter().enumerate() {
                if let Some(parent) = parent {
                    let set = format!(
                        "UPDATE node SET parent_id = {} WHERE id = {}",
                        parent + 1,
                        number + 1
                    );
                    store.run(&set);
                }
            }
            store.save();
            store.renew();
            let from = usize::from(from) % count;
            let query = select(Node).filter(Node.id.eq(from as i64 + 1));
            let start = store
                .scalars(query.options(selectinload(Node.children).recursive()))
                .one()
                .unwrap();
            assert!(store.sent().lines().count() <= 3);
            let mut seen = BTreeMap::new();
            let mut waiting = vec![start];
            while let Some(node) = waiting.pop() {
                let own = number(&node.borrow().id);
                let children: Vec<_> = node.children().iter().unwrap().collect();
                let keys = numbers(&children, |it| &it.id);
                let expected: Vec<_> = (0..count).filter(|it| parents[*it] == Some(own)).collect();
                assert_eq!(keys, expected);
                if seen.insert(own, ()).is_none() {
                    waiting.extend(children);
                }
            }
            Ok(())
        })
        .unwrap();
}

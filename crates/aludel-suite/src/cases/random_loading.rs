//! Random graphs and random trees of options: what is loaded is what a naive loader finds, all at once or portion
//! by portion.

use std::collections::{BTreeMap, BTreeSet};

use aludel::{Error, LoadOption, Obj, Relationship, Select, prelude::*};
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
    /// Books are read from a join to an alias that the query has by itself.
    contained: bool,
    rest: Option<(Rest, Reach)>,
    /// So many rows at a time, if it is streamed.
    portion: Option<usize>,
}

/// What is said of relationships that nobody names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rest {
    Raise,
    Lazy,
    Empty,
}

/// Of which objects it is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    /// Of all.
    All,
    /// Of the authors' books.
    Books,
}

fn wish() -> impl Strategy<Value = Wish> {
    let how = prop_oneof![Just(How::Selectin), Just(How::Joined), Just(How::Subquery)];
    let path = prop::collection::vec((how, any::<bool>()), 1..5);
    let said = (prop::option::of(1..6_i64), any::<bool>(), prop::option::of(1..4_u64));
    let said =
        said.prop_map(|(least_pages, descending, limit)| Said { least_pages, descending, limit });
    let part = (prop::option::of(0..5_u64), prop::option::of(0..3_u64), any::<bool>());
    let rest = prop_oneof![Just(Rest::Raise), Just(Rest::Lazy), Just(Rest::Empty)];
    let rest = prop::option::of((rest, prop_oneof![Just(Reach::All), Just(Reach::Books)]));
    let portion = prop::option::of((1..4_usize, prop::bool::weighted(0.2)));
    let taken = (prop::bool::weighted(0.3), rest, portion);
    (prop::collection::vec(path, 1..4), said, part, taken).prop_map(
        |(paths, books, (limit, offset, descending), (contained, rest, portion))| {
            let size = portion.map(|it| it.0);
            // What is said to be empty for one portion is so where another one meets it, as by two queries.
            let rest = rest.filter(|it| size.is_none() || it.0 != Rest::Empty);
            let mut wish =
                Wish { paths, books, limit, offset, descending, contained, rest, portion: size };
            if contained {
                // The query's own: its rows are books.
                (wish.limit, wish.offset, wish.books.limit) = (None, None, None);
            }
            if portion.is_some_and(|it| !it.1) {
                wish.needs_no_more_than_a_portion();
            }
            wish
        },
    )
}

/// The appearance of books that a query joins by itself.
fn joined() -> BookEntity {
    Book.aliased("joined")
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

    fn query(&self) -> Select<Obj<Author>> {
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
        if self.contained {
            query = self.with_books(query);
        }
        for path in &self.paths {
            query = self.behind_books(query, self.start(path[0].0), &path[1..]);
        }
        if let Some((rest, reach)) = self.rest {
            let start = self.start(self.paths[self.paths.len() - 1][0].0);
            query = match (rest, reach) {
                (Rest::Raise, Reach::All) => query.options(raiseload("*")),
                (Rest::Lazy, Reach::All) => query.options(lazyload("*")),
                (Rest::Empty, Reach::All) => query.options(noload("*")),
                (Rest::Raise, Reach::Books) => query.options(start.raiseload("*")),
                (Rest::Lazy, Reach::Books) => query.options(start.lazyload("*")),
                (Rest::Empty, Reach::Books) => query.options(start.noload("*")),
            };
        }
        match self.portion {
            Some(rows) => query.yield_per(rows),
            None => query,
        }
    }

    /// Joins the books that the query is about.
    fn with_books(&self, query: Select<Obj<Author>>) -> Select<Obj<Author>> {
        let it = joined();
        let query = match self.books.least_pages {
            Some(least) => query.join(Author.books.of_type(it)).filter(it.pages.ge(least)),
            None => query.outer_join(Author.books.of_type(it)),
        };
        match self.books.descending {
            true => query.order_by((it.pages.desc(), it.id)),
            false => query.order_by(it.id),
        }
    }

    /// How the authors' books are loaded.
    fn start(&self, how: How) -> LoadOption<Author, Book> {
        if self.contained {
            return contains_eager(Author.books.of_type(joined()));
        }
        let how = self.how_of_books(how);
        books(first(how, Author.books), how, self.books)
    }

    /// What the options come to, of two for one step the last.
    fn steps(&self) -> BTreeMap<Vec<bool>, How> {
        let mut steps = BTreeMap::new();
        for path in &self.paths {
            let mut at = At::Author;
            for end in 1..=path.len() {
                let (how, to_tags) = path[end - 1];
                let is_to_books = at == At::Author;
                let how = if is_to_books { self.how_of_books(how) } else { how };
                // Whichever way it says where there is one alone.
                let way = path[..end].iter().map(|it| it.1).enumerate();
                let way = way.map(|(at, it)| it && at % 2 == 1).collect();
                steps.insert(way, how);
                at = match at {
                    At::Author | At::Tag => At::Book,
                    At::Book if to_tags => At::Tag,
                    At::Book => At::Author,
                };
            }
        }
        steps
    }

    /// Leaves out what needs all rows at once.
    fn needs_no_more_than_a_portion(&mut self) {
        self.contained = false;
        for path in &mut self.paths {
            path[0].0 = How::Selectin;
            path.iter_mut().filter(|it| it.0 == How::Subquery).for_each(|it| it.0 = How::Selectin);
        }
    }

    /// Whether it needs all rows at once (LOAD-28).
    fn needs_all(&self) -> bool {
        let steps = self.steps();
        let is_subquery = |(way, how): (&Vec<bool>, &How)| {
            *how == How::Subquery && !(self.contained && way.len() == 1)
        };
        self.contained || steps[&vec![false]] == How::Joined || steps.iter().any(is_subquery)
    }

    fn behind_books(
        &self,
        query: Select<Obj<Author>>,
        option: LoadOption<Author, Book>,
        path: &[(How, bool)],
    ) -> Select<Obj<Author>> {
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
        if wish.contained && wish.books.least_pages.is_some() {
            all.retain(|it| !self.books_of(*it).is_empty());
        }
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

pub(super) fn runner(cases: u32) -> TestRunner {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let seed = std::env::var("ALUDEL_SEED").ok().and_then(|it| it.parse().ok()).unwrap_or(5_u64);
    println!("ALUDEL_SEED={seed}");
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed.to_le_bytes().repeat(4));
    TestRunner::new_with_rng(config, rng)
}

fn random_options(at: &Place) {
    runner(at.many(200))
        .run(&(rows(), wish()), |(rows, wish)| {
            let mut store = at.store();
            fill(&mut store, &rows);
            let naive = Naive { rows: &rows, said: wish.books };
            let authors = match wish.portion {
                Some(_) => match store.stream_scalars(&wish.query()) {
                    Ok(rows) => rows.collect(),
                    Err(error) => Err(error),
                },
                None => store.scalars(wish.query()).all(),
            };
            if wish.portion.is_some() && wish.needs_all() {
                let error = authors.unwrap_err().to_string();
                assert!(error.contains("needs all rows of the query at once"), "{error}");
                return Ok(());
            }
            let authors: Vec<Obj<Author>> = authors.unwrap();
            assert_eq!(numbers(&authors, |it| &it.id), naive.authors(&wish));
            // One statement, and one for each step and portion at the most.
            let portions = wish.portion.map_or(1, |it| authors.len().div_ceil(it));
            let sent = store.sent();
            assert!(sent.lines().count() <= 2 + wish.steps().len() * portions, "{sent}");
            for path in &wish.paths {
                compare(&naive, &authors, path);
            }
            assert_eq!(store.sent(), "");
            compare_rest(&mut store, &naive, &authors, &wish);
            Ok(())
        })
        .unwrap();
}

/// Of a relationship that no option names: it is as the rest is said to be.
fn compare_rest(store: &mut Store, naive: &Naive<'_>, authors: &[Obj<Author>], wish: &Wish) {
    let goes_to_tags = |it: &Path| it.iter().skip(1).any(|it| it.1);
    if wish.paths.iter().any(goes_to_tags) {
        return;
    }
    let books = authors.iter().flat_map(|it| it.books().iter().unwrap().collect::<Vec<_>>());
    for book in books {
        match wish.rest.map(|it| it.0) {
            None | Some(Rest::Lazy) => {
                assert!(!book.tags().is_loaded());
                let found = book.tags().load_one(&mut store.session).unwrap();
                let found = numbers(&found, |it| &it.id);
                assert_eq!(found, naive.tags_of(number(&book.borrow().id)));
            }
            Some(Rest::Raise) => {
                let error = book.tags().load(&mut store.session).unwrap_err();
                assert!(matches!(error, Error::RaiseLoad(_)), "{error}");
            }
            Some(Rest::Empty) => assert_eq!(book.tags().len().unwrap(), 0),
        }
    }
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

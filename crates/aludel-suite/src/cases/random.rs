//! Random changes of a small graph against a naive model: what is committed is what a fresh session
//! reads, and what is rolled back is as it was committed last, or when the savepoint began.

use std::collections::{BTreeMap, BTreeSet};

use aludel::{Obj, Savepoint, State, blocking::Session, prelude::*};
use proptest::{
    prelude::*,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};

use crate::{
    Case, Place, cases,
    models::*,
    store::{Store, author, book, tag},
};

pub(super) const CASES: &[Case] = cases!["random":
    random_changes,
    random_levels,
];

/// One change. Numbers choose among the objects there are.
#[derive(Clone, Copy, Debug)]
enum Step {
    AddAuthor,
    AddBook,
    AddTag,
    Rename(u8),
    Retitle(u8),
    Write(u8, u8),
    Push(u8, u8),
    Disown(u8),
    TakeOut(u8),
    Tag(u8, u8),
    TagBack(u8, u8),
    Untag(u8),
    UntagBack(u8),
    DeleteAuthor(u8),
    DeleteBook(u8),
    DeleteTag(u8),
    LoadAll(u8),
    Flush,
    Commit,
    Rollback,
    Renew,
    Nest,
    Keep(u8),
    TakeBack(u8),
    Fail,
}

/// The same with savepoints.
fn nested_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        48 => step(),
        8 => Just(Step::Nest),
        3 => any::<u8>().prop_map(Step::Keep),
        5 => any::<u8>().prop_map(Step::TakeBack),
        1 => Just(Step::Fail),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    use Step::*;
    let one = any::<u8>;
    let two = any::<(u8, u8)>;
    prop_oneof![
        3 => Just(AddAuthor),
        5 => Just(AddBook),
        3 => Just(AddTag),
        3 => one().prop_map(Rename),
        3 => one().prop_map(Retitle),
        4 => two().prop_map(|it| Write(it.0, it.1)),
        4 => two().prop_map(|it| Push(it.0, it.1)),
        2 => one().prop_map(Disown),
        2 => one().prop_map(TakeOut),
        4 => two().prop_map(|it| Tag(it.0, it.1)),
        4 => two().prop_map(|it| TagBack(it.0, it.1)),
        3 => one().prop_map(Untag),
        3 => one().prop_map(UntagBack),
        1 => one().prop_map(DeleteAuthor),
        2 => one().prop_map(DeleteBook),
        1 => one().prop_map(DeleteTag),
        2 => one().prop_map(LoadAll),
        4 => Just(Flush),
        3 => Just(Commit),
        2 => Just(Rollback),
        1 => Just(Renew),
    ]
}

/// What the database should hold: names by number, and links.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Model {
    authors: BTreeMap<usize, String>,
    books: BTreeMap<usize, (String, Option<usize>)>,
    tags: BTreeMap<usize, String>,
    pairs: BTreeSet<(usize, usize)>,
}

fn pick<V>(of: &BTreeMap<usize, V>, number: u8) -> Option<usize> {
    (!of.is_empty()).then(|| *of.keys().nth(usize::from(number) % of.len()).unwrap())
}

type Orders = Vec<(usize, Vec<Obj<Book>>)>;

struct World {
    store: Store,
    now: Model,
    committed: Model,
    /// Each author's loaded books, as they stood at the last commit.
    orders: Orders,
    /// The open savepoints, and how things were when they began.
    levels: Vec<(Savepoint, Model, Orders)>,
    authors: Vec<Obj<Author>>,
    books: Vec<Obj<Book>>,
    tags: Vec<Obj<Tag>>,
    names: usize,
}

impl World {
    fn name(&mut self) -> String {
        self.names += 1;
        format!("n{}", self.names)
    }

    fn apply(&mut self, step: Step) -> aludel::Result<()> {
        match step {
            Step::AddAuthor => {
                let name = self.name();
                self.now.authors.insert(self.authors.len(), name.clone());
                self.authors.push(self.store.add(author(&name)));
            }
            Step::AddBook => {
                let name = self.name();
                self.now.books.insert(self.books.len(), (name.clone(), None));
                self.books.push(self.store.add(book(&name)));
            }
            Step::AddTag => {
                let name = self.name();
                self.now.tags.insert(self.tags.len(), name.clone());
                self.tags.push(self.store.add(tag(&name)));
            }
            Step::Rename(at) => {
                let name = self.name();
                if let Some(at) = pick(&self.now.authors, at) {
                    self.authors[at].borrow_mut().name.clone_from(&name);
                    self.now.authors.insert(at, name);
                }
            }
            Step::Retitle(at) => {
                let name = self.name();
                if let Some(at) = pick(&self.now.books, at) {
                    self.books[at].borrow_mut().title.clone_from(&name);
                    self.now.books.get_mut(&at).unwrap().0 = name;
                }
            }
            Step::Write(book, author) | Step::Push(book, author) => {
                let (book, author) = (pick(&self.now.books, book), pick(&self.now.authors, author));
                if let (Some(book), Some(author)) = (book, author) {
                    if matches!(step, Step::Write(..)) {
                        self.books[book].author().set(&self.authors[author]);
                    } else {
                        self.authors[author].books().push(&self.books[book]);
                    }
                    self.now.books.get_mut(&book).unwrap().1 = Some(author);
                }
            }
            Step::Disown(book) => {
                if let Some(book) = pick(&self.now.books, book) {
                    self.books[book].author().clear();
                    self.now.books.get_mut(&book).unwrap().1 = None;
                }
            }
            Step::TakeOut(book) => {
                if let Some(book) = pick(&self.now.books, book)
                    && let Some(author) = self.now.books.get_mut(&book).unwrap().1.take()
                {
                    self.authors[author].books().remove(&self.books[book])?;
                }
            }
            Step::Tag(book, tag) | Step::TagBack(book, tag) => {
                let (book, tag) = (pick(&self.now.books, book), pick(&self.now.tags, tag));
                if let (Some(book), Some(tag)) = (book, tag)
                    && self.now.pairs.insert((book, tag))
                {
                    if matches!(step, Step::Tag(..)) {
                        self.books[book].tags().push(&self.tags[tag]);
                    } else {
                        self.tags[tag].books().push(&self.books[book]);
                    }
                }
            }
            Step::Untag(at) | Step::UntagBack(at) => {
                let n = self.now.pairs.len().max(1);
                if let Some((book, tag)) = self.now.pairs.iter().nth(usize::from(at) % n).copied() {
                    self.now.pairs.remove(&(book, tag));
                    if matches!(step, Step::Untag(..)) {
                        self.books[book].tags().remove(&self.tags[tag])?;
                    } else {
                        self.tags[tag].books().remove(&self.books[book])?;
                    }
                }
            }
            Step::DeleteAuthor(at) => {
                if let Some(at) = pick(&self.now.authors, at) {
                    self.store.flush()?;
                    self.store.delete(&self.authors[at])?;
                    self.now.authors.remove(&at);
                    for book in self.now.books.values_mut().filter(|it| it.1 == Some(at)) {
                        book.1 = None;
                    }
                }
            }
            Step::DeleteBook(at) => {
                if let Some(at) = pick(&self.now.books, at)
                    && inspect(&self.books[at]).state == State::Persistent
                {
                    self.store.delete(&self.books[at])?;
                    self.now.books.remove(&at);
                    self.now.pairs.retain(|it| it.0 != at);
                }
            }
            Step::DeleteTag(at) => {
                if let Some(at) = pick(&self.now.tags, at)
                    && inspect(&self.tags[at]).state == State::Persistent
                {
                    self.store.delete(&self.tags[at])?;
                    self.now.tags.remove(&at);
                    self.now.pairs.retain(|it| it.1 != at);
                }
            }
            Step::LoadAll(what) => {
                for at in self.now.authors.keys().filter(|_| what % 2 == 0) {
                    self.authors[*at].books().load(&mut self.store)?;
                }
                for at in self.now.books.keys().filter(|_| what % 3 == 0) {
                    self.books[*at].tags().load(&mut self.store)?;
                }
                for at in self.now.tags.keys().filter(|_| what % 5 == 0) {
                    self.tags[*at].books().load(&mut self.store)?;
                }
                self.check_memory();
            }
            Step::Flush => self.store.flush()?,
            Step::Nest => {
                let savepoint = self.store.begin_nested()?;
                let orders = self.orders();
                self.levels.push((savepoint, self.now.clone(), orders));
            }
            Step::Keep(at) => {
                if let Some(at) = usize::from(at).checked_rem(self.levels.len()) {
                    let (savepoint, ..) = self.levels.drain(at..).next().unwrap();
                    self.store.commit_nested(savepoint)?;
                    self.check_memory();
                    self.check_rows()?;
                }
            }
            Step::TakeBack(at) => {
                if let Some(at) = usize::from(at).checked_rem(self.levels.len()) {
                    let (savepoint, model, orders) = self.levels.drain(at..).next().unwrap();
                    self.store.rollback_nested(savepoint)?;
                    self.now = model;
                    self.check_memory();
                    self.check_orders(&orders);
                    self.check_rows()?;
                }
            }
            Step::Fail => {
                self.store.add(Book::builder().title("impossible").pages(-1));
                assert!(self.store.flush().unwrap_err().integrity().is_some());
                // Seen at once.
                let level = self.levels.pop();
                let (now, orders) = match &level {
                    Some((_, now, orders)) => (now, orders),
                    None => (&self.committed, &self.orders),
                };
                self.now = now.clone();
                self.check_memory();
                self.check_orders(orders);
                match level {
                    Some((savepoint, ..)) => self.store.rollback_nested(savepoint)?,
                    None => self.store.rollback()?,
                }
                self.check_rows()?;
            }
            Step::Commit => {
                self.store.commit()?;
                self.levels.clear();
                self.committed = self.now.clone();
                self.remember_orders();
                self.check_database()?;
                self.check_memory();
            }
            Step::Rollback => {
                self.store.rollback()?;
                self.levels.clear();
                self.now = self.committed.clone();
                self.check_memory();
                self.check_orders(&self.orders);
            }
            Step::Renew => {
                self.store.commit()?;
                self.levels.clear();
                self.committed = self.now.clone();
                self.store.session = Session::new(&self.store.engine);
                for at in self.now.authors.keys() {
                    self.store.session.add(&self.authors[*at]);
                }
                for at in self.now.books.keys() {
                    self.store.session.add(&self.books[*at]);
                }
                for at in self.now.tags.keys() {
                    self.store.session.add(&self.tags[*at]);
                }
                // What came in stays in.
                self.store.commit()?;
                self.remember_orders();
            }
        }
        Ok(())
    }

    fn remember_orders(&mut self) {
        self.orders = self.orders();
    }

    fn orders(&self) -> Orders {
        let books = |at: &usize| Some((*at, self.authors[*at].books().iter().ok()?.collect()));
        self.now.authors.keys().filter_map(books).collect()
    }

    fn check_orders(&self, orders: &Orders) {
        for (at, books) in orders {
            if let Ok(now) = self.authors[*at].books().iter() {
                assert!(now.eq(books.iter().cloned()), "the books of author {at}");
            }
        }
    }

    /// The session's own transaction holds what the model holds; objects take no part in it.
    fn check_rows(&mut self) -> aludel::Result<()> {
        let names = |rows: Vec<(i64, String)>| rows.into_iter().collect::<BTreeMap<_, _>>();
        let authors = names(self.store.session.execute(select((Author.id, Author.name))).all()?);
        let tags = names(self.store.session.execute(select((Tag.id, Tag.name))).all()?);
        let titles = names(self.store.session.execute(select((Book.id, Book.title))).all()?);
        let owners = self.store.session.execute(select((Book.id, Book.author_id))).all()?;
        let pairs = select((BookTag.book_id, BookTag.tag_id));
        let pairs = self.store.session.execute(pairs).all()?;
        let mut found = Vec::new();
        found.extend(authors.values().cloned());
        found.extend(tags.values().cloned());
        found.extend(owners.iter().map(|(book, author)| {
            format!("{} of {:?}", titles[book], author.map(|it| &authors[&it]))
        }));
        found.extend(pairs.iter().map(|(book, tag)| format!("{} {}", titles[book], tags[tag])));
        let now = &self.now;
        let mut expected: Vec<String> = Vec::new();
        expected.extend(now.authors.values().chain(now.tags.values()).cloned());
        expected.extend(
            now.books.values().map(|(title, author)| {
                format!("{title} of {:?}", author.map(|it| &now.authors[&it]))
            }),
        );
        expected.extend(
            now.pairs.iter().map(|(book, tag)| format!("{} {}", now.books[book].0, now.tags[tag])),
        );
        found.sort_unstable();
        expected.sort_unstable();
        assert_eq!(found, expected);
        Ok(())
    }

    /// A fresh session reads what the model holds.
    fn check_database(&self) -> aludel::Result<()> {
        let mut session = Session::new(&self.store.engine);
        let names = |it: &BTreeMap<usize, String>| it.values().cloned().collect::<BTreeSet<_>>();
        let authors = session.scalars(select(Author.name)).all()?;
        assert_eq!(authors.into_iter().collect::<BTreeSet<_>>(), names(&self.now.authors));
        let tags = session.scalars(select(Tag.name)).all()?;
        assert_eq!(tags.into_iter().collect::<BTreeSet<_>>(), names(&self.now.tags));
        let books = session.scalars(select(Book).options(selectinload(Book.tags))).all()?;
        let (mut titles, mut pairs) = (BTreeSet::new(), BTreeSet::new());
        for book in books {
            let author = book.author().load(&mut session)?.map(|it| it.borrow().name.clone());
            let title = book.borrow().title.clone();
            for tag in book.tags().iter()? {
                pairs.insert((title.clone(), tag.borrow().name.clone()));
            }
            titles.insert((title, author));
        }
        let expected: BTreeSet<_> = self
            .now
            .books
            .values()
            .map(|(title, author)| (title.clone(), author.map(|it| self.now.authors[&it].clone())))
            .collect();
        assert_eq!(titles, expected);
        let expected: BTreeSet<_> = self
            .now
            .pairs
            .iter()
            .map(|(book, tag)| (self.now.books[book].0.clone(), self.now.tags[tag].clone()))
            .collect();
        assert_eq!(pairs, expected);
        Ok(())
    }

    /// The objects hold what the model holds, as far as they are loaded.
    fn check_memory(&self) {
        // Objects that were deleted stay in collections that hold them, until these are read again.
        fn lives<T: Mapped>(object: &Obj<T>) -> bool {
            let seen = inspect(object);
            matches!(seen.state, State::Pending | State::Persistent) && !seen.marked_deleted
        }
        let number = |object: &Obj<Book>| self.books.iter().position(|it| it.is(object)).unwrap();
        for (at, name) in &self.now.authors {
            let author = &self.authors[*at];
            assert_eq!(&author.borrow().name, name);
            if let Ok(books) = author.books().iter() {
                let books: BTreeSet<_> = books.filter(lives).map(|it| number(&it)).collect();
                let expected = self.now.books.iter().filter(|it| it.1.1 == Some(*at));
                assert_eq!(books, expected.map(|it| *it.0).collect(), "books of author {at}");
            }
        }
        for (at, (title, author)) in &self.now.books {
            let book = &self.books[*at];
            assert_eq!(&book.borrow().title, title);
            if let Ok(now) = book.author().get() {
                let now = now.filter(lives).map(|it| self.authors.iter().position(|a| a.is(&it)));
                assert_eq!(now.flatten(), *author, "author of book {at}");
            }
            if let Ok(tags) = book.tags().iter() {
                let tags: BTreeSet<_> = tags
                    .filter(lives)
                    .map(|it| (*at, self.tags.iter().position(|tag| tag.is(&it)).unwrap()))
                    .collect();
                let expected = self.now.pairs.iter().filter(|it| it.0 == *at).copied().collect();
                assert_eq!(tags, expected, "tags of book {at}");
            }
        }
        for at in self.now.tags.keys() {
            if let Ok(books) = self.tags[*at].books().iter() {
                let books: BTreeSet<_> = books.filter(lives).map(|it| (number(&it), *at)).collect();
                let expected = self.now.pairs.iter().filter(|it| it.1 == *at).copied().collect();
                assert_eq!(books, expected, "books of tag {at}");
            }
        }
    }
}

fn random_changes(at: &Place) {
    random(at, 200, step());
}

// TX-6, TX-7, TX-8, TX-9, TX-12
fn random_levels(at: &Place) {
    random(at, 150, nested_step());
}

fn random(at: &Place, cases: u32, step: impl Strategy<Value = Step>) {
    let cases = cases * if super::work::is_long() { 20 } else { 1 };
    let config = Config { cases: at.many(cases), failure_persistence: None, ..Config::default() };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(config, rng);
    let steps = proptest::collection::vec(step, 1..80);
    let outcome = runner.run(&steps, |steps| {
        let mut world = World {
            store: at.store(),
            now: Model::default(),
            committed: Model::default(),
            orders: Vec::new(),
            levels: Vec::new(),
            authors: Vec::new(),
            books: Vec::new(),
            tags: Vec::new(),
            names: 0,
        };
        for step in steps.into_iter().chain([Step::Commit]) {
            if let Err(error) = world.apply(step) {
                return Err(TestCaseError::fail(format!("{step:?}: {error}")));
            }
        }
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
}

//! Random options for columns on demand, on objects that are read in any way: what is there is what the options say,
//! and what isn't can be loaded, or not.

use std::{collections::BTreeSet, fmt::Debug};

use aludel::{ColumnOption, Deferred, Error, LoadOption, Obj, Relationship, Select, prelude::*};
use proptest::prelude::*;

use super::random_loading::runner;
use crate::{Case, Place, cases, models::deferred::*, store::Store};

pub(super) const CASES: &[Case] = cases!["random_columns":
    random_columns,
];

/// The documents' columns on demand, in order: body, summary, photo, thumbnail, secret.
const COLUMNS: usize = 5;

/// What an option says of the documents' columns.
#[derive(Clone, Copy, Debug)]
enum Word {
    Load(usize),
    Pictures,
    LeaveOut(usize, bool),
    /// The first, the first and the third, or the second and the last.
    Only(usize, bool),
}

/// What becomes of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Loaded,
    Later,
    Never,
}

/// How a relationship is loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    Selectin,
    Joined,
    Subquery,
    /// From a join to an alias that the query has by itself.
    Contained,
}

#[derive(Clone, Debug)]
struct Wish {
    /// Documents are read with their cabinets, or alone.
    docs: Option<How>,
    words: Vec<Word>,
    topics: Option<How>,
    /// Whether topics come with what they are about.
    about: bool,
    portion: Option<usize>,
}

/// Each document's cabinet, and which have which topics.
#[derive(Clone, Debug)]
struct Rows {
    cabinets: usize,
    docs: Vec<Option<usize>>,
    topics: usize,
    links: BTreeSet<(usize, usize)>,
}

fn rows() -> impl Strategy<Value = Rows> {
    let docs = prop::collection::vec(any::<Option<u8>>(), 0..9);
    let links = prop::collection::btree_set((any::<u8>(), any::<u8>()), 0..15);
    (1..4_usize, docs, 0..4_usize, links).prop_map(|(cabinets, docs, topics, links)| {
        let docs: Vec<_> = docs.iter().map(|it| it.map(|it| usize::from(it) % cabinets)).collect();
        let count = docs.len();
        let link = |(doc, topic): (u8, u8)| (usize::from(doc) % count, usize::from(topic) % topics);
        let links = match count * topics {
            0 => BTreeSet::new(),
            _ => links.into_iter().map(link).collect(),
        };
        Rows { cabinets, docs, topics, links }
    })
}

fn wish() -> impl Strategy<Value = Wish> {
    let word = prop_oneof![
        (0..COLUMNS).prop_map(Word::Load),
        Just(Word::Pictures),
        (0..COLUMNS, any::<bool>()).prop_map(|it| Word::LeaveOut(it.0, it.1)),
        (0..3_usize, any::<bool>()).prop_map(|it| Word::Only(it.0, it.1)),
    ];
    let how = || prop_oneof![Just(How::Selectin), Just(How::Joined), Just(How::Subquery)];
    let docs = prop::option::of(prop_oneof![3 => how(), 1 => Just(How::Contained)]);
    let words = prop::collection::vec(word, 0..4);
    let portion = prop::option::of(1..4_usize);
    (docs, words, prop::option::of(how()), any::<bool>(), portion).prop_map(
        |(docs, words, topics, about, portion)| {
            // What needs all rows at once is refused elsewhere.
            let how = |it: How| if portion.is_some() { How::Selectin } else { it };
            Wish { docs: docs.map(how), words, topics: topics.map(how), about, portion }
        },
    )
}

fn options(words: &[Word]) -> Vec<ColumnOption<Doc>> {
    let one = |word: &Word| match *word {
        Word::Load(0) => undefer(Doc.body),
        Word::Load(1) => undefer(Doc.summary),
        Word::Load(2) => undefer(Doc.photo),
        Word::Load(3) => undefer(Doc.thumbnail),
        Word::Load(_) => undefer(Doc.secret),
        Word::Pictures => undefer_group(Doc, "pictures"),
        Word::LeaveOut(column, raises) => {
            let option = match column {
                0 => defer(Doc.body),
                1 => defer(Doc.summary),
                2 => defer(Doc.photo),
                3 => defer(Doc.thumbnail),
                _ => defer(Doc.secret),
            };
            if raises { option.raiseload() } else { option }
        }
        Word::Only(which, raises) => {
            let option = match which {
                0 => load_only(Doc.body),
                1 => load_only((Doc.body, Doc.photo)),
                _ => load_only((Doc.summary, Doc.secret)),
            };
            if raises { option.raiseload() } else { option }
        }
    };
    words.iter().map(one).collect()
}

fn fates(words: &[Word]) -> [Fate; COLUMNS] {
    let mut fates = [Fate::Later, Fate::Loaded, Fate::Later, Fate::Later, Fate::Never];
    let out = |raises: bool| if raises { Fate::Never } else { Fate::Later };
    for word in words {
        match *word {
            Word::Load(column) => fates[column] = Fate::Loaded,
            Word::Pictures => (fates[2], fates[3]) = (Fate::Loaded, Fate::Loaded),
            Word::LeaveOut(column, raises) => fates[column] = out(raises),
            Word::Only(which, raises) => {
                let kept: &[usize] = [&[0][..], &[0, 2], &[1, 4]][which];
                for (column, fate) in fates.iter_mut().enumerate() {
                    *fate = if kept.contains(&column) { Fate::Loaded } else { out(raises) };
                }
            }
        }
    }
    fates
}

fn first<E: Mapped, R: Mapped>(how: How, it: Relationship<E, R>) -> LoadOption<E, R> {
    match how {
        How::Selectin => selectinload(it),
        How::Joined => joinedload(it),
        How::Subquery | How::Contained => subqueryload(it),
    }
}

impl Wish {
    fn about<E>(&self, option: LoadOption<E, Topic>) -> LoadOption<E, Topic> {
        if self.about { option.undefer(Topic.about) } else { option }
    }

    /// Documents, as the rows say.
    fn docs(&self, store: &mut Store) -> Vec<Obj<Doc>> {
        let mut query = select(Doc).order_by(Doc.id);
        query = options(&self.words).into_iter().fold(query, |it, option| it.options(option));
        if let Some(how) = self.topics {
            query = query.options(self.about(first(how, Doc.topics)));
        }
        self.all(store, query)
    }

    /// The same, by their cabinets.
    fn cabinets(&self, how: How, store: &mut Store) -> Vec<Obj<Doc>> {
        let mut query = select(Cabinet).order_by(Cabinet.id);
        let mut option = match how {
            How::Contained => {
                let joined = Doc.aliased("joined");
                query = query.outer_join(Cabinet.docs.of_type(joined)).order_by(joined.id);
                contains_eager(Cabinet.docs.of_type(joined))
            }
            how => first(how, Cabinet.docs),
        };
        option = options(&self.words).into_iter().fold(option, LoadOption::columns);
        query = match self.topics {
            None => query.options(option),
            Some(How::Selectin) => query.options(self.about(option.selectinload(Doc.topics))),
            Some(How::Joined) => query.options(self.about(option.joinedload(Doc.topics))),
            Some(_) => query.options(self.about(option.subqueryload(Doc.topics))),
        };
        let cabinets = self.all(store, query);
        let docs = cabinets.iter().flat_map(|it| it.docs().iter().unwrap().collect::<Vec<_>>());
        docs.collect()
    }

    fn all<R: Mapped>(&self, store: &mut Store, query: Select<Obj<R>>) -> Vec<Obj<R>> {
        match self.portion {
            None => store.scalars(query).all().unwrap(),
            Some(rows) => {
                let rows = store.stream_scalars(&query.yield_per(rows)).unwrap();
                rows.collect::<aludel::Result<_>>().unwrap()
            }
        }
    }
}

/// What a document's columns hold.
struct Columns {
    body: String,
    summary: Option<String>,
    photo: Option<Vec<u8>>,
    thumbnail: Option<Vec<u8>>,
    secret: Option<String>,
}

impl Columns {
    fn of(doc: usize) -> Self {
        Self {
            body: format!("body of {doc}"),
            summary: doc.is_multiple_of(2).then(|| format!("über {doc}")),
            photo: doc.is_multiple_of(3).then(|| vec![0, doc as u8]),
            thumbnail: (doc % 3 == 1).then(Vec::new),
            secret: (doc % 2 == 1).then(|| format!("secret {doc}")),
        }
    }
}

fn fill(store: &mut Store, rows: &Rows) {
    store.add_all((0..rows.cabinets).map(|it| Cabinet::builder().name(it.to_string())));
    store.flush().unwrap();
    for (number, cabinet) in rows.docs.iter().enumerate() {
        let Columns { body, summary, photo, thumbnail, secret } = Columns::of(number);
        let doc = Doc::builder().title(number.to_string()).body(body).summary(summary);
        let doc = doc.photo(photo).thumbnail(thumbnail).secret(secret);
        store.add(doc.cabinet_id(cabinet.map(|it| it as i64 + 1)));
    }
    for number in 0..rows.topics {
        let topic = Topic::builder().area(number as i64).name("n");
        store.add(topic.about(format!("about {number}")));
    }
    store.flush().unwrap();
    for (doc, topic) in &rows.links {
        store.add(DocTopic::builder().doc_id(*doc as i64 + 1).area(*topic as i64).name("n"));
    }
    store.save();
    store.renew();
}

/// Whether a column is there, and if so that it is what it should be.
fn there<T: PartialEq + Debug>(found: &Deferred<T>, expected: &T) -> bool {
    found.get().inspect(|it| assert_eq!(*it, expected)).is_some()
}

fn random_columns(at: &Place) {
    runner(at.many(100))
        .run(&(rows(), wish(), 0..COLUMNS), |(rows, wish, later)| {
            let mut store = at.store();
            fill(&mut store, &rows);
            let found = match wish.docs {
                None => wish.docs(&mut store),
                Some(how) => wish.cabinets(how, &mut store),
            };
            let in_cabinet = |cabinet| {
                let docs = rows.docs.iter().enumerate();
                docs.filter(move |it| *it.1 == Some(cabinet)).map(|it| it.0)
            };
            let expected: Vec<usize> = match wish.docs {
                None => (0..rows.docs.len()).collect(),
                Some(_) => (0..rows.cabinets).flat_map(in_cabinet).collect(),
            };
            let numbers: Vec<usize> =
                found.iter().map(|it| it.borrow().title.parse().unwrap()).collect();
            assert_eq!(numbers, expected);
            let fates = fates(&wish.words);
            store.sent();
            for (doc, number) in found.iter().zip(&numbers) {
                let columns = Columns::of(*number);
                {
                    let doc = doc.borrow();
                    let found = [
                        there(&doc.body, &columns.body),
                        there(&doc.summary, &columns.summary),
                        there(&doc.photo, &columns.photo),
                        there(&doc.thumbnail, &columns.thumbnail),
                        there(&doc.secret, &columns.secret),
                    ];
                    assert_eq!(found, fates.map(|it| it == Fate::Loaded));
                    assert_eq!(doc.cabinet_id, rows.docs[*number].map(|it| it as i64 + 1));
                }
                if wish.topics.is_some() {
                    check_topics(doc, *number, &rows, wish.about);
                }
            }
            assert_eq!(store.sent(), "");
            // One of them, later.
            for (doc, number) in found.iter().zip(&numbers) {
                let columns = Columns::of(*number);
                let session = &mut store.session;
                let loaded = match later {
                    0 => doc.body().load(session).map(|it| it == columns.body),
                    1 => doc.summary().load(session).map(|it| it == columns.summary),
                    2 => doc.photo().load(session).map(|it| it == columns.photo),
                    3 => doc.thumbnail().load(session).map(|it| it == columns.thumbnail),
                    _ => doc.secret().load(session).map(|it| it == columns.secret),
                };
                match fates[later] {
                    Fate::Never => assert!(matches!(loaded, Err(Error::RaiseLoad(_)))),
                    _ => assert!(loaded.unwrap()),
                }
            }
            // One statement for all that came together.
            let portions = wish.portion.map_or(1, |it| rows.cabinets.max(found.len()).div_ceil(it));
            let sent = store.sent();
            assert!(sent.lines().count() <= portions.max(1), "{sent}");
            Ok(())
        })
        .unwrap();
}

fn check_topics(doc: &Obj<Doc>, number: usize, rows: &Rows, about: bool) {
    let topics: Vec<Obj<Topic>> = doc.topics().iter().unwrap().collect();
    let areas: BTreeSet<usize> = topics.iter().map(|it| it.borrow().area as usize).collect();
    let linked = rows.links.iter().filter(|it| it.0 == number).map(|it| it.1);
    assert_eq!(areas, linked.collect());
    assert_eq!(areas.len(), topics.len());
    for topic in &topics {
        let topic = topic.borrow();
        assert_eq!(there(&topic.about, &format!("about {}", topic.area)), about);
    }
}

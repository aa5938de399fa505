//! Everything that a declaration can say: it is created, compared, and does what it says.

mod changes;

use aludel::{
    DeclarativeBase as _, EngineOptions,
    blocking::{Engine, Session},
    dialect::{Comments, Deferral, Dialect, OptionsOf, Sequences},
    prelude::*,
    schema::{
        Column, Deferrable, Exclusion, ForeignKey, Index, IndexMethod, IndexPart, MetaData,
        ReflectOptions, Sequence, Table, TableOptions, Unique, create_statements,
    },
    text,
    value::SqlType,
};
use changes::CHANGES;
use rust_decimal::Decimal;

use crate::{Case, Place, cases, models::features::*};

pub(super) const CASES: &[Case] = cases!["features":
    everything_is_clean,
    what_was_read_makes_the_same,
    each_change_is_found,
    created_and_dropped_again,
    what_a_database_lacks_is_refused_by_name,
    sequences_number_rows,
    some_rows_are_unique,
    texts_are_compared_as_declared,
    numbers_for_variants,
    constraints_wait_for_the_end,
    nothing_overlaps,
    rows_go_where_they_belong,
    words_are_found,
    rows_without_numbers,
    tables_of_one_connection,
    tables_of_a_transaction,
];

/// What this kind of database has.
fn declared(dialect: &dyn Dialect) -> Vec<MetaData> {
    let ddl = dialect.capability().ddl;
    let own = match ddl.options {
        OptionsOf::Sqlite => Some(OnSqlite::metadata()),
        OptionsOf::Postgres => Some(OnPostgres::metadata()),
        OptionsOf::MySql => {
            let mut metadata = OnMySql::metadata();
            let place = Column::new("at", SqlType::named("point"));
            let index = Index::new(["at"]).using(IndexMethod::Spatial).named("ix_place");
            metadata.add(Table::new("place").column(place).index(index)).unwrap();
            Some(metadata)
        }
        OptionsOf::Nobody => None,
    };
    let waiting = (ddl.deferrable != Deferral::None).then(Waiting::metadata);
    [Some(Everything::metadata()), own, waiting].into_iter().flatten().collect()
}

/// A database with all of that, which is dropped at the end.
struct Full {
    engine: Engine,
    declared: Vec<MetaData>,
}

impl Full {
    fn new(at: &Place) -> Self {
        let engine = at.blocking(EngineOptions::new());
        let full = Self { engine, declared: declared(at.dialect()) };
        full.drop_all();
        for it in &full.declared {
            it.create_all(&full.engine).unwrap();
        }
        full
    }

    fn drop_all(&self) {
        for it in self.declared.iter().rev() {
            it.drop_all(&self.engine).unwrap();
        }
    }

    fn assert_clean(&self) {
        for it in &self.declared {
            let differences = it.differences(&self.engine).unwrap();
            assert!(differences.is_empty(), "{differences}");
        }
    }

    fn session(&self) -> Session {
        Session::new(&self.engine)
    }
}

impl Drop for Full {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.drop_all();
        }
    }
}

fn everything_is_clean(at: &Place) {
    Full::new(at).assert_clean();
}

fn created_and_dropped_again(at: &Place) {
    let full = Full::new(at);
    for it in &full.declared {
        it.create_all(&full.engine).unwrap();
    }
    full.assert_clean();
    full.drop_all();
    full.drop_all();
}

fn what_was_read_makes_the_same(at: &Place) {
    let full = Full::new(at);
    for declared in &full.declared {
        let names: Vec<_> = declared.tables().iter().map(|it| it.name.clone()).collect();
        let read = || {
            let options = ReflectOptions::new().only(names.clone());
            MetaData::reflect_with(&full.engine, options).unwrap()
        };
        let first = read();
        declared.drop_all(&full.engine).unwrap();
        first.create_all(&full.engine).unwrap();
        assert_eq!(read().tables().len(), first.tables().len());
        let differences = first.differences(&full.engine).unwrap();
        assert!(differences.is_empty(), "{differences}");
        let differences = declared.differences(&full.engine).unwrap();
        assert!(differences.is_empty(), "{differences}");
        first.drop_all(&full.engine).unwrap();
        declared.create_all(&full.engine).unwrap();
    }
}

fn each_change_is_found(at: &Place) {
    let full = Full::new(at);
    let dialect = at.dialect();
    let (mut made, mut wrong) = (0, Vec::new());
    for change in CHANGES {
        if !change.only.is_empty() && !change.only.contains(&dialect.capability().ddl.options) {
            continue;
        }
        made += 1;
        let mut lines = Vec::new();
        for declared in &full.declared {
            let mut changed = MetaData::new();
            for table in declared.tables() {
                let mut table = table.clone();
                if table.name == change.table {
                    (change.make)(&mut table);
                }
                changed.add(table).unwrap();
            }
            let found = changed.differences(&full.engine).unwrap();
            lines.extend(found.iter().map(ToString::to_string));
        }
        let (name, table, line) = (change.name, change.table, change.line);
        match &*lines {
            [only] if only.starts_with(table) && only.contains(line) => {}
            _ => wrong.push(format!("{name}: {table}, `{line}` expected: {lines:#?}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(made >= 30, "{made}");
}

fn what_a_database_lacks_is_refused_by_name(at: &Place) {
    let dialect = at.dialect();
    let ddl = dialect.capability().ddl;
    let table = || {
        Table::new("t")
            .column(Column::new("a", SqlType::Int))
            .column(Column::new("b", SqlType::Int))
    };
    let index = |index: Index| table().index(index.named("ix"));
    let wait = Deferrable::Deferred;
    let methods = [IndexMethod::Gin, IndexMethod::FullText, IndexMethod::Hash];
    let sequence = Column::new("c", SqlType::Int).sequence(Sequence::new("s"));
    let mut cases = vec![
        (
            ddl.deferrable != Deferral::None,
            table().foreign_key(ForeignKey::new(["a"], "t", ["b"]).deferrable(wait)),
            "a foreign key of `t` that is deferrable",
        ),
        (
            ddl.deferrable == Deferral::Unique,
            table().unique_constraint(Unique::new(["a"]).deferrable(wait)),
            "a unique constraint of `t` that is deferrable",
        ),
        (
            ddl.exclusions,
            table().exclusion(Exclusion::new([("a", "=")])),
            "an exclusion constraint of `t`",
        ),
        (
            ddl.index.partial,
            index(Index::new(["a"]).unique().when("b > 0")),
            "the index `ix` of `t` is unique among some rows only",
        ),
        (
            ddl.index.expressions,
            index(Index::new([IndexPart::expression("a + b")])),
            "the index `ix` of `t` is of an expression",
        ),
        (
            ddl.index.nulls,
            index(Index::new([IndexPart::from("a").nulls_first()])),
            "the index `ix` of `t` says where NULL stands",
        ),
        (
            ddl.sequences != Sequences::None,
            table().column(sequence),
            "`t.c` takes its numbers from a sequence",
        ),
        (
            ddl.options != OptionsOf::Sqlite,
            table().primary_key(["a"]).options(TableOptions::new().without_rowid()),
            "`t` is without row ids",
        ),
    ];
    for method in methods {
        let has = ddl.index.methods.contains(&method);
        cases.push((
            has,
            index(Index::new(["a"]).using(method)),
            "the index `ix` of `t` is of the kind ",
        ));
    }
    for (has, table, message) in cases {
        let mut metadata = MetaData::new();
        metadata.add(table).unwrap();
        let made = create_statements(&metadata, dialect);
        match made {
            Ok(_) => assert!(has, "{message}"),
            Err(error) => {
                let error = error.to_string();
                assert!(!has && error.contains(message), "{message}: {error}");
            }
        }
    }
    // Left out: who reads them is lost, but no row differs.
    let comments = create_statements(&Everything::metadata(), dialect).unwrap().join("\n");
    assert_eq!(comments.contains("Ein Film"), ddl.comments != Comments::Nowhere);
}

fn studio(country: &str, name: &str) -> Studio {
    Studio {
        id: Auto::UNSET,
        country: country.into(),
        name: name.into(),
        best_id: None,
        stamps: Stamps { created_at: Auto::UNSET, changed_at: None },
        films: Many::new(),
    }
}

fn film(title: &str, year: i32) -> impl aludel::IntoNew<Entity = Film> {
    Film::builder()
        .title(title)
        .code(title)
        .year(year)
        .kind(Kind::Feature)
        .price(Decimal::new(999, 2))
}

fn sequences_number_rows(at: &Place) {
    let full = Full::new(at);
    let mut session = full.session();
    let studios = ["a", "b", "c"].map(|it| session.add(studio(it, "Studio")));
    session.commit().unwrap();
    let ids = studios.map(|it| it.borrow().id.value().unwrap());
    let first = if at.dialect().capability().ddl.sequences == Sequences::None {
        [1, 2, 3]
    } else {
        [100, 110, 120]
    };
    assert_eq!(ids, first);
    if at.dialect().capability().ddl.options == OptionsOf::Postgres {
        let day = chrono::NaiveDate::from_ymd_opt(2024, 5, 6).unwrap();
        let booking = |room: i32| {
            Booking::builder()
                .room(room)
                .during(aludel::Range::from(day..day.succ_opt().unwrap()))
                .tags(vec!["x".to_owned()])
                .code("a")
        };
        let both = [booking(0), booking(-1)].map(|it| session.add(it));
        session.commit().unwrap();
        let numbers = both.map(|it| {
            let it = it.borrow();
            (it.number.value().unwrap(), it.ticket.value().unwrap())
        });
        assert_eq!(numbers, [(5, 1), (10, 4)]);
    }
}

fn some_rows_are_unique(at: &Place) {
    let full = Full::new(at);
    let mut session = full.session();
    let old = session.add(film("psycho", 1960));
    session.commit().unwrap();
    let partial = at.dialect().capability().ddl.index.partial;
    session.add(film("psycho", 1998));
    assert_eq!(session.commit().is_err(), partial);
    session.rollback().unwrap();
    if partial {
        old.borrow_mut().deleted = chrono::DateTime::from_timestamp(0, 0).map(|it| it.naive_utc());
        session.add(film("psycho", 1998));
        session.commit().unwrap();
    }
}

fn numbers_for_variants(at: &Place) {
    let full = Full::new(at);
    let mut session = full.session();
    let grades = [Grade::Poor, Grade::Fair, Grade::Good];
    let films = grades.map(|it| {
        let film = session.add(film(&format!("psycho {it:?}"), it as i32));
        film.borrow_mut().grade = Some(it);
        film
    });
    session.commit().unwrap();
    let numbers = text("SELECT grade FROM film ORDER BY id").rows::<(i16,)>();
    assert_eq!(session.execute(numbers).all().unwrap(), [(-1,), (0,), (300,)]);
    let good = select(Film).filter(Film.grade.ge(Grade::Fair)).order_by(Film.id);
    assert_eq!(session.scalars(good).all().unwrap(), films[1..]);
    session.execute(text("UPDATE film SET grade = 7")).unwrap();
    let error = session.refresh(&films[0]).unwrap_err().to_string();
    assert!(error.contains("grade"), "{error}");
}

fn texts_are_compared_as_declared(at: &Place) {
    let full = Full::new(at);
    let mut session = full.session();
    session.add(studio("de", "Studio"));
    session.commit().unwrap();
    let found = session.scalars(select(Studio).filter(Studio.country.eq("DE"))).all().unwrap();
    // NOCASE there, and by their bytes elsewhere.
    assert_eq!(
        found.len(),
        usize::from(at.dialect().capability().ddl.options == OptionsOf::Sqlite)
    );
}

fn constraints_wait_for_the_end(at: &Place) {
    if at.dialect().capability().ddl.deferrable == Deferral::None {
        return;
    }
    let full = Full::new(at);
    let mut session = full.session();
    // The row that it refers to comes second.
    session.execute(text("INSERT INTO right_hand (id) VALUES (1)")).unwrap();
    session.execute(text("INSERT INTO left_hand (id) VALUES (1)")).unwrap();
    session.commit().unwrap();
    session.execute(text("INSERT INTO right_hand (id) VALUES (2)")).unwrap();
    let error = session.commit().unwrap_err();
    assert_eq!(error.integrity(), Some(aludel::Integrity::ForeignKey), "{error}");
    session.rollback().unwrap();
    session.add(RightHand { id: 1, left_id: Some(9) });
    assert!(session.flush().is_err());
}

fn nothing_overlaps(at: &Place) {
    if !at.dialect().capability().ddl.exclusions {
        return;
    }
    let full = Full::new(at);
    let mut session = full.session();
    let day = |it| chrono::NaiveDate::from_ymd_opt(2024, 5, it).unwrap();
    let booking = |from, to, code: &str| {
        let during = aludel::Range::from(day(from)..day(to));
        Booking::builder().room(1).during(during).tags(Vec::new()).code(code)
    };
    session.add(booking(1, 5, "a"));
    session.add(booking(5, 9, "b"));
    session.commit().unwrap();
    session.add(booking(4, 6, "c"));
    let error = session.commit().unwrap_err();
    assert!(error.integrity() == Some(aludel::Integrity::Unique), "{error:?}");
    assert!(error.to_string().contains("one_at_a_time"), "{error}");
}

fn rows_go_where_they_belong(at: &Place) {
    if at.dialect().capability().ddl.options != OptionsOf::Postgres {
        return;
    }
    let full = Full::new(at);
    let mut session = full.session();
    for (id, year) in [(1, 2024), (2, 2024), (3, 1999)] {
        let day = chrono::NaiveDate::from_ymd_opt(year, 1, 2).unwrap();
        session.add(Journal { id, day, line: None });
    }
    session.commit().unwrap();
    for (part, rows) in [("journal", 3), ("journal_2024", 2), ("journal_rest", 1)] {
        let count = text(format!("SELECT count(*) FROM {part}")).rows::<(i64,)>();
        assert_eq!(session.execute(count).all().unwrap(), [(rows,)], "{part}");
    }
}

fn words_are_found(at: &Place) {
    if at.dialect().capability().ddl.options != OptionsOf::MySql {
        return;
    }
    let full = Full::new(at);
    let mut session = full.session();
    session.add(Article::builder().title("Stars").body("A telescope looks at stars"));
    session.add(Article::builder().title("Bread").body("Flour and water"));
    session.commit().unwrap();
    let sql = "SELECT title, size FROM article WHERE MATCH (body) AGAINST ('telescope')";
    let found = session.execute(text(sql).rows::<(String, i64)>()).all().unwrap();
    assert_eq!(found, [("Stars".to_owned(), 26)]);
}

fn rows_without_numbers(at: &Place) {
    if at.dialect().capability().ddl.options != OptionsOf::Sqlite {
        return;
    }
    let full = Full::new(at);
    let mut session = full.session();
    let word = session.add(Word { word: "Aludel".into(), size: Auto::UNSET });
    session.commit().unwrap();
    assert_eq!(word.borrow().size, 6);
    assert!(session.execute(text("SELECT rowid FROM word")).is_err());
    session.rollback().unwrap();
    let wrong = session.execute(text(
        "INSERT INTO film (title, code, year, kind, price) VALUES (x'00', 'a', 'b', 'Short', 1)",
    ));
    assert!(wrong.is_err());
}

fn tables_of_one_connection(at: &Place) {
    let engine = at.blocking(EngineOptions::new());
    let scratch = MetaData::of((Scratch,));
    let mut connection = engine.connect().unwrap();
    connection.create_all(&scratch).unwrap();
    connection.create_all(&scratch).unwrap();
    let mut session = Session::join(&mut connection);
    session.add(Scratch { id: 7 });
    session.flush().unwrap();
    assert_eq!(session.scalars(select(Scratch)).all().unwrap().len(), 1);
    drop(session);
    // One of the same name that all see stays.
    connection.drop_all(&scratch).unwrap();
    assert!(connection.execute("SELECT id FROM scratch").is_err());
    connection.rollback().unwrap();
    connection.execute("CREATE TABLE scratch (id INTEGER)").unwrap();
    connection.commit().unwrap();
    connection.create_all(&scratch).unwrap();
    connection.drop_all(&scratch).unwrap();
    connection.drop_all(&scratch).unwrap();
    connection.commit().unwrap();
    connection.execute("DROP TABLE scratch").unwrap();
    connection.commit().unwrap();
}

fn tables_of_a_transaction(at: &Place) {
    let with_the_rest = at.dialect().capability().ddl.transactional;
    let engine = at.blocking(EngineOptions::new());
    let mut metadata = MetaData::new();
    let id = Column::new("id", SqlType::BigInt);
    metadata.add(Table::new("passing").column(id).primary_key(["id"])).unwrap();
    let mut connection = engine.connect().unwrap();
    connection.create_all(&metadata).unwrap();
    assert!(connection.differences(&metadata).unwrap().is_empty());
    connection.rollback().unwrap();
    let gone = connection.differences(&metadata).unwrap();
    assert_eq!(gone.is_empty(), !with_the_rest, "{gone}");
    connection.create_all(&metadata).unwrap();
    connection.commit().unwrap();
    assert!(connection.differences(&metadata).unwrap().is_empty());
    connection.drop_all(&metadata).unwrap();
    connection.commit().unwrap();
    assert_eq!(connection.differences(&metadata).unwrap().len(), 1);
}

//! One static model, many tenants: tables in other schemas than they are declared in (DDL-14).

use std::{
    sync::atomic::{AtomicU32, Ordering},
    thread,
};

use aludel::{
    DeclarativeBase, EngineOptions, Reflect as _, SessionOptions, SqlEnum,
    blocking::{Engine, Session},
    dialect::SQLITE,
    prelude::*,
    schema::{MetaData, ReflectOptions},
};
use tempfile::TempDir;

use crate::{Case, Place, cases, neutral};

pub(super) const CASES: &[Case] = cases!["tenants":
    one_model_two_tenants needs SHARED,
    every_statement_names_the_tenants_tables needs SHARED,
    a_session_s_own_map needs SHARED,
    a_hundred_interleaved_units needs SHARED,
    tenants_at_once needs SHARED,
    created_compared_and_dropped needs SHARED,
    a_map_back_to_the_default_schema needs SHARED,
];

struct Leased;

impl DeclarativeBase for Leased {}

#[derive(Clone, Copy, Debug, PartialEq, Eq, SqlEnum)]
enum Mood {
    Calm,
    Angry,
}

#[derive(Mapped)]
#[table("lease_owner", base = Leased)]
struct Owner {
    #[column(primary_key)]
    id: Auto<i64>,
    #[column(unique, length = 40)]
    name: String,
    mood: Mood,
    #[relationship(back_populates = owner, cascade(all, delete_orphan))]
    notes: Many<Note>,
}

#[derive(Mapped)]
#[table("lease_note", base = Leased)]
struct Note {
    #[column(primary_key)]
    id: Auto<i64>,
    #[column(foreign_key = Owner.id, index)]
    owner_id: Auto<i64>,
    text: String,
    #[relationship(back_populates = notes)]
    owner: One<Owner>,
    #[relationship(secondary = NoteLabel)]
    labels: Many<Label>,
}

#[derive(Mapped)]
#[table("lease_label", base = Leased)]
struct Label {
    #[column(primary_key, length = 40)]
    name: String,
}

#[derive(Mapped)]
#[table("lease_note_label", base = Leased)]
struct NoteLabel {
    #[column(primary_key, foreign_key = Note.id)]
    note_id: i64,
    #[column(primary_key, foreign_key = Label.name, length = 40)]
    label_name: String,
}

/// Two schemas with all tables, which are dropped at the end.
struct Tenants {
    engine: Engine,
    names: [String; 2],
    _files: TempDir,
}

impl Tenants {
    fn new(at: &Place) -> Self {
        let tenants = Self::empty(at);
        for name in &tenants.names {
            Leased::metadata().create_all(&tenants.of(name)).unwrap();
        }
        tenants.engine.log().start();
        tenants
    }

    /// The same without tables.
    fn empty(at: &Place) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let (engine, files) = (at.blocking(EngineOptions::new()), TempDir::new().unwrap());
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let names = ["a", "b"].map(|it| format!("lease_{}_{number}_{it}", std::process::id()));
        for name in &names {
            match at.dialect().name() {
                "sqlite" => {
                    let file = files.path().join(name);
                    let attach = format!("ATTACH '{}' AS {name}", file.display());
                    engine.on_connect(move |it| it.execute(attach.clone()));
                }
                "postgres" => run(&engine, &[&format!("CREATE SCHEMA {name}")]),
                _ => run(&engine, &[&format!("CREATE DATABASE {name}")]),
            }
        }
        Self { engine, names, _files: files }
    }

    fn of(&self, name: &str) -> Engine {
        self.engine.schema_translate([(None, name)])
    }

    fn engines(&self) -> [Engine; 2] {
        [self.of(&self.names[0]), self.of(&self.names[1])]
    }

    /// What was sent, with tenants as `a` and `b`.
    fn sent(&self) -> Vec<String> {
        let sent = neutral(self.engine.dialect(), &self.engine.log().take()).join("\n");
        let sent = sent.replace(&self.names[0], "a").replace(&self.names[1], "b");
        sent.lines().filter(|it| !it.starts_with("ATTACH")).map(str::to_owned).collect()
    }
}

impl Drop for Tenants {
    fn drop(&mut self) {
        self.engine.dispose();
        for name in &self.names {
            match self.engine.dialect().name() {
                "sqlite" => {}
                "postgres" => run(&self.engine, &[&format!("DROP SCHEMA {name} CASCADE")]),
                _ => run(&self.engine, &[&format!("DROP DATABASE {name}")]),
            }
        }
    }
}

fn run(engine: &Engine, statements: &[&str]) {
    let mut connection = engine.connect().unwrap();
    for sql in statements {
        connection.execute(*sql).unwrap();
    }
    connection.commit().unwrap();
}

fn owner(name: &str) -> Obj<Owner> {
    Obj::new(Owner::builder().name(name).mood(Mood::Calm))
}

/// The names of a tenant's owners.
fn names(session: &mut Session) -> Vec<String> {
    let owners = session.scalars(select(Owner).order_by(Owner.id)).all().unwrap();
    owners.iter().map(|it| it.borrow().name.clone()).collect()
}

fn one_model_two_tenants(at: &Place) {
    let tenants = Tenants::new(at);
    let [mut a, mut b] = tenants.engines().map(|it| Session::new(&it));
    let (ann, bob) = (a.add(owner("Ann")), b.add(owner("Bob")));
    a.commit().unwrap();
    b.commit().unwrap();
    let insert = |it| format!("INSERT INTO {it}.lease_owner (name, mood) VALUES (?, ?)");
    let unit = |it| ["BEGIN".to_owned(), insert(it), "COMMIT".into()];
    assert_eq!(tenants.sent(), [unit("a"), unit("b")].concat());
    // The same key, and two rows.
    assert_eq!((ann.borrow().id.value().unwrap(), bob.borrow().id.value().unwrap()), (1, 1));
    bob.borrow_mut().name = "Bert".into();
    b.commit().unwrap();
    let update = "UPDATE b.lease_owner SET name = ? WHERE id = ?".to_owned();
    assert_eq!(tenants.sent(), ["BEGIN".into(), update, "COMMIT".into()]);
    drop((ann, bob));
    // The first two end before: who reads is in the way of who writes on SQLite.
    drop(b);
    drop(a);
    let [mut a, mut b] = tenants.engines().map(|it| Session::new(&it));
    let get = |session: &mut Session| session.get_one(Owner, 1).unwrap().borrow().name.clone();
    assert_eq!((get(&mut a), get(&mut b)), ("Ann".into(), "Bert".into()));
    let select = |it| {
        format!(
            "SELECT {it}.lease_owner.id, {it}.lease_owner.name, {it}.lease_owner.mood \
             FROM {it}.lease_owner WHERE {it}.lease_owner.id = ?"
        )
    };
    let sent: Vec<String> = tenants.sent().into_iter().filter(|it| it != "BEGIN").collect();
    assert_eq!(sent, [select("a"), select("b")]);
    b.rollback().unwrap();
    let doomed = a.get_one(Owner, 1).unwrap();
    a.delete(&doomed).unwrap();
    a.commit().unwrap();
    assert_eq!((names(&mut a), names(&mut b)), (vec![], vec!["Bert".to_owned()]));
}

fn every_statement_names_the_tenants_tables(at: &Place) {
    let tenants = Tenants::new(at);
    let [_, b] = tenants.engines();
    let mut session = Session::new(&b);
    let ann = session.add(owner("Ann"));
    for text in ["one", "two"] {
        let note = Note::builder().text(text).labels([Label::builder().name(format!("l{text}"))]);
        ann.notes().push(note);
    }
    session.commit().unwrap();
    drop(ann);
    session = Session::new(&b);
    // Eager loading in both ways, a lazy one, a subquery, a join, an alias.
    let all = select(Owner).options(selectinload(Owner.notes).selectinload(Note.labels));
    assert_eq!(session.scalars(all).all().unwrap()[0].notes().iter().unwrap().count(), 2);
    session = Session::new(&b);
    let joined = select(Note).options(joinedload(Note.owner)).order_by(Note.id);
    assert_eq!(session.scalars(joined).all().unwrap().len(), 2);
    let some = select(Owner).filter(Owner.notes.any(Note.labels.any(Label.name.eq("ltwo"))));
    let ann = session.scalars(some).one().unwrap();
    assert_eq!(ann.notes().load(&mut session).unwrap().len(), 2);
    let other = Owner.aliased("other");
    let pairs = select((Owner.name, other.name)).join_on(other, other.id.eq(Owner.id));
    let pairs: Vec<(String, String)> = session.execute(pairs).all().unwrap();
    assert_eq!(pairs, [("Ann".to_owned(), "Ann".to_owned())]);
    // Many rows at once, a conflict, an update and a delete by condition.
    let calm = update(Owner).set(Owner.mood, Mood::Angry).filter(Owner.mood.eq(Mood::Calm));
    assert_eq!(session.execute(calm).unwrap(), 1);
    session.execute(delete(NoteLabel).filter(NoteLabel.label_name.eq("lone"))).unwrap();
    for name in ["x", "y", "z"] {
        session.add(owner(name));
    }
    session.delete(&ann).unwrap();
    session.flush().unwrap();
    let one = session.scalars(select(Owner).limit(1)).one().unwrap();
    session.refresh(&one).unwrap();
    session.commit().unwrap();
    for sql in tenants.sent() {
        let mut rest = sql.as_str();
        while let Some(at) = rest.find("lease_") {
            let before = &rest[..at];
            let aliased =
                ["AS ", " lease_owner_1.", "(", " "].iter().any(|it| before.ends_with(it));
            assert!(before.ends_with("b.") || aliased && is_alias(&rest[at..]), "{sql}");
            rest = &rest[at + 6..];
        }
    }
    let mut a = Session::new(&tenants.of(&tenants.names[0]));
    assert_eq!(names(&mut a), Vec::<String>::new(), "the other tenant has nothing of it");
}

/// Whether a name is one of those that Aludel makes: a table's with a number.
fn is_alias(rest: &str) -> bool {
    let name = rest.split(['.', ' ', ')', ',']).next().unwrap_or_default();
    name.ends_with(|it: char| it.is_ascii_digit())
}

fn a_session_s_own_map(at: &Place) {
    let tenants = Tenants::new(at);
    let options = SessionOptions::new().schema_translate([(None, &*tenants.names[1])]);
    let mut session = Session::with_options(&tenants.engine, options);
    session.add(owner("Ann"));
    session.commit().unwrap();
    assert_eq!(
        tenants.sent(),
        ["BEGIN", "INSERT INTO b.lease_owner (name, mood) VALUES (?, ?)", "COMMIT"]
    );
    // The session's word counts, not the engine's.
    let [a, b] = tenants.engines();
    assert_eq!(names(&mut Session::with_options(&a, options)), ["Ann"]);
    assert_eq!(names(&mut Session::new(&b)), ["Ann"]);
    assert_eq!(names(&mut Session::new(&a)), Vec::<String>::new());
    // Core's connections go by their engine.
    let mut connection = b.connect().unwrap();
    let found = connection.query(select((Owner.name,))).unwrap();
    assert_eq!(found[0].get::<String>(0).unwrap(), "Ann");
}

fn a_hundred_interleaved_units(at: &Place) {
    let tenants = Tenants::new(at);
    let mut sessions = tenants.engines().map(|it| Session::new(&it));
    for round in 0..100 {
        let session = &mut sessions[round % 2];
        let at = session.add(owner(&format!("{round}")));
        at.notes().push(Note::builder().text("first"));
        session.commit().unwrap();
        assert_eq!(*at.borrow().id.get().unwrap(), round as i64 / 2 + 1);
        let earlier = session.get_one(Owner, round as i64 / 4 + 1).unwrap();
        earlier.notes().load(session).unwrap();
        earlier.notes().push(Note::builder().text("more"));
        session.commit().unwrap();
    }
    for (tenant, session) in sessions.iter_mut().enumerate() {
        let expected: Vec<String> = (0..50).map(|it| format!("{}", it * 2 + tenant)).collect();
        assert_eq!(names(session), expected);
        let notes = session.scalars(select(Note)).all().unwrap();
        assert_eq!(notes.len(), 100);
        session.rollback().unwrap();
    }
}

fn tenants_at_once(at: &Place) {
    let tenants = Tenants::new(at);
    let engines = tenants.engines();
    thread::scope(|scope| {
        for (number, engine) in engines.iter().cycle().take(6).enumerate() {
            scope.spawn(move || {
                for round in 0..15 {
                    let mut session = Session::new(engine);
                    let it = session.add(owner(&format!("{number} {round}")));
                    session.commit().unwrap();
                    let key = *it.borrow().id.get().unwrap();
                    drop(it);
                    let mut session = Session::new(engine);
                    let read = session.get_one(Owner, key).unwrap();
                    assert_eq!(read.borrow().name, format!("{number} {round}"));
                }
            });
        }
    });
    for (tenant, engine) in engines.iter().enumerate() {
        let names = names(&mut Session::new(engine));
        assert_eq!(names.len(), 45);
        let own = |it: &String| it.starts_with(|it: char| it as usize % 2 == tenant);
        assert!(names.iter().all(own), "{names:?}");
    }
}

fn created_compared_and_dropped(at: &Place) {
    let tenants = Tenants::empty(at);
    let [a, b] = tenants.engines();
    let metadata = Leased::metadata();
    metadata.create_all(&a).unwrap();
    assert!(metadata.differences(&a).unwrap().is_empty());
    let missing = metadata.differences(&b).unwrap().to_string();
    assert_eq!(missing.lines().count(), 4, "{missing}");
    assert!(missing.contains(&format!("{}.lease_owner: declared, but", tenants.names[1])));
    metadata.create_all(&b).unwrap();
    metadata.create_all(&b).unwrap();
    let read = MetaData::reflect(&b).unwrap();
    assert_eq!(read.tables().len(), 4);
    let keys = read.tables().iter().flat_map(|it| &it.foreign_keys);
    assert!(keys.clone().all(|it| it.schema.as_deref() == Some(&*tenants.names[1])));
    assert_eq!(keys.count(), 3);
    let one = ReflectOptions::new().only(["lease_note"]);
    assert_eq!(MetaData::reflect_with(&a, one).unwrap().tables().len(), 1);
    // The type of labels is in the default schema, and stays for the other tenant.
    metadata.drop_all(&a).unwrap();
    Session::new(&b).scalars(select(Owner)).all().unwrap();
    assert_eq!(MetaData::reflect(&a).unwrap().tables(), []);
    metadata.drop_all(&b).unwrap();
}

fn a_map_back_to_the_default_schema(at: &Place) {
    let tenants = Tenants::new(at);
    let [a, _] = tenants.engines();
    let same = a.schema_translate([(None, None::<&str>)]);
    assert_eq!(same.dialect().schema(None), None);
    assert_eq!(a.dialect().schema(None), Some(&*tenants.names[0]));
    let found = Session::new(&same).scalars(select(Owner)).all();
    // SQLite looks for a table without a schema in all that are attached.
    assert_eq!(found.is_err(), !SQLITE.is(at.dialect()));
    let sent = tenants.sent();
    let read = |it: &String| it.ends_with(" FROM lease_owner");
    assert!(found.is_err() || sent.iter().any(read), "{sent:?}");
}

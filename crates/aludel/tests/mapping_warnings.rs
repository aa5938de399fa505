//! What is told by `tracing`: nothing that stops a program, and all that its author should know.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(missing_docs, reason = "a test's models speak for themselves")]

use std::{cell::RefCell, fmt::Debug, sync::Once};

use aludel::{
    Obj,
    blocking::{Engine, Session},
    prelude::*,
    schema::MetaData,
};
use tracing::{
    Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};

thread_local! {
    static SEEN: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Keeps the fields of each warning as text, by thread: a session warns in the thread that uses it.
struct Collect;

struct Fields(Vec<String>);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() != "message" {
            self.0.push(format!("{}={value:?}", field.name()));
        }
    }
}

impl Subscriber for Collect {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() == Level::WARN
    }
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields(vec![event.metadata().target().to_owned()]);
        event.record(&mut fields);
        SEEN.with_borrow_mut(|it| it.push(fields.0.join(" ")));
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

/// From now on this thread's warnings are kept.
fn watch() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| tracing::subscriber::set_global_default(Collect).unwrap());
    warnings();
}

/// This thread's warnings since the last call.
fn warnings() -> Vec<String> {
    SEEN.take()
}

fn session(entities: &MetaData) -> Session {
    let engine = Engine::new("sqlite::memory:").unwrap();
    entities.create_all(&engine).unwrap();
    Session::new(&engine)
}

#[derive(Mapped)]
#[table("author")]
pub struct Author {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[relationship]
    pub books: Many<Book>,
    #[relationship(viewonly)]
    pub seen: Many<Book>,
    #[relationship(overlaps(author))]
    pub meant: Many<Book>,
}

#[derive(Mapped)]
#[table("book")]
pub struct Book {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[column(foreign_key = Author.id)]
    pub author_id: Option<i64>,
    #[relationship]
    pub author: One<Author>,
    #[relationship(secondary = BookTag)]
    pub tags: Many<Tag>,
}

#[derive(Mapped)]
#[table("tag")]
pub struct Tag {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[relationship(secondary = BookTag)]
    pub books: Many<Book>,
}

#[derive(Mapped)]
#[table("book_tag")]
pub struct BookTag {
    #[column(primary_key, foreign_key = Book.id)]
    pub book_id: Auto<i64>,
    #[column(primary_key, foreign_key = Tag.id)]
    pub tag_id: Auto<i64>,
}

// REL-16: each pair once, whichever mapper is used first; linked, read-only and meant ones not at all.
#[test]
fn relationships_that_write_one_column() {
    watch();
    inspect(Tag);
    inspect(Author);
    inspect(Book);
    let mut seen = warnings();
    seen.sort();
    let warning = |relationship: &str, overlaps: &str, column: &str| {
        format!(
            "aludel::mapping relationship=\"{relationship}\" overlaps=\"{overlaps}\" column={column}"
        )
    };
    assert_eq!(
        seen,
        [
            warning("Author.meant", "Author.books", "book.author_id"),
            warning("Book.author", "Author.books", "book.author_id"),
            warning("Tag.books", "Book.tags", "book_tag.book_id"),
        ]
    );
}

#[derive(Mapped)]
#[table("user_account")]
pub struct User {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[relationship(back_populates = user)]
    pub profile: One<Profile>,
}

#[derive(Mapped)]
#[table("profile")]
pub struct Profile {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[column(foreign_key = User.id)]
    pub user_id: Option<i64>,
    #[relationship(back_populates = profile)]
    pub user: One<User>,
}

// REL-7: however it is loaded, and where a flush looks who stood there.
#[test]
fn two_rows_one_to_one() {
    watch();
    let mut session = session(&MetaData::of((User, Profile)));
    session.add(User::builder());
    session.flush().unwrap();
    session.execute(text("INSERT INTO profile (user_id) VALUES (1), (1)")).unwrap();
    session.commit().unwrap();
    let expected = ["aludel::loading relationship=User.profile rows=2"];
    let all = select(User).order_by(User.id);
    for stmt in [
        all.clone(),
        all.clone().options(selectinload(User.profile)),
        all.clone().options(joinedload(User.profile)),
    ] {
        session.expunge_all();
        warnings();
        let user = session.scalars(&stmt).one().unwrap();
        let profile = user.profile().load(&mut session).unwrap().unwrap();
        assert_eq!(profile.borrow().id, 1);
        assert_eq!(warnings(), expected);
    }
    session.expunge_all();
    let user = session.get_one(User, 1).unwrap();
    user.profile().clear();
    session.commit().unwrap();
    assert_eq!(warnings(), expected);
}

// CAS-13: the original warns of it.
#[test]
fn orphans_without_delete() {
    watch();
    inspect(Keeper);
    assert_eq!(warnings(), ["aludel::mapping relationship=\"Keeper.animals\""]);
}

#[derive(Mapped)]
#[table("keeper")]
pub struct Keeper {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[relationship(cascade(save_update, delete_orphan))]
    pub animals: Many<Pet>,
}

#[derive(Mapped)]
#[table("pet")]
pub struct Pet {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[column(foreign_key = Keeper.id)]
    pub keeper_id: Option<i64>,
}

#[derive(Mapped)]
#[table("animal")]
pub struct Animal {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[relationship(cascade(none))]
    pub friend: One<Friend>,
    #[column(foreign_key = Friend.id)]
    pub friend_id: Option<i64>,
}

#[derive(Mapped)]
#[table("friend")]
pub struct Friend {
    #[column(primary_key)]
    pub id: Auto<i64>,
}

// CAS-4, CAS-5, UOW-35: a link with an object that no session has.
#[test]
fn strangers() {
    watch();
    let mut session = session(&MetaData::of((Animal, Friend)));
    let animal = session.add(Animal::builder());
    warnings();
    animal.friend().set(Obj::new(Friend::builder()));
    session.commit().unwrap();
    assert_eq!(warnings(), ["aludel::flush entity=\"Animal\""]);
}

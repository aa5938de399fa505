//! Mapped structs that make no sense together: found at first use, each mistake with its cure.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(missing_docs, reason = "a test's models speak for themselves")]

use aludel::{
    Error,
    blocking::{Engine, Session},
    prelude::*,
};

#[derive(Mapped)]
#[table("shelf")]
pub struct Shelf {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[relationship(back_populates = shelf)]
    pub volumes: Many<Volume>,
    #[relationship]
    pub lamps: Many<Lamp>,
}

#[derive(Mapped)]
#[table("volume")]
pub struct Volume {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[column(foreign_key = Shelf.id)]
    pub shelf_id: Auto<i64>,
    #[relationship]
    pub shelf: One<Shelf>,
}

#[derive(Mapped)]
#[table("lamp")]
pub struct Lamp {
    #[column(primary_key)]
    pub id: Auto<i64>,
}

#[derive(Mapped)]
#[table("flight")]
pub struct Flight {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[column(foreign_key = Airport.id)]
    pub from_id: Auto<i64>,
    #[column(foreign_key = Airport.id)]
    pub to_id: Auto<i64>,
    #[relationship]
    pub from: One<Airport>,
}

#[derive(Mapped)]
#[table("airport")]
pub struct Airport {
    #[column(primary_key)]
    pub id: Auto<i64>,
}

/// Written twice in one flush, in versions that the database makes.
#[derive(Mapped)]
#[table("link_of_chain")]
pub struct Chain {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[column(version(server), server_default = 1)]
    pub version: Auto<i64>,
    #[column(foreign_key = Chain.id)]
    pub next_id: Option<i64>,
    #[relationship(post_update)]
    pub next: One<Chain>,
}

/// Whose other side forgot which is which.
#[derive(Mapped)]
#[table("walker")]
pub struct Walker {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[column(foreign_key = Walker.id)]
    pub behind_id: Option<i64>,
    #[column(foreign_key = Lamp.id)]
    pub lamp_id: Option<i64>,
    #[column(foreign_key = Lamp.id)]
    pub torch_id: Option<i64>,
    #[relationship(back_populates = before)]
    pub behind: One<Walker>,
    #[relationship(back_populates = behind)]
    pub before: One<Walker>,
    #[relationship(back_populates = followers, secondary = Follow)]
    pub follows: Many<Walker>,
    #[relationship(back_populates = follows, secondary = Follow)]
    pub followers: Many<Walker>,
    #[relationship(foreign_keys = [Walker.lamp_id], cascade(all, delete_orphan))]
    pub lamp: One<Lamp>,
    #[relationship(back_populates = holders, foreign_keys = [Walker.torch_id])]
    pub torch: One<Torch>,
}

#[derive(Mapped)]
#[table("follow")]
pub struct Follow {
    #[column(primary_key, foreign_key = Walker.id)]
    pub from_id: Auto<i64>,
    #[column(primary_key, foreign_key = Walker.id)]
    pub to_id: Auto<i64>,
}

#[derive(Mapped)]
#[table("lamp")]
pub struct Torch {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[relationship(back_populates = torch, foreign_keys = [Walker.lamp_id])]
    pub holders: Many<Walker>,
}

// ERR-10, ERR-12, CAS-13: two sides that aren't the sides of one link; owners of what others may own.
#[test]
fn sides_that_do_not_fit() {
    let engine = Engine::new("sqlite::memory:").unwrap();
    let mut session = Session::new(&engine);
    let error = session.scalars(select(Walker)).all().map(drop).unwrap_err();
    let (entity, problems) = problems(error);
    assert_eq!(entity, "Walker");
    assert_eq!(
        problems,
        [
            "Walker.behind: both it and `Walker.before` are what their own row refers to; say on one \
             of them `remote_side = [...]`, with the foreign key's columns",
            "Walker.before: both it and `Walker.behind` are what their own row refers to; say on one \
             of them `remote_side = [...]`, with the foreign key's columns",
            "Walker.follows: it and `Walker.followers` go in the same direction; say on one of them \
             which columns of `Follow` refer to its owner, with `foreign_keys = [...]`",
            "Walker.followers: it and `Walker.follows` go in the same direction; say on one of them \
             which columns of `Follow` refer to its owner, with `foreign_keys = [...]`",
            "Walker.lamp: several rows may refer to one `Lamp`, which is an orphan when none does; \
             `delete_orphan` belongs to the relationship at the other end, or needs \
             `single_parent` beside it where only one row does",
            "Walker.torch: it and `Torch.holders` go by different foreign keys; name the same on \
             both sides with `foreign_keys = [...]`",
        ]
    );
}

// VER-6, UOW-24
#[test]
fn a_second_update_in_a_version_of_the_database() {
    let mut session = Session::new(&Engine::new("sqlite::memory:").unwrap());
    let error = session.scalars(select(Chain)).all().map(drop).unwrap_err();
    let (entity, problems) = problems(error);
    assert_eq!(entity, "Chain");
    assert_eq!(
        problems,
        ["Chain.next: `post_update` writes a row of `Chain` a second time, and only the database \
          knows its version by then; let the program make the version: `#[column(version)]`"]
    );
}

fn problems(error: Error) -> (&'static str, Vec<String>) {
    match error {
        Error::Mapping(error) => (error.entity, error.problems),
        other => panic!("{other}"),
    }
}

// ERR-11, ERR-12: at first use, and at each further one.
#[test]
fn all_mistakes_of_an_entity_are_named() {
    let engine = Engine::new("sqlite::memory:").unwrap();
    let mut session = Session::new(&engine);
    let error = session.scalars(select(Shelf)).all().map(drop).unwrap_err();
    let (entity, problems) = problems(error);
    assert_eq!(entity, "Shelf");
    assert_eq!(
        problems,
        [
            "Shelf.volumes: `Volume.shelf` must say `back_populates = volumes` in turn",
            "Shelf.lamps: no foreign key links `Shelf` and `Lamp`; add \
             `#[column(foreign_key = …)]` to one of them, or say with `primaryjoin = …` how they are \
             linked",
        ]
    );
}

// ERR-10
#[test]
fn several_ways_must_be_chosen_from() {
    let engine = Engine::new("sqlite::memory:").unwrap();
    let mut session = Session::new(&engine);
    session.add(Flight::builder());
    let (entity, problems) = problems(session.commit().unwrap_err());
    assert_eq!(entity, "Flight");
    assert_eq!(
        problems,
        [
            "Flight.from: 2 foreign keys link `Flight` and `Airport`; say which with `foreign_keys = [...]`"
        ]
    );
    session.rollback().unwrap();
}

#[test]
fn configure_checks_all() {
    let (base, problems) = problems(Base::configure().unwrap_err());
    assert_eq!(base, "Base");
    assert!(
        problems.len() > 1 && problems.iter().any(|it| it.starts_with("Flight.from: 2 foreign"))
    );
}

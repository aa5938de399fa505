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

fn problems(error: Error) -> (&'static str, Vec<String>) {
    match error {
        Error::Mapping(error) => (error.entity, error.problems),
        other => panic!("{other}"),
    }
}

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
             `#[column(foreign_key = …)]` to one of them",
        ]
    );
}

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
    let (entity, _) = problems(Base::configure().unwrap_err());
    assert_eq!(entity, "Flight", "the first by table");
}

//! Changes of MariaDB's Sakila, each taken back.

use aludel::{
    blocking::{Engine, Session},
    prelude::*,
};

use super::models::*;
use crate::{Feature, Rating, load, sent};

#[test]
fn a_film_is_changed_added_and_deleted() {
    let own = load::mariadb("sakila_written");
    let engine = Engine::new(own.url()).unwrap();
    let mut session = Session::new(&engine);
    let film = session.get(Film, 1).unwrap().unwrap();
    let (before, at) = (film.borrow().special_features.clone(), film.borrow().stamp.last_update);
    engine.log().start_with_parameters();
    {
        let mut film = film.borrow_mut();
        film.title = "ACADEMY HERON".into();
        film.rating = Auto::new(Some(Rating::Restricted));
        film.release_year = Some(2155);
        film.special_features = Some([Feature::BehindTheScenes, Feature::Trailers].into());
    }
    session.flush().unwrap();
    assert_eq!(
        sent(engine.log().take()),
        [
            "UPDATE film SET title = ?, release_year = ?, rating = ?, special_features = ? WHERE film_id = ? \
             -- (\"ACADEMY HERON\", 2155, \"R\", \"Trailers,Behind the Scenes\", 1)"
        ]
    );
    // What the database made of it: the moment, and by a trigger the text to search.
    session.fresh(&film).unwrap();
    assert!(film.borrow().stamp.last_update.get() > at.get());
    let found = session.get(FilmText, 1).unwrap().unwrap();
    assert_eq!(found.borrow().title, "ACADEMY HERON");
    session.rollback().unwrap();
    assert_eq!(
        (film.borrow().release_year, &film.borrow().special_features),
        (Some(2006), &before)
    );

    let language = session.get(Language, 1).unwrap().unwrap();
    let known = session.get(Actor, 1).unwrap().unwrap();
    engine.log().start();
    let new = Film::builder().title("ALUDEL RISING").release_year(1901).language(language);
    let new = session.add(new.special_features([]));
    new.actors().extend([known.clone()]);
    new.actors().push(Actor::builder().first_name("MARIA").last_name("PROPHETISSA"));
    session.flush().unwrap();
    let log = sent(engine.log().take());
    assert_eq!(log.len(), 3, "{log:#?}");
    assert_eq!(new.borrow().film_id, 1001);
    assert_eq!(new.borrow().rating, Auto::new(Some(Rating::General)));
    session.expire(&new).unwrap();
    session.fresh(&new).unwrap();
    assert_eq!(new.borrow().special_features, Some(SqlSet::new()));
    assert_eq!(known.films().load(&mut session).unwrap().len(), 20);

    engine.log().start();
    session.delete(&new).unwrap();
    session.flush().unwrap();
    let log = sent(engine.log().take());
    let deleted: Vec<&String> = log.iter().filter(|it| it.starts_with("DELETE")).collect();
    assert_eq!(
        deleted,
        [
            "DELETE FROM film_actor WHERE actor_id = ? AND film_id = ? -- 2 rows",
            "DELETE FROM film WHERE film_id = ?"
        ]
    );
    session.rollback().unwrap();
    let films = session.scalar(select(func::count_all()).select_from(Film)).unwrap();
    assert_eq!(films, Some(1000));
}

/// A server in strict mode refuses what a type can't hold.
#[test]
fn what_a_type_cannot_hold_is_refused() {
    let own = load::mariadb("sakila_refused");
    let engine = Engine::new(own.url()).unwrap();
    let mut session = Session::new(&engine);
    let film = session.get(Film, 1).unwrap().unwrap();
    film.borrow_mut().release_year = Some(1900);
    let error = session.flush().unwrap_err().to_string();
    assert!(error.contains("release_year"), "{error}");
    session.rollback().unwrap();
    let wrong = text("UPDATE film SET special_features = 'Trailers,Bloopers' WHERE film_id = 1");
    assert!(session.execute(wrong).is_err());
    session.rollback().unwrap();
    let address = session.get(Address, 1).unwrap().unwrap();
    let place = session.get(Address, 2).unwrap().unwrap().borrow().location.clone();
    address.borrow_mut().location = place.clone();
    session.flush().unwrap();
    session.expire(&address).unwrap();
    session.fresh(&address).unwrap();
    assert_eq!(address.borrow().location, place);
    session.rollback().unwrap();
}

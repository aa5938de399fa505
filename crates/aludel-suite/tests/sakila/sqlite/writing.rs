//! A few rows of SQLite's Sakila, written and read.

use aludel::{
    blocking::{Engine, Session},
    prelude::*,
};

use super::models::*;
use crate::{Feature, Rating, load, sent};

#[test]
fn a_film_is_added_changed_and_deleted() {
    let own = load::sqlite();
    let engine = Engine::new(&own.url).unwrap();
    let mut session = Session::new(&engine);
    let language = session.add(Language::builder().name("Latin"));
    let film = Film::builder().title("ALUDEL RISING").description("\u{1f704}").release_year("1901");
    let film = session.add(film.language(language).special_features([Feature::Trailers]));
    film.actors().push(Actor::builder().first_name("MARIA").last_name("PROPHETISSA"));
    session.commit().unwrap();
    assert_eq!(film.borrow().rating, Auto::new(Some(Rating::General)));
    assert_eq!(film.borrow().rental_rate, 4.99);
    drop((film, session));

    let mut session = Session::new(&engine);
    let trailers = select(Film).filter(Film.special_features.has_label(Feature::Trailers));
    let film = session.scalars(trailers.options(selectinload(Film.actors))).one().unwrap();
    assert_eq!(film.actors().len().unwrap(), 1);
    assert_eq!(film.borrow().description.as_deref(), Some("\u{1f704}"));
    engine.log().start();
    film.borrow_mut().special_features = Some([Feature::BehindTheScenes, Feature::Trailers].into());
    film.borrow_mut().rating = Auto::new(None);
    session.flush().unwrap();
    assert_eq!(
        sent(engine.log().take()),
        ["UPDATE film SET rating = ?, special_features = ? WHERE film_id = ?"]
    );
    session.fresh(&film).unwrap();
    assert_eq!(film.borrow().special_features.as_ref().unwrap().len(), 2);
    let wrong = text("UPDATE film SET rating = 'X'");
    let error = session.execute(wrong).unwrap_err();
    let aludel::Error::Integrity(refused) = &error else { panic!("{error}") };
    assert_eq!(refused.constraint.as_deref(), Some("CHECK_special_rating"));
    session.rollback().unwrap();
    session.delete(&film).unwrap();
    session.commit().unwrap();
    let links = session.scalar(select(func::count_all()).select_from(FilmActor)).unwrap();
    assert_eq!(links, Some(0));
}

//! Changes of PostgreSQL's Sakila, each taken back.

use aludel::{
    Error, Integrity,
    blocking::{Engine, Session},
    prelude::*,
};
use chrono::NaiveDateTime;
use rust_decimal::Decimal;

use super::{business::*, models::*, payments::*};
use crate::{Feature, Rating, load, sent};

#[test]
fn a_film_is_changed_added_and_deleted() {
    let own = load::postgres("sakila_written");
    let engine = Engine::new(own.url()).unwrap();
    let mut session = Session::new(&engine);
    let film = session.get(Film, 1).unwrap().unwrap();
    let before = film.borrow().special_features.clone();
    engine.log().start();
    {
        let mut film = film.borrow_mut();
        film.title = "ACADEMY HERON".into();
        film.rating = Auto::new(Some(Rating::Restricted));
        film.release_year = Some(2155);
        film.special_features = Some(vec![Feature::Trailers, Feature::BehindTheScenes]);
    }
    session.flush().unwrap();
    assert_eq!(
        sent(engine.log().take()),
        [
            "UPDATE film SET title = $1, release_year = $2, rating = $3, special_features = $4 WHERE film_id = $5"
        ]
    );
    // What triggers made of it.
    session.fresh(&film).unwrap();
    assert!(film.borrow().fulltext.get().unwrap().as_str().contains("'heron':2"));
    assert_eq!(film.borrow().special_features.as_ref().unwrap()[1], Feature::BehindTheScenes);
    session.rollback().unwrap();
    assert_eq!(film.borrow().release_year, Some(2006));
    session.fresh(&film).unwrap();
    assert_eq!(film.borrow().special_features, before);
    // The array may hold other texts; an object can't.
    let other = text("UPDATE film SET special_features = '{Trailers,Bloopers}' WHERE film_id = 1");
    session.execute(other).unwrap();
    let error = session.refresh(&film).unwrap_err().to_string();
    assert!(error.contains("special_features"), "{error}");
    session.rollback().unwrap();
    session.fresh(&film).unwrap();

    let language = session.get(Language, 1).unwrap().unwrap();
    let known = session.get(Actor, 1).unwrap().unwrap();
    engine.log().start();
    let new =
        session.add(Film::builder().title("ALUDEL RISING").release_year(1901).language(language));
    new.actors().extend([known.clone()]);
    new.actors().push(Actor::builder().first_name("MARIA").last_name("PROPHETISSA"));
    session.flush().unwrap();
    let log = sent(engine.log().take());
    assert_eq!(log.len(), 3, "{log:#?}");
    assert_eq!(new.borrow().film_id, 1001);
    assert_eq!(new.borrow().rating, Auto::new(Some(Rating::General)));
    assert_eq!(new.borrow().fulltext.get().unwrap().as_str(), "'aludel':1 'rise':2");
    assert_eq!(known.films().load(&mut session).unwrap().len(), 20);

    engine.log().start();
    session.delete(&new).unwrap();
    session.flush().unwrap();
    let log = sent(engine.log().take());
    let deleted: Vec<&String> = log.iter().filter(|it| it.starts_with("DELETE")).collect();
    assert_eq!(
        deleted,
        [
            "DELETE FROM film_actor WHERE actor_id = $1 AND film_id = $2 -- 2 rows",
            "DELETE FROM film WHERE film_id = $1"
        ]
    );
    session.rollback().unwrap();
    let films = session.scalar(select(func::count_all()).select_from(Film)).unwrap();
    assert_eq!(films, Some(1000));
}

#[test]
fn what_the_domain_refuses_is_an_integrity_error() {
    let own = load::postgres("sakila_refused");
    let engine = Engine::new(own.url()).unwrap();
    let mut session = Session::new(&engine);
    for year in [1900, 2156] {
        let film = session.get(Film, 1).unwrap().unwrap();
        film.borrow_mut().release_year = Some(year);
        let error = session.flush().unwrap_err();
        let Error::Integrity(refused) = &error else { panic!("{error}") };
        assert_eq!(
            (refused.kind, refused.constraint.as_deref()),
            (Integrity::Check, Some("year_check"))
        );
        session.rollback().unwrap();
    }
    // The same in rows that go out together.
    let language = session.get(Language, 1).unwrap().unwrap();
    for (year, title) in [(1901, "FIRST"), (1900, "TOO EARLY"), (2000, "LAST")] {
        session.add(Film::builder().title(title).release_year(year).language(language.clone()));
    }
    let error = session.flush().unwrap_err();
    let Error::Integrity(refused) = &error else { panic!("{error}") };
    assert_eq!(
        (refused.kind, refused.constraint.as_deref()),
        (Integrity::Check, Some("year_check"))
    );
    session.rollback().unwrap();
}

/// The table's rules send rows to the tables of months, so that PostgreSQL can't return what it made.
#[test]
fn rules_leave_nothing_to_return() {
    let own = load::postgres("sakila_rules");
    let engine = Engine::new(own.url()).unwrap();
    let mut session = Session::new(&engine);
    let rental = session.get(Rental, 1).unwrap().unwrap();
    let payment = |day: &str| {
        let amount: Decimal = "2.99".parse().unwrap();
        let day: NaiveDateTime = format!("{day}T00:00:00").parse().unwrap();
        Payment::builder().amount(amount).payment_date(day).customer_id(1).staff_id(1)
    };
    session.add(payment("2006-05-01").rental(rental.clone()));
    let error = session.flush().unwrap_err().to_string();
    assert!(error.contains("cannot perform INSERT RETURNING on relation \"payment\""), "{error}");
    session.rollback().unwrap();
}

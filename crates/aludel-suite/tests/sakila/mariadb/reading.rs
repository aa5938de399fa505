//! All rows of MariaDB's Sakila, as objects.

use aludel::{
    blocking::{Engine, Session},
    prelude::*,
};
use rust_decimal::Decimal;

use super::{business::*, models::*};
use crate::{Feature, Rating, load, sent, whole};

#[test]
fn all_rows_are_objects() {
    let own = load::mariadb("sakila_whole");
    let engine = Engine::new(own.url()).unwrap();
    let mut session = Session::new(&engine);
    whole!(session;
        Actor 200, Address 603, Category 16, City 600, Country 109, Customer 599, Film 1000, FilmActor 5462,
        FilmCategory 1000, FilmText 1000, Inventory 4581, Language 6, Payment 16049, Rental 16044, Staff 2,
        Store 2,
    );
    let taken = session.scalar(select(func::sum(Payment.amount))).unwrap();
    assert_eq!(taken, Some(Some(Decimal::new(6_741_651, 2))));
}

#[test]
fn all_rows_are_objects_of_async_sessions() {
    let own = load::mariadb("sakila_async");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let engine = aludel::Engine::new(own.url()).unwrap();
        let mut session = aludel::Session::new(&engine);
        whole!(session.await;
            Actor 200, Address 603, Category 16, City 600, Country 109, Customer 599, Film 1000,
            FilmActor 5462, FilmCategory 1000, FilmText 1000, Inventory 4581, Language 6, Payment 16049,
            Rental 16044, Staff 2, Store 2,
        );
        let films = select(Film).options(selectinload(Film.actors));
        let films = session.scalars(films).all().await.unwrap();
        assert_eq!(films.iter().map(|it| it.actors().len().unwrap()).sum::<usize>(), 5462);
    });
}

#[test]
fn relationships_are_loaded_in_batches() {
    let own = load::mariadb("sakila_related");
    let engine = Engine::new(own.url()).unwrap();
    let mut session = Session::new(&engine);
    engine.log().start();
    let films = select(Film).order_by(Film.film_id).options(selectinload(Film.actors));
    let films = session.scalars(films).all().unwrap();
    // The films, and the actors of 500 films each.
    assert_eq!(sent(engine.log().take()).len(), 3);
    assert_eq!(films.iter().map(|it| it.actors().len().unwrap()).sum::<usize>(), 5462);
    assert_eq!(films[0].actors().len().unwrap(), 10);

    engine.log().start();
    let all = selectinload(Customer.rentals).selectinload(Rental.payments);
    let customers = select(Customer).order_by(Customer.customer_id).options(all);
    let customers = session.scalars(customers).all().unwrap();
    // 599 customers are two batches, their 16,044 rentals are 33.
    assert_eq!(sent(engine.log().take()).len(), 1 + 2 + 33);
    let rentals: Vec<_> = customers.iter().flat_map(|it| it.rentals().iter().unwrap()).collect();
    assert_eq!(rentals.len(), 16044);
    // Five payments are for no rental.
    let payments = rentals.iter().map(|it| it.payments().len().unwrap());
    assert_eq!(payments.sum::<usize>(), 16044);
    let none = select(Payment).filter(Payment.rental.is_null());
    assert_eq!(session.scalars(none).all().unwrap().len(), 5);

    // Each store has a manager, who works there.
    for store in session.scalars(select(Store).order_by(Store.store_id)).all().unwrap() {
        let manager = store.manager().load(&mut session).unwrap().unwrap();
        assert!(store.staff().load(&mut session).unwrap().contains(&manager));
        assert!(manager.store().get().unwrap().unwrap().is(&store));
    }
}

#[test]
fn values_of_its_own_types() {
    let own = load::mariadb("sakila_values");
    let engine = Engine::new(own.url()).unwrap();
    let mut session = Session::new(&engine);
    let film = session.get(Film, 1).unwrap().unwrap();
    let row = film.borrow();
    assert_eq!((&*row.title, row.release_year), ("ACADEMY DINOSAUR", Some(2006)));
    assert_eq!(row.rating, Auto::new(Some(Rating::ParentalGuidance)));
    let parts = row.special_features.clone().unwrap();
    assert_eq!(parts, SqlSet::from([Feature::BehindTheScenes, Feature::DeletedScenes]));
    assert_eq!(parts.as_str(), "Deleted Scenes,Behind the Scenes");
    assert_eq!((row.original_language_id, row.length), (None, Some(86)));
    drop(row);
    let language = film.language().load(&mut session).unwrap().unwrap();
    assert_eq!(language.borrow().name, "English");
    let staff = session.get(Staff, 1).unwrap().unwrap();
    let picture = staff.borrow().picture.clone().unwrap();
    assert_eq!((picture.len(), &picture[1..4]), (36365, &b"PNG"[..]));
    assert_eq!(staff.borrow().active.get(), Some(&true));
    // A point: no system of reference, little-endian, kind 1, two numbers.
    let address = session.get(Address, 1).unwrap().unwrap();
    let location = address.borrow().location.clone();
    let number = |at: usize| f64::from_le_bytes(location[at..at + 8].try_into().unwrap());
    assert_eq!(location[..9], [0, 0, 0, 0, 1, 1, 0, 0, 0]);
    assert_eq!((number(9), number(17)), (-112.818_564_7, 49.699_998_6));
    assert_eq!(address.borrow().address2, None);

    let count = select(func::count_all()).select_from(Film);
    let adult = count.clone().filter(Film.rating.eq(Rating::Adults17));
    assert_eq!(session.scalar(adult).unwrap(), Some(210));
    let trailers = count.clone().filter(Film.special_features.has_label(Feature::Trailers));
    assert_eq!(session.scalar(trailers).unwrap(), Some(535));
    let all = count.clone().filter(Film.special_features.eq(SqlSet::all()));
    assert_eq!(session.scalar(all).unwrap(), Some(61));
    assert_eq!(session.scalar(count.filter(Film.release_year.lt(2006))).unwrap(), Some(0));
    let found =
        text("SELECT film_id FROM film_text WHERE MATCH (title, description) AGAINST (:query)");
    let found = found.bind("query", "academy dinosaur").rows::<(i16,)>();
    assert_eq!(session.execute(found).all().unwrap()[0], (1,));
}

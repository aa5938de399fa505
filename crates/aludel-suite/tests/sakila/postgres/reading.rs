//! All rows of PostgreSQL's Sakila, as objects.

use aludel::{
    blocking::{Engine, Session},
    prelude::*,
};
use rust_decimal::Decimal;

use super::{business::*, models::*, payments::*};
use crate::{Feature, Rating, load, sent, whole};

#[test]
fn all_rows_are_objects() {
    let own = load::postgres("sakila_whole");
    let engine = Engine::new(own.url()).unwrap();
    let mut session = Session::new(&engine);
    whole!(session;
        Actor 200, Address 603, Category 16, City 600, Country 109, Customer 599, Film 1000, FilmActor 5462,
        FilmCategory 1000, Inventory 4581, Language 6, Payment 16049, Rental 16044, Staff 2, Store 2,
        January 0, February 0, March 0, April 0, May 0, June 0,
    );
    let taken = session.scalar(select(func::sum(Payment.amount))).unwrap();
    assert_eq!(taken, Some(Some(Decimal::new(6_741_651, 2))));
}

#[test]
fn all_rows_are_objects_of_async_sessions() {
    let own = load::postgres("sakila_async");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let engine = aludel::Engine::new(own.url()).unwrap();
        let mut session = aludel::Session::new(&engine);
        whole!(session.await;
            Actor 200, Address 603, Category 16, City 600, Country 109, Customer 599, Film 1000,
            FilmActor 5462, FilmCategory 1000, Inventory 4581, Language 6, Payment 16049, Rental 16044,
            Staff 2, Store 2, January 0, February 0, March 0, April 0, May 0, June 0,
        );
        let films = select(Film).options(selectinload(Film.actors));
        let films = session.scalars(films).all().await.unwrap();
        assert_eq!(films.iter().map(|it| it.actors().len().unwrap()).sum::<usize>(), 5462);
    });
}

#[test]
fn relationships_are_loaded_in_batches() {
    let own = load::postgres("sakila_related");
    let engine = Engine::new(own.url()).unwrap();
    let mut session = Session::new(&engine);
    engine.log().start();
    let films = select(Film).order_by(Film.film_id).options(selectinload(Film.actors));
    let films = session.scalars(films).all().unwrap();
    let log = sent(engine.log().take());
    // The films, and the actors of 500 films each.
    assert_eq!(log.len(), 3, "{log:#?}");
    assert!(log[1].contains("FROM actor JOIN film_actor"), "{}", log[1]);
    assert_eq!(films.iter().map(|it| it.actors().len().unwrap()).sum::<usize>(), 5462);
    let dinosaur = &films[0];
    let names: Vec<String> =
        dinosaur.actors().iter().unwrap().map(|it| it.borrow().last_name.clone()).collect();
    assert_eq!((names.len(), &*names[0]), (10, "GUINESS"));
    // The other side is in step with what was loaded.
    let penelope = session.get(Actor, 1).unwrap().unwrap();
    assert_eq!(penelope.films().load(&mut session).unwrap().len(), 19);

    engine.log().start();
    let all = selectinload(Customer.rentals).selectinload(Rental.payments);
    let customers = select(Customer).order_by(Customer.customer_id).options(all);
    let customers = session.scalars(customers).all().unwrap();
    // 599 customers are two batches, their 16,044 rentals are 33.
    assert_eq!(sent(engine.log().take()).len(), 1 + 2 + 33);
    let rentals: Vec<_> = customers.iter().flat_map(|it| it.rentals().iter().unwrap()).collect();
    assert_eq!(rentals.len(), 16044);
    let payments = rentals.iter().map(|it| it.payments().len().unwrap());
    assert_eq!(payments.sum::<usize>(), 16049);
    assert_eq!(customers[0].rentals().len().unwrap(), 32);

    // Each store has a manager, who works there.
    for store in session.scalars(select(Store).order_by(Store.store_id)).all().unwrap() {
        let manager = store.manager().load(&mut session).unwrap().unwrap();
        assert!(store.staff().load(&mut session).unwrap().contains(&manager));
        assert!(manager.store().get().unwrap().unwrap().is(&store));
    }
}

#[test]
fn values_of_its_own_types() {
    let own = load::postgres("sakila_values");
    let engine = Engine::new(own.url()).unwrap();
    let mut session = Session::new(&engine);
    let film = session.get(Film, 1).unwrap().unwrap();
    let (row, parts) = (film.borrow(), [Feature::DeletedScenes, Feature::BehindTheScenes]);
    assert_eq!((&*row.title, row.release_year), ("ACADEMY DINOSAUR", Some(2006)));
    assert_eq!(row.rating, Auto::new(Some(Rating::ParentalGuidance)));
    assert_eq!(row.special_features.as_deref(), Some(&parts[..]));
    assert_eq!(row.original_language_id, None);
    let words = row.fulltext.get().unwrap();
    let notation = "'academi':1 'battl':15 'canadian':20 'dinosaur':2 'drama':5 'epic':4 'feminist':8 'mad':11 \
                'must':14 'rocki':21 'scientist':12 'teacher':17";
    assert_eq!(words.as_str(), notation);
    assert!(words.lexemes().any(|it| it.word == "rocki" && it.positions[0].at == 21));
    drop(row);
    // As the server has it: a `character(20)` is filled up.
    let language = film.language().load(&mut session).unwrap().unwrap();
    assert_eq!(language.borrow().name, "English             ");
    let staff = session.get(Staff, 1).unwrap().unwrap();
    assert_eq!(
        (staff.borrow().picture.as_deref(), staff.borrow().active.get()),
        (None, Some(&true))
    );
    let address = session.get(Address, 1).unwrap().unwrap();
    assert_eq!((&address.borrow().address2, &*address.borrow().phone), (&None, " "));

    let count = select(func::count_all()).select_from(Film);
    let adult = count.clone().filter(Film.rating.eq(Rating::Adults17));
    assert_eq!(session.scalar(adult).unwrap(), Some(210));
    assert_eq!(session.scalar(count.filter(Film.release_year.lt(2006))).unwrap(), Some(0));
    let found =
        text("SELECT film_id FROM film WHERE fulltext @@ plainto_tsquery('english', :query)");
    let found = found.bind("query", "academies of dinosaurs").rows::<(i32,)>();
    assert_eq!(session.execute(found).all().unwrap(), [(1,)]);
    let found = text("SELECT count(*) FROM film WHERE :part = ANY (special_features)");
    assert_eq!(
        session.execute(found.bind("part", "Trailers").rows::<(i64,)>()).one().unwrap(),
        (535,)
    );
}

//! PostgreSQL's Sakila, table by table.

use aludel::{DeclarativeBase, TsVector, prelude::*, sql};
use chrono::{NaiveDate, NaiveDateTime};
use rust_decimal::Decimal;

use super::business::{Inventory, Rental, Store};
use crate::{Feature, Rating};

pub enum Sakila {}

impl DeclarativeBase for Sakila {}

/// What nearly every table has: when the row was written last, which a trigger says.
#[derive(Mixin)]
pub struct Updated {
    #[column(server_default = "CURRENT_TIMESTAMP", server_onupdate)]
    pub last_update: Auto<NaiveDateTime>,
}

#[derive(Mapped)]
#[table("actor", base = Sakila, index(last_name, name = "idx_actor_last_name"))]
pub struct Actor {
    #[column(primary_key)]
    pub actor_id: Auto<i32>,
    #[column(length = 45)]
    pub first_name: String,
    #[column(length = 45)]
    pub last_name: String,
    #[mixin]
    pub updated: Updated,
    #[relationship(secondary = FilmActor, back_populates = actors, order_by = Film.film_id)]
    pub films: Many<Film>,
}

#[derive(Mapped)]
#[table("category", base = Sakila)]
pub struct Category {
    #[column(primary_key)]
    pub category_id: Auto<i32>,
    #[column(length = 25)]
    pub name: String,
    #[mixin]
    pub updated: Updated,
    #[relationship(secondary = FilmCategory, back_populates = categories)]
    pub films: Many<Film>,
}

#[derive(Mapped)]
#[table("language", base = Sakila)]
pub struct Language {
    #[column(primary_key)]
    pub language_id: Auto<i32>,
    /// Filled up with spaces.
    #[column(sql_type = sql::Named("character(20)"))]
    pub name: String,
    #[mixin]
    pub updated: Updated,
    #[relationship(back_populates = language, foreign_keys = [Film.language_id])]
    pub films: Many<Film>,
    #[relationship(back_populates = original_language, foreign_keys = [Film.original_language_id])]
    pub originals: Many<Film>,
}

#[derive(Mapped)]
#[table(
    "film",
    base = Sakila,
    index(language_id, name = "idx_fk_language_id"),
    index(original_language_id, name = "idx_fk_original_language_id"),
    index(title, name = "idx_title"),
    index(fulltext, using = gist, name = "film_fulltext_idx")
)]
pub struct Film {
    #[column(primary_key)]
    pub film_id: Auto<i32>,
    #[column(length = 255)]
    pub title: String,
    pub description: Option<String>,
    /// A domain over integers, of the years from 1901 to 2155.
    #[column(sql_type = sql::Named("year"))]
    pub release_year: Option<i32>,
    #[column(foreign_key = Language.language_id, on_delete = restrict, on_update = cascade)]
    pub language_id: Auto<i32>,
    #[column(foreign_key = Language.language_id, on_delete = restrict, on_update = cascade)]
    pub original_language_id: Option<i32>,
    #[column(server_default = 3)]
    pub rental_duration: Auto<i16>,
    #[column(numeric(4, 2), server_default = 4.99)]
    pub rental_rate: Auto<Decimal>,
    pub length: Option<i16>,
    #[column(numeric(5, 2), server_default = 19.99)]
    pub replacement_cost: Auto<Decimal>,
    #[column(server_default = "'G'")]
    pub rating: Auto<Option<Rating>>,
    #[mixin]
    pub updated: Updated,
    /// Labels, in an array of texts.
    #[column(sql_type = sql::Array(&sql::Text))]
    pub special_features: Option<Vec<Feature>>,
    /// A trigger makes it of the title and the description.
    #[column(server_onupdate)]
    pub fulltext: Auto<TsVector>,
    #[relationship(back_populates = films, foreign_keys = [Film.language_id])]
    pub language: One<Language>,
    #[relationship(back_populates = originals, foreign_keys = [Film.original_language_id])]
    pub original_language: One<Language>,
    #[relationship(secondary = FilmActor, back_populates = films, order_by = Actor.actor_id)]
    pub actors: Many<Actor>,
    #[relationship(secondary = FilmCategory, back_populates = films)]
    pub categories: Many<Category>,
    #[relationship(back_populates = film)]
    pub copies: Many<Inventory>,
}

#[derive(Mapped)]
#[table("film_actor", base = Sakila, index(film_id, name = "idx_fk_film_id"))]
pub struct FilmActor {
    #[column(primary_key, foreign_key = Actor.actor_id, on_delete = restrict, on_update = cascade)]
    pub actor_id: Auto<i32>,
    #[column(primary_key, foreign_key = Film.film_id, on_delete = restrict, on_update = cascade)]
    pub film_id: Auto<i32>,
    #[mixin]
    pub updated: Updated,
}

#[derive(Mapped)]
#[table("film_category", base = Sakila)]
pub struct FilmCategory {
    #[column(primary_key, foreign_key = Film.film_id, on_delete = restrict, on_update = cascade)]
    pub film_id: Auto<i32>,
    #[column(primary_key, foreign_key = Category.category_id, on_delete = restrict, on_update = cascade)]
    pub category_id: Auto<i32>,
    #[mixin]
    pub updated: Updated,
}

#[derive(Mapped)]
#[table("country", base = Sakila)]
pub struct Country {
    #[column(primary_key)]
    pub country_id: Auto<i32>,
    #[column(length = 50)]
    pub country: String,
    #[mixin]
    pub updated: Updated,
    #[relationship(back_populates = country)]
    pub cities: Many<City>,
}

#[derive(Mapped)]
#[table("city", base = Sakila, index(country_id, name = "idx_fk_country_id"))]
pub struct City {
    #[column(primary_key)]
    pub city_id: Auto<i32>,
    #[column("city", length = 50)]
    pub name: String,
    #[column(foreign_key = Country.country_id, on_delete = restrict, on_update = cascade)]
    pub country_id: Auto<i32>,
    #[mixin]
    pub updated: Updated,
    #[relationship(back_populates = cities)]
    pub country: One<Country>,
    #[relationship(back_populates = city)]
    pub addresses: Many<Address>,
}

#[derive(Mapped)]
#[table("address", base = Sakila, index(city_id, name = "idx_fk_city_id"))]
pub struct Address {
    #[column(primary_key)]
    pub address_id: Auto<i32>,
    #[column(length = 50)]
    pub address: String,
    #[column(length = 50)]
    pub address2: Option<String>,
    #[column(length = 20)]
    pub district: String,
    #[column(foreign_key = City.city_id, on_delete = restrict, on_update = cascade)]
    pub city_id: Auto<i32>,
    #[column(length = 10)]
    pub postal_code: Option<String>,
    #[column(length = 20)]
    pub phone: String,
    #[mixin]
    pub updated: Updated,
    #[relationship(back_populates = addresses)]
    pub city: One<City>,
    #[relationship(back_populates = address)]
    pub customers: Many<Customer>,
}

#[derive(Mapped)]
#[table(
    "customer",
    base = Sakila,
    index(address_id, name = "idx_fk_address_id"),
    index(store_id, name = "idx_fk_store_id"),
    index(last_name, name = "idx_last_name")
)]
pub struct Customer {
    #[column(primary_key)]
    pub customer_id: Auto<i32>,
    #[column(foreign_key = Store.store_id, on_delete = restrict, on_update = cascade)]
    pub store_id: Auto<i32>,
    #[column(length = 45)]
    pub first_name: String,
    #[column(length = 45)]
    pub last_name: String,
    #[column(length = 50)]
    pub email: Option<String>,
    #[column(foreign_key = Address.address_id, on_delete = restrict, on_update = cascade)]
    pub address_id: Auto<i32>,
    #[column(server_default = true)]
    pub activebool: Auto<bool>,
    #[column(server_default = "('now'::text)::date")]
    pub create_date: Auto<NaiveDate>,
    #[column(server_default = now, server_onupdate)]
    pub last_update: Auto<Option<NaiveDateTime>>,
    pub active: Option<i32>,
    #[relationship(back_populates = customers)]
    pub address: One<Address>,
    #[relationship(back_populates = customer, order_by = Rental.rental_id)]
    pub rentals: Many<Rental>,
}

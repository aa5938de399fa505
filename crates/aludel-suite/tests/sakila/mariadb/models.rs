//! MariaDB's Sakila, table by table.

use aludel::{DeclarativeBase, TypeMap, prelude::*, sql};
use chrono::NaiveDateTime;
use rust_decimal::Decimal;

use super::business::{Inventory, Rental, Store};
use crate::{Feature, Rating};

pub enum Sakila {}

/// Keys are as narrow as they can be, and a moment is a `TIMESTAMP` where nothing else is said.
impl DeclarativeBase for Sakila {
    fn type_map() -> TypeMap {
        TypeMap::new()
            .set::<u8>(sql::Named("tinyint unsigned"))
            .set::<u16>(sql::Named("smallint unsigned"))
            .set::<u32>(sql::Named("mediumint unsigned"))
            .set::<NaiveDateTime>(sql::Named("timestamp"))
            .annotated("text", sql::Named("text"))
            .annotated("datetime", sql::Named("datetime"))
    }
}

/// What nearly every table has: when the row was written last.
#[derive(Mixin)]
pub struct Stamp {
    #[column(server_default = "CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP", server_onupdate)]
    pub last_update: Auto<NaiveDateTime>,
}

#[derive(Mapped)]
#[table("actor", base = Sakila, index(last_name, name = "idx_actor_last_name"))]
pub struct Actor {
    #[column(primary_key)]
    pub actor_id: Auto<u16>,
    #[column(length = 45)]
    pub first_name: String,
    #[column(length = 45)]
    pub last_name: String,
    #[mixin]
    pub stamp: Stamp,
    #[relationship(secondary = FilmActor, back_populates = actors, order_by = Film.film_id)]
    pub films: Many<Film>,
}

#[derive(Mapped)]
#[table("category", base = Sakila)]
pub struct Category {
    #[column(primary_key)]
    pub category_id: Auto<u8>,
    #[column(length = 25)]
    pub name: String,
    #[mixin]
    pub stamp: Stamp,
    #[relationship(secondary = FilmCategory, back_populates = categories)]
    pub films: Many<Film>,
}

#[derive(Mapped)]
#[table("language", base = Sakila)]
pub struct Language {
    #[column(primary_key)]
    pub language_id: Auto<u8>,
    #[column(sql_type = sql::Named("char(20)"))]
    pub name: String,
    #[mixin]
    pub stamp: Stamp,
    #[relationship(back_populates = language, foreign_keys = [Film.language_id])]
    pub films: Many<Film>,
    #[relationship(back_populates = original_language, foreign_keys = [Film.original_language_id])]
    pub originals: Many<Film>,
}

#[derive(Mapped)]
#[table(
    "film",
    base = Sakila,
    index(title, name = "idx_title"),
    index(language_id, name = "idx_fk_language_id"),
    index(original_language_id, name = "idx_fk_original_language_id")
)]
pub struct Film {
    #[column(primary_key)]
    pub film_id: Auto<u16>,
    #[column(length = 255)]
    pub title: String,
    #[column(annotated = "text")]
    pub description: Option<String>,
    #[column(sql_type = sql::Named("year"))]
    pub release_year: Option<i32>,
    #[column(foreign_key = Language.language_id, on_delete = restrict, on_update = cascade)]
    pub language_id: Auto<u8>,
    #[column(foreign_key = Language.language_id, on_delete = restrict, on_update = cascade)]
    pub original_language_id: Option<u8>,
    #[column(server_default = 3)]
    pub rental_duration: Auto<u8>,
    #[column(numeric(4, 2), server_default = 4.99)]
    pub rental_rate: Auto<Decimal>,
    pub length: Option<u16>,
    #[column(numeric(5, 2), server_default = 19.99)]
    pub replacement_cost: Auto<Decimal>,
    #[column(server_default = "'G'")]
    pub rating: Auto<Option<Rating>>,
    pub special_features: Option<SqlSet<Feature>>,
    #[mixin]
    pub stamp: Stamp,
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

/// Triggers of the films keep it; there is no foreign key.
#[derive(Mapped)]
#[table(
    "film_text",
    base = Sakila,
    index(title, description, using = fulltext, name = "idx_title_description")
)]
pub struct FilmText {
    #[column(primary_key)]
    pub film_id: i16,
    #[column(length = 255)]
    pub title: String,
    #[column(annotated = "text")]
    pub description: Option<String>,
}

#[derive(Mapped)]
#[table("film_actor", base = Sakila, index(film_id, name = "idx_fk_film_id"))]
pub struct FilmActor {
    #[column(primary_key, foreign_key = Actor.actor_id, on_delete = restrict, on_update = cascade)]
    pub actor_id: Auto<u16>,
    #[column(primary_key, foreign_key = Film.film_id, on_delete = restrict, on_update = cascade)]
    pub film_id: Auto<u16>,
    #[mixin]
    pub stamp: Stamp,
}

#[derive(Mapped)]
#[table("film_category", base = Sakila)]
pub struct FilmCategory {
    #[column(primary_key, foreign_key = Film.film_id, on_delete = restrict, on_update = cascade)]
    pub film_id: Auto<u16>,
    #[column(primary_key, foreign_key = Category.category_id, on_delete = restrict, on_update = cascade)]
    pub category_id: Auto<u8>,
    #[mixin]
    pub stamp: Stamp,
}

#[derive(Mapped)]
#[table("country", base = Sakila)]
pub struct Country {
    #[column(primary_key)]
    pub country_id: Auto<u16>,
    #[column(length = 50)]
    pub country: String,
    #[mixin]
    pub stamp: Stamp,
    #[relationship(back_populates = country)]
    pub cities: Many<City>,
}

#[derive(Mapped)]
#[table("city", base = Sakila, index(country_id, name = "idx_fk_country_id"))]
pub struct City {
    #[column(primary_key)]
    pub city_id: Auto<u16>,
    #[column("city", length = 50)]
    pub name: String,
    #[column(foreign_key = Country.country_id, on_delete = restrict, on_update = cascade)]
    pub country_id: Auto<u16>,
    #[mixin]
    pub stamp: Stamp,
    #[relationship(back_populates = cities)]
    pub country: One<Country>,
    #[relationship(back_populates = city)]
    pub addresses: Many<Address>,
}

#[derive(Mapped)]
#[table(
    "address",
    base = Sakila,
    index(city_id, name = "idx_fk_city_id"),
    index(location, using = spatial, name = "idx_location")
)]
pub struct Address {
    #[column(primary_key)]
    pub address_id: Auto<u16>,
    #[column(length = 50)]
    pub address: String,
    #[column(length = 50)]
    pub address2: Option<String>,
    #[column(length = 20)]
    pub district: String,
    #[column(foreign_key = City.city_id, on_delete = restrict, on_update = cascade)]
    pub city_id: Auto<u16>,
    #[column(length = 10)]
    pub postal_code: Option<String>,
    #[column(length = 20)]
    pub phone: String,
    /// The server's own form: four bytes that say how places are counted, then well-known binary.
    #[column(sql_type = sql::Named("geometry"))]
    pub location: Vec<u8>,
    #[mixin]
    pub stamp: Stamp,
    #[relationship(back_populates = addresses)]
    pub city: One<City>,
    #[relationship(back_populates = address)]
    pub customers: Many<Customer>,
}

#[derive(Mapped)]
#[table(
    "customer",
    base = Sakila,
    index(store_id, name = "idx_fk_store_id"),
    index(address_id, name = "idx_fk_address_id"),
    index(last_name, name = "idx_last_name")
)]
pub struct Customer {
    #[column(primary_key)]
    pub customer_id: Auto<u16>,
    #[column(foreign_key = Store.store_id, on_delete = restrict, on_update = cascade)]
    pub store_id: Auto<u8>,
    #[column(length = 45)]
    pub first_name: String,
    #[column(length = 45)]
    pub last_name: String,
    #[column(length = 50)]
    pub email: Option<String>,
    #[column(foreign_key = Address.address_id, on_delete = restrict, on_update = cascade)]
    pub address_id: Auto<u16>,
    #[column(server_default = true)]
    pub active: Auto<bool>,
    /// A trigger sets it.
    #[column(annotated = "datetime")]
    pub create_date: Auto<NaiveDateTime>,
    #[column(server_default = "CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP", server_onupdate)]
    pub last_update: Auto<Option<NaiveDateTime>>,
    #[relationship(back_populates = customers)]
    pub address: One<Address>,
    #[relationship(back_populates = customer, order_by = Rental.rental_id)]
    pub rentals: Many<Rental>,
}

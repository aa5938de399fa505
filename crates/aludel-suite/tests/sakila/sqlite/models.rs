//! SQLite's Sakila, table by table.

use aludel::{DeclarativeBase, TypeMap, prelude::*, sql};
use chrono::NaiveDateTime;

use super::business::Store;
use crate::{Feature, Rating};

pub enum Sakila {}

impl DeclarativeBase for Sakila {
    fn type_map() -> TypeMap {
        TypeMap::new()
            .set::<NaiveDateTime>(sql::Named("TIMESTAMP"))
            .annotated("text", sql::Named("BLOB SUB_TYPE TEXT"))
    }
}

/// Triggers say the moment once more, behind each INSERT and UPDATE.
#[derive(Mixin)]
pub struct Stamped {
    #[column(default = func::now(), server_onupdate)]
    pub last_update: Auto<NaiveDateTime>,
}

#[derive(Mapped)]
#[table("actor", base = Sakila, index(last_name, name = "idx_actor_last_name"))]
pub struct Actor {
    #[column(primary_key)]
    pub actor_id: Auto<i64>,
    #[column(length = 45)]
    pub first_name: String,
    #[column(length = 45)]
    pub last_name: String,
    #[mixin]
    pub stamped: Stamped,
    #[relationship(secondary = FilmActor, back_populates = actors, order_by = Film.film_id)]
    pub films: Many<Film>,
}

#[derive(Mapped)]
#[table("country", base = Sakila)]
pub struct Country {
    #[column(primary_key)]
    pub country_id: Auto<i64>,
    #[column(length = 50)]
    pub country: String,
    #[column(default = func::now(), server_onupdate)]
    pub last_update: Auto<Option<NaiveDateTime>>,
    #[relationship(back_populates = country)]
    pub cities: Many<City>,
}

#[derive(Mapped)]
#[table("city", base = Sakila, index(country_id, name = "idx_fk_country_id"))]
pub struct City {
    #[column(primary_key)]
    pub city_id: Auto<i64>,
    #[column("city", length = 50)]
    pub name: String,
    #[column(foreign_key = Country.country_id, on_update = cascade)]
    pub country_id: Auto<i64>,
    #[mixin]
    pub stamped: Stamped,
    #[relationship(back_populates = cities)]
    pub country: One<Country>,
}

#[derive(Mapped)]
#[table("address", base = Sakila, index(city_id, name = "idx_fk_city_id"))]
pub struct Address {
    #[column(primary_key)]
    pub address_id: Auto<i64>,
    #[column(length = 50)]
    pub address: String,
    #[column(length = 50)]
    pub address2: Option<String>,
    #[column(length = 20)]
    pub district: String,
    #[column(foreign_key = City.city_id, on_update = cascade)]
    pub city_id: Auto<i64>,
    #[column(length = 10)]
    pub postal_code: Option<String>,
    #[column(length = 20)]
    pub phone: String,
    #[mixin]
    pub stamped: Stamped,
    #[relationship(foreign_keys = [Address.city_id])]
    pub city: One<City>,
}

#[derive(Mapped)]
#[table("language", base = Sakila)]
pub struct Language {
    #[column(primary_key)]
    pub language_id: Auto<i64>,
    #[column(sql_type = sql::Named("CHAR(20)"))]
    pub name: String,
    #[mixin]
    pub stamped: Stamped,
}

#[derive(Mapped)]
#[table("category", base = Sakila)]
pub struct Category {
    #[column(primary_key)]
    pub category_id: Auto<i64>,
    #[column(length = 25)]
    pub name: String,
    #[mixin]
    pub stamped: Stamped,
}

#[derive(Mapped)]
#[table("customer", base = Sakila, index(store_id, name = "idx_customer_fk_store_id"), index(address_id, name = "idx_customer_fk_address_id"), index(last_name, name = "idx_customer_last_name"))]
pub struct Customer {
    #[column(primary_key)]
    pub customer_id: Auto<i64>,
    #[column(foreign_key = Store.store_id, on_update = cascade)]
    pub store_id: Auto<i64>,
    #[column(length = 45)]
    pub first_name: String,
    #[column(length = 45)]
    pub last_name: String,
    #[column(length = 50)]
    pub email: Option<String>,
    #[column(foreign_key = Address.address_id, on_update = cascade)]
    pub address_id: Auto<i64>,
    #[column(sql_type = sql::Named("CHAR(1)"), server_default = "'Y'")]
    pub active: Auto<String>,
    pub create_date: NaiveDateTime,
    #[mixin]
    pub stamped: Stamped,
}

#[derive(Mapped)]
#[table("film", base = Sakila, index(language_id, name = "idx_fk_language_id"), index(original_language_id, name = "idx_fk_original_language_id"), check("special_features is null or special_features like '%Trailers%' or special_features like '%Commentaries%' \
         or special_features like '%Deleted Scenes%' or special_features like '%Behind the Scenes%'", name = "CHECK_special_features"), check("rating in ('G','PG','PG-13','R','NC-17')", name = "CHECK_special_rating"))]
pub struct Film {
    #[column(primary_key)]
    pub film_id: Auto<i64>,
    #[column(length = 255)]
    pub title: String,
    #[column(annotated = "text")]
    pub description: Option<String>,
    #[column(length = 4)]
    pub release_year: Option<String>,
    #[column(foreign_key = Language.language_id)]
    pub language_id: Auto<i64>,
    #[column(foreign_key = Language.language_id)]
    pub original_language_id: Option<i64>,
    #[column(server_default = 3)]
    pub rental_duration: Auto<i16>,
    /// A column of numbers keeps no exact ones.
    #[column(sql_type = sql::Named("DECIMAL(4,2)"), server_default = 4.99)]
    pub rental_rate: Auto<f64>,
    pub length: Option<i16>,
    #[column(sql_type = sql::Named("DECIMAL(5,2)"), server_default = 19.99)]
    pub replacement_cost: Auto<f64>,
    #[column(sql_type = sql::VarChar(10), server_default = "'G'")]
    pub rating: Auto<Option<Rating>>,
    #[column(sql_type = sql::VarChar(100))]
    pub special_features: Option<SqlSet<Feature>>,
    #[mixin]
    pub stamped: Stamped,
    #[relationship(foreign_keys = [Film.language_id])]
    pub language: One<Language>,
    #[relationship(secondary = FilmActor, back_populates = films)]
    pub actors: Many<Actor>,
}

#[derive(Mapped)]
#[table("film_actor", base = Sakila, index(film_id, name = "idx_fk_film_actor_film"), index(actor_id, name = "idx_fk_film_actor_actor"))]
pub struct FilmActor {
    #[column(primary_key, foreign_key = Actor.actor_id, on_update = cascade)]
    pub actor_id: Auto<i64>,
    #[column(primary_key, foreign_key = Film.film_id, on_update = cascade)]
    pub film_id: Auto<i64>,
    #[mixin]
    pub stamped: Stamped,
}

#[derive(Mapped)]
#[table("film_category", base = Sakila, index(film_id, name = "idx_fk_film_category_film"), index(category_id, name = "idx_fk_film_category_category"))]
pub struct FilmCategory {
    #[column(primary_key, foreign_key = Film.film_id, on_update = cascade)]
    pub film_id: Auto<i64>,
    #[column(primary_key, foreign_key = Category.category_id, on_update = cascade)]
    pub category_id: Auto<i64>,
    #[mixin]
    pub stamped: Stamped,
}

#[derive(Mapped)]
#[table("film_text", base = Sakila)]
pub struct FilmText {
    #[column(primary_key)]
    pub film_id: Auto<i64>,
    #[column(length = 255)]
    pub title: String,
    #[column(annotated = "text")]
    pub description: Option<String>,
}

#[derive(Mapped)]
#[table("inventory", base = Sakila, index(film_id, name = "idx_fk_film_id"), index(store_id, film_id, name = "idx_fk_film_id_store_id"))]
pub struct Inventory {
    #[column(primary_key)]
    pub inventory_id: Auto<i64>,
    #[column(foreign_key = Film.film_id, on_update = cascade)]
    pub film_id: Auto<i64>,
    #[column(foreign_key = Store.store_id, on_update = cascade)]
    pub store_id: Auto<i64>,
    #[mixin]
    pub stamped: Stamped,
}

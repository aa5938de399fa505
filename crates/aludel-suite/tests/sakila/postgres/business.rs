//! The rest of PostgreSQL's Sakila: shops, who works there, and what is let.

use aludel::prelude::*;
use chrono::NaiveDateTime;

use super::{
    models::{Address, Customer, Film, Sakila, Updated},
    payments::Payment,
};
/// It and the staff refer to each other.
#[derive(Mapped)]
#[table("store", base = Sakila, index(manager_staff_id, unique, name = "idx_unq_manager_staff_id"))]
pub struct Store {
    #[column(primary_key)]
    pub store_id: Auto<i32>,
    #[column(foreign_key = Staff.staff_id, on_delete = restrict, on_update = cascade)]
    pub manager_staff_id: Auto<i32>,
    #[column(foreign_key = Address.address_id, on_delete = restrict, on_update = cascade)]
    pub address_id: Auto<i32>,
    #[mixin]
    pub updated: Updated,
    #[relationship(foreign_keys = [Store.manager_staff_id])]
    pub manager: One<Staff>,
    #[relationship(foreign_keys = [Store.address_id])]
    pub address: One<Address>,
    #[relationship(back_populates = store, foreign_keys = [Staff.store_id])]
    pub staff: Many<Staff>,
    #[relationship(back_populates = store)]
    pub inventory: Many<Inventory>,
}

#[derive(Mapped)]
#[table("staff", base = Sakila)]
pub struct Staff {
    #[column(primary_key)]
    pub staff_id: Auto<i32>,
    #[column(length = 45)]
    pub first_name: String,
    #[column(length = 45)]
    pub last_name: String,
    #[column(foreign_key = Address.address_id, on_delete = restrict, on_update = cascade)]
    pub address_id: Auto<i32>,
    #[column(length = 50)]
    pub email: Option<String>,
    #[column(foreign_key = Store.store_id)]
    pub store_id: Auto<i32>,
    #[column(server_default = true)]
    pub active: Auto<bool>,
    #[column(length = 16)]
    pub username: String,
    #[column(length = 40)]
    pub password: Option<String>,
    #[mixin]
    pub updated: Updated,
    pub picture: Option<Vec<u8>>,
    #[relationship(back_populates = staff, foreign_keys = [Staff.store_id])]
    pub store: One<Store>,
    #[relationship(foreign_keys = [Staff.address_id])]
    pub address: One<Address>,
}

#[derive(Mapped)]
#[table("inventory", base = Sakila, index(store_id, film_id, name = "idx_store_id_film_id"))]
pub struct Inventory {
    #[column(primary_key)]
    pub inventory_id: Auto<i32>,
    #[column(foreign_key = Film.film_id, on_delete = restrict, on_update = cascade)]
    pub film_id: Auto<i32>,
    #[column(foreign_key = Store.store_id, on_delete = restrict, on_update = cascade)]
    pub store_id: Auto<i32>,
    #[mixin]
    pub updated: Updated,
    #[relationship(back_populates = copies)]
    pub film: One<Film>,
    #[relationship(back_populates = inventory)]
    pub store: One<Store>,
}

#[derive(Mapped)]
#[table(
    "rental",
    base = Sakila,
    index(inventory_id, name = "idx_fk_inventory_id"),
    index(
        rental_date, inventory_id, customer_id,
        unique,
        name = "idx_unq_rental_rental_date_inventory_id_customer_id"
    )
)]
pub struct Rental {
    #[column(primary_key)]
    pub rental_id: Auto<i32>,
    pub rental_date: NaiveDateTime,
    #[column(foreign_key = Inventory.inventory_id, on_delete = restrict, on_update = cascade)]
    pub inventory_id: Auto<i32>,
    #[column(foreign_key = Customer.customer_id, on_delete = restrict, on_update = cascade)]
    pub customer_id: Auto<i32>,
    pub return_date: Option<NaiveDateTime>,
    #[column(foreign_key = Staff.staff_id, on_delete = restrict, on_update = cascade)]
    pub staff_id: Auto<i32>,
    #[mixin]
    pub updated: Updated,
    #[relationship(back_populates = rentals)]
    pub customer: One<Customer>,
    #[relationship(foreign_keys = [Rental.inventory_id])]
    pub copy: One<Inventory>,
    #[relationship(back_populates = rental, order_by = Payment.payment_id)]
    pub payments: Many<Payment>,
}

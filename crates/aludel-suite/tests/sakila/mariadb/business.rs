//! The rest of MariaDB's Sakila: shops, who works there, and what is let.

use aludel::{prelude::*, sql};
use chrono::NaiveDateTime;
use rust_decimal::Decimal;

use super::models::{Address, Customer, Film, Sakila, Stamp};
/// It and the staff refer to each other.
#[derive(Mapped)]
#[table(
    "store",
    base = Sakila,
    unique(manager_staff_id, name = "idx_unique_manager"),
    index(address_id, name = "idx_fk_address_id")
)]
pub struct Store {
    #[column(primary_key)]
    pub store_id: Auto<u8>,
    #[column(foreign_key = Staff.staff_id, on_delete = restrict, on_update = cascade)]
    pub manager_staff_id: Auto<u8>,
    #[column(foreign_key = Address.address_id, on_delete = restrict, on_update = cascade)]
    pub address_id: Auto<u16>,
    #[mixin]
    pub stamp: Stamp,
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
#[table(
    "staff",
    base = Sakila,
    index(store_id, name = "idx_fk_store_id"),
    index(address_id, name = "idx_fk_address_id")
)]
pub struct Staff {
    #[column(primary_key)]
    pub staff_id: Auto<u8>,
    #[column(length = 45)]
    pub first_name: String,
    #[column(length = 45)]
    pub last_name: String,
    #[column(foreign_key = Address.address_id, on_delete = restrict, on_update = cascade)]
    pub address_id: Auto<u16>,
    #[column(sql_type = sql::Named("blob"))]
    pub picture: Option<Vec<u8>>,
    #[column(length = 50)]
    pub email: Option<String>,
    #[column(foreign_key = Store.store_id, on_delete = restrict, on_update = cascade)]
    pub store_id: Auto<u8>,
    #[column(server_default = true)]
    pub active: Auto<bool>,
    #[column(length = 16)]
    pub username: String,
    #[column(length = 40, collation = "utf8mb3_bin")]
    pub password: Option<String>,
    #[mixin]
    pub stamp: Stamp,
    #[relationship(back_populates = staff, foreign_keys = [Staff.store_id])]
    pub store: One<Store>,
    #[relationship(foreign_keys = [Staff.address_id])]
    pub address: One<Address>,
}

#[derive(Mapped)]
#[table(
    "inventory",
    base = Sakila,
    index(film_id, name = "idx_fk_film_id"),
    index(store_id, film_id, name = "idx_store_id_film_id")
)]
pub struct Inventory {
    #[column(primary_key)]
    pub inventory_id: Auto<u32>,
    #[column(foreign_key = Film.film_id, on_delete = restrict, on_update = cascade)]
    pub film_id: Auto<u16>,
    #[column(foreign_key = Store.store_id, on_delete = restrict, on_update = cascade)]
    pub store_id: Auto<u8>,
    #[mixin]
    pub stamp: Stamp,
    #[relationship(back_populates = copies)]
    pub film: One<Film>,
    #[relationship(back_populates = inventory)]
    pub store: One<Store>,
}

#[derive(Mapped)]
#[table(
    "rental",
    base = Sakila,
    unique(rental_date, inventory_id, customer_id),
    index(inventory_id, name = "idx_fk_inventory_id"),
    index(customer_id, name = "idx_fk_customer_id"),
    index(staff_id, name = "idx_fk_staff_id")
)]
pub struct Rental {
    #[column(primary_key)]
    pub rental_id: Auto<i32>,
    /// A trigger sets it.
    #[column(annotated = "datetime")]
    pub rental_date: Auto<NaiveDateTime>,
    #[column(foreign_key = Inventory.inventory_id, on_delete = restrict, on_update = cascade)]
    pub inventory_id: Auto<u32>,
    #[column(foreign_key = Customer.customer_id, on_delete = restrict, on_update = cascade)]
    pub customer_id: Auto<u16>,
    #[column(annotated = "datetime")]
    pub return_date: Option<NaiveDateTime>,
    #[column(foreign_key = Staff.staff_id, on_delete = restrict, on_update = cascade)]
    pub staff_id: Auto<u8>,
    #[mixin]
    pub stamp: Stamp,
    #[relationship(back_populates = rentals)]
    pub customer: One<Customer>,
    #[relationship(foreign_keys = [Rental.inventory_id])]
    pub copy: One<Inventory>,
    #[relationship(back_populates = rental, order_by = Payment.payment_id)]
    pub payments: Many<Payment>,
}

#[derive(Mapped)]
#[table(
    "payment",
    base = Sakila,
    index(staff_id, name = "idx_fk_staff_id"),
    index(customer_id, name = "idx_fk_customer_id")
)]
pub struct Payment {
    #[column(primary_key)]
    pub payment_id: Auto<u16>,
    #[column(foreign_key = Customer.customer_id, on_delete = restrict, on_update = cascade)]
    pub customer_id: Auto<u16>,
    #[column(foreign_key = Staff.staff_id, on_delete = restrict, on_update = cascade)]
    pub staff_id: Auto<u8>,
    #[column(foreign_key = Rental.rental_id, on_delete = set_null, on_update = cascade)]
    pub rental_id: Option<i32>,
    #[column(numeric(5, 2))]
    pub amount: Decimal,
    /// A trigger sets it.
    #[column(annotated = "datetime")]
    pub payment_date: Auto<NaiveDateTime>,
    #[column(server_default = "CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP", server_onupdate)]
    pub last_update: Auto<Option<NaiveDateTime>>,
    #[relationship(back_populates = payments)]
    pub rental: One<Rental>,
}

//! The rest of SQLite's Sakila: shops, who works there, and what is let.

use aludel::{prelude::*, sql};
use chrono::NaiveDateTime;

use super::models::{Address, Customer, Inventory, Sakila, Stamped};

#[derive(Mapped)]
#[table("staff", base = Sakila, index(store_id, name = "idx_fk_staff_store_id"), index(address_id, name = "idx_fk_staff_address_id"))]
pub struct Staff {
    #[column(primary_key)]
    pub staff_id: Auto<i64>,
    #[column(length = 45)]
    pub first_name: String,
    #[column(length = 45)]
    pub last_name: String,
    #[column(foreign_key = Address.address_id, on_update = cascade)]
    pub address_id: Auto<i64>,
    pub picture: Option<Vec<u8>>,
    #[column(length = 50)]
    pub email: Option<String>,
    #[column(foreign_key = Store.store_id, on_update = cascade)]
    pub store_id: Auto<i64>,
    #[column(server_default = 1)]
    pub active: Auto<bool>,
    #[column(length = 16)]
    pub username: String,
    #[column(length = 40)]
    pub password: Option<String>,
    #[mixin]
    pub stamped: Stamped,
    #[relationship(back_populates = staff, foreign_keys = [Staff.store_id])]
    pub store: One<Store>,
    #[relationship(foreign_keys = [Staff.address_id])]
    pub address: One<Address>,
}

/// It and the staff refer to each other.
#[derive(Mapped)]
#[table("store", base = Sakila, index(manager_staff_id, name = "idx_store_fk_manager_staff_id"), index(address_id, name = "idx_fk_store_address"))]
pub struct Store {
    #[column(primary_key)]
    pub store_id: Auto<i64>,
    #[column(foreign_key = Staff.staff_id)]
    pub manager_staff_id: Auto<i64>,
    #[column(foreign_key = Address.address_id)]
    pub address_id: Auto<i64>,
    #[mixin]
    pub stamped: Stamped,
    #[relationship(foreign_keys = [Store.manager_staff_id])]
    pub manager: One<Staff>,
    #[relationship(foreign_keys = [Store.address_id])]
    pub address: One<Address>,
    #[relationship(back_populates = store, foreign_keys = [Staff.store_id])]
    pub staff: Many<Staff>,
}

#[derive(Mapped)]
#[table(
    "rental",
    base = Sakila,
    index(rental_date, inventory_id, customer_id, unique, name = "idx_rental_uq"),
    index(inventory_id, name = "idx_rental_fk_inventory_id"),
    index(customer_id, name = "idx_rental_fk_customer_id"),
    index(staff_id, name = "idx_rental_fk_staff_id")
)]
pub struct Rental {
    #[column(primary_key)]
    pub rental_id: Auto<i64>,
    pub rental_date: NaiveDateTime,
    #[column(foreign_key = Inventory.inventory_id)]
    pub inventory_id: Auto<i64>,
    #[column(foreign_key = Customer.customer_id)]
    pub customer_id: Auto<i64>,
    pub return_date: Option<NaiveDateTime>,
    #[column(foreign_key = Staff.staff_id)]
    pub staff_id: Auto<i64>,
    #[mixin]
    pub stamped: Stamped,
}

#[derive(Mapped)]
#[table("payment", base = Sakila, index(staff_id, name = "idx_fk_staff_id"), index(customer_id, name = "idx_fk_customer_id"))]
pub struct Payment {
    #[column(primary_key)]
    pub payment_id: Auto<i64>,
    #[column(foreign_key = Customer.customer_id)]
    pub customer_id: Auto<i64>,
    #[column(foreign_key = Staff.staff_id)]
    pub staff_id: Auto<i64>,
    #[column(foreign_key = Rental.rental_id, on_delete = set_null, on_update = cascade)]
    pub rental_id: Option<i64>,
    #[column(sql_type = sql::Named("DECIMAL(5,2)"))]
    pub amount: f64,
    pub payment_date: NaiveDateTime,
    #[mixin]
    pub stamped: Stamped,
}

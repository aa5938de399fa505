//! Conditions of relationships that aren't conditions, or compare what can't be compared.

use aludel::prelude::*;

#[derive(Mapped)]
#[table("customer")]
pub struct Customer {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[relationship(viewonly, primaryjoin = Order.number)]
    pub numbers: Many<Order>,
    #[relationship(viewonly, primaryjoin = Order.number.eq(Customer.id))]
    pub orders: Many<Order>,
}

#[derive(Mapped)]
#[table("customer_order")]
pub struct Order {
    #[column(primary_key)]
    pub id: Auto<i64>,
    pub number: String,
}

fn main() {}

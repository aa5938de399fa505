//! A relationship field without its attribute.

use aludel::prelude::*;

#[derive(Mapped)]
#[table("user_account")]
struct User {
    #[column(primary_key)]
    id: Auto<i64>,
    addresses: Many<Address>,
}

#[derive(Mapped)]
#[table("address")]
struct Address {
    #[column(primary_key)]
    id: Auto<i64>,
    #[column(foreign_key = "user_account.id")]
    user_id: Auto<i64>,
}

fn main() {}

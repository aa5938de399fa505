//! A relationship to a struct that has no table.

use aludel::prelude::*;

struct Address {
    email_address: String,
}

#[derive(Mapped)]
#[table("user_account")]
struct User {
    #[column(primary_key)]
    id: Auto<i64>,
    #[relationship]
    addresses: Many<Address>,
}

fn main() {}

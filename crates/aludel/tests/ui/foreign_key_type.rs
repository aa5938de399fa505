//! A foreign key isn't of the type that it refers to.

use aludel::prelude::*;

#[derive(Mapped)]
#[table("user_account")]
struct User {
    #[column(primary_key)]
    id: Auto<i64>,
}

#[derive(Mapped)]
#[table("address")]
struct Address {
    #[column(primary_key)]
    id: Auto<i64>,
    #[column(foreign_key = User.id)]
    user_id: String,
}

fn main() {}

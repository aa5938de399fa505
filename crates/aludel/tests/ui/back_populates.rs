//! The relationship at the other end leads elsewhere.

use aludel::prelude::*;

#[derive(Mapped)]
#[table("user_account")]
struct User {
    #[column(primary_key)]
    id: Auto<i64>,
    #[relationship(back_populates = editor)]
    addresses: Many<Address>,
}

#[derive(Mapped)]
#[table("address")]
struct Address {
    #[column(primary_key)]
    id: Auto<i64>,
    #[column(foreign_key = User.id)]
    user_id: Auto<i64>,
    #[relationship]
    editor: One<Address>,
}

fn main() {}

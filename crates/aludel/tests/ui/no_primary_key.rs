//! Nothing identifies a row (MAP-1).

use aludel::prelude::*;

#[derive(Mapped)]
#[table("user_account")]
struct User {
    id: Auto<i64>,
    name: String,
}

fn main() {}

//! The length of a column that doesn't hold text.

use aludel::prelude::*;

#[derive(Mapped)]
#[table("user_account")]
struct User {
    #[column(primary_key)]
    id: Auto<i64>,
    #[column(length = 3)]
    age: i32,
}

fn main() {}

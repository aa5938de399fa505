//! A field of a type that no column can hold.

use aludel::prelude::*;

struct Point {
    x: i64,
}

#[derive(Mapped)]
#[table("user_account")]
struct User {
    #[column(primary_key)]
    id: Auto<i64>,
    place: Point,
}

fn main() {}

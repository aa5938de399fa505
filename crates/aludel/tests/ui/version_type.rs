//! A version of a type that has no next value.

use aludel::prelude::*;

#[derive(Mapped)]
#[table("page")]
struct Page {
    #[column(primary_key)]
    id: Auto<i64>,
    #[column(version)]
    version: String,
}

fn main() {}

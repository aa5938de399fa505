//! A set is of an enum's labels.

use aludel::prelude::*;

#[derive(Mapped)]
#[table("bread")]
struct Bread {
    #[column(primary_key)]
    id: Auto<i64>,
    toppings: SqlSet<String>,
}

fn main() {}

//! A mixin without its derive.

use aludel::prelude::*;

struct Named {
    name: String,
}

#[derive(Mapped)]
#[table("person")]
struct Person {
    #[column(primary_key)]
    id: Auto<i64>,
    #[mixin]
    named: Named,
}

fn main() {}

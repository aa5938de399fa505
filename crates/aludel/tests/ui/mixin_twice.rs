//! A mixin that brings a field of a name that is there.

use aludel::prelude::*;

#[derive(Mixin)]
struct Named {
    name: String,
}

#[derive(Mapped)]
#[table("person")]
struct Person {
    #[column(primary_key)]
    id: Auto<i64>,
    #[column("full_name")]
    name: String,
    #[mixin]
    named: Named,
}

fn main() {}

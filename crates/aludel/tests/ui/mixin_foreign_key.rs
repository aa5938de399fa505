//! A foreign key of a mixin, of another type than what it refers to.

use aludel::prelude::*;

#[derive(Mapped)]
#[table("person")]
struct Person {
    #[column(primary_key)]
    id: Auto<i64>,
}

#[derive(Mixin)]
struct Owned {
    #[column(foreign_key = Person.id)]
    owner_id: String,
}

fn main() {}

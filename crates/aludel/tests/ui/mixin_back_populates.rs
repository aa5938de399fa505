//! A mixin whose relationship names a field of the other side.

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
    owner_id: Auto<i64>,
    #[relationship(back_populates = things)]
    owner: One<Person>,
}

fn main() {}

//! Code for all that have a mixin, called with one that lacks it; a column of a mixin that is missing.

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
}

#[derive(Mapped)]
#[table("animal")]
struct Animal {
    #[column(primary_key)]
    id: Auto<i64>,
    #[mixin]
    named: Named,
}

fn names<E: Has<Named>>(_: E) {}

fn main() {
    names(Animal);
    names(Person);
    Animal::builder();
    let _ = Obj::new(Animal::builder());
}

//! REL-10, UOW-36: an object of another entity than the relationship leads to; and nothing at all.

use aludel::{Obj, prelude::*};

#[derive(Mapped)]
#[table("user_account")]
struct User {
    #[column(primary_key)]
    id: Auto<i64>,
    #[relationship(back_populates = user)]
    addresses: Many<Address>,
}

#[derive(Mapped)]
#[table("address")]
struct Address {
    #[column(primary_key)]
    id: Auto<i64>,
    #[column(foreign_key = User.id)]
    user_id: Auto<i64>,
    #[relationship(back_populates = addresses)]
    user: One<User>,
}

fn main() {
    let (user, other) = (Obj::new(User::builder()), Obj::new(User::builder()));
    user.addresses().push(&other);
    user.addresses().push(None::<Obj<Address>>);
}

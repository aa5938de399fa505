//! REL-9: one object where many are expected, and many where one is.

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
    let (user, address) = (Obj::new(User::builder()), Obj::new(Address::builder()));
    user.addresses().set(&address);
    address.user().set([&user]);
}

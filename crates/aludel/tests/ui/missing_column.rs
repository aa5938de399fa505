//! A builder without its required column, by itself and inside of another.

use aludel::prelude::*;

#[derive(Mapped)]
#[table("user_account")]
struct User {
    #[column(primary_key)]
    id: Auto<i64>,
    name: String,
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
    email_address: String,
    #[relationship(back_populates = addresses)]
    user: One<User>,
}

fn add(session: &mut Session) {
    session.add(Address::builder());
}

fn add_both(session: &mut Session) {
    session.add(User::builder().name("Alice").addresses([Address::builder()]));
}

fn main() {}

//! AF-11: a flush from inside of a flush.

use aludel::{Hooks, prelude::*};

#[derive(Mapped)]
#[table("user_account")]
struct User {
    #[column(primary_key)]
    id: Auto<i64>,
    name: String,
}

fn main() {
    let _ = Hooks::new().before_insert(User, |_, session| session.flush());
}

//! STATE-18: a column that the entity doesn't have, set by the builder and by the struct.

use aludel::prelude::*;

#[derive(Mapped)]
#[table("user_account")]
struct User {
    #[column(primary_key)]
    id: Auto<i64>,
    name: String,
}

fn main() {
    let _ = User::builder().nam("Alice");
    let _ = User { id: Auto::UNSET, name: "Alice".into(), mail: None };
}

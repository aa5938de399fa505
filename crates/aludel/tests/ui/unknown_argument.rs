//! Two misspelt arguments are reported at once.

use aludel::prelude::*;

#[derive(Mapped)]
#[table("user_account", indx(name))]
struct User {
    #[column(primary_key)]
    id: Auto<i64>,
    #[column(uniqe, lenght = 30)]
    name: String,
}

fn main() {}

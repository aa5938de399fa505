//! A struct without names has no columns.

use aludel::prelude::*;

#[derive(Mapped)]
#[table("user_account")]
struct User(i64, String);

fn main() {}

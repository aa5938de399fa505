//! IDM-11: a key of one column for an entity whose key has two.

use aludel::prelude::*;

#[derive(Mapped)]
#[table("region")]
struct Region {
    #[column(primary_key)]
    country: String,
    #[column(primary_key)]
    code: i64,
}

fn get(session: &mut Session) {
    let _ = session.get(Region, "DE");
}

fn main() {}

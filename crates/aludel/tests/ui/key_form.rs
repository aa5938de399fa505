//! IDM-11: keys with a column too few, in another order, and without a value.

use aludel::{blocking::Session, prelude::*};

#[derive(Mapped)]
#[table("region")]
struct Region {
    #[column(primary_key, length = 2)]
    country: String,
    #[column(primary_key)]
    code: i64,
}

fn find(session: &mut Session) {
    let _ = session.get(Region, "DE");
    let _ = session.get(Region, (7, "DE"));
    let _ = session.get(Region, None::<(String, i64)>);
}

fn main() {}

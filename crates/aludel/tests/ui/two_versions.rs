//! Two versions, one that may be NULL, one in the key.

use aludel::prelude::*;

#[derive(Mapped)]
#[table("page")]
struct Page {
    #[column(primary_key, version)]
    id: i64,
    #[column(version)]
    version: Option<i64>,
}

fn main() {}

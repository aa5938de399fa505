//! What must be there can't be loaded on demand, and what is said of that needs a column that can.

use aludel::prelude::*;

#[derive(Mapped)]
#[table("doc")]
struct Doc {
    #[column(primary_key)]
    id: Deferred<i64>,
    #[column(foreign_key = "doc.id")]
    doc_id: Deferred<Option<i64>>,
    is: Deferred<String>,
}

#[derive(Mapped)]
#[table("page")]
struct Page {
    #[column(primary_key)]
    id: Auto<i64>,
    #[column(deferred_group = "texts")]
    text: String,
}

fn main() {}

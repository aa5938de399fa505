//! Columns that aren't `Deferred` can't be left out of a load.

use aludel::prelude::*;

#[derive(Mapped)]
#[table("doc")]
struct Doc {
    #[column(primary_key)]
    id: Auto<i64>,
    title: String,
    body: Deferred<String>,
}

fn main() {
    let _ = select(Doc).options(load_only(Doc.title));
    let _ = select(Doc).options(defer((Doc.body, Doc.title)));
    let _ = select(Doc).options(undefer(Doc.body));
}

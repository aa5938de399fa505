//! The rows of a query are of another type than its variable.

use aludel::prelude::*;

#[derive(Mapped)]
#[table("user_account")]
struct User {
    #[column(primary_key)]
    id: Auto<i64>,
    name: String,
}

async fn names(session: &mut Session) -> aludel::Result<()> {
    let _: Vec<(String, i64)> = session.execute(select((User.name, User.name))).all().await?;
    Ok(())
}

fn main() {}

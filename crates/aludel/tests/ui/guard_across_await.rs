//! A borrowed object while a spawned task waits.

use aludel::prelude::*;

#[derive(Mapped)]
#[table("user_account")]
struct User {
    #[column(primary_key)]
    id: Auto<i64>,
    name: String,
}

fn save(mut session: Session, user: Obj<User>) {
    tokio::spawn(async move {
        let mut columns = user.borrow_mut();
        columns.name = "Alice".into();
        session.commit().await
    });
}

fn main() {}

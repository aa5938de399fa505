//! The first program that somebody writes: a table, one row in, one row out.

use aludel::{
    blocking::{Engine, Session},
    prelude::*,
};

#[derive(Mapped)]
#[table("user_account")]
struct User {
    #[column(primary_key)]
    id: Auto<i64>,
    name: String,
}

fn main() -> aludel::Result<()> {
    let engine = Engine::new("sqlite::memory:")?;
    Base::metadata().create_all(&engine)?;
    let mut session = Session::new(&engine);
    session.add(User::builder().name("a"));
    session.commit()?;
    let user = session.scalars(select(User).filter(User.name.eq("a"))).one()?;
    println!("{} {}", user.borrow().id, user.borrow().name);
    Ok(())
}

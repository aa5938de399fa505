//! The README's quick start: change objects, commit, done.
#![allow(missing_docs, reason = "a program has no readers of its documentation")]

use aludel::prelude::*;

#[derive(Mapped)]
#[table("user_account")]
struct User {
    #[column(primary_key)]
    id: Auto<i64>,
    name: String,
    email: Option<String>,
    #[relationship(back_populates = user, cascade(all, delete_orphan), order_by = Address.id)]
    addresses: Many<Address>,
}

#[derive(Mapped)]
#[table("address")]
struct Address {
    #[column(primary_key)]
    id: Auto<i64>,
    #[column(foreign_key = User.id, index)]
    user_id: Auto<i64>,
    email_address: String,
    #[relationship(back_populates = addresses)]
    user: One<User>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> aludel::Result<()> {
    let engine = Engine::new("sqlite::memory:")?;
    Base::metadata().create_all(&engine).await?;

    // One commit, two INSERTs: the address after its user, with the user's new key.
    let mut session = Session::new(&engine);
    let alice = session.add(
        User::builder().name("Alice").addresses([Address::builder().email_address("alice@x.org")]),
    );
    session.commit().await?;

    // One row is one object, however often it is loaded.
    let key = alice.borrow().id.value()?;
    let again = session.get_one(User, key).await?;
    assert!(again.is(&alice));

    // A change is noticed, and only what changed is written.
    alice.borrow_mut().email = Some("alice@example.org".into());
    session.commit().await?;

    let with_address =
        select(User).filter(User.addresses.any(Address.email_address.ends_with("x.org")));
    for user in session.scalars(with_address).all().await? {
        // One query for the addresses of all users of that result.
        for address in user.addresses().load(&mut session).await? {
            println!("{}: {}", user.borrow().name, address.borrow().email_address);
        }
    }
    Ok(())
}

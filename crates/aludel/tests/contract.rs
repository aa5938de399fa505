//! The contract of the design, as users write it.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(missing_docs, reason = "a test's models speak for themselves")]

use aludel::prelude::*;

#[derive(Mapped, Debug)]
#[table("user_account")]
pub struct User {
    #[column(primary_key)]
    pub id: Auto<i64>,
    pub name: String,
    pub email: Option<String>,
    #[relationship(back_populates = user, cascade(all, delete_orphan), order_by = Address.id)]
    pub addresses: Many<Address>,
}

#[derive(Mapped, Debug)]
#[table("address")]
pub struct Address {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[column(foreign_key = User.id)]
    pub user_id: Auto<i64>,
    pub email_address: String,
    #[relationship(back_populates = addresses)]
    pub user: One<User>,
}

#[tokio::test]
async fn async_face() -> aludel::Result<()> {
    let engine = Engine::new("sqlite::memory:")?;
    Base::metadata().create_all(&engine).await?;

    let mut session = Session::new(&engine);
    let alice = session.add(
        User::builder().name("Alice").addresses([Address::builder().email_address("alice@x.org")]),
    );
    session.commit().await?;
    assert_eq!(alice.borrow().id, 1);

    let user1 = session.get(User, 1).await?.unwrap();
    let user2 = session.get(User, 1).await?.unwrap();
    assert!(user1.is(&user2));

    user1.borrow_mut().name = "New Name".into();
    engine.log().start();
    session.commit().await?;
    assert_eq!(
        engine.log().take().join("\n"),
        "BEGIN IMMEDIATE\nUPDATE user_account SET name = ? WHERE id = ?\nCOMMIT"
    );

    let stmt = select(User).filter(
        User.name.eq("New Name") & User.addresses.any(Address.email_address.ends_with("x.org")),
    );
    let users: Vec<Obj<User>> = session.scalars(&stmt).all().await?;
    assert_eq!(users.len(), 1);

    for user in session.scalars(select(User)).all().await? {
        for address in user.addresses().load(&mut session).await? {
            assert_eq!(address.borrow().email_address, "alice@x.org");
        }
    }

    let rows: Vec<(String, i64)> = session
        .execute(
            select((User.name, func::count(Address.id))).join(User.addresses).group_by(User.name),
        )
        .all()
        .await?;
    assert_eq!(rows, [("New Name".to_owned(), 1)]);
    Ok(())
}

#[test]
fn blocking_face() -> aludel::Result<()> {
    use aludel::blocking::{Engine, Session};
    let engine = Engine::new("sqlite::memory:")?;
    Base::metadata().create_all(&engine)?;
    let mut session = Session::new(&engine);
    let alice = session.add(User::builder().name("Alice"));
    alice.addresses().push(Address::builder().email_address("a@x.org"));
    alice.addresses().push(Address::builder().email_address("b@x.org"));
    session.commit()?;
    drop(session);

    let mut session = Session::new(&engine);
    let users = session.scalars(select(User).options(selectinload(User.addresses))).all()?;
    let list: Vec<_> = users[0].addresses().iter()?.collect();
    assert_eq!(list.len(), 2);
    assert!(list[0].user().get()?.unwrap().is(&users[0]));
    let joined = session.scalars(select(User).options(joinedload(User.addresses))).all()?;
    assert_eq!(joined.len(), 1);
    let rows: Vec<(Obj<User>, Option<Obj<Address>>)> =
        session.execute(select((User, Address.optional())).outer_join(User.addresses)).all()?;
    assert_eq!(rows.len(), 2);

    users[0].addresses().remove(&list[0])?;
    session.commit()?;
    let left: Vec<(i64,)> = session.execute(text("SELECT count(*) FROM address").rows()).all()?;
    assert_eq!(left, [(1,)]);

    session.delete(&users[0])?;
    session.commit()?;
    assert!(session.get(User, 1)?.is_none());
    let left: Vec<(i64,)> = session.execute(text("SELECT count(*) FROM address").rows()).all()?;
    assert_eq!(left, [(0,)]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn transactions_replay() -> aludel::Result<()> {
    let engine = Engine::new("sqlite::memory:")?;
    Base::metadata().create_all(&engine).await?;
    let name = String::from("Ada");
    let id = tokio::spawn(async move {
        let name = &name;
        transaction!(engine, retries = 3, |session| {
            let user = session.add(User::builder().name(name.as_str()));
            session.flush().await?;
            let id = user.borrow().id.value()?;
            Ok::<_, aludel::Error>(id)
        })
    })
    .await
    .unwrap()?;
    assert_eq!(id, 1);
    Ok(())
}

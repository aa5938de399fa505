//! The contract of the design, as users write it, within a runtime.

use aludel::{Engine, Session, blocking, prelude::*};

use crate::{Case, Place, cases, models::*, neutral};

pub(super) const CASES: &[Case] = cases!["contract":
    blocking_face,
];

/// Those that are async.
pub(super) const ASYNC: &[Case] = cases![async "contract":
    async_face,
    transactions_replay,
];

fn async_face(at: &Place) {
    at.empty();
    let engine = at.plain();
    at.block_on(async_program(engine)).unwrap();
}

async fn async_program(engine: Engine) -> aludel::Result<()> {
    let mut session = Session::new(&engine);
    let alice = session
        .add(User::builder().name("Alice").addresses([Address::builder().mail("alice@x.org")]));
    session.commit().await?;
    assert_eq!(alice.borrow().id, 1);

    let user1 = session.get(User, 1).await?.unwrap();
    let user2 = session.get(User, 1).await?.unwrap();
    assert!(user1.is(&user2));

    user1.borrow_mut().name = "New Name".into();
    engine.log().start();
    session.commit().await?;
    assert_eq!(
        neutral(engine.dialect(), &engine.log().take()),
        ["BEGIN", "UPDATE user_account SET name = ? WHERE id = ?", "COMMIT"]
    );

    let stmt = select(User)
        .filter(User.name.eq("New Name") & User.addresses.any(Address.mail.ends_with("x.org")));
    let users: Vec<Obj<User>> = session.scalars(&stmt).all().await?;
    assert_eq!(users.len(), 1);

    for user in session.scalars(select(User)).all().await? {
        for address in user.addresses().load(&mut session).await? {
            assert_eq!(address.borrow().mail, "alice@x.org");
        }
    }

    let rows: Vec<(String, i64)> = session
        .execute(
            select((User.name, func::count(Address.id))).join(User.addresses).group_by(User.name),
        )
        .all()
        .await?;
    assert_eq!(rows, [("New Name".to_owned(), 1)]);
    session.close().await
}

fn blocking_face(at: &Place) {
    at.empty();
    blocking_program(at.blocking(aludel::EngineOptions::new())).unwrap();
}

fn blocking_program(engine: blocking::Engine) -> aludel::Result<()> {
    use aludel::blocking::Session;
    let mut session = Session::new(&engine);
    let alice = session.add(User::builder().name("Alice"));
    alice.addresses().push(Address::builder().mail("a@x.org"));
    alice.addresses().push(Address::builder().mail("b@x.org"));
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

fn transactions_replay(at: &Place) {
    at.empty();
    let engine = at.plain();
    let name = String::from("Ada");
    let program = async move {
        let name = &name;
        transaction!(engine, retries = 3, |session| {
            let user = session.add(User::builder().name(name.as_str()));
            session.flush().await?;
            let id = user.borrow().id.value()?;
            Ok::<_, aludel::Error>(id)
        })
    };
    let id = at.block_on(async { tokio::spawn(program).await.unwrap() });
    assert_eq!(id.unwrap(), 1);
}

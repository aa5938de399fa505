//! A program that names its mapped structs itself: these, and no others. A process of its own, as it holds for all
//! of it.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use aludel::{
    DeclarativeBase, Registry,
    blocking::{Engine, Session},
    prelude::*,
};

struct App;

impl DeclarativeBase for App {}

#[derive(Mapped)]
#[table("host")]
struct Host {
    #[column(primary_key)]
    id: Auto<i64>,
    #[relationship(back_populates = host)]
    guests: Many<Guest>,
}

#[derive(Mapped)]
#[table("guest")]
struct Guest {
    #[column(primary_key)]
    id: Auto<i64>,
    #[column(foreign_key = Host.id)]
    host_id: Auto<i64>,
    #[relationship(back_populates = guests)]
    host: One<Host>,
}

#[derive(Mapped)]
#[table("own", base = App)]
struct Own {
    #[column(primary_key)]
    id: i64,
}

#[derive(Mapped)]
#[table("left_out")]
struct LeftOut {
    #[column(primary_key)]
    id: i64,
}

fn tables(registry: Registry) -> Vec<&'static str> {
    registry.mappers().iter().map(|it| it.table()).collect()
}

#[test]
fn these_and_what_they_relate_to() -> aludel::Result<()> {
    Registry::install((Guest, (Own,)))?;
    assert_eq!(tables(Base::registry()), ["guest", "host"]);
    assert_eq!(tables(App::registry()), ["own"]);
    Base::configure()?;
    App::configure()?;
    let names = |it: MetaData| it.tables().iter().map(|it| it.name.clone()).collect::<Vec<_>>();
    assert_eq!(names(Base::metadata()), ["guest", "host"]);
    assert_eq!(names(MetaData::of(((LeftOut, Own), Host))), ["guest", "host", "left_out", "own"]);

    let engine = Engine::new("sqlite::memory:")?;
    Base::metadata().create_all(&engine)?;
    let mut session = Session::new(&engine);
    engine.log().start();
    session.add(Guest::builder().host(Host::builder()));
    session.commit()?;
    let sent = engine.log().take();
    assert!(sent[1].starts_with("INSERT INTO host") && sent[2].starts_with("INSERT INTO guest"));

    // Once said, it is said.
    Registry::install((Host, Own))?;
    let error = Registry::install((Host, LeftOut)).unwrap_err().to_string();
    assert!(error.contains("call `Registry::install` once"), "{error}");
    Ok(())
}

//! Objects that are read one by one are noticed in debug builds; alone in its process, since `tracing`
//! remembers for all threads what the first one that came along wanted to see.
#![cfg(all(feature = "sqlite", debug_assertions))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(missing_docs, reason = "the models of a test speak for themselves")]

use std::{
    fmt::Debug,
    sync::{Arc, Mutex},
};

use aludel::{
    blocking::{Engine, Session},
    prelude::*,
};
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};

#[derive(Mapped)]
#[table("shop")]
pub struct Shop {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[relationship(back_populates = shop)]
    pub items: Many<Item>,
}

#[derive(Mapped)]
#[table("item")]
pub struct Item {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[column(foreign_key = Shop.id)]
    pub shop_id: Option<i64>,
    #[relationship(back_populates = items)]
    pub shop: One<Shop>,
}

/// Keeps each warning's fields as text.
#[derive(Clone, Default)]
struct Collect(Arc<Mutex<Vec<String>>>);

struct Fields(String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0 += &format!("{}={value:?} ", field.name());
    }
}

impl Subscriber for Collect {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "aludel::n_plus_one"
    }
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields(String::new());
        event.record(&mut fields);
        self.0.lock().unwrap().push(fields.0);
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[test]
fn loops_are_noticed_once() {
    let collect = Collect::default();
    let seen = || std::mem::take(&mut *collect.0.lock().unwrap());
    let engine = Engine::new("sqlite::memory:").unwrap();
    MetaData::of((Shop, Item)).create_all(&engine).unwrap();
    let mut session = Session::new(&engine);
    session.add_all((0..20).map(|_| Shop::builder().items([Item::builder()])));
    session.commit().unwrap();
    drop(session);
    tracing::subscriber::with_default(collect.clone(), || {
        for round in 0..2 {
            let mut session = Session::new(&engine);
            let line = line!() + 2;
            for key in 1..=20 {
                session.get(Shop, key).unwrap();
            }
            let warned = seen();
            assert_eq!(warned.len(), 1 - round, "{warned:?}");
            if let Some(it) = warned.first() {
                assert!(it.contains(&format!("n_plus_one.rs:{line}:")), "{it}");
                assert!(it.contains("Shop") && it.contains("in_"), "{it}");
            }
            drop(session);
            let mut session = Session::new(&engine);
            let shops = session.scalars(select(Shop)).all().unwrap();
            for shop in &shops {
                assert_eq!(shop.items().load_one(&mut session).unwrap().len(), 1);
            }
            let warned = seen();
            assert_eq!(warned.len(), 1 - round, "{warned:?}");
            assert!(warned.iter().all(|it| it.contains("items") && it.contains("selectinload")));
            drop((shops, session));
        }
        // Nine are few, and what is held or loaded together is no loop.
        let mut session = Session::new(&engine);
        for key in 1..=9 {
            session.get(Shop, key).unwrap();
        }
        drop(session);
        let mut session = Session::new(&engine);
        for shop in session.scalars(select(Shop)).all().unwrap() {
            shop.items().load(&mut session).unwrap();
            session.get(Shop, 1).unwrap();
        }
        assert!(seen().is_empty());
    });
}

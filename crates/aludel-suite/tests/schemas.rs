//! A base whose tables stand in a schema: created, compared, written and read there. On MariaDB a schema is a
//! database.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(missing_docs, reason = "a test's models speak for themselves")]

#[path = "support/own.rs"]
mod own;

use aludel::{
    DeclarativeBase,
    blocking::{Engine, Session},
    prelude::*,
    schema::NamingConvention,
};

use own::{MARIADB, Own, POSTGRES, execute};

enum Shop {}

const SCHEMA: &str = "aludel_shop";

impl DeclarativeBase for Shop {
    const SCHEMA: Option<&'static str> = Some(SCHEMA);

    fn metadata() -> MetaData {
        let naming = NamingConvention::new().fk("fk_{table_name}_{column_0_name}");
        MetaData::new().naming_convention(naming).mapped_by::<Self>()
    }
}

#[derive(SqlEnum, Clone, Copy, Debug, PartialEq)]
pub enum Size {
    Small,
    Large,
}

#[derive(Mapped)]
#[table("basket", base = Shop)]
pub struct Basket {
    #[column(primary_key)]
    pub id: Auto<i64>,
    pub size: Size,
    #[column(index)]
    pub weight: i64,
    #[relationship(back_populates = baskets, secondary = Content)]
    pub fruits: Many<Fruit>,
}

#[derive(Mapped)]
#[table("fruit", base = Shop)]
pub struct Fruit {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[column(length = 40, unique)]
    pub name: String,
    #[relationship(back_populates = fruits, secondary = Content)]
    pub baskets: Many<Basket>,
}

#[derive(Mapped)]
#[table("content", base = Shop)]
pub struct Content {
    #[column(primary_key, foreign_key = Basket.id)]
    pub basket_id: i64,
    #[column(primary_key, foreign_key = "fruit.id", on_delete = cascade)]
    pub fruit_id: i64,
}

// DDL-14
fn a_unit_of_work_in_a_schema(url: &str) {
    let engine = Engine::new(url).unwrap();
    execute(&engine, &format!("CREATE SCHEMA {SCHEMA}"));
    Shop::configure().unwrap();
    Shop::metadata().create_all(&engine).unwrap();
    aludel::assert_schema!(Shop, engine);
    let mut session = Session::new(&engine);
    let basket = session.add(Basket::builder().size(Size::Large).weight(1));
    basket.fruits().extend([Fruit::builder().name("fig"), Fruit::builder().name("pear")]);
    session.commit().unwrap();
    basket.borrow_mut().weight = 2;
    session.commit().unwrap();
    drop((basket, session));
    let mut session = Session::new(&engine);
    let heavy = Basket.weight.gt(1) & Basket.size.eq(Size::Large);
    let stmt = select(Fruit).filter(Fruit.baskets.any(heavy)).order_by(Fruit.id);
    let fruits = session.scalars(stmt.options(selectinload(Fruit.baskets))).all().unwrap();
    let baskets: Vec<usize> = fruits.iter().map(|it| it.baskets().len().unwrap()).collect();
    assert_eq!(baskets, [1, 1]);
    session.delete(&fruits[0]).unwrap();
    session.commit().unwrap();
    let left = session.scalar(select(func::count_all()).select_from(Content)).unwrap();
    assert_eq!(left, Some(1));
    session.execute(update(Basket).set(Basket.weight, Basket.weight + 1)).unwrap();
    session.commit().unwrap();
    Shop::metadata().drop_all(&engine).unwrap();
    execute(&engine, &format!("DROP SCHEMA {SCHEMA}"));
}

#[test]
fn on_postgres() {
    a_unit_of_work_in_a_schema(Own::new(&POSTGRES, "schemas").url());
}

#[test]
fn on_mariadb() {
    a_unit_of_work_in_a_schema(Own::new(&MARIADB, "schemas").url());
}

//! Relationships whose mapping says how they are loaded.

use aludel::prelude::*;

use super::Suite;

#[derive(Mapped, Debug)]
#[table("rack", base = Suite)]
pub struct Rack {
    #[column(primary_key)]
    pub id: Auto<i64>,
    pub name: String,
    #[relationship(back_populates = rack, lazy = subquery, order_by = Crate.id)]
    pub boxes: Many<Crate>,
}

#[derive(Mapped, Debug)]
#[table("box", base = Suite)]
pub struct Crate {
    #[column(primary_key)]
    pub id: Auto<i64>,
    pub label: String,
    #[column(foreign_key = Rack.id)]
    pub rack_id: Option<i64>,
    #[relationship(back_populates = boxes, lazy = raise)]
    pub rack: One<Rack>,
    #[relationship(back_populates = case, lazy = joined, order_by = Thing.id)]
    pub things: Many<Thing>,
}

#[derive(Mapped, Debug)]
#[table("thing", base = Suite)]
pub struct Thing {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[column(foreign_key = Crate.id)]
    pub box_id: Option<i64>,
    #[relationship(back_populates = things, lazy = raise_on_sql)]
    pub case: One<Crate>,
}

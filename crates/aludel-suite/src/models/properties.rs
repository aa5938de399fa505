//! Entities with attributes that no column of their tables holds.

use aludel::prelude::*;

use super::Suite;

#[derive(Mapped, Debug)]
#[table("writer", base = Suite)]
pub struct Writer {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[column(property = Writer.first + " " + Writer.last)]
    pub name: Auto<String>,
    pub first: String,
    pub last: String,
    #[column(property = func::coalesce(select(func::count(Novel.id)).filter(Novel.writer_id.eq(Writer.id)).scalar_subquery(), 0))]
    pub novels_written: Auto<i64>,
    #[column(property = Writer.id * 10)]
    pub tenfold: Deferred<i64>,
    #[column(query_expression)]
    pub score: Deferred<Option<i64>>,
    #[relationship(back_populates = writer, order_by = Novel.id)]
    pub novels: Many<Novel>,
}

#[derive(Mapped, Debug)]
#[table("novel", base = Suite)]
pub struct Novel {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[column(property = func::lower(Novel.title))]
    pub small: Auto<String>,
    pub title: String,
    #[column(foreign_key = Writer.id)]
    pub writer_id: Option<i64>,
    #[relationship(back_populates = novels)]
    pub writer: One<Writer>,
}

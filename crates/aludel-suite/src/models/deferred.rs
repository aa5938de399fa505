//! Entities with columns that are loaded on demand.

use aludel::prelude::*;

use super::Suite;

#[derive(Mapped, Debug)]
#[table("cabinet", base = Suite)]
pub struct Cabinet {
    #[column(primary_key)]
    pub id: Auto<i64>,
    pub name: String,
    #[relationship(back_populates = cabinet, order_by = Doc.id, cascade(all))]
    pub docs: Many<Doc>,
}

/// Columns on demand of each kind, with others before, between and behind.
#[derive(Mapped, Debug)]
#[table("doc", base = Suite)]
pub struct Doc {
    #[column(primary_key)]
    pub id: Auto<i64>,
    pub body: Deferred<String>,
    pub title: String,
    #[column(deferred = false)]
    pub summary: Deferred<Option<String>>,
    #[column(deferred_group = "pictures")]
    pub photo: Deferred<Option<Vec<u8>>>,
    #[column(deferred_group = "pictures")]
    pub thumbnail: Deferred<Option<Vec<u8>>>,
    #[column(deferred_raiseload)]
    pub secret: Deferred<Option<String>>,
    #[column(foreign_key = Cabinet.id)]
    pub cabinet_id: Option<i64>,
    #[relationship(back_populates = docs)]
    pub cabinet: One<Cabinet>,
    #[relationship(secondary = DocTopic, back_populates = docs)]
    pub topics: Many<Topic>,
}

/// A key of two columns, with one on demand between them.
#[derive(Mapped, Debug)]
#[table("subject", base = Suite)]
pub struct Topic {
    #[column(primary_key)]
    pub area: i64,
    pub about: Deferred<String>,
    #[column(primary_key, length = 20)]
    pub name: String,
    #[relationship(secondary = DocTopic, back_populates = topics)]
    pub docs: Many<Doc>,
}

#[derive(Mapped, Debug)]
#[table("doc_topic", base = Suite, foreign_key((area, name) -> Topic(area, name)))]
pub struct DocTopic {
    #[column(primary_key, foreign_key = Doc.id)]
    pub doc_id: i64,
    #[column(primary_key)]
    pub area: i64,
    #[column(primary_key, length = 20)]
    pub name: String,
}

/// Columns on demand that come from a mixin.
#[derive(Mixin, Debug)]
pub struct Notes {
    pub remark: Deferred<Option<String>>,
    pub stars: i64,
}

#[derive(Mapped, Debug)]
#[table("review", base = Suite)]
pub struct Review {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[mixin]
    pub notes: Notes,
    pub name: String,
}

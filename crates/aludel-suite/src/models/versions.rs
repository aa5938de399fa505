//! Entities with a version, of each kind.

use aludel::prelude::*;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::Suite;

/// Counted from 1. Members are other rows: they don't change it.
#[derive(Mapped, Debug)]
#[table("draft", base = Suite)]
pub struct Draft {
    #[column(primary_key)]
    pub id: Auto<i64>,
    pub title: String,
    pub body: Option<String>,
    #[column(version)]
    pub version: i64,
    #[column(foreign_key = Draft.id)]
    pub basis_id: Option<i64>,
    #[relationship(back_populates = drafts_after)]
    pub basis: One<Draft>,
    #[relationship(back_populates = basis)]
    pub drafts_after: Many<Draft>,
    #[relationship(secondary = DraftTag)]
    pub tags: Many<super::Tag>,
}

#[derive(Mapped, Debug)]
#[table("draft_tag", base = Suite)]
pub struct DraftTag {
    #[column(primary_key, foreign_key = Draft.id)]
    pub draft_id: Auto<i64>,
    #[column(primary_key, foreign_key = super::Tag.id)]
    pub tag_id: Auto<i64>,
}

/// A key that the program gives, and may change.
#[derive(Mapped, Debug)]
#[table("stamped", base = Suite)]
pub struct Stamped {
    #[column(primary_key, length = 20)]
    pub country: String,
    #[column(primary_key)]
    pub code: i64,
    pub name: String,
    #[column(version)]
    pub changed: Auto<DateTime<Utc>>,
}

/// Told apart by UUIDs.
#[derive(Mapped, Debug)]
#[table("unique_draft", base = Suite)]
pub struct UniqueDraft {
    #[column(primary_key)]
    pub id: Auto<i64>,
    pub title: String,
    #[column(version)]
    pub version: Auto<Uuid>,
}

/// A version that a function of the program's makes.
#[derive(Mapped, Debug)]
#[table("lettered", base = Suite)]
pub struct Lettered {
    #[column(primary_key)]
    pub id: Auto<i64>,
    pub title: String,
    #[column(version = |old| old.map_or("a".to_owned(), |it| it + "a"), length = 50)]
    pub version: String,
}

/// A version that the program sets.
#[derive(Mapped, Debug)]
#[table("manual", base = Suite)]
pub struct Manual {
    #[column(primary_key)]
    pub id: Auto<i64>,
    pub title: String,
    #[column(version(manual), length = 50)]
    pub version: String,
}

/// A version that the database makes, by a trigger.
#[derive(Mapped, Debug)]
#[table("coupon", base = Suite)]
pub struct Coupon {
    #[column(primary_key)]
    pub id: Auto<i64>,
    pub title: String,
    #[column(version(server), server_default = 1)]
    pub version: Auto<i64>,
}

//! Mixins, one in the other, in two entities.

use aludel::{func, prelude::*};
use chrono::NaiveDateTime;

use super::{Suite, User};

/// When a row was written.
#[derive(Mixin, Debug)]
pub struct Timestamps {
    #[column(server_default = now, index)]
    pub created_at: Auto<NaiveDateTime>,
    #[column(onupdate = func::now())]
    pub changed_at: Option<NaiveDateTime>,
}

/// An abstract base: a key, and when the row was written.
#[derive(Mixin, Debug)]
pub struct Identified {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[mixin]
    pub times: Timestamps,
}

/// Something with a title, and who wrote it.
#[derive(Mixin, Debug)]
#[mixin(check("length(title) > 1"), unique(author_id, title))]
pub struct Titled {
    #[column(length = 100)]
    pub title: String,
    #[column("stars", default = 3)]
    pub rating: i64,
    #[column(foreign_key = User.id, on_delete = cascade)]
    pub author_id: Option<i64>,
    #[relationship]
    pub author: One<User>,
}

#[derive(Mapped, Debug)]
#[table("blog_post", base = Suite, index(title, body))]
pub struct Post {
    #[mixin]
    pub base: Identified,
    #[column(length = 50)]
    pub body: Option<String>,
    #[mixin]
    pub titled: Titled,
    #[relationship(back_populates = post, order_by = Comment.base.id)]
    pub comments: Many<Comment>,
}

#[derive(Mapped, Debug)]
#[table("blog_comment", base = Suite)]
pub struct Comment {
    #[mixin]
    pub base: Identified,
    #[column(foreign_key = Post.base.id)]
    pub post_id: Auto<i64>,
    pub text: String,
    #[relationship(back_populates = comments)]
    pub post: One<Post>,
}

/// Half of a key.
#[derive(Mixin, Debug)]
pub struct Tenanted {
    pub tenant: i64,
}

#[derive(Mapped, Debug)]
#[table("tenant_site", base = Suite)]
pub struct TenantSite {
    #[column(primary_key)]
    pub code: i64,
    #[mixin]
    pub tenancy: KeyTenanted,
}

/// Half of a key, in it.
#[derive(Mixin, Debug)]
pub struct KeyTenanted {
    #[column(primary_key)]
    pub tenant: i64,
}

/// Refers to a key of which half is a mixin's, on both sides.
#[derive(Mapped, Debug)]
#[table("tenant_visit", base = Suite,
    foreign_key((site, tenant) -> TenantSite(code, tenancy.tenant)))]
pub struct TenantVisit {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[mixin]
    pub tenancy: Tenanted,
    pub site: i64,
    #[relationship]
    pub place: One<TenantSite>,
}

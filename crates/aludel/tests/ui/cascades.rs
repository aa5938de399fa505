//! CAS-13, CAS-18: cascades that a relationship can't have.

use aludel::prelude::*;

#[derive(Mapped)]
#[table("post")]
struct Post {
    #[column(primary_key)]
    id: Auto<i64>,
    #[relationship(secondary = PostTag, cascade(all, delete_orphan))]
    tags: Many<Tag>,
    #[relationship(secondary = PostTag, viewonly, cascade(delete))]
    seen: Many<Tag>,
}

#[derive(Mapped)]
#[table("tag")]
struct Tag {
    #[column(primary_key)]
    id: Auto<i64>,
}

#[derive(Mapped)]
#[table("post_tag")]
struct PostTag {
    #[column(primary_key, foreign_key = Post.id)]
    post_id: Auto<i64>,
    #[column(primary_key, foreign_key = Tag.id)]
    tag_id: Auto<i64>,
}

fn main() {}

//! Relationships of every kind, mixins, renamed fields, and a struct that serde knows nothing of.

use aludel::{
    DeclarativeBase,
    blocking::{Engine, Session},
    prelude::*,
};
use serde::{Deserialize, Serialize};

pub(crate) enum Json {}

impl DeclarativeBase for Json {}

#[derive(Mapped, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[table("user_account", base = Json)]
pub(crate) struct User {
    #[column(primary_key)]
    pub(crate) id: Auto<i64>,
    pub(crate) name: String,
    pub(crate) email: Option<String>,
    #[serde(skip)]
    #[relationship(back_populates = user, cascade(all, delete_orphan), order_by = Address.id)]
    pub(crate) addresses: Many<Address>,
    #[serde(skip)]
    #[relationship(back_populates = user)]
    pub(crate) profile: One<Profile>,
    #[serde(skip)]
    #[relationship(back_populates = user)]
    pub(crate) secrets: Many<Secret>,
}

#[derive(Mapped, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[table("address", base = Json)]
pub(crate) struct Address {
    #[column(primary_key)]
    pub(crate) id: Auto<i64>,
    #[column(foreign_key = User.id)]
    pub(crate) user_id: Auto<Option<i64>>,
    pub(crate) email_address: String,
    #[serde(skip)]
    #[relationship(back_populates = addresses)]
    pub(crate) user: One<User>,
}

#[derive(Mapped, Serialize, Deserialize)]
#[table("profile", base = Json)]
pub(crate) struct Profile {
    #[column(primary_key)]
    pub(crate) id: Auto<i64>,
    #[column(foreign_key = User.id)]
    pub(crate) user_id: Auto<i64>,
    pub(crate) motto: String,
    #[serde(skip)]
    #[relationship(back_populates = profile)]
    pub(crate) user: One<User>,
}

/// Nothing for clients.
#[derive(Mapped)]
#[table("secret", base = Json)]
pub(crate) struct Secret {
    #[column(primary_key)]
    pub(crate) id: Auto<i64>,
    #[column(foreign_key = User.id)]
    pub(crate) user_id: Auto<i64>,
    pub(crate) token: String,
    #[relationship(back_populates = secrets)]
    pub(crate) user: One<User>,
}

#[derive(Mapped, Serialize, Deserialize)]
#[table("node", base = Json)]
pub(crate) struct Node {
    #[column(primary_key)]
    pub(crate) id: Auto<i64>,
    #[column(foreign_key = Node.id)]
    #[serde(skip)]
    pub(crate) parent_id: Option<i64>,
    pub(crate) name: String,
    #[serde(skip)]
    #[relationship(back_populates = children, remote_side = Node.id)]
    pub(crate) parent: One<Node>,
    #[serde(skip)]
    #[relationship(back_populates = parent, order_by = Node.id)]
    pub(crate) children: Many<Node>,
}

#[derive(Mapped, Serialize, Deserialize)]
#[table("post", base = Json)]
pub(crate) struct Post {
    #[column(primary_key)]
    pub(crate) id: Auto<i64>,
    pub(crate) title: String,
    #[serde(skip)]
    #[relationship(secondary = PostTag, back_populates = posts, order_by = Tag.id)]
    pub(crate) tags: Many<Tag>,
}

#[derive(Mapped, Serialize, Deserialize)]
#[table("tag", base = Json)]
pub(crate) struct Tag {
    #[column(primary_key)]
    pub(crate) id: Auto<i64>,
    pub(crate) name: String,
    #[serde(skip)]
    #[relationship(secondary = PostTag, back_populates = tags, order_by = Post.id)]
    pub(crate) posts: Many<Post>,
}

#[derive(Mapped)]
#[table("post_tag", base = Json)]
pub(crate) struct PostTag {
    #[column(primary_key, foreign_key = Post.id)]
    pub(crate) post_id: Auto<i64>,
    #[column(primary_key, foreign_key = Tag.id)]
    pub(crate) tag_id: Auto<i64>,
}

#[derive(SqlNewtype, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub(crate) struct Sku(pub(crate) String);

/// A mixin with a relationship.
#[derive(Mixin, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Owned {
    #[column(foreign_key = User.id)]
    pub(crate) owner_id: Auto<Option<i64>>,
    pub(crate) owned_since: Option<aludel::value::Date>,
    #[serde(skip)]
    #[relationship]
    pub(crate) first_owner: One<User>,
}

/// Names of its own for JSON.
#[derive(Mapped, Serialize, Deserialize)]
#[table("thing", base = Json)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Thing {
    #[column(primary_key)]
    pub(crate) id: Auto<i64>,
    pub(crate) stock_number: Sku,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) spare_part: Option<Sku>,
    #[serde(skip)]
    #[relationship(back_populates = thing, order_by = Part.id)]
    pub(crate) small_parts: Many<Part>,
}

#[derive(Mapped, Serialize, Deserialize)]
#[table("part", base = Json)]
pub(crate) struct Part {
    #[column(primary_key)]
    pub(crate) id: Auto<i64>,
    #[column(foreign_key = Thing.id)]
    #[serde(default, skip_serializing)]
    pub(crate) thing_id: Auto<i64>,
    #[mixin]
    #[serde(flatten)]
    pub(crate) owned: Owned,
    #[serde(skip, rename = "partOf")]
    #[relationship(back_populates = small_parts)]
    pub(crate) thing: One<Thing>,
}

/// Alice with two addresses and a profile, and Bob.
pub(crate) fn store() -> (Engine, Session) {
    let engine = Engine::new("sqlite::memory:").unwrap();
    Json::metadata().create_all(&engine).unwrap();
    let mut session = Session::new(&engine);
    let addresses = ["a@x.org", "b@x.org"].map(|it| Address::builder().email_address(it));
    let profile = Profile::builder().motto("Prêt à manger 🥐 \"\\\u{1}");
    session.add(User::builder().name("Алиса").addresses(addresses).profile(profile));
    session.add(User::builder().name("Bob").email("bob@y.org"));
    session.commit().unwrap();
    (engine.clone(), Session::new(&engine))
}

//! The mapping of the scenarios: ten entities over twelve tables. A scenario may leave anything unset, so
//! every column is an `Auto`.
#![allow(missing_docs, reason = "the schema is described where the scenarios come from")]

use aludel::prelude::*;

#[derive(Mapped, Debug, Default)]
#[table("users")]
pub struct User {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[column(length = 40, nullable = false)]
    pub name: Auto<Option<String>>,
    pub age: Auto<Option<i64>>,
    #[relationship(back_populates = user, cascade(all, delete_orphan), order_by = Address.id)]
    pub addresses: Many<Address>,
    #[relationship(back_populates = user, order_by = Order.id)]
    pub orders: Many<Order>,
    #[relationship(back_populates = user, cascade(all, delete_orphan))]
    pub profile: One<Profile>,
}

#[derive(Mapped, Debug, Default)]
#[table("addresses")]
pub struct Address {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[column(length = 60, nullable = false)]
    pub email: Auto<Option<String>>,
    #[column(foreign_key = User.id)]
    pub user_id: Auto<Option<i64>>,
    #[relationship(back_populates = addresses)]
    pub user: One<User>,
}

#[derive(Mapped, Debug, Default)]
#[table("profiles")]
pub struct Profile {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[column(length = 60)]
    pub bio: Auto<Option<String>>,
    #[column(foreign_key = User.id, unique)]
    pub user_id: Auto<Option<i64>>,
    #[relationship(back_populates = profile)]
    pub user: One<User>,
}

#[derive(Mapped, Debug, Default)]
#[table("orders")]
pub struct Order {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[column(length = 40, nullable = false)]
    pub title: Auto<Option<String>>,
    #[column(length = 10, default = Some("open".to_owned()))]
    pub status: Auto<Option<String>>,
    #[column(default = Some(0), onupdate = Some(1))]
    pub touched: Auto<Option<i64>>,
    #[column(foreign_key = User.id)]
    pub user_id: Auto<Option<i64>>,
    #[relationship(back_populates = orders)]
    pub user: One<User>,
    #[relationship(secondary = OrderItem, back_populates = orders, order_by = Item.id)]
    pub items: Many<Item>,
}

#[derive(Mapped, Debug, Default)]
#[table("items")]
pub struct Item {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[column(length = 20, nullable = false, unique)]
    pub sku: Auto<Option<String>>,
    #[relationship(secondary = OrderItem, back_populates = items, order_by = Order.id)]
    pub orders: Many<Order>,
    #[relationship(secondary = ItemKeyword, back_populates = items, order_by = Keyword.id)]
    pub keywords: Many<Keyword>,
}

#[derive(Mapped, Debug, Default)]
#[table("order_items")]
pub struct OrderItem {
    #[column(primary_key, foreign_key = Order.id)]
    pub order_id: Auto<i64>,
    #[column(primary_key, foreign_key = Item.id)]
    pub item_id: Auto<i64>,
}

#[derive(Mapped, Debug, Default)]
#[table("keywords")]
pub struct Keyword {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[column(length = 20, nullable = false, unique)]
    pub word: Auto<Option<String>>,
    #[relationship(secondary = ItemKeyword, back_populates = keywords, order_by = Item.id)]
    pub items: Many<Item>,
}

#[derive(Mapped, Debug, Default)]
#[table("item_keywords")]
pub struct ItemKeyword {
    #[column(primary_key, foreign_key = Item.id)]
    pub item_id: Auto<i64>,
    #[column(primary_key, foreign_key = Keyword.id)]
    pub keyword_id: Auto<i64>,
}

#[derive(Mapped, Debug, Default)]
#[table("nodes")]
pub struct Node {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[column(length = 20, nullable = false)]
    pub name: Auto<Option<String>>,
    #[column(foreign_key = Node.id)]
    pub parent_id: Auto<Option<i64>>,
    #[relationship(back_populates = parent, cascade(all), order_by = Node.id)]
    pub children: Many<Node>,
    #[relationship(back_populates = children)]
    pub parent: One<Node>,
}

#[derive(Mapped, Debug, Default)]
#[table("documents")]
pub struct Document {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[column(length = 40, nullable = false)]
    pub title: Auto<Option<String>>,
    #[column(length = 80)]
    pub body: Auto<Option<String>>,
    #[column(length = 10, nullable = false, server_default = "'draft'")]
    pub status: Auto<Option<String>>,
    #[column(version)]
    pub version_id: Auto<i64>,
}

#[derive(Mapped, Debug, Default)]
#[table("regions")]
pub struct Region {
    #[column(primary_key, length = 4)]
    pub country: Auto<String>,
    #[column(primary_key, length = 8)]
    pub code: Auto<String>,
    #[column(length = 40)]
    pub label: Auto<Option<String>>,
    #[relationship(back_populates = region, order_by = Site.id)]
    pub sites: Many<Site>,
}

#[derive(Mapped, Debug, Default)]
#[table(
    "sites",
    foreign_key((country, code) -> Region(country, code), on_update = cascade)
)]
pub struct Site {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[column(length = 40, nullable = false)]
    pub name: Auto<Option<String>>,
    #[column(length = 4)]
    pub country: Auto<Option<String>>,
    #[column(length = 8)]
    pub code: Auto<Option<String>>,
    #[relationship(back_populates = sites)]
    pub region: One<Region>,
}

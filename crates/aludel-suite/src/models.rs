//! The entities of the cases: one of each kind of relationship and key.
#![allow(missing_docs, unreachable_pub, reason = "the models of the cases speak for themselves")]

pub mod collections;
pub mod composite;
pub mod composites;
pub mod computed;
pub mod deferred;
pub mod features;
pub mod filled;
pub mod hooked;
pub mod hybrids;
pub mod joins;
pub mod keys;
pub mod mixins;
pub mod numbered;
pub mod owners;
pub mod properties;
pub mod proxies;
pub mod rack;
pub mod tree;
pub mod versions;

use aludel::prelude::*;
use chrono::{NaiveDate, NaiveDateTime};
use rust_decimal::Decimal;

/// The base of all entities of the suite, so that those of a program that runs it are not among them.
#[derive(Debug)]
pub enum Suite {}

impl aludel::DeclarativeBase for Suite {}

/// Owns addresses: a member that is let go of is deleted.
#[derive(Mapped, Debug)]
#[table("user_account", base = Suite)]
pub struct User {
    #[column(primary_key)]
    pub id: Auto<i64>,
    pub name: String,
    #[column(unique, length = 100)]
    pub email: Option<String>,
    #[relationship(back_populates = user, cascade(all, delete_orphan), order_by = Address.id)]
    pub addresses: Many<Address>,
    #[relationship(back_populates = user)]
    pub profile: One<Profile>,
}

#[derive(Mapped, Debug)]
#[table("address", base = Suite)]
pub struct Address {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[column(foreign_key = User.id)]
    pub user_id: Auto<i64>,
    pub mail: String,
    #[relationship(back_populates = addresses)]
    pub user: One<User>,
}

/// One to one with a user.
#[derive(Mapped, Debug)]
#[table("profile", base = Suite)]
pub struct Profile {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[column(foreign_key = User.id)]
    pub user_id: Option<i64>,
    pub bio: String,
    #[relationship(back_populates = profile)]
    pub user: One<User>,
}

/// Has books, which stay when it goes.
#[derive(Mapped, Debug)]
#[table("author", base = Suite)]
pub struct Author {
    #[column(primary_key)]
    pub id: Auto<i64>,
    pub name: String,
    #[relationship(back_populates = author, order_by = Book.id)]
    pub books: Many<Book>,
}

#[derive(Mapped, Debug)]
#[table("book", base = Suite, check("pages > 0"))]
pub struct Book {
    #[column(primary_key)]
    pub id: Auto<i64>,
    pub title: String,
    pub pages: Option<i64>,
    #[column(foreign_key = Author.id)]
    pub author_id: Option<i64>,
    #[relationship(back_populates = books)]
    pub author: One<Author>,
    #[relationship(secondary = BookTag, back_populates = books, order_by = Tag.id)]
    pub tags: Many<Tag>,
}

#[derive(Mapped, Debug)]
#[table("tag", base = Suite)]
pub struct Tag {
    #[column(primary_key)]
    pub id: Auto<i64>,
    pub name: String,
    #[relationship(secondary = BookTag, back_populates = tags, order_by = Book.id)]
    pub books: Many<Book>,
}

#[derive(Mapped, Debug)]
#[table("book_tag", base = Suite)]
pub struct BookTag {
    #[column(primary_key, foreign_key = Book.id)]
    pub book_id: Auto<i64>,
    #[column(primary_key, foreign_key = Tag.id)]
    pub tag_id: Auto<i64>,
}

/// A tree.
#[derive(Mapped, Debug)]
#[table("node", base = Suite)]
pub struct Node {
    #[column(primary_key)]
    pub id: Auto<i64>,
    pub name: String,
    #[column(foreign_key = Node.id)]
    pub parent_id: Option<i64>,
    #[relationship(back_populates = children)]
    pub parent: One<Node>,
    #[relationship(back_populates = parent, cascade(all), order_by = Node.id)]
    pub children: Many<Node>,
}

/// A key of two columns.
#[derive(Mapped, Debug)]
#[table("region", base = Suite)]
pub struct Region {
    #[column(primary_key, length = 2)]
    pub country: String,
    #[column(primary_key)]
    pub code: i64,
    pub name: String,
    #[relationship(back_populates = region, order_by = Site.id)]
    pub sites: Many<Site>,
}

#[derive(Mapped, Debug)]
#[table("site", base = Suite, foreign_key((country, code) -> Region(country, code)))]
pub struct Site {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[column(length = 2)]
    pub country: Option<String>,
    pub code: Option<i64>,
    #[relationship(back_populates = sites)]
    pub region: One<Region>,
}

/// A key of text.
#[derive(Mapped, Debug)]
#[table("currency", base = Suite)]
pub struct Currency {
    #[column(primary_key, length = 3)]
    pub code: String,
    pub name: String,
}

/// The foreign key is part of the key.
#[derive(Mapped, Debug)]
#[table("line", base = Suite)]
pub struct Line {
    #[column(primary_key, foreign_key = Book.id)]
    pub book_id: Auto<i64>,
    #[column(primary_key)]
    pub number: i64,
    pub text: String,
    #[relationship]
    pub book: One<Book>,
}

/// Members are left to the database.
#[derive(Mapped, Debug)]
#[table("shelf", base = Suite)]
pub struct Shelf {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[relationship(back_populates = shelf, cascade(all), passive_deletes)]
    pub volumes: Many<Volume>,
}

#[derive(Mapped, Debug)]
#[table("volume", base = Suite)]
pub struct Volume {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[column(foreign_key = Shelf.id, on_delete = cascade)]
    pub shelf_id: Option<i64>,
    #[relationship(back_populates = volumes)]
    pub shelf: One<Shelf>,
}

/// Nothing but a key.
#[derive(Mapped, Debug)]
#[table("ticket", base = Suite)]
pub struct Ticket {
    #[column(primary_key)]
    pub id: Auto<i64>,
}

/// Values that somebody else fills in.
#[derive(Mapped, Debug)]
#[table("article", base = Suite)]
pub struct Article {
    #[column(primary_key)]
    pub id: Auto<i64>,
    pub title: String,
    #[column(default = 5)]
    pub stock: Option<i64>,
    #[column(server_default = 7)]
    pub rank: Auto<i64>,
}

/// Columns that may stay unset.
#[derive(Mapped, Debug)]
#[table("optional", base = Suite)]
pub struct Optional {
    #[column(primary_key)]
    pub id: Auto<i64>,
    pub a: Auto<Option<i64>>,
    #[column(nullable = false)]
    pub b: Auto<Option<i64>>,
}

/// Two that refer to each other.
#[derive(Mapped, Debug)]
#[table("hen", base = Suite)]
pub struct Hen {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[column(foreign_key = "egg.id")]
    pub from_id: Option<i64>,
    #[relationship(foreign_keys = [Hen.from_id])]
    pub from: One<Egg>,
}

#[derive(Mapped, Debug)]
#[table("egg", base = Suite)]
pub struct Egg {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[column(foreign_key = Hen.id)]
    pub hen_id: Option<i64>,
    #[relationship(foreign_keys = [Egg.hen_id])]
    pub hen: One<Hen>,
}

/// Refers to a hub that knows nothing of it, and doesn't bring it into a session.
#[derive(Mapped, Debug)]
#[table("spoke", base = Suite)]
pub struct Spoke {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[column(foreign_key = Ticket.id)]
    pub ticket_id: Option<i64>,
    #[relationship(cascade(none))]
    pub ticket: One<Ticket>,
}

/// Money and times.
#[derive(Mapped, Debug)]
#[table("priced", base = Suite)]
pub struct Priced {
    #[column(primary_key)]
    pub id: Auto<i64>,
    pub title: String,
    #[column(numeric(10, 2))]
    pub price: Decimal,
    pub made_at: Option<NaiveDateTime>,
}

/// A column of each kind that conditions compute with.
#[derive(Mapped, Debug)]
#[table("sample", base = Suite)]
pub struct Sample {
    #[column(primary_key)]
    pub id: i64,
    pub number: Option<i64>,
    pub other: Option<i64>,
    pub real: Option<f64>,
    pub word: Option<String>,
    pub truth: Option<bool>,
    pub day: Option<NaiveDate>,
}

//! Entities whose columns are filled in when they are written.

use std::sync::atomic::{AtomicI64, Ordering};

use aludel::{func, prelude::*, sql_expr};
use chrono::NaiveDateTime;

use super::{Suite, User};

/// How often `Counter::times` was made.
pub static MADE: AtomicI64 = AtomicI64::new(0);

fn made() -> i64 {
    MADE.fetch_add(1, Ordering::Relaxed);
    7
}

/// Set to values and expressions, by the program and with each UPDATE.
#[derive(Mapped, Debug)]
#[table("counter", base = Suite)]
pub struct Counter {
    #[column(primary_key)]
    pub id: Auto<i64>,
    pub name: String,
    pub visits: i64,
    #[column(length = 20)]
    pub note: Option<String>,
    #[column(default = func::lower(sql_expr::<String>("'NEW'")), length = 20)]
    pub state: Auto<String>,
    #[column(onupdate = func::now())]
    pub changed_at: Option<NaiveDateTime>,
    #[column(onupdate = made())]
    pub times: Option<i64>,
    #[column(foreign_key = User.id)]
    pub user_id: Option<i64>,
    #[relationship]
    pub user: One<User>,
}

/// The database changes it.
#[derive(Mapped, Debug)]
#[table("watched", base = Suite)]
pub struct Watched {
    #[column(primary_key)]
    pub id: Auto<i64>,
    pub name: String,
    #[column(server_default = 0, server_onupdate)]
    pub writes: Auto<i64>,
}

/// A column that the database computes.
#[derive(Mapped, Debug)]
#[table("price", base = Suite)]
pub struct Price {
    #[column(primary_key)]
    pub id: Auto<i64>,
    pub net: i64,
    pub amount: i64,
    #[column(computed = "net * amount")]
    pub total: Auto<i64>,
}

/// What the database makes of it is read at once.
#[derive(Mapped, Debug)]
#[table("eager_price", base = Suite, eager_defaults = true)]
pub struct EagerPrice {
    #[column(primary_key)]
    pub id: Auto<i64>,
    pub net: i64,
    #[column(computed = "net * 2")]
    pub twice: Auto<i64>,
    #[column(onupdate = func::lower(sql_expr::<String>("'AGAIN'")), length = 20)]
    pub note: Option<String>,
}

/// The same, where triggers are at work.
#[derive(Mapped, Debug)]
#[table("eager_watched", base = Suite, eager_defaults = true)]
pub struct EagerWatched {
    #[column(primary_key)]
    pub id: Auto<i64>,
    pub name: String,
    #[column(server_default = 0, server_onupdate)]
    pub writes: Auto<i64>,
}

/// What the database makes of it is read when somebody asks.
#[derive(Mapped, Debug)]
#[table("lazy_price", base = Suite, eager_defaults = false)]
pub struct LazyPrice {
    #[column(primary_key)]
    pub id: Auto<i64>,
    pub net: i64,
    #[column(server_default = 5)]
    pub rank: Auto<i64>,
    #[column(computed = "net * 2")]
    pub twice: Auto<i64>,
}

/// The database numbers it, and takes no other number, where it can say so.
#[derive(Mapped, Debug)]
#[table("numbered", base = Suite)]
pub struct Numbered {
    #[column(primary_key, identity(always, increment = 10))]
    pub id: Auto<i64>,
    pub name: String,
}

/// The database makes its key, and that is no number.
#[derive(Mapped, Debug)]
#[table("token", base = Suite)]
pub struct Token {
    #[column(primary_key, server_default = "'made'", length = 20)]
    pub code: Auto<String>,
    pub name: String,
}

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

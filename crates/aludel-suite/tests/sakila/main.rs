//! Sakila, the shop that lets films, as PostgreSQL, MariaDB and SQLite know it: somebody else's database, mapped by
//! hand, compared, read as a whole, and written. The files in `data` have their licences beside them.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(missing_docs, unreachable_pub, reason = "a test's models speak for themselves")]

mod load;
mod mariadb;
#[path = "../support/own.rs"]
mod own;
mod postgres;
mod sqlite;

use aludel::prelude::*;

/// Who may see a film: a type of its own on PostgreSQL, an `ENUM` on MariaDB.
#[derive(SqlEnum, Clone, Copy, Debug, PartialEq)]
#[sql_enum(name = "mpaa_rating")]
pub enum Rating {
    #[sql_enum(rename = "G")]
    General,
    #[sql_enum(rename = "PG")]
    ParentalGuidance,
    #[sql_enum(rename = "PG-13")]
    Parents13,
    #[sql_enum(rename = "R")]
    Restricted,
    #[sql_enum(rename = "NC-17")]
    Adults17,
}

/// What comes along with a film: a `SET` on MariaDB.
#[derive(SqlEnum, Clone, Copy, Debug, PartialEq)]
pub enum Feature {
    #[sql_enum(rename = "Trailers")]
    Trailers,
    #[sql_enum(rename = "Commentaries")]
    Commentaries,
    #[sql_enum(rename = "Deleted Scenes")]
    DeletedScenes,
    #[sql_enum(rename = "Behind the Scenes")]
    BehindTheScenes,
}

/// Reads tables as a whole, and compares how many objects there are with what is known and with what the
/// database counts: `whole!(session; Actor 200, …)`, on an async session `whole!(session.await; …)`.
macro_rules! whole {
    ($session:ident; $($entity:ident $count:literal),* $(,)?) => {
        $(whole!(@ $session; $entity $count;);)*
    };
    ($session:ident.await; $($entity:ident $count:literal),* $(,)?) => {
        $(whole!(@ $session; $entity $count; .await);)*
    };
    (@ $session:ident; $entity:ident $count:literal; $($wait:tt)*) => {
        let all = $session.scalars(select($entity)).all()$($wait)*.unwrap();
        assert_eq!(all.len(), $count, stringify!($entity));
        let counted = select(func::count_all()).select_from($entity);
        let counted = $session.scalar(counted)$($wait)*.unwrap();
        assert_eq!(counted, Some($count), stringify!($entity));
    };
}
use whole;

/// What was sent, without the frame of the transaction.
fn sent(log: Vec<String>) -> Vec<String> {
    let is_frame =
        |it: &str| ["BEGIN", "COMMIT", "ROLLBACK"].iter().any(|word| it.starts_with(word));
    log.into_iter().filter(|it| !is_frame(it)).collect()
}

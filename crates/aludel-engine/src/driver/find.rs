//! Which driver a URL means.

use std::sync::Arc;

use super::Driver;
use crate::{Error, Result, url::Url};

/// The driver of a URL's scheme.
pub(crate) fn driver_for(url: &Url) -> Result<Arc<dyn Driver>> {
    let scheme = url.scheme();
    match scheme {
        #[cfg(feature = "sqlite")]
        "sqlite" => return Ok(Arc::new(super::sqlite::SqliteDriver)),
        #[cfg(feature = "postgres")]
        "postgres" | "postgresql" => return Ok(Arc::new(super::postgres::PostgresDriver)),
        #[cfg(feature = "mysql")]
        "mysql" => return Ok(Arc::new(super::mysql::MySqlDriver)),
        #[cfg(feature = "mysql")]
        "mariadb" => return Ok(Arc::new(super::mysql::MariaDbDriver)),
        _ => {}
    }
    let supported: &[&str] = &[
        #[cfg(feature = "sqlite")]
        "sqlite",
        #[cfg(feature = "postgres")]
        "postgres",
        #[cfg(feature = "mysql")]
        "mysql",
        #[cfg(feature = "mysql")]
        "mariadb",
    ];
    let supported = match supported {
        [] => "no driver is built in: turn on a feature named after a database, such as `sqlite`"
            .to_owned(),
        some => format!("the drivers of this build are: {}", some.join(", ")),
    };
    let reason = match scheme {
        "sqlite" => "was built without its feature `sqlite`",
        "postgres" | "postgresql" => "was built without its feature `postgres`",
        "mysql" | "mariadb" => "was built without its feature `mysql`",
        _ => "knows no such database",
    };
    Err(Error::NoSuchDriver(
        format!("no driver for `{scheme}`: Aludel {reason}; {supported}").into(),
    ))
}

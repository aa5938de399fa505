//! [`DialectName`]: a dialect by name.

use super::Dialect;

/// A dialect by name, as [`Dialect::name`] gives it; open to dialects of your own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DialectName(pub &'static str);

/// SQLite.
pub const SQLITE: DialectName = DialectName("sqlite");
/// PostgreSQL, and what speaks its protocol.
pub const POSTGRES: DialectName = DialectName("postgres");
/// MySQL.
pub const MYSQL: DialectName = DialectName("mysql");
/// MariaDB.
pub const MARIADB: DialectName = DialectName("mariadb");

impl DialectName {
    /// Whether this is the dialect.
    pub fn is(self, dialect: &dyn Dialect) -> bool {
        self.0 == dialect.name()
    }
}

impl std::fmt::Display for DialectName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

//! How databases differ: a capability constant, and deviations from standard SQL.
//!
//! Everything that a stage of [`compile`](crate::compile) must decide stands in [`Capability`];
//! everything that is merely spelled in another way is a method of [`Dialect`] whose default is
//! the standard's spelling. A new database is a module with a constant and its deviations.

mod capability;
mod keywords;
mod mysql;
mod name;
mod postgres;
mod sqlite;

use std::fmt::Write as _;

pub use capability::*;
pub use mysql::{MariaDb, MySql};
pub use name::{DialectName, MARIADB, MYSQL, POSTGRES, SQLITE};
pub use postgres::Postgres;
pub use sqlite::Sqlite;

use crate::{
    schema::Catalog,
    value::{DateTime, SqlType},
};

/// How a dialect spells a generic function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spelling {
    /// A call with parentheses: `lower(x)`.
    Call(&'static str),
    /// A keyword without them: `CURRENT_TIMESTAMP`.
    Keyword(&'static str),
}

/// A database's way of speaking SQL.
pub trait Dialect: Send + Sync + std::fmt::Debug + 'static {
    /// The name, as it stands in URLs and messages: `sqlite`.
    fn name(&self) -> &'static str;

    /// The schema that a table stands in which is declared in this one: another where an engine has a
    /// [map of schemas](crate::schema::SchemaTranslate), and this one otherwise.
    fn schema<'a>(&'a self, declared: Option<&'a str>) -> Option<&'a str> {
        declared
    }

    /// What compiled statements are kept by: the name, and the number of the map of schemas; 0 without any.
    #[doc(hidden)]
    fn cache_key(&self) -> (&'static str, u32) {
        (self.name(), 0)
    }

    /// What the database can do, and in which form.
    fn capability(&self) -> &'static Capability;

    /// Writes the parameter of this position, counted from 1.
    fn placeholder(&self, sql: &mut String, position: usize) {
        let _ = position;
        sql.push('?');
    }

    /// Writes a type's name.
    fn type_name(&self, sql: &mut String, ty: SqlType) {
        let _ = write!(sql, "{ty}");
    }

    /// Writes the name of a type of unlimited length (`Text`, `Bytes`) for a column of a key, a constraint or an
    /// index.
    fn key_type_name(&self, sql: &mut String, ty: SqlType) {
        self.type_name(sql, ty);
    }

    /// Writes the name by which `CAST` knows a type.
    fn cast_name(&self, sql: &mut String, ty: SqlType) {
        self.type_name(sql, ty);
    }

    /// A generic function's own name.
    fn function(&self, name: &'static str) -> Spelling {
        match name {
            "now" => Spelling::Keyword("CURRENT_TIMESTAMP"),
            name => Spelling::Call(name),
        }
    }

    /// Whether a word, in lower case, must be quoted to serve as a name.
    fn is_reserved(&self, word: &str) -> bool {
        keywords::is_standard(word)
    }

    /// Writes a name, in quotes where it needs them: reserved words, upper case, and whatever is
    /// not a letter, a digit or an underscore.
    fn identifier(&self, sql: &mut String, name: &str) {
        if keywords::is_plain(name) && !self.is_reserved(name) {
            sql.push_str(name);
        } else {
            self.quoted(sql, name);
        }
    }

    /// Writes a name in quotes.
    fn quoted(&self, sql: &mut String, name: &str) {
        let quote = self.capability().identifiers.quote.char();
        sql.push(quote);
        for c in name.chars() {
            if c == quote {
                sql.push(quote);
            }
            sql.push(c);
        }
        sql.push(quote);
    }

    /// Writes a text as a literal; only DDL needs it, statements send parameters.
    fn text_literal(&self, sql: &mut String, text: &str) {
        sql.push('\'');
        sql.push_str(&text.replace('\'', "''"));
        sql.push('\'');
    }

    /// Writes bytes as a literal, for DDL.
    fn bytes_literal(&self, sql: &mut String, bytes: &[u8]) {
        sql.push_str("x'");
        hexadecimal(sql, bytes);
        sql.push('\'');
    }

    /// How the database is asked for its tables; `None` if nobody knows, and then there is neither
    /// reflection nor comparison.
    fn catalog(&self) -> Option<&'static dyn Catalog> {
        None
    }

    /// Writes a statement of a script for the database's own client: with `;` behind it.
    fn script_statement(&self, script: &mut String, statement: &str) {
        with_end(script, statement, ";");
    }

    /// Writes a moment as a literal; only DDL needs it.
    fn instant_literal(&self, sql: &mut String, moment: DateTime) {
        let _ = write!(sql, "'{moment}'");
    }
}

/// A statement with its end, which a comment in its last line must not swallow.
fn with_end(script: &mut String, statement: &str, end: &str) {
    let statement = without_end(statement);
    script.push_str(statement);
    if statement.lines().last().is_some_and(|it| it.contains("--") || it.contains('#')) {
        script.push('\n');
    }
    script.push_str(end);
    script.push('\n');
}

fn without_end(statement: &str) -> &str {
    statement.trim_end().trim_end_matches(';')
}

fn hexadecimal(sql: &mut String, bytes: &[u8]) {
    for byte in bytes {
        let _ = write!(sql, "{byte:02x}");
    }
}

#[cfg(test)]
mod tests;

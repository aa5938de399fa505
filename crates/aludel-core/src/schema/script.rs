//! The script: what `create_all` and `drop_all` would send, as text for a database's own client.

use super::{MetaData, create_statements, drop_statements};
use crate::{Result, dialect::Dialect};

impl MetaData {
    /// The statements of `create_all` as a text for `psql`, `mariadb`, `mysql` or `sqlite3`, without a connection:
    /// each ends in `;` and a newline. Types, indexes and [statements of one's own](super::Ddl) included.
    ///
    /// # Errors
    /// There are no tables, a foreign key refers to nothing, or the dialect can't do what a table asks for.
    ///
    /// ```
    /// use aludel_core::dialect::Postgres;
    /// use aludel_core::schema::{Column, MetaData, Table};
    /// use aludel_core::value::SqlType;
    ///
    /// let mut metadata = MetaData::new();
    /// metadata.add(Table::new("tag").column(Column::new("name", SqlType::Text)).primary_key(["name"]))?;
    /// assert_eq!(
    ///     metadata.create_script(&Postgres)?,
    ///     "CREATE TABLE IF NOT EXISTS tag (\n    name TEXT NOT NULL,\n    PRIMARY KEY (name)\n);\n"
    /// );
    /// assert_eq!(metadata.drop_script(&Postgres)?, "DROP TABLE IF EXISTS tag;\n");
    /// # Ok::<(), aludel_core::Error>(())
    /// ```
    pub fn create_script(&self, dialect: &dyn Dialect) -> Result<String> {
        Ok(script(&create_statements(self, dialect)?, dialect))
    }

    /// The statements of `drop_all`, as [`create_script`](Self::create_script) has those of `create_all`.
    ///
    /// # Errors
    /// There are no tables, or a ring of foreign keys has none with a name by which it can be dropped first.
    pub fn drop_script(&self, dialect: &dyn Dialect) -> Result<String> {
        Ok(script(&drop_statements(self, dialect)?, dialect))
    }
}

fn script(statements: &[String], dialect: &dyn Dialect) -> String {
    let mut script = String::new();
    statements.iter().for_each(|it| dialect.script_statement(&mut script, it));
    script
}

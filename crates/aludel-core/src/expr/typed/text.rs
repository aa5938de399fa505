//! [`text`]: SQL as the user wrote it, with named parameters.

mod parse;
#[cfg(test)]
mod tests;

use parse::{Piece, divide};

use super::{ExecutionOptions, RowBuffer, Rows};
use crate::{
    Error, Result,
    compile::{Compiled, Param, refuse_control, within_limits},
    dialect::Dialect,
    value::{FromRow, Value},
};

/// A statement as the user wrote it, with parameters `:name`.
#[must_use = "a statement does nothing until a session or a connection executes it"]
#[derive(Clone, Debug)]
pub struct TextStatement {
    sql: String,
    values: Vec<(String, Value)>,
    execution: ExecutionOptions,
}

/// A statement as you write it. `:name` is a parameter, and may stand more than once; it is none in
/// quotes, in comments, and in `::type`; `\:` is a colon.
///
/// ```
/// use aludel_core::{dialect::Sqlite, expr::text};
///
/// let stmt = text("SELECT name FROM user_account WHERE age > :age AND age <> 2 * :age").bind("age", 18);
/// let compiled = stmt.compile(&Sqlite)?;
/// assert_eq!(&*compiled.sql, "SELECT name FROM user_account WHERE age > ? AND age <> 2 * ?");
/// assert_eq!(compiled.params.len(), 2);
/// # Ok::<(), aludel_core::Error>(())
/// ```
pub fn text(sql: impl Into<String>) -> TextStatement {
    TextStatement { sql: sql.into(), values: Vec::new(), execution: ExecutionOptions::default() }
}

impl TextStatement {
    /// Gives a parameter its value; the last one given counts.
    pub fn bind(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        let (name, value) = (name.into(), value.into());
        match self.values.iter_mut().find(|(it, _)| *it == name) {
            Some((_, old)) => *old = value,
            None => self.values.push((name, value)),
        }
        self
    }

    /// Reads each row into a tuple, by the columns' places, or into a struct with `#[derive(Row)]`,
    /// by their names.
    pub fn rows<R: FromRow>(self) -> TextQuery<R> {
        TextQuery { statement: self, buffer: Rows::<R>::boxed }
    }

    /// Whether the session flushes first; its own setting where nothing is said.
    pub fn autoflush(mut self, yes: bool) -> Self {
        self.execution.autoflush = Some(yes);
        self
    }

    /// How it is executed, beside what it says.
    pub fn execution(&self) -> ExecutionOptions {
        self.execution
    }

    /// The text, as it was written.
    pub fn sql(&self) -> &str {
        &self.sql
    }

    /// Spells the parameters as a dialect does.
    ///
    /// # Errors
    /// A parameter has no value, or a value has no parameter of its name; or it begins or ends a
    /// transaction, which is for methods to do.
    pub fn compile(&self, dialect: &dyn Dialect) -> Result<Compiled> {
        refuse_control(&self.sql)?;
        let mut sql = String::with_capacity(self.sql.len() + 8);
        let mut params = Vec::with_capacity(self.values.len());
        let mut known = vec![false; self.values.len()];
        divide(&self.sql, |piece| {
            match piece {
                Piece::Sql(text) => sql.push_str(text),
                Piece::Name(name) => {
                    let at = self.values.iter().position(|(it, _)| it == name);
                    let at = at.ok_or_else(|| missing(name))?;
                    known[at] = true;
                    params.push(Param::Value(self.values[at].1.clone()));
                    dialect.placeholder(&mut sql, params.len());
                }
            }
            Ok(())
        })?;
        if let Some(at) = known.iter().position(|known| !known) {
            return Err(unknown(&self.values[at].0));
        }
        let compiled = Compiled { sql: sql.into(), params };
        within_limits(&compiled, dialect)?;
        Ok(compiled)
    }
}

#[cold]
fn unknown(name: &str) -> Error {
    Error::Compile(
        format!("a value is bound to `{name}`, but the text has no parameter `:{name}`").into(),
    )
}

#[cold]
fn missing(name: &str) -> Error {
    Error::Compile(
        format!("the parameter `:{name}` has no value; give it one with `.bind(\"{name}\", …)`")
            .into(),
    )
}

/// A statement as the user wrote it, whose rows are `Row`s.
#[must_use = "a statement does nothing until a session or a connection executes it"]
pub struct TextQuery<Row> {
    statement: TextStatement,
    buffer: fn() -> Box<dyn RowBuffer<Row>>,
}

impl<Row> TextQuery<Row> {
    /// As [`TextStatement::bind`].
    pub fn bind(self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        Self { statement: self.statement.bind(name, value), ..self }
    }

    /// The statement.
    pub fn statement(&self) -> &TextStatement {
        &self.statement
    }

    /// An empty buffer for the rows.
    pub fn buffer(&self) -> Box<dyn RowBuffer<Row>> {
        (self.buffer)()
    }
}

impl<Row> Clone for TextQuery<Row> {
    fn clone(&self) -> Self {
        Self { statement: self.statement.clone(), buffer: self.buffer }
    }
}

impl<Row> std::fmt::Debug for TextQuery<Row> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("TextQuery").field(&self.statement).finish()
    }
}

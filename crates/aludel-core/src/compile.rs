//! From statement to SQL: verify (may refuse), legalize (may rewrite), render (may only spell).

mod bulk;
mod legalize;
mod render;
mod verify;
mod words;

pub use bulk::{Bulk, bulk};
pub use words::{first_word, refuse_control};

use std::sync::Arc;

use crate::{Error, Result, dialect::Dialect, expr::Statement, value::Value};

/// A statement as one dialect spells it.
#[derive(Clone, Debug, PartialEq)]
pub struct Compiled {
    /// The SQL text.
    pub sql: Arc<str>,
    /// The parameters in order.
    pub params: Vec<Param>,
}

/// One parameter of a compiled statement.
#[derive(Clone, Debug, PartialEq)]
pub enum Param {
    /// A value that stood in the statement.
    Value(Value),
    /// A value supplied at each execution ([`Node::Hole`](crate::expr::Node::Hole)).
    Hole,
}

/// Compiles a statement for a dialect.
///
/// # Errors
/// The statement makes no sense, or the dialect can't do what it asks for.
///
/// # Example
/// ```
/// use aludel_core::{compile::compile, dialect::Sqlite};
/// use aludel_core::expr::{Insert, Node, TableName};
///
/// let insert = Insert {
///     table: TableName::new("user_account"),
///     columns: vec!["name"],
///     rows: vec![vec![Node::Bind("Ada".into())]],
///     on_conflict: None,
///     returning: Vec::new(),
/// };
/// let compiled = compile(&insert.into(), &Sqlite)?;
/// assert_eq!(&*compiled.sql, "INSERT INTO user_account (name) VALUES (?)");
/// # Ok::<(), aludel_core::Error>(())
/// ```
pub fn compile(statement: &Statement, dialect: &dyn Dialect) -> Result<Compiled> {
    verify::verify(statement, dialect)?;
    let mut statement = statement.clone();
    legalize::legalize(&mut statement, dialect.capability());
    let compiled = render::render(&statement, dialect);
    within_limits(&compiled, dialect)?;
    Ok(compiled)
}

/// Refuses what the database would refuse with a less helpful message.
pub(crate) fn within_limits(compiled: &Compiled, dialect: &dyn Dialect) -> Result<()> {
    let most = dialect.capability().select.max_parameters;
    let count = compiled.params.len();
    if count <= most {
        return Ok(());
    }
    Err(Error::Unsupported {
        dialect: dialect.name(),
        what: format!("a statement with {count} parameters, {most} at the most; divide the list")
            .into(),
    })
}

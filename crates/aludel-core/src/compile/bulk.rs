//! [`Bulk`]: an INSERT in pieces, from which a driver makes the form that is fastest for many rows.

use std::sync::Arc;

use super::{render, verify};
use crate::{
    Result,
    dialect::Dialect,
    expr::{Insert, Node},
};

/// The pieces of an INSERT whose values are all supplied at each execution.
///
/// Which form is fastest for many rows is the database's: a list of rows, or an array for each column.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Bulk {
    /// `INSERT INTO t (a, b)`
    pub insert: Arc<str>,
    /// How many columns, and so parameters, a row has.
    pub columns: usize,
    /// ` RETURNING …`, or nothing. The first that comes back is the integer key that the database
    /// generates: rows are brought into order by it.
    pub returning: Arc<str>,
}

/// The pieces of an INSERT of one row; `None` if a value isn't supplied at each execution, or there
/// is none at all.
///
/// # Errors
/// As [`compile`](super::compile).
pub fn bulk(insert: &Insert, dialect: &dyn Dialect) -> Result<Option<Bulk>> {
    let [row] = &*insert.rows else { return Ok(None) };
    if insert.on_conflict.is_some() || row.is_empty() || row.iter().any(|it| *it != Node::Hole) {
        return Ok(None);
    }
    verify::verify(&insert.clone().into(), dialect)?;
    let (insert_into, returning) = render::pieces(insert, dialect);
    Ok(Some(Bulk { insert: insert_into.into(), columns: row.len(), returning: returning.into() }))
}

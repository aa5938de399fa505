//! INSERT, UPDATE and DELETE with types.

mod delete;
mod insert;
mod returning;
mod rows;
mod update;
mod upsert;

pub use delete::{DeleteStatement, delete};
pub use insert::{InsertStatement, insert};
pub use returning::ReturningStatement;
pub use rows::UpdateRows;
pub use update::{UpdateStatement, update};
pub use upsert::Conflict;

use super::Assignment;
use crate::expr::{Node, TableName};

/// The value of an assignment to a column of `table`. Another table's column is put in its place,
/// which compiling refuses by that column's name.
fn value_for(table: TableName, assignment: Assignment) -> Node {
    let Assignment { column, value } = assignment;
    if column.from.table == table { value } else { Node::Column(column) }
}

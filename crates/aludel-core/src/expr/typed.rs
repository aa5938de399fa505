//! The typed skin over the statement tree: it exists for the caller's compiler.
//!
//! Types check values and nullability and nothing else; which tables a statement has, and whether
//! it makes sense, is data that [`compile`](crate::compile) looks at.

mod arithmetic;
mod buffer;
mod case;
mod column;
mod dml;
mod expression;
mod expressions;
pub mod func;
mod in_list;
mod join;
mod keys;
mod literal;
mod logic;
mod operand;
mod select;
mod selectable;
mod set;
mod text;

pub use arithmetic::{Number, Plus};
pub use buffer::{Buffer, RowBuffer, Rows, SettleError};
pub use case::{Case, case};
pub use column::Column;
pub use dml::{
    Conflict, DeleteStatement, InsertStatement, ReturningStatement, UpdateRows, UpdateStatement,
    delete, insert, update,
};
pub use expression::Expression;
#[doc(hidden)]
pub use expressions::hybrid;
pub use expressions::{Expr, Labeled};
pub use in_list::InList;
pub use join::{FromTarget, JoinTarget};
pub use keys::{GroupKeys, SortKeys};
pub use literal::{Literal, lit, sql_expr};
pub use logic::{Predicate, Truth, all_of, any_of, exists, not_exists};
pub use operand::{Meets, Operand};
pub use select::{ExecutionOptions, Select, Synchronize, select};
pub use selectable::Selectable;
pub use set::{Assignment, Assignments, Fits, SetValue};
pub use text::{TextQuery, TextStatement, text};

//! The expression language: an untyped statement tree inside, a thin typed skin outside.
//!
//! The tree ([`Node`], [`Query`], [`Insert`], [`Update`], [`Delete`]) is plain data: it can be
//! built, read, compared and printed without a database. The skin ([`Column`], [`Expr`],
//! [`Select`]) exists for the caller's compiler and adds nothing to what is rendered.

mod conflict;
mod dml;
mod evaluate;
mod lock;
mod node;
mod query;
mod restrict;
mod source;
mod typed;
mod walk;

pub use conflict::{ConflictAction, ConflictTarget, OnConflict};
pub use dml::{Delete, Insert, Statement, Update};
pub use evaluate::{Cells, Evaluator};
pub use lock::{ForUpdate, LockStrength, LockWait};
pub use node::{BinaryOp, Node, UnaryOp};
pub use query::{DerivedTable, Direction, Join, JoinKind, NullsOrder, OrderBy, Query, SelectItem};
pub use source::{ColumnRef, FromItem, Source, TableName};
#[doc(hidden)]
pub use typed::hybrid;
pub use typed::{
    Assignment, Assignments, Buffer, Case, Column, Conflict, DeleteStatement, ExecutionOptions,
    Expr, Expression, Fits, FromTarget, GroupKeys, InList, InsertStatement, JoinTarget, Labeled,
    Literal, Meets, Number, Operand, Plus, Predicate, ReturningStatement, RowBuffer, Rows, Select,
    Selectable, SetValue, SettleError, SortKeys, Synchronize, TextQuery, TextStatement, Truth,
    UpdateRows, UpdateStatement, all_of, any_of, case, delete, exists, func, insert, lit,
    not_exists, select, sql_expr, text, update,
};

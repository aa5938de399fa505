//! What a database contains, as data: [`MetaData`], [`Table`], columns, keys and indexes; and the
//! DDL that creates it, in dependency order.

mod column;
mod ddl;
mod mermaid;
mod metadata;
mod naming;
mod order;
mod table;
mod validate;

pub use column::{Column, Computed, Identity, ServerDefault, Storage};
pub use ddl::{CheckFirst, create_index, create_statements, create_table, drop_statements};
pub use metadata::MetaData;
pub use naming::{ConstraintName, NamingConvention};
pub use table::{Action, Check, ForeignKey, Index, Table, Unique};

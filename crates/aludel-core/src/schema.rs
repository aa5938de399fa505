//! What a database contains, as data: [`MetaData`], [`Table`], columns, keys and indexes; and the
//! DDL that creates it, in dependency order.

pub(crate) mod catalog;
mod column;
mod ddl;
mod diff;
mod mermaid;
mod metadata;
mod naming;
mod order;
mod table;
mod text;
mod validate;

pub use catalog::{Answers, Catalog, CatalogQuery, CatalogRow, ReflectOptions, Reflected, Rules};

pub use column::{Column, Computed, Identity, ServerDefault, Storage};
pub use ddl::{CheckFirst, create_index, create_statements, create_table, drop_statements};
pub use diff::{Change, CompareOptions, Difference, Differences, What, differences};
pub use metadata::MetaData;
pub use naming::{ConstraintName, NamingConvention};
pub use table::{Action, Check, ForeignKey, Index, Table, Unique};

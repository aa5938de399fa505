//! What a database contains, as data: [`MetaData`], [`Table`], columns, keys and indexes; and the
//! DDL that creates it, in dependency order.

pub(crate) mod catalog;
mod column;
mod constraint;
mod ddl;
mod details;
mod diff;
mod events;
mod index;
mod mermaid;
mod metadata;
mod name;
mod naming;
mod options;
mod order;
mod script;
mod sequence;
mod settle;
mod svg;
mod table;
mod tables;
mod text;
mod translate;
mod validate;

pub use catalog::{Answers, Catalog, CatalogQuery, CatalogRow, ReflectOptions, Reflected, Rules};

pub use column::{Column, ColumnDetails, Computed, Identity, ServerDefault, Storage};
pub use constraint::{Action, Check, Deferrable, Exclusion, ForeignKey, Unique};
pub use ddl::{CheckFirst, create_index, create_statements, create_table, drop_statements};
#[doc(hidden)]
pub use ddl::{create_missing, drop_present};
pub use details::Details;
pub use diff::{Change, CompareOptions, Difference, Differences, What, differences};
pub use events::{Ddl, DdlTarget};
pub use index::{Index, IndexDetails, IndexMethod, IndexPart, Indexed, PartDetails};
pub use metadata::MetaData;
pub use name::Name;
pub use naming::{ConstraintName, NamingConvention};
pub use options::{Partition, TableOptions};
pub use sequence::Sequence;
pub use table::{Table, TableDetails};
pub use translate::SchemaTranslate;

//! Loading: rows become objects of the session, each once, and relationships are filled.

mod access;
mod again;
mod columns;
mod deferred;
mod eager;
mod entity;
mod fetch;
mod fill;
pub(crate) mod get;
mod hop;
mod keys;
mod members;
mod options;
mod proxy;
mod query;
mod related;
mod rows;
mod shaped;
mod shown;
mod stream;
mod wishes;

pub use columns::{ColumnOption, defer, load_only, undefer, undefer_group, with_expression};
pub use deferred::DeferredAccess;
#[doc(hidden)]
pub use deferred::DeferredField;
pub use entity::{Optional, OptionalEntity};
#[doc(hidden)]
pub use entity::{entity_add, entity_decode, entity_finish, entity_parts, entity_settle};
#[doc(hidden)]
pub use hop::How;
pub(crate) use keys::CohortWork;
pub(crate) use members::FillBy;
pub(crate) use options::Criteria;
pub use options::{
    CriteriaOption, LoadOption, Loadable, LoadableFrom, LoaderOption, WildcardOption, WithOptions,
    contains_eager, defaultload, joinedload, lazyload, noload, raiseload, selectinload,
    subqueryload, with_loader_criteria,
};
pub(crate) use query::{Buffer, cohorts, run_of};
pub use related::{RelatedTo, Relationships};
pub use rows::{Boxed, Execute, Fetch, Rows};
pub use stream::Stream;
pub(crate) use wishes::Wish;

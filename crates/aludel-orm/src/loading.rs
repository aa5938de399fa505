//! Loading: rows become objects of the session, each once, and relationships are filled.

mod access;
mod eager;
mod entity;
pub(crate) mod get;
mod keys;
mod members;
mod options;
mod query;
mod related;
mod rows;
mod stream;

pub use entity::{Optional, OptionalEntity};
#[doc(hidden)]
pub use entity::{entity_add, entity_decode, entity_finish, entity_parts, entity_settle};
pub(crate) use keys::CohortWork;
pub use options::{LoadOption, WithOptions, joinedload, raiseload, selectinload};
pub(crate) use query::{Buffer, cohorts, run_of};
pub use related::{RelatedTo, Relationships};
pub use rows::{Boxed, Execute, Fetch, Rows};
pub use stream::Stream;

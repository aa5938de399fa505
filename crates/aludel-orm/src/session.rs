//! The session: the identity map, the unit of work and the transaction behind one `&mut`.

mod assign;
mod attributes;
mod budget;
pub(crate) mod core;
mod entering;
mod expire;
mod face;
mod history;
pub(crate) mod identity;
mod inspect;
mod join;
pub(crate) mod key;
pub(crate) mod lone;
pub(crate) mod merge;
pub(crate) mod nested;
mod objects;
mod options;
mod quiet;
#[cfg(debug_assertions)]
pub(crate) mod repeats;
mod retry;
pub(crate) mod transaction;
mod transient;
mod undo;
mod unsaid;
mod views;

pub use attributes::{AnyAttribute, Attributes};
pub use budget::Budget;
pub use face::Session;
pub use history::{Historied, History};
pub use inspect::{AttributeKind, AttributeState, Change, Inspect, Inspection, inspect};
pub use join::JoinedSession;
pub use key::{IntoKey, Key};
pub use nested::Savepoint;
pub use options::SessionOptions;
pub use quiet::NoAutoflush;
pub use retry::{Attempts, NestedBlock, savepoint, transaction};
pub use transient::{make_transient, make_transient_to_detached};
pub use views::Objects;

//! The session: the identity map, the unit of work and the transaction behind one `&mut`.

pub(crate) mod core;
mod face;
pub(crate) mod identity;
mod inspect;
pub(crate) mod key;
mod objects;
mod options;
mod retry;
pub(crate) mod transaction;

pub use face::Session;
pub use inspect::{Change, Inspect, Inspection, inspect};
pub use key::{IntoKey, Key};
pub use options::SessionOptions;
pub use retry::{Attempts, transaction};

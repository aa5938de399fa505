//! Events: closures that are called around a flush, an insert, a commit, a load, a statement, and when
//! attributes are set or states change.
//!
//! [`Hooks`] are registered for one session, for all sessions of an engine, or for an entity wherever
//! it is used; they are called in the order mapper, engine, session, and within each in the order in
//! which they were registered. Hooks are synchronous, so that they serve both faces: they see the
//! session through a [`HookContext`].

mod attributes;
mod context;
mod execute;
mod fire;
mod hooks;
mod listen;
mod states;

#[cfg(feature = "serde")]
pub(crate) use attributes::may_link_any;
pub(crate) use attributes::{
    AttributeSlot, Watch, has_link_hooks, may_link, may_set, may_unlink, report, watch,
};
pub use attributes::{ColumnEvents, RelationshipEvents};
pub use context::HookContext;
pub(crate) use execute::{Answer, Executes};
pub use execute::{Execution, ExecutionKind};
pub(crate) use fire::{Landed, load_hooks_anywhere};
pub use hooks::Hooks;
pub(crate) use hooks::{HookSet, SessionEvent};
pub use listen::{ListenEngine, ListenMapper};
pub(crate) use states::state_hooks_anywhere;

/// Why a hook refuses: any error, or a text (`Err("too young".into())`).
pub type HookError = Box<dyn std::error::Error + Send + Sync>;

/// What a hook gives that may refuse.
pub type HookResult = Result<(), HookError>;

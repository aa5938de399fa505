//! Objects and the graph that they live in.
//!
//! Objects are stored by load batch: one `Chunk` holds up to 512 slots of one
//! entity. An `Anchor` exists while somebody outside the graph holds a chunk; an
//! [`Obj`] is an anchor and a slot number. Relationships are numbers in the graph's table.
//!
//! Ownership, the whole of it: handle → anchor → (chunk, graph); graph → chunk strong; graph →
//! anchor weak; a chunk points at nothing. So there is no reference cycle, and nothing can leak.
//!
//! Lock order: slot borrow → `chunk.touched` → graph; two graphs by id; nothing else is taken under
//! the graph's lock, and no user code (a value's `Drop`) runs under it.

pub(crate) mod access;
pub(crate) mod anchor;
mod any;
pub(crate) mod assigned;
pub(crate) mod cells;
pub(crate) mod chunk;
pub(crate) mod cohort;
mod doubles;
mod enlist;
mod expiry;
pub(crate) mod fields;
pub(crate) mod graph;
mod guard;
pub(crate) mod history;
pub(crate) mod later;
pub(crate) mod left_out;
pub(crate) mod link;
mod list;
pub(crate) mod log;
mod meet;
mod obj;
mod ops;
pub(crate) mod ordering;
mod parents;
mod proxy;
mod queues;
pub(crate) mod reference;
mod set;
mod single;
pub(crate) mod state;
pub(crate) mod sweep;
mod write_only;

pub use access::{ManyAccess, OneAccess};
pub use anchor::Raw;
pub use any::AnyObj;
pub(crate) use any::any_objects;
pub use cohort::{EntitySlot, EntityState};
pub use fields::{
    IntoMembers, Many, ManySet, One, RelField, WriteOnly, initial, target_meta, to_obj,
};
pub(crate) use guard::is_guarding;
pub use guard::{ObjMut, ObjRef};
pub use left_out::LeftOut;
pub use obj::Obj;
pub(crate) use obj::state_of;
pub use ops::Ops;
pub use proxy::ProxyAccess;
pub use set::SetAccess;
pub use state::State;
pub use write_only::WriteOnlyAccess;

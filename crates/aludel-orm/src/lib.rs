//! Aludel's ORM: mapped structs, the session, the unit of work and the identity map.
//!
//! Reading order: [`mapping`] (what a mapped struct is), [`object`] (objects and the graph that
//! they live in), `loading` (rows become objects), `flush` (changes become statements),
//! [`dml`] (statements that change many rows), [`session`] (the public face), [`events`] (hooks), `serial`
//! (JSON and the like).
//!
//! Invariant: nothing here names a dialect or a driver.

pub mod mapping;

pub mod object;

pub mod loading;

mod flush;

pub mod dml;

pub mod session;

pub mod testing;

mod error;

pub mod events;

#[cfg(feature = "serde")]
#[doc(hidden)]
pub mod serial;

pub use error::{
    Attribute, BlankedKey, BudgetExceeded, Error, HookFailed, IntegrityError, MappingError, Result,
    StaleData, Subject,
};
pub use flush::{FlushAction, FlushPlan, FlushStep};

#[doc(hidden)]
pub use inventory;

//! The unit of work: changes become statements, in dependency order and in the fewest waves.
//!
//! `gather` (what changed, under the graph's lock) → `inserts`, `updates`, `deletes`,
//! `associations` (rows and where their values come from) → [`plan`] (steps in order: a value that
//! can be printed) → `emit` (the script that a driver advances) → `apply` (what came back enters
//! the objects, after success only).

mod apply;
mod associations;
mod changes;
mod computed;
mod defaults;
mod deletes;
mod emit;
mod follow;
mod gather;
mod inserts;
mod leaves;
mod links;
mod mirrored;
mod numbered;
mod original;
mod orphans;
mod plan;
mod post;
mod replaced;
mod run;
mod stale;
mod switches;
mod twins;
mod updates;

pub(crate) use computed::{Expressions, Inline, WITHIN};
pub(crate) use inserts::shape_of;
pub use plan::{FlushAction, FlushPlan, FlushStep};
pub(crate) use run::End;

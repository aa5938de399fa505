//! [`Ops`]: what the layers above do with an entity without naming its type.

use super::cohort::{AnyCohort, Cohort};
use crate::mapping::Mapped;

/// What the layers above do with an entity without naming its type.
#[derive(Clone, Copy)]
pub struct Ops {
    /// An empty cohort.
    pub(crate) cohort: fn() -> Box<dyn AnyCohort>,
}

impl Ops {
    /// Those of an entity.
    pub const fn of<T: Mapped>() -> Self {
        Self { cohort: || Box::new(Cohort::<T>::default()) }
    }
}

impl std::fmt::Debug for Ops {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Ops")
    }
}

//! [`Ops`]: what the layers above do with an entity without naming its type.

use super::{
    chunk::AnyChunk,
    cohort::{AnyCohort, Cohort},
    reference::Ref,
};
use crate::{Result, mapping::Mapped, session::core::Core};

/// What the layers above do with an entity without naming its type.
#[derive(Clone, Copy)]
pub struct Ops {
    /// An empty cohort.
    pub(crate) cohort: fn() -> Box<dyn AnyCohort>,
    /// A pending copy of an object.
    pub(crate) copy: Copying,
    /// A copy of an object that counts as loaded.
    pub(crate) adopt: Copying,
    /// How objects are written and read.
    #[cfg(feature = "serde")]
    pub(crate) serial: crate::serial::Serial,
}

/// Copies an object into a session.
type Copying = fn(&mut Core, &dyn AnyChunk, u32) -> Result<Ref>;

impl Ops {
    /// Those of an entity.
    pub const fn of<T: Mapped>() -> Self {
        Self {
            cohort: || Box::new(Cohort::<T>::default()),
            copy: Core::copy_of::<T>,
            adopt: Core::adopted_copy_of::<T>,
            #[cfg(feature = "serde")]
            serial: crate::serial::Serial::new(None, None),
        }
    }

    /// With what serde does with it.
    #[cfg(feature = "serde")]
    #[must_use]
    pub const fn serial(mut self, serial: crate::serial::Serial) -> Self {
        self.serial = serial;
        self
    }
}

impl std::fmt::Debug for Ops {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Ops")
    }
}

//! [`Details`]: what few tables, columns and indexes say, so that it takes no room in the others.

use std::ops::{Deref, DerefMut};

/// What is said by few: as long as nobody does, it takes no room.
#[derive(Clone, Debug)]
pub struct Details<T>(Option<Box<T>>);

/// What stands where nothing is said.
pub trait Unsaid: Default + PartialEq + 'static {
    /// The same as its `Default`.
    #[doc(hidden)]
    const UNSAID: &'static Self;
}

impl<T: Unsaid> Details<T> {
    /// Whether nothing is said.
    pub(super) fn is_unsaid(&self) -> bool {
        self.0.as_deref().is_none_or(|it| it == T::UNSAID)
    }
}

impl<T> Default for Details<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T: Unsaid> Deref for Details<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.0.as_deref().unwrap_or(T::UNSAID)
    }
}

impl<T: Unsaid> DerefMut for Details<T> {
    fn deref_mut(&mut self) -> &mut T {
        self.0.get_or_insert_default()
    }
}

impl<T: Unsaid> PartialEq for Details<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0.is_none() && other.0.is_none() || **self == **other
    }
}

impl<T: Unsaid + Eq> Eq for Details<T> {}

impl<T: Unsaid> From<T> for Details<T> {
    fn from(said: T) -> Self {
        Self((said != *T::UNSAID).then(|| Box::new(said)))
    }
}

/// The details of a thing are read and written as its own fields.
macro_rules! details {
    ($thing:ident, $details:ident, $unsaid:expr) => {
        impl crate::schema::details::Unsaid for $details {
            const UNSAID: &'static Self = &$unsaid;
        }

        impl std::ops::Deref for $thing {
            type Target = $details;

            fn deref(&self) -> &$details {
                &self.details
            }
        }

        impl std::ops::DerefMut for $thing {
            fn deref_mut(&mut self) -> &mut $details {
                &mut self.details
            }
        }
    };
}

pub(super) use details;

//! [`Auto`]: a column value that the database or the unit of work may fill in.

use std::fmt;

use crate::Error;

/// "You may set it; if you don't, the database or the unit of work does, at flush."
///
/// For generated primary keys, columns with a server default, and foreign keys that a relationship
/// fills. There is no `Deref`: a rollback can unset it.
///
/// ```
/// use aludel_core::value::Auto;
/// let mut id = Auto::<i64>::default();
/// assert!(id.get().is_none());
/// id.set(7);
/// assert_eq!(id, 7);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Auto<T>(Option<T>);

impl<T> Auto<T> {
    /// A value that is not set yet.
    pub const UNSET: Self = Self(None);

    /// A value that you set.
    pub const fn new(value: T) -> Self {
        Self(Some(value))
    }

    /// The value, if it is set.
    pub const fn get(&self) -> Option<&T> {
        self.0.as_ref()
    }

    /// Whether there is no value yet.
    pub const fn is_unset(&self) -> bool {
        self.0.is_none()
    }

    /// Sets the value.
    pub fn set(&mut self, value: T) {
        self.0 = Some(value);
    }

    /// Takes the value back: the next flush generates it anew.
    pub fn unset(&mut self) {
        self.0 = None;
    }
}

impl<T: Clone> Auto<T> {
    /// The value.
    ///
    /// # Errors
    /// [`Error::Unset`] where no flush has set it yet.
    pub fn value(&self) -> Result<T, Error> {
        self.0.clone().ok_or(Error::Unset)
    }
}

impl<T> Default for Auto<T> {
    fn default() -> Self {
        Self::UNSET
    }
}

impl<T> From<T> for Auto<T> {
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

impl<T: PartialEq> PartialEq<T> for Auto<T> {
    fn eq(&self, other: &T) -> bool {
        self.0.as_ref() == Some(other)
    }
}

/// The value, or `unset`.
impl<T: fmt::Display> fmt::Display for Auto<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(value) => value.fmt(f),
            None => f.write_str("unset"),
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for Auto<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(value) => value.fmt(f),
            None => f.write_str("unset"),
        }
    }
}

//! [`Deferred`]: a column value that is loaded on demand.

use std::fmt;

use crate::Error;

/// "Not with the row, but when I ask for it": a large text, a picture.
///
/// A query's SELECT leaves such a column out unless the query says otherwise. What isn't loaded is no
/// value: it is never compared, never written, and to read it is an error. What is assigned is written
/// like any column, loaded or not.
///
/// ```
/// use aludel_core::value::Deferred;
///
/// let mut body: Deferred<String> = Deferred::default();
/// assert!(body.get().is_none());
/// body = "Once upon a time".into();
/// assert_eq!(body.value()?, "Once upon a time");
/// # Ok::<_, aludel_core::Error>(())
/// ```
#[derive(Clone)]
pub struct Deferred<T>(Held<T>);

#[derive(Clone)]
enum Held<T> {
    Loaded(T),
    Absent(Option<&'static Absent>),
}

/// A column that a row was read without: what an error says of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Absent {
    /// The entity.
    pub entity: &'static str,
    /// The field.
    pub field: &'static str,
    /// Whether it may not be loaded later, either (`raiseload`).
    pub raises: bool,
}

impl<T> Deferred<T> {
    /// A value that isn't loaded.
    pub const UNLOADED: Self = Self(Held::Absent(None));

    /// A value.
    pub const fn new(value: T) -> Self {
        Self(Held::Loaded(value))
    }

    /// One that a row was read without.
    pub(crate) const fn absent(column: Option<&'static Absent>) -> Self {
        Self(Held::Absent(column))
    }

    /// The value, if it is loaded or assigned.
    pub const fn get(&self) -> Option<&T> {
        match &self.0 {
            Held::Loaded(value) => Some(value),
            Held::Absent(_) => None,
        }
    }

    /// The value.
    ///
    /// # Errors
    /// [`Error::Deferred`] if it is neither loaded nor assigned.
    pub fn value(&self) -> Result<&T, Error> {
        match &self.0 {
            Held::Loaded(value) => Ok(value),
            Held::Absent(column) => Err(Error::Deferred(*column)),
        }
    }

    /// Whether it is loaded or assigned.
    pub const fn is_loaded(&self) -> bool {
        matches!(self.0, Held::Loaded(_))
    }

    /// Whether it is neither loaded nor assigned: for `#[serde(skip_serializing_if = "Deferred::is_unset")]`.
    pub const fn is_unset(&self) -> bool {
        !self.is_loaded()
    }

    /// What is known of the column that was left out of the row, if it was.
    #[doc(hidden)]
    pub const fn left_out(&self) -> Option<&'static Absent> {
        match &self.0 {
            Held::Loaded(_) => None,
            Held::Absent(column) => *column,
        }
    }

    /// Sets the value.
    pub fn set(&mut self, value: T) {
        self.0 = Held::Loaded(value);
    }

    /// Lets go of the value. That is no change of the row.
    pub fn unset(&mut self) {
        if self.is_loaded() {
            self.0 = Held::Absent(None);
        }
    }
}

impl<T> Default for Deferred<T> {
    fn default() -> Self {
        Self::UNLOADED
    }
}

impl<T> From<T> for Deferred<T> {
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

impl From<&str> for Deferred<String> {
    fn from(value: &str) -> Self {
        Self::new(value.to_owned())
    }
}

impl From<&str> for Deferred<Option<String>> {
    fn from(value: &str) -> Self {
        Self::new(Some(value.to_owned()))
    }
}

impl From<&[u8]> for Deferred<Vec<u8>> {
    fn from(value: &[u8]) -> Self {
        Self::new(value.to_vec())
    }
}

/// Two that aren't loaded are equal.
impl<T: PartialEq> PartialEq for Deferred<T> {
    fn eq(&self, other: &Self) -> bool {
        self.get() == other.get()
    }
}

impl<T: Eq> Eq for Deferred<T> {}

impl<T: PartialEq> PartialEq<T> for Deferred<T> {
    fn eq(&self, other: &T) -> bool {
        self.get() == Some(other)
    }
}

impl<T: std::hash::Hash> std::hash::Hash for Deferred<T> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.get().hash(state);
    }
}

/// The value, or `not loaded`.
impl<T: fmt::Debug> fmt::Debug for Deferred<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.get() {
            Some(value) => value.fmt(f),
            None => f.write_str("not loaded"),
        }
    }
}

/// What an error says of it.
impl fmt::Display for Absent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.entity, self.field)
    }
}

pub(crate) fn describe(column: Option<&Absent>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match column {
        Some(column) => write!(
            f,
            "{column} is not loaded: call `.{0}().load(&mut session)` on the object first, or load it with \
             the query by `undefer({column})`",
            column.field
        ),
        None => f.write_str(
            "the deferred column is not loaded: call its accessor's `.load(&mut session)` on the object \
             first, load it with the query by `undefer(…)`, or assign it",
        ),
    }
}

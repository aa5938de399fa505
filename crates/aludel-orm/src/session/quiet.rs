//! [`NoAutoflush`]: a stretch of a program in which queries don't flush.

use std::ops::{Deref, DerefMut};

use aludel_engine::EngineFace;

use super::Session;

/// A session whose queries don't flush first: as long as this lives. Made by [`Session::no_autoflush`].
#[must_use = "queries flush again once this is dropped"]
#[derive(Debug)]
pub struct NoAutoflush<'s, F: EngineFace> {
    session: &'s mut Session<F>,
    before: bool,
}

impl<F: EngineFace> Session<F> {
    /// The session, whose queries don't flush first, as long as the value that this gives lives. A
    /// statement's own `autoflush` counts more; `flush`, `commit` and `begin_nested` flush as ever.
    ///
    /// ```
    /// # use aludel_orm::session::Session;
    /// # fn example<F: aludel_engine::EngineFace>(session: &mut Session<F>) {
    /// let mut quiet = session.no_autoflush();
    /// // … queries through `quiet`, which see what the database has …
    /// drop(quiet);
    /// # }
    /// ```
    pub fn no_autoflush(&mut self) -> NoAutoflush<'_, F> {
        let before = std::mem::replace(&mut self.core().options.autoflush, false);
        NoAutoflush { session: self, before }
    }
}

impl<F: EngineFace> Deref for NoAutoflush<'_, F> {
    type Target = Session<F>;

    fn deref(&self) -> &Session<F> {
        self.session
    }
}

impl<F: EngineFace> DerefMut for NoAutoflush<'_, F> {
    fn deref_mut(&mut self) -> &mut Session<F> {
        self.session
    }
}

impl<F: EngineFace> Drop for NoAutoflush<'_, F> {
    fn drop(&mut self) {
        self.session.core().options.autoflush = self.before;
    }
}

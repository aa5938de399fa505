//! [`SessionOptions`].

/// How a session behaves.
///
/// ```
/// use aludel_orm::session::SessionOptions;
/// let options = SessionOptions::new().autoflush(false).expire_on_commit(true);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct SessionOptions {
    pub(crate) autoflush: bool,
    pub(crate) expire_on_commit: bool,
}

impl Default for SessionOptions {
    fn default() -> Self {
        Self { autoflush: true, expire_on_commit: false }
    }
}

impl SessionOptions {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether queries flush first: yes.
    #[must_use]
    pub fn autoflush(mut self, yes: bool) -> Self {
        self.autoflush = yes;
        self
    }

    /// Whether `commit` expires every object, so that the next read through the session reloads it:
    /// no, as SQLAlchemy advises for async programs.
    #[must_use]
    pub fn expire_on_commit(mut self, yes: bool) -> Self {
        self.expire_on_commit = yes;
        self
    }
}

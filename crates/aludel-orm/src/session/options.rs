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
    pub(crate) twophase: bool,
}

impl Default for SessionOptions {
    fn default() -> Self {
        Self { autoflush: true, expire_on_commit: false, twophase: false }
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

    /// Whether transactions are committed in two phases: no. Then [`Session::prepare`] flushes and
    /// makes the database promise, and `commit` keeps it; a coordinator prepares several sessions, on
    /// several databases, before it commits the first. PostgreSQL, MariaDB and MySQL can.
    ///
    /// [`Session::prepare`]: crate::session::Session::prepare
    #[must_use]
    pub fn twophase(mut self, yes: bool) -> Self {
        self.twophase = yes;
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

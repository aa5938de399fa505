//! [`SessionOptions`].

use aludel_core::schema::SchemaTranslate;
use aludel_engine::{JoinMode, Schemas};

/// How a session behaves.
///
/// ```
/// use aludel_orm::session::SessionOptions;
/// let options = SessionOptions::new().autoflush(false).expire_on_commit(true);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct SessionOptions {
    pub(crate) autoflush: bool,
    pub(crate) autobegin: bool,
    pub(crate) expire_on_commit: bool,
    pub(crate) twophase: bool,
    pub(crate) close_resets_only: bool,
    pub(crate) join_mode: JoinMode,
    pub(crate) sqlalchemy: bool,
    pub(crate) schemas: Option<Schemas>,
}

impl Default for SessionOptions {
    fn default() -> Self {
        Self {
            autoflush: true,
            autobegin: true,
            expire_on_commit: false,
            twophase: false,
            close_resets_only: true,
            join_mode: JoinMode::default(),
            sqlalchemy: false,
            schemas: None,
        }
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

    /// Whether a session begins a transaction by itself, with the first thing that it is asked for: yes.
    /// If not, everything before [`Session::begin`] is refused; what [`Session::add`] is given before, the
    /// next flush refuses. `transaction!` begins one anyway.
    ///
    /// [`Session::begin`]: crate::session::Session::begin
    /// [`Session::add`]: crate::session::Session::add
    #[must_use]
    pub fn autobegin(mut self, yes: bool) -> Self {
        self.autobegin = yes;
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

    /// Whether a session can be used on after [`Session::close`]: yes. If not, everything that it is asked
    /// for from then on is refused.
    ///
    /// [`Session::close`]: crate::session::Session::close
    #[must_use]
    pub fn close_resets_only(mut self, yes: bool) -> Self {
        self.close_resets_only = yes;
        self
    }

    /// What the transactions of a session that joins a connection ([`Session::join`]) are to the one
    /// around: savepoints of it.
    ///
    /// [`Session::join`]: crate::session::Session::join
    #[must_use]
    pub fn join_mode(mut self, mode: JoinMode) -> Self {
        self.join_mode = mode;
        self
    }

    /// In which schemas the tables stand that its statements name, instead of what the engine says
    /// ([`Engine::schema_translate`](aludel_engine::Engine::schema_translate)).
    ///
    /// ```
    /// use aludel_orm::session::SessionOptions;
    /// let options = SessionOptions::new().schema_translate([(None, "tenant_a")]);
    /// ```
    #[must_use]
    pub fn schema_translate<'a, T: Into<Option<&'a str>>>(
        mut self,
        schemas: impl IntoIterator<Item = (Option<&'a str>, T)>,
    ) -> Self {
        self.schemas = Some(Schemas::of(SchemaTranslate::new(schemas)));
        self
    }

    /// Whether the session does as SQLAlchemy does where Aludel does otherwise on purpose: no. For programs
    /// that come from there, and are held against what they did.
    ///
    /// - A pending member that goes from one owner to another leaves the session, where the relationship
    ///   deletes orphans; here it goes with its new owner.
    /// - A member is listed as often as it was added, and an association row inserted as often, which its key
    ///   refuses; here it is listed once.
    /// - Who gave up a one-to-one target to another owner shows it until it is read again.
    /// - New members of a deleted owner stay pending; here they are not inserted.
    /// - `delete` loads what its delete cascades need, and the flush the rest: members whose key becomes
    ///   NULL, association rows. Here `delete` loads both, so that a flush plan shows them.
    /// - A rollback leaves to new objects what they hold: values, generated keys, links; and it leaves
    ///   objects in the session that were detached before. Here all are what they were before they were
    ///   added.
    /// - A flush without anything to do is no error after a failure, whatever came and went since.
    /// - `merge` copies a pending object of the session itself, too, and doesn't read an expired one.
    /// - A flush reads expired objects again that it writes, and those that rows come to refer to; a `delete`
    ///   that loads members reads an expired owner. Here what was last known is enough.
    /// - The rollback of a savepoint expires what was changed in it, and leaves the rest as it is; that of a
    ///   transaction expires everything. Here what was read behind a write is read again.
    /// - A change of a collection that isn't loaded is no modification of its owner.
    /// - What a query loads beside an object is loaded again once that expired and is read by its key. Here it is
    ///   loaded when it is asked for.
    /// - A flush that deletes several nodes of a tree is refused where a `raiseload` forbids what one refers to.
    /// - What a `raiseload` forbids is forbidden again once an expired object is read by its key; a query that reads
    ///   everything anew leaves to-one relationships alone that it forbids. Here an expiry ends that, and rows
    ///   overwrite all.
    /// - A row that is read again says nothing of links: they are forgotten when the object expires.
    /// - Which objects an UPDATE or a DELETE meant by a condition on text is found out in memory, character by
    ///   character, with changes that no flush has written, which give way to an UPDATE's; here by what rows hold, and
    ///   the database tells it where a collation decides.
    #[must_use]
    pub fn sqlalchemy(mut self, yes: bool) -> Self {
        self.sqlalchemy = yes;
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

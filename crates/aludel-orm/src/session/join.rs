//! [`JoinedSession`]: a session within the open transaction of a connection.

use std::{
    fmt,
    ops::{Deref, DerefMut},
};

use aludel_engine::{Engine, EngineConnection, EngineFace, Joint};

use super::{Session, SessionOptions};

/// A session within the open transaction of a connection, from [`Session::join`]. The connection is
/// free again when it is dropped.
pub struct JoinedSession<'c, F: EngineFace = Engine> {
    /// There until the drop.
    session: Option<Session<F>>,
    connection: &'c mut EngineConnection<F>,
    joint: Joint,
}

impl<F: EngineFace> Session<F> {
    /// A session within the open transaction of a connection. To the session it looks as always: it
    /// begins, commits and rolls back; but all of that is a savepoint of the transaction around, whose
    /// end is the connection's. [`SessionOptions::join_mode`] says otherwise. Without an open transaction
    /// the session's are the connection's own.
    ///
    /// ```
    /// # #[cfg(feature = "sqlite")] {
    /// # fn main() -> aludel_orm::Result<()> {
    /// use aludel_engine::blocking::Engine;
    /// use aludel_orm::session::Session;
    ///
    /// let engine = Engine::new("sqlite::memory:")?;
    /// let mut connection = engine.connect()?;
    /// connection.execute("CREATE TABLE point (x INTEGER)")?;
    /// connection.commit()?;
    ///
    /// connection.begin()?;
    /// let mut session = Session::join(&mut connection);
    /// session.execute(aludel_core::expr::text("INSERT INTO point VALUES (1)"))?;
    /// session.commit()?;
    /// drop(session);
    /// connection.rollback()?;
    /// assert!(connection.query("SELECT x FROM point")?.is_empty());
    /// # Ok(())
    /// # }
    /// # main().unwrap();
    /// # }
    /// ```
    pub fn join(connection: &mut EngineConnection<F>) -> JoinedSession<'_, F> {
        Self::join_with(connection, SessionOptions::default())
    }

    /// The same, with options.
    pub fn join_with(
        connection: &mut EngineConnection<F>,
        options: SessionOptions,
    ) -> JoinedSession<'_, F> {
        let joint = connection.begin_join(options.join_mode);
        let mut session = Self::with_options(&F::of_core(joint.engine().clone()), options);
        session.core().steps_aside = joint.steps_aside();
        JoinedSession { session: Some(session), connection, joint }
    }
}

impl<F: EngineFace> Deref for JoinedSession<'_, F> {
    type Target = Session<F>;

    fn deref(&self) -> &Session<F> {
        self.session.as_ref().expect("there until the drop")
    }
}

impl<F: EngineFace> DerefMut for JoinedSession<'_, F> {
    fn deref_mut(&mut self) -> &mut Session<F> {
        self.session.as_mut().expect("there until the drop")
    }
}

impl<F: EngineFace> Drop for JoinedSession<'_, F> {
    fn drop(&mut self) {
        self.joint.let_be();
        drop(self.session.take());
        self.connection.end_join(&self.joint);
    }
}

impl<F: EngineFace> fmt::Debug for JoinedSession<'_, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("JoinedSession").field(&self.session).finish()
    }
}

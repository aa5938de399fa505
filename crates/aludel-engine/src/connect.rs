//! [`EngineConnection`]: Core alone, without the ORM: SQL in, rows out, and transactions.

mod executable;
mod execute;
mod join;
mod result;
mod tables;
#[cfg(all(test, feature = "sqlite"))]
mod tests;

pub use executable::{Executable, Rowful};
pub use join::{JoinMode, Joint};
pub use result::Row;

use std::{marker::PhantomData, sync::Arc};

use aludel_core::{
    compile::{Compiled, refuse_control},
    value::Value,
};

use crate::{
    Engine, EngineCore, EngineFace, Error, Pooled, Result,
    driver::{Begin, Connection, Control, Step, once, settle},
};

/// A connection for plain SQL and Core's statements, out of an engine's pool.
///
/// A transaction begins with the first statement, and nothing lasts without
/// [`commit`](Self::commit). Dropping the connection rolls back. A connection that is lost, or whose
/// statement's future was dropped, loses its transaction; the next statement begins another, on a
/// connection of its own where that is needed. On
/// [`blocking::Engine`](crate::blocking::Engine) the methods block, otherwise they give a future.
///
/// # Example
/// ```
/// # #[cfg(feature = "sqlite")] {
/// use aludel_core::expr::text;
/// use aludel_engine::blocking::Engine;
///
/// let engine = Engine::new("sqlite::memory:")?;
/// let mut connection = engine.connect()?;
/// connection.execute("CREATE TABLE point (x INTEGER, y INTEGER)")?;
/// connection.execute(text("INSERT INTO point VALUES (:x, :y)").bind("x", 1).bind("y", 2))?;
/// connection.commit()?;
/// let points = connection.fetch(text("SELECT x, y FROM point").rows::<(i64, i64)>())?;
/// assert_eq!(points, [(1, 2)]);
/// # }
/// # Ok::<(), aludel_engine::Error>(())
/// ```
pub struct EngineConnection<E: EngineFace = Engine> {
    /// Lent while something is joined to its transaction.
    pooled: Option<Pooled>,
    core: EngineCore,
    /// How many savepoints are open.
    depth: u32,
    /// The name of the transaction in two phases that was begun.
    xid: Option<Arc<str>>,
    face: PhantomData<fn() -> E>,
}

/// What holds of a connection that nothing is joined to.
const HOME: &str = "nothing is joined to it while it is used";

impl<E: EngineFace> EngineConnection<E> {
    pub(crate) async fn open(core: &EngineCore) -> Result<Self> {
        let pooled = Some(core.checkout().await?);
        Ok(Self { pooled, core: core.clone(), depth: 0, xid: None, face: PhantomData })
    }

    /// Executes a statement; tells how many rows it inserted, or matched and changed.
    ///
    /// # Errors
    /// The statement can't be compiled, or the database refuses it; or it begins or ends a transaction,
    /// which is for methods to do.
    pub fn execute<S: Executable>(
        &mut self,
        statement: S,
    ) -> E::Out<impl Future<Output = Result<u64>> + Send + use<'_, E, S>> {
        let compiled = self.compiled(statement);
        E::run(async move { execute::count(self.within().await?, compiled?, None).await })
    }

    /// Executes a statement once for each set of parameters (`executemany`); tells how many rows
    /// all of them inserted or changed together.
    ///
    /// # Errors
    /// As [`Self::execute`]; and the statement is a query.
    pub fn execute_many<S: Executable>(
        &mut self,
        statement: S,
        parameters: Vec<Vec<Value>>,
    ) -> E::Out<impl Future<Output = Result<u64>> + Send + use<'_, E, S>> {
        let compiled = self.compiled(statement);
        E::run(
            async move { execute::count(self.within().await?, compiled?, Some(parameters)).await },
        )
    }

    /// Executes a statement, and reads its rows as they are.
    ///
    /// # Errors
    /// As [`Self::execute`].
    pub fn query<S: Executable>(
        &mut self,
        statement: S,
    ) -> E::Out<impl Future<Output = Result<Vec<Row>>> + Send + use<'_, E, S>> {
        let compiled = self.compiled(statement);
        E::run(async move { execute::rows(self.within().await?, compiled?).await })
    }

    /// Executes a statement whose rows have a type, and reads them.
    ///
    /// # Errors
    /// As [`Self::execute`]; and a row isn't what the type expects.
    pub fn fetch<S: Rowful>(
        &mut self,
        statement: S,
    ) -> E::Out<impl Future<Output = Result<Vec<S::Row>>> + Send + use<'_, E, S>> {
        let buffer = statement.row_buffer();
        let compiled = self.compiled(statement);
        E::run(async move { execute::fetch(self.within().await?, compiled?, buffer).await })
    }

    /// Begins a transaction that will write: it takes its place among the writers at once.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`]: there is one already, maybe begun by the first statement.
    pub fn begin(&mut self) -> E::Out<impl Future<Output = Result<()>> + Send + use<'_, E>> {
        E::run(self.start(Begin::IMMEDIATE))
    }

    /// Begins a transaction that will only read.
    ///
    /// # Errors
    /// As [`Self::begin`].
    pub fn begin_read_only(
        &mut self,
    ) -> E::Out<impl Future<Output = Result<()>> + Send + use<'_, E>> {
        E::run(self.start(Begin::new().read_only()))
    }

    /// Begins a transaction of this kind.
    ///
    /// # Errors
    /// As [`Self::begin`]; and the database has no such transactions.
    pub fn begin_with(
        &mut self,
        begin: Begin,
    ) -> E::Out<impl Future<Output = Result<()>> + Send + use<'_, E>> {
        E::run(self.start(begin))
    }

    /// Begins a transaction in two phases, under a name that no other has: a coordinator can
    /// [`prepare`](Self::prepare) several, on several databases, and commit them when all are.
    ///
    /// # Errors
    /// As [`Self::begin`]; and the database has no such transactions.
    pub fn begin_twophase(
        &mut self,
        xid: &str,
    ) -> E::Out<impl Future<Output = Result<()>> + Send + use<'_, E>> {
        let xid: Arc<str> = xid.into();
        E::run(async move {
            self.start_by(Control::BeginTwoPhase(Arc::clone(&xid))).await?;
            self.xid = Some(xid);
            Ok(())
        })
    }

    /// Ends the first phase of a transaction in two: the database promises that it can commit. It
    /// outlives the connection, until somebody ends it by [`commit_prepared`](Self::commit_prepared)
    /// or [`rollback_prepared`](Self::rollback_prepared).
    ///
    /// # Errors
    /// [`Error::InvalidRequest`]: the transaction wasn't begun by `begin_twophase`; or the database
    /// can't promise, and the transaction is to be rolled back.
    pub fn prepare(&mut self) -> E::Out<impl Future<Output = Result<()>> + Send + use<'_, E>> {
        E::run(async move {
            let xid = self.xid.take().filter(|_| self.in_transaction());
            let Some(xid) = xid else {
                return Err(Error::InvalidRequest(
                    "there is no transaction to prepare: `begin_twophase` begins one".into(),
                ));
            };
            self.control(Control::Prepare(xid)).await
        })
    }

    /// Commits what was prepared under this name, here or on another connection.
    ///
    /// # Errors
    /// Nothing was prepared under it, or a transaction is open.
    pub fn commit_prepared(
        &mut self,
        xid: &str,
    ) -> E::Out<impl Future<Output = Result<()>> + Send + use<'_, E>> {
        let xid = xid.into();
        E::run(async move { self.start_by(Control::CommitPrepared(xid)).await })
    }

    /// Undoes what was prepared under this name, here or on another connection.
    ///
    /// # Errors
    /// As [`Self::commit_prepared`].
    pub fn rollback_prepared(
        &mut self,
        xid: &str,
    ) -> E::Out<impl Future<Output = Result<()>> + Send + use<'_, E>> {
        let xid = xid.into();
        E::run(async move { self.start_by(Control::RollbackPrepared(xid)).await })
    }

    /// Begins a savepoint within the transaction (or within a new one).
    ///
    /// # Errors
    /// The database refuses.
    pub fn begin_nested(&mut self) -> E::Out<impl Future<Output = Result<()>> + Send + use<'_, E>> {
        E::run(async move {
            if !self.within().await?.in_transaction() {
                self.control(Control::Begin(Begin::IMMEDIATE)).await?;
            }
            self.control(Control::Savepoint(self.depth + 1)).await?;
            self.depth += 1;
            Ok(())
        })
    }

    /// Keeps what was done since the innermost savepoint, and ends it.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`]: there is no savepoint.
    pub fn commit_nested(
        &mut self,
    ) -> E::Out<impl Future<Output = Result<()>> + Send + use<'_, E>> {
        E::run(self.end_nested(Control::Release))
    }

    /// Undoes what was done since the innermost savepoint, and ends it.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`]: there is no savepoint.
    pub fn rollback_nested(
        &mut self,
    ) -> E::Out<impl Future<Output = Result<()>> + Send + use<'_, E>> {
        E::run(self.end_nested(Control::RollbackTo))
    }

    /// Ends the transaction, keeping what was done; does nothing if there is none.
    ///
    /// # Errors
    /// The database refuses; the transaction is still open then, unless the database ended it.
    pub fn commit(&mut self) -> E::Out<impl Future<Output = Result<()>> + Send + use<'_, E>> {
        E::run(self.end(Control::Commit))
    }

    /// Ends the transaction, undoing what was done; does nothing if there is none.
    ///
    /// # Errors
    /// The connection is gone.
    pub fn rollback(&mut self) -> E::Out<impl Future<Output = Result<()>> + Send + use<'_, E>> {
        E::run(self.end(Control::Rollback))
    }

    /// Whether a transaction is open.
    pub fn in_transaction(&self) -> bool {
        self.pooled.as_ref().is_some_and(|it| it.in_transaction())
    }

    /// The connection as drivers see it, to run scripts of one's own.
    pub fn driver_connection(&mut self) -> &mut dyn Connection {
        &mut **self.pooled.as_mut().expect(HOME)
    }

    /// Lends the connection to what joins its transaction, as an engine of its own; give it back by
    /// [`end_join`](Self::end_join).
    #[doc(hidden)]
    pub fn begin_join(&mut self, mode: JoinMode) -> Joint {
        let pooled = self.pooled.take().expect(HOME);
        // Without a transaction there is none to keep apart.
        let mode = if pooled.in_transaction() { mode } else { JoinMode::ControlFully };
        Joint::new(pooled, &self.core, mode, self.depth)
    }

    /// What joined its transaction is done with.
    #[doc(hidden)]
    pub fn end_join(&mut self, joint: &Joint) {
        self.pooled = joint.close();
    }

    /// A statement's SQL, which leaves the transaction to those who keep it.
    fn compiled(&self, statement: impl Executable) -> Result<Compiled> {
        let compiled = statement.compiled(self.core.dialect())?;
        refuse_control(&compiled.sql)?;
        Ok(compiled)
    }

    /// The connection, home and of use: what a dropped future left under way is waited for, and a
    /// connection that was lost is replaced by another.
    async fn within(&mut self) -> Result<&mut dyn Connection> {
        let pooled = match self.pooled.take() {
            Some(pooled) => pooled,
            // Somebody who joined it kept it.
            None => self.core.checkout().await?,
        };
        let pooled = self.pooled.insert(pooled);
        settle(&mut **pooled).await;
        if !pooled.is_usable() {
            self.core.renew(pooled).await?;
        }
        if !pooled.in_transaction() {
            self.depth = 0;
        }
        Ok(&mut **pooled)
    }

    async fn start(&mut self, begin: Begin) -> Result<()> {
        self.start_by(Control::Begin(begin)).await
    }

    async fn start_by(&mut self, control: Control) -> Result<()> {
        if self.within().await?.in_transaction() {
            return Err(Error::InvalidRequest(
                "a transaction is open already: the first statement begins one, if `begin` was not \
                 called before it; commit or roll back first, or use `begin_nested`"
                    .into(),
            ));
        }
        self.depth = 0;
        self.xid = None;
        self.control(control).await
    }

    async fn end(&mut self, control: Control) -> Result<()> {
        if let Some(pooled) = &mut self.pooled {
            settle(&mut **pooled).await;
        }
        if self.in_transaction() {
            self.control(control).await?;
        }
        self.depth = 0;
        Ok(())
    }

    async fn end_nested(&mut self, control: fn(u32) -> Control) -> Result<()> {
        if self.depth == 0 || !self.in_transaction() {
            return Err(Error::InvalidRequest(
                "there is no savepoint to end: `begin_nested` begins one".into(),
            ));
        }
        self.control(control(self.depth)).await?;
        self.depth -= 1;
        Ok(())
    }

    async fn control(&mut self, control: Control) -> Result<()> {
        once(self.driver_connection(), [Step::Control(control)]).await
    }
}

impl<E: EngineFace> std::fmt::Debug for EngineConnection<E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EngineConnection").field("engine", &self.core).finish_non_exhaustive()
    }
}

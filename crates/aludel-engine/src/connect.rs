//! [`EngineConnection`]: Core alone, without the ORM: SQL in, rows out, and transactions.

mod executable;
mod execute;
mod result;
#[cfg(all(test, feature = "sqlite"))]
mod tests;

pub use executable::{Executable, Rowful};
pub use result::Row;

use std::marker::PhantomData;

use aludel_core::value::Value;

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
    pooled: Pooled,
    core: EngineCore,
    /// How many savepoints are open.
    depth: u32,
    face: PhantomData<fn() -> E>,
}

impl<E: EngineFace> EngineConnection<E> {
    pub(crate) async fn open(core: &EngineCore) -> Result<Self> {
        let pooled = core.checkout().await?;
        Ok(Self { pooled, core: core.clone(), depth: 0, face: PhantomData })
    }

    /// Executes a statement; tells how many rows it inserted, or matched and changed.
    ///
    /// # Errors
    /// The statement can't be compiled, or the database refuses it.
    pub fn execute<S: Executable>(
        &mut self,
        statement: S,
    ) -> E::Out<impl Future<Output = Result<u64>> + Send + use<'_, E, S>> {
        let compiled = statement.compiled(self.core.dialect());
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
        let compiled = statement.compiled(self.core.dialect());
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
        let compiled = statement.compiled(self.core.dialect());
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
        let compiled = statement.compiled(self.core.dialect());
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
        E::run(self.start(Begin::DEFERRED))
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
        self.pooled.in_transaction()
    }

    /// The connection as drivers see it, to run scripts of one's own.
    pub fn driver_connection(&mut self) -> &mut dyn Connection {
        &mut *self.pooled
    }

    /// The connection, home and of use: what a dropped future left under way is waited for, and a
    /// connection that was lost is replaced by another.
    async fn within(&mut self) -> Result<&mut dyn Connection> {
        settle(&mut *self.pooled).await;
        if !self.pooled.is_usable() {
            self.core.renew(&mut self.pooled).await?;
        }
        if !self.pooled.in_transaction() {
            self.depth = 0;
        }
        Ok(&mut *self.pooled)
    }

    async fn start(&mut self, begin: Begin) -> Result<()> {
        if self.within().await?.in_transaction() {
            return Err(Error::InvalidRequest(
                "a transaction is open already: the first statement begins one, if `begin` was not \
                 called before it; commit or roll back first, or use `begin_nested`"
                    .into(),
            ));
        }
        self.depth = 0;
        self.control(Control::Begin(begin)).await
    }

    async fn end(&mut self, control: Control) -> Result<()> {
        settle(&mut *self.pooled).await;
        if self.pooled.in_transaction() {
            self.control(control).await?;
        }
        self.depth = 0;
        Ok(())
    }

    async fn end_nested(&mut self, control: fn(u32) -> Control) -> Result<()> {
        if self.depth == 0 || !self.pooled.in_transaction() {
            return Err(Error::InvalidRequest(
                "there is no savepoint to end: `begin_nested` begins one".into(),
            ));
        }
        self.control(control(self.depth)).await?;
        self.depth -= 1;
        Ok(())
    }

    async fn control(&mut self, control: Control) -> Result<()> {
        once(&mut *self.pooled, [Step::Control(control)]).await
    }
}

impl<E: EngineFace> std::fmt::Debug for EngineConnection<E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EngineConnection").field("engine", &self.core).finish_non_exhaustive()
    }
}

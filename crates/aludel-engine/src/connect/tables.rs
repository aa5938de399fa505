//! Tables within a connection's transaction: temporary ones, and what is to be taken back with the rest.

use aludel_core::schema::{CompareOptions, Differences, MetaData};

use super::{EngineConnection, JoinMode};
use crate::{
    EngineCore, EngineFace, Result,
    create::{Plan, create_missing, drop_present, execute},
    driver::Begin,
    reflect::compare,
};

impl<E: EngineFace> EngineConnection<E> {
    /// Creates all tables that aren't there yet, within this connection's transaction, which begins if none is
    /// open. A temporary table is seen by this connection alone, until it goes back to its pool or longer.
    ///
    /// # Errors
    /// As those of [`CreateAll`](crate::CreateAll). MySQL and MariaDB commit when a table is created that isn't
    /// temporary.
    ///
    /// # Example
    /// ```
    /// # #[cfg(feature = "sqlite")] {
    /// use aludel_core::schema::{Column, MetaData, Table};
    /// use aludel_core::value::SqlType;
    /// use aludel_engine::blocking::Engine;
    ///
    /// let mut metadata = MetaData::new();
    /// metadata.add(Table::new("pick").column(Column::new("id", SqlType::BigInt)).temporary())?;
    ///
    /// let engine = Engine::new("sqlite::memory:")?;
    /// let mut connection = engine.connect()?;
    /// connection.create_all(&metadata)?;
    /// connection.execute("INSERT INTO pick VALUES (1)")?;
    /// connection.rollback()?;
    /// assert!(connection.execute("INSERT INTO pick VALUES (1)").is_err());
    /// # }
    /// # Ok::<(), aludel_engine::Error>(())
    /// ```
    pub fn create_all(
        &mut self,
        metadata: &MetaData,
    ) -> E::Out<impl Future<Output = Result<()>> + Send + use<'_, E>> {
        let plan = Plan::new(metadata, &self.core, create_missing);
        E::run(self.joined(move |engine| execute(plan, engine)))
    }

    /// Drops all tables that are there, within this connection's transaction, which begins if none is open.
    ///
    /// # Errors
    /// As those of [`CreateAll`](crate::CreateAll). MySQL and MariaDB commit when a table is dropped.
    pub fn drop_all(
        &mut self,
        metadata: &MetaData,
    ) -> E::Out<impl Future<Output = Result<()>> + Send + use<'_, E>> {
        let plan = Plan::new(metadata, &self.core, drop_present);
        E::run(self.joined(move |engine| execute(plan, engine)))
    }

    /// What the database lacks of these tables, what it has besides, and what it has in another form, as this
    /// connection's transaction sees it.
    ///
    /// # Errors
    /// As those of [`Reflect::differences`](crate::Reflect::differences).
    pub fn differences(
        &mut self,
        metadata: &MetaData,
    ) -> E::Out<impl Future<Output = Result<Differences>> + Send + use<'_, E>> {
        let metadata = metadata.clone();
        E::run(self.joined(move |engine| compare(metadata, engine, CompareOptions::new())))
    }

    /// Does something within the transaction.
    async fn joined<T, F>(&mut self, act: impl FnOnce(EngineCore) -> F) -> Result<T>
    where
        F: Future<Output = Result<T>>,
    {
        if !self.within().await?.in_transaction() {
            self.start(Begin::IMMEDIATE).await?;
        }
        let mode = match self.core.dialect().capability().ddl.transactional {
            true => JoinMode::CreateSavepoint,
            // A savepoint would end with the first table.
            false => JoinMode::RollbackOnly,
        };
        let joint = self.begin_join(mode);
        let done = act(joint.engine().clone()).await;
        self.end_join(&joint);
        done
    }
}

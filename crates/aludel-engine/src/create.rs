//! [`CreateAll`]: `metadata.create_all(&engine)`, on either engine.

#[cfg(all(test, feature = "sqlite"))]
mod tests;

use aludel_core::{
    dialect::Dialect,
    schema::{MetaData, create_statements, drop_statements},
};

use crate::{
    EngineCore, EngineFace, Error, Integrity, Kind, Result,
    driver::{Begin, Control, Params, Run, Statement, Step, Want, once},
    retry::{Retry, sleep},
};

/// Creates and drops the tables of a [`MetaData`].
///
/// # Example
/// ```
/// # #[cfg(feature = "sqlite")] {
/// use aludel_core::schema::MetaData;
/// use aludel_engine::{CreateAll, blocking::Engine};
///
/// let engine = Engine::new("sqlite::memory:")?;
/// let nothing = MetaData::new().create_all(&engine).unwrap_err();
/// assert!(nothing.to_string().contains("no tables"));
/// # }
/// # Ok::<(), aludel_engine::Error>(())
/// ```
pub trait CreateAll {
    /// Creates all tables that aren't there yet, in one transaction, in the order of their foreign
    /// keys, and their indexes. Where other programs do the same at the same time, there is one schema in
    /// the end, and no error.
    ///
    /// # Errors
    /// There are no tables at all; or the database refuses, and then nothing was created. MySQL and
    /// MariaDB commit after each statement: what came before stays.
    fn create_all<E: EngineFace>(
        &self,
        engine: &E,
    ) -> E::Out<impl Future<Output = Result<()>> + Send + 'static>;

    /// Drops all tables that are there, in one transaction, in the opposite order.
    ///
    /// # Errors
    /// There are no tables at all; or the database refuses, and then nothing was dropped. MySQL and
    /// MariaDB commit after each statement: what was dropped before is gone.
    fn drop_all<E: EngineFace>(
        &self,
        engine: &E,
    ) -> E::Out<impl Future<Output = Result<()>> + Send + 'static>;
}

impl CreateAll for MetaData {
    fn create_all<E: EngineFace>(
        &self,
        engine: &E,
    ) -> E::Out<impl Future<Output = Result<()>> + Send + 'static> {
        E::run(execute(statements(self, engine, create_statements), engine.core().clone()))
    }

    fn drop_all<E: EngineFace>(
        &self,
        engine: &E,
    ) -> E::Out<impl Future<Output = Result<()>> + Send + 'static> {
        E::run(execute(statements(self, engine, drop_statements), engine.core().clone()))
    }
}

type Statements = fn(&MetaData, &dyn Dialect) -> aludel_core::Result<Vec<String>>;

fn statements<E: EngineFace>(
    metadata: &MetaData,
    engine: &E,
    make: Statements,
) -> Result<Vec<String>> {
    let (core, schemas) = (engine.core(), engine.core().schemas());
    match schemas.is_empty() {
        true => Ok(make(metadata, core.dialect())?),
        false => Ok(make(&metadata.translated(schemas), core.dialect())?),
    }
}

/// How often a program tries that meets others. Whoever fails has waited for the end of one that doesn't, so
/// that fewer would do.
const RETRIES: u32 = 20;

async fn execute(statements: Result<Vec<String>>, engine: EngineCore) -> Result<()> {
    let statements = statements?;
    let mut retry = Retry::new(RETRIES);
    loop {
        let Err(error) = attempt(&statements, &engine).await else { return Ok(()) };
        let pause = if has_met_another(&error) { retry.pause() } else { None };
        match pause {
            Some(pause) => sleep(pause).await,
            None => return Err(error),
        }
    }
}

async fn attempt(statements: &[String], engine: &EngineCore) -> Result<()> {
    let mut connection = engine.checkout().await?;
    let begin = Step::Control(Control::Begin(Begin::IMMEDIATE));
    let ddl = statements.iter().map(|sql| {
        Step::Run(Run {
            statement: Statement::once(sql.clone()),
            params: Params::none(),
            want: Want::Nothing,
        })
    });
    let steps = [begin].into_iter().chain(ddl).chain([Step::Control(Control::Commit)]);
    // After an error the transaction is open; the pool rolls it back.
    once(&mut *connection, steps).await
}

/// Whether another program creates the same at this moment. `IF NOT EXISTS` looks before it waits: on
/// PostgreSQL what another has just made is a duplicate in the catalog, and two that alter tables in turn
/// are in each other's way. A database that is busy was waited for already.
fn has_met_another(error: &Error) -> bool {
    let Error::Database(error) = error else { return false };
    match error.kind {
        Kind::Deadlock | Kind::Serialization => true,
        Kind::Integrity(Integrity::Unique) => {
            error.constraint.as_deref().is_some_and(|it| it.starts_with("pg_"))
        }
        _ => false,
    }
}

//! [`CreateAll`]: `metadata.create_all(&engine)`, on either engine.

#[cfg(all(test, feature = "sqlite"))]
mod tests;

use aludel_core::{
    dialect::Dialect,
    schema::{self, CompareOptions, MetaData, Table},
};

use crate::{
    EngineCore, EngineFace, Error, Integrity, Kind, Result,
    driver::{Begin, Control, Params, Run, Statement, Step, Want, once},
    reflect::read,
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
    /// keys, and their indexes and comments, which tables that are there get, too. Where other programs do the same at the same time, there is one schema in
    /// the end, and no error. Statements that are attached to a table ([`MetaData::after_create`]) are executed
    /// if it wasn't there.
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
        E::run(execute(Plan::new(self, engine.core(), create_missing), engine.core().clone()))
    }

    fn drop_all<E: EngineFace>(
        &self,
        engine: &E,
    ) -> E::Out<impl Future<Output = Result<()>> + Send + 'static> {
        E::run(execute(Plan::new(self, engine.core(), drop_present), engine.core().clone()))
    }
}

/// The statements, where it is known of each table whether it is there.
pub(crate) type Statements = fn(
    &MetaData,
    &dyn Dialect,
    is_there: &dyn Fn(&Table) -> bool,
) -> aludel_core::Result<Vec<String>>;

pub(crate) fn create_missing(
    metadata: &MetaData,
    dialect: &dyn Dialect,
    is_there: &dyn Fn(&Table) -> bool,
) -> aludel_core::Result<Vec<String>> {
    schema::create_missing(metadata, dialect, &|it| !is_there(it))
}

pub(crate) fn drop_present(
    metadata: &MetaData,
    dialect: &dyn Dialect,
    is_there: &dyn Fn(&Table) -> bool,
) -> aludel_core::Result<Vec<String>> {
    schema::drop_present(metadata, dialect, is_there)
}

/// What is to be executed.
pub(crate) enum Plan {
    /// These statements, whatever there is.
    Always(Result<Vec<String>>),
    /// Statements that depend on which tables there are.
    Events(Box<MetaData>, Statements),
}

impl Plan {
    pub(crate) fn new(metadata: &MetaData, engine: &EngineCore, make: Statements) -> Self {
        if metadata.has_table_events() {
            return Self::Events(Box::new(metadata.clone()), make);
        }
        let (schemas, any) = (engine.schemas(), |_: &Table| true);
        let made = match schemas.is_empty() {
            true => make(metadata, engine.dialect(), &any),
            false => make(&metadata.translated(schemas), engine.dialect(), &any),
        };
        Self::Always(made.map_err(Error::from))
    }

    /// Whether a statement of the program's own failed: that isn't another's doing.
    fn is_event(&self, error: &Error, engine: &EngineCore) -> bool {
        match (self, error) {
            (Self::Events(metadata, _), Error::Database(error)) => {
                let metadata = metadata.translated(engine.schemas());
                error.sql.as_deref().is_none_or(|it| metadata.is_event(it, engine.dialect()))
            }
            _ => true,
        }
    }

    /// The statements as things stand.
    async fn statements(&mut self, engine: &EngineCore) -> Result<Vec<String>> {
        match self {
            Self::Always(made) => std::mem::replace(made, Ok(Vec::new())),
            Self::Events(metadata, make) => {
                let wanted = CompareOptions::new().to_reflect(metadata)?;
                let there = read(engine.clone(), wanted).await?.metadata;
                let is_there = |it: &Table| there.find(it.schema.as_deref(), &it.name).is_some();
                Ok(make(&metadata.translated(engine.schemas()), engine.dialect(), &is_there)?)
            }
        }
    }
}

/// How often a program tries that meets others. Whoever fails has waited for the end of one that doesn't, so
/// that fewer would do.
const RETRIES: u32 = 20;

pub(crate) async fn execute(mut plan: Plan, engine: EngineCore) -> Result<()> {
    let mut statements = plan.statements(&engine).await?;
    let mut retry = Retry::new(RETRIES);
    loop {
        let Err(error) = attempt(&statements, &engine).await else { return Ok(()) };
        let mut again = has_met_another(&error);
        if let Plan::Events(..) = plan {
            // What was missing may have been created by another, with its statements.
            let now = plan.statements(&engine).await?;
            again |= now != statements && !plan.is_event(&error, &engine);
            statements = now;
        }
        let pause = if again { retry.pause() } else { None };
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

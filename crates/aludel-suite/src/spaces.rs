//! [`Spaces`]: where cases find an empty database, kind by kind.

mod server;
mod sqlite;

pub use server::Server;
pub use sqlite::{Files, Memory};

use std::sync::Arc;

use aludel::{
    EngineFace, EngineOptions, Result,
    blocking::{Engine, block_on},
    driver::{self, Driver, Params, Run, Statement, Step, Want},
};

/// Makes empty databases of one kind. For a dialect of your own this is what you write.
pub trait Spaces: Send + Sync + 'static {
    /// A URL of that kind.
    fn url(&self) -> &str;

    /// The driver, where it isn't one that is built in.
    fn driver(&self) -> Option<Arc<dyn Driver>> {
        None
    }

    /// Whether one connection sees what another one committed. A space that isn't shared is made anew
    /// for each engine.
    fn is_shared(&self) -> bool {
        true
    }

    /// Whether it is in this process: a statement costs a function call, and not a round trip.
    fn is_within_process(&self) -> bool {
        false
    }

    /// Whether a pooler stands in front of it, which may give each transaction another connection.
    fn is_pooled(&self) -> bool {
        false
    }

    /// What all engines on it need besides what a case asks for.
    fn options(&self, options: EngineOptions) -> EngineOptions {
        options
    }

    /// Makes a database without tables, which nobody else uses; its URL.
    ///
    /// # Errors
    /// The database can't be reached, or refuses.
    fn make(&self, number: usize) -> Result<String>;

    /// Deletes all rows of these tables and sets generated keys back to 1; `false` if this kind of
    /// database can't, and a space is to be made instead.
    ///
    /// # Errors
    /// The database refuses.
    fn empty(&self, engine: &Engine, tables: &[String]) -> Result<bool> {
        let _ = (engine, tables);
        Ok(false)
    }

    /// Whether transactions can end in two phases.
    fn has_two_phases(&self) -> bool {
        false
    }

    /// Whether the server can close other people's connections ([`Spaces::kill`]).
    fn can_kill(&self) -> bool {
        false
    }

    /// Closes all connections to a database, as an administrator does.
    ///
    /// # Errors
    /// The database refuses.
    fn kill(&self, number: usize) -> Result<()> {
        let _ = number;
        Ok(())
    }

    /// Removes a database that [`Spaces::make`] made.
    ///
    /// # Errors
    /// The database refuses.
    fn remove(&self, number: usize) -> Result<()> {
        let _ = number;
        Ok(())
    }
}

/// Executes statements as they are, without a transaction around them.
fn execute(engine: &Engine, statements: impl IntoIterator<Item = String>) -> Result<()> {
    let steps: Vec<_> = statements
        .into_iter()
        .map(|sql| {
            let statement = Statement::once(sql);
            Step::Run(Run { statement, params: Params::none(), want: Want::Nothing })
        })
        .collect();
    block_on(async {
        let mut connection = engine.core().checkout().await?;
        driver::once(&mut *connection, steps).await?;
        Ok(())
    })
}

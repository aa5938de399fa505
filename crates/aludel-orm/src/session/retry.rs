//! Transactions that are run again when they meet another: what `transaction!` expands to, and its
//! plain form for blocking programs.

use aludel_engine::{
    EngineFace,
    blocking::Engine as BlockingEngine,
    retry::{Retry, sleep},
};

use super::{Savepoint, Session, nested::Block};
use crate::{Error, Result};

/// Counts the attempts at a transaction.
#[doc(hidden)]
#[derive(Debug)]
pub struct Attempts<F> {
    engine: F,
    retry: Retry,
}

impl<F: EngineFace> Attempts<F> {
    /// Allows so many attempts after the first.
    pub fn new(engine: &F, retries: u32) -> Self {
        Self { engine: engine.clone(), retry: Retry::new(retries) }
    }

    /// A session in a transaction of its own.
    ///
    /// # Errors
    /// None: a fresh session has no transaction.
    pub fn begin(&self) -> Result<Session<F>> {
        let mut session = Session::new(&self.engine);
        session.begin()?;
        session.core().blocks.push(Block::Transaction);
        Ok(session)
    }

    /// Ends an attempt: commits on `Ok`, rolls back on `Err`. `None` asks for another attempt.
    pub async fn end<T, E: From<Error>>(
        &mut self,
        mut session: Session<F>,
        result: Result<T, E>,
    ) -> Option<Result<T, E>> {
        let has_ended = session.core().check_block().is_err();
        session.core().blocks.clear();
        let result = match result {
            // The block ended its transaction by hand.
            Ok(value) if has_ended && session.is_active() => return Some(Ok(value)),
            Ok(value) => match session.core().commit().await {
                Ok(()) => return Some(Ok(value)),
                Err(error) => Err(E::from(error)),
            },
            Err(error) => Err(error),
        };
        let again = session.is_retryable();
        // An error here is of the rollback of what failed already; the first error is the user's.
        let _ = session.core().rollback().await;
        drop(session);
        match self.retry.pause().filter(|_| again) {
            None => Some(result),
            Some(pause) => {
                sleep(pause).await;
                None
            }
        }
    }
}

/// A block within a savepoint.
#[doc(hidden)]
#[derive(Debug)]
pub struct NestedBlock(Savepoint);

impl NestedBlock {
    /// Begins the savepoint.
    ///
    /// # Errors
    /// As [`Session::begin_nested`].
    pub async fn begin<F: EngineFace>(session: &mut Session<F>) -> Result<Self> {
        let core = session.core();
        let savepoint = core.begin_nested().await?;
        core.blocks.push(Block::Nested(savepoint));
        Ok(Self(savepoint))
    }

    /// Ends it: kept on `Ok`, taken back on `Err`, and let be where it has ended by hand.
    ///
    /// # Errors
    /// The block's, or what the database says to its end.
    pub async fn end<F: EngineFace, T, E: From<Error>>(
        self,
        session: &mut Session<F>,
        result: Result<T, E>,
    ) -> Result<T, E> {
        let core = session.core();
        core.blocks.pop();
        core.settle().await;
        if core.level(self.0).is_err() {
            return result;
        }
        let result = match result {
            Ok(value) => match core.commit_nested(self.0).await {
                Ok(()) => return Ok(value),
                Err(error) => Err(E::from(error)),
            },
            error => error,
        };
        // Where more than the savepoint is lost, the session says so from now on; the first error is
        // the program's.
        let _ = core.rollback_nested(self.0).await;
        result
    }
}

/// Runs a block within a savepoint of a session's transaction: keeps what it did if it gives `Ok`, and
/// takes it back, objects included, if it gives `Err`.
///
/// For async programs there is the macro `savepoint!`.
///
/// # Errors
/// The body's, or what the database says to it.
pub fn savepoint<T, E: From<Error>>(
    session: &mut Session<BlockingEngine>,
    body: impl FnOnce(&mut Session<BlockingEngine>) -> Result<T, E>,
) -> Result<T, E> {
    let block = BlockingEngine::run(NestedBlock::begin(session))?;
    let result = body(session);
    BlockingEngine::run(block.end(session, result))
}

/// Runs a transaction: commits if the body gives `Ok`, rolls back if it gives `Err`, and runs the
/// body again, three times at most, where the transaction met another one (a serialization failure,
/// a deadlock, a busy database).
///
/// For async programs there is the macro `transaction!`.
///
/// # Errors
/// The body's, or the commit's.
pub fn transaction<T, E: From<Error>>(
    engine: &BlockingEngine,
    mut body: impl FnMut(&mut Session<BlockingEngine>) -> Result<T, E>,
) -> Result<T, E> {
    let mut attempts = Attempts::new(engine, 3);
    loop {
        let mut session = attempts.begin()?;
        let result = body(&mut session);
        if let Some(result) = BlockingEngine::run(attempts.end(session, result)) {
            return result;
        }
    }
}

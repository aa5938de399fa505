//! Transactions that are run again when they meet another: what `transaction!` expands to, and its
//! plain form for blocking programs.

use aludel_engine::{
    EngineFace,
    blocking::Engine as BlockingEngine,
    retry::{Retry, sleep},
};

use super::Session;
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
        Ok(session)
    }

    /// Ends an attempt: commits on `Ok`, rolls back on `Err`. `None` asks for another attempt.
    pub async fn end<T, E: From<Error>>(
        &mut self,
        mut session: Session<F>,
        result: Result<T, E>,
    ) -> Option<Result<T, E>> {
        let result = match result {
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

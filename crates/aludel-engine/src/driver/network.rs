//! What drivers over a network have in common: where a unit of work runs, and what becomes of one
//! whose future is dropped.
//!
//! A driver implements [`Client`]: it runs scripts on one connection. [`NetworkConnection`] makes a
//! [`Connection`](super::Connection) of it, for both faces.
//!
//! - **Async**: the unit is a future that is polled in the caller's task, and owns the client. When
//!   the caller's future is dropped, the unit moves to a task of its own, the server is asked to
//!   interrupt what it does, and the transaction is rolled back: no lock outlives the drop by more
//!   than that takes. The unit's future itself is never dropped half-way, as a client that has lost
//!   its place in the protocol would give the next question the last one's answer.
//! - **Blocking**: each connection has a small runtime of its own, and the caller's thread drives it.

mod connection;
mod runtime;
mod stop;

pub(crate) use connection::NetworkConnection;
pub(crate) use runtime::Home;
pub(crate) use stop::Stop;
#[cfg(feature = "postgres")]
pub(crate) use stop::poll_once;

use std::{pin::Pin, sync::Arc};

use super::{ConnectOptions, Connecting, Work};
use crate::{DatabaseError, Error, Kind, Result};

/// Something on its way, whose type has no name.
pub(crate) type Boxed<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// One connection of a network driver, on which scripts run.
pub(crate) trait Client: Send + Sized + 'static {
    /// Runs a script to its end, or to its first error. `stop` is to be looked at between steps.
    ///
    /// # Errors
    /// The first error of a step or of the script.
    fn advance(
        &mut self,
        work: &mut dyn Work,
        stop: &Stop,
    ) -> impl Future<Output = Result<()>> + Send;

    /// Undoes the open transaction.
    ///
    /// # Errors
    /// The connection can't be trusted any more.
    fn roll_back(&mut self) -> impl Future<Output = Result<()>> + Send;

    /// How to interrupt, from elsewhere, what the server does for this connection.
    fn interrupter(&self) -> Arc<dyn Fn() -> Boxed<()> + Send + Sync>;

    /// It must not be used again, though the server is done with it: a request to interrupt it may
    /// still be on its way.
    fn close(&mut self);

    /// It must not be used again: its protocol was left in the middle. Comes back when the server has
    /// let go of what it did and held, as far as that can be found out.
    fn abandon(&mut self) -> impl Future<Output = ()> + Send;

    /// Whether a transaction is open.
    fn in_transaction(&self) -> bool;

    /// Whether the open transaction can only be rolled back.
    fn is_failed(&self) -> bool {
        false
    }

    /// Whether it may be used again.
    fn is_usable(&self) -> bool;
}

/// Opens a connection where it is to live.
pub(crate) fn connect<C: Client>(
    options: &ConnectOptions,
    open: impl Future<Output = Result<C>> + Send + 'static,
) -> Connecting {
    let home = Home::of(options.face);
    Box::pin(async move {
        let home = home?;
        let client = home.enter(open).await?;
        Ok(Box::new(NetworkConnection::new(client, home)) as Box<dyn super::Connection>)
    })
}

/// An error for a connection that is gone.
#[cold]
pub(crate) fn lost(what: impl std::fmt::Display) -> Error {
    DatabaseError::new(Kind::ConnectionLost, format!("the connection is gone: {what}")).into()
}

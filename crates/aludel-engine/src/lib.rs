//! Aludel's engine: the only place with sockets and files.
//!
//! Reading order: [`driver`] (the boundary: a unit of work is a script that a driver advances where
//! its connection lives), [`Url`], the pool, [`Engine`], and the drivers themselves.

pub mod driver;

pub mod blocking;

pub mod log;

pub mod retry;

#[cfg(any(all(test, feature = "sqlite"), feature = "testing"))]
pub mod testing;

mod connect;
mod create;
mod engine;
mod error;
mod pool;
mod reflect;
mod schemas;
mod url;

pub use connect::{EngineConnection, Executable, JoinMode, Joint, Row, Rowful};
pub use create::CreateAll;
pub use engine::{Engine, EngineCore, EngineFace, EngineOptions, ResetOnReturn};
pub use error::{DatabaseError, Error, Integrity, Kind, Result, UrlError};
pub use pool::{ConnectionInfo, NewConnection, PoolStatus, Pooled};
pub use reflect::Reflect;
#[doc(hidden)]
pub use reflect::compare;
#[doc(hidden)]
pub use schemas::Schemas;
pub use url::{Host, Unit, Url, UrlOptions};

//! **Aludel**: an object-relational mapper and SQL toolkit for Rust. Change objects, commit, done.

pub use aludel_core::{
    DecodeError, compile, dialect, expr,
    expr::{
        Expr, Expression, Select, all_of, any_of, case, delete, exists, func, insert, lit,
        not_exists, select, sql_expr, text, update,
    },
    schema, value,
    value::{Auto, Scalar, SqlType, Value},
};
pub use aludel_derive::{Mapped, Row, SqlNewtype};
pub use aludel_engine::{
    CreateAll, DatabaseError, Engine, EngineConnection, EngineOptions, Integrity, Kind, driver, log,
};
pub use aludel_orm::{
    Attribute, Error, FlushAction, FlushPlan, FlushStep, IntegrityError, MappingError, Result,
    StaleData, Subject,
    loading::{
        LoadOption, Optional, Relationships, WithOptions, joinedload, raiseload, selectinload,
    },
    mapping::{
        Base, Cascade, DeclarativeBase, EntityConst, IntoNew, Mapped, Mapper, MetaDataOf, Registry,
        Relationship,
    },
    object::{Many, Obj, ObjMut, ObjRef, One, State},
    session::{Inspection, SessionOptions, inspect},
};

/// For async programs: a session whose methods are futures.
pub type Session = aludel_orm::session::Session<Engine>;

/// For programs without a runtime: the same names, without `.await`.
pub mod blocking {
    pub use aludel_engine::blocking::{Engine, block_on};
    pub use aludel_orm::session::transaction;

    /// A session whose methods block.
    pub type Session = aludel_orm::session::Session<Engine>;
}

/// What a program that uses Aludel names: `use aludel::prelude::*`.
pub mod prelude {
    pub use crate::{
        Auto, Base, CreateAll as _, DeclarativeBase as _, Engine, EntityConst as _,
        Expression as _, Many, Mapped, MetaDataOf as _, Obj, One, Optional as _,
        Relationships as _, Row, Session, SqlNewtype, WithOptions as _, all_of, any_of, case,
        delete, exists, func, insert, inspect, joinedload, lit, not_exists, raiseload, select,
        selectinload, text, transaction, update,
    };
}

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

/// Runs a transaction: a block with a session that is in one.
///
/// Commits if the block gives `Ok`, rolls back if it gives `Err`, and runs the block again where the
/// transaction met another one (a serialization failure, a deadlock, a busy database). The session
/// remembers that, so the block may give any error that an [`Error`] can become.
///
/// The blocking form is the function [`blocking::transaction`].
#[macro_export]
macro_rules! transaction {
    ($engine:expr, |$session:ident| $body:expr) => {
        $crate::transaction!($engine, retries = 3, |$session| $body)
    };
    ($engine:expr, retries = $retries:expr, |$session:ident| $body:expr) => {{
        let mut attempts = $crate::__private::Attempts::<$crate::Engine>::new(&$engine, $retries);
        loop {
            let mut session = match attempts.begin() {
                ::core::result::Result::Ok(session) => session,
                ::core::result::Result::Err(error) => {
                    break ::core::result::Result::Err(::core::convert::From::from(error));
                }
            };
            let result = {
                let $session = &mut session;
                async { $body }.await
            };
            if let ::core::option::Option::Some(result) = attempts.end(session, result).await {
                break result;
            }
        }
    }};
}

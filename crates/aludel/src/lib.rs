//! **Aludel**: an object-relational mapper and SQL toolkit for Rust, after SQLAlchemy. Change objects,
//! commit, done.
//!
//! # The nouns
//!
//! | noun | what it is | where it comes from |
//! | --- | --- | --- |
//! | mapped struct | a struct whose fields are columns and relationships | [`#[derive(Mapped)]`](derive@Mapped) |
//! | entity constant | `User` as a value: `User.name` in statements, `User` in `get` and `select` | the same derive |
//! | [`Engine`] | a database to connect to, and its pool | `Engine::new("sqlite:app.db")` |
//! | [`Session`] | one task's conversation: transaction, identity map, unit of work | `Session::new(&engine)` |
//! | [`Obj`] | a handle on an object; two of one row are one object | `session.add`, `get`, a query |
//! | [`Auto`] | a column that the database or the unit of work fills in | a field's type |
//! | [`Many`], [`One`] | relationships, beside the columns | a field's type |
//! | [`Select`], [`Expr`] | a statement and its parts, as data | [`select`], `User.name.eq("x")`, [`func`] |
//! | [`State`] | transient, pending, persistent, deleted or detached | [`inspect`] |
//! | [`FlushPlan`] | what a flush would do | `session.flush_plan()` |
//! | [`Error`] | everything that can go wrong | every [`Result`] |
//!
//! # A tour
//!
//! ```
//! use aludel::{
//!     blocking::{Engine, Session},
//!     prelude::*,
//! };
//!
//! #[derive(Mapped)]
//! #[table("user_account")]
//! pub struct User {
//!     #[column(primary_key)]
//!     pub id: Auto<i64>,
//!     pub name: String,
//!     pub email: Option<String>,
//!     #[relationship(back_populates = user, cascade(all, delete_orphan), order_by = Address.id)]
//!     pub addresses: Many<Address>,
//! }
//!
//! #[derive(Mapped)]
//! #[table("address")]
//! pub struct Address {
//!     #[column(primary_key)]
//!     pub id: Auto<i64>,
//!     #[column(foreign_key = User.id)]
//!     pub user_id: Auto<i64>,
//!     pub email_address: String,
//!     #[relationship(back_populates = addresses)]
//!     pub user: One<User>,
//! }
//!
//! fn main() -> aludel::Result<()> {
//!     // A database. Nothing connects before the first use.
//!     let engine = Engine::new("sqlite::memory:")?;
//!     Base::metadata().create_all(&engine)?;
//!
//!     // Two objects, two rows: the user first, as the address needs its key.
//!     let mut session = Session::new(&engine);
//!     let address = Address::builder().email_address("alice@x.org");
//!     let alice = session.add(User::builder().name("Alice").addresses([address]));
//!     session.commit()?;
//!     assert_eq!(alice.borrow().id, 1);
//!
//!     // One row is one object.
//!     assert!(session.get_one(User, 1)?.is(&alice));
//!
//!     // A change is noticed; only what differs is written.
//!     alice.borrow_mut().name = "Alice L.".into();
//!     assert_eq!(
//!         &*session.flush_plan()?.steps[0].sql,
//!         "UPDATE user_account SET name = ? WHERE id = ?"
//!     );
//!     session.commit()?;
//!
//!     // Statements are typed: objects, values, or both in a tuple.
//!     let rows: Vec<(Obj<User>, i64)> = session
//!         .execute(select((User, func::count(Address.id))).join(User.addresses).group_by(User.id))
//!         .all()?;
//!     assert!(rows[0].0.is(&alice) && rows[0].1 == 1);
//!
//!     // What a transaction did to objects, its rollback takes back.
//!     session.delete(&alice)?;
//!     session.flush()?;
//!     session.rollback()?;
//!     assert_eq!(alice.borrow().name, "Alice L.");
//!     Ok(())
//! }
//! ```
#![doc = ""]
#![doc = include_str!("../docs/nouns.md")]
#![cfg_attr(feature = "serde", doc = include_str!("../docs/json.md"))]

/// A value of your own in a JSON column.
#[cfg(feature = "serde_json")]
pub use aludel_core::value::JsonOf as Json;
pub use aludel_core::{
    DecodeError, compile, dialect, expr,
    expr::{
        Expr, Expression, ForUpdate, Select, Synchronize, all_of, any_of, case, delete, exists,
        func, insert, lit, not_exists, select, sql_expr, text, update,
    },
    schema, value,
    value::{
        Auto, Deferred, Range, Scalar, SqlEnum, SqlSet, SqlType, TsVector, TypeMap, TypeVariants,
        Value, sql,
    },
};
pub use aludel_derive::{Composite, Mapped, Mixin, Row, SqlEnum, SqlNewtype, hybrid};
pub use aludel_engine::{
    ConnectionInfo, CreateAll, DatabaseError, Engine, EngineConnection, EngineFace, EngineOptions,
    Integrity, JoinMode, Kind, NewConnection, PoolStatus, Reflect, ResetOnReturn, driver,
    driver::{Begin, Isolation},
    log,
};
pub use aludel_orm::{
    Attribute, BlankedKey, BudgetExceeded, Error, FlushAction, FlushPlan, FlushStep, HookFailed,
    IntegrityError, MappingError, Result, StaleData, Subject,
    dml::{BulkInsert, BulkReturning, InsertObjects},
    events,
    events::{Execution, ExecutionKind, HookContext, HookError, HookResult, Hooks},
    loading::{
        ColumnOption, CriteriaOption, DeferredAccess, Execute, Fetch, LoadOption, Loadable,
        LoadableFrom, LoaderOption, Optional, Relationships, Rows, Stream, WildcardOption,
        WithOptions, contains_eager, defaultload, defer, joinedload, lazyload, load_only, noload,
        raiseload, selectinload, subqueryload, undefer, undefer_group, with_expression,
        with_loader_criteria,
    },
    mapping::{
        Base, Cascade, Composite, DeclarativeBase, DeferredColumns, EntityConst, Has, IntoNew,
        Mapped, Mapper, MetaDataOf, Mixin, NewRow, Proxy, Registry, Relationship, foreign, remote,
    },
    object::{
        AnyObj, Many, ManyAccess, ManySet, Obj, ObjMut, ObjRef, One, OneAccess, ProxyAccess,
        SetAccess, State, WriteOnly, WriteOnlyAccess,
    },
    session::{
        AnyAttribute, AttributeKind, AttributeState, Attributes, Budget, Change, History,
        Inspection, IntoKey, JoinedSession, NoAutoflush, Objects, Savepoint, SessionOptions,
        inspect, make_transient, make_transient_to_detached,
    },
};

/// For the tests of programs that use Aludel.
///
/// [`Sandbox`](testing::Sandbox) is there always; with the feature `testing`, a driver that waits and
/// fails on request, too.
pub mod testing {
    #[cfg(feature = "testing")]
    pub use aludel_engine::testing::*;
    pub use aludel_orm::testing::Sandbox;
}

/// For async programs: a session whose methods give futures.
pub type Session = aludel_orm::session::Session<Engine>;

/// For programs without a runtime: the same names, without `.await`.
///
/// ```
/// use aludel::blocking::{Engine, transaction};
///
/// # fn main() -> aludel::Result<()> {
/// let engine = Engine::new("sqlite::memory:")?;
/// let two = transaction(&engine, |session| -> aludel::Result<Option<i64>> {
///     session.scalar(aludel::text("SELECT 1 + 1").rows::<(i64,)>()).map(|it| it.map(|(n,)| n))
/// })?;
/// assert_eq!(two, Some(2));
/// # Ok(())
/// # }
/// ```
pub mod blocking {
    pub use aludel_engine::blocking::{Engine, block_on};
    pub use aludel_orm::session::{savepoint, transaction};

    /// A session whose methods block.
    pub type Session = aludel_orm::session::Session<Engine>;
}

/// What a program that uses Aludel names: `use aludel::prelude::*`.
///
/// Types and functions by their names, and the traits that bring methods (operators, `create_all`,
/// `options`, `any`, `optional`, `aliased`) without theirs.
pub mod prelude {
    pub use crate::{
        Auto, Base, Composite, CreateAll as _, DeclarativeBase as _, Deferred, Engine,
        EntityConst as _, Expression as _, ForUpdate, Has, InsertObjects as _, Many, ManySet,
        Mapped, MetaDataOf as _, Mixin, Obj, One, Optional as _, Reflect as _, Relationships as _,
        Row, Session, SqlEnum, SqlNewtype, SqlSet, Synchronize, WithOptions as _, WriteOnly,
        all_of, any_of, assert_schema, case, contains_eager, defaultload, defer, delete,
        events::{
            ColumnEvents as _, ListenEngine as _, ListenMapper as _, RelationshipEvents as _,
        },
        exists, foreign, func, hybrid, insert, inspect, joinedload, lazyload, lit, load_only,
        noload, not_exists, raiseload, remote, savepoint,
        schema::MetaData,
        select, selectinload, subqueryload, text, transaction, undefer, undefer_group, update,
        with_expression, with_loader_criteria,
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
///
/// ```
/// # use aludel::{prelude::*, schema::MetaData};
/// # #[derive(Mapped)]
/// # #[table("account")]
/// # pub struct Account { #[column(primary_key)] pub id: Auto<i64>, pub cents: i64 }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> aludel::Result<()> {
/// # let engine = Engine::new("sqlite::memory:")?;
/// # MetaData::of(Account).create_all(&engine).await?;
/// # transaction!(engine, |session| {
/// #     session.add_all([100, 0].map(|it| Account::builder().cents(it)));
/// #     Ok::<_, aludel::Error>(())
/// # })?;
/// let left = transaction!(engine, retries = 5, |session| {
///     let from = session.get_one(Account, 1).await?;
///     let to = session.get_one(Account, 2).await?;
///     from.borrow_mut().cents -= 30;
///     to.borrow_mut().cents += 30;
///     let left = from.borrow().cents;
///     Ok::<_, aludel::Error>(left)
/// })?;
/// assert_eq!(left, 70);
/// # Ok(())
/// # }
/// ```
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

/// Runs a block within a savepoint of a session's transaction.
///
/// Keeps what the block did if it gives `Ok`. If it gives `Err`, all of that is taken back, objects
/// included, and the transaction around goes on as if nothing had been tried. A session whose transaction
/// or savepoint is ended by hand within the block refuses to go on before the block is left.
///
/// The blocking form is the function [`blocking::savepoint`]; by hand it is
/// [`begin_nested`](Session::begin_nested).
///
/// ```
/// # use aludel::{prelude::*, schema::MetaData};
/// # #[derive(Mapped)]
/// # #[table("account")]
/// # pub struct Account {
/// #     #[column(primary_key)] pub id: Auto<i64>,
/// #     #[column(unique)] pub name: String,
/// # }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> aludel::Result<()> {
/// # let engine = Engine::new("sqlite::memory:")?;
/// # MetaData::of(Account).create_all(&engine).await?;
/// # let mut session = Session::new(&engine);
/// for name in ["alice", "bob", "alice"] {
///     let added = savepoint!(session, |session| {
///         session.add(Account::builder().name(name));
///         session.flush().await
///     });
///     if let Err(error) = added {
///         assert!(error.integrity().is_some());
///     }
/// }
/// session.commit().await?;
/// assert_eq!(session.scalars(select(Account)).all().await?.len(), 2);
/// # Ok(())
/// # }
/// ```
#[macro_export]
macro_rules! savepoint {
    ($session:expr, |$nested:ident| $body:expr) => {{
        let session: &mut $crate::Session = $session.__this();
        match $crate::__private::NestedBlock::begin(session).await {
            ::core::result::Result::Ok(block) => {
                let result = {
                    let $nested = &mut *session;
                    async { $body }.await
                };
                block.end(session, result).await
            }
            ::core::result::Result::Err(error) => {
                ::core::result::Result::Err(::core::convert::From::from(error))
            }
        }
    }};
}

/// Panics unless a database has all tables of a base as they are declared; the message has a line for
/// each difference. For a test: `assert_schema!(Base, engine);` with a blocking engine,
/// `assert_schema!(Base, engine).await;` with an async one.
///
/// Instead of a base it takes a [`MetaData`](schema::MetaData): `assert_schema!(metadata = it, engine)`.
/// What is compared, and how to get the differences as data, stands at [`Reflect::differences`].
///
/// ```standalone_crate
/// use aludel::{assert_schema, blocking::Engine, prelude::*};
///
/// #[derive(Mapped)]
/// #[table("tag")]
/// pub struct Tag {
///     #[column(primary_key)]
///     pub id: Auto<i64>,
///     #[column(unique, length = 20)]
///     pub name: String,
/// }
///
/// # fn main() -> aludel::Result<()> {
/// let engine = Engine::new("sqlite::memory:")?;
/// Base::metadata().create_all(&engine)?;
/// assert_schema!(Base, engine);
/// # Ok(())
/// # }
/// ```
///
/// In an async test:
///
/// ```standalone_crate
/// # use aludel::{assert_schema, prelude::*};
/// # #[derive(Mapped)]
/// # #[table("tag")]
/// # pub struct Tag { #[column(primary_key)] pub id: Auto<i64> }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> aludel::Result<()> {
/// let engine = Engine::new("sqlite::memory:")?;
/// Base::metadata().create_all(&engine).await?;
/// assert_schema!(Base, engine).await;
/// assert_schema!(metadata = MetaData::of(Tag), engine).await;
/// # Ok(())
/// # }
/// ```
#[macro_export]
macro_rules! assert_schema {
    (metadata = $metadata:expr, $engine:expr $(,)?) => {
        $crate::__private::assert_schema(
            &$metadata,
            &$engine,
            ::core::concat!(::core::file!(), ":", ::core::line!()),
        )
    };
    ($base:ty, $engine:expr $(,)?) => {
        $crate::assert_schema!(metadata = <$base as $crate::DeclarativeBase>::metadata(), $engine)
    };
}

/// The README and the book: their examples are tests of this crate.
#[cfg(doctest)]
mod book {
    #[doc = include_str!("../../../README.md")]
    mod readme {}
    #[doc = include_str!("../../../book/src/first-steps.md")]
    mod first_steps {}
    #[doc = include_str!("../../../book/src/tables.md")]
    mod tables {}
    #[doc = include_str!("../../../book/src/declaring.md")]
    mod declaring {}
    #[doc = include_str!("../../../book/src/session.md")]
    mod session {}
    #[doc = include_str!("../../../book/src/looking.md")]
    mod looking {}
    #[doc = include_str!("../../../book/src/events.md")]
    mod events {}
    #[doc = include_str!("../../../book/src/defaults.md")]
    mod defaults {}
    #[doc = include_str!("../../../book/src/columns.md")]
    mod columns {}
    #[doc = include_str!("../../../book/src/types.md")]
    mod types {}
    #[doc = include_str!("../../../book/src/queries.md")]
    mod queries {}
    #[doc = include_str!("../../../book/src/bulk.md")]
    mod bulk {}
    #[doc = include_str!("../../../book/src/relationships.md")]
    mod relationships {}
    #[doc = include_str!("../../../book/src/loading.md")]
    mod loading {}
    #[doc = include_str!("../../../book/src/json.md")]
    mod json {}
    #[doc = include_str!("../../../book/src/flush.md")]
    mod flush {}
    #[doc = include_str!("../../../book/src/engine.md")]
    mod engine {}
    #[doc = include_str!("../../../book/src/schema.md")]
    mod schema {}
    #[doc = include_str!("../../../book/src/tenants.md")]
    mod tenants {}
    #[doc = include_str!("../../../book/src/testing.md")]
    mod testing {}
    #[doc = include_str!("../../../book/src/sqlite.md")]
    mod sqlite {}
    #[doc = include_str!("../../../book/src/postgres.md")]
    mod postgres {}
    #[doc = include_str!("../../../book/src/mysql.md")]
    mod mysql {}
}

//! [`Engine`]: a database to connect to, and its pool.
//!
//! There are two of them, [`Engine`] for async programs and
//! [`blocking::Engine`](crate::blocking::Engine); both are thin over one [`EngineCore`], and
//! [`EngineFace`] lets everything built on them be written once.

mod options;

pub use options::{EngineOptions, ResetOnReturn};

use std::{
    any::Any,
    fmt,
    ops::ControlFlow,
    sync::{Arc, OnceLock},
};

use aludel_core::{dialect::Dialect, schema::SchemaTranslate};

use crate::{
    EngineConnection, PoolStatus, Pooled, Result,
    blocking::block_on,
    driver::{Driver, Face, driver_for},
    log::StatementLog,
    pool::{ConnectionInfo, NewConnection, Pool},
    schemas::Schemas,
    url::Url,
};

/// What both faces of an engine share: cheap to clone, and to keep in a session.
#[derive(Clone)]
pub struct EngineCore {
    shared: Arc<Shared>,
    dialect: &'static dyn Dialect,
    schemas: Schemas,
}

struct Shared {
    url: Url,
    driver: Arc<dyn Driver>,
    pool: Pool,
    log: StatementLog,
    face: Face,
    extension: Arc<OnceLock<Box<dyn Any + Send + Sync>>>,
}

impl EngineCore {
    fn new(url: &str, options: EngineOptions, face: Face) -> Result<Self> {
        let url = Url::parse(url)?;
        let driver = driver_for(&url)?;
        Self::with_driver(url, driver, options, face)
    }

    fn with_driver(
        url: Url,
        driver: Arc<dyn Driver>,
        options: EngineOptions,
        face: Face,
    ) -> Result<Self> {
        driver.check(&url)?;
        let log = StatementLog::default();
        let connect = options.to_connect(&url, face, log.clone())?;
        let pool = options.to_pool(&*driver, &url);
        let pool = Pool::new(Arc::clone(&driver), url.clone(), connect, pool);
        let extension = Arc::default();
        let dialect = driver.dialect();
        let shared = Arc::new(Shared { url, driver, pool, log, face, extension });
        Ok(Self { shared, dialect, schemas: Schemas::declared() })
    }

    /// An engine for another driver, as this one is otherwise.
    pub(crate) fn around(&self, driver: Arc<dyn Driver>) -> Self {
        let Shared { url, pool, log, face, extension, .. } = &*self.shared;
        let (url, log, face) = (url.clone(), log.clone(), *face);
        let (pool, extension) = (pool.around(Arc::clone(&driver)), Arc::clone(extension));
        let shared = Arc::new(Shared { url, driver, pool, log, face, extension });
        Self { shared, ..self.clone() }
    }

    /// The same engine for tables in other schemas than those that they are declared in.
    #[must_use]
    #[doc(hidden)]
    pub fn in_schemas(&self, schemas: Schemas) -> Self {
        let dialect = schemas.dialect(self.shared.driver.dialect());
        Self { shared: Arc::clone(&self.shared), dialect, schemas }
    }

    /// In which schemas tables stand.
    pub fn schemas(&self) -> &'static SchemaTranslate {
        self.schemas.map()
    }

    /// Where the database is.
    pub fn url(&self) -> &Url {
        &self.shared.url
    }

    /// What opens its connections.
    pub fn driver(&self) -> &Arc<dyn Driver> {
        &self.shared.driver
    }

    /// How the database speaks SQL.
    pub fn dialect(&self) -> &'static dyn Dialect {
        self.dialect
    }

    /// What kind of program the engine is for.
    pub fn face(&self) -> Face {
        self.shared.face
    }

    /// Whether a transaction that began to read has to begin anew to write
    /// ([`Driver::restarts_to_write`]).
    pub fn restarts_to_write(&self) -> bool {
        self.shared.driver.restarts_to_write()
    }

    /// What is sent, once it is started.
    pub fn log(&self) -> &StatementLog {
        &self.shared.log
    }

    /// A place where what is built on the engine keeps what all its users share.
    #[doc(hidden)]
    pub fn extension(&self) -> &OnceLock<Box<dyn Any + Send + Sync>> {
        &self.shared.extension
    }

    /// How many connections there are.
    pub fn status(&self) -> PoolStatus {
        self.shared.pool.status()
    }

    /// Takes a connection out of the pool, or opens one. It is outside any transaction.
    ///
    /// # Errors
    /// [`Error::PoolTimeout`](crate::Error::PoolTimeout), or the database can't be reached.
    pub async fn checkout(&self) -> Result<Pooled> {
        self.shared.pool.checkout().await
    }

    pub(crate) async fn renew(&self, pooled: &mut Pooled) -> Result<()> {
        self.shared.pool.renew(pooled).await
    }

    /// Closes the connections that nobody uses; those that are out are closed when they come back.
    /// `:memory:` loses its database by that, unless it is out.
    pub fn dispose(&self) {
        self.shared.pool.dispose();
    }

    /// As [`Engine::on_connect`].
    pub fn on_connect(&self, listener: impl Fn(&mut NewConnection<'_>) + Send + Sync + 'static) {
        self.shared.pool.events().connect.add(Arc::new(listener));
    }

    /// As [`Engine::on_checkout`].
    pub fn on_checkout(&self, listener: impl Fn(&ConnectionInfo) + Send + Sync + 'static) {
        self.shared.pool.events().checkout.add(Arc::new(listener));
    }

    /// As [`Engine::on_checkin`].
    pub fn on_checkin(&self, listener: impl Fn(&ConnectionInfo) + Send + Sync + 'static) {
        self.shared.pool.events().checkin.add(Arc::new(listener));
    }

    /// As [`Engine::on_close`].
    pub fn on_close(&self, listener: impl Fn(&ConnectionInfo) + Send + Sync + 'static) {
        self.shared.pool.events().close.add(Arc::new(listener));
    }

    /// Whether two handles are of one engine.
    pub fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }
}

impl fmt::Debug for EngineCore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Engine({}, {:?})", self.shared.url, self.shared.face)
    }
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Engine {}
    impl Sealed for super::BlockingEngine {}
}

/// Either engine. What a method gives back is a future for [`Engine`], and that future's output
/// for [`blocking::Engine`](crate::blocking::Engine).
///
/// It exists so that this crate and the ORM are written once. In code of your own that is generic
/// over it, nothing can be awaited: write it for the one that you use.
pub trait EngineFace: Clone + Send + Sync + 'static + sealed::Sealed {
    /// What an operation gives back.
    type Out<F: Future>;

    /// Runs an operation: later, or now.
    fn run<F: Future>(operation: F) -> Self::Out<F>;

    /// Runs what is left of an operation that may be done already.
    #[doc(hidden)]
    fn run_after<E, F: Future>(
        early: ControlFlow<F::Output, E>,
        later: impl FnOnce(ControlFlow<F::Output, E>) -> F,
    ) -> Self::Out<F>;

    /// What both engines share.
    fn core(&self) -> &EngineCore;

    /// An engine of what both share.
    #[doc(hidden)]
    fn of_core(core: EngineCore) -> Self;
}

macro_rules! engines {
    ($($(#[$doc:meta])* $engine:ident: $face:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $engine(EngineCore);

        impl $engine {
            /// Makes an engine for a URL. Nothing connects before the first use.
            ///
            /// # Errors
            /// [`Error::Url`](crate::Error::Url) or [`Error::NoSuchDriver`](crate::Error::NoSuchDriver): the URL makes no sense.
            pub fn new(url: &str) -> Result<Self> {
                Self::with_options(url, EngineOptions::default())
            }

            /// The same, with options.
            ///
            /// # Errors
            /// As [`Self::new`].
            pub fn with_options(url: &str, options: EngineOptions) -> Result<Self> {
                EngineCore::new(url, options, $face).map(Self)
            }

            /// The same, with a driver of one's own.
            ///
            /// # Errors
            /// The URL makes no sense, or the driver doesn't take it.
            pub fn with_driver(
                url: &str,
                driver: Arc<dyn Driver>,
                options: EngineOptions,
            ) -> Result<Self> {
                EngineCore::with_driver(Url::parse(url)?, driver, options, $face).map(Self)
            }

            /// Where the database is.
            pub fn url(&self) -> &Url {
                self.0.url()
            }

            /// How the database speaks SQL.
            pub fn dialect(&self) -> &'static dyn Dialect {
                self.0.dialect()
            }

            /// The same engine for tables in other schemas than those that they are declared in: one
            /// static model, many tenants. It shares the pool, is as cheap to make as a clone, and says
            /// nothing of the engine that it is made of.
            ///
            /// It counts for everything that names tables: queries, changes, loading, `create_all`,
            /// `drop_all`, reflection and comparison; not for SQL that is given as text. A map
            /// is kept for the program's whole life, with the statements that were compiled for it.
            ///
            /// # Example
            /// ```
            /// # #[cfg(feature = "sqlite")] {
            /// let engine = aludel_engine::blocking::Engine::new("sqlite::memory:")?;
            /// let tenant = engine.schema_translate([(None, "tenant_a")]);
            /// assert_eq!(tenant.dialect().schema(None), Some("tenant_a"));
            /// assert_eq!(engine.dialect().schema(None), None);
            /// # }
            /// # Ok::<(), aludel_engine::Error>(())
            /// ```
            #[must_use]
            pub fn schema_translate<'a, T: Into<Option<&'a str>>>(
                &self,
                schemas: impl IntoIterator<Item = (Option<&'a str>, T)>,
            ) -> Self {
                Self(self.0.in_schemas(Schemas::of(SchemaTranslate::new(schemas))))
            }

            /// What is sent, once it is started.
            pub fn log(&self) -> &StatementLog {
                self.0.log()
            }

            /// How many connections there are.
            pub fn status(&self) -> PoolStatus {
                self.0.status()
            }

            /// Closes the connections that nobody uses; those that are out are closed when they
            /// come back. `:memory:` loses its database by that, unless it is out.
            pub fn dispose(&self) {
                self.0.dispose();
            }

            /// Calls a listener for each connection that is opened from now on, before anybody uses
            /// it. It can have statements executed there: settings of the database's.
            ///
            /// A connection's events come in this order: connect, then checkout and checkin by
            /// turns, close at the end. The listeners of one event are called in the order in which
            /// they were added, and on the thread that takes the connection out or gives it back,
            /// so they should be quick. At the checkin the transaction is rolled back already, or
            /// that is under way.
            ///
            /// # Example
            /// ```
            /// # #[cfg(feature = "sqlite")] {
            /// let engine = aludel_engine::blocking::Engine::new("sqlite::memory:")?;
            /// engine.on_connect(|new| new.execute("PRAGMA cache_size = 5000"));
            /// let pages = engine.connect()?.query("PRAGMA cache_size")?;
            /// assert_eq!(pages[0].get::<i64>(0)?, 5000);
            /// # }
            /// # Ok::<(), aludel_engine::Error>(())
            /// ```
            pub fn on_connect(
                &self,
                listener: impl Fn(&mut NewConnection<'_>) + Send + Sync + 'static,
            ) {
                self.0.on_connect(listener);
            }

            /// Calls a listener each time a connection is taken out of the pool.
            pub fn on_checkout(&self, listener: impl Fn(&ConnectionInfo) + Send + Sync + 'static) {
                self.0.on_checkout(listener);
            }

            /// Calls a listener each time a connection comes back to the pool.
            pub fn on_checkin(&self, listener: impl Fn(&ConnectionInfo) + Send + Sync + 'static) {
                self.0.on_checkin(listener);
            }

            /// Calls a listener for each connection that the engine closes, for whatever reason.
            pub fn on_close(&self, listener: impl Fn(&ConnectionInfo) + Send + Sync + 'static) {
                self.0.on_close(listener);
            }
        }

        impl fmt::Debug for $engine {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

engines! {
    /// A database to connect to, for async programs, on whatever executor.
    ///
    /// Cheap to clone; clones share the pool.
    ///
    /// # Example
    /// ```
    /// # #[cfg(feature = "sqlite")] {
    /// let engine = aludel_engine::Engine::new("sqlite::memory:")?;
    /// assert_eq!(engine.dialect().name(), "sqlite");
    /// # }
    /// # Ok::<(), aludel_engine::Error>(())
    /// ```
    Engine: Face::Async;
    /// A database to connect to, for programs without an executor.
    ///
    /// Cheap to clone; clones share the pool.
    ///
    /// # Example
    /// ```
    /// # #[cfg(feature = "sqlite")] {
    /// let engine = aludel_engine::blocking::Engine::new("sqlite::memory:")?;
    /// assert_eq!(engine.dialect().name(), "sqlite");
    /// # }
    /// # Ok::<(), aludel_engine::Error>(())
    /// ```
    BlockingEngine: Face::Blocking;
}

impl Engine {
    /// Takes a connection for Core: plain SQL and statements.
    ///
    /// # Errors
    /// As [`EngineCore::checkout`].
    pub async fn connect(&self) -> Result<EngineConnection<Self>> {
        EngineConnection::open(self.core()).await
    }
}

impl BlockingEngine {
    /// Takes a connection for Core: plain SQL and statements.
    ///
    /// # Errors
    /// As [`EngineCore::checkout`].
    pub fn connect(&self) -> Result<EngineConnection<Self>> {
        block_on(EngineConnection::open(self.core()))
    }
}

impl EngineFace for Engine {
    type Out<F: Future> = F;

    fn run<F: Future>(operation: F) -> F {
        operation
    }

    fn run_after<E, F: Future>(
        early: ControlFlow<F::Output, E>,
        later: impl FnOnce(ControlFlow<F::Output, E>) -> F,
    ) -> F {
        later(early)
    }

    fn core(&self) -> &EngineCore {
        &self.0
    }

    fn of_core(core: EngineCore) -> Self {
        Self(core)
    }
}

impl EngineFace for BlockingEngine {
    type Out<F: Future> = F::Output;

    fn run<F: Future>(operation: F) -> F::Output {
        block_on(operation)
    }

    #[inline]
    fn run_after<E, F: Future>(
        early: ControlFlow<F::Output, E>,
        later: impl FnOnce(ControlFlow<F::Output, E>) -> F,
    ) -> F::Output {
        match early {
            ControlFlow::Break(done) => done,
            early => block_on(later(early)),
        }
    }

    fn core(&self) -> &EngineCore {
        &self.0
    }

    fn of_core(core: EngineCore) -> Self {
        Self(core)
    }
}

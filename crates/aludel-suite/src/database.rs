//! [`Database`]: what the suite runs on.

use std::{
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use aludel::{
    CreateAll as _, DeclarativeBase as _, Engine, EngineFace as _, EngineOptions, Result, blocking,
    dialect::Dialect,
    driver::{Driver, Face},
    schema::MetaData,
    testing::PendingDriver,
};

use crate::{models::Suite, runtime::WithinRuntime, spaces::Spaces};

/// A database that the suite runs on, through the connections of blocking or of async programs.
#[derive(Clone)]
pub struct Database {
    name: String,
    face: Face,
    lot: Arc<Lot>,
}

/// The spaces of one kind, which all that runs on that kind shares.
struct Lot {
    spaces: Box<dyn Spaces>,
    driver: Arc<dyn Driver>,
    free: Mutex<Vec<Space>>,
    made: AtomicUsize,
}

/// A database with all tables.
pub(crate) struct Space {
    url: String,
    number: usize,
    admin: Option<blocking::Engine>,
}

impl Database {
    /// A database of a kind, by the name under which its cases run.
    ///
    /// # Errors
    /// Its URL makes no sense, or there is no such driver.
    pub fn new(name: impl Into<String>, spaces: impl Spaces) -> Result<Self> {
        let driver = match spaces.driver() {
            Some(driver) => driver,
            None => Arc::clone(blocking::Engine::new(spaces.url())?.core().driver()),
        };
        let lot = Lot {
            spaces: Box::new(spaces),
            driver,
            free: Mutex::default(),
            made: AtomicUsize::new(0),
        };
        Ok(Self { name: name.into(), face: Face::Blocking, lot: Arc::new(lot) })
    }

    /// The same database, through the connections of async programs.
    #[must_use]
    pub fn through_async(&self) -> Self {
        Self { name: format!("{}-async", self.name), face: Face::Async, lot: Arc::clone(&self.lot) }
    }

    /// The name under which its cases run.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Through whose connections cases run.
    pub fn face(&self) -> Face {
        self.face
    }

    /// How it speaks SQL, and what it can do.
    pub fn dialect(&self) -> &'static dyn Dialect {
        self.lot.driver.dialect()
    }

    /// Whether one connection sees what another one committed.
    pub fn is_shared(&self) -> bool {
        self.lot.spaces.is_shared()
    }

    /// Whether it is in this process: a statement costs a function call, and not a round trip.
    pub fn is_within_process(&self) -> bool {
        self.lot.spaces.is_within_process()
    }

    /// Whether its connections can be closed by an administrator.
    pub fn can_kill(&self) -> bool {
        self.lot.spaces.can_kill()
    }

    /// Whether a pooler stands in front of it, which may give each transaction another connection.
    pub fn is_pooled(&self) -> bool {
        self.lot.spaces.is_pooled()
    }

    /// Closes all connections to a space.
    pub(crate) fn kill(&self, space: &Space) -> Result<()> {
        self.lot.spaces.kill(space.number)
    }

    /// Whether transactions can end in two phases.
    pub fn has_two_phases(&self) -> bool {
        self.lot.spaces.has_two_phases()
    }

    /// Whether a transaction that only reads can't write.
    pub(crate) fn refuses_changes(&self) -> bool {
        self.dialect().name() != "sqlite"
    }

    /// Whether a transaction goes on behind a statement that failed.
    pub(crate) fn goes_on_after_errors(&self) -> bool {
        self.dialect().name() != "postgres"
    }

    /// An empty space, with all tables.
    pub(crate) fn take(&self) -> Result<Space> {
        let free = self.lot.free().pop();
        if let Some(space) = free
            && let Some(admin) = &space.admin
            // A space that can't be emptied (something is still locked) is left alone.
            && self.lot.spaces.empty(admin, &tables()).unwrap_or(false)
        {
            return Ok(space);
        }
        let number = self.lot.made.fetch_add(1, Ordering::Relaxed);
        let url = self.lot.spaces.make(number)?;
        if !self.is_shared() {
            return Ok(Space { url, number, admin: None });
        }
        let options = self.lot.spaces.options(EngineOptions::new().pool_size(1).pre_ping(true));
        let driver = Arc::clone(&self.lot.driver);
        let admin = blocking::Engine::with_driver(&url, driver, options)?;
        Suite::metadata().create_all(&admin)?;
        Ok(Space { url, number, admin: Some(admin) })
    }

    /// Gives a space back, whose next user empties it.
    pub(crate) fn give_back(&self, space: Space) {
        if space.admin.is_some() {
            self.lot.free().push(space);
        }
    }

    /// An engine on a space for blocking cases, through the face that they run through.
    pub(crate) fn blocking(
        &self,
        space: &Space,
        options: EngineOptions,
    ) -> Result<blocking::Engine> {
        let driver: Arc<dyn Driver> = match self.face {
            Face::Blocking => Arc::clone(&self.lot.driver),
            Face::Async => Arc::new(WithinRuntime(Arc::new(self.pending().face(Face::Async)))),
        };
        let options = self.lot.spaces.options(options);
        let engine = blocking::Engine::with_driver(&space.url, driver, options)?;
        if !self.is_shared() {
            Suite::metadata().create_all(&engine)?;
        }
        Ok(engine)
    }

    /// An async engine on a space as programs have it, which is to be used within a runtime.
    pub(crate) fn plain(&self, space: &Space, options: EngineOptions) -> Result<Engine> {
        self.engine_with(space, Arc::clone(&self.lot.driver), options)
    }

    /// An async engine on a space, to be used anywhere, with a driver of one's own around its driver.
    pub(crate) fn engine(&self, space: &Space, driver: Option<PendingDriver>) -> Result<Engine> {
        let driver = driver.map_or_else(|| Arc::clone(&self.lot.driver), |it| Arc::new(it));
        self.engine_with(space, Arc::new(WithinRuntime(driver)), EngineOptions::new())
    }

    fn engine_with(
        &self,
        space: &Space,
        driver: Arc<dyn Driver>,
        options: EngineOptions,
    ) -> Result<Engine> {
        let options = self.lot.spaces.options(options);
        let engine = Engine::with_driver(&space.url, driver, options)?;
        if !self.is_shared() {
            blocking::block_on(Suite::metadata().create_all(&engine))?;
        }
        Ok(engine)
    }

    /// Its driver, in a hull that waits and fails on request.
    pub(crate) fn pending(&self) -> PendingDriver {
        PendingDriver::around(Arc::clone(&self.lot.driver))
    }

    /// Removes all that was made.
    pub(crate) fn clear(&self) {
        self.lot.free().clear();
        for number in 0..self.lot.made.swap(0, Ordering::Relaxed) {
            if let Err(error) = self.lot.spaces.remove(number) {
                eprintln!("{}: can't clean up: {error}", self.name);
            }
        }
    }
}

impl Lot {
    fn free(&self) -> std::sync::MutexGuard<'_, Vec<Space>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The names of all tables, those that refer before those that are referred to.
fn tables() -> Vec<String> {
    let metadata: MetaData = Suite::metadata();
    metadata.sorted_tables().iter().rev().map(|it| it.name.to_string()).collect()
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Database({}, {:?})", self.name, self.face)
    }
}

//! [`Place`]: where a case runs.

use std::{cell::RefCell, fmt};

use aludel::{Engine, EngineOptions, blocking, dialect::Dialect, testing::PendingDriver};

use crate::{Database, database::Space, runtime::runtime, store::Store};

/// Where a case runs: an empty database of its own. Like a case it fails by panicking.
pub struct Place {
    database: Database,
    space: RefCell<Option<Space>>,
}

impl Place {
    /// A place on a database.
    pub(crate) fn new(database: &Database) -> Self {
        Self { database: database.clone(), space: RefCell::default() }
    }

    /// Where it is.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// How the database speaks SQL.
    pub fn dialect(&self) -> &'static dyn Dialect {
        self.database.dialect()
    }

    /// Goes on with an empty database.
    pub fn empty(&self) {
        self.give_back();
        *self.space.borrow_mut() = Some(self.check(self.database.take()));
    }

    /// A session on an empty database, through the face that the case runs on.
    pub(crate) fn store(&self) -> Store {
        self.empty();
        Store::new(self.blocking(EngineOptions::new()))
    }

    /// Another engine on the same database, through the face that the case runs on.
    pub fn blocking(&self, options: EngineOptions) -> blocking::Engine {
        self.on_space(|it| self.database.blocking(it, options))
    }

    /// An async engine on the same database as programs have it: for [`Place::block_on`].
    pub fn plain(&self) -> Engine {
        self.plain_with(EngineOptions::new())
    }

    /// The same with options.
    pub fn plain_with(&self, options: EngineOptions) -> Engine {
        self.on_space(|it| self.database.plain(it, options.clone()))
    }

    /// Closes all connections to the database, as an administrator does.
    pub fn kill(&self) {
        self.on_space(|it| self.database.kill(it));
    }

    /// An async engine on the same database that can be used outside of any runtime.
    pub fn engine(&self) -> Engine {
        self.on_space(|it| self.database.engine(it, None))
    }

    /// An async engine on the same database whose driver pends, answers wave by wave, and fails on
    /// request; or even pends between any two steps.
    pub fn pending(&self, step_by_step: bool) -> (Engine, PendingDriver) {
        let driver = self.database.pending();
        let driver = if step_by_step { driver.step_by_step() } else { driver };
        (self.on_space(|it| self.database.engine(it, Some(driver.clone()))), driver)
    }

    /// Runs a future to its end, within a runtime.
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        runtime().block_on(future)
    }

    /// Of so many repetitions as many as the database is fast enough for.
    pub(crate) fn many(&self, repetitions: u32) -> u32 {
        if self.database.is_within_process() { repetitions } else { repetitions / 5 }
    }

    fn on_space<T>(&self, act: impl FnOnce(&Space) -> aludel::Result<T>) -> T {
        if self.space.borrow().is_none() {
            self.empty();
        }
        let space = self.space.borrow();
        self.check(act(space.as_ref().expect("there since `empty`")))
    }

    fn check<T>(&self, result: aludel::Result<T>) -> T {
        result.unwrap_or_else(|error| panic!("no place on {}: {error}", self.database.name()))
    }

    fn give_back(&self) {
        if let Some(space) = self.space.take() {
            self.database.give_back(space);
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.give_back();
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Place({:?})", self.database)
    }
}

//! [`Events`]: who wants to know when connections are opened, taken out, given back and closed.

use std::{
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

/// Which connection of a pool it is.
#[derive(Clone, Debug)]
pub struct ConnectionInfo {
    id: u64,
    opened: Instant,
    checkouts: u64,
}

impl ConnectionInfo {
    pub(super) fn new(id: u64) -> Self {
        Self { id, opened: Instant::now(), checkouts: 0 }
    }

    pub(super) fn taken_out(&mut self) {
        self.checkouts += 1;
    }

    /// Its number: the engine counts the connections that it opens, from 1.
    pub fn id(&self) -> u64 {
        self.id
    }

    /// How long it has been open.
    pub fn age(&self) -> Duration {
        self.opened.elapsed()
    }

    /// How often it was taken out, this time included.
    pub fn checkouts(&self) -> u64 {
        self.checkouts
    }
}

/// A connection that was just opened, before anybody uses it.
#[derive(Debug)]
pub struct NewConnection<'a> {
    info: &'a ConnectionInfo,
    statements: Vec<String>,
}

impl<'a> NewConnection<'a> {
    pub(super) fn new(info: &'a ConnectionInfo) -> Self {
        Self { info, statements: Vec::new() }
    }

    pub(super) fn into_statements(self) -> Vec<String> {
        self.statements
    }

    /// Which connection it is.
    pub fn info(&self) -> &ConnectionInfo {
        self.info
    }

    /// Executes a statement on it once all listeners were called, outside a transaction: `SET …`,
    /// `PRAGMA …`. If it fails, the connection is closed, and its error is that of the checkout.
    pub fn execute(&mut self, sql: impl Into<String>) {
        self.statements.push(sql.into());
    }
}

type OnNew = dyn Fn(&mut NewConnection<'_>) + Send + Sync;
type On = dyn Fn(&ConnectionInfo) + Send + Sync;

#[derive(Default)]
pub(crate) struct Events {
    pub(crate) connect: Listeners<OnNew>,
    pub(crate) checkout: Listeners<On>,
    pub(crate) checkin: Listeners<On>,
    pub(crate) close: Listeners<On>,
}

/// The listeners of one event, in the order in which they came.
pub(crate) struct Listeners<F: ?Sized> {
    /// So that nobody pays for events to which nobody listens.
    any: AtomicBool,
    list: RwLock<Vec<Arc<F>>>,
}

impl<F: ?Sized> Default for Listeners<F> {
    fn default() -> Self {
        Self { any: AtomicBool::new(false), list: RwLock::default() }
    }
}

impl<F: ?Sized> Listeners<F> {
    pub(crate) fn add(&self, listener: Arc<F>) {
        self.list.write().unwrap_or_else(PoisonError::into_inner).push(listener);
        self.any.store(true, Ordering::Release);
    }

    /// Calls each of them. The list is not locked meanwhile, so that they may do as they like.
    pub(super) fn call(&self, mut call: impl FnMut(&F)) {
        if self.any.load(Ordering::Acquire) {
            let list = self.list.read().unwrap_or_else(PoisonError::into_inner).clone();
            list.iter().for_each(|it| call(it));
        }
    }
}

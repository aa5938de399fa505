//! [`Core`]: what both faces of a session share, and everything they do.

use std::{
    panic::Location,
    sync::{
        Arc, Weak,
        atomic::{AtomicU64, Ordering},
    },
};

use aludel_engine::{EngineCore, Pooled, driver::Work};

use super::{
    SessionOptions,
    budget::Meter,
    identity::{Store, Stores},
    key::key_text,
    nested::Block,
    transaction::Transaction,
};
use crate::{
    Error, Result,
    error::Subject,
    events::HookSet,
    mapping::Mapper,
    object::{
        chunk::AnyChunk,
        graph::{Graph, Tables},
        log::{Event, Ledger},
        reference::Ref,
    },
};

/// What both faces of a session share.
pub(crate) struct Core {
    /// The session's number, process-wide and never used again.
    pub(crate) id: u64,
    pub(crate) graph: Arc<Graph>,
    pub(crate) stores: Stores,
    pub(crate) engine: EngineCore,
    pub(crate) options: SessionOptions,
    pub(crate) connection: Option<Pooled>,
    pub(crate) transaction: Transaction,
    /// Why the session waits for `rollback()`.
    pub(crate) failed: Option<Arc<str>>,
    /// Whether an error was met that running the transaction again may cure.
    pub(crate) retryable: bool,
    /// What to do with the outcome of a unit whose future was dropped.
    pub(crate) in_flight: Option<InFlight>,
    /// What may be prepared on the database, and is to be undone.
    pub(crate) owed: Option<Arc<str>>,
    /// The blocks of the program that are under way, the innermost last.
    pub(crate) blocks: Vec<Block>,
    /// Whether its end does nothing to the transaction that it is joined into.
    pub(crate) steps_aside: bool,
    /// Whether it was closed for good.
    pub(crate) closed: bool,
    /// What counts statements, if somebody promised how many there are.
    pub(crate) meter: Weak<Meter>,
    /// Where the program called the method that is under way.
    pub(crate) called_at: &'static Location<'static>,
    /// What looks for objects that are read one by one.
    #[cfg(debug_assertions)]
    pub(crate) repeats: super::repeats::Repeats,
    /// This session's own hooks.
    pub(crate) hooks: Option<Arc<HookSet>>,
    /// What hooks want deleted.
    pub(crate) to_delete: Vec<Ref>,
}

/// What to do with the outcome of a unit whose future was dropped.
pub(crate) type InFlight = fn(&mut Core, Box<dyn Work>);

impl Core {
    pub(crate) fn new(engine: EngineCore, options: SessionOptions) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        let engine = match options.schemas {
            Some(schemas) => engine.in_schemas(schemas),
            None => engine,
        };
        let graph = Arc::new(Graph::new());
        let mut ledger = Ledger::new(id);
        ledger.sqlalchemy = options.sqlalchemy;
        Graph::with(&graph, |tables, _| tables.ledgers.push(ledger));
        Self {
            id,
            graph,
            stores: Stores::default(),
            engine,
            options,
            connection: None,
            transaction: Transaction::default(),
            failed: None,
            retryable: false,
            in_flight: None,
            owed: None,
            blocks: Vec::new(),
            steps_aside: false,
            closed: false,
            meter: Weak::new(),
            called_at: Location::caller(),
            #[cfg(debug_assertions)]
            repeats: super::repeats::Repeats::default(),
            hooks: None,
            to_delete: Vec::new(),
        }
    }

    /// Runs under the graph's lock.
    pub(crate) fn tables<R>(&self, body: impl FnOnce(&mut Tables) -> R) -> R {
        Graph::with(&self.graph, |tables, _| body(tables))
    }

    /// Runs under the graph's lock with this session's ledger.
    pub(crate) fn ledger<R: Default>(&self, body: impl FnOnce(&mut Ledger) -> R) -> R {
        self.tables(|it| it.ledger(self.id).map(body).unwrap_or_default())
    }

    /// An entity's part of the identity map.
    pub(crate) fn store(&mut self, mapper: &'static Mapper) -> &mut Store {
        self.stores.of(mapper)
    }

    /// An entity's part of the identity map, if it has one.
    pub(crate) fn existing_store(&mut self, mapper: &'static Mapper) -> Option<&mut Store> {
        self.stores.get(mapper.number)
    }

    /// The chunk of an object of this session.
    pub(crate) fn chunk(&self, object: Ref) -> Option<Arc<dyn AnyChunk>> {
        self.tables(|it| it.chunk(object).cloned())
    }

    /// Keeps a chunk of this session's graph in the identity map.
    pub(crate) fn adopt(&mut self, mapper: &'static Mapper, chunk: u64) {
        let graph = self.graph.clone();
        let anchor = Graph::with(&graph, |tables, graph| tables.held_anchor(chunk, graph));
        if let Some(anchor) = anchor {
            self.store(mapper).adopt(chunk, anchor);
        }
    }

    /// Forgets what a rollback would restore.
    pub(crate) fn forget_journals(&mut self) {
        let mut chunks = self.ledger(|it| {
            let values = it.log.iter().filter_map(|it| match it {
                Event::Value { chunk, .. } => Some(*chunk),
                _ => None,
            });
            values.collect::<Vec<_>>()
        });
        chunks.dedup();
        for chunk in chunks {
            self.chunk(Ref::new(chunk, 0)).iter().for_each(|it| it.forget());
        }
    }

    /// Lets go of what nobody holds, if there is much of it.
    pub(crate) fn sweep(&mut self, now: bool) {
        sweep(&self.graph, &mut self.stores, now);
    }

    /// Refuses work while a failed transaction waits for `rollback()`, and where none was begun that has
    /// to be.
    pub(crate) fn check(&self) -> Result<()> {
        self.check_usable().and_then(|()| self.check_begun())
    }

    /// Refuses work in a session that begins no transaction by itself, and has none.
    pub(crate) fn check_begun(&self) -> Result<()> {
        if self.options.autobegin || self.has_begun() {
            return Ok(());
        }
        let text = "the session begins no transaction by itself (`autobegin`): call `begin` first";
        Err(Error::InvalidRequest(text.into()))
    }

    /// Refuses work while a failed transaction waits for `rollback()`.
    pub(crate) fn check_usable(&self) -> Result<()> {
        match &self.failed {
            Some(cause) => Err(Error::PendingRollback(cause.clone())),
            None if self.closed => {
                let text = "the session was closed for good: use another one";
                Err(Error::InvalidRequest(text.into()))
            }
            None => self.check_prepared().and_then(|()| self.check_block()),
        }
    }

    /// Refuses work in a transaction whose first phase is over.
    pub(crate) fn check_prepared(&self) -> Result<()> {
        if self.transaction.prepared {
            let text = "the transaction is prepared: commit it or roll it back";
            return Err(Error::InvalidRequest(text.into()));
        }
        Ok(())
    }

    /// An object, named for a person.
    pub(crate) fn subject(&self, object: Ref) -> Box<Subject> {
        let Some(chunk) = self.chunk(object) else { return Error::subject(None) };
        let meta = chunk.meta();
        let mut key = String::new();
        let _ = chunk.with(object.slot(), &mut |it| key = key_text(meta, it));
        Box::new(Subject { entity: meta.name, key })
    }
}

/// Lets go of what nobody outside a session holds, if there is much of it: sweeping when the session
/// holds twice as much as the last sweep left costs a constant for each chunk that ever was.
pub(crate) fn sweep(graph: &Arc<Graph>, stores: &mut Stores, now: bool) {
    if !now && !stores.have_doubled() {
        return;
    }
    let lost = Graph::with(graph, |tables, _| tables.sweep());
    if lost.is_empty() {
        return stores.swept();
    }
    let mut anchors = Vec::with_capacity(lost.len());
    for store in stores.iter_mut() {
        store.let_go(&lost, &mut anchors);
    }
    drop(anchors);
    stores.swept();
}

/// Objects change state by losing their session: nothing of them is written, and handles stay
/// readable.
impl Drop for Core {
    fn drop(&mut self) {
        let id = self.id;
        let stores = std::mem::take(&mut self.stores);
        let kept: Vec<u64> =
            stores.iter().flat_map(|it| it.chunks()).map(|it| it.head().id).collect();
        // The journals end with the transaction that they could take back.
        self.forget_journals();
        self.tables(|tables| {
            tables.take_all_links(id);
            tables.ledgers.retain(|it| it.session != id);
            kept.iter().for_each(|it| tables.release(*it));
        });
        // The session's own anchors go first; what nobody else holds goes with the sweep.
        drop(stores);
        self.tables(|it| {
            if it.ledgers.is_empty() {
                it.sweep();
            }
        });
    }
}

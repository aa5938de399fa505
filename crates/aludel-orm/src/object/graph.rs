//! [`Graph`]: the table of chunks that are linked with each other, under one lock.

use std::sync::{
    Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use foldhash::fast::RandomState;
use hashbrown::HashMap;
use smallvec::SmallVec;

use super::{
    anchor::{Anchor, AnyAnchor, Raw},
    cells::RelColumn,
    chunk::{AnyChunk, Columns, next_id},
    later::Said,
    log::{Event, Ledger},
    reference::{Ref, UNLOADED},
    state::{Flags, State},
};
use crate::mapping::{EntityMeta, Mapped};

/// Chunks that are linked with each other, and the sessions that track some of them.
pub(crate) struct Graph {
    id: u64,
    /// Where everything went when this graph was merged into another.
    forward: OnceLock<Arc<Graph>>,
    /// How many live sessions there are, for those who needn't know it exactly.
    sessions: AtomicUsize,
    /// Whether a flush would find something to do; `false` is sure.
    changed: AtomicBool,
    tables: Mutex<Tables>,
}

/// What a graph holds.
#[derive(Default)]
pub(crate) struct Tables {
    pub(crate) chunks: HashMap<u64, Entry, RandomState>,
    /// Chunks of one that nobody has looked at since they were read alone: they are among the others as soon as
    /// somebody does. The sessions that read them hold their anchors.
    lone: Vec<Option<Weak<dyn AnyAnchor>>>,
    /// The live sessions that track objects of this graph.
    pub(crate) ledgers: SmallVec<[Ledger; 1]>,
    /// Changes of detached objects' cells: sessions learn of them when the objects come in.
    pub(super) loose: Vec<Event>,
    /// Objects of which only these columns are expired.
    pub(super) expired: HashMap<Ref, Columns, RandomState>,
    /// To-one relationships that were changed before they were loaded, and who stood there matters.
    pub(crate) replaced: Vec<(Ref, &'static crate::mapping::Relation)>,
    /// Lists that changed since their members were numbered.
    pub(crate) disordered: Vec<super::ordering::Disorder>,
    /// Who was last made the owner of a member that may have but one, by the owner's mapper and
    /// relationship (CAS-13).
    pub(super) owners: HashMap<(Ref, u32, u16), Ref, RandomState>,
    /// Who was last said to own a member, where a session does as SQLAlchemy; nobody is said, too.
    pub(super) parents: HashMap<super::parents::Owned, Option<Ref>, RandomState>,
    /// New objects that were written once, in a transaction that was taken back, as in SQLAlchemy.
    pub(super) once: std::collections::BTreeSet<Ref>,
    /// Objects that gave their keys to new ones, where a session does as SQLAlchemy: no flush and no expiry looks at
    /// them.
    pub(crate) ousted: std::collections::BTreeSet<Ref>,
    /// Members that lost an owner that is in no session.
    pub(super) outside: std::collections::BTreeSet<Ref>,
    /// What is said of loading later of one object, in place of what is said of its chunk: it was read again
    /// since, or was here before.
    pub(super) said: std::collections::BTreeMap<Ref, Said>,
    /// What a query said that read an object anew, where a session does as SQLAlchemy: who reads it again by its key
    /// says that again.
    pub(super) anew: std::collections::BTreeMap<Ref, Said>,
    /// What is loaded again of objects, where a session does as SQLAlchemy.
    pub(crate) again: std::collections::BTreeMap<Ref, Vec<crate::loading::Wish>>,
    /// What went wrong between objects that no session knows: it learns of it when they come in.
    pub(crate) problems: Vec<(Ref, crate::Error)>,
    /// Anchors that died since the last sweep.
    pub(super) dead: usize,
    /// Whether a collection that isn't loaded was ever changed.
    pub(super) queued: bool,
    /// The number of the last sweep's marks.
    pub(super) epoch: u32,
    /// How many merges deep the way to this graph may be, as a power of two at the least. It never
    /// shrinks, however many chunks a sweep drops, so that the way stays short for ever.
    rank: u32,
    /// What to drop once the lock is released.
    pub(super) garbage: Vec<Entry>,
}

/// An object that was read alone, in the graph.
pub(crate) struct Entered<T: Mapped> {
    pub(crate) anchor: Arc<Anchor<T>>,
    /// Where it stands among those that are kept apart.
    pub(crate) at: usize,
    /// What was there before, where somebody knows it.
    pub(crate) kept: Option<Arc<dyn AnyAnchor>>,
}

/// A chunk in a graph.
pub(crate) struct Entry {
    pub(crate) chunk: Arc<dyn AnyChunk>,
    pub(super) anchor: Weak<dyn AnyAnchor>,
    pub(super) relations: Vec<RelColumn>,
    pub(super) mark: u32,
    /// How many live sessions hold an anchor of their own.
    pub(super) holders: u32,
    /// What the query that loaded its objects says of loading later.
    pub(super) said: Said,
}

/// So many chunks are kept apart.
const LONE: usize = 64;

/// The tables of a root, locked.
struct Held<'a> {
    _locked: order::Locked,
    tables: MutexGuard<'a, Tables>,
    graph: &'a Arc<Graph>,
}

impl Held<'_> {
    /// Says outside what changed; what the tables no longer hold is to be dropped after the lock.
    fn leave(mut self) -> Vec<Entry> {
        let tables = &mut self.tables;
        self.graph.sessions.store(tables.ledgers.len(), Ordering::Relaxed);
        let changed = tables.ledgers.iter().any(|it| !it.is_clean());
        self.graph.changed.store(changed, Ordering::Release);
        std::mem::take(&mut tables.garbage)
    }
}

impl Graph {
    /// An empty graph.
    pub(crate) fn new() -> Self {
        Self {
            id: next_id(),
            forward: OnceLock::new(),
            sessions: AtomicUsize::new(0),
            changed: AtomicBool::new(false),
            tables: Mutex::default(),
        }
    }

    /// The graph that this one was merged into, or itself.
    pub(crate) fn root(graph: &Arc<Self>) -> &Arc<Self> {
        let mut graph = graph;
        while let Some(next) = graph.forward.get() {
            graph = next;
        }
        graph
    }

    /// Whether any session has something to flush; `false` is sure.
    #[inline]
    pub(crate) fn has_changes(&self) -> bool {
        self.changed.load(Ordering::Acquire)
    }

    fn lock(&self) -> MutexGuard<'_, Tables> {
        // Nothing that runs under the lock panics half-way through a change.
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs under the lock of the root; what it leaves as garbage is dropped after the lock.
    pub(crate) fn with<R>(graph: &Arc<Self>, body: impl FnOnce(&mut Tables, &Arc<Self>) -> R) -> R {
        let mut held = Self::hold(graph);
        held.tables.settle_lone();
        let result = body(&mut held.tables, held.graph);
        drop(held.leave());
        result
    }

    /// Locks the root, whatever chunks are still kept apart.
    fn hold(graph: &Arc<Self>) -> Held<'_> {
        let mut graph = Self::root(graph);
        loop {
            let tables = graph.lock();
            if let Some(next) = graph.forward.get() {
                drop(tables);
                graph = Self::root(next);
                continue;
            }
            return Held { _locked: order::Locked::new(), tables, graph };
        }
    }

    /// Takes in an object that a session read alone. `former` is what it held of such a one before, and where that
    /// stood: if nobody else has looked at it, its place is taken, and its value, to be dropped once no lock is held, is
    /// what `value` is then; otherwise it is given back.
    pub(crate) fn enter_lone<T: Mapped>(
        graph: &Arc<Self>,
        former: Option<(Arc<dyn AnyAnchor>, usize)>,
        value: &mut Option<T>,
        owner: u64,
    ) -> Entered<T> {
        let Held { tables, graph, .. } = &mut Self::hold(graph);
        let (place, kept) = match former {
            Some((it, at)) if tables.leave_lone(&it, at) => (Some((it, at)), None),
            former => (None, former.map(|it| it.0)),
        };
        if place.is_none() && tables.lone.len() >= LONE {
            tables.settle_lone();
        }
        let at = place.as_ref().map_or(tables.lone.len(), |it| it.1);
        let anchor = Anchor::of_one(place.map(|it| it.0), value, owner, graph);
        let weak = Some(Arc::downgrade(&anchor) as _);
        match tables.lone.get_mut(at) {
            Some(place) => *place = weak,
            None => tables.lone.push(weak),
        }
        Entered { anchor, at, kept }
    }

    /// Takes in an object that is in no graph yet. Does nothing if another thread was first.
    pub(crate) fn enter<T: Mapped>(self: &Arc<Self>, raw: &Raw<T>) {
        Self::with(self, |tables, graph| {
            if raw.anchor().graph_cell().set(graph.clone()).is_ok() {
                let anchor: Weak<dyn AnyAnchor> = Arc::downgrade(raw.anchor()) as _;
                tables.insert(raw.chunk().clone(), anchor);
            }
        });
    }

    /// Makes one graph of two; does nothing where they are one.
    pub(crate) fn merge(left: &Arc<Self>, right: &Arc<Self>) {
        loop {
            let (left, right) = (Self::root(left), Self::root(right));
            if Arc::ptr_eq(left, right) {
                return;
            }
            // Two graphs are locked by id, so that two merges can't wait for each other.
            let (first, second) = if left.id < right.id { (left, right) } else { (right, left) };
            let mut one = first.lock();
            let mut two = second.lock();
            if first.forward.get().is_some() || second.forward.get().is_some() {
                continue;
            }
            one.settle_lone();
            two.settle_lone();
            // The one of lower rank moves, so that the way to the root stays short; of two alike the
            // smaller.
            let stays = (one.rank, one.chunks.len()) >= (two.rank, two.chunks.len());
            if one.rank == two.rank {
                one.rank += 1;
                two.rank += 1;
            }
            first.changed.store(true, Ordering::Release);
            second.changed.store(true, Ordering::Release);
            if stays {
                one.absorb(&mut two);
                let _ = second.forward.set(first.clone());
            } else {
                two.absorb(&mut one);
                let _ = first.forward.set(second.clone());
            }
            return;
        }
    }

    /// An anchor of this graph died: a detached graph is swept now and then.
    pub(super) fn anchor_dropped(self: &Arc<Self>, epoch: u32) {
        // A live session sweeps by itself, and once more when it ends.
        if self.sessions.load(Ordering::Relaxed) != 0 {
            return;
        }
        Self::with(self, |tables, _| {
            // The last sweep kept the chunk without this anchor, so its death frees nothing. Who reads
            // one member after the other pays for no sweep.
            if epoch == tables.epoch {
                return;
            }
            tables.dead += 1;
            if tables.ledgers.is_empty() && tables.dead * 2 > tables.chunks.len() {
                tables.sweep();
            }
        });
    }
}

/// Lock order, held by tests: what may not happen under the graph's lock says so in debug builds.
pub(super) mod order {
    #[cfg(debug_assertions)]
    thread_local! {
        static LOCKED: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
    }

    /// This thread is under a graph's lock for as long as this lives.
    pub(super) struct Locked(());

    impl Locked {
        pub(super) fn new() -> Self {
            check("another graph is locked");
            #[cfg(debug_assertions)]
            LOCKED.set(true);
            Self(())
        }
    }

    impl Drop for Locked {
        fn drop(&mut self) {
            #[cfg(debug_assertions)]
            LOCKED.set(false);
        }
    }

    /// Fails where this thread is under a graph's lock.
    #[inline]
    pub(in crate::object) fn check(what: &str) {
        #[cfg(debug_assertions)]
        assert!(!LOCKED.get() || std::thread::panicking(), "under a graph's lock, {what}");
        let _ = what;
    }
}

impl Entry {
    fn anchor(&mut self, graph: &Arc<Graph>, epoch: u32) -> Arc<dyn AnyAnchor> {
        if let Some(anchor) = self.anchor.upgrade() {
            return anchor;
        }
        let anchor = self.chunk.clone().anchor(graph.clone(), epoch);
        self.anchor = Arc::downgrade(&anchor);
        anchor
    }

    /// What a new object's relationships hold; what nobody set on it is nothing.
    pub(crate) fn cells(&self, relation: u16) -> Option<&RelColumn> {
        self.relations.get(usize::from(relation))
    }
}

impl Tables {
    /// Takes in a chunk.
    pub(crate) fn insert(&mut self, chunk: Arc<dyn AnyChunk>, anchor: Weak<dyn AnyAnchor>) {
        self.enter(chunk, anchor, 0);
    }

    fn enter(&mut self, chunk: Arc<dyn AnyChunk>, anchor: Weak<dyn AnyAnchor>, holders: u32) {
        let entry =
            Entry { anchor, relations: Vec::new(), mark: 0, holders, said: Said::default(), chunk };
        self.chunks.insert(entry.chunk.head().id, entry);
    }

    /// Chunks that were kept apart are looked at.
    #[inline]
    fn settle_lone(&mut self) {
        if !self.lone.is_empty() {
            self.enter_all_lone();
        }
    }

    fn enter_all_lone(&mut self) {
        while let Some(weak) = self.lone.pop() {
            // Never the last: the session that read it holds it until it has looked at the graph.
            if let Some((weak, anchor)) = weak.and_then(|it| it.upgrade().map(|held| (it, held))) {
                self.insert_held(anchor.chunk(), weak);
            }
        }
    }

    /// Lets go of the chunk that is kept apart there, if nobody knows it but the session that asks; whether it did.
    fn leave_lone(&mut self, anchor: &Arc<dyn AnyAnchor>, at: usize) -> bool {
        let Some(place) = self.lone.get_mut(at) else { return false };
        let left = place.take_if(|it| {
            std::ptr::addr_eq(it.as_ptr(), Arc::as_ptr(anchor))
                && Arc::strong_count(anchor) == 1
                && anchor.is_sole()
        });
        left.is_some()
    }

    /// Takes in a chunk that a session holds an anchor of.
    pub(crate) fn insert_held(&mut self, chunk: Arc<dyn AnyChunk>, anchor: Weak<dyn AnyAnchor>) {
        self.enter(chunk, anchor, 1);
    }

    /// A session took an anchor of a chunk.
    pub(crate) fn hold(&mut self, chunk: u64) {
        if let Some(entry) = self.chunks.get_mut(&chunk) {
            entry.holders += 1;
        }
    }

    /// A session gave its anchor of a chunk back.
    pub(crate) fn release(&mut self, chunk: u64) {
        if let Some(entry) = self.chunks.get_mut(&chunk) {
            entry.holders = entry.holders.saturating_sub(1);
        }
    }

    fn absorb(&mut self, other: &mut Self) {
        self.chunks.extend(other.chunks.drain());
        for ledger in other.ledgers.drain(..) {
            match self.ledger(ledger.session) {
                Some(own) => own.absorb(ledger),
                None => self.ledgers.push(ledger),
            }
        }
        self.loose.append(&mut other.loose);
        self.expired.extend(other.expired.drain());
        self.replaced.append(&mut other.replaced);
        self.disordered.append(&mut other.disordered);
        self.owners.extend(other.owners.drain());
        self.parents.extend(other.parents.drain());
        self.once.append(&mut other.once);
        self.ousted.append(&mut other.ousted);
        self.outside.append(&mut other.outside);
        self.said.append(&mut other.said);
        self.anew.append(&mut other.anew);
        self.again.append(&mut other.again);
        self.problems.append(&mut other.problems);
        self.dead += other.dead;
        self.queued |= other.queued;
        // Marks are numbers of sweeps: the larger number, or a mark from the future would look like
        // a visit, and what it leads to would be dropped.
        self.epoch = self.epoch.max(other.epoch);
        self.garbage.append(&mut other.garbage);
    }

    /// A live session's ledger.
    pub(crate) fn ledger(&mut self, session: u64) -> Option<&mut Ledger> {
        self.ledgers.iter_mut().find(|it| it.session == session)
    }

    /// The chunk of an address.
    pub(crate) fn chunk(&self, object: Ref) -> Option<&Arc<dyn AnyChunk>> {
        self.chunks.get(&object.chunk()).map(|it| &it.chunk)
    }

    /// Whether any relationship of a chunk's objects is known.
    pub(crate) fn has_cells(&self, chunk: u64) -> bool {
        self.chunks.get(&chunk).is_some_and(|it| !it.relations.is_empty())
    }

    /// The entity of an address.
    pub(crate) fn meta(&self, object: Ref) -> Option<&'static EntityMeta> {
        self.chunk(object).map(|it| it.meta())
    }

    /// The flags of an address.
    pub(crate) fn flags(&self, object: Ref) -> Flags {
        self.chunk(object).map(|it| it.head().flags(object.slot())).unwrap_or_default()
    }

    /// The live session that an object belongs to.
    pub(crate) fn session_of(&self, object: Ref) -> Option<u64> {
        let head = self.chunk(object)?.head();
        let attached = head.flags(object.slot()).state().is_attached();
        (attached && self.is_live(head)).then(|| head.owner.load(Ordering::Acquire))
    }

    /// Whether the session that a chunk belongs to is there.
    pub(crate) fn is_live(&self, head: &super::chunk::Head) -> bool {
        let owner = head.owner.load(Ordering::Acquire);
        self.ledgers.iter().any(|it| it.session == owner)
    }

    /// The state of an address, as the user sees it: nothing outlives its session.
    pub(crate) fn state(&self, object: Ref) -> State {
        let state = self.flags(object).state();
        if self.session_of(object).is_some() { state } else { state.outside() }
    }

    /// An anchor for a session to hold a chunk by. Never drop it under the lock.
    pub(crate) fn held_anchor(
        &mut self,
        chunk: u64,
        graph: &Arc<Graph>,
    ) -> Option<Arc<dyn AnyAnchor>> {
        let epoch = self.epoch;
        let entry = self.chunks.get_mut(&chunk)?;
        entry.holders += 1;
        Some(entry.anchor(graph, epoch))
    }

    /// An anchor for a chunk: the one there is, or a new one. Never drop it under the lock.
    pub(crate) fn anchor(&mut self, chunk: u64, graph: &Arc<Graph>) -> Option<Arc<dyn AnyAnchor>> {
        let epoch = self.epoch;
        Some(self.chunks.get_mut(&chunk)?.anchor(graph, epoch))
    }

    /// Forgets what these relationships of an object hold, but for changes that no flush has seen yet.
    pub(crate) fn forget_cells(&mut self, session: u64, object: Ref, relations: &[u16]) {
        let mut changed: SmallVec<[u16; 4]> = SmallVec::new();
        if let Some(ledger) = self.ledger(session).filter(|it| it.links != 0) {
            let events = ledger.log.get(ledger.flushed..).unwrap_or_default();
            let own = events.iter().filter(|it| it.owner() == Some(object));
            changed.extend(own.filter_map(Event::relation));
        }
        let Some(entry) = self.chunks.get_mut(&object.chunk()) else { return };
        let mut ledger = self.ledgers.iter_mut().find(|it| it.session == session && it.wrote);
        for (relation, cells) in entry.relations.iter_mut().enumerate() {
            let relation = relation as u16;
            if !relations.contains(&relation) || changed.contains(&relation) {
                continue;
            }
            let old = cells.one(object.slot());
            if let Some(ledger) = ledger.as_mut().filter(|_| old != UNLOADED) {
                ledger.log.push(Event::Forgotten { owner: object, relation, old });
            }
            cells.unload(object.slot());
        }
    }

    /// The cells of a chunk's relationship, to fill them.
    pub(crate) fn cells_of(&mut self, chunk: u64, relation: u16) -> Option<Cells<'_>> {
        let Entry { chunk, relations, .. } = self.chunks.get_mut(&chunk)?;
        let (head, column) = (chunk.head(), column(relations, relation));
        let owner = head.owner.load(Ordering::Acquire);
        let doubles = self.ledgers.iter().any(|it| it.sqlalchemy);
        let ledger = self.ledgers.iter_mut().find(|it| it.session == owner && it.wrote);
        Some(Cells { head, column, relation, doubles, log: ledger.map(|it| &mut it.log) })
    }

    /// The cell column of a chunk's relationship, made if need be.
    pub(crate) fn relation_mut(&mut self, chunk: u64, relation: u16) -> Option<&mut RelColumn> {
        Some(column(&mut self.chunks.get_mut(&chunk)?.relations, relation))
    }

    /// The cell column of a chunk's relationship.
    pub(super) fn relation(&self, chunk: u64, relation: u16) -> Option<&RelColumn> {
        self.chunks.get(&chunk)?.relations.get(usize::from(relation))
    }
}

/// A relationship's column, made if need be.
fn column(relations: &mut Vec<RelColumn>, relation: u16) -> &mut RelColumn {
    let index = usize::from(relation);
    if relations.len() <= index {
        relations.resize_with(index + 1, RelColumn::default);
    }
    &mut relations[index]
}

/// The cells of one relationship for one chunk, to be filled with what was loaded.
pub(crate) struct Cells<'t> {
    head: &'t super::chunk::Head,
    column: &'t mut RelColumn,
    relation: u16,
    /// Whether members may be listed twice.
    doubles: bool,
    /// Where a rollback finds what was filled, if it has to.
    log: Option<&'t mut Vec<Event>>,
}

impl Cells<'_> {
    /// Fills to-one cells, each unless it is known; whether one was filled.
    #[inline]
    pub(crate) fn fill_ones(&mut self, slots: impl Iterator<Item = u32>, value: u64) -> bool {
        let Self { head, column, relation, log, .. } = self;
        let cells = column.ones(head.used());
        let mut filled = false;
        for slot in slots {
            let unknown = cells.get_mut(slot as usize).filter(|it| **it == UNLOADED);
            let Some(cell) = unknown.filter(|_| !is_new(head, slot)) else { continue };
            *cell = value;
            filled = true;
            if let Some(log) = log {
                note(log, head, *relation, slot);
            }
        }
        filled
    }

    /// Fills a to-many cell, unless it is known; changes that were queued are merged in.
    pub(crate) fn fill_many(&mut self, slot: u32, members: &[u64]) -> bool {
        let unknown = self.column.many(slot).is_none() && !is_new(self.head, slot);
        if unknown {
            self.column.fill(slot, members, self.doubles);
            if let Some(log) = &mut self.log {
                note(log, self.head, self.relation, slot);
            }
        }
        unknown
    }
}

/// Whether an object has no row yet: what nobody set on it is known to be nothing.
fn is_new(head: &super::chunk::Head, slot: u32) -> bool {
    matches!(head.flags(slot).state(), State::Transient | State::Pending)
}

/// Has a rollback find what was filled.
fn note(log: &mut Vec<Event>, head: &super::chunk::Head, of: u16, slot: u32) {
    match log.last_mut() {
        Some(Event::Filled { chunk, relation, slots }) if (*chunk, *relation) == (head.id, of) => {
            slots.push(slot);
        }
        _ => log.push(Event::Filled { chunk: head.id, relation: of, slots: vec![slot] }),
    }
}

//! [`Anchor`]: exists while somebody outside the graph holds a chunk; [`Raw`]: an anchor and a slot.

use std::{
    any::Any,
    sync::{Arc, OnceLock},
};

use super::{
    chunk::{AnyChunk, Chunk},
    graph::Graph,
    reference::Ref,
    state::Flags,
};
use crate::mapping::Mapped;

/// Holds a chunk, and through the graph all that the chunk's objects are linked with. Its own count
/// says how many outside the graph hold the chunk.
pub(crate) struct Anchor<T: Mapped> {
    chunk: Arc<Chunk<T>>,
    /// Not set for transient objects that nothing is linked with.
    graph: OnceLock<Arc<Graph>>,
    /// The graph's last sweep when this anchor was made for a chunk that had none.
    epoch: u32,
}

/// What a chunk's first anchor has in place of a sweep's number.
const FIRST: u32 = u32::MAX;

/// An anchor without its type.
pub(crate) trait AnyAnchor: Send + Sync + Any {
    fn chunk(&self) -> Arc<dyn AnyChunk>;
    fn graph(&self) -> Option<&Arc<Graph>>;
    /// Whether nobody else has the chunk.
    fn is_sole(&self) -> bool;
}

impl<T: Mapped> AnyAnchor for Anchor<T> {
    fn chunk(&self) -> Arc<dyn AnyChunk> {
        self.chunk.clone()
    }

    fn graph(&self) -> Option<&Arc<Graph>> {
        self.graph.get().map(Graph::root)
    }

    fn is_sole(&self) -> bool {
        Arc::strong_count(&self.chunk) == 1
    }
}

impl<T: Mapped> Anchor<T> {
    /// The anchor of a chunk that stands alone.
    pub(crate) fn alone(chunk: Arc<Chunk<T>>) -> Self {
        Self { chunk, graph: OnceLock::new(), epoch: FIRST }
    }

    /// A new anchor of a chunk that the graph kept without one since its last sweep.
    pub(super) fn minted(chunk: Arc<Chunk<T>>, graph: Arc<Graph>, epoch: u32) -> Self {
        Self { chunk, graph: OnceLock::from(graph), epoch }
    }

    /// The anchor of a chunk in a graph.
    pub(crate) fn with_graph(chunk: Arc<Chunk<T>>, graph: Arc<Graph>) -> Self {
        Self { chunk, graph: OnceLock::from(graph), epoch: FIRST }
    }

    /// The anchor of one loaded value in a chunk of its own: in the place of another, for which it gives the value that
    /// was there, if nobody else knows that.
    pub(super) fn of_one(
        place: Option<Arc<dyn AnyAnchor>>,
        value: &mut Option<T>,
        owner: u64,
        graph: &Arc<Graph>,
    ) -> Arc<Self> {
        if let Some(Raw { mut anchor, .. }) = place.and_then(|it| Raw::<T>::from_any(it, 0))
            && let Some(place) = Arc::get_mut(&mut anchor)
            && let Some(chunk) = Arc::get_mut(&mut place.chunk)
            && chunk.replace(value, owner)
        {
            place.epoch = FIRST;
            if !place.graph.get().is_some_and(|it| Arc::ptr_eq(Graph::root(it), graph)) {
                place.graph = OnceLock::from(graph.clone());
            }
            return anchor;
        }
        let chunk = Arc::new(Chunk::one(value.take(), owner));
        Arc::new(Self::with_graph(chunk, graph.clone()))
    }

    /// The chunk.
    #[inline]
    pub(crate) fn chunk(&self) -> &Arc<Chunk<T>> {
        &self.chunk
    }

    /// The place of the graph.
    pub(crate) fn graph_cell(&self) -> &OnceLock<Arc<Graph>> {
        &self.graph
    }
}

impl<T: Mapped> Drop for Anchor<T> {
    fn drop(&mut self) {
        super::graph::order::check("an anchor is dropped");
        if let Some(graph) = self.graph.get() {
            Graph::root(graph).anchor_dropped(self.epoch);
        }
    }
}

/// The inside of a handle: which chunk, which slot.
pub struct Raw<T: Mapped> {
    anchor: Arc<Anchor<T>>,
    slot: u32,
}

impl<T: Mapped> Clone for Raw<T> {
    #[inline]
    fn clone(&self) -> Self {
        Self { anchor: self.anchor.clone(), slot: self.slot }
    }
}

impl<T: Mapped> Raw<T> {
    #[inline]
    pub(crate) fn new(anchor: Arc<Anchor<T>>, slot: u32) -> Self {
        Self { anchor, slot }
    }

    /// The anchor, typed again.
    pub(crate) fn from_any(anchor: Arc<dyn AnyAnchor>, slot: u32) -> Option<Self> {
        let any: Arc<dyn Any + Send + Sync> = anchor;
        any.downcast::<Anchor<T>>().ok().map(|anchor| Self { anchor, slot })
    }

    #[inline]
    pub(crate) fn anchor(&self) -> &Arc<Anchor<T>> {
        &self.anchor
    }

    #[inline]
    pub(crate) fn chunk(&self) -> &Arc<Chunk<T>> {
        &self.anchor.chunk
    }

    #[inline]
    pub(crate) fn slot(&self) -> u32 {
        self.slot
    }

    /// The address in the graph.
    #[inline]
    pub(crate) fn reference(&self) -> Ref {
        self.chunk().head().reference(self.slot)
    }

    /// The flags.
    pub(crate) fn flags(&self) -> Flags {
        self.chunk().head().flags(self.slot)
    }

    /// The graph, if the object is in one.
    pub(crate) fn graph(&self) -> Option<&Arc<Graph>> {
        self.anchor.graph.get().map(Graph::root)
    }

    /// The graph; an object that was in none enters a new one.
    pub(crate) fn graph_or_new(&self) -> Arc<Graph> {
        if let Some(graph) = self.graph() {
            return graph.clone();
        }
        let graph = Arc::new(Graph::new());
        graph.enter(self);
        // Two threads may try: the first graph stands, and the loser's is empty and dropped.
        self.graph().cloned().unwrap_or(graph)
    }
}

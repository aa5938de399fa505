//! [`AnyObj`]: a handle on an object of whatever entity.

use std::{
    fmt,
    hash::{Hash, Hasher},
    sync::Arc,
};

use aludel_core::value::Value;

use super::{
    Obj, Raw,
    anchor::AnyAnchor,
    chunk::AnyChunk,
    graph::Graph,
    reference::Ref,
    state::{Flags, State},
};
use crate::mapping::{EntityConst, EntityMeta, Mapped, Mapper};

/// A handle on an object of whatever entity: what a session lists, and what hooks get that are of no
/// one entity. [`downcast`](Self::downcast) leads back to an [`Obj`].
///
/// ```
/// # use aludel_orm::object::AnyObj;
/// # fn example<T: aludel_orm::mapping::Mapped>(user: aludel_orm::object::Obj<T>) {
/// let any = AnyObj::from(&user);
/// assert!(any == user);
/// assert!(any.downcast(T::Entity::TABLE).is_some_and(|it| it.is(&user)));
/// # }
/// # use aludel_orm::mapping::EntityConst;
/// ```
#[derive(Clone)]
pub struct AnyObj {
    anchor: Arc<dyn AnyAnchor>,
    slot: u32,
}

impl AnyObj {
    pub(crate) fn reference(&self) -> Ref {
        self.anchor.chunk().head().reference(self.slot)
    }

    pub(crate) fn chunk(&self) -> Arc<dyn AnyChunk> {
        self.anchor.chunk()
    }

    pub(crate) fn slot(&self) -> u32 {
        self.slot
    }

    #[cfg(feature = "serde")]
    pub(crate) fn graph(&self) -> Option<Arc<Graph>> {
        self.anchor.graph().cloned()
    }

    fn meta(&self) -> &'static EntityMeta {
        self.anchor.chunk().meta()
    }

    pub(crate) fn mapper(&self) -> &'static Mapper {
        Mapper::of(self.meta())
    }

    /// The entity's name.
    pub fn entity(&self) -> &'static str {
        self.meta().name
    }

    /// The state.
    pub fn state(&self) -> State {
        match self.anchor.graph() {
            Some(graph) => Graph::with(graph, |tables, _| tables.state(self.reference())),
            None => self.anchor.chunk().head().flags(self.slot).state(),
        }
    }

    /// Whether `delete` marked it, and no flush has deleted it yet.
    pub fn is_marked_deleted(&self) -> bool {
        self.anchor.chunk().head().flags(self.slot).has(Flags::MARKED)
    }

    /// The primary key's values; `None` where one is not set yet.
    pub fn identity(&self) -> Option<Vec<Value>> {
        let (chunk, mut identity) = (self.anchor.chunk(), None);
        let key = self.meta().primary_key;
        let read = chunk.with(self.slot, &mut |fields| {
            if !key.iter().any(|it| fields.is_unset(*it)) {
                identity = Some(key.iter().map(|it| fields.get(*it).to_value()).collect());
            }
        });
        read.ok().and(identity)
    }

    /// The object, if it is of this entity.
    pub fn downcast<C: EntityConst>(&self, entity: C) -> Option<Obj<C::Mapped>> {
        let _ = entity;
        Raw::from_any(self.anchor.clone(), self.slot).map(Obj::from_raw)
    }
}

/// Handles on objects of a graph. Anchors are made under the lock and dropped, if ever, after it.
pub(crate) fn any_objects(graph: &Arc<Graph>, objects: &[Ref]) -> Vec<AnyObj> {
    let mut anchors: Vec<(Arc<dyn AnyAnchor>, u32)> = Vec::with_capacity(objects.len());
    Graph::with(graph, |tables, graph| {
        let mut last = 0;
        for it in objects {
            let known = anchors.last().filter(|_| last == it.chunk()).map(|it| it.0.clone());
            last = it.chunk();
            let anchor = known.or_else(|| tables.anchor(it.chunk(), graph));
            anchors.extend(anchor.map(|anchor| (anchor, it.slot())));
        }
    });
    anchors.into_iter().map(|(anchor, slot)| AnyObj { anchor, slot }).collect()
}

impl<T: Mapped> From<&Obj<T>> for AnyObj {
    fn from(object: &Obj<T>) -> Self {
        Self { anchor: object.raw().anchor().clone(), slot: object.raw().slot() }
    }
}

impl<T: Mapped> From<Obj<T>> for AnyObj {
    fn from(object: Obj<T>) -> Self {
        Self::from(&object)
    }
}

impl PartialEq for AnyObj {
    fn eq(&self, other: &Self) -> bool {
        self.reference() == other.reference()
    }
}

impl Eq for AnyObj {}

impl<T: Mapped> PartialEq<Obj<T>> for AnyObj {
    fn eq(&self, other: &Obj<T>) -> bool {
        self.reference() == other.raw().reference()
    }
}

impl<T: Mapped> PartialEq<AnyObj> for Obj<T> {
    fn eq(&self, other: &AnyObj) -> bool {
        other == self
    }
}

impl Hash for AnyObj {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.reference().hash(state);
    }
}

/// As the debug form of an [`Obj`]: entity, key and state; never waits and never panics.
impl fmt::Debug for AnyObj {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.anchor.chunk().describe(self.slot, f)
    }
}

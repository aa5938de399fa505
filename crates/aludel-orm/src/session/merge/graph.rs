//! [`Merge`]: the objects that are merged, each once, and what they are linked with.

use std::{collections::HashMap, sync::Arc};

use crate::{
    Result,
    error::Subject,
    mapping::{Cascade, Direction, Mapped, Mapper, Relation},
    object::{
        Obj,
        chunk::{AnyChunk, Columns},
        graph::Graph,
        reference::Ref,
        state::{Flags, State},
    },
    session::{
        Key,
        core::Core,
        key::{key_text, whole_key},
    },
};

/// An object that is merged.
pub(crate) struct Source {
    pub(super) chunk: Arc<dyn AnyChunk>,
    pub(super) slot: u32,
    pub(super) graph: Option<Arc<Graph>>,
}

/// An object that is merged, and what becomes of it.
pub(super) struct Node {
    pub(super) source: Source,
    pub(super) mapper: &'static Mapper,
    pub(super) key: Option<Key>,
    pub(super) target: Target,
    /// The relationship by which it was reached.
    via: Option<&'static Relation>,
    /// The relationships that are set, and their members by position.
    pub(super) links: Vec<(&'static Relation, Vec<usize>)>,
}

/// The session's own copy.
#[derive(Clone, Copy)]
pub(super) enum Target {
    /// The object itself: it is in the session.
    Itself(Ref),
    /// One that the session holds.
    Held(Ref),
    /// The same as another's: two objects for one row.
    As(usize),
    /// A new one.
    New,
}

/// What is merged, by level.
#[derive(Default)]
pub(super) struct Merge {
    pub(super) nodes: Vec<Node>,
    /// Which node an object is: cycles end here (MRG-4).
    seen: HashMap<Ref, usize>,
    by_key: HashMap<(u32, Key), usize>,
}

impl Source {
    pub(crate) fn of<T: Mapped>(object: &Obj<T>) -> Self {
        let raw = object.raw();
        Self { chunk: raw.chunk().clone(), slot: raw.slot(), graph: raw.graph().cloned() }
    }

    pub(super) fn reference(&self) -> Ref {
        self.chunk.head().reference(self.slot)
    }

    /// The state as the user sees it, and the session that it is in.
    pub(super) fn state(&self) -> (State, Option<u64>) {
        let at = self.reference();
        match &self.graph {
            Some(graph) => Graph::with(graph, |it, _| (it.state(at), it.session_of(at))),
            None => (self.chunk.head().flags(self.slot).state(), None),
        }
    }

    /// Whether it is expired, all of it or in part.
    pub(super) fn is_expired(&self) -> bool {
        self.chunk.head().flags(self.slot).has(Flags::EXPIRED)
    }

    /// The columns whose values are known: those that are not expired, or were set since.
    pub(super) fn known(&self) -> Columns {
        let all = 0..self.chunk.meta().columns.len() as u16;
        let head = self.chunk.head();
        if !head.flags(self.slot).has(Flags::EXPIRED) {
            let mut said: Columns = all.collect();
            let at = self.reference();
            let _ = self.chunk.with(self.slot, &mut |it| head.said(at, it, &mut said));
            return said;
        }
        let at = self.reference();
        let expired = self.graph.as_ref().and_then(|it| {
            Graph::with(it, |it, _| it.expired_columns(at).map(Columns::from_slice))
        });
        let changed = self.chunk.changed(self.slot);
        let known = |it: &u16| expired.as_ref().is_some_and(|expired| !expired.contains(it));
        all.filter(|it| known(it) || changed.contains(it)).collect()
    }

    /// The members of a relationship that is set; `None` where nothing was said of it.
    pub(super) fn members(&self, relation: &Relation) -> Option<Vec<Self>> {
        let graph = self.graph.as_ref()?;
        Graph::with(graph, |tables, _| {
            let cells = tables.set_cells(self.reference(), relation)?;
            let source = |it: &u64| {
                let at = Ref::from_cell(*it)?;
                let chunk = tables.chunk(at)?.clone();
                Some(Self { chunk, slot: at.slot(), graph: Some(graph.clone()) })
            };
            Some(cells.iter().filter_map(source).collect())
        })
    }

    pub(super) fn subject(&self) -> Box<Subject> {
        let meta = self.chunk.meta();
        let mut key = String::new();
        let _ = self.chunk.with(self.slot, &mut |it| key = key_text(meta, it));
        Box::new(Subject { entity: meta.name, key })
    }

    /// The key of its row: the one that it was loaded with; `None` where a part is missing.
    pub(super) fn key(&self, mapper: &Mapper) -> Result<Option<Key>> {
        let mut key = None;
        self.chunk.loaded(self.slot, &mut |it| key = whole_key(mapper.meta, it))?;
        Ok(key)
    }
}

impl Merge {
    /// Takes in what is to be merged: the positions of all, and of those that are new here.
    pub(super) fn begin(
        core: &Core,
        sources: Vec<Source>,
    ) -> Result<(Self, Vec<usize>, Vec<usize>)> {
        let (mut merge, mut roots, mut level) = (Self::default(), Vec::new(), Vec::new());
        for source in sources {
            let (at, is_new) = merge.take(core, source, None)?;
            roots.push(at);
            level.extend(is_new.then_some(at));
        }
        Ok((merge, roots, level))
    }

    /// Takes in an object, once; its position, and whether it is new here.
    fn take(
        &mut self,
        core: &Core,
        source: Source,
        via: Option<&'static Relation>,
    ) -> Result<(usize, bool)> {
        let at = source.reference();
        if let Some(position) = self.seen.get(&at) {
            return Ok((*position, false));
        }
        let mapper = Mapper::checked(source.chunk.meta())?;
        let target = match source.state() {
            (State::Pending, Some(session)) if session == core.id && core.options.sqlalchemy => {
                Target::New
            }
            (State::Pending | State::Persistent, Some(session)) if session == core.id => {
                Target::Itself(at)
            }
            _ => Target::New,
        };
        let key = match target {
            Target::New => source.key(mapper)?,
            _ => None,
        };
        let position = self.nodes.len();
        let target = match &key {
            Some(key) => match self.by_key.get(&(mapper.number, key.clone())) {
                Some(other) => Target::As(*other),
                None => {
                    self.by_key.insert((mapper.number, key.clone()), position);
                    target
                }
            },
            None => target,
        };
        self.seen.insert(at, position);
        self.nodes.push(Node { source, mapper, key, target, via, links: Vec::new() });
        Ok((position, true))
    }

    /// Finds what the relationships of objects lead to, as far as they are set; the objects that are
    /// new here. `all` follows also the mirror of the relationship by which an object was reached, which
    /// leads back, and to others that nobody asked for.
    pub(super) fn follow(&mut self, core: &Core, level: &[usize], all: bool) -> Result<Vec<usize>> {
        let mut next = Vec::new();
        for &position in level {
            // One that is in the session is as it is.
            if matches!(self.nodes[position].target, Target::Itself(_)) {
                continue;
            }
            for relation in &self.nodes[position].mapper.relationships {
                let via = self.nodes[position].via.and_then(Relation::back_relation);
                let leads_back = !all && via.is_some_and(|it| std::ptr::eq(it, relation));
                if !relation.cascade.has(Cascade::MERGE) || leads_back {
                    continue;
                }
                let Some(members) = self.nodes[position].source.members(relation) else { continue };
                let mut positions = Vec::with_capacity(members.len());
                for member in members {
                    let (at, is_new) = self.take(core, member, Some(relation))?;
                    positions.push(at);
                    next.extend(is_new.then_some(at));
                }
                self.nodes[position].links.push((relation, positions));
            }
        }
        Ok(next)
    }

    /// The session's own copy of an object, once all are made.
    pub(super) fn target(&self, position: usize) -> Option<Ref> {
        match self.nodes[position].target {
            Target::Itself(at) | Target::Held(at) => Some(at),
            Target::As(other) => self.target(other),
            Target::New => None,
        }
    }

    /// The owners of a level whose members are set and refer to them, by relationship, as far as they
    /// have a row: who has to leave must be known.
    pub(super) fn collections(&self, level: &[usize]) -> Vec<(&'static Relation, Vec<Ref>)> {
        let mut found: Vec<(&'static Relation, Vec<Ref>)> = Vec::new();
        for &position in level {
            let Some(owner) = self.target(position) else { continue };
            let links = self.nodes[position].links.iter();
            for (relation, _) in links.filter(|it| it.0.direction != Direction::ManyToOne) {
                match found.iter_mut().find(|it| std::ptr::eq(it.0, *relation)) {
                    Some((_, owners)) => owners.push(owner),
                    None => found.push((relation, vec![owner])),
                }
            }
        }
        found
    }
}

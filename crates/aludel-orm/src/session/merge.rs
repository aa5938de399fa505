//! `merge`: what comes from outside (a detached graph, plain values) is copied onto the session's own
//! objects.
//!
//! First everything that is needed is loaded, level by level: a query for each entity and relationship
//! of a level, not for each object. Then all is copied in one step, so that what fails or is dropped
//! in between has changed nothing.

mod graph;
mod loaded;

use std::collections::HashMap;

use aludel_core::value::Value;

pub(super) use self::graph::Source;
use self::graph::{Merge, Node, Target};
use super::{Key, core::Core};
use crate::{
    Error, Result,
    error::StaleData,
    mapping::{ColumnDefault, Direction, Mapped, Mapper, Relation},
    object::{
        Obj,
        access::handles,
        chunk::{AnyChunk, Fields},
        graph::Graph,
        reference::Ref,
        state::{Flags, State},
    },
};

/// Rows of one entity to read: of which objects, whether the session holds an expired one, and their
/// keys.
struct Wanted {
    mapper: &'static Mapper,
    nodes: Vec<(usize, bool)>,
    keys: Vec<Key>,
}

impl Core {
    /// Merges objects; the session's own copies, in order.
    pub(crate) async fn merge(&mut self, sources: Vec<Source>) -> Result<Vec<Ref>> {
        self.settle().await;
        // What needs no query goes on there after a failure.
        if !self.options.sqlalchemy || !self.is_clean() {
            self.check()?;
        }
        self.enter_joined()?;
        // Once, and nothing below flushes again (MRG-7).
        if self.options.autoflush {
            self.flush().await?;
        }
        let pending = match self.options.sqlalchemy {
            true => HashMap::new(),
            false => self.pending_keys(),
        };
        let (mut merge, roots, mut level) = Merge::begin(self, sources)?;
        while !level.is_empty() {
            self.find_targets(&mut merge, &level, &pending).await?;
            let next = merge.follow(self, &level, false)?;
            // Before the members are looked for: most of them come with it. Who stood in a one-to-one is
            // the flush's business there.
            let lists = |it: &(&Relation, _)| it.0.many || !self.options.sqlalchemy;
            let found = merge.collections(&level).into_iter().filter(lists);
            for (relation, owners) in found.collect::<Vec<_>>() {
                self.check()?;
                self.load_members(relation, &owners, false).await?;
            }
            level = next;
        }
        self.apply_merge(&mut merge)?;
        Ok(roots.into_iter().filter_map(|it| merge.target(it)).collect())
    }

    /// Objects that will be inserted under keys of their own, by key (MRG-5).
    fn pending_keys(&self) -> HashMap<(u32, Key), Ref> {
        let pending = self.ledger(|it| it.pending.clone());
        let mut keys = HashMap::new();
        for at in pending {
            let Some(chunk) = self.chunk(at) else { continue };
            if chunk.head().flags(at.slot()).state() != State::Pending {
                continue;
            }
            let mapper = Mapper::of(chunk.meta());
            let source = Source { chunk, slot: at.slot(), graph: None };
            if let Ok(Some(key)) = source.key(mapper) {
                keys.insert((mapper.number, key), at);
            }
        }
        keys
    }

    /// Finds the session's own copies of a level: in the identity map, or by a query for each entity
    /// (MRG-2).
    async fn find_targets(
        &mut self,
        merge: &mut Merge,
        level: &[usize],
        pending: &HashMap<(u32, Key), Ref>,
    ) -> Result<()> {
        let mut wanted: Vec<Wanted> = Vec::new();
        for &position in level {
            let node = &mut merge.nodes[position];
            let (Target::New, Some(key)) = (node.target, &node.key) else { continue };
            let held = self.find_held(node.mapper, key);
            let own = node.source.reference();
            let held = held.or_else(|| pending.get(&(node.mapper.number, key.clone())).copied());
            let held = held.filter(|it| *it != own);
            let expired = held.is_some_and(|it| self.tables(|t| t.flags(it)).has(Flags::EXPIRED));
            // What is expired is overwritten there, or stays so, unless its key is set: that is read before.
            let sets_key = || {
                let known = node.source.known();
                node.mapper.meta.primary_key.iter().any(|it| known.contains(it))
                    && held.is_some_and(|at| self.tables(|it| it.is_key_expired(at)))
            };
            let expired = expired && (!self.options.sqlalchemy || sets_key());
            match held {
                Some(at) if !expired => node.target = Target::Held(at),
                _ => {
                    let mapper = node.mapper;
                    if let Some(at) = held {
                        self.tables(|it| it.load_again_as(at, own));
                    }
                    let place = wanted.iter().position(|it| std::ptr::eq(it.mapper, mapper));
                    let place = place.unwrap_or_else(|| {
                        wanted.push(Wanted { mapper, nodes: Vec::new(), keys: Vec::new() });
                        wanted.len() - 1
                    });
                    wanted[place].nodes.push((position, expired));
                    wanted[place].keys.push(key.clone());
                }
            }
        }
        for Wanted { mapper, nodes, keys } in wanted {
            self.check()?;
            self.read_by_keys(mapper, &keys).await?;
            for ((position, expired), key) in nodes.into_iter().zip(keys) {
                let held = self.find_held(mapper, &key);
                let still = held
                    .filter(|_| expired)
                    .is_some_and(|it| self.tables(|t| t.flags(it)).has(Flags::EXPIRED));
                if let Some(at) = held.filter(|_| still) {
                    return Err(Error::ObjectDeleted(self.subject(at)));
                }
                if let Some(at) = held {
                    merge.nodes[position].target = Target::Held(at);
                }
            }
        }
        Ok(())
    }

    /// Copies columns and relationships onto the session's own objects.
    fn apply_merge(&mut self, merge: &mut Merge) -> Result<()> {
        // Whatever is borrowed is refused before anything is changed.
        for node in &merge.nodes {
            node.source.chunk.with(node.source.slot, &mut |_| ())?;
            if let Target::Held(at) = node.target
                && let Some(chunk) = self.chunk(at)
            {
                chunk.write(at.slot(), &mut |_| ())?;
                self.check_version(&node.source, node.mapper, at)?;
            }
        }
        for position in 0..merge.nodes.len() {
            let Node { source, mapper, target, .. } = &merge.nodes[position];
            match *target {
                Target::New => {
                    let at = (mapper.meta.ops.copy)(self, &*source.chunk, source.slot)?;
                    if self.options.sqlalchemy {
                        self.unset_unknown(source, at)?;
                    }
                    merge.nodes[position].target = Target::Held(at);
                }
                Target::Held(at) => self.copy_columns(source, at)?,
                Target::As(_) => {
                    if let Some(at) = merge.target(position) {
                        self.copy_columns(source, at)?;
                    }
                }
                Target::Itself(_) => {}
            }
        }
        for (position, node) in merge.nodes.iter().enumerate() {
            let Some(owner) = merge.target(position) else { continue };
            if self.options.sqlalchemy {
                self.tables(|it| it.load_again_as(owner, node.source.reference()));
            }
            for (relation, members) in &node.links {
                let members: Vec<Ref> = members.iter().filter_map(|it| merge.target(*it)).collect();
                // What the row says already is known by that, and no change.
                if self.refers(relation, owner, members.first().copied())
                    && !self.is_unsaid(relation, owner)
                {
                    let cells: Vec<u64> = members.iter().map(|it| it.cell()).collect();
                    self.tables(|it| it.fill(relation, owner, &cells));
                }
                self.tables(|tables| {
                    if relation.many {
                        tables.assign_all(owner, relation, &members);
                    } else {
                        tables.assign(owner, relation, members.first().copied());
                    }
                });
            }
        }
        Ok(())
    }

    /// What is expired of a source isn't copied.
    fn unset_unknown(&mut self, source: &Source, at: Ref) -> Result<()> {
        if !source.is_expired() {
            return Ok(());
        }
        let (known, columns) = (source.known(), source.chunk.meta().columns.len() as u16);
        let Some(chunk) = self.chunk(at) else { return Ok(()) };
        chunk.write(at.slot(), &mut |fields| {
            let unknown = (0..columns).filter(|it| !known.contains(it));
            unknown.for_each(|it| _ = fields.put(it, None));
        })
    }

    /// Refuses an object whose row has another version than it was read in (VER-8).
    fn check_version(&self, source: &Source, mapper: &Mapper, at: Ref) -> Result<()> {
        let Some((column, _)) = mapper.version else { return Ok(()) };
        if !source.known().contains(&column) {
            return Ok(());
        }
        let mut seen = None;
        source.chunk.loaded(source.slot, &mut |it| {
            seen = (!it.is_unset(column)).then(|| it.get(column).to_value());
        })?;
        let (Some(seen), Some(chunk)) = (seen, self.chunk(at)) else { return Ok(()) };
        let mut same = true;
        chunk.loaded(at.slot(), &mut |it| same = it.get(column) == seen.as_ref())?;
        if same || chunk.head().flags(at.slot()).state() != State::Persistent {
            return Ok(());
        }
        let subject = self.subject(at);
        let (entity, key) = (subject.entity, subject.key);
        let version = Some(seen.to_string());
        let stale = StaleData { entity, key, version, action: "merge", expected: 1, matched: 0 };
        Err(Error::StaleData(Box::new(stale)))
    }

    /// Whether an object's row refers to another, or to none.
    fn refers(&self, relation: &Relation, owner: Ref, member: Option<Ref>) -> bool {
        let member = member.map(|it| (self.chunk(it), it.slot()));
        let (Direction::ManyToOne, Some(chunk)) = (relation.direction, self.chunk(owner)) else {
            return false;
        };
        let mut same = true;
        let read = chunk.loaded(owner.slot(), &mut |own| match &member {
            None => same = relation.pairs.iter().all(|it| own.get(it.0).is_null()),
            Some((Some(chunk), slot)) => {
                let equal = &mut |other: &dyn Fields| {
                    let key = |it: &(u16, u16)| own.get(it.0) == other.get(it.1);
                    let set = |it: &(u16, u16)| !own.get(it.0).is_null();
                    same = relation.pairs.iter().all(|it| key(it) && set(it));
                };
                same = chunk.with(*slot, equal).is_ok() && same;
            }
            Some((None, _)) => same = false,
        });
        read.is_ok() && same
    }

    /// Sets what is known of an object on the session's own copy, as a program would (MRG-3).
    fn copy_columns(&mut self, source: &Source, at: Ref) -> Result<()> {
        let Some(chunk) = self.chunk(at) else { return Ok(()) };
        let columns = chunk.meta().columns;
        let is_computed = |it: u16| {
            let column = &columns[usize::from(it)];
            column.property.is_some() || matches!(column.default, ColumnDefault::Computed(_))
        };
        let mut known = source.known();
        // What the database computes is never written.
        known.retain(|it| !is_computed(*it));
        let mut news: Vec<(u16, Value)> = Vec::new();
        source.chunk.with(source.slot, &mut |from| {
            let set = known.iter().filter(|it| !from.is_unset(**it));
            news.extend(set.map(|it| (*it, from.get(*it).to_value())));
        })?;
        let unset = |fields: &dyn Fields, it: &(u16, Value)| {
            fields.is_unset(it.0) || fields.get(it.0) != it.1.as_ref()
        };
        chunk.with(at.slot(), &mut |to| news.retain(|it| unset(to, it)))?;
        if news.is_empty() {
            return Ok(());
        }
        chunk.change(at.slot(), &mut |fields| {
            for (column, value) in &news {
                fields.put(*column, Some(value.as_ref()));
            }
        })?;
        let tracked = chunk.head().flags(at.slot()).has(Flags::TOUCHED);
        if tracked && chunk.head().announce() {
            self.ledger(|it| it.dirty.push(at.chunk()));
        }
        Ok(())
    }

    /// Handles on objects of this session.
    pub(crate) fn own_handles<T: Mapped>(&mut self, objects: &[Ref]) -> Vec<Obj<T>> {
        let graph = Graph::root(&self.graph).clone();
        let cells: Vec<u64> = objects.iter().map(|it| it.cell()).collect();
        let handles = handles(&graph, &cells);
        self.sweep(false);
        handles
    }

    /// A pending copy of an object (MRG-2).
    pub(crate) fn copy_of<T: Mapped>(&mut self, chunk: &dyn AnyChunk, slot: u32) -> Result<Ref> {
        let value = snapshot_of::<T>(chunk, slot)?;
        let copy = self.add_value(value);
        Ok(copy.raw().reference())
    }

    /// A copy of an object that counts as loaded.
    pub(crate) fn adopted_copy_of<T: Mapped>(
        &mut self,
        chunk: &dyn AnyChunk,
        slot: u32,
    ) -> Result<Ref> {
        let value = &mut Some(snapshot_of::<T>(chunk, slot)?);
        // Its chunk is kept by the session.
        let copy = self.land_one(Mapper::of(T::meta()), value, None)?;
        let none = || Error::ObjectDeleted(Error::subject(Some(T::meta())));
        copy.map(|it| it.raw().reference()).ok_or_else(none)
    }
}

/// A copy of an object's columns.
pub(crate) fn snapshot_of<T: Mapped>(chunk: &dyn AnyChunk, slot: u32) -> Result<T> {
    let any: &dyn std::any::Any = chunk;
    match any.downcast_ref::<crate::object::chunk::Chunk<T>>() {
        Some(chunk) => chunk.read(slot).map(|it| it.snapshot()),
        None => Err(Error::ObjectDeleted(Error::subject(Some(T::meta())))),
    }
}

//! A session that does as SQLAlchemy reads expired objects again before it writes them, or rows that refer to
//! them.

use foldhash::fast::RandomState;
use hashbrown::{HashMap, HashSet};

use crate::{
    Error, Result,
    error::Attribute,
    loading::FillBy,
    mapping::{Direction, Mapper, Relation},
    object::{
        graph::Tables,
        later::Later,
        log::Event,
        reference::Ref,
        state::{Flags, State},
    },
    session::{core::Core, key::key_values},
};

/// Objects that a flush has read again, or that took over a row: what they were when they changed isn't known.
pub(super) type Stale = HashSet<Ref, RandomState>;

impl Core {
    /// Reads the rows of expired objects that the flush goes by; these objects.
    pub(super) async fn load_stale(&mut self) -> Result<Stale> {
        if !self.options.sqlalchemy {
            return Ok(Stale::default());
        }
        let mut stale = self.relinked_ends();
        let (dirty, marked) = self.ledger(|it| {
            stale.extend(it.assigned.iter().map(|it| it.object));
            (it.dirty.clone(), it.marked.clone())
        });
        stale.extend(self.tables(|it| it.still_marked(marked)));
        for id in dirty {
            let Some(chunk) = self.chunk(Ref::new(id, 0)) else { continue };
            let head = chunk.head();
            let persistent = |it: u32| head.flags(it).state() == State::Persistent;
            chunk.harvest(false, &persistent, &mut |slot, _, _, columns| {
                stale.extend(Some(head.reference(slot)).filter(|_| !columns.is_empty()));
            })?;
        }
        let id = self.id;
        let mut seen = Stale::default();
        self.tables(|tables| {
            stale.retain(|it| tables.session_of(*it) == Some(id) && is_stale(tables, *it));
        });
        stale.retain(|it| seen.insert(*it));
        for (mapper, objects) in self.by_entity(&stale, |_| true)? {
            let mut keys = Vec::new();
            for at in &objects {
                let Some(chunk) = self.chunk(*at) else { continue };
                chunk.loaded(at.slot(), &mut |it| keys.push(key_values(mapper.meta, it)))?;
            }
            self.read_by_keys(mapper, &keys).await?;
            let gone = self.tables(|it| objects.into_iter().find(|at| is_stale(it, *at)));
            if let Some(at) = gone {
                return Err(Error::ObjectDeleted(self.subject(at)));
            }
        }
        self.ledger(|it| seen.extend(it.unsaid.iter().map(|it| it.0)));
        Ok(seen)
    }

    /// What the deleted refer to is known there once their rows were read, where that needs no query: of each
    /// relationship the first.
    pub(super) fn recall_marked(&mut self, stale: &Stale) -> Result<()> {
        if stale.is_empty() {
            return Ok(());
        }
        let mut marked = self.ledger(|it| it.marked.clone());
        marked.retain(|it| stale.contains(it));
        for (mapper, owners) in self.by_entity(&marked, |it| it.has(Flags::MARKED))? {
            let refers = |it: &&Relation| it.direction == Direction::ManyToOne;
            for relation in mapper.relationships.iter().filter(refers) {
                for at in &owners {
                    if self.is_unsaid(relation, *at) {
                        continue;
                    }
                    if self.tables(|it| it.is_loaded(*at, relation))
                        || self.fill_by_key(relation, *at, FillBy::KeyOfExpired)?
                    {
                        break;
                    }
                }
            }
        }
        Ok(())
    }

    /// There, what the deleted of a tree refer to is asked for, and must not be forbidden: of all but the first that
    /// the session can tell.
    pub(crate) fn refuse_forbidden(
        &mut self,
        mapper: &'static Mapper,
        owners: &[Ref],
    ) -> Result<()> {
        let is_tree =
            |it: &&Relation| it.direction == Direction::ManyToOne && it.owner.is(it.target);
        for relation in mapper.relationships.iter().filter(is_tree) {
            let mut forbidden = owners.to_vec();
            self.tables(|it| {
                forbidden.retain(|at| {
                    !it.is_loaded(*at, relation)
                        && it.later(*at, relation.index) == Some(Later::Forbidden)
                });
            });
            if forbidden.is_empty() {
                continue;
            }
            let mut told = None;
            for at in owners {
                let is_known = self.tables(|it| it.is_loaded(*at, relation))
                    || !self.is_unsaid(relation, *at)
                        && self.fill_by_key(relation, *at, FillBy::KeyOfExpired)?;
                if is_known {
                    told = Some(*at);
                    break;
                }
            }
            if told.is_some_and(|told| forbidden.iter().any(|it| *it != told)) {
                let attribute = Attribute { entity: mapper.entity(), name: relation.name };
                return Err(Error::RaiseLoad(Box::new(attribute)));
            }
        }
        Ok(())
    }

    /// There, an expired object whose key a new one has is read first: where its row is gone, so is it.
    pub(super) async fn drop_gone(&mut self) -> Result<()> {
        if !self.options.sqlalchemy {
            return Ok(());
        }
        let pending = self.ledger(|it| it.pending.clone());
        for (mapper, objects) in self.by_entity(&pending, |it| it.state() == State::Pending)? {
            for at in objects {
                let Some(chunk) = self.chunk(at) else { continue };
                let mut key = None;
                chunk.with(at.slot(), &mut |it| {
                    let is_set = mapper.meta.primary_key.iter().all(|at| !it.is_unset(*at));
                    key = is_set.then(|| key_values(mapper.meta, it));
                })?;
                let Some(key) = key else { continue };
                let Some(held) = self.find_held(mapper, &key) else { continue };
                let flags = self.tables(|it| it.flags(held));
                if is_expired(flags) && !self.read_by_key(mapper, key.clone()).await? {
                    self.vanish(mapper, &key);
                }
            }
        }
        Ok(())
    }

    /// The objects whose keys the flush needs for links that changed, and those whose rows hold them.
    fn relinked_ends(&self) -> Vec<Ref> {
        let id = self.id;
        self.tables(|tables| {
            let Some(ledger) = tables.ledger(id).filter(|it| it.links != 0) else {
                return Vec::new();
            };
            let events = ledger.log.get(ledger.flushed..).unwrap_or_default().to_vec();
            // What came and went changes nothing.
            let mut nets: HashMap<(Ref, u16, Ref), i32, RandomState> = HashMap::default();
            for event in &events {
                match *event {
                    Event::Added { owner, relation, member } => {
                        *nets.entry((owner, relation, member)).or_default() += 1;
                    }
                    Event::Removed { owner, relation, member, .. } => {
                        *nets.entry((owner, relation, member)).or_default() -= 1;
                    }
                    _ => {}
                }
            }
            let mut ends = Vec::new();
            for event in events {
                if let Event::Added { owner, relation, member }
                | Event::Removed { owner, relation, member, .. } = event
                    && nets.get(&(owner, relation, member)) == Some(&0)
                {
                    continue;
                }
                if matches!(event, Event::One { old, new, .. } if old == new) {
                    continue;
                }
                let is_marked = |it: Ref| tables.flags(it).has(Flags::MARKED);
                let left = |it: Ref| tables.session_of(it) != Some(id);
                if event.owner().is_some_and(|it| is_marked(it) || left(it)) {
                    continue;
                }
                let Some(meta) = event.owner().and_then(|it| tables.meta(it)) else { continue };
                let relations = &Mapper::of(meta).relationships;
                let direction = |at: u16| relations[usize::from(at)].direction;
                match event {
                    Event::One { owner, relation, .. } => {
                        ends.push(owner);
                        ends.extend(Ref::from_cell(tables.one(owner, relation)));
                    }
                    Event::Added { owner, member, .. } => ends.extend([owner, member]),
                    Event::Removed { owner, relation, member, .. }
                        if direction(relation) == Direction::ManyToMany =>
                    {
                        ends.extend([owner, member]);
                    }
                    _ => {}
                }
            }
            ends
        })
    }
}

fn is_expired(flags: Flags) -> bool {
    flags.state() == State::Persistent && flags.has(Flags::EXPIRED) && !flags.has(Flags::MARKED)
}

/// Whether a persistent object is expired with its key.
fn is_stale(tables: &Tables, object: Ref) -> bool {
    tables.flags(object).state() == State::Persistent
        && tables.is_key_expired(object)
        && !tables.is_ousted(object)
}

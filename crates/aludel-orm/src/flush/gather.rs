//! Gathers what changed since the last flush: under the graph's lock, without touching an object.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use crate::{
    mapping::{Direction, Mapper, Relation},
    object::{
        chunk::AnyChunk,
        graph::Tables,
        log::Event,
        reference::{Ref, UNLOADED},
        state::{Flags, State},
    },
    session::core::Core,
};

/// What changed since the last flush.
#[derive(Default)]
pub(super) struct Gathered {
    /// Objects to insert, in the order in which they became pending.
    pub(super) pending: Vec<Ref>,
    /// Objects to delete.
    pub(super) marked: Vec<Ref>,
    /// Chunks with objects whose columns changed.
    pub(super) dirty: Vec<u64>,
    /// A row that refers to another: owner, the relationship's condition, and the other object.
    pub(super) references: Vec<Reference>,
    /// Pairs of many-to-many relationships that came (above 0) or went (below 0).
    pub(super) pairs: Vec<(Pair, i32)>,
    /// The chunks of all of these, by number.
    pub(super) chunks: HashMap<u64, Arc<dyn AnyChunk>>,
}

/// A row whose foreign key follows a relationship.
pub(super) struct Reference {
    /// The object whose row holds the foreign key.
    pub(super) child: Ref,
    /// The foreign key's columns, and those of the parent that they hold.
    pub(super) columns: Vec<(u16, u16)>,
    /// The object referred to; `None` makes the key NULL.
    pub(super) parent: Option<Ref>,
}

/// A pair of a many-to-many relationship, seen from its canonical side.
#[derive(Clone, Copy)]
pub(super) struct Pair {
    pub(super) relation: &'static Relation,
    pub(super) owner: Ref,
    pub(super) member: Ref,
}

type PairKey = (*const Relation, Ref, Ref);

impl Pair {
    fn key(&self) -> PairKey {
        (std::ptr::from_ref(self.relation), self.owner, self.member)
    }

    /// The same pair, seen from the side that both agree on.
    fn canonical(self) -> Self {
        match self.relation.back {
            Some(back) if !self.relation.is_canonical() => Self {
                relation: &Mapper::of(self.relation.target).relationships[usize::from(back.index)],
                owner: self.member,
                member: self.owner,
            },
            _ => self,
        }
    }
}

impl Core {
    /// Gathers what changed since the last flush. If it is taken, what changes from now on belongs to
    /// the next flush.
    pub(super) fn gather(&self, take: bool) -> Gathered {
        let id = self.id;
        self.tables(|tables| {
            let mut gathered = Gathered::default();
            let Some(ledger) = tables.ledger(id) else { return gathered };
            let pending = ledger.pending.clone();
            let marked = ledger.marked.clone();
            gathered.dirty = ledger.dirty.clone();
            gathered.dirty.sort_unstable();
            gathered.dirty.dedup();
            let cell = |it: &&Event| {
                matches!(it, Event::One { .. } | Event::Added { .. } | Event::Removed { .. })
            };
            let events: Vec<Event> =
                ledger.log[ledger.flushed..].iter().filter(cell).cloned().collect();
            if take {
                ledger.flushed = ledger.log.len();
                ledger.links = 0;
                (ledger.pending, ledger.marked, ledger.dirty) =
                    (Vec::new(), Vec::new(), Vec::new());
            }
            let is_pending = |it: &Ref| tables.flags(*it).state() == State::Pending;
            gathered.pending = pending.into_iter().filter(is_pending).collect();
            gathered.marked =
                marked.into_iter().filter(|it| tables.flags(*it).has(Flags::MARKED)).collect();
            gathered.marked.sort_unstable();
            gathered.marked.dedup();
            gathered.of_new_objects(tables);
            gathered.of_events(tables, &events);
            gathered.of_deleted(tables);
            gathered.find_chunks(tables);
            gathered
        })
    }
}

impl Gathered {
    /// New objects' relationships are read from their cells, whoever set them and when.
    fn of_new_objects(&mut self, tables: &Tables) {
        for position in 0..self.pending.len() {
            let object = self.pending[position];
            let Some(meta) = tables.meta(object) else { continue };
            for relation in &Mapper::of(meta).relationships {
                if !relation.is_canonical() {
                    continue;
                }
                if !relation.many {
                    let cell = tables.one(object, relation.index);
                    if let Some(other) = Ref::from_cell(cell) {
                        self.refer(relation, object, other);
                    }
                    continue;
                }
                for member in tables.member_slice(object, relation.index).unwrap_or_default() {
                    let Some(member) = Ref::from_cell(*member) else { continue };
                    if relation.direction == Direction::ManyToMany {
                        self.pairs.push((Pair { relation, owner: object, member }, 1));
                    } else {
                        self.refer(relation, object, member);
                    }
                }
            }
        }
    }

    /// A link between two objects becomes a foreign key of one of them.
    fn refer(&mut self, relation: &Relation, owner: Ref, other: Ref) {
        let reference = match relation.direction {
            Direction::ManyToOne => {
                Reference { child: owner, columns: relation.pairs.clone(), parent: Some(other) }
            }
            Direction::OneToMany | Direction::ManyToMany => {
                Reference { child: other, columns: flipped(relation), parent: Some(owner) }
            }
        };
        self.references.push(reference);
    }

    /// Persistent objects' relationships are read from the log: only what changed counts.
    fn of_events(&mut self, tables: &Tables, events: &[Event]) {
        // By child and relationship, the cell before the first change and after the last.
        let mut ones: Vec<(Ref, &'static Relation, u64, u64)> = Vec::new();
        let mut places: HashMap<(Ref, *const Relation), usize> = HashMap::new();
        let mut lists: Vec<(&'static Relation, Ref, Ref, bool)> = Vec::new();
        let mut pairs: HashMap<PairKey, usize> = HashMap::new();
        for event in events {
            let (owner, index) = match event {
                Event::One { owner, relation, .. }
                | Event::Added { owner, relation, .. }
                | Event::Removed { owner, relation, .. } => (*owner, *relation),
                _ => continue,
            };
            let Some(meta) = tables.meta(owner) else { continue };
            let relation = &Mapper::of(meta).relationships[usize::from(index)];
            if !relation.is_canonical() || tables.flags(owner).state() != State::Persistent {
                continue;
            }
            match *event {
                Event::One { old, new, .. } => {
                    let place =
                        *places.entry((owner, std::ptr::from_ref(relation))).or_insert_with(|| {
                            ones.push((owner, relation, old, new));
                            ones.len() - 1
                        });
                    ones[place].3 = new;
                }
                Event::Added { member, .. } | Event::Removed { member, .. } => {
                    let added = matches!(event, Event::Added { .. });
                    if relation.direction == Direction::ManyToMany {
                        let key = (std::ptr::from_ref(relation), owner, member);
                        let place = *pairs.entry(key).or_insert_with(|| {
                            self.pairs.push((Pair { relation, owner, member }, 0));
                            self.pairs.len() - 1
                        });
                        self.pairs[place].1 += if added { 1 } else { -1 };
                    } else {
                        lists.push((relation, owner, member, added));
                    }
                }
                _ => {}
            }
        }
        for (owner, relation, old, new) in ones {
            if old == new && old != UNLOADED {
                continue;
            }
            match (relation.direction, Ref::from_cell(new)) {
                (Direction::ManyToOne, parent) => {
                    let columns = relation.pairs.clone();
                    self.references.push(Reference { child: owner, columns, parent });
                }
                (_, other) => {
                    // One to one, seen from the side without the key.
                    if let Some(former) = Ref::from_cell(old) {
                        let columns = flipped(relation);
                        self.references.push(Reference { child: former, columns, parent: None });
                    }
                    if let Some(other) = other {
                        self.refer(relation, owner, other);
                    }
                }
            }
        }
        for (relation, owner, member, added) in lists {
            let parent = added.then_some(owner);
            self.references.push(Reference { child: member, columns: flipped(relation), parent });
        }
    }

    /// What refers to a deleted object lets go of it: members of collections without a delete
    /// cascade lose their key, and association rows go.
    fn of_deleted(&mut self, tables: &Tables) {
        let deleted: HashSet<Ref> = self.marked.iter().copied().collect();
        let mut places: HashMap<PairKey, usize> = HashMap::new();
        for (place, (pair, _)) in self.pairs.iter().enumerate() {
            places.insert(pair.key(), place);
        }
        for object in self.marked.clone() {
            let Some(meta) = tables.meta(object) else { continue };
            for relation in &Mapper::of(meta).relationships {
                let members: Vec<Ref> = if relation.many {
                    let members = tables.member_slice(object, relation.index).unwrap_or_default();
                    members.iter().filter_map(|it| Ref::from_cell(*it)).collect()
                } else {
                    Ref::from_cell(tables.one(object, relation.index)).into_iter().collect()
                };
                for member in members {
                    match relation.direction {
                        Direction::ManyToOne => {}
                        Direction::OneToMany => {
                            let child = tables.flags(member);
                            if !deleted.contains(&member) && child.state() == State::Persistent {
                                let columns = flipped(relation);
                                self.references.push(Reference {
                                    child: member,
                                    columns,
                                    parent: None,
                                });
                            }
                        }
                        Direction::ManyToMany => {
                            // Each row once, from whichever side it is met first; one that was
                            // never inserted not at all.
                            let pair = Pair { relation, owner: object, member }.canonical();
                            if let std::collections::hash_map::Entry::Vacant(entry) =
                                places.entry(pair.key())
                            {
                                entry.insert(self.pairs.len());
                                self.pairs.push((pair, -1));
                            }
                        }
                    }
                }
            }
        }
        // A pair with an end that is being deleted is not inserted.
        self.pairs.retain(|(pair, net)| {
            *net != 0
                && (*net < 0 || !(deleted.contains(&pair.owner) || deleted.contains(&pair.member)))
        });
    }

    fn find_chunks(&mut self, tables: &Tables) {
        let refs = self.pending.iter().chain(&self.marked).copied();
        let more = self.references.iter().flat_map(|it| [Some(it.child), it.parent]).flatten();
        let pairs = self.pairs.iter().flat_map(|it| [it.0.owner, it.0.member]);
        let dirty = self.dirty.iter().map(|it| Ref::new(*it, 0));
        let mut last = 0;
        for it in refs.chain(more).chain(pairs).chain(dirty) {
            if it.chunk() == last {
                continue;
            }
            last = it.chunk();
            if let Some(chunk) = tables.chunk(it) {
                self.chunks.entry(last).or_insert_with(|| chunk.clone());
            }
        }
    }
}

/// The foreign key's columns and the parent's, of a relationship seen from the parent.
fn flipped(relation: &Relation) -> Vec<(u16, u16)> {
    relation.pairs.iter().map(|(own, other)| (*other, *own)).collect()
}

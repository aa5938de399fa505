//! Gathers what changed since the last flush: under the graph's lock, without touching an object.

use std::sync::Arc;

use foldhash::fast::RandomState;
use hashbrown::{HashMap, HashSet, hash_map::Entry};

use super::mirrored::Mirrored;
use crate::{
    mapping::{Cascade, Direction, Mapper, PassiveDeletes, Relation},
    object::{
        assigned::Assigned,
        chunk::{AnyChunk, Columns, Head},
        graph::Tables,
        log::Event,
        reference::{Ref, UNLOADED},
        state::{Flags, State},
    },
    session::core::Core,
};

/// A map within one flush.
pub(super) type Map<K, V> = HashMap<K, V, RandomState>;

/// What changed since the last flush.
#[derive(Default)]
pub(super) struct Gathered {
    /// Objects to insert, in the order in which they became pending.
    pub(super) pending: Vec<Ref>,
    /// Objects to delete.
    pub(super) marked: Vec<Ref>,
    /// Chunks with objects whose columns changed.
    pub(super) dirty: Vec<u64>,
    /// Rows that refer to others.
    pub(super) references: Vec<Reference>,
    /// Pairs of many-to-many relationships that came (above 0) or went (below 0).
    pub(super) pairs: Vec<(Pair, i32)>,
    /// What `session.set` said of columns that can't hold it themselves.
    pub(super) assigned: Vec<Assigned>,
    /// The columns that are expired of rows that refer to others, where not all of them are.
    pub(super) partly_expired: Map<Ref, Columns>,
    /// In which step the original inserts new objects, where they may refer to each other.
    pub(super) steps: Map<Ref, u32>,
    /// The part of the session's log that is gathered.
    pub(super) seen: (usize, usize),
    /// The chunks of all of these.
    pub(super) chunks: Vec<Arc<dyn AnyChunk>>,
    /// Where each of them is, by number.
    pub(super) places: Map<u64, u32>,
}

/// A foreign key's columns, and those of the row referred to.
pub(super) type KeyColumns = &'static [(u16, u16)];

/// A row whose foreign key follows a relationship.
pub(super) struct Reference {
    /// The object whose row holds the foreign key.
    pub(super) child: Ref,
    /// The foreign key's columns, and those of the parent that they hold.
    pub(super) columns: KeyColumns,
    /// The object referred to; `None` makes the key NULL.
    pub(super) parent: Option<Ref>,
    /// Whether a new row gets the key of another new row by an UPDATE of its own.
    pub(super) post: bool,
}

impl Reference {
    /// A row follows a relationship, or is let go of.
    fn new(relation: &'static Relation, child: Ref, parent: Option<Ref>) -> Self {
        Self { child, columns: &relation.key, parent, post: relation.post_update }
    }
}

/// A pair of a many-to-many relationship, seen from its canonical side.
#[derive(Clone, Copy)]
pub(super) struct Pair {
    pub(super) relation: &'static Relation,
    pub(super) owner: Ref,
    pub(super) member: Ref,
}

pub(super) type PairKey = (*const Relation, Ref, Ref);

impl Pair {
    pub(super) fn key(&self) -> PairKey {
        (std::ptr::from_ref(self.relation), self.owner, self.member)
    }

    /// The same pair, seen from the side that both agree on.
    pub(super) fn canonical(self) -> Self {
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
    /// `doomed` are objects that a flush would mark for deletion first.
    pub(super) fn gather(&self, take: bool, doomed: Vec<Ref>) -> Gathered {
        let id = self.id;
        let steps = if self.options.sqlalchemy { self.steps_as_original() } else { Map::default() };
        self.tables(|tables| {
            let mut gathered = Gathered { steps, ..Gathered::default() };
            let Some(ledger) = tables.ledger(id) else { return gathered };
            // Lent, so that it can be read beside the tables.
            let log = std::mem::take(&mut ledger.log);
            let seen = std::mem::replace(&mut ledger.flushed, log.len());
            let left = ledger.left;
            let left_out = ledger.left_out || ledger.sqlalchemy;
            gathered.assigned =
                if take { std::mem::take(&mut ledger.assigned) } else { ledger.assigned.clone() };
            let (pending, marked, dirty) = if take {
                ledger.links = 0;
                ledger.taking = Some(seen);
                ledger.left = false;
                (
                    std::mem::take(&mut ledger.pending),
                    std::mem::take(&mut ledger.marked),
                    std::mem::take(&mut ledger.dirty),
                )
            } else {
                ledger.flushed = seen;
                (ledger.pending.clone(), ledger.marked.clone(), ledger.dirty.clone())
            };
            gathered.pending = tables.with_state(pending, |it| it.state() == State::Pending);
            if left {
                once_each(&mut gathered.pending);
            }
            gathered.marked = tables.with_state(marked, |it| it.has(Flags::MARKED));
            gathered.marked.extend(doomed);
            gathered.marked.sort_unstable();
            gathered.marked.dedup();
            gathered.dirty = dirty;
            gathered.dirty.sort_unstable();
            gathered.dirty.dedup();
            if take {
                let chunks = gathered.dirty.iter().filter_map(|it| tables.chunk(Ref::new(*it, 0)));
                chunks.for_each(|it| it.head().recall());
            }
            gathered.seen = (seen, log.len());
            gathered.of_new_objects(tables);
            let brought = match left_out {
                true => gathered.of_newcomers(tables),
                false => HashSet::default(),
            };
            gathered.of_events(tables, &log[seen..], &brought);
            gathered.of_deleted(tables, self.options.sqlalchemy);
            let strangers = gathered.leave_out_strangers(tables);
            if take {
                tables.drop_queued_strangers(&log[seen..]);
            }
            gathered.find_expired(tables);
            gathered.find_chunks(tables);
            if let Some(ledger) = tables.ledger(id) {
                ledger.log = log;
                ledger.left_out |= take && strangers;
            }
            gathered
        })
    }
}

impl Tables {
    /// What was queued on a collection that isn't loaded, and is in no session: it isn't written, and the
    /// collection is loaded without it (CAS-4).
    fn drop_queued_strangers(&mut self, events: &[Event]) {
        for event in events {
            if let Event::Added { owner, relation, member } = *event
                && self.flags(member).state() == State::Transient
                && let Some(cells) = self.relation_mut(owner.chunk(), relation)
                && cells.is_queued(owner.slot())
            {
                cells.settle(owner.slot(), &[member.cell()]);
            }
        }
    }

    /// Those of these objects whose flags are as asked for.
    fn with_state(&self, mut objects: Vec<Ref>, fits: impl Fn(Flags) -> bool) -> Vec<Ref> {
        let mut last: Option<(u64, &Arc<dyn AnyChunk>)> = None;
        objects.retain(|it| {
            if last.is_none_or(|last| last.0 != it.chunk()) {
                last = self.chunk(*it).map(|chunk| (it.chunk(), chunk));
            }
            last.is_some_and(|last| fits(last.1.head().flags(it.slot())))
        });
        objects
    }
}

impl Gathered {
    /// New objects' relationships are read from their cells, whoever set them and when.
    fn of_new_objects(&mut self, tables: &Tables) {
        let pending = std::mem::take(&mut self.pending);
        for group in pending.chunk_by(|a, b| a.chunk() == b.chunk()) {
            // Most new objects of a session's own chunks are linked with nothing.
            let linked = group.first().filter(|it| tables.has_cells(it.chunk()));
            let Some(mapper) = linked.and_then(|it| tables.meta(*it)).map(Mapper::of) else {
                continue;
            };
            group.iter().for_each(|it| self.of_new_object(tables, mapper, *it));
        }
        self.pending = pending;
    }

    fn of_new_object(&mut self, tables: &Tables, mapper: &'static Mapper, object: Ref) {
        let Some(entry) = tables.chunks.get(&object.chunk()) else { return };
        for relation in mapper.relationships.iter().filter(|it| it.is_canonical()) {
            // What nobody set on a new object is nothing.
            let Some(cells) = entry.cells(relation.index) else { continue };
            if !relation.many {
                let cell = cells.one(object.slot());
                match Ref::from_cell(cell) {
                    Some(other) => self.refer(relation, object, other),
                    // Said to refer to nothing, whatever the column says.
                    None if cell != UNLOADED && relation.direction == Direction::ManyToOne => {
                        self.unlink(relation, object);
                    }
                    None => {}
                }
                continue;
            }
            for member in cells.known_members(object.slot()) {
                if relation.direction == Direction::ManyToMany {
                    self.pairs.push((Pair { relation, owner: object, member }, 1));
                } else {
                    self.refer(relation, object, member);
                }
            }
        }
    }

    /// New objects with which persistent ones were linked before they came into the session: a flush in
    /// between left these links out.
    /// Pairs that are theirs, whatever else the log says of these.
    fn of_newcomers(&mut self, tables: &Tables) -> HashSet<PairKey, RandomState> {
        let mut brought = HashSet::default();
        for &object in &self.pending {
            let Some(mapper) = tables.meta(object).map(Mapper::of) else { continue };
            for relation in mapper.relationships.iter().filter(|it| !it.is_canonical()) {
                let mut others = tables.known(relation, object);
                // There, an owner still shows who went to one that is in no session.
                let back = relation.back.filter(|it| !it.many && tables.is_as_original());
                let stranded = |it: Ref| match back {
                    Some(back) => match Ref::from_cell(tables.one(it, back.index)) {
                        Some(other) => tables.session_of(other).is_none(),
                        // One that is listed twice and was let go of once: whose side comes last.
                        None => relation.owner.name > relation.target.name,
                    },
                    // Nor does one side there know what the other lost, where it is listed twice.
                    None => relation.back_relation().is_some_and(|back| {
                        back.many && tables.is_as_original() && !tables.holds(it, back, object)
                    }),
                };
                others.retain(|it| match tables.flags(*it).state() {
                    State::Persistent => true,
                    State::Pending => stranded(*it),
                    _ => false,
                });
                for other in others {
                    match (relation.direction, relation.back) {
                        (Direction::ManyToMany, _) => {
                            let pair = Pair { relation, owner: object, member: other }.canonical();
                            brought.insert(pair.key());
                            self.pairs.push((pair, 1));
                        }
                        (Direction::OneToMany, Some(back))
                            if tables.is_as_original()
                                || [object.cell(), UNLOADED]
                                    .contains(&tables.one(other, back.index)) =>
                        {
                            self.references.push(Reference {
                                child: other,
                                columns: &relation.key,
                                parent: Some(object),
                                post: relation.post_update,
                            });
                        }
                        _ => {}
                    }
                }
            }
        }
        brought
    }

    /// A link between two objects becomes a foreign key of one of them.
    pub(super) fn refer(&mut self, relation: &'static Relation, owner: Ref, other: Ref) {
        let (child, parent) = match relation.direction {
            Direction::ManyToOne => (owner, other),
            Direction::OneToMany | Direction::ManyToMany => (other, owner),
        };
        self.references.push(Reference::new(relation, child, Some(parent)));
    }

    pub(super) fn unlink(&mut self, relation: &'static Relation, child: Ref) {
        self.references.push(Reference::new(relation, child, None));
    }

    /// Persistent objects' relationships are read from the log: only what changed counts.
    fn of_events(
        &mut self,
        tables: &Tables,
        events: &[Event],
        brought: &HashSet<PairKey, RandomState>,
    ) {
        // By child and relationship, the cell before the first change and after the last.
        let mut ones: Vec<(Ref, &'static Relation, u64, u64)> = Vec::new();
        let mut places: Map<(Ref, *const Relation), usize> = Map::default();
        let mut lists: Vec<(&'static Relation, Ref, Ref, bool)> = Vec::new();
        let mut pairs: Map<PairKey, usize> = Map::default();
        let mut mirrored: Vec<Mirrored> = Vec::new();
        for event in events {
            let (owner, index) = match event {
                Event::One { owner, relation, .. }
                | Event::Added { owner, relation, .. }
                | Event::Removed { owner, relation, .. } => (*owner, *relation),
                _ => continue,
            };
            let Some(chunk) = tables.chunk(owner) else { continue };
            if chunk.head().flags(owner.slot()).state() != State::Persistent
                || tables.is_ousted(owner)
            {
                continue;
            }
            let relation = &Mapper::of(chunk.meta()).relationships[usize::from(index)];
            if !relation.is_canonical() {
                mirrored.extend(Mirrored::of(tables, relation, event));
                continue;
            }
            match *event {
                Event::One { old, new, .. } => {
                    let key = (owner, std::ptr::from_ref(relation));
                    let place = *places.entry(key).or_insert_with(|| {
                        ones.push((owner, relation, old, new));
                        ones.len() - 1
                    });
                    ones[place].3 = new;
                }
                Event::Added { member, .. } | Event::Removed { member, .. } => {
                    let added = matches!(event, Event::Added { .. });
                    if relation.direction == Direction::ManyToMany {
                        let pair = Pair { relation, owner, member };
                        if brought.contains(&pair.key()) {
                            continue;
                        }
                        let place = *pairs.entry(pair.key()).or_insert_with(|| {
                            self.pairs.push((pair, 0));
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
        // What one side has forgotten since, as it was expired, the other still tells.
        mirrored.retain(|it| match it.pair() {
            Some(pair) => !brought.contains(&pair.key()) && !pairs.contains_key(&pair.key()),
            None => it
                .back
                .is_none_or(|back| !places.contains_key(&(it.member, std::ptr::from_ref(back)))),
        });
        if !mirrored.is_empty() {
            self.of_mirrored(tables, &mirrored);
        }
        for (owner, relation, old, new) in ones {
            if old == new && old != UNLOADED {
                continue;
            }
            match (relation.direction, Ref::from_cell(new)) {
                (Direction::ManyToOne, parent) => {
                    self.references.push(Reference::new(relation, owner, parent));
                }
                (_, other) => {
                    // One to one, seen from the side without the key.
                    if let Some(former) = Ref::from_cell(old) {
                        self.unlink(relation, former);
                    }
                    if let Some(other) = other {
                        self.refer(relation, owner, other);
                    }
                }
            }
        }
        for (relation, owner, member, added) in lists {
            // Who leaves members to the database leaves those alone that it lets go of, too.
            if added || relation.meta.passive_deletes != PassiveDeletes::All {
                let parent = added.then_some(owner);
                self.references.push(Reference::new(relation, member, parent));
            }
        }
    }

    /// What refers to a deleted object lets go of it: members of collections without a delete
    /// cascade lose their key, and association rows go.
    fn of_deleted(&mut self, tables: &Tables, new_stay: bool) {
        if self.marked.is_empty() {
            return;
        }
        let deleted: HashSet<Ref, RandomState> = self.marked.iter().copied().collect();
        // Who has found another parent keeps its key.
        let moved: HashSet<(Ref, KeyColumns), RandomState> = self
            .references
            .iter()
            .filter(|it| it.parent.is_some_and(|it| !deleted.contains(&it)))
            .map(|it| (it.child, it.columns))
            .collect();
        let came: HashSet<(Ref, Ref), RandomState> = match new_stay {
            true => {
                let links = self.references.iter();
                links.filter_map(|it| it.parent.map(|parent| (it.child, parent))).collect()
            }
            false => HashSet::default(),
        };
        let mut places: Map<PairKey, usize> = Map::default();
        for (place, (pair, _)) in self.pairs.iter().enumerate() {
            places.insert(pair.key(), place);
        }
        for object in self.marked.clone() {
            let Some(meta) = tables.meta(object) else { continue };
            for relation in Mapper::of(meta).relationships.iter().filter(|it| !it.meta.viewonly) {
                let members: Vec<Ref> = if relation.many {
                    let members = tables.member_slice(object, relation.index).unwrap_or_default();
                    members.iter().filter_map(|it| Ref::from_cell(*it)).collect()
                } else {
                    Ref::from_cell(tables.one(object, relation.index)).into_iter().collect()
                };
                for &member in &members {
                    match relation.direction {
                        Direction::ManyToOne => {}
                        // UOW-32
                        Direction::OneToMany
                            if relation.meta.passive_deletes == PassiveDeletes::All => {}
                        // What the cascade didn't reach is its own affair there.
                        Direction::OneToMany
                            if new_stay && relation.cascade.has(Cascade::DELETE) => {}
                        Direction::OneToMany => {
                            let state = tables.flags(member).state();
                            let stays =
                                state == State::Persistent || state == State::Pending && !new_stay;
                            let moves = || moved.contains(&(member, relation.key.as_slice()));
                            // One that came is not looked at there, and refers to a row that goes.
                            let came = || came.contains(&(member, object));
                            if stays && !deleted.contains(&member) && !moves() && !came() {
                                self.unlink(relation, member);
                            }
                        }
                        // The row went with the other end.
                        Direction::ManyToMany if tables.flags(member).state() == State::Deleted => {
                        }
                        Direction::ManyToMany => {
                            // Each row once, from whichever side it is met first; one that was
                            // never inserted not at all, and one that was only taken out and put
                            // back all the same.
                            let pair = Pair { relation, owner: object, member }.canonical();
                            if new_stay {
                                let often = members.iter().filter(|it| **it == member).count();
                                self.unpair_as_original(&mut places, pair, often as i32);
                                continue;
                            }
                            match places.entry(pair.key()) {
                                Entry::Vacant(entry) => {
                                    entry.insert(self.pairs.len());
                                    self.pairs.push((pair, -1));
                                }
                                Entry::Occupied(entry) => {
                                    let net = &mut self.pairs[*entry.get()].1;
                                    *net = if *net == 0 { -1 } else { *net };
                                }
                            }
                        }
                    }
                }
            }
        }
        // A pair with an end that is being deleted is not inserted; there, the other end inserts it.
        let ends = |pair: &Pair| {
            let (owner, member) = (deleted.contains(&pair.owner), deleted.contains(&pair.member));
            if new_stay { owner && member } else { owner || member }
        };
        self.pairs.retain(|(pair, net)| *net < 0 || !ends(pair));
    }

    /// Links with objects that are in no session, or whose row is deleted, are not written: the original
    /// warns, too (CAS-4).
    fn leave_out_strangers(&mut self, tables: &Tables) -> bool {
        let mut found = false;
        // Rows refer to few other chunks by turns: the last of each are remembered.
        let mut recent: [Option<(u64, &Head, bool)>; 4] = [None; 4];
        let mut turn = 0;
        let mut is_outside = |it: Ref| {
            let known = recent.iter().flatten().find(|known| known.0 == it.chunk());
            let (_, head, live) = match known {
                Some(known) => *known,
                None => {
                    let Some(chunk) = tables.chunk(it) else { return true };
                    let head = chunk.head();
                    let found = (it.chunk(), head, tables.is_live(head));
                    recent[turn % recent.len()] = Some(found);
                    turn += 1;
                    found
                }
            };
            let state = head.flags(it.slot()).state();
            !live || !matches!(state, State::Pending | State::Persistent)
        };
        self.references.retain(|it| {
            let outside = it.parent.is_some_and(&mut is_outside);
            if outside {
                found = true;
                warn_of_stranger(tables, it.child);
            }
            !outside
        });
        self.pairs.retain(|(pair, net)| {
            // The owner of a pair that came is this session's: that is how it was found.
            let outside = is_outside(pair.member) || *net < 0 && is_outside(pair.owner);
            if outside && *net != 0 {
                found = true;
                warn_of_stranger(tables, pair.owner);
            }
            !outside && *net != 0
        });
        found
    }

    fn find_expired(&mut self, tables: &Tables) {
        for child in self.references.iter().map(|it| it.child) {
            if tables.flags(child).has(Flags::EXPIRED)
                && let Some(columns) = tables.expired_columns(child)
            {
                self.partly_expired.insert(child, Columns::from_slice(columns));
            }
        }
    }

    fn find_chunks(&mut self, tables: &Tables) {
        let pending = self.pending.chunk_by(|a, b| a.chunk() == b.chunk()).map(|it| &it[0]);
        let refs = pending.chain(&self.marked).copied();
        // Children first, which mostly stand in one chunk, and then parents.
        let children = self.references.iter().map(|it| it.child);
        let more = children.chain(self.references.iter().filter_map(|it| it.parent));
        let pairs = self.pairs.iter().flat_map(|it| [it.0.owner, it.0.member]);
        let dirty = self.dirty.iter().map(|it| Ref::new(*it, 0));
        let (chunks, places) = (&mut self.chunks, &mut self.places);
        let mut last = 0;
        for it in refs.chain(more).chain(pairs).chain(dirty) {
            if it.chunk() == last {
                continue;
            }
            last = it.chunk();
            if let Entry::Vacant(entry) = places.entry(last)
                && let Some(chunk) = tables.chunk(it)
            {
                entry.insert(chunks.len() as u32);
                chunks.push(chunk.clone());
            }
        }
    }
}

/// One that left and came again is listed twice: the last time counts.
#[cold]
fn once_each(objects: &mut Vec<Ref>) {
    let mut seen: HashSet<Ref, RandomState> = HashSet::default();
    objects.reverse();
    objects.retain(|it| seen.insert(*it));
    objects.reverse();
}

#[cold]
fn warn_of_stranger(tables: &Tables, object: Ref) {
    let entity = tables.meta(object).map_or("?", |it| it.name);
    tracing::warn!(
        target: "aludel::flush",
        entity,
        "an object is linked with one that is in no session, or deleted: the link is not written"
    );
}

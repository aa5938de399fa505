//! Orphans: persistent members that a delete-orphan relationship let go of and nobody took up.

use foldhash::fast::RandomState;
use hashbrown::HashSet;
use smallvec::SmallVec;

use super::gather::Map;
use crate::{
    mapping::{Cascade, Direction, Mapper, Relation},
    object::{
        graph::Tables,
        log::Event,
        reference::Ref,
        state::{Flags, State},
    },
    session::core::Core,
};

impl Core {
    /// What a flush would mark for deletion first: orphans, and what their delete cascades reach, as
    /// far as it is loaded.
    pub(super) fn doomed(&self) -> Vec<Ref> {
        let mut doomed = self.orphans();
        let mut seen: HashSet<Ref, RandomState> = doomed.iter().copied().collect();
        let mut next = 0;
        while let Some(object) = doomed.get(next).copied() {
            next += 1;
            let found = self.tables(|tables| {
                let mut found = Vec::new();
                for relation in
                    tables.meta(object).iter().flat_map(|it| &Mapper::of(it).relationships)
                {
                    if relation.cascade.has(Cascade::DELETE) {
                        tables.related(relation, &[object], &mut found);
                    }
                }
                found.retain(|it| is_tracked(tables, self.id, *it));
                found
            });
            doomed.extend(found.into_iter().filter(|it| seen.insert(*it)));
        }
        doomed
    }

    /// Members that left a delete-orphan relationship since the last flush, and are not marked yet.
    pub(super) fn orphans(&self) -> Vec<Ref> {
        let id = self.id;
        self.tables(|tables| {
            let as_original = tables.is_as_original();
            let Some(ledger) = tables.ledger(id) else { return Vec::new() };
            if ledger.links == 0 && !as_original {
                return Vec::new();
            }
            // Lent, so that it can be read beside the tables.
            let (log, start) = (std::mem::take(&mut ledger.log), ledger.flushed);
            let pending = std::mem::take(&mut ledger.pending);
            let orphans = match as_original {
                true => find_as_original(tables, id, &pending, &log[start..]),
                false => find(tables, id, &pending, &log[start..]),
            };
            if let Some(ledger) = tables.ledger(id) {
                (ledger.log, ledger.pending) = (log, pending);
            }
            orphans
        })
    }
}

/// Who has no owner any more and was changed since, and members that owners let go of since, unless they have
/// come to others.
fn find_as_original(tables: &Tables, session: u64, pending: &[Ref], events: &[Event]) -> Vec<Ref> {
    let changed: HashSet<Ref, RandomState> = events.iter().filter_map(Event::owner).collect();
    let mut orphans = tables.without_parent();
    orphans.retain(|it| changed.contains(it) || tables.is_touched(*it));
    for event in events {
        let (owner, index, member) = match *event {
            Event::Removed { owner, relation, member, .. } => (owner, relation, member),
            Event::One { owner, relation, old, .. } => match Ref::from_cell(old) {
                Some(member) => (owner, relation, member),
                None => continue,
            },
            _ => continue,
        };
        let has_row = tables.flags(owner).state() == State::Persistent;
        let Some(meta) = tables.meta(owner).filter(|_| has_row) else { continue };
        let relation = &Mapper::of(meta).relationships[usize::from(index)];
        if relation.cascade.has(Cascade::DELETE_ORPHAN)
            && tables.session_of(owner) == Some(session)
            && !tables.holds(owner, relation, member)
            && tables.is_parentless(relation, member)
        {
            orphans.push(member);
        }
    }
    // Who came to another owner is kept for that one.
    let mut net: Map<(Ref, u16, Ref), i32> = Map::default();
    for event in events {
        match *event {
            Event::Added { owner, relation, member } => {
                *net.entry((owner, relation, member)).or_default() += 1;
            }
            Event::Removed { owner, relation, member, .. } => {
                *net.entry((owner, relation, member)).or_default() -= 1;
            }
            _ => {}
        }
    }
    let came = |owner: Ref, index: u16, member: Ref| {
        let relation = tables
            .meta(owner)
            .and_then(|it| Mapper::of(it).relationships.get(usize::from(index)))
            .filter(|it| it.direction == Direction::OneToMany);
        let is_new =
            |it: &Relation| !it.many || net.get(&(owner, it.index, member)).is_some_and(|n| *n > 0);
        tables.session_of(owner) == Some(session)
            && relation.is_some_and(|it| tables.holds(owner, it, member) && is_new(it))
    };
    let kept: HashSet<Ref, RandomState> = events
        .iter()
        .filter_map(|event| match *event {
            Event::Added { owner, relation, member } if came(owner, relation, member) => {
                Some(member)
            }
            Event::One { owner, relation, old, new } if old != new => {
                Ref::from_cell(new).filter(|it| came(owner, relation, *it))
            }
            _ => None,
        })
        .collect();
    orphans.retain(|it| {
        is_tracked(tables, session, *it) && !kept.contains(it) && !tables.is_ousted(*it)
    });
    // A new owner that lists them keeps them.
    orphans.retain(|member| {
        !pending.iter().any(|owner| {
            let relations = tables.meta(*owner).map(|it| &Mapper::of(it).relationships);
            relations
                .into_iter()
                .flatten()
                .any(|it| it.direction == Direction::OneToMany && tables.holds(*owner, it, *member))
        })
    });
    orphans.sort_unstable();
    orphans.dedup();
    orphans
}

/// Owners of one relationship, and whether each let its member go.
type Owners = SmallVec<[(Ref, bool); 2]>;

fn find(tables: &Tables, session: u64, pending: &[Ref], events: &[Event]) -> Vec<Ref> {
    // Whether each member came to an owner or went from it last, by relationship.
    let mut last: Map<(Ref, *const Relation), Owners> = Map::default();
    let mut order: Vec<(Ref, &'static Relation)> = Vec::new();
    // Few relationships let anybody be deleted; chunks' are asked once.
    let mut matters: Map<(u64, u16), bool> = Map::default();
    let mut matters = |owner: Ref, index: u16| {
        *matters.entry((owner.chunk(), index)).or_insert_with(|| {
            tables.meta(owner).is_some_and(|it| {
                let relation = &Mapper::of(it).relationships[usize::from(index)];
                relation.cascade.has(Cascade::DELETE_ORPHAN)
                    || relation.back.is_some_and(|it| it.delete_orphan)
            })
        })
    };
    let mut say = |owner: Ref, index: u16, member: Option<Ref>, gone: bool| {
        let Some(member) = member.filter(|it| is_tracked(tables, session, *it)) else { return };
        let Some(meta) = tables.meta(owner) else { return };
        let relation = &Mapper::of(meta).relationships[usize::from(index)];
        if relation.cascade.has(Cascade::DELETE_ORPHAN) {
            let owners = last.entry((member, std::ptr::from_ref(relation))).or_default();
            if owners.is_empty() {
                order.push((member, relation));
            }
            match owners.iter_mut().find(|it| it.0 == owner) {
                Some(entry) => entry.1 = gone,
                None => owners.push((owner, gone)),
            }
        }
    };
    for event in events {
        match event {
            Event::Removed { owner, relation, .. }
            | Event::Added { owner, relation, .. }
            | Event::One { owner, relation, .. }
                if !matters(*owner, *relation) => {}
            Event::Removed { owner, relation, member, .. } => {
                say(*owner, *relation, Some(*member), true);
            }
            Event::Added { owner, relation, member } => {
                say(*owner, *relation, Some(*member), false);
            }
            Event::One { owner, relation, old, new } => {
                say(*owner, *relation, Ref::from_cell(*old), true);
                say(*owner, *relation, Ref::from_cell(*new), false);
                // An owner that is in no session says nothing: its member does.
                if let Some(back) = owned_by(tables, *owner, *relation) {
                    for (owners, gone) in [(old, true), (new, false)] {
                        if let Some(it) = Ref::from_cell(*owners) {
                            say(it, back, Some(*owner), gone);
                        }
                    }
                }
            }
            _ => {}
        }
    }
    let mut orphans = Vec::new();
    let mut seen: HashSet<Ref, RandomState> = HashSet::default();
    for (member, relation) in order {
        let gone = last[&(member, std::ptr::from_ref(relation))].iter().all(|it| it.1);
        let lost = gone && !is_owned(tables, pending, member, relation);
        if lost && seen.insert(member) {
            orphans.push(member);
        }
    }
    orphans
}

/// The relationship by which those own a member that its to-one relationship leads to, where they delete
/// orphans.
fn owned_by(tables: &Tables, member: Ref, relation: u16) -> Option<u16> {
    let relation = &Mapper::of(tables.meta(member)?).relationships[usize::from(relation)];
    let back = relation.back.filter(|it| it.delete_orphan)?;
    (relation.direction == Direction::ManyToOne).then_some(back.index)
}

/// Whether somebody took a member up without telling the log of this relationship.
fn is_owned(tables: &Tables, pending: &[Ref], member: Ref, relation: &'static Relation) -> bool {
    match relation.back {
        Some(back) if !back.many => {
            let owner = Ref::from_cell(tables.one(member, back.index));
            // Where one side alone changes, that counts.
            let one_sided = !relation.many && tables.is_as_original();
            owner.is_some_and(|it| !one_sided || tables.holds(it, relation, member))
        }
        // A new owner may have had it before it came into the session.
        _ => pending.iter().any(|owner| {
            let same = tables.meta(*owner).is_some_and(|it| it.table == relation.owner.table);
            same && tables.holds(*owner, relation, member)
        }),
    }
}

/// Whether an object has a row, and nobody deletes it yet.
fn is_tracked(tables: &Tables, session: u64, object: Ref) -> bool {
    let flags = tables.flags(object);
    flags.state() == State::Persistent
        && !flags.has(Flags::MARKED)
        && tables.session_of(object) == Some(session)
}

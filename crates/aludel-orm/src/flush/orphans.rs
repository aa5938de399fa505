//! Orphans: persistent members that a delete-orphan relationship let go of and nobody took up.

use super::gather::Map;
use crate::{
    mapping::{Cascade, Mapper, Relation},
    object::{
        graph::Tables,
        log::Event,
        reference::Ref,
        state::{Flags, State},
    },
    session::core::Core,
};

impl Core {
    /// Members that left a delete-orphan relationship since the last flush, and are not marked yet.
    pub(super) fn orphans(&self) -> Vec<Ref> {
        let id = self.id;
        self.tables(|tables| {
            let Some(ledger) = tables.ledger(id) else { return Vec::new() };
            if ledger.links == 0 {
                return Vec::new();
            }
            // Lent, so that it can be read beside the tables.
            let (log, start) = (std::mem::take(&mut ledger.log), ledger.flushed);
            let orphans = find(tables, id, &log[start..]);
            if let Some(ledger) = tables.ledger(id) {
                ledger.log = log;
            }
            orphans
        })
    }
}

fn find(tables: &Tables, session: u64, events: &[Event]) -> Vec<Ref> {
    // Whether each member came or went last, by relationship: the last word counts.
    let mut last: Map<(Ref, *const Relation), bool> = Map::default();
    let mut order: Vec<(Ref, *const Relation)> = Vec::new();
    let mut say = |owner: Ref, index: u16, member: Option<Ref>, gone: bool| {
        let Some(member) = member.filter(|it| is_tracked(tables, session, *it)) else { return };
        let Some(meta) = tables.meta(owner) else { return };
        let relation = &Mapper::of(meta).relationships[usize::from(index)];
        if relation.cascade.has(Cascade::DELETE_ORPHAN) {
            let key = (member, std::ptr::from_ref(relation));
            if last.insert(key, gone).is_none() {
                order.push(key);
            }
        }
    };
    for event in events {
        match event {
            Event::Removed { owner, relation, member, .. } => {
                say(*owner, *relation, Some(*member), true);
            }
            Event::Added { owner, relation, member } => {
                say(*owner, *relation, Some(*member), false);
            }
            Event::One { owner, relation, old, new } => {
                say(*owner, *relation, Ref::from_cell(*old), true);
                say(*owner, *relation, Ref::from_cell(*new), false);
            }
            _ => {}
        }
    }
    let mut orphans = Vec::new();
    for key in order {
        if last.get(&key) == Some(&true) && !orphans.contains(&key.0) {
            orphans.push(key.0);
        }
    }
    orphans
}

/// Whether an object has a row, and nobody deletes it yet.
fn is_tracked(tables: &Tables, session: u64, object: Ref) -> bool {
    let flags = tables.flags(object);
    flags.state() == State::Persistent
        && !flags.has(Flags::MARKED)
        && tables.session_of(object) == Some(session)
}

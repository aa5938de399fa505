//! Orphans: persistent members that a delete-orphan relationship let go of and nobody took up.

use std::collections::HashMap;

use crate::{
    mapping::{Cascade, Mapper},
    object::{
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
            // Who owns each member now, by relationship: the last word counts.
            let mut left: Vec<(Ref, usize)> = Vec::new();
            let events: Vec<Event> = ledger.log[ledger.flushed..].to_vec();
            let mut last: HashMap<(Ref, *const crate::mapping::Relation), bool> = HashMap::new();
            for (at, event) in events.iter().enumerate() {
                let (owner, index, member, gone) = match event {
                    Event::Removed { owner, relation, member, .. } => {
                        (*owner, *relation, *member, true)
                    }
                    Event::Added { owner, relation, member, .. } => {
                        (*owner, *relation, *member, false)
                    }
                    Event::One { owner, relation, old, new } => {
                        for (cell, gone) in [(*old, true), (*new, false)] {
                            let Some(member) = Ref::from_cell(cell) else { continue };
                            let Some(meta) = tables.meta(*owner) else { continue };
                            let relation = &Mapper::of(meta).relationships[usize::from(*relation)];
                            if relation.cascade.has(Cascade::DELETE_ORPHAN) {
                                last.insert((member, std::ptr::from_ref(relation)), gone);
                                left.push((member, at));
                            }
                        }
                        continue;
                    }
                    _ => continue,
                };
                let Some(meta) = tables.meta(owner) else { continue };
                let relation = &Mapper::of(meta).relationships[usize::from(index)];
                if relation.cascade.has(Cascade::DELETE_ORPHAN) {
                    last.insert((member, std::ptr::from_ref(relation)), gone);
                    left.push((member, at));
                }
            }
            let mut orphans: Vec<Ref> = Vec::new();
            for (member, _) in left {
                let flags = tables.flags(member);
                let tracked = flags.state() == State::Persistent
                    && !flags.has(Flags::MARKED)
                    && tables.session_of(member) == Some(id);
                let lost = last.iter().any(|((of, _), gone)| *of == member && *gone);
                if tracked && lost && !orphans.contains(&member) {
                    orphans.push(member);
                }
            }
            orphans
        })
    }
}

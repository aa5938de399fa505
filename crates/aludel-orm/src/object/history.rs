//! What a relationship was at the last flush, as the log of changes tells it.

use super::{graph::Tables, log::Event, reference::Ref};

/// The net change of an object's relationship since the last flush.
#[derive(Default)]
pub(crate) struct Net {
    /// What a to-one cell held before its first change, if it changed.
    pub(crate) before: Option<u64>,
    /// Members that came, in order.
    pub(crate) added: Vec<u64>,
    /// Members that left, in order.
    pub(crate) removed: Vec<u64>,
}

impl Tables {
    /// The changes of cells that no flush has seen, of a live session's objects or of detached ones.
    fn unflushed(&self, owner: Ref) -> &[Event] {
        match self.session_of(owner).and_then(|id| self.ledgers.iter().find(|it| it.session == id))
        {
            Some(ledger) => ledger.log.get(ledger.flushed..).unwrap_or_default(),
            None => &self.loose,
        }
    }

    /// The net change of an object's relationship since the last flush.
    pub(crate) fn net(&self, owner: Ref, relation: u16) -> Net {
        let mut net = Net::default();
        for event in self.unflushed(owner) {
            if event.owner() != Some(owner) || event.relation() != Some(relation) {
                continue;
            }
            let (came, left, member) = match event {
                Event::One { old, .. } => {
                    net.before.get_or_insert(*old);
                    continue;
                }
                Event::Added { member, .. } => (&mut net.added, &mut net.removed, member.cell()),
                Event::Removed { member, .. } => (&mut net.removed, &mut net.added, member.cell()),
                _ => continue,
            };
            // What came and left again is where it was.
            match left.iter().position(|it| *it == member) {
                Some(at) => _ = left.remove(at),
                None => came.push(member),
            }
        }
        net
    }

    /// The owners of cells that changed in a session since its last flush.
    pub(crate) fn relinked(&self, session: u64) -> Vec<Ref> {
        let ledger = self.ledgers.iter().find(|it| it.session == session && it.links != 0);
        let events = ledger.and_then(|it| it.log.get(it.flushed..)).unwrap_or_default();
        events.iter().filter_map(Event::owner).collect()
    }
}

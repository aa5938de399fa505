//! Changes of collections that aren't loaded, once a flush has written them.

use foldhash::fast::RandomState;
use hashbrown::HashMap;

use super::{graph::Tables, log::Event, reference::Ref};

impl Tables {
    /// What was queued on collections that aren't loaded is in the database now: a flush has seen it, from one
    /// place of the log to another.
    pub(crate) fn settle_queues(&mut self, session: u64, (from, to): (usize, usize)) {
        if !self.queued || from >= to {
            return;
        }
        let Some(ledger) = self.ledger(session) else { return };
        // Lent, so that it can be read beside the cells.
        let log = std::mem::take(&mut ledger.log);
        self.settle(log.get(from..to).unwrap_or_default());
        if let Some(ledger) = self.ledger(session) {
            ledger.log = log;
        }
    }

    fn settle(&mut self, log: &[Event]) {
        let mut lists: HashMap<(Ref, u16), Vec<u64>, RandomState> = HashMap::default();
        for event in log {
            if let Event::Added { owner, relation, member }
            | Event::Removed { owner, relation, member, .. } = *event
                && self
                    .relation(owner.chunk(), relation)
                    .is_some_and(|it| it.is_queued(owner.slot()))
            {
                lists.entry((owner, relation)).or_default().push(member.cell());
            }
        }
        for ((owner, relation), members) in lists {
            if let Some(cells) = self.relation_mut(owner.chunk(), relation) {
                cells.settle(owner.slot(), &members);
            }
        }
    }
}

//! Objects that took over a row as in SQLAlchemy: what the row keeps they know once they meet it.

use super::core::Core;
use crate::{
    mapping::Relation,
    object::{
        chunk::{AnyChunk, Columns},
        reference::Ref,
        state::{Flags, State},
    },
};

impl Core {
    /// There, nobody knows of columns that nobody set before the INSERT.
    pub(crate) fn note_unsaid(&self, chunk: &dyn AnyChunk, slots: &[u32]) {
        let columns: Columns = (0..chunk.meta().columns.len() as u16).collect();
        for slot in slots {
            let mut unsaid = columns.clone();
            let read = chunk.with(*slot, &mut |it| unsaid.retain(|at| it.is_unset(*at)));
            if read.is_ok() && !unsaid.is_empty() {
                let at = chunk.head().reference(*slot);
                self.ledger(|it| it.unsaid.push((at, unsaid)));
            }
        }
    }

    /// What such objects don't know is filled by rows that come now.
    pub(crate) fn offer_unsaid(&mut self) -> Vec<(Ref, Columns)> {
        let mut unsaid = self.ledger(|it| std::mem::take(&mut it.unsaid));
        self.tables(|tables| {
            unsaid.retain(|(at, columns)| {
                let Some(chunk) = tables.chunk(*at) else { return false };
                let (head, flags) = (chunk.head(), chunk.head().flags(at.slot()));
                if tables.is_expired(*at) || flags.state() != State::Persistent {
                    return false;
                }
                head.set_flags(at.slot(), flags.with(Flags::EXPIRED));
                tables.expire_columns(*at, columns);
                true
            });
        });
        unsaid
    }

    /// Whether nobody knows what an object refers to, as nobody said it before the INSERT.
    pub(crate) fn is_unsaid(&self, relation: &Relation, at: Ref) -> bool {
        self.ledger(|it| relation.pairs.iter().any(|pair| it.is_unsaid(at, pair.0)))
    }

    /// What an UPDATE has written is known.
    pub(crate) fn say(&self, at: Ref, columns: &[u16]) {
        self.ledger(|it| {
            let own = it.unsaid.iter_mut().filter(|it| it.0 == at);
            own.for_each(|it| it.1.retain(|it| !columns.contains(it)));
            it.unsaid.retain(|it| !it.1.is_empty());
        });
    }

    /// No row came for these: nothing is expired of them.
    pub(crate) fn settle_unsaid(&mut self, mut offered: Vec<(Ref, Columns)>) {
        if offered.is_empty() {
            return;
        }
        self.tables(|tables| {
            offered.retain(|(at, columns)| {
                let expired = tables.expired_columns(*at).unwrap_or_default();
                let unmet = columns.iter().any(|it| expired.contains(it));
                tables.know_columns(*at, columns);
                unmet
            });
        });
        self.ledger(|it| it.unsaid.extend(offered));
    }
}

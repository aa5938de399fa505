//! Objects that took over a row as in SQLAlchemy: what the row keeps they know once they meet it.

use super::core::Core;
use crate::object::{chunk::Columns, reference::Ref, state::Flags};

impl Core {
    /// What such objects don't know is filled by rows that come now.
    pub(crate) fn offer_unsaid(&mut self) -> Vec<(Ref, Columns)> {
        let mut unsaid = self.ledger(|it| std::mem::take(&mut it.unsaid));
        self.tables(|tables| {
            unsaid.retain(|(at, columns)| {
                let Some(chunk) = tables.chunk(*at) else { return false };
                let (head, flags) = (chunk.head(), chunk.head().flags(at.slot()));
                if flags.has(Flags::EXPIRED) {
                    return false;
                }
                head.set_flags(at.slot(), flags.with(Flags::EXPIRED));
                tables.expire_columns(*at, columns);
                true
            });
        });
        unsaid
    }

    /// No row came for these: nothing is expired of them.
    pub(crate) fn settle_unsaid(&mut self, mut offered: Vec<(Ref, Columns)>) {
        if offered.is_empty() {
            return;
        }
        self.tables(|tables| {
            offered.retain(|(at, columns)| {
                let unmet = tables.flags(*at).has(Flags::EXPIRED);
                tables.know_columns(*at, columns);
                unmet
            });
        });
        self.ledger(|it| it.unsaid.extend(offered));
    }
}

//! ON CONFLICT and ON DUPLICATE KEY UPDATE.

use super::Writer;
use crate::{
    dialect::Upsert,
    expr::{ConflictAction, ConflictTarget, Node, OnConflict},
};

impl Writer<'_> {
    pub(super) fn on_conflict(&mut self, conflict: &OnConflict) {
        let standard = self.dialect.capability().dml.upsert != Upsert::OnDuplicateKey;
        if standard {
            self.push(" ON CONFLICT");
            self.conflict_target(conflict.target.as_ref());
        }
        let ConflictAction::Update { set, filter } = &conflict.action else {
            return self.push(" DO NOTHING");
        };
        self.push(if standard { " DO UPDATE SET " } else { " ON DUPLICATE KEY UPDATE " });
        // Two rows are at hand, and a bare name would be either's.
        let bare = self.bare.take();
        self.list(set, |it, (name, node)| {
            it.name(name);
            it.push(" = ");
            it.node(node);
        });
        self.clause(" WHERE ", filter.as_ref());
        self.bare = bare;
    }

    fn conflict_target(&mut self, target: Option<&ConflictTarget>) {
        match target {
            None => {}
            Some(ConflictTarget::Constraint(name)) => {
                self.push(" ON CONSTRAINT ");
                self.name(name);
            }
            Some(ConflictTarget::Index { keys, filter }) => {
                self.push(" ");
                self.parenthesised(|it| it.list(keys, |it, key| it.conflict_key(key)));
                self.clause(" WHERE ", filter.as_ref());
            }
        }
    }

    fn conflict_key(&mut self, key: &Node) {
        match key {
            Node::Column(_) | Node::Function { .. } => self.node(key),
            _ => self.parenthesised(|it| it.node(key)),
        }
    }
}

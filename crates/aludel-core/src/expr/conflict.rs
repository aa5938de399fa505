//! [`OnConflict`]: what an INSERT does about rows that are there already.

use super::Node;

/// What an INSERT does about a row of whose key there is one already.
#[derive(Clone, Debug, PartialEq)]
pub struct OnConflict {
    /// Which key; any of them where none is named.
    pub target: Option<ConflictTarget>,
    /// Whether any key will do on a database where none can be named.
    pub or_any_key: bool,
    /// What is done.
    pub action: ConflictAction,
}

/// The key that a new row may have in common with another.
#[derive(Clone, Debug, PartialEq)]
pub enum ConflictTarget {
    /// That of a unique index or constraint, by its columns or expressions.
    Index {
        /// The columns.
        keys: Vec<Node>,
        /// The condition of a partial index; it has no parameters.
        filter: Option<Node>,
    },
    /// That of the constraint of this name.
    Constraint(&'static str),
}

/// What is done in place of the INSERT of a row.
#[derive(Clone, Debug, PartialEq)]
pub enum ConflictAction {
    /// Nothing.
    Nothing,
    /// The other row is changed.
    Update {
        /// Columns and their new values. Columns of the table are those of the other row, columns of
        /// [`Source::Excluded`](super::Source::Excluded) those of the new one.
        set: Vec<(&'static str, Node)>,
        /// WHERE; nothing is done to a row for which it isn't true.
        filter: Option<Node>,
    },
}

impl OnConflict {
    /// Its expressions, in the order of the text.
    pub(crate) fn nodes<'a>(&'a self, visit: &mut dyn FnMut(&'a Node)) {
        if let Some(ConflictTarget::Index { keys, filter }) = &self.target {
            keys.iter().chain(filter).for_each(&mut *visit);
        }
        if let ConflictAction::Update { set, filter } = &self.action {
            set.iter().map(|(_, node)| node).chain(filter).for_each(visit);
        }
    }
}

//! [`Known`]: what a scenario asks of an object; [`Failed`]: why something can't be done to one.

use aludel::{Error, Obj, State, Value, inspect};

use crate::model::Model;

/// What is known of an object.
#[derive(Clone, Debug)]
pub struct Known {
    /// The state.
    pub state: State,
    /// The key of its row.
    pub identity: Option<Vec<Value>>,
    /// Whether values are only those last known.
    pub expired: bool,
    /// Whether `delete` marked it.
    pub marked_deleted: bool,
}

impl Known {
    /// Of an object.
    pub fn of<M: Model>(object: &Obj<M>) -> Self {
        let known = inspect(object);
        let mut identity = known.identity.clone();
        // A key that changed since the last flush isn't the row's yet.
        let keys = M::PRIMARY_KEY.iter().map(|it| M::COLUMNS[usize::from(*it)]);
        for (place, key) in keys.enumerate() {
            let change = known.changes.iter().find(|it| it.field == key);
            if let (Some(change), Some(identity)) = (change, &mut identity) {
                identity[place] = change.old.clone();
            }
        }
        Self {
            state: known.state,
            identity,
            expired: known.expired,
            marked_deleted: known.marked_deleted,
        }
    }
}

/// Why something can't be done to an object by name.
#[derive(Debug)]
pub enum Failed {
    /// Aludel refuses it.
    Error(Error),
    /// There is no such attribute, or it is of another kind.
    NoSuchAttribute,
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

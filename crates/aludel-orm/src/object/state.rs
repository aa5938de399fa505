//! An object's state, and the byte of flags in which it is kept.

use std::fmt;

#[cfg(test)]
mod tests;

/// The state of an object; exactly one holds at any time.
///
/// | from | by | to |
/// | --- | --- | --- |
/// | transient | `add`, a save-update cascade | pending |
/// | detached | `add`, a save-update cascade | persistent |
/// | pending | a flush's `INSERT` | persistent |
/// | persistent | a flush's `DELETE` | deleted |
/// | deleted | commit | detached |
/// | pending | `expunge`, an owner that lets go, the session's end | transient |
/// | persistent | `expunge`, an owner that lets go, the session's end | detached |
/// | deleted | `expunge`, an owner that lets go, the session's end | detached |
/// | pending | rollback of its `add` | transient |
/// | persistent | rollback of its `add` | detached |
/// | persistent | rollback of its `INSERT` | pending |
/// | deleted | rollback of its `INSERT` | pending |
/// | detached | rollback of its `INSERT` | pending |
/// | deleted | rollback of its `DELETE` | persistent |
/// | detached | `make_transient` | transient |
/// | transient | `make_transient_to_detached` | detached |
///
/// There is no other. A rollback that takes back an `INSERT` takes back the `add` before it, too, unless
/// that was in an outer transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// No session knows it, and no row.
    Transient,
    /// A session will insert it at its next flush.
    Pending,
    /// A row of the database, and a session that tracks it.
    Persistent,
    /// Its row was deleted in the transaction under way.
    Deleted,
    /// A row of the database once, and no session.
    Detached,
}

/// What makes an object change its state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// `add`, or a save-update cascade.
    Add,
    /// A flush inserted the row.
    Insert,
    /// A flush deleted the row.
    Delete,
    /// The transaction in which the row was deleted was committed.
    Commit,
    /// `expunge`, an owner that lets go of a pending member, or the session's end.
    Leave,
    /// A rollback of `add`.
    UndoAdd,
    /// A rollback of an `INSERT`.
    UndoInsert,
    /// A rollback of a `DELETE`.
    UndoDelete,
    /// `make_transient`
    MakeTransient,
    /// `make_transient_to_detached`
    MakeDetached,
}

/// Every transition there is: where states change, they change by this table.
const TRANSITIONS: [(State, Cause, State); 16] = [
    (State::Transient, Cause::Add, State::Pending),
    (State::Detached, Cause::Add, State::Persistent),
    (State::Pending, Cause::Insert, State::Persistent),
    (State::Persistent, Cause::Delete, State::Deleted),
    (State::Deleted, Cause::Commit, State::Detached),
    (State::Pending, Cause::Leave, State::Transient),
    (State::Persistent, Cause::Leave, State::Detached),
    (State::Deleted, Cause::Leave, State::Detached),
    (State::Pending, Cause::UndoAdd, State::Transient),
    (State::Persistent, Cause::UndoAdd, State::Detached),
    (State::Persistent, Cause::UndoInsert, State::Pending),
    (State::Deleted, Cause::UndoInsert, State::Pending),
    (State::Detached, Cause::UndoInsert, State::Pending),
    (State::Deleted, Cause::UndoDelete, State::Persistent),
    (State::Detached, Cause::MakeTransient, State::Transient),
    (State::Transient, Cause::MakeDetached, State::Detached),
];

impl State {
    /// Whether an object in this state belongs to a session.
    pub(crate) const fn is_attached(self) -> bool {
        matches!(self, Self::Pending | Self::Persistent | Self::Deleted)
    }

    /// The state that follows; `None` where nothing changes.
    pub(crate) fn by(self, cause: Cause) -> Option<Self> {
        TRANSITIONS.iter().find(|it| it.0 == self && it.1 == cause).map(|it| it.2)
    }

    /// The state that is left of it without a session.
    pub(crate) fn outside(self) -> Self {
        self.by(Cause::Leave).unwrap_or(self)
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Transient => "transient",
            Self::Pending => "pending",
            Self::Persistent => "persistent",
            Self::Deleted => "deleted",
            Self::Detached => "detached",
        })
    }
}

/// The flags of a slot, as one byte.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Flags(pub(crate) u8);

impl Flags {
    const STATE: u8 = 0b111;
    /// A snapshot must be taken before the first change.
    pub(crate) const TRACKED: u8 = 1 << 3;
    /// A snapshot was taken since the last flush.
    pub(crate) const TOUCHED: u8 = 1 << 4;
    /// The values are those last known; the next read through the session reloads them.
    pub(crate) const EXPIRED: u8 = 1 << 5;
    /// Marked by `delete`; the next flush deletes the row.
    pub(crate) const MARKED: u8 = 1 << 6;
    /// A `DELETE` of it was committed: it can't be added again.
    pub(crate) const GONE: u8 = 1 << 7;

    /// Flags of a state alone.
    pub(crate) const fn of(state: State) -> Self {
        Self(match state {
            State::Transient => 0,
            State::Pending => 1,
            State::Persistent => 2,
            State::Deleted => 3,
            State::Detached => 4,
        })
    }

    /// A loaded, clean object.
    pub(crate) const PERSISTENT: Self = Self(Self::of(State::Persistent).0 | Self::TRACKED);

    /// Those of an object that a session tracks from now on; what is known of its values stays.
    pub(crate) const fn made_persistent(self) -> Self {
        Self(Self::PERSISTENT.0 | self.0 & (Self::TOUCHED | Self::EXPIRED))
    }

    /// The state.
    pub(crate) const fn state(self) -> State {
        match self.0 & Self::STATE {
            1 => State::Pending,
            2 => State::Persistent,
            3 => State::Deleted,
            4 => State::Detached,
            _ => State::Transient,
        }
    }

    /// The same flags in the state that follows.
    pub(crate) fn by(self, cause: Cause) -> Self {
        match self.state().by(cause) {
            Some(state) => Self(self.0 & !Self::STATE | Self::of(state).0),
            None => self,
        }
    }

    /// Whether a flag is set.
    pub(crate) const fn has(self, flag: u8) -> bool {
        self.0 & flag != 0
    }

    /// With a flag.
    pub(crate) const fn with(self, flag: u8) -> Self {
        Self(self.0 | flag)
    }

    /// Without a flag.
    pub(crate) const fn without(self, flag: u8) -> Self {
        Self(self.0 & !flag)
    }
}

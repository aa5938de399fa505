//! An object's state, and the byte of flags in which it is kept.

use std::fmt;

/// The state of an object; exactly one holds at any time.
///
/// | from | by | to |
/// | --- | --- | --- |
/// | transient | `add`, save-update cascade | pending |
/// | pending | flush | persistent |
/// | pending | rollback, `expunge` | transient |
/// | persistent | `delete`, then flush | deleted |
/// | persistent | `expunge`, session closed | detached |
/// | deleted | commit | detached |
/// | deleted | rollback | persistent |
/// | detached | `add` | persistent |
///
/// An object whose `INSERT` is rolled back becomes transient, whatever happened to it since.
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

impl State {
    /// Whether an object in this state belongs to a session.
    pub(crate) const fn is_attached(self) -> bool {
        matches!(self, Self::Pending | Self::Persistent | Self::Deleted)
    }

    /// The state that is left of it without a session.
    pub(crate) const fn outside(self) -> Self {
        match self {
            Self::Pending => Self::Transient,
            Self::Persistent | Self::Deleted => Self::Detached,
            other => other,
        }
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

    /// The same flags in another state.
    pub(crate) const fn in_state(self, state: State) -> Self {
        Self(self.0 & !Self::STATE | Self::of(state).0)
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

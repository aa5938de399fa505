//! [`Rare`]: what few relationships say, so that the others have no room for it.

use aludel_core::expr::{Node, Predicate};

/// What few relationships say. The others share one that says nothing.
#[derive(Clone, Copy, Debug)]
pub struct Rare {
    /// How an owner's row is linked with a member's, or with an association's.
    pub primaryjoin: Option<fn() -> Node>,
    /// How an association's row is linked with a member's.
    pub secondaryjoin: Option<fn() -> Node>,
    /// The first member's number, where members are numbered by the column that they are sorted by.
    pub ordering_list: Option<i32>,
    /// Whether members are never loaded.
    pub write_only: bool,
}

impl Rare {
    /// Nothing.
    pub const NONE: Self =
        Self { primaryjoin: None, secondaryjoin: None, ordering_list: None, write_only: false };

    /// How an owner's row is linked with a member's, or with an association's.
    #[must_use]
    pub const fn primaryjoin(mut self, condition: fn() -> Node) -> Self {
        self.primaryjoin = Some(condition);
        self
    }

    /// How an association's row is linked with a member's.
    #[must_use]
    pub const fn secondaryjoin(mut self, condition: fn() -> Node) -> Self {
        self.secondaryjoin = Some(condition);
        self
    }

    /// Members are numbered, from this number on.
    #[must_use]
    pub const fn ordering_list(mut self, count_from: i32) -> Self {
        self.ordering_list = Some(count_from);
        self
    }

    /// Members are never loaded.
    #[must_use]
    pub const fn write_only(mut self) -> Self {
        self.write_only = true;
        self
    }

    /// Whether the mapping says itself how rows are linked.
    pub(super) const fn joins(&self) -> bool {
        self.primaryjoin.is_some() || self.secondaryjoin.is_some()
    }
}

/// A relationship's condition, untyped. For the derive.
pub fn condition(condition: impl Predicate) -> Node {
    condition.into_predicate()
}

//! [`MemberList`]: the members of a relationship in order, which knows quickly whether it holds one.

use std::ops::Deref;

use foldhash::fast::RandomState;
use hashbrown::HashSet;

/// Up to so many members are looked through one by one.
const SHORT: usize = 64;

/// Members in order, each once. A long list that is asked whether it holds one keeps an index from
/// then on, so that adding one after the other is linear.
#[derive(Default)]
pub(crate) struct MemberList {
    list: Vec<u64>,
    index: Option<HashSet<u64, RandomState>>,
}

impl From<Vec<u64>> for MemberList {
    fn from(list: Vec<u64>) -> Self {
        Self { list, index: None }
    }
}

impl Deref for MemberList {
    type Target = [u64];

    fn deref(&self) -> &[u64] {
        &self.list
    }
}

impl MemberList {
    /// Whether it holds a member.
    pub(crate) fn holds(&mut self, member: u64) -> bool {
        if self.list.len() <= SHORT {
            return self.list.contains(&member);
        }
        let list = &self.list;
        self.index.get_or_insert_with(|| list.iter().copied().collect()).contains(&member)
    }

    /// Adds a member at the end.
    pub(crate) fn push(&mut self, member: u64) {
        self.list.push(member);
        self.index.iter_mut().for_each(|it| _ = it.insert(member));
    }

    /// Adds a member at a place, or at the end of a shorter list.
    pub(crate) fn insert(&mut self, at: usize, member: u64) {
        self.list.insert(at.min(self.list.len()), member);
        self.index.iter_mut().for_each(|it| _ = it.insert(member));
    }

    /// Takes a member out; the place where it was.
    pub(crate) fn remove(&mut self, member: u64) -> Option<usize> {
        if self.index.as_mut().is_some_and(|it| !it.remove(&member)) {
            return None;
        }
        let at = self.list.iter().rposition(|it| *it == member)?;
        self.list.remove(at);
        Some(at)
    }

    /// Takes out the members that don't fit.
    pub(crate) fn retain(&mut self, mut fits: impl FnMut(u64) -> bool) {
        self.list.retain(|it| fits(*it));
        self.index = None;
    }
}

//! [`MemberList`]: the members of a relationship in order, which knows quickly whether it holds one.

use std::ops::Deref;

use foldhash::fast::RandomState;
use hashbrown::HashSet;

/// Up to so many members are looked through one by one.
const SHORT: usize = 64;

/// Members in order, each once unless a session does as SQLAlchemy. A long list that is asked whether it
/// holds one keeps an index from then on, so that adding one after the other is linear.
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
        if self.index.as_ref().is_some_and(|it| !it.contains(&member)) {
            return None;
        }
        let at = self.list.iter().rposition(|it| *it == member)?;
        self.take(at, member);
        Some(at)
    }

    /// The same, where it stands first.
    pub(crate) fn remove_first(&mut self, member: u64) -> Option<usize> {
        let at = self.list.iter().position(|it| *it == member)?;
        self.take(at, member);
        Some(at)
    }

    fn take(&mut self, at: usize, member: u64) {
        self.list.remove(at);
        if let Some(index) = self.index.as_mut().filter(|_| !self.list.contains(&member)) {
            index.remove(&member);
        }
    }

    /// Puts members in this order, and once each unless they may stand there more often; others stand in front
    /// of them.
    pub(crate) fn arrange(&mut self, order: impl Iterator<Item = u64>, doubles: bool) {
        let mut seen: HashSet<u64, RandomState> = HashSet::default();
        let mut ordered = Vec::new();
        for member in order {
            if self.holds(member) && (seen.insert(member) || doubles) {
                ordered.push(member);
            }
        }
        self.retain(|it| !seen.contains(&it));
        ordered.into_iter().for_each(|it| self.push(it));
    }

    /// Takes out the members that don't fit.
    pub(crate) fn retain(&mut self, mut fits: impl FnMut(u64) -> bool) {
        self.list.retain(|it| fits(*it));
        self.index = None;
    }
}

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
    index: Option<Index>,
}

/// Who is in a list.
#[derive(Default)]
struct Index {
    members: HashSet<u64, RandomState>,
    /// How often members stand in the list once more.
    doubles: usize,
}

impl Index {
    fn add(&mut self, member: u64) {
        self.doubles += usize::from(!self.members.insert(member));
    }
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
        let index = self.index.get_or_insert_with(|| {
            let mut index = Index::default();
            list.iter().for_each(|it| index.add(*it));
            index
        });
        index.members.contains(&member)
    }

    /// Adds a member at the end.
    pub(crate) fn push(&mut self, member: u64) {
        self.list.push(member);
        self.index.iter_mut().for_each(|it| it.add(member));
    }

    /// Adds a member at a place, or at the end of a shorter list.
    pub(crate) fn insert(&mut self, at: usize, member: u64) {
        self.list.insert(at.min(self.list.len()), member);
        self.index.iter_mut().for_each(|it| it.add(member));
    }

    /// Takes a member out; the place where it was.
    pub(crate) fn remove(&mut self, member: u64) -> Option<usize> {
        if self.index.as_ref().is_some_and(|it| !it.members.contains(&member)) {
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
        let Some(index) = &mut self.index else { return };
        // Nobody looks for others of one that can't be there twice.
        if index.doubles > 0 && self.list.contains(&member) {
            index.doubles -= 1;
        } else {
            index.members.remove(&member);
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
        self.retain(|it| !doubles && !seen.contains(&it));
        ordered.into_iter().for_each(|it| self.push(it));
    }

    /// Takes out the members that don't fit.
    pub(crate) fn retain(&mut self, mut fits: impl FnMut(u64) -> bool) {
        self.list.retain(|it| fits(*it));
        self.index = None;
    }
}

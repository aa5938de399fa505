//! [`RelColumn`]: the cells of one relationship for one chunk; nothing while nothing is loaded.

use smallvec::SmallVec;

use super::{
    list::MemberList,
    reference::{Ref, UNLOADED},
};

/// The cells of one relationship for one chunk, by slot.
#[derive(Default)]
pub(crate) enum RelColumn {
    /// Nothing is loaded.
    #[default]
    Absent,
    /// To-one: an address, or a marker.
    One(SmallVec<[u64; 2]>),
    /// To-many. Members loaded in bulk stand behind each other in `flat`.
    Many {
        /// By slot.
        cells: SmallVec<[ManyCell; 1]>,
        /// The members of `Shared` cells.
        flat: Vec<u64>,
    },
}

/// The cell of a to-many relationship.
#[derive(Default)]
pub(crate) enum ManyCell {
    /// Nothing is known.
    #[default]
    Unloaded,
    /// Loaded in bulk: start and length in `flat`.
    Shared(u32, u32),
    /// Loaded, or of an object without a row, and changed since. In a box, so that a cell is two words.
    Own(Box<MemberList>),
    /// Not loaded, and changed: merged in when it is loaded.
    Queued(Box<Queue>),
}

/// Sixteen bytes and eight a member is what a loaded collection costs.
#[cfg(target_pointer_width = "64")]
const _: () = assert!(size_of::<ManyCell>() == 16);

/// Changes of a collection that isn't loaded.
#[derive(Default)]
pub(crate) struct Queue {
    /// Members that came.
    pub(crate) added: MemberList,
    /// Members that left.
    pub(crate) removed: MemberList,
}

impl RelColumn {
    /// A to-one cell.
    pub(crate) fn one(&self, slot: u32) -> u64 {
        match self {
            Self::One(cells) => cells.get(slot as usize).copied().unwrap_or(UNLOADED),
            _ => UNLOADED,
        }
    }

    /// The to-one cells of a whole chunk, with room for so many.
    #[inline]
    pub(crate) fn ones(&mut self, slots: u32) -> &mut [u64] {
        if !matches!(self, Self::One(_)) {
            *self = Self::One(SmallVec::from_elem(UNLOADED, slots as usize));
        }
        let Self::One(cells) = self else { unreachable!("it was just made") };
        if cells.len() < slots as usize {
            cells.resize(slots as usize, UNLOADED);
        }
        cells
    }

    /// Sets a to-one cell; what it held.
    pub(crate) fn set_one(&mut self, slot: u32, value: u64) -> u64 {
        std::mem::replace(&mut self.ones(slot + 1)[slot as usize], value)
    }

    /// The members of a loaded to-many cell.
    pub(crate) fn many(&self, slot: u32) -> Option<&[u64]> {
        let Self::Many { cells, flat } = self else { return None };
        match cells.get(slot as usize)? {
            ManyCell::Shared(start, len) => flat.get(*start as usize..(*start + *len) as usize),
            ManyCell::Own(list) => Some(list),
            ManyCell::Unloaded | ManyCell::Queued(_) => None,
        }
    }

    /// The members of a to-many cell that are known: all of them, or those that are queued.
    pub(crate) fn known_members(&self, slot: u32) -> impl Iterator<Item = Ref> {
        let queued = match self {
            Self::Many { cells, .. } => match cells.get(slot as usize) {
                Some(ManyCell::Queued(queue)) => Some(&*queue.added),
                _ => None,
            },
            _ => None,
        };
        let members = self.many(slot).or(queued).unwrap_or_default();
        members.iter().filter_map(|it| Ref::from_cell(*it))
    }

    fn cell_mut(&mut self, slot: u32) -> (&mut ManyCell, &mut Vec<u64>) {
        let slot = slot as usize;
        if !matches!(self, Self::Many { .. }) {
            *self = Self::Many { cells: SmallVec::new(), flat: Vec::new() };
        }
        let Self::Many { cells, flat } = self else { unreachable!("it was just made") };
        if cells.len() <= slot {
            cells.resize_with(slot + 1, ManyCell::default);
        }
        (&mut cells[slot], flat)
    }

    /// The members of a to-many cell as a list of its own; `None` where it isn't loaded.
    pub(crate) fn own(&mut self, slot: u32) -> Option<&mut MemberList> {
        let (cell, flat) = self.cell_mut(slot);
        if let ManyCell::Shared(start, len) = *cell {
            let members = flat[start as usize..(start + len) as usize].to_vec();
            *cell = ManyCell::Own(Box::new(members.into()));
        }
        match cell {
            ManyCell::Own(list) => Some(list),
            _ => None,
        }
    }

    /// The queue of a to-many cell that isn't loaded.
    pub(crate) fn queue(&mut self, slot: u32) -> &mut Queue {
        let (cell, _) = self.cell_mut(slot);
        if !matches!(cell, ManyCell::Queued(_)) {
            *cell = ManyCell::Queued(Box::default());
        }
        match cell {
            ManyCell::Queued(queue) => queue,
            _ => unreachable!("it was just made"),
        }
    }

    /// Whether changes of a to-many cell are queued.
    pub(crate) fn is_queued(&self, slot: u32) -> bool {
        matches!(self, Self::Many { cells, .. }
            if matches!(cells.get(slot as usize), Some(ManyCell::Queued(_))))
    }

    /// Forgets what is queued of these members.
    pub(crate) fn settle(&mut self, slot: u32, members: &[u64]) {
        let Self::Many { cells, .. } = self else { return };
        let Some(cell) = cells.get_mut(slot as usize) else { return };
        if let ManyCell::Queued(queue) = cell {
            let mut members = MemberList::from(members.to_vec());
            queue.added.retain(|it| !members.holds(it));
            queue.removed.retain(|it| !members.holds(it));
            if queue.added.is_empty() && queue.removed.is_empty() {
                *cell = ManyCell::Unloaded;
            }
        }
    }

    /// Makes a to-many cell loaded, with these members; a queue is merged in, without duplicates unless a
    /// session does as SQLAlchemy.
    pub(crate) fn fill(&mut self, slot: u32, members: &[u64], doubles: bool) {
        let (cell, flat) = self.cell_mut(slot);
        match std::mem::take(cell) {
            ManyCell::Queued(mut queue) => {
                let mut list = MemberList::from(members.to_vec());
                let fresh: Vec<u64> =
                    queue.added.iter().copied().filter(|it| doubles || !list.holds(*it)).collect();
                list.retain(|it| !queue.removed.holds(it));
                fresh.into_iter().for_each(|it| list.push(it));
                *cell = ManyCell::Own(Box::new(list));
            }
            _ => {
                *cell = ManyCell::Shared(flat.len() as u32, members.len() as u32);
                flat.extend_from_slice(members);
            }
        }
    }

    /// Makes a to-many cell an empty list of its own.
    pub(crate) fn make_empty(&mut self, slot: u32) -> &mut MemberList {
        let (cell, _) = self.cell_mut(slot);
        *cell = ManyCell::Own(Box::default());
        match cell {
            ManyCell::Own(list) => list,
            _ => unreachable!("it was just made"),
        }
    }

    /// Forgets what a cell holds.
    pub(crate) fn unload(&mut self, slot: u32) {
        match self {
            Self::Absent => {}
            Self::One(cells) => {
                if let Some(cell) = cells.get_mut(slot as usize) {
                    *cell = UNLOADED;
                }
            }
            Self::Many { cells, .. } => {
                if let Some(cell) = cells.get_mut(slot as usize) {
                    *cell = ManyCell::Unloaded;
                }
            }
        }
    }

    /// Shows every address in these cells.
    pub(crate) fn each(&self, visit: &mut dyn FnMut(Ref)) {
        let mut see =
            |cells: &[u64]| cells.iter().filter_map(|it| Ref::from_cell(*it)).for_each(&mut *visit);
        match self {
            Self::Absent => {}
            Self::One(cells) => see(cells),
            Self::Many { cells, flat } => {
                // Members of `Shared` cells that were replaced since stay in `flat`; following them
                // keeps a little more than need be, never less.
                see(flat);
                for cell in cells {
                    match cell {
                        ManyCell::Own(list) => see(list),
                        ManyCell::Queued(queue) => {
                            see(&queue.added);
                            see(&queue.removed);
                        }
                        ManyCell::Unloaded | ManyCell::Shared(..) => {}
                    }
                }
            }
        }
    }
}

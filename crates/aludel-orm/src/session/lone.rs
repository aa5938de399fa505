//! [`Loners`]: the last objects that were read alone, for as long as nothing else is done with them.
//!
//! Who gets one object after the other would pay for three tables of each: the chunks of the graph, the chunks that the
//! session keeps, and the identity map. So the last few stand here. The oldest gives way to the next, which takes its
//! chunk if nobody knows that any more, and it comes into the tables otherwise.

use std::sync::Arc;

use crate::object::{anchor::AnyAnchor, reference::Ref};

/// So many are kept.
const PLACES: usize = 8;

/// An object that was read alone.
pub(crate) struct Loner {
    pub(crate) fp: u64,
    pub(crate) object: Ref,
    pub(crate) anchor: Arc<dyn AnyAnchor>,
    /// Where it is likely to stand among the graph's.
    pub(crate) at: usize,
}

/// The last objects that were read alone.
#[derive(Default)]
pub(crate) struct Loners {
    /// The fingerprints, side by side: most who look find nothing.
    fps: [u64; PLACES],
    places: [Option<Loner>; PLACES],
    next: usize,
    len: usize,
}

impl Loners {
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Loner> {
        self.places.iter().flatten()
    }

    /// Finds the object of a key.
    #[inline]
    pub(crate) fn find(&self, fp: u64, is_it: impl Fn(&Loner) -> bool) -> Option<&Loner> {
        // Without a branch for each: eight at a time.
        if self.len == 0 || !self.fps.iter().fold(false, |found, it| found | (*it == fp)) {
            return None;
        }
        self.iter().find(|it| it.fp == fp && is_it(it))
    }

    /// Takes out the one in whose place the next will stand.
    pub(crate) fn take_oldest(&mut self) -> Option<Loner> {
        let oldest = self.places[self.next].take();
        self.len -= usize::from(oldest.is_some());
        oldest
    }

    /// Keeps one, in the place of the oldest, which was taken.
    pub(crate) fn push(&mut self, loner: Loner) {
        self.fps[self.next] = loner.fp;
        self.places[self.next] = Some(loner);
        self.next = (self.next + 1) % PLACES;
        self.len += 1;
    }

    /// Takes all of them out.
    pub(crate) fn take(&mut self) -> Self {
        std::mem::take(self)
    }
}

impl IntoIterator for Loners {
    type Item = Loner;
    type IntoIter = std::iter::Flatten<std::array::IntoIter<Option<Loner>, PLACES>>;

    fn into_iter(self) -> Self::IntoIter {
        self.places.into_iter().flatten()
    }
}

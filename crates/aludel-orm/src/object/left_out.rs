//! [`LeftOut`]: the columns that a builder was not given, though their fields hold something.
//!
//! A field of a struct always has a value: NULL, or a default that the builder filled in. Where what nobody
//! said must be told from what somebody did (a merge, a row that is taken over), these are asked.

use super::{
    chunk::{Columns, Fields, Head},
    reference::Ref,
    state::State,
};

/// Columns that a builder was not given, one bit each; those behind the 127th are not told apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LeftOut(u128);

impl LeftOut {
    /// The object was changed since: only what is NULL still counts.
    const EDITED: u128 = 1 << 127;

    /// The value of a builder's optional column.
    pub fn or_default<T: Default>(&mut self, column: u16, given: Option<T>) -> T {
        self.or_else(column, given, T::default)
    }

    /// The value of a builder's column with a default.
    pub fn or_else<T>(&mut self, column: u16, given: Option<T>, default: impl FnOnce() -> T) -> T {
        given.unwrap_or_else(|| {
            self.0 |= 1_u128.checked_shl(u32::from(column)).unwrap_or(0) & !Self::EDITED;
            default()
        })
    }

    /// Whether there are none.
    pub(crate) fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether nobody has said anything of a column, up to now.
    pub(crate) fn has(self, column: u16, fields: &dyn Fields) -> bool {
        let bit = 1_u128.checked_shl(u32::from(column)).unwrap_or(0) & !Self::EDITED;
        self.0 & bit != 0 && (self.0 & Self::EDITED == 0 || fields.get(column).is_null())
    }

    /// The object is about to be changed: from now on its values count.
    pub(crate) fn edit(self, fields: &dyn Fields) -> Self {
        let mut left = Self(Self::EDITED);
        for column in (0..127).filter(|it| self.has(*it, fields)) {
            if fields.get(column).is_null() {
                left.0 |= 1 << column;
            }
        }
        left
    }
}

/// What was left out of objects of one chunk, by slot.
#[derive(Debug, Default)]
pub(crate) struct Slots(Vec<(u32, LeftOut)>);

impl Head {
    /// What the builder of an object was not given.
    pub(crate) fn leave_out(&self, slot: u32, left_out: LeftOut) {
        if !left_out.is_empty() {
            self.with_left_out(true, |it| it.0.push((slot, left_out)));
        }
    }

    /// What nobody has said of an object.
    pub(crate) fn left_out(&self, slot: u32) -> LeftOut {
        let find = |it: &mut Slots| it.0.iter().find(|it| it.0 == slot).map(|it| it.1);
        self.with_left_out(false, find).flatten().unwrap_or_default()
    }

    /// An object is about to be changed.
    pub(crate) fn edit_left_out(&self, slot: u32, fields: &dyn Fields) {
        self.with_left_out(false, |it| {
            if let Some(entry) = it.0.iter_mut().find(|it| it.0 == slot) {
                entry.1 = entry.1.edit(fields);
            }
        });
    }

    /// Some objects have rows now: what was left out of them is what these say.
    pub(crate) fn forget_left_out(&self) {
        let is_new = |slot: u32| self.flags(slot).state() != State::Persistent;
        self.with_left_out(false, |it| it.0.retain(|it| is_new(it.0)));
    }

    /// The columns of an object of which somebody has said something.
    pub(crate) fn said(&self, at: Ref, fields: &dyn Fields, columns: &mut Columns) {
        let left_out = self.left_out(at.slot());
        if !left_out.is_empty() {
            columns.retain(|it| !left_out.has(*it, fields));
        }
    }
}

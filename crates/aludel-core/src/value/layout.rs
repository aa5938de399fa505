//! [`Layout`]: which of an entity's columns a row has.

use super::deferred::Absent;

/// Which of an entity's columns the rows of a statement have: all but some, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    /// How many columns the entity has.
    columns: u16,
    /// The positions of those that are left out, in order, and what an error says of them.
    left_out: Box<[(u16, Option<&'static Absent>)]>,
}

impl Layout {
    /// All columns but these, which are in order.
    pub fn new(
        columns: u16,
        left_out: impl IntoIterator<Item = (u16, Option<&'static Absent>)>,
    ) -> Self {
        Self { columns, left_out: left_out.into_iter().collect() }
    }

    /// How many columns rows have.
    pub fn width(&self) -> usize {
        usize::from(self.columns) - self.left_out.len()
    }

    /// Whether a column is there.
    pub fn has(&self, column: u16) -> bool {
        self.absent(column).is_none()
    }

    /// The columns that are there, in order.
    pub fn present(&self) -> impl Iterator<Item = u16> {
        (0..self.columns).filter(|it| self.has(*it))
    }

    /// Where a column stands that is there.
    pub fn place(&self, column: u16) -> usize {
        let before = self.left_out.partition_point(|it| it.0 < column);
        usize::from(column) - before
    }

    /// Whether nothing is left out.
    pub fn is_whole(&self) -> bool {
        self.left_out.is_empty()
    }

    fn absent(&self, column: u16) -> Option<Option<&'static Absent>> {
        let at = self.left_out.binary_search_by_key(&column, |it| it.0).ok()?;
        Some(self.left_out[at].1)
    }

    /// What is left out at the place of the column that comes next, behind so many that were there and so
    /// many that weren't.
    pub(super) fn absent_at(&self, there: usize, missed: usize) -> Option<Option<&'static Absent>> {
        self.absent(u16::try_from(there + missed).ok()?)
    }
}

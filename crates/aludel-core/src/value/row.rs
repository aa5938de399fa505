//! A row as a driver shows it, and how values are read from it.

use super::{ColumnType, Layout, ValueRef, deferred::Absent};
use crate::DecodeError;

/// One row of a result, as long as the driver stands on it.
pub trait Columns {
    /// How many columns there are.
    fn len(&self) -> usize;

    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value of a column, borrowed from the driver; NULL where there is no such column.
    fn get(&self, index: usize) -> ValueRef<'_>;

    /// A column's name as the database reports it; empty where there is none.
    fn name(&self, index: usize) -> &str;
}

/// Reads a row from left to right.
#[derive(Clone, Copy)]
pub struct Cursor<'a> {
    columns: &'a dyn Columns,
    next: usize,
    entity: Option<Laid<'a>>,
    /// The column that was read ahead, and where it stands: no driver is asked for it twice.
    ahead: (usize, ValueRef<'a>),
}

/// An entity whose columns the row doesn't have all.
#[derive(Clone, Copy)]
struct Laid<'a> {
    layout: &'a Layout,
    first: usize,
    missed: usize,
}

impl<'a> Cursor<'a> {
    /// Starts at the first column.
    #[inline]
    pub fn new(columns: &'a dyn Columns) -> Self {
        Self { columns, next: 0, entity: None, ahead: (usize::MAX, ValueRef::Null) }
    }

    /// The same row, from here on one of an entity's, without the columns that are left out.
    #[must_use]
    pub fn laid_out<'b>(&self, layout: &'b Layout) -> Cursor<'b>
    where
        'a: 'b,
    {
        let entity = Some(Laid { layout, first: self.next, missed: 0 });
        Cursor { entity, ..*self }
    }

    /// Whether the row was read without the next column; passes over it then.
    #[inline]
    pub(super) fn misses(&mut self) -> Option<Option<&'static Absent>> {
        if self.entity.is_none() { None } else { self.missed() }
    }

    #[cold]
    fn missed(&mut self) -> Option<Option<&'static Absent>> {
        let next = self.next;
        let Laid { layout, first, missed } = self.entity.as_mut()?;
        let absent = layout.absent_at(next - *first, *missed)?;
        *missed += 1;
        Some(absent)
    }

    /// Reads the next column.
    ///
    /// # Errors
    /// The value is of another kind, out of range, or an unexpected NULL: the column's position and
    /// what was found.
    #[inline]
    pub fn take<T: ColumnType>(&mut self) -> Result<T, DecodeError> {
        let index = self.next;
        self.next += 1;
        let value = self.at(index);
        match T::from_ref(value) {
            Some(it) => Ok(it),
            None => Err(self.mismatch(index, T::TYPE, T::NULLABLE, value)),
        }
    }

    /// The next column's value, without moving on.
    #[inline]
    pub fn peek(&self) -> ValueRef<'a> {
        self.columns.get(self.next)
    }

    /// The value of the column `ahead` places further on, without moving on; of an entity's row, which
    /// starts here, that of the entity's column.
    #[inline]
    pub fn peek_at(&self, ahead: usize) -> ValueRef<'a> {
        self.at(self.index_of(ahead))
    }

    /// Reads a column ahead, as [`Self::peek_at`], and keeps its value until its turn comes.
    #[inline]
    pub fn read_ahead(&mut self, ahead: usize) -> ValueRef<'a> {
        let index = self.index_of(ahead);
        self.ahead = (index, self.at(index));
        self.ahead.1
    }

    #[inline]
    fn at(&self, index: usize) -> ValueRef<'a> {
        if index == self.ahead.0 { self.ahead.1 } else { self.columns.get(index) }
    }

    #[inline]
    fn index_of(&self, ahead: usize) -> usize {
        self.next
            + match self.entity {
                None => ahead,
                Some(it) => it.layout.place(ahead as u16),
            }
    }

    /// The value of the column `n` places further on in the row, whatever it is of.
    #[inline]
    pub fn ahead(&self, n: usize) -> ValueRef<'a> {
        self.columns.get(self.next + n)
    }

    /// Leaves out `n` columns.
    #[inline]
    pub fn skip(&mut self, n: usize) {
        self.next += n;
    }

    /// The position of the next column.
    pub fn position(&self) -> usize {
        self.next
    }

    /// The whole row.
    pub fn columns(&self) -> &'a dyn Columns {
        self.columns
    }

    #[cold]
    fn mismatch(
        &self,
        index: usize,
        expected: super::SqlType,
        nullable: bool,
        found: ValueRef<'_>,
    ) -> DecodeError {
        DecodeError::new(index, self.columns.name(index), expected, nullable, found)
    }
}

/// A struct that a row can be read into: `#[derive(Row)]` implements it.
#[diagnostic::on_unimplemented(
    message = "a row can't be read into `{Self}`",
    note = "use a tuple of column types, or a struct with `#[derive(Row)]`"
)]
pub trait FromRow: Sized + Send + 'static {
    /// The columns it wants by name, in field order; empty where it reads by position.
    const COLUMNS: &'static [&'static str];

    /// Reads one row. `order[i]` is the position of the i-th of [`Self::COLUMNS`]; where that list
    /// is empty, so is `order`, and columns are read from left to right.
    ///
    /// # Errors
    /// As [`Cursor::take`].
    fn from_row(row: &dyn Columns, order: &[usize]) -> Result<Self, DecodeError>;
}

/// Reads the column at `index`, for a struct that reads by name.
///
/// # Errors
/// As [`Cursor::take`].
pub fn read<T: ColumnType>(row: &dyn Columns, index: usize) -> Result<T, DecodeError> {
    let mut cursor = Cursor::new(row);
    cursor.skip(index);
    cursor.take()
}

macro_rules! tuples {
    ($($name:ident)+) => {
        impl<$($name: ColumnType),+> FromRow for ($($name,)+) {
            const COLUMNS: &'static [&'static str] = &[];

            fn from_row(row: &dyn Columns, _: &[usize]) -> Result<Self, DecodeError> {
                let mut cursor = Cursor::new(row);
                Ok(($(cursor.take::<$name>()?,)+))
            }
        }
    };
}

tuples!(A);
tuples!(A B);
tuples!(A B C);
tuples!(A B C D);
tuples!(A B C D F);
tuples!(A B C D F G);
tuples!(A B C D F G H);
tuples!(A B C D F G H I);
tuples!(A B C D F G H I J);
tuples!(A B C D F G H I J K);
tuples!(A B C D F G H I J K L);
tuples!(A B C D F G H I J K L M);

//! [`RowBuffer`]: the rows of one result, between the connection and the task.

use std::any::Any;

use super::Selectable;
use crate::{
    DecodeError,
    value::{Columns, Cursor, FromRow},
};

/// What [`RowBuffer::settle`] may fail with: the upper layer's own error.
pub type SettleError = Box<dyn std::error::Error + Send + Sync>;

/// Takes a result's rows where the connection lives, and gives them out in the task.
pub trait RowBuffer<Row>: Send {
    /// Decodes one row.
    ///
    /// # Errors
    /// A value isn't of the type that was asked for.
    fn push(&mut self, row: &dyn Columns) -> Result<(), DecodeError>;

    /// Takes the last row away again.
    fn pop(&mut self);

    /// How many rows there are.
    fn len(&self) -> usize;

    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Called once, in the task, when all rows are decoded, before [`RowBuffer::drain`].
    ///
    /// # Errors
    /// As [`Selectable::settle`].
    fn settle(&mut self, context: &mut dyn Any) -> Result<(), SettleError>;

    /// The rows, in order.
    fn drain(self: Box<Self>) -> Vec<Row>;

    /// As [`Selectable::parts`].
    fn parts(&mut self, visit: &mut dyn FnMut(&mut dyn Any));
}

/// The buffer of a [`Selectable`].
pub struct Buffer<S: Selectable> {
    state: S::State,
    slots: Vec<S::Slot>,
}

impl<S: Selectable> Buffer<S> {
    /// An empty one.
    pub fn boxed() -> Box<dyn RowBuffer<S::Row>> {
        Box::new(Self { state: S::State::default(), slots: Vec::new() })
    }
}

impl<S: Selectable> RowBuffer<S::Row> for Buffer<S> {
    fn push(&mut self, row: &dyn Columns) -> Result<(), DecodeError> {
        let slot = S::decode(&mut self.state, &mut Cursor::new(row))?;
        self.slots.push(slot);
        Ok(())
    }

    fn pop(&mut self) {
        self.slots.pop();
    }

    fn len(&self) -> usize {
        self.slots.len()
    }

    fn settle(&mut self, context: &mut dyn Any) -> Result<(), SettleError> {
        S::settle(&mut self.state, context)
    }

    fn drain(self: Box<Self>) -> Vec<S::Row> {
        let Self { mut state, slots } = *self;
        slots.into_iter().map(|slot| S::finish(&mut state, slot)).collect()
    }

    fn parts(&mut self, visit: &mut dyn FnMut(&mut dyn Any)) {
        S::parts(&mut self.state, visit);
    }
}

/// The buffer of a [`FromRow`], which reads columns by name where it has names.
pub struct Rows<R> {
    order: Option<Vec<usize>>,
    rows: Vec<R>,
}

impl<R: FromRow> Rows<R> {
    /// An empty one.
    pub fn boxed() -> Box<dyn RowBuffer<R>> {
        Box::new(Self { order: None, rows: Vec::new() })
    }
}

/// Where each wanted column stands in the rows of a result.
fn order(wanted: &[&str], row: &dyn Columns) -> Result<Vec<usize>, DecodeError> {
    let position = |name: &&str| {
        let found = (0..row.len()).find(|index| row.name(*index) == *name);
        found.ok_or_else(|| DecodeError::missing(name, row))
    };
    wanted.iter().map(position).collect()
}

impl<R: FromRow> RowBuffer<R> for Rows<R> {
    fn push(&mut self, row: &dyn Columns) -> Result<(), DecodeError> {
        let order = match &self.order {
            Some(it) => it,
            None => self.order.insert(order(R::COLUMNS, row)?),
        };
        self.rows.push(R::from_row(row, order)?);
        Ok(())
    }

    fn pop(&mut self) {
        self.rows.pop();
    }

    fn len(&self) -> usize {
        self.rows.len()
    }

    fn settle(&mut self, _: &mut dyn Any) -> Result<(), SettleError> {
        Ok(())
    }

    fn drain(self: Box<Self>) -> Vec<R> {
        self.rows
    }

    fn parts(&mut self, _: &mut dyn FnMut(&mut dyn Any)) {}
}

//! [`Answers`]: what a wave that is on its way has answered so far.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use aludel_core::value::{Columns, Value, ValueRef};

use crate::driver::Room;

/// So many rows of a stream arrive together.
pub(super) const PORTION: usize = 100;

/// What a step answered.
pub(super) enum Answer {
    Row { step: usize, row: CopiedRow, stream: bool },
    Key { step: usize, run: usize, key: i64 },
    Count { step: usize, run: usize, rows: u64 },
}

/// What a wave has answered and nobody has taken yet. It is taken when the wave has ended, or when there
/// is a portion of a stream's rows, for more of which there is no room before.
#[derive(Clone, Default)]
pub(super) struct Answers(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    waiting: VecDeque<Answer>,
    rows: usize,
    closed: bool,
    /// Whether there is room for all.
    wide: bool,
    reader: Option<Waker>,
    taker: Option<Waker>,
}

impl Answers {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn push(&self, answer: Answer) {
        let mut inner = self.lock();
        inner.rows += usize::from(matches!(answer, Answer::Row { stream: true, .. }));
        inner.waiting.push_back(answer);
    }

    /// Whether there is room for another row of a stream.
    pub(super) fn poll_room(&self, cx: &mut Context<'_>) -> Poll<Room> {
        let mut inner = self.lock();
        if inner.closed {
            return Poll::Ready(Room::Nothing);
        }
        if inner.rows < PORTION || inner.wide {
            return Poll::Ready(Room::Row);
        }
        inner.reader = Some(cx.waker().clone());
        let taker = inner.taker.take();
        drop(inner);
        taker.into_iter().for_each(Waker::wake);
        Poll::Pending
    }

    /// All there is, once there is a portion.
    pub(super) fn poll_portion(&self, cx: &mut Context<'_>) -> Poll<VecDeque<Answer>> {
        let mut inner = self.lock();
        if inner.rows < PORTION {
            inner.taker = Some(cx.waker().clone());
            return Poll::Pending;
        }
        drop(inner);
        Poll::Ready(self.take())
    }

    /// All there is.
    pub(super) fn take(&self) -> VecDeque<Answer> {
        let mut inner = self.lock();
        inner.rows = 0;
        let (taken, reader) = (std::mem::take(&mut inner.waiting), inner.reader.take());
        drop(inner);
        reader.into_iter().for_each(Waker::wake);
        taken
    }

    /// All rows of a stream are to come before the next is taken.
    pub(super) fn widen(&self) {
        let mut inner = self.lock();
        inner.wide = true;
        let reader = inner.reader.take();
        drop(inner);
        reader.into_iter().for_each(Waker::wake);
    }

    /// Whether [`Self::widen`] was called.
    pub(super) fn is_wide(&self) -> bool {
        self.lock().wide
    }

    /// Nobody wants more rows of a stream.
    pub(super) fn close(&self) {
        let mut inner = self.lock();
        inner.closed = true;
        let reader = inner.reader.take();
        drop(inner);
        reader.into_iter().for_each(Waker::wake);
    }
}

/// A row that outlives its statement.
pub(super) struct CopiedRow {
    names: Vec<String>,
    values: Vec<Value>,
}

impl CopiedRow {
    pub(super) fn of(row: &dyn Columns) -> Self {
        Self {
            names: (0..row.len()).map(|i| row.name(i).to_owned()).collect(),
            values: (0..row.len()).map(|i| row.get(i).to_value()).collect(),
        }
    }
}

impl Columns for CopiedRow {
    fn len(&self) -> usize {
        self.values.len()
    }

    fn get(&self, index: usize) -> ValueRef<'_> {
        self.values.get(index).map_or(ValueRef::Null, Value::as_ref)
    }

    fn name(&self, index: usize) -> &str {
        self.names.get(index).map_or("", String::as_str)
    }
}
